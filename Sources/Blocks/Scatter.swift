import Diagnostics
import TensorCore

/// Updates of single slices of a variable. In TensorFlow and the original they belong to the family `state`.
let scatterTypes: [BlockType] = [
  scatter(
    "ScatterUpdate", "scatterUpdate", in: .all, verb: "Writes", initial: "{{1, 2}, {3, 4}, {5, 6}}", updates: "{{10, 20}, {30, 40}}",
    result: "1 2 10 20 30 40", again: "1 2 10 20 30 40"),
  scatter(
    "ScatterAdd", "scatterAdd", in: .numbers, verb: "Adds", initial: "{{1, 2}, {3, 4}, {5, 6}}", updates: "{{10, 20}, {30, 40}}",
    result: "1 2 13 24 35 46", again: "1 2 23 44 65 86"),
  scatter(
    "ScatterSub", "scatterSubtract", in: .numbers, verb: "Subtracts", initial: "{{1, 2}, {3, 4}, {5, 6}}", updates: "{{10, 20}, {30, 40}}",
    result: "1 2 -7 -16 -25 -34", again: "1 2 -17 -36 -55 -74"),
  scatter(
    "ScatterMul", "scatterMultiply", in: .numbers, verb: "Multiplies by", initial: "{{1, 2}, {3, 4}, {5, 6}}", updates: "{{2, 2}, {3, 0}}",
    result: "1 2 6 8 15 0", again: "1 2 12 16 45 0"),
  scatter(
    "ScatterDiv", "scatterDivide", in: .numbers, verb: "Divides by", initial: "{{1, 2}, {3, 4}, {9, 27}}", updates: "{{2, 2}, {3, 9}}",
    result: "1 2 1.5 2 3 3", again: "1 2 0.75 1 1 0.33333334"),
  scatterNd(
    "ScatterNdUpdate", "scatterUpdate", in: .all, verb: "Writes", locking: true, result: "1 20 3 4 30 6", again: "1 20 3 4 30 6"),
  scatterNd("ScatterNdAdd", "scatterAdd", in: .numbers, verb: "Adds", result: "1 22 3 4 35 6", again: "1 42 3 4 65 6"),
  scatterNd("ScatterNdSub", "scatterSubtract", in: .numbers, verb: "Subtracts", result: "1 -18 3 4 -25 6", again: "1 -38 3 4 -55 6"),
]

private let order = """
  A slice that is met several times changes several times, in the order of the indices. An index out of range is an error, and then \
  nothing changes.
  """

private func scatter(
  _ name: String, _ kernel: String, in set: DTypeSet, verb: String, initial: String, updates: String, result: String,
  again: String
) -> BlockType {
  let isDivision = kernel == "scatterDivide"
  return BlockType(
    name,
    doc: "\(verb) `updates` slice by slice: index i stands for the slice `ref[i]`. \(order)"
      + (isDivision ? " Integers are rounded toward 0, and dividing one by 0 is an error." : ""),
    inputs: [
      .variable("ref", "T", doc: "The variable, of rank 1 or more."),
      Pin("indices", "Tindices", doc: "Indices into its first dimension, of any shape."),
      Pin("updates", "T", doc: "A slice for each index: the shape of `indices`, then that of a slice. A scalar goes to all elements."),
    ],
    attrs: [.type("T", in: set), .type("Tindices", in: .indices), useLocking],
    outputs: [.newValue("output_ref", "T", of: "ref")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      if let slice = context.shape(0).dims?.dropFirst(), let indices = context.shape(1).dims, context.shape(2).rank != 0 {
        try requireUpdates(context, indices + slice)
      }
      return [context.shape(0)]
    },
    compute: .call(kernel, parameters: scatterParameters), faults: .possibly,
    example: page(name, initial: initial, indices: "1 2", updates: updates, result, again))
}

