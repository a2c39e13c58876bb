import TensorCore

let transcendentalTypes: [BlockType] = [
  BlockType(
    "Exp",
    doc: """
      e to the power of `x`, element by element. inf for what is too large, 0 for what is smaller than a normal number, \
      exp(-inf) = 0, NaN stays NaN. At most 1 ULP from the exact result in float and in double. Complex results are within 4 epsilons of their \
      magnitude where the operand is finite.
      """,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map("exp"),
    gradient: .by { g in g.dy * g.y },
    example: """
      <page title="Exponentials">
        <block id="x" type="Const"><pin name="val">0 1 -1 -inf inf</pin></block>
        <block id="exp" type="Exp"/>
        <wire from="x" to="exp.x"/>
        <expect of="exp.y" tolerance="1e-6">1 2.7182817 0.36787945 0 inf</expect>
      </page>
      """),
  BlockType(
    "Log",
    doc: """
      The natural logarithm of `x`, element by element. log(0) = log(-0) = -inf, log(inf) = inf; below 0, and for NaN, the result is \
      NaN. Subnormal numbers count as 0 (TensorFlow 2.21 gives -103.97 for those of float). At most 1 ULP from the exact result in float and \
      in double. Complex results are within 4 epsilons of their magnitude where the operand is finite. The cut of complex logarithms is the \
      negative real axis, where the sign of the imaginary zero decides.
      """,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map("log"),
    gradient: .by { g in g.dy * (1 / g[0]) },
    example: """
      <page title="Logarithms">
        <block id="x" type="Const"><pin name="val">1 10 0 -1 inf</pin></block>
        <block id="log" type="Log"/>
        <wire from="x" to="log.x"/>
        <expect of="log.y" tolerance="1e-6">0 2.3025851 -inf nan inf</expect>
      </page>
      """),
  BlockType(
    "Tanh",
    doc: """
      The hyperbolic tangent of `x`, element by element: (exp(2x) - 1) / (exp(2x) + 1). ±1 for ±inf, -0 stays -0, NaN stays NaN. At most \
      1.5 ULP from the exact result in float and in double. Complex results are within 4 epsilons of their magnitude where the operand is finite.
      """,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map("tanh"),
    gradient: .by { g in g.block("TanhGrad", g.y, g.dy) },
    example: """
      <page title="Hyperbolic tangents">
        <block id="x" type="Const"><pin name="val">0 0.5 -2 inf</pin></block>
        <block id="tanh" type="Tanh"/>
        <wire from="x" to="tanh.x"/>
        <expect of="tanh.y" tolerance="1e-6">0 0.46211716 -0.9640276 1</expect>
      </page>
      """),
  BlockType(
    "Sigmoid",
    doc: """
      The logistic function 1 / (1 + exp(-`x`)), element by element. 0 for -inf, 1 for inf, and where the result is smaller than a \
      normal number; NaN stays NaN. At most 1.5 ULP from the exact result in float and in double. Complex results are within 4 epsilons of their \
      magnitude where the operand is finite.
      """,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map("sigmoid"),
    gradient: .by { g in g.block("SigmoidGrad", g.y, g.dy) },
    example: """
      <page title="The logistic function">
        <block id="x" type="Const"><pin name="val">0 1 -1 -inf inf</pin></block>
        <block id="sigmoid" type="Sigmoid"/>
        <wire from="x" to="sigmoid.x"/>
        <expect of="sigmoid.y" tolerance="1e-6">0.5 0.7310586 0.26894143 0 1</expect>
      </page>
      """),
  BlockType(
    "Sqrt",
    doc: """
      The square root of `x`, element by element, rounded once as IEEE says. sqrt(-0) = -0; below 0, and for NaN, the result is NaN. \
      Subnormal numbers count as 0, as in TensorFlow. Complex results are within 4 epsilons of their magnitude where the operand is finite. The \
      complex root is the one to the right of 0; below 0 the sign of the imaginary zero decides.
      """,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map("sqrt"),
    gradient: .by { g in g.block("SqrtGrad", g.plainOutput, g.dy) },
    example: """
      <page title="Square roots">
        <block id="x" type="Const"><pin name="val">4 2 0 -1 inf</pin></block>
        <block id="sqrt" type="Sqrt"/>
        <wire from="x" to="sqrt.x"/>
        <expect of="sqrt.y">2 1.4142135 0 nan inf</expect>
      </page>
      """),
]
