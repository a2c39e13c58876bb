import Blocks
import Diagnostics

extension QuantisationReport {
  /// What became of a range, in a word and in a sentence.
  static func describe(_ function: FakeQuantFunction, min: Float, max: Float, _ range: FakeQuantFunction.Range) -> (move: Move, reason: String) {
    let asked = "[\(text(min)), \(text(max))]"
    let used = "[\(text(range.low)), \(text(range.high))]"
    // Subnormal numbers count as 0.
    let start = min.isSubnormal ? 0 : min
    let end = max.isSubnormal ? 0 : max
    if start.isNaN || end.isNaN { return (.undefined, "an end of \(asked) is NaN, so every value becomes NaN") }
    if start == 0, end == 0 {
      return (.empty, "\(asked) is empty: there is nothing to quantise, every value becomes 0 and gradients pass as they are")
    }
    if start == end { return (.undefined, "both ends are \(text(min)): without a step between levels every value becomes NaN") }
    guard range.low.isFinite, range.high.isFinite, range.scale.isFinite else {
      return (.undefined, "\(asked) is too wide for float, so every value becomes NaN")
    }
    if start > end { return (.reversed, "\(text(min)) lies above \(text(max)): the levels run backwards, and all numbers become one level") }
    if range.scale == 0 { return (.undefined, "the steps of \(asked) are smaller than the smallest normal float") }
    if start > 0 || end < 0 { return (.movedToZero, "\(asked) does not contain 0, so it was moved to \(used)") }
    if range.low == start, range.high == end { return (.kept, "0 is a level of \(asked), so it stays where it is") }
    let shift = Double(range.low) - Double(start)
    let steps = shift / Double(range.scale)
    // Below this the place of 0 among the levels was whole, as far as floats tell.
    guard abs(steps) > Double(function.levelCount) * 0x1p-23 else {
      return (.rounded, "0 is a level of \(asked), so it stays where it is; the rounding of floats makes it \(used)")
    }
    let place = "0 lies between two levels of \(asked), \(short(-Double(start) / Double(range.scale))) steps above its lower end"
    return (
      .shifted,
      "\(place), so it was shifted \(shift > 0 ? "up" : "down") by \(short(abs(shift))) (\(short(abs(steps))) of a step) to \(used)"
    )
  }

  /// The shortest text that reads back to the same float.
  static func text(_ value: Float) -> String {
    if !value.isFinite { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var bytes: [UInt8] = []
    JSONWriter.appendShortest(value == 0 ? 0 : value, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Four significant digits.
  static func short(_ value: Double) -> String { TensorText.short(value, digits: 4) }
}
