import CKernelABI
import Diagnostics
import TensorCore

/// Arithmetic with quantised numbers.
let quantizedMathTypes: [BlockType] = [
  BlockType(
    "QuantizedMatMul",
    doc: """
      The matrix product of two quantised matrices: levels less the level of 0, multiplied and added as int32, which wraps around. The range of the \
      result is the one in which these int32 levels stand for the product. Every bit is TensorFlow's.
      """,
    inputs: [Pin("a", "T1", doc: "A matrix of levels."), Pin("b", "T2", doc: "A matrix of levels.")] + operandRanges("a", "b"),
    attrs: [
      .type("T1", in: DTypeSet(.quint8)), .type("T2", in: DTypeSet(.quint8)), resultAttr,
      .bool("transpose_a", default: false, doc: "Takes `a` with rows and columns exchanged."),
      .bool("transpose_b", default: false, doc: "Takes `b` with rows and columns exchanged."),
      .dtype("Tactivation", in: .quantized, default: .quint8, doc: "Kept for pages of the original; it has no effect."),
    ],
    outputs: [Pin("out", "Toutput"), Pin("min_out", .float), Pin("max_out", .float)],
    shape: { (context) throws(BlockError) in
      try requireOperandRanges(context)
      return try productShape(context, Operands(context)) + [.scalar, .scalar]
    },
    compute: .call("quantizedMatMul", parameters: { (context) throws(BlockError) in try productParameters(context, Operands(context)) }),
    scratch: { (context) throws(BlockError) in
      let (bytes, overflow) = (context.shape(1).known?.count ?? 0).multipliedReportingOverflow(by: MemoryLayout<Int32>.stride)
      return overflow ? .max : bytes
    }, faults: .possibly,
    example: """
      <page title="Levels of 0 to 255 are the numbers themselves">
        <block id="p" type="QuantizedMatMul">
          <pin name="a" dtype="quint8">{{1, 2}, {3, 4}}</pin>
          <pin name="b" dtype="quint8">{{5}, {6}}</pin>
          <pin name="min_a">0</pin>
          <pin name="max_a">255</pin>
          <pin name="min_b">0</pin>
          <pin name="max_b">255</pin>
        </block>
        <expect of="p.out" shape="[2, 1]">17 39</expect>
        <expect of="p.min_out">-2147483648</expect>
      </page>
      """),
  BlockType(
    "QuantizedMul",
    doc: """
      The products of two quantised tensors, element by element, with broadcasting: levels less the level of 0, multiplied as int32, with the range in \
      which these stand for the products. Every bit is TensorFlow's, which broadcasts vectors along the last dimensions only.
      """,
    inputs: [Pin("x", "T1", doc: "Levels."), Pin("y", "T2", doc: "Levels.")] + operandRanges("x", "y"),
    attrs: [.type("T1", in: DTypeSet(.quint8)), .type("T2", in: DTypeSet(.quint8)), resultAttr],
    outputs: [Pin("z", "Toutput"), Pin("min_z", .float), Pin("max_z", .float)],
    shape: { (context) throws(BlockError) in
      try requireOperandRanges(context)
      guard let shape = Shapes.broadcast(context.shape(0), context.shape(1)) else {
        throw BlockError(.shapeMismatch, "`x` of shape \(context.shape(0)) and `y` of shape \(context.shape(1)) cannot be broadcast", input: 1)
      }
      return [shape, .scalar, .scalar]
    },
    compute: .call(
      "quantizedMultiply",
      parameters: { (context) throws(BlockError) in
        guard let x = context.shape(0).known, let y = context.shape(1).known,
          let z = Shapes.broadcast(context.shape(0), context.shape(1))?.known
        else { return [] }
        return BroadcastLayout.words(inputs: [x, y], output: z)
      }), faults: .possibly,
    example: """
      <page title="Levels of 0 to 255 are the numbers themselves">
        <block id="p" type="QuantizedMul">
          <pin name="x" dtype="quint8">{{1, 2}, {3, 4}}</pin>
          <pin name="y" dtype="quint8">{10, 20}</pin>
          <pin name="min_x">0</pin>
          <pin name="max_x">255</pin>
          <pin name="min_y">0</pin>
          <pin name="max_y">255</pin>
        </block>
        <expect of="p.z" shape="[2, 2]">10 40 30 80</expect>
        <expect of="p.min_z">-2147483648</expect>
      </page>
      """),
  BlockType(
    "QuantizeDownAndShrinkRange",
    doc: """
      Levels of 32 bits as levels of 8 bits, of the range that the tensor really uses (which begins with 0 or below): RequantizationRange and \
      Requantize in one. Every bit is TensorFlow's.
      """,
    inputs: wideInputs,
    attrs: [.type("Tinput", in: DTypeSet(.qint32)), .dtype("out_type", in: DTypeSet(.quint8), doc: "The dtype of the result.")],
    outputs: [Pin("output", "out_type", doc: "Shaped like `input`.")] + newRange,
    shape: { (context) throws(BlockError) in
      try requireScalars(context, 1...2)
      return [context.shape(0), .scalar, .scalar]
    },
    compute: .call("shrinkRange"),
    example: """
      <page title="As many digits as there are levels">
        <block id="s" type="QuantizeDownAndShrinkRange">
          <pin name="input" dtype="qint32">0 51000 255000</pin>
          <pin name="input_min">-2147483.648</pin>
          <pin name="input_max">2147483.647</pin>
          <attrs out_type="quint8"/>
        </block>
        <expect of="s.output">0 51 255</expect>
        <expect of="s.output_max" tolerance="1e-3">255</expect>
      </page>
      """),
  BlockType(
    "Requantize",
    doc: """
      Levels of 32 bits as levels of 8 bits of another range, which must contain 0. For quint8 TensorFlow's fixed-point arithmetic is used, 16 bits \
      behind the point; every bit is TensorFlow's.
      """,
    inputs: wideInputs + [
      Pin("requested_output_min", .float, doc: "What the new range begins with, a scalar of 0 or less."),
      Pin("requested_output_max", .float, doc: "What it ends with, a scalar of 0 or more."),
    ],
    attrs: [.type("Tinput", in: DTypeSet(.qint32)), .dtype("out_type", in: DTypeSet(.quint8, .qint8), doc: "The dtype of the result.")],
    outputs: [Pin("output", "out_type", doc: "Shaped like `input`.")] + newRange,
    shape: { (context) throws(BlockError) in
      try requireScalars(context, 1...4)
      try requireRange(context, 3, 4) { $0 <= 0 && $1 >= 0 }
      return [context.shape(0), .scalar, .scalar]
    },
    compute: .call("requantize"), faults: .possibly,
    example: """
      <page title="Into the range from 0 to 510">
        <block id="r" type="Requantize">
          <pin name="input" dtype="qint32">0 51000 255000</pin>
          <pin name="input_min">-2147483.648</pin>
          <pin name="input_max">2147483.647</pin>
          <pin name="requested_output_min">0</pin>
          <pin name="requested_output_max">510</pin>
          <attrs out_type="quint8"/>
        </block>
        <expect of="r.output">0 26 128</expect>
        <expect of="r.output_max">510</expect>
      </page>
      """),
  BlockType(
    "RequantizationRange",
    doc: "The range that a tensor of 32-bit levels really uses; it begins with 0 or below. Every bit is TensorFlow's.",
    inputs: wideInputs, attrs: [.type("Tinput", in: DTypeSet(.qint32))], outputs: newRange,
    shape: { (context) throws(BlockError) in
      try requireScalars(context, 1...2)
      return [.scalar, .scalar]
    },
    compute: .call("requantizationRange"),
    example: """
      <page title="What is used of a wide range">
        <block id="r" type="RequantizationRange">
          <pin name="input" dtype="qint32">10 51000 255000</pin>
          <pin name="input_min">-2147483.648</pin>
          <pin name="input_max">2147483.647</pin>
        </block>
        <expect of="r.output_min">0</expect>
        <expect of="r.output_max" tolerance="1e-3">255</expect>
      </page>
      """),
]

private let resultAttr = Attr.dtype("Toutput", in: DTypeSet(.qint32), default: .qint32, doc: "The dtype of the result.")
private let wideInputs = [
  Pin("input", "Tinput", doc: "Levels of 32 bits, of any shape."), Pin("input_min", .float, doc: "What their range begins with, a scalar."),
  Pin("input_max", .float, doc: "What it ends with, a scalar."),
]
private let newRange = [
  Pin("output_min", .float, doc: "What the new range begins with."), Pin("output_max", .float, doc: "What the new range ends with."),
]

private func operandRanges(_ names: String...) -> [Pin] {
  names.flatMap { name in
    [
      Pin("min_\(name)", .float, doc: "What the range of `\(name)` begins with, a scalar."),
      Pin("max_\(name)", .float, doc: "What it ends with, a scalar."),
    ]
  }
}

private func requireScalars(_ context: RuleContext, _ pins: ClosedRange<Int>) throws(BlockError) {
  for pin in pins { try context.requireRank(pin, 0) }
}

private func requireOperandRanges(_ context: RuleContext) throws(BlockError) {
  try requireScalars(context, 2...5)
  try requireRange(context, 2, 3) { $0 < $1 }
  try requireRange(context, 4, 5) { $0 < $1 }
}
