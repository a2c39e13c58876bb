import Diagnostics
import TensorCore

let stateTypes: [BlockType] = [
  BlockType(
    "Variable", role: .variable,
    doc: """
      A tensor that lasts from cycle to cycle. It starts with `initvalues`: a text, or what is wired to it, computed once before the first \
      cycle. Blocks that update it (Assign, ApplyGradientDescent …) are wired to `ref`, and so is everything that reads it. An update \
      happens before all other readers where it does not depend on one of them, otherwise after all of them; the result shows what the \
      readers saw.
      """,
    inputs: [Pin("initvalues", "dtype", doc: "The first value. One value fills the whole `shape`.", typed: true)],
    attrs: [
      .dtype("dtype", in: .all, doc: "The dtype; without it, that of the first value."),
      .shape("shape", default: .unknown, doc: "The shape; without it, that of the first value."),
      .string("container", default: "", doc: "Kept for pages of the original."),
      .string("shared_name", default: "", doc: "Kept for pages of the original.", spellings: ["SharedName"]),
    ],
    outputs: [Pin("ref", "dtype")],
    shape: variableShape,
    gradient: .nothing,
    example: """
      <page title="A variable counts the cycles">
        <block id="count" type="Variable"><pin name="initvalues">10</pin></block>
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="next" type="Add"/>
        <block id="store" type="Assign"/>
        <wire from="count" to="next.x"/>
        <wire from="one" to="next.y"/>
        <wire from="count" to="store.ref"/>
        <wire from="next" to="store.value"/>
        <expect of="count" cycle="1">10</expect>
        <expect of="store" cycle="1">11</expect>
        <expect of="count" cycle="3">12</expect>
      </page>
      """),
  BlockType(
    "TemporaryVariable", role: .variable,
    doc: "A variable that is filled with zeros at the start of each cycle. DestroyTemporaryVariable hands on what it is in the end.",
    attrs: [
      .dtype("dtype", in: .all, doc: "The dtype."),
      .shape("shape", default: .unknown, doc: "The shape; it must be known in full."),
      .string("var_name", default: "", doc: "Kept for pages of the original."),
    ],
    outputs: [Pin("ref", "dtype")],
    shape: { (context) throws(BlockError) in
      guard context.shape("shape").known != nil else {
        throw BlockError(
          .shapeMismatch, "the shape of a temporary variable must be known", attr: "shape", fix: "write <attrs shape=\"[2, 3]\"/>, for instance")
      }
      return [context.shape("shape")]
    },
    gradient: .nothing,
    example: """
      <page title="A sum put together in a temporary variable">
        <block id="sum" type="TemporaryVariable"><attrs dtype="float" shape="[2]"/></block>
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="b" type="Const"><pin name="val">30 40</pin></block>
        <block id="first" type="AssignAdd"/>
        <block id="second" type="AssignAdd"/>
        <block id="done" type="DestroyTemporaryVariable"/>
        <wire from="sum" to="first.ref"/>
        <wire from="a" to="first.value"/>
        <wire from="first" to="second.ref"/>
        <wire from="b" to="second.value"/>
        <wire from="second" to="done.ref"/>
        <expect of="first" cycle="2">1 2</expect>
        <expect of="done" cycle="2">31 42</expect>
      </page>
      """),
  BlockType(
    "DestroyTemporaryVariable",
    doc: "What a temporary variable holds after all updates of the cycle.",
    inputs: [.variable("ref", "T", use: .end, doc: "The temporary variable, or the last block that updates it.")],
    attrs: [.type("T", in: .all), .string("var_name", default: "", doc: "Kept for pages of the original.")],
    outputs: [Pin("value", "T")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .nothing,
    example: """
      <page title="A temporary variable that is filled once">
        <block id="t" type="TemporaryVariable"><attrs dtype="int32" shape="[3]"/></block>
        <block id="a" type="Const"><pin name="val" dtype="int32">1 2 3</pin></block>
        <block id="fill" type="Assign"/>
        <block id="done" type="DestroyTemporaryVariable"/>
        <wire from="t" to="fill.ref"/>
        <wire from="a" to="fill.value"/>
        <wire from="fill" to="done.ref"/>
        <expect of="done">1 2 3</expect>
      </page>
      """),
  BlockType(
    "IsVariableInitialized",
    doc: "Whether a variable has a value. It always has: a page whose variable has no first value is refused.",
    inputs: [.variable("ref", "dtype", use: .end, doc: "The variable.")],
    attrs: [.type("dtype", in: .all)],
    outputs: [Pin("is_initialized", .bool)],
    shape: { (_) throws(BlockError) in [.scalar] },
    compute: .value { (_) throws(BlockError) in
      guard let yes = Tensor([true])?.reshaped(.scalar) else { throw BlockError(.outOfMemory, "there is no memory for the result") }
      return yes
    },
    gradient: .nothing,
    example: """
      <page title="Variables have values">
        <block id="v" type="Variable"><pin name="initvalues">0.5</pin></block>
        <block id="is" type="IsVariableInitialized"/>
        <wire from="v" to="is.ref"/>
        <expect of="is">true</expect>
      </page>
      """),
  assignment(
    "Assign", "assign", in: .all,
    doc: "Gives a variable the elements of `value`. The shapes must be the same.",
    attrs: [
      .bool("validate_shape", default: true, doc: "A variable keeps its shape, also with `false`."),
      .bool("use_locking", default: true, doc: "Kept for pages of the original: every update is whole."),
    ],
    parameters: assignedBytes,
    example: """
      <page title="Readers see what was assigned in the same cycle">
        <block id="v" type="Variable"><pin name="initvalues">0 0</pin></block>
        <block id="a" type="Const"><pin name="val">3 4</pin></block>
        <block id="load" type="Assign"/>
        <block id="square" type="Square"/>
        <wire from="v" to="load.ref"/>
        <wire from="a" to="load.value"/>
        <wire from="v" to="square.x"/>
        <expect of="v">3 4</expect>
        <expect of="square">9 16</expect>
      </page>
      """),
  assignment(
    "AssignAdd", "assignAdd", in: .numbers,
    doc: "Adds `value` to a variable. Integers wrap around on overflow.",
    example: """
      <page title="A running sum">
        <block id="sum" type="Variable"><pin name="initvalues">0 0</pin></block>
        <block id="a" type="Const"><pin name="val">1 10</pin></block>
        <block id="add" type="AssignAdd"/>
        <wire from="sum" to="add.ref"/>
        <wire from="a" to="add.value"/>
        <expect of="add" cycle="3">3 30</expect>
      </page>
      """),
  assignment(
    "AssignSub", "assignSubtract", in: .numbers,
    doc: "Subtracts `value` from a variable. Integers wrap around on overflow.",
    example: """
      <page title="A countdown">
        <block id="left" type="Variable"><pin name="initvalues" dtype="int32">10</pin></block>
        <block id="three" type="Const"><pin name="val" dtype="int32">3</pin></block>
        <block id="take" type="AssignSub"/>
        <wire from="left" to="take.ref"/>
        <wire from="three" to="take.value"/>
        <expect of="take" cycle="2">4</expect>
      </page>
      """),
  BlockType(
    "CountUpTo",
    doc: "Gives the value of an integer variable and adds 1 to the variable. A cycle that begins with `limit` reached is an error.",
    inputs: [.variable("ref", "T", doc: "A scalar variable.")],
    attrs: [.type("T", in: .indices), .int("limit", doc: "The first value that is not given any more.")],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 0)
      return [.scalar]
    },
    compute: .call("countUpTo", parameters: { (context) throws(BlockError) in [context.int("limit")] }), faults: .possibly,
    gradient: .nothing,
    example: """
      <page title="Counting cycles">
        <block id="n" type="Variable"><pin name="initvalues" dtype="int64">0</pin></block>
        <block id="count" type="CountUpTo"><attrs limit="100"/></block>
        <wire from="n" to="count.ref"/>
        <expect of="count" cycle="3">2</expect>
      </page>
      """),
]

