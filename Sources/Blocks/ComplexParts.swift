import TensorCore

/// The real dtype of a complex one's parts must be the other attr.
private let sameParts: BlockType.ShapeRule = { (context) throws(BlockError) in
  let (complex, real) = (context.dtype("T"), context.dtype("Tout"))
  guard complex.part == real else {
    throw BlockError(
      .dtypeMismatch, "the parts of \(complex) are \(complex.part ?? .float), not \(real)", attr: "Tout",
      fix: "write <attrs Tout=\"\(complex.part ?? .float)\"/>")
  }
  return [context.shape(0)]
}

/// A real number for each complex one.
private func part(_ name: String, _ kernel: String, pin: String, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin(pin, "T", doc: "Complex numbers.")],
    attrs: [
      .type("T", in: .complex, default: .complex64),
      .dtype("Tout", in: .floats, default: .float, doc: "The dtype of the result: float for complex64, double for complex128."),
    ],
    outputs: [Pin(pin == "x" ? "y" : "output", "Tout", doc: "One element for each of `\(pin)`.")],
    shape: sameParts, compute: .map(kernel), gradient: gradient, example: example)
}

private func zeroPart(_ g: GradientContext) -> GradientValue { g.zeros(like: g.dy) }
private func complex(_ g: GradientContext, _ real: GradientValue, _ imaginary: GradientValue) -> GradientValue {
  g.block("Complex", real, imaginary, attrs: ["Tout": .type(g.rules.dtype("T"))])
}

/// Between complex numbers and their parts.
let complexPartTypes: [BlockType] = [
  BlockType(
    "Complex",
    doc: "The complex numbers `real` + `imag` j, element by element, with broadcasting. No bit changes.",
    inputs: [Pin("real", "T", doc: "The real parts."), Pin("imag", "T", doc: "The imaginary parts.")],
    attrs: [
      .type("T", in: .floats, default: .float),
      .dtype("Tout", in: .complex, default: .complex64, doc: "The dtype of the result: complex64 for float, complex128 for double."),
    ],
    outputs: [Pin("out", "Tout", doc: "One element for each of the broadcast parts.")],
    shape: { (context) throws(BlockError) in
      let (real, complex) = (context.dtype("T"), context.dtype("Tout"))
      guard complex.part == real else {
        let fitting = real == .double ? DType.complex128 : .complex64
        throw BlockError(
          .dtypeMismatch, "numbers of \(real) parts are \(fitting), not \(complex)", attr: "Tout", fix: "write <attrs Tout=\"\(fitting)\"/>")
      }
      return try Shapes.broadcast(context)
    },
    compute: .map("complex"),
    gradient: .by(
      { g in g.summed(g.block("Real", g.dy, attrs: ["Tout": .type(g[0].dtype)]), to: 0) },
      { g in g.summed(g.block("Imag", g.dy, attrs: ["Tout": .type(g[0].dtype)]), to: 1) }),
    example: """
      <page title="Points of a plane">
        <block id="z" type="Complex"><pin name="real">3 0 -1</pin><pin name="imag">4 1 0</pin></block>
        <expect of="z">3+4j 1j -1</expect>
      </page>
      """),
  part(
    "Real", "realPart", pin: "input", doc: "The real parts, bit for bit.",
    gradient: .by { g in complex(g, g.dy, zeroPart(g)) },
    example: """
      <page title="The real parts">
        <block id="z" type="Const"><pin name="val" dtype="complex64">3+4j -2j</pin></block>
        <block id="r" type="Real"/>
        <wire from="z" to="r.input"/>
        <expect of="r">3 -0</expect>
      </page>
      """),
  part(
    "Imag", "imaginaryPart", pin: "input", doc: "The imaginary parts, bit for bit.",
    gradient: .by { g in complex(g, zeroPart(g), g.dy) },
    example: """
      <page title="The imaginary parts">
        <block id="z" type="Const"><pin name="val" dtype="complex64">3+4j -2</pin></block>
        <block id="i" type="Imag"/>
        <wire from="z" to="i.input"/>
        <expect of="i">4 0</expect>
      </page>
      """),
  part(
    "ComplexAbs", "magnitude", pin: "x",
    doc: "The magnitudes: how far each number lies from 0. Nothing overflows on the way. At most 2 ULP from the exact result.",
    gradient: .by { g in complex(g, g.dy, zeroPart(g)) * g.block("Sign", g.plain(0)) },
    example: """
      <page title="How far from 0">
        <block id="z" type="Const"><pin name="val" dtype="complex64">3+4j -2j 1e30+1e30j</pin></block>
        <block id="a" type="ComplexAbs"/>
        <wire from="z" to="a.x"/>
        <expect of="a" tolerance="1e-6">5 2 1.4142136e30</expect>
      </page>
      """),
  BlockType(
    "Conj",
    doc: "The conjugates: the imaginary parts change their sign. Real numbers stay.",
    inputs: [Pin("input", "T", doc: "The operand.")],
    attrs: [.type("T", in: .complex, default: .complex64)],
    outputs: [Pin("output", "T", doc: "One element for each of `input`.")],
    shape: Shapes.sameAsInput, compute: .map("conjugate"),
    gradient: .by { g in g.block("Conj", g.dy) },
    example: """
      <page title="Mirrored at the real axis">
        <block id="z" type="Const"><pin name="val" dtype="complex64">3+4j -2j</pin></block>
        <block id="c" type="Conj"/>
        <wire from="z" to="c.input"/>
        <expect of="c">3-4j 2j</expect>
      </page>
      """),
]
