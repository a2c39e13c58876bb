import TensorCore

/// A block type: everything enuflow knows about it, in one place. A class, because every block of a page points at its type.
///
/// Page checking, inference, execution, documentation, the conformance run and the tables in the README all read this entry.
public final class BlockType: Sendable {
  /// What a block of this type is to the engine.
  public enum Role: Sendable {
    /// Computes outputs from inputs.
    case operation
    /// Takes its value from outside: a feed.
    case placeholder
    /// Holds a tensor from cycle to cycle. Its first input, if it has one, gives the first value; without inputs it is zero at
    /// the start of each cycle.
    case variable
    /// Says what is run (ClientSession).
    case session
    /// Says how the cycle went (Status).
    case status
    /// Stands for the gradients that the compiler adds for it (AddSymbolicGradients).
    case gradients
    /// Has no effect (Scope).
    case inert
  }

  /// What an element-by-element or whole-tensor computation is.
  public enum Compute: Sendable {
    /// Nothing: a session, a scope, a placeholder.
    case nothing
    /// Output i is input i under the output's shape, with no copy.
    case view
    /// The output follows from shapes, attrs and the values of settings alone.
    case value(ValueRule)
    /// The same for several outputs.
    case values(ValuesRule)
    /// One result element for each element of the broadcast inputs. The kernel reads ``BroadcastLayout``; fusion may join it with others.
    case map(String, parameters: ParameterRule? = nil)
    /// A kernel with loops of its own.
    case call(String, parameters: ParameterRule? = nil)
    /// What acts on the world outside: it reads or writes files. It runs once in every cycle, is never left out because its inputs are
    /// those of another block or of the cycle before, and comes after the actions before it in the page where the wires allow it.
    case action(ActionRule)
  }

  /// Whether a kernel may end with a fault, whatever the reason.
  public enum Faults: Sendable {
    case never
    /// Only where its first input is of an integer dtype.
    case onIntegers
    case possibly
  }

  /// The shapes of all outputs (members of an output list one by one) from what is known of the inputs.
  ///
  /// It runs before the run, when much may be unknown, and again in the run for what was; then everything is known.
  public typealias ShapeRule = @Sendable (RuleContext) throws(BlockError) -> [PartialShape]
  /// The words a kernel needs besides its buffers. All shapes are known; ``RuleContext/value(_:)`` may not be.
  public typealias ParameterRule = @Sendable (RuleContext) throws(BlockError) -> [Int64]
  /// The bytes of memory a kernel needs for itself during a call; all shapes are known.
  public typealias ScratchRule = @Sendable (RuleContext) throws(BlockError) -> Int
  /// The most rows (places along the first axis) of an output whose rows only the kernel counts. Everything about the inputs is known.
  public typealias RowRule = @Sendable (RuleContext) throws(BlockError) -> Int
  /// The outputs of an action. Everything about its inputs is known.
  public typealias ActionRule = @Sendable (ActionContext) throws(BlockError) -> [Tensor]
  /// How the kernel's work can be cut; all shapes are known, and what the parameter rule gave. Nil when it is not worth it.
  public typealias SplitRule = @Sendable (RuleContext, [Int64]) throws(BlockError) -> Split?
  /// Where its outputs lie when they are runs of an input's elements; nil when they are not, and the kernel is called. All shapes are known,
  /// and so are the values of settings.
  public typealias WindowRule = @Sendable (RuleContext) throws(BlockError) -> Window?
  /// The words that a block's state begins with. Attrs and dtypes are known, shapes may not be.
  public typealias StateRule = @Sendable (RuleContext) throws(BlockError) -> [UInt64]
  /// An output's value from shapes and attrs.
  public typealias ValueRule = @Sendable (RuleContext) throws(BlockError) -> Tensor
  /// The values of all outputs.
  public typealias ValuesRule = @Sendable (RuleContext) throws(BlockError) -> [Tensor]

