import Diagnostics
import TensorCore

// Powers, the divisions that Div, FloorDiv and Mod leave, tests of floats, and numbers in a row.

/// A block of two inputs that are broadcast and one output, all of one dtype.
private func binary(
  _ name: String, _ kernel: String, in dtypes: DTypeSet, widened: DTypeSet = [], faults: BlockType.Faults = .onIntegers,
  parameters: BlockType.ParameterRule? = nil, doc: String, gradient: Gradient, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The left operand."), Pin("y", "T", doc: "The right operand.")],
    attrs: [.type("T", in: dtypes, widened: widened)],
    outputs: [Pin("z", "T", doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map(kernel, parameters: parameters), faults: faults, gradient: gradient, example: example)
}

/// A truth about each float.
private func test(_ name: String, _ kernel: String, doc: String, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The operand.")], attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("y", .bool, doc: "Whether it holds, for each element of `x`.")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: .nothing, example: example)
}

let powerAndRemainderTypes: [BlockType] = [
  binary(
    "Pow", "power", in: [.floats, .indices, .complex], widened: [.halves, DTypeSet(.int8, .int16)],
    doc: """
      `x` to the power of `y`, element by element, with broadcasting. Integers wrap around on overflow, 0 to the power of 0 is 1, and a negative exponent \
      is an error. For floats anything to the power of 0 is 1, and so is 1 to any power, NaN too; a negative number to the power of what is no integer is \
      NaN. At most 1 ULP from the exact result in float and in double.
      """,
    gradient: .by(
      { g in g.summed(g.dy * g[1] * g.block("Pow", g[0], g[1] - g.number(1, like: g[1])), to: 0) },
      { g in g.summed(g.dy * g.y * logarithmOfPositive(g), to: 1) }),
    example: """
      <page title="Powers">
        <block id="p" type="Pow"><pin name="x">2 9 -3 0</pin><pin name="y">10 0.5 3 0</pin></block>
        <block id="i" type="Pow"><pin name="x" dtype="int32">3 -2 10</pin><pin name="y" dtype="int32">4 3 9</pin></block>
        <expect of="p" tolerance="1e-6">1024 3 -27 1</expect>
        <expect of="i">81 -8 1000000000</expect>
      </page>
      """),
  binary(
    "FloorMod", "floorRemainder", in: .ordered, widened: .narrow,
    doc: """
      What is left of `x` when it is divided by `y` and the quotient rounded down, element by element, with broadcasting. It has the sign of `y`: -7 by 3 \
      leaves 2. A zero among integer divisors is an error; for floats the remainder by zero, and of an infinity, is NaN; by an infinity it is `x`, or that \
      infinity where the signs differ.
      """,
    gradient: .by({ g in g.summed(g.dy, to: 0) }, { g in g.summed(g.dy * -g.block("FloorDiv", g[0], g[1]), to: 1) }),
    example: """
      <page title="Remainders have the sign of y">
        <block id="r" type="FloorMod"><pin name="x">7 -7 7 -7</pin><pin name="y">3 3 -3 -3</pin></block>
        <expect of="r">1 2 -2 -1</expect>
      </page>
      """),
  binary(
    "TruncateDiv", "truncateDivide", in: .ordered, widened: .narrow, parameters: narrowFloat,
    doc: """
      `x / y` rounded toward zero, element by element, with broadcasting: -7 by 2 is -3. A zero among integer divisors is an error; the smallest integer \
      divided by -1 stays itself. For floats it is the rounded quotient that loses its fraction; infinities and NaN are those of the quotient.
      """,
    gradient: .nothing,
    example: """
      <page title="Quotients rounded toward zero">
        <block id="q" type="TruncateDiv"><pin name="x">7 -7 1</pin><pin name="y">2 2 0</pin></block>
        <expect of="q">3 -3 inf</expect>
      </page>
      """),
  binary(
    "TruncateMod", "remainder", in: [.floats, .indices],
    doc: """
      What is left of `x` when it is divided by `y` and the quotient rounded toward zero, element by element, with broadcasting: the same as Mod. It has the \
      sign of `x` and is exact for floats too. A zero among integer divisors is an error; for floats the remainder by zero, and of an infinity, is NaN.
      """,
    gradient: .by({ g in g.summed(g.dy, to: 0) }, { g in g.summed(g.dy * ((g.y - g[0]) / g[1]), to: 1) }),
    example: """
      <page title="Remainders have the sign of x">
        <block id="r" type="TruncateMod"><pin name="x" dtype="int32">7 -7 7 -7</pin><pin name="y" dtype="int32">3 3 -3 -3</pin></block>
        <expect of="r">1 -1 1 -1</expect>
      </page>
      """),
  BlockType(
    "Rint",
    doc: """
      The nearest integer, element by element, as a float; of two that are equally near, the even one. A negative number that rounds to zero becomes -0; \
      infinities and NaN stay.
      """,
    inputs: [Pin("x", "T", doc: "The operand.")], attrs: [.type("T", in: .floats)],
    outputs: [Pin("y", "T", doc: "One element for each of `x`.")],
    shape: Shapes.sameAsInput, compute: .map("round"), gradient: .nothing,
    example: """
      <page title="Halves go to the even neighbour">
        <block id="r" type="Rint"><pin name="x">0.5 1.5 2.5 -1.5 2.4</pin></block>
        <expect of="r">0 2 2 -2 2</expect>
      </page>
      """),
  test(
    "IsInf", "isInfinite",
    doc: "Whether `x` is infinite, of either sign, element by element.",
    example: """
      <page title="Which are infinite">
        <block id="t" type="IsInf"><pin name="x">1 inf -inf nan</pin></block>
        <expect of="t">false true true false</expect>
      </page>
      """),
  test(
    "IsNan", "isNaN",
    doc: "Whether `x` is not a number, element by element.",
    example: """
      <page title="Which are no numbers">
        <block id="t" type="IsNan"><pin name="x">1 inf -inf nan</pin></block>
        <expect of="t">false false false true</expect>
      </page>
      """),
  test(
    "IsFinite", "isFinite",
    doc: "Whether `x` is neither infinite nor NaN, element by element.",
    example: """
      <page title="Which are finite">
        <block id="t" type="IsFinite"><pin name="x">1 inf -inf nan</pin></block>
        <expect of="t">true false false false</expect>
      </page>
      """),
  BlockType(
    "ApproximateEqual",
    doc: """
      Whether `x` and `y` differ by no more than `tolerance`, element by element. They must have one shape. Equal infinities differ by NaN, which is no more \
      within the tolerance than any NaN.
      """,
    inputs: [Pin("x", "T", doc: "The left operand."), Pin("y", "T", doc: "The right operand.")],
    attrs: [.type("T", in: .floats), .float("tolerance", default: 1e-5, doc: "The greatest difference.")],
    outputs: [Pin("z", .bool, doc: "Whether it holds, for each pair of elements.")],
    shape: { (context) throws(BlockError) in [try context.requireSameShape(0, 1)] },
    compute: .map("approximatelyEqual", parameters: { (context) throws(BlockError) in [Int64(context.float("tolerance").bitPattern)] }),
    gradient: .nothing,
    example: """
      <page title="Near enough">
        <block id="n" type="ApproximateEqual"><pin name="x">1 2 3</pin><pin name="y">1.05 2.2 3</pin><attrs tolerance="0.1"/></block>
        <expect of="n">true false true</expect>
      </page>
      """),
  BlockType(
    "LinSpace",
    doc: """
      `num` numbers at equal distances from `start` to `stop`, both included: `start` + i (`stop` - `start`) / (`num` - 1), the last one `stop` itself. One \
      number is `start`.
      """,
    inputs: [
      Pin("start", "T", doc: "A scalar: the first number."), Pin("stop", "T", doc: "A scalar: the last number.", spellings: ["Input"]),
      Pin("num", "Tidx", doc: "A scalar: how many, at least 1.", setting: true),
    ],
    attrs: [.type("T", in: .floats), .type("Tidx", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: linSpaceShape, compute: .call("linSpace"), gradient: .nothing,
    example: """
      <page title="Quarters">
        <block id="q" type="LinSpace"><pin name="start">0</pin><pin name="stop">1</pin><pin name="num" dtype="int32">5</pin></block>
        <expect of="q">0 0.25 0.5 0.75 1</expect>
      </page>
      """),
  BlockType(
    "Range",
    doc: """
      The numbers `start`, `start` + `delta`, `start` + 2 `delta` … before `limit`, which is not among them. A negative `delta` counts down. A `delta` of 0, \
      and a `limit` on the other side, are errors; where `start` is `limit` there are none.
      """,
    inputs: [
      Pin("start", "Tidx", doc: "A scalar: the first number.", setting: true),
      Pin("limit", "Tidx", doc: "A scalar: where it ends.", setting: true),
      Pin("delta", "Tidx", doc: "A scalar: the step.", setting: true),
    ],
    attrs: [.type("Tidx", in: [.allFloats, .indices], default: .int32)],
    outputs: [Pin("output", "Tidx")],
    shape: rangeShape, compute: .call("range"), gradient: .nothing,
    example: """
      <page title="Up and down">
        <block id="up" type="Range">
          <pin name="start" dtype="int32">3</pin><pin name="limit" dtype="int32">18</pin><pin name="delta" dtype="int32">5</pin>
        </block>
        <block id="down" type="Range">
          <pin name="start" dtype="float">1</pin><pin name="limit" dtype="float">0</pin><pin name="delta" dtype="float">-0.25</pin>
        </block>
        <expect of="up">3 8 13</expect>
        <expect of="down">1 0.75 0.5 0.25</expect>
      </page>
      """),
]

/// log(x) where x is above 0, elsewhere 0, so that 0 to the power of 0 has a slope.
private func logarithmOfPositive(_ g: GradientContext) -> GradientValue {
  // Complex numbers have a logarithm all round 0.
  let isPositive = g.block(g[0].dtype.isComplex ? "NotEqual" : "Greater", g[0], g.number(0, like: g[0]))
  let logarithm = g.block("Log", g.block("Where3", isPositive, g[0], g.ones(like: g[0])))
  return g.block("Where3", isPositive, logarithm, g.zeros(like: g[0]))
}

private func linSpaceShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 0)
  try context.requireRank(1, 0)
  guard let count = try context.scalar(2) else { return [PartialShape([-1])] }
  if count < 1 { throw BlockError(.badValue, "`num` is \(count)", input: 2, fix: "give 1 or more") }
  return [try context.checked([count])]
}

private func rangeShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  for pin in 0...2 {
    // A vector of one number counts as that number, as in TensorFlow.
    try context.requireRank(pin, 0...1)
    if let count = context.shape(pin).known?.count, count != 1 {
      throw BlockError(.shapeMismatch, "`\(context.type.inputs[pin].name)` has \(count) elements", input: pin, fix: "give one number")
    }
  }
  guard let start = context.value(0), let limit = context.value(1), let delta = context.value(2) else { return [PartialShape([-1])] }
  if let start = start.integers?.first, let limit = limit.integers?.first, let delta = delta.integers?.first {
    try checkRange(context, start, limit, delta)
    let steps = ((limit < start ? start : limit).subtractingReportingOverflow(limit < start ? limit : start)).partialValue.magnitudeBits
    let (quotient, rest) = steps.quotientAndRemainder(dividingBy: delta.magnitude)
    guard let count = Int(exactly: quotient), count < Int.max else { throw tooMany(context) }
    return [try context.checked([count + (rest == 0 ? 0 : 1)])]
  }
  let ends = [start, limit, delta]
  let count: Int? =
    switch context.dtype(0) {
    case .float: try rangeCount(context, ends.compactMap { $0.elements(as: Float.self)?.first }) { $0 }
    case .double: try rangeCount(context, ends.compactMap { $0.elements(as: Double.self)?.first }) { $0 }
    case .half: try rangeCount(context, ends.compactMap { $0.elements(as: Float16.self)?.first }.map(Float.init)) { Float(Float16($0)) }
    case .bfloat16: try rangeCount(context, ends.compactMap { $0.elements(as: BFloat16.self)?.first }.map(\.float)) { BFloat16($0).float }
    default: nil
    }
  guard let count else { return [PartialShape([-1])] }
  return [try context.checked([count])]
}

