import Diagnostics
import TensorCore

/// A function of one float operand.
private func function(_ name: String, _ kernel: String, widened: DTypeSet, doc: String, gradient: Gradient, example: String) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [Pin("x", "T", doc: "The operand.")], attrs: [.type("T", in: .floats, widened: widened)],
    outputs: [Pin("y", "T", doc: "One element for each of `x`.")],
    shape: Shapes.sameAsInput, compute: .map(kernel), gradient: gradient, example: example)
}

/// A function of two float operands that are broadcast.
private func function(
  _ name: String, _ kernel: String, of first: Pin, _ second: Pin, doc: String, gradient: Gradient, example: String
) -> BlockType {
  BlockType(
    name, doc: doc,
    inputs: [first, second], attrs: [.type("T", in: .floats)],
    outputs: [Pin("z", "T", doc: "One element for each of the broadcast operands.")],
    shape: Shapes.broadcast, compute: .map(kernel), gradient: gradient, example: example)
}

private let parameter = Pin("a", "T", doc: "The parameter, above 0.")
private let limit = Pin("x", "T", doc: "The limit of the integral, from 0 on.")

let specialFunctionTypes: [BlockType] = [
  function(
    "Erf", "erf", widened: .halves,
    doc: """
      The error function of `x`, 2/√π times the integral of exp(-t²) from 0 to `x`, element by element. ±1 for infinities, -0 stays -0, NaN stays NaN. At \
      most 1 ULP from the exact result in float and in double.
      """,
    gradient: .by { g in (1.1283791670955126 * g.dy) * g.block("Exp", -g.block("Square", g[0])) },
    example: """
      <page title="The error function">
        <block id="e" type="Erf"><pin name="x">0 0.5 -2 inf</pin></block>
        <expect of="e" tolerance="1e-6">0 0.5204999 -0.9953223 1</expect>
      </page>
      """),
  function(
    "Erfc", "erfc", widened: .halves,
    doc: """
      1 - erf(`x`), element by element, without the loss of digits that the subtraction would bring for large `x`. 0 for inf, 2 for -inf, NaN stays NaN. At \
      most 1 ULP from the exact result in float, 4 in double.
      """,
    gradient: .by { g in (-1.1283791670955126 * g.dy) * g.block("Exp", -g.block("Square", g[0])) },
    example: """
      <page title="What the error function lacks">
        <block id="e" type="Erfc"><pin name="x">0 0.5 -2 5 inf</pin></block>
        <expect of="e" tolerance="1e-6">1 0.47950011 1.9953223 1.5374597e-12 0</expect>
      </page>
      """),
  function(
    "Lgamma", "lgamma", widened: DTypeSet(.half),
    doc: """
      The natural logarithm of |Γ(`x`)|, element by element; Γ(n + 1) is n!. inf at 0 and at negative integers, which are poles, and for infinities; NaN stays \
      NaN. At most 1 ULP from the exact result in float, 3 in double; in double beside the points below 0 where the \
      result is 0 it is within 1e-22 of the exact one.
      """,
    gradient: .by { g in g.dy * g.block("Digamma", g[0]) },
    example: """
      <page title="Logarithms of factorials">
        <block id="l" type="Lgamma"><pin name="x">1 2 5 0.5 -1 -1.5</pin></block>
        <expect of="l" tolerance="1e-6">0 0 3.1780539 0.5723649 inf 0.8600470</expect>
      </page>
      """),
  function(
    "Digamma", "digamma", widened: DTypeSet(.half),
    doc: """
      The derivative of log Γ(`x`), element by element. NaN at 0, at negative integers and for -inf; inf for inf. At most 1 ULP from the exact result in \
      float and 4 in double for positive `x`; for negative ones 8 ULP of the larger of the result and of digamma(1 - `x`) in double, and what is left of \
      that in float.
      """,
    gradient: .by { g in g.dy * g.block("Polygamma", g.number(1, like: g[0]), g[0]) },
    example: """
      <page title="The derivative of the gamma function's logarithm">
        <block id="d" type="Digamma"><pin name="x">1 2 10 -0.5 0</pin></block>
        <expect of="d" tolerance="1e-6">-0.5772157 0.4227843 2.2517526 0.03648998 nan</expect>
      </page>
      """),
  function(
    "Polygamma", "polygamma",
    of: Pin("x", "T", doc: "The order, an integer from 0 on."), Pin("y", "T", doc: "The argument.", spellings: []),
    doc: """
      The derivative of order `x` of Digamma at `y`, element by element, with broadcasting: (-1)^(x + 1) x! zeta(x + 1, y). The names are those of the \
      original; TensorFlow calls them a and x. Order 0 is Digamma itself; NaN where the order is no integer from 0 on. At most 1 ULP from the exact result \
      in float and 16 in double for positive arguments.
      """,
    gradient: .by(nil, { g in g.summed(g.dy * g.block("Polygamma", g[0] + g.number(1, like: g[0]), g[1]), to: 1) }),
    example: """
      <page title="Derivatives of Digamma at 1">
        <block id="p" type="Polygamma"><pin name="x">0 1 2 0.5</pin><pin name="y">1</pin></block>
        <expect of="p" tolerance="1e-6">-0.5772157 1.6449341 -2.4041138 nan</expect>
      </page>
      """),
  function(
    "Zeta", "zeta",
    of: Pin("x", "T", doc: "The exponent, above 1."), Pin("q", "T", doc: "What the first term is a power of.", spellings: ["y"]),
    doc: """
      Hurwitz's zeta function, the sum of (`q` + k)^-`x` for k = 0, 1, 2 …, element by element, with broadcasting. inf where `x` is 1, NaN where it is less. A \
      `q` below 0 has a result for integers `x` only; where `q` is 0 or a negative integer, it is inf for an even `x` and NaN for any other. At most 1 ULP \
      from the exact result in float, 8 in double for positive `q`.
      """,
    gradient: .by(nil, { g in g.summed(g.dy * (-g[0] * g.block("Zeta", g[0] + g.number(1, like: g[0]), g[1])), to: 1) }),
    example: """
      <page title="The sums of 1 / k² and of 1 / k³">
        <block id="z" type="Zeta"><pin name="x">2 3 1</pin><pin name="q">1</pin></block>
        <expect of="z" tolerance="1e-6">1.6449341 1.2020569 inf</expect>
      </page>
      """),
  function(
    "Igamma", "igamma", of: parameter, limit,
    doc: """
      The lower regularised incomplete gamma function P(`a`, `x`): the integral of t^(a - 1) exp(-t) from 0 to `x`, divided by Γ(a), element by element, with \
      broadcasting. 0 where `x` is 0; NaN where `a` is not above 0, or `x` below 0. At most 1 ULP from the exact result in float, 128 in double.
      """,
    gradient: .by(
      { g in g.summed(g.dy * g.block("IgammaGradA", g[0], g[1]), to: 0) }, { g in g.summed(g.dy * gammaDensity(g), to: 1) }),
    example: """
      <page title="How probable at most x events are waited for">
        <block id="p" type="Igamma"><pin name="a">1 2 3</pin><pin name="x">2</pin></block>
        <expect of="p" tolerance="1e-6">0.8646647 0.5939942 0.3233236</expect>
      </page>
      """),
  function(
    "Igammac", "igammac", of: parameter, limit,
    doc: """
      The upper regularised incomplete gamma function Q(`a`, `x`) = 1 - P(`a`, `x`), element by element, with broadcasting, without the loss of digits that \
      the subtraction would bring. 1 where `x` is 0; NaN where `a` is not above 0, or `x` below 0. At most 1 ULP from the exact result in float, 128 in double.
      """,
    gradient: .by(
      { g in g.summed(-(g.dy * g.block("IgammaGradA", g[0], g[1])), to: 0) }, { g in g.summed(-(g.dy * gammaDensity(g)), to: 1) }),
    example: """
      <page title="What is left beyond x">
        <block id="q" type="Igammac"><pin name="a">1 2 3</pin><pin name="x">2 2 40</pin></block>
        <expect of="q" tolerance="1e-6">0.1353353 0.4060058 3.572638e-15</expect>
      </page>
      """),
  function(
    "IgammaGradA", "igammaSlope", of: parameter, limit,
    doc: """
      The derivative of Igamma by `a`, element by element, with broadcasting: what the gradients of Igamma and Igammac are made of. 0 where `x` is 0 or \
      infinite; NaN where Igamma is NaN. Within 1e-11 of the exact result, relative to the larger of the result and of x^a exp(-x) / Γ(a).
      """,
    gradient: .nothing,
    example: """
      <page title="How the distribution moves with its parameter">
        <block id="d" type="IgammaGradA"><pin name="a">1 2</pin><pin name="x">1 2</pin></block>
        <expect of="d" tolerance="1e-6">-0.4317297 -0.2940047</expect>
      </page>
      """),
  BlockType(
    "Betainc",
    doc: """
      The regularised incomplete beta function I(`a`, `b`, `x`): the integral of t^(a - 1) (1 - t)^(b - 1) from 0 to `x`, divided by that from 0 to 1, element by \
      element. The inputs have one shape, or are scalars. NaN where `a` or `b` is not above 0 or is infinite, or `x` is outside of 0 to 1. At most 1 ULP from the \
      exact result in float and 512 in double for parameters up to 1,000; larger ones have fewer digits.
      """,
    inputs: [
      Pin("a", "T", doc: "The first parameter, above 0."), Pin("b", "T", doc: "The second parameter, above 0."),
      Pin("x", "T", doc: "The limit of the integral, from 0 to 1."),
    ],
    attrs: [.type("T", in: .floats)],
    outputs: [Pin("z", "T", doc: "One element for each of the inputs' elements.")],
    shape: betaincShape, compute: .map("betainc"),
    gradient: .by(nil, nil, { g in summedToScalar(g.dy * betaDensity(g), g) }),
    example: """
      <page title="The beta distribution">
        <block id="i" type="Betainc"><pin name="a">2 2 0.5</pin><pin name="b">3 3 0.5</pin><pin name="x">0.5 1 0.25</pin></block>
        <expect of="i" tolerance="1e-6">0.6875 1 0.3333333</expect>
      </page>
      """),
]

