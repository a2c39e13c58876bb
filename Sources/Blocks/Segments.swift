import Diagnostics
import TensorCore

/// Rows of a tensor that are combined segment by segment.
let segmentTypes: [BlockType] = [
  sorted(
    "SegmentSum", "segmentSum", in: summable,
    doc: "Adds up the rows of each segment. Integers wrap around; a segment without rows is 0. \(additions)",
    gradient: { g in rows(g.dy, g[1], g) }, result: "11 22 0 0 5 6"),
  sorted(
    "SegmentMean", "segmentMean", in: summable,
    doc: """
      The mean of the rows of each segment: their sum, divided by their number. Integers: sum and number wrap around, and the quotient is \
      rounded toward 0. A segment without rows is 0.
      """,
    gradient: segmentMeanGradient, result: "5.5 11 0 0 5 6"),
  sorted(
    "SegmentProd", "segmentProduct", in: summable,
    doc: """
      Multiplies the rows of each segment. Integers wrap around; a segment without rows is 1. Floats are multiplied row by row; TensorFlow \
      takes four rows at a time in segments of 16 rows or more, so that the last bits may differ there (n/2 + 1 eps for n rows).
      """,
    gradient: segmentProductGradient, result: "10 40 1 1 5 6"),
  sorted(
    "SegmentMin", "segmentMinimum", in: ordered, doc: "The least of the rows of each segment, \(extremes)", gradient: segmentExtremeGradient,
    result: "1 2 0 0 5 6"),
  sorted(
    "SegmentMax", "segmentMaximum", in: ordered, doc: "The greatest of the rows of each segment, \(extremes)", gradient: segmentExtremeGradient,
    result: "10 20 0 0 5 6"),
  unsorted(
    "UnsortedSegmentSum", "unsortedSegmentSum", in: summable, ids: DTypeSet(.int16, .int32, .int64),
    doc: "Adds up the rows of each segment, one after the other. Integers wrap around; a segment without rows is 0.",
    gradient: unsortedSumGradient, result: "5 6 0 0 11 22"),
  unsorted(
    "UnsortedSegmentMax", "unsortedSegmentMaximum", in: ordered, ids: .indices,
    doc: """
      The greatest of the rows of each segment, element by element. A segment without rows has the lowest finite number, and nothing is below \
      that. A NaN lasts until the next row of its segment, as in TensorFlow.
      """,
    gradient: unsortedExtremeGradient, result: "5 6 -3.4028235e+38 -3.4028235e+38 10 20"),
]

private let ordered: DTypeSet = [.floats, .allIntegers]
private let summable: DTypeSet = [ordered, .complex]

private let additions = """
  Floats are added row by row; TensorFlow adds four rows at a time in segments of 16 rows or more, so that the last bits may differ there: \
  each sum is within n/2 eps of the sum of the terms' magnitudes, for n rows.
  """

private let extremes = """
  element by element. A segment without rows is 0. A NaN lasts until the next row of its segment, as in TensorFlow (which takes four rows at a \
  time in segments of 16 or more).
  """

