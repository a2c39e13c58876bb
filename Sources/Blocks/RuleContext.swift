import Diagnostics
import TensorCore

/// What a rule of an entry found wrong. The compiler adds the place.
public struct BlockError: Error, Sendable {
  public var id: DiagnosticID
  public var message: String
  /// Index of the input pin it is about.
  public var input: Int?
  /// Which member of a list pin it is about.
  public var member: Int?
  /// Name of the attr it is about.
  public var attr: String?
  public var notes: [String]
  public var fix: String?

  public init(
    _ id: DiagnosticID, _ message: String, input: Int? = nil, member: Int? = nil, attr: String? = nil, notes: [String] = [], fix: String? = nil
  ) {
    self.id = id
    self.message = message
    self.input = input
    self.member = member
    self.attr = attr
    self.notes = notes
    self.fix = fix
  }
}

/// What is known of a block when its rules are asked: attrs, and its inputs' dtypes, shapes and perhaps values.
///
/// Inputs are addressed by pin; the members of a list pin follow one another.
public struct RuleContext: Sendable {
  /// One input tensor.
  public struct Input: Sendable {
    public var dtype: DType
    public var shape: PartialShape
    /// The elements, when they are known already.
    public var value: Tensor?

    public init(dtype: DType, shape: PartialShape, value: Tensor? = nil) {
      self.dtype = dtype
      self.shape = shape
      self.value = value
    }
  }

  public let type: BlockType
  /// By index of ``BlockType/attrs``; type variables are bound.
  public let attrs: [AttrValue?]
  /// All inputs, list members one by one.
  public let inputs: [Input]
  /// By pin: which of ``inputs`` it holds; empty for a pin that is not given.
  public let pins: [Range<Int>]
  /// Where strings of string values go.
  public let pool: StringPool
  /// What an entry's `state` rule may go by: the page's seed, and a number that its id with all scopes gives a block. Only that
  /// rule is told.
  public var origin = Origin()

  /// Of ``widened``: the attrs before.
  var narrowAttrs: [AttrValue?]?

  /// Where a block's random numbers come from when it has no seed of its own.
  public struct Origin: Sendable {
    public var seed: Int64 = 0
    public var path: UInt64 = 0

    public init(seed: Int64 = 0, path: UInt64 = 0) {
      self.seed = seed
      self.path = path
    }
  }

  public init(type: BlockType, attrs: [AttrValue?], inputs: [Input], pins: [Range<Int>], pool: StringPool) {
    self.type = type
    self.attrs = attrs
    self.inputs = inputs
    self.pins = pins
    self.pool = pool
  }

  /// The members of a pin; one for a pin that is no list.
  public func members(_ pin: Int) -> ArraySlice<Input> {
    pins.indices.contains(pin) ? inputs[pins[pin]] : []
  }

  /// What is known of the shape of a pin (of a list: its first member).
  public func shape(_ pin: Int) -> PartialShape { members(pin).first?.shape ?? .unknown }

  /// The dtype of a pin (of a list: its first member).
  public func dtype(_ pin: Int) -> DType { members(pin).first?.dtype ?? .float }

  /// The value of a pin, when it is known.
  public func value(_ pin: Int) -> Tensor? { members(pin).first?.value }

  /// The value of an integer pin as numbers, when it is known.
  public func integers(_ pin: Int) -> [Int]? { value(pin)?.integers }

  /// The value of an attr. The catalogue's own names only.
  public func attr(_ name: String) -> AttrValue? {
    type.attrs.firstIndex { $0.name == name }.flatMap { attrs[$0] }
  }

  public func int(_ name: String) -> Int64 {
    if case .int(let value)? = attr(name) { value } else { 0 }
  }

  public func float(_ name: String) -> Float {
    if case .float(let value)? = attr(name) { value } else { 0 }
  }

  public func bool(_ name: String) -> Bool {
    if case .bool(let value)? = attr(name) { value } else { false }
  }

  public func dtype(_ name: String) -> DType {
    if case .type(let value)? = attr(name) { value } else { .float }
  }

  public func dtypes(_ name: String) -> [DType] {
    if case .types(let value)? = attr(name) { value } else { [] }
  }

  public func ints(_ name: String) -> [Int64] {
    if case .ints(let value)? = attr(name) { value } else { [] }
  }

  public func shape(_ name: String) -> PartialShape {
    if case .shape(let value)? = attr(name) { value } else { .unknown }
  }

  /// Checks that a pin has a rank out of `ranks` (or that it is not known yet).
  public func requireRank(_ pin: Int, _ ranks: ClosedRange<Int>) throws(BlockError) {
    guard let rank = shape(pin).rank, !ranks.contains(rank) else { return }
    let least = "must have rank \(ranks.lowerBound)"
    let wanted = ranks.lowerBound == ranks.upperBound ? least : ranks.upperBound == .max ? least + " or more" : least + " to \(ranks.upperBound)"
    throw BlockError(
      .shapeMismatch, "`\(type.inputs[pin].name)` \(wanted) but has rank \(rank), shape \(shape(pin))", input: pin,
      fix: ranks == 0...0
        ? "give one number without braces, or shape=\"\"" : ranks == 1...1 ? "give one value for each element, as in {1, 2, 3}" : nil)
  }

  /// The one number of an integer pin that must be a scalar; nil when it is not known yet.
  public func scalar(_ pin: Int) throws(BlockError) -> Int? {
    try requireRank(pin, 0)
    return integers(pin)?.first
  }

  /// Checks that an output of these dimensions can be: that its rank and its count fit. Unknown dimensions are left out.
  public func checked(_ dims: [Int]) throws(BlockError) -> PartialShape {
    if dims.count > Shape.maxRank {
      throw BlockError(.tooLarge, "the result would have rank \(dims.count); \(Shape.maxRank) is the highest")
    }
    if checkedProduct(dims.lazy.filter { $0 >= 0 }) == nil {
      throw BlockError(.tooLarge, "the result would have shape \(PartialShape(dims)), more elements than can be counted")
    }
    return PartialShape(dims)
  }

  /// Checks that a pin has exactly this rank.
  public func requireRank(_ pin: Int, _ rank: Int) throws(BlockError) { try requireRank(pin, rank...rank) }

  /// Checks that two pins may have the same shape, and returns what both say.
  public func requireSameShape(_ a: Int, _ b: Int) throws(BlockError) -> PartialShape {
    if let merged = shape(a).merged(with: shape(b)) { return merged }
    throw BlockError(
      .shapeMismatch,
      "`\(type.inputs[a].name)` and `\(type.inputs[b].name)` must have the same shape but have \(shape(a)) and \(shape(b))", input: b)
  }
}
