import CKernelABI

// Sine, cosine and tangent of any angle. The multiple of π/2 that is taken away is found in doubles up to 2^20 of them, beyond that in
// integers with as many places of 2/π as it takes, so that the bounds hold for all numbers.

func visitAngles(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("sin") { mapAngles($0, Sine.self) }
  visit("cos") { mapAngles($0, Cosine.self) }
  visit("tan") { mapAngles($0, Tangent.self) }
}

/// A function of an angle that has been reduced to `high + low` between -π/4 and π/4, after `quadrant` quarter turns.
protocol AngleFunction {
  /// In digits enough for a float.
  static func apply(single high: Double, _ quadrant: UInt64) -> Double
  static func apply(_ high: Double, _ low: Double, _ quadrant: UInt64) -> Double
  /// Whether its sign is that of the angle near 0.
  static var isOdd: Bool { get }
}

enum Angle {
  /// Below this, fewer than 2^20 quarter turns are taken away.
  @inline(__always) static var nearLimit: Double { 0x1.8p20 }

  /// For floats: π/2 in two parts, the product of the first is exact.
  @inline(__always)
  static func reduced(single x: Double) -> (high: Double, quadrant: UInt64) {
    let shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52
    let n = shifted - 0x1.8p52
    return ((x - n * 0x1.921fb544p0) - n * 0x1.0b4611a626331p-34, shifted.bitPattern)
  }

  /// π/2 in four parts, of which the products of three are exact.
  @inline(__always)
  static func reduced(_ x: Double) -> (high: Double, low: Double, quadrant: UInt64) {
    let shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52
    let n = shifted - 0x1.8p52
    let first = x - n * 0x1.921fb544p0
    let (second, secondRest) = sum(first, n * -0x1.0b4611a6p-34)
    let (third, thirdRest) = sum(second, n * -0x1.3198a2ep-69)
    let rest = (secondRest + thirdRest) - n * 0x1.b839a252049c1p-104
    let high = third + rest
    return (high, (third - high) + rest, shifted.bitPattern)
  }

  /// a + b, and what its rounding lost.
  @inline(__always)
  private static func sum(_ a: Double, _ b: Double) -> (Double, Double) {
    let s = a + b
    let part = s - a
    return (s, (a - (s - part)) + (b - part))
  }

  /// For numbers from ``nearLimit`` on: x times 2/π modulo 4, in 192 bits. NaN for what is not finite.
  @inline(never)
  static func reducedFar(_ x: Double) -> (high: Double, low: Double, quadrant: UInt64) {
    let bits = x.bitPattern & 0x7FFF_FFFF_FFFF_FFFF
    let exponent = Int(bits &>> 52) &- 1075
    if exponent > 971 { return (.nan, 0, 0) }
    let significand = bits & 0xF_FFFF_FFFF_FFFF | 0x10_0000_0000_0000
    // The first place of 2/π that does not only make multiples of 4; the word before the point comes first.
    let place = exponent &- 2 &+ 64
    let word = place &>> 6
    let shift = UInt64(truncatingIfNeeded: place & 63)
    let top = window(word, shift)
    let middle = window(word &+ 1, shift)
    let bottom = window(word &+ 2, shift)
    // The product's lowest 192 bits: a fraction of 4.
    let low = significand.multipliedFullWidth(by: bottom)
    let mid = significand.multipliedFullWidth(by: middle)
    let (p1, carry) = mid.low.addingReportingOverflow(low.high)
    var p2 = significand &* top &+ mid.high &+ (carry ? 1 : 0)
    var q1 = p1
    var q0 = low.low
    // The nearest quarter turn, and what is left as a signed fraction of one.
    var quadrant = (p2 &+ 0x2000_0000_0000_0000) &>> 62
    p2 = p2 &- quadrant &<< 62
    var isNegative = p2 &>> 63 != 0
    if isNegative {
      q0 = 0 &- q0
      let borrow1: UInt64 = q0 != 0 ? 1 : 0
      let before = q1
      q1 = 0 &- q1 &- borrow1
      p2 = 0 &- p2 &- (before != 0 || borrow1 != 0 ? 1 : 0)
    }
    // Leading zeros go, so that two doubles hold a hundred of its bits.
    var scale = 0x1p-62
    if p2 == 0 {
      (p2, q1, q0) = (q1, q0, 0)
      scale *= 0x1p-64
    }
    let zeros = UInt64(truncatingIfNeeded: p2.leadingZeroBitCount)
    if zeros != 0 && zeros < 64 {
      p2 = p2 &<< zeros | q1 &>> (64 &- zeros)
      q1 = q1 &<< zeros | q0 &>> (64 &- zeros)
      scale *= Double(bitPattern: (1023 &- zeros) &<< 52)
    }
    let a = Double(p2 &>> 11) * 0x1p11 * scale
    let b = (Double(p2 & 0x7FF) + Double(q1 &>> 11) * 0x1p-53) * scale
    let product = a * 0x1.921fb54442d18p0
    let rest = Exponentiation.rest(a, 0x1.921fb54442d18p0, product) + (a * 0x1.1a62633145c07p-54 + b * 0x1.921fb54442d18p0)
    let high = product + rest
    let under = (product - high) + rest
    if x < 0 {
      isNegative.toggle()
      quadrant = 0 &- quadrant
    }
    return isNegative ? (-high, -under, quadrant) : (high, under, quadrant)
  }

