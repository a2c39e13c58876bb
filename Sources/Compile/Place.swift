import Blocks
import Diagnostics
import KernelTable
import Page
import TensorCore

/// Graph -> Plan: chooses what runs, binds kernels, and says of every tensor what kind of memory it has.
struct Place {
  private let graph: Graph
  private var plan: Plan
  private var diagnostics: [Diagnostic] = []
  private let table: KernelTable
  // Kernels by block type, found once.
  private var kernels: [Int32: Plan.Call] = [:]
  // By slot: whether it holds the same in every cycle.
  private var invariant: [Bool]

  static func run(_ graph: Graph, kernels: KernelTable) -> (plan: Plan, diagnostics: [Diagnostic]) {
    var stage = Place(graph, kernels)
    for block in graph.order where stage.plan.isReached[Int(block)] { stage.place(Int(block)) }
    return (stage.plan, stage.diagnostics)
  }

  private init(_ graph: Graph, _ table: KernelTable) {
    self.table = table
    self.graph = graph
    invariant = Array(repeating: false, count: graph.values.count)
    plan = Plan(
      slots: graph.values.map { Plan.Slot(dtype: $0.dtype, shape: $0.shape, place: .nowhere) }, steps: [], arenaSize: 0,
      isReached: Place.reached(graph), operands: graph.operands, kernels: table)
    plan.steps.reserveCapacity(graph.order.count)
  }

  /// All blocks that a session reaches: what is wired to it, with everything upstream. Without a session: all.
  private static func reached(_ graph: Graph) -> [Bool] {
    var reached = Array(repeating: false, count: graph.nodes.count)
    var roots: [Int32] = []
    for block in graph.order where graph.type(ofBlock: Int(block))?.role == .session { roots.append(block) }
    if roots.isEmpty { roots = graph.order }
    // Against the dataflow order, so that each block is looked at once, after all that need it.
    for root in roots { reached[Int(root)] = true }
    for block in graph.order.reversed() where reached[Int(block)] {
      let inputs = graph.nodes[Int(block)].inputs
      for operand in graph.operands[Int(inputs.lowerBound)..<Int(inputs.upperBound)] {
        reached[Int(graph.values[Int(operand)].block)] = true
      }
    }
    return reached
  }

  private mutating func place(_ block: Int) {
    guard let type = graph.type(ofBlock: block) else { return }
    let node = graph.nodes[block]
    for operand in graph.operands[Int(node.inputs.lowerBound)..<Int(node.inputs.upperBound)] {
      if case .nowhere = plan.slots[Int(operand)].place, let tensor = graph.values[Int(operand)].constant {
        plan.slots[Int(operand)].place = .constant(tensor)
      }
    }
    if node.outputs.isEmpty { return }
    if node.outputs.allSatisfy({ graph.values[Int($0)].constant != nil }) {
      for output in node.outputs { plan.slots[Int(output)].place = graph.values[Int(output)].constant.map { .constant($0) } ?? .nowhere }
      return
    }
    if type.role == .placeholder {
      append(block, .unfed)
      return
    }
    if isStatic(node, type) {
      placeStatic(block, node, type)
    } else {
      append(block, .dynamic)
    }
  }

  /// Whether shapes and settings are all known before the run.
  private func isStatic(_ node: Graph.Node, _ type: BlockType) -> Bool {
    let inputs = graph.operands[Int(node.inputs.lowerBound)..<Int(node.inputs.upperBound)]
    if inputs.contains(where: { isDynamic($0) }) || node.outputs.contains(where: { graph.values[Int($0)].shape.known == nil }) { return false }
    var start = 0
    for (pin, end) in zip(type.inputs, node.inputEnds) {
      defer { start = Int(end) }
      guard pin.isSetting else { continue }
      for operand in inputs.dropFirst(start).prefix(Int(end) - start) {
        let value = graph.values[Int(operand)]
        if value.constant == nil || value.isFed { return false }
      }
    }
    return true
  }