private func scatterNd(
  _ name: String, _ kernel: String, in set: DTypeSet, verb: String, locking: Bool = false, result: String, again: String
) -> BlockType {
  BlockType(
    name,
    doc: "\(verb) `updates` slice by slice. The last dimension of `indices` holds tuples of k indices; a tuple (i, j …) stands for the slice "
      + "`ref[i, j …]`, an element where k is the rank of `ref`. \(order)",
    inputs: [
      .variable("ref", "T", doc: "The variable, of rank 1 or more."),
      Pin("indices", "Tindices", doc: "Tuples of indices along its last dimension, of rank 2 or more."),
      Pin("updates", "T", doc: "A slice for each tuple: the shape of `indices` without its last dimension, then that of a slice."),
    ],
    attrs: [.type("T", in: set), .type("Tindices", in: .indices), lock(locking)],
    outputs: [.newValue("output_ref", "T", of: "ref")], shape: scatterNdShape,
    compute: .call(kernel, parameters: scatterNdParameters), faults: .possibly,
    example: page(name, initial: "{{1, 2}, {3, 4}, {5, 6}}", indices: "{{0, 1}, {2, 0}}", updates: "20 30", result, again))
}

private func lock(_ value: Bool) -> Attr { .bool("use_locking", default: value, doc: "Kept for pages of the original: every update is whole.") }

/// For ScatterNdNonAliasingAdd too.
func scatterNdShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1 ... .max)
  try context.requireRank(1, 2 ... .max)
  guard let variable = context.shape(0).known, let indices = context.shape(1).dims, let depth = indices.last, depth >= 0 else {
    return [context.shape(0)]
  }
  guard (1...variable.rank).contains(depth) else {
    throw BlockError(
      .shapeMismatch, "`indices` has tuples of \(depth) but `\(context.type.inputs[0].name)` has rank \(variable.rank)", input: 1,
      fix: "the last dimension of `indices` may be 1 to \(variable.rank)")
  }
  try requireUpdates(context, indices.dropLast() + variable.dims.dropFirst(depth))
  if variable.count == 0, let tuples = checkedProduct(indices.dropLast()), tuples > 0 {
    throw BlockError(
      .shapeMismatch, "`\(context.type.inputs[0].name)` has no elements, shape \(variable), but there are indices", input: 0)
  }
  return [context.shape(0)]
}

private func requireUpdates(_ context: RuleContext, _ dims: [Int]) throws(BlockError) {
  let wanted = try context.checked(dims)
  if context.shape(2).merged(with: wanted) == nil {
    throw BlockError(.shapeMismatch, "`updates` must have shape \(wanted) but has \(context.shape(2))", input: 2)
  }
}

private func scatterParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let variable = context.shape(0).known, let rows = variable.dims.first, let indices = context.shape(1).known?.count else { return [] }
  let slice = checkedProduct(variable.dims.dropFirst()) ?? 0
  // TensorFlow looks at no index of a variable without elements.
  let tuples = variable.count == 0 ? 0 : indices
  return [tuples, 1, slice, context.shape(2).rank == 0 ? 0 : slice, rows].map(Int64.init)
}

func scatterNdParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let variable = context.shape(0).known, let indices = context.shape(1).known?.dims, let depth = indices.last else { return [] }
  let slice = checkedProduct(variable.dims.dropFirst(depth)) ?? 0
  return ([checkedProduct(indices.dropLast()) ?? 0, depth, slice, slice] + variable.dims.prefix(depth)).map(Int64.init)
}

private func page(_ type: String, initial: String, indices: String, updates: String, _ result: String, _ again: String) -> String {
  """
  <page title="Two places of a variable">
    <block id="v" type="Variable"><pin name="initvalues">\(initial)</pin></block>
    <block id="s" type="\(type)">
      <pin name="indices">\(indices)</pin>
      <pin name="updates">\(updates)</pin>
    </block>
    <wire from="v" to="s.ref"/>
    <expect of="s" cycle="1">\(result)</expect>
    <expect of="v" cycle="2">\(again)</expect>
  </page>
  """
}
