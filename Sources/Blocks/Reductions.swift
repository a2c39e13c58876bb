import CKernelABI
import Diagnostics
import TensorCore

let reductionTypes: [BlockType] = [
  BlockType(
    "Sum",
    doc: """
      The sum over the axes in `axis`; over none when it is empty. Integers wrap around. The order of the additions follows from \
      the shape alone: along an axis at most 16 terms from left to right, longer ones by halves, in rows of neighbouring elements \
      vector by vector. A float passes about log2(n) + 30 roundings on its way into the sum, so the error is far below that of \
      adding one after the other (TensorFlow's own order depends on the machine). The sum of nothing is 0. NaN and infinities \
      spread as in any addition.
      """,
    inputs: [
      Pin("input", "T"), Pin("axis", "Tidx", doc: "A number or a vector of numbers, each from -rank to rank - 1, none twice.", setting: true),
    ],
    attrs: [
      .type("T", in: .summable, widened: .narrow), .type("Tidx", in: .indices, default: .int32),
      .bool("keep_dims", default: false, doc: "Keeps a reduced axis with size 1."),
    ],
    outputs: [Pin("output", "T")],
    shape: reductionShape, compute: .call("sum", parameters: reductionParameters), split: { reductionSplit($0, $1, "sum") },
    gradient: .by({ g in g.repeated(g.dy) }, nil),
    example: """
      <page title="Sums of rows, of columns, of all">
        <block id="m" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <block id="rows" type="Sum"><pin name="axis" dtype="int32">1</pin></block>
        <block id="columns" type="Sum"><pin name="axis" dtype="int32">0</pin><attrs keep_dims="true"/></block>
        <block id="all" type="Sum"><pin name="axis" dtype="int32">0 1</pin></block>
        <wire from="m" to="rows.input"/>
        <wire from="m" to="columns.input"/>
        <wire from="m" to="all.input"/>
        <expect of="rows" shape="[2]">6 15</expect>
        <expect of="columns" shape="[1, 3]">5 7 9</expect>
        <expect of="all">21</expect>
      </page>
      """),
  BlockType(
    "Mean",
    doc: """
      The sum over the axes in `axis`, as Sum computes it, divided by the number of terms. Integers are added as int64 (so only \
      int64 can wrap around) and the quotient is cut towards zero. The mean of nothing is NaN; of integers, 0.
      """,
    inputs: [
      Pin("input", "T"), Pin("axis", "Tidx", doc: "A number or a vector of numbers, each from -rank to rank - 1, none twice.", setting: true),
    ],
    attrs: [
      .type("T", in: .summable, widened: .narrow), .type("Tidx", in: .indices, default: .int32),
      .bool("keep_dims", default: false, doc: "Keeps a reduced axis with size 1."),
    ],
    outputs: [Pin("output", "T")],
    shape: reductionShape, compute: .call("mean", parameters: reductionParameters), split: { reductionSplit($0, $1, "mean") },
    gradient: .by(meanGradient, nil),
    example: """
      <page title="Means, of floats and of integers">
        <block id="f" type="Mean"><pin name="input">{{1, 2}, {4, 6}}</pin><pin name="axis" dtype="int32">0</pin></block>
        <block id="i" type="Mean"><pin name="input" dtype="int32">-7 -2</pin><pin name="axis" dtype="int32">0</pin></block>
        <expect of="f">2.5 4</expect>
        <expect of="i">-4</expect>
      </page>
      """),
  BlockType(
    "AddN",
    doc: """
      The sum of tensors of one shape, element by element; nothing is broadcast. Integers wrap around. The order is TensorFlow's: \
      up to nine tensors are added from left to right; of n more the first n mod 8 (8 or 9 where that is 0 or 1), then each \
      further eight are added up by themselves and their sum to the result.
      """,
    inputs: [.list("inputs", "T", doc: "The tensors.")],
    attrs: [.type("T", in: .summable, widened: .narrow)],
    outputs: [Pin("sum", "T")],
    shape: addNShape, compute: .map("addN"),
    gradient: .whole { g in g.inputs.map { _ in g.dy } },
    example: """
      <page title="Three tensors added up">
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="b" type="Const"><pin name="val">10 20</pin></block>
        <block id="sum" type="AddN"/>
        <wire from="a" to="sum.inputs"/>
        <wire from="b" to="sum.inputs"/>
        <wire from="a" to="sum.inputs"/>
        <expect of="sum">12 24</expect>
      </page>
      """),
]

