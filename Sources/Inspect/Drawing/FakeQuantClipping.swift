import Blocks
import Compile
import Run
import TensorCore

/// How much of what FakeQuant blocks get lies outside of their range.
public enum FakeQuantClipping {
  /// For each FakeQuant block that ran: its index and the share of its inputs, from 0 to 1, outside of the nudged range. NaN lies nowhere.
  public static func shares(graph: Graph, report: RunReport) -> [(block: Int, share: Double)] {
    graph.nodes.indices.compactMap { block in
      guard let type = graph.type(ofBlock: block), type.name.hasPrefix("FakeQuant"), !type.name.hasSuffix("Gradient"),
        report.blocks.indices.contains(block), report.blocks[block].state == .ran,
        let inputs: [Float] = operand(graph, report, block, 0)?.elements(), !inputs.isEmpty
      else { return nil }
      let node = graph.nodes[block]
      func attr(_ name: String) -> AttrValue? { zip(type.attrs, node.attrs).first { $0.0.name == name }.flatMap { $0.1 } }
      func number(_ name: String) -> Float? { if case .float(let value) = attr(name) { value } else { nil } }
      let bits: Int = if case .int(let value) = attr("num_bits") { Int(value) } else { 8 }
      guard let lows: [Float] = number("min").map({ [$0] }) ?? operand(graph, report, block, 1)?.elements(),
        let highs: [Float] = number("max").map({ [$0] }) ?? operand(graph, report, block, 2)?.elements(), !lows.isEmpty, lows.count == highs.count,
        (1...16).contains(bits)
      else { return nil }
      let ranges = zip(lows, highs).map { nudged($0, $1, bits: bits, narrow: attr("narrow_range") == .bool(true)) }
      // The channel is the last dimension.
      var outside = 0
      for (index, value) in inputs.enumerated() where value < ranges[index % ranges.count].low || value > ranges[index % ranges.count].high {
        outside += 1
      }
      return (block, Double(outside) / Double(inputs.count))
    }
  }

  /// The range that is quantised to: moved so that 0 is a level.
  static func nudged(_ min: Float, _ max: Float, bits: Int, narrow: Bool) -> (low: Float, high: Float) {
    let bottom: Float = narrow ? 1 : 0
    let top = Float((1 << bits) - 1)
    // An empty range quantises nothing, or everything to one level.
    if min == 0, max == 0 { return (-.infinity, .infinity) }
    let scale = (max - min) / (top - bottom)
    let point = bottom - min / scale
    let zero = point < bottom ? bottom : point > top ? top : point.rounded(.toNearestOrAwayFromZero)
    return ((bottom - zero) * scale, (top - zero) * scale)
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
