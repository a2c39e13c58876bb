import Diagnostics
import TensorCore

/// An activation function: one input and an output of the same dtype and shape.
private func activation(_ name: String, _ kernel: String, in dtypes: DTypeSet, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("features", "T", doc: "The operand.")],
    attrs: [.type("T", in: dtypes, widened: dtypes == .ordered ? .narrow : .halves)],
    outputs: [Pin("activations", "T", doc: "One element for each of `features`.")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: gradient, example: example)
}

/// The gradient of an activation function from the gradient that arrives and either its operand or its result.
private func activationGradient(
  _ name: String, _ kernel: String, from source: String, in dtypes: DTypeSet, doc: String, gradient: Gradient, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [
      Pin("gradients", "T", doc: "The gradient with respect to the activation."),
      Pin(source, "T", doc: source == "outputs" ? "What the activation gave." : "What the activation was given."),
    ],
    attrs: [.type("T", in: dtypes, widened: dtypes == .ordered ? .narrow : .halves)],
    outputs: [Pin("backprops", "T", doc: "The gradient with respect to the activation's operand.")],
    shape: sameShapes, compute: .map(kernel), gradient: gradient, example: example)
}

/// The gradient of a function of one operand from its result `y` and the gradient `dy`.
private func resultGradient(_ name: String, _ kernel: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("y", "T", doc: "What the function gave."), Pin("dy", "T", doc: "The gradient with respect to it.")],
    attrs: [.type("T", in: [.floats, .complex], widened: .halves)],
    outputs: [Pin("z", "T", doc: "The gradient with respect to the function's operand.")],
    shape: sameShapes, compute: .map(kernel), gradient: gradient, example: example)
}

/// Both inputs have one shape, and so has the output.
private let sameShapes: BlockType.ShapeRule = { (context) throws(BlockError) in [try context.requireSameShape(0, 1)] }

let activationTypes: [BlockType] = [
  activation(
    "Relu", "relu", in: .ordered,
    doc: "The larger of `features` and 0, element by element. NaN stays NaN; -0 becomes 0.",
    gradient: .by { g in g.block("ReluGrad", g.dy, g.y) },
    example: """
      <page title="Negative numbers become zero">
        <block id="r" type="Relu"><pin name="features">-1.5 0 2 inf nan</pin></block>
        <expect of="r">0 0 2 inf nan</expect>
      </page>
      """),
  activation(
    "Relu6", "relu6", in: .ordered,
    doc: "`features` cut off at 0 and at 6, element by element. NaN stays NaN; -0 becomes 0.",
    gradient: .by { g in g.block("Relu6Grad", g.dy, g.y) },
    example: """
      <page title="Between 0 and 6">
        <block id="r" type="Relu6"><pin name="features">-1.5 0 2 7 nan</pin></block>
        <expect of="r">0 0 2 6 nan</expect>
      </page>
      """),
  activation(
    "Elu", "elu", in: .floats,
    doc: """
      `features` from 0 on and exp(`features`) - 1 below, element by element. -1 for -inf, NaN stays NaN. At most 2 ULP from the exact \
      result (TensorFlow subtracts 1 from the rounded exponential, which for small numbers loses digits).
      """,
    gradient: .by { g in g.block("EluGrad", g.dy, g.y) },
    example: """
      <page title="Exponential below zero">
        <block id="e" type="Elu"><pin name="features">-inf -1 0 2</pin></block>
        <expect of="e" tolerance="1e-6">-1 -0.63212055 0 2</expect>
      </page>
      """),
  activation(
    "Selu", "selu", in: .floats,
    doc: """
      Elu times 1.0507009873554805, below 0 with the factor 1.7580993408473769, so that activations keep mean 0 and variance 1. At most \
      3 ULP from the exact result.
      """,
    gradient: .by { g in g.block("SeluGrad", g.dy, g.y) },
    example: """
      <page title="Scaled exponential">
        <block id="s" type="Selu"><pin name="features">-inf -2 0 1</pin></block>
        <expect of="s" tolerance="1e-6">-1.7580993 -1.5201665 0 1.050701</expect>
      </page>
      """),
  activation(
    "Softplus", "softplus", in: .floats,
    doc: """
      log(1 + exp(`features`)), element by element, computed as max(x, 0) + log(1 + exp(-|x|)) so that nothing overflows. 0 where the \
      result is smaller than a normal number; NaN stays NaN. At most 2.5 ULP from the exact result.
      """,
    gradient: .by { g in g.dy * g.block("Sigmoid", g[0]) },
    example: """
      <page title="A smooth rectifier">
        <block id="s" type="Softplus"><pin name="features">-inf -2 0 1 100</pin></block>
        <expect of="s" tolerance="1e-6">0 0.126928 0.6931472 1.3132616 100</expect>
      </page>
      """),
  activation(
    "Softsign", "softsign", in: .floats,
    doc: "`features` / (|`features`| + 1), element by element. NaN for infinities and NaN, as in TensorFlow.",
    gradient: .by { g in g.block("SoftsignGrad", g.dy, g[0]) },
    example: """
      <page title="Softsign">
        <block id="s" type="Softsign"><pin name="features">-1 0 1 3</pin></block>
        <expect of="s">-0.5 0 0.5 0.75</expect>
      </page>
      """),
]

