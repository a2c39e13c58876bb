import Diagnostics
import TensorCore

/// Blocks that put elements around a tensor, and what flows back through them.
let paddingTypes: [BlockType] = [
  BlockType(
    "Pad",
    doc: "`input` with zeros around it (false, empty strings): `paddings` has a row for each axis, with how many go before it and behind it.",
    inputs: [Pin("input", "T"), paddingsPin],
    attrs: [.type("T", in: movable), .type("Tpaddings", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in [try paddedShape(context)] },
    compute: .call("moveStrided", parameters: { (context) throws(BlockError) in try padParameters(context, output: 2, filler: .zeros) }),
    split: padSplit,
    gradient: .by(padGradient, nil),
    example: """
      <page title="A frame of zeros on the left and below">
        <block id="p" type="Pad">
          <pin name="input">{{1, 2}, {3, 4}}</pin>
          <pin name="paddings" dtype="int32">{{0, 1}, {1, 0}}</pin>
        </block>
        <expect of="p" shape="[3, 3]">0 1 2 0 3 4 0 0 0</expect>
      </page>
      """),
  BlockType(
    "PadV2",
    doc: "`input` with `constant_values`, one element, around it: `paddings` has a row for each axis, with how many go before it and behind it.",
    inputs: [Pin("input", "T"), paddingsPin, Pin("constant_values", "T", doc: "What is put around it, a scalar.")],
    attrs: [.type("T", in: movable), .type("Tpaddings", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(2, 0)
      return [try paddedShape(context)]
    },
    compute: .call("moveStrided", parameters: { (context) throws(BlockError) in try padParameters(context, output: 3, filler: .buffer(2)) }),
    split: padSplit,
    gradient: .by(padGradient, nil, nil),
    example: """
      <page title="Nines on both sides">
        <block id="p" type="PadV2">
          <pin name="input">1 2</pin>
          <pin name="paddings" dtype="int32">{{1, 2}}</pin>
          <pin name="constant_values">9</pin>
        </block>
        <expect of="p">9 1 2 9 9</expect>
      </page>
      """),
  BlockType(
    "MirrorPad",
    doc: """
      `input` with its mirror image around it: `paddings` has a row for each axis, with how many go before it and behind it. With \
      mode SYMMETRIC the mirror stands behind the outermost element, which is repeated; with REFLECT on it.
      """,
    inputs: [Pin("input", "T"), paddingsPin],
    attrs: [.type("T", in: movable), .type("Tpaddings", in: .indices, default: .int32), modeAttr],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in [try paddedShape(context, isMirror: true)] },
    compute: .call("mirrorPad", parameters: mirrorParameters),
    gradient: .by({ g in g.block("MirrorPadGrad", g.dy, g[1], attrs: g.attrs("mode")) }, nil),
    example: """
      <page title="Two mirrors">
        <block id="r" type="MirrorPad">
          <pin name="input">1 2 3</pin><pin name="paddings" dtype="int32">{{2, 2}}</pin><attrs mode="REFLECT"/>
        </block>
        <block id="s" type="MirrorPad">
          <pin name="input">1 2 3</pin><pin name="paddings" dtype="int32">{{2, 2}}</pin><attrs mode="SYMMETRIC"/>
        </block>
        <expect of="r">3 2 1 2 3 2 1</expect>
        <expect of="s">2 1 1 2 3 3 2</expect>
      </page>
      """),
  BlockType(
    "MirrorPadGrad",
    doc: """
      The gradient of MirrorPad: `input` without its paddings, where each element is the sum of all that MirrorPad makes of it. Sums are \
      formed axis by axis, before the tensor first; integers wrap around, and 16-bit floats are rounded after each addition.
      """,
    inputs: [Pin("input", "T"), paddingsPin],
    attrs: [.type("T", in: [.summable, .halves], widened: .narrowIntegers), .type("Tpaddings", in: .indices, default: .int32), modeAttr],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in [try unpaddedShape(context)] },
    compute: .call("foldMirror", parameters: foldParameters),
    scratch: { (context) throws(BlockError) in
      context.shape(0).known.flatMap { Memory.byteCount(of: $0, dtype: context.dtype(0)) } ?? 0
    },
    split: foldSplit,
    gradient: .by({ g in g.block("MirrorPad", g.dy, g[1], attrs: g.attrs("mode")) }, nil),
    example: """
      <page title="What the mirror shows twice counts twice">
        <block id="g" type="MirrorPadGrad">
          <pin name="input">1 1 1 1 1</pin><pin name="paddings" dtype="int32">{{2, 0}}</pin><attrs mode="REFLECT"/>
        </block>
        <expect of="g">1 2 2</expect>
      </page>
      """),
]

