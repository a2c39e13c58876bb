import Diagnostics
import TensorCore

/// Blocks that stack tensors, take them apart, and turn them round.
let stackingTypes: [BlockType] = [
  BlockType(
    "Stack",
    doc: "Tensors of one shape as one, along a new axis: axis `axis` of the result, which counts from the last when negative.",
    inputs: [.list("values", "T", doc: "The tensors, in order.")],
    attrs: [.type("T", in: .all), .int("axis", default: 0, doc: "Where the new axis goes: -rank - 1 to rank.")],
    outputs: [Pin("output", "T")],
    shape: stackShape, compute: .call("concat", parameters: stackParameters), split: stackSplit,
    gradient: .whole { g in
      g.add("Unstack", [g.dy], attrs: g.attrs("axis").merging(["num": .int(Int64(g.inputs.count))]) { $1 })
    },
    example: """
      <page title="Rows, and columns">
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="b" type="Const"><pin name="val">3 4</pin></block>
        <block id="rows" type="Stack"/>
        <block id="columns" type="Stack"><attrs axis="-1"/></block>
        <wire from="a" to="rows.values"/>
        <wire from="b" to="rows.values"/>
        <wire from="a" to="columns.values"/>
        <wire from="b" to="columns.values"/>
        <expect of="rows" shape="[2, 2]">1 2 3 4</expect>
        <expect of="columns" shape="[2, 2]">1 3 2 4</expect>
      </page>
      """),
  BlockType(
    "Unstack",
    doc: """
      The slices of `value` along `axis`, without that axis: the `num` members of the list `output`. Along the first axis nothing is copied \
      where the shape is known before the run.
      """,
    inputs: [Pin("value", "T", doc: "Its size along the axis is `num`.")],
    attrs: [
      .type("T", in: .unquantized), .int("num", in: 0...Int64(maximalSplit), doc: "How many slices."),
      .int("axis", default: 0, doc: "The axis: -rank to rank - 1."),
    ],
    outputs: [.list("output", "T")],
    outputCount: "num", shape: unstackShape, compute: .call("splitRows", parameters: unstackParameters),
    window: { (context) throws(BlockError) in Window(pieces: try unstackParameters(context), context, pin: 0) },
    gradient: .by { g in g.add("Stack", [g.outputs.indices.map(g.upstream)], attrs: g.attrs("axis")).first ?? g.dy },
    example: """
      <page title="Two rows">
        <block id="u" type="Unstack"><pin name="value">{{1, 2}, {3, 4}}</pin><attrs num="2"/></block>
        <expect of="u.output[0]" shape="[2]">1 2</expect>
        <expect of="u.output[1]" shape="[2]">3 4</expect>
      </page>
      """),
  BlockType(
    "SplitV",
    doc: """
      Cuts `value` along `axis` into pieces of the sizes `size_splits`, the members of the list `output`. One size may be -1: what the others \
      leave. A negative axis counts from the last.
      """,
    inputs: [
      Pin("value", "T"), Pin("size_splits", "Tlen", doc: "The sizes of the pieces, a vector of `num_split`.", setting: true),
      Pin("axis", .int32, doc: "The axis to cut, a scalar.", setting: true),
    ],
    attrs: [
      .type("T", in: .unquantized.union(DTypeSet(.quint8))), .type("Tlen", in: .indices, default: .int64),
      .int("num_split", in: 1...Int64(maximalSplit), doc: "How many pieces."),
    ],
    outputs: [.list("output", "T")],
    outputCount: "num_split", shape: splitVShape, compute: .call("splitRows", parameters: splitVParameters),
    window: { (context) throws(BlockError) in Window(pieces: try splitVParameters(context), context, pin: 0) },
    gradient: .by({ g in g.add("Concat", [g.outputs.indices.map(g.upstream), [g[2]]]).first ?? g.dy }, nil, nil),
    example: """
      <page title="One, and the rest">
        <block id="s" type="SplitV">
          <pin name="value">1 2 3 4</pin>
          <pin name="size_splits" dtype="int32">1 -1</pin>
          <pin name="axis">0</pin>
          <attrs num_split="2"/>
        </block>
        <expect of="s.output[0]">1</expect>
        <expect of="s.output[1]">2 3 4</expect>
      </page>
      """),
  BlockType(
    "ParallelConcat",
    doc: "Joins tensors whose first dimension is 1 along it. All have one shape, and `shape` is that of the result.",
    inputs: [.list("values", "T", doc: "The tensors, in order.")],
    attrs: [.type("T", in: .all), .shape("shape", doc: "Of the result: as many rows as there are tensors.")],
    outputs: [Pin("output", "T")],
    shape: parallelShape,
    compute: .call("concat", parameters: { (context) throws(BlockError) in runs(context, rows: 1, of: context.shape(0).known?.count ?? 0) }),
    gradient: .whole { g in g.add("Split", [g.integer(0), g.dy], attrs: ["num_split": .int(Int64(g.inputs.count))]) },
    example: """
      <page title="Two rows">
        <block id="a" type="Const"><pin name="val">{{1, 2}}</pin></block>
        <block id="b" type="Const"><pin name="val">{{3, 4}}</pin></block>
        <block id="both" type="ParallelConcat"><attrs shape="[2, 2]"/></block>
        <wire from="a" to="both.values"/>
        <wire from="b" to="both.values"/>
        <expect of="both" shape="[2, 2]">1 2 3 4</expect>
      </page>
      """),
  BlockType(
    "Reverse",
    doc: "The elements of `tensor` in the opposite order along the axes that `axis` names. TensorFlow's operation is ReverseV2.",
    inputs: [Pin("tensor", "T"), Pin("axis", "Tidx", doc: "Axes, a vector; each once, negative ones count from the last.", setting: true)],
    attrs: [.type("T", in: .unquantized), .type("Tidx", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      _ = try reversedAxes(context)
      return [context.shape(0)]
    },
    compute: .call("moveStrided", parameters: reverseParameters), split: { strideSplit($0, $1) },
    gradient: .by({ g in g.block("Reverse", g.dy, g[1]) }, nil),
    example: """
      <page title="From right to left">
        <block id="r" type="Reverse">
          <pin name="tensor">{{1, 2, 3}, {4, 5, 6}}</pin>
          <pin name="axis" dtype="int32">{1}</pin>
        </block>
        <expect of="r" shape="[2, 3]">3 2 1 6 5 4</expect>
      </page>
      """),
  BlockType(
    "ReverseSequence",
    doc: """
      Slices of `input` along `batch_dim`, each reversed along `seq_dim` up to its length in `seq_lengths`; what is behind that stays. \
      A length below 0 or beyond the axis is an error.
      """,
    inputs: [Pin("input", "T"), Pin("seq_lengths", "Tlen", doc: "A length for each index of `batch_dim`, a vector.")],
    attrs: [
      .type("T", in: .unquantized), .type("Tlen", in: .indices, default: .int64), .int("seq_dim", doc: "The axis that is reversed, from 0."),
      .int("batch_dim", default: 0, doc: "The axis of the sequences, from 0."),
    ],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(1, 1)
      _ = try sequenceAxes(context)
      return [context.shape(0)]
    },
    compute: .call("reverseSequence", parameters: sequenceParameters), faults: .possibly,
    gradient: .by({ g in g.block("ReverseSequence", g.dy, g[1], attrs: g.attrs("seq_dim", "batch_dim")) }, nil),
    example: """
      <page title="Two sequences of lengths 3 and 2">
        <block id="r" type="ReverseSequence">
          <pin name="input">{{1, 2, 3, 0}, {4, 5, 0, 0}}</pin>
          <pin name="seq_lengths" dtype="int32">3 2</pin>
          <attrs seq_dim="1"/>
        </block>
        <expect of="r">3 2 1 0 5 4 0 0</expect>
      </page>
      """),
]

