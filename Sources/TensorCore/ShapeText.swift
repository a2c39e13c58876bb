/// Reads a shape: `[2][3]`, `[2, 3]`, `{2,3}` or `2 3`; an empty text, `{}` and `[]` are a scalar. With `allowUnknown`, a
/// dimension may be `?` or `-1`.
public func parseShapeText(_ bytes: ArraySlice<UInt8>, allowUnknown: Bool) throws(ValueTextError) -> PartialShape {
  var reader = ShapeReader(allowUnknown: allowUnknown)
  try bytes.withUnsafeBufferPointer { (text) throws(ValueTextError) in try reader.read(text) }
  return PartialShape(reader.dims)
}

/// Reads a shape.
public func parseShapeText(_ text: some StringProtocol, allowUnknown: Bool = false) throws(ValueTextError) -> PartialShape {
  try parseShapeText(Array(text.utf8)[...], allowUnknown: allowUnknown)
}

private struct ShapeReader {
  let allowUnknown: Bool
  var dims: [Int] = []
  private var index = 0

  init(allowUnknown: Bool) { self.allowUnknown = allowUnknown }

  mutating func read(_ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) {
    skipBlanks(text)
    guard index < text.count else { return }
    switch text[index] {
    case UInt8(ascii: "{"): try group(text, closing: UInt8(ascii: "}"))
    case UInt8(ascii: "["):
      // `[2][3]` is one pair of brackets per dimension, `[2, 3]` one for all.
      repeat {
        try group(text, closing: UInt8(ascii: "]"))
        skipBlanks(text)
      } while index < text.count && text[index] == UInt8(ascii: "[")
    default: try list(text, closing: nil)
    }
    skipBlanks(text)
    if index < text.count { throw wrong(text) }
  }

  private mutating func group(_ text: UnsafeBufferPointer<UInt8>, closing: UInt8) throws(ValueTextError) {
    index += 1
    try list(text, closing: closing)
    guard index < text.count, text[index] == closing else { throw wrong(text) }
    index += 1
  }

  /// Dimensions up to `closing`, or up to the end.
  private mutating func list(_ text: UnsafeBufferPointer<UInt8>, closing: UInt8?) throws(ValueTextError) {
    var isAfterComma = false
    while true {
      skipBlanks(text)
      if index == text.count || text[index] == closing {
        if isAfterComma { throw wrong(text) }
        return
      }
      try dimension(text)
      skipBlanks(text)
      isAfterComma = index < text.count && (text[index] == UInt8(ascii: ",") || text[index] == UInt8(ascii: ";"))
      if isAfterComma { index += 1 }
    }
  }

  private mutating func dimension(_ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) {
    let start = index
    while index < text.count, !isEnd(text[index]) { index += 1 }
    let token = UnsafeBufferPointer(rebasing: text[start..<index])
    guard !token.isEmpty else { throw wrong(text) }
    let isUnknown = token.isEqual(to: "?") || token.isEqual(to: "-1")
    if isUnknown, !allowUnknown {
      throw ValueTextError(.shape, "an unknown dimension is not allowed here", range: start..<index, fix: "write a number")
    }
    guard dims.count < Shape.maxRank else {
      throw ValueTextError(.shape, "more than \(Shape.maxRank) dimensions", range: start..<index)
    }
    if isUnknown {
      dims.append(-1)
      return
    }
    guard token.allSatisfy({ $0 &- 48 < 10 }) else {
      throw ValueTextError(
        .shape, "\(quoted(text, start..<index)) is no dimension", range: start..<index, fix: "write a whole number that is not negative")
    }
    guard let decimal = DecimalText(token), let value = decimal.integer, value <= Int.max else {
      throw ValueTextError(.tooLarge, "the dimension \(quoted(text, start..<index)) is too large", range: start..<index)
    }
    dims.append(Int(value))
  }

  private func isEnd(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
    default: isBlank(byte)
    }
  }

  private mutating func skipBlanks(_ text: UnsafeBufferPointer<UInt8>) {
    while index < text.count, isBlank(text[index]) { index += 1 }
  }

  private func wrong(_ text: UnsafeBufferPointer<UInt8>) -> ValueTextError {
    ValueTextError(
      .shape, "\(quoted(text, 0..<text.count)) is no shape", range: min(index, max(0, text.count - 1))..<min(index + 1, text.count),
      fix: "write a shape as [2][3] or {2,3}")
  }
}
