import Blocks

/// Graph -> which blocks run, and when.
struct Reach {
  /// By block: the phases it is needed in; empty for blocks that do not run.
  private(set) var phases: [Plan.Phases]

  /// A session runs what is wired to it, with everything upstream; without a session all blocks run. What only a variable's first
  /// value needs runs once before the first cycle.
  init(_ graph: Graph) {
    phases = Array(repeating: [], count: graph.nodes.count)
    var triggered: [Int32: [Int32]] = [:]
    for trigger in graph.triggers { triggered[trigger.user, default: []].append(trigger.block) }
    var isRoot = Array(repeating: true, count: graph.nodes.count)
    if graph.order.contains(where: { graph.type(ofBlock: Int($0))?.role == .session }) {
      for block in graph.order {
        let role = graph.type(ofBlock: Int(block))?.role
        isRoot[Int(block)] = role == .session || role == .status
      }
    } else {
      // All that ends somewhere else than in the first value of a variable.
      for block in graph.order {
        for operand in graph.operands(ofBlock: block) where graph.values[Int(operand)].block != block {
          isRoot[Int(graph.values[Int(operand)].block)] = false
        }
      }
      for block in graph.order where graph.type(ofBlock: Int(block))?.role == .variable { isRoot[Int(block)] = true }
    }
    // Against the dataflow order, so that each block is looked at once, after all that need it.
    for block in graph.order.reversed() {
      if isRoot[Int(block)] { phases[Int(block)].insert(.cycle) }
      var needed = phases[Int(block)]
      if needed.isEmpty { continue }
      if graph.type(ofBlock: Int(block))?.role == .variable { needed = .start }
      for operand in graph.operands(ofBlock: block) { phases[Int(graph.values[Int(operand)].block)].formUnion(needed) }
      for operation in triggered[block] ?? [] { phases[Int(operation)].formUnion(needed) }
    }
  }
}

extension Graph {
  /// The values that a block reads.
  func operands(ofBlock block: Int32) -> ArraySlice<Int32> {
    operands[Int(nodes[Int(block)].inputs.lowerBound)..<Int(nodes[Int(block)].inputs.upperBound)]
  }

  /// By value: the place in the order of the last block that reads it, itself or through a view; -1 when none does.
  func lastReaders() -> [Int] {
    var last = Array(repeating: -1, count: values.count)
    for (position, block) in order.enumerated().reversed() {
      guard let type = type(ofBlock: Int(block)), type.role != .session else { continue }
      var isView = false
      if case .view = type.compute { isView = true }
      for (member, operand) in operands(ofBlock: block).enumerated() {
        var reader = position
        let outputs = nodes[Int(block)].outputs
        let member = member - Int(nodes[Int(block)].viewStart)
        if isView, member >= 0, member < outputs.count { reader = max(reader, last[Int(outputs.lowerBound) + member]) }
        if type.window != nil { reader = outputs.reduce(reader) { max($0, last[Int($1)]) } }
        last[Int(operand)] = max(last[Int(operand)], reader)
      }
    }
    return last
  }
}
