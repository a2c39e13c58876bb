import TensorCore

/// A function of one float operand.
private func function(_ name: String, _ kernel: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The operand.")], attrs: [.type("T", in: [.floats, .complex], widened: .halves)],
    outputs: [Pin("y", "T", doc: "One element for each of `x`.")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: gradient, example: example)
}

let trigonometryTypes: [BlockType] = [
  function(
    "Sin", "sin",
    doc: """
      The sine of `x`, an angle in radians, element by element. Angles of any size have a result within the bound: the multiple of π/2 that is taken \
      away has as many digits as it takes. -0 stays -0; NaN for infinities and NaN. At most 1 ULP from the exact result in float and in double. \
      Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Cos", g[0]) },
    example: """
      <page title="Sines, also of a huge angle">
        <block id="s" type="Sin"><pin name="x">0 0.5 -2 1e30 inf</pin></block>
        <expect of="s" tolerance="1e-6">0 0.47942555 -0.9092974 -0.7911634 nan</expect>
      </page>
      """),
  function(
    "Cos", "cos",
    doc: """
      The cosine of `x`, an angle in radians, element by element. Angles of any size have a result within the bound: the multiple of π/2 that is \
      taken away has as many digits as it takes. NaN for infinities and NaN. At most 1 ULP from the exact result in float and in double. Complex \
      results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in -g.dy * g.block("Sin", g[0]) },
    example: """
      <page title="Cosines">
        <block id="c" type="Cos"><pin name="x">0 0.5 -2 1e30 inf</pin></block>
        <expect of="c" tolerance="1e-6">1 0.87758255 -0.41614684 -0.6116048 nan</expect>
      </page>
      """),
  function(
    "Tan", "tan",
    doc: """
      The tangent of `x`, an angle in radians, element by element. Angles of any size have a result within the bound: the multiple of π/2 that is \
      taken away has as many digits as it takes. -0 stays -0; NaN for infinities and NaN. At most 1 ULP from the exact result in float and in \
      double. Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Square", g.block("Reciprocal", g.block("Cos", g[0]))) },
    example: """
      <page title="Tangents">
        <block id="t" type="Tan"><pin name="x">0 0.5 -2 1.5 inf</pin></block>
        <expect of="t" tolerance="1e-6">0 0.5463025 2.1850398 14.10142 nan</expect>
      </page>
      """),
  function(
    "Asin", "asin",
    doc: """
      The angle from -π/2 to π/2 whose sine is `x`, element by element. NaN where `x` is below -1 or above 1, and for NaN; -0 stays -0. At most 1 ULP \
      from the exact result in float and in double. Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Reciprocal", g.block("Sqrt", g.number(1, like: g[0]) - g.block("Square", g[0]))) },
    example: """
      <page title="Angles of sines">
        <block id="a" type="Asin"><pin name="x">0 0.5 -1 2</pin></block>
        <expect of="a" tolerance="1e-6">0 0.5235988 -1.5707964 nan</expect>
      </page>
      """),
  function(
    "Acos", "acos",
    doc: """
      The angle from 0 to π whose cosine is `x`, element by element. NaN where `x` is below -1 or above 1, and for NaN. At most 1 ULP from the exact \
      result in float and in double. Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in -g.dy * g.block("Reciprocal", g.block("Sqrt", g.number(1, like: g[0]) - g.block("Square", g[0]))) },
    example: """
      <page title="Angles of cosines">
        <block id="a" type="Acos"><pin name="x">1 0.5 -1 2</pin></block>
        <expect of="a" tolerance="1e-6">0 1.0471976 3.1415927 nan</expect>
      </page>
      """),
  function(
    "Atan", "atan",
    doc: """
      The angle from -π/2 to π/2 whose tangent is `x`, element by element. ±π/2 for infinities, -0 stays -0, NaN stays NaN. At most 1 ULP from the \
      exact result in float and in double. Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Reciprocal", g.number(1, like: g[0]) + g.block("Square", g[0])) },
    example: """
      <page title="Angles of tangents">
        <block id="a" type="Atan"><pin name="x">0 1 -2 inf</pin></block>
        <expect of="a" tolerance="1e-6">0 0.7853982 -1.1071488 1.5707964</expect>
      </page>
      """),
  BlockType(
    "Atan2",
    doc: """
      The angle from -π to π whose tangent is `x` / `y`, in the quadrant that the signs of both say, element by element, with broadcasting. The names \
      are those of the original: the first operand is the ordinate, what TensorFlow calls y. Zeros and infinities give the multiples of π/4 that IEEE \
      says, with the sign of `x`; NaN in either gives NaN. At most 1 ULP from the exact result in float and in double.
      """,
    inputs: [Pin("x", "T", doc: "The ordinate: how far up the point lies."), Pin("y", "T", doc: "The abscissa: how far to the right.")],
    attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("z", "T", doc: "One angle for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map("atan2"),
    gradient: .by(
      { g in g.summed(g[1] * (g.dy / (g.block("Square", g[1]) + g.block("Square", g[0]))), to: 0) },
      { g in g.summed(-g[0] * (g.dy / (g.block("Square", g[1]) + g.block("Square", g[0]))), to: 1) }),
    example: """
      <page title="The angles of four points">
        <block id="a" type="Atan2"><pin name="x">1 1 -1 0</pin><pin name="y">1 -1 -1 -1</pin></block>
        <expect of="a" tolerance="1e-6">0.7853982 2.3561945 -2.3561945 3.1415927</expect>
      </page>
      """),
  function(
    "Sinh", "sinh",
    doc: """
      The hyperbolic sine of `x`, (exp(`x`) - exp(-`x`)) / 2, element by element. Infinities and what is too large are ±inf, -0 stays -0, NaN stays \
      NaN. At most 1 ULP from the exact result in float and in double. Complex results are within 8 epsilons of their magnitude where the operand \
      is finite.
      """,
    gradient: .by { g in g.dy * g.block("Cosh", g[0]) },
    example: """
      <page title="Hyperbolic sines">
        <block id="s" type="Sinh"><pin name="x">0 1 -2 inf</pin></block>
        <expect of="s" tolerance="1e-6">0 1.1752012 -3.6268604 inf</expect>
      </page>
      """),
  function(
    "Cosh", "cosh",
    doc: """
      The hyperbolic cosine of `x`, (exp(`x`) + exp(-`x`)) / 2, element by element. Infinities and what is too large are inf, NaN stays NaN. At most \
      1 ULP from the exact result in float and in double. Complex results are within 8 epsilons of their magnitude where the operand is finite.
      """,
    gradient: .by { g in g.dy * g.block("Sinh", g[0]) },
    example: """
      <page title="Hyperbolic cosines">
        <block id="c" type="Cosh"><pin name="x">0 1 -2 inf</pin></block>
        <expect of="c" tolerance="1e-6">1 1.5430806 3.7621957 inf</expect>
      </page>
      """),
]