private let paddingsPin = Pin(
  "paddings", "Tpaddings", doc: "For each axis two numbers of 0 or more: before it, behind it. Shape [rank, 2].", setting: true)
private let modeAttr = Attr.choice("mode", of: ["REFLECT", "SYMMETRIC"], doc: "Whether the edge itself is left out, or repeated.")

// MARK: Shapes

/// The rows of `paddings`; nil while they are not known. Checks all that is.
private func paddings(_ context: RuleContext) throws(BlockError) -> [(before: Int, after: Int)]? {
  try context.requireRank(1, 2)
  if let dims = context.shape(1).dims {
    if dims[1] >= 0, dims[1] != 2 {
      throw BlockError(
        .shapeMismatch, "`paddings` has shape \(context.shape(1)) but needs two numbers for each axis", input: 1,
        fix: "write it like {{1, 1}, {0, 2}}")
    }
    if let rank = context.shape(0).rank, dims[0] >= 0, dims[0] != rank {
      throw BlockError(
        .shapeMismatch, "`paddings` has \(dims[0]) rows but `input` of shape \(context.shape(0)) has rank \(rank)", input: 1,
        fix: "give two numbers for each axis")
    }
  }
  guard let numbers = context.integers(1) else { return nil }
  if let index = numbers.firstIndex(where: { $0 < 0 }) {
    throw BlockError(.badValue, "`paddings` has \(numbers[index]) for axis \(index / 2)", input: 1, fix: "give numbers of 0 or more")
  }
  return stride(from: 0, to: numbers.count - 1, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
}

private func isReflecting(_ context: RuleContext) -> Bool { context.attr("mode") == .string("REFLECT") }

/// Checks that a mirror of an axis shows no more than there is.
private func requireMirror(_ context: RuleContext, _ padding: (before: Int, after: Int), _ size: Int, axis: Int) throws(BlockError) {
  let most = isReflecting(context) ? size - 1 : size
  if padding.before <= most, padding.after <= most { return }
  throw BlockError(
    .badValue, "`paddings` has \(padding.before) and \(padding.after) for axis \(axis), which has \(size) elements to mirror", input: 1,
    fix: most < 0
      ? "an axis without elements cannot be reflected" : "with mode \(isReflecting(context) ? "REFLECT" : "SYMMETRIC"), give numbers up to \(most)")
}

private func paddedShape(_ context: RuleContext, isMirror: Bool = false) throws(BlockError) -> PartialShape {
  let rows = try paddings(context)
  guard let dims = context.shape(0).dims else {
    guard let rank = rows?.count ?? context.shape(1).dims?[0], rank >= 0 else { return .unknown }
    return try context.checked(Array(repeating: -1, count: rank))
  }
  guard let rows else { return PartialShape(Array(repeating: -1, count: dims.count)) }
  var result: [Int] = []
  for (axis, (dim, row)) in zip(dims, rows).enumerated() {
    let (both, overflow) = row.before.addingReportingOverflow(row.after)
    let (size, overflows) = both.addingReportingOverflow(max(0, dim))
    if overflow || overflows {
      throw BlockError(.tooLarge, "axis \(axis) would have more elements than can be counted", input: 1)
    }
    if isMirror, dim >= 0 { try requireMirror(context, row, dim, axis: axis) }
    result.append(dim < 0 ? -1 : size)
  }
  return try context.checked(result)
}

private func unpaddedShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  let rows = try paddings(context)
  guard let dims = context.shape(0).dims else { return rows.map { PartialShape(Array(repeating: -1, count: $0.count)) } ?? .unknown }
  guard let rows else { return PartialShape(Array(repeating: -1, count: dims.count)) }
  var result: [Int] = []
  for (axis, (dim, row)) in zip(dims, rows).enumerated() {
    if dim < 0 {
      result.append(-1)
      continue
    }
    guard row.before <= dim, row.after <= dim - row.before else {
      throw BlockError(
        .badValue, "`paddings` takes \(row.before) and \(row.after) from axis \(axis), which has \(dim) elements", input: 1,
        fix: "give the paddings of the MirrorPad that it is the gradient of")
    }
    let size = dim - row.before - row.after
    try requireMirror(context, row, size, axis: axis)
    result.append(size)
  }
  return try context.checked(result)
}

