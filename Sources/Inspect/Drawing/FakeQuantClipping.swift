import Blocks
import Compile
import Run
import TensorCore

/// How much of what FakeQuant blocks get lies outside of their range.
public enum FakeQuantClipping {
  /// For each FakeQuant block that ran: its index and the share of its inputs, from 0 to 1, outside of the nudged range. NaN lies nowhere.
  public static func shares(graph: Graph, report: RunReport) -> [(block: Int, share: Double)] {
    graph.nodes.indices.compactMap { block in
      guard let type = graph.type(ofBlock: block), let function = FakeQuantFunction(type, attrs: graph.nodes[block].attrs), !function.isGradient,
        report.blocks.indices.contains(block), report.blocks[block].state == .ran
      else { return nil }
      let inputs = type.inputs.indices.compactMap { operand(graph, report, block, $0) }
      guard inputs.count == type.inputs.count, let (_, tensor, min, max) = function.operands(inputs),
        let values = tensor.elements(as: Float.self), !values.isEmpty
      else { return nil }
      let ranges = function.ranges(min: min, max: max)
      if ranges.isEmpty { return nil }
      // The channel is the last dimension.
      let outside = values.indices.count { values[$0] < ranges[$0 % ranges.count].low || values[$0] > ranges[$0 % ranges.count].high }
      return (block, Double(outside) / Double(values.count))
    }
  }

  /// What stood in an input pin in the last cycle.
  private static func operand(_ graph: Graph, _ report: RunReport, _ block: Int, _ pin: Int) -> Tensor? {
    guard graph.type(ofBlock: block)?.inputs.indices.contains(pin) == true, let place = graph.operands(ofBlock: block, input: pin).first else {
      return nil
    }
    let value = Int(graph.operands[place])
    if let constant = graph.values[value].constant { return constant }
    let owner = Int(graph.values[value].block)
    guard let type = graph.type(ofBlock: owner), report.blocks.indices.contains(owner) else { return nil }
    for output in type.outputs.indices {
      let values = graph.values(ofBlock: owner, output: output)
      guard values.contains(value), let result = report.blocks[owner].results.first(where: { $0.pin == type.outputs[output].name }) else { continue }
      switch result.value {
      case .tensor(let tensor): return tensor
      case .list(let tensors):
        let member = value - values.lowerBound
        return tensors.indices.contains(member) ? tensors[member] : nil
      }
    }
    return nil
  }
}
