import TensorCore

/// A comparison of two inputs that are broadcast.
private func comparison(_ name: String, _ kernel: String, in dtypes: DTypeSet, widened: DTypeSet = .narrow, doc: String, example: String)
  -> BlockType
{
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The left operand."), Pin("y", "T", doc: "The right operand.")],
    attrs: [.type("T", in: dtypes, widened: widened)],
    outputs: [Pin("z", .bool, doc: "Whether it holds, for each element of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map(kernel), gradient: .nothing, example: example)
}

let comparisonTypes: [BlockType] = [
  comparison(
    "Equal", "equal", in: [.summable, DTypeSet(.bool, .string)], widened: [.narrow, .quantized],
    doc: """
      Whether `x` equals `y`, element by element, with broadcasting. 0 equals -0; NaN equals nothing, not even NaN. Strings are equal \
      when all their bytes are. Shapes that do not fit are an error.
      """,
    example: """
      <page title="Which words are the same">
        <block id="a" type="Const"><pin name="val" dtype="string">"cat" "dog" "cat"</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="string">"cat"</pin></block>
        <block id="same" type="Equal"/>
        <wire from="a" to="same.x"/>
        <wire from="b" to="same.y"/>
        <expect of="same">true false true</expect>
      </page>
      """),
  comparison(
    "Less", "less", in: .ordered,
    doc: "Whether `x` is less than `y`, element by element, with broadcasting. With a NaN it is false; -0 is not less than 0.",
    example: """
      <page title="Less">
        <block id="a" type="Const"><pin name="val">1 2 3 nan</pin></block>
        <block id="b" type="Const"><pin name="val">2</pin></block>
        <block id="is" type="Less"/>
        <wire from="a" to="is.x"/>
        <wire from="b" to="is.y"/>
        <expect of="is">true false false false</expect>
      </page>
      """),
  comparison(
    "Greater", "greater", in: .ordered,
    doc: "Whether `x` is greater than `y`, element by element, with broadcasting. With a NaN it is false; 0 is not greater than -0.",
    example: """
      <page title="Greater, each with each">
        <block id="a" type="Const"><pin name="val" dtype="int32">{{1}, {2}}</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="int32">0 1 2</pin></block>
        <block id="is" type="Greater"/>
        <wire from="a" to="is.x"/>
        <wire from="b" to="is.y"/>
        <expect of="is" shape="[2, 3]">true false false true true false</expect>
      </page>
      """),
  BlockType(
    "LogicalAnd",
    doc: "Whether both `x` and `y` are true, element by element, with broadcasting.",
    inputs: [Pin("x", .bool, doc: "The left operand."), Pin("y", .bool, doc: "The right operand.")],
    outputs: [Pin("z", .bool, doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map("logicalAnd"),
    gradient: .nothing,
    example: """
      <page title="Between two limits">
        <block id="a" type="Const"><pin name="val">1 5 9</pin></block>
        <block id="from" type="Const"><pin name="val">2</pin></block>
        <block id="to" type="Const"><pin name="val">8</pin></block>
        <block id="above" type="Greater"/>
        <block id="below" type="Less"/>
        <block id="inside" type="LogicalAnd"/>
        <wire from="a" to="above.x"/>
        <wire from="from" to="above.y"/>
        <wire from="a" to="below.x"/>
        <wire from="to" to="below.y"/>
        <wire from="above" to="inside.x"/>
        <wire from="below" to="inside.y"/>
        <expect of="inside">false true false</expect>
      </page>
      """),
  BlockType(
    "LogicalNot",
    doc: "Whether `x` is false, element by element.",
    inputs: [Pin("x", .bool, doc: "The operand.")],
    outputs: [Pin("y", .bool, doc: "One element for each of `x`.", spellings: ["y_144"])],
    shape: Shapes.sameAsInput, compute: .map("logicalNot"),
    gradient: .nothing,
    example: """
      <page title="The opposite">
        <block id="a" type="Const"><pin name="val" dtype="bool">true false</pin></block>
        <block id="n" type="LogicalNot"/>
        <wire from="a" to="n.x"/>
        <expect of="n">false true</expect>
      </page>
      """),
]

let furtherComparisonTypes: [BlockType] = [
  comparison(
    "NotEqual", "notEqual", in: [.summable, DTypeSet(.bool, .string)], widened: [.narrow, .quantized],
    doc: "Whether `x` differs from `y`, element by element, with broadcasting. 0 equals -0; NaN differs from everything, NaN too.",
    example: """
      <page title="NotEqual">
        <block id="a" type="Const"><pin name="val">1 2 3 nan</pin></block>
        <block id="is" type="NotEqual"><pin name="y">2</pin></block>
        <wire from="a" to="is.x"/>
        <expect of="is">true false true true</expect>
      </page>
      """),
  comparison(
    "LessEqual", "lessEqual", in: .ordered,
    doc: "Whether `x` is at most `y`, element by element, with broadcasting. With a NaN it is false; 0 and -0 are equal.",
    example: """
      <page title="LessEqual">
        <block id="a" type="Const"><pin name="val">1 2 3 nan</pin></block>
        <block id="is" type="LessEqual"><pin name="y">2</pin></block>
        <wire from="a" to="is.x"/>
        <expect of="is">true true false false</expect>
      </page>
      """),
  comparison(
    "GreaterEqual", "greaterEqual", in: .ordered,
    doc: "Whether `x` is at least `y`, element by element, with broadcasting. With a NaN it is false; 0 and -0 are equal.",
    example: """
      <page title="GreaterEqual">
        <block id="a" type="Const"><pin name="val">1 2 3 nan</pin></block>
        <block id="is" type="GreaterEqual"><pin name="y">2</pin></block>
        <wire from="a" to="is.x"/>
        <expect of="is">false true true false</expect>
      </page>
      """),
  BlockType(
    "LogicalOr",
    doc: "Whether `x` or `y` is true, or both, element by element, with broadcasting.",
    inputs: [Pin("x", .bool, doc: "The left operand."), Pin("y", .bool, doc: "The right operand.")],
    outputs: [Pin("z", .bool, doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map("logicalOr"),
    gradient: .nothing,
    example: """
      <page title="One or the other">
        <block id="o" type="LogicalOr"><pin name="x">true true false false</pin><pin name="y">true false true false</pin></block>
        <expect of="o">true true true false</expect>
      </page>
      """),
]
