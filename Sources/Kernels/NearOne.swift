import CKernelABI

/// exp(x) - 1 = 2^n ((exp(r) - 1) + (1 - 2^-n)), where nothing cancels.
enum ExponentialMinusOne: FloatUnary {
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    // Below -18 the result is -1.
    var bounded = x > 89 ? 89 : x
    bounded = bounded < -18 ? -18 : bounded
    let (t, shifted) = Exponential.reduced(bounded)
    let power = Int32(bitPattern: shifted.bitPattern) &- 0x4B40_0000
    let inverse = power < 127 ? 127 &- power : 0
    let rest = 1 - Float(bitPattern: UInt32(bitPattern: inverse &<< 23))
    let half = power &>> 1
    let first = Float(bitPattern: UInt32(bitPattern: (half &+ 127) &<< 23))
    let second = Float(bitPattern: UInt32(bitPattern: (power &- half &+ 127) &<< 23))
    let y = (t + rest) * first * second
    // The sign of x is that of the result, also for -0.
    return Float(bitPattern: y.bitPattern | (x.bitPattern & 0x8000_0000))
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    var bounded = x > 710 ? 710 : x
    bounded = bounded < -38 ? -38 : bounded
    let (t, shifted) = Exponential.reduced(bounded)
    let power = Int64(bitPattern: shifted.bitPattern) &- 0x4338_0000_0000_0000
    let inverse = power < 1023 ? 1023 &- power : 0
    let rest = 1 - Double(bitPattern: UInt64(bitPattern: inverse &<< 52))
    let half = Int64(bitPattern: UInt64(bitPattern: power &+ 4096) &>> 1) &- 2048
    let first = Double(bitPattern: UInt64(bitPattern: (half &+ 1023) &<< 52))
    let second = Double(bitPattern: UInt64(bitPattern: (power &- half &+ 1023) &<< 52))
    let y = (t + rest) * first * second
    return Double(bitPattern: y.bitPattern | (x.bitPattern & 0x8000_0000_0000_0000))
  }
}

/// log(1 + x): the logarithm of the rounded sum, and to first order what the sum rounded off.
enum LogarithmOnePlus: FloatUnary {
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    let y = 1 + x
    let logarithm = Logarithm.apply(y)
    let corrected = logarithm + (x - (y - 1)) / y
    // Infinities and NaN have lost nothing; ±0 stays, and -1 is -inf.
    let finite = x - x == 0 && 0 < y ? corrected : logarithm
    return x == 0 ? x * 0 : finite
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let y = 1 + x
    let logarithm = Logarithm.apply(y)
    let corrected = logarithm + (x - (y - 1)) / y
    let finite = x - x == 0 && 0 < y ? corrected : logarithm
    return x == 0 ? x * 0 : finite
  }
}
