import CKernelABI

func visitGamma(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("lgamma") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in Gamma.logarithm(x) }
    case Code.double: mapUnary(call) { (x: Double) in Gamma.logarithm(x) }
    default: unsupported
    }
  }
  visit("digamma") { throughDouble($0) { Gamma.digamma($0) } }
}

/// The gamma function's logarithm and its slope.
enum Gamma {
  /// log |Γ(x)|.
  @inline(never)
  static func logarithm(_ x: Double) -> Double {
    if x != x { return x }
    if x.magnitude == .infinity { return .infinity }
    if x <= 0 { return reflectedLogarithm(x) }
    // Γ(1 + x) = x Γ(x), and log Γ(1 + x) is far behind the last place of log(x).
    if x < 0x1p-60 { return -Logarithm.apply(x) }
    if x >= 10 { return x > 0x1p1015 ? .infinity : stirling(x) }
    if x < 1 { return between(x + 1, x, x - 1) - Logarithm.apply(x) }
    var t = x
    var product = 1.0
    while t > 2.6 {
      t -= 1
      product *= t
    }
    let near = between(t, t - 1, t - 2)
    return product == 1 ? near : near + Logarithm.apply(product)
  }

  /// log Γ(t) from 1 to 2.6, given the distances from 1 and 2, where it is 0.
  @inline(__always)
  private static func between(_ t: Double, _ fromOne: Double, _ fromTwo: Double) -> Double {
    let u = (t - 1.8125) * 0x1.3b13b13b13b14p0
    var p: Double = -0x1.3bb8b4aa817b4p-33
    p = p * u + 0x1.4641904f8e559p-32
    p = p * u + 0x1.f2942a9242f5ap-33
    p = p * u - 0x1.5bb4c33618b25p-32
    p = p * u - 0x1.faa4632866b84p-30
    p = p * u + 0x1.0194ac1c40581p-28
    p = p * u - 0x1.360bc0fcf2d82p-28
    p = p * u + 0x1.86b76b87dfacap-27
    p = p * u - 0x1.0ba4f8693f244p-25
    p = p * u + 0x1.373e9e1d675d0p-24
    p = p * u - 0x1.6807bd2e81ca3p-23
    p = p * u + 0x1.aa6ed513f1d95p-22
    p = p * u - 0x1.fb39aa26b4002p-21
    p = p * u + 0x1.2e735a9441438p-19
    p = p * u - 0x1.6a8b4b3c477d3p-18
    p = p * u + 0x1.b544f4ff4ccbbp-17
    p = p * u - 0x1.09a3929ca8c3dp-15
    p = p * u + 0x1.45af5fec497ffp-14
    p = p * u - 0x1.93ec05a354151p-13
    p = p * u + 0x1.fc8e4096e4c4cp-12
    p = p * u - 0x1.46c7180d7eac0p-10
    p = p * u + 0x1.b0693db48dbdap-9
    p = p * u - 0x1.2b0f670407f34p-7
    p = p * u + 0x1.bd02897248720p-6
    p = p * u - 0x1.7bd46fbcc9670p-4
    p = p * u + 0x1.c5782317e9399p-2
    return fromOne * fromTwo * p
  }

  /// For x from 10 on: (x - ½) log(x) - x + ½ log(2π) + 1 / (12 x) - …, the logarithm in two parts.
  @inline(__always)
  private static func stirling(_ x: Double) -> Double {
    // Exact products of such numbers overflow; what is left out is far below the last place.
    if x > 0x1p900 { return x * (Logarithm.apply(x) - 1) }
    let (high, low) = Exponentiation.logarithm(x)
    let factor = x - 0.5
    let product = factor * high
    let rest = Exponentiation.rest(factor, high, product) + factor * low
    let difference = product - x
    let lost = (product - difference) - x
    return difference + ((lost + rest) + (0x1.d67f1c864beb5p-1 + correction(x)))
  }

  /// What Stirling's formula lacks, for x from 10 on.
  @inline(__always)
  static func correction(_ x: Double) -> Double {
    let inverse = 1 / x
    let z = inverse * inverse
    return inverse * (0x1.5555555555555p-4 + z * laterTerms(z))
  }