let activationGradientTypes: [BlockType] = [
  activationGradient(
    "ReluGrad", "reluGrad", from: "features", in: .ordered,
    doc: """
      The gradient of Relu: `gradients` where `features` is above 0, and 0 elsewhere. As in TensorFlow `gradients` is multiplied by 1 or 0, so \
      that an infinite gradient gives NaN where nothing passes. `features` may also be what Relu gave.
      """,
    gradient: .by({ g in g.block("ReluGrad", g.dy, g[1]) }, { g in g.zeros(like: g[1]) }),
    example: """
      <page title="What a rectifier lets through">
        <block id="g" type="ReluGrad"><pin name="gradients">5 6 7</pin><pin name="features">-1 0 2</pin></block>
        <expect of="g">0 0 7</expect>
      </page>
      """),
  activationGradient(
    "Relu6Grad", "relu6Grad", from: "features", in: .ordered,
    doc: "The gradient of Relu6: `gradients` where `features` is above 0 and below 6, and `gradients` times 0 elsewhere.",
    gradient: .by({ g in g.block("Relu6Grad", g.dy, g[1]) }, { g in g.zeros(like: g[1]) }),
    example: """
      <page title="What a rectifier with two limits lets through">
        <block id="g" type="Relu6Grad"><pin name="gradients">5 6 7</pin><pin name="features">-1 2 6</pin></block>
        <expect of="g">0 6 0</expect>
      </page>
      """),
  activationGradient(
    "EluGrad", "eluGrad", from: "outputs", in: .floats,
    doc: "The gradient of Elu from what Elu gave: `gradients` * (`outputs` + 1) where `outputs` is below 0, `gradients` elsewhere.",
    gradient: .by(
      { g in g.block("EluGrad", g.dy, g[1]) },
      { g in g.block("Where3", g.block("Less", g[1], g.number(0, like: g.y)), g.dy * g[0], g.zeros(like: g[1])) }),
    example: """
      <page title="The gradient of Elu">
        <block id="g" type="EluGrad"><pin name="gradients">2 2 2</pin><pin name="outputs">-1 -0.5 3</pin></block>
        <expect of="g">0 1 2</expect>
      </page>
      """),
  activationGradient(
    "SeluGrad", "seluGrad", from: "outputs", in: .floats,
    doc: """
      The gradient of Selu from what Selu gave: `gradients` * (`outputs` + 1.7580993408473769) where `outputs` is below 0, `gradients` * \
      1.0507009873554805 elsewhere.
      """,
    gradient: .by(
      { g in g.block("SeluGrad", g.dy, g[1]) },
      { g in g.block("Where3", g.block("Less", g[1], g.number(0, like: g.y)), g.dy * g[0], g.zeros(like: g[1])) }),
    example: """
      <page title="The gradient of Selu">
        <block id="g" type="SeluGrad"><pin name="gradients">2 2</pin><pin name="outputs">-1 3</pin></block>
        <expect of="g" tolerance="1e-6">1.5161986 2.101402</expect>
      </page>
      """),
  activationGradient(
    "SoftplusGrad", "softplusGrad", from: "features", in: .floats,
    doc: "The gradient of Softplus: `gradients` / (exp(-`features`) + 1). At most 3 ULP from the exact result.",
    gradient: .by(
      { g in g.block("SoftplusGrad", g.dy, g[1]) },
      { g in g.dy * g[0] / (g.block("Exp", -g[1]) + g.number(2, like: g.y) + g.block("Exp", g[1])) }),
    example: """
      <page title="The gradient of Softplus">
        <block id="g" type="SoftplusGrad"><pin name="gradients">2 1</pin><pin name="features">0 1</pin></block>
        <expect of="g" tolerance="1e-6">1 0.7310586</expect>
      </page>
      """),
  activationGradient(
    "SoftsignGrad", "softsignGrad", from: "features", in: .floats,
    doc: "The gradient of Softsign: `gradients` / (|`features`| + 1)^2.",
    gradient: .by(
      { g in g.block("SoftsignGrad", g.dy, g[1]) },
      { g in
        let size = g.number(1, like: g.y) + g.block("Abs", g[1])
        return -2 * g.dy * g[0] * g.block("Sign", g[1]) / (size * size * size)
      }),
    example: """
      <page title="The gradient of Softsign">
        <block id="g" type="SoftsignGrad"><pin name="gradients">2 8</pin><pin name="features">0 -1</pin></block>
        <expect of="g">2 2</expect>
      </page>
      """),
  resultGradient(
    "SigmoidGrad", "sigmoidGrad",
    doc: "The gradient of Sigmoid from what it gave: `dy` * `y` * (1 - `y`).",
    gradient: .by(
      { g in
        let product = g.dy * g[1]
        return product - 2 * product * g[0]
      }, { g in g.block("SigmoidGrad", g[0], g.dy) }),
    example: """
      <page title="The gradient of Sigmoid">
        <block id="g" type="SigmoidGrad"><pin name="y">0.5 0.25</pin><pin name="dy">4 16</pin></block>
        <expect of="g">1 3</expect>
      </page>
      """),
  resultGradient(
    "TanhGrad", "tanhGrad",
    doc: "The gradient of Tanh from what it gave: `dy` * (1 - `y`^2).",
    gradient: .by({ g in -2 * g.dy * g[1] * g[0] }, { g in g.block("TanhGrad", g[0], g.dy) }),
    example: """
      <page title="The gradient of Tanh">
        <block id="g" type="TanhGrad"><pin name="y">0.5 1</pin><pin name="dy">4 16</pin></block>
        <expect of="g">3 0</expect>
      </page>
      """),
  resultGradient(
    "SqrtGrad", "sqrtGrad",
    doc: "The gradient of Sqrt from what it gave: 0.5 * `dy` / `y`.",
    gradient: .by({ g in -(g.dy / g[0]) * g.y }, { g in 0.5 * (g.dy / g[0]) }),
    example: """
      <page title="The gradient of Sqrt">
        <block id="g" type="SqrtGrad"><pin name="y">2 0</pin><pin name="dy">4 1</pin></block>
        <expect of="g">1 inf</expect>
      </page>
      """),
  resultGradient(
    "RsqrtGrad", "rsqrtGrad",
    doc: "The gradient of Rsqrt from what it gave: -0.5 * `dy` * `y`^3.",
    gradient: .by({ g in -1.5 * g.dy * g[1] * g.block("Square", g[0]) }, { g in g.block("RsqrtGrad", g[0], g.dy) }),
    example: """
      <page title="The gradient of Rsqrt">
        <block id="g" type="RsqrtGrad"><pin name="y">2 1</pin><pin name="dy">4 1</pin></block>
        <expect of="g">-16 -0.5</expect>
      </page>
      """),
  resultGradient(
    "ReciprocalGrad", "reciprocalGrad",
    doc: "The gradient of Reciprocal from what it gave: -`dy` * `y`^2.",
    gradient: .by({ g in -2 * g.dy * g[1] * g[0] }, { g in g.block("ReciprocalGrad", g[0], g.dy) }),
    example: """
      <page title="The gradient of Reciprocal">
        <block id="g" type="ReciprocalGrad"><pin name="y">2 1</pin><pin name="dy">4 1</pin></block>
        <expect of="g">-16 -1</expect>
      </page>
      """),
]
