import Diagnostics
import TensorCore

// Blocks that fill, repeat and choose, and those that only look at shapes.

let arrayFillingTypes: [BlockType] = [
  BlockType(
    "ZerosLike",
    doc: "Zeros in the dtype and shape of `x`: false for bool, the empty string for strings. The elements of `x` are not looked at.",
    inputs: [Pin("x", "T", doc: "Says the dtype and the shape.")],
    attrs: [.type("T", in: .unquantized)],
    outputs: [Pin("y", "T", doc: "Zeros.")],
    shape: Shapes.sameAsInput, compute: .value(zeros),
    gradient: .nothing,
    example: """
      <page title="As many zeros">
        <block id="z" type="ZerosLike"><pin name="x" dtype="int32">3 4 5</pin></block>
        <expect of="z">0 0 0</expect>
      </page>
      """),
  BlockType(
    "OnesLike",
    doc: "Ones in the dtype and shape of `x`: true for bool. The elements of `x` are not looked at.",
    inputs: [Pin("x", "T", doc: "Says the dtype and the shape.")],
    attrs: [.type("T", in: [.allNumbers, DTypeSet(.bool)])],
    outputs: [Pin("y", "T", doc: "Ones.")],
    shape: Shapes.sameAsInput, compute: .value(ones),
    gradient: .nothing,
    example: """
      <page title="As many ones">
        <block id="o" type="OnesLike"><pin name="x">{{3, 4}, {nan, 6}}</pin></block>
        <expect of="o" shape="[2, 2]">1 1 1 1</expect>
      </page>
      """),
  BlockType(
    "Fill",
    doc: "A tensor of the shape `dims` with `value` everywhere.",
    inputs: [Pin("dims", "index_type", doc: "The shape, a vector.", setting: true), Pin("value", "T", doc: "A scalar.")],
    attrs: [.type("T", in: .all), .type("index_type", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: fillShape, compute: .call("fill", parameters: { (context) throws(BlockError) in [Int64(context.dtype(1).byteCount)] }),
    gradient: .by(nil, { g in g.block("Sum", g.block("Reshape", g.dy, g.integers([-1])), g.integers([0])) }),
    example: """
      <page title="Six sevens">
        <block id="f" type="Fill"><pin name="dims" dtype="int32">2 3</pin><pin name="value">7</pin></block>
        <expect of="f" shape="[2, 3]">7 7 7 7 7 7</expect>
      </page>
      """),
  BlockType(
    "Where3",
    doc: """
      The elements of `x` where `condition` is true, those of `y` where it is false. `x` and `y` have one shape; `condition` has it too, or is \
      a vector that decides for whole rows (the first axis), or one truth value for all.
      """,
    inputs: [Pin("condition", .bool, doc: "What decides."), Pin("x", "T", doc: "Where it is true."), Pin("y", "T", doc: "Where it is false.")],
    attrs: [.type("T", in: .unquantized)],
    outputs: [Pin("output", "T")],
    shape: where3Shape, compute: .call("select", parameters: where3Parameters),
    gradient: .by(nil, { g in g.chosen(true, like: g[1]) }, { g in g.chosen(false, like: g[2]) }),
    example: """
      <page title="Element by element, and row by row">
        <block id="w" type="Where3">
          <pin name="condition">true false true</pin>
          <pin name="x">1 2 3</pin>
          <pin name="y">10 20 30</pin>
        </block>
        <block id="rows" type="Where3">
          <pin name="condition">true false</pin>
          <pin name="x">{{1, 2}, {3, 4}}</pin>
          <pin name="y">{{10, 20}, {30, 40}}</pin>
        </block>
        <expect of="w">1 20 3</expect>
        <expect of="rows" shape="[2, 2]">1 2 30 40</expect>
      </page>
      """),
  BlockType(
    "ExpandDims",
    doc: "The same elements with one more axis, of size 1, before axis `axis`; nothing is copied. -1 puts it last.",
    inputs: [Pin("input", "T"), Pin("axis", "Tdim", doc: "Where the new axis goes: one number from -rank - 1 to rank.", setting: true)],
    attrs: [.type("T", in: .all), .type("Tdim", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: expandDimsShape, compute: .view,
    gradient: .by({ g in g.reshaped(g.dy, like: g[0]) }, nil),
    example: """
      <page title="A column">
        <block id="e" type="ExpandDims"><pin name="input">1 2 3</pin><pin name="axis" dtype="int32">-1</pin></block>
        <expect of="e" shape="[3, 1]">1 2 3</expect>
      </page>
      """),
  BlockType(
    "Rank",
    doc: "The number of axes of `input`, a scalar.",
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all)],
    outputs: [Pin("output", .int32)],
    shape: { (_) throws(BlockError) in [PartialShape([])] },
    compute: .value { (context) throws(BlockError) in try scalar(Int64(context.shape(0).rank ?? 0), .int32) },
    gradient: .nothing,
    example: """
      <page title="A matrix has two axes">
        <block id="r" type="Rank"><pin name="input">{{1, 2}, {3, 4}}</pin></block>
        <expect of="r">2</expect>
      </page>
      """),
  BlockType(
    "Size",
    doc: "The number of elements of `input`, a scalar. A number beyond 2147483647 needs `out_type` int64.",
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all), .dtype("out_type", in: .indices, default: .int32, doc: "The dtype of the result.")],
    outputs: [Pin("output", "out_type")],
    shape: { (_) throws(BlockError) in [PartialShape([])] },
    compute: .value { (context) throws(BlockError) in try scalar(Int64(context.shape(0).known?.count ?? 0), context.dtype("out_type")) },
    gradient: .nothing,
    example: """
      <page title="Six elements">
        <block id="s" type="Size"><pin name="input">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <expect of="s">6</expect>
      </page>
      """),
  BlockType(
    "Tile",
    doc: "`input` repeated along each axis as often as `multiples` says.",
    inputs: [Pin("input", "T"), Pin("multiples", "Tmultiples", doc: "A vector: one number of 0 or more for each axis.", setting: true)],
    attrs: [.type("T", in: .unquantized.subtracting(DTypeSet(.uint16))), .type("Tmultiples", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: tileShape, compute: .call("tile", parameters: tileParameters),
    gradient: .by(tileGradient, nil),
    example: """
      <page title="Side by side and below each other">
        <block id="t" type="Tile"><pin name="input">{{1, 2}}</pin><pin name="multiples" dtype="int32">2 2</pin></block>
        <expect of="t" shape="[2, 4]">1 2 1 2 1 2 1 2</expect>
      </page>
      """),
]

// MARK: Values that follow from shapes

private func zeros(_ context: RuleContext) throws(BlockError) -> Tensor {
  guard let tensor = Tensor(zeros: context.dtype(0), shape: context.shape(0).known ?? .scalar, pool: context.pool) else { throw noMemory }
  return tensor
}

private func ones(_ context: RuleContext) throws(BlockError) -> Tensor {
  let tensor = try zeros(context)
  let base = tensor.storage.base
  func fill<Element: BitwiseCopyable>(_ one: Element) { base.assumingMemoryBound(to: Element.self).update(repeating: one, count: tensor.count) }
  switch tensor.dtype.stored {
  case .half: fill(Float16(1))
  case .bfloat16: fill(BFloat16(Float(1)))
  case .complex64: fill(Complex64(1, 0))
  case .complex128: fill(Complex128(1, 0))
  case .float: fill(Float(1))
  case .double: fill(Double(1))
  case .int8, .uint8, .bool: fill(UInt8(1))
  case .int16, .uint16: fill(UInt16(1))
  case .int32, .uint32: fill(Int32(1))
  case .int64, .uint64: fill(Int64(1))
  case .string, .qint8, .quint8, .qint16, .quint16, .qint32: break
  }
  return tensor
}

private func scalar(_ value: Int64, _ dtype: DType) throws(BlockError) -> Tensor {
  if dtype == .int64 {
    guard let tensor = Tensor([value])?.reshaped(.scalar) else { throw noMemory }
    return tensor
  }
  guard let short = Int32(exactly: value) else {
    throw BlockError(.valueRange, "`input` has \(value) elements, which does not fit int32", attr: "out_type", fix: "set out_type=\"int64\"")
  }
  guard let tensor = Tensor([short])?.reshaped(.scalar) else { throw noMemory }
  return tensor
}

private var noMemory: BlockError { BlockError(.outOfMemory, "no memory for the result") }

// MARK: Shapes

private func fillShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 0...1)
  try context.requireRank(1, 0...1)
  if let count = context.shape(1).known?.count, count != 1 {
    throw BlockError(.shapeMismatch, "`value` has \(count) elements", input: 1, fix: "give one")
  }
  guard let dims = context.integers(0) else {
    guard let shape = context.shape(0).known, let rank = shape.count, rank <= Shape.maxRank else { return [.unknown] }
    return [PartialShape(Array(repeating: -1, count: rank))]
  }
  if let index = dims.firstIndex(where: { $0 < 0 }) {
    throw BlockError(.badValue, "`dims` has \(dims[index]) at index \(index)", input: 0, fix: "give sizes of 0 or more")
  }
  return [try context.checked(dims)]
}

