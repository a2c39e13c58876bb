import CKernelABI

/// Sine and cosine of an angle from 0 to 2π: the nearest multiple of π/2 is taken away in parts whose products are exact, the rest
/// is Taylor's polynomial. Within 1 ULP. See Angles.swift for any angle.
enum SineCosine {
  @inline(__always) static func apply(_ x: Float) -> (sine: Float, cosine: Float) {
    let shifted = x * 0x1.45f306p-1 + 0x1.8p23
    let n = shifted - 0x1.8p23
    let r = ((x - n * 0x1.922p0) - n * -0x1.2afp-18) - n * 0x1.0b4612p-34
    let z = r * r
    var p: Float = 0x1.71de3ap-19
    p = p * z - 0x1.a01a02p-13
    p = p * z + 0x1.111112p-7
    p = p * z - 0x1.555556p-3
    let sine = r + r * (z * p)
    var q: Float = -0x1.27e4fcp-22
    q = q * z + 0x1.a01a02p-16
    q = q * z - 0x1.6c16c2p-10
    q = q * z + 0x1.555556p-5
    let cosine = 1 - (0.5 * z - (z * z) * q)
    let quadrant = shifted.bitPattern
    let swaps = quadrant & 1 != 0
    let s = swaps ? cosine : sine
    let c = swaps ? sine : cosine
    return (
      Float(bitPattern: s.bitPattern ^ (quadrant & 2) &<< 30), Float(bitPattern: c.bitPattern ^ ((quadrant &+ 1) & 2) &<< 30)
    )
  }

  @inline(__always) static func apply(_ x: Double) -> (sine: Double, cosine: Double) {
    let shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52
    let n = shifted - 0x1.8p52
    let high = x - n * 0x1.921fb54442d00p0
    let low = n * 0x1.8469898cc5170p-48
    let r = high - low
    // What the subtraction rounded off, and the third part of π/2.
    let rest = ((high - r) - low) - n * 0x1.b839a252049c1p-104
    let (sine, cosine) = polynomials(r, rest)
    let quadrant = shifted.bitPattern
    let swaps = quadrant & 1 != 0
    let s = swaps ? cosine.high : sine.high
    let c = swaps ? sine.high : cosine.high
    return (
      Double(bitPattern: s.bitPattern ^ (quadrant & 2) &<< 62), Double(bitPattern: c.bitPattern ^ ((quadrant &+ 1) & 2) &<< 62)
    )
  }

  /// Sine and cosine of r + rest between -π/4 and π/4, and what their last additions rounded off.
  @inline(__always)
  static func polynomials(_ r: Double, _ rest: Double) -> (sine: (high: Double, rest: Double), cosine: (high: Double, rest: Double)) {
    let z = r * r
    var p: Double = 0x1.952c77030ad4ap-49
    p = p * z - 0x1.ae7f3e733b81fp-41
    p = p * z + 0x1.6124613a86d09p-33
    p = p * z - 0x1.ae64567f544e4p-26
    p = p * z + 0x1.71de3a556c734p-19
    p = p * z - 0x1.a01a01a01a01ap-13
    p = p * z + 0x1.1111111111111p-7
    p = p * z - 0x1.5555555555555p-3
    let small = r * (z * p) + rest
    let sine = r + small
    var q: Double = -0x1.6827863b97d97p-53
    q = q * z + 0x1.ae7f3e733b81fp-45
    q = q * z - 0x1.93974a8c07c9dp-37
    q = q * z + 0x1.1eed8eff8d898p-29
    q = q * z - 0x1.27e4fb7789f5cp-22
    q = q * z + 0x1.a01a01a01a01ap-16
    q = q * z - 0x1.6c16c16c16c17p-10
    q = q * z + 0x1.5555555555555p-5
    let half = 0.5 * z
    let near = 1 - half
    let rounded = ((1 - near) - half) + ((z * z) * q - r * rest)
    let cosine = near + rounded
    return ((sine, (r - sine) + small), (cosine, (near - cosine) + rounded))
  }

  /// The same in digits enough for a float.
  @inline(__always) static func single(_ r: Double) -> (sine: Double, cosine: Double) {
    let z = r * r
    var p: Double = 0x1.6dbbee63fbd5cp-19
    p = p * z - 0x1.a013a116ee9c5p-13
    p = p * z + 0x1.11110dea5f29ep-7
    p = p * z - 0x1.555555545c0fdp-3
    var q: Double = -0x1.2522e707282ddp-22
    q = q * z + 0x1.a015c028ae9c5p-16
    q = q * z - 0x1.6c16bf51b1490p-10
    q = q * z + 0x1.5555555502261p-5
    return (r + r * (z * p), 1 - (0.5 * z - (z * z) * q))
  }
}