  /// 64 places of 2/π.
  @inline(__always)
  private static func window(_ word: Int, _ shift: UInt64) -> UInt64 {
    let first = ef_two_over_pi(Int64(word))
    let second = ef_two_over_pi(Int64(word &+ 1))
    return shift == 0 ? first : first &<< shift | second &>> (64 &- shift)
  }
}

enum Sine: AngleFunction {
  @inline(__always) static var isOdd: Bool { true }

  @inline(__always) static func apply(single high: Double, _ quadrant: UInt64) -> Double {
    let (sine, cosine) = SineCosine.single(high)
    return turned(quadrant & 1 != 0 ? cosine : sine, quadrant)
  }

  @inline(__always) static func apply(_ high: Double, _ low: Double, _ quadrant: UInt64) -> Double {
    let (sine, cosine) = SineCosine.polynomials(high, low)
    return turned(quadrant & 1 != 0 ? cosine.high : sine.high, quadrant)
  }

  /// The other sign in the third and fourth quadrant.
  @inline(__always) private static func turned(_ x: Double, _ quadrant: UInt64) -> Double {
    Double(bitPattern: x.bitPattern ^ (quadrant & 2) &<< 62)
  }
}

enum Cosine: AngleFunction {
  @inline(__always) static var isOdd: Bool { false }

  @inline(__always) static func apply(single high: Double, _ quadrant: UInt64) -> Double { Sine.apply(single: high, quadrant &+ 1) }

  @inline(__always) static func apply(_ high: Double, _ low: Double, _ quadrant: UInt64) -> Double { Sine.apply(high, low, quadrant &+ 1) }
}

enum Tangent: AngleFunction {
  @inline(__always) static var isOdd: Bool { true }

  @inline(__always) static func apply(single high: Double, _ quadrant: UInt64) -> Double {
    let (sine, cosine) = SineCosine.single(high)
    let swaps = quadrant & 1 != 0
    return (swaps ? -cosine : sine) / (swaps ? sine : cosine)
  }

  /// The quotient is corrected by what its rounding, and those of sine and cosine, lost.
  @inline(__always) static func apply(_ high: Double, _ low: Double, _ quadrant: UInt64) -> Double {
    let (sine, cosine) = SineCosine.polynomials(high, low)
    let swaps = quadrant & 1 != 0
    let (above, aboveRest) = swaps ? (-cosine.high, -cosine.rest) : (sine.high, sine.rest)
    let (below, belowRest) = swaps ? (sine.high, sine.rest) : (cosine.high, cosine.rest)
    let quotient = above / below
    let product = quotient * below
    let lost = ((above - product) - Exponentiation.rest(quotient, below, product)) + (aboveRest - quotient * belowRest)
    return quotient + lost / below
  }
}

private func mapAngles<Op: AngleFunction>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: return mapAngles(call, Op.self, Float.self)
  case Code.double: return mapAngles(call, Op.self, Double.self)
  default: return unsupported
  }
}

/// A dtype of angles.
private protocol AngleElement {
  var magnitudeAsDouble: Double { get }
  static func near<Op: AngleFunction>(_ x: Self, _: Op.Type) -> Self
  static func far<Op: AngleFunction>(_ x: Self, _: Op.Type) -> Self
}

extension Float: AngleElement {
  @inline(__always) fileprivate var magnitudeAsDouble: Double { Double(magnitude) }

  @inline(__always) fileprivate static func near<Op: AngleFunction>(_ x: Float, _: Op.Type) -> Float {
    let angle = Angle.reduced(single: Double(x))
    let y = Float(Op.apply(single: angle.high, angle.quadrant))
    return Op.isOdd && x == 0 ? signed(0, like: x) : y
  }

  @inline(__always) fileprivate static func far<Op: AngleFunction>(_ x: Float, _: Op.Type) -> Float {
    let angle = Angle.reducedFar(Double(x))
    return Float(Op.apply(single: angle.high, angle.quadrant))
  }
}

extension Double: AngleElement {
  @inline(__always) fileprivate var magnitudeAsDouble: Double { magnitude }

  @inline(__always) fileprivate static func near<Op: AngleFunction>(_ x: Double, _: Op.Type) -> Double {
    let angle = Angle.reduced(x)
    let y = Op.apply(angle.high, angle.low, angle.quadrant)
    return Op.isOdd && x == 0 ? signed(0, like: x) : y
  }

  @inline(__always) fileprivate static func far<Op: AngleFunction>(_ x: Double, _: Op.Type) -> Double {
    let angle = Angle.reducedFar(x)
    return Op.apply(angle.high, angle.low, angle.quadrant)
  }
}

/// A strip at a time: one with near angles only, as nearly all are, is a loop without branches.
@inline(__always)
private func mapAngles<Op: AngleFunction, T: AngleElement>(_ call: Call, _: Op.Type, _: T.Type) -> Int32 {
  let x: UnsafeMutablePointer<T> = call.buffer(0)
  let out: UnsafeMutablePointer<T> = call.output()
  let count = call.count(1)
  var from = 0
  while from < count {
    let to = count &- from < 512 ? count : from &+ 512
    var far = 0
    var i = from
    while i < to {
      far |= x[i].magnitudeAsDouble < Angle.nearLimit ? 0 : 1
      i &+= 1
    }
    i = from
    if far == 0 {
      while i < to {
        out[i] = T.near(x[i], Op.self)
        i &+= 1
      }
    } else {
      while i < to {
        out[i] = x[i].magnitudeAsDouble < Angle.nearLimit ? T.near(x[i], Op.self) : T.far(x[i], Op.self)
        i &+= 1
      }
    }
    from = to
  }
  return ok
}
