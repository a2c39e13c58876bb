import CKernelABI
import Diagnostics
import TensorCore

let lossTypes: [BlockType] = [
  BlockType(
    "Softmax",
    doc: """
      exp(x) / sum(exp(x)) along the last axis. The greatest element is subtracted first, so that nothing overflows. A row with a NaN or \
      with inf, and one of nothing but -inf, is NaN throughout. Each result is within (|x - max| + log2 n + 24) / 2 relative epsilons of the \
      exact one, n elements in a row.
      """,
    inputs: [Pin("logits", "T", doc: "Rank 1 or more; the last axis holds the classes.")],
    attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("softmax", "T", doc: "Probabilities, shaped like `logits`.")],
    shape: rowsShape, compute: .call("softmax", parameters: rowParameters), scratch: rowScratch, split: rowSplit,
    gradient: .by { g in
      (g.dy - g.block("Sum", g.dy * g.y, g.integers([-1]), attrs: ["keep_dims": .bool(true)])) * g.y
    },
    example: """
      <page title="Probabilities">
        <block id="s" type="Softmax"><pin name="logits">{{1, 2, 3}, {1000, 1000, 1000}}</pin></block>
        <expect of="s" tolerance="1e-6" shape="[2, 3]">0.09003057 0.24472848 0.66524094 0.33333334 0.33333334 0.33333334</expect>
      </page>
      """),
  BlockType(
    "LogSoftmax",
    doc: """
      The logarithm of Softmax, along the last axis: x - max - log(sum(exp(x - max))). A row with a NaN or with inf, and one of nothing but \
      -inf, is NaN throughout.
      """,
    inputs: [Pin("logits", "T", doc: "Rank 1 or more; the last axis holds the classes.")],
    attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("logsoftmax", "T", doc: "Logarithms of probabilities, shaped like `logits`.")],
    shape: rowsShape, compute: .call("logSoftmax", parameters: rowParameters), scratch: rowScratch, split: rowSplit,
    gradient: .by { g in
      g.dy - g.block("Sum", g.dy, g.integers([-1]), attrs: ["keep_dims": .bool(true)]) * g.block("Exp", g.y)
    },
    example: """
      <page title="Logarithms of probabilities">
        <block id="s" type="LogSoftmax"><pin name="logits">1 2 3</pin></block>
        <expect of="s" tolerance="1e-6">-2.407606 -1.4076059 -0.4076059</expect>
      </page>
      """),
  BlockType(
    "SoftmaxCrossEntropyWithLogits",
    doc: """
      For each row the cross entropy between `labels`, a probability for each class, and the Softmax of `features`: the sum of `labels` * \
      (log(sum(exp(x))) - x); and its gradient with respect to `features`, Softmax less `labels`. The two inputs are broadcast, to a matrix. A \
      label of 0 for a class whose feature is -inf gives NaN, as in TensorFlow.
      """,
    inputs: [Pin("features", "T", doc: "Logits: a row for each example, a column for each class."), Pin("labels", "T", doc: "Probabilities.")],
    attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("loss", "T", doc: "One number for each row."), Pin("backprop", "T", doc: "The gradient, a matrix.")],
    shape: crossEntropyShape, compute: .call("crossEntropy", parameters: crossEntropyParameters), scratch: rowScratch,
    gradient: .by(
      { g in g.summed(crossEntropyGradient(g), to: 0, of: g.outputs[1]) },
      { g in g.summed(g.block("ExpandDims", g.upstream(0), g.integer(-1)) * -g.block("LogSoftmax", logits(g)), to: 1, of: g.outputs[1]) }),
    example: """
      <page title="Loss and gradient of one example">
        <block id="x" type="SoftmaxCrossEntropyWithLogits">
          <pin name="features">{{1, 2, 3}}</pin>
          <pin name="labels">{{0, 0, 1}}</pin>
        </block>
        <expect of="x.loss" tolerance="1e-6">0.4076059</expect>
        <expect of="x.backprop" tolerance="1e-6" shape="[1, 3]">0.09003057 0.24472848 -0.33475906</expect>
      </page>
      """),
  BlockType(
    "SparseSoftmaxCrossEntropyWithLogits",
    doc: """
      SoftmaxCrossEntropyWithLogits where each row has one class that is right, given by its index in `labels`. An index that is no class \
      is an error.
      """,
    inputs: [
      Pin("features", "T", doc: "Logits: a row for each example, a column for each class."),
      Pin("labels", "Tlabels", doc: "For each row the index of its class."),
    ],
    attrs: [.type("T", in: .floats, widened: .halves), .type("Tlabels", in: .indices, default: .int64)],
    outputs: [Pin("loss", "T", doc: "One number for each row."), Pin("backprop", "T", doc: "The gradient, shaped like `features`.")],
    shape: sparseCrossEntropyShape, compute: .call("sparseCrossEntropy", parameters: rowParameters), scratch: rowScratch,
    split: rowSplit, faults: .possibly,
    gradient: .by(crossEntropyGradient, nil),
    example: """
      <page title="The third class is the right one">
        <block id="x" type="SparseSoftmaxCrossEntropyWithLogits">
          <pin name="features">{{1, 2, 3}}</pin>
          <pin name="labels" dtype="int32">{2}</pin>
        </block>
        <expect of="x.loss" tolerance="1e-6">0.4076059</expect>
        <expect of="x.backprop" tolerance="1e-6" shape="[1, 3]">0.09003057 0.24472848 -0.33475906</expect>
      </page>
      """),
  BlockType(
    "L2Loss",
    doc: "Half the sum of the squares of all elements of `t`, added in the order of Sum. The loss of nothing is 0.",
    inputs: [Pin("t", "T", doc: "Of any shape.")],
    attrs: [.type("T", in: .floats, widened: .halves)],
    outputs: [Pin("output", "T", doc: "A scalar.")],
    shape: { (_) throws(BlockError) in [PartialShape([])] }, compute: .call("l2Loss", parameters: l2LossParameters),
    gradient: .by { g in g[0] * g.dy },
    example: """
      <page title="Half the sum of squares">
        <block id="l" type="L2Loss"><pin name="t">{{1, 2}, {3, 4}}</pin></block>
        <expect of="l">15</expect>
      </page>
      """),
  BlockType(
    "BiasAdd",
    doc: """
      Adds to every element of `value` the bias of its channel: of the last axis (`data_format` NHWC) or of axis 1 (NCHW). Integers wrap \
      around on overflow.
      """,
    inputs: [Pin("value", "T", doc: "Rank 2 or more."), Pin("bias", "T", doc: "A vector: one number for each channel.")],
    attrs: [
      .type("T", in: .summable, widened: .narrow),
      .choice("data_format", of: ["NHWC", "NCHW"], default: "NHWC", doc: "Where the channels are."),
    ],
    outputs: [Pin("output", "T", doc: "Shaped like `value`.")],
    shape: biasAddShape, compute: .call("biasAdd", parameters: biasAddParameters), split: biasAddSplit,
    gradient: .by({ g in g.dy }, { g in g.block("BiasAddGrad", g.dy, attrs: g.attrs("data_format")) }),
    example: """
      <page title="A bias for each column">
        <block id="b" type="BiasAdd"><pin name="value">{{1, 2}, {3, 4}}</pin><pin name="bias">10 20</pin></block>
        <expect of="b" shape="[2, 2]">11 22 13 24</expect>
      </page>
      """),
  BlockType(
    "BiasAddGrad",
    doc: """
      The gradient of BiasAdd with respect to the bias: the sum of `out_backprop` over all axes but that of the channels, added in the \
      order of Sum.
      """,
    inputs: [Pin("out_backprop", "T", doc: "Rank 2 or more.")],
    attrs: [
      .type("T", in: .summable, widened: .narrow),
      .choice("data_format", of: ["NHWC", "NCHW"], default: "NHWC", doc: "Where the channels are."),
    ],
    outputs: [Pin("output", "T", doc: "A vector: one number for each channel.")],
    shape: { (context) throws(BlockError) in
      let axis = try channelAxis(context)
      return [PartialShape([axis.flatMap { context.shape(0).dims?[$0] } ?? -1])]
    },
    compute: .call("sum", parameters: biasAddGradParameters), split: { reductionSplit($0, $1, "sum") },
    gradient: .by(biasGradientGradient),
    example: """
      <page title="Sums of columns">
        <block id="b" type="BiasAddGrad"><pin name="out_backprop">{{1, 2}, {3, 4}}</pin></block>
        <expect of="b">4 6</expect>
      </page>
      """),
  BlockType(
    "TopK",
    doc: """
      The `k` greatest elements of each row (the last axis), the greatest first, and their indices; of equal elements that with the lower \
      index comes first. NaN counts as greater than every number (in TensorFlow its place depends on the sizes). The results are sorted \
      whatever `sorted` says.
      """,
    inputs: [Pin("input", "T", doc: "Rank 1 or more."), Pin("k", .int32, doc: "How many, a scalar, at most the size of a row.", setting: true)],
    attrs: [
      .type("T", in: .ordered, widened: .narrow),
      .bool("sorted", default: true, doc: "Kept for pages of the original.", spellings: ["Sorted_"]),
    ],
    outputs: [Pin("values", "T", doc: "The elements."), Pin("indices", .int32, doc: "Where in its row each of them is.")],
    shape: topKShape, compute: .call("topK", parameters: topKParameters), split: topKSplit,
    gradient: .by(topKGradient, nil),
    example: """
      <page title="The two greatest">
        <block id="t" type="TopK"><pin name="input">3 9 5 9</pin><pin name="k">2</pin></block>
        <expect of="t.values">9 9</expect>
        <expect of="t.indices">1 3</expect>
      </page>
      """),
  BlockType(
    "InTopK",
    doc: """
      For each row of `predictions` whether the class in `targets` is among the `k` greatest: whether fewer than `k` elements are greater \
      than its own. Of equal ones at the limit all are in. False for a row with NaN or an infinity, and for a target that is no class.
      """,
    inputs: [
      Pin("predictions", .float, doc: "A row for each example, a column for each class."),
      Pin("targets", "T", doc: "The index of a class for each row."),
    ],
    attrs: [.type("T", in: .indices, default: .int32), .int("k", default: 0, doc: "How many count as the top.")],
    outputs: [Pin("precision", .bool, doc: "One truth value for each row.")],
    shape: inTopKShape, compute: .call("inTopK", parameters: { (context) throws(BlockError) in [Int64(columns(context)), context.int("k")] }),
    gradient: .nothing,
    example: """
      <page title="Is the right class among the two best?">
        <block id="t" type="InTopK">
          <pin name="predictions">{{0.1, 0.6, 0.3}, {0.1, 0.6, 0.3}}</pin>
          <pin name="targets">2 0</pin>
          <attrs k="2"/>
        </block>
        <expect of="t">true false</expect>
      </page>
      """),
]

