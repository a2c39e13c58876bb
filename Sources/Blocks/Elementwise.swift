import TensorCore

/// A block of two inputs that are broadcast and one output, all of one dtype.
private func binary(
  _ name: String, _ kernel: String, in dtypes: DTypeSet, widened: DTypeSet = .narrow, faults: BlockType.Faults = .never,
  parameters: BlockType.ParameterRule? = nil, doc: String, gradient: Gradient, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The left operand."), Pin("y", "T", doc: "The right operand.")],
    attrs: [.type("T", in: dtypes, widened: widened)],
    outputs: [Pin("z", "T", doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map(kernel, parameters: parameters), faults: faults, gradient: gradient, example: example)
}

/// For whole quotients: the dtype of 16-bit floats, which are rounded before their fraction is dropped; 0 for all others.
let narrowFloat: BlockType.ParameterRule = { context in
  let dtype = context.narrowDType("T")
  return [DTypeSet.halves.contains(dtype) ? Int64(dtype.rawValue) : 0]
}

/// A block of one input and an output of the same dtype and shape.
private func unary(
  _ name: String, _ kernel: String, in dtypes: DTypeSet, widened: DTypeSet = .halves, doc: String, gradient: Gradient, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The operand.")],
    attrs: [.type("T", in: dtypes, widened: widened)],
    outputs: [Pin("y", "T", doc: "One element for each of `x`.")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: gradient, example: example)
}

private let quotientGradient = Gradient.by(
  { g in g.summed(g.dy / g[1], to: 0) },
  { g in g.summed(g.dy * (-g[0] / g[1] / g[1]), to: 1) })

/// Of Minimum and Maximum: all flows back to `x` where `comparison` holds, else to `y`.
private func chosenGradient(_ comparison: String) -> Gradient {
  .by(
    { g in g.summed(g.block("Where3", g.block(comparison, g[0], g[1]), g.dy, g.zeros(like: g.y)), to: 0) },
    { g in g.summed(g.block("Where3", g.block(comparison, g[0], g[1]), g.zeros(like: g.y), g.dy), to: 1) })
}

/// The dtypes with negative numbers.
private let signed: DTypeSet = [.floats, .indices]
private let narrowSigned: DTypeSet = [.halves, DTypeSet(.int8, .int16)]

let arithmeticTypes: [BlockType] = [
  binary(
    "Add", "add", in: .summable,
    doc: """
      `x + y`, element by element, with broadcasting. Integers wrap around on overflow. The dtypes are those of TensorFlow's \
      AddV2 except string: strings are not joined.
      """,
    gradient: .by({ g in g.summed(g.dy, to: 0) }, { g in g.summed(g.dy, to: 1) }),
    example: """
      <page title="A row is added to every row">
        <block id="m" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <block id="row" type="Const"><pin name="val">10 20 30</pin></block>
        <block id="sum" type="Add"/>
        <wire from="m" to="sum.x"/>
        <wire from="row" to="sum.y"/>
        <expect of="sum" shape="[2, 3]">11 22 33 14 25 36</expect>
      </page>
      """),
  binary(
    "Subtract", "subtract", in: .summable,
    doc: "`x - y`, element by element, with broadcasting. Integers wrap around on overflow, so an unsigned 0 - 1 is the largest number.",
    gradient: .by({ g in g.summed(g.dy, to: 0) }, { g in -g.summed(g.dy, to: 1) }),
    example: """
      <page title="An unsigned difference wraps around">
        <block id="a" type="Const"><pin name="val" dtype="uint8">5 0</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="uint8">1</pin></block>
        <block id="d" type="Subtract"/>
        <wire from="a" to="d.x"/>
        <wire from="b" to="d.y"/>
        <expect of="d">4 255</expect>
      </page>
      """),
  binary(
    "Multiply", "multiply", in: .summable,
    doc: "`x * y`, element by element, with broadcasting. Integers wrap around: the lowest bits of the product are kept.",
    gradient: .by({ g in g.summed(g.dy * g[1], to: 0) }, { g in g.summed(g[0] * g.dy, to: 1) }),
    example: """
      <page title="A column times a row">
        <block id="column" type="Const"><pin name="val">{{1}, {2}}</pin></block>
        <block id="row" type="Const"><pin name="val">1 10 100</pin></block>
        <block id="table" type="Multiply"/>
        <wire from="column" to="table.x"/>
        <wire from="row" to="table.y"/>
        <expect of="table" shape="[2, 3]">1 10 100 2 20 200</expect>
      </page>
      """),
  binary(
    "Div", "divide", in: .summable, faults: .onIntegers,
    doc: """
      `x / y`, element by element, with broadcasting. Integers are rounded toward zero (-7 / 2 is -3), the smallest one divided by -1 \
      stays itself, and a zero among the divisors is an error. Floats follow IEEE 754: 1 / 0 is infinite, 0 / 0 is NaN.
      """,
    gradient: quotientGradient,
    example: """
      <page title="Integers are rounded toward zero">
        <block id="a" type="Const"><pin name="val" dtype="int32">7 -7 7 -7</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="int32">2 2 -2 -2</pin></block>
        <block id="q" type="Div"/>
        <wire from="a" to="q.x"/>
        <wire from="b" to="q.y"/>
        <expect of="q">3 -3 -3 3</expect>
      </page>
      """),
  binary(
    "RealDiv", "divide", in: [.floats, .complex], widened: .halves,
    doc: """
      `x / y` of floats, element by element, with broadcasting, as IEEE 754 has it: 1 / 0 is infinite, 0 / 0 is NaN. For integers see \
      Div and FloorDiv.
      """,
    gradient: quotientGradient,
    example: """
      <page title="Division by zero gives infinities and NaN">
        <block id="a" type="Const"><pin name="val">1 -1 0 3</pin></block>
        <block id="b" type="Const"><pin name="val">0 0 0 4</pin></block>
        <block id="q" type="RealDiv"/>
        <wire from="a" to="q.x"/>
        <wire from="b" to="q.y"/>
        <expect of="q">inf -inf nan 0.75</expect>
      </page>
      """),
  binary(
    "FloorDiv", "floorDivide", in: .ordered, faults: .onIntegers, parameters: narrowFloat,
    doc: """
      `floor(x / y)`, element by element, with broadcasting: -7 by 2 is -4. A zero among integer divisors is an error; the smallest \
      integer divided by -1 stays itself. For floats it is the rounded quotient that is taken down, infinities and NaN are those of the quotient.
      """,
    gradient: .nothing,
    example: """
      <page title="Quotients rounded down">
        <block id="a" type="Const"><pin name="val" dtype="int32">7 -7 7 -7</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="int32">2 2 -2 -2</pin></block>
        <block id="q" type="FloorDiv"/>
        <wire from="a" to="q.x"/>
        <wire from="b" to="q.y"/>
        <expect of="q">3 -4 -4 3</expect>
      </page>
      """),
  binary(
    "Mod", "remainder", in: [.floats, .indices], widened: [], faults: .onIntegers,
    doc: """
      What is left of `x` when it is divided by `y` and the quotient rounded toward zero, element by element, with broadcasting. It has \
      the sign of `x` (-7 by 3 leaves -1) and is exact for floats too. A zero among integer divisors is an error; for floats the \
      remainder by zero, and of an infinity, is NaN; by an infinity it is `x`.
      """,
    gradient: .by({ g in g.summed(g.dy, to: 0) }, { g in g.summed(g.dy * ((g.y - g[0]) / g[1]), to: 1) }),
    example: """
      <page title="Remainders have the sign of x">
        <block id="a" type="Const"><pin name="val">7 -7 7.5 -0.5 1e30</pin></block>
        <block id="b" type="Const"><pin name="val">3 3 -2 inf 7</pin></block>
        <block id="r" type="Mod"/>
        <wire from="a" to="r.x"/>
        <wire from="b" to="r.y"/>
        <expect of="r">1 -1 1.5 -0.5 1</expect>
      </page>
      """),
  binary(
    "Minimum", "minimum", in: .ordered,
    doc: """
      The smaller of `x` and `y`, element by element, with broadcasting. A NaN in either operand is the result (that of `x` when \
      both are). -0 counts as smaller than 0; TensorFlow gives one or the other, depending on the element's place.
      """,
    gradient: chosenGradient("LessEqual"),
    example: """
      <page title="The smaller of two">
        <block id="a" type="Const"><pin name="val">1 -2 nan 4</pin></block>
        <block id="limit" type="Const"><pin name="val">3</pin></block>
        <block id="low" type="Minimum"/>
        <wire from="a" to="low.x"/>
        <wire from="limit" to="low.y"/>
        <expect of="low">1 -2 nan 3</expect>
      </page>
      """),
  binary(
    "Maximum", "maximum", in: .ordered,
    doc: """
      The larger of `x` and `y`, element by element, with broadcasting. A NaN in either operand is the result (that of `x` when \
      both are). 0 counts as larger than -0; TensorFlow gives one or the other, depending on the element's place.
      """,
    gradient: chosenGradient("GreaterEqual"),
    example: """
      <page title="Negative numbers become zero">
        <block id="a" type="Const"><pin name="val" dtype="int32">1 -2 7</pin></block>
        <block id="zero" type="Const"><pin name="val" dtype="int32">0</pin></block>
        <block id="high" type="Maximum"/>
        <wire from="a" to="high.x"/>
        <wire from="zero" to="high.y"/>
        <expect of="high">1 0 7</expect>
      </page>
      """),
  unary(
    "Negate", "negate", in: [signed, .complex], widened: narrowSigned,
    doc: "`-x`, element by element. The smallest integer stays itself; of floats only the sign changes, of NaN and 0 too.",
    gradient: .by { g in -g.dy },
    example: """
      <page title="Signs change">
        <block id="a" type="Const"><pin name="val" dtype="int8">1 -2 -128</pin></block>
        <block id="n" type="Negate"/>
        <wire from="a" to="n.x"/>
        <expect of="n">-1 2 -128</expect>
      </page>
      """),
  unary(
    "Abs", "abs", in: signed, widened: narrowSigned,
    doc: """
      The magnitude of `x`, element by element. The smallest integer has none and stays itself; of floats the sign is dropped, of NaN \
      and -0 too.
      """,
    gradient: .by { g in g.dy * g.block("Sign", g[0]) },
    example: """
      <page title="Magnitudes">
        <block id="a" type="Const"><pin name="val">-1.5 2 -inf</pin></block>
        <block id="m" type="Abs"/>
        <wire from="a" to="m.x"/>
        <expect of="m">1.5 2 inf</expect>
      </page>
      """),
  unary(
    "Sign", "sign", in: [signed, .complex], widened: narrowSigned,
    doc: "-1, 0 or 1 as `x` is negative, zero or positive, element by element. It is 0 for -0 and NaN for NaN.",
    gradient: .by { g in g.zeros(like: g[0]) },
    example: """
      <page title="Signs">
        <block id="a" type="Const"><pin name="val">-0.25 0 3 nan</pin></block>
        <block id="s" type="Sign"/>
        <wire from="a" to="s.x"/>
        <expect of="s">-1 0 1 nan</expect>
      </page>
      """),
  unary(
    "Square", "square", in: .summable, widened: .narrow,
    doc: "`x * x`, element by element. Integers wrap around on overflow.",
    gradient: .by { g in g.dy * (2 * g[0]) },
    example: """
      <page title="Squares">
        <block id="a" type="Const"><pin name="val" dtype="int32">3 -4 65536</pin></block>
        <block id="s" type="Square"/>
        <wire from="a" to="s.x"/>
        <expect of="s">9 16 0</expect>
      </page>
      """),
]

let roundingTypes: [BlockType] = [
  unary(
    "Floor", "floor", in: .floats,
    doc: "The largest integer not above `x`, element by element, as a float. -0, infinities and NaN stay.",
    gradient: .nothing,
    example: """
      <page title="Rounded down">
        <block id="a" type="Const"><pin name="val">1.5 -1.5 -0.25 2 16777217</pin></block>
        <block id="f" type="Floor"/>
        <wire from="a" to="f.x"/>
        <expect of="f">1 -2 -1 2 16777216</expect>
      </page>
      """),
  unary(
    "Ceil", "ceil", in: .floats,
    doc: "The smallest integer not below `x`, element by element, as a float. What lies between -1 and 0 becomes -0; infinities and NaN stay.",
    gradient: .nothing,
    example: """
      <page title="Rounded up">
        <block id="a" type="Const"><pin name="val">1.5 -1.5 0.25 2 inf</pin></block>
        <block id="c" type="Ceil"/>
        <wire from="a" to="c.x"/>
        <expect of="c">2 -1 1 2 inf</expect>
      </page>
      """),
  unary(
    "Round", "round", in: [.floats, .indices],
    doc: """
      The nearest integer, element by element, as a number of the same dtype; of two that are equally near, the even one. A negative \
      number that rounds to zero becomes -0; infinities and NaN stay. Integers stay as they are (TensorFlow's own kernel returns \
      zeros for them; its Python function does what is done here).
      """,
    gradient: .nothing,
    example: """
      <page title="Halves go to the even neighbour">
        <block id="a" type="Const"><pin name="val">0.5 1.5 2.5 -1.5 2.4 2.6</pin></block>
        <block id="r" type="Round"/>
        <wire from="a" to="r.x"/>
        <expect of="r">0 2 2 -2 2 3</expect>
      </page>
      """),
]
