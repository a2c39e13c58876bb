import CKernelABI

func visitIncompleteBeta(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("betainc") { call in
    switch call.dtype(0) {
    case Code.float: mapThree(call) { (a: Float, b: Float, x: Float) in Float(IncompleteBeta.apply(Double(a), Double(b), Double(x))) }
    case Code.double: mapThree(call) { (a: Double, b: Double, x: Double) in IncompleteBeta.apply(a, b, x) }
    default: unsupported
    }
  }
}

/// Inputs of one shape, or scalars: the layout has one loop.
@inline(__always)
private func mapThree<T>(_ call: Call, _ body: (T, T, T) -> T) -> Int32 {
  let a: UnsafeMutablePointer<T> = call.buffer(0)
  let b: UnsafeMutablePointer<T> = call.buffer(1)
  let c: UnsafeMutablePointer<T> = call.buffer(2)
  let out: UnsafeMutablePointer<T> = call.output()
  let count = call.count(3)
  var i = 0
  while i < count {
    out[i] = body(a[i &* call.layout(2)], b[i &* call.layout(3)], c[i &* call.layout(4)])
    i &+= 1
  }
  return ok
}

/// The regularised incomplete beta function I_x(a, b).
enum IncompleteBeta {
  @inline(never)
  static func apply(_ a: Double, _ b: Double, _ x: Double) -> Double {
    if !(a > 0 && b > 0 && x >= 0 && x <= 1) || a == .infinity || b == .infinity { return .nan }
    // A subnormal x is 0 too.
    if x == 0 || x == 1 { return x == 0 ? 0 : 1 }
    let y = Wide.sum(1, -x)
    // Beyond the mean the other tail is the smaller one; its fraction converges.
    let isUpper = x * (a + b + 2) > a + 1
    if !isUpper { return tail(a, b, Wide(x), y) }
    if y.high < 0.3 && a * y.high < 1 && b < 0.75 { return smallComplement(a, b, y.high, Wide.logarithm(y)) }
    let part = tail(b, a, y, Wide(x))
    // Little may be left of the difference, where the other fraction converges too.
    return part > 0.75 && y.high > 0x1p-12 && a + b < 0x1p12 ? tail(a, b, Wide(x), y) : 1 - part
  }

  /// For a small b, where the other tail may be so near to 1 that nothing is left of the difference: its power series in y = 1 - x, which
  /// begins with y^b / (b B(b, a)).
  private static func smallComplement(_ a: Double, _ b: Double, _ y: Double, _ logarithm: Wide) -> Double {
    let exponent = Wide(b) * logarithm + Gamma.wideDifference(a, b) - Gamma.wideLogarithm(onePlus: b)
    let less = IncompleteGamma.expm1(exponent.high, exponent.low)
    var term = 1.0
    var sum = 0.0
    var n = 1.0
    while n < 200 {
      term *= (n - a) / n * y
      let part = term / (b + n)
      sum += part
      if part.magnitude <= sum.magnitude * 0x1p-58 { break }
      n += 1
    }
    return -less - (1 + less) * (b * sum)
  }

  /// The tail below the mean; y is 1 - x.
  private static func tail(_ a: Double, _ b: Double, _ x: Wide, _ y: Wide) -> Double {
    if a + b > 0x1p24 {
      // Beyond any width the distribution has, only the mean counts.
      let scale: Double = a > 0x1p900 || b > 0x1p900 ? 0x1p-200 : 1
      let part = largeTail(scaled(a, scale), scaled(b, scale), x, y)
      return part > 1 ? 1 : part < 0 ? 0 : part
    }
    let logarithm =
      Wide(a) * Wide.logarithm(x) + Wide(b) * Wide.logarithm(y) + Gamma.wideLogarithm(Wide.sum(a, b)) - Gamma.wideLogarithm(Wide.sum(a, 1))
      - Gamma.wideLogarithm(Wide(b))
    return logarithm.high < Wide.vanishing ? 0 : logarithm.exponential(times: fraction(a, b, x.value))
  }

  @inline(__always)
  private static func scaled(_ a: Double, _ scale: Double) -> Double { a * scale < 0x1p-900 ? 0x1p-900 : a * scale }

  /// Lentz's method.
  private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let sum = a + b
    var c = 1.0
    var d = 1 / nonzero(1 - sum * x / (a + 1))
    var h = d
    var m = 1.0
    while m < 20_000 {
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonzero(1 + even * d)
      c = nonzero(1 + even / c)
      h *= d * c
      let odd = -(a + m) * (sum + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonzero(1 + odd * d)
      c = nonzero(1 + odd / c)
      let change = d * c
      h *= change
      if (change - 1).magnitude < 0x1p-52 { break }
      m += 1
    }
    return h
  }

  @inline(__always) private static func nonzero(_ x: Double) -> Double { x == 0 ? 0x1p-1000 : x }

  /// One parameter large beside the other: the gamma distribution of -log(x) or -log(y); both large: the normal distribution with its first
  /// correction.
  private static func largeTail(_ a: Double, _ b: Double, _ x: Wide, _ y: Wide) -> Double {
    if b < 0x1p-10 * a && b < 0x1p12 { return IncompleteGamma.upper(b, -((a + 0.5 * (b - 1)) * Wide.logarithm(x).value)) }
    if a < 0x1p-10 * b && a < 0x1p12 { return IncompleteGamma.lower(a, -((b + 0.5 * (a - 1)) * Wide.logarithm(y).value)) }
    let sum = Wide.sum(a, b)
    let mean = Wide(a) / sum
    let rest = Wide(b) / sum
    let square = Wide(a) * (Wide.logarithm(mean) - Wide.logarithm(x)) + Wide(b) * (Wide.logarithm(rest) - Wide.logarithm(y))
    if !(square.high < 750) { return 0 }
    let difference = (x - mean).value
    // Near the mean the logarithms' differences have no digits left, but the parabola has.
    let parabola = 0.5 * difference * difference * sum.high / (mean.high * rest.high)
    let near = parabola < 0x1p-20
    let root = ef_sqrt(near ? parabola : square.high)
    let signed = difference > 0 ? root : -root
    let decay = near ? Exponential.apply(-parabola) : (-square).exponential
    let spread = ef_sqrt(mean.high * rest.high)
    let eta = signed * ef_sqrt(2 / sum.high)
    let correction = near ? (rest.high - mean.high) / (3 * spread) * -1 : 1 / eta - spread / difference
    return 0.5 * ErrorFunction.complement(-signed) + decay * correction / ef_sqrt(0x1.921fb54442d18p2 * sum.high)
  }
}