// MARK: Rows

private func rowsShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1 ... .max)
  return [context.shape(0)]
}

/// The size of the last axis of the first input.
private func columns(_ context: RuleContext) -> Int { context.shape(0).known?.dims.last ?? 0 }

private func rowParameters(_ context: RuleContext) throws(BlockError) -> [Int64] { [Int64(columns(context))] }

/// Row by row. A row of logits comes with one label and gives one loss.
private func rowSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  let classes = Int(parameters[0])
  guard classes > 0, let count = context.shape(0).known?.count else { return nil }
  let steps = context.inputs.count > 1 ? [classes, 1, 1, classes] : [classes, classes]
  // An exponential takes about as long as ten additions.
  return Split(units: count / classes, steps: steps, work: Double(count) * 10)
}

/// Two numbers for each row of a block, and one for each element of a row: never more than this.
private func rowScratch(_ context: RuleContext) throws(BlockError) -> Int {
  var classes = columns(context)
  if context.inputs.count > 1, context.dtype(1) == context.dtype(0) { classes = max(classes, context.shape(1).known?.dims.last ?? 0) }
  let (numbers, overflow) = classes.addingReportingOverflow(2 * Int(EF_SOFTMAX_BLOCK))
  let (bytes, tooMany) = numbers.multipliedReportingOverflow(by: context.dtype(0).byteCount)
  if overflow || tooMany { throw BlockError(.tooLarge, "rows of \(classes) elements need more memory than can be counted", input: 0) }
  return bytes
}