/// Kernels take subnormal numbers for 0, and so does what counts their results.
private func flushed<T: BinaryFloatingPoint>(_ x: T) -> T { x.isSubnormal ? 0 : x }

private func checkRange<T: SignedNumeric & Comparable>(_ context: RuleContext, _ start: T, _ limit: T, _ delta: T) throws(BlockError) {
  if delta == 0 { throw BlockError(.badValue, "`delta` is 0", input: 2, fix: "give the step from one number to the next") }
  guard delta > 0 ? start <= limit : start >= limit else {
    throw BlockError(
      .badValue, "`delta` is \(delta) but `start` is \(start) and `limit` \(limit)", input: 2,
      fix: delta > 0
        ? "give a `limit` that is not below `start`, or a negative `delta`" : "give a `limit` that is not above `start`, or a positive `delta`")
  }
}

/// How many numbers start, limit and delta make, nil without all three: the quotient, which `rounded` puts into the dtype after each operation, and
/// then up.
private func rangeCount<T: BinaryFloatingPoint>(_ context: RuleContext, _ ends: [T], _ rounded: (T) -> T) throws(BlockError) -> Int? {
  guard ends.count == 3 else { return nil }
  let (start, limit, delta) = (flushed(ends[0]), flushed(ends[1]), flushed(ends[2]))
  try checkRange(context, start, limit, delta)
  let steps = rounded(rounded(limit - start) / delta).magnitude
  guard let count = Int(exactly: steps.rounded(.up)) else { throw tooMany(context) }
  return count
}

private func tooMany(_ context: RuleContext) -> BlockError {
  BlockError(.tooLarge, "the range has more numbers than can be counted", input: 2, fix: "give a larger `delta`, or a `limit` nearer to `start`")
}

extension Int {
  /// A difference that may have overflowed, as the number without sign that it is.
  fileprivate var magnitudeBits: UInt { UInt(bitPattern: self) }
}
