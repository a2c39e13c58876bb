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

/// What flows back through a function whose slope follows from its result: pins `y` and `dy`, one dtype and shape.
private func slope(_ name: String, _ kernel: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("y", "T", doc: "The function's result."), Pin("dy", "T", doc: "The gradient for it.")],
    attrs: [.type("T", in: .floats)],
    outputs: [Pin("z", "T", doc: "The gradient for the function's operand.")],
    shape: { (context) throws(BlockError) in [try context.requireSameShape(0, 1)] },
    compute: .map(kernel), gradient: gradient, example: example)
}

let transcendentalGradients: [BlockType] = [
  slope(
    "TanhGrad", "tanhGradient",
    doc: "The gradient of Tanh, `dy * (1 - y * y)`, element by element.",
    gradient: .by({ g in -2 * g.dy * g[1] * g[0] }, { g in g.block("TanhGrad", g[0], g.dy) }),
    example: """
      <page title="Flat where it is saturated">
        <block id="g" type="TanhGrad"><pin name="y">0 0.5 1</pin><pin name="dy">1 1 1</pin></block>
        <expect of="g">1 0.75 0</expect>
      </page>
      """),
  slope(
    "SigmoidGrad", "sigmoidGradient",
    doc: """
      The gradient of Sigmoid, `dy * (y * (1 - y))`, element by element. TensorFlow computes the last few elements as `(dy * y) * (1 - y)`, \
      which may differ in the last bit.
      """,
    gradient: .by(
      { g in
        let product = g.dy * g[1]
        return product - 2 * product * g[0]
      }, { g in g.block("SigmoidGrad", g[0], g.dy) }),
    example: """
      <page title="Steepest in the middle">
        <block id="g" type="SigmoidGrad"><pin name="y">0 0.5 1</pin><pin name="dy">1 1 1</pin></block>
        <expect of="g">0 0.25 0</expect>
      </page>
      """),
  slope(
    "SqrtGrad", "sqrtGradient",
    doc: """
      The gradient of Sqrt, `dy * (0.5 / y)`, element by element; 0 where `dy` is 0. TensorFlow computes the last few elements as \
      `(dy * 0.5) / y`, which may differ in the last bit.
      """,
    gradient: .by({ g in -(g.dy / g[0]) * g.y }, { g in 0.5 * (g.dy / g[0]) }),
    example: """
      <page title="Ever steeper towards 0">
        <block id="g" type="SqrtGrad"><pin name="y">2 0.5 0 0</pin><pin name="dy">1 1 1 0</pin></block>
        <expect of="g">0.25 1 inf 0</expect>
      </page>
      """),
]
