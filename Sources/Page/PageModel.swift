import Diagnostics
import TensorCore

/// A page as written: blocks, wires and settings with their places, before any block type is known.
///
/// Both notations are read into this value. Names are interned: a ``Symbol`` is an index into ``symbols``.
public struct Page: Sendable {
  /// Which of the two notations the page is written in. It decides a few rules of Infer (the dtype of a bare literal, how bad an unknown attr is).
  public enum Notation: Sendable { case page, enuspace }

  public var source: SourceFile
  public var notation: Notation
  public var title: String?
  /// The page's seed for random blocks.
  public var seed: Int64?
  public var symbols: SymbolTable
  /// Scope 0 is the page itself.
  public var scopes: [Scope]
  /// In document order: the page order that every list of results follows.
  public var blocks: [Block]
  /// All pins with content, block by block; ``Block/pins`` are ranges of it.
  public var pins: [Pin]
  /// All attrs, block by block; ``Block/attrs`` are ranges of it.
  public var attrs: [Attr]
  public var wires: [Wire]
  public var expects: [Expect]
  public var trends: [Trend]
  /// How the file spelt the text; write-back spells it the same way.
  public var encoding: TextEncoding
  /// The `.dat` file that binary pins lie in, when it is there and one of them needs it.
  public var data: DataFile?

  /// An empty page: one scope, no block.
  public init(source: SourceFile, notation: Notation, encoding: TextEncoding = .utf8) {
    self.source = source
    self.notation = notation
    self.encoding = encoding
    symbols = SymbolTable()
    scopes = [Scope(name: symbols.intern(""), parent: nil, range: .start)]
    blocks = []
    pins = []
    attrs = []
    wires = []
    expects = []
    trends = []
  }

  /// A scope: its name and where it nests.
  public struct Scope: Sendable {
    public var name: Symbol
    /// Index of the enclosing scope; the page itself has none.
    public var parent: Int32?
    public var range: SourceRange
  }

  /// An instance of a block type.
  public struct Block: Sendable {
    public var id: Symbol
    public var type: Symbol
    public var scope: Int32
    /// The start tag.
    public var range: SourceRange
    /// The text of the id and of the type.
    public var idRange: SourceRange
    public var typeRange: SourceRange
    public var pins: Range<Int32>
    public var attrs: Range<Int32>
  }

  /// Text (or binary data) that stands in a pin. Pins without content (`value=""` of an unused or wired pin) are left out.
  public struct Pin: Sendable {
    public var name: Symbol
    /// The `dtype` or `var-type` as written, nil when absent.
    public var dtype: SourceRange?
    /// The `shape` as written, nil when absent. Empty text is a scalar.
    public var shape: SourceRange?
    public var content: Content
    /// The whole element, and the place a diagnostic about the content points at.
    public var range: SourceRange
    public var contentRange: SourceRange
    /// Whether this is a `result_…` pin: a saved value, no input.
    public var isResult: Bool
    /// Whether the text was given on the command line: then it is written in page notation.
    public var isGivenOutside = false

    /// Text where it stands, text that had to be put together, or binary data.
    public enum Content: Sendable {
      /// A range of the source without entities or CDATA: the text as it stands.
      case text(SourceRange)
      /// A text that had entities in it, or came from the command line.
      case unescaped([UInt8])
      /// Raw little-endian values in the `.dat` file from this byte on (enuSpace notation).
      case binary(position: Int)
    }
  }

  /// One `name = value` setting.
  public struct Attr: Sendable {
    public var name: Symbol
    public var value: Pin.Content
    public var nameRange: SourceRange
    public var valueRange: SourceRange
  }

  /// A wire from an output to an input pin.
  public struct Wire: Sendable {
    public var from: Reference
    public var to: Reference
    /// The scope its names are resolved in.
    public var scope: Int32
    public var range: SourceRange
    public var fromRange: SourceRange
    public var toRange: SourceRange
  }

  /// `[/]{scope/}id[.pin]{[i]}`, interned.
  public struct Reference: Sendable, Hashable {
    /// Whether it starts at the page, not at the scope it stands in.
    public var isAbsolute: Bool
    /// The scopes before the id, outermost first.
    public var scopes: [Symbol]
    public var id: Symbol
    /// Without the `result_` prefix; nil when left out.
    public var pin: Symbol?
    public var indices: [Int]
  }

  /// What a result must be.
  public struct Expect: Sendable {
    public var of: Reference
    public var scope: Int32
    /// 1-based; nil for the last cycle.
    public var cycle: Int?
    public var tolerance: Double
    public var shape: SourceRange?
    public var content: Pin.Content
    public var range: SourceRange
    public var ofRange: SourceRange
    public var contentRange: SourceRange
  }

  /// Series that people watch over the cycles.
  public struct Trend: Sendable {
    public var title: String?
    public var series: [Series]
    public var scope: Int32
    public var range: SourceRange

    /// One value that is watched.
    public struct Series: Sendable {
      public var of: Reference
      public var range: SourceRange
    }
  }
}

/// The `.dat` file beside an enuSpace page.
public struct DataFile: Sendable {
  public var name: String
  public var bytes: [UInt8]

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

extension Page {
  /// The scoped id of a block as references and JSON keys have it: `scope/inner/id`, the plain id at the page.
  public func displayName(ofBlock index: Int) -> String {
    guard blocks.indices.contains(index) else { return "" }
    var name = symbols[blocks[index].id]
    var scope = blocks[index].scope
    while scopes.indices.contains(Int(scope)), let parent = scopes[Int(scope)].parent {
      name = symbols[scopes[Int(scope)].name] + "/" + name
      // A parent always comes before its scopes.
      guard parent < scope else { break }
      scope = parent
    }
    return name
  }

  /// The bytes of a content that is text; nil for binary data.
  public func textBytes(of content: Pin.Content) -> ArraySlice<UInt8>? {
    switch content {
    case .text(let range): source.slice(range)
    case .unescaped(let bytes): bytes[...]
    case .binary: nil
    }
  }
}

/// An interned name.
public struct Symbol: Hashable, Sendable {
  public let index: Int32

  public init(index: Int32) { self.index = index }
}
