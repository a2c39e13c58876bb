import Page
import Run
import TensorCore

extension RunReport {
  /// The results as a table for people: one row for each result, in page order. Long tensors are shortened and summed up.
  public func table(color: Bool = false, width: Int = 120) -> String {
    if blocks.isEmpty { return "the page has no blocks\n" }
    var table = TextTable(usesColor: color)
    table.add(["block", "type", "result", "dtype", "shape", "values"], style: .bold)
    for block in blocks { add(block, to: &table, width: width) }
    return table.text
  }

  private func add(_ block: BlockReport, to table: inout TextTable, width: Int) {
    let rows = block.results.flatMap { result -> [(pin: String, tensor: Tensor)] in
      switch result.value {
      case .tensor(let tensor): [(result.pin, tensor)]
      case .list(let tensors): tensors.enumerated().map { ("\(result.pin)[\($0)]", $1) }
      }
    }
    if rows.isEmpty {
      let style: TextTable.Style = block.state == .failed ? .red : .dim
      let state = block.state == .notRun ? "not run" : block.state.rawValue
      table.add([.init(text: block.name), .init(text: block.type), .init(text: state, style: style)])
      return
    }
    for (index, row) in rows.enumerated() {
      let values = TensorText(row.tensor, width: max(24, width / 2))
      table.add([
        .init(text: index == 0 ? block.name : ""), .init(text: index == 0 ? block.type : ""), .init(text: row.pin),
        .init(text: row.tensor.dtype.name), .init(text: row.tensor.shape.description), .init(text: values.values),
      ])
      if let summary = values.summary {
        table.add([.init(text: ""), .init(text: ""), .init(text: ""), .init(text: ""), .init(text: ""), .init(text: summary, style: .dim)])
      }
    }
  }
}

/// A tensor in a line: its values as nested lists, and a summary when they had to be shortened.
public struct TensorText {
  public let values: String
  /// `1000 values, min 0, max 5, mean 2.5`, when not all values are shown.
  public let summary: String?

  public init(_ tensor: Tensor, width: Int) {
    // Two scalars and a comma are the least that a value takes.
    if tensor.count <= max(8, width / 3), case let all = TensorText.nested(tensor), all.unicodeScalars.count <= width {
      values = all
      summary = nil
      return
    }
    values = TensorText.shortened(tensor, width: width)
    summary = TensorText.summary(tensor)
  }

  private static func nested(_ tensor: Tensor) -> String {
    func text(_ axis: Int, _ start: Int, _ count: Int) -> String {
      guard axis < tensor.shape.rank else { return ValueFormat.shortest(tensor, at: start) }
      let dim = tensor.shape.dims[axis]
      let step = dim == 0 ? 0 : count / dim
      return "[" + (0..<dim).map { text(axis + 1, start + $0 * step, step) }.joined(separator: ", ") + "]"
    }
    // An empty tensor's shape says more than nested empty brackets.
    return tensor.count == 0 ? "(empty)" : text(0, 0, tensor.count)
  }

  /// The first values, and the last one.
  private static func shortened(_ tensor: Tensor, width: Int) -> String {
    if tensor.count == 1 {
      return String(ValueFormat.shortest(tensor, at: 0).unicodeScalars.prefix(max(8, width - 1)).map(Character.init)) + "…"
    }
    let last = String(ValueFormat.shortest(tensor, at: tensor.count - 1).unicodeScalars.prefix(width / 3).map(Character.init))
    var line = ""
    for index in 0..<tensor.count - 1 {
      let value = ValueFormat.shortest(tensor, at: index)
      if line.unicodeScalars.count + value.unicodeScalars.count + last.unicodeScalars.count + 8 > width { break }
      line += value + ", "
    }
    return line + "…, " + last
  }

  private static func summary(_ tensor: Tensor) -> String {
    let count = "\(tensor.count) values"
    if tensor.dtype == .string { return count }
    if tensor.dtype == .bool { return "\(count), \(tensor.elements(as: Bool.self)?.count { $0 } ?? 0) true" }
    // One walk over the elements where they lie: a tensor may fill half of the memory.
    var (least, most, sum, missing) = (Double.infinity, -Double.infinity, 0.0, 0)
    tensor.forEachNumber { _, value in
      if value.isNaN {
        missing += 1
        return
      }
      if value < least { least = value }
      if value > most { most = value }
      sum += value
    }
    if missing == tensor.count { return count + ", all NaN" }
    let mean = sum / Double(tensor.count - missing)
    let what = tensor.dtype.isComplex ? "magnitudes: " : ""
    return "\(count), \(what)min \(short(least)), max \(short(most)), mean \(short(mean))" + (missing > 0 ? ", \(missing) NaN" : "")
  }

  /// So many significant digits.
  static func short(_ value: Double, digits count: Int = 6) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var digits = abs(value)
    guard digits < 1e15 else { return "\(value)" }
    let least = (1..<count).reduce(1.0) { product, _ in product * 10 }
    var exponent = 0
    while digits < least {
      digits *= 10
      exponent -= 1
    }
    let text = "\(Int64(digits.rounded()))e\(exponent)"
    let rounded = value < 0 ? -(Double(text) ?? 0) : Double(text) ?? 0
    return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
  }
}