private func sorted(
  _ name: String, _ kernel: String, in set: DTypeSet, doc: String, gradient: @escaping Gradient.PinRule, result: String
) -> BlockType {
  BlockType(
    name,
    doc:
      "\(doc) Rows are slices along the first dimension; those with the same id make a segment. The ids are sorted, from 0 on; id i fills row i of "
      + "the result.",
    inputs: [
      Pin("data", "T", doc: "Rank 1 or more."), Pin("segment_ids", "Tindices", doc: "A vector: an id for each row, sorted.", setting: true),
    ],
    attrs: [.type("T", in: set, widened: .halves), .type("Tindices", in: .indices)],
    outputs: [Pin("output", "T", doc: "A row for each id up to the last one.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      try context.requireRank(1, 1)
      try requireSameCount(context.shape(0).dims?.first, context.shape(1).dims?.first, "rows in `data`", "ids in `segment_ids`", input: 1)
      return [try rows(context, 0, count: try sortedIDs(context, 1))]
    },
    compute: .call(kernel, parameters: segmentParameters), faults: .possibly, gradient: .by(gradient, nil),
    example: """
      <page title="\(name): two rows, none and one">
        <block id="s" type="\(name)">
          <pin name="data">{{1, 2}, {10, 20}, {5, 6}}</pin>
          <pin name="segment_ids" dtype="int32">{0, 0, 2}</pin>
        </block>
        <expect of="s" shape="[3, 2]">\(result)</expect>
      </page>
      """)
}

private func unsorted(
  _ name: String, _ kernel: String, in set: DTypeSet, ids: DTypeSet, doc: String, gradient: @escaping Gradient.PinRule, result: String
) -> BlockType {
  BlockType(
    name,
    doc: "\(doc) Rows with the same id make a segment, in whatever order; rows with a negative id are left out. An id of `num_segments` or more is "
      + "an error.",
    inputs: [
      Pin("data", "T", doc: "Its shape begins with that of `segment_ids`; what is left is a row."),
      Pin("segment_ids", "Tindices", doc: "An id for each row."),
      Pin("num_segments", "Tnumsegments", doc: "The rows of the result, a scalar.", setting: true),
    ],
    attrs: [.type("T", in: set, widened: .halves), .type("Tindices", in: ids), .type("Tnumsegments", in: .indices, default: .int32)],
    outputs: [Pin("output", "T", doc: "`num_segments` rows.")],
    shape: unsortedShape, compute: .call(kernel, parameters: unsortedParameters), faults: .possibly, gradient: .by(gradient, nil, nil),
    example: """
      <page title="\(name): a row that is left out">
        <block id="s" type="\(name)">
          <pin name="data">{{1, 2}, {5, 6}, {7, 8}, {10, 20}}</pin>
          <pin name="segment_ids" dtype="int32">{2, 0, -1, 2}</pin>
          <pin name="num_segments" dtype="int32">3</pin>
        </block>
        <expect of="s" shape="[3, 2]">\(result)</expect>
      </page>
      """)
}

// MARK: Shapes

/// How many segments the sorted ids make; nil while they are not known. TensorFlow counts in the dtype of the ids.
func sortedIDs(_ context: RuleContext, _ pin: Int) throws(BlockError) -> Int? {
  guard let tensor = context.value(pin) else { return nil }
  if let count = tensor.dtype == .int32 ? countOfSorted(tensor, Int32.self) : countOfSorted(tensor, Int64.self) { return count }
  guard let ids = context.integers(pin) else { return nil }
  let name = context.type.inputs[pin].name
  if let first = ids.first, first < 0 {
    throw BlockError(.badValue, "`\(name)` begins with \(first)", input: pin, fix: "number segments from 0 on")
  }
  if let place = ids.indices.dropFirst().first(where: { ids[$0] < ids[$0 - 1] }) {
    throw BlockError(
      .badValue, "`\(name)` is not sorted: \(ids[place]) at place \(place) comes after \(ids[place - 1])", input: pin,
      fix: context.type.name == "SegmentSum" || context.type.name == "SegmentMax"
        ? "sort the rows by their ids, or use Unsorted\(context.type.name)" : "sort the rows by their ids")
  }
  guard let last = ids.last else { return 0 }
  if last == (context.dtype(pin) == .int32 ? Int(Int32.max) : .max) {
    throw BlockError(.tooLarge, "`\(name)` ends with \(last), the greatest number there is", input: pin, fix: "number segments from 0 on")
  }
  return last + 1
}

/// How many segments ids make that are as they must be, without an array of them: in the run there may be many in each cycle.
private func countOfSorted<ID: FixedWidthInteger & BitwiseCopyable>(_ tensor: Tensor, _: ID.Type) -> Int? {
  guard tensor.count > 0, tensor.bytes.count == tensor.count * MemoryLayout<ID>.stride else { return nil }
  return withExtendedLifetime(tensor) {
    tensor.bytes.withMemoryRebound(to: ID.self) { ids in
      var last = ids[0]
      var isSorted = last >= 0
      for id in ids {
        isSorted = isSorted && id >= last
        last = id
      }
      return isSorted && last < ID.max ? Int(last) + 1 : nil
    }
  }
}

func requireSameCount(_ a: Int?, _ b: Int?, _ first: String, _ second: String, input: Int) throws(BlockError) {
  guard let a, let b, a >= 0, b >= 0, a != b else { return }
  throw BlockError(.shapeMismatch, "there are \(a) \(first) but \(b) \(second)", input: input)
}

/// The shape of so many rows like those of a pin.
func rows(_ context: RuleContext, _ pin: Int, count: Int?) throws(BlockError) -> PartialShape {
  guard let dims = context.shape(pin).dims else { return .unknown }
  return try context.checked([count ?? -1] + dims.dropFirst())
}

/// Ids, elements of a row, rows, segments.
func segmentParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let dims = context.shape(0).known?.dims, let ids = context.shape(1).known?.count, let segments = try sortedIDs(context, 1) else { return [] }
  return [ids, checkedProduct(dims.dropFirst()) ?? 0, dims[0], segments].map(Int64.init)
}

