import Diagnostics
import TensorCore

/// Rows that indices name, taken out of a tensor or added to one.
let gatheringTypes: [BlockType] = [
  BlockType(
    "Gather",
    doc: """
      The slices of `params` along its first axis that `indices` names, in the order of the indices. An index that is negative or not below \
      the size of the axis is an error.
      """,
    inputs: [Pin("params", "Tparams", doc: "Rank 1 or more."), Pin("indices", "Tindices", doc: "Of any shape.")],
    attrs: [
      .type("Tparams", in: .all), .type("Tindices", in: .indices),
      .bool("validate_indices", default: true, doc: "Kept for pages of the original: indices are always checked."),
    ],
    outputs: [Pin("output", "Tparams", doc: "The shape of `indices`, then that of a slice.")],
    shape: { (context) throws(BlockError) in try gatheredShape(context, axis: 0) },
    compute: .call("gather", parameters: { (context) throws(BlockError) in try gatherParameters(context, axis: 0) }), split: gatherSplit,
    faults: .possibly,
    gradient: .by({ g in gatherGradient(g, axis: 0) }, nil),
    example: """
      <page title="Rows, one of them twice">
        <block id="r" type="Gather">
          <pin name="params">{{1, 2}, {3, 4}, {5, 6}}</pin>
          <pin name="indices" dtype="int32">2 0 2</pin>
        </block>
        <expect of="r" shape="[3, 2]">5 6 1 2 5 6</expect>
      </page>
      """),
  BlockType(
    "GatherV2",
    doc: """
      The slices of `params` along `axis` that `indices` names. An index that is negative or not below the size of the axis is an error; a \
      negative axis counts from the last.
      """,
    inputs: [
      Pin("params", "Tparams", doc: "Rank 1 or more."), Pin("indices", "Tindices", doc: "Of any shape."),
      Pin("axis", "Taxis", doc: "A scalar from -rank to rank - 1.", setting: true),
    ],
    attrs: [.type("Tparams", in: .all), .type("Tindices", in: .indices), .type("Taxis", in: .indices)],
    outputs: [Pin("output", "Tparams", doc: "The shape of `params` with that of `indices` in place of the axis.")],
    shape: { (context) throws(BlockError) in try gatheredShape(context, axis: context.scalar(2)) },
    compute: .call("gather", parameters: { (context) throws(BlockError) in try gatherParameters(context, axis: context.scalar(2) ?? 0) }),
    split: gatherSplit, faults: .possibly,
    gradient: .by({ g in gatherGradient(g, axis: g[2].integers?.first) }, nil, nil),
    example: """
      <page title="The last column, then the first">
        <block id="c" type="GatherV2">
          <pin name="params">{{1, 2, 3}, {4, 5, 6}}</pin>
          <pin name="indices" dtype="int32">2 0</pin>
          <pin name="axis" dtype="int32">1</pin>
        </block>
        <expect of="c" shape="[2, 2]">3 1 6 4</expect>
      </page>
      """),
  BlockType(
    "ScatterNdNonAliasingAdd",
    doc: """
      `input` with the slices of `updates` added where `indices` says. Its last dimension holds tuples of k indices, which stand for slices as in \
      GatherNd. Slices that name one place are added in the order of the indices; integers wrap around, of truth values one that is true makes \
      true. An index out of range is an error.
      """,
    inputs: [
      Pin("input", "T", doc: "Rank 1 or more."), Pin("indices", "Tindices", doc: "Tuples along its last dimension, of rank 2 or more."),
      Pin("updates", "T", doc: "A slice for each tuple: the shape of `indices` without its last dimension, then that of a slice."),
    ],
    attrs: [.type("T", in: [.allNumbers, DTypeSet(.bool)]), .type("Tindices", in: .indices)],
    outputs: [Pin("output", "T", doc: "Shaped like `input`.")],
    shape: scatterNdShape, compute: .call("scatterNdInto", parameters: scatterNdParameters), faults: .possibly,
    gradient: .by({ g in g.dy }, nil, { g in g.block("GatherNd", g.dy, g[1]) }),
    example: """
      <page title="Into two places of a vector">
        <block id="s" type="ScatterNdNonAliasingAdd">
          <pin name="input">1 2 3 4</pin>
          <pin name="indices" dtype="int32">{{3}, {1}, {3}}</pin>
          <pin name="updates">10 20 30</pin>
        </block>
        <expect of="s">1 22 3 44</expect>
      </page>
      """),
  BlockType(
    "InvertPermutation",
    doc: "The permutation that undoes `x`: `y[x[i]] = i`. It is an error when `x` does not name each of 0 to its size - 1 once.",
    inputs: [Pin("x", "T", doc: "A vector.")],
    attrs: [.type("T", in: .indices, default: .int32)],
    outputs: [Pin("y", "T", doc: "Shaped like `x`.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1)
      return [context.shape(0)]
    },
    compute: .call("invertPermutation"), faults: .possibly, gradient: .nothing,
    example: """
      <page title="There and back">
        <block id="p" type="InvertPermutation"><pin name="x" dtype="int32">2 0 1</pin></block>
        <expect of="p">1 2 0</expect>
      </page>
      """),
]

private func gatheredShape(_ context: RuleContext, axis: Int?) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1 ... .max)
  guard let dims = context.shape(0).dims, let indices = context.shape(1).dims else { return [.unknown] }
  guard let wanted = axis else { return [PartialShape(Array(repeating: -1, count: dims.count - 1 + indices.count))] }
  let axis = try Shapes.axis(wanted, rank: dims.count, context: context, input: 2)
  let result = dims[..<axis] + indices + dims[(axis + 1)...]
  if dims[axis] == 0, !result.contains(where: { $0 <= 0 }) {
    throw BlockError(.shapeMismatch, "there are indices, but axis \(axis) of `params` of shape \(context.shape(0)) has size 0", input: 1)
  }
  return [try context.checked(Array(result))]
}

