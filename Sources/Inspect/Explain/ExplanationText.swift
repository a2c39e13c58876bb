import Diagnostics
import Run
import TensorCore

extension Explanation {
  /// The explanation for people.
  public func text(color: Bool = false, width: Int = 120) -> String {
    let heading = "\(DisplayText.safe(block)): \(type)"
    var text = color ? "\u{1B}[1m\(heading)\u{1B}[0m\n" : heading + "\n"
    text += CatalogueText.wrapped(DisplayText.safe(doc)) + "\n"
    var table = TextTable(usesColor: color)
    if let location { table.add(["place", "\(location.file):\(location.line):\(location.column)"]) }
    if let addedFor { table.add(["place", "not in the page: added for the gradient \(addedFor)"]) }
    table.add([.init(text: "state"), .init(text: state == .notRun ? "not run" : state.rawValue, style: state == .failed ? .red : .plain)])
    for (index, attr) in attrs.enumerated() {
      table.add([index == 0 ? "attrs" : "", "\(attr.name) = \(attr.value)\(attr.isDefault ? " (default)" : "")"])
    }
    table.add(["plan", plan])
    if !fusedWith.isEmpty { table.add(["", "with " + Explanation.shortened(fusedWith)]) }
    if let cost { table.add(["cost", Explanation.cost(cost)]) }
    text += table.text + flow(color: color, width: width)
    if let quantisation {
      text += "\nquantisation\(quantisation.isGradient ? " that this is the gradient of" : "")\n" + quantisation.text(color: color)
    }
    return text
  }

  private func flow(color: Bool, width: Int) -> String {
    func values(_ tensor: Tensor?) -> [TextTable.Cell] {
      guard let tensor else { return [.init(text: "no value", style: .dim)] }
      let text = TensorText(tensor, width: max(24, width / 2))
      return [.init(text: text.values + (text.summary.map { " (\($0))" } ?? ""))]
    }
    var table = TextTable(usesColor: color)
    if !inputs.isEmpty { table.add(["input", "comes from", "dtype", "shape", "values"], style: .bold) }
    for input in inputs {
      let source = input.source.map { "\($0) (\(input.sourceType ?? ""))" } ?? input.origin
      table.add(
        [.init(text: input.pin), .init(text: source), .init(text: input.dtype.name), .init(text: input.shape.description)] + values(input.value))
    }
    if !outputs.isEmpty { table.add(["output", "goes to", "dtype", "shape", "values"], style: .bold) }
    for output in outputs {
      let goes = output.readers.isEmpty ? "nobody" : Explanation.shortened(output.readers.map { "\($0.block).\($0.pin)" })
      table.add(
        [.init(text: output.pin), .init(text: goes), .init(text: output.dtype.name), .init(text: output.shape.description)] + values(output.value))
      let reason = "dtype: \(output.dtypeReason); shape: \(output.shapeReason)"
      table.add([.init(text: ""), .init(text: ""), .init(text: ""), .init(text: ""), .init(text: reason, style: .dim)])
    }
    let results = outputs.flatMap(\.readers).filter { $0.result != nil }
    if !results.isEmpty { table.add(["reader", "", "dtype", "shape", "values"], style: .bold) }
    for reader in results.prefix(Explanation.most) {
      guard let result = reader.result else { continue }
      table.add(
        [.init(text: result.name), .init(text: reader.type), .init(text: result.value.dtype.name), .init(text: result.value.shape.description)]
          + values(result.value))
    }
    return (table.rows.isEmpty ? "" : "\n") + table.text
  }

  /// More readers than these are counted.
  private static let most = 12

  private static func shortened(_ names: [String]) -> String {
    names.prefix(most).joined(separator: ", ") + (names.count > most ? " and \(names.count - most) more" : "")
  }

  private static func cost(_ cost: BlockCost) -> String {
    let time = "\(TensorText.short(cost.nanoseconds, digits: 3)) ns"
    return cost.members == 1 ? time : "\(time) for \(cost.members) blocks together"
  }

  /// The explanation as one line of JSON.
  public func json(page: String, diagnostics: [Diagnostic]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.string("page", page)
    json.string("block", block)
    json.string("type", type)
    json.string("doc", doc)
    json.key("line")
    if let location { json.int(location.line) } else { json.null() }
    json.string("state", state.rawValue)
    json.beginObject("attrs")
    for attr in attrs {
      json.beginObject(attr.name)
      json.string("value", attr.value)
      json.bool("default", attr.isDefault)
      json.endObject()
    }
    json.endObject()
    json.string("plan", plan)
    json.beginArray("fused_with")
    for name in fusedWith { json.string(name) }
    json.endArray()
    json.key("ns_per_cycle")
    if let cost { json.double(cost.nanoseconds / Double(max(1, cost.members))) } else { json.null() }
    json.beginArray("inputs")
    for input in inputs { write(input, to: &json) }
    json.endArray()
    json.beginArray("outputs")
    for output in outputs { write(output, to: &json) }
    json.endArray()
    json.key("quantisation")
    if let quantisation { quantisation.write(to: &json) } else { json.null() }
    json.beginArray("diagnostics")
    for diagnostic in diagnostics { diagnostic.write(to: &json) }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  private func write(_ input: Input, to json: inout JSONWriter) {
    json.beginObject()
    json.string("pin", input.pin)
    json.string("from", input.source)
    json.string("origin", input.origin)
    write(input.dtype, input.shape, input.value, to: &json)
    json.endObject()
  }

  private func write(_ output: Output, to json: inout JSONWriter) {
    json.beginObject()
    json.string("pin", output.pin)
    json.beginArray("to")
    for reader in output.readers { json.string("\(reader.block).\(reader.pin)") }
    json.endArray()
    json.string("dtype_reason", output.dtypeReason)
    json.string("shape_reason", output.shapeReason)
    write(output.dtype, output.shape, output.value, to: &json)
    json.endObject()
  }

  private func write(_ dtype: DType, _ shape: PartialShape, _ value: Tensor?, to json: inout JSONWriter) {
    json.key("value")
    if let value {
      value.write(to: &json)
    } else {
      json.null()
      json.string("dtype", dtype.name)
      json.string("shape", shape.description)
    }
  }
}