  public let name: String
  /// What it does, in a sentence or a few; `code` in backquotes.
  public let doc: String
  public let role: Role
  public let inputs: [Pin]
  public let attrs: [Attr]
  public let outputs: [Pin]
  public let shape: ShapeRule
  public let compute: Compute
  /// `ef_call.scratch`; nil for kernels that need none.
  public let scratch: ScratchRule?
  /// For outputs whose first dimension the shape rule leaves open even in the run: they get memory for so many rows, and the kernel
  /// says in the first word of its scratch memory, which it always has, how many of them it has written.
  public let rows: RowRule?
  /// Nil for kernels that run on one thread and by themselves. Elementwise ones need no rule.
  public let split: SplitRule?
  /// Nil for kernels whose outputs are never a part of an input as it lies there.
  public let window: WindowRule?
  /// `ef_call.state`: words that belong to each block alone and live as long as the session. A block that has them is computed
  /// once in every cycle, by itself, whatever is optimised.
  public let state: StateRule?
  /// Whether what its action gives is the same in every cycle: then it runs in the first one only.
  public let isReadOnce: Bool
  /// Whether its kernel may find fault with the values it gets.
  public let faults: Faults
  /// How many members an output list has: the name of an int attr, or of an input list (as many as that has).
  public let outputCount: String?
  /// How what follows from its outputs is differentiated by its inputs.
  public let gradient: Gradient
  /// A whole page in page notation with `<expect>`; the tests run it.
  public let example: String

  /// Where each input's and output's dtype comes from, by pin.
  public let inputElements: [Pin.Element]
  public let outputElements: [Pin.Element]
  /// The attrs of a block that writes none.
  public let defaultAttrs: [AttrValue?]
  /// The inputs whose variables it changes.
  public let updatedPins: [Int]
  /// By pin: how many inputs there are up to it when every pin holds one; the same for outputs. Most blocks share these.
  public let singleInputEnds: [Int32]
  public let singleOutputEnds: [Int32]

  // Not inlined: the entries call it some three hundred times, which the compiler would take minutes for.
  @inline(never)
  public init(
    _ name: String, role: Role = .operation, doc: String, inputs: [Pin] = [], attrs: [Attr] = [], outputs: [Pin] = [],
    outputCount: String? = nil, shape: @escaping ShapeRule = Shapes.none, compute: Compute = .nothing, scratch: ScratchRule? = nil,
    rows: RowRule? = nil, split: SplitRule? = nil, window: WindowRule? = nil, faults: Faults = .never, state: StateRule? = nil,
    isReadOnce: Bool = false,
    gradient: Gradient = .unwritten, example: String
  ) {
    self.name = name
    self.doc = doc
    self.role = role
    self.inputs = inputs
    self.attrs = attrs
    self.outputs = outputs
    self.outputCount = outputCount
    self.shape = shape
    self.compute = compute
    self.scratch = scratch
    self.rows = rows
    self.split = split
    self.window = window
    self.state = state
    self.faults = faults
    self.isReadOnce = isReadOnce
    self.gradient = gradient
    self.example = example
    func element(_ pin: Pin) -> Pin.Element {
      if let dtype = pin.dtype { return .fixed(dtype) }
      guard let name = pin.variableName, let index = attrs.firstIndex(where: { $0.name == name }) else { return .any }
      return .variable(index)
    }
    inputElements = inputs.map(element)
    outputElements = outputs.map(element)
    defaultAttrs = attrs.map(\.defaultValue)
    singleInputEnds = inputs.indices.map { Int32($0 + 1) }
    singleOutputEnds = outputs.indices.map { Int32($0 + 1) }
    updatedPins = inputs.indices.filter { inputs[$0].variableUse == .update }
  }

  /// Whether its outputs may lie in the memory of an input.
  public var isView: Bool {
    if case .view = compute { true } else { window != nil }
  }

  /// The values of its outputs, when they follow from shapes, attrs and settings alone.
  public var valuesRule: ValuesRule? {
    switch compute {
    case .value(let rule): { (context) throws(BlockError) in [try rule(context)] }
    case .values(let rule): rule
    default: nil
    }
  }

  /// Whether it acts on the world outside.
  public var isAction: Bool {
    if case .action = compute { true } else { false }
  }

  /// The dtypes an input pin takes.
  public func allowedDTypes(input pin: Int) -> DTypeSet { allowed(inputElements[pin]) }
  /// The dtypes an output pin may have.
  public func allowedDTypes(output pin: Int) -> DTypeSet { allowed(outputElements[pin]) }

  private func allowed(_ element: Pin.Element) -> DTypeSet {
    switch element {
    case .fixed(let dtype): DTypeSet(dtype)
    case .variable(let index): attrs[index].typeSet ?? .all
    case .any: .all
    }
  }
}

/// What an action has at hand.
public struct ActionContext: Sendable {
  /// Its attrs, and its inputs with their elements.
  public let rule: RuleContext
  /// The files that it may touch.
  public let files: FileAccess

  public init(rule: RuleContext, files: FileAccess) {
    self.rule = rule
    self.files = files
  }
}