// MARK: Parameters

private func padParameters(_ context: RuleContext, output: Int, filler: StridedMove.Filler) throws(BlockError) -> [Int64] {
  let dims = context.shape(0).known?.dims ?? []
  let sizes = try paddedShape(context).known?.dims ?? []
  let (packed, wide) = (rowMajorPitches(dims), rowMajorPitches(sizes))
  var move = StridedMove()
  for (axis, row) in (try paddings(context) ?? []).enumerated() {
    move.to &+= row.before &* wide[axis]
    move.add(StridedMove.Axis(size: dims[axis], from: packed[axis], to: wide[axis]))
  }
  // Where all is written, nothing is filled before.
  return move.parameters(context.dtype(0), source: 0, target: output, filler: dims == sizes ? .none : filler)
}

private func padSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  strideSplit(context, parameters, target: try paddedShape(context).known?.count)
}

/// Along the first axis, when there are no mirrors in front of it and behind it.
private func foldSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  guard parameters.count > 4, parameters[2] > 1, parameters[3] == 0, parameters[4] == 0, let count = context.shape(0).known?.count,
    let kept = try unpaddedShape(context).known?.count
  else { return nil }
  let units = Int(parameters[2])
  return Split(units: units, steps: [count / units, 0, kept / units], word: 2, work: Double(3 * count))
}

private func mirrorParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = context.shape(0).known?.dims ?? []
  let (from, to) = (rowMajorPitches(dims), rowMajorPitches(try paddedShape(context).known?.dims ?? []))
  var words = [context.dtype(0).byteCount, isReflecting(context) ? 1 : 0, dims.count]
  for (axis, row) in (try paddings(context) ?? []).enumerated() { words += [dims[axis], row.before, row.after, from[axis], to[axis]] }
  return words.map(Int64.init)
}

private func foldParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let sizes = try unpaddedShape(context).known?.dims ?? []
  var words = [isReflecting(context) ? 1 : 0, sizes.count]
  for (size, row) in zip(sizes, try paddings(context) ?? []) { words += [size, row.before, row.after] }
  return words.map(Int64.init)
}

/// What flows back to the tensor itself.
private func padGradient(_ g: GradientContext) -> GradientValue {
  guard let rows = g[1].integers else {
    let column = g.block(
      "StridedSlice", g[1], g.integers([0, 0]), g.integers([0, 1]), g.integers([1, 1]),
      attrs: ["begin_mask": .int(1), "end_mask": .int(1), "shrink_axis_mask": .int(2)])
    return g.block("Slice", g.dy, column, g.block("Shape", g[0], attrs: ["out_type": .type(g[1].dtype)]))
  }
  let begin = stride(from: 0, to: rows.count - 1, by: 2).map { rows[$0] }
  let size = g[0].shape.known.map { g.longs($0.dims) } ?? g.block("Shape", g[0], attrs: ["out_type": .type(.int64)])
  return g.block("Slice", g.dy, g.longs(begin), size)
}
