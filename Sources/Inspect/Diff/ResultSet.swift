import Compile
import Diagnostics
import Run
import TensorCore

/// The results of a run, wherever they come from: a run of this process, what `run --json` printed, or what `--npz` wrote.
public struct ResultSet: Sendable {
  /// The file that they come from.
  public var name: String
  public var blocks: [Block]
  /// Indices into ``blocks`` in dataflow order; nil when that is not known.
  public var order: [Int]?
  /// Watched results, the cycles as the outermost dimension.
  public var histories: [History]

  /// The results of one block.
  public struct Block: Sendable {
    public var name: String
    /// nil when the source does not tell.
    public var type: String?
    public var state: BlockState?
    /// By pin; members of lists are `pin[i]`.
    public var results: [(pin: String, tensor: Tensor)]
  }

  public struct History: Sendable {
    public var name: String
    public var cycles: [Int]
    public var values: Tensor
  }

  public init(name: String, blocks: [Block], order: [Int]? = nil, histories: [History] = []) {
    self.name = name
    self.blocks = blocks
    self.order = order
    self.histories = histories
  }

  /// The results of a report.
  public init(_ report: RunReport) {
    name = report.page
    blocks = report.blocks.map { block in
      Block(
        name: block.name, type: block.type, state: block.state,
        results: block.results.flatMap { result -> [(pin: String, tensor: Tensor)] in
          switch result.value {
          case .tensor(let tensor): [(result.pin, tensor)]
          case .list(let members): members.enumerated().map { ("\(result.pin)[\($0)]", $1) }
          }
        })
    }
    order = report.order ?? Array(report.blocks.indices)
    histories = (report.history?.series ?? []).compactMap { series in
      series.values.map { History(name: series.name, cycles: report.history?.cycles ?? [], values: $0) }
    }
  }

  /// Whether bytes are a file of results, not a page.
  public static func isResults(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0x50, 0x4B]) || bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == UInt8(ascii: "{")
  }

  /// Reads what `run --json` has printed, or what `--npz` has written.
  public static func read(_ bytes: [UInt8], name: String) throws(DiagnosticError) -> ResultSet {
    func fail(_ message: String, _ offset: Int) -> DiagnosticError {
      DiagnosticError(
        Diagnostic(.tensorFile, "`\(name)`: \(message) (byte \(offset))", fix: "make it anew with enuflow run --json or --npz"))
    }
    if bytes.starts(with: [0x50, 0x4B]) {
      do throws(FormatError) {
        return npz(try Npz.read(bytes, pool: StringPool()), name: name)
      } catch {
        throw fail(error.message, error.offset)
      }
    }
    let json: JSONValue
    do throws(JSONReader.Fault) {
      json = try JSONReader.read(bytes)
    } catch {
      throw fail(error.message, error.offset)
    }
    return try SavedResults(name: name).results(json)
  }

  private static func npz(_ entries: [(name: String, tensor: Tensor)], name: String) -> ResultSet {
    var results = ResultSet(name: name, blocks: [])
    var index: [String: Int] = [:]
    let cycles = entries.first { $0.name == "history/cycles" }?.tensor.integers
    for entry in entries {
      if let cycles, entry.name.hasPrefix("history/") {
        let series = String(entry.name.dropFirst("history/".count))
        if series != "cycles" { results.histories.append(History(name: series, cycles: cycles, values: entry.tensor)) }
        continue
      }
      // An entry without a dot is of some other program.
      let dot = entry.name.lastIndex(of: ".") ?? entry.name.endIndex
      let block = String(entry.name[..<dot])
      let pin = dot == entry.name.endIndex ? "" : String(entry.name[entry.name.index(after: dot)...])
      let place = index[block] ?? results.blocks.count
      if place == results.blocks.count {
        index[block] = place
        results.blocks.append(Block(name: block, type: nil, state: nil, results: []))
      }
      results.blocks[place].results.append((pin, entry.tensor))
    }
    return results
  }
}

/// Reads the JSON of a run.
private struct SavedResults {
  let name: String
  let pool = StringPool()

