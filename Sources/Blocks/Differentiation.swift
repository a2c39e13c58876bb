import Diagnostics
import TensorCore

let differentiationTypes: [BlockType] = [
  BlockType(
    "AddSymbolicGradients", role: .gradients,
    doc: """
      The gradients of the sum of all elements of `outputs` for each of `inputs`: `grad_outputs[i]` belongs to the i-th wire into `inputs` \
      and has its dtype and shape. It stands for blocks that are added between it and the rest of the page, named `ID/block/type` after it, \
      the block that is differentiated, and their type; they are shown and run like any other. float and double can be differentiated. \
      Nothing flows back through integers and bool, through axes, indices and comparisons, and through StopGradient; a block without a gradient on the \
      way from `inputs` to `outputs` is an error, and so is an input that the outputs do not depend on.
      """,
    inputs: [
      .anyList("outputs", doc: "What is differentiated, such as a loss."),
      .anyList("inputs", doc: "What it is differentiated by, such as the weights."),
    ],
    outputs: [.anyList("grad_outputs", doc: "A gradient for each of `inputs`.")],
    outputCount: "inputs",
    // The compiler hands it the gradients behind what is wired to its pins.
    shape: { (context) throws(BlockError) in context.inputs[(context.pins.last?.upperBound ?? 0)...].map(\.shape) },
    compute: .view,
    gradient: .whole { g in g.inputs.dropLast(g.outputs.count).map { _ in nil } + g.upstreams },
    example: """
      <page title="The gradient of a sum of squares">
        <block id="x" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="squares" type="Square"/>
        <block id="loss" type="Sum"><pin name="axis" dtype="int32">0</pin></block>
        <block id="slope" type="AddSymbolicGradients"/>
        <wire from="x" to="squares.x"/>
        <wire from="squares" to="loss.input"/>
        <wire from="loss" to="slope.outputs"/>
        <wire from="x" to="slope.inputs"/>
        <expect of="slope.grad_outputs[0]" shape="[3]">2 4 6</expect>
      </page>
      """)
]

let gradientStops: [BlockType] = [
  BlockType(
    "BroadcastAxes",
    doc: """
      The axes along which `x` is repeated when it is broadcast with `y`, numbered as in the result. Gradients are summed over them where \
      the shapes are not known before the run.
      """,
    inputs: [Pin("x", "T", doc: "Only its shape counts."), Pin("y", "U", doc: "Only its shape counts.")],
    attrs: [.type("T", in: .all), .type("U", in: .all)],
    outputs: [Pin("output", .int32)],
    shape: { (context) throws(BlockError) in [PartialShape([try broadcastAxes(context)?.count ?? -1])] },
    compute: .value { (context) throws(BlockError) in
      guard let tensor = Tensor(try (broadcastAxes(context) ?? []).map { Int32($0) }) else {
        throw BlockError(.outOfMemory, "no memory for the result")
      }
      return tensor
    },
    gradient: .nothing,
    example: """
      <page title="A row is repeated along the first axis">
        <block id="row" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="table" type="Const"><pin name="val" shape="[2, 3]">0</pin></block>
        <block id="axes" type="BroadcastAxes"/>
        <wire from="row" to="axes.x"/>
        <wire from="table" to="axes.y"/>
        <expect of="axes">0</expect>
      </page>
      """),
  BlockType(
    "StopGradient",
    doc: "Hands its input on, unchanged and without a copy. To AddSymbolicGradients it is a constant: nothing flows back through it.",
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all)],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .view, gradient: .nothing,
    example: """
      <page title="x * x, differentiated by one of its factors only">
        <block id="x" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="fixed" type="StopGradient"/>
        <block id="product" type="Multiply"/>
        <block id="slope" type="AddSymbolicGradients"/>
        <wire from="x" to="fixed"/>
        <wire from="x" to="product.x"/>
        <wire from="fixed" to="product.y"/>
        <wire from="product" to="slope.outputs"/>
        <wire from="x" to="slope.inputs"/>
        <expect of="slope.grad_outputs[0]">1 2 3</expect>
      </page>
      """),
  BlockType(
    "PreventGradient",
    doc: """
      Hands its input on, unchanged and without a copy. It is an error to differentiate through it: an AddSymbolicGradients whose way back \
      leads here says `message`.
      """,
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all), .string("message", default: "", doc: "Why it cannot be differentiated.")],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .by { g in
      var message = "lets no gradient through"
      if case .string(let text)? = g.rules.attr("message"), !text.isEmpty { message += ": \(text)" }
      return g.fail(BlockError(.noGradient, message))
    },
    example: """
      <page title="As long as nobody differentiates it">
        <block id="x" type="PreventGradient"><pin name="input">1 2 3</pin><attrs message="this is data"/></block>
        <expect of="x">1 2 3</expect>
      </page>
      """),
]

/// Nil while the shapes are not known.
private func broadcastAxes(_ context: RuleContext) throws(BlockError) -> [Int]? {
  guard let full = try Shapes.broadcast(context).first?.known, let mine = context.shape(0).known else { return nil }
  return repeatedAxes(of: mine, in: full)
}
