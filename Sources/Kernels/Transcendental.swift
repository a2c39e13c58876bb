import CKernelABI

// exp, log, tanh and sigmoid of our own: free of branches, so that the loops are vectorised, and made of operations that IEEE
// defines, so that every element has the same bits at any position, vector width and thread count. The coefficients are
// polynomials through Chebyshev nodes, computed with 60 digits. The bounds stand in the entries.

func visitTranscendental(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("exp") { floatUnary($0, Exponential.self) }
  visit("log") { floatUnary($0, Logarithm.self) }
  visit("tanh") { floatUnary($0, HyperbolicTangent.self) }
  visit("sigmoid") { floatUnary($0, Logistic.self) }
  visit("sqrt") { floatUnary($0, SquareRoot.self) }
}

protocol FloatUnary {
  static func apply(_ x: Float) -> Float
  static func apply(_ x: Double) -> Double
}

@inline(__always)
func floatUnary<Op: FloatUnary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapUnary(call) { (x: Float) in Op.apply(x) }
  case Code.double: mapUnary(call) { (x: Double) in Op.apply(x) }
  default: unsupported
  }
}

enum SquareRoot: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { ef_sqrtf(x) }
  @inline(__always) static func apply(_ x: Double) -> Double { ef_sqrt(x) }
}

/// exp(x) = 2^n exp(r) with |r| <= ln 2 / 2; ln 2 is subtracted in two parts, the first of them without rounding.
enum Exponential: FloatUnary {
  /// The power of two is added to the exponent; what leaves the exponents of normal numbers is replaced.
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    let finite = x >= -0x1.5d589ep6 ? scaled(x) : 0
    return x < 0x1.62e430p6 ? finite : x + .infinity
  }

  @inline(__always) static func apply(_ x: Double) -> Double { parts(x).0 }

  /// exp(x) where that is a normal number.
  @inline(__always)
  static func scaled(_ x: Float) -> Float {
    let (t, shifted) = reduced(x)
    return Float(bitPattern: (1 + t).bitPattern &+ shifted.bitPattern &<< 23)
  }

  /// exp(r) - 1, and n as a float, plus 1.5 * 2^23 (2^52) that shows it in the low bits.
  @inline(__always)
  static func reduced(_ bounded: Float) -> (Float, Float) {
    // Adding 1.5 * 2^23 leaves the rounded integer in the low bits.
    let shifted = bounded * 0x1.715476p+0 + 0x1.8p23
    let n = shifted - 0x1.8p23
    let high = bounded - n * 0.693359375
    let low = n * -0x1.bd0106p-13
    let r = high - low
    let rest = (high - r) - low
    var p: Float = 0x1.6d117cp-10
    p = p * r + 0x1.120be2p-7
    p = p * r + 0x1.555518p-5
    p = p * r + 0x1.5554dcp-3
    p = p * r + 0.5
    return ((p * (r * r) + rest) + r, shifted)
  }

  /// exp(x) and what its last addition rounded off.
  @inline(__always)
  static func parts(_ x: Float) -> (Float, Float) {
    // Beyond these the result is infinite or 0; a NaN passes.
    var bounded = x > 89 ? 89 : x
    bounded = bounded < -105 ? -105 : bounded
    let (t, shifted) = reduced(bounded)
    let y = 1 + t
    // Two factors, because 2^n itself may be out of range; only the second product rounds.
    let power = Int32(bitPattern: shifted.bitPattern) &- 0x4B40_0000
    let half = power &>> 1
    let first = Float(bitPattern: UInt32(bitPattern: (half &+ 127) &<< 23))
    let second = Float(bitPattern: UInt32(bitPattern: (power &- half &+ 127) &<< 23))
    return (y * first * second, (t - (y - 1)) * first * second)
  }

  @inline(__always)
  static func reduced(_ bounded: Double) -> (Double, Double) {
    let shifted = bounded * 0x1.71547652b82fep+0 + 0x1.8p52
    let n = shifted - 0x1.8p52
    let high = bounded - n * 0x1.62e42feep-1
    let low = n * 0x1.a39ef35793c76p-33
    let r = high - low
    let rest = (high - r) - low
    var p: Double = 0x1.1f7340dbc337ep-29
    p = p * r + 0x1.af4e554377204p-26
    p = p * r + 0x1.27e4db46cddd1p-22
    p = p * r + 0x1.71de01fdbf9cap-19
    p = p * r + 0x1.a01a01a6e1e2ap-16
    p = p * r + 0x1.a01a01abf85abp-13
    p = p * r + 0x1.6c16c16c162c3p-10
    p = p * r + 0x1.11111111100bep-7
    p = p * r + 0x1.5555555555556p-5
    p = p * r + 0x1.5555555555557p-3
    p = p * r + 0.5
    return ((p * (r * r) + rest) + r, shifted)
  }

  @inline(__always)
  static func parts(_ x: Double) -> (Double, Double) {
    var bounded = x > 710 ? 710 : x
    bounded = bounded < -746 ? -746 : bounded
    let (t, shifted) = reduced(bounded)
    let y = 1 + t
    let (first, second) = scales(shifted)
    return (y * first * second, (t - (y - 1)) * first * second)
  }

  /// 2 to the power of the number in the low bits, in two factors.
  @inline(__always)
  static func scales(_ shifted: Double) -> (Double, Double) {
    let power = Int64(bitPattern: shifted.bitPattern) &- 0x4338_0000_0000_0000
    let half = Int64(bitPattern: UInt64(bitPattern: power &+ 4096) &>> 1) &- 2048
    return (
      Double(bitPattern: UInt64(bitPattern: (half &+ 1023) &<< 52)), Double(bitPattern: UInt64(bitPattern: (power &- half &+ 1023) &<< 52))
    )
  }
}