// MARK: Cross entropy

private func crossEntropyShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 0...2)
  try context.requireRank(1, 0...2)
  guard let joined = try Shapes.broadcast(context).first, let dims = joined.dims else { return [PartialShape([-1]), PartialShape([-1, -1])] }
  guard dims.count == 2 else {
    throw BlockError(
      .shapeMismatch, "`features` of shape \(context.shape(0)) and `labels` of shape \(context.shape(1)) give no matrix", input: 0,
      fix: "give a row for each example, as in {{1, 2, 3}}")
  }
  return [PartialShape([dims[0]]), joined]
}

/// See the kernel.
private func crossEntropyParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = try crossEntropyShape(context)[1].known?.dims ?? [0, 0]
  func pitches(_ pin: Int) -> [Int] {
    let own = context.shape(pin).known?.dims ?? []
    let padded = Array(repeating: 1, count: 2 - own.count) + own
    return [padded[0] == 1 ? 0 : padded[1], padded[1] == 1 ? 0 : 1]
  }
  return (dims + pitches(0) + pitches(1)).map(Int64.init)
}

private func sparseCrossEntropyShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2)
  try context.requireRank(1, 1)
  guard let dims = context.shape(0).dims else { return [context.shape(1), context.shape(0)] }
  if dims[1] == 0 { throw BlockError(.shapeMismatch, "`features` of shape \(context.shape(0)) has no classes", input: 0) }
  guard let rows = PartialShape([dims[0]]).merged(with: context.shape(1)) else {
    throw BlockError(
      .shapeMismatch, "`features` of shape \(context.shape(0)) has \(dims[0]) rows but `labels` has shape \(context.shape(1))", input: 1,
      fix: "give the index of a class for each row")
  }
  return [rows, context.shape(0)]
}

