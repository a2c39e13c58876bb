import CKernelABI

func visitIncompleteGamma(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("igamma") { throughDouble($0) { IncompleteGamma.lower($0, $1) } }
  visit("igammac") { throughDouble($0) { IncompleteGamma.upper($0, $1) } }
  visit("igammaSlope") { throughDouble($0) { IncompleteGamma.slope($0, $1) } }
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x).
///
/// Up to a of 10,000: the power series of P, or the continued fraction of Q, whichever converges; beyond, Temme's uniform expansion, whose
/// coefficients are Taylor's series through 0.
enum IncompleteGamma {
  private static var large: Double { 10_000 }

  @inline(never)
  static func lower(_ a: Double, _ x: Double) -> Double {
    if x == 0 { return 0 }
    if !(x > 0 && a > 0) { return .nan }
    if a == .infinity { return 0 }
    if x == .infinity { return 1 }
    if a >= large { return uniform(a, x, isLower: true) }
    if !isSeries(a, x) { return 1 - fraction(a, x) }
    let part = series(a, x)
    return part > 1 ? 1 : part
  }

  @inline(never)
  static func upper(_ a: Double, _ x: Double) -> Double {
    if !(x >= 0 && a > 0) { return .nan }
    if x == 0 { return 1 }
    if x == .infinity { return 0 }
    if a == .infinity { return 1 }
    if a >= large { return uniform(a, x, isLower: false) }
    if !isSeries(a, x) { return fraction(a, x) }
    return a < 0.75 && x < 1.5 ? smallUpper(a, x) : 1 - series(a, x)
  }

  @inline(__always) private static func isSeries(_ a: Double, _ x: Double) -> Bool { x < 1.5 || x < a }

  /// The logarithm of x^a exp(-x) / Γ(a + 1).
  @inline(__always)
  private static func logarithmOfFactor(_ a: Double, _ x: Double) -> Wide {
    Wide(a) * Wide.logarithm(x) - Wide(x) - Gamma.wideLogarithm(onePlus: a)
  }

  /// P: the factor times 1 + x / (a + 1) + x² / ((a + 1) (a + 2)) + …
  private static func series(_ a: Double, _ x: Double) -> Double {
    let logarithm = logarithmOfFactor(a, x)
    return logarithm.high < Wide.vanishing ? 0 : logarithm.exponential(times: seriesSum(a, x))
  }

  @inline(__always)
  private static func seriesSum(_ a: Double, _ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    var n = a
    while term > sum * 0x1p-58 {
      n += 1
      term *= x / n
      sum += term
    }
    return sum
  }

  /// Q: Legendre's continued fraction by Lentz's method.
  private static func fraction(_ a: Double, _ x: Double) -> Double {
    let logarithm = logarithmOfFactor(a, x)
    if logarithm.high < Wide.vanishing { return 0 }
    var b = x + 1 - a
    var c = 0x1p1000
    var d = 1 / b
    var h = d
    var i = 1.0
    while i < 3000 {
      let numerator = -i * (i - a)
      b += 2
      d = 1 / nonzero(numerator * d + b)
      c = nonzero(b + numerator / c)
      let change = d * c
      h *= change
      if (change - 1).magnitude < 0x1p-52 { break }
      i += 1
    }
    return logarithm.exponential(times: a * h)
  }

  @inline(__always) private static func nonzero(_ x: Double) -> Double { x == 0 ? 0x1p-1000 : x }

  /// Q for a below 1, where P may be so near to 1 that nothing is left of the difference: 1 - x^a / Γ(a + 1), and the rest of the series.
  private static func smallUpper(_ a: Double, _ x: Double) -> Double {
    let exponent = Wide(a) * Wide.logarithm(x) - Gamma.wideLogarithm(onePlus: a)
    let less = expm1(exponent.high, exponent.low)
    // Σ (-x)^n / (n! (a + n)) from n = 1 on, times a.
    var term = 1.0
    var sum = 0.0
    var n = 1.0
    while n < 40 {
      term *= -x / n
      let part = term / (a + n)
      sum += part
      if part.magnitude < sum.magnitude * 0x1p-58 { break }
      n += 1
    }
    return -less - (1 + less) * (a * sum)
  }

  /// exp(x + rest) - 1.
  @inline(__always)
  static func expm1(_ x: Double, _ rest: Double) -> Double {
    if x.magnitude > 0.3 { return Exponential.apply(x) - 1 + Exponential.apply(x) * rest }
    var p = 1.0
    var i = 16.0
    while i > 1 {
      p = 1 + p * x / i
      i -= 1
    }
    return x * p + rest
  }

  // MARK: Large a

