import TensorCore

/// Plan -> Plan: of equal steps on equal inputs only the first stays; the results of the others are seen in its memory.
enum Share {
  private struct Key: Hashable {
    var kernel: String
    var inputs: [Int32]
    var parameters: [Int64]
    var outputs: [Output]
  }
  private struct Output: Hashable {
    var dtype: DType
    var shape: PartialShape
  }

  static func run(_ plan: consuming Plan) -> Plan {
    var first: [Key: Range<Int32>] = [:]
    first.reserveCapacity(plan.steps.count)
    var steps: [Plan.Step] = []
    steps.reserveCapacity(plan.steps.count)
    func root(_ slot: Int32) -> Int32 {
      var slot = slot
      while case .alias(let target) = plan.slots[Int(slot)].place { slot = target }
      return slot
    }
    for step in plan.steps {
      guard case .call(let call) = step.action, step.state < 0 else {
        steps.append(step)
        continue
      }
      let key = Key(
        kernel: call.kernel, inputs: step.inputs.map { root(plan.operands[Int($0)]) }, parameters: call.parameters,
        outputs: step.outputs.map { Output(dtype: plan.slots[Int($0)].dtype, shape: plan.slots[Int($0)].shape) })
      guard let earlier = first[key] else {
        first[key] = step.outputs
        steps.append(step)
        continue
      }
      for (output, original) in zip(step.outputs, earlier) { plan.slots[Int(output)].place = .alias(original) }
    }
    plan.steps = steps
    // Views of a result that went stand on the original now.
    for index in plan.slots.indices {
      if case .alias(let target) = plan.slots[index].place { plan.slots[index].place = .alias(root(target)) }
    }
    return plan
  }
}
