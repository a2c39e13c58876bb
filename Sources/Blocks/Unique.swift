import Diagnostics
import TensorCore

// Blocks that look for equal elements, and for those that are not zero.

private let equality = """
  -0 and 0 are one element, and so is every subnormal number, which kernels take for zero (not so in half and bfloat16, whose elements are \
  compared by their bits). A NaN is equal to nothing.
  """
private let places = Attr.dtype("out_idx", in: .indices, default: .int32, doc: "The dtype of places and counts.")
/// What TensorFlow looks for zeros in.
private let countable: DTypeSet = [.floats, DTypeSet(.bfloat16, .bool), .complex, .allIntegers]
private let comparable: DTypeSet = [.realNumbers, DTypeSet(.bool, .string)]

let uniqueTypes: [BlockType] = [
  BlockType(
    "Unique",
    doc: "The different elements of the vector `x` in the order in which they first occur, and where each element of `x` is among them. \(equality)",
    inputs: [Pin("x", "T", doc: "A vector.")],
    attrs: [.type("T", in: comparable), places],
    outputs: [
      Pin("y", "T", doc: "The different elements, a vector."),
      Pin("idx", "out_idx", doc: "For each element of `x` its place in `y`: `y[idx[i]]` is `x[i]`."),
    ],
    shape: { (context) throws(BlockError) in
      let count = try vectorCount(context, 0)
      return [PartialShape([-1]), PartialShape([count])]
    },
    compute: .call("unique"), scratch: uniqueScratch, rows: { (context) throws(BlockError) in context.shape(0).known?.count ?? 0 },
    example: """
      <page title="Three words">
        <block id="u" type="Unique"><pin name="x" dtype="string">"to" "be" "or" "to" "be"</pin></block>
        <expect of="u.y">"to" "be" "or"</expect>
        <expect of="u.idx">0 1 2 0 1</expect>
      </page>
      """),
  BlockType(
    "UniqueWithCounts",
    doc: """
      The different elements of the vector `x` in the order in which they first occur, where each element of `x` is among them, and how often each \
      of them occurs. \(equality)
      """,
    inputs: [Pin("x", "T", doc: "A vector.")],
    attrs: [.type("T", in: comparable), places],
    outputs: [
      Pin("y", "T", doc: "The different elements, a vector."),
      Pin("idx", "out_idx", doc: "For each element of `x` its place in `y`: `y[idx[i]]` is `x[i]`."),
      Pin("count", "out_idx", doc: "For each element of `y` how often it occurs in `x`."),
    ],
    shape: { (context) throws(BlockError) in
      let count = try vectorCount(context, 0)
      return [PartialShape([-1]), PartialShape([count]), PartialShape([-1])]
    },
    compute: .call("unique"), scratch: uniqueScratch, rows: { (context) throws(BlockError) in context.shape(0).known?.count ?? 0 },
    example: """
      <page title="How often">
        <block id="u" type="UniqueWithCounts"><pin name="x" dtype="int32">7 3 7 7 5</pin></block>
        <expect of="u.y">7 3 5</expect>
        <expect of="u.count">3 1 1</expect>
      </page>
      """),
  BlockType(
    "SetDiff1D",
    doc: "The elements of the vector `x` that do not occur in `y`, in their order and as often as they occur, and their places in `x`. \(equality)",
    inputs: [Pin("x", "T", doc: "A vector."), Pin("y", "T", doc: "What is left out, a vector.")],
    attrs: [.type("T", in: [.realNumbers, DTypeSet(.string)]), places],
    outputs: [Pin("out", "T", doc: "What is left of `x`, a vector."), Pin("idx", "out_idx", doc: "Their places: `out[i]` is `x[idx[i]]`.")],
    shape: { (context) throws(BlockError) in
      _ = try vectorCount(context, 0)
      _ = try vectorCount(context, 1)
      return [PartialShape([-1]), PartialShape([-1])]
    },
    compute: .call("setDifference", parameters: { (context) throws(BlockError) in [Int64(tableBits(context))] }),
    scratch: { (context) throws(BlockError) in 64 + 8 << tableBits(context) },
    rows: { (context) throws(BlockError) in context.shape(0).known?.count ?? 0 },
    example: """
      <page title="Without the odd ones">
        <block id="d" type="SetDiff1D"><pin name="x" dtype="int32">1 2 3 4 5 6</pin><pin name="y">1 3 5</pin></block>
        <expect of="d.out">2 4 6</expect>
        <expect of="d.idx">1 3 5</expect>
      </page>
      """),
  BlockType(
    "Where",
    doc: """
      The places of all elements of `condition` that are true or not zero, in their order. NaN is not zero; a subnormal \
      number is, as in every kernel, but not one of bfloat16.
      """,
    inputs: [Pin("condition", "T", doc: "Rank 1 to 8.", spellings: ["input"])],
    attrs: [.type("T", in: countable, default: .bool)],
    outputs: [Pin("index", .int64, doc: "A row of coordinates for each place: shape [places, rank of `condition`].")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1...8)
      return [PartialShape([-1, context.shape(0).rank ?? -1])]
    },
    compute: .call(
      "places", parameters: { (context) throws(BlockError) in (context.shape(0).known?.dims).map { ([$0.count] + $0).map(Int64.init) } ?? [] }),
    scratch: { (_) throws(BlockError) in 128 }, rows: { (context) throws(BlockError) in context.value(0)?.nonzeroCount ?? 0 }, gradient: .nothing,
    example: """
      <page title="Where a matrix is positive">
        <block id="m" type="Greater"><pin name="x">{{1, -1}, {-2, 3}}</pin><pin name="y">0</pin></block>
        <block id="w" type="Where"/>
        <wire from="m" to="w.condition"/>
        <expect of="w" shape="[2, 2]">0 0 1 1</expect>
      </page>
      """),
  BlockType(
    "EditDistance",
    doc: """
      The Levenshtein distance of each hypothesis from its truth: the fewest elements that must be inserted, deleted or replaced. Both are sparse \
      tensors whose last axis runs along the sequences and whose indices are in order. With `normalize` it is divided by the length of the truth: \
      infinite where there is only a hypothesis, 1 where there is only a truth.
      """,
    inputs: [
      Pin("hypothesis_indices", .int64, doc: "The places of the hypotheses' elements, a matrix of a row for each."),
      Pin("hypothesis_values", "T", doc: "The elements, a vector."),
      Pin("hypothesis_shape", .int64, doc: "The shape of the hypotheses, a vector of 2 or more sizes.", setting: true),
      Pin("truth_indices", .int64, doc: "The places of the truths' elements, a matrix of a row for each."),
      Pin("truth_values", "T", doc: "The elements, a vector."),
      Pin("truth_shape", .int64, doc: "The shape of the truths; it has as many sizes as the hypotheses'.", setting: true),
    ],
    attrs: [
      .type("T", in: [.allNumbers, DTypeSet(.bool, .string)]), .bool("normalize", default: true, doc: "Divides by the lengths of the truths."),
    ],
    outputs: [Pin("output", .float, doc: "A distance for each sequence: the greater of both shapes without the last axis.")],
    shape: editDistanceShape, compute: .call("editDistance", parameters: editDistanceParameters),
    scratch: { (context) throws(BlockError) in 8 + 8 * (context.shape(4).known?.count ?? 0) }, faults: .possibly, gradient: .nothing,
    example: """
      <page title="From 1 2 3 to 1 3, and from nothing to 4">
        <block id="d" type="EditDistance">
          <pin name="hypothesis_indices">{{0, 0}, {0, 1}, {0, 2}}</pin>
          <pin name="hypothesis_values" dtype="int32">1 2 3</pin>
          <pin name="hypothesis_shape">2 3</pin>
          <pin name="truth_indices">{{0, 0}, {0, 1}, {1, 0}}</pin>
          <pin name="truth_values" dtype="int32">1 3 4</pin>
          <pin name="truth_shape">2 2</pin>
        </block>
        <expect of="d">0.5 1</expect>
      </page>
      """),
]