// MARK: Stacks

/// What all members of `values` have in common.
private func commonShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  var common = PartialShape.unknown
  for (index, member) in context.members(0).enumerated() {
    guard let merged = common.merged(with: member.shape) else {
      throw BlockError(
        .shapeMismatch, "`values[\(index)]` has shape \(member.shape) but those before it have \(common)", input: 0, member: index,
        fix: "all must have one shape")
    }
    common = merged
  }
  return common
}

private func stackShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard var dims = try commonShape(context).dims else { return [.unknown] }
  dims.insert(context.members(0).count, at: try stackAxis(context, rank: dims.count + 1))
  return [try context.checked(dims)]
}

private func stackAxis(_ context: RuleContext, rank: Int) throws(BlockError) -> Int {
  try Shapes.axis(Int(context.int("axis")), rank: rank, context: context, attr: "axis")
}

/// The words of `concat` for members that are alike.
private func runs(_ context: RuleContext, rows: Int, of count: Int) -> [Int64] {
  let members = context.members(0).count
  return [Int64(rows), Int64(members)] + Array(repeating: Int64(count &* context.dtype(0).byteCount), count: members)
}

private func stackParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let shape = context.shape(0).known ?? [0]
  if shape.count == 0 { return runs(context, rows: 0, of: 0) }
  let axis = try stackAxis(context, rank: shape.rank + 1)
  return runs(context, rows: shape.dims[..<axis].reduce(1, &*), of: shape.dims[axis...].reduce(1, &*))
}

