import TensorCore

let coreTypes: [BlockType] = [
  BlockType(
    "ClientSession", role: .session,
    doc: """
      Says what runs: everything wired to `fetch_outputs` and `run_outputs`, with all they depend on. A page may have several \
      sessions; they run in page order, and what two of them need runs once. A page without a ClientSession runs every block.
      """,
    inputs: [
      .fetch("fetch_outputs", doc: "Outputs to compute and show."),
      .fetch("run_outputs", doc: "Outputs to compute."),
      .feed("inputs", doc: "Pairs of placeholder and value: FeedType blocks."),
    ],
    attrs: [
      .string("device", default: "/cpu:0", doc: "Kept for pages of the original; there is one device."),
      .bool("SHOW_DEBUG", default: false, doc: "Kept for pages of the original."),
      .bool("INFINITE_LOOP", default: false, doc: "Runs cycles until interrupted, unless `--cycles` says how many."),
    ],
    outputs: [.operation("status", doc: "For a Status block.")],
    example: """
      <page title="Only what is fetched runs">
        <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="n" type="Negate"/>
        <block id="idle" type="Abs"/>
        <block id="run" type="ClientSession"/>
        <wire from="a" to="n.x"/>
        <wire from="a" to="idle.x"/>
        <wire from="n" to="run.fetch_outputs"/>
        <expect of="n">-1 -2 -3</expect>
      </page>
      """),
  BlockType(
    "Scope", role: .inert,
    doc: "Accepted from pages of the original; it has no effect. The page is a scope of its own, and `<scope>` makes more.",
    example: """
      <page title="A Scope block changes nothing">
        <block id="root" type="Scope"/>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <expect of="a">1</expect>
      </page>
      """),
  BlockType(
    "Const",
    doc: "A constant: the tensor written in `val`. Without a dtype it is float; in enuSpace pages `var-type` says it.",
    inputs: [Pin("val", "T", doc: "The value.", typed: true)],
    attrs: [.type("T", in: .all)],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="Constants">
        <block id="scalar" type="Const"><pin name="val">2.5</pin></block>
        <block id="matrix" type="Const"><pin name="val" dtype="int32">{{1, 2}, {3, 4}}</pin></block>
        <block id="filled" type="Const"><pin name="val" shape="[2, 3]">7</pin></block>
        <expect of="matrix" shape="[2, 2]">1 2 3 4</expect>
        <expect of="filled">7 7 7 7 7 7</expect>
      </page>
      """),
  BlockType(
    "Const_ex",
    doc: "A constant like Const whose dtype may be written as an attr.",
    inputs: [Pin("val", "dtype", doc: "The value.", typed: true)],
    attrs: [.dtype("dtype", in: .all, doc: "The dtype of the value; without it, what the value says.")],
    outputs: [Pin("output", "dtype")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="A constant with its dtype as an attr">
        <block id="c" type="Const_ex"><pin name="val">1 2 3</pin><attrs dtype="int64"/></block>
        <block id="d" type="Const_ex"><pin name="val" shape="[2]">0.5</pin><attrs dtype="double"/></block>
        <expect of="c">1 2 3</expect>
        <expect of="d">0.5 0.5</expect>
      </page>
      """),
  BlockType(
    "Input",
    doc: """
      A value that goes into the page: written in `initvalues`, wired to it, or fed from outside in its place \
      (`enuflow run --feed`). Without a dtype a written value is float.
      """,
    inputs: [Pin("initvalues", "dtype", doc: "The value, as text or by wire.", typed: true)],
    attrs: [.dtype("dtype", in: .all, doc: "The dtype of the value; without it, what the value says.")],
    outputs: [Pin("input", "dtype")],
    shape: Shapes.sameAsInput, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="Inputs, written and wired">
        <block id="written" type="Input"><pin name="initvalues" dtype="float">-1 0 5 6</pin></block>
        <block id="wired" type="Input"/>
        <wire from="written.input" to="wired.initvalues"/>
        <expect of="written">-1 0 5 6</expect>
        <expect of="wired">-1 0 5 6</expect>
      </page>
      """),
  BlockType(
    "InputList",
    doc: """
      Gathers tensors into one list, in the order of their wires, for a block that takes a list (Concat, AddN). The members may \
      differ in dtype and shape as far as that block allows it. `output[i]` is the i-th tensor.
      """,
    inputs: [.anyList("outputlist", doc: "The tensors.")],
    outputs: [.anyList("output", doc: "The same tensors.")],
    outputCount: "outputlist", shape: Shapes.memberwise, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="A list of two tensors">
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="b" type="Const"><pin name="val">30 40</pin></block>
        <block id="list" type="InputList"/>
        <block id="sum" type="AddN"/>
        <wire from="a" to="list.outputlist"/>
        <wire from="b" to="list.outputlist"/>
        <wire from="list.output" to="sum.inputs"/>
        <expect of="sum">31 42</expect>
        <expect of="list.output[1]">30 40</expect>
      </page>
      """),
  BlockType(
    "Placeholder", role: .placeholder,
    doc: """
      Stands for a value that every run must bring along: a FeedType in the page, `enuflow run --feed ID=FILE.npy`, or a feed of the embedding \
      program. A cycle that needs it and has no value for it is an error.
      """,
    inputs: [.optional("fed", "dtype", doc: "The value; a FeedType wires it.")],
    attrs: [
      .dtype("dtype", in: .all, doc: "The dtype a fed value must have."),
      .shape("shape", default: .unknown, doc: "What a fed value's shape must be like; `?` stands for any size. Without it: any shape."),
    ],
    outputs: [Pin("output", "dtype")],
    shape: { (context) throws(BlockError) in [try placeholderShape(context)] }, compute: .view,
    gradient: .handedOn,
    example: """
      <page title="Only x + 1 needs a feed, and it is not fetched here">
        <block id="x" type="Placeholder"><attrs dtype="float" shape="[2, ?]"/></block>
        <block id="next" type="AddN"/>
        <block id="one" type="Const"><pin name="val" shape="[2, 3]">1</pin></block>
        <block id="run" type="ClientSession"/>
        <wire from="x" to="next.inputs"/>
        <wire from="one" to="next.inputs"/>
        <wire from="one" to="run.fetch_outputs"/>
        <expect of="one">1 1 1 1 1 1</expect>
      </page>
      """),
  BlockType(
    "FeedType",
    doc: """
      Gives a placeholder its value: what is written in `initializer` or wired to it stands in for the Placeholder (or PlaceholderWithDefault) at \
      `input` in every cycle, once the pair is wired to `inputs` of a ClientSession. A written value takes the dtype of the placeholder. What is \
      fed from outside (`--feed`) goes before it.
      """,
    inputs: [
      Pin("input", "T", doc: "The output of the placeholder."), Pin("initializer", "U", doc: "The value that stands in for it.", typed: true),
    ],
    attrs: [
      .type("T", in: .all), .type("U", in: .all), .string("outputhash", default: "", doc: "Kept for pages of the original."),
    ],
    outputs: [.feed("output", doc: "The pair, for `inputs` of a ClientSession.")],
    gradient: .nothing,
    example: """
      <page title="A placeholder with its value">
        <block id="x" type="Placeholder"><attrs dtype="int32" shape="[?]"/></block>
        <block id="squares" type="Square"/>
        <block id="pair" type="FeedType"><pin name="initializer">1 2 3</pin></block>
        <block id="run" type="ClientSession"/>
        <wire from="x" to="squares.x"/>
        <wire from="x" to="pair.input"/>
        <wire from="pair" to="run.inputs"/>
        <wire from="squares" to="run.fetch_outputs"/>
        <expect of="squares">1 4 9</expect>
      </page>
      """),
  BlockType(
    "Status", role: .status,
    doc: "How the cycle of a session went, as text: `OK`, or the error that ended it.",
    inputs: [.operation("status", doc: "The `status` of a ClientSession.")],
    outputs: [Pin("output", .string)],
    shape: { (_) throws(BlockError) in [.scalar] },
    compute: .value { (context) throws(BlockError) in
      guard let tensor = Tensor(strings: [Array("OK".utf8)], shape: .scalar, pool: context.pool) else {
        throw BlockError(.outOfMemory, "no memory for the result")
      }
      return tensor
    },
    gradient: .nothing,
    example: """
      <page title="All is well">
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="run" type="ClientSession"/>
        <block id="state" type="Status"/>
        <wire from="a" to="run.fetch_outputs"/>
        <wire from="run.status" to="state.status"/>
        <expect of="state">OK</expect>
      </page>
      """),
  BlockType(
    "Tensor",
    doc: "A value like that of Input: written in `initvalues`, or wired to it. Without a dtype a written value is float.",
    inputs: [Pin("initvalues", "dtype", doc: "The value, as text or by wire.", typed: true)],
    attrs: [.dtype("dtype", in: .all, doc: "The dtype of the value; without it, what the value says.")],
    outputs: [Pin("output", "dtype")],
    shape: Shapes.sameAsInput, compute: .view,
    example: """
      <page title="A tensor">
        <block id="t" type="Tensor"><pin name="initvalues" dtype="int32">{{1, 2}, {3, 4}}</pin></block>
        <expect of="t" shape="[2, 2]">1 2 3 4</expect>
      </page>
      """),
  BlockType(
    "Input_Initializer",
    doc: "Hands a tensor on, as a value that something starts with.",
    inputs: [Pin("t", "T", doc: "The tensor.")],
    attrs: [.type("T", in: .all)],
    outputs: [Pin("output", "T")],
    shape: Shapes.sameAsInput, compute: .view,
    example: """
      <page title="What a variable starts with">
        <block id="t" type="Tensor"><pin name="initvalues">0.5 1.5</pin></block>
        <block id="first" type="Input_Initializer"/>
        <block id="v" type="Variable"/>
        <wire from="t" to="first.t"/>
        <wire from="first" to="v.initvalues"/>
        <expect of="v">0.5 1.5</expect>
      </page>
      """),
  BlockType(
    "Operation",
    doc: "Hands an operation on, to `run_outputs` of a ClientSession.",
    inputs: [.operation("operation", doc: "The operation; of a block that gives tensors, that it runs.")],
    outputs: [.operation("output")],
    example: """
      <page title="An update that a session runs">
        <block id="v" type="Variable"><pin name="initvalues">1</pin></block>
        <block id="step" type="ResourceApplyGradientDescent"><pin name="alpha">0.5</pin><pin name="delta">1</pin></block>
        <block id="op" type="Operation"/>
        <block id="run" type="ClientSession"/>
        <wire from="v" to="step.var"/>
        <wire from="step" to="op.operation"/>
        <wire from="op" to="run.run_outputs"/>
        <wire from="v" to="run.fetch_outputs"/>
        <expect of="v" cycle="2">0</expect>
      </page>
      """),
  BlockType(
    "Output",
    doc: "One tensor out of those that are wired to `output_op`, whose dtypes are the same: the one with the number `index`, from 0.",
    inputs: [.list("output_op", "T", doc: "The tensors, or a list.")],
    attrs: [.type("T", in: .all), .int("index", default: 0, in: 0 ... .max, doc: "The number of the tensor.")],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in
      let members = context.members(0)
      guard context.int("index") < members.count else {
        throw BlockError(
          .badIndex, "there is no tensor \(context.int("index")) among \(members.count)", attr: "index", fix: "the last one is \(members.count - 1)")
      }
      return [members[members.startIndex + Int(context.int("index"))].shape]
    },
    compute: .call("pick", parameters: pickParameters),
    example: """
      <page title="The second piece">
        <block id="a" type="Const"><pin name="val">1 2 3 4</pin></block>
        <block id="axis" type="Const"><pin name="val" dtype="int32">0</pin></block>
        <block id="halves" type="Split"><attrs num_split="2"/></block>
        <block id="second" type="Output"><attrs index="1"/></block>
        <wire from="axis" to="halves.axis"/>
        <wire from="a" to="halves.value"/>
        <wire from="halves.output" to="second.output_op"/>
        <expect of="second">3 4</expect>
      </page>
      """),
]

/// Which tensor, and its bytes.
private func pickParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let index = Int(context.int("index"))
  let members = context.members(0)
  guard index < members.count, let shape = members[members.startIndex + index].shape.known else { return [0, 0] }
  return [Int64(index), Int64(Memory.byteCount(of: shape, dtype: context.dtype(0)) ?? 0)]
}