private func l2LossParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let count = Int64(context.shape(0).known?.count ?? 0)
  // Also a single element is squared, so there is always a level.
  return count == 0 ? [0, 0] : [count, 1, count, 1, -1]
}

// MARK: Bias

/// The axis of the channels; nil while the rank is not known.
private func channelAxis(_ context: RuleContext) throws(BlockError) -> Int? {
  try context.requireRank(0, 2 ... .max)
  if context.attr("data_format") == .string("NCHW") { return 1 }
  return context.shape(0).rank.map { $0 - 1 }
}

private func biasAddShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(1, 1)
  guard let axis = try channelAxis(context), let channels = context.shape(0).dims?[axis], channels >= 0, let biases = context.shape(1).dims?[0],
    biases >= 0
  else { return [context.shape(0)] }
  if channels != biases {
    throw BlockError(
      .shapeMismatch, "axis \(axis) of `value`, shape \(context.shape(0)), has size \(channels) but `bias` has \(biases) elements", input: 1,
      fix: "give \(channels) numbers")
  }
  return [context.shape(0)]
}

private func biasAddParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let shape = context.shape(0).known, let axis = try channelAxis(context), shape.count != 0 else { return [0, 0] }
  return [Int64(shape.dims[axis]), Int64(shape.dims[(axis + 1)...].reduce(1, &*))]
}

