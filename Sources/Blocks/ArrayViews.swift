import Diagnostics
import TensorCore

/// Blocks that see a tensor otherwise, look at shapes, or bring a tensor in.
let arrayViewTypes: [BlockType] = [
  BlockType(
    "Squeeze",
    doc: "The same elements without the axes of size 1, or only without those that `squeeze_dims` names; nothing is copied.",
    inputs: [Pin("input", "T")],
    attrs: [
      .type("T", in: .all),
      .ints("squeeze_dims", default: [], doc: "Axes of size 1, negative ones count from the last; without any, all of them go.", spellings: ["axis"]),
    ],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in [try squeezeShape(context)] }, compute: .view,
    gradient: .by({ g in g.reshaped(g.dy, like: g[0]) }),
    example: """
      <page title="A column becomes a vector">
        <block id="s" type="Squeeze"><pin name="input">{{{1}, {2}, {3}}}</pin></block>
        <block id="one" type="Squeeze"><pin name="input">{{{1}, {2}, {3}}}</pin><attrs squeeze_dims="-1"/></block>
        <expect of="s" shape="[3]">1 2 3</expect>
        <expect of="one" shape="[1, 3]">1 2 3</expect>
      </page>
      """),
  BlockType(
    "ShapeN",
    doc: "The dimensions of each tensor of a list, as Shape gives them.",
    inputs: [.list("input", "T", doc: "Only their shapes count.")],
    attrs: [.type("T", in: .all), .dtype("out_type", in: .indices, default: .int32, doc: "The dtype of the results.")],
    outputs: [.list("output", "out_type")],
    outputCount: "input",
    shape: { (context) throws(BlockError) in context.inputs.map { PartialShape([$0.shape.rank ?? -1]) } },
    compute: .values { (context) throws(BlockError) in
      try context.inputs.map { (input) throws(BlockError) in try dimensions(of: input.shape.known, as: context.dtype("out_type")) }
    },
    gradient: .nothing,
    example: """
      <page title="Two shapes">
        <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="b" type="Const"><pin name="val">{{1}, {2}}</pin></block>
        <block id="shapes" type="ShapeN"/>
        <wire from="a" to="shapes.input"/>
        <wire from="b" to="shapes.input"/>
        <expect of="shapes.output[0]">3</expect>
        <expect of="shapes.output[1]">2 1</expect>
      </page>
      """),
  BlockType(
    "BroadcastDynamicShape",
    doc: "The shape to which tensors of the shapes `s0` and `s1` are broadcast. TensorFlow's operation is BroadcastArgs.",
    inputs: [Pin("s0", "T", doc: "Dimensions, a vector.", setting: true), Pin("s1", "T", doc: "Dimensions, a vector.", setting: true)],
    attrs: [.type("T", in: .indices, default: .int32)],
    outputs: [Pin("r0", "T")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1)
      try context.requireRank(1, 1)
      guard let a = context.shape(0).known?.dims[0], let b = context.shape(1).known?.dims[0] else { return [PartialShape([-1])] }
      _ = try broadcastDimensions(context)
      return [PartialShape([max(a, b)])]
    },
    compute: .value { (context) throws(BlockError) in try vector(broadcastDimensions(context) ?? [], context.dtype(0)) },
    gradient: .nothing,
    example: """
      <page title="A column and a row make a table">
        <block id="b" type="BroadcastDynamicShape"><pin name="s0" dtype="int32">3 1</pin><pin name="s1">{4}</pin></block>
        <expect of="b">3 4</expect>
      </page>
      """),
  BlockType(
    "PlaceholderWithDefault", role: .placeholder,
    doc: "A value that may be replaced from outside (a FeedType, `enuflow run --feed`); otherwise it is `input`, handed on without a copy.",
    inputs: [Pin("input", "dtype", doc: "The value unless another one is fed.")],
    attrs: [.type("dtype", in: .all), .shape("shape", default: .unknown, doc: "What its shape must be like; `?` stands for any size.")],
    outputs: [Pin("output", "dtype")],
    shape: { (context) throws(BlockError) in [try placeholderShape(context)] }, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="Nobody feeds it">
        <block id="rate" type="PlaceholderWithDefault"><pin name="input">0.5</pin><attrs shape="{}"/></block>
        <expect of="rate">0.5</expect>
      </page>
      """),
  BlockType(
    "ImmutableConst",
    doc: """
      A tensor whose bytes stand in a file, from its beginning on, as they lie in memory (little-endian). `memory_region_name` is the file's name; \
      where it says no folder it lies beside the page. The file is read once. Wired to `initvalues` of a Variable it makes what follows faster.
      """,
    attrs: [
      .dtype("dtype", in: .all.subtracting(DTypeSet(.string)), doc: "The dtype of the elements."),
      .shape("shape", doc: "The tensor's shape, known in full."),
      .string("memory_region_name", doc: "The file's name."),
    ],
    outputs: [Pin("tensor", "dtype")],
    shape: { (context) throws(BlockError) in
      guard context.shape("shape").known != nil else {
        throw BlockError(.badAttrValue, "`shape` is \(context.shape("shape")) but must be known in full", attr: "shape", fix: "write it like [2, 3]")
      }
      return [context.shape("shape")]
    },
    compute: .action { (context) throws(BlockError) in [try regionTensor(context)] },
    isReadOnce: true,
    gradient: .nothing,
    example: """
      <page title="The first eight bytes of a file that Save has written">
        <block id="w" type="Const"><pin name="val">1</pin></block>
        <block id="save" type="Save"><pin name="filename">example.tensors</pin><pin name="tensor_names">w</pin></block>
        <wire from="w" to="save.data"/>
        <block id="bytes" type="ImmutableConst"><attrs dtype="uint8" shape="[4]" memory_region_name="example.tensors"/></block>
        <expect of="bytes">137 69 70 84</expect>
      </page>
      """),
  BlockType(
    "CheckNumerics",
    doc: "Hands its input on, and ends the cycle with an error that says `message` when a NaN or an infinity is in it.",
    inputs: [Pin("tensor", "T")],
    attrs: [.type("T", in: .floats, widened: .halves), .string("message", doc: "What the error says first.")],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .call("checkNumerics"), faults: .possibly,
    gradient: .by { g in
      g.block(
        "CheckNumerics", g.dy, attrs: ["message": .string("Not a number (NaN) or infinity (Inf) values detected in gradient.")])
    },
    example: """
      <page title="All is well">
        <block id="c" type="CheckNumerics"><pin name="tensor">1 2 3</pin><attrs message="the weights"/></block>
        <expect of="c">1 2 3</expect>
      </page>
      """),
  BlockType(
    "Bitcast",
    doc: """
      The same bits seen as another dtype; nothing is copied. To a smaller one each element becomes several, along a new last axis; to a \
      larger one the last axis, of as many elements as make one, goes.
      """,
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: bits), .dtype("type", in: bits, doc: "The dtype of the result.")],
    outputs: [Pin("output", "type")],
    shape: { (context) throws(BlockError) in [try bitcastShape(context)] }, compute: .view,
    gradient: .nothing,
    example: """
      <page title="The bits of 1, and its bytes">
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="bits" type="Bitcast"><attrs type="int32"/></block>
        <block id="bytes" type="Bitcast"><attrs type="uint8"/></block>
        <wire from="one" to="bits.input"/>
        <wire from="one" to="bytes.input"/>
        <expect of="bits">1065353216</expect>
        <expect of="bytes" shape="[4]">0 0 128 63</expect>
      </page>
      """),
]

/// What has bits of its own.
private let bits: DTypeSet = [.allNumbers, .quantized]

// MARK: Shapes

private func squeezeShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  guard let dims = context.shape(0).dims else { return .unknown }
  var isNamed = Array(repeating: false, count: dims.count)
  for wanted in context.ints("squeeze_dims") {
    let axis = try Shapes.axis(Int(wanted), rank: dims.count, context: context, attr: "squeeze_dims")
    if dims[axis] >= 0, dims[axis] != 1 {
      throw BlockError(
        .badAttrValue, "`squeeze_dims` names axis \(axis) of `input`, which has size \(dims[axis])", attr: "squeeze_dims",
        notes: ["`input` has shape \(context.shape(0))"], fix: "name axes of size 1")
    }
    isNamed[axis] = true
  }
  if context.ints("squeeze_dims").isEmpty {
    // A dimension that is not known may be 1.
    if dims.contains(where: { $0 < 0 }) { return .unknown }
    return PartialShape(dims.filter { $0 != 1 })
  }
  return PartialShape(dims.indices.filter { !isNamed[$0] }.map { dims[$0] })
}

/// Nil while the dimensions are not known.
private func broadcastDimensions(_ context: RuleContext) throws(BlockError) -> [Int]? {
  guard let a = context.integers(0), let b = context.integers(1) else { return nil }
  for (pin, dims) in [a, b].enumerated() {
    guard let dim = dims.first(where: { $0 < 0 }) else { continue }
    throw BlockError(.badValue, "`\(context.type.inputs[pin].name)` has the dimension \(dim)", input: pin, fix: "give sizes of 0 or more")
  }
  guard let joined = Shapes.broadcast(PartialShape(a), PartialShape(b))?.dims else {
    throw BlockError(
      .shapeMismatch, "shapes \(PartialShape(a)) and \(PartialShape(b)) cannot be broadcast", input: 1,
      notes: ["from the last dimension on, two dimensions fit when they are equal or one of them is 1"])
  }
  if checkedProduct(joined) == nil {
    throw BlockError(.tooLarge, "the shapes are broadcast to \(PartialShape(joined)), more elements than can be counted", input: 1)
  }
  return joined
}

/// What is declared, and what arrives.
func placeholderShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  let declared = context.shape("shape")
  guard !context.members(0).isEmpty else { return declared }
  guard let merged = declared.merged(with: context.shape(0)) else {
    throw BlockError(
      .shapeMismatch, "`shape` is \(declared) but `\(context.type.inputs[0].name)` has shape \(context.shape(0))", input: 0)
  }
  return merged
}

private func bitcastShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  let (from, to) = (context.dtype(0).byteCount, context.dtype("type").byteCount)
  guard var dims = context.shape(0).dims else { return .unknown }
  if from > to { dims.append(from / to) }
  if from < to {
    guard let last = dims.last, last < 0 || last == to / from else {
      throw BlockError(
        .shapeMismatch,
        "\(to / from) elements of \(context.dtype(0)) make one of \(context.dtype("type")), but `input` has shape \(context.shape(0))",
        input: 0, fix: "its last dimension must be \(to / from)")
    }
    dims.removeLast()
  }
  return try context.checked(dims)
}

// MARK: Values

/// A vector of int32 or int64.
private func vector(_ numbers: [Int], _ dtype: DType) throws(BlockError) -> Tensor {
  let tensor = dtype == .int64 ? Tensor(numbers.map(Int64.init)) : Tensor(numbers.map { Int32(clamping: $0) })
  guard let tensor else { throw BlockError(.outOfMemory, "no memory for the result") }
  return tensor
}

/// The elements that a file begins with.
private func regionTensor(_ context: ActionContext) throws(BlockError) -> Tensor {
  let dtype = context.rule.dtype("dtype")
  guard case .string(let name)? = context.rule.attr("memory_region_name"), let shape = context.rule.shape("shape").known,
    let size = Memory.byteCount(of: shape, dtype: dtype)
  else { throw BlockError(.tooLarge, "the tensor is larger than the memory", attr: "shape") }
  let file: [UInt8]
  do throws(BlockError) {
    file = try context.files.read(name, input: 0)
  } catch {
    var error = error
    error.input = nil
    error.attr = "memory_region_name"
    throw error
  }
  guard file.count >= size else {
    throw BlockError(
      .fileUnreadable, "\"\(name)\" has \(file.count) bytes but \(dtype) \(shape) takes \(size)", attr: "memory_region_name")
  }
  if dtype == .bool, let place = file.prefix(size).firstIndex(where: { $0 > 1 }) {
    throw BlockError(.fileUnreadable, "byte \(place) of \"\(name)\" is neither true nor false", attr: "memory_region_name")
  }
  guard let tensor = Tensor(zeros: dtype, shape: shape) else { throw BlockError(.outOfMemory, "no memory for the tensor", attr: "shape") }
  file.withUnsafeBytes { bytes in
    if let base = bytes.baseAddress, size > 0 { tensor.storage.base.copyMemory(from: base, byteCount: size) }
  }
  return tensor
}
