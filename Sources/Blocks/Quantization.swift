import CKernelABI
import TensorCore

private let bitsAttr = Attr.int(
  "num_bits", default: 8, in: 2...16, doc: "Bits of a level's number: 2 to 16. Older documents say 8; up to 16 is accepted.")
private let narrowAttr = Attr.bool("narrow_range", default: false, doc: "Numbers the levels from 1 instead of 0, so that there is one less.")
private let inputsPin = Pin("inputs", .float, doc: "What is quantised.")
private let gradientsPin = Pin("gradients", .float, doc: "The gradient for the quantised outputs, shaped like `inputs`.")
private let rangeDoc = "not a number, or not below `max`, it is refused"

/// How all six treat what is not ordinary; appended to each documentation.
private let oddValues = """
  Subnormal numbers count as 0, as in TensorFlow, whose kernels flush them. A range too wide for float makes everything NaN. \
  Each element has TensorFlow's bits.
  """

private let nudging = """
  The levels are `q * scale` for whole q with `scale = (max - min) / (last - first)`, where first is 0 (1 with `narrow_range`) and \
  last is `2^num_bits - 1`. The range is shifted by less than a step so that 0 is a level (half a step goes away from 0); a range \
  that lies on one side of 0 is moved until it touches 0: [1, 5] becomes [0, 4].
  """

