import Diagnostics
import TensorCore

private let elements: DTypeSet = [.allNumbers, DTypeSet(.bool)]

/// Diagonals of tensors and of matrices, which are the last two axes of a tensor.
let diagonalTypes: [BlockType] = [
  BlockType(
    "Diag",
    doc: "A tensor with `diagonal` on its diagonal and zeros elsewhere: element (i, j …, i, j …) is `diagonal[i, j …]`.",
    inputs: [Pin("diagonal", "T", doc: "Rank 1 or more.")],
    attrs: [.type("T", in: [.floats, DTypeSet(.half), .complex, .indices])],
    outputs: [Pin("output", "T", doc: "The dimensions of `diagonal`, twice.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      return [try context.shape(0).dims.map { (dims) throws(BlockError) in try context.checked(dims + dims) } ?? .unknown]
    },
    compute: .call("setDiagonal", parameters: { (context) throws(BlockError) in wholeDiagonal(context.shape(0).known?.count ?? 0, context) }),
    gradient: .by { g in g.block("DiagPart", g.dy) },
    example: """
      <page title="On the diagonal">
        <block id="d" type="Diag"><pin name="diagonal">1 2 3</pin></block>
        <expect of="d" shape="[3, 3]">1 0 0 0 2 0 0 0 3</expect>
      </page>
      """),
  BlockType(
    "DiagPart",
    doc: "The diagonal of a tensor whose dimensions are those of the diagonal, twice: element (i, j …) of the result is `input[i, j …, i, j …]`.",
    inputs: [Pin("input", "T", doc: "Of an even rank; the second half of its dimensions is the first again.")],
    attrs: [.type("T", in: [.floats, DTypeSet(.half), .complex, .indices])],
    outputs: [Pin("diagonal", "T", doc: "The first half of the dimensions.")],
    shape: diagonalPartShape,
    compute: .call(
      "diagonalPart",
      parameters: { (context) throws(BlockError) in
        let dims = context.shape(0).known?.dims ?? []
        return wholeDiagonal(checkedProduct(dims.prefix(dims.count / 2)) ?? 0, context)
      }),
    gradient: .by { g in g[0].shape.rank == 0 ? g.dy : g.block("Diag", g.dy) },
    example: """
      <page title="Off the diagonal">
        <block id="d" type="DiagPart"><pin name="input">{{1, 2}, {3, 4}}</pin></block>
        <expect of="d">1 4</expect>
      </page>
      """),
  BlockType(
    "MatrixDiag",
    doc: "Square matrices with the vectors of `diagonal`, its last axis, on their diagonals and zeros elsewhere.",
    inputs: [Pin("diagonal", "T", doc: "Rank 1 or more.")],
    attrs: [.type("T", in: elements)],
    outputs: [Pin("output", "T", doc: "The shape of `diagonal` with its last dimension twice.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 1 ... .max)
      return [try context.shape(0).dims.map { (dims) throws(BlockError) in try context.checked(dims + dims.suffix(1)) } ?? .unknown]
    },
    compute: .call(
      "setDiagonal",
      parameters: { (context) throws(BlockError) in
        let dims = context.shape(0).known?.dims ?? [0]
        return matrixDiagonals(dims + dims.suffix(1), context)
      }),
    split: { (_, parameters) throws(BlockError) in diagonalSplit(parameters, isMatrix: [false, true]) },
    gradient: .by { g in g.block("MatrixDiagPart", g.dy) },
    example: """
      <page title="Two matrices">
        <block id="d" type="MatrixDiag"><pin name="diagonal">{{1, 2}, {3, 4}}</pin></block>
        <expect of="d" shape="[2, 2, 2]">1 0 0 2 3 0 0 4</expect>
      </page>
      """),
  BlockType(
    "MatrixDiagPart",
    doc: "The diagonals of matrices, the last two axes of `input`.",
    inputs: [Pin("input", "T", doc: "Rank 2 or more.")],
    attrs: [.type("T", in: elements)],
    outputs: [Pin("diagonal", "T", doc: "The shape of `input` with the smaller one in place of the last two dimensions.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(0, 2 ... .max)
      return [PartialShape(context.shape(0).dims.map(diagonalDims))]
    },
    compute: .call("diagonalPart", parameters: { (context) throws(BlockError) in matrixDiagonals(context.shape(0).known?.dims ?? [0, 0], context) }),
    split: { (_, parameters) throws(BlockError) in diagonalSplit(parameters, isMatrix: [true, false]) },
    gradient: .by { g in
      if let dims = g[0].shape.known?.dims.suffix(2), dims.first == dims.last { return g.block("MatrixDiag", g.dy) }
      return g.block("MatrixSetDiag", g.zeros(like: g[0]), g.dy)
    },
    example: """
      <page title="Of a wide matrix">
        <block id="d" type="MatrixDiagPart"><pin name="input">{{1, 2, 3}, {4, 5, 6}}</pin></block>
        <expect of="d">1 5</expect>
      </page>
      """),
  BlockType(
    "MatrixSetDiag",
    doc: "The matrices of `input`, its last two axes, with the vectors of `diagonal` on their diagonals.",
    inputs: [
      Pin("input", "T", doc: "Rank 2 or more."),
      Pin("diagonal", "T", doc: "The shape of `input` with the smaller one in place of the last two dimensions."),
    ],
    attrs: [.type("T", in: elements)],
    outputs: [Pin("output", "T", doc: "Shaped like `input`.")],
    shape: setDiagonalShape,
    compute: .call("setDiagonal", parameters: { (context) throws(BlockError) in matrixDiagonals(context.shape(0).known?.dims ?? [0, 0], context) }),
    split: { (_, parameters) throws(BlockError) in diagonalSplit(parameters, isMatrix: [true, false, true]) },
    gradient: .by({ g in g.block("MatrixSetDiag", g.dy, g.zeros(like: g[1])) }, { g in g.block("MatrixDiagPart", g.dy) }),
    example: """
      <page title="Another diagonal">
        <block id="d" type="MatrixSetDiag"><pin name="input">{{1, 2}, {3, 4}}</pin><pin name="diagonal">8 9</pin></block>
        <expect of="d" shape="[2, 2]">8 2 3 9</expect>
      </page>
      """),
  BlockType(
    "MatrixBandPart",
    doc: """
      The matrices of `input`, its last two axes, with zeros outside of a band: `num_lower` diagonals below the main one stay, and `num_upper` above \
      it; with a negative number all of them.
      """,
    inputs: [
      Pin("input", "T", doc: "Rank 2 or more."),
      Pin("num_lower", "Tindex", doc: "A scalar, not above the number of rows.", setting: true),
      Pin("num_upper", "Tindex", doc: "A scalar, not above the number of columns.", setting: true),
    ],
    attrs: [.type("T", in: elements), .type("Tindex", in: .indices, default: .int64)],
    outputs: [Pin("band", "T", doc: "Shaped like `input`.")],
    shape: bandShape, compute: .call("bandPart", parameters: bandParameters), split: bandSplit,
    gradient: .by({ g in g.block("MatrixBandPart", g.dy, g[1], g[2]) }, nil, nil),
    example: """
      <page title="The upper triangle">
        <block id="b" type="MatrixBandPart">
          <pin name="input">{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}</pin>
          <pin name="num_lower" dtype="int64">0</pin>
          <pin name="num_upper" dtype="int64">-1</pin>
        </block>
        <expect of="b" shape="[3, 3]">1 2 3 0 5 6 0 0 9</expect>
      </page>
      """),
]

// MARK: Shapes

private func diagonalPartShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard let dims = context.shape(0).dims else { return [.unknown] }
  let half = dims.count / 2
  guard dims.count % 2 == 0, let merged = PartialShape(Array(dims[..<half])).merged(with: PartialShape(Array(dims[half...]))) else {
    throw BlockError(
      .shapeMismatch, "`input` has shape \(context.shape(0))", input: 0, fix: "give a shape whose second half of dimensions is the first again")
  }
  return [merged]
}

/// -1 where a dimension that decides is not known.
private func diagonalDims(_ dims: [Int]) -> [Int] {
  let sizes = dims.suffix(2)
  let least = sizes.min() ?? 0
  return dims.dropLast(2) + [sizes.contains(0) ? 0 : least]
}

private func setDiagonalShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2 ... .max)
  try context.requireRank(1, 1 ... .max)
  guard let dims = context.shape(0).dims else { return [.unknown] }
  let wanted = PartialShape(diagonalDims(dims))
  if context.shape(1).merged(with: wanted) == nil {
    throw BlockError(.shapeMismatch, "`diagonal` must have shape \(wanted) but has \(context.shape(1))", input: 1)
  }
  return [context.shape(0)]
}

