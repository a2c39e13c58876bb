import Blocks
import Compile
import TensorCore

/// Why results have their dtypes and shapes, as far as the block's entry tells.
struct ShapeReasons {
  private let graph: Graph
  private let block: Int
  private let type: BlockType?

  init(_ graph: Graph, _ block: Int) {
    self.graph = graph
    self.block = block
    type = graph.type(ofBlock: block)
  }

  func dtype(output pin: Int, member: Int) -> String {
    guard let type else { return "" }
    switch type.outputElements[pin] {
    case .fixed(let dtype): return "always \(dtype)"
    case .any: return "what arrives"
    case .variable(let attr):
      let name = type.attrs[attr].name
      let inputs = type.inputs.indices.filter { pin in
        if case .variable(attr) = type.inputElements[pin] { !graph.operands(ofBlock: block, input: pin).isEmpty } else { false }
      }
      if type.attrs[attr].isWritten, inputs.isEmpty { return "the attr `\(name)`" }
      return inputs.isEmpty ? "`\(name)`, which nothing decides" : "that of " + list(inputs)
    }
  }

  func shape(_ shape: PartialShape, of value: Int) -> String {
    guard let type else { return "" }
    let inputs = type.inputs.indices.filter { pin in
      !type.inputs[pin].isOperation && graph.operands(ofBlock: block, input: pin).contains { index in graph.operands[index] != Int32(value) }
    }
    if inputs.isEmpty { return "as \(type.name) has it" }
    if shape.known == nil { return "only known in the run" }
    let settings = inputs.filter { type.inputs[$0].isSetting }
    let tensors = inputs.filter { !type.inputs[$0].isSetting }
    let same = tensors.filter { shapes($0) == [shape] }
    if case .map = type.compute { return same.isEmpty ? list(tensors, withShapes: true) + " broadcast" : "that of " + list(same) }
    // Two inputs of one rank may decide together, as those of MatMul do.
    let rank = shape.rank ?? 0
    if settings.isEmpty, same.count == 1, tensors.count(where: { shapes($0).contains { $0.rank ?? .max >= rank } }) == 1 {
      return "that of " + list(same)
    }
    var text = "\(type.name) of " + list(tensors.isEmpty ? inputs : tensors, withShapes: true)
    for pin in tensors.isEmpty ? [] : settings {
      let constant = graph.operands(ofBlock: block, input: pin).first.flatMap { graph.values[Int(graph.operands[$0])].constant }
      text += ", `\(type.inputs[pin].name)`" + (constant.map { " " + TensorText($0, width: 32).values } ?? "")
    }
    return text
  }

  private func shapes(_ pin: Int) -> [PartialShape] {
    graph.operands(ofBlock: block, input: pin).map { graph.values[Int(graph.operands[$0])].shape }
  }

  /// `x` and `y`, with shapes `x` [2] and `y` [].
  private func list(_ pins: [Int], withShapes: Bool = false) -> String {
    let names = pins.map { pin in
      "`\(type?.inputs[pin].name ?? "")`" + (withShapes ? " " + shapes(pin).map(\.description).joined(separator: " ") : "")
    }
    return names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}

/// What the plan made of a block.
struct PlanState {
  var sentence: String
  var fusedWith: [String] = []

  init(_ compilation: Compilation, _ block: Int) {
    let graph = compilation.graph
    guard let plan = compilation.plan else {
      sentence = "there is no plan: the page has errors"
      return
    }
    guard let type = graph.type(ofBlock: block), plan.isReached[block] else {
      sentence = "no session reaches it, so it does not run"
      return
    }
    let folds = plan.options.optimisations.contains(.fold)
    for (index, step) in plan.steps.enumerated() {
      guard let member = step.members.first(where: { $0.block == block }) else { continue }
      fusedWith = step.members.filter { $0.block != block }.map { graph.name(ofBlock: Int($0.block)) }
      sentence = "step \(index + 1) of \(plan.steps.count): \(PlanState.kernel(member, type))"
      if case .tiles(let tiles) = step.action { sentence += ", fused, \(tiles.tile) elements at a time" }
      if !step.phases.contains(.cycle) {
        sentence += step.phases == .show ? ", in cycles that are looked at" : ", once before the first cycle"
      } else if step.isInvariant, folds {
        sentence += ", folded: it depends on constants only and runs in the first cycle"
      } else {
        sentence += ", in every cycle"
      }
      return
    }
    sentence = PlanState.withoutStep(graph, plan, type, block)
  }

  private static func kernel(_ step: Plan.Step, _ type: BlockType) -> String {
    switch step.action {
    case .call(let call): "kernel \(call.kernel)"
    case .tiles: "a group"
    case .dynamic: type.isAction ? "it acts outside" : "shapes are found in the run"
    case .unfed: "it needs a feed"
    }
  }

  private static func withoutStep(_ graph: Graph, _ plan: Plan, _ type: BlockType, _ block: Int) -> String {
    guard let value = graph.nodes[block].outputs.first.map(Int.init) else { return "it takes no step" }
    switch plan.slots[value].place {
    case .constant: return graph.values[value].isFed ? "no step: it was fed" : "no step: a constant, known before the run"
    case .variable: return "no step: a variable, whose memory lasts from cycle to cycle"
    case .part(of: let target, at: let offset):
      let source = name(graph, Int(graph.values[Int(target)].block), Int(target))
      return "no step: it shows a part of the memory of \(source), from byte \(offset) on"
    case .alias(let target):
      let owner = Int(graph.values[Int(target)].block)
      if type.isView { return "no step: it shows the memory of \(name(graph, owner, Int(target)))" }
      if type.role == .variable { return "no step: a variable, whose memory lasts from cycle to cycle" }
      return owner == block ? "no step" : "no step of its own: it is shared with \(name(graph, owner, Int(target))), which computes the same"
    case .arena, .scratch, .dynamic, .nowhere: return "no step"
    }
  }

  private static func name(_ graph: Graph, _ owner: Int, _ value: Int) -> String {
    graph.reference(toValue: value, alwaysWithPin: true) ?? "its own text"
  }
}