private func unstackShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let count = Int(context.int("num"))
  guard var dims = context.shape(0).dims else { return Array(repeating: .unknown, count: count) }
  let axis = try stackAxis(context, rank: dims.count)
  if dims[axis] >= 0, dims[axis] != count {
    throw BlockError(
      .badAttrValue, "`num` is \(count) but axis \(axis) of `value`, of shape \(context.shape(0)), has size \(dims[axis])", attr: "num",
      fix: "write num=\"\(dims[axis])\"")
  }
  dims.remove(at: axis)
  return Array(repeating: PartialShape(dims), count: count)
}

/// The words of `splitRows`: pieces of these sizes along an axis.
private func pieces(_ context: RuleContext, axis: Int, _ sizes: [Int]) -> [Int64] {
  guard let shape = context.shape(0).known, let count = shape.count, count > 0 else { return [0, 0] + sizes.map { _ in 0 } }
  let run = shape.dims[(axis + 1)...].reduce(1, &*) &* context.dtype(0).byteCount
  return [0, Int64(shape.dims[..<axis].reduce(1, &*))] + sizes.map { Int64($0 &* run) }
}

private func unstackParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let axis = try stackAxis(context, rank: context.shape(0).rank ?? 0)
  return pieces(context, axis: axis, Array(repeating: 1, count: Int(context.int("num"))))
}

private func parallelShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard let shape = context.shape("shape").known, shape.count != nil else {
    throw BlockError(.badAttrValue, "`shape` is \(context.shape("shape")) but must be known in full", attr: "shape")
  }
  let members = context.members(0).count
  guard shape.dims.first == members else {
    throw BlockError(
      .badAttrValue, "`shape` is \(shape) but `values` brings \(members) row\(members == 1 ? "" : "s")", attr: "shape",
      fix: "its first dimension is \(members)")
  }
  let one = PartialShape([1] + shape.dims.dropFirst())
  for (index, member) in context.members(0).enumerated() where member.shape.merged(with: one) == nil {
    throw BlockError(.shapeMismatch, "`values[\(index)]` has shape \(member.shape) but must have \(one)", input: 0, member: index)
  }
  return [PartialShape(shape)]
}

// MARK: Pieces

/// The sizes of the pieces, -1 worked out; nil while they are not known.
private func splitSizes(_ context: RuleContext) throws(BlockError) -> (axis: Int, sizes: [Int])? {
  let count = Int(context.int("num_split"))
  try context.requireRank(1, 1)
  let wanted = try context.scalar(2)
  if let size = context.shape(1).known?.dims[0], size != count {
    throw BlockError(.shapeMismatch, "`size_splits` has \(size) sizes but `num_split` is \(count)", input: 1, fix: "give one size for each piece")
  }
  guard let dims = context.shape(0).dims else { return nil }
  if dims.isEmpty {
    throw BlockError(.shapeMismatch, "`value` is a scalar and has no axis to cut", input: 0, fix: "write it as {1}, shape [1]")
  }
  guard let wanted else { return nil }
  let axis = try Shapes.axis(wanted, rank: dims.count, context: context, input: 2)
  guard var sizes = context.integers(1) else { return (axis, Array(repeating: -1, count: count)) }
  if let index = sizes.firstIndex(where: { $0 < -1 }) {
    throw BlockError(
      .badValue, "`size_splits` has \(sizes[index]) at index \(index)", input: 1, fix: "give sizes of 0 or more, or -1 for what is left")
  }
  let open = sizes.indices.filter { sizes[$0] == -1 }
  if open.count > 1 {
    throw BlockError(
      .badValue, "`size_splits` has -1 at index \(open[0]) and at index \(open[1])", input: 1,
      fix: "give -1 at most once: only one size can be worked out")
  }
  var total = 0
  for size in sizes where size > 0 {
    let (sum, overflow) = total.addingReportingOverflow(size)
    if overflow { throw BlockError(.tooLarge, "the sizes in `size_splits` add up to more than can be counted", input: 1) }
    total = sum
  }
  guard dims[axis] >= 0 else { return (axis, sizes) }
  guard open.isEmpty ? total == dims[axis] : total <= dims[axis] else {
    throw BlockError(
      .badValue, "the sizes in `size_splits` add up to \(total) but axis \(axis) of `value` has size \(dims[axis])", input: 1,
      fix: "give sizes whose sum is \(dims[axis])")
  }
  if let index = open.first { sizes[index] = dims[axis] - total }
  return (axis, sizes)
}

