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
    example: """
      <page title="Constants">
        <block id="scalar" type="Const"><pin name="val">2.5</pin></block>
        <block id="matrix" type="Const"><pin name="val" dtype="int32">{{1, 2}, {3, 4}}</pin></block>
        <block id="filled" type="Const"><pin name="val" shape="[2, 3]">7</pin></block>
        <expect of="matrix" shape="[2, 2]">1 2 3 4</expect>
        <expect of="filled">7 7 7 7 7 7</expect>
      </page>
      """),
]