private func where3Shape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let shape = try context.requireSameShape(1, 2)
  guard let condition = context.shape(0).dims, let dims = shape.dims else { return [shape] }
  if condition.isEmpty { return [shape] }
  if condition.count == 1, let first = dims.first, PartialShape([first]).merged(with: context.shape(0)) != nil { return [shape] }
  guard let merged = shape.merged(with: context.shape(0)) else {
    throw BlockError(
      .shapeMismatch, "`condition` has shape \(context.shape(0)) but `x` and `y` have \(shape)", input: 0,
      fix: "give one truth value for each element, for each row, or for all")
  }
  // A vector may still be meant for rows.
  return [condition.count == dims.count ? merged : shape]
}

private func where3Parameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let count = context.shape(1).known?.count ?? 0
  let conditions = context.shape(0).known?.count ?? 1
  return [Int64(context.dtype(1).byteCount), Int64(conditions == 0 ? 0 : count / conditions)]
}

private func expandDimsShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  if let count = context.shape(1).known?.count, count != 1 {
    throw BlockError(.shapeMismatch, "`axis` has \(count) elements", input: 1, fix: "give one number")
  }
  guard var dims = context.shape(0).dims else { return [.unknown] }
  guard let axis = context.integers(1)?.first else { return [try context.checked(Array(repeating: -1, count: dims.count + 1))] }
  guard axis >= -dims.count - 1, axis <= dims.count else {
    throw BlockError(
      .badValue, "`axis` is \(axis) but the result has rank \(dims.count + 1)", input: 1,
      fix: "give a number from \(-dims.count - 1) to \(dims.count)")
  }
  dims.insert(1, at: axis < 0 ? axis + dims.count + 1 : axis)
  return [try context.checked(dims)]
}

