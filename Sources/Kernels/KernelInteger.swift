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
