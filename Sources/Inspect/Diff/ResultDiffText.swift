import Diagnostics
import Run
import TensorCore

extension ResultDiff {
  /// The first difference with the values around its worst element, then all of them in a line each, then how many blocks there are.
  public func text(color: Bool = false, rows: Int = 20) -> String {
    var text = ""
    if let first = differences.first {
      text += "\(title(first, color)): \(ResultDiff.describe(first.what))\n"
      if case .values(let difference, let a, let b) = first.what { text += around(difference, a, b, color: color) }
      text += "\n"
    }
    if differences.count > 1 {
      var table = TextTable(usesColor: color)
      table.add(["differs", "type", "how"], style: .bold)
      for difference in differences.prefix(rows) { table.add([difference.name, difference.type ?? "", ResultDiff.describe(difference.what)]) }
      text += table.text + (differences.count > rows ? "… and \(differences.count - rows) more results\n" : "") + "\n"
    }
    for (names, side) in [(onlyInA, a), (onlyInB, b)] where !names.isEmpty {
      let shown = names.prefix(rows).joined(separator: ", ") + (names.count > rows ? " and \(names.count - rows) more" : "")
      text += DisplayText.safe("only in \(side): \(shown)") + "\n"
    }
    return text + summary + "\n"
  }

  private func title(_ difference: Difference, _ color: Bool) -> String {
    let name = DisplayText.safe(difference.name)
    return "first difference in dataflow order\(cycle.map { ", in cycle \($0)" } ?? ""): " + (color ? "\u{1B}[31m\(name)\u{1B}[0m" : name)
      + (difference.type.map { " (\($0))" } ?? "")
  }

  /// `3 blocks equal, 1 differs, 0 only in a, 2 only in b`
  public var summary: String {
    DisplayText.safe(
      "\(equalBlocks) block\(equalBlocks == 1 ? "" : "s") equal, \(differingBlocks) differ\(differingBlocks == 1 ? "s" : ""), "
        + "\(onlyInA.count) only in \(a), \(onlyInB.count) only in \(b)" + (tolerance > 0 ? "; tolerance \(tolerance)" : ""))
  }

  static func describe(_ what: What) -> String {
    func word(_ state: BlockState) -> String { state == .notRun ? "not run" : state.rawValue }
    switch what {
    case .state(let a, let b): return "it is \(word(a)) in the first, \(word(b)) in the second"
    case .dtype(let a, let b): return "\(a) and \(b)"
    case .shape(let a, let b): return "shapes \(a) and \(b)"
    case .onlyOne(let inA): return inA ? "only the first has it" : "only the second has it"
    case .values(let difference, let a, let b):
      let values = "\(ValueFormat.shortest(a, at: difference.worst)) and \(ValueFormat.shortest(b, at: difference.worst))"
      let apart = difference.distance.isNaN ? "" : ", \(TensorText.short(difference.distance)) apart"
      if a.count == 1 { return values + apart }
      let place = Comparison.index(difference.worst, in: a.shape)
      return "\(difference.count) of \(a.count) values, the worst at \(place): \(values)\(apart)"
    }
  }

  /// The elements beside the worst one.
  private func around(_ difference: Comparison.Difference, _ a: Tensor, _ b: Tensor, color: Bool) -> String {
    guard a.count > 1 else { return "" }
    let last = min(a.count - 1, difference.worst + 3)
    var table = TextTable(usesColor: color)
    table.add(["", "element", "first", "second", ""], style: .bold)
    for index in max(0, last - 6)...last {
      let differs = Comparison.difference(a, index..<index + 1, b.element(index), tolerance: tolerance)
      let mark = index == difference.worst ? "<- worst" : differs == nil ? "" : "<-"
      let texts = ["", Comparison.index(index, in: a.shape), ValueFormat.shortest(a, at: index), ValueFormat.shortest(b, at: index), mark]
      table.add(texts.map { TextTable.Cell(text: $0, style: mark.isEmpty ? .plain : .red) })
    }
    return table.text
  }

  /// `{"a","b","equal":false,"first":…,"differences":[…],"blocks":{…}}`
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.string("a", a)
    json.string("b", b)
    json.bool("equal", isEmpty)
    json.key("cycle")
    if let cycle { json.int(cycle) } else { json.null() }
    json.double("tolerance", tolerance)
    json.string("first", differences.first?.name)
    json.beginArray("differences")
    for difference in differences { write(difference, to: &json) }
    json.endArray()
    json.int("equal_blocks", equalBlocks)
    json.int("differing_blocks", differingBlocks)
    for (key, names) in [("only_in_a", onlyInA), ("only_in_b", onlyInB)] {
      json.beginArray(key)
      for name in names { json.string(name) }
      json.endArray()
    }
    json.endObject()
  }

  private func write(_ difference: Difference, to json: inout JSONWriter) {
    json.beginObject()
    json.string("block", difference.block)
    json.string("pin", difference.pin)
    json.string("type", difference.type)
    json.string("how", ResultDiff.describe(difference.what))
    if case .values(let found, let a, let b) = difference.what {
      json.int("count", found.count)
      json.int("of", a.count)
      json.int("first", found.first)
      json.int("worst", found.worst)
      json.double("distance", found.distance)
      json.key("a")
      json.raw { ValueFormat.appendJSON(a, at: found.worst, into: &$0) }
      json.key("b")
      json.raw { ValueFormat.appendJSON(b, at: found.worst, into: &$0) }
    }
    json.endObject()
  }
}

extension Tensor {
  /// One element as a scalar of its own.
  fileprivate func element(_ index: Int) -> Tensor {
    guard index >= 0, index < count, let part = TensorStorage(part: index * dtype.byteCount, byteCount: dtype.byteCount, of: storage) else {
      return self
    }
    return Tensor(dtype: dtype, shape: .scalar, storage: part, pool: pool) ?? self
  }
}
