import CKernelABI

// Functions of complex numbers, made of our own functions of doubles; those of floats are rounded at the end. What C's Annex G says of
// infinities and of the signs of zeros holds where nothing else is said.

func visitComplexFunctions(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("exp") { complexUnary($0, ComplexFunction.exponential) }
  visit("expm1") { complexUnary($0, ComplexFunction.exponentialMinusOne) }
  visit("log") { complexUnary($0, ComplexFunction.logarithm) }
  visit("log1p") { complexUnary($0, ComplexFunction.logarithmOnePlus) }
  visit("sqrt") { complexUnary($0, ComplexFunction.root) }
  visit("rsqrt") { complexUnary($0) { ComplexNumber.divide(ComplexNumber(1), ComplexFunction.root($0)) } }
  visit("reciprocal") { complexUnary($0) { ComplexNumber.divide(ComplexNumber(1), $0) } }
  visit("tanh") { complexUnary($0, ComplexFunction.tangent) }
  visit("sigmoid") { complexUnary($0, ComplexFunction.logistic) }
  // As TensorFlow has them: these two take what the function gave, the others its conjugate.
  visit("sigmoidGrad") { call in
    complexGradient(call) { y, gradient in
      let y = y.conjugate
      return .multiply(.multiply(gradient, y), .subtract(ComplexNumber(1), y))
    }
  }
  visit("tanhGrad") { call in
    complexGradient(call) { y, gradient in
      let y = y.conjugate
      return .multiply(gradient, .subtract(ComplexNumber(1), .multiply(y, y)))
    }
  }
  visit("reciprocalGrad") { complexGradient($0) { y, gradient in .multiply(.negate(y), .multiply(gradient, y)) } }
  visit("sqrtGrad") { call in
    complexGradient(call) { y, gradient in
      if ComplexNumber<Double>.equal(gradient, ComplexNumber(0)) { return ComplexNumber(0) }
      // Half of a small number may be below the range.
      let isSmall = gradient.real.magnitude < 1 && gradient.imaginary.magnitude < 1
      return isSmall ? .divide(gradient, y).scaled(0.5) : .divide(gradient.scaled(0.5), y)
    }
  }
  visit("rsqrtGrad") { call in
    complexGradient(call) { y, gradient in
      ComplexNumber.equal(gradient, ComplexNumber(0)) ? ComplexNumber(0) : .multiply(.multiply(gradient, y).scaled(-0.5), .multiply(y, y))
    }
  }
}

@inline(__always)
func complexUnary(_ call: Call, _ function: (ComplexFunction.Number) -> ComplexFunction.Number) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64: mapUnary(call) { (z: ComplexNumber<Float>) in ComplexFunction.rounded(function(ComplexFunction.widened(z))) }
  case Code.complex128: mapUnary(call) { (z: ComplexFunction.Number) in function(z) }
  default: unsupported
  }
}

@inline(__always)
private func complexGradient(
  _ call: Call, _ body: (ComplexFunction.Number, ComplexFunction.Number) -> ComplexFunction.Number
) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64:
    mapBinary(call) { (y: ComplexNumber<Float>, gradient: ComplexNumber<Float>) in
      ComplexFunction.rounded(body(ComplexFunction.widened(y).conjugate, ComplexFunction.widened(gradient)))
    }
  case Code.complex128: mapBinary(call) { (y: ComplexFunction.Number, gradient: ComplexFunction.Number) in body(y.conjugate, gradient) }
  default: unsupported
  }
}

/// Each of them a few ULP of the magnitude of the result from the exact one.
enum ComplexFunction {
  typealias Number = ComplexNumber<Double>

  @inline(__always)
  static func widened(_ z: ComplexNumber<Float>) -> Number { Number(Double(z.real), Double(z.imaginary)) }
  @inline(__always)
  static func rounded(_ z: Number) -> ComplexNumber<Float> { ComplexNumber(Float(z.real), Float(z.imaginary)) }

  @inline(__always)
  static func sineCosine(_ x: Double) -> (sine: Double, cosine: Double) {
    let angle = x.magnitude < Angle.nearLimit ? Angle.reduced(x) : Angle.reducedFar(x)
    let sine = Sine.apply(angle.high, angle.low, angle.quadrant)
    return (x == 0 ? x : sine, Cosine.apply(angle.high, angle.low, angle.quadrant))
  }

