/// A JSON text, taken apart. Numbers stay text, so that a reader decides how exact they are.
public enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  /// The members in the order of the text; of a key that stands twice both.
  case object([(key: String, value: JSONValue)])

  /// The first member of that key; nil for other values.
  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members.first { $0.key == key }?.value } else { nil }
  }

  public var members: [(key: String, value: JSONValue)]? { if case .object(let members) = self { members } else { nil } }
  public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
  public var string: String? { if case .string(let text) = self { text } else { nil } }
  public var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
}

/// Reads JSON (RFC 8259) from bytes that nobody has looked at yet.
public struct JSONReader {
  /// Why a text is no JSON.
  public struct Fault: Error, Sendable {
    /// One sentence part without a full stop.
    public var message: String
    /// The byte it is about.
    public var offset: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  /// Deeper texts are refused: they would fill the stack.
  private static let deepest = 64

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The value that a text holds.
  public static func read(_ bytes: [UInt8]) throws(Fault) -> JSONValue {
    var reader = JSONReader(bytes)
    let value = try reader.value()
    reader.skipBlanks()
    if reader.position < bytes.count { throw reader.fault("something follows the end of the JSON") }
    return value
  }

  private func fault(_ message: String) -> Fault { Fault(message: message, offset: position) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(Fault) -> JSONValue {
    skipBlanks()
    switch next {
    case UInt8(ascii: "{"): return try nested { (reader) throws(Fault) in try reader.object() }
    case UInt8(ascii: "["): return try nested { (reader) throws(Fault) in try reader.array() }
    case UInt8(ascii: "\""): return .string(try text())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-")?, .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number(number())
    case nil: throw fault("the JSON ends too early")
    default: throw fault("this is no JSON value")
    }
  }

  private mutating func nested(_ body: (inout JSONReader) throws(Fault) -> JSONValue) throws(Fault) -> JSONValue {
    guard depth < JSONReader.deepest else { throw fault("it is nested deeper than \(JSONReader.deepest) levels") }
    depth += 1
    position += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(Fault) -> JSONValue {
    var members: [(key: String, value: JSONValue)] = []
    skipBlanks()
    if take("}") { return .object(members) }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw fault("a key in quotes is missing") }
      let key = try text()
      skipBlanks()
      guard take(":") else { throw fault("a : is missing") }
      members.append((key, try value()))
      skipBlanks()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("a , or } is missing") }
    }
  }

  private mutating func array() throws(Fault) -> JSONValue {
    var elements: [JSONValue] = []
    skipBlanks()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipBlanks()
      if take("]") { return .array(elements) }
      guard take(",") else { throw fault("a , or ] is missing") }
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw fault("this is no JSON value") }
    position += word.utf8.count
    return value
  }

  /// The characters that numbers are made of; whoever wants a number of them finds out whether they are one.
  private mutating func number() -> String {
    let start = position
    while let byte = next {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        position += 1
      default: return String(decoding: bytes[start..<position], as: UTF8.self)
      }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func text() throws(Fault) -> String {
    position += 1
    let start = position
    var units: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          position = start
          throw fault("a text that is no UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): units.append(contentsOf: String(Character(try escaped())).utf8)
      case 0..<0x20:
        position -= 1
        throw fault("a control character in a text")
      default: units.append(byte)
      }
    }
    throw fault("the JSON ends within a text")
  }

  private mutating func escaped() throws(Fault) -> Unicode.Scalar {
    guard let byte = next else { throw fault("the JSON ends within a text") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexadecimal()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // The first half of a pair.
      if unit < 0xDC00, take("\\"), take("u"), case let low = try hexadecimal(), (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      {
        return scalar
      }
      throw fault("half of a pair of surrogates")
    default: throw fault("an unknown escape in a text")
    }
  }

  private mutating func hexadecimal() throws(Fault) -> UInt32 {
    guard position + 4 <= bytes.count else { throw fault("the JSON ends within a text") }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw fault("four hexadecimal digits are missing")
      }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
