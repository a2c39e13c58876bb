import Blocks
import CKernelABI
import Compile
import Diagnostics
import Page
import TensorCore

/// Steps whose shapes are only known in the run: the block's rules are asked again in each cycle, now with everything known.
extension Session {
  func runDynamic(_ step: Plan.Step) throws(DiagnosticError) {
    let block = Int(step.block)
    guard let type = graph.type(ofBlock: block) else { return }
    do throws(BlockError) {
      if case .unfed = step.action {
        let id = graph.name(ofBlock: block)
        throw BlockError(.notFed, "placeholder `\(id)` has no value", fix: "give it one: --feed \(id)=FILE.npy")
      }
      if type.role == .variable {
        try fill(step)
      } else {
        try compute(step, type, graph.nodes[block])
      }
    } catch {
      throw fail(block, error)
    }
  }

  private func compute(_ step: Plan.Step, _ type: BlockType, _ node: Graph.Node) throws(BlockError) {
    let inputs = step.inputs.compactMap { tensor(Int(plan.operands[Int($0)])) }
    guard inputs.count == step.inputs.count else { throw BlockError(.internalError, "an input of \(type.name) is not there") }
    let context = RuleContext(
      node: node, type: type, inputs: inputs.map { RuleContext.Input(dtype: $0.dtype, shape: PartialShape($0.shape), value: $0) },
      pool: graph.pool)
    var shapes = try type.shape(context)
    let scratch = try type.scratch?(context.widened ?? context) ?? 0
    // The outputs whose rows the kernel counts.
    let counted = type.rows == nil ? [] : shapes.indices.filter { shapes[$0].dims?.first == -1 }
    if let rows = try type.rows?(context) { shapes = shapes.enumerated().map { counted.contains($0) ? $1.withRows(rows) : $1 } }
    var outputs: [Tensor] = []
    switch type.compute {
    case .nothing: return
    case .action(let rule): outputs = try rule(ActionContext(rule: context, files: files))
    case .view:
      for (index, (input, shape)) in zip(inputs.dropFirst(Int(node.viewStart)), shapes).enumerated() {
        let dtype = plan.slots[Int(step.outputs.lowerBound) + index].dtype
        guard let known = shape.known, let view = dtype == input.dtype ? input.reshaped(known) : input.seen(as: dtype, known) else {
          throw BlockError(.shapeMismatch, "\(type.name) cannot see shape \(input.shape) as \(shape)")
        }
        // A variable may change before the view has been read, and memory may be given on.
        let isPassing = input.storage.isPart(of: state) || !plan.options.keepsResults && input.storage.isPart(of: arena)
        guard let copy = isPassing ? view.copied() : view else {
          throw BlockError(.outOfMemory, "there is no memory for a copy of \(view.shape)")
        }
        outputs.append(copy)
      }
    case .value(let rule): outputs = [try rule(context)]
    case .values(let rule): outputs = try rule(context)
    case .map(let kernel, let parameters), .call(let kernel, let parameters):
      outputs = try allocate(shapes, step, type)
      var layout: [Int64] = []
      if case .map = type.compute { layout = BroadcastLayout.words(inputs: inputs.map(\.shape), output: outputs[0].shape) }
      let wide = context.widened ?? context
      let parameters = try parameters?(wide) ?? []
      let wideInputs = try zip(inputs, wide.inputs).map { (tensor, input) throws(BlockError) in try cast(tensor, to: input.dtype, step) }
      let wideOutputs = try zip(outputs, node.outputs).map { (tensor, slot) throws(BlockError) in
        let member = Int(slot - node.outputs.lowerBound)
        let dtype = wide.dtype(ofOutput: node.outputEnds.firstIndex { member < $0 } ?? 0, member: member)
        return tensor.dtype == dtype ? tensor : try zeros(dtype, tensor.shape, type)
      }
      let rows = try call(
        kernel, step, wideInputs, wideOutputs, isRare: wide.isRare, layout: layout, parameters: parameters,
        scratch: counted.isEmpty ? scratch : max(scratch, MemoryLayout<Int>.size), state: blockStates.address(step))
      outputs = try zip(wideOutputs, outputs).map { (tensor, narrow) throws(BlockError) in try cast(tensor, to: narrow.dtype, step) }
      for index in counted { outputs[index] = try outputs[index].cut(toRows: rows) }
    }
    for (slot, tensor) in zip(step.outputs, outputs) { tensors[Int(slot)] = tensor }
  }

  /// Gives a variable the first value that was computed for it.
  private func fill(_ step: Plan.Step) throws(BlockError) {
    guard let variable = plan.variables.first(where: { $0.block == step.block }), let target = tensor(Int(variable.slot)),
      let value = step.inputs.first.flatMap({ tensor(Int(plan.operands[Int($0)])) })
    else { return }
    guard value.shape == target.shape || value.count == 1, value.dtype == target.dtype else {
      throw BlockError(
        .shapeMismatch, "the variable is \(target.dtype) \(target.shape) but its first value is \(value.dtype) \(value.shape)", input: 0)
    }
    let size = value.bytes.count
    for offset in stride(from: 0, to: variable.byteCount, by: max(1, size)) {
      (state.base + variable.offset + offset).copyMemory(from: value.storage.base, byteCount: size)
    }
  }

