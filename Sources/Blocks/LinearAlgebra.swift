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
      .type("T", in: [.floats, .indices, .complex], widened: .halves),
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
      """),
  BlockType(
    "BatchMatMul",
    doc: """
      Matrix products, one for each pair of matrices in the last two dimensions of `x` and `y`; the dimensions before them must agree. Each \
      product is that of MatMul, with its bits and its bound.
      """,
    inputs: [Pin("x", "T", doc: "Matrices, rank 2 or more."), Pin("y", "T", doc: "As many matrices.")],
    attrs: [
      .type("T", in: [.floats, .indices, .complex], widened: .halves),
      .bool("adj_x", default: false, doc: "Takes each matrix of `x` with rows and columns exchanged, and complex numbers conjugated."),
      .bool("adj_y", default: false, doc: "Takes each matrix of `y` with rows and columns exchanged, and complex numbers conjugated."),
    ],
    outputs: [Pin("output", "T")],
    shape: { (context) throws(BlockError) in try productShape(context, Operands(context, "adj_x", "adj_y")) },
    compute: .call("matMul", parameters: { (context) throws(BlockError) in try productParameters(context, Operands(context, "adj_x", "adj_y")) }),
    scratch: { (context) throws(BlockError) in try productScratch(context, Operands(context, "adj_x", "adj_y")) },
    split: matMulSplit,
    gradient: .by({ g in productGradientA(g, "BatchMatMul", "adj_x", "adj_y") }, { g in productGradientB(g, "BatchMatMul", "adj_x", "adj_y") }),
    example: """
      <page title="Two products">
        <block id="p" type="BatchMatMul">
          <pin name="x">{{{1, 2}, {3, 4}}, {{1, 0}, {0, 1}}}</pin>
          <pin name="y">{{{5}, {6}}, {{7}, {8}}}</pin>
        </block>
        <expect of="p" shape="[2, 2, 1]">17 39 7 8</expect>
      </page>
      """),
  BlockType(
    "SparseMatMul",
    doc: """
      The product of two matrices, many of whose elements may be 0. It is computed as MatMul does it, with its bound, whatever the hints say: TensorFlow \
      leaves out terms with a 0 of the matrix that is called sparse, which matters only where the other factor is infinite or NaN.
      """,
    inputs: [Pin("a", "Ta", doc: "A matrix."), Pin("b", "Tb", doc: "A matrix.")],
    attrs: [
      .type("Ta", in: DTypeSet(.float), widened: DTypeSet(.bfloat16), default: .float),
      .type("Tb", in: DTypeSet(.float), widened: DTypeSet(.bfloat16), default: .float),
      .bool("transpose_a", default: false, doc: "Takes `a` with rows and columns exchanged."),
      .bool("transpose_b", default: false, doc: "Takes `b` with rows and columns exchanged."),
      .bool("a_is_sparse", default: false, doc: "A hint that changes nothing."),
      .bool("b_is_sparse", default: false, doc: "A hint that changes nothing."),
    ],
    outputs: [Pin("product", .float)],
    shape: matMulShape, compute: .call("matMul", parameters: matMulParameters), scratch: matMulScratch,
    split: matMulSplit, gradient: .by({ g in likeInput(0, sparseGradientA(g), g) }, { g in likeInput(1, sparseGradientB(g), g) }),
    example: """
      <page title="A matrix with many zeros">
        <block id="p" type="SparseMatMul">
          <pin name="a">{{0, 0, 2}, {0, 3, 0}}</pin>
          <pin name="b">{{1}, {2}, {3}}</pin>
          <attrs a_is_sparse="true"/>
        </block>
        <expect of="p" shape="[2, 1]">6 6</expect>
      </page>
      """),
  BlockType(
    "Cross",
    doc: "The cross product of the vectors of 3 in the last dimension. Each product and each difference is rounded; integers wrap around.",
    inputs: [Pin("a", "T", doc: "Vectors of 3, in any dimensions."), Pin("b", "T", doc: "As many vectors, of the same shape.")],
    attrs: [.type("T", in: [.floats, .allIntegers], widened: .halves)],
    outputs: [Pin("product", "T", doc: "Shaped like `a`.")],
    shape: { (context) throws(BlockError) in
      let shape = try context.requireSameShape(0, 1)
      guard let last = shape.dims?.last ?? (shape.rank == 0 ? 0 : nil), last >= 0, last != 3 else { return [shape] }
      throw BlockError(.shapeMismatch, "the last dimension must be 3 but the shape is \(shape)", input: 0, fix: "give vectors of three")
    },
    compute: .call("cross"), gradient: .by({ g in g.block("Cross", g[1], g.dy) }, { g in g.block("Cross", g.dy, g[0]) }),
    example: """
      <page title="What stands upright on two vectors">
        <block id="c" type="Cross"><pin name="a">1 0 0</pin><pin name="b">0 1 0</pin></block>
        <expect of="c">0 0 1</expect>
      </page>
      """),
]

private let matMulShape: BlockType.ShapeRule = { (context) throws(BlockError) in try productShape(context, Operands(context)) }
private let matMulParameters: BlockType.ParameterRule = { (context) throws(BlockError) in try productParameters(context, Operands(context)) }
private let matMulScratch: BlockType.ScratchRule = { (context) throws(BlockError) in try productScratch(context, Operands(context)) }
private func matMulGradientA(_ g: GradientContext) -> GradientValue { productGradientA(g, "MatMul", "transpose_a", "transpose_b") }
private func matMulGradientB(_ g: GradientContext) -> GradientValue { productGradientB(g, "MatMul", "transpose_a", "transpose_b") }

// MARK: Gradients

private func sparseGradientA(_ g: GradientContext) -> GradientValue { productGradientA(g, "SparseMatMul", "transpose_a", "transpose_b") }
private func sparseGradientB(_ g: GradientContext) -> GradientValue { productGradientB(g, "SparseMatMul", "transpose_a", "transpose_b") }

/// A product is float whatever its factors are; a gradient has the dtype of its input.
private func likeInput(_ pin: Int, _ value: GradientValue, _ g: GradientContext) -> GradientValue {
  g[pin].dtype == value.dtype ? value : g.block("Cast", value, attrs: ["DstT": .type(g[pin].dtype)])
}

/// For the left operand: the upstream gradient times the right one transposed, the other way round when the left one itself is transposed.
/// Where that conjugates, the operands stay as they are.
private func productGradientA(_ g: GradientContext, _ type: String, _ flagA: String, _ flagB: String) -> GradientValue {
  let transposesB = g.rules.bool(flagB)
  let b = flagB == "adj_y" ? g.plain(1) : g[1]
  return g.rules.bool(flagA)
    ? g.block(type, b, g.dy, attrs: [flagA: .bool(transposesB), flagB: .bool(true)])
    : g.block(type, g.dy, b, attrs: [flagA: .bool(false), flagB: .bool(!transposesB)])
}

private func productGradientB(_ g: GradientContext, _ type: String, _ flagA: String, _ flagB: String) -> GradientValue {
  let transposesA = g.rules.bool(flagA)
  let a = flagA == "adj_x" ? g.plain(0) : g[0]
  return g.rules.bool(flagB)
    ? g.block(type, g.dy, a, attrs: [flagA: .bool(true), flagB: .bool(transposesA)])
    : g.block(type, a, g.dy, attrs: [flagA: .bool(!transposesA), flagB: .bool(false)])
}

// MARK: Rules

/// Rows and columns of both operands as the product takes them, and the dimensions before these; -1 and nil for what is not known.
struct Operands {
  var batch: [Int]?
  var a = (rows: -1, columns: -1)
  var b = (rows: -1, columns: -1)
  let flagA: String
  let flagB: String

  /// Matrices.
  init(_ context: RuleContext) throws(BlockError) {
    (flagA, flagB) = ("transpose_a", "transpose_b")
    try context.requireRank(0, 2)
    try context.requireRank(1, 2)
    batch = []
    read(context)
  }

  /// Matrices in the last two dimensions.
  init(_ context: RuleContext, _ flagA: String, _ flagB: String) throws(BlockError) {
    (self.flagA, self.flagB) = (flagA, flagB)
    try context.requireRank(0, 2 ... .max)
    try context.requireRank(1, 2 ... .max)
    let leading = [0, 1].map { context.shape($0).dims.map { PartialShape(Array($0.dropLast(2))) } ?? .unknown }
    guard let both = leading[0].merged(with: leading[1]) else {
      throw BlockError(
        .shapeMismatch, "`x` and `y` must agree in all dimensions but the last two, but have shapes \(context.shape(0)) and \(context.shape(1))",
        input: 1)
    }
    batch = both.dims
    read(context)
  }

  private mutating func read(_ context: RuleContext) {
    func matrix(_ pin: Int, _ flag: String) -> (Int, Int) {
      guard let dims = context.shape(pin).dims?.suffix(2), let rows = dims.first, let columns = dims.last else { return (-1, -1) }
      return context.bool(flag) ? (columns, rows) : (rows, columns)
    }
    a = matrix(0, flagA)
    b = matrix(1, flagB)
  }
}

func productShape(_ context: RuleContext, _ operands: Operands) throws(BlockError) -> [PartialShape] {
  let (a, b) = (operands.a, operands.b)
  if a.columns >= 0, b.rows >= 0, a.columns != b.rows {
    func name(_ pin: Int, _ flag: String) -> String { "`\(context.type.inputs[pin].name)`" + (context.bool(flag) ? ", transposed," : "") }
    throw BlockError(
      .shapeMismatch, "\(name(0, operands.flagA)) has \(a.columns) columns but \(name(1, operands.flagB)) has \(b.rows) rows", input: 1,
      notes: [
        "`\(context.type.inputs[0].name)` has shape \(context.shape(0)), `\(context.type.inputs[1].name)` has shape \(context.shape(1))"
      ], fix: fitting(context, operands))
  }
  guard let batch = operands.batch else { return [.unknown] }
  return [try context.checked(batch + [a.rows, b.columns])]
}

/// Which transposition would make the shapes fit, if one does.
private func fitting(_ context: RuleContext, _ operands: Operands) -> String? {
  guard let a = context.shape(0).known?.dims.suffix(2), let b = context.shape(1).known?.dims.suffix(2) else { return nil }
  for (flipsA, flipsB) in [(false, true), (true, false), (true, true)] {
    let transposesA = context.bool(operands.flagA) != flipsA
    let transposesB = context.bool(operands.flagB) != flipsB
    if (transposesA ? a.first : a.last) == (transposesB ? b.last : b.first) {
      return "\(operands.flagA)=\"\(transposesA)\" \(operands.flagB)=\"\(transposesB)\" would fit"
    }
  }
  return nil
}

/// Memory to pack blocks of both matrices in.
private func productScratch(_ context: RuleContext, _ operands: Operands) throws(BlockError) -> Int {
  Int(
    ef_matmul_scratch(
      Int64(operands.a.rows), Int64(operands.b.columns), Int64(operands.a.columns), Int64(context.inputs[0].dtype.byteCount)))
}

func productParameters(_ context: RuleContext, _ operands: Operands) throws(BlockError) -> [Int64] {
  // Of complex matrices the adjoint is also conjugated; the transposed matrix is not.
  let flip: Int64 = operands.flagA == "adj_x" && context.dtype(0).isComplex ? 2 : 1
  let flags: [Int64] = [context.bool(operands.flagA) ? flip : 0, context.bool(operands.flagB) ? flip : 0]
  let sizes = [operands.a.rows, operands.b.columns].map(Int64.init)
  return sizes + [Int64(operands.a.columns)] + flags + sizes + [Int64(checkedProduct(operands.batch ?? []) ?? 0)]
}

/// Several products one by one. A single one along its longer side, in whole tiles of the kernel: each part packs what all of them share, so
/// they should be long.
private func matMulSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  let (m, n, k) = (words[0], words[1], words[2])
  // A term of the product takes about a sixteenth of the time of an element.
  let work = Double(m) * Double(n) * Double(k) / 16
  if words[7] == 0 { return nil }
  if words[7] > 1 { return Split(units: words[7], steps: [m &* k, k &* n, m &* n], word: 7, work: work * Double(words[7])) }
  if m >= n { return Split(units: m, steps: [words[3] == 0 ? k : 1, 0, n], word: 0, grain: 24, length: 240, work: work) }
  return Split(units: n, steps: [0, words[4] == 0 ? 1 : k, 1], word: 1, grain: 64, length: 256, work: work)
}
