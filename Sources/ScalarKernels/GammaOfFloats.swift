import CKernelABI

extension Gamma {
  /// log |Γ(x)| of a float, in doubles with digits enough for it.
  @inline(__always)
  static func logarithm(_ x: Float) -> Float {
    if x > 0 && x < 16 { return Float(nearLogarithm(Double(x))) }
    return Float(farLogarithm(Double(x)))
  }

  /// For x from 0 to 16: a polynomial of the table, which is chosen by the exponent and two more bits.
  @inline(__always)
  private static func nearLogarithm(_ x: Double) -> Double {
    // Γ(1 + x) = x Γ(x)
    let t = x < 0.5 ? x + 1 : x
    let row = ef_lgamma_row(Int64(t.bitPattern &>> 50) &- 1022 &* 4)
    let u = t - row[0]
    // The even and the odd powers are two chains that the processor computes side by side.
    let square = u * u
    var odd = row[10]
    odd = odd * square + row[8]
    odd = odd * square + row[6]
    odd = odd * square + row[4]
    odd = odd * square + row[2]
    var even = row[9]
    even = even * square + row[7]
    even = even * square + row[5]
    even = even * square + row[3]
    even = even * square + row[1]
    let p = even + u * odd
    return x < 0.5 ? p - Logarithm.apply(x) : p
  }

  /// Beyond 16, and from 0 down.
  @inline(never)
  private static func farLogarithm(_ x: Double) -> Double {
    if x >= 16 { return farPositive(x) }
    let size = -x
    // What is not a number between two poles.
    if !(size < 0x1p52) || size == Double.roundedDown(size) || size < 0x1p-60 { return logarithm(x) }
    // Γ(x) Γ(1 - x) = π / sin(πx); the distance from the nearest integer is exact.
    let distance = (size - Double.roundedToEven(size)).magnitude
    let sine =
      distance <= 0.25
      ? SineCosine.single(distance * 0x1.921fb54442d18p1).sine : SineCosine.single((0.5 - distance) * 0x1.921fb54442d18p1).cosine
    let positive = size < 16 ? nearLogarithm(size) : farPositive(size)
    let y = Logarithm.apply(0x1.921fb54442d18p1 / (sine * size)) - positive
    // Near the zeros between the poles nearly all digits cancel.
    return y.magnitude > 0x1p-4 * (1 + positive) ? y : logarithm(x)
  }

  /// Stirling's formula from 16 on.
  @inline(__always)
  private static func farPositive(_ x: Double) -> Double {
    if x == .infinity { return x }
    let inverse = 1 / x
    let z = inverse * inverse
    let series = inverse * (0x1.5555555555555p-4 - z * (0x1.6c16c16c16c17p-9 - z * (0x1.a01a01a01a01ap-11 - z * 0x1.3813813813814p-11)))
    return (x - 0.5) * Logarithm.apply(x) - x + (0x1.d67f1c864beb5p-1 + series)
  }
}
