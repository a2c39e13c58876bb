import Blocks
import TensorCore

/// What Place knows of the variables on its way through the blocks.
struct VariablePlaces {
  /// The place in the order of the block at hand.
  var position = 0
  /// Slots that the step of the update at hand changes.
  var changes: [Int32] = []
  /// The blocks whose variables an update changes, by its block.
  private var variables: [Int32: [Int32]] = [:]
  /// By variable's block: its updates' places in the order, ascending.
  private var updates: [Int32: [Int]] = [:]
  /// By variable's block: the place of the first update that runs after its readers.
  private var firstAfter: [Int32: Int] = [:]
  /// By value: see ``Graph/lastReaders()``; empty when there are no updates.
  private let lastReader: [Int]
  private var slots: Set<Int32> = []

  init(_ graph: Graph, isReached: [Bool]) {
    lastReader = graph.updates.isEmpty ? [] : graph.lastReaders()
    if graph.updates.isEmpty { return }
    var update: [Int32: Update] = [:]
    for each in graph.updates where isReached[Int(each.block)] { update[each.block] = each }
    for (position, block) in graph.order.enumerated() {
      guard let update = update[block] else { continue }
      variables[block] = update.variables
      for variable in update.variables {
        updates[variable, default: []].append(position)
        if !update.isBefore, firstAfter[variable] == nil { firstAfter[variable] = position }
      }
    }
  }

  func variables(ofUpdate block: Int) -> [Int32] { variables[Int32(block)] ?? [] }

  /// Whether the update at hand is the first that changes the variable after its readers.
  func isFirstAfter(_ variable: Int32) -> Bool { firstAfter[variable] == position }

  /// Whether the variable changes again later in the cycle.
  func changesLater(_ variable: Int32) -> Bool { (updates[variable]?.last ?? -1) > position }

  /// Whether somebody reads the value; sessions do not count.
  func isRead(_ value: Int32) -> Bool { lastReader.indices.contains(Int(value)) && lastReader[Int(value)] >= 0 }

  /// Whether the variable changes while somebody still reads `view` of it, or has done so when its readers had read.
  func changes(_ variable: Int32, before view: Int32) -> Bool {
    if let first = firstAfter[variable], first < position { return true }
    guard let updates = updates[variable], lastReader.indices.contains(Int(view)) else { return false }
    return updates.contains { $0 > position && $0 <= lastReader[Int(view)] }
  }

  /// Notes that a slot lies in a variable.
  mutating func insert(_ slot: Int32) { slots.insert(slot) }
  func isVariable(_ slot: Int32) -> Bool { slots.contains(slot) }
}

extension Place {
  /// Gives a variable its memory, and the step that fills it before the first cycle when its first value must be computed.
  mutating func placeVariable(_ block: Int, _ node: Graph.Node) {
    let slot = node.outputs.lowerBound
    guard let shape = plan.slots[Int(slot)].shape.known, let bytes = Memory.byteCount(of: shape, dtype: plan.slots[Int(slot)].dtype) else { return }
    let offset = plan.stateSize
    let line = TensorStorage.alignment
    let (end, overflow) = offset.addingReportingOverflow(max(line, (bytes + line - 1) / line * line))
    plan.stateSize = overflow ? .max : end
    plan.slots[Int(slot)].place = .variable(offset)
    state.insert(slot)
    var variable = Plan.Variable(block: Int32(block), slot: slot, offset: offset, byteCount: bytes, initial: nil, isTemporary: node.inputs.isEmpty)
    if variable.isTemporary { appendClear(block, slot, bytes) }
    if let operand = graph.operands(ofBlock: Int32(block)).first {
      if graph.values[Int(operand)].constant != nil {
        variable.initial = operand
      } else if isDynamic(root(operand)) {
        var step = Plan.Step(block: Int32(block), inputs: node.inputs, outputs: slot..<slot, action: .dynamic)
        step.phases = .start
        plan.steps.append(step)
      } else {
        appendCopy(block, from: root(operand), to: slot, phases: .start)
      }
    }
    plan.variables.append(variable)
  }

  /// Says where an update finds its variables, and keeps what their readers saw for those who look at it.
  mutating func prepareUpdate(_ block: Int, _ node: Graph.Node, _ type: BlockType) {
    state.changes = []
    for (pin, variable) in zip(type.updatedPins, state.variables(ofUpdate: block)) {
      let slot = graph.nodes[Int(variable)].outputs.lowerBound
      plan.operands[graph.operands(ofBlock: block, input: pin).lowerBound] = slot
      state.changes.append(slot)
      if state.isFirstAfter(variable) { keep(slot, Int(variable)) }
      for output in node.outputs where isNewValue(output, of: pin, block, type) {
        state.insert(output)
        if !state.changesLater(variable) {
          plan.slots[Int(output)].place = plan.slots[Int(slot)].place
          state.changes.append(output)
        }
      }
    }
  }

