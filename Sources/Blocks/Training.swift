import Diagnostics
import TensorCore

let trainingTypes: [BlockType] = [
  BlockType(
    "ApplyGradientDescent",
    doc: "Gradient descent: `var -= alpha * delta`.",
    inputs: [
      .variable("var", "T", doc: "The variable."), Pin("alpha", "T", doc: "The learning rate, a scalar."),
      Pin("delta", "T", doc: "The gradient, shaped like the variable."),
    ],
    attrs: [.type("T", in: .floats), useLocking],
    outputs: [.newValue("out", "T", of: "var")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(1, 0)
      return [try context.requireSameShape(0, 2)]
    },
    compute: .call("applyGradientDescent"), gradient: .nothing,
    example: """
      <page title="Down the slope of x * x">
        <block id="x" type="Variable"><pin name="initvalues">8</pin></block>
        <block id="two" type="Const"><pin name="val">2</pin></block>
        <block id="rate" type="Const"><pin name="val">0.25</pin></block>
        <block id="slope" type="Multiply"/>
        <block id="step" type="ApplyGradientDescent"/>
        <wire from="x" to="slope.x"/>
        <wire from="two" to="slope.y"/>
        <wire from="x" to="step.var"/>
        <wire from="rate" to="step.alpha"/>
        <wire from="slope" to="step.delta"/>
        <expect of="x" cycle="1">8</expect>
        <expect of="step" cycle="1">4</expect>
        <expect of="step" cycle="3">1</expect>
      </page>
      """)
]

/// Accepted and without effect: updates are never torn.
let useLocking = Attr.bool("use_locking", default: false, doc: "Kept for pages of the original: every update is whole.")
