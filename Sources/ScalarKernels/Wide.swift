/// A number in two doubles, some hundred bits: for differences of large logarithms, whose exponential is wanted to the last place.
struct Wide {
  var high: Double
  /// Less than half of the last place of `high`.
  var low: Double

  @inline(__always) init(high: Double, low: Double) { (self.high, self.low) = (high, low) }
  @inline(__always) init(_ high: Double) { (self.high, low) = (high, 0) }

  /// The exact sum of two doubles.
  @inline(__always) static func sum(_ a: Double, _ b: Double) -> Wide {
    let s = a + b
    let part = s - a
    return Wide(high: s, low: (a - (s - part)) + (b - part))
  }

  /// The exact product of two doubles.
  @inline(__always) static func product(_ a: Double, _ b: Double) -> Wide {
    let p = a * b
    return Wide(high: p, low: Exponentiation.rest(a, b, p))
  }

  /// The same number with a `low` that is as small as it can be.
  @inline(__always) var settled: Wide {
    let s = high + low
    return Wide(high: s, low: low - (s - high))
  }

  @inline(__always) static func + (a: Wide, b: Wide) -> Wide {
    let s = sum(a.high, b.high)
    return Wide(high: s.high, low: s.low + (a.low + b.low)).settled
  }

  @inline(__always) static prefix func - (a: Wide) -> Wide { Wide(high: -a.high, low: -a.low) }
  @inline(__always) static func - (a: Wide, b: Wide) -> Wide { a + -b }

  @inline(__always) static func * (a: Wide, b: Wide) -> Wide {
    let p = product(a.high, b.high)
    return Wide(high: p.high, low: p.low + (a.high * b.low + a.low * b.high)).settled
  }

  @inline(__always) static func / (a: Wide, b: Wide) -> Wide {
    let q = a.high / b.high
    let rest = a - b * Wide(q)
    return Wide(high: q, low: (rest.high + rest.low) / b.high).settled
  }

  /// What the exponential of all below is 0 of, with any factor that is not very large.
  @inline(__always) static var vanishing: Double { -800 }

  @inline(__always) var value: Double { high + low }

  /// exp of it, as a double.
  @inline(__always) var exponential: Double { exponential(times: 1) }

  /// The product of exp of it and `factor`, as a double.
  @inline(__always) func exponential(times factor: Double) -> Double {
    // The last places of a very small result would be below the range.
    let isTiny = high < -600
    let exponent = isTiny ? self + Wide(high: 0x1.62e42fefa39efp+7, low: 0x1.abc9e3b39803fp-48) : self
    let (y, rest) = Exponential.parts(exponent.high)
    let product = (y < .infinity ? y + (rest + y * exponent.low) : y) * factor
    return isTiny ? product * 0x1p-256 : product
  }
}

extension Wide {
  /// The natural logarithm of a positive number: e ln 2 + 2 artanh((m - 1) / (m + 1)).
  @inline(never)
  static func logarithm(_ x: Wide) -> Wide {
    let offset = x.high.bitPattern &- 0x3FE6_A09E_0000_0000 &+ 0x4000_0000_0000_0000
    let biased = offset &>> 52
    let scale = Double(bitPattern: (2047 &- biased) &<< 52)
    // 2 to the power of -e may be out of range by itself.
    let m = Wide(high: Double(bitPattern: x.high.bitPattern &- (biased &- 1024) &<< 52), low: x.low * scale)
    let e = Double(Int64(bitPattern: biased) &- 1024)
    let s = (m - Wide(1)) / (m + Wide(1))
    let z = s * s
    // The last terms need fewer digits.
    var q: Double = 2.0 / 43
    q = q * z.high + 2.0 / 41
    q = q * z.high + 2.0 / 39
    q = q * z.high + 2.0 / 37
    q = q * z.high + 2.0 / 35
    q = q * z.high + 2.0 / 33
    q = q * z.high + 2.0 / 31
    q = q * z.high + 2.0 / 29
    q = q * z.high + 2.0 / 27
    q = q * z.high + 2.0 / 25
    q = q * z.high + 2.0 / 23
    var p = Wide(q)
    p = Wide(high: 0x1.8618618618618p-4, low: 0x1.8618618618618p-58) + p * z
    p = Wide(high: 0x1.af286bca1af28p-4, low: 0x1.af286bca1af28p-58) + p * z
    p = Wide(high: 0x1.e1e1e1e1e1e1ep-4, low: 0x1.e1e1e1e1e1e1ep-60) + p * z
    p = Wide(high: 0x1.1111111111111p-3, low: 0x1.1111111111111p-59) + p * z
    p = Wide(high: 0x1.3b13b13b13b14p-3, low: -0x1.3b13b13b13b14p-57) + p * z
    p = Wide(high: 0x1.745d1745d1746p-3, low: -0x1.745d1745d1746p-58) + p * z
    p = Wide(high: 0x1.c71c71c71c71cp-3, low: 0x1.c71c71c71c71cp-57) + p * z
    p = Wide(high: 0x1.2492492492492p-2, low: 0x1.2492492492492p-56) + p * z
    p = Wide(high: 0x1.999999999999ap-2, low: -0x1.999999999999ap-56) + p * z
    p = Wide(high: 0x1.5555555555555p-1, low: 0x1.5555555555555p-55) + p * z
    let tail = s * (Wide(2) + p * z)
    return Wide(high: 0x1.62e42fefa39efp-1, low: 0x1.abc9e3b39803fp-56) * Wide(e) + tail
  }

  @inline(__always) static func logarithm(_ x: Double) -> Wide { logarithm(Wide(x)) }
}
