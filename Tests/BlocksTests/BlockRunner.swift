import CKernelABI
import KernelTable
import TensorCore

@testable import Blocks

/// What a kernel or the harness itself reports.
struct RunFault: Error, Equatable {
  var code: Int32
  static let divisionByZero = RunFault(code: 1)
  static let indexOutOfRange = RunFault(code: 2)
  /// No such type, no kernel, an input that its pin does not take.
  static let unsuitable = RunFault(code: -1)
}

/// Runs one block alone; every pin has one tensor.
func runBlock(_ type: String, _ inputs: [Tensor], attrs: [String: AttrValue] = [:]) throws -> [Tensor] {
  try runBlock(type, pins: inputs.map { [$0] }, attrs: attrs)
}

/// Runs one block alone; `pins` has the members of each pin.
func runBlock(_ name: String, pins: [[Tensor]], attrs given: [String: AttrValue] = [:]) throws -> [Tensor] {
  guard let type = Catalogue.standard[name] else { throw RunFault.unsuitable }
  var attrs = type.defaultAttrs
  for (key, value) in given {
    guard let index = type.attrs.firstIndex(where: { $0.name == key }) else { throw RunFault.unsuitable }
    attrs[index] = value
  }
  var ranges: [Range<Int>] = []
  var inputs: [Tensor] = []
  for (pin, members) in pins.enumerated() {
    ranges.append(inputs.count..<inputs.count + members.count)
    inputs += members
    for member in members {
      guard type.allowedDTypes(input: pin).contains(member.dtype) else { throw RunFault.unsuitable }
      guard case .variable(let index) = type.inputElements[pin] else { continue }
      if let bound = attrs[index], bound != .type(member.dtype) { throw RunFault.unsuitable }
      attrs[index] = .type(member.dtype)
    }
  }
  let pool = inputs.lazy.compactMap(\.pool).first ?? StringPool()
  let context = RuleContext(
    type: type, attrs: attrs, inputs: inputs.map { .init(dtype: $0.dtype, shape: PartialShape($0.shape), value: $0) }, pins: ranges, pool: pool)
  let shapes = try type.shape(context).compactMap(\.known)

  func outputDType(_ index: Int) throws -> DType {
    switch type.outputElements[min(index, type.outputs.count - 1)] {
    case .fixed(let dtype): return dtype
    case .variable(let variable):
      guard case .type(let dtype)? = attrs[variable] else { throw RunFault.unsuitable }
      return dtype
    case .any: return inputs.indices.contains(index) ? inputs[index].dtype : .float
    }
  }

  switch type.compute {
  case .nothing: return []
  case .view: return zip(inputs, shapes).compactMap { $0.reshaped($1) }
  case .value(let rule): return [try rule(context)]
  case .map(let kernel, let parameters), .call(let kernel, let parameters):
    var outputs: [Tensor] = []
    for (index, shape) in shapes.enumerated() {
      guard let tensor = Tensor(zeros: try outputDType(index), shape: shape, pool: pool) else { throw RunFault.unsuitable }
      outputs.append(tensor)
    }
    var layout: [Int64] = []
    if case .map = type.compute { layout = BroadcastLayout.words(inputs: inputs.map(\.shape), output: shapes[0]) }
    try call(kernel, inputs: inputs, outputs: outputs, layout: layout, parameters: try parameters?(context) ?? [])
    return outputs
  }
}

private func call(_ name: String, inputs: [Tensor], outputs: [Tensor], layout: [Int64], parameters: [Int64]) throws {
  guard let kernel = KernelTable.kernel(name) else { throw RunFault.unsuitable }
  let tensors = inputs + outputs
  let buffers = tensors.map(\.storage.base)
  let counts = tensors.map { Int64($0.count) }
  let dtypes = tensors.map(\.dtype.rawValue)
  // One word more than there is, so that every list has an address.
  let words = layout + [0]
  let values = parameters + [0]
  let code = buffers.withUnsafeBufferPointer { buffers in
    counts.withUnsafeBufferPointer { counts in
      dtypes.withUnsafeBufferPointer { dtypes in
        words.withUnsafeBufferPointer { words in
          values.withUnsafeBufferPointer { values -> Int32 in
            guard let b = buffers.baseAddress, let c = counts.baseAddress, let d = dtypes.baseAddress, let w = words.baseAddress,
              let v = values.baseAddress
            else { return -1 }
            var call = ef_call(
              buffers: b, counts: c, dtypes: d, layout: w, parameters: v, input_count: Int32(inputs.count), output_count: Int32(outputs.count))
            return kernel(&call)
          }
        }
      }
    }
  }
  withExtendedLifetime(tensors) {}
  if code != 0 { throw RunFault(code: code) }
}
