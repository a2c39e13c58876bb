import Blocks
import CKernelABI
import KernelTable
import TensorCore

/// What a FakeQuant block does, outside of a run: its nudged ranges and its results, computed by the kernels that pages run.
struct FakeQuantFunction: Sendable {
  /// Where the range comes from.
  enum Kind: String, Sendable {
    /// Two attrs.
    case args = "Args"
    /// Two scalars.
    case vars = "Vars"
    /// Two values for each channel, which is the last dimension.
    case perChannel = "VarsPerChannel"
  }

  /// A range as it is used.
  struct Range: Sendable, Hashable {
    /// The first and the last level.
    var low: Float
    var high: Float
    /// The distance of two levels.
    var scale: Float
    /// How many levels lie below the level 0; not finite for a range that has none.
    var zero: Float
  }

  let kind: Kind
  /// Whether the block is a gradient of one that quantises.
  let isGradient: Bool
  let bits: Int
  let isNarrow: Bool
  /// The ends that attrs give.
  let attrRange: (min: Float, max: Float)?

  /// Nil for blocks of other types.
  init?(_ type: BlockType, attrs: [AttrValue?]) {
    let prefix = "FakeQuantWithMinMax"
    guard type.name.hasPrefix(prefix) else { return nil }
    let name = type.name.dropFirst(prefix.count)
    isGradient = name.hasSuffix("Gradient")
    guard let kind = Kind(rawValue: String(isGradient ? name.dropLast("Gradient".count) : name)) else { return nil }
    self.kind = kind
    func attr(_ name: String) -> AttrValue? { zip(type.attrs, attrs).first { $0.0.name == name }?.1 }
    guard case .int(let bits)? = attr("num_bits"), case .bool(let isNarrow)? = attr("narrow_range"), (2...16).contains(bits) else { return nil }
    self.bits = Int(bits)
    self.isNarrow = isNarrow
    if case .float(let min)? = attr("min"), case .float(let max)? = attr("max") { attrRange = (min, max) } else { attrRange = nil }
    if kind == .args, attrRange == nil { return nil }
  }

  /// The numbers of the first and the last level.
  var firstLevel: Int { isNarrow ? 1 : 0 }
  var lastLevel: Int { (1 << bits) - 1 }
  /// How many levels there are.
  var levelCount: Int { lastLevel - firstLevel + 1 }

  /// What is to be quantised, and the ends of each range as they were asked for, out of a block's inputs. Nil when they do not fit.
  func operands(_ inputs: [Tensor]) -> (gradients: Tensor?, values: Tensor, min: [Float], max: [Float])? {
    guard inputs.allSatisfy({ $0.dtype == .float }), inputs.count == (isGradient ? 1 : 0) + (kind == .args ? 1 : 3) else { return nil }
    let values = inputs[isGradient ? 1 : 0]
    let gradients = isGradient ? inputs[0] : nil
    if let attrRange { return (gradients, values, [attrRange.min], [attrRange.max]) }
    guard let min = inputs[inputs.count - 2].elements(as: Float.self), let max = inputs[inputs.count - 1].elements(as: Float.self),
      min.count == max.count, kind == .vars ? min.count == 1 : values.shape.dims.last == min.count
    else { return nil }
    return (gradients, values, min, max)
  }

  /// The ranges as they are used, from those that were asked for.
  func ranges(min: [Float], max: [Float]) -> [Range] {
    guard let low = Tensor(min), let high = Tensor(max), low.count == high.count else { return [] }
    let outputs = (0..<4).compactMap { _ in Tensor(zeros: .float, shape: low.shape) }
    guard outputs.count == 4, FakeQuantFunction.call("fakeQuantLevels", [low, high], outputs, levels) else { return [] }
    let values = outputs.map { $0.elements(as: Float.self) ?? [] }
    return min.indices.map { Range(low: values[0][$0], high: values[1][$0], scale: values[2][$0], zero: values[3][$0]) }
  }

  /// `values` quantised; nil when there is no memory or the ranges do not fit.
  func quantised(_ values: Tensor, min: [Float], max: [Float]) -> Tensor? {
    guard values.dtype == .float, let low = Tensor(min), let high = Tensor(max), let output = Tensor(zeros: .float, shape: values.shape),
      min.count == max.count, kind == .perChannel ? values.shape.dims.last == min.count : min.count == 1
    else { return nil }
    let isDone =
      switch kind {
      case .args:
        FakeQuantFunction.call("fakeQuantArgs", [values], [output], levels + [Int64(min[0].bitPattern), Int64(max[0].bitPattern)])
      case .vars: FakeQuantFunction.call("fakeQuantVars", [values, low, high], [output], levels)
      case .perChannel: FakeQuantFunction.call("fakeQuantPerChannel", [values, low, high], [output], levels)
      }
    return isDone ? output : nil
  }

  private var levels: [Int64] { [Int64(firstLevel), Int64(lastLevel)] }

  private static func call(_ name: String, _ inputs: [Tensor], _ outputs: [Tensor], _ parameters: [Int64]) -> Bool {
    let tensors = inputs + outputs
    guard let kernel = KernelTable.kernel(name), let scratch = TensorStorage(byteCount: 5 * Int(EF_FAKE_QUANT_LINE) * MemoryLayout<Float>.stride)
    else { return false }
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    return withExtendedLifetime(tensors) {
      tensors.map(\.storage.base).withUnsafeBufferPointer { buffers in
        tensors.map { Int64($0.count) }.withUnsafeBufferPointer { counts in
          tensors.map(\.dtype.rawValue).withUnsafeBufferPointer { dtypes in
            parameters.withUnsafeBufferPointer { parameters in
              guard let buffers = buffers.baseAddress, let counts = counts.baseAddress, let dtypes = dtypes.baseAddress,
                let parameters = parameters.baseAddress
              else { return false }
              // None of these kernels looks at a layout.
              var call = ef_call(
                buffers: buffers, counts: counts, dtypes: dtypes, layout: parameters, parameters: parameters, scratch: scratch.base,
                state: nil, input_count: Int32(inputs.count), output_count: Int32(outputs.count))
              return kernel(&call) == 0
            }
          }
        }
      }
    }
  }
}
