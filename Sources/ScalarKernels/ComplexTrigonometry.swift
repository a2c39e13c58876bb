import CKernelABI

// Sine and its kin of complex numbers, by the functions of their parts. Inverse ones are Kahan's, in which nothing cancels. Elementary.swift
// visits those that are functions of floats in this module too.

func visitComplexTrigonometry(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("sin") { complexUnary($0) { ComplexFunction.sine($0) } }
  visit("cos") { complexUnary($0) { ComplexFunction.hyperbolicCosine($0.turnedLeft) } }
  visit("tan") { complexUnary($0) { ComplexFunction.tangent($0.turnedLeft).turnedRight } }
  visit("atan") { complexUnary($0) { ComplexFunction.arcHyperbolicTangent($0.turnedLeft).turnedRight } }
  visit("power") { call in
    switch call.dtype(0) {
    case Code.complex64:
      mapBinary(call) { (x: ComplexNumber<Float>, y: ComplexNumber<Float>) in
        ComplexFunction.rounded(ComplexFunction.power(ComplexFunction.widened(x), ComplexFunction.widened(y)))
      }
    case Code.complex128: mapBinary(call) { (x: ComplexFunction.Number, y: ComplexFunction.Number) in ComplexFunction.power(x, y) }
    default: unsupported
    }
  }
}

extension ComplexNumber {
  /// Times j, and times -j.
  @inline(__always) fileprivate var turnedLeft: ComplexNumber { ComplexNumber(-imaginary, real) }
  @inline(__always) fileprivate var turnedRight: ComplexNumber { ComplexNumber(imaginary, -real) }
}

extension ComplexFunction {
  /// 0 times an infinity is 0 here, as one part of the angle is exactly 0.
  @inline(__always)
  private static func product(_ circular: Double, _ hyperbolic: Double) -> Double {
    circular == 0 ? Double.signed(circular, like: hyperbolic < 0 ? -circular : circular) : circular * hyperbolic
  }

  /// sin x cosh y + j cos x sinh y.
  @inline(never)
  static func sine(_ z: Number) -> Number {
    let (sine, cosine) = sineCosine(z.real)
    if z.imaginary == 0 { return Number(sine, cosine * z.imaginary) }
    return Number(product(sine, Hyperbolic.cosine(z.imaginary)), product(cosine, Hyperbolic.sine(z.imaginary)))
  }

  /// cosh x cos y + j sinh x sin y.
  @inline(never)
  static func hyperbolicCosine(_ z: Number) -> Number {
    let (sine, cosine) = sineCosine(z.imaginary)
    if z.real == 0 { return Number(cosine, z.real * sine) }
    return Number(product(cosine, Hyperbolic.cosine(z.real)), product(sine, Hyperbolic.sine(z.real)))
  }

  @inline(__always) static func hyperbolicSine(_ z: Number) -> Number { sine(z.turnedLeft).turnedRight }

  /// The inverse of sinh for a real number.
  @inline(__always)
  private static func arcHyperbolicSine(_ x: Double) -> Double {
    let size = x.magnitude
    if size == 0 { return x }
    if size > 0x1p60 { return Double.signed(Logarithm.apply(size) + 0x1.62e42fefa39efp-1, like: x) }
    return Double.signed(LogarithmOnePlus.apply(size + size * size / (1 + ef_sqrt(1 + size * size))), like: x)
  }

  /// From here on asin and acos are logarithms: their roots' products would overflow.
  @inline(__always) private static var farLimit: Double { 0x1p500 }

  @inline(never)
  static func arcSine(_ z: Number) -> Number {
    if z.real.magnitude > farLimit || z.imaginary.magnitude > farLimit {
      let size = logarithm(z).real + 0x1.62e42fefa39efp-1
      return Number(ArcTangent.apply(z.real, z.imaginary.magnitude), Double.signed(size, like: z.imaginary))
    }
    let (p, q) = (root(Number(1 - z.real, -z.imaginary)), root(Number(1 + z.real, z.imaginary)))
    return Number(
      ArcTangent.apply(z.real, p.real * q.real - p.imaginary * q.imaginary), arcHyperbolicSine(p.real * q.imaginary - p.imaginary * q.real))
  }

  @inline(never)
  static func arcCosine(_ z: Number) -> Number {
    if z.real.magnitude > farLimit || z.imaginary.magnitude > farLimit {
      let size = logarithm(z).real + 0x1.62e42fefa39efp-1
      return Number(ArcTangent.apply(z.imaginary.magnitude, z.real), Double.signed(size, like: -z.imaginary))
    }
    let (p, q) = (root(Number(1 - z.real, -z.imaginary)), root(Number(1 + z.real, z.imaginary)))
    return Number(2 * ArcTangent.apply(p.real, q.real), arcHyperbolicSine(q.real * p.imaginary - q.imaginary * p.real))
  }

  @inline(never)
  static func arcHyperbolicTangent(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    let most = x.magnitude < y.magnitude ? y.magnitude : x.magnitude
    if most >= 0x1p100 {
      // 1 / z, and a quarter turn.
      let inverse = Number.divide(Number(1), z)
      return Number(inverse.real, Double.signed(0x1.921fb54442d18p0, like: y))
    }
    if x.magnitude == 1 && y == 0 { return Number(Double.signed(.infinity, like: x), y) }
    let (low, square) = (1 - x.magnitude, y * y)
    // The square of a small distance from ±1 is below the range.
    let real =
      low == 0 && y.magnitude < 0x1p-500
      ? 0.5 * (0x1.62e42fefa39efp-1 - Logarithm.apply(y.magnitude)) : 0.25 * LogarithmOnePlus.apply(4 * x.magnitude / (low * low + square))
    return Number(Double.signed(real, like: x), 0.5 * ArcTangent.apply(2 * y, low * (1 + x.magnitude) - square))
  }

  /// exp(y log x); 1 for a power of 0, 0 for other powers of 0 whose real part is positive.
  @inline(never)
  static func power(_ x: Number, _ y: Number) -> Number {
    if y.real == 0 && y.imaginary == 0 { return Number(1) }
    if x.real == 0 && x.imaginary == 0 { return y.real > 0 ? Number(0) : Number(.nan, .nan) }
    return exponential(Number.multiply(y, logarithm(x)))
  }
}
