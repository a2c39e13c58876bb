import CKernelABI

// Inverse sine and cosine, hyperbolic sine and cosine, and the complement of the error function. Floats are computed in double.

func visitElementary(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("asin") { throughDouble($0, ofComplex: ComplexFunction.arcSine) { ArcSine.apply($0) } }
  visit("acos") { throughDouble($0, ofComplex: ComplexFunction.arcCosine) { ArcSine.complement($0) } }
  visit("sinh") { throughDouble($0, ofComplex: ComplexFunction.hyperbolicSine) { Hyperbolic.sine($0) } }
  visit("cosh") { throughDouble($0, ofComplex: ComplexFunction.hyperbolicCosine) { Hyperbolic.cosine($0) } }
  visit("erfc") { throughDouble($0) { ErrorFunction.complement($0) } }
}

/// A function of one double, for floats too.
@inline(__always)
func throughDouble(_ call: Call, _ function: (Double) -> Double) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapUnary(call) { (x: Float) in Float(function(Double(x))) }
  case Code.double: mapUnary(call) { (x: Double) in function(x) }
  default: unsupported
  }
}

/// The same, and a function of complex numbers beside it.
@inline(__always)
func throughDouble(
  _ call: Call, ofComplex complex: (ComplexFunction.Number) -> ComplexFunction.Number, _ function: (Double) -> Double
) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64, Code.complex128: complexUnary(call, complex)
  default: throughDouble(call, function)
  }
}

/// A function of two doubles, for floats too.
@inline(__always)
func throughDouble(_ call: Call, _ function: (Double, Double) -> Double) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapRows(call) { (x: Float, y: Float) in Float(function(Double(x), Double(y))) }
  case Code.double: mapRows(call) { (x: Double, y: Double) in function(x, y) }
  default: unsupported
  }
}

/// A polynomial up to 1/2; beyond, asin(x) = π/2 - 2 asin(√((1 - x) / 2)).
enum ArcSine {
  /// asin(x) for x up to 1/2, without x.
  @inline(__always)
  private static func excess(_ x: Double, _ z: Double) -> Double {
    var p: Double = 0x1.e58a4f278e007p-6
    p = p * z - 0x1.3bd7e353ddbc2p-6
    p = p * z + 0x1.40c91fa8deb7ep-6
    p = p * z + 0x1.8dcdf11997e0fp-9
    p = p * z + 0x1.31777489dfd29p-7
    p = p * z + 0x1.3b462d121c5d2p-7
    p = p * z + 0x1.7b02ef007d23ep-7
    p = p * z + 0x1.c990a42b32b03p-7
    p = p * z + 0x1.1c4efd20ebb99p-6
    p = p * z + 0x1.6e8ba121b9d5fp-6
    p = p * z + 0x1.f1c71c7a5e151p-6
    p = p * z + 0x1.6db6db6dac0eap-5
    p = p * z + 0x1.3333333333389p-4
    p = p * z + 0x1.5555555555555p-3
    return x * (z * p)
  }

  /// asin(√((1 - m) / 2)) in two parts.
  @inline(__always)
  private static func far(_ magnitude: Double) -> (Double, Double) {
    let z = 0.5 * (1 - magnitude)
    let root = ef_sqrt(z)
    let square = root * root
    let lost = z == 0 ? 0 : ((z - square) - Exponentiation.rest(root, root, square)) / (2 * root)
    return (root, lost + excess(root, z))
  }

  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let magnitude = x.magnitude
    if magnitude <= 0.5 { return x + excess(x, x * x) }
    let (root, rest) = far(magnitude)
    // A root of a negative number is NaN.
    let high = 0x1.921fb54442d18p0 - 2 * root
    return Double.signed(high + (((0x1.921fb54442d18p0 - high) - 2 * root) + (0x1.1a62633145c07p-54 - 2 * rest)), like: x)
  }

  @inline(__always)
  static func complement(_ x: Double) -> Double {
    let magnitude = x.magnitude
    if magnitude <= 0.5 {
      let high = 0x1.921fb54442d18p0 - x
      return high + (((0x1.921fb54442d18p0 - high) - x) + (0x1.1a62633145c07p-54 - excess(x, x * x)))
    }
    let (root, rest) = far(magnitude)
    if x > 0 { return 2 * root + 2 * rest }
    let high = 0x1.921fb54442d18p1 - 2 * root
    return high + (((0x1.921fb54442d18p1 - high) - 2 * root) + (0x1.1a62633145c07p-53 - 2 * rest))
  }
}

enum Hyperbolic {
  @inline(__always)
  static func sine(_ x: Double) -> Double {
    let magnitude = x.magnitude
    if magnitude < 1 {
      let z = x * x
      var p: Double = 0x1.99f0806c2628dp-49
      p = p * z + 0x1.ae777c36fd5b6p-41
      p = p * z + 0x1.612467ccb2260p-33
      p = p * z + 0x1.ae6456792a77fp-26
      p = p * z + 0x1.71de3a556f96cp-19
      p = p * z + 0x1.a01a01a01a001p-13
      p = p * z + 0x1.1111111111111p-7
      p = p * z + 0x1.5555555555555p-3
      return x + x * (z * p)
    }
    let (half, rest) = halfExponential(magnitude)
    let inverse = 0.25 / half
    let high = half - inverse
    return Double.signed(half == .infinity ? half : high + (((half - high) - inverse) + rest), like: x)
  }

  @inline(__always)
  static func cosine(_ x: Double) -> Double {
    let (half, rest) = halfExponential(x.magnitude)
    let inverse = 0.25 / half
    let high = half + inverse
    return half == .infinity ? half : high + (((half - high) + inverse) + rest)
  }

  /// exp(x) / 2 in two parts, for x from 0 on; infinite only where that is.
  @inline(__always)
  private static func halfExponential(_ x: Double) -> (Double, Double) {
    let bounded = x > 712 ? 712 : x
    let (t, shifted) = Exponential.reduced(bounded)
    let y = 1 + t
    let power = Int64(bitPattern: shifted.bitPattern) &- 0x4338_0000_0000_0000 &- 1
    let scale = Double(bitPattern: UInt64(bitPattern: (power &+ 1023 &- 2) &<< 52))
    return (y * scale * 4, (t - (y - 1)) * scale * 4)
  }
}

extension ErrorFunction {
  /// erfc(x), with the square in the exponent in two parts.
  @inline(__always)
  static func complement(_ x: Double) -> Double {
    let magnitude = x.magnitude
    if magnitude < 0.5 {
      let part = x * nearSlope(x * x)
      let high = 1 - x
      return high + (((1 - high) - x) - part)
    }
    let y = magnitude > 28 ? 0 : tail(magnitude)
    return x < 0 ? 2 - y : x != x ? x : y
  }

  /// erfc(x) for x from 0.5 to 28.
  @inline(__always)
  static func tail(_ x: Double) -> Double {
    let square = x * x
    let lost = Exponentiation.rest(x, x, square)
    let (e, rest) = Exponential.parts(-square)
    let scaled = scaledComplement(x)
    let corrected = scaled - scaled * lost
    return e * corrected + rest * corrected
  }
}
