import TensorCore

/// The value of an attr.
public enum AttrValue: Sendable, Hashable, CustomStringConvertible {
  case int(Int64)
  /// Attrs are single precision, as in TensorFlow.
  case float(Float)
  case bool(Bool)
  case string(String)
  case type(DType)
  case shape(PartialShape)
  case types([DType])
  case ints([Int64])

  /// As it is written in a page.
  public var description: String {
    switch self {
    case .int(let value): String(value)
    case .float(let value): String(value)
    case .bool(let value): String(value)
    case .string(let value): value
    case .type(let value): value.name
    case .shape(let value): value.description
    case .types(let value): value.map(\.name).joined(separator: ", ")
    case .ints(let value): "[" + value.map(String.init).joined(separator: ", ") + "]"
    }
  }
}

/// A constant setting of a block type, or one of its type variables.
public final class Attr: Sendable {
  public enum Kind: Sendable {
    case int(ClosedRange<Int64>)
    case float
    case bool
    case string
    /// One of these words.
    case choice([String])
    /// A dtype out of this set.
    case type(DTypeSet)
    case shape
    /// A dtype out of this set for each member of a list.
    case types(DTypeSet)
    /// Any number of whole numbers.
    case ints
  }

  public let name: String
  public let kind: Kind
  /// TensorFlow's default; nil when it must be given (or, for a type, comes from the inputs).
  public let defaultValue: AttrValue?
  /// Whether a page may write it. A type variable that only follows the inputs is not written.
  public let isWritten: Bool
  public let doc: String
  /// Other names it goes by in enuSpace pages, besides the name with `_` appended.
  public let spellings: [String]
  /// Of a type: the dtypes among ``typeSet`` that are computed as wider ones (see ``RuleContext/widened``).
  public let widened: DTypeSet

  @inline(never)
  private init(
    name: String, kind: Kind, defaultValue: AttrValue?, isWritten: Bool, doc: String, spellings: [String], widened: DTypeSet = []
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isWritten = isWritten
    self.doc = doc
    self.spellings = spellings
    self.widened = widened
  }

  @inline(never)
  public static func int(
    _ name: String, default value: Int64? = nil, in range: ClosedRange<Int64> = .min ... .max, doc: String = "", spellings: [String] = []
  ) -> Attr {
    Attr(name: name, kind: .int(range), defaultValue: value.map(AttrValue.int), isWritten: true, doc: doc, spellings: spellings)
  }

  @inline(never)
  public static func float(_ name: String, default value: Float? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .float, defaultValue: value.map(AttrValue.float), isWritten: true, doc: doc, spellings: spellings)
  }

  @inline(never)
  public static func bool(_ name: String, default value: Bool? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .bool, defaultValue: value.map(AttrValue.bool), isWritten: true, doc: doc, spellings: spellings)
  }

  @inline(never)
  public static func string(_ name: String, default value: String? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .string, defaultValue: value.map(AttrValue.string), isWritten: true, doc: doc, spellings: spellings)
  }

  @inline(never)
  public static func choice(_ name: String, of words: [String], default value: String? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .choice(words), defaultValue: value.map(AttrValue.string), isWritten: true, doc: doc, spellings: spellings)
  }

  /// A shape with `?` (or -1) for an unknown dimension.
  @inline(never)
  public static func shape(_ name: String, default value: PartialShape? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .shape, defaultValue: value.map(AttrValue.shape), isWritten: true, doc: doc, spellings: spellings)
  }

  /// A dtype that the page may write, of those in `set` and in `widened`. Without default it comes from the inputs that share it.
  @inline(never)
  public static func dtype(
    _ name: String, in set: DTypeSet, widened: DTypeSet = [], default value: DType? = nil, doc: String = "", spellings: [String] = []
  ) -> Attr {
    Attr(
      name: name, kind: .type(set.union(widened)), defaultValue: value.map(AttrValue.type), isWritten: true, doc: doc, spellings: spellings,
      widened: widened)
  }

  /// The dtypes of the members of a list.
  @inline(never)
  public static func types(_ name: String, in set: DTypeSet, default value: [DType]? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .types(set), defaultValue: value.map(AttrValue.types), isWritten: true, doc: doc, spellings: spellings)
  }

  /// A list of whole numbers, such as axes.
  @inline(never)
  public static func ints(_ name: String, default value: [Int64]? = nil, doc: String = "", spellings: [String] = []) -> Attr {
    Attr(name: name, kind: .ints, defaultValue: value.map(AttrValue.ints), isWritten: true, doc: doc, spellings: spellings)
  }

  /// A type variable: the one dtype, of those in `set` and in `widened`, of all pins that name it. Kernels compute those in `widened`
  /// as wider ones.
  @inline(never)
  public static func type(_ name: String, in set: DTypeSet, widened: DTypeSet = [], default value: DType? = nil) -> Attr {
    Attr(
      name: name, kind: .type(set.union(widened)), defaultValue: value.map(AttrValue.type), isWritten: false, doc: "", spellings: [],
      widened: widened)
  }

  /// The dtypes it may be, when it is one.
  public var typeSet: DTypeSet? {
    switch kind {
    case .type(let set), .types(let set): set
    default: nil
    }
  }
}
