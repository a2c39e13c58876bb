import Blocks
import Compile
import Diagnostics
import Page
import TensorCore

/// A compiled page in words: its blocks with what flows into them, and its plan.
public struct PlanText {
  private let graph: Graph
  private let plan: Plan?

  public init(_ compilation: Compilation) {
    graph = compilation.graph
    plan = compilation.plan
  }

  /// One row for each block, in page order: type, inputs, outputs with dtype and shape.
  public func blocks(color: Bool = false) -> String {
    var table = TextTable(usesColor: color)
    table.add(["block", "type", "inputs", "outputs"], style: .bold)
    for block in graph.nodes.indices {
      table.add([
        graph.name(ofBlock: block), graph.typeName(ofBlock: block),
        inputs(block).map { "\($0.pin) <- \($0.sources.map(\.text).joined(separator: ", "))" }.joined(separator: "; "),
        outputs(block).map { "\($0.pin): \($0.dtype) \($0.shape)" }.joined(separator: "; "),
      ])
    }
    return table.text
  }

  /// One row for each step in the order of the run: what it computes, from where, to where.
  public func steps(color: Bool = false) -> String {
    guard let plan else { return "" }
    var table = TextTable(usesColor: color)
    table.add(["step", "runs", "block", "kernel", "from", "to"], style: .bold)
    for (index, step) in plan.steps.enumerated() {
      for (position, member) in step.members.enumerated() {
        table.add([
          position == 0 ? String(index) : "", runs(step, plan), graph.name(ofBlock: Int(member.block)), kernel(member),
          member.inputs.map { place(Int(plan.operands[Int($0)])) }.joined(separator: ", "),
          member.outputs.map { place(Int($0)) }.joined(separator: ", "),
        ])
      }
    }
    // A text and the constant that hands it on share their memory.
    var seen = Set<ObjectIdentifier>()
    let constants = plan.slots.reduce(0) { sum, slot in
      guard case .constant(let tensor) = slot.place, seen.insert(ObjectIdentifier(tensor.storage)).inserted else { return sum }
      return sum + tensor.bytes.count
    }
    return table.text
      + "\n\(plan.steps.count) step\(plan.steps.count == 1 ? "" : "s"), arena \(Memory.sizeText(Double(plan.arenaSize))), \(plan.variables.isEmpty ? "" : "variables \(Memory.sizeText(Double(plan.stateSize))), ")constants \(Memory.sizeText(Double(constants)))\n"
  }

