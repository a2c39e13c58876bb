import Diagnostics
import TensorCore

/// Blocks that take parts of tensors along axes, and put them back.
let slicingTypes: [BlockType] = [
  BlockType(
    "Slice",
    doc: """
      A part of `input`: from `begin` on `size` elements along each axis; -1 for `size` means all that are left. What lies in one piece, like \
      some rows of a matrix, is seen where it lies: nothing is copied when `begin` and `size` are known before the run.
      """,
    inputs: [
      Pin("input", "T"), Pin("begin", "Index", doc: "Where the part begins, one number for each axis.", setting: true),
      Pin("size", "Index", doc: "Its size, one number for each axis; -1 for all that are left.", setting: true),
    ],
    attrs: [.type("T", in: movable), .type("Index", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in [try sliceShape(context)] },
    compute: .call("moveStrided", parameters: sliceParameters), split: { strideSplit($0, $1) },
    window: { (context) throws(BlockError) in Window(of: 0, try sliceMove(context)) },
    gradient: .by(sliceGradient, nil, nil),
    example: """
      <page title="The middle of a matrix">
        <block id="m" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}</pin></block>
        <block id="s" type="Slice">
          <pin name="begin" dtype="int32">1 0</pin>
          <pin name="size" dtype="int32">-1 2</pin>
        </block>
        <wire from="m" to="s.input"/>
        <expect of="s" shape="[2, 2]">4 5 7 8</expect>
      </page>
      """),
  BlockType(
    "StridedSlice",
    doc: """
      A part of `input` with steps, as `x[begin:end:stride, …]` of numpy. Entry i of the three vectors is for the i-th axis; axes without an \
      entry are taken whole. Negative numbers count from the end, ends beyond the tensor are moved to it, a negative stride walks back. \
      \(maskDoc) What lies in one piece is seen where it lies.
      """,
    inputs: [Pin("input", "T")] + rangePins,
    attrs: [.type("T", in: movable), .type("Index", in: .indices, default: .int32)] + masks,
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      guard let spec = try StridedSliceSpec(context, of: context.shape(0).dims) else { return [.unknown] }
      return [PartialShape(spec.dims)]
    },
    compute: .call(
      "moveStrided",
      parameters: { (context) throws(BlockError) in try stridedMove(context).parameters(context.dtype(0), source: 0, target: 4) }),
    split: { strideSplit($0, $1) },
    window: { (context) throws(BlockError) in Window(of: 0, try stridedMove(context)) },
    gradient: .by(
      { g in
        let shape = g.block("Shape", g[0], attrs: ["out_type": .type(g.rules.dtype(1))])
        return g.block("StridedSliceGrad", shape, g[1], g[2], g[3], g.dy, attrs: maskAttrs(g))
      }, nil, nil, nil),
    example: """
      <page title="Every second column from behind; a row">
        <block id="m" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <block id="columns" type="StridedSlice">
          <pin name="begin" dtype="int32">0 -1</pin>
          <pin name="end" dtype="int32">2 0</pin>
          <pin name="strides" dtype="int32">1 -2</pin>
          <attrs end_mask="2"/>
        </block>
        <block id="row" type="StridedSlice">
          <pin name="begin" dtype="int32">{-1}</pin>
          <pin name="end" dtype="int32">{0}</pin>
          <pin name="strides" dtype="int32">{1}</pin>
          <attrs shrink_axis_mask="1"/>
        </block>
        <wire from="m" to="columns.input"/>
        <wire from="m" to="row.input"/>
        <expect of="columns" shape="[2, 2]">3 1 6 4</expect>
        <expect of="row" shape="[3]">4 5 6</expect>
      </page>
      """),
  BlockType(
    "StridedSliceGrad",
    doc: "The gradient of StridedSlice: zeros of the shape `shape`, with `dy` in the places that a StridedSlice of it would take.",
    inputs: [Pin("shape", "Index", doc: "Of the result, a vector.", setting: true)] + rangePins + [Pin("dy", "T", doc: "Shaped like the slice.")],
    attrs: [.type("T", in: movable), .type("Index", in: .indices, default: .int32)] + masks,
    outputs: [Pin("output", "T")],
    shape: stridedGradientShape,
    compute: .call(
      "moveStrided",
      parameters: { (context) throws(BlockError) in
        let dims = context.integers(0) ?? []
        guard let spec = try StridedSliceSpec(context, of: dims) else { return [] }
        return spec.move(in: dims, isInto: true).parameters(context.dtype(4), source: 4, target: 5, filler: .zeros)
      }),
    gradient: .by(nil, nil, nil, nil, { g in g.block("StridedSlice", g.dy, g[1], g[2], g[3], attrs: maskAttrs(g)) }),
    example: """
      <page title="Back into every second place">
        <block id="g" type="StridedSliceGrad">
          <pin name="shape" dtype="int32">{5}</pin>
          <pin name="begin" dtype="int32">{0}</pin>
          <pin name="end" dtype="int32">{5}</pin>
          <pin name="strides" dtype="int32">{2}</pin>
          <pin name="dy">7 8 9</pin>
        </block>
        <expect of="g">7 0 8 0 9</expect>
      </page>
      """),
  stridedAssignment("StridedSliceAssign", output: .newValue("output_ref", "T", of: "ref")),
  stridedAssignment("ResourceStridedSliceAssign", output: .operation("operation", doc: "That the variable was changed.")),
]

