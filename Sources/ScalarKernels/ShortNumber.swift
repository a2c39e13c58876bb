import CKernelABI

/// A float of 16 bits in memory whose sums and products are each formed in float and rounded, where a block's result depends on that.
protocol ShortNumber: BitwiseCopyable {
  init(_ float: Float)
  var float: Float { get }
}

extension ShortNumber {
  @inline(__always) static func add(_ a: Self, _ b: Self) -> Self { Self(a.float + b.float) }
  @inline(__always) static func multiply(_ a: Self, _ b: Self) -> Self { Self(a.float * b.float) }
}

/// half: IEEE 754's 16 bits.
struct HalfNumber: ShortNumber {
  private let bits: UInt16
  @inline(__always) init(_ float: Float) { bits = ef_half_of_float(float) }
  @inline(__always) var float: Float { ef_float_of_half(bits) }
}

/// bfloat16: the upper half of a float.
struct BrainNumber: ShortNumber {
  private let bits: UInt16
  @inline(__always) init(_ float: Float) { bits = ef_bfloat16_of_float(float) }
  @inline(__always) var float: Float { Float(bitPattern: UInt32(bits) &<< 16) }
}
