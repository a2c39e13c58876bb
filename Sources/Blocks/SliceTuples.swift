import Diagnostics
import TensorCore

/// Slices that tuples of indices name, taken out of a tensor or put into one.
let sliceTupleTypes: [BlockType] = [
  BlockType(
    "GatherNd",
    doc: """
      The slices of `params` that `indices` names. Its last dimension holds tuples of k indices; a tuple (i, j …) stands for the slice \
      `params[i, j …]`, an element where k is the rank of `params`. An index out of range is an error.
      """,
    inputs: [
      Pin("params", "Tparams", doc: "Rank 1 or more."), Pin("indices", "Tindices", doc: "Tuples along its last dimension, of rank 1 or more."),
    ],
    attrs: [.type("Tparams", in: .all), .type("Tindices", in: .indices)],
    outputs: [Pin("output", "Tparams", doc: "The shape of `indices` without its last dimension, then that of a slice.")],
    shape: gatherShape, compute: .call("gatherNd", parameters: gatherParameters), faults: .possibly,
    gradient: .by(gatherGradient, nil),
    example: """
      <page title="Two rows, two elements">
        <block id="m" type="Const"><pin name="val">{{1, 2}, {3, 4}, {5, 6}}</pin></block>
        <block id="rows" type="GatherNd"><pin name="indices" dtype="int32">{{2}, {0}}</pin></block>
        <block id="elements" type="GatherNd"><pin name="indices" dtype="int32">{{2, 0}, {0, 1}}</pin></block>
        <wire from="m" to="rows.params"/>
        <wire from="m" to="elements.params"/>
        <expect of="rows" shape="[2, 2]">5 6 1 2</expect>
        <expect of="elements">5 2</expect>
      </page>
      """),
  BlockType(
    "ScatterNd",
    doc: """
      Zeros, with the slices of `updates` added where `indices` says. Its last dimension holds tuples of k indices, which stand for slices as in \
      GatherNd. Slices that name one place are added up in the order of the indices; integers wrap around. An index out of range is an error.
      """,
    inputs: [
      Pin("indices", "Tindices", doc: "Tuples along its last dimension, of rank 2 or more."),
      Pin("updates", "T", doc: "A slice for each tuple: the shape of `indices` without its last dimension, then that of a slice."),
      Pin("shape", "Tindices", doc: "Of the result, a vector.", setting: true),
    ],
    attrs: [.type("T", in: .allNumbers), .type("Tindices", in: .indices)],
    outputs: [Pin("output", "T", doc: "Of the given shape.")],
    shape: scatterShape, compute: .call("scatterNd", parameters: scatterParameters), faults: .possibly,
    gradient: .by(nil, { g in g.block("GatherNd", g.dy, g[0]) }, nil),
    example: """
      <page title="Into a vector of five">
        <block id="s" type="ScatterNd">
          <pin name="indices" dtype="int32">{{4}, {1}, {4}}</pin>
          <pin name="updates">10 20 30</pin>
          <pin name="shape" dtype="int32">{5}</pin>
        </block>
        <expect of="s">0 20 0 0 40</expect>
      </page>
      """),
]

/// Each slice goes back to where it was.
private func gatherGradient(_ g: GradientContext) -> GradientValue {
  let shape = g.block("Shape", g[0], attrs: ["out_type": .type(g.rules.dtype(1))])
  // ScatterNd takes no tuple alone.
  if g[1].shape.rank == 1 {
    return g.block("ScatterNd", g.block("ExpandDims", g[1], g.integer(0)), g.block("ExpandDims", g.dy, g.integer(0)), shape)
  }
  return g.block("ScatterNd", g[1], g.dy, shape)
}

