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
      .feed("inputs", doc: "Pairs of placeholder and value."),
    ],
    attrs: [
      .string("device", default: "/cpu:0", doc: "Kept for pages of the original; there is one device."),
      .bool("SHOW_DEBUG", default: false, doc: "Kept for pages of the original."),
      .bool("INFINITE_LOOP", default: false, doc: "Runs cycles until interrupted, unless `--cycles` says how many."),
    ],
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
      Stands for a value that every run must bring along (`enuflow run --feed ID=FILE.npy`, or a feed of the embedding program). \
      A cycle that needs it and has no value for it is an error.
      """,
    attrs: [
      .dtype("dtype", in: .all, doc: "The dtype a fed value must have."),
      .shape("shape", default: .unknown, doc: "What a fed value's shape must be like; `?` stands for any size. Without it: any shape."),
    ],
    outputs: [Pin("output", "dtype")],
    shape: { (context) throws(BlockError) in [context.shape("shape")] },
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
]