/// An update of `ref` with a `value` of its shape.
private func assignment(
  _ name: String, _ kernel: String, in set: DTypeSet, doc: String,
  attrs: [Attr] = [.bool("use_locking", default: false, doc: "Kept for pages of the original: every update is whole.")],
  parameters: BlockType.ParameterRule? = nil, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [.variable("ref", "T", doc: "The variable."), Pin("value", "T", doc: "As many elements, in the same shape.")],
    attrs: [.type("T", in: set)] + attrs, outputs: [.newValue("output_ref", "T", of: "ref")],
    shape: { (context) throws(BlockError) in [try context.requireSameShape(0, 1)] }, compute: .call(kernel, parameters: parameters),
    gradient: .nothing, example: example)
}

private func assignedBytes(_ context: RuleContext) throws(BlockError) -> [Int64] {
  [Int64(context.shape(0).known.flatMap { Memory.byteCount(of: $0, dtype: context.dtype(0)) } ?? 0)]
}

/// What the attr `shape` says, which the first value must fit; without it, the shape of the first value.
private func variableShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let first = context.shape(0)
  guard let declared = context.attr("shape"), case .shape(let shape) = declared, shape != .unknown else {
    guard first.known != nil else {
      throw BlockError(
        .shapeMismatch, "the shape of a variable must be known before the run, but its first value has shape \(first)", input: 0,
        fix: "write <attrs shape=\"…\"/>, or give it a first value whose shape follows from constants")
    }
    return [first]
  }
  let isFilled = first.rank == 0 && context.value(0) != nil && shape.known != nil
  guard let both = isFilled ? shape : shape.merged(with: first), both.known != nil else {
    throw BlockError(
      .shapeMismatch, "the variable has shape \(shape) but its first value has shape \(first)", input: 0,
      fix: "give one value for each element, or a single one that fills the variable")
  }
  return [both]
}