let quantizationTypes: [BlockType] = [
  BlockType(
    "FakeQuantWithMinMaxArgs",
    doc: """
      Rounds `inputs` to the nearest of 2^num_bits levels spread over the constant range [`min`, `max`] and keeps them as floats; what lies \
      outside becomes the first or last level. \(nudging) Halves go up. NaN stays NaN, an infinity becomes the last or first level. \(oddValues)
      """,
    inputs: [inputsPin],
    attrs: [
      .float("min", default: -6, doc: "Lower end of the range; \(rangeDoc)."), .float("max", default: 6, doc: "Upper end of the range."),
      bitsAttr, narrowAttr,
    ],
    outputs: [Pin("outputs", .float)],
    shape: argsShape, compute: .map("fakeQuantArgs", parameters: argsParameters),
    gradient: .whole { g in
      g.add("FakeQuantWithMinMaxArgsGradient", [g.dy] + g.inputs, attrs: g.attrs("min", "max", "num_bits", "narrow_range"))
    },
    example: """
      <page title="Four levels: 0, 1, 2 and 3">
        <block id="x" type="Const"><pin name="val">-1 0.4 0.5 1.2 9</pin></block>
        <block id="q" type="FakeQuantWithMinMaxArgs"><attrs min="0" max="3" num_bits="2"/></block>
        <wire from="x" to="q.inputs"/>
        <expect of="q.outputs">0 0 1 1 3</expect>
      </page>
      """),
  BlockType(
    "FakeQuantWithMinMaxArgsGradient",
    doc: """
      The gradient of FakeQuantWithMinMaxArgs: `gradients * m` with m = 1 where `inputs` lies within the first and last level (both \
      included) and 0 elsewhere, for NaN too. It is a product: 0 times NaN or infinity is NaN, a negative gradient outside gives -0. \
      \(nudging) \(oddValues)
      """,
    inputs: [gradientsPin, inputsPin],
    attrs: [
      .float("min", default: -6, doc: "Lower end of the range; \(rangeDoc)."), .float("max", default: 6, doc: "Upper end of the range."),
      bitsAttr, narrowAttr,
    ],
    outputs: [Pin("backprops", .float, doc: "The gradient for `inputs`.")],
    shape: argsGradientShape, compute: .map("fakeQuantArgsGradient", parameters: argsParameters),
    example: """
      <page title="Gradients pass where nothing was clipped">
        <block id="x" type="Const"><pin name="val">-1 0.4 0.5 1.2 9</pin></block>
        <block id="g" type="Const"><pin name="val">1 2 3 4 5</pin></block>
        <block id="q" type="FakeQuantWithMinMaxArgsGradient"><attrs min="0" max="3" num_bits="2"/></block>
        <wire from="g" to="q.gradients"/>
        <wire from="x" to="q.inputs"/>
        <expect of="q.backprops">0 2 3 4 0</expect>
      </page>
      """),
  BlockType(
    "FakeQuantWithMinMaxVars",
    doc: """
      Rounds `inputs` to the nearest of 2^num_bits levels spread over [`min`, `max`], two scalars that may be trained, and keeps them as \
      floats; what lies outside becomes the first or last level. \(nudging) `min` = `max` = 0 gives 0 for every input, NaN too; equal ends \
      elsewhere, or a NaN among them, give NaN; `min` above `max` gives one level for every number. Otherwise NaN stays NaN and an \
      infinity becomes the last or first level. It divides by the scale where the other two FakeQuant blocks multiply by its inverse, so \
      results may differ from theirs by a level. \(oddValues)
      """,
    inputs: [
      inputsPin, Pin("min", .float, doc: "Lower end of the range, a scalar."), Pin("max", .float, doc: "Upper end of the range, a scalar."),
    ],
    attrs: [bitsAttr, narrowAttr],
    outputs: [Pin("outputs", .float)],
    shape: varsShape, compute: .map("fakeQuantVars", parameters: levelParameters),
    gradient: .whole { g in
      g.add("FakeQuantWithMinMaxVarsGradient", [g.dy] + g.inputs, attrs: g.attrs("num_bits", "narrow_range"))
    },
    example: """
      <page title="Seven levels from -3 to 3">
        <block id="x" type="Const"><pin name="val">-9 -0.6 0.4 2.5 9</pin></block>
        <block id="q" type="FakeQuantWithMinMaxVars">
          <attrs num_bits="3" narrow_range="true"/>
          <pin name="min">-3</pin>
          <pin name="max">3</pin>
        </block>
        <wire from="x" to="q.inputs"/>
        <expect of="q.outputs">-3 -1 0 3 3</expect>
      </page>
      """),
  BlockType(
    "FakeQuantWithMinMaxVarsGradient",
    doc: """
      The gradients of FakeQuantWithMinMaxVars: for `inputs` the products `gradients * m` with m = 1 where an input lies within the first \
      and last level (both included), for `min` and `max` the sums of the gradients of the inputs below and above them. A NaN input is \
      nowhere. The sums, too, are of products: a NaN or infinite gradient makes the sums it does not belong to NaN. `min` = `max` = 0 hands \
      the gradients on as they are, and both sums are 0. \(nudging) \(sumOrder) \(oddValues)
      """,
    inputs: [
      gradientsPin, inputsPin, Pin("min", .float, doc: "Lower end of the range, a scalar."),
      Pin("max", .float, doc: "Upper end of the range, a scalar."),
    ],
    attrs: [bitsAttr, narrowAttr],
    outputs: [
      Pin("backprops_wrt_input", .float, doc: "The gradient for `inputs`."), Pin("backprop_wrt_min", .float, doc: "The gradient for `min`."),
      Pin("backprop_wrt_max", .float, doc: "The gradient for `max`."),
    ],
    shape: varsGradientShape, compute: .call("fakeQuantGradient", parameters: levelParameters),
    scratch: { _ in Int(EF_FAKE_QUANT_GRADIENT_BYTES) },
    example: """
      <page title="What was clipped moves the ends">
        <block id="x" type="Const"><pin name="val">-9 -4 0.4 2.5 9</pin></block>
        <block id="g" type="Const"><pin name="val">1 2 3 4 5</pin></block>
        <block id="q" type="FakeQuantWithMinMaxVarsGradient">
          <attrs num_bits="3" narrow_range="true"/>
          <pin name="min">-3</pin>
          <pin name="max">3</pin>
        </block>
        <wire from="g" to="q.gradients"/>
        <wire from="x" to="q.inputs"/>
        <expect of="q.backprops_wrt_input">0 0 3 4 0</expect>
        <expect of="q.backprop_wrt_min">3</expect>
        <expect of="q.backprop_wrt_max">5</expect>
      </page>
      """),
  BlockType(
    "FakeQuantWithMinMaxVarsPerChannel",
    doc: """
      FakeQuantWithMinMaxVars with a range of its own for each channel, which is the last dimension of `inputs`: of shape [d], [b, d], \
      [b, h, w, d] or any other rank from 1 on. Each channel is rounded to the nearest of its 2^num_bits levels. \(nudging) A channel with \
      `min` = `max` = 0 is 0, NaN inputs too; equal ends elsewhere, or a NaN among them, make the channel NaN; `min` above `max` gives one \
      level for every number. Otherwise NaN stays NaN and an infinity becomes the last or first level. \(oddValues)
      """,
    inputs: [
      inputsPin, Pin("min", .float, doc: "Lower ends, one for each channel."), Pin("max", .float, doc: "Upper ends, one for each channel."),
    ],
    attrs: [bitsAttr, narrowAttr],
    outputs: [Pin("outputs", .float)],
    shape: perChannelShape, compute: .call("fakeQuantPerChannel", parameters: levelParameters),
    scratch: { _ in 5 * Int(EF_FAKE_QUANT_LINE) * MemoryLayout<Float>.stride }, split: perChannelSplit,
    gradient: .whole { g in
      g.add("FakeQuantWithMinMaxVarsPerChannelGradient", [g.dy] + g.inputs, attrs: g.attrs("num_bits", "narrow_range"))
    },
    example: """
      <page title="Two rows of three channels">
        <block id="x" type="Const"><pin name="val">{{-1, -0.6, 9}, {1.2, 0.4, -9}}</pin></block>
        <block id="q" type="FakeQuantWithMinMaxVarsPerChannel">
          <attrs num_bits="2"/>
          <pin name="min">{0, -1, 0}</pin>
          <pin name="max">{3, 2, 0}</pin>
        </block>
        <wire from="x" to="q.inputs"/>
        <expect of="q.outputs" shape="[2, 3]">0 -1 0 1 0 0</expect>
      </page>
      """),
  BlockType(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    doc: """
      The gradients of FakeQuantWithMinMaxVarsPerChannel: for `inputs` the products `gradients * m` with m = 1 where an input lies within \
      its channel's first and last level (both included), for `min` and `max`, channel by channel, the sums of the gradients of the inputs \
      below and above them. A NaN input is nowhere. The sums, too, are of products: a NaN or infinite gradient makes the sums of its \
      channel that it does not belong to NaN. A channel with `min` = `max` = 0 hands its gradients on as they are, and its sums are 0. \
      \(nudging) \(sumOrder) \(oddValues)
      """,
    inputs: [
      gradientsPin, inputsPin, Pin("min", .float, doc: "Lower ends, one for each channel."),
      Pin("max", .float, doc: "Upper ends, one for each channel."),
    ],
    attrs: [bitsAttr, narrowAttr],
    outputs: [
      Pin("backprops_wrt_input", .float, doc: "The gradient for `inputs`."), Pin("backprop_wrt_min", .float, doc: "The gradient for `min`."),
      Pin("backprop_wrt_max", .float, doc: "The gradient for `max`."),
    ],
    shape: perChannelGradientShape, compute: .call("fakeQuantGradient", parameters: levelParameters),
    scratch: { _ in Int(EF_FAKE_QUANT_GRADIENT_BYTES) },
    example: """
      <page title="What was clipped moves the ends of its channel">
        <block id="x" type="Const"><pin name="val">{{-1, -0.6, 9}, {1.2, 7, -9}}</pin></block>
        <block id="g" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <block id="q" type="FakeQuantWithMinMaxVarsPerChannelGradient">
          <attrs num_bits="2"/>
          <pin name="min">{0, -1, 0}</pin>
          <pin name="max">{3, 2, 0}</pin>
        </block>
        <wire from="g" to="q.gradients"/>
        <wire from="x" to="q.inputs"/>
        <expect of="q.backprops_wrt_input" shape="[2, 3]">0 2 3 4 0 6</expect>
        <expect of="q.backprop_wrt_min">1 0 0</expect>
        <expect of="q.backprop_wrt_max">0 5 0</expect>
      </page>
      """),
]