/// -1 while it is not known.
private func vectorCount(_ context: RuleContext, _ pin: Int) throws(BlockError) -> Int {
  try context.requireRank(pin, 1)
  let count = context.shape(pin).dims?.first ?? -1
  if count > Int(Int32.max) {
    throw BlockError(
      .tooLarge, "`\(context.type.inputs[pin].name)` has \(count) elements; \(Int32.max) are the most that can be looked up", input: pin)
  }
  return count
}

/// The count and, behind it, the table as large as it can become: the kernel starts with 2^9 places, and makes it four times as large
/// whenever it is half full.
private func uniqueScratch(_ context: RuleContext) throws(BlockError) -> Int {
  var bits = 9
  while 1 << bits < 2 * (context.shape(0).known?.count ?? 0) { bits += 2 }
  return 64 + 8 << bits
}

/// Places for twice the elements of `y`.
private func tableBits(_ context: RuleContext) -> Int {
  var bits = 4
  while 1 << bits < 2 * (context.shape(1).known?.count ?? 0) { bits += 1 }
  return bits
}

extension Tensor {
  /// How many elements kernels do not take for zero.
  fileprivate var nonzeroCount: Int {
    func count<Word: BitwiseCopyable>(_: Word.Type, _ isSet: (Word) -> Bool) -> Int {
      bytes.bindMemory(to: Word.self).reduce(0) { $0 &+ (isSet($1) ? 1 : 0) }
    }
    return withExtendedLifetime(storage) {
      switch dtype {
      case .bfloat16: count(UInt16.self) { $0 & 0x7fff != 0 }
      case .complex64: count(SIMD2<UInt32>.self) { ($0 & 0x7fff_ffff).max() >= 0x0080_0000 }
      case .complex128: count(SIMD2<UInt64>.self) { ($0 & 0x7fff_ffff_ffff_ffff).max() >= 0x0010_0000_0000_0000 }
      case .float: count(UInt32.self) { $0 & 0x7fff_ffff >= 0x0080_0000 }
      case .double: count(UInt64.self) { $0 & 0x7fff_ffff_ffff_ffff >= 0x0010_0000_0000_0000 }
      default:
        switch dtype.byteCount {
        case 1: count(UInt8.self) { $0 != 0 }
        case 2: count(UInt16.self) { $0 != 0 }
        case 4: count(UInt32.self) { $0 != 0 }
        default: count(UInt64.self) { $0 != 0 }
        }
      }
    }
  }
}