private func tileShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(1, 1)
  if let rank = context.shape(0).rank, let count = context.shape(1).dims?.first, count >= 0, count != rank {
    throw BlockError(
      .shapeMismatch, "`multiples` has \(count) elements but `input` of shape \(context.shape(0)) has rank \(rank)", input: 1,
      fix: "give one number for each axis")
  }
  guard let dims = context.shape(0).dims else { return [.unknown] }
  guard let multiples = context.integers(1) else { return [PartialShape(Array(repeating: -1, count: dims.count))] }
  var result: [Int] = []
  for (index, (dim, times)) in zip(dims, multiples).enumerated() {
    if times < 0 { throw BlockError(.badValue, "`multiples` has \(times) at index \(index)", input: 1, fix: "give numbers of 0 or more") }
    let (size, overflow) = dim.multipliedReportingOverflow(by: times)
    if overflow { throw BlockError(.tooLarge, "axis \(index) would have more elements than can be counted", input: 1) }
    result.append(dim < 0 ? -1 : size)
  }
  return [try context.checked(result)]
}

/// See the kernel. An axis that is not repeated joins the one before it.
private func tileParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let shape = context.shape(0).known ?? [0]
  let multiples = context.integers(1) ?? []
  if shape.count == 0 || multiples.contains(0) { return [0] }
  var axes: [(bytes: Int, times: Int)] = []
  var bytes = context.dtype(0).byteCount
  for (dim, times) in zip(shape.dims, multiples).reversed() {
    bytes &*= dim
    if let inner = axes.last, inner.times == 1 {
      axes[axes.count - 1] = (bytes, times)
    } else {
      axes.append((bytes, times))
    }
  }
  if axes.isEmpty { axes = [(bytes, 1)] }
  return [Int64(axes.count)] + axes.reversed().flatMap { [Int64($0.bytes), Int64($0.times)] }
}
