import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What both readers stand on: the scan, the page being made and the diagnostics.
///
/// `bytes` are those of `source`; a builder lives only while they are borrowed.
struct PageBuilder {
  let source: SourceFile
  let scan: Scan
  let bytes: UnsafeBufferPointer<UInt8>
  var page: Page
  private(set) var diagnostics: [Diagnostic] = []
  private var errors = 0

  /// Nobody reads more than this, and a hostile page could have millions: reading ends there.
  static let maximalDiagnostics = 1_000
  var isFull: Bool { errors >= PageBuilder.maximalDiagnostics }

  init(source: SourceFile, scan: Scan, bytes: UnsafeBufferPointer<UInt8>, notation: Page.Notation, encoding: TextEncoding) {
    self.source = source
    self.scan = scan
    self.bytes = bytes
    page = Page(source: source, notation: notation, encoding: encoding)
  }

  // MARK: Diagnostics

  mutating func report(
    _ id: DiagnosticID, _ message: String, at range: SourceRange, block: Symbol? = nil, pin: String? = nil,
    notes: [String] = [], fix: String? = nil
  ) {
    // Warnings and notes do not end the reading, so they are only left out.
    if diagnostics.count >= PageBuilder.maximalDiagnostics, isFull || id.severity != .error { return }
    if id.severity == .error { errors += 1 }
    let name = block.map { page.symbols[$0].shortened }
    diagnostics.append(
      Diagnostic(
        id, message, at: source.location(of: range), block: name?.isEmpty == true ? nil : name, pin: pin, notes: notes, fix: fix))
  }

  /// Tells that a part of the page is kept and not executed.
  mutating func note(_ message: String, at range: SourceRange) { report(.notExecuted, message, at: range) }

  /// The page and all diagnostics. No page when reading has ended early: what follows from that is not worth telling.
  func finished() -> (Page?, [Diagnostic]) {
    guard isFull, var last = diagnostics.last else { return (page, diagnostics) }
    last.notes.append("the page is read no further: these are \(errors) errors")
    return (nil, diagnostics.dropLast() + [last])
  }

  func line(of range: SourceRange) -> Int { source.position(of: Int(range.lower)).line }

  // MARK: Text