/// log(x) = e ln 2 + log(1 + f) with x = 2^e (1 + f), 1 + f between √½ and √2.
enum Logarithm: FloatUnary {
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    // Subnormal numbers count as 0.
    let offset = Int32(bitPattern: x.bitPattern) &- 0x3F35_04F3
    let exponent = offset &>> 23
    let f = Float(bitPattern: x.bitPattern &- UInt32(bitPattern: exponent &<< 23)) - 1
    // The exponent as a float: small integers in the low bits of 1.5 * 2^23.
    let e = Float(bitPattern: UInt32(bitPattern: exponent &+ 0x4B40_0000)) - 0x1.8p23
    var p: Float = 0x1.1d8ea6p-4
    p = p * f - 0x1.d635bcp-4
    p = p * f + 0x1.dea282p-4
    p = p * f - 0x1.fcf4c6p-4
    p = p * f + 0x1.23d21ap-3
    p = p * f - 0x1.555b4ap-3
    p = p * f + 0x1.999d5ap-3
    p = p * f - 0x1.fffffcp-3
    p = p * f + 0x1.555554p-2
    let square = f * f
    let tail = (f * square * p + e * -0x1.bd0106p-13) - 0.5 * square
    let y = (f + tail) + e * 0.693359375
    return special(x, y)
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let subnormal = x < 0x1p-1022
    let scaled = subnormal ? x * 0x1p52 : x
    // √½ in the high word's resolution; the exponent is cut out without sign, which every instruction set can shift.
    let offset = scaled.bitPattern &- 0x3FE6_A09E_0000_0000 &+ 0x4000_0000_0000_0000
    let biased = offset &>> 52
    let f = Double(bitPattern: scaled.bitPattern &- (biased &- 1024) &<< 52) - 1
    let e = (Double(bitPattern: biased | 0x4330_0000_0000_0000) - 0x1p52) - (subnormal ? 1076 : 1024)
    let s = f / (2 + f)
    let z = s * s
    var p: Double = 0x1.2b584aae7ca60p-3
    p = p * z + 0x1.39fe6065427bep-3
    p = p * z + 0x1.7462b4ab2efa4p-3
    p = p * z + 0x1.c71c62e5800a0p-3
    p = p * z + 0x1.2492492df148dp-2
    p = p * z + 0x1.99999999952e2p-2
    p = p * z + 0x1.5555555555558p-1
    let half = 0.5 * f * f
    let y = e * 0x1.62e42feep-1 - ((half - (s * (half + z * p) + e * 0x1.a39ef35793c76p-33)) - f)
    return special(x, y)
  }

  /// -inf for ±0, NaN below, and itself for infinity and NaN; otherwise `y`.
  @inline(__always)
  private static func special(_ x: Float, _ y: Float) -> Float {
    let finite = x < .infinity ? y : x + x
    let positive = x < 0 ? Float(bitPattern: 0x7FC0_0000) : finite
    return x == 0 ? -.infinity : positive
  }

  @inline(__always)
  private static func special(_ x: Double, _ y: Double) -> Double {
    let finite = x < .infinity ? y : x + x
    let positive = x < 0 ? Double(bitPattern: 0x7FF8_0000_0000_0000) : finite
    return x == 0 ? -.infinity : positive
  }
}

