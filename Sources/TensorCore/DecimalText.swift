#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One token of a value text, read as a number. Its bytes are looked at once; no string is made.
struct DecimalText {
  /// The first 19 significant digits.
  var mantissa: UInt64 = 0
  /// The value is `mantissa * 10^exponent`.
  var exponent = 0
  var isNegative = false
  /// Whether digits other than 0 follow the 19 of the mantissa.
  var isTruncated = false
  /// Whether it has a point or an exponent.
  var isFraction = false
  /// Whether it ends with `f`.
  var hasSuffix = false
}

/// What a token without quotes is.
enum NumberToken {
  case decimal(DecimalText)
  case infinity(isNegative: Bool)
  case nan(isNegative: Bool)
  case bool(Bool)
  case complex
  case word

  /// Reads `text`, which is one token.
  static func read(_ text: UnsafeBufferPointer<UInt8>) -> NumberToken {
    if let decimal = DecimalText(text) { return .decimal(decimal) }
    return special(text)
  }

  private static func special(_ text: UnsafeBufferPointer<UInt8>) -> NumberToken {
    guard let first = text.first else { return .word }
    let isNegative = first == UInt8(ascii: "-")
    let isSigned = isNegative || first == UInt8(ascii: "+")
    let body = UnsafeBufferPointer(rebasing: text[(isSigned ? 1 : 0)...])
    if body.isEqual(to: "nan") || body.isEqual(to: "nan(ind)") { return .nan(isNegative: isNegative) }
    if body.isEqual(to: "inf") || body.isEqual(to: "infinity") { return .infinity(isNegative: isNegative) }
    if !isSigned, body.isEqual(to: "true") { return .bool(true) }
    if !isSigned, body.isEqual(to: "false") { return .bool(false) }
    return ComplexText(text) == nil ? .word : .complex
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether the bytes are this lower-case word, in any case.
  func isEqual(to word: StaticString) -> Bool {
    guard count == word.utf8CodeUnitCount else { return false }
    for index in 0..<count {
      let byte = self[index]
      let lower = byte &- 65 < 26 ? byte | 0x20 : byte
      if lower != word.utf8Start[index] { return false }
    }
    return true
  }
}

extension DecimalText {
  /// Nil when `text` is not a decimal number from start to end.
  @inline(__always)
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    self.init()
    var index = 0
    let end = text.count
    guard end > 0 else { return nil }
    if text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") {
      isNegative = text[0] == UInt8(ascii: "-")
      index = 1
    }
    let limit: UInt64 = 1_000_000_000_000_000_000  // one more digit still fits
    var hasDigits = false
    while index < end {
      let digit = text[index] &- 48
      guard digit < 10 else { break }
      if mantissa < limit {
        mantissa = mantissa &* 10 &+ UInt64(digit)
      } else {
        exponent += 1
        if digit != 0 { isTruncated = true }
      }
      hasDigits = true
      index += 1
    }
    if index < end, text[index] == UInt8(ascii: ".") {
      isFraction = true
      index += 1
      while index < end {
        let digit = text[index] &- 48
        guard digit < 10 else { break }
        if mantissa < limit {
          mantissa = mantissa &* 10 &+ UInt64(digit)
          exponent -= 1
        } else if digit != 0 {
          isTruncated = true
        }
        hasDigits = true
        index += 1
      }
    }
    guard hasDigits else { return nil }
    if index < end, text[index] | 0x20 == UInt8(ascii: "e") {
      isFraction = true
      guard readExponent(text, &index) else { return nil }
    }
    if index < end, text[index] | 0x20 == UInt8(ascii: "f") {
      hasSuffix = true
      index += 1
    }
    guard index == end else { return nil }
  }

  private mutating func readExponent(_ text: UnsafeBufferPointer<UInt8>, _ index: inout Int) -> Bool {
    index += 1
    guard index < text.count else { return false }
    let isMinus = text[index] == UInt8(ascii: "-")
    if isMinus || text[index] == UInt8(ascii: "+") { index += 1 }
    let start = index
    var value = 0
    while index < text.count {
      let digit = text[index] &- 48
      guard digit < 10 else { break }
      // Far beyond every exponent that matters, and far from an overflow.
      if value < 1_000_000_000_000 { value = value * 10 + Int(digit) }
      index += 1
    }
    exponent += isMinus ? -value : value
    return index > start
  }
}

// MARK: - To binary

/// Powers of ten that a double holds exactly.
private let exactPowers: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

/// The powers of ten from 10^0 to 10^60, each correctly rounded.
private let nearPowers: [Double] = exactPowers + (23...60).map { Double("1e\($0)") ?? .nan }

