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
    check(plan.slots.count == graph.values.count, "there is not one slot for each value")
    for (index, slot) in plan.slots.enumerated() {
      switch slot.place {
      case .constant(let tensor):
        check(tensor.dtype == slot.dtype && slot.shape.admits(tensor.shape), "slot \(index): the constant is not of its dtype and shape")
        written[index] = true
      case .scratch(let offset):
        check(offset % TensorStorage.alignment == 0 && offset < plan.arenaSize, "slot \(index): its tile does not fit the arena")
      case .arena(let offset):
        let bytes = slot.shape.known.flatMap { Memory.byteCount(of: $0, dtype: slot.dtype) }
        check(bytes.map { offset + $0 <= plan.arenaSize } ?? false, "slot \(index): it does not fit the arena")
        check(offset % TensorStorage.alignment == 0, "slot \(index): it is not aligned")
      case .alias(let target):
        check(Int(target) < index || !plan.slots.indices.contains(index), "slot \(index): it stands before its memory")
        if case .alias = plan.slots[Int(target)].place { check(false, "slot \(index): an alias of an alias") }
      case .dynamic, .nowhere: break
      }
    }
    // Which slot's elements lie at a byte of the arena now.
    var owner: [Int: Int32] = [:]
    func root(_ slot: Int32) -> Int32 {
      if case .alias(let target) = plan.slots[Int(slot)].place { target } else { slot }
    }
    func isThere(_ slot: Int32) -> Bool {
      let slot = root(slot)
      switch plan.slots[Int(slot)].place {
      case .arena(let offset), .scratch(let offset): return owner[offset] == slot
      default: return written[Int(slot)]
      }
    }
    for (index, step) in plan.steps.enumerated() {
      for member in step.members {
        check(plan.isReached[Int(member.block)], "step \(index): its block is not reached")
        for operand in plan.operands[Int(member.inputs.lowerBound)..<Int(member.inputs.upperBound)] {
          check(isThere(operand), "step \(index): slot \(operand) is not there when it is read")
        }
        for output in member.outputs {
          check(!written[Int(output)], "step \(index): slot \(output) is written twice")
          written[Int(output)] = true
          switch plan.slots[Int(output)].place {
          case .arena(let offset), .scratch(let offset): owner[offset] = output
          default: break
          }
        }
      }
    }
    if plan.options.keepsResults {
      for (index, slot) in plan.slots.enumerated() {
        if case .arena = slot.place { check(isThere(Int32(index)), "slot \(index): its result is gone at the end") }
      }
    }
    return violations
  }
}
