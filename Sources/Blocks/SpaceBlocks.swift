import Diagnostics
import TensorCore

/// Blocks of a space dealt out to the batch or to the depth, and back.
let spaceBlockTypes: [BlockType] = [
  BlockType(
    "SpaceToBatchND",
    doc: """
      Pads the axes after the first, one for each element of `block_shape`, with zeros, cuts them into blocks, and moves the elements of each block \
      to the batch, the first axis: the first `input.shape[0]` batches of the result hold the first element of every block.
      """,
    inputs: [
      Pin("input", "T", doc: "The batch, then the axes that are cut, then any others."),
      Pin("block_shape", "Tblock_shape", doc: "The sizes of a block, a vector of numbers of 1 or more.", setting: true),
      Pin("paddings", "Tpaddings", doc: "Before and after each axis, a matrix; the padded size must be a multiple of the block's.", setting: true),
    ],
    attrs: [.type("T", in: .realNumbers), .type("Tblock_shape", in: .indices, default: .int32), .type("Tpaddings", in: .indices, default: .int32)],
    outputs: [Pin("output", "T", doc: "The batch times the elements of a block, the numbers of blocks, the other axes.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .pin(1), margins: 2, isBack: false).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .pin(1), margins: 2, isBack: false).batchWords }),
    split: blockSplit, gradient: .by({ g in g.block("BatchToSpaceND", g.dy, g[1], g[2]) }, nil, nil),
    example: """
      <page title="Four batches of a chess board">
        <block id="b" type="SpaceToBatchND">
          <pin name="input">{{{1, 2, 3, 4}, {5, 6, 7, 8}}}</pin>
          <pin name="block_shape" dtype="int32">2 2</pin>
          <pin name="paddings" dtype="int32">{{0, 0}, {0, 0}}</pin>
        </block>
        <expect of="b" shape="[4, 1, 2]">1 3 2 4 5 7 6 8</expect>
      </page>
      """),
  BlockType(
    "BatchToSpaceND",
    doc: "Undoes SpaceToBatchND: the elements of each block come back from the batch, and what `crops` says is cut off.",
    inputs: [
      Pin("input", "T", doc: "The batch, a multiple of the elements of a block, then the axes of blocks, then any others."),
      Pin("block_shape", "Tblock_shape", doc: "The sizes of a block, a vector of numbers of 1 or more.", setting: true),
      Pin("crops", "Tcrops", doc: "What is cut off before and after each axis, a matrix.", setting: true),
    ],
    attrs: [.type("T", in: .realNumbers), .type("Tblock_shape", in: .indices, default: .int32), .type("Tcrops", in: .indices, default: .int32)],
    outputs: [Pin("output", "T", doc: "The batch without the blocks, the axes in full, the other axes.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .pin(1), margins: 2, isBack: true).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .pin(1), margins: 2, isBack: true).batchWords }),
    split: blockSplit, gradient: .by({ g in g.block("SpaceToBatchND", g.dy, g[1], g[2]) }, nil, nil),
    example: """
      <page title="A row from its even and odd places, the first one cut off">
        <block id="b" type="BatchToSpaceND">
          <pin name="input">{{1, 3}, {2, 4}}</pin>
          <pin name="block_shape" dtype="int32">{2}</pin>
          <pin name="crops" dtype="int32">{{1, 0}}</pin>
        </block>
        <expect of="b" shape="[1, 3]">2 3 4</expect>
      </page>
      """),
  BlockType(
    "SpaceToBatch",
    doc: "SpaceToBatchND for images, with square blocks: pads rows and columns with zeros and moves the pixels of each block to the batch.",
    inputs: [
      Pin("input", "T", doc: "Images: batch, height, width, depth."),
      Pin(
        "paddings", "Tpaddings", doc: "Above and below, left and right: {{a, b}, {c, d}}. Padded sizes must be multiples of `block_size`.",
        setting: true),
    ],
    attrs: [.type("T", in: .realNumbers), .type("Tpaddings", in: .indices, default: .int32), blockSize],
    outputs: [Pin("output", "T", doc: "The batch times the pixels of a block, the blocks above and beside each other, the depth.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: 1, isBack: false).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: 1, isBack: false).batchWords }),
    split: blockSplit, gradient: .by({ g in g.block("BatchToSpace", g.dy, g[1], attrs: g.attrs("block_size")) }, nil),
    example: """
      <page title="The pixels of a block, one image each">
        <block id="b" type="SpaceToBatch">
          <pin name="input" shape="[1, 2, 2, 1]">1 2 3 4</pin>
          <pin name="paddings" dtype="int32">{{0, 0}, {0, 0}}</pin>
          <attrs block_size="2"/>
        </block>
        <expect of="b" shape="[4, 1, 1, 1]">1 2 3 4</expect>
      </page>
      """),
  BlockType(
    "BatchToSpace",
    doc: "Undoes SpaceToBatch: the pixels of each block come back from the batch, and what `crops` says is cut off.",
    inputs: [
      Pin("input", "T", doc: "Images: batch, a multiple of the pixels of a block, blocks above and beside each other, depth."),
      Pin("crops", "Tidx", doc: "What is cut off above and below, left and right: {{a, b}, {c, d}}.", setting: true),
    ],
    attrs: [.type("T", in: .realNumbers), blockSize, .type("Tidx", in: .indices, default: .int32)],
    outputs: [Pin("output", "T", doc: "Batch, height, width, depth.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: 1, isBack: true).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: 1, isBack: true).batchWords }),
    split: blockSplit, gradient: .by({ g in g.block("SpaceToBatch", g.dy, g[1], attrs: g.attrs("block_size")) }, nil),
    example: """
      <page title="Four images of a pixel make one of four">
        <block id="b" type="BatchToSpace">
          <pin name="input" shape="[4, 1, 1, 1]">1 2 3 4</pin>
          <pin name="crops" dtype="int32">{{0, 0}, {0, 0}}</pin>
          <attrs block_size="2"/>
        </block>
        <expect of="b" shape="[1, 2, 2, 1]">1 2 3 4</expect>
      </page>
      """),
  BlockType(
    "SpaceToDepth",
    doc: "Cuts images into square blocks and lays the pixels of each block, row by row, one behind the other along the depth.",
    inputs: [Pin("input", "T", doc: "Images: batch, height, width, depth. Height and width are multiples of `block_size`.")],
    attrs: [.type("T", in: [.allNumbers, DTypeSet(.bool, .string, .qint8)]), blockSize, dataFormat],
    outputs: [Pin("output", "T", doc: "Batch, blocks above and beside each other, depth times the pixels of a block.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: nil, isBack: false).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: nil, isBack: false).depthWords }),
    split: blockSplit, gradient: .by { g in g.block("DepthToSpace", g.dy, attrs: g.attrs("block_size", "data_format")) },
    example: """
      <page title="Four pixels deep">
        <block id="d" type="SpaceToDepth"><pin name="input" shape="[1, 2, 4, 1]">1 2 3 4 5 6 7 8</pin><attrs block_size="2"/></block>
        <expect of="d" shape="[1, 1, 2, 4]">1 2 5 6 3 4 7 8</expect>
      </page>
      """),
  BlockType(
    "DepthToSpace",
    doc: "Undoes SpaceToDepth: the depth of each pixel becomes a square block of pixels.",
    inputs: [Pin("input", "T", doc: "Images: batch, height, width, depth. The depth is a multiple of `block_size` squared.")],
    attrs: [.type("T", in: [.allNumbers, DTypeSet(.bool, .string)]), blockSize, dataFormat],
    outputs: [Pin("output", "T", doc: "Batch, height and width times `block_size`, depth without the pixels of a block.")],
    shape: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: nil, isBack: true).shape },
    compute: .call(
      "spaceBlocks", parameters: { (context) throws(BlockError) in try BlockCut(context, blocks: .square, margins: nil, isBack: true).depthWords }),
    split: blockSplit, gradient: .by { g in g.block("SpaceToDepth", g.dy, attrs: g.attrs("block_size", "data_format")) },
    example: """
      <page title="Blocks of four pixels">
        <block id="s" type="DepthToSpace"><pin name="input" shape="[1, 1, 2, 4]">1 2 5 6 3 4 7 8</pin><attrs block_size="2"/></block>
        <expect of="s" shape="[1, 2, 4, 1]">1 2 3 4 5 6 7 8</expect>
      </page>
      """),
]

private let blockSize = Attr.int("block_size", in: 2 ... .max, doc: "The side of a block.")
private let dataFormat = Attr.choice(
  "data_format", of: ["NHWC"], default: "NHWC", doc: "The order of the axes; TensorFlow's processor kernels have this one.")

/// How a tensor is cut into blocks: what the rules of all six types follow from.
private struct BlockCut {
  /// Where the sizes of a block come from: an input pin, or the attr `block_size` for two axes.
  enum Blocks {
    case pin(Int)
    case square
  }

  /// An axis that is cut; -1 for what is not known.
  struct Axis {
    var block: Int
    /// Of the space, without its padding.
    var space: Int
    var before: Int
    /// How many blocks there are.
    var count: Int
  }

  private let context: RuleContext
  private let isBack: Bool
  /// Nil while the rank or the blocks are not known.
  private let axes: [Axis]?
  /// The batch beside the space, and the dimensions after the axes.
  private let batch: Int
  private let rest: [Int]
  let shape: [PartialShape]

  /// `margins` is the pin of paddings or crops; without one the blocks go to the depth.
  init(_ context: RuleContext, blocks: Blocks, margins: Int?, isBack: Bool) throws(BlockError) {
    self.context = context
    self.isBack = isBack
    let sizes: [Int]?
    switch blocks {
    case .square:
      try context.requireRank(0, 4)
      sizes = Array(repeating: Int(context.int("block_size")), count: 2)
    case .pin(let pin):
      try context.requireRank(pin, 1)
      sizes = context.integers(pin)
      if let count = context.shape(pin).known?.dims[0] { try context.requireRank(0, 1 + count ... .max) }
      if let size = sizes?.first(where: { $0 < 1 }) {
        throw BlockError(.badValue, "`block_shape` has the size \(size)", input: pin, fix: "give sizes of 1 or more")
      }
    }
    var edges: [Int]? = sizes.map { Array(repeating: 0, count: 2 * $0.count) }
    if let margins {
      let name = context.type.inputs[margins].name
      if let sizes, context.shape(margins).merged(with: PartialShape([sizes.count, 2])) == nil {
        throw BlockError(
          .shapeMismatch, "`\(name)` must have shape [\(sizes.count), 2] but has \(context.shape(margins))", input: margins,
          fix: "give what is before and what is after each of \(sizes.count) axes")
      }
      edges = context.integers(margins)
      if let number = edges?.first(where: { $0 < 0 }) {
        throw BlockError(.badValue, "`\(name)` has \(number)", input: margins, fix: "give numbers of 0 or more")
      }
    }
    guard let dims = context.shape(0).dims else {
      (axes, batch, rest, shape) = (nil, -1, [], [.unknown])
      return
    }
    guard let sizes, let edges else {
      (axes, batch, rest, shape) = (nil, -1, [], [PartialShape(Array(repeating: -1, count: dims.count))])
      return
    }
    guard let perBlock = checkedProduct(sizes) else {
      throw BlockError(.tooLarge, "a block has more elements than can be counted", input: 1, attr: margins == nil ? "block_size" : nil)
    }
    var axes: [Axis] = []
    for (index, block) in sizes.enumerated() {
      axes.append(
        try isBack
          ? BlockCut.restored(dims[index + 1], block, edges[2 * index], edges[2 * index + 1], axis: index + 1, margins)
          : BlockCut.cut(dims[index + 1], block, edges[2 * index], edges[2 * index + 1], axis: index + 1, context, margins))
    }
    var outer = dims[0]
    var rest = Array(dims[(sizes.count + 1)...])
    let target = margins == nil ? rest[0] : outer
    var moved = target
    if target >= 0 {
      if !isBack {
        let (product, overflow) = target.multipliedReportingOverflow(by: perBlock)
        if overflow { throw BlockError(.tooLarge, "the result would have more elements than can be counted", input: 0) }
        moved = product
      } else if target % perBlock != 0 {
        let what = margins == nil ? "depth" : "batch"
        throw BlockError(
          .shapeMismatch, "the \(what) of `input`, shape \(context.shape(0)), is no multiple of \(perBlock), the elements of a block", input: 0)
      } else {
        moved = target / perBlock
      }
    }
    if margins == nil { rest[0] = moved } else { outer = moved }
    shape = [try context.checked([outer] + axes.map { isBack ? $0.space : $0.count } + rest)]
    self.axes = axes
    // Beside the space stands the smaller of both.
    batch = isBack ? outer : dims[0]
    self.rest = isBack ? rest : Array(dims[(sizes.count + 1)...])
  }

  private static func cut(
    _ size: Int, _ block: Int, _ before: Int, _ after: Int, axis: Int, _ context: RuleContext, _ margins: Int?
  ) throws(BlockError) -> Axis {
    if size < 0 { return Axis(block: block, space: -1, before: before, count: -1) }
    let (sum, a) = size.addingReportingOverflow(before)
    let (padded, b) = sum.addingReportingOverflow(after)
    if a || b { throw BlockError(.tooLarge, "axis \(axis) would be padded to more than can be counted", input: margins) }
    if padded % block != 0 {
      throw BlockError(
        .shapeMismatch, "axis \(axis) of `input` has size \(padded)\(padded > size ? " with its padding" : ""), which is no multiple of \(block)",
        input: 0, fix: margins == nil ? "give a `block_size` that divides it" : "pad it to a multiple of the block's size")
    }
    return Axis(block: block, space: size, before: before, count: padded / block)
  }

  private static func restored(
    _ count: Int, _ block: Int, _ before: Int, _ after: Int, axis: Int, _ margins: Int?
  ) throws(BlockError) -> Axis {
    if count < 0 { return Axis(block: block, space: -1, before: before, count: -1) }
    let (full, a) = count.multipliedReportingOverflow(by: block)
    let (cropped, b) = before.addingReportingOverflow(after)
    if a { throw BlockError(.tooLarge, "axis \(axis) would have more elements than can be counted", input: 0) }
    if b || cropped > full {
      throw BlockError(
        .badValue, "the crops of axis \(axis), \(before) and \(after), are more than its \(full) elements", input: margins,
        fix: "cut off at most \(full) of them")
    }
    return Axis(block: block, space: full - cropped, before: before, count: count)
  }

  /// The kernel's words where the elements of blocks go to the batch.
  var batchWords: [Int64] {
    guard let axes, !isEmpty else { return noBlocks }
    let run = (checkedProduct(rest) ?? 0) &* context.dtype(0).byteCount
    // Without axes the batch is copied as it is.
    let cut = axes.isEmpty ? [Axis(block: 1, space: 1, before: 0, count: 1)] : axes
    let image = cut.reduce(run) { $0 &* $1.count }
    var (pitch, step, offset) = (run, run, image &* batch)
    var words: [[Int]] = []
    for axis in cut.reversed() {
      words.append([axis.block, axis.space, axis.before, axis.count, pitch, step, offset])
      pitch &*= axis.space
      step &*= axis.count
      offset &*= axis.block
    }
    return ([batch, isBack ? 1 : 0, run, pitch, image, cut.count] + words.reversed().joined()).map(Int64.init)
  }

  /// The kernel's words where they go to the depth: a row of blocks is a unit, and in it a row of a block is one run.
  var depthWords: [Int64] {
    guard let axes, axes.count == 2, let depth = rest.first, !isEmpty else { return noBlocks }
    let block = axes[0].block
    let run = depth &* context.dtype(0).byteCount &* block
    let columns = axes[1].count
    let row = columns &* run
    return [
      batch &* axes[0].count, isBack ? 1 : 0, run, block &* row, block &* row, 2, block, block, 0, 1, row, block &* row, run, 1, columns, 0, columns,
      run, block &* run, 0,
    ].map(Int64.init)
  }

  private var isEmpty: Bool { shape.first?.known?.count ?? 0 == 0 }
  private var noBlocks: [Int64] { [0, 0, 0, 0, 0, 0] }
}

/// In units, see the kernel's words; a single one along its first axis, when that has no margins.
private func blockSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  let size = context.dtype(0).byteCount
  func split(_ units: Int, space: Int, blocks: Int, word: Int) -> Split {
    let ends = words[1] == 0 ? [space / size, blocks / size] : [blocks / size, space / size]
    let settings = Array(repeating: 0, count: context.inputs.count - 1)
    return Split(units: units, steps: [ends[0]] + settings + [ends[1]], word: word, work: 2 * Double(context.shape(0).known?.count ?? 0))
  }
  if words[0] > 1 { return split(words[0], space: words[3], blocks: words[4], word: 0) }
  guard words[0] == 1, words.count > 11, words[8] == 0, words[7] == words[6] &* words[9], words[9] > 1 else { return nil }
  return split(words[9], space: words[6] &* words[10], blocks: words[11], word: 9)
}
