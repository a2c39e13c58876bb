/// Why a text cannot be read as values or as a shape.
public struct ValueTextError: Error, Sendable {
  public enum Kind: Sendable {
    /// Not the grammar of values, or not a number.
    case syntax
    /// The number of values does not match the shape.
    case count
    /// A value that the dtype cannot hold.
    case range
    /// Values of another kind than the dtype's, or of a dtype that is not supported.
    case dtype
    /// More elements than the memory holds.
    case tooLarge
    /// Braces that contradict each other or the shape, or a text that is no shape.
    case shape
  }

  public var kind: Kind
  /// The cause, as one sentence part without a full stop.
  public var message: String
  /// The bytes of the text it is about, counted from the text's start.
  public var range: Range<Int>
  /// What to write instead.
  public var fix: String?

  public init(_ kind: Kind, _ message: String, range: Range<Int>, fix: String? = nil) {
    self.kind = kind
    self.message = message
    self.range = range
    self.fix = fix
  }
}

/// The text of a pin, taken apart into values; they get their dtype later, in ``tensor(dtype:shape:pool:)``.
public struct ValueText: Sendable {
  /// How values are separated.
  public enum Style: Sendable {
    /// Blanks, line breaks, commas or semicolons.
    case page
    /// Commas or semicolons; blanks around them do not count.
    case enuspace
  }

  /// The number of values that the text has as numbers.
  public var count: Int { tokens.count }
  /// Whether the values stand in braces, which give them their shape.
  public let hasBraces: Bool
  /// The shape of the values as numbers: that of the braces; without braces one value is a scalar, n values have shape [n].
  public let naturalShape: Shape

  let bytes: ArraySlice<UInt8>
  let style: Style
  let tokens: [Token]
  /// The text without the blanks around it.
  let trimmed: Range<Int>
  /// Whether there are neither braces nor quotes at the start nor quotes anywhere: for dtype string, one text as it stands.
  let isPlain: Bool
  /// What is wrong with a plain text when it is read as numbers.
  let structureError: ValueTextError?

  /// The bytes of one value, counted from the text's start; a quoted one includes its quotes.
  struct Token {
    var lower: Int32
    var upper: Int32
    var range: Range<Int> { Int(lower)..<Int(upper) }
  }

  /// Takes a text apart. Only its structure is judged here: braces, quotes and separators.
  ///
  /// A text that starts with no brace and has no quotes may be meant as one string, so its structure is judged only when it is
  /// read as numbers.
  public init(_ bytes: ArraySlice<UInt8>, style: Style) throws(ValueTextError) {
    self.bytes = bytes
    self.style = style
    guard bytes.count < Int(Int32.max) else {
      throw ValueTextError(.tooLarge, "the text is \(Memory.sizeText(Double(bytes.count))) long, 2.1 GB are allowed", range: 0..<0)
    }
    var scanner = ValueScanner(style: style)
    var trimmed = 0..<0
    var isPlain = false
    var failure: ValueTextError?
    bytes.withUnsafeBufferPointer { text in
      trimmed = trimmedRange(text)
      isPlain = trimmed.isEmpty || (text[trimmed.lowerBound] != UInt8(ascii: "{") && !text.contains(UInt8(ascii: "\"")))
      do throws(ValueTextError) { try scanner.scan(text) } catch { failure = error }
    }
    if let failure, !isPlain { throw failure }
    self.trimmed = trimmed
    self.isPlain = isPlain
    structureError = failure
    tokens = scanner.tokens
    hasBraces = scanner.hasGroup
    if scanner.hasGroup, failure == nil {
      naturalShape = Shape(scanner.lengths)
    } else {
      naturalShape = tokens.count == 1 ? .scalar : [tokens.count]
    }
  }

  /// Takes a text apart.
  public init(_ bytes: [UInt8], style: Style) throws(ValueTextError) { try self.init(bytes[...], style: style) }

  /// Takes a text apart.
  public init(_ text: some StringProtocol, style: Style) throws(ValueTextError) { try self.init(Array(text.utf8)[...], style: style) }

  /// The shape that the text has when it is read as `dtype`; strings without quotes may hold blanks.
  public func naturalShape(for dtype: DType) -> Shape {
    guard dtype == .string, isPlain else { return naturalShape }
    let count = plainStringRanges.count
    return count == 1 ? .scalar : [count]
  }

  /// The dtype that the text itself speaks of: quotes: string; a suffix `f`: float; a part with `j`: complex128; a point, an exponent, `nan`
  /// or `inf`: double; only `true` and `false`: bool; else int32, or int64 when a value does not fit int32.
  public var literalDType: DType {
    var hasQuotes = false
    var hasSuffix = false
    var hasFraction = false
    var hasNumber = false
    var isWide = false
    var isComplex = false
    bytes.withUnsafeBufferPointer { text in
      for token in tokens {
        let slice = UnsafeBufferPointer(rebasing: text[token.range])
        if slice.first == UInt8(ascii: "\"") {
          hasQuotes = true
          break
        }
        switch NumberToken.read(slice) {
        case .decimal(let decimal):
          hasNumber = true
          hasSuffix = hasSuffix || decimal.hasSuffix
          hasFraction = hasFraction || decimal.isFraction
          if let value = decimal.integer, Int32(exactly: value) != nil { continue }
          isWide = true
        case .complex: isComplex = true
        case .infinity, .nan:
          hasNumber = true
          hasFraction = true
        case .bool: break
        case .word: hasNumber = true
        }
      }
    }
    if hasQuotes { return .string }
    if isComplex { return .complex128 }
    if hasSuffix { return .float }
    if hasFraction { return .double }
    if !hasNumber, count > 0 { return .bool }
    return isWide ? .int64 : .int32
  }

  /// Whether a value is written with a `j`, as complex numbers are.
  public var hasComplex: Bool {
    bytes.withUnsafeBufferPointer { text in tokens.contains { ComplexText(UnsafeBufferPointer(rebasing: text[$0.range])) != nil } }
  }

  /// The values of a string pin of an enuSpace page: split on `;` only, blanks kept. An empty text is one empty string.
  public static func strings(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(Array.init)
  }

  /// The parts of a plain text that are its strings: in page style the whole text, in enuSpace style split on `;`.
  var plainStringRanges: [Range<Int>] {
    guard style == .enuspace else { return [trimmed] }
    let base = bytes.startIndex
    let text = bytes[base + trimmed.lowerBound..<base + trimmed.upperBound]
    return text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
      let inner = part.withUnsafeBufferPointer(trimmedRange)
      let start = part.startIndex - base
      return start + inner.lowerBound..<start + inner.upperBound
    }
  }
}

/// The range without blanks at its ends.
func trimmedRange(_ text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
  var lower = 0
  var upper = text.count
  while lower < upper, isBlank(text[lower]) { lower += 1 }
  while upper > lower, isBlank(text[upper - 1]) { upper -= 1 }
  return lower..<upper
}

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

/// A piece of a text for a message: at most 40 bytes of it, in back quotes.
func quoted(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String {
  let range = range.clamped(to: 0..<text.count)
  if range.count <= 40 { return "`\(String(decoding: text[range], as: UTF8.self))`" }
  var upper = range.lowerBound + 37
  // Not in the middle of a scalar.
  while upper > range.lowerBound, text[upper] & 0xC0 == 0x80 { upper -= 1 }
  return "`\(String(decoding: text[range.lowerBound..<upper], as: UTF8.self))…`"
}