  /// Memory for what a step computes; the new value of a variable lies in the variable.
  private func allocate(_ shapes: [PartialShape], _ step: Plan.Step, _ type: BlockType) throws(BlockError) -> [Tensor] {
    var outputs: [Tensor] = []
    for (slot, shape) in zip(step.outputs, shapes) {
      let dtype = plan.slots[Int(slot)].dtype
      guard let known = shape.known else { throw BlockError(.internalError, "the shape rule of \(type.name) gave \(shape) in the run") }
      outputs.append(try zeros(dtype, known, type))
    }
    guard outputs.count == step.outputs.count, !outputs.isEmpty || !type.updatedPins.isEmpty else {
      throw BlockError(.internalError, "the shape rule of \(type.name) gave \(outputs.count) shapes for \(step.outputs.count) outputs")
    }
    return outputs
  }

  private func zeros(_ dtype: DType, _ shape: Shape, _ type: BlockType) throws(BlockError) -> Tensor {
    guard Memory.byteCount(of: shape, dtype: dtype, limit: graph.memoryLimit) != nil,
      let tensor = Tensor(zeros: dtype, shape: shape, pool: graph.pool)
    else {
      throw BlockError(
        .tooLarge,
        "a result of \(type.name) does not fit the memory: \(Memory.explanation(tooLarge: shape, dtype: dtype, limit: graph.memoryLimit))")
    }
    return tensor
  }

  /// The tensor in another dtype; itself when it has that one.
  private func cast(_ tensor: Tensor, to dtype: DType, _ step: Plan.Step) throws(BlockError) -> Tensor {
    guard tensor.dtype != dtype, let type = graph.catalogue["Cast"] else { return tensor }
    let result = try zeros(dtype, tensor.shape, type)
    try call(
      "cast", step, [tensor], [result], isRare: tensor.dtype.isRare || dtype.isRare,
      layout: BroadcastLayout.words(inputs: [tensor.shape], output: tensor.shape), parameters: [], scratch: 0, state: nil)
    return result
  }

  /// Returns what the kernel counted, where it did.
  @discardableResult
  private func call(
    _ kernel: String, _ step: Plan.Step, _ inputs: [Tensor], _ outputs: [Tensor], isRare: Bool, layout: [Int64], parameters: [Int64], scratch: Int,
    state: UnsafeMutableRawPointer?
  ) throws(BlockError) -> Int {
    guard let function = plan.kernels.kernel(kernel, isRare: isRare) else { throw BlockError(.internalError, "there is no kernel `\(kernel)`") }
    let all = inputs + outputs
    let buffers = all.map(\.storage.base)
    let counts = all.map { Int64($0.count) }
    let dtypes = all.map(\.dtype.rawValue)
    let words = layout + parameters + [0]
    let memory: UnsafeMutableRawPointer? = scratch > 0 ? .allocate(byteCount: scratch, alignment: 64) : nil
    defer { memory?.deallocate() }
    let fault = withExtendedLifetime(all) {
      buffers.withUnsafeBufferPointer { buffers in
        counts.withUnsafeBufferPointer { counts in
          dtypes.withUnsafeBufferPointer { dtypes in
            words.withUnsafeBufferPointer { words -> Int32 in
              guard let buffers = buffers.baseAddress, let counts = counts.baseAddress, let dtypes = dtypes.baseAddress,
                let words = words.baseAddress
              else { return Int32(ef_unsupported.rawValue) }
              var call = ef_call(
                buffers: buffers, counts: counts, dtypes: dtypes, layout: words, parameters: words + layout.count,
                scratch: memory, state: state, input_count: Int32(inputs.count), output_count: Int32(outputs.count))
              return function(&call)
            }
          }
        }
      }
    }
    let block = Int(step.block)
    if fault != 0 { throw Fault.error(fault, type: graph.type(ofBlock: block)?.name ?? "", message: graph.message(ofBlock: block)) }
    return scratch < MemoryLayout<Int>.size ? 0 : memory?.load(as: Int.self) ?? 0
  }
}

extension PartialShape {
  /// The same shape with another first dimension.
  fileprivate func withRows(_ rows: Int) -> PartialShape { PartialShape([rows] + (dims?.dropFirst() ?? [])) }
}

extension Tensor {
  /// Its first rows, in the same memory.
  fileprivate func cut(toRows rows: Int) throws(BlockError) -> Tensor {
    guard rows >= 0, rows <= shape.dims.first ?? 0,
      let part = Tensor(dtype: dtype, shape: Shape([rows] + shape.dims.dropFirst()), storage: storage, pool: pool)
    else { throw BlockError(.internalError, "a kernel counted \(rows) rows of \(shape)") }
    return part
  }
}
