import CKernelABI

// Remainders of floats. Nearly all operands are near each other: their quotient is a double that rounds to an integer, whose product with
// the divisor is exact. The others take the long division.

/// What is made of the remainder that has the sign of `x`.
protocol RemainderRule { static func apply(_ rest: Float, _ y: Float) -> Float }

enum TruncatedRemainder: RemainderRule {
  @inline(__always) static func apply(_ rest: Float, _ y: Float) -> Float { rest }
}

@inline(__always)
func floatRemainders<Rule: RemainderRule>(_ call: Call, _ strips: UnsafeMutableRawPointer, _: Rule.Type) -> Int32 {
  eachRow(call) { remainderRow(Rule.self, strips, $0, $1, $2, $3, $4, $5) }
}

@inline(__always)
private func remainderRow<Rule: RemainderRule>(
  _: Rule.Type, _ strips: UnsafeMutableRawPointer, _ x: UnsafeMutablePointer<Float>, _ xStep: Int, _ y: UnsafeMutablePointer<Float>,
  _ yStep: Int, _ out: UnsafeMutablePointer<Float>, _ count: Int
) {
  eachStrip(strips, Int(EF_CAST_STRIP) / 4, x, xStep, y, yStep, out, count) { x, y, out, count in
    var far: UInt32 = 0
    var i = 0
    while i < count {
      far |= areNear(x[i], y[i]) ? 0 : 1
      i &+= 1
    }
    i = 0
    if far == 0 {
      while i < count {
        out[i] = Rule.apply(nearRemainder(x[i], y[i]), y[i])
        i &+= 1
      }
    } else {
      while i < count {
        out[i] = Rule.apply(areNear(x[i], y[i]) ? nearRemainder(x[i], y[i]) : longRemainder(x[i], y[i]), y[i])
        i &+= 1
      }
    }
  }
}

/// Whether the quotient has less than 29 bits, and the remainder is no subnormal number, which a conversion would make 0.
@inline(__always)
private func areNear(_ x: Float, _ y: Float) -> Bool {
  let (a, b) = (x.magnitude, y.magnitude)
  // From 2^-100 on, or 0, by the bits: to the processor a subnormal number is 0 too.
  let isLarge = a.bitPattern &- 1 >= 0x0D7F_FFFF
  return b >= 0x1p-100 && b < .infinity && a < .infinity && a <= b * 0x1p28 && isLarge
}

@inline(__always)
private func nearRemainder(_ x: Float, _ y: Float) -> Float {
  let (a, b) = (Double(x.magnitude), Double(y.magnitude))
  let quotient = (a / b + 0x1.8p52) - 0x1.8p52
  let rest = a - quotient * b
  return Float.signed(Float(rest < 0 ? rest + b : rest), like: x)
}

@inline(never)
private func longRemainder(_ x: Float, _ y: Float) -> Float { Float.remainder(x, y) }
