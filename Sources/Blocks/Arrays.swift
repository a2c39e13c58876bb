import TensorCore

/// The most pieces of a Split.
let maximalSplit = 65_536

let arrayTypes: [BlockType] = [
  BlockType(
    "Identity",
    doc: "Hands its input on, unchanged and without a copy.",
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all)],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="Identity">
        <block id="same" type="Identity"><pin name="input" dtype="int32">{{1, 2}, {3, 4}}</pin></block>
        <expect of="same" shape="[2, 2]">1 2 3 4</expect>
      </page>
      """),
  BlockType(
    "Shape",
    doc: """
      The dimensions of `input` as a vector; of a scalar, an empty vector. A dimension beyond 2147483647 needs `out_type` int64. \
      The values of the input are not looked at.
      """,
    inputs: [Pin("input", "T")],
    attrs: [.type("T", in: .all), .dtype("out_type", in: .indices, default: .int32, doc: "The dtype of the result.")],
    outputs: [Pin("output", "out_type")],
    shape: { (context) throws(BlockError) in [PartialShape([context.shape(0).rank ?? -1])] },
    compute: .value(shapeValue),
    gradient: .nothing,
    example: """
      <page title="Shape">
        <block id="m" type="Const"><pin name="val" shape="[2, 3]">0</pin></block>
        <block id="s" type="Shape"/>
        <block id="long" type="Shape"><attrs out_type="int64"/></block>
        <wire from="m" to="s.input"/>
        <wire from="m" to="long.input"/>
        <expect of="s">2 3</expect>
        <expect of="long">2 3</expect>
      </page>
      """),
  BlockType(
    "Reshape",
    doc: """
      The elements of `tensor`, in their order, under another shape; nothing is copied. One entry of `shape` may be -1: that \
      dimension is worked out from the count. (With a count of 0 it becomes 0, or, beside another 0, what makes the other \
      dimensions' products agree, as in TensorFlow.)
      """,
    inputs: [Pin("tensor", "T"), Pin("shape", "Tshape", doc: "The dimensions of the result, a vector.", setting: true)],
    attrs: [.type("T", in: .all), .type("Tshape", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: reshapeShape, compute: .view,
    gradient: .by({ g in g.reshaped(g.dy, like: g[0]) }, nil),
    example: """
      <page title="Six elements as 3 by 2">
        <block id="r" type="Reshape">
          <pin name="tensor">1 2 3 4 5 6</pin>
          <pin name="shape" dtype="int32">3 -1</pin>
        </block>
        <expect of="r" shape="[3, 2]">1 2 3 4 5 6</expect>
      </page>
      """),
  BlockType(
    "Transpose",
    doc: """
      Permutes the axes: axis i of the result is axis `perm[i]` of `x`. `perm` names every axis once; a negative number counts \
      from the last axis.
      """,
    inputs: [Pin("x", "T"), Pin("perm", "Tperm", doc: "A permutation of the axes, a vector.", setting: true)],
    attrs: [.type("T", in: .unquantized), .type("Tperm", in: .indices, default: .int32)],
    outputs: [Pin("y", "T")],
    shape: transposeShape, compute: .call("transpose", parameters: transposeParameters), split: transposeSplit,
    gradient: .by({ g in g.block("Transpose", g.dy, inverse(g[1], g)) }, nil),
    example: """
      <page title="Rows become columns">
        <block id="t" type="Transpose">
          <pin name="x">{{1, 2, 3}, {4, 5, 6}}</pin>
          <pin name="perm" dtype="int32">1 0</pin>
        </block>
        <expect of="t" shape="[3, 2]">1 4 2 5 3 6</expect>
      </page>
      """),
  BlockType(
    "Concat",
    doc: """
      Joins two or more tensors along `axis`. All their other dimensions must be equal; scalars cannot be joined. A negative axis \
      counts from the last.
      """,
    inputs: [
      .list("values", "T", min: 2, doc: "The tensors, in order."), Pin("axis", "Tidx", doc: "The axis to join along, a scalar.", setting: true),
    ],
    attrs: [.type("T", in: .all), .type("Tidx", in: .indices, default: .int32)],
    outputs: [Pin("output", "T")],
    shape: concatShape, compute: .call("concat", parameters: concatParameters), split: concatSplit,
    gradient: .whole(concatGradient),
    example: """
      <page title="Side by side">
        <block id="a" type="Const"><pin name="val">{{1, 2}, {3, 4}}</pin></block>
        <block id="b" type="Const"><pin name="val">{{5}, {6}}</pin></block>
        <block id="c" type="Concat"><pin name="axis" dtype="int32">1</pin></block>
        <wire from="a" to="c.values"/>
        <wire from="b" to="c.values"/>
        <expect of="c" shape="[2, 3]">1 2 5 3 4 6</expect>
      </page>
      """),
  BlockType(
    "Split",
    doc: """
      Cuts `value` along `axis` into `num_split` equal pieces, the members of the list `output`. The dimension must be a multiple \
      of `num_split`. A negative axis counts from the last. Along the first axis nothing is copied where the shape is known before the run.
      """,
    inputs: [Pin("axis", .int32, doc: "The axis to cut, a scalar.", setting: true), Pin("value", "T")],
    attrs: [.type("T", in: .unquantized), .int("num_split", in: 1...Int64(maximalSplit), doc: "How many pieces.")],
    outputs: [.list("output", "T")],
    outputCount: "num_split", shape: splitShape, compute: .call("split", parameters: splitParameters), split: splitSplit,
    window: { (context) throws(BlockError) in
      let words = try splitParameters(context)
      return Window(pieces: [1, words[0]] + Array(repeating: words[1], count: Int(context.int("num_split"))), context, pin: 1)
    },
    gradient: .by(nil, { g in g.add("Concat", [g.outputs.indices.map(g.upstream), [g[0]]]).first ?? g.dy }),
    example: """
      <page title="Two halves">
        <block id="s" type="Split">
          <pin name="axis">0</pin>
          <pin name="value">1 2 3 4</pin>
          <attrs num_split="2"/>
        </block>
        <expect of="s.output[0]">1 2</expect>
        <expect of="s.output[1]">3 4</expect>
      </page>
      """),
  BlockType(
    "OneHot",
    doc: """
      A new axis of size `depth`, at `axis` of the result (-1: the last): along it stands `on_value` at the place that the index \
      says and `off_value` elsewhere. An index below 0 or not below `depth` gives `off_value` everywhere.
      """,
    inputs: [
      Pin("indices", "TI"), Pin("depth", .int32, doc: "The size of the new axis, a scalar.", setting: true),
      Pin("on_value", "T", doc: "A scalar."), Pin("off_value", "T", doc: "A scalar."),
    ],
    attrs: [
      .type("T", in: .unquantized), .type("TI", in: DTypeSet(.uint8, .int8, .int32, .int64), default: .int64),
      .int("axis", default: -1, doc: "Where the new axis goes: 0 to the rank of `indices`, or -1 for the last."),
    ],
    outputs: [Pin("output", "T")],
    shape: oneHotShape, compute: .call("oneHot", parameters: oneHotParameters), split: oneHotSplit,
    gradient: .nothing,
    example: """
      <page title="One-hot rows">
        <block id="h" type="OneHot">
          <pin name="indices" dtype="int32">0 2 -1</pin>
          <pin name="depth">3</pin>
          <pin name="on_value" dtype="float">1</pin>
          <pin name="off_value" dtype="float">0</pin>
        </block>
        <expect of="h" shape="[3, 3]">1 0 0 0 0 1 0 0 0</expect>
      </page>
      """),
]
