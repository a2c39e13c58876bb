/// A reference `[/]{scope/}id[.pin]{[i]}` taken apart; ranges are offsets into its text.
public struct ReferenceText: Hashable, Sendable {
  /// Whether it starts at the page, not at the scope it stands in.
  public var isAbsolute: Bool
  /// The scopes before the id, outermost first.
  public var scopes: [Range<Int>]
  public var id: Range<Int>
  /// Without the `result_` prefix; nil when left out.
  public var pin: Range<Int>?
  public var indices: [Int]

  /// What is wrong with a reference, where, and what to write instead.
  public struct Fault: Error, Hashable {
    /// Where in the reference, in bytes.
    public var offset: Int
    public var message: String
    public var fix: String
  }

  /// Which ids a notation has: people's start with a letter or `_`, those of enuSpace may start with any of their characters.
  public enum IDForm: Sendable { case page, enuspace }

  /// Takes a reference apart.
  public static func parse(_ text: some StringProtocol, ids: IDForm = .page) -> Result<ReferenceText, Fault> {
    Array(text.utf8).withUnsafeBufferPointer { parse($0, ids: ids) }
  }

  /// Takes the bytes of a reference apart.
  public static func parse(_ bytes: UnsafeBufferPointer<UInt8>, ids: IDForm = .page) -> Result<ReferenceText, Fault> {
    var parser = Parser(bytes: bytes, ids: ids)
    do throws(Fault) { return .success(try parser.reference()) } catch { return .failure(error) }
  }

  /// Whether `bytes` is an id: `[A-Za-z_][A-Za-z0-9_-]*`.
  public static func isID(_ bytes: some Collection<UInt8>, _ form: IDForm = .page) -> Bool {
    guard let first = bytes.first, form == .enuspace || isIDStart(first) else { return false }
    return bytes.allSatisfy(isIDPart)
  }

  static let idFix = "write letters, digits, _ and -, with a letter or _ first"
}

@inline(__always) private func isIDStart(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 || byte == 95 }
@inline(__always) private func isIDPart(_ byte: UInt8) -> Bool { isIDStart(byte) || byte &- 48 < 10 || byte == 45 }

private struct Parser {
  let bytes: UnsafeBufferPointer<UInt8>
  let ids: ReferenceText.IDForm
  var position = 0

  mutating func reference() throws(ReferenceText.Fault) -> ReferenceText {
    if bytes.isEmpty { throw fault("the reference is empty", "write id.pin") }
    let isAbsolute = take("/")
    var scopes: [Range<Int>] = []
    var id = try name("an id or scope name")
    while take("/") {
      scopes.append(id)
      id = try name("an id")
    }
    var pin: Range<Int>?
    if take(".") {
      let written = try name("a pin name")
      pin = written
      if bytes[written].starts(with: "result_".utf8) {
        guard written.count > 7 else {
          position = written.upperBound
          throw fault("a pin name is missing after \"result_\"", "write result_ and the name of an output")
        }
        pin = (written.lowerBound + 7)..<written.upperBound
      }
    }
    var indices: [Int] = []
    while take("[") { indices.append(try index()) }
    if position < bytes.count { throw unexpected(afterPin: pin != nil, afterIndex: !indices.isEmpty) }
    return ReferenceText(isAbsolute: isAbsolute, scopes: scopes, id: id, pin: pin, indices: indices)
  }

  private mutating func name(_ what: String) throws(ReferenceText.Fault) -> Range<Int> {
    let start = position
    while position < bytes.count, isIDPart(bytes[position]) { position += 1 }
    if position == start {
      if position < bytes.count, !"/.[".utf8.contains(bytes[position]) {
        throw fault("\(character()) cannot stand in a reference", ReferenceText.idFix)
      }
      throw fault("\(what) is missing", "write [/]{scope/}id[.pin], as in layer/sum.z")
    }
    if ids == .page, !isIDStart(bytes[start]) {
      position = start
      throw fault("\(what) cannot start with \(character())", ReferenceText.idFix)
    }
    return start..<position
  }

  private mutating func index() throws(ReferenceText.Fault) -> Int {
    if position < bytes.count, bytes[position] == UInt8(ascii: "-") {
      throw fault("an index cannot be negative", "count from 0 on")
    }
    let start = position
    var value: Int32 = 0
    while position < bytes.count, bytes[position] &- 48 < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(Int32(bytes[position] - 48))
      if overflow || carry {
        position = start
        throw fault("an index beyond 2147483647", "write a smaller index")
      }
      value = next
      position += 1
    }
    if position == start { throw fault("an index must be a number", "write [0], [1], …") }
    if !take("]") { throw fault("a ] is missing", "write [\(value)]") }
    return Int(value)
  }

  private func unexpected(afterPin: Bool, afterIndex: Bool) -> ReferenceText.Fault {
    if afterIndex { return fault("\(character()) after an index", "end the reference after the last ]") }
    switch bytes[position] {
    case UInt8(ascii: "."): return fault("a second dot", "write one pin after the id; the parts of a path are separated by /")
    case UInt8(ascii: "/"): return fault("a / after the pin", "write the scopes first: scope/id.pin")
    default: return fault("\(character()) cannot stand in a reference", ReferenceText.idFix)
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The character at the position, for a message.
  private func character() -> String {
    guard position < bytes.count else { return "the end" }
    if isSpace(bytes[position]) { return "a blank" }
    let text = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
    return text.unicodeScalars.first.map { "'\($0)'" } ?? "the end"
  }

  private func fault(_ message: String, _ fix: String) -> ReferenceText.Fault {
    ReferenceText.Fault(offset: position, message: message, fix: fix)
  }
}