/// For TopK: what flows back to each of the greatest, where it was.
func topKGradient(_ g: GradientContext) -> GradientValue {
  let indices = g.outputs[1]
  guard let shape = g[0].shape.known, let count = shape.count, let columns = shape.dims.last, let k = g.y.shape.known?.dims.last else {
    return g.fail(BlockError(.noGradient, "needs the shape of `input` and `k` before the run for its gradient", input: 0))
  }
  guard Int32(exactly: count) != nil else {
    return g.fail(BlockError(.noGradient, "of \(count) elements is too large for its gradient: their places do not fit int32", input: 0))
  }
  // The rows one behind the other.
  let rows = shape.dims.dropLast().reduce(1, &*)
  var places = g.block("Reshape", indices, g.integers([rows, k]))
  if rows > 1 { places = places + g.block("Reshape", g.integers((0..<rows).map { $0 &* columns }), g.integers([rows, 1])) }
  let tuples = g.block("Reshape", places, g.integers([rows &* k, 1]))
  let flat = g.block("ScatterNd", tuples, g.block("Reshape", g.dy, g.integers([rows &* k])), g.integers([count]))
  return g.reshaped(flat, like: g[0])
}

private func requireDepth(_ depth: Int, of dims: [Int], _ name: String, input: Int) throws(BlockError) {
  if depth <= dims.count { return }
  throw BlockError(
    .shapeMismatch, "`indices` has tuples of \(depth) but `\(name)` has rank \(dims.count)", input: input,
    fix: "the last dimension of `indices` may be up to \(dims.count)")
}

private func gatherShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1 ... .max)
  try context.requireRank(1, 1 ... .max)
  guard let dims = context.shape(0).dims, let indices = context.shape(1).dims, let depth = indices.last, depth >= 0 else { return [.unknown] }
  try requireDepth(depth, of: dims, "params", input: 1)
  try requirePlaces(context, dims, indices, input: 1)
  return [try context.checked(indices.dropLast() + dims.dropFirst(depth))]
}

/// TensorFlow refuses indices into a tensor without elements, whatever they are.
private func requirePlaces(_ context: RuleContext, _ dims: [Int], _ indices: [Int], input: Int) throws(BlockError) {
  guard dims.contains(0), let tuples = checkedProduct(indices.dropLast()), tuples > 0 else { return }
  throw BlockError(.shapeMismatch, "there are indices, but shape \(PartialShape(dims)) has no elements", input: input)
}

private func gatherParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  tupleParameters(context.shape(0).known?.dims ?? [], context.shape(1).known?.dims ?? [])
}

private func scatterShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2 ... .max)
  try context.requireRank(2, 1)
  guard let dims = context.integers(2) else {
    let rank = context.shape(2).known?.dims[0]
    return [rank.map { PartialShape(Array(repeating: -1, count: $0)) } ?? .unknown]
  }
  if let negative = dims.first(where: { $0 < 0 }) {
    throw BlockError(.badValue, "`shape` has the dimension \(negative)", input: 2, fix: "give sizes of 0 or more")
  }
  let shape = try context.checked(dims)
  guard let indices = context.shape(0).dims, let depth = indices.last, depth >= 0 else { return [shape] }
  try requireDepth(depth, of: dims, "shape", input: 0)
  let wanted = try context.checked(indices.dropLast() + dims.dropFirst(depth))
  if context.shape(1).merged(with: wanted) == nil {
    throw BlockError(.shapeMismatch, "`updates` must have shape \(wanted) but has \(context.shape(1))", input: 1)
  }
  try requirePlaces(context, dims, indices, input: 0)
  return [shape]
}

private func scatterParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  tupleParameters(context.integers(2) ?? [], context.shape(0).known?.dims ?? [])
}

/// See the kernels.
private func tupleParameters(_ dims: [Int], _ indices: [Int]) -> [Int64] {
  let depth = min(indices.last ?? 0, dims.count)
  let slice = checkedProduct(dims.dropFirst(depth)) ?? 0
  return ([checkedProduct(indices.dropLast()) ?? 0, depth, slice, slice] + dims.prefix(depth)).map(Int64.init)
}