/// The derivative of Igamma by x: x^(a - 1) exp(-x) / Γ(a).
private func gammaDensity(_ g: GradientContext) -> GradientValue {
  g.block("Exp", -g[1] + (g[0] - g.number(1, like: g[0])) * g.block("Log", g[1]) - g.block("Lgamma", g[0]))
}

/// The derivative of Betainc by x: x^(a - 1) (1 - x)^(b - 1) / B(a, b).
private func betaDensity(_ g: GradientContext) -> GradientValue {
  let one = g.number(1, like: g[0])
  let logBeta = g.block("Lgamma", g[0]) + g.block("Lgamma", g[1]) - g.block("Lgamma", g[0] + g[1])
  let terms = product(g[1] - one, g.block("Log1p", -g[2]), g) + product(g[0] - one, g.block("Log", g[2]), g)
  return g.block("Exp", terms - logBeta)
}

/// An exponent times a logarithm; 0 where the exponent is, also beside an infinite logarithm.
private func product(_ exponent: GradientValue, _ logarithm: GradientValue, _ g: GradientContext) -> GradientValue {
  let zeros = g.zeros(like: g.y)
  let full = exponent + zeros
  return g.block("Where3", g.block("Equal", full, zeros), zeros, full * logarithm)
}

/// For a scalar `x` beside others: the sum of all that flows back.
private func summedToScalar(_ value: GradientValue, _ g: GradientContext) -> GradientValue {
  if let mine = g[2].shape.known, mine == g.y.shape.known { return value }
  if g[2].shape.rank == 0 { return g.block("Sum", g.block("Reshape", value, g.integers([-1])), g.integers([0])) }
  return g.block("Reshape", g.block("Sum", value, g.block("BroadcastAxes", g[2], g.y)), g.shape(of: g[2]))
}

private func betaincShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  var result: PartialShape?
  var first = 0
  for pin in 0...2 where context.shape(pin).rank != 0 {
    let shape = context.shape(pin)
    // What is not known may be a scalar.
    if shape.rank == nil {
      if result == nil { (result, first) = (.unknown, pin) }
      continue
    }
    guard let known = result, known.rank != nil else {
      (result, first) = (shape, pin)
      continue
    }
    guard let merged = known.merged(with: shape) else {
      throw BlockError(
        .shapeMismatch,
        "`\(context.type.inputs[first].name)` has shape \(known) and `\(context.type.inputs[pin].name)` \(shape)", input: pin,
        fix: "give inputs of one shape, and scalars")
    }
    result = merged
  }
  return [result ?? PartialShape([])]
}