private func biasAddSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  let unit = Int(parameters[0] &* parameters[1])
  guard unit > 0, let count = context.shape(0).known?.count else { return nil }
  return Split(units: count / unit, steps: [unit, 0, unit])
}

private func biasAddGradParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  guard let shape = context.shape(0).known, let axis = try channelAxis(context) else { return [0, 0] }
  return reductionWords(shape.dims, reduced: shape.dims.indices.map { $0 != axis })
}

// MARK: The greatest

private func topKShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 1 ... .max)
  let k = try context.scalar(1)
  if let k, k < 0 { throw BlockError(.badValue, "`k` is \(k)", input: 1, fix: "give a number of 0 or more") }
  guard var dims = context.shape(0).dims, let last = dims.last else { return [.unknown, .unknown] }
  if last > Int(Int32.max) { throw BlockError(.tooLarge, "`input` has rows of \(last) elements: their indices do not fit int32", input: 0) }
  if let k, last >= 0, k > last {
    throw BlockError(.badValue, "`k` is \(k) but the rows of `input`, shape \(context.shape(0)), have \(last) elements", input: 1)
  }
  dims[dims.count - 1] = k ?? -1
  return [PartialShape(dims), PartialShape(dims)]
}

private func topKParameters(_ context: RuleContext) throws(BlockError) -> [Int64] { [Int64(columns(context)), Int64(try context.scalar(1) ?? 0)] }

private func topKSplit(_ context: RuleContext, _ parameters: [Int64]) throws(BlockError) -> Split? {
  let columns = Int(parameters[0])
  guard columns > 0, let count = context.shape(0).known?.count else { return nil }
  return Split(units: count / columns, steps: [columns, 0, Int(parameters[1]), Int(parameters[1])], work: Double(count) * 4)
}

private func inTopKShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2)
  try context.requireRank(1, 1)
  guard let dims = context.shape(0).dims, let rows = PartialShape([dims[0]]).merged(with: context.shape(1)) else {
    if context.shape(0).dims == nil { return [context.shape(1)] }
    throw BlockError(
      .shapeMismatch, "`predictions` of shape \(context.shape(0)) and `targets` of shape \(context.shape(1)) do not have the same number of rows",
      input: 1)
  }
  return [rows]
}

/// The loss has its gradient as its second output; the gradient of that one is softmax's. It is shaped like that output.
private func crossEntropyGradient(_ g: GradientContext) -> GradientValue {
  var parts: [GradientValue] = []
  if let loss = g.upstreams[0] { parts.append(g.block("ExpandDims", loss, g.integer(-1)) * g.outputs[1]) }
  if let slope = g.upstreams[1] {
    let softmax = g.block("Softmax", logits(g))
    parts.append((slope - g.block("Sum", slope * softmax, g.integers([-1]), attrs: ["keep_dims": .bool(true)])) * softmax)
  }
  return parts.count == 2 ? parts[0] + parts[1] : parts[0]
}

/// The features of all classes. TensorFlow takes them as they are, and then one that stands for all classes is the only one.
private func logits(_ g: GradientContext) -> GradientValue {
  if let classes = g.outputs[1].shape.dims?.last, classes >= 0, g[0].shape.dims?.last == classes { return g[0] }
  return g[0] * g.ones(like: g.outputs[1])
}

/// The gradient of each channel, repeated over the others.
private func biasGradientGradient(_ g: GradientContext) -> GradientValue {
  guard g.rules.attr("data_format") == .string("NCHW") else { return g.dy * g.ones(like: g[0]) }
  guard let rank = g[0].shape.rank else {
    return g.fail(BlockError(.noGradient, "needs the rank of `out_backprop` before the run for its gradient", input: 0))
  }
  let sizes = (0..<rank).map { $0 == 1 ? -1 : 1 }
  return g.block("Reshape", g.dy, g.integers(sizes)) * g.ones(like: g[0])
}