  @inline(__always)
  private static func laterTerms(_ z: Double) -> Double {
    var p: Double = 0x1.ace44322ce006p+3
    p = p * z - 0x1.6476701181f3ap+0
    p = p * z + 0x1.6fe96381e0680p-3
    p = p * z - 0x1.e4286cb0f5398p-6
    p = p * z + 0x1.a41a41a41a41ap-8
    p = p * z - 0x1.f6ab0d9993c7dp-10
    p = p * z + 0x1.b951e2b18ff23p-11
    p = p * z - 0x1.3813813813814p-11
    p = p * z + 0x1.a01a01a01a01ap-11
    return p * z - 0x1.6c16c16c16c17p-9
  }

  /// log Γ(x) of a positive number in two doubles.
  @inline(never)
  static func wideLogarithm(_ x: Wide) -> Wide {
    if x.high < 0x1p-20 { return wideLogarithm(onePlus: x.high) - Wide.logarithm(x) }
    // Below 16, Γ(x) is Γ(x + n) by a product.
    var t = x
    var product = Wide(1)
    while t.high < 16 {
      product = product * t
      t = t + Wide(1)
    }
    let inverse = Wide(1) / t
    let z = inverse.high * inverse.high
    let series = inverse * Wide(high: 0x1.5555555555555p-4, low: 0x1.5555555555555p-58) + Wide(inverse.high * z * laterTerms(z))
    let main = (t - Wide(0.5)) * Wide.logarithm(t) - t + Wide(high: 0x1.d67f1c864beb5p-1, low: -0x1.65b5a1b7ff5dfp-55) + series
    return x.high < 16 ? main - Wide.logarithm(product) : main
  }

  /// log Γ(1 + x), relative to x where that is small.
  @inline(never)
  static func wideLogarithm(onePlus x: Double) -> Wide {
    if x > 0x1p-20 { return wideLogarithm(Wide.sum(x, 1)) }
    return Wide.product(x, -0.5772156649015329) + Wide(x * x * (0.8224670334241132 - 0.40068563438653143 * x))
  }

  /// log Γ(x + d) - log Γ(x), relative to d where that is small beside x.
  static func wideDifference(_ x: Double, _ d: Double) -> Wide {
    if d > 0x1p-24 * x { return wideLogarithm(Wide.sum(x, d)) - wideLogarithm(Wide(x)) }
    return Wide(d * (digamma(x) + 0.5 * d * Zeta.apply(2, x)))
  }

  /// Γ(x) Γ(1 - x) = π / sin(πx), in two doubles, because the result passes through 0 between the poles.
  private static func reflectedLogarithm(_ x: Double) -> Double {
    let size = -x
    if size >= 0x1p52 || size == Double.roundedDown(size) { return .infinity }
    if size < 0x1p-60 { return -Logarithm.apply(size) }
    // The distance from the nearest integer is exact.
    let distance = (size - Double.roundedToEven(size)).magnitude
    let sine = wideSine(distance)
    let quotient = Wide(high: 0x1.921fb54442d18p1, low: 0x1.1a62633145c07p-53) / (sine * Wide(size))
    return (Wide.logarithm(quotient) - wideLogarithm(Wide(size))).value
  }

  /// sin(πd) for d up to ½, in two doubles: Taylor's series.
  private static func wideSine(_ d: Double) -> Wide {
    let r = Wide(d) * Wide(high: 0x1.921fb54442d18p1, low: 0x1.1a62633145c07p-53)
    let square = r * r
    var sum = Wide(1)
    var i = 31.0
    while i > 1 {
      sum = Wide(1) - sum * square / Wide(i * (i - 1))
      i -= 2
    }
    return r * sum
  }