private func bandShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2 ... .max)
  for (pin, axis) in [(1, "rows"), (2, "columns")] {
    guard let number = try context.scalar(pin), let sizes = context.shape(0).dims?.suffix(2), let size = pin == 1 ? sizes.first : sizes.last,
      size >= 0, number > size
    else { continue }
    throw BlockError(
      .badValue, "`\(context.type.inputs[pin].name)` is \(number) but the matrices have \(size) \(axis)", input: pin,
      fix: "give at most \(size), or -1 for all diagonals")
  }
  return [context.shape(0)]
}

// MARK: Parameters

/// See the kernels. One diagonal of `count` elements through a tensor of its square.
private func wholeDiagonal(_ count: Int, _ context: RuleContext) -> [Int64] {
  let size = context.dtype(0).byteCount
  return [1, size, count &* count &* size, (count &+ 1) &* size, count].map(Int64.init)
}

private func matrixDiagonals(_ dims: [Int], _ context: RuleContext) -> [Int64] {
  let size = context.dtype(0).byteCount
  let sizes = dims.suffix(2)
  guard let rows = sizes.first, let columns = sizes.last, let count = checkedProduct(dims), count > 0 else { return [0, 0, 0, 0, 0] }
  return [count / rows / columns, size, rows &* columns &* size, (columns &+ 1) &* size, min(rows, columns)].map(Int64.init)
}

private func bandParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let sizes = context.shape(0).known?.dims.suffix(2) ?? []
  guard let rows = sizes.first, let columns = sizes.last, let count = context.shape(0).known?.count, count > 0 else { return [0, 0, 0, 0, 0, 0] }
  let numbers = [try context.scalar(1) ?? -1, try context.scalar(2) ?? -1]
  return ([count / rows / columns, context.dtype(0).byteCount, rows, columns] + numbers).map(Int64.init)
}

// MARK: Splits

/// By buffer whether it holds matrices or their diagonals.
private func diagonalSplit(_ parameters: [Int64], isMatrix: [Bool]) -> Split? {
  let words = parameters.map { Int($0) }
  return words[0] < 2 ? nil : Split(units: words[0], steps: isMatrix.map { $0 ? words[2] / words[1] : words[4] }, word: 0)
}

private func bandSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  return words[0] < 2 ? nil : Split(units: words[0], steps: [words[2] &* words[3], 0, 0, words[2] &* words[3]], word: 0)
}
