import Blocks
import Diagnostics
import Page
import TensorCore

/// A page whose names, dtypes and shapes are known: what Infer makes and everything after it reads.
public struct Graph: Sendable {
  public var page: Page
  public var catalogue: Catalogue
  /// One for each block of the page, in page order, then the blocks that gradients have added.
  public var nodes: [Node]
  /// What the blocks that gradients have added are called, in the order of their nodes.
  public var added: [AddedBlock] = []
  /// Their nodes by name.
  var addedNodes: [String: Int] = [:]
  /// All tensors: outputs of blocks and constants from the texts of pins.
  public var values: [Value]
  /// The inputs of all nodes; ``Node/inputs`` are ranges of it. Indices into ``values``.
  public var operands: [Int32]
  /// All sound blocks in dataflow order, ties broken by page order.
  public var order: [Int32]
  /// When each block that changes variables runs, in page order.
  public var updates: [Update] = []
  /// Operations that a session runs, without a tensor between them: (block that runs, who asks for it).
  public var triggers: [(block: Int32, user: Int32)] = []
  /// The strings of all constants, and of the run.
  public var pool: StringPool
  /// The bytes that all tensors together may take.
  public var memoryLimit: Int
  /// The seed of blocks that have none of their own.
  public var seed: Int64 = 0

  public struct Node: Sendable {
    /// Index into the catalogue's types; -1 for a broken block.
    public var type: Int32
    public var attrs: [AttrValue?]
    public var inputs: Range<Int32>
    /// By input pin: where its members end within ``inputs``, as a count from the start.
    public var inputEnds: [Int32]
    /// Its values.
    public var outputs: Range<Int32>
    /// By output pin: where its members end within ``outputs``.
    public var outputEnds: [Int32]
    /// Where, within ``inputs``, the operands begin that a view hands on: for AddSymbolicGradients behind those of its pins.
    public var viewStart: Int32 = 0
  }

  /// A block that does not stand in the page.
  public struct AddedBlock: Sendable {
    /// `ID/block/type`: the AddSymbolicGradients that it was added for, the block that is differentiated, its own type; then `_1`, `_2` …
    public var name: String
    /// That AddSymbolicGradients.
    public var origin: Int32
  }

  public struct Value: Sendable {
    public var dtype: DType
    public var shape: PartialShape
    /// Its elements, when they do not depend on the run.
    public var constant: Tensor?
    /// Whether ``constant`` was given from outside: the same for the whole run, but nothing is derived from it before.
    public var isFed: Bool
    /// The block it belongs to.
    public var block: Int32
  }

  /// What a block is called: its id with its scopes, or the name that it was added under.
  public func name(ofBlock block: Int) -> String {
    let index = block - page.blocks.count
    return index < 0 ? page.displayName(ofBlock: block) : added[index].name
  }

  /// The name of a block's type, also of one that is not known.
  public func typeName(ofBlock block: Int) -> String {
    block < page.blocks.count ? page.symbols[page.blocks[block].type] : type(ofBlock: block)?.name ?? ""
  }

  /// Where a block stands in the page; an added one stands where it was asked for.
  public func range(ofBlock block: Int) -> SourceRange {
    let index = block - page.blocks.count
    return page.blocks[index < 0 ? block : Int(added[index].origin)].range
  }

  /// `id`, `id.pin` or `id.pin[i]`, as short as it can be; nil for a text.
  public func reference(toValue value: Int, alwaysWithPin: Bool = false) -> String? {
    let owner = Int(values[value].block)
    guard nodes[owner].outputs.contains(Int32(value)), let type = type(ofBlock: owner) else { return nil }
    let pin = type.outputs.indices.first { self.values(ofBlock: owner, output: $0).contains(value) } ?? 0
    let member = type.outputs[pin].isList ? "[\(value - values(ofBlock: owner, output: pin).lowerBound)]" : ""
    if type.outputs.count == 1, member.isEmpty, !alwaysWithPin { return name(ofBlock: owner) }
    return "\(name(ofBlock: owner)).\(type.outputs[pin].name)\(member)"
  }

  public func type(ofBlock block: Int) -> BlockType? {
    let index = Int(nodes[block].type)
    return index < 0 ? nil : catalogue.types[index]
  }

  /// The values of an output pin.
  public func values(ofBlock block: Int, output pin: Int) -> Range<Int> {
    let node = nodes[block]
    let start = Int(node.outputs.lowerBound)
    return start + Int(pin == 0 ? 0 : node.outputEnds[pin - 1])..<start + Int(node.outputEnds[pin])
  }

  /// The operands of an input pin.
  public func operands(ofBlock block: Int, input pin: Int) -> Range<Int> {
    let node = nodes[block]
    let start = Int(node.inputs.lowerBound)
    return start + Int(pin == 0 ? 0 : node.inputEnds[pin - 1])..<start + Int(node.inputEnds[pin])
  }
}

extension RuleContext {
  /// What is known of a node; `value` gives each input's dtype, shape and elements.
  public init(node: Graph.Node, type: BlockType, inputs: [Input], pool: StringPool) {
    var start = 0
    let pins = node.inputEnds.map { end in
      defer { start = Int(end) }
      return start..<Int(end)
    }
    self.init(type: type, attrs: node.attrs, inputs: inputs, pins: pins, pool: pool)
  }
}

extension Graph {
  /// Whether a session that runs says INFINITE_LOOP.
  public var runsUntilInterrupted: Bool {
    nodes.contains { node in
      guard node.type >= 0, case let type = catalogue.types[Int(node.type)], type.role == .session else { return false }
      return zip(type.attrs, node.attrs).contains { $0.name == "INFINITE_LOOP" && $1 == .bool(true) }
    }
  }
}
