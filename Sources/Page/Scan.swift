import Diagnostics

/// The one lossless scan of a page's text: tags, attributes and texts with their byte ranges.
///
/// The tokens tile the text: each ends where the next one starts, also in text that is not well-formed. Nothing is
/// copied and no string is made. What XML forbids is only marked (``Token/isBroken``); the judge finds the words for it.
public struct Scan: Sendable {
  /// What a token is.
  public enum Kind: UInt8, Sendable {
    case startTag, emptyTag, endTag, text, comment, cdata, instruction, declaration, doctype
    /// Something that starts with `<` and is none of the others.
    case malformed
  }

  /// A stretch of the text.
  public struct Token: Sendable {
    /// Offset of its first byte.
    public var start: Int32
    /// End of the name of a tag; the name starts after `<` or `</`.
    public var nameEnd: Int32
    /// Index of the first attribute of a tag; they end where those of the next token start.
    public var firstAttribute: Int32
    /// For a start tag the index of its end tag (the number of tokens when there is none), for an end tag its start tag
    /// (itself when there is none), else the token itself.
    public var match: Int32
    public var kind: Kind
    /// Whether the token is not what XML allows.
    public var isBroken: Bool
  }

  /// One `name="value"`; the value range lies between the quotes.
  public struct Attribute: Sendable {
    /// Offsets of the name and of the value between its quotes.
    public var nameLower: Int32
    public var nameUpper: Int32
    public var valueLower: Int32
    public var valueUpper: Int32

    /// The name.
    public var name: SourceRange { SourceRange(Int(nameLower), Int(nameUpper)) }
    public var value: SourceRange { SourceRange(Int(valueLower), Int(valueUpper)) }
  }

  /// All tokens, in the order of the text.
  public internal(set) var tokens: [Token] = []
  /// All attributes, tag by tag.
  public internal(set) var attributes: [Attribute] = []
  /// Length of the text.
  public let byteCount: Int
  /// Whether a tag is broken, unclosed or closes another one.
  public internal(set) var isStructureBroken = false
  /// DOCTYPE and limits. When there is one, nothing after it is to be trusted.
  public internal(set) var diagnostics: [Diagnostic] = []

  /// The whole token.
  public func range(of index: Int) -> SourceRange {
    SourceRange(Int(tokens[index].start), index + 1 < tokens.count ? Int(tokens[index + 1].start) : byteCount)
  }

  /// The name of a tag.
  public func name(of index: Int) -> SourceRange {
    let token = tokens[index]
    return SourceRange(Int(token.start) + (token.kind == .endTag ? 2 : 1), Int(token.nameEnd))
  }

  /// Indices of the attributes of a tag.
  public func attributes(of index: Int) -> Range<Int> {
    let first = Int(tokens[index].firstAttribute)
    return first..<(index + 1 < tokens.count ? Int(tokens[index + 1].firstAttribute) : attributes.count)
  }

  /// The whole element that starts at a start or empty tag.
  public func elementRange(of index: Int) -> SourceRange {
    let token = tokens[index]
    guard token.kind == .startTag else { return range(of: index) }
    let last = min(Int(token.match), tokens.count - 1)
    return SourceRange(Int(token.start), Int(range(of: last).upper))
  }

  /// Index of the token that holds the byte at `offset`.
  public func token(at offset: Int) -> Int? {
    var low = 0
    var high = tokens.count
    while low < high {
      let middle = (low + high) / 2
      if Int(tokens[middle].start) <= offset { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  /// Index of the first start or empty tag.
  public var root: Int? { tokens.firstIndex { $0.kind == .startTag || $0.kind == .emptyTag } }

  /// Scans `source`, which must not be longer than ``Limits/fileBytes``.
  public init(_ source: SourceFile) { self.init(source, maximalElements: Limits.elements) }

  init(_ source: SourceFile, maximalElements: Int) {
    byteCount = source.bytes.count
    guard byteCount <= Limits.fileBytes else {
      diagnostics = [Limits.fileTooLarge(at: nil)]
      return
    }
    tokens.reserveCapacity(byteCount / 20 + 16)
    attributes.reserveCapacity(byteCount / 30 + 16)
    source.bytes.withUnsafeBufferPointer { bytes in
      var scanner = Scanner(bytes: bytes, source: source, maximalElements: maximalElements)
      scanner.run(into: &self)
    }
  }
}
