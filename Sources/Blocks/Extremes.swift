import Diagnostics
import TensorCore

/// A block that makes one of the elements over some axes.
private func reduction(_ name: String, _ kernel: String, ofTruth: Bool = false, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [
      ofTruth ? Pin("input", .bool) : Pin("input", "T"),
      Pin("axis", "Tidx", doc: "A number or a vector of numbers, each from -rank to rank - 1, none twice.", setting: true),
    ],
    attrs: (ofTruth ? [] : [.type("T", in: kernel == "product" ? .summable : .ordered, widened: .narrow)]) + [
      .type("Tidx", in: .indices, default: .int32), .bool("keep_dims", default: false, doc: "Keeps a reduced axis with size 1."),
    ],
    outputs: [ofTruth ? Pin("output", .bool) : Pin("output", "T")],
    shape: reductionShape, compute: .call(kernel, parameters: { (context) throws(BlockError) in try extremeParameters(context, kernel) }),
    split: { (context, parameters) throws(BlockError) in
      let merge: String? = kernel == "greatest" || kernel == "any" ? "greatestMerge" : kernel == "product" ? nil : "leastMerge"
      let partial = merge.map { Split.Partial(kernel: kernel, bytes: context.dtype(0).byteCount, merge: $0) }
      return reductionSplit(context, parameters, partial)
    },
    gradient: gradient, example: example)
}

/// Those of a reduction; where there is nothing to reduce, the result of integers is the last word.
private func extremeParameters(_ context: RuleContext, _ kernel: String) throws(BlockError) -> [Int64] {
  let words = try reductionParameters(context)
  guard words[0] == 0 else { return words }
  let isGreatest = kernel == "greatest"
  func limit<Element: FixedWidthInteger>(_: Element.Type) -> [Int64] {
    words + [Int64(truncatingIfNeeded: kernel == "product" ? 1 : isGreatest ? Element.min : Element.max)]
  }
  switch context.narrowDType("T") {
  case .int8: return limit(Int8.self)
  case .int16: return limit(Int16.self)
  case .int32: return limit(Int32.self)
  case .int64: return limit(Int64.self)
  case .uint8: return limit(UInt8.self)
  case .uint16: return limit(UInt16.self)
  case .uint32: return limit(UInt32.self)
  default: return words
  }
}

/// The index of the greatest or smallest element along an axis.
private func argument(_ name: String, _ kernel: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [
      Pin("input", "T", doc: "Rank 1 or more."),
      Pin("dimension", "Tidx", doc: "The axis, a scalar from -rank to rank - 1; its size must not be 0.", setting: true),
    ],
    attrs: [.type("T", in: [.ordered, DTypeSet(.bool)], widened: .narrow), .type("Tidx", in: .indices, default: .int32)],
    outputs: [Pin("output", .int64, doc: "Indices along the axis, which is not in the result.")],
    shape: argumentShape, compute: .call(kernel, parameters: argumentParameters), split: argumentSplit, gradient: gradient, example: example)
}

