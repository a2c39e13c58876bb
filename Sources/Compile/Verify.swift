import TensorCore

/// What must hold between the parts of a plan. A violation is a defect of the compiler, never of a page.
public struct Verify {
  /// Every rule that the plan breaks, in words; empty for a sound plan.
  public static func run(_ plan: Plan, _ graph: Graph) -> [String] {
    var violations: [String] = []
    var written = Array(repeating: false, count: plan.slots.count)
    func check(_ holds: Bool, _ message: @autoclosure () -> String) {
      if !holds { violations.append(message()) }
    }
    // The bytes of the arena that each slot takes: where results are kept, no two may share any.
    var parts: [(slot: Int, range: Range<Int>)] = []
    check(
      plan.slots.count == graph.values.count + plan.copies.count + plan.temporaries,
      "there is not one slot for each value, kept copy and temporary")
    for (index, slot) in plan.slots.enumerated() {
      switch slot.place {
      case .constant(let tensor):
        check(tensor.dtype == slot.dtype && slot.shape.admits(tensor.shape), "slot \(index): the constant is not of its dtype and shape")
        written[index] = true
      case .variable(let offset):
        let bytes = slot.shape.known.flatMap { Memory.byteCount(of: $0, dtype: slot.dtype) }
        check(bytes.map { offset + $0 <= plan.stateSize } ?? false, "slot \(index): it does not fit the variables")
        written[index] = true
      case .scratch(let offset):
        check(offset % TensorStorage.alignment == 0 && offset < plan.arenaSize, "slot \(index): its tile does not fit the arena")
      case .arena(let offset):
        let bytes = slot.shape.known.flatMap { Memory.byteCount(of: $0, dtype: slot.dtype) }
        check(bytes.map { offset + $0 <= plan.arenaSize } ?? false, "slot \(index): it does not fit the arena")
        check(offset % TensorStorage.alignment == 0, "slot \(index): it is not aligned")
        if let bytes, bytes > 0 { parts.append((index, offset..<offset + bytes)) }
      case .alias(let target):
        guard plan.slots.indices.contains(Int(target)), target != index else {
          check(false, "slot \(index): its memory is not there")
          continue
        }
        check(plan.root(target) == target, "slot \(index): an alias of an alias")
        check(slot.shape.known?.count == plan.slots[Int(target)].shape.known?.count, "slot \(index): it is not as large as its memory")
      case .part(of: let target, at: let offset):
        guard plan.slots.indices.contains(Int(target)), plan.root(target) == target else {
          check(false, "slot \(index): a view of a view, or without memory")
          continue
        }
        let bytes = slot.shape.known.flatMap { Memory.byteCount(of: $0, dtype: slot.dtype) }
        let whole = plan.slots[Int(target)].shape.known.flatMap { Memory.byteCount(of: $0, dtype: plan.slots[Int(target)].dtype) }
        check(offset >= 0 && offset % slot.dtype.byteCount == 0, "slot \(index): it is not aligned")
        check(bytes.flatMap { bytes in whole.map { offset <= $0 && bytes <= $0 - offset } } ?? false, "slot \(index): it does not lie in its memory")
      case .dynamic, .nowhere: break
      }
    }
    if plan.options.keepsResults {
      parts.sort { $0.range.lowerBound < $1.range.lowerBound }
      for (a, b) in zip(parts, parts.dropFirst()) { check(a.range.upperBound <= b.range.lowerBound, "slots \(a.slot) and \(b.slot) overlap") }
    }
    // Which slot's elements lie at a byte of the arena now.
    var owner: [Int: Int32] = [:]
    func checkRead(_ operand: Int32, _ index: Int) {
      let slot = plan.root(operand)
      guard written.indices.contains(Int(slot)), written[Int(slot)] else {
        check(false, "step \(index): it reads slot \(operand) before it is written")
        return
      }
      switch plan.slots[Int(slot)].place {
      case .arena(let offset), .scratch(let offset): check(owner[offset] == slot, "step \(index): slot \(operand) is gone when it is read")
      default: break
      }
    }
    var owned = Set<Int32>()
    func checkState(_ step: Plan.Step, _ index: Int) {
      check(owned.insert(step.state).inserted, "step \(index): its state is that of another step")
      check(!step.isInvariant, "step \(index): it has a state and runs only once")
      guard plan.states.indices.contains(Int(step.state)) else { return check(false, "step \(index): its state is not there") }
      check(plan.states[Int(step.state)].block == step.block, "step \(index): its state is another block's")
    }
    for (index, step) in plan.steps.enumerated() {
      for member in step.members {
        check(plan.isReached[Int(member.block)], "step \(index): its block is not reached")
        if member.state >= 0 { checkState(member, index) }
        guard Int(member.inputs.upperBound) <= plan.operands.count, Int(member.outputs.upperBound) <= plan.slots.count else {
          check(false, "step \(index): its operands are not there")
          continue
        }
        for operand in plan.operands[Int(member.inputs.lowerBound)..<Int(member.inputs.upperBound)] { checkRead(operand, index) }
        for output in member.outputs {
          if case .variable = plan.slots[Int(output)].place { continue }
          check(!written[Int(output)], "step \(index): slot \(output) is written twice")
          written[Int(output)] = true
          switch plan.slots[Int(output)].place {
          case .arena(let offset), .scratch(let offset): owner[offset] = output
          default: break
          }
        }
      }
    }
    return violations
  }
}
