/// Splits a value text into tokens and finds the shape that its braces give.
struct ValueScanner {
  let style: ValueText.Style
  var tokens: [ValueText.Token] = []
  /// Whether there is a pair of braces.
  var hasGroup = false
  /// The length of the brace lists at each depth, -1 until the first one is closed.
  var lengths: [Int] = []

  private var open: [Frame] = []
  /// The depth at which the values stand.
  private var valueDepth: Int?
  private var isGroupClosed = false
  /// Where the value or list before the next separator ends.
  private var lastEnd: Int?
  private var lastSeparator = 0

  /// A brace that is not closed yet.
  private struct Frame {
    var start: Int
    var count = 0
  }

  init(style: ValueText.Style) { self.style = style }

  mutating func scan(_ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) {
    var index = 0
    let end = text.count
    while index < end {
      let byte = text[index]
      if isBlank(byte) {
        index += 1
        continue
      }
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: ";"):
        guard lastEnd != nil else {
          throw ValueTextError(
            .syntax, "a value is missing before this `\(Unicode.Scalar(byte))`", range: index..<index + 1,
            fix: "write the value, or take the `\(Unicode.Scalar(byte))` out")
        }
        lastEnd = nil
        lastSeparator = index
        index += 1
      case UInt8(ascii: "{"):
        try openBrace(at: index, text)
        index += 1
      case UInt8(ascii: "}"):
        try closeBrace(at: index)
        index += 1
      default:
        let upper = byte == UInt8(ascii: "\"") ? try quotedEnd(text, from: index) : bareEnd(text, from: index)
        try value(index..<upper, text)
        index = upper
      }
    }
    if let frame = open.last {
      throw ValueTextError(.syntax, "this `{` is never closed", range: frame.start..<frame.start + 1, fix: "write a `}`")
    }
  }

  private func bareEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var index = start + 1
    let blankEnds = style == .page
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
        || byte == UInt8(ascii: "\"") || (blankEnds && isBlank(byte))
      {
        break
      }
      index += 1
    }
    while isBlank(text[index - 1]) { index -= 1 }
    return index
  }

  private func quotedEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) throws(ValueTextError) -> Int {
    var index = start + 1
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "\\"): index += 2
      case UInt8(ascii: "\""): return index + 1
      default: index += 1
      }
    }
    throw ValueTextError(.syntax, "this quote is never closed", range: start..<start + 1, fix: "write a `\"` at the end of the string")
  }

  private mutating func value(_ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) {
    if isGroupClosed {
      throw ValueTextError(
        .syntax, "\(quoted(text, range)) stands behind the closing brace", range: range, fix: "put all values into one pair of braces")
    }
    if let lastEnd, lastEnd == range.lowerBound || style == .enuspace {
      throw ValueTextError(
        .syntax, "a separator is missing before \(quoted(text, range))", range: range,
        fix: "write a `,` between the two values")
    }
    if hasGroup {
      if let valueDepth, valueDepth != open.count { throw mixed(range) }
      if lengths.count != open.count { throw mixed(range) }
      valueDepth = open.count
      open[open.count - 1].count += 1
    }
    tokens.append(ValueText.Token(lower: Int32(truncatingIfNeeded: range.lowerBound), upper: Int32(truncatingIfNeeded: range.upperBound)))
    lastEnd = range.upperBound
  }

  private func mixed(_ range: Range<Int>) -> ValueTextError {
    ValueTextError(
      .shape, "values and lists stand side by side", range: range,
      fix: "give every value the same number of braces around it, as in {{1, 2}, {3, 4}}")
  }

  private mutating func openBrace(at index: Int, _ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) {
    let range = index..<index + 1
    if isGroupClosed {
      throw ValueTextError(.syntax, "a second pair of braces", range: range, fix: "put all values into one pair of braces")
    }
    if !hasGroup, !tokens.isEmpty {
      throw ValueTextError(.shape, "values stand before the brace", range: range, fix: "put all values into one pair of braces")
    }
    if let valueDepth, open.count >= valueDepth { throw mixed(range) }
    guard open.count < Shape.maxRank else {
      throw ValueTextError(.shape, "more than \(Shape.maxRank) braces inside each other", range: range)
    }
    hasGroup = true
    if !open.isEmpty { open[open.count - 1].count += 1 }
    open.append(Frame(start: index))
    if lengths.count < open.count { lengths.append(-1) }
    lastEnd = nil
  }

  private mutating func closeBrace(at index: Int) throws(ValueTextError) {
    let depth = open.count - 1
    guard let frame = open.popLast() else {
      throw ValueTextError(.syntax, "this `}` has no `{`", range: index..<index + 1, fix: "take it out, or write the `{`")
    }
    if lengths[depth] < 0 {
      lengths[depth] = frame.count
    } else if lengths[depth] != frame.count {
      throw ValueTextError(
        .shape, "this list has length \(frame.count), the ones before it have length \(lengths[depth])", range: frame.start..<index + 1,
        fix: "give all lists of one depth the same length")
    }
    lastEnd = index + 1
    isGroupClosed = open.isEmpty
  }
}
