import CKernelABI
import KernelTable
import TensorCore

@testable import Blocks

/// What a test block run can fail with besides a `BlockError`.
enum RunnerError: Error {
  case unknownType(String)
  case unknownShape
  case noMemory
  case noKernel(String)
  case fault(Int32)
}

/// Runs one block of a type; each input pin takes one tensor.
func runBlock(_ type: String, _ inputs: [Tensor], attrs: [String: AttrValue] = [:]) throws -> [Tensor] {
  try runBlock(type, pins: inputs.map { [$0] }, attrs: attrs)
}

/// Runs one block of a type; `pins` holds the members of each input pin.
func runBlock(_ type: String, pins: [[Tensor]], attrs: [String: AttrValue] = [:]) throws -> [Tensor] {
  guard let block = Catalogue.standard[type] else { throw RunnerError.unknownType(type) }
  let context = RuleContext(
    type: block, attrs: try boundAttrs(block, pins, attrs), inputs: pins.joined().map { .init(dtype: $0.dtype, shape: .init($0.shape), value: $0) },
    pins: ranges(pins), pool: StringPool())
  let inputs = Array(pins.joined())
  let shapes = try block.shape(context).map { shape throws(RunnerError) in
    guard let known = shape.known else { throw RunnerError.unknownShape }
    return known
  }
  switch block.compute {
  case .nothing: return []
  case .view:
    return try zip(inputs, shapes).map { input, shape in
      guard let view = input.reshaped(shape) else { throw RunnerError.unknownShape }
      return view
    }
  case .value(let rule): return [try rule(context)]
  case .map(let name, let rule):
    let layout = BroadcastLayout.words(inputs: inputs.map(\.shape), output: shapes.first ?? .scalar)
    return try call(name, context, inputs, shapes, layout: layout, parameters: try rule?(context) ?? [])
  case .call(let name, let rule):
    return try call(name, context, inputs, shapes, layout: [], parameters: try rule?(context) ?? [])
  }
}

private func ranges(_ pins: [[Tensor]]) -> [Range<Int>] {
  var start = 0
  return pins.map { members in
    defer { start += members.count }
    return start..<start + members.count
  }
}

private func boundAttrs(_ block: BlockType, _ pins: [[Tensor]], _ given: [String: AttrValue]) throws(BlockError) -> [AttrValue?] {
  var values = block.defaultAttrs
  for (index, attr) in block.attrs.enumerated() {
    if let value = given[attr.name] { values[index] = value }
    if case .int(let range) = attr.kind, case .int(let number)? = values[index], !range.contains(number) {
      throw BlockError(.badAttrValue, "`\(attr.name)` is \(number) but must lie in \(range)", attr: attr.name)
    }
  }
  for (pin, members) in pins.enumerated() {
    for tensor in members {
      guard block.allowedDTypes(input: pin).contains(tensor.dtype) else {
        throw BlockError(.dtypeNotAllowed, "\(tensor.dtype) at \(block.inputs[pin].name)", input: pin)
      }
      guard case .variable(let index) = block.inputElements[pin] else { continue }
      if case .type(let bound)? = values[index], bound != tensor.dtype, given[block.attrs[index].name] == nil {
        throw BlockError(.dtypeMismatch, "\(tensor.dtype) at \(block.inputs[pin].name)", input: pin)
      }
      values[index] = .type(tensor.dtype)
    }
  }
  return values
}

private func call(
  _ name: String, _ context: RuleContext, _ inputs: [Tensor], _ shapes: [Shape], layout: [Int64], parameters: [Int64]
) throws -> [Tensor] {
  guard let kernel = KernelTable.kernel(name) else { throw RunnerError.noKernel(name) }
  let type = context.type
  let outputs = try shapes.enumerated().map { index, shape in
    let dtype: DType =
      switch type.outputElements[min(index, type.outputElements.count - 1)] {
      case .fixed(let dtype): dtype
      case .variable(let attr): if case .type(let dtype)? = context.attrs[attr] { dtype } else { .float }
      case .any: inputs.first?.dtype ?? .float
      }
    guard let output = Tensor(zeros: dtype, shape: shape, pool: context.pool) else { throw RunnerError.noMemory }
    return output
  }
  let all = inputs + outputs
  let status = withExtendedLifetime(all) {
    var buffers = all.map(\.storage.base)
    let counts = all.map { Int64($0.count) }
    let dtypes = all.map(\.dtype.rawValue)
    // Never empty, so that each has an address.
    return buffers.withUnsafeMutableBufferPointer { buffers in
      counts.withUnsafeBufferPointer { counts in
        dtypes.withUnsafeBufferPointer { dtypes in
          (layout + [0]).withUnsafeBufferPointer { layout in
            (parameters + [0]).withUnsafeBufferPointer { parameters -> Int32 in
              guard let a = buffers.baseAddress, let b = counts.baseAddress, let c = dtypes.baseAddress, let d = layout.baseAddress,
                let e = parameters.baseAddress
              else { return -1 }
              var call = ef_call(
                buffers: a, counts: b, dtypes: c, layout: d, parameters: e, input_count: Int32(inputs.count), output_count: Int32(outputs.count))
              return kernel(&call)
            }
          }
        }
      }
    }
  }
  guard status == 0 else { throw RunnerError.fault(status) }
  return outputs
}

/// The error of a rule, nil when the block ran.
func blockError(_ type: String, _ inputs: [Tensor], attrs: [String: AttrValue] = [:]) throws -> BlockError? {
  do {
    _ = try runBlock(type, inputs, attrs: attrs)
    return nil
  } catch let error as BlockError {
    return error
  }
}