  /// x - a - a log(x / a), the square root of it with the sign of x - a, and log(x / a).
  @inline(__always)
  private static func distance(_ a: Double, _ x: Double) -> (square: Wide, root: Double, logarithm: Double) {
    let ratio = (x - a) / a
    if ratio.magnitude < 0.1 {
      // r - log(1 + r) = r² (½ - r / 3 + r² / 4 - …)
      var p = 1.0 / 20
      var i = 19.0
      while i > 1 {
        p = 1 / i - ratio * p
        i -= 1
      }
      let square = a * ratio * ratio * p
      let root = ef_sqrt(square)
      let log = ratio - ratio * ratio * p
      if square < 1 { return (Wide(square), ratio < 0 ? -root : root, log) }
    }
    let log = Wide.logarithm(x) - Wide.logarithm(a)
    let square = Wide.sum(x, -a) - Wide(a) * log
    let root = ef_sqrt(square.high)
    return (square, ratio < 0 ? -root : root, log.value)
  }

  private static func uniform(_ a: Double, _ x: Double, isLower: Bool) -> Double {
    if a > 0x1p900 { return x == a ? 0.5 : (x > a) == isLower ? 1 : 0 }
    let (square, root, _) = distance(a, x)
    if !(square.high < 750) { return (root > 0) == isLower ? 1 : 0 }
    let inverse = 1 / a
    let eta = root * ef_sqrt(2 * inverse)
    let decay = (-square).exponential
    let rest = decay * ef_sqrt(inverse * 0x1.45f306dc9c883p-3) * expansion(eta, inverse)
    let z = isLower ? -root : root
    // erfc with the exponential that is already known.
    let tail = z > 0.5 ? decay * ErrorFunction.scaledComplement(z > 28 ? 28 : z) : ErrorFunction.complement(z)
    return isLower ? 0.5 * tail - rest : 0.5 * tail + rest
  }

  @inline(__always)
  private static func expansion(_ eta: Double, _ inverse: Double) -> Double {
    var sum = coefficient4(eta)
    sum = sum * inverse + coefficient3(eta)
    sum = sum * inverse + coefficient2(eta)
    sum = sum * inverse + coefficient1(eta)
    return sum * inverse + coefficient0(eta)
  }

  @inline(never)
  private static func coefficient0(_ eta: Double) -> Double {
    var p: Double = 0x1.ef98008f5eec2p-44
    p = p * eta - 0x1.61ca701fd754ap-38
    p = p * eta + 0x1.ac9475c463659p-36
    p = p * eta - 0x1.0070a87340428p-34
    p = p * eta - 0x1.c0d9b6edf2b0bp-36
    p = p * eta + 0x1.f6e66d24d5c8ap-31
    p = p * eta - 0x1.2d2197c7a2faap-28
    p = p * eta + 0x1.6097d55c37c1cp-27
    p = p * eta + 0x1.ccf5ceb7f0d9fp-28
    p = p * eta - 0x1.7b5f9a2d0465cp-23
    p = p * eta + 0x1.bd6d21e4b4109p-21
    p = p * eta - 0x1.f1b22f594c6b5p-20
    p = p * eta - 0x1.255370652afc1p-19
    p = p * eta + 0x1.48c5892f7cd83p-15
    p = p * eta - 0x1.76e06fec7273bp-13
    p = p * eta + 0x1.71de3a556c734p-12
    p = p * eta + 0x1.2f684bda12f68p-10
    p = p * eta - 0x1.e573ac901e574p-7
    p = p * eta + 0x1.5555555555555p-4
    p = p * eta - 0x1.5555555555555p-2
    return p
  }

  @inline(never)
  private static func coefficient1(_ eta: Double) -> Double {
    var p: Double = 0x1.c9b434bf3c34ep-32
    p = p * eta - 0x1.1564ecff73d58p-30
    p = p * eta - 0x1.349fbca3a377bp-36
    p = p * eta + 0x1.9aa7a30de114cp-27
    p = p * eta - 0x1.ee23d0cba8aeep-25
    p = p * eta + 0x1.280f2cde3f847p-23
    p = p * eta + 0x1.3f59230a8357cp-28
    p = p * eta - 0x1.b0bdfcc629cbap-20
    p = p * eta + 0x1.00a9cabd6b83ep-17
    p = p * eta - 0x1.2fa4ae89e5af0p-16
    p = p * eta - 0x1.af83440e53dbcp-22
    p = p * eta + 0x1.af83440e53dbcp-13
    p = p * eta - 0x1.0394f6f09e723p-10
    p = p * eta + 0x1.5ac056b015ac0p-9
    p = p * eta - 0x1.c71c71c71c71cp-9
    p = p * eta - 0x1.e573ac901e574p-10
    return p
  }

  @inline(never)
  private static func coefficient2(_ eta: Double) -> Double {
    var p: Double = -0x1.c24bd0e740a6cp-33
    p = p * eta + 0x1.32ac81c15d3d7p-23
    p = p * eta - 0x1.522cb05171911p-21
    p = p * eta + 0x1.7058929663937p-20
    p = p * eta + 0x1.26154ae39151dp-25
    p = p * eta - 0x1.ac2d05890f2c3p-17
    p = p * eta + 0x1.bbf43daf4fe53p-15
    p = p * eta - 0x1.c253efaa1a932p-14
    p = p * eta + 0x1.0db20a88f4696p-19
    p = p * eta + 0x1.948b0fcd6e9e0p-11
    p = p * eta - 0x1.5f7268edab4c8p-9
    p = p * eta + 0x1.0ee643b990ee6p-8
    return p
  }

