import Diagnostics
import TensorCore

private let anyLevel = DTypeSet.quantized
private let rangePins = [Pin("output_min", .float, doc: "What the range begins with."), Pin("output_max", .float, doc: "What it ends with.")]

private let meaning = """
  A quantised tensor holds whole numbers, its levels, that stand for evenly spaced floats from a lower to an upper end; both ends travel beside it.
  """

/// Floats as quantised numbers and back, and what moves quantised numbers.
let quantizedArrayTypes: [BlockType] = [
  BlockType(
    "QuantizeV2",
    doc: """
      Puts floats on the levels of the quantised dtype `T`. \(meaning) The range is made to contain 0 and to be at least \
      `ensure_minimum_range` times its greatest end (or 1) wide. MIN_COMBINED and MIN_FIRST spread the levels from end to end, the latter so that \
      0 is one; SCALED multiplies by one factor that leaves 0 at 0 and moves an end. `round_mode` HALF_TO_EVEN is for SCALED only. Each level has \
      TensorFlow's bits; where its conversion overflows (NaN, and the last levels of qint32) NaN becomes the lowest level and the others the nearest. \
      With `axis` each slice along it has a range of its own.
      """,
    inputs: [
      Pin("input", .float, doc: "Any shape."), Pin("min_range", .float, doc: "The lower end, a scalar; with `axis` a vector."),
      Pin("max_range", .float, doc: "The upper end, a scalar; with `axis` a vector."),
    ],
    attrs: [
      .dtype("T", in: anyLevel, doc: "The dtype of the result."), modeAttr,
      .choice("round_mode", of: ["HALF_AWAY_FROM_ZERO", "HALF_TO_EVEN"], default: "HALF_AWAY_FROM_ZERO", doc: "Where halves go."),
      .bool("narrow_range", default: false, doc: "Leaves out the lowest level, in mode SCALED."), axisAttr,
      .float("ensure_minimum_range", default: 0.01, doc: "The least width of the range, as a part of its greatest end."),
    ],
    outputs: [Pin("output", "T", doc: "Shaped like `input`.")] + rangePins,
    shape: { (context) throws(BlockError) in
      if context.word("round_mode") == "HALF_TO_EVEN", context.word("mode") != "SCALED" {
        throw BlockError(.badAttrValue, "`round_mode` HALF_TO_EVEN needs mode SCALED", attr: "round_mode", fix: "write mode=\"SCALED\"")
      }
      let slices = try rangeShape(context)
      try requireRange(context, 1, 2) { $0 <= $1 || $0.isNaN || $1.isNaN }
      // Of a single slice TensorFlow gives scalars.
      let ends = slices == PartialShape([-1]) ? .unknown : slices == PartialShape([1]) ? .scalar : slices
      return [context.shape(0), ends, ends]
    },
    compute: .call(
      "quantize",
      parameters: { (context) throws(BlockError) in
        try sliceWords(context) + [
          mode(context), context.word("round_mode") == "HALF_TO_EVEN" ? 1 : 0, context.bool("narrow_range") ? 1 : 0,
          Int64(context.float("ensure_minimum_range").bitPattern),
        ]
      }), faults: .possibly,
    example: """
      <page title="Levels from 0 to 255">
        <block id="q" type="QuantizeV2">
          <pin name="input">-1 0 0.5 3 9</pin>
          <pin name="min_range">-1</pin>
          <pin name="max_range">3</pin>
          <attrs T="quint8"/>
        </block>
        <expect of="q.output">0 64 96 255 255</expect>
        <expect of="q.output_max">3</expect>
      </page>
      """),
  BlockType(
    "Dequantize",
    doc: """
      The floats that the levels of a quantised tensor stand for. The modes are those of QuantizeV2; MIN_FIRST knows no `axis`. Each float has \
      TensorFlow's bits, but for the last levels of qint32 in mode SCALED, which overflow there.
      """,
    inputs: [
      Pin("input", "T", doc: "Levels, of any shape."), Pin("min_range", .float, doc: "The lower end, a scalar; with `axis` a vector."),
      Pin("max_range", .float, doc: "The upper end, a scalar; with `axis` a vector."),
    ],
    attrs: [
      .type("T", in: anyLevel), modeAttr, .bool("narrow_range", default: false, doc: "The lowest level is left out, in mode SCALED."), axisAttr,
      .dtype("dtype", in: DTypeSet(.float), widened: DTypeSet(.bfloat16), default: .float, doc: "The dtype of the result."),
    ],
    outputs: [Pin("output", "dtype", doc: "Shaped like `input`.")],
    shape: { (context) throws(BlockError) in
      let slices = try rangeShape(context)
      if let count = slices.dims?.first, count > 1, context.word("mode") == "MIN_FIRST" {
        throw BlockError(.badAttrValue, "mode MIN_FIRST knows no `axis`", attr: "mode", fix: "leave out `axis`, or write mode=\"MIN_COMBINED\"")
      }
      return [context.shape(0)]
    },
    compute: .call(
      "dequantize",
      parameters: { (context) throws(BlockError) in try sliceWords(context) + [mode(context), context.bool("narrow_range") ? 1 : 0] }),
    example: """
      <page title="What levels stand for">
        <block id="d" type="Dequantize">
          <pin name="input" dtype="quint8">0 51 255</pin>
          <pin name="min_range">-1</pin>
          <pin name="max_range">4</pin>
        </block>
        <expect of="d">-1 0 4</expect>
      </page>
      """),
  BlockType(
    "QuantizeAndDequantizeV2",
    doc: """
      Rounds floats to the levels that `num_bits` bits have and keeps them as floats. 0 is a level; the end of the range that needs the larger steps \
      decides, and the other one moves. Without `range_given` the range is that of `input`. Each float has TensorFlow's bits; of a NaN among the \
      input nothing is promised. The gradient goes straight through, as in TensorFlow.
      """,
    inputs: [
      Pin("input", "T", doc: "Any shape."), Pin("input_min", "T", doc: "The lower end, a scalar. Looked at with `range_given` only."),
      Pin("input_max", "T", doc: "The upper end, likewise."),
    ],
    attrs: [
      .type("T", in: .floats), .bool("signed_input", default: true, doc: "Levels on both sides of 0."),
      .int("num_bits", default: 8, in: 1...62, doc: "The bits of a level; 61 are the most with `signed_input`."),
      .bool("range_given", default: false, doc: "The range is that of `input_min` and `input_max`, and what is outside becomes an end."),
      .choice("round_mode", of: ["HALF_TO_EVEN", "HALF_UP"], default: "HALF_TO_EVEN", doc: "Where halves go."),
      .bool("narrow_range", default: false, doc: "Leaves out the lowest level, where levels are signed."), axisAttr,
    ],
    outputs: [Pin("output", "T", doc: "Shaped like `input`.")],
    shape: { (context) throws(BlockError) in
      if context.bool("signed_input"), context.int("num_bits") == 62 {
        throw BlockError(.badAttrValue, "`num_bits` is 62; signed levels have 61 at most", attr: "num_bits", fix: "write num_bits=\"61\"")
      }
      if context.bool("range_given"), context.int("axis") >= 0 {
        throw BlockError(.badAttrValue, "`axis` and `range_given` do not go together", attr: "axis", fix: "leave out one of them")
      }
      _ = try slices(context)
      if context.bool("range_given") {
        _ = try rangeShape(context)
        try requireRange(context, 1, 2) { $0 <= $1 }
      }
      return [context.shape(0)]
    },
    compute: .call("quantizeAndDequantize", parameters: roundingParameters), faults: .possibly,
    gradient: .by({ g in g.dy }, nil, nil),
    example: """
      <page title="Steps of a half">
        <block id="q" type="QuantizeAndDequantizeV2">
          <pin name="input">-1.9 0.3 0.6 1.2 7</pin>
          <pin name="input_min">-2</pin>
          <pin name="input_max">1.5</pin>
          <attrs num_bits="3" range_given="true"/>
        </block>
        <expect of="q">-2 0.5 0.5 1 1.5</expect>
      </page>
      """),
  BlockType(
    "QuantizedReshape",
    doc: "Levels under another shape, as Reshape gives it, with their range; nothing is copied.",
    inputs: [
      Pin("tensor", "T", doc: "Levels."), Pin("input_min", .float, doc: "What the range begins with, a scalar."),
      Pin("input_max", .float, doc: "What it ends with, a scalar."),
      Pin("shape", "Tshape", doc: "The dimensions of the result, a vector.", setting: true),
    ],
    attrs: [.type("T", in: DTypeSet(.quint8, .qint32)), .type("Tshape", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")] + rangePins,
    shape: { (context) throws(BlockError) in
      try context.requireRank(1, 0)
      try context.requireRank(2, 0)
      return try reshapeShape(context, sizes: 3) + [.scalar, .scalar]
    },
    compute: .view,
    example: """
      <page title="Four levels as a matrix">
        <block id="r" type="QuantizedReshape">
          <pin name="tensor" dtype="quint8">1 2 3 4</pin>
          <pin name="shape" dtype="int32">2 2</pin>
          <pin name="input_min">0</pin>
          <pin name="input_max">1</pin>
        </block>
        <expect of="r.output" shape="[2, 2]">1 2 3 4</expect>
        <expect of="r.output_max">1</expect>
      </page>
      """),
  BlockType(
    "QuantizedConcat",
    doc: """
      Joins quantised tensors along `concat_dim`, with a range that holds all of theirs (for quint8 also the numbers down to 0, for qint32 as far to \
      both sides of 0). Levels of another range are put on the new ones.
      """,
    inputs: [
      .list("values", "T", min: 2, doc: "The tensors, in order."), Pin("concat_dim", .int32, doc: "The axis to join along, a scalar.", setting: true),
      .list("input_mins", .float, min: 2, doc: "What the range of each begins with."),
      .list("input_maxes", .float, min: 2, doc: "What the range of each ends with."),
    ],
    attrs: [.type("T", in: DTypeSet(.quint8, .qint32))],
    outputs: [Pin("output", "T")] + rangePins,
    shape: { (context) throws(BlockError) in
      let members = context.members(0).count
      for (pin, name) in [(2, "input_mins"), (3, "input_maxes")] {
        if context.members(pin).count != members {
          throw BlockError(.listLength, "there are \(members) `values` but \(context.members(pin).count) `\(name)`", input: pin)
        }
        for (index, member) in context.members(pin).enumerated() where member.shape.rank.map({ $0 != 0 }) ?? false {
          throw BlockError(.shapeMismatch, "`\(name)[\(index)]` must be a scalar but has shape \(member.shape)", input: pin, member: index)
        }
      }
      if let axis = try context.scalar(1), axis < 0 {
        throw BlockError(.badValue, "`concat_dim` is \(axis)", input: 1, fix: "count axes from the first one: 0 or more")
      }
      return try concatShape(context) + [.scalar, .scalar]
    },
    compute: .call(
      "quantizedConcat",
      parameters: { (context) throws(BlockError) in
        let words = try concatParameters(context)
        let size = Int64(context.dtype(0).byteCount)
        return [words[1], words[0]] + words.dropFirst(2).map { $0 / size }
      }),
    example: """
      <page title="Two ranges become one">
        <block id="a" type="Const"><pin name="val" dtype="quint8">0 255</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="quint8">0 255</pin></block>
        <block id="zero" type="Const"><pin name="val">0</pin></block>
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="five" type="Const"><pin name="val">5</pin></block>
        <block id="c" type="QuantizedConcat"><pin name="concat_dim">0</pin></block>
        <wire from="a" to="c.values"/>
        <wire from="b" to="c.values"/>
        <wire from="zero" to="c.input_mins"/>
        <wire from="zero" to="c.input_mins"/>
        <wire from="one" to="c.input_maxes"/>
        <wire from="five" to="c.input_maxes"/>
        <expect of="c.output">0 51 0 255</expect>
        <expect of="c.output_max">5</expect>
      </page>
      """),
  BlockType(
    "QuantizedInstanceNorm",
    doc: """
      Each channel of each image less its mean, divided by the square root of its variance and `variance_epsilon`, as levels of a new range: the one \
      that is given, or that of the results. TensorFlow's inverse root and its order of additions may differ in the last bits, so that a level may \
      differ by 1 and the ends of the range by 16 ULP.
      """,
    inputs: [
      Pin("x", "T", doc: "Images: [batch, height, width, channels]."), Pin("x_min", .float, doc: "What the range begins with, a scalar."),
      Pin("x_max", .float, doc: "What it ends with, a scalar."),
    ],
    attrs: [
      .type("T", in: DTypeSet(.quint8)),
      .bool("output_range_given", default: false, doc: "The range is that of the next two.", spellings: ["output_rangegiven"]),
      .float("given_y_min", default: 0, doc: "What the range of the result begins with."),
      .float("given_y_max", default: 0, doc: "What it ends with."),
      .float("variance_epsilon", default: 1e-5, doc: "Added to each variance."),
      .float("min_separation", default: 1e-3, doc: "The least width of the range of the result."),
    ],
    outputs: [Pin("y", "T"), Pin("y_min", .float), Pin("y_max", .float)],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 4)
      try context.requireRank(1, 0)
      try context.requireRank(2, 0)
      if context.bool("output_range_given"), !(context.float("given_y_min") < context.float("given_y_max")) {
        throw BlockError(
          .badAttrValue, "`given_y_min` is \(context.float("given_y_min")), `given_y_max` \(context.float("given_y_max"))", attr: "given_y_max",
          fix: "give an upper end above the lower one")
      }
      try requireRange(context, 1, 2) { $0 < $1 }
      return [context.shape(0), .scalar, .scalar]
    },
    compute: .call(
      "quantizedInstanceNorm",
      parameters: { (context) throws(BlockError) in
        guard let dims = context.shape(0).known?.dims else { return [] }
        let floats = ["given_y_min", "given_y_max", "variance_epsilon", "min_separation"].map { Int64(context.float($0).bitPattern) }
        let sizes = [dims[0], checkedProduct(dims[1...2]) ?? 0, dims[3]].map(Int64.init)
        return (sizes.contains(0) ? [0, 0, 0] : sizes) + [context.bool("output_range_given") ? 1 : 0] + floats
      }),
    scratch: { (context) throws(BlockError) in
      guard let dims = context.shape(0).known?.dims, !dims.contains(0) else { return 0 }
      return dims[0] &* dims[3] &* 2 &* MemoryLayout<Float>.stride
    }, faults: .possibly,
    example: """
      <page title="One channel of four positions">
        <block id="n" type="QuantizedInstanceNorm">
          <pin name="x" dtype="quint8" shape="[1, 2, 2, 1]">0 0 200 200</pin>
          <pin name="x_min">0</pin>
          <pin name="x_max">255</pin>
        </block>
        <expect of="n.y">0 0 255 255</expect>
        <expect of="n.y_max" tolerance="1e-5">1</expect>
      </page>
      """),
]