/// The sum's gradient, divided by the number of terms.
private func meanGradient(_ g: GradientContext) -> GradientValue {
  let count: GradientValue
  if let all = g[0].shape.known?.count, let left = g.y.shape.known?.count {
    count = g.number(Double(all / max(1, left)), like: g.y)
  } else {
    let left = g.block("Size", g.y)
    let sizes = [g.block("Size", g[0]), g.block("Maximum", left, g.number(1, like: left))]
    let counts = sizes.map { g.block("Cast", $0, attrs: ["DstT": .type(g.y.dtype)]) }
    count = counts[0] / counts[1]
  }
  return g.repeated(g.dy) / count
}

/// For each axis of the input whether it is reduced; nil when the rank or the axes are not known yet.
private func reducedAxes(_ context: RuleContext) throws(BlockError) -> [Bool]? {
  try context.requireRank(1, 0...1)
  guard let rank = context.shape(0).rank, let axes = context.integers(1) else { return nil }
  var reduced = Array(repeating: false, count: rank)
  for entry in axes {
    let axis = try Shapes.axis(entry, rank: rank, context: context, input: 1)
    if reduced[axis] { throw BlockError(.badValue, "`axis` names axis \(axis) twice", input: 1, fix: "name each axis once") }
    reduced[axis] = true
  }
  return reduced
}

/// The shape of a reduction over the axes in pin 1, with the attr `keep_dims`.
func reductionShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let reduced = try reducedAxes(context)
  let keepsDims = context.bool("keep_dims")
  guard let dims = context.shape(0).dims else { return [.unknown] }
  guard let reduced else {
    if keepsDims { return [PartialShape(dims.map { $0 == 1 ? 1 : -1 })] }
    // No axis comes twice, so their number says the rank.
    guard let axes = context.shape(1).known?.count, axes <= dims.count else { return [.unknown] }
    return [axes == 0 ? PartialShape(dims) : PartialShape(Array(repeating: -1, count: dims.count - axes))]
  }
  var result: [Int] = []
  for (dim, isReduced) in zip(dims, reduced) {
    if !isReduced { result.append(dim) } else if keepsDims { result.append(1) }
  }
  return [try context.checked(result)]
}

/// See the kernel: axes of size 1 go, neighbouring axes of one kind become one.
func reductionParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  reductionWords(context.shape(0).known?.dims ?? [], reduced: try reducedAxes(context) ?? [])
}

/// The kernel's words for these dimensions, of which some are reduced.
func reductionWords(_ dims: [Int], reduced: [Bool]) -> [Int64] {
  guard checkedProduct(dims) != 0 else { return [0, 0] }
  var levels: [(size: Int, isReduced: Bool)] = []
  for (dim, isReduced) in zip(dims, reduced) where dim != 1 {
    if let last = levels.last, last.isReduced == isReduced {
      levels[levels.count - 1].size = last.size &* dim
    } else {
      levels.append((dim, isReduced))
    }
  }
  let count = levels.reduce(1) { $1.isReduced ? $0 &* $1.size : $0 }
  if count == 1 { return [1, 0] }
  var words: [Int] = []
  var inPitch = 1
  var outPitch = 1
  for level in levels.reversed() {
    words = [level.size, inPitch, level.isReduced ? -1 : outPitch] + words
    inPitch &*= level.size
    if !level.isReduced { outPitch &*= level.size }
  }
  return ([count, levels.count] + words).map(Int64.init)
}

/// Along the longest axis that is kept; a reduction to one result in partial results of kernels `NAMEPart` and `NAMEMerge`.
func reductionSplit(_ context: RuleContext, _ parameters: [Int64], _ name: String) -> Split? {
  reductionSplit(context, parameters, Split.Partial(kernel: name + "Part", bytes: Int(EF_REDUCTION_PARTIAL), merge: name + "Merge"))
}

/// Without `partial`, a reduction to one result is not split.
func reductionSplit(_ context: RuleContext, _ parameters: [Int64], _ partial: Split.Partial?) -> Split? {
  guard let count = context.shape(0).known?.count, parameters[1] > 0 else { return nil }
  if parameters[1] == 1 {
    return partial.map { Split(units: count, steps: [1, 0, 0], grain: 1024, fusion: .reduction, partial: $0) }
  }
  let kept = stride(from: 2, to: parameters.count, by: 3).filter { parameters[$0 + 2] >= 0 }
    .map { Split.Dimension(word: $0, input: Int(parameters[$0 + 1]), output: Int(parameters[$0 + 2])) }
  return Split.largest(kept, parameters, work: Double(count), operands: 3, fusion: .reduction)
}

private func addNShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  var result = PartialShape.unknown
  for (index, member) in context.members(0).enumerated() {
    guard let merged = result.merged(with: member.shape) else {
      throw BlockError(
        .shapeMismatch, "`inputs[\(index)]` has shape \(member.shape) but the tensors before it have \(result)", input: 0, member: index,
        notes: ["AddN takes tensors of one shape and does not broadcast"])
    }
    result = merged
  }
  return [result]
}