  /// An update that is not the last of its variable hands on a copy.
  mutating func finishUpdate(_ block: Int, _ node: Graph.Node, _ type: BlockType) {
    state.changes = []
    for (pin, variable) in zip(type.updatedPins, state.variables(ofUpdate: block)) where state.changesLater(variable) {
      for output in node.outputs where isNewValue(output, of: pin, block, type) {
        plan.slots[Int(output)].place = .arena(0)
        appendCopy(block, from: graph.nodes[Int(variable)].outputs.lowerBound, to: output, phases: state.isRead(output) ? .cycle : .show)
      }
    }
  }

  /// An output that has its input's elements, under a shape or dtype of its own. A variable that changes too early for the readers is copied.
  mutating func placeView(_ block: Int, _ output: Int32, of operand: Int32) {
    guard let place = viewPlace(output, of: operand, at: 0) else {
      plan.slots[Int(output)].place = .arena(0)
      appendCopy(block, from: operand, to: output, phases: .cycle)
      return
    }
    plan.slots[Int(output)].place = place
  }

  /// Outputs that are runs of an input's elements, as the entry's `window` says; false when they are not, or one must be copied.
  mutating func placeWindow(_ block: Int, _ node: Graph.Node, _ type: BlockType, _ context: RuleContext) -> Bool {
    // What a rule finds wrong, the kernel's own rule does too.
    guard let rule = type.window, let window = try? rule(context), window.starts.count == node.outputs.count else { return false }
    let operand = graph.operands[graph.operands(ofBlock: block, input: window.pin).lowerBound]
    let size = plan.slots[Int(operand)].dtype.byteCount
    var places: [Plan.Place] = []
    for (output, start) in zip(node.outputs, window.starts) {
      guard let place = viewPlace(output, of: operand, at: start * size) else { return false }
      places.append(place)
    }
    for (output, place) in zip(node.outputs, places) { plan.slots[Int(output)].place = place }
    return true
  }

  /// Where a view lies, from a byte of an operand on. Nil when it must be a copy: the variable changes too early for the readers, or elements
  /// of its dtype cannot lie there.
  private func viewPlace(_ output: Int32, of operand: Int32, at byte: Int) -> Plan.Place? {
    let source = root(operand)
    let owner = graph.values.indices.contains(Int(source)) ? graph.values[Int(source)].block : -1
    if state.isVariable(source), graph.type(ofBlock: Int(owner))?.role == .variable, state.changes(owner, before: output) { return nil }
    var offset = byte
    var isPart = false
    if case .part(of: _, at: let start) = plan.slots[Int(operand)].place { (offset, isPart) = (start + byte, true) }
    let (slot, whole) = (plan.slots[Int(output)], plan.slots[Int(source)])
    if !isPart, slot.dtype == whole.dtype, slot.shape.known?.count == whole.shape.known?.count { return .alias(source) }
    return offset % slot.dtype.byteCount == 0 ? .part(of: source, at: offset) : nil
  }

  /// Whether a step can fail after the cycle's first update.
  func mayFailAfterUpdate() -> Bool {
    guard let first = plan.steps.firstIndex(where: { !$0.changes.isEmpty }) else { return false }
    return plan.steps[(first + 1)...].contains { step in
      guard case .call = step.action else { return true }
      switch graph.type(ofBlock: Int(step.block))?.faults {
      case .never, nil: return false
      case .possibly: return true
      case .onIntegers: return step.inputs.first.map { !plan.slots[Int(plan.operands[Int($0)])].dtype.isFloatingPoint } ?? true
      }
    }
  }

  private func isNewValue(_ output: Int32, of pin: Int, _ block: Int, _ type: BlockType) -> Bool {
    type.outputs.indices.contains {
      type.outputs[$0].variablePin == type.inputs[pin].name && graph.values(ofBlock: block, output: $0).contains(Int(output))
    }
  }

  /// Copies what a variable's readers saw, for the cycles that are looked at.
  private mutating func keep(_ slot: Int32, _ block: Int) {
    let copy = Int32(plan.slots.count)
    plan.slots.append(Plan.Slot(dtype: plan.slots[Int(slot)].dtype, shape: plan.slots[Int(slot)].shape, place: .arena(0)))
    appendCopy(block, from: slot, to: copy, phases: .show)
    plan.copies[slot] = copy
  }
}
