import Blocks
import Compile
import Diagnostics
import Page
import Run
import TensorCore

/// Everything there is to tell about one block of a page that has run.
public struct Explanation: Sendable {
  /// The id with its scopes.
  public var block: String
  public var type: String
  /// What the type does, in a sentence.
  public var doc: String
  /// Where it stands; nil for a block that a gradient has added.
  public var location: SourceLocation?
  /// The AddSymbolicGradients that has added it.
  public var addedFor: String?
  public var state: BlockState
  public var attrs: [Attribute]
  public var inputs: [Input]
  public var outputs: [Output]
  /// What the plan made of it, in a sentence.
  public var plan: String
  /// The blocks that run together with it, tile by tile.
  public var fusedWith: [String]
  /// What it costs in a cycle; nil when it was not measured, or takes no step.
  public var cost: BlockCost?
  /// Of a FakeQuant block whose inputs are there.
  public var quantisation: QuantisationReport?

  /// A setting.
  public struct Attribute: Sendable {
    public var name: String
    public var value: String
    public var isDefault: Bool
  }

  /// One tensor that flows in.
  public struct Input: Sendable {
    /// `x`; of a list `x[1]`.
    public var pin: String
    /// Where it comes from: `a.output`; nil for a text or a feed.
    public var source: String?
    /// The type of the block it comes from.
    public var sourceType: String?
    /// Where it comes from, in words.
    public var origin: String
    public var dtype: DType
    public var shape: PartialShape
    public var value: Tensor?
  }

  /// One tensor that flows out.
  public struct Output: Sendable {
    public var pin: String
    public var dtype: DType
    public var shape: PartialShape
    /// Why it has its dtype and shape.
    public var dtypeReason: String
    public var shapeReason: String
    public var value: Tensor?
    public var readers: [Reader]
  }

  /// A pin that an output flows into.
  public struct Reader: Sendable {
    public var block: String
    public var pin: String
    public var type: String
    /// What that block made of it: its first result.
    public var result: (name: String, value: Tensor)?
  }

  /// Looks at a block of a page. Without a session that has run there are no values.
  public init(_ compilation: Compilation, block: Int, session: Session?) {
    let graph = compilation.graph
    self.block = graph.name(ofBlock: block)
    type = graph.typeName(ofBlock: block)
    let entry = graph.type(ofBlock: block)
    doc = entry.map { CatalogueText.firstSentence($0.doc) } ?? ""
    location = graph.page.source.location(of: graph.range(ofBlock: block))
    let added = block - graph.page.blocks.count
    addedFor = graph.added.indices.contains(added) ? graph.name(ofBlock: Int(graph.added[added].origin)) : nil
    if addedFor != nil { location = nil }
    state = Explanation.state(block, session, compilation.plan)
    attrs = zip(entry?.attrs ?? [], graph.nodes[block].attrs).compactMap { attr, value in
      guard attr.isWritten, let value else { return nil }
      return Attribute(name: attr.name, value: value.description, isDefault: value == attr.defaultValue)
    }
    let reasons = ShapeReasons(graph, block)
    inputs = Explanation.inputs(graph, block, session)
    outputs = Explanation.outputs(graph, block, session, reasons)
    let plan = PlanState(compilation, block)
    self.plan = plan.sentence
    fusedWith = plan.fusedWith
    quantisation = session.flatMap { QuantisationReport($0, block: block) }
  }

  private static func state(_ block: Int, _ session: Session?, _ plan: Plan?) -> BlockState {
    guard let session, let plan else { return .notRun }
    if session.failedBlock == block { return .failed }
    return plan.isReached[block] && session.hasResults ? .ran : .notRun
  }

  private static func inputs(_ graph: Graph, _ block: Int, _ session: Session?) -> [Input] {
    guard let type = graph.type(ofBlock: block) else { return [] }
    return type.inputs.indices.flatMap { pin in
      graph.operands(ofBlock: block, input: pin).enumerated().map { member, operand in
        let index = Int(graph.operands[operand])
        let value = graph.values[index]
        let source = graph.reference(toValue: index, alwaysWithPin: true)
        let owner = Int(value.block)
        let sourceType = source == nil ? nil : graph.typeName(ofBlock: owner)
        let origin =
          if let sourceType { "from \(sourceType)" } else if value.isFed { "fed" } else { text(graph, block, type.inputs[pin]) }
        return Input(
          pin: type.inputs[pin].isList ? "\(type.inputs[pin].name)[\(member)]" : type.inputs[pin].name, source: source, sourceType: sourceType,
          origin: origin, dtype: value.dtype, shape: session?.value(index).map { PartialShape($0.shape) } ?? value.shape,
          value: session?.value(index) ?? value.constant)
      }
    }
  }

  /// Where the text of a pin says its dtype and shape.
  private static func text(_ graph: Graph, _ block: Int, _ pin: Blocks.Pin) -> String {
    guard graph.page.blocks.indices.contains(block) else { return "a constant" }
    let range = graph.page.blocks[block].pins
    let written = graph.page.pins[Int(range.lowerBound)..<Int(range.upperBound)].first {
      !$0.isResult && (graph.page.symbols[$0.name] == pin.name || pin.spellings.contains(graph.page.symbols[$0.name]))
    }
    guard let written else { return "a constant" }
    if written.isGivenOutside { return "text of the command line" }
    if case .binary = written.content { return "binary data of the page" }
    let told = [written.dtype == nil ? nil : "its dtype", written.shape == nil ? nil : "its shape"].compactMap(\.self)
    return "text of the page" + (told.isEmpty ? "" : ", which says " + told.joined(separator: " and "))
  }

  private static func outputs(_ graph: Graph, _ block: Int, _ session: Session?, _ reasons: ShapeReasons) -> [Output] {
    guard let type = graph.type(ofBlock: block) else { return [] }
    return type.outputs.indices.flatMap { pin in
      graph.values(ofBlock: block, output: pin).enumerated().map { member, index in
        let value = session?.value(index)
        let shape = value.map { PartialShape($0.shape) } ?? graph.values[index].shape
        return Output(
          pin: type.outputs[pin].isList ? "\(type.outputs[pin].name)[\(member)]" : type.outputs[pin].name, dtype: graph.values[index].dtype,
          shape: shape, dtypeReason: reasons.dtype(output: pin, member: member), shapeReason: reasons.shape(shape, of: index),
          value: value, readers: graph.readers(ofValue: index, session))
      }
    }
  }
}

extension Graph {
  /// The pins that a value flows into, in page order.
  fileprivate func readers(ofValue value: Int, _ session: Session?) -> [Explanation.Reader] {
    var readers: [Explanation.Reader] = []
    for block in nodes.indices {
      guard let type = type(ofBlock: block) else { continue }
      for pin in type.inputs.indices {
        for (member, operand) in operands(ofBlock: block, input: pin).enumerated() where operands[operand] == Int32(value) {
          // A text belongs to the block that reads it.
          if block == Int(values[value].block) { continue }
          let first = nodes[block].outputs.first.map(Int.init)
          let result = first.flatMap { index in
            session?.value(index).map { (reference(toValue: index, alwaysWithPin: true) ?? "", $0) }
          }
          readers.append(
            .init(
              block: name(ofBlock: block), pin: type.inputs[pin].isList ? "\(type.inputs[pin].name)[\(member)]" : type.inputs[pin].name,
              type: typeName(ofBlock: block), result: result))
        }
      }
    }
    return readers
  }
}