private let modeAttr = Attr.choice(
  "mode", of: ["MIN_COMBINED", "MIN_FIRST", "SCALED"], default: "MIN_COMBINED", doc: "How levels and floats belong together.")
private let axisAttr = Attr.int(
  "axis", default: -1, in: -1...Int64(Shape.maxRank - 1), doc: "Each slice along it has a range of its own; -1: one range.")

// MARK: Rules

extension RuleContext {
  /// The word of an attr that is a choice.
  fileprivate func word(_ name: String) -> String {
    if case .string(let word)? = attr(name) { word } else { "" }
  }
}

private func mode(_ context: RuleContext) -> Int64 {
  switch context.word("mode") {
  case "MIN_FIRST": 1
  case "SCALED": 2
  default: 0
  }
}

/// How many slices there are along the axis, -1 while that is not known.
private func slices(_ context: RuleContext) throws(BlockError) -> Int {
  let axis = Int(context.int("axis"))
  if axis < 0 { return 1 }
  if let rank = context.shape(0).rank, axis >= rank {
    throw BlockError(
      .badAttrValue, "`axis` is \(axis) but `input` has rank \(rank)", attr: "axis", fix: "give a number below the rank, or -1 for one range")
  }
  return context.shape(0).dims?[axis] ?? -1
}

