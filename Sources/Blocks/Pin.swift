import TensorCore

/// An input or output pin of a block type. A class, like the type itself, because pages ask for it block by block.
public final class Pin: Sendable {
  /// What may be wired to it.
  public enum Kind: Sendable {
    /// One tensor.
    case tensor
    /// Any number of tensors in the order of their wires, at least `min`; as an output: `count` says how many.
    case list(min: Int)
    /// Results to look at, of any dtype and number (a session's fetch pin).
    case fetch
    /// Pairs of placeholder and value.
    case feed
    /// That something was done: no tensor. A session runs it.
    case operation
  }

  /// What a block does with the variable that is wired to a pin.
  public enum VariableUse: Sendable {
    /// Changes its elements.
    case update
    /// Reads it when all updates of the cycle are done.
    case end
  }

  /// Where a pin's dtype comes from.
  public enum Element: Sendable {
    case fixed(DType)
    /// Index of a type attr of the same block type.
    case variable(Int)
    /// Whatever arrives. An output (or output list) of this kind has the dtype of the input (or of each list member) of its place.
    case any
  }

  public let name: String
  public let kind: Kind
  public let doc: String
  /// Other names the pin goes by in enuSpace pages.
  public let spellings: [String]
  /// Whether it may be left without wire and text.
  public let isOptional: Bool
  /// Whether enuSpace pages give this text its dtype by `var-type` (Const), not by how it is written.
  public let isTyped: Bool
  /// Whether the entry's rules ask for its value (an axis, a shape, a permutation), not only for its shape.
  public let isSetting: Bool
  /// Of an input: what is done with the variable that must be wired to it; nil for pins that take any tensor.
  public let variableUse: VariableUse?
  /// Of an output: the input pin whose variable it shows, with its new value.
  public let variablePin: String?
  let dtype: DType?
  let variableName: String?

  init(
    _ name: String, kind: Kind, dtype: DType?, variable: String?, doc: String, spellings: [String], optional: Bool, typed: Bool = false,
    setting: Bool = false, use: VariableUse? = nil, variablePin: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.dtype = dtype
    variableName = variable
    self.doc = doc
    self.spellings = spellings
    isOptional = optional
    isTyped = typed
    isSetting = setting
    variableUse = use
    self.variablePin = variablePin
  }

  /// A tensor of a fixed dtype.
  @inline(never)
  public convenience init(_ name: String, _ dtype: DType, doc: String = "", spellings: [String] = [], setting: Bool = false) {
    self.init(name, kind: .tensor, dtype: dtype, variable: nil, doc: doc, spellings: spellings, optional: false, setting: setting)
  }

  /// A tensor whose dtype is the type attr `variable`.
  @inline(never)
  public convenience init(_ name: String, _ variable: String, doc: String = "", spellings: [String] = [], typed: Bool = false, setting: Bool = false)
  {
    self.init(
      name, kind: .tensor, dtype: nil, variable: variable, doc: doc, spellings: spellings, optional: false, typed: typed, setting: setting)
  }

  /// A tensor whose dtype is the type attr `variable`, and which need not be there.
  public static func optional(_ name: String, _ variable: String, doc: String = "") -> Pin {
    Pin(name, kind: .tensor, dtype: nil, variable: variable, doc: doc, spellings: [], optional: true)
  }

  /// Any number of tensors of one dtype.
  @inline(never)
  public static func list(_ name: String, _ variable: String, min: Int = 1, doc: String = "", spellings: [String] = []) -> Pin {
    Pin(name, kind: .list(min: min), dtype: nil, variable: variable, doc: doc, spellings: spellings, optional: false)
  }

  /// Any number of tensors of this dtype.
  @inline(never)
  public static func list(_ name: String, _ dtype: DType, min: Int = 1, doc: String = "") -> Pin {
    Pin(name, kind: .list(min: min), dtype: dtype, variable: nil, doc: doc, spellings: [], optional: false)
  }

  /// Any number of tensors, each of a dtype of its own.
  @inline(never)
  public static func anyList(_ name: String, min: Int = 1, doc: String = "", spellings: [String] = []) -> Pin {
    Pin(name, kind: .list(min: min), dtype: nil, variable: nil, doc: doc, spellings: spellings, optional: false)
  }

  /// Results of any dtype and number.
  @inline(never)
  public static func fetch(_ name: String, doc: String = "") -> Pin {
    Pin(name, kind: .fetch, dtype: nil, variable: nil, doc: doc, spellings: [], optional: true)
  }

  /// Pairs of placeholder and value.
  @inline(never)
  public static func feed(_ name: String, doc: String = "") -> Pin {
    Pin(name, kind: .feed, dtype: nil, variable: nil, doc: doc, spellings: [], optional: true)
  }

  /// A variable whose elements the block changes; its dtype is the type attr `variable`.
  @inline(never)
  public static func variable(_ name: String, _ variable: String, use: VariableUse = .update, doc: String = "", spellings: [String] = []) -> Pin {
    Pin(name, kind: .tensor, dtype: nil, variable: variable, doc: doc, spellings: spellings, optional: false, use: use)
  }

  /// The new value of the variable at the input `pin`.
  @inline(never)
  public static func newValue(_ name: String, _ variable: String, of pin: String) -> Pin {
    Pin(name, kind: .tensor, dtype: nil, variable: variable, doc: "", spellings: [], optional: false, variablePin: pin)
  }

  /// That the block has run.
  @inline(never)
  public static func operation(_ name: String, doc: String = "") -> Pin {
    Pin(name, kind: .operation, dtype: nil, variable: nil, doc: doc, spellings: [], optional: false)
  }

  /// Whether it stands for an operation, not for a tensor.
  public var isOperation: Bool {
    if case .operation = kind { true } else { false }
  }

  /// Whether it stands for pairs of placeholder and value.
  public var isFeed: Bool {
    if case .feed = kind { true } else { false }
  }

  /// Whether it takes or gives several values.
  public var isList: Bool {
    switch kind {
    case .tensor, .operation: false
    case .list, .fetch, .feed: true
    }
  }
}