/// What TensorFlow slices and pads.
let movable = DTypeSet.unquantized.union(DTypeSet(.qint8, .quint8, .qint32))

private let maskDoc = """
  The masks have a bit for each entry: `begin_mask` and `end_mask` for the whole way from the start or to the end, `ellipsis_mask` for an \
  entry that stands for all axes not named (once), `new_axis_mask` for one that makes a new axis of size 1, `shrink_axis_mask` for one that \
  picks the element at `begin` and drops the axis.
  """

private let rangePins = [
  Pin("begin", "Index", doc: "Where to begin.", setting: true), Pin("end", "Index", doc: "What is no longer in it.", setting: true),
  Pin("strides", "Index", doc: "The steps; not 0.", setting: true),
]

private let maskNames = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"]
private let masks = maskNames.map { Attr.int($0, default: 0, in: Int64(Int32.min)...Int64(Int32.max), doc: "A bit for each entry.") }

private func maskAttrs(_ g: GradientContext) -> [String: AttrValue] {
  var attrs: [String: AttrValue] = [:]
  for name in maskNames { attrs[name] = g.rules.attr(name) }
  return attrs
}

private func stridedAssignment(_ name: String, output: Pin) -> BlockType {
  BlockType(
    name,
    doc: "Changes the part of a variable that StridedSlice would take to `value`, which has its shape. The rest stays.",
    inputs: [.variable("ref", "T", doc: "The variable.")] + rangePins + [Pin("value", "T", doc: "Shaped like the slice.")],
    attrs: [.type("T", in: movable), .type("Index", in: .indices, default: .int32)] + masks,
    outputs: [output],
    shape: { (context) throws(BlockError) in
      if let spec = try StridedSliceSpec(context, of: context.shape(0).dims) {
        try requireSliceShape(context, 4, spec)
      }
      return output.isOperation ? [] : [context.shape(0)]
    },
    compute: .call(
      "moveStrided",
      parameters: { (context) throws(BlockError) in
        let dims = context.shape(0).known?.dims ?? []
        guard let spec = try StridedSliceSpec(context, of: dims) else { return [] }
        return spec.move(in: dims, isInto: true).parameters(context.dtype(0), source: 4, target: 0)
      }),
    gradient: .nothing,
    example: """
      <page title="A column is replaced">
        <block id="v" type="Variable"><pin name="initvalues">{{1, 2}, {3, 4}}</pin></block>
        <block id="put" type="\(name)">
          <pin name="begin" dtype="int32">0 1</pin>
          <pin name="end" dtype="int32">2 2</pin>
          <pin name="strides" dtype="int32">1 1</pin>
          <pin name="value">{{20}, {40}}</pin>
        </block>
        <wire from="v" to="put.ref"/>
        <expect of="v">1 20 3 40</expect>
      </page>
      """)
}

// MARK: Slice

