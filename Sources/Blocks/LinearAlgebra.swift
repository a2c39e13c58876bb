import CKernelABI
import Diagnostics
import TensorCore

let linearAlgebraTypes: [BlockType] = [
  BlockType(
    "MatMul",
    doc: """
      The matrix product: `product[i, j]` is the sum over t of `a[i, t] * b[t, j]`. It starts at 0 and takes its terms in the order \
      of t, for any sizes and any number of threads. Where the processor can, a product is added without rounding it first (AVX2, \
      AVX-512, ARM); otherwise each product and each sum is rounded, which may give other last bits. TensorFlow adds in an order \
      of its own, so floats differ from it in the last bits too: each is within k * 2^-23 * (sum over t of |a[i, t] * b[t, j]|) of the true value, with k \
      terms (2^-52 for double). Integers wrap around. Without terms (k = 0) everything is 0.
      """,
    inputs: [Pin("a", "T", doc: "A matrix."), Pin("b", "T", doc: "A matrix.")],
    attrs: [
      .type("T", in: [.floats, .indices, .complex], widened: [.halves, DTypeSet(.int16)]),
      .bool("transpose_a", default: false, doc: "Takes `a` with rows and columns exchanged."),
      .bool("transpose_b", default: false, doc: "Takes `b` with rows and columns exchanged."),
    ],
    outputs: [Pin("product", "T")],
    shape: matMulShape, compute: .call("matMul", parameters: matMulParameters), scratch: matMulScratch,
    split: matMulSplit,
    gradient: .by(matMulGradientA, matMulGradientB),
    example: """
      <page title="A matrix times a vector that stands upright">
        <block id="p" type="MatMul">
          <pin name="a">{{1, 2}, {3, 4}}</pin>
          <pin name="b">{{5}, {6}}</pin>
        </block>
        <block id="t" type="MatMul">
          <pin name="a">{{1, 2}, {3, 4}}</pin>
          <pin name="b">{{5, 6}}</pin>
          <attrs transpose_a="true" transpose_b="true"/>
        </block>
        <expect of="p" shape="[2, 1]">17 39</expect>
        <expect of="t" shape="[2, 1]">23 34</expect>
      </page>
      """)
]

private func product(_ a: GradientValue, _ b: GradientValue, transposeA: Bool = false, transposeB: Bool = false, _ g: GradientContext)
  -> GradientValue
{
  g.block("MatMul", a, b, attrs: ["transpose_a": .bool(transposeA), "transpose_b": .bool(transposeB)])
}

/// For `a`: the upstream gradient times `b` transposed, the other way round when `a` itself is transposed.
private func matMulGradientA(_ g: GradientContext) -> GradientValue {
  let transposesB = g.rules.bool("transpose_b")
  return g.rules.bool("transpose_a")
    ? product(g[1], g.dy, transposeA: transposesB, transposeB: true, g) : product(g.dy, g[1], transposeB: !transposesB, g)
}

private func matMulGradientB(_ g: GradientContext) -> GradientValue {
  let transposesA = g.rules.bool("transpose_a")
  return g.rules.bool("transpose_b")
    ? product(g.dy, g[0], transposeA: true, transposeB: transposesA, g) : product(g[0], g.dy, transposeA: !transposesA, g)
}

/// Rows and columns of a matrix pin as the product takes it; -1 for what is not known.
private func matrix(_ context: RuleContext, _ pin: Int, transposed: String) throws(BlockError) -> (rows: Int, columns: Int) {
  try context.requireRank(pin, 2)
  guard let dims = context.shape(pin).dims else { return (-1, -1) }
  return context.bool(transposed) ? (dims[1], dims[0]) : (dims[0], dims[1])
}

private func matMulShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let a = try matrix(context, 0, transposed: "transpose_a")
  let b = try matrix(context, 1, transposed: "transpose_b")
  if a.columns >= 0, b.rows >= 0, a.columns != b.rows {
    let left = context.bool("transpose_a") ? "`a`, transposed," : "`a`"
    let right = context.bool("transpose_b") ? "`b`, transposed," : "`b`"
    throw BlockError(
      .shapeMismatch, "\(left) has \(a.columns) columns but \(right) has \(b.rows) rows", input: 1,
      notes: ["`a` has shape \(context.shape(0)), `b` has shape \(context.shape(1))"], fix: fitting(context))
  }
  return [try context.checked([a.rows, b.columns])]
}

/// Which transposition would make the shapes fit, if one does.
private func fitting(_ context: RuleContext) -> String? {
  guard let a = context.shape(0).known?.dims, let b = context.shape(1).known?.dims else { return nil }
  for (flipsA, flipsB) in [(false, true), (true, false), (true, true)] {
    let transposesA = context.bool("transpose_a") != flipsA
    let transposesB = context.bool("transpose_b") != flipsB
    if a[transposesA ? 0 : 1] == b[transposesB ? 1 : 0] { return "transpose_a=\"\(transposesA)\" transpose_b=\"\(transposesB)\" would fit" }
  }
  return nil
}

/// Memory to pack blocks of both matrices in.
private func matMulScratch(_ context: RuleContext) throws(BlockError) -> Int {
  let a = try matrix(context, 0, transposed: "transpose_a")
  let b = try matrix(context, 1, transposed: "transpose_b")
  return Int(ef_matmul_scratch(Int64(a.rows), Int64(b.columns), Int64(a.columns), Int64(context.inputs[0].dtype.byteCount)))
}

private func matMulParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let a = try matrix(context, 0, transposed: "transpose_a")
  let b = try matrix(context, 1, transposed: "transpose_b")
  let flags: [Int64] = [context.bool("transpose_a") ? 1 : 0, context.bool("transpose_b") ? 1 : 0]
  return [Int64(a.rows), Int64(b.columns), Int64(a.columns)] + flags + [Int64(a.rows), Int64(b.columns)]
}

/// Along the longer side, in whole tiles of the kernel. Each part packs what all of them share, so they should be long.
private func matMulSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  let (m, n, k) = (words[0], words[1], words[2])
  // A term of the product takes about a sixteenth of the time of an element.
  let work = Double(m) * Double(n) * Double(k) / 16
  if m >= n { return Split(units: m, steps: [words[3] == 0 ? k : 1, 0, n], word: 0, grain: 24, length: 240, work: work) }
  return Split(units: n, steps: [0, words[4] == 0 ? 1 : k, 1], word: 1, grain: 64, length: 256, work: work)
}
