import Diagnostics
import TensorCore

/// How what follows from a block's outputs is differentiated by its inputs: by adding blocks to the graph.
public enum Gradient: Sendable {
  /// Nobody has written it. Such a block between the outputs and the inputs of AddSymbolicGradients is an error.
  case unwritten
  /// Nothing flows back: the outputs do not depend on the inputs' values, or change only in steps.
  case nothing
  /// A rule for each input pin; nil where nothing flows back (an axis, an index). Only the rules of inputs that are asked for are called.
  case pins([PinRule?])
  /// The gradients for all inputs at once, list members one by one; nil where nothing flows back.
  case whole(WholeRule)

  public typealias PinRule = @Sendable (GradientContext) -> GradientValue
  public typealias WholeRule = @Sendable (GradientContext) -> [GradientValue?]

  /// One rule for each input pin, in their order.
  public static func by(_ rules: PinRule?...) -> Gradient { .pins(rules) }

  /// The outputs are the inputs, one for one.
  public static let handedOn = Gradient.whole { g in g.inputs.indices.map { $0 < g.outputs.count ? g.upstreams[$0] : nil } }
}

extension BlockType {
  /// The input pins through which gradients flow back; nil when nobody has written that.
  public var differentiablePins: [Int]? {
    switch gradient {
    case .unwritten: nil
    case .nothing: []
    case .pins(let rules): rules.indices.filter { rules[$0] != nil }
    case .whole: inputs.indices.filter { !inputs[$0].isSetting && !allowedDTypes(input: $0).isDisjoint(with: .floats) }
    }
  }
}

/// Where a gradient's blocks go. The compiler's part of ``GradientContext``.
public protocol GradientBuilder: AnyObject {
  /// Adds a block with the members of each input pin, and returns its output values.
  func add(_ type: String, _ inputs: [[Int32]], _ attrs: [String: AttrValue]) throws(BlockError) -> Range<Int32>
  /// Adds a constant.
  func constant(_ tensor: Tensor) -> Int32
  /// What is known of a value.
  func facts(_ value: Int32) -> RuleContext.Input
}

/// A tensor of the graph that a gradient is made of. Arithmetic on it adds blocks.
public struct GradientValue {
  public let index: Int32
  let context: GradientContext
  /// Whether the conjugate is meant: what rules see of a complex block's inputs and outputs (see ``GradientContext/plain(_:)``).
  var isConjugate = false

  public static func + (a: Self, b: Self) -> Self { a.context.block("Add", a, b) }
  public static func - (a: Self, b: Self) -> Self { a.context.block("Subtract", a, b) }
  public static func * (a: Self, b: Self) -> Self { a.context.block("Multiply", a, b) }
  public static func / (a: Self, b: Self) -> Self { a.context.block("RealDiv", a, b) }
  public static prefix func - (a: Self) -> Self { a.context.block("Negate", a) }
  public static func - (a: Double, b: Self) -> Self { b.context.number(a, like: b) - b }
  public static func * (a: Double, b: Self) -> Self { b.context.number(a, like: b) * b }
  public static func / (a: Double, b: Self) -> Self { b.context.number(a, like: b) / b }

  public var dtype: DType { context.facts(self).dtype }
  public var shape: PartialShape { context.facts(self).shape }
  /// Its elements, when they are known integers.
  public var integers: [Int]? { context.facts(self).value?.integers }
}

/// A block whose gradient is asked for: what it was given, what it gave, and what flows back to its outputs.
///
/// What cannot be built is noted in ``failure``; the rule need not look.
public final class GradientContext {
  /// Attrs, and what is known of the inputs.
  public let rules: RuleContext
  /// By input: whether its gradient is asked for.
  public let isWanted: [Bool]
  /// The first thing that went wrong.
  public private(set) var failure: BlockError?
  private let builder: any GradientBuilder
  // Indices only: values hold the context.
  private let inputIndices: [Int32]
  private let outputIndices: [Int32]
  private let upstreamIndices: [Int32?]
  private var conjugates: [Int32: Int32] = [:]

  public init(rules: RuleContext, inputs: [Int32], outputs: [Int32], upstreams: [Int32?], isWanted: [Bool], builder: any GradientBuilder) {
    self.rules = rules
    self.isWanted = isWanted
    self.builder = builder
    inputIndices = inputs
    outputIndices = outputs
    upstreamIndices = upstreams
  }

  private func value(_ index: Int32) -> GradientValue { GradientValue(index: index, context: self) }
  private func seen(_ index: Int32) -> GradientValue {
    GradientValue(index: index, context: self, isConjugate: builder.facts(index).dtype.isComplex)
  }
  func facts(_ value: GradientValue) -> RuleContext.Input { builder.facts(value.index) }

  // MARK: What is there

  /// All inputs, list members one by one.
  public var inputs: [GradientValue] { inputIndices.map(seen) }
  /// All outputs, list members one by one.
  public var outputs: [GradientValue] { outputIndices.map(seen) }
  /// By output: the gradient for it; nil where none flows back.
  public var upstreams: [GradientValue?] { upstreamIndices.map { $0.map(value) } }

