/// Writes JSON text piece by piece into bytes; nothing is built in between.
///
/// The caller keeps objects and arrays balanced. Numbers that JSON cannot express (NaN, infinities) become strings.
public struct JSONWriter: Sendable {
  /// The text so far. A caller that streams may take it out and leave it empty between two calls.
  public var bytes: [UInt8] = []
  private let isPretty: Bool
  private var levels: [Level] = []
  private var isAfterKey = false

  private struct Level {
    var isEmpty = true
    /// Whether each element gets its own line.
    var isSpread: Bool
  }

  /// A writer of compact text, or of text with line breaks and an indentation of two blanks.
  public init(pretty: Bool = false) { isPretty = pretty }

  /// The text so far as a string.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Starts an object, as the value of a key if one is given.
  public mutating func beginObject(_ key: String? = nil) {
    if let key { self.key(key) }
    open("{", inline: false)
  }
  public mutating func endObject() { close("}") }

  /// Starts an array, as the value of a key if one is given. An inline one stays on one line in pretty text, as rows of numbers should.
  public mutating func beginArray(_ key: String? = nil, inline: Bool = false) {
    if let key { self.key(key) }
    open("[", inline: inline)
  }
  public mutating func endArray() { close("]") }

  /// The key of the next value of an object.
  public mutating func key(_ name: String) {
    separate()
    JSONWriter.appendString(name.utf8, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
    if isPretty { bytes.append(UInt8(ascii: " ")) }
    isAfterKey = true
  }

  public mutating func string(_ value: String) {
    separate()
    JSONWriter.appendString(value.utf8, to: &bytes)
  }

  /// A string, or null.
  public mutating func string(_ value: String?) {
    if let value { string(value) } else { null() }
  }

  public mutating func int(_ value: some BinaryInteger) {
    separate()
    bytes.append(contentsOf: String(value).utf8)
  }

  /// The shortest text that reads back to the same double; -0 is `-0.0`.
  public mutating func double(_ value: Double) {
    separate()
    JSONWriter.appendNumber(value, to: &bytes)
  }

  public mutating func bool(_ value: Bool) {
    separate()
    bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
  }

  public mutating func null() {
    separate()
    bytes.append(contentsOf: "null".utf8)
  }

  /// A key of an object with its value.
  public mutating func string(_ key: String, _ value: String?) {
    self.key(key)
    string(value)
  }

  public mutating func int(_ key: String, _ value: some BinaryInteger) {
    self.key(key)
    int(value)
  }

  public mutating func double(_ key: String, _ value: Double) {
    self.key(key)
    double(value)
  }

  public mutating func bool(_ key: String, _ value: Bool) {
    self.key(key)
    bool(value)
  }

  /// A value that is JSON text already.
  public mutating func raw(_ json: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// A value that `body` appends as JSON text.
  public mutating func raw(_ body: (inout [UInt8]) -> Void) {
    separate()
    body(&bytes)
  }

  private mutating func open(_ bracket: Unicode.Scalar, inline: Bool) {
    separate()
    bytes.append(UInt8(ascii: bracket))
    levels.append(Level(isSpread: isPretty && !inline && levels.last?.isSpread != false))
  }

  private mutating func close(_ bracket: Unicode.Scalar) {
    if let level = levels.popLast(), level.isSpread, !level.isEmpty { breakLine() }
    bytes.append(UInt8(ascii: bracket))
    isAfterKey = false
  }

  /// Everything that stands before a value or a key.
  private mutating func separate() {
    if isAfterKey {
      isAfterKey = false
      return
    }
    guard let level = levels.last else { return }
    if !level.isEmpty { bytes.append(UInt8(ascii: ",")) }
    if level.isSpread {
      breakLine()
    } else if isPretty, !level.isEmpty {
      bytes.append(UInt8(ascii: " "))
    }
    levels[levels.count - 1].isEmpty = false
  }

  private mutating func breakLine() {
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * levels.count))
  }
}

extension JSONWriter {
  /// Appends `utf8`, which must be well-formed, as a JSON string with its quotes.
  public static func appendString(_ utf8: some Sequence<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
      case 0..<0x20:
        bytes.append(contentsOf: #"\u00"#.utf8)
        bytes.append(hexDigit(byte >> 4))
        bytes.append(hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Appends a number as the shortest text that reads back to the same bits: `19`, `0.1`, `-0.0`, `1e+30`, and
  /// `"NaN"`, `"Infinity"`, `"-Infinity"` as strings.
  public static func appendNumber(_ value: some BinaryFloatingPoint & LosslessStringConvertible, to bytes: inout [UInt8]) {
    if value.isNaN {
      bytes.append(contentsOf: "\"NaN\"".utf8)
    } else if value.isInfinite {
      bytes.append(contentsOf: value < 0 ? "\"-Infinity\"".utf8 : "\"Infinity\"".utf8)
    } else {
      appendShortest(value, to: &bytes)
    }
  }

  /// Appends a finite number: Swift's shortest text, without the `.0` of a whole number other than -0.
  public static func appendShortest(_ value: some BinaryFloatingPoint & LosslessStringConvertible, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: value.description.utf8)
    let isWhole = bytes.count - start > 2 && bytes[bytes.count - 2] == UInt8(ascii: ".") && bytes[bytes.count - 1] == UInt8(ascii: "0")
    if isWhole, !(value.isZero && value.sign == .minus) { bytes.removeLast(2) }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