  /// Γ'(x) / Γ(x).
  @inline(never)
  static func digamma(_ x: Double) -> Double {
    if x > 0 {
      if x >= 10 { return x == .infinity ? x : asymptoticDigamma(x) }
      if x < 1 { return betweenDigamma(x + 1) - 1 / x }
      // ψ(1 + t) = ψ(t) + 1 / t leads to 1 to 2, where the root is.
      var t = x
      var sum = 0.0
      while t > 2 {
        t -= 1
        sum += 1 / t
      }
      return betweenDigamma(t) + sum
    }
    // ψ(x) = ψ(1 - x) - π / tan(πx); poles and -inf are NaN.
    let size = -x
    if !(size < 0x1p52) || size == Double.roundedDown(size) { return .nan }
    let distance = size - Double.roundedToEven(size)
    let angle = distance * 0x1.921fb54442d18p1
    let (sine, cosine) =
      distance.magnitude <= 0.25
      ? SineCosine.small(angle) : SineCosine.turned((0.5 - distance.magnitude) * 0x1.921fb54442d18p1, distance < 0)
    return digamma(1 + size) + 0x1.921fb54442d18p1 * (cosine / sine)
  }

  /// From 1 to 2; the root is written in two parts.
  @inline(__always)
  private static func betweenDigamma(_ x: Double) -> Double {
    let u = (x - 1.5) * 2
    var p: Double = -0x1.6b107f71aa124p-34
    p = p * u + 0x1.104c9d0897b58p-32
    p = p * u - 0x1.3db05b36d9a48p-32
    p = p * u + 0x1.dc8ae08af0fc4p-31
    p = p * u - 0x1.f99f529bd0771p-29
    p = p * u + 0x1.7b3b41b0b38cdp-27
    p = p * u - 0x1.1002aaf6255f5p-25
    p = p * u + 0x1.980fc9c9f0be8p-24
    p = p * u - 0x1.33661f9073563p-22
    p = p * u + 0x1.cd3e42d157015p-21
    p = p * u - 0x1.5a071c746535bp-19
    p = p * u + 0x1.03c00801ba958p-17
    p = p * u - 0x1.86355f6f68797p-16
    p = p * u + 0x1.256475e5ac975p-14
    p = p * u - 0x1.b9f8b1367959dp-13
    p = p * u + 0x1.4de9aa05d3418p-11
    p = p * u - 0x1.fb442029cdbf4p-10
    p = p * u + 0x1.8512e5905d180p-8
    p = p * u - 0x1.2feeeb98a7cd8p-6
    p = p * u + 0x1.eca189b8e6da1p-5
    p = p * u - 0x1.b1cb63005ee97p-3
    p = p * u + 0x1.e6f0cbb873617p-1
    return ((x - 0x1.762d86356be3fp0) - 0x1.b86a722197829p-54) * p
  }

  @inline(__always)
  private static func asymptoticDigamma(_ x: Double) -> Double {
    let inverse = 1 / x
    let z = inverse * inverse
    var p: Double = -0x1.a74ca514ca515p+4
    p = p * z + 0x1.86e7f9b9fe6e8p+1
    p = p * z - 0x1.c5e5e5e5e5e5ep-2
    p = p * z + 0x1.5555555555555p-4
    p = p * z - 0x1.5995995995996p-6
    p = p * z + 0x1.f07c1f07c1f08p-8
    p = p * z - 0x1.1111111111111p-8
    p = p * z + 0x1.0410410410410p-8
    p = p * z - 0x1.1111111111111p-7
    p = p * z + 0x1.5555555555555p-4
    return Logarithm.apply(x) - (0.5 * inverse + z * p)
  }
}

extension SineCosine {
  /// Of an angle up to π/4.
  @inline(__always)
  fileprivate static func small(_ angle: Double) -> (Double, Double) {
    let (sine, cosine) = polynomials(angle, 0)
    return (sine.high, cosine.high)
  }

  /// Of π/2 minus the angle, or of its negative.
  @inline(__always)
  fileprivate static func turned(_ angle: Double, _ isNegative: Bool) -> (Double, Double) {
    let (sine, cosine) = polynomials(angle, 0)
    return (isNegative ? -cosine.high : cosine.high, sine.high)
  }
}