  /// exp(x) (cos y + j sin y).
  @inline(never)
  static func exponential(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Number(Exponential.apply(x), y) }
    if x.magnitude == .infinity && !(y.magnitude < .infinity) { return x < 0 ? Number(0) : Number(x, .nan) }
    let (sine, cosine) = sineCosine(y)
    if x > 700 {
      // A part may be finite though exp(x) is not.
      let scale = 0x1.425982cf597cdp92
      let power = Exponential.apply(x - 64)
      return Number(power * cosine * scale, power * sine * scale)
    }
    let power = Exponential.apply(x)
    return Number(power * cosine, power * sine)
  }

  /// The real part is (exp(x) - 1) - 2 exp(x) sin²(y/2): where this cancels, the imaginary part is larger.
  @inline(never)
  static func exponentialMinusOne(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Number(ExponentialMinusOne.apply(x), y) }
    if x > 100 || !(x.magnitude < .infinity) {
      let power = exponential(z)
      return Number(power.real - 1, power.imaginary)
    }
    let power = Exponential.apply(x)
    let half = sineCosine(0.5 * y).sine
    return Number(ExponentialMinusOne.apply(x) - 2 * power * half * half, power * sineCosine(y).sine)
  }

  @inline(never)
  static func logarithm(_ z: Number) -> Number {
    Number(logarithmOfMagnitude(z.real, z.imaginary), ArcTangent.apply(z.imaginary, z.real))
  }

  @inline(never)
  static func logarithmOnePlus(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    let angle = ArcTangent.apply(y, 1 + x)
    // |1 + z|² - 1, before 1 is added.
    if x.magnitude <= 0.5 && y.magnitude <= 1 { return Number(0.5 * LogarithmOnePlus.apply(x * (2 + x) + y * y), angle) }
    return Number(logarithmOfMagnitude(1 + x, y), angle)
  }

  @inline(__always)
  private static func logarithmOfMagnitude(_ x: Double, _ y: Double) -> Double {
    let (p, q) = (x.magnitude, y.magnitude)
    if p == .infinity || q == .infinity { return .infinity }
    let most = p < q ? q : p
    let least = p < q ? p : q
    if least == 0 || x != x || y != y { return Logarithm.apply(p + q) }
    // Near 1 the squares' distance from 1 is what counts.
    if most > 0.5 && most < 2 { return 0.5 * LogarithmOnePlus.apply((most - 1) * (most + 1) + least * least) }
    let scale: Double = most >= 0x1p500 ? 0x1p-600 : most < 0x1p-400 ? 0x1p600 : 1
    let shift: Double = scale == 1 ? 0 : scale < 1 ? 0x1.9fe3682cd3be4p8 : -0x1.9fe3682cd3be4p8
    let (a, b) = (most * scale, least * scale)
    return 0.5 * Logarithm.apply(a * a + b * b) + shift
  }

  /// The one whose real part is not negative; below 0 the sign of the imaginary part decides.
  @inline(never)
  static func root(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    if x == 0 && y == 0 { return Number(0, y) }
    if y.magnitude == .infinity { return Number(.infinity, y) }
    if x != x { return Number(.nan, .nan) }
    if x == .infinity { return Number(x, y == y ? Double.signed(0, like: y) : y) }
    if x == -.infinity { return y == y ? Number(0, Double.signed(.infinity, like: y)) : Number(.nan, .infinity) }
    let most = x.magnitude < y.magnitude ? y.magnitude : x.magnitude
    let scale: Double = most >= 0x1p1000 ? 0x1p-60 : most < 0x1p-900 ? 0x1p120 : 1
    let back: Double = most >= 0x1p1000 ? 0x1p30 : most < 0x1p-900 ? 0x1p-60 : 1
    let scaled = Number(x * scale, y * scale)
    let large = ef_sqrt(0.5 * (scaled.real.magnitude + scaled.magnitude))
    let small = scaled.imaginary.magnitude / (2 * large)
    return x < 0 ? Number(small * back, Double.signed(large * back, like: y)) : Number(large * back, Double.signed(small * back, like: y))
  }

  /// (sinh x cosh x + j sin y cos y) / (sinh² x + cos² y).
  @inline(never)
  static func tangent(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Number(HyperbolicTangent.apply(x), y) }
    let (sine, cosine) = sineCosine(y)
    if x.magnitude > 20 {
      let power = Exponential.apply(-2 * x.magnitude)
      return Number(Double.signed(1, like: x), y.magnitude < .infinity ? 4 * sine * cosine * power : x.magnitude == .infinity ? 0 : .nan)
    }
    let hyperbolic = Hyperbolic.sine(x)
    let norm = hyperbolic * hyperbolic + cosine * cosine
    let real = hyperbolic * ef_sqrt(1 + hyperbolic * hyperbolic) / norm
    return Number(x == 0 ? x : real, sine * cosine / norm)
  }

  /// 1 / (1 + exp(-z)), or exp(z) / (1 + exp(z)) where that overflows less. Near the poles 1 + exp is the sum of two small terms.
  @inline(never)
  static func logistic(_ z: Number) -> Number {
    let (x, y) = (z.real, z.imaginary)
    if y == 0 { return Number(Logistic.apply(x), y * 0) }
    let power = Exponential.apply(-x.magnitude)
    if x.magnitude == .infinity && !(y.magnitude < .infinity) { return Number(x < 0 ? 0 : 1) }
    let (sine, cosine) = sineCosine(y)
    let half = sineCosine(0.5 * y).cosine
    let real = 2 * power * half * half - ExponentialMinusOne.apply(-x.magnitude)
    return x < 0
      ? Number.divide(Number(power * cosine, power * sine), Number(real, power * sine))
      : Number.divide(Number(1), Number(real, -power * sine))
  }
}
