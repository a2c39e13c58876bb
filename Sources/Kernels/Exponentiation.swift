import CKernelABI

func visitPower(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("power") { call in
    switch call.dtype(0) {
    case Code.float: mapRows(call) { (x: Float, p: Float) in Exponentiation.apply(x, p) }
    case Code.double: mapRows(call) { (x: Double, p: Double) in Exponentiation.apply(x, p) }
    case Code.int32: integerPower(call, Int32.self)
    case Code.int64: integerPower(call, Int64.self)
    default: unsupported
    }
  }
}

/// Powers of integers wrap around, so that the low bits of 64 are those of any width. A negative exponent is a fault unless there is no
/// result at all.
@inline(__always)
private func integerPower<T: FixedWidthInteger>(_ call: Call, _: T.Type) -> Int32 {
  if call.count(2) == 0 { return ok }
  let exponents: UnsafeMutablePointer<T> = call.buffer(1)
  let count = call.count(1)
  var signs: T = 0
  var i = 0
  while i < count {
    signs |= exponents[i]
    i &+= 1
  }
  if signs < 0 { return negativePower }
  return mapRows(call) { (x: T, p: T) in T(truncatingIfNeeded: power(Int64(truncatingIfNeeded: x), Int64(truncatingIfNeeded: p))) }
}

@inline(never)
private func power(_ x: Int64, _ p: Int64) -> Int64 {
  var (base, rest, result) = (x, p, 1 as Int64)
  while rest != 0 {
    if rest & 1 != 0 { result = result &* base }
    base = base &* base
    rest = rest &>> 1
  }
  return result
}

/// x^p, made of operations that IEEE defines, like the functions of Transcendental.swift: free of branches, the same bits everywhere.
///
/// 0 and infinity give 0, 1 or infinity by the sign of p. A negative x gives a number where p is an integer, otherwise NaN.
enum Exponentiation {
  /// In double, where the error of the logarithm is far behind float's last place.
  @inline(__always)
  static func apply(_ x: Float, _ p: Float) -> Float {
    let y = Exponential.apply(Double(p) * Logarithm.apply(Double(x.magnitude)))
    return Float(special(Double(x), Double(p), y))
  }

  /// Within 1 ULP: the logarithm has a second part, and so has its product with p.
  @inline(__always)
  static func apply(_ x: Double, _ p: Double) -> Double {
    let (high, low) = logarithm(x.magnitude)
    // Without an infinite product: its parts would be NaN.
    let near = p * high
    let product = near > 800 ? 800 : near < -800 ? -800 : near
    let lost = product == near ? rest(p, high, near) + p * low : 0
    let (y, under) = Exponential.parts(product)
    // An infinite result has no rest.
    let correction = under + y * lost
    return special(x, p, y < .infinity ? y + correction : y)
  }

  /// log(x) for a positive number in two parts, with some 65 bits.
  @inline(__always)
  static func logarithm(_ x: Double) -> (Double, Double) {
    // The same cut as in Logarithm: 2^e m, m between √½ and √2.
    let offset = x.bitPattern &- 0x3FE6_A09E_0000_0000 &+ 0x4000_0000_0000_0000
    let biased = offset &>> 52
    let m = Double(bitPattern: x.bitPattern &- (biased &- 1024) &<< 52)
    let e = (Double(bitPattern: biased | 0x4330_0000_0000_0000) - 0x1p52) - 1024
    // log(m) = 2 s + s³ (2/3 + …) with s = (m - 1) / (m + 1); s in two parts.
    let f = m - 1
    let divisor = m + 1
    let divisorRest = m - (divisor - 1)
    let s = f / divisor
    let product = s * divisor
    let sRest = (((f - product) - rest(s, divisor, product)) - s * divisorRest) / divisor
    let z = s * s
    let zRest = rest(s, s, z) + 2 * s * sRest
    // s³, and two thirds of it.
    let cube = s * z
    let cubeRest = rest(s, z, cube) + (s * zRest + sRest * z)
    let second = cube * 0x1.5555555555555p-1
    let secondRest = rest(cube, 0x1.5555555555555p-1, second) + (cubeRest * 0x1.5555555555555p-1 + cube * 0x1.5555555555555p-55)
    var q: Double = 0x1.e032e4d8437d6p-4
    q = q * z + 0x1.df7c5bc7c7541p-4
    q = q * z + 0x1.1118c9ee5b8a5p-3
    q = q * z + 0x1.3b1395c881220p-3
    q = q * z + 0x1.745d177aad02ap-3
    q = q * z + 0x1.c71c71c6ea871p-3
    q = q * z + 0x1.2492492492522p-2
    q = q * z + 0x1.999999999999ap-2
    let tail = 2 * sRest + (secondRest + cube * z * q)
    // The first part of ln 2 times e is exact.
    let whole = e * 0x1.62e42feep-1
    let twice = 2 * s
    let first = whole + twice
    let firstRest = e == 0 ? 0 : (whole - first) + twice
    let high = first + second
    let low = ((first - high) + second) + (firstRest + (tail + e * 0x1.a39ef35793c76p-33))
    let sum = high + low
    return (sum, (high - sum) + low)
  }

  /// What the rounded product of a and b lacks: exact, by halves of the significands.
  @inline(__always)
  static func rest(_ a: Double, _ b: Double, _ product: Double) -> Double {
    let aBig = 0x1p27 * a + a
    let aHigh = aBig - (aBig - a)
    let aLow = a - aHigh
    let bBig = 0x1p27 * b + b
    let bHigh = bBig - (bBig - b)
    let bLow = b - bHigh
    return ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow
  }

  /// `y` with what is not ordinary put right.
  @inline(__always)
  private static func special(_ x: Double, _ p: Double, _ y: Double) -> Double {
    let size = p.magnitude
    // From 2^53 on every number is even; below, adding and taking away 2^52 rounds.
    let isWhole = size >= 0x1p52 || (size + 0x1p52) - 0x1p52 == size
    let half = 0.5 * size
    let isOdd = isWhole && size < 0x1p53 && (half >= 0x1p51 ? half != (half + 0x1p52) - 0x1p52 : (half + 0x1p52) - 0x1p52 != half)
    let magnitude = x.magnitude
    let above: Double = p > 0 ? .infinity : 0
    let below: Double = p > 0 ? 0 : .infinity
    var result = magnitude == .infinity ? above : magnitude == 0 ? below : y
    let negated = isOdd ? -result : result
    result = x.bitPattern &>> 63 != 0 ? (isWhole || magnitude == 0 || magnitude == .infinity ? negated : .nan) : result
    result = x != x || p != p ? .nan : result
    let isOne = p == 0 || x == 1 || (magnitude == 1 && size == .infinity)
    return isOne ? 1 : p == 1 && magnitude != 0 ? x : result
  }
}