  @inline(never)
  private static func coefficient3(_ eta: Double) -> Double {
    var p: Double = 0x1.7e0201539310ep-20
    p = p * eta - 0x1.7cd6f27b3f020p-18
    p = p * eta + 0x1.73df462204ef4p-17
    p = p * eta - 0x1.0152a1871f27ap-22
    p = p * eta - 0x1.3d2a3a29b5d9dp-14
    p = p * eta + 0x1.18b9b5bf2d984p-12
    p = p * eta - 0x1.ebfb188b7ca00p-12
    p = p * eta + 0x1.e13ce465fa859p-13
    p = p * eta + 0x1.547d93b34e2b6p-11
    return p
  }

  @inline(never)
  private static func coefficient4(_ eta: Double) -> Double {
    var p: Double = -0x1.4ce3fd902bcadp-15
    p = p * eta + 0x1.16908b48ce058p-14
    p = p * eta - 0x1.88f2ae1def9d0p-20
    p = p * eta - 0x1.3999a85a4237ap-12
    p = p * eta + 0x1.9b0ff6874f2c4p-11
    p = p * eta - 0x1.c3e0b02da7bf9p-11
    return p
  }

  // MARK: By a

  /// The derivative of P by a.
  @inline(never)
  static func slope(_ a: Double, _ x: Double) -> Double {
    if x == 0 { return 0 }
    if !(x > 0 && a > 0) { return .nan }
    if a == .infinity || x == .infinity { return 0 }
    if a >= large { return uniformSlope(a, x) }
    if isSeries(a, x) || x < a + 1 { return seriesSlope(a, x) }
    return -fractionSlope(a, x)
  }

  /// The factor's derivative times the sum, and the factor times that of the sum.
  private static func seriesSlope(_ a: Double, _ x: Double) -> Double {
    let factor = logarithmOfFactor(a, x).exponential
    if factor == 0 { return 0 }
    var term = 1.0
    var sum = 1.0
    var logs = 0.0
    var slopes = 0.0
    var n = a
    while term > sum * 0x1p-58 || -term * logs > -slopes * 0x1p-58 {
      n += 1
      term *= x / n
      logs -= 1 / n
      sum += term
      slopes += term * logs
    }
    return factor * ((Logarithm.apply(x) - Gamma.digamma(a + 1)) * sum + slopes)
  }

  /// The continued fraction of Q with derivatives carried along.
  private static func fractionSlope(_ a: Double, _ x: Double) -> Double {
    let factor = logarithmOfFactor(a, x).exponential * a
    if factor == 0 { return 0 }
    var b = x + 1 - a
    var (c, cSlope) = (0x1p500, 0.0)
    var d = 1 / b
    var dSlope = d * d
    var (h, hSlope) = (d, dSlope)
    var i = 1.0
    while i < 3000 {
      let numerator = -i * (i - a)
      b += 2
      let below = nonzero(numerator * d + b)
      let belowSlope = i * d + numerator * dSlope - 1
      d = 1 / below
      dSlope = -belowSlope * d * d
      cSlope = i / c - numerator * cSlope / (c * c) - 1
      c = nonzero(b + numerator / c)
      let change = d * c
      let changeSlope = dSlope * c + d * cSlope
      hSlope = hSlope * change + h * changeSlope
      h *= change
      if (change - 1).magnitude < 0x1p-52 && (h * changeSlope).magnitude <= hSlope.magnitude * 0x1p-52 { break }
      i += 1
    }
    // The factor here is x^a exp(-x) / Γ(a).
    return factor * ((Logarithm.apply(x) - Gamma.digamma(a)) * h + hSlope)
  }

  private static func uniformSlope(_ a: Double, _ x: Double) -> Double {
    if a > 0x1p900 { return 0 }
    let (square, root, log) = distance(a, x)
    if !(square.high < 750) { return 0 }
    let inverse = 1 / a
    let eta = root * ef_sqrt(2 * inverse)
    let decay = (-square).exponential
    // The derivatives of root and eta by a.
    let rootSlope = root.magnitude < 0x1p-40 ? -ef_sqrt(0.5 * inverse) : -log / (2 * root)
    let etaSlope = rootSlope * ef_sqrt(2 * inverse) - 0.5 * eta * inverse
    let width = ef_sqrt(inverse * 0x1.45f306dc9c883p-3)
    let sum = expansion(eta, inverse)
    let step = 0x1p-16
    // The sums are smooth: differences of them have digits enough for terms that are so small beside the first.
    let byEta = (expansion(eta + step, inverse) - expansion(eta - step, inverse)) / (2 * step)
    let byInverse = (expansion(eta, inverse * 1.5) - sum) / (0.5 * inverse)
    let restSlope = width * (log * sum - 0.5 * inverse * sum + byEta * etaSlope - byInverse * inverse * inverse)
    return decay * (0x1.20dd750429b6dp-1 * rootSlope - restSlope)
  }
}
