import TensorCore

/// A function of one float operand.
private func function(_ name: String, _ kernel: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)], outputs: [Pin("y", "T")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: gradient, example: example)
}

let furtherMathTypes: [BlockType] = [
  function(
    "Expm1", "expm1",
    doc: """
      exp(`x`) - 1, element by element, without the loss of digits that the subtraction would bring near 0. -1 for -inf, -0 stays -0, NaN \
      stays NaN. At most 2 ULP from the exact result. Complex results are within 4 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Exp", g[0]) },
    example: """
      <page title="Expm1">
        <block id="f" type="Expm1"><pin name="x">0 1 -1 -inf inf</pin></block>
        <expect of="f" tolerance="1e-6">0 1.7182819 -0.63212055 -1 inf</expect>
      </page>
      """),
  function(
    "Log1p", "log1p",
    doc: """
      log(1 + `x`), element by element, without the loss of digits that the addition would bring near 0. -inf for -1, NaN below; -0 stays -0, \
      NaN stays NaN. At most 2 ULP from the exact result. Complex results are within 4 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * (1 / (g.number(1, like: g[0]) + g[0])) },
    example: """
      <page title="Log1p">
        <block id="f" type="Log1p"><pin name="x">0 1 -1 -2 inf</pin></block>
        <expect of="f" tolerance="1e-6">0 0.6931472 -inf nan inf</expect>
      </page>
      """),
  function(
    "Reciprocal", "reciprocal",
    doc: """
      1 / `x`, element by element, rounded once. Infinite for 0, with its sign; 0 for infinities. Complex results are within 4 epsilons of their \
      magnitude where the operand is finite.
      """,
    gradient: .by { g in g.block("ReciprocalGrad", g.plainOutput, g.dy) },
    example: """
      <page title="Reciprocal">
        <block id="f" type="Reciprocal"><pin name="x">4 -0.5 0 inf</pin></block>
        <expect of="f">0.25 -2 inf 0</expect>
      </page>
      """),
  function(
    "Rsqrt", "rsqrt",
    doc: """
      1 / sqrt(`x`), element by element: a quotient and a root, each rounded. Infinite for 0, with its sign; NaN below 0. Complex results are \
      within 4 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.block("RsqrtGrad", g.plainOutput, g.dy) },
    example: """
      <page title="Rsqrt">
        <block id="f" type="Rsqrt"><pin name="x">4 0.25 0 -1 inf</pin></block>
        <expect of="f">0.5 2 inf nan 0</expect>
      </page>
      """),
  BlockType(
    "SquaredDifference",
    doc: "(`x` - `y`)^2, element by element, with broadcasting; of complex numbers |`x` - `y`|^2. Integers wrap around on overflow.",
    inputs: [Pin("x", "T", doc: "The left operand."), Pin("y", "T", doc: "The right operand.")],
    attrs: [.type("T", in: [.floats, .indices, .complex], widened: .halves)],
    outputs: [Pin("z", "T", doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map("squaredDifference"),
    // Of complex numbers it is the square of a distance.
    gradient: .by(
      { g in g.summed(2 * g.dy * (g.plain(0) - g.plain(1)), to: 0) }, { g in g.summed(-(2 * g.dy * (g.plain(0) - g.plain(1))), to: 1) }),
    example: """
      <page title="Squared errors">
        <block id="d" type="SquaredDifference"><pin name="x">1 2 3</pin><pin name="y">3</pin></block>
        <expect of="d">4 1 0</expect>
      </page>
      """),
]
