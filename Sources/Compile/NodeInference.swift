import Blocks
import TensorCore

extension Graph {
  /// Makes a node sound whose inputs are known: asks its rules, appends its operands and values, and computes what can be known before the run.
  ///
  /// The type variables among `attrs` are bound. Operands behind those of the pins are what a view hands on.
  mutating func infer(_ block: Int, type index: Int32, attrs: [AttrValue?], inputs: [Int32], inputEnds: [Int32]) throws(BlockError) {
    let type = catalogue.types[Int(index)]
    var node = Node(
      type: index, attrs: attrs, inputs: Int32(operands.count)..<Int32(operands.count + inputs.count), inputEnds: inputEnds, outputs: 0..<0,
      outputEnds: [])
    if let end = inputEnds.last, Int(end) < inputs.count { node.viewStart = end }
    let context = RuleContext(node: node, type: type, inputs: inputs.map { facts($0) }, pool: pool)
    let shapes = try type.shape(context)
    let dtypes = shapes.indices.map { context.dtype(ofOutput: min($0, type.outputs.count - 1), member: Int(node.viewStart) + $0) }
    for (shape, dtype) in zip(shapes, dtypes) { try checkSize(shape, dtype, type) }
    let first = Int32(values.count)
    node.outputs = first..<first + Int32(shapes.count)
    node.outputEnds =
      shapes.count == type.outputs.count
      ? type.singleOutputEnds : type.outputs.indices.map { type.outputs[$0].isList ? Int32(shapes.count) : Int32(min($0 + 1, shapes.count)) }
    let known = try knownValues(context, shapes)
    // Only now is the node sound; operands and values are appended together.
    operands += inputs
    for (output, (shape, dtype)) in zip(shapes, dtypes).enumerated() {
      values.append(Value(dtype: dtype, shape: shape, constant: known?[output], isFed: false, block: Int32(block)))
    }
    nodes[block] = node
    if case .view = type.compute { showConstants(node) }
    if let rule = type.window { try showWindow(node, context, rule) }
  }

  /// What is known of a value before the run.
  func facts(_ value: Int32) -> RuleContext.Input {
    let value = values[Int(value)]
    return RuleContext.Input(dtype: value.dtype, shape: value.shape, value: value.isFed ? nil : value.constant)
  }

  /// The values of outputs that follow from shapes and settings, when these are known.
  private func knownValues(_ context: RuleContext, _ shapes: [PartialShape]) throws(BlockError) -> [Tensor]? {
    guard let rule = context.type.valuesRule, context.inputs.allSatisfy({ $0.shape.known != nil }) else { return nil }
    let settings = context.type.inputs.indices.filter { context.type.inputs[$0].isSetting }
    guard settings.allSatisfy({ context.members($0).allSatisfy { $0.value != nil } }) else { return nil }
    let values = try rule(context)
    return values.count == shapes.count ? values : nil
  }

  /// Gives views of constants their value now.
  private mutating func showConstants(_ node: Node) {
    for (source, output) in zip(operands[Int(node.inputs.lowerBound + node.viewStart)..<Int(node.inputs.upperBound)], node.outputs) {
      let source = values[Int(source)]
      guard let tensor = source.constant, let shape = values[Int(output)].shape.known else { continue }
      let dtype = values[Int(output)].dtype
      values[Int(output)].constant = dtype == tensor.dtype ? tensor.reshaped(shape) : source.isFed ? nil : tensor.seen(as: dtype, shape)
      values[Int(output)].isFed = source.isFed && dtype == tensor.dtype
    }
  }

  /// Gives runs of a constant's elements their value now: a dimension out of a Shape, for instance.
  private mutating func showWindow(_ node: Node, _ context: RuleContext, _ rule: BlockType.WindowRule) throws(BlockError) {
    guard context.inputs.allSatisfy({ $0.value != nil }), node.outputs.allSatisfy({ values[Int($0)].shape.known != nil }),
      let window = try rule(context), window.starts.count == node.outputs.count, let whole = context.value(window.pin)
    else { return }
    for (output, start) in zip(node.outputs, window.starts) {
      guard let shape = values[Int(output)].shape.known else { continue }
      values[Int(output)].constant = whole.part(whole.dtype, shape, at: start * whole.dtype.byteCount)
    }
  }

  private func checkSize(_ shape: PartialShape, _ dtype: DType, _ type: BlockType) throws(BlockError) {
    if let rank = shape.rank, rank > Shape.maxRank {
      throw BlockError(.tooLarge, "a result of \(type.name) would have rank \(rank)", notes: ["the highest rank is \(Shape.maxRank)"])
    }
    if let known = shape.known, Memory.byteCount(of: known, dtype: dtype, limit: memoryLimit) == nil {
      throw BlockError(
        .tooLarge,
        "a result of \(type.name) does not fit the memory: \(Memory.explanation(tooLarge: known, dtype: dtype, limit: memoryLimit))")
    }
  }
}