private func sliceShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  try context.requireRank(1, 1)
  try context.requireRank(2, 1)
  let count = context.shape(1).known?.dims[0] ?? context.shape(2).known?.dims[0]
  guard let rank = context.shape(0).rank ?? count else { return .unknown }
  for pin in 1...2 {
    if let size = context.shape(pin).known?.dims[0], size != rank {
      throw BlockError(
        .shapeMismatch, "`\(context.type.inputs[pin].name)` has \(size) entries but `input` of shape \(context.shape(0)) has rank \(rank)",
        input: pin,
        fix: "give one number for each axis")
    }
  }
  let dims = context.shape(0).dims ?? Array(repeating: -1, count: rank)
  let begin = context.integers(1)
  let sizes = context.integers(2)
  var result: [Int] = []
  for (axis, dim) in dims.enumerated() {
    let start = begin?[axis]
    let size = sizes?[axis]
    if let start, start < 0 || dim >= 0 && start > dim {
      throw BlockError(
        .badValue, "`begin` has \(start) at index \(axis) but axis \(axis) has size \(dim < 0 ? "?" : String(dim))", input: 1,
        fix: dim < 0 ? "give numbers of 0 or more" : "give a number from 0 to \(dim)")
    }
    if let size, size < -1 {
      throw BlockError(.badValue, "`size` has \(size) at index \(axis)", input: 2, fix: "give numbers of 0 or more, or -1 for all that are left")
    }
    if let size, size >= 0 {
      if dim >= 0, size > dim - (start ?? 0) {
        throw BlockError(
          .badValue, "`size` has \(size) at index \(axis) but there are \(dim - (start ?? 0)) elements from \(start ?? 0) on", input: 2,
          notes: ["`input` has shape \(context.shape(0))"], fix: "give \(dim - (start ?? 0)) or less, or -1 for all that are left")
      }
      result.append(size)
    } else if let start, size != nil, dim >= 0 {
      result.append(dim - start)
    } else {
      result.append(-1)
    }
  }
  return try context.checked(result)
}

private func sliceMove(_ context: RuleContext) throws(BlockError) -> StridedMove {
  let dims = context.shape(0).known?.dims ?? []
  let sizes = try sliceShape(context).known?.dims ?? []
  let (wide, packed) = (rowMajorPitches(dims), rowMajorPitches(sizes))
  var move = StridedMove()
  for (axis, start) in zip(sizes.indices, context.integers(1) ?? []) {
    move.from &+= start &* wide[axis]
    move.add(StridedMove.Axis(size: sizes[axis], from: wide[axis], to: packed[axis]))
  }
  return move
}

private func sliceParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  try sliceMove(context).parameters(context.dtype(0), source: 0, target: 3)
}

/// What flows back, with zeros around it.
private func sliceGradient(_ g: GradientContext) -> GradientValue {
  if let dims = g[0].shape.known?.dims, let sizes = g.y.shape.known?.dims, let begin = g[1].integers {
    if dims == sizes { return g.dy }
    let paddings = zip(begin, zip(dims, sizes)).flatMap { [$0, $1.0 - $1.1 - $0] }
    return g.block("Pad", g.dy, g.block("Reshape", g.integers(paddings), g.integers([dims.count, 2])))
  }
  let type: [String: AttrValue] = ["out_type": .type(g.rules.dtype(1))]
  let after = g.block("Shape", g[0], attrs: type) - g.block("Shape", g.y, attrs: type) - g[1]
  let columns = [g[1], after].map { g.block("ExpandDims", $0, g.integer(1)) }
  return g.block("Pad", g.dy, g.add("Concat", [columns, [g.integer(1)]]).first ?? g.dy)
}

// MARK: Strided slices

private func stridedMove(_ context: RuleContext) throws(BlockError) -> StridedMove {
  let dims = context.shape(0).known?.dims ?? []
  return try StridedSliceSpec(context, of: dims)?.move(in: dims) ?? StridedMove()
}

private func requireSliceShape(_ context: RuleContext, _ pin: Int, _ spec: StridedSliceSpec) throws(BlockError) {
  if context.shape(pin).merged(with: PartialShape(spec.dims)) != nil { return }
  throw BlockError(
    .shapeMismatch, "`\(context.type.inputs[pin].name)` has shape \(context.shape(pin)) but the slice has \(PartialShape(spec.dims))", input: pin)
}

private func stridedGradientShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1)
  guard let dims = context.integers(0) else {
    let rank = context.shape(0).known?.dims[0]
    if let rank, rank > Shape.maxRank {
      throw BlockError(.tooLarge, "`shape` asks for \(rank) dimensions; \(Shape.maxRank) is the highest", input: 0)
    }
    return [rank.map { PartialShape(Array(repeating: -1, count: $0)) } ?? .unknown]
  }
  if let negative = dims.first(where: { $0 < 0 }) {
    throw BlockError(.badValue, "`shape` has the dimension \(negative)", input: 0, fix: "give sizes of 0 or more")
  }
  let shape = try context.checked(dims)
  if let spec = try StridedSliceSpec(context, of: dims) { try requireSliceShape(context, 4, spec) }
  return [shape]
}
