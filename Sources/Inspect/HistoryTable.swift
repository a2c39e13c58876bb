import Run
import TensorCore

extension RunReport {
  /// The histories as a table for people: one row for each watched result. Empty when there is none.
  public func historyTable(color: Bool = false) -> String {
    guard let history, !history.cycles.isEmpty else { return "" }
    var table = TextTable(usesColor: color)
    table.add(["watched", "cycles", "first", "last", "least", "most", "course"], style: .bold)
    for series in history.series {
      guard let values = series.values, values.count > 0 else { continue }
      let name = TextTable.Cell(text: series.name)
      let cycles = TextTable.Cell(text: "\(history.cycles.first ?? 0) to \(history.cycles.last ?? 0)")
      // Many values in each cycle have no one course.
      guard series.shape.count == 1, let numbers = values.numbers else {
        table.add([name, cycles, .init(text: "\(values.dtype) \(series.shape) in each cycle", style: .dim)])
        continue
      }
      let finite = numbers.indices.filter { numbers[$0].isFinite }
      func text(_ index: Int?) -> TextTable.Cell { .init(text: index.map { ValueFormat.shortest(values, at: $0) } ?? "") }
      table.add([
        name, cycles, text(0), text(numbers.count - 1), text(finite.min { numbers[$0] < numbers[$1] }),
        text(finite.max { numbers[$0] < numbers[$1] }), .init(text: sparkline(numbers)),
      ])
    }
    return table.text
  }
}

/// Numbers as a line of small bars, at most `width` of them; each stands for the mean of some numbers in a row. A `?` is one that is not finite.
func sparkline(_ numbers: [Double], width: Int = 32) -> String {
  let count = min(width, numbers.count)
  let means = (0..<count).map { bar in
    let range = (bar * numbers.count / count)..<((bar + 1) * numbers.count / count)
    // Divided first, so that a sum of large numbers stays finite.
    return numbers[range].reduce(0) { $0 + $1 / Double(range.count) }
  }
  let finite = means.filter(\.isFinite)
  guard let least = finite.min(), let most = finite.max() else { return String(repeating: "?", count: count) }
  let bars = Array("▁▂▃▄▅▆▇█")
  return String(
    means.map { mean -> Character in
      guard mean.isFinite else { return "?" }
      if least == most { return bars[3] }
      let height = (mean / 2 - least / 2) / (most / 2 - least / 2)
      return bars[min(7, max(0, Int(height * 8)))]
    })
}

extension Tensor {
  /// All elements as numbers; nil for strings.
  fileprivate var numbers: [Double]? {
    dtype == .string ? nil : (0..<count).compactMap { number(at: $0) }
  }
}