  /// Both as JSON.
  public func json(page name: String, diagnostics: [Diagnostic]) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.string("page", name)
    json.beginObject("blocks")
    for block in graph.nodes.indices {
      json.beginObject(graph.name(ofBlock: block))
      json.string("type", graph.typeName(ofBlock: block))
      json.beginObject("inputs")
      for input in inputs(block) {
        json.beginArray(input.pin)
        for source in input.sources {
          json.beginObject()
          json.string("from", source.name)
          json.string("dtype", source.dtype)
          json.string("shape", source.shape)
          json.endObject()
        }
        json.endArray()
      }
      json.endObject()
      json.beginObject("outputs")
      for output in outputs(block) {
        json.beginObject(output.pin)
        json.string("dtype", output.dtype)
        json.string("shape", output.shape)
        json.endObject()
      }
      json.endObject()
      json.endObject()
    }
    json.endObject()
    json.key("plan")
    writePlan(to: &json)
    json.beginArray("diagnostics")
    for diagnostic in diagnostics { diagnostic.write(to: &json) }
    json.endArray()
    json.endObject()
    return json.bytes
  }

  private func writePlan(to json: inout JSONWriter) {
    guard let plan else {
      json.null()
      return
    }
    json.beginObject()
    json.int("arena", plan.arenaSize)
    json.beginArray("steps")
    for (index, step) in plan.steps.enumerated() {
      for member in step.members {
        json.beginObject()
        json.int("step", index)
        json.string("runs", runs(step, plan))
        json.string("block", graph.name(ofBlock: Int(member.block)))
        json.string("kernel", kernel(member))
        json.beginArray("from")
        for operand in member.inputs { json.string(place(Int(plan.operands[Int(operand)]))) }
        json.endArray()
        json.beginArray("to")
        for slot in member.outputs { json.string(place(Int(slot))) }
        json.endArray()
        json.endObject()
      }
    }
    json.endArray()
    json.endObject()
  }

  /// When a step runs: once, in every cycle, or tile by tile.
  private func runs(_ step: Plan.Step, _ plan: Plan) -> String {
    if !step.phases.contains(.cycle) { return step.phases == .show ? "when shown" : "at the start" }
    var words = step.isInvariant && plan.options.optimisations.contains(.fold) ? "once" : "always"
    if step.phases.contains(.start) { words += ", also at the start" }
    if !step.changes.isEmpty, let update = graph.updates.first(where: { $0.block == step.block }) { words += ", " + place(of: update) }
    if case .tiles(let tiles) = step.action { words += ", fused, tiles of \(tiles.tile)" }
    return words
  }

  /// When an update happens, and why.
  private func place(of update: Update) -> String {
    let names = update.variables.map { graph.name(ofBlock: Int($0)) }.joined(separator: ", ")
    if update.isBefore { return "before all readers of \(names)" }
    return "after all readers of \(names), as it depends on \(graph.name(ofBlock: Int(update.reader)))"
  }

  private func kernel(_ step: Plan.Step) -> String {
    switch step.action {
    case .call(let call): call.kernel
    case .tiles: "tiles"
    case .dynamic: graph.type(ofBlock: Int(step.block))?.isAction == true ? "(acts outside)" : "(shapes in the run)"
    case .unfed: "(needs a feed)"
    }
  }

  /// `float [2, 3] @128`: dtype, shape and where it lies.
  private func place(_ slot: Int) -> String {
    guard let plan else { return "" }
    let what = "\(plan.slots[slot].dtype) \(plan.slots[slot].shape)"
    switch plan.slots[slot].place {
    case .nowhere: return what
    case .constant: return what + " const"
    case .arena(let offset): return what + " @\(offset)"
    case .scratch(let offset): return what + " tile @\(offset)"
    case .variable(let offset): return what + " variable @\(offset)"
    case .alias(let target): return what + " = " + place(Int(target))
    case .part(of: let target, at: let offset): return what + " = byte \(offset) of " + place(Int(target))
    case .dynamic: return what + " heap"
    }
  }

  /// What stands in an input pin: a wire or a text.
  private struct Source {
    /// `a.output`, or the text's value.
    var name: String
    var dtype: String
    var shape: String
    var isWire: Bool

    /// A wire with what flows through it.
    var text: String { isWire ? "\(name) \(dtype) \(shape)" : name }
  }

  private func inputs(_ block: Int) -> [(pin: String, sources: [Source])] {
    guard let type = graph.type(ofBlock: block) else { return [] }
    return type.inputs.indices.compactMap { pin in
      let operands = graph.operands(ofBlock: block, input: pin)
      if operands.isEmpty { return nil }
      return (type.inputs[pin].name, operands.map { source(Int(graph.operands[$0])) })
    }
  }

  private func source(_ index: Int) -> Source {
    let value = graph.values[index]
    let wire = graph.reference(toValue: index, alwaysWithPin: true)
    return Source(
      name: wire ?? value.constant.map { TensorText($0, width: 32).values } ?? "text", dtype: value.dtype.name, shape: value.shape.description,
      isWire: wire != nil)
  }

  private func outputs(_ block: Int) -> [(pin: String, dtype: String, shape: String)] {
    guard let type = graph.type(ofBlock: block) else { return [] }
    return type.outputs.indices.flatMap { pin in
      graph.values(ofBlock: block, output: pin).enumerated().map { member, value in
        (
          type.outputs[pin].isList ? "\(type.outputs[pin].name)[\(member)]" : type.outputs[pin].name, graph.values[value].dtype.name,
          graph.values[value].shape.description
        )
      }
    }
  }
}
