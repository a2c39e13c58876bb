import TensorCore

/// What has a number in it. Strings are not converted.
private let castable: DTypeSet = [.allNumbers, .quantized, DTypeSet(.bool)]

let castTypes: [BlockType] = [
  BlockType(
    "Cast",
    doc: """
      Converts `x` to the dtype `DstT`, element by element. \
      A float becomes an integer by dropping its fraction. What does not fit int32 or int64, and NaN, becomes the smallest number of \
      that dtype; the narrower integers are the lowest bits of what int32 gives, so that 256.0 becomes 0 as uint8 (TensorFlow does so \
      for single elements and, of longer tensors, clamps some elements: there it depends on the element's place). \
      An integer that is too wide loses its upper bits. Integers and double become the nearest float; half and bfloat16 are the nearest to \
      that float. Of a complex number the real part counts. \
      As bool everything but zero is true, NaN too; true becomes 1.
      """,
    inputs: [Pin("x", "SrcT", doc: "What is converted.")],
    attrs: [.type("SrcT", in: castable), .dtype("DstT", in: castable, doc: "The dtype of the result.")],
    outputs: [Pin("y", "DstT", doc: "The same shape in the new dtype.")],
    shape: Shapes.sameAsInput, compute: .map("cast"),
    gradient: .by { g in g.block("Cast", g.dy, attrs: ["DstT": .type(g[0].dtype)]) },
    example: """
      <page title="Fractions are dropped, what is too wide wraps around">
        <block id="a" type="Const"><pin name="val">1.75 -1.75 300</pin></block>
        <block id="whole" type="Cast"><attrs DstT="int32"/></block>
        <block id="byte" type="Cast"><attrs DstT="uint8"/></block>
        <block id="truth" type="Cast"><attrs DstT="bool"/></block>
        <wire from="a" to="whole.x"/>
        <wire from="whole" to="byte.x"/>
        <wire from="a" to="truth.x"/>
        <expect of="whole">1 -1 300</expect>
        <expect of="byte">1 255 44</expect>
        <expect of="truth">true true true</expect>
      </page>
      """)
]
