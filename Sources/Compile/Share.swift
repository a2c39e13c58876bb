import TensorCore

/// Plan -> Plan: of equal steps on equal inputs only the first stays; the results of the others are seen in its memory.
enum Share {
  private struct Key: Hashable {
    var kernel: String
    var inputs: [Input]
    var parameters: [Int64]
    var outputs: [Output]
  }
  private struct Input: Hashable {
    var slot: Int32
    /// How often the variable that it lies in has changed in this cycle.
    var version: Int32
    /// Where it begins in that slot's memory; -1 for a view of all of it.
    var offset = -1
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
    /// Through views of what went, too.
    func place(_ slot: Int32) -> (root: Int32, offset: Int) {
      var (slot, offset) = (slot, -1)
      while true {
        switch plan.slots[Int(slot)].place {
        case .alias(let target): slot = target
        case .part(of: let target, at: let start): (slot, offset) = (target, max(0, offset) + start)
        default: return (slot, offset)
        }
      }
    }
    var versions: [Int32: Int32] = [:]
    func input(_ operand: Int32) -> Input {
      let (slot, offset) = place(operand)
      return Input(slot: slot, version: versions.isEmpty ? 0 : versions[slot] ?? 0, offset: offset)
    }
    for step in plan.steps {
      for slot in step.changes { versions[slot, default: 0] += 1 }
      guard case .call(let call) = step.action, step.phases == .cycle, step.state < 0, step.changes.isEmpty, !step.outputs.isEmpty else {
        steps.append(step)
        continue
      }
      let key = Key(
        kernel: call.kernel, inputs: step.inputs.map { input(plan.operands[Int($0)]) }, parameters: call.parameters,
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
      switch plan.slots[index].place {
      case .alias, .part:
        let (root, offset) = place(Int32(index))
        plan.slots[index].place = offset < 0 ? .alias(root) : .part(of: root, at: offset)
      default: break
      }
    }
    return plan
  }
}