  private func isDynamic(_ slot: Int32) -> Bool {
    if case .dynamic = plan.slots[Int(slot)].place { true } else { false }
  }

  private mutating func placeStatic(_ block: Int, _ node: Graph.Node, _ type: BlockType) {
    let kernel: String
    let rule: BlockType.ParameterRule?
    var isMap = false
    switch type.compute {
    case .nothing: return
    case .view:
      for (member, output) in node.outputs.enumerated() {
        plan.slots[Int(output)].place = .alias(root(graph.operands[Int(node.inputs.lowerBound + node.viewStart) + member]))
      }
      return
    case .value:
      // Its inputs' shapes are known, so Infer gave it its value; a fed input may keep it from being so.
      append(block, .dynamic)
      return
    case .map(let name, let parameters):
      (kernel, rule, isMap) = (name, parameters, true)
    case .call(let name, let parameters):
      (kernel, rule) = (name, parameters)
    }
    guard var call = call(kernel, node.type) else {
      diagnostics.append(
        Diagnostic(.internalError, "\(type.name) names a kernel `\(kernel)` that is not there", block: graph.name(ofBlock: block)))
      return
    }
    let context = context(node, type)
    if rule != nil || type.scratch != nil {
      do throws(BlockError) {
        if let rule { call.parameters = try rule(context) }
        if let scratch = type.scratch { call.scratch = try scratch(context) }
      } catch {
        diagnostics.append(
          Diagnostic(
            error.id, error.message, at: graph.page.source.location(of: graph.range(ofBlock: block)),
            block: graph.name(ofBlock: block), notes: error.notes, fix: error.fix))
        return
      }
    }
    if isMap, let output = graph.values[Int(node.outputs.lowerBound)].shape.known {
      call.isMap = true
      call.layout = BroadcastLayout.words(inputs: context.inputs.compactMap(\.shape.known), output: output)
    }
    // Arena finds the bytes.
    for output in node.outputs { plan.slots[Int(output)].place = .arena(0) }
    append(block, .call(call))
  }

  private mutating func call(_ kernel: String, _ type: Int32) -> Plan.Call? {
    if let known = kernels[type] { return known }
    guard let function = table.kernel(kernel) else { return nil }
    let call = Plan.Call(kernel: kernel, function: function, layout: [], parameters: [])
    kernels[type] = call
    return call
  }

  private func context(_ node: Graph.Node, _ type: BlockType) -> RuleContext {
    let inputs = graph.operands[Int(node.inputs.lowerBound)..<Int(node.inputs.upperBound)].map { operand in
      let value = graph.values[Int(operand)]
      return RuleContext.Input(dtype: value.dtype, shape: value.shape, value: value.isFed ? nil : value.constant)
    }
    return RuleContext(node: node, type: type, inputs: inputs, pool: graph.pool)
  }

  private func root(_ slot: Int32) -> Int32 {
    if case .alias(let target) = plan.slots[Int(slot)].place { target } else { slot }
  }

  private mutating func append(_ block: Int, _ action: Plan.Step.Action) {
    let node = graph.nodes[block]
    switch action {
    case .call, .tiles: break
    case .dynamic, .unfed:
      for output in node.outputs { plan.slots[Int(output)].place = .dynamic }
    }
    var step = Plan.Step(block: Int32(block), inputs: node.inputs, outputs: node.outputs, action: action)
    if case .call = action {
      step.isInvariant = node.inputs.allSatisfy { isInvariant(graph.operands[Int($0)]) }
      if step.isInvariant { for output in node.outputs { invariant[Int(output)] = true } }
    }
    plan.steps.append(step)
  }

  private func isInvariant(_ slot: Int32) -> Bool {
    switch plan.slots[Int(slot)].place {
    case .constant: !graph.values[Int(slot)].isFed
    case .alias(let target): isInvariant(target)
    case .arena: invariant[Int(slot)]
    case .scratch, .dynamic, .nowhere: false
    }
  }
}