  private func fail(_ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.tensorFile, "`\(name)`: \(message)", fix: "make it anew with enuflow run --json"))
  }

  func results(_ json: JSONValue) throws(DiagnosticError) -> ResultSet {
    guard let members = json["blocks"]?.members else { throw fail("it holds no results: there is no object `blocks`") }
    var results = ResultSet(name: name, blocks: [])
    for (name, block) in members { results.blocks.append(try self.block(block, name)) }
    if let order = json["order"]?.elements {
      let places = order.compactMap(\.int)
      guard places.sorted() == Array(results.blocks.indices) else { throw fail("`order` does not name each block once") }
      results.order = places
    } else {
      results.order = Array(results.blocks.indices)
    }
    for (name, series) in json["history"]?.members ?? [] {
      let cycles = (series["cycles"]?.elements ?? []).compactMap(\.int)
      let tensor = try tensor(series, "history of \(name)", outer: cycles.count)
      results.histories.append(.init(name: name, cycles: cycles, values: tensor))
    }
    return results
  }

  private func block(_ json: JSONValue, _ name: String) throws(DiagnosticError) -> ResultSet.Block {
    guard let state = json["state"]?.string.flatMap(BlockState.init(rawValue:)), let members = json["results"]?.members else {
      throw fail("block `\(name)` has no state or no results")
    }
    var block = ResultSet.Block(name: name, type: json["type"]?.string, state: state, results: [])
    for (key, value) in members {
      let pin = key.hasPrefix("result_") ? String(key.dropFirst("result_".count)) : key
      if let list = value.elements {
        for (index, member) in list.enumerated() { block.results.append(("\(pin)[\(index)]", try tensor(member, "\(name).\(pin)[\(index)]"))) }
      } else {
        block.results.append((pin, try tensor(value, "\(name).\(pin)")))
      }
    }
    return block
  }

  private func tensor(_ json: JSONValue, _ what: String, outer: Int? = nil) throws(DiagnosticError) -> Tensor {
    guard let dtype = json["dtype"]?.string.flatMap({ DType(name: $0) }), let dims = json["shape"]?.elements, let values = json["values"]?.elements
    else { throw fail("`\(what)` has no dtype, shape or values") }
    let shape = Shape((outer.map { [$0] } ?? []) + dims.compactMap(\.int))
    guard shape.rank == dims.count + (outer == nil ? 0 : 1), shape.count == values.count else {
      throw fail("`\(what)` has \(values.count) values, which its shape does not say")
    }
    func fill<Element: TensorElement>(_ convert: (JSONValue) -> Element?) -> Tensor? {
      let elements = values.compactMap(convert)
      guard elements.count == values.count, let tensor = Tensor(elements, shape: shape) else { return nil }
      return Tensor(dtype: dtype, shape: shape, storage: tensor.storage)
    }
    func integers<Element: TensorElement & FixedWidthInteger>(_: Element.Type) -> Tensor? {
      fill { value in if case .number(let text) = value { Element(text) } else { nil } }
    }
    let tensor: Tensor? =
      switch dtype.stored {
      case .half: fill { SavedResults.number($0, Float16.self) }
      case .bfloat16: fill { SavedResults.number($0, Float.self).map { BFloat16($0) } }
      case .complex64: fill { SavedResults.complex($0, Complex64.self) }
      case .complex128: fill { SavedResults.complex($0, Complex128.self) }
      case .uint32: integers(UInt32.self)
      case .uint64: integers(UInt64.self)
      case .float: fill { SavedResults.number($0, Float.self) }
      case .double: fill { SavedResults.number($0, Double.self) }
      case .int8: integers(Int8.self)
      case .int16: integers(Int16.self)
      case .int32: integers(Int32.self)
      case .int64: integers(Int64.self)
      case .uint8: integers(UInt8.self)
      case .uint16: integers(UInt16.self)
      case .bool: fill { value -> Bool? in if case .bool(let flag) = value { flag } else { nil } }
      case .string:
        SavedResults.strings(values).flatMap { Tensor(strings: $0, shape: shape, pool: pool) }
      case .qint8, .quint8, .qint16, .quint16, .qint32: nil
      }
    guard let tensor else { throw fail("`\(what)` holds a value that is no \(dtype)") }
    return tensor
  }

  private static func number<Element: BinaryFloatingPoint & LosslessStringConvertible>(_ json: JSONValue, _: Element.Type) -> Element? {
    switch json {
    case .number(let text): Element(text)
    case .string("NaN"): .nan
    case .string("Infinity"): .infinity
    case .string("-Infinity"): -.infinity
    default: nil
    }
  }

  private static func complex<Element: ComplexElement>(_ json: JSONValue, _: Element.Type) -> Element? {
    guard let pair = json.elements, pair.count == 2, let real = number(pair[0], Element.Part.self), let imaginary = number(pair[1], Element.Part.self)
    else { return nil }
    return Element(real, imaginary)
  }

  private static func strings(_ values: [JSONValue]) -> [[UInt8]]? {
    let strings = values.compactMap { value -> [UInt8]? in
      if let text = value.string { return Array(text.utf8) }
      return value["base64"]?.string.flatMap { decodeBase64(Array($0.utf8)) }
    }
    return strings.count == values.count ? strings : nil
  }
}