private func unsortedShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let count = try context.scalar(2)
  if let count, count < 0 {
    throw BlockError(.badValue, "`num_segments` is \(count)", input: 2, fix: "give a number of 0 or more")
  }
  guard let ids = context.shape(1).dims, let dims = context.shape(0).dims else { return [.unknown] }
  guard dims.count >= ids.count, PartialShape(Array(dims.prefix(ids.count))).merged(with: PartialShape(ids)) != nil else {
    throw BlockError(
      .shapeMismatch, "the shape of `data` must begin with that of `segment_ids` but they are \(context.shape(0)) and \(context.shape(1))", input: 1)
  }
  return [try context.checked([count ?? -1] + dims.dropFirst(ids.count))]
}

private func unsortedParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let dims = context.shape(0).known?.dims, let ids = context.shape(1).known, let count = ids.count, let segments = context.integers(2)?.first
  else { return [] }
  // Halves are computed as floats, whose lowest number they do not have.
  let lowest: Float =
    switch context.type.name == "UnsortedSegmentMax" ? context.narrowDType("T") : .float {
    case .half: -65504
    case .bfloat16: -0x1.fep127
    default: 0
    }
  return [count, checkedProduct(dims.dropFirst(ids.rank)) ?? 0, segments].map(Int64.init) + [Int64(lowest.bitPattern)]
}

// MARK: Gradients

/// For each id the row that it names.
private func rows(_ value: GradientValue, _ ids: GradientValue, _ g: GradientContext) -> GradientValue {
  g.block("Gather", value, ids)
}

private func segmentMeanGradient(_ g: GradientContext) -> GradientValue {
  let counts = g.block("SegmentSum", g.block("OnesLike", g[0]), g[1])
  return rows(g.dy / counts, g[1], g)
}

/// What flows back to a segment's extreme is shared among the elements that have it.
private func segmentExtremeGradient(_ g: GradientContext) -> GradientValue {
  let isChosen = g.block("Equal", g[0], rows(g.y, g[1], g))
  let count = g.block("SegmentSum", g.block("Cast", isChosen, attrs: ["DstT": .type(g[0].dtype)]), g[1])
  return g.block("Where3", isChosen, rows(g.dy / count, g[1], g), g.block("ZerosLike", g[0]))
}

/// The product of the others: a quotient where that works. A zero among the rows gets the product of the rest, two zeros get nothing.
private func segmentProductGradient(_ g: GradientContext) -> GradientValue {
  let ids = g[1]
  let isZero = g.block("Equal", g[0], g.number(0, like: g[0]))
  let zeros = g.block("SegmentSum", g.block("Cast", isZero, attrs: ["DstT": .type(.int32)]), ids)
  let upstream = g.block("Where3", g.block("Greater", zeros, g.integer(1)), g.block("ZerosLike", g.dy), g.dy)
  let others = g.block("Where3", isZero, g.block("OnesLike", g[0]), g[0])
  let quotient = rows(g.y, ids, g) / others
  return rows(upstream, ids, g) * g.block("Where3", isZero, rows(g.block("SegmentProd", others, ids), ids, g), quotient)
}

/// Rows by ids of any shape, one below the other; zeros for negative ids.
private struct UnsortedRows {
  let g: GradientContext
  let ids: GradientValue
  let isKept: GradientValue

  init(_ g: GradientContext) {
    self.g = g
    let flat = g.block("Reshape", g[1], g.integers([-1]))
    ids = flat.dtype == .int16 ? g.block("Cast", flat, attrs: ["DstT": .type(.int32)]) : flat
    isKept = g.block("GreaterEqual", ids, g.block("ZerosLike", ids))
  }

  func of(_ value: GradientValue) -> GradientValue {
    let found = rows(value, g.block("Maximum", ids, g.block("ZerosLike", ids)), g)
    return g.block("Where3", isKept, found, g.block("ZerosLike", found))
  }
}

private func unsortedSumGradient(_ g: GradientContext) -> GradientValue { g.reshaped(UnsortedRows(g).of(g.dy), like: g[0]) }

private func unsortedExtremeGradient(_ g: GradientContext) -> GradientValue {
  let segments = UnsortedRows(g)
  let best = segments.of(g.y)
  let isChosen = g.block("Equal", g.reshaped(g[0], like: best), best)
  let count = g.block("UnsortedSegmentSum", g.block("Cast", isChosen, attrs: ["DstT": .type(g[0].dtype)]), segments.ids, g[2])
  let shares = segments.of(g.dy / count)
  return g.reshaped(g.block("Where3", isChosen, shares, g.block("ZerosLike", shares)), like: g[0])
}