private func splitVShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let count = Int(context.int("num_split"))
  guard let (axis, sizes) = try splitSizes(context) else {
    let open = context.shape(0).rank.map { PartialShape(Array(repeating: -1, count: $0)) } ?? .unknown
    return Array(repeating: open, count: count)
  }
  var dims = context.shape(0).dims ?? []
  return sizes.map { size in
    dims[axis] = size
    return PartialShape(dims)
  }
}

private func splitVParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let (axis, sizes) = try splitSizes(context) else { return [] }
  return pieces(context, axis: axis, sizes)
}

// MARK: Reverse

/// By axis whether it is reversed; nil while that is not known.
private func reversedAxes(_ context: RuleContext) throws(BlockError) -> [Bool]? {
  try context.requireRank(1, 1)
  guard let rank = context.shape(0).rank else { return nil }
  guard let axes = context.integers(1) else { return nil }
  var isReversed = Array(repeating: false, count: rank)
  for wanted in axes {
    let axis = try Shapes.axis(wanted, rank: rank, context: context, input: 1)
    if isReversed[axis] { throw BlockError(.badValue, "`axis` names axis \(axis) twice", input: 1, fix: "name each axis once") }
    isReversed[axis] = true
  }
  return isReversed
}

private func reverseParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = context.shape(0).known?.dims ?? []
  let pitches = rowMajorPitches(dims)
  var move = StridedMove()
  for (axis, isReversed) in (try reversedAxes(context) ?? []).enumerated() {
    if isReversed { move.from &+= (dims[axis] &- 1) &* pitches[axis] }
    move.add(StridedMove.Axis(size: dims[axis], from: isReversed ? 0 &- pitches[axis] : pitches[axis], to: pitches[axis]))
  }
  return move.parameters(context.dtype(0), source: 0, target: 2)
}

private func sequenceAxes(_ context: RuleContext) throws(BlockError) -> (sequence: Int, batch: Int)? {
  let (sequence, batch) = (context.int("seq_dim"), context.int("batch_dim"))
  for (name, axis) in [("seq_dim", sequence), ("batch_dim", batch)] where axis < 0 {
    throw BlockError(.badAttrValue, "`\(name)` is \(axis)", attr: name, fix: "axes are numbered from 0")
  }
  if sequence == batch {
    throw BlockError(.badAttrValue, "`seq_dim` and `batch_dim` are both \(sequence)", attr: "seq_dim", fix: "name two axes")
  }
  guard let dims = context.shape(0).dims else { return nil }
  for (name, axis) in [("seq_dim", sequence), ("batch_dim", batch)] where axis >= dims.count {
    throw BlockError(
      .badAttrValue, "`\(name)` is \(axis) but `input` of shape \(context.shape(0)) has rank \(dims.count)", attr: name,
      fix: dims.count < 2 ? "`input` needs two axes" : "give a number from 0 to \(dims.count - 1)")
  }
  let axes = (sequence: Int(sequence), batch: Int(batch))
  if let count = context.shape(1).known?.dims[0], dims[axes.batch] >= 0, count != dims[axes.batch] {
    throw BlockError(
      .shapeMismatch, "`seq_lengths` has \(count) lengths but axis \(axes.batch) of `input` has size \(dims[axes.batch])", input: 1,
      fix: "give one length for each index of `batch_dim`")
  }
  if dims[axes.sequence] >= 0, let length = context.integers(1)?.first(where: { $0 < 0 || $0 > dims[axes.sequence] }) {
    throw BlockError(
      .badValue, "`seq_lengths` has \(length) but axis \(axes.sequence) has size \(dims[axes.sequence])", input: 1,
      fix: "give lengths from 0 to \(dims[axes.sequence])")
  }
  return axes
}

private func sequenceParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let (sequence, batch) = try sequenceAxes(context), let shape = context.shape(0).known else { return [0, 0, 0, 0, 0, 0] }
  let dims = shape.dims
  let (first, second) = (min(sequence, batch), max(sequence, batch))
  // Of a tensor without elements only the lengths are looked at.
  let outer = shape.count == 0 ? 0 : dims[..<first].reduce(1, &*)
  return [
    dims[(second + 1)...].reduce(1, &*) &* context.dtype(0).byteCount, outer, dims[first],
    dims[(first + 1)..<second].reduce(1, &*), dims[second], sequence == second ? 1 : 0,
  ].map(Int64.init)
}