  @inline(__always) func slice(_ range: SourceRange) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[range.indices.clamped(to: 0..<bytes.count)])
  }

  @inline(__always) func text(_ range: SourceRange, is word: StaticString) -> Bool {
    let slice = slice(range)
    guard slice.count == word.utf8CodeUnitCount else { return false }
    guard let base = slice.baseAddress else { return true }
    return memcmp(base, word.utf8Start, slice.count) == 0
  }

  func text(_ range: SourceRange, startsWith word: StaticString) -> Bool {
    let slice = slice(range)
    guard slice.count >= word.utf8CodeUnitCount, let base = slice.baseAddress else { return false }
    return memcmp(base, word.utf8Start, word.utf8CodeUnitCount) == 0
  }

  func string(_ range: SourceRange) -> String { String(decoding: slice(range), as: UTF8.self) }

  /// The text for a message, cut where nobody would read on.
  func word(_ range: SourceRange) -> String {
    range.indices.count <= String.messageLength ? string(range) : String(decoding: slice(range).prefix(400), as: UTF8.self).shortened
  }

  mutating func intern(_ range: SourceRange) -> Symbol {
    let name = slice(range)
    return page.symbols.intern(name)
  }

  func isBlank(_ range: SourceRange) -> Bool { slice(range).allSatisfy(isSpace) }

  func trimmed(_ range: SourceRange) -> SourceRange {
    var lower = Int(range.lower)
    var upper = Int(range.upper)
    while lower < upper, isSpace(bytes[lower]) { lower += 1 }
    while lower < upper, isSpace(bytes[upper - 1]) { upper -= 1 }
    return SourceRange(lower, upper)
  }

  /// The text of a range as content: where it stands, unless entities have to be replaced.
  func content(_ range: SourceRange) -> Page.Pin.Content {
    slice(range).contains(UInt8(ascii: "&")) ? .unescaped(unescaped(range)) : .text(range)
  }

  /// The text with its entities replaced. An unknown one stays: the judge has told it.
  func unescaped(_ range: SourceRange) -> [UInt8] {
    var out: [UInt8] = []
    let slice = slice(range)
    var position = 0
    while position < slice.count {
      let byte = slice[position]
      if byte == UInt8(ascii: "&"), let end = slice[position..<min(position + 12, slice.count)].firstIndex(of: UInt8(ascii: ";")),
        let scalar = PageBuilder.entity(slice[(position + 1)..<end])
      {
        out.append(contentsOf: String(Character(scalar)).utf8)
        position = end + 1
      } else {
        out.append(byte)
        position += 1
      }
    }
    return out
  }

  private static func entity(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Unicode.Scalar? {
    let text = String(decoding: name, as: UTF8.self)
    switch text {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard text.hasPrefix("#") else { return nil }
      let digits = text.dropFirst()
      let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return value.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }
  }

  // MARK: Elements

  @inline(__always) func isTag(_ index: Int) -> Bool {
    let kind = scan.tokens[index].kind
    return kind == .startTag || kind == .emptyTag
  }

  /// Index of the token after the element that starts here.
  @inline(__always) func after(_ index: Int) -> Int {
    let token = scan.tokens[index]
    return token.kind == .startTag ? min(Int(token.match), scan.tokens.count - 1) + 1 : index + 1
  }

  /// Indices of the tokens between a start tag and its end tag.
  @inline(__always) func inside(_ index: Int) -> Range<Int> {
    let token = scan.tokens[index]
    return token.kind == .startTag ? (index + 1)..<max(index + 1, min(Int(token.match), scan.tokens.count)) : index..<index
  }

  /// The value of an attribute of a tag.
  func attribute(_ name: StaticString, of token: Int) -> SourceRange? {
    for index in scan.attributes(of: token) where text(scan.attributes[index].name, is: name) { return scan.attributes[index].value }
    return nil
  }

  // MARK: References

  /// The reference that stands in `range`; nil (and reported) when it is none.
  mutating func reference(_ range: SourceRange, ids: ReferenceText.IDForm = .page) -> Page.Reference? {
    switch ReferenceText.parse(slice(range), ids: ids) {
    case .success(let parsed): return reference(parsed, in: range)
    case .failure(let fault):
      let place = Int(range.lower) + fault.offset
      report(
        .badReference, "\"\(word(range))\" is no reference: \(fault.message)",
        at: SourceRange(place, min(place + 1, max(place, Int(range.upper)))), fix: fault.fix)
      return nil
    }
  }

  mutating func reference(_ parsed: ReferenceText, in range: SourceRange) -> Page.Reference {
    let lower = Int(range.lower)
    func place(_ part: Range<Int>) -> SourceRange { SourceRange(lower + part.lowerBound, lower + part.upperBound) }
    return Page.Reference(
      isAbsolute: parsed.isAbsolute, scopes: parsed.scopes.isEmpty ? [] : parsed.scopes.map { intern(place($0)) },
      id: intern(place(parsed.id)), pin: parsed.pin.map { intern(place($0)) }, indices: parsed.indices)
  }
}

extension String {
  static let messageLength = 100

  /// Cut where nobody would read on.
  var shortened: String { utf8.count <= String.messageLength ? self : String(unicodeScalars.prefix(String.messageLength)) + "…" }
}

/// Remembers, per name, who had it last: finds a name that stands twice in one owner in constant time.
struct SeenNames {
  private var owners: [Int32] = []
  private var places: [Int32] = []

  /// The place of the first one when `owner` already has `name`; else nil, and `place` is remembered.
  mutating func insert(_ name: Symbol, owner: Int32, place: Int32) -> Int32? {
    let index = Int(name.index)
    while owners.count <= index {
      owners.append(-1)
      places.append(0)
    }
    if owners[index] == owner { return places[index] }
    owners[index] = owner
    places[index] = place
    return nil
  }
}
