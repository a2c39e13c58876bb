import CKernelABI

func visitZeta(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("zeta") { throughDouble($0) { Zeta.apply($0, $1) } }
  visit("polygamma") { throughDouble($0) { Zeta.polygamma($0, $1) } }
}

/// Hurwitz's zeta function, the sum of (q + k)^-s from k = 0 on, by Euler's and Maclaurin's formula.
enum Zeta {
  @inline(never)
  static func apply(_ s: Double, _ q: Double) -> Double { s == 1 ? .infinity : apply(s, q, nil) }

  /// Each power is multiplied by the exponential of `scale`.
  private static func apply(_ s: Double, _ q: Double, _ scale: Wide?) -> Double {
    if s != s || q != q || s < 1 { return .nan }
    if q > 0 { return q == .infinity ? 0 : positive(s, q, scale) }
    // Below 0 there are powers of negative numbers: those of integers only.
    let isEven = s == .infinity || 0.5 * s == Double.roundedDown(0.5 * s)
    if q.magnitude >= 0x1p52 || q == Double.roundedDown(q) { return isEven ? .infinity : .nan }
    if s != Double.roundedDown(s) { return .nan }
    // So many terms have a negative base; the last of them and the next are the nearest to 0.
    let count = -Double.roundedDown(q)
    let first = q + count
    let last = -(q + (count - 1))
    // Halves of odd integers lie as far from 0 on both sides: what has an odd power cancels but for what follows.
    if !isEven && first == last { return positive(s, first + count, scale) }
    let negative: Double
    if count <= 24 {
      var sum = 0.0
      var k = 0.0
      while k < count {
        sum += power(last + k, s, scale)
        k += 1
      }
      negative = sum
    } else {
      negative = positive(s, last, scale) - positive(s, last + count, scale)
    }
    let other = positive(s, first, scale)
    if negative == .infinity && other == .infinity && first < last { return other }
    return negative == .infinity ? (isEven ? negative : -negative) : (isEven ? negative : -negative) + other
  }

  @inline(__always)
  private static func power(_ base: Double, _ s: Double, _ scale: Wide?) -> Double {
    guard let scale else { return Exponentiation.apply(base, -s) }
    return (scale - Wide(s) * Wide.logarithm(base)).exponential
  }

  private static func positive(_ s: Double, _ q: Double, _ scale: Wide?) -> Double {
    // The formula wants a number beyond half of s; where that is far away, few terms are left before the sum stays as it is.
    let least = 0.5 * s + 10
    var sum = 0.0
    var a = q
    while a < least {
      let term = power(a, s, scale)
      sum += term
      if term <= sum * 0x1p-60 || sum == .infinity { return sum }
      a += 1
    }
    let half = power(a, s, scale)
    // The whole of what follows as an integral; its power may be in range where the other is not.
    let integral = (scale == nil ? Exponentiation.apply(a, 1 - s) : half * a) / (s - 1)
    let inverse = 1 / a
    var tail = 0.0
    // B₂ₖ / (2k)! s (s + 1) … (s + 2k - 2) / a^(2k - 1), from the last to the first.
    tail = step(tail, 14, -0x1.b0f72d59f1c16p-74, s, inverse)
    tail = step(tail, 13, 0x1.0b132d7c6ad06p-68, s, inverse)
    tail = step(tail, 12, -0x1.497d9033a2b5cp-63, s, inverse)
    tail = step(tail, 11, 0x1.967e1f09c376fp-58, s, inverse)
    tail = step(tail, 10, -0x1.f57d968caacf1p-53, s, inverse)
    tail = step(tail, 9, 0x1.355871d652e9ep-47, s, inverse)
    tail = step(tail, 8, -0x1.7da4e1f79955cp-42, s, inverse)
    tail = step(tail, 7, 0x1.d6db2c4e09162p-37, s, inverse)
    tail = step(tail, 6, -0x1.22805d644267fp-31, s, inverse)
    tail = step(tail, 5, 0x1.66a8f2bf70ebep-26, s, inverse)
    tail = step(tail, 4, -0x1.bbd779334ef0bp-21, s, inverse)
    tail = step(tail, 3, 0x1.1566abc011567p-15, s, inverse)
    tail = step(tail, 2, -0x1.6c16c16c16c17p-10, s, inverse)
    tail = (0x1.5555555555555p-4 + tail) * s * inverse
    return sum + integral + half * (0.5 + tail)
  }

  /// Term k and those after it, without the factors that the term before has too.
  @inline(__always)
  private static func step(_ tail: Double, _ k: Double, _ coefficient: Double, _ s: Double, _ inverse: Double) -> Double {
    (coefficient + tail) * ((s + (2 * k - 3)) * inverse) * ((s + (2 * k - 2)) * inverse)
  }

  /// (-1)^(n + 1) n! ζ(n + 1, x), the n-th derivative of digamma.
  @inline(never)
  static func polygamma(_ n: Double, _ x: Double) -> Double {
    if n == 0 { return Gamma.digamma(x) }
    if n != n || x != x || n < 0 || n != Double.roundedDown(n) { return .nan }
    if n == .infinity { return x < .infinity ? n : .nan }
    let sum = n < 18 ? factorial(n) * apply(n + 1, x, nil) : apply(n + 1, x, Gamma.wideLogarithm(Wide.sum(n, 1)))
    return 0.5 * n == Double.roundedDown(0.5 * n) ? -sum : sum
  }

  /// Of a small number, which is exact.
  @inline(__always)
  private static func factorial(_ n: Double) -> Double {
    var product = 1.0
    var i = 2.0
    while i <= n {
      product *= i
      i += 1
    }
    return product
  }
}
