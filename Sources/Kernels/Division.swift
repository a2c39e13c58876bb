import CKernelABI

func visitDivision(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("divide") { call in
    switch call.dtype(0) {
    case Code.float: mapBinary(call) { (x: Float, y: Float) in x / y }
    case Code.double: mapBinary(call) { (x: Double, y: Double) in x / y }
    default: integerDivision(call, Truncating.self)
    }
  }
  visit("floorDivide") { call in
    switch call.dtype(0) {
    case Code.float: mapBinary(call) { (x: Float, y: Float) in Float.roundedDown(x / y) }
    case Code.double: mapBinary(call) { (x: Double, y: Double) in Double.roundedDown(x / y) }
    default: integerDivision(call, Flooring.self)
    }
  }
  visit("remainder") { call in
    switch call.dtype(0) {
    case Code.float: mapBinary(call) { (x: Float, y: Float) in Float.remainder(x, y) }
    case Code.double: mapBinary(call) { (x: Double, y: Double) in Double.remainder(x, y) }
    case Code.int32: integerMap(call) { (x: Int32, y: Int32) in x &- Int32.quotient(x, y) &* y }
    case Code.int64: integerMap(call) { (x: Int64, y: Int64) in x &- Int64.quotient(x, y) &* y }
    default: unsupported
    }
  }
}

/// An integer that can be divided. The divisor is never zero; `min / -1` wraps around to `min`.
protocol KernelInteger: KernelNumber {
  /// Rounded toward zero.
  static func quotient(_ a: Self, _ b: Self) -> Self
  /// Rounded down.
  static func floorQuotient(_ a: Self, _ b: Self) -> Self
}

/// There is no vector instruction that divides integers. A floating-point quotient of integers with fewer bits than its
/// significand is never rounded across an integer, so its integer part is exact.
extension KernelInteger where Self: FixedWidthInteger {
  @inline(__always) static func quotient(_ a: Self, _ b: Self) -> Self { Self(truncatingIfNeeded: Int32(Float(a) / Float(b))) }

  @inline(__always) static func floorQuotient(_ a: Self, _ b: Self) -> Self {
    let truncated = quotient(a, b)
    let rest = a &- truncated &* b
    return truncated &- (rest != 0 && (rest ^ b) < 0 ? 1 : 0)
  }
}

extension Int8: KernelInteger {}
extension Int16: KernelInteger {}
extension UInt8: KernelInteger {}
extension UInt16: KernelInteger {}

extension Int32: KernelInteger {
  @inline(__always) static func quotient(_ a: Int32, _ b: Int32) -> Int32 {
    let quotient = Double(a) / Double(b)
    return quotient < 0x1p31 ? Int32(quotient) : .min
  }
}

extension Int64: KernelInteger {
  // The processor traps on min / -1.
  @inline(__always) static func quotient(_ a: Int64, _ b: Int64) -> Int64 { b == -1 ? 0 &- a : a / b }
}

protocol IntegerDivision { static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T }

enum Truncating: IntegerDivision {
  @inline(__always) static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T { T.quotient(x, y) }
}

enum Flooring: IntegerDivision {
  @inline(__always) static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T { T.floorQuotient(x, y) }
}

@inline(__always)
private func integerDivision<Op: IntegerDivision>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.int8: integerMap(call) { (x: Int8, y: Int8) in Op.apply(x, y) }
  case Code.int16: integerMap(call) { (x: Int16, y: Int16) in Op.apply(x, y) }
  case Code.int32: integerMap(call) { (x: Int32, y: Int32) in Op.apply(x, y) }
  case Code.int64: integerMap(call) { (x: Int64, y: Int64) in Op.apply(x, y) }
  case Code.uint8: integerMap(call) { (x: UInt8, y: UInt8) in Op.apply(x, y) }
  case Code.uint16: integerMap(call) { (x: UInt16, y: UInt16) in Op.apply(x, y) }
  default: unsupported
  }
}

/// A division; a zero among the divisors is a fault unless there is no result at all.
@inline(__always)
private func integerMap<T: KernelInteger & FixedWidthInteger>(_ call: Call, _ body: (T, T) -> T) -> Int32 {
  if call.count(2) == 0 { return ok }
  let divisors: UnsafeMutablePointer<T> = call.buffer(1)
  let count = call.count(1)
  var zeros: T = 0
  var i = 0
  while i < count {
    zeros |= divisors[i] == 0 ? 1 : 0
    i &+= 1
  }
  return zeros == 0 ? mapBinary(call, body) : divisionByZero
}

extension BitFloat where Self: BinaryFloatingPoint {
  /// What is left of `x` when `y` is taken away as often as it fits, with the sign of `x` (C's fmod): always exact.
  ///
  /// NaN when `x` is infinite or `y` is zero. It is a long division of the significands, as many bits at a time as 64-bit
  /// integers hold.
  @inline(__always) static func remainder(_ x: Self, _ y: Self) -> Self {
    let p = x.magnitudeBits
    let q = y.magnitudeBits
    let infinite = Self.infinity.magnitudeBits
    if y == 0 || p >= infinite || q > infinite { return (x * y) / (x * y) }
    if p < q { return x }
    let hidden: UInt64 = 1 &<< width
    // Denormals have exponent 1 without the hidden bit.
    var exponent = p &>> width
    var rest = p & (hidden &- 1)
    if exponent == 0 { exponent = 1 } else { rest |= hidden }
    var low = q &>> width
    var divisor = q & (hidden &- 1)
    if low == 0 { low = 1 } else { divisor |= hidden }
    rest %= divisor
    let spare = 63 &- width
    while exponent > low && rest != 0 {
      let left = exponent &- low
      let step = left < spare ? left : spare
      rest = (rest &<< step) % divisor
      exponent &-= step
    }
    if rest == 0 { return signed(0, like: x) }
    let leading = UInt64(truncatingIfNeeded: rest.leadingZeroBitCount) &- spare
    let shift = leading < low &- 1 ? leading : low &- 1
    // The hidden bit, where there is one, adds 1 to the exponent.
    return signed(Self(magnitudeBits: ((low &- shift &- 1) &<< width) &+ (rest &<< shift)), like: x)
  }
}
