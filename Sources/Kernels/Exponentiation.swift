import CKernelABI

func visitPower(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("power") { call in
    switch call.dtype(0) {
    case Code.float: ef_with_strips(call) { floatPowers($0, $1) }
    case Code.double: ef_with_strips(call) { mapFunction($0, $1, DoublePower.self) }
    case Code.int32: integerPower(call, Int32.self)
    case Code.int64: integerPower(call, Int64.self)
    default: unsupported
    }
  }
}

/// The logarithms of a strip, then the powers: two short loops have more to do at a time than a long one. Most strips have positive numbers
/// and finite exponents only.
@inline(__always)
private func floatPowers(_ call: Call, _ strips: UnsafeMutableRawPointer) -> Int32 {
  let strip = Int(EF_CAST_STRIP) / MemoryLayout<Double>.size
  let logarithms = (strips + Int(EF_CAST_STRIP)).assumingMemoryBound(to: Double.self)
  return eachRow(call) { x, xStep, p, pStep, out, count in
    eachStrip(strips, strip, x, xStep, p, pStep, out, count) { (x: UnsafeMutablePointer<Float>, p, out: UnsafeMutablePointer<Float>, count) in
      var special: Int32 = 0
      var i = 0
      while i < count {
        special |= x[i] > 0 && x[i] < .infinity && p[i].magnitude < .infinity ? 0 : 1
        i &+= 1
      }
      i = 0
      while i < count {
        logarithms[i] = Exponentiation.logarithm2(x[i])
        i &+= 1
      }
      i = 0
      if special == 0 {
        while i < count {
          out[i] = Exponentiation.power2(Double(p[i]) * logarithms[i])
          i &+= 1
        }
      } else {
        while i < count {
          out[i] = Exponentiation.special(x[i], p[i], Exponentiation.power2(Double(p[i]) * logarithms[i]))
          i &+= 1
        }
      }
    }
  }
}

private enum DoublePower: BinaryFunction {
  @inline(__always) static func apply(_ x: Double, _ p: Double) -> Double { Exponentiation.apply(x, p) }
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
  @inline(__always)
  static func apply(_ x: Float, _ p: Float) -> Float { special(x, p, power2(Double(p) * logarithm2(x))) }

  /// log2 |x| in double, with an error far behind float's last place.
  @inline(__always)
  static func logarithm2(_ x: Float) -> Double {
    let bits = Double(x.magnitude).bitPattern
    // The same cut as in Logarithm: 2^e (1 + f), 1 + f between √½ and √2.
    let biased = (bits &- 0x3FE6_A09E_0000_0000 &+ 0x4000_0000_0000_0000) &>> 52
    let f = Double(bitPattern: bits &- (biased &- 1024) &<< 52) - 1
    let e = Double(bitPattern: biased | 0x4330_0000_0000_0000) - (0x1p52 + 1024)
    let s = f / (2 + f)
    let z = s * s
    var q: Double = 0x1.21ad2d776d25ap-2
    q = q * z + 0x1.47959c992a71fp-2
    q = q * z + 0x1.a61a2cf9f9e38p-2
    q = q * z + 0x1.2776c295ae0c7p-1
    q = q * z + 0x1.ec709dc53a1cap-1
    q = q * z + 0x1.71547652b8252p+1
    return e + s * q
  }

  /// 2^product.
  @inline(__always)
  static func power2(_ product: Double) -> Float {
    // Beyond these the result is infinite or 0 as a float.
    var bounded = product > 200 ? 200 : product
    bounded = bounded < -200 ? -200 : bounded
    let shifted = bounded + 0x1.8p52
    let r = bounded - (shifted - 0x1.8p52)
    // The even and the odd powers are two chains that the processor computes side by side.
    let square = r * r
    var odd: Double = 0x1.63d136366db24p-20
    odd = odd * square + 0x1.4308ac85aa947p-13
    odd = odd * square + 0x1.3b2ab7181b755p-7
    odd = odd * square + 0x1.ebfbdff823cedp-3
    var even: Double = 0x1.b63880a30e9ffp-24
    even = even * square + 0x1.ffcb9515a8016p-17
    even = even * square + 0x1.5d87fe86fe88ep-10
    even = even * square + 0x1.c6b08d7047e52p-5
    even = even * square + 0x1.62e42fefa39efp-1
    let t = r * even + square * odd
    // The sum lies between ½ and 2: its exponent takes the whole number without leaving those of double.
    let sum = 1 + t
    return Float(Double(bitPattern: sum.bitPattern &+ shifted.bitPattern &<< 52))
  }

  /// Within 1 ULP: the logarithm has a second part, and so has its product with p.
  @inline(__always)
  static func apply(_ x: Double, _ p: Double) -> Double {
    let (high, low) = logarithm(x.magnitude)
    // Without an infinite product: its parts would be NaN.
    let near = p * high
    let product = near > 800 ? 800 : near < -800 ? -800 : near
    let lost = product == near && p.magnitude < 0x1p900 ? rest(p, high, near) + p * low : 0
    // The rest is added before the power of two, in whose place it might be too small for a number.
    let (t, shifted) = Exponential.reduced(product)
    let y = 1 + t
    let (first, second) = Exponential.scales(shifted)
    return special(x, p, (y + ((t - (y - 1)) + y * lost)) * first * second)
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

  /// `y`, the power of the magnitude, with what is not ordinary put right.
  @inline(__always)
  static func special<T: BitFloat & BinaryFloatingPoint>(_ x: T, _ p: T, _ y: T) -> T {
    let size = p.magnitude
    let (limit, twice) = (T.integersFrom, T.integersFrom + T.integersFrom)
    // From the limit on every number is whole, from twice the limit on even; below, adding and taking it away rounds.
    let isWhole = size >= limit || (size + limit) - limit == size
    let isOdd = isWhole && size < twice && (size + twice) - twice != size
    let magnitude = x.magnitude
    let isEdge = magnitude == 0 || magnitude == .infinity
    let edge: T = (magnitude == 0) == (p > 0) ? 0 : .infinity
    var result = isEdge ? edge : y
    // -0 is negative too.
    if T.signed(1, like: x) < 0 { result = isOdd ? -result : isWhole || isEdge ? result : .nan }
    result = x != x || p != p ? .nan : result
    let isOne = p == 0 || x == 1 || (magnitude == 1 && size == .infinity)
    return isOne ? 1 : p == 1 && magnitude != 0 ? x : result
  }
}