/// How the gradients for min and max are added up.
private let sumOrder = """
  The sums are formed in double precision, in an order that only the shape decides (up to 128 interleaved partial sums, added up after \
  every 128 lines of about 128 elements), and rounded to float once; so they are at least as exact as TensorFlow's, which adds floats, \
  and do not overflow on the way.
  """

// MARK: Rules

private let argsShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  try requireRange(context)
  return [context.shape(0)]
}

private let argsGradientShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  try requireRange(context)
  return [try context.requireSameShape(0, 1)]
}

private let varsShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  try context.requireRank(1, 0)
  try context.requireRank(2, 0)
  return [context.shape(0)]
}

private let varsGradientShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  let shape = try context.requireSameShape(0, 1)
  try context.requireRank(2, 0)
  try context.requireRank(3, 0)
  return [shape, .scalar, .scalar]
}

private let perChannelShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  _ = try requireChannels(context, of: context.shape(0), inputs: 0, min: 1, max: 2)
  return [context.shape(0)]
}

private let perChannelGradientShape: BlockType.ShapeRule = { (context) throws(BlockError) in
  let shape = try context.requireSameShape(0, 1)
  let channels = try requireChannels(context, of: shape, inputs: 1, min: 2, max: 3)
  return [shape, PartialShape([channels]), PartialShape([channels])]
}