// MARK: EditDistance

private func editDistanceShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  var shapes: [[Int]?] = []
  for pin in [0, 3] {
    let names = (0...2).map { context.type.inputs[pin + $0].name }
    try context.requireRank(pin, 2)
    try context.requireRank(pin + 1, 1)
    try context.requireRank(pin + 2, 1)
    if let rank = context.shape(pin + 2).dims?.first, rank >= 0 {
      if rank < 2 {
        throw BlockError(
          .shapeMismatch, "`\(names[2])` has \(rank) sizes", input: pin + 2, fix: "give 2 or more: the last axis runs along the sequences")
      }
      if let columns = context.shape(pin).dims?.last, columns >= 0, columns != rank {
        throw BlockError(.shapeMismatch, "`\(names[0])` has rows of \(columns) but `\(names[2])` has \(rank) sizes", input: pin)
      }
    }
    if let rows = context.shape(pin).dims?.first, let count = context.shape(pin + 1).dims?.first, rows >= 0, count >= 0, rows != count {
      throw BlockError(.shapeMismatch, "`\(names[0])` has \(rows) rows but `\(names[1])` has \(count) elements", input: pin + 1)
    }
    let sizes = context.integers(pin + 2)
    if let negative = sizes?.first(where: { $0 < 0 }) {
      throw BlockError(.badValue, "`\(names[2])` has the size \(negative)", input: pin + 2, fix: "give sizes of 0 or more")
    }
    if let sizes { _ = try context.checked(sizes) }
    shapes.append(sizes)
  }
  if let a = context.shape(2).dims?.first, let b = context.shape(5).dims?.first, a >= 0, b >= 0, a != b {
    throw BlockError(.shapeMismatch, "`hypothesis_shape` has \(a) sizes but `truth_shape` has \(b)", input: 5)
  }
  guard let hypothesis = shapes[0], let truth = shapes[1] else {
    let rank = [2, 5].compactMap { context.shape($0).dims?.first }.max() ?? -1
    return [rank > 0 ? PartialShape(Array(repeating: -1, count: rank - 1)) : .unknown]
  }
  let dims = zip(hypothesis, truth).map { max($0, $1) }.dropLast()
  if dims.contains(0) {
    throw BlockError(
      .badValue, "`hypothesis_shape` and `truth_shape` have no sequences: the result would have shape \(PartialShape(Array(dims)))", input: 2)
  }
  return [try context.checked(Array(dims))]
}

private func editDistanceParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = try editDistanceShape(context).first?.known?.dims ?? []
  return [Int64(dims.count + 1), context.bool("normalize") ? 1 : 0] + dims.map(Int64.init)
}
