import Diagnostics
import TensorCore

/// Segments of rows that are picked out of a tensor.
let sparseSegmentTypes: [BlockType] = [
  sparse(
    "SparseSegmentSum", "sparseSegmentSum", in: [.floats, .allIntegers], doc: "Adds up the picked rows of each segment. Integers wrap around.",
    gradient: { g in
      g.block(
        "UnsortedSegmentSum", g.block("Gather", g.dy, g[1]), g[2], rowCount(g))
    }, result: "6 8 0 0 3 4"),
  sparse(
    "SparseSegmentMean", "sparseSegmentMean", in: .floats, doc: "The mean of the picked rows of each segment.",
    gradient: { g in g.block("SparseSegmentMeanGrad", g.dy, g[1], g[2], rowCount(g)) }, result: "3 4 0 0 3 4"),
  sparse(
    "SparseSegmentSqrtN", "sparseSegmentSqrtN", in: .floats,
    doc: "The sum of the picked rows of each segment, divided by the square root of their number.",
    gradient: { g in g.block("SparseSegmentSqrtNGrad", g.dy, g[1], g[2], rowCount(g)) }, result: "4.2426405 5.656854 0 0 3 4"),
  sparseGradient(
    "SparseSegmentMeanGrad", "sparseSegmentMeanGradient", pin: "grad", doc: "divided by the number of rows of its segment",
    result: "0.5 1 5 6 0.5 1"),
  sparseGradient(
    "SparseSegmentSqrtNGrad", "sparseSegmentSqrtNGradient", pin: "data", doc: "divided by the square root of the number of rows of its segment",
    result: "0.70710677 1.4142135 5 6 0.70710677 1.4142135"),
]

private let idAttrs: [Attr] = [.type("Tidx", in: .indices, default: .int32), .type("Tsegmentids", in: .indices, default: .int32)]

private func sparse(
  _ name: String, _ kernel: String, in set: DTypeSet, doc: String, gradient: @escaping Gradient.PinRule, result: String
) -> BlockType {
  BlockType(
    name,
    doc: "\(doc) `indices` picks rows of `data`, `segment_ids` says for each of them to which segment it belongs: sorted, from 0 on. A segment "
      + "without rows is 0. The order of the additions is TensorFlow's: the first n mod 8 of n rows (8 or 9 where that is 0 or 1), then each further "
      + "eight by themselves. An index out of range is an error.",
    inputs: [
      Pin("data", "T", doc: "Rank 1 or more."), Pin("segment_ids", "Tsegmentids", doc: "A vector: an id for each picked row, sorted.", setting: true),
      Pin("indices", "Tidx", doc: "A vector: the picked rows of `data`."),
    ],
    attrs: [.type("T", in: set, widened: .halves)] + idAttrs,
    outputs: [Pin("output", "T", doc: "A row for each id up to the last one.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      try requireRowsAndIDs(context)
      return [try rows(context, 0, count: try sortedIDs(context, 1))]
    },
    compute: .call(kernel, parameters: segmentParameters), faults: .possibly, gradient: .by(gradient, nil, nil),
    example: """
      <page title="\(name): two rows, none and one">
        <block id="s" type="\(name)">
          <pin name="data">{{1, 2}, {3, 4}, {5, 6}}</pin>
          <pin name="indices" dtype="int32">{0, 2, 1}</pin>
          <pin name="segment_ids" dtype="int32">{0, 0, 2}</pin>
        </block>
        <expect of="s" shape="[3, 2]" tolerance="1e-6">\(result)</expect>
      </page>
      """)
}

private func sparseGradient(_ name: String, _ kernel: String, pin: String, doc: String, result: String) -> BlockType {
  let forward = String(name.dropLast(4))
  return BlockType(
    name,
    doc: "The gradient of \(forward) for its `data`: zeros, and added to each picked row the gradient of its segment, \(doc).",
    inputs: [
      Pin(pin, "T", doc: "The gradient for the result of \(forward)."),
      Pin("segment_ids", "Tsegmentids", doc: "A vector of ids, below the rows of `\(pin)`."),
      Pin("indices", "Tidx", doc: "A vector: the picked rows."), Pin("output_dim0", .int32, doc: "The rows of the result, a scalar.", setting: true),
    ],
    attrs: [.type("T", in: .floats, widened: .halves)] + idAttrs,
    outputs: [Pin("output", "T", doc: "`output_dim0` rows.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      try requireRowsAndIDs(context)
      let count = try context.scalar(3)
      if let count, count < 0 {
        throw BlockError(.badValue, "`output_dim0` is \(count)", input: 3, fix: "give a number of 0 or more")
      }
      return [try rows(context, 0, count: count)]
    },
    compute: .call(kernel, parameters: gradientParameters),
    scratch: { (context) in
      let (bytes, overflow) = (context.shape(0).known?.dims.first ?? 0).multipliedReportingOverflow(by: MemoryLayout<Int>.stride)
      return overflow ? .max : bytes
    },
    faults: .possibly,
    example: """
      <page title="\(name): back to the picked rows">
        <block id="s" type="\(name)">
          <pin name="\(pin)">{{1, 2}, {9, 9}, {5, 6}}</pin>
          <pin name="indices" dtype="int32">{0, 2, 1}</pin>
          <pin name="segment_ids" dtype="int32">{0, 0, 2}</pin>
          <pin name="output_dim0" dtype="int32">3</pin>
        </block>
        <expect of="s" shape="[3, 2]" tolerance="1e-6">\(result)</expect>
      </page>
      """)
}

private func requireRowsAndIDs(_ context: RuleContext) throws(BlockError) {
  try context.requireRank(1, 1)
  try context.requireRank(2, 1)
  try requireSameCount(context.shape(2).dims?.first, context.shape(1).dims?.first, "`indices`", "`segment_ids`", input: 1)
}

private func gradientParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let dims = context.shape(0).known?.dims, let ids = context.shape(1).known?.count, let count = context.integers(3)?.first else { return [] }
  return [ids, checkedProduct(dims.dropFirst()) ?? 0, dims[0], count].map(Int64.init)
}

/// The rows of the data, a scalar.
private func rowCount(_ g: GradientContext) -> GradientValue {
  if let count = g[0].shape.dims?.first, count >= 0 { return g.integer(count) }
  let first = g.block("GatherNd", g.block("Shape", g[0]), g.integers([0]))
  return g.reshaped(first, like: g.integer(0))
}