/// In rows of channels.
private func perChannelSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  guard let count = context.shape(0).known?.count, let depth = context.shape(1).known?.count, depth > 0 else { return nil }
  return Split(units: count / depth, steps: [depth, 0, 0, depth], grain: 1024 / depth, work: 3 * Double(count), fusion: .elements)
}

/// Checks that `min` and `max` have one value for each element of the last dimension of `shape`; returns how many, -1 when unknown.
private func requireChannels(_ context: RuleContext, of shape: PartialShape, inputs: Int, min: Int, max: Int) throws(BlockError) -> Int {
  guard shape.rank != 0 else {
    throw BlockError(
      .shapeMismatch, "`inputs` must have rank 1 or more but is a scalar", input: inputs,
      notes: ["the last dimension of `inputs` is the channel"], fix: "use FakeQuantWithMinMaxVars for one number, or give it as {1}")
  }
  var channels = shape.dims?.last ?? -1
  var source = "`inputs` of shape \(shape)"
  for pin in [min, max] {
    try context.requireRank(pin, 1)
    guard let count = context.shape(pin).dims?.first, count >= 0 else { continue }
    let name = context.type.inputs[pin].name
    guard channels < 0 || channels == count else {
      throw BlockError(
        .shapeMismatch, "`\(name)` has \(count) values but there are \(channels) channels in \(source)", input: pin,
        fix: "give `\(name)` the shape [\(channels)]")
    }
    channels = count
    source = "`\(name)` of shape \(context.shape(pin))"
  }
  return channels
}

/// Checks that `min` is below `max`, subnormals counting as 0.
private func requireRange(_ context: RuleContext) throws(BlockError) {
  let min = context.float("min")
  let max = context.float("max")
  if (min.isSubnormal ? 0 : min) < (max.isSubnormal ? 0 : max) { return }
  throw BlockError(.badAttrValue, "`min` must be below `max`, but they are \(min) and \(max)", attr: "min", fix: "give a `min` below \(max)")
}

/// The numbers of the first and the last level.
private let levelParameters: BlockType.ParameterRule = { (context) throws(BlockError) in
  [context.bool("narrow_range") ? 1 : 0, (1 << Swift.max(2, Swift.min(16, context.int("num_bits")))) - 1]
}

private let argsParameters: BlockType.ParameterRule = { (context) throws(BlockError) in
  try levelParameters(context) + [Int64(context.float("min").bitPattern), Int64(context.float("max").bitPattern)]
}
