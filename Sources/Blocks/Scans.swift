import Diagnostics
import TensorCore

/// A block that combines all elements up to each one, along an axis.
private func scan(_ name: String, _ kernel: String, doc: String, gradient: @escaping Gradient.PinRule, example: String) -> BlockType {
  BlockType(
    name,
    doc: "\(doc) Floats are combined one after the other; integers wrap around.",
    inputs: [Pin("x", "T", doc: "Rank 1 or more."), Pin("axis", "Tidx", doc: "The axis, a scalar from -rank to rank - 1.", setting: true)],
    attrs: [
      .type("T", in: .summable, widened: .narrow), .type("Tidx", in: .indices, default: .int32),
      .bool("exclusive", default: false, doc: "Each result leaves out its own element."),
      .bool("reverse", default: false, doc: "Begins with the last element."),
    ],
    outputs: [Pin("out", "T", doc: "Shaped like `x`.")],
    shape: { (context) throws(BlockError) in
      _ = try scanAxis(context)
      return [context.shape(0)]
    },
    compute: .call(kernel, parameters: scanParameters), split: scanSplit, gradient: .by(gradient, nil), example: example)
}

let scanTypes: [BlockType] = [
  scan(
    "Cumsum", "runningSum", doc: "The sum of all elements up to each one, along `axis`.",
    gradient: { g in scanned("Cumsum", g.dy, g) },
    example: """
      <page title="Running sums of rows, with and without the element itself">
        <block id="m" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <block id="sums" type="Cumsum"><pin name="axis" dtype="int32">1</pin></block>
        <block id="before" type="Cumsum"><pin name="axis" dtype="int32">1</pin><attrs exclusive="true"/></block>
        <block id="after" type="Cumsum"><pin name="axis" dtype="int32">1</pin><attrs exclusive="true" reverse="true"/></block>
        <wire from="m" to="sums.x"/>
        <wire from="m" to="before.x"/>
        <wire from="m" to="after.x"/>
        <expect of="sums">1 3 6 4 9 15</expect>
        <expect of="before">0 1 3 0 4 9</expect>
        <expect of="after">5 3 0 11 6 0</expect>
      </page>
      """),
  scan(
    "Cumprod", "runningProduct",
    doc: "The product of all elements up to each one, along `axis`. Its gradient is 0 where `x` is 0, as in TensorFlow.",
    gradient: { g in
      // A quotient, which there is not for 0.
      let zeros = g.zeros(like: g[0])
      return g.block("Where3", g.block("Equal", g[0], zeros), zeros, scanned("Cumsum", g.y * g.dy, g) / g[0])
    },
    example: """
      <page title="The product of all others">
        <block id="x" type="Const"><pin name="val">2 3 5</pin></block>
        <block id="products" type="Cumprod"><pin name="axis" dtype="int32">0</pin></block>
        <block id="before" type="Cumprod"><pin name="axis" dtype="int32">0</pin><attrs exclusive="true"/></block>
        <block id="after" type="Cumprod"><pin name="axis" dtype="int32">0</pin><attrs exclusive="true" reverse="true"/></block>
        <block id="others" type="Multiply"/>
        <wire from="x" to="products.x"/>
        <wire from="x" to="before.x"/>
        <wire from="x" to="after.x"/>
        <wire from="before" to="others.x"/>
        <wire from="after" to="others.y"/>
        <expect of="products">2 6 30</expect>
        <expect of="others">15 10 6</expect>
      </page>
      """),
]

/// Along the same axis, in the other direction.
private func scanned(_ type: String, _ value: GradientValue, _ g: GradientContext) -> GradientValue {
  var attrs = g.attrs("exclusive")
  attrs["reverse"] = .bool(!g.rules.bool("reverse"))
  return g.block(type, value, g[1], attrs: attrs)
}

/// For Prod: what flows back, times the product of all other elements; no quotient, so that zeros do no harm.
func productGradient(_ g: GradientContext) -> GradientValue {
  func others(_ value: GradientValue, _ axis: Int) -> GradientValue {
    let sides = [false, true].map { g.block("Cumprod", value, g.integer(axis), attrs: ["exclusive": .bool(true), "reverse": .bool($0)]) }
    return sides[0] * sides[1]
  }
  guard let rank = g[0].shape.rank, let axes = g[1].integers?.map({ $0 < 0 ? $0 + rank : $0 }) else {
    return g.fail(BlockError(.noGradient, "needs the rank of `input` and the `axis` before the run for its gradient", input: 1))
  }
  if axes.count < 2 { return axes.first.map { g.kept(g.dy) * others(g[0], $0) } ?? g.dy }
  guard let dims = g[0].shape.known?.dims else {
    return g.fail(BlockError(.noGradient, "over several axes needs the shape of `input` before the run for its gradient", input: 0))
  }
  // The reduced axes become one, in the order in which they are named.
  let order = axes + dims.indices.filter { !axes.contains($0) }
  let moved = g.block("Transpose", g[0], g.integers(order))
  let sizes = order.map { dims[$0] }
  let flat = g.block("Reshape", moved, g.integers([sizes[..<axes.count].reduce(1, &*), sizes[axes.count...].reduce(1, &*)]))
  let back = dims.indices.map { axis in order.firstIndex(of: axis) ?? axis }
  return g.kept(g.dy) * g.block("Transpose", g.block("Reshape", others(flat, 0), g.integers(sizes)), g.integers(back))
}

/// Nil while the axis or the rank is not known.
private func scanAxis(_ context: RuleContext) throws(BlockError) -> Int? {
  let wanted = try context.scalar(1)
  try context.requireRank(0, 1 ... .max)
  guard let rank = context.shape(0).rank, let wanted else { return nil }
  return try Shapes.axis(wanted, rank: rank, context: context, input: 1)
}

private func scanParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let flags = ["exclusive", "reverse"].map { Int64(context.bool($0) ? 1 : 0) }
  guard let axis = try scanAxis(context), let shape = context.shape(0).known, shape.count != 0 else { return [0, 0, 0] + flags + [0] }
  let after = shape.dims[(axis + 1)...].reduce(1, &*)
  return [shape.dims[..<axis].reduce(1, &*), shape.dims[axis], after].map(Int64.init) + flags + [Int64(after)]
}

/// Along what is before or after the axis.
private func scanSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  let line = Int(parameters[1] &* parameters[5])
  return Split.largest(
    [Split.Dimension(word: 0, input: line, output: line), Split.Dimension(word: 2, input: 1, output: 1)], parameters,
    work: Double(context.shape(0).known?.count ?? 0) * 2, operands: 3)
}