  /// The input of a pin that is no list.
  public subscript(pin: Int) -> GradientValue { seen(inputIndices[rules.pins[pin].lowerBound]) }
  /// The input of a pin as it is, for blocks that are no complex functions of complex numbers: of those the gradient is dy times the
  /// conjugate of the derivative, as TensorFlow has it, which the real rule gives when it is asked with conjugates.
  public func plain(_ pin: Int) -> GradientValue { value(inputIndices[rules.pins[pin].lowerBound]) }

  /// The first output as it is, for blocks that conjugate it themselves.
  public var plainOutput: GradientValue { value(outputIndices[0]) }

  /// The first output, and what flows back to it.
  public var y: GradientValue { seen(outputIndices[0]) }
  public var dy: GradientValue { upstream(0) }

  /// What flows back to an output; zeros where nothing does.
  public func upstream(_ output: Int) -> GradientValue {
    upstreamIndices[output].map(value) ?? zeros(like: value(outputIndices[output]))
  }

  /// Some of the block's attrs, for one that is made like it.
  public func attrs(_ names: String...) -> [String: AttrValue] {
    var chosen: [String: AttrValue] = [:]
    for name in names { chosen[name] = rules.attr(name) }
    return chosen
  }

  // MARK: What is added

  /// Adds a block of one output. Each value is one input pin.
  public func block(_ type: String, _ inputs: GradientValue..., attrs: [String: AttrValue] = [:]) -> GradientValue {
    add(type, inputs.map { [$0] }, attrs: attrs).first ?? value(0)
  }

  /// Adds a block. Each value is one input pin.
  public func add(_ type: String, _ inputs: [GradientValue], attrs: [String: AttrValue] = [:]) -> [GradientValue] {
    add(type, inputs.map { [$0] }, attrs: attrs)
  }

  /// Adds a block, with the members of each input pin; returns its outputs, none when that failed.
  public func add(_ type: String, _ inputs: [[GradientValue]], attrs: [String: AttrValue] = [:]) -> [GradientValue] {
    if failure != nil { return [] }
    do throws(BlockError) {
      // Its conjugate has the same shape.
      let isAboutShapes = type == "Shape" || type == "ZerosLike"
      var members: [[Int32]] = []
      for input in inputs {
        var indices: [Int32] = []
        for value in input { indices.append(value.isConjugate && !isAboutShapes ? try conjugate(value.index) : value.index) }
        members.append(indices)
      }
      return try builder.add(type, members, attrs).map(value)
    } catch {
      failure = error
      return []
    }
  }

  private func conjugate(_ index: Int32) throws(BlockError) -> Int32 {
    if let known = conjugates[index] { return known }
    let made = try builder.add("Conj", [[index]], [:]).lowerBound
    conjugates[index] = made
    return made
  }

  /// Says why there is no gradient.
  public func fail(_ error: BlockError) -> GradientValue {
    failure = failure ?? error
    return value(0)
  }

  /// A constant number, a scalar.
  public func number(_ number: Double, like other: GradientValue) -> GradientValue {
    switch other.dtype {
    case .double: constant(Tensor([number], shape: .scalar))
    case .half: constant(Tensor([Float16(number)], shape: .scalar))
    case .bfloat16: constant(Tensor([BFloat16(number)], shape: .scalar))
    case .complex64: constant(Tensor([Complex64(Float(number), 0)], shape: .scalar))
    case .complex128: constant(Tensor([Complex128(number, 0)], shape: .scalar))
    case .int32: constant(Int32(exactly: number).flatMap { Tensor([$0], shape: .scalar) })
    case .int64: constant(Int64(exactly: number).flatMap { Tensor([$0], shape: .scalar) })
    default: constant(Tensor([Float(number)], shape: .scalar))
    }
  }

  /// A constant vector: axes, or sizes. It is of int32 where they fit.
  public func integers(_ numbers: [Int]) -> GradientValue {
    let short = numbers.compactMap(Int32.init(exactly:))
    return short.count == numbers.count ? constant(Tensor(short)) : constant(Tensor(numbers.map(Int64.init)))
  }

  /// A constant vector of int64.
  public func longs(_ numbers: [Int]) -> GradientValue { constant(Tensor(numbers.map(Int64.init))) }

  /// A constant int32, a scalar.
  public func integer(_ number: Int) -> GradientValue { constant(Tensor([Int32(clamping: number)], shape: .scalar)) }

  private func constant(_ tensor: Tensor?) -> GradientValue {
    guard let tensor else { return fail(BlockError(.outOfMemory, "no memory for a constant")) }
    return value(builder.constant(tensor))
  }

  /// The dimensions as a vector: a constant where they are known, else Shape.
  public func shape(of other: GradientValue) -> GradientValue {
    guard let known = other.shape.known else { return block("Shape", other) }
    return integers(known.dims)
  }

  public func zeros(like other: GradientValue) -> GradientValue { filled(0, like: other) }
  public func ones(like other: GradientValue) -> GradientValue { filled(1, like: other) }

  private func filled(_ number: Double, like other: GradientValue) -> GradientValue {
    let scalar = self.number(number, like: other)
    return other.shape.rank == 0 ? scalar : block("Fill", shape(of: other), scalar)
  }

  /// A Reshape to the shape of another tensor, or the value itself where it has that shape.
  public func reshaped(_ value: GradientValue, like other: GradientValue) -> GradientValue {
    if let shape = other.shape.known, value.shape.known == shape { return value }
    return block("Reshape", value, shape(of: other))
  }
}
