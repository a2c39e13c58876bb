import Blocks
import TensorCore

/// Steps whose blocks compute in wider dtypes than they have: conversions before and after the kernel, which fusion joins with it.
extension Place {
  /// Places `call` between conversions of its inputs and outputs.
  mutating func appendWidened(_ block: Int, _ node: Graph.Node, _ call: Plan.Call, _ wide: RuleContext) {
    let first = Int32(plan.operands.count)
    for (index, input) in wide.inputs.enumerated() {
      let slot = plan.operands[Int(node.inputs.lowerBound) + index]
      let source = plan.slots[Int(slot)]
      plan.operands.append(source.dtype == input.dtype ? slot : temporary(input.dtype, source.shape))
    }
    let inputs = first..<Int32(plan.operands.count)
    for (index, operand) in inputs.enumerated() {
      let slot = plan.operands[Int(node.inputs.lowerBound) + index]
      if plan.operands[Int(operand)] != slot { appendCast(block, from: slot, to: plan.operands[Int(operand)]) }
    }
    let dtypes = node.outputs.map { output in
      let member = Int(output - node.outputs.lowerBound)
      return wide.dtype(ofOutput: node.outputEnds.firstIndex { member < $0 } ?? 0, member: member)
    }
    if zip(node.outputs, dtypes).allSatisfy({ plan.slots[Int($0)].dtype == $1 }) {
      append(block, .call(call), inputs: inputs, outputs: node.outputs)
      return
    }
    let start = Int32(plan.slots.count)
    for (output, dtype) in zip(node.outputs, dtypes) { _ = temporary(dtype, plan.slots[Int(output)].shape) }
    append(block, .call(call), inputs: inputs, outputs: start..<Int32(plan.slots.count))
    for (member, output) in node.outputs.enumerated() { appendCast(block, from: start + Int32(member), to: output) }
  }

  private mutating func temporary(_ dtype: DType, _ shape: PartialShape) -> Int32 {
    plan.slots.append(Plan.Slot(dtype: dtype, shape: shape, place: .arena(0)))
    plan.temporaries += 1
    return Int32(plan.slots.count - 1)
  }

  private mutating func appendCast(_ block: Int, from source: Int32, to target: Int32) {
    guard let function = kernel("cast", [source, target]), let shape = plan.slots[Int(source)].shape.known else { return }
    var call = Plan.Call(kernel: "cast", function: function, layout: BroadcastLayout.words(inputs: [shape], output: shape), parameters: [])
    call.isMap = true
    plan.operands.append(source)
    let end = Int32(plan.operands.count)
    append(block, .call(call), inputs: end - 1..<end, outputs: target..<target + 1)
  }
}