/// An odd polynomial near 0, `1 - 2 / (exp(2|x|) + 1)` beyond.
enum HyperbolicTangent: FloatUnary {
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    let z = x * x
    var p: Float = 0x1.2c83c0p-9
    p = p * z - 0x1.116a16p-7
    p = p * z + 0x1.64a976p-6
    p = p * z - 0x1.ba08c4p-5
    p = p * z + 0x1.1110eap-3
    p = p * z - 0x1.555556p-2
    let near = x + x * (z * p)
    // Long before 20 the result is 1; a NaN takes the other way.
    let far = 1 - 2 / (Exponential.scaled(2 * (x.magnitude > 20 ? 20 : x.magnitude)) + 1)
    let y = x.magnitude >= 0.625 ? far : near
    // The sign of x is that of the result, also for -0.
    return Float(bitPattern: y.bitPattern | (x.bitPattern & 0x8000_0000))
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let z = x * x
    var p: Double = -0x1.47559de55837cp-19
    p = p * z + 0x1.99b26df70a9e9p-17
    p = p * z - 0x1.370efd62e8bd2p-15
    p = p * z + 0x1.92d3563b402e1p-14
    p = p * z - 0x1.f4fccb8116e75p-13
    p = p * z + 0x1.355204d5878b4p-11
    p = p * z - 0x1.7da2fd76a3cf0p-10
    p = p * z + 0x1.d6d3cc561e69ap-9
    p = p * z - 0x1.226e354ddfe9ap-7
    p = p * z + 0x1.664f488279254p-6
    p = p * z - 0x1.ba1ba1ba1aff0p-5
    p = p * z + 0x1.111111111110dp-3
    p = p * z - 0x1.5555555555555p-2
    let near = x + x * (z * p)
    let far = 1 - 2 / (Exponential.apply(2 * x.magnitude) + 1)
    let y = x.magnitude < 0.625 ? near : far
    // The sign of x is that of the result, also for -0.
    return Double(bitPattern: y.bitPattern | (x.bitPattern & 0x8000_0000_0000_0000))
  }
}

/// With e = exp(-|x|): `1 / (1 + e)` from 0 on, `e / (1 + e)` below, where nothing cancels or overflows.
enum Logistic: FloatUnary {
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    let (e, rest) = Exponential.parts(-x.magnitude)
    let denominator = 1 + e
    let lost = e - (denominator - 1)
    let quotient = (x < 0 ? e : 1) / denominator
    // What exp and the sum rounded off, to first order; 1 / (1 + e) is the quotient or its complement.
    let inverse = x < 0 ? 1 - quotient : quotient
    return quotient + ((x < 0 ? rest : 0) - quotient * (lost + rest)) * inverse
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let (e, rest) = Exponential.parts(-x.magnitude)
    let denominator = 1 + e
    let lost = e - (denominator - 1)
    let quotient = (x < 0 ? e : 1) / denominator
    let inverse = x < 0 ? 1 - quotient : quotient
    return quotient + ((x < 0 ? rest : 0) - quotient * (lost + rest)) * inverse
  }
}

/// The functions of this file, for generic kernels.
protocol Transcendental {
  static func exponential(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
}

extension Float: Transcendental {
  @inline(__always) static func exponential(_ x: Float) -> Float { Exponential.apply(x) }
  @inline(__always) static func logarithm(_ x: Float) -> Float { Logarithm.apply(x) }
}

extension Double: Transcendental {
  @inline(__always) static func exponential(_ x: Double) -> Double { Exponential.apply(x) }
  @inline(__always) static func logarithm(_ x: Double) -> Double { Logarithm.apply(x) }
}