let extremeTypes: [BlockType] = [
  reduction(
    "Max", "greatest",
    doc: """
      The greatest element over the axes in `axis`; over none when it is empty. NaN among the elements is the result. Of nothing it is -inf, \
      of nothing among integers the smallest number.
      """,
    gradient: .by(extremeGradient, nil),
    example: """
      <page title="Max over an axis">
        <block id="r" type="Max"><pin name="input">{{1, 5, 3}, {4, 2, 6}}</pin><pin name="axis" dtype="int32">1</pin></block>
        <expect of="r">5 6</expect>
      </page>
      """),
  reduction(
    "Min", "least",
    doc: """
      The smallest element over the axes in `axis`; over none when it is empty. NaN among the elements is the result. Of nothing it is inf, \
      of nothing among integers the largest number.
      """,
    gradient: .by(extremeGradient, nil),
    example: """
      <page title="Min over an axis">
        <block id="r" type="Min"><pin name="input">{{1, 5, 3}, {4, 2, 6}}</pin><pin name="axis" dtype="int32">0</pin></block>
        <expect of="r">1 2 3</expect>
      </page>
      """),
  reduction(
    "Prod", "product",
    doc: """
      The product over the axes in `axis`; over none when it is empty. Integers wrap around. Factors are multiplied in the order in which Sum \
      adds. The product of nothing is 1.
      """,
    gradient: .by(productGradient, nil),
    example: """
      <page title="Prod over an axis">
        <block id="r" type="Prod"><pin name="input">{{1, 5, 3}, {4, 2, 6}}</pin><pin name="axis" dtype="int32">1</pin></block>
        <expect of="r">15 48</expect>
      </page>
      """),
  reduction(
    "All", "all", ofTruth: true,
    doc: """
      Whether all elements over the axes in `axis` are true; of nothing, true.
      """,
    gradient: .nothing,
    example: """
      <page title="All over an axis">
        <block id="r" type="All"><pin name="input">{{true, false}, {true, true}}</pin><pin name="axis" dtype="int32">1</pin></block>
        <expect of="r">false true</expect>
      </page>
      """),
  reduction(
    "Any", "any", ofTruth: true,
    doc: """
      Whether one element over the axes in `axis` is true; of nothing, false.
      """,
    gradient: .nothing,
    example: """
      <page title="Any over an axis">
        <block id="r" type="Any"><pin name="input">{{false, false}, {true, false}}</pin><pin name="axis" dtype="int32">1</pin></block>
        <expect of="r">false true</expect>
      </page>
      """),
  argument(
    "ArgMax", "argMax",
    doc: """
      The index of the greatest element along the axis `dimension`; of equal ones, the first. NaN is passed over; the index is 0 when there \
      is nothing else.
      """,
    gradient: .nothing,
    example: """
      <page title="ArgMax">
        <block id="a" type="ArgMax"><pin name="input">{{1, 5, 3}, {4, 2, 6}}</pin><pin name="dimension" dtype="int32">1</pin></block>
        <expect of="a">1 2</expect>
      </page>
      """),
  argument(
    "ArgMin", "argMin",
    doc: """
      The index of the smallest element along the axis `dimension`; of equal ones, the first. NaN is passed over; the index is 0 when there \
      is nothing else.
      """,
    gradient: .nothing,
    example: """
      <page title="ArgMin">
        <block id="a" type="ArgMin"><pin name="input">{{1, 5, 3}, {4, 2, 6}}</pin><pin name="dimension" dtype="int32">1</pin></block>
        <expect of="a">0 1</expect>
      </page>
      """),
]

/// The axis, counted from the front; nil while it or the rank is not known.
private func argumentAxis(_ context: RuleContext) throws(BlockError) -> Int? {
  let wanted = try context.scalar(1)
  try context.requireRank(0, 1 ... .max)
  guard let dims = context.shape(0).dims, let wanted else { return nil }
  let axis = try Shapes.axis(wanted, rank: dims.count, context: context, input: 1)
  if dims[axis] == 0 {
    throw BlockError(.shapeMismatch, "axis \(axis) of `input` of shape \(context.shape(0)) has no elements to choose from", input: 0)
  }
  return axis
}

private func argumentShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard let axis = try argumentAxis(context), var dims = context.shape(0).dims else {
    return [context.shape(0).rank.map { PartialShape(Array(repeating: -1, count: $0 - 1)) } ?? .unknown]
  }
  dims.remove(at: axis)
  return [PartialShape(dims)]
}

private func argumentParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let axis = try argumentAxis(context), let shape = context.shape(0).known, shape.count != 0 else { return [0, 0, 0, 0] }
  let after = shape.dims[(axis + 1)...].reduce(1, &*)
  return [shape.dims[..<axis].reduce(1, &*), shape.dims[axis], after, after].map(Int64.init)
}

/// Along what is before or after the axis.
private func argumentSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  Split.largest(
    [
      Split.Dimension(word: 0, input: Int(parameters[1] &* parameters[3]), output: Int(parameters[3])),
      Split.Dimension(word: 2, input: 1, output: 1),
    ], parameters, work: Double(context.shape(0).known?.count ?? 0), operands: 3)
}

/// Shared evenly among the elements that are the extreme.
private func extremeGradient(_ g: GradientContext) -> GradientValue {
  let chosen = g.block("Cast", g.block("Equal", g.kept(g.y), g[0]), attrs: ["DstT": .type(g.y.dtype)])
  let count = g.block("Sum", chosen, g[1], attrs: ["keep_dims": .bool(true)])
  return chosen / count * g.kept(g.dy)
}