extension DecimalText {
  /// The nearest double; `text` is the token, read again when the fast way cannot be sure. Infinite when too large.
  @inline(__always)
  func double(_ text: UnsafeBufferPointer<UInt8>) -> Double {
    // Clinger: both factors are exact, so that one operation rounds once.
    if mantissa <= 1 << 53, !isTruncated, exponent >= -22, exponent <= 22 {
      let value = Double(mantissa)
      let magnitude = exponent < 0 ? value / exactPowers[-exponent] : value * exactPowers[exponent]
      return isNegative ? -magnitude : magnitude
    }
    if mantissa == 0 { return isNegative ? -0.0 : 0 }
    return withCanonicalText(text) { strtod($0, nil) }
  }

  /// The nearest float, never rounded twice. Infinite when too large.
  @inline(__always)
  func float(_ text: UnsafeBufferPointer<UInt8>) -> Float {
    if mantissa == 0 { return isNegative ? -0.0 : 0 }
    if exponent >= -60, exponent <= 60 {
      // The double is wrong by less than 16 of its last places. When no point halfway between two floats is that near, the float
      // nearest to the double is the float nearest to the number.
      let value = Double(mantissa)
      let magnitude = exponent < 0 ? value / nearPowers[-exponent] : value * nearPowers[exponent]
      let distance = Int64(magnitude.bitPattern & 0x1FFF_FFFF) - 0x1000_0000
      if abs(distance) > 16, magnitude >= 0x1p-126, magnitude < 0x1p127 {
        return isNegative ? -Float(magnitude) : Float(magnitude)
      }
    }
    return withCanonicalText(text) { strtof($0, nil) }
  }

  /// Hands over the number as `digits e exponent`, which has no point and so means the same in every locale.
  private func withCanonicalText<Result>(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<CChar>) -> Result
  ) -> Result {
    // 767 digits decide every double; whatever follows counts only as "a little more".
    let maxDigits = 780
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: maxDigits + 32) { buffer in
      var length = 0
      func put(_ byte: UInt8) {
        buffer[length] = CChar(bitPattern: byte)
        length += 1
      }
      if isNegative { put(UInt8(ascii: "-")) }
      var digits = 0
      var scale = 0
      var hasMore = false
      var isAfterPoint = false
      for byte in text {
        if byte == UInt8(ascii: ".") { isAfterPoint = true }
        if byte | 0x20 == UInt8(ascii: "e") { break }
        guard byte &- 48 < 10 else { continue }
        if digits < maxDigits {
          if digits > 0 || byte != 48 {
            put(byte)
            digits += 1
          }
          if isAfterPoint { scale -= 1 }
        } else {
          if byte != 48 { hasMore = true }
          if !isAfterPoint { scale += 1 }
        }
      }
      if hasMore {
        put(UInt8(ascii: "1"))
        scale -= 1
      }
      let written = min(max(scale + writtenExponent(text), -99_999), 99_999)
      put(UInt8(ascii: "e"))
      for byte in String(written).utf8 { put(byte) }
      put(0)
      guard let start = buffer.baseAddress else { return body("0") }
      return body(start)
    }
  }

  /// The exponent as it stands after the `e`.
  private func writtenExponent(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    guard var index = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return 0 }
    var other = DecimalText()
    _ = other.readExponent(text, &index)
    return other.exponent
  }

  /// The value as a whole number, nil when it has a fraction or does not fit 64 bits.
  @inline(__always)
  var integer: Int64? {
    if exponent == 0, !isTruncated, mantissa <= UInt64(Int64.max) {
      return isNegative ? -Int64(mantissa) : Int64(mantissa)
    }
    return scaledInteger
  }

  /// Whether the value has a fraction.
  var hasFraction: Bool {
    if mantissa == 0 { return false }
    if exponent >= 0 { return isTruncated && exponent < 1 }
    if isTruncated { return true }
    var rest = mantissa
    for _ in 0..<min(-exponent, 20) {
      if rest % 10 != 0 { return true }
      rest /= 10
    }
    return false
  }

  private var scaledInteger: Int64? {
    if mantissa == 0 { return 0 }
    // 20 digits or more, one of them not 0 after the nineteenth: too large, or a fraction.
    if isTruncated { return nil }
    var magnitude = mantissa
    if exponent < 0 {
      for _ in 0..<min(-exponent, 20) {
        guard magnitude % 10 == 0 else { return nil }
        magnitude /= 10
      }
    } else {
      guard exponent < 20 else { return nil }
      for _ in 0..<exponent {
        let (next, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        magnitude = next
      }
    }
    if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
    return Int64(exactly: magnitude)
  }
}