/// Checks both ends of the range, inputs 1 and 2, and returns their shape.
private func rangeShape(_ context: RuleContext) throws(BlockError) -> PartialShape {
  let axis = Int(context.int("axis"))
  if axis < 0 {
    try context.requireRank(1, 0)
    try context.requireRank(2, 0)
    return .scalar
  }
  let slices = try slices(context)
  for pin in [1, 2] {
    try context.requireRank(pin, 1)
    if let count = context.shape(pin).dims?.first, count >= 0, slices >= 0, count != slices {
      throw BlockError(
        .shapeMismatch, "`\(context.type.inputs[pin].name)` has \(count) elements but there are \(slices) slices along axis \(axis)", input: pin)
    }
  }
  return PartialShape([slices])
}

/// Checks the ends of ranges where they are known already.
func requireRange(_ context: RuleContext, _ min: Int, _ max: Int, _ isGood: (Double, Double) -> Bool) throws(BlockError) {
  guard let low = numbers(context, min), let high = numbers(context, max) else { return }
  for (a, b) in zip(low, high) where !isGood(a, b) {
    let names = [min, max].map { context.type.inputs[$0].name }
    throw BlockError(
      .badValue, "the range from `\(names[0])` \(a) to `\(names[1])` \(b) cannot be", input: max, fix: "give an upper end above the lower one")
  }
}

private func numbers(_ context: RuleContext, _ pin: Int) -> [Double]? {
  guard let value = context.value(pin) else { return nil }
  return value.elements(as: Double.self) ?? value.elements(as: Float.self)?.map(Double.init)
}

/// Positions before the axis, slices, positions after it.
private func sliceWords(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let shape = context.shape(0).known, let count = shape.count else { return [] }
  let axis = Int(context.int("axis"))
  if axis < 0 { return [1, 1, Int64(count)] }
  guard count > 0 else { return [0, Int64(shape.dims[axis]), 0] }
  return [shape.dims[..<axis].reduce(1, &*), shape.dims[axis], shape.dims[(axis + 1)...].reduce(1, &*)].map(Int64.init)
}

private func roundingParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let isSigned = context.bool("signed_input")
  let bits = max(1, min(62, context.int("num_bits")))
  let half: Int64 = 1 << (bits - 1)
  let lowest = isSigned ? (context.bool("narrow_range") ? 1 - half : 0 - half) : 0
  let highest = isSigned ? half - 1 : 2 * half - 1
  return try sliceWords(context) + [lowest, highest, context.bool("range_given") ? 1 : 0, context.word("round_mode") == "HALF_UP" ? 1 : 0]
}
