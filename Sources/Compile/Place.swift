import Blocks
import CKernelABI
import Diagnostics
import KernelTable
import Page
import TensorCore

/// Graph -> Plan: chooses what runs, binds kernels, and says of every tensor what kind of memory it has.
struct Place {
  let graph: Graph
  var plan: Plan
  var diagnostics: [Diagnostic] = []
  private let table: KernelTable
  private let phases: [Plan.Phases]
  /// The variables that are updated, and what is known of it.
  var state: VariablePlaces
  // Kernels by block type, found once.
  private var kernels: [Int32: Plan.Call] = [:]
  // By slot: whether it holds the same in every cycle.
  private var invariant: [Bool]

  static func run(_ graph: Graph, kernels: KernelTable) -> (plan: Plan, diagnostics: [Diagnostic]) {
    var stage = Place(graph, kernels)
    for (position, block) in graph.order.enumerated() where stage.plan.isReached[Int(block)] {
      stage.state.position = position
      stage.place(Int(block))
    }
    stage.plan.savesVariables = stage.mayFailAfterUpdate()
    return (stage.plan, stage.diagnostics)
  }

  private init(_ graph: Graph, _ table: KernelTable) {
    self.table = table
    self.graph = graph
    invariant = Array(repeating: false, count: graph.values.count)
    phases = Reach(graph).phases
    state = VariablePlaces(graph, isReached: phases.map { !$0.isEmpty })
    plan = Plan(
      slots: graph.values.map { Plan.Slot(dtype: $0.dtype, shape: $0.shape, place: .nowhere) }, steps: [], arenaSize: 0,
      isReached: phases.map { !$0.isEmpty }, operands: graph.operands, kernels: table)
    plan.steps.reserveCapacity(graph.order.count)
  }

  private mutating func place(_ block: Int) {
    guard let type = graph.type(ofBlock: block) else { return }
    let node = graph.nodes[block]
    for operand in graph.operands[Int(node.inputs.lowerBound)..<Int(node.inputs.upperBound)] {
      if case .nowhere = plan.slots[Int(operand)].place, let tensor = graph.values[Int(operand)].constant {
        plan.slots[Int(operand)].place = .constant(tensor)
      }
    }
    if type.role == .variable {
      placeVariable(block, node)
      return
    }
    if !type.updatedPins.isEmpty { prepareUpdate(block, node, type) }
    if node.outputs.isEmpty, type.updatedPins.isEmpty, !type.isAction { return }
    if !node.outputs.isEmpty, node.outputs.allSatisfy({ graph.values[Int($0)].constant != nil }) {
      for output in node.outputs { plan.slots[Int(output)].place = graph.values[Int(output)].constant.map { .constant($0) } ?? .nowhere }
      return
    }
    if type.role == .placeholder, node.inputs.isEmpty {
      append(block, .unfed)
      return
    }
    let steps = plan.steps.count
    if isStatic(node, type) {
      placeStatic(block, node, type)
    } else {
      append(block, .dynamic)
    }
    if let rule = type.state, plan.steps.count > steps { addState(block, node, type, rule) }
    if !type.updatedPins.isEmpty { finishUpdate(block, node, type) }
  }