/// See the kernel. Where nothing is taken, no index is looked at.
private func gatherParameters(_ context: RuleContext, axis: Int) throws(BlockError) -> [Int64] {
  guard let params = context.shape(0).known, let indices = context.shape(1).known?.count else { return [0, 0, 0, 0, 0] }
  let axis = try Shapes.axis(axis, rank: params.rank, context: context, input: 2)
  let before = checkedProduct(params.dims[..<axis]) ?? 0
  let row = (checkedProduct(params.dims[(axis + 1)...]) ?? 0) &* context.dtype(0).byteCount
  if before == 0 || row == 0 || indices == 0 { return [0, 0, 0, 0, 0] }
  return [before, indices, row, params.dims[axis], indices &* row].map(Int64.init)
}

/// In blocks where there are as many of them as indices, else in indices.
private func gatherSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  if words[0] == 0 { return nil }
  let row = words[2] / context.dtype(0).byteCount
  let repeated = Array(repeating: 0, count: context.inputs.count - 2)
  // An index costs about as much as four elements.
  let work = Double(words[0]) * Double(words[1]) * Double(row + 4)
  if words[0] >= words[1] {
    return Split(units: words[0], steps: [words[3] &* row, 0] + repeated + [words[1] &* row], word: 0, work: work)
  }
  let grain = max(1, 64 / max(1, words[2]))
  return Split(units: words[1], steps: [0, 1] + repeated + [row], word: 1, grain: grain, work: work)
}

/// Each slice goes back to where it was.
private func gatherGradient(_ g: GradientContext, axis: Int?) -> GradientValue {
  guard let rank = g[0].shape.rank, let depth = g[1].shape.rank, let axis = axis.map({ $0 < 0 ? $0 + rank : $0 }) else {
    return g.fail(BlockError(.noGradient, "needs the ranks of `params` and `indices` and the axis before the run for its gradient", input: 0))
  }
  if g[0].shape.known?.count == 0 { return g.zeros(like: g[0]) }
  var shape = g.block("Shape", g[0], attrs: ["out_type": .type(g.rules.dtype(1))])
  var indices = g[1]
  var dy = g.dy
  if depth == 0 {
    indices = g.block("ExpandDims", indices, g.integer(0))
    dy = g.block("ExpandDims", dy, g.integer(axis))
  }
  indices = g.block("ExpandDims", indices, g.integer(-1))
  if axis == 0 { return g.block("ScatterNd", indices, dy, shape) }
  // The axes of the indices come first, then all others.
  let taken = max(1, depth)
  let forth = [axis] + (0..<axis) + (axis + 1..<rank)
  dy = g.block("Transpose", dy, g.integers(Array(axis..<axis + taken) + (0..<axis) + (axis + taken..<rank - 1 + taken)))
  shape = g.block("Gather", shape, g.integers(forth))
  let back = (0..<rank).map { forth.firstIndex(of: $0) ?? $0 }
  return g.block("Transpose", g.block("ScatterNd", indices, dy, shape), g.integers(back))
}
