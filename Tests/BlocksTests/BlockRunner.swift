import Blocks
import CKernelABI
import Diagnostics
import KernelTable
import TensorCore

/// Runs one block by itself: binds its type attrs, asks its rules, allocates its outputs and calls its kernel.
func runBlock(
  _ type: String, _ inputs: [Tensor], attrs: [String: AttrValue] = [:], on kernels: KernelTable = .standard
) throws -> [Tensor] {
  try runBlock(type, inputs.map { [$0] }, attrs: attrs, on: kernels)
}

/// The same with subnormal numbers taken for 0, as a session does.
func runBlockFlushing(_ type: String, _ inputs: [Tensor], on kernels: KernelTable = .standard) throws -> [Tensor] {
  let mode = ef_enter_kernel_mode()
  defer { ef_leave_kernel_mode(mode) }
  return try runBlock(type, inputs, on: kernels)
}

/// The same with the members of each pin; a pin that is not given is empty.
func runBlock(
  _ type: String, _ inputs: [[Tensor]], attrs: [String: AttrValue] = [:], on kernels: KernelTable = .standard
) throws -> [Tensor] {
  let context = try makeContext(type, inputs.map { $0.map { .init(dtype: $0.dtype, shape: PartialShape($0.shape), value: $0) } }, attrs: attrs)
  let shapes = try context.type.shape(context).map { shape in
    guard let known = shape.known else { throw BlockError(.internalError, "the shape rule of \(type) left \(shape) open") }
    return known
  }
  guard let wide = context.widened else { return try compute(context, inputs.flatMap { $0 }, shapes, kernels) }
  let wideInputs = try zip(inputs.flatMap { $0 }, wide.inputs).map { try cast($0, to: $1.dtype, kernels) }
  return try compute(wide, wideInputs, shapes, kernels).enumerated().map { index, output in
    try cast(output, to: context.dtype(ofOutput: min(index, context.type.outputs.count - 1), member: index), kernels)
  }
}

private func cast(_ tensor: Tensor, to dtype: DType, _ kernels: KernelTable) throws -> Tensor {
  tensor.dtype == dtype ? tensor : try runBlock("Cast", [tensor], attrs: ["DstT": .type(dtype)], on: kernels)[0]
}

/// The context of a block's rules: defaults, given attrs and type variables bound from the inputs.
func makeContext(_ name: String, _ inputs: [[RuleContext.Input]], attrs given: [String: AttrValue] = [:]) throws -> RuleContext {
  guard let type = Catalogue.standard[name] else { throw BlockError(.unknownType, "there is no block type \(name)") }
  var attrs = type.defaultAttrs
  for (name, value) in given {
    guard let index = type.attrs.firstIndex(where: { $0.name == name }) else {
      throw BlockError(.unknownAttr, "there is no attr \(name)", attr: name)
    }
    if case .int(let range) = type.attrs[index].kind, case .int(let number) = value, !range.contains(number) {
      throw BlockError(.badAttrValue, "\(name) is \(number)", attr: name)
    }
    attrs[index] = value
  }
  var bound: Set<Int> = []
  for (pin, members) in inputs.enumerated() {
    if case .list(let least) = type.inputs[pin].kind, members.count < least { throw BlockError(.listLength, "too few members", input: pin) }
    for member in members {
      guard type.allowedDTypes(input: pin).contains(member.dtype) else { throw BlockError(.dtypeNotAllowed, "\(member.dtype)", input: pin) }
      guard case .variable(let index) = type.inputElements[pin] else { continue }
      if bound.contains(index), attrs[index] != .type(member.dtype) { throw BlockError(.dtypeMismatch, "\(member.dtype)", input: pin) }
      attrs[index] = .type(member.dtype)
      bound.insert(index)
    }
  }
  var pins: [Range<Int>] = []
  for members in inputs {
    let start = pins.last?.upperBound ?? 0
    pins.append(start..<start + members.count)
  }
  return RuleContext(type: type, attrs: attrs, inputs: inputs.flatMap { $0 }, pins: pins, pool: StringPool())
}

private func compute(_ context: RuleContext, _ inputs: [Tensor], _ shapes: [Shape], _ kernels: KernelTable) throws -> [Tensor] {
  let kernel: String
  var parameters: [Int64] = []
  var layout: [Int64] = []
  switch context.type.compute {
  case .nothing, .action: return []
  case .view: return zip(inputs, shapes).compactMap { $0.reshaped($1) }
  case .value(let rule): return [try rule(context)]
  case .values(let rule): return try rule(context)
  case .map(let name, parameters: let rule):
    kernel = name
    parameters = try rule?(context) ?? []
    layout = BroadcastLayout.words(inputs: inputs.map(\.shape), output: shapes.first ?? .scalar)
  case .call(let name, parameters: let rule):
    kernel = name
    parameters = try rule?(context) ?? []
  }
  let outputs = try shapes.indices.map { index in
    let pin = min(index, context.type.outputs.count - 1)
    let dtype = context.dtype(ofOutput: pin, member: index)
    let pool = inputs.compactMap(\.pool).first
    guard let tensor = Tensor(zeros: dtype, shape: shapes[index], pool: pool) else { throw BlockError(.outOfMemory, "\(shapes[index])") }
    return tensor
  }
  guard let function = kernels.kernel(kernel, isRare: context.isRare) else { throw BlockError(.internalError, "there is no kernel \(kernel)") }
  let scratchBytes = try context.type.scratch?(context) ?? 0
  let scratch: UnsafeMutableRawPointer? = scratchBytes > 0 ? .allocate(byteCount: scratchBytes, alignment: 64) : nil
  defer { scratch?.deallocate() }
  let all = inputs + outputs
  let buffers = all.map { $0.storage.base as UnsafeMutableRawPointer }
  let counts = all.map { Int64($0.count) }
  let dtypes = all.map(\.dtype.rawValue)
  // Never empty, so that each array has an address.
  let code = buffers.withUnsafeBufferPointer { buffers in
    counts.withUnsafeBufferPointer { counts in
      dtypes.withUnsafeBufferPointer { dtypes in
        (layout + [0]).withUnsafeBufferPointer { layout in
          (parameters + [0]).withUnsafeBufferPointer { parameters -> Int32 in
            guard let buffers = buffers.baseAddress, let counts = counts.baseAddress, let dtypes = dtypes.baseAddress,
              let layout = layout.baseAddress, let parameters = parameters.baseAddress
            else { return -1 }
            var call = ef_call(
              buffers: buffers, counts: counts, dtypes: dtypes, layout: layout, parameters: parameters, scratch: scratch,
              state: nil, input_count: Int32(inputs.count), output_count: Int32(outputs.count))
            return withExtendedLifetime(all) { function(&call) }
          }
        }
      }
    }
  }
  switch code {
  case 0: return outputs
  case 1: throw BlockError(.divisionByZero, "integer division by zero")
  case 2: throw BlockError(.indexOutOfRange, "an index out of range")
  default: throw BlockError(.internalError, "kernel \(kernel) returned \(code)")
  }
}

/// The id of the error that a body throws, nil when it throws none.
func refusal<Result>(_ body: () throws -> Result) -> DiagnosticID? {
  do {
    _ = try body()
    return nil
  } catch {
    return (error as? BlockError)?.id
  }
}

/// The error that a block gives for these inputs, nil when it gives none.
func blockError(_ type: String, _ inputs: [Tensor], attrs: [String: AttrValue] = [:]) throws -> BlockError? {
  do {
    _ = try runBlock(type, inputs, attrs: attrs)
    return nil
  } catch let error as BlockError {
    return error
  }
}