  /// Whether shapes and settings are all known before the run.
  private func isStatic(_ node: Graph.Node, _ type: BlockType) -> Bool {
    if type.isAction { return false }
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

  func isDynamic(_ slot: Int32) -> Bool {
    if case .dynamic = plan.slots[Int(slot)].place { true } else { false }
  }

  private mutating func placeStatic(_ block: Int, _ node: Graph.Node, _ type: BlockType) {
    let kernel: String
    let rule: BlockType.ParameterRule?
    var isMap = false
    switch type.compute {
    case .nothing, .action: return
    case .view:
      for (member, output) in node.outputs.enumerated() {
        placeView(block, output, of: graph.operands[Int(node.inputs.lowerBound + node.viewStart) + member])
      }
      return
    case .value, .values:
      // Its inputs' shapes are known, so Infer gave it its value; a fed input may keep it from being so.
      append(block, .dynamic)
      return
    case .map(let name, let parameters):
      (kernel, rule, isMap) = (name, parameters, true)
    case .call(let name, let parameters):
      (kernel, rule) = (name, parameters)
    }
    let narrow = context(node, type)
    let wide = narrow.widened
    let context = wide ?? narrow
    guard var call = call(kernel, node.type, isRare: context.isRare) else {
      diagnostics.append(
        Diagnostic(.internalError, "\(type.name) names a kernel `\(kernel)` that is not there", block: graph.name(ofBlock: block)))
      return
    }
    if placeWindow(block, node, type, narrow) { return }
    if rule != nil || type.scratch != nil || type.split != nil {
      do throws(BlockError) {
        if let rule { call.parameters = try rule(context) }
        if let scratch = type.scratch { call.scratch = try scratch(context) }
        if let split = type.split, context.isLarge, !context.isRare { call.split = try split(context, call.parameters) }
      } catch {
        report(error, block)
        return
      }
    }
    if isMap, let output = graph.values[Int(node.outputs.lowerBound)].shape.known {
      call.isMap = true
      call.layout = BroadcastLayout.words(inputs: context.inputs.compactMap(\.shape.known), output: output)
    }
    // Arena finds the bytes.
    for output in node.outputs where !state.isVariable(output) { plan.slots[Int(output)].place = .arena(0) }
    if let wide { appendWidened(block, node, call, wide) } else { append(block, .call(call)) }
  }

  /// A copy of one slot's elements to another's, on behalf of a block.
  mutating func appendCopy(_ block: Int, from source: Int32, to target: Int32, phases: Plan.Phases) {
    guard let shape = plan.slots[Int(source)].shape.known, let bytes = Memory.byteCount(of: shape, dtype: plan.slots[Int(source)].dtype) else {
      return
    }
    plan.operands.append(source)
    let input = Int32(plan.operands.count)
    append("copy", block, inputs: input - 1..<input, output: target, bytes, phases)
  }

  /// Fills a slot with zeros in each cycle.
  mutating func appendClear(_ block: Int, _ target: Int32, _ bytes: Int) { append("clear", block, inputs: 0..<0, output: target, bytes, .cycle) }

  private mutating func append(_ kernel: String, _ block: Int, inputs: Range<Int32>, output: Int32, _ bytes: Int, _ phases: Plan.Phases) {
    guard let function = table.kernel(kernel) else { return }
    let call = Plan.Call(kernel: kernel, function: function, layout: [], parameters: [Int64(bytes)])
    var step = Plan.Step(block: Int32(block), inputs: inputs, outputs: output..<output + 1, action: .call(call))
    step.phases = phases
    plan.steps.append(step)
  }

  private mutating func call(_ kernel: String, _ type: Int32, isRare: Bool) -> Plan.Call? {
    if !isRare, let known = kernels[type] { return known }
    guard let function = table.kernel(kernel, isRare: isRare) else { return nil }
    let call = Plan.Call(kernel: kernel, function: function, layout: [], parameters: [])
    if !isRare { kernels[type] = call }
    return call
  }

  /// The kernel for the dtypes of these slots.
  func kernel(_ name: String, _ slots: [Int32]) -> ef_kernel? {
    table.kernel(name, isRare: slots.contains { plan.slots[Int($0)].dtype.isRare })
  }

  func context(_ node: Graph.Node, _ type: BlockType) -> RuleContext {
    let inputs = graph.operands[Int(node.inputs.lowerBound)..<Int(node.inputs.upperBound)].map { operand in
      let value = graph.values[Int(operand)]
      return RuleContext.Input(dtype: value.dtype, shape: value.shape, value: value.isFed ? nil : value.constant)
    }
    return RuleContext(node: node, type: type, inputs: inputs, pool: graph.pool)
  }

  func root(_ slot: Int32) -> Int32 { plan.root(slot) }

  private mutating func append(_ block: Int, _ action: Plan.Step.Action) {
    let node = graph.nodes[block]
    append(block, action, inputs: node.inputs, outputs: node.outputs)
  }

  mutating func append(_ block: Int, _ action: Plan.Step.Action, inputs: Range<Int32>, outputs: Range<Int32>) {
    switch action {
    case .call, .tiles: break
    case .dynamic, .unfed:
      for output in outputs where !state.isVariable(output) { plan.slots[Int(output)].place = .dynamic }
    }
    var step = Plan.Step(block: Int32(block), inputs: inputs, outputs: outputs, action: action)
    step.phases = phases[block]
    step.changes = state.changes
    step.isInvariant = graph.type(ofBlock: block)?.isReadOnce ?? false
    // The new value of a variable lies in the variable.
    if let first = outputs.first, state.isVariable(first) { step.outputs = first..<first }
    if case .call = action, graph.type(ofBlock: block)?.state == nil {
      step.isInvariant = inputs.allSatisfy { isInvariant(plan.operands[Int($0)]) }
      if step.isInvariant {
        if invariant.count < plan.slots.count { invariant += Array(repeating: false, count: plan.slots.count - invariant.count) }
        for output in outputs { invariant[Int(output)] = true }
      }
    }
    plan.steps.append(step)
  }

  private func isInvariant(_ slot: Int32) -> Bool {
    switch plan.slots[Int(slot)].place {
    case .constant: !graph.values[Int(slot)].isFed
    case .alias(let target), .part(of: let target, at: _): isInvariant(target)
    case .arena: invariant.indices.contains(Int(slot)) && invariant[Int(slot)]
    case .variable, .scratch, .dynamic, .nowhere: false
    }
  }
}
