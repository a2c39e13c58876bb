import CKernelABI

func visitArcTangent(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("atan") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in Float(ArcTangent.single(Double(x), 1)) }
    case Code.double: mapUnary(call) { (x: Double) in ArcTangent.apply(x, 1) }
    default: unsupported
    }
  }
  visit("atan2") { call in
    switch call.dtype(0) {
    case Code.float: ef_with_strips(call) { mapFunction($0, $1, FloatAngle.self) }
    case Code.double: ef_with_strips(call) { mapFunction($0, $1, DoubleAngle.self) }
    default: unsupported
    }
  }
}

private enum FloatAngle: BinaryFunction {
  @inline(__always) static func apply(_ y: Float, _ x: Float) -> Float { Float(ArcTangent.single(Double(y), Double(x))) }
}

private enum DoubleAngle: BinaryFunction {
  @inline(__always) static func apply(_ y: Double, _ x: Double) -> Double { ArcTangent.apply(y, x) }
}

/// The angle of the point (x, y). The smaller of the two is divided by the larger; beyond tan(π/8), π/4 is taken away first, as
/// atan(a/b) = π/4 + atan((a - b) / (a + b)).
enum ArcTangent {
  /// In digits enough for a float.
  @inline(__always)
  static func single(_ y: Double, _ x: Double) -> Double {
    let parts = parted(y, x)
    let t = parts.numerator / parts.denominator
    let z = t * t
    var p: Double = 0x1.9d86ebba846aap-5
    p = p * z - 0x1.6143778c10af3p-4
    p = p * z + 0x1.c57b9120eab27p-4
    p = p * z - 0x1.248a16707762dp-3
    p = p * z + 0x1.99997b10270eap-3
    p = p * z - 0x1.5555554c099a8p-2
    return placed(y, x, (t + t * (z * p)) + parts.base, 0)
  }

  @inline(__always)
  static func apply(_ y: Double, _ x: Double) -> Double {
    let parts = parted(y, x)
    let t = parts.numerator / parts.denominator
    // What the quotient lacks, and what its numerator and denominator did.
    let product = t * parts.denominator
    let lost = (parts.numerator - product) - Exponentiation.rest(t, parts.denominator, product)
    let near = parts.denominator
    let rest = (lost + (parts.numeratorRest - t * parts.denominatorRest)) / near
    let z = t * t
    var p: Double = 0x1.0acd9e91a5a35p-6
    p = p * z - 0x1.1b311bb48c215p-5
    p = p * z + 0x1.74dccfb93fff0p-5
    p = p * z - 0x1.ac7a5a79b3f26p-5
    p = p * z + 0x1.e19a0bfa3eef9p-5
    p = p * z - 0x1.110e87b4357d2p-4
    p = p * z + 0x1.3b1392d519db1p-4
    p = p * z - 0x1.745d165dc9713p-4
    p = p * z + 0x1.c71c71c303dbbp-4
    p = p * z - 0x1.249249248d7dcp-3
    p = p * z + 0x1.9999999999953p-3
    p = p * z - 0x1.5555555555555p-2
    // 0 / 0, and products whose parts are too small for numbers.
    let small = t * (z * p) + (parts.numerator.magnitude > 0x1p-900 ? rest : 0)
    let sum = parts.base + t
    return placed(y, x, sum, ((parts.base - sum) + t) + (small + (parts.base == 0 ? 0 : 0x1.1a62633145c07p-55)))
  }

  /// The quotient whose arc tangent is added to `base`, 0 or π/4.
  @inline(__always)
  private static func parted(_ y: Double, _ x: Double)
    -> (numerator: Double, numeratorRest: Double, denominator: Double, denominatorRest: Double, base: Double)
  {
    let (a, b) = (x.magnitude, y.magnitude)
    let large = a < b ? b : a
    let small = a < b ? a : b
    // Powers of two away from where sums and products leave the range.
    let scale: Double = large >= 0x1p900 ? 0x1p-200 : large < 0x1p-700 ? 0x1p200 : 1
    let (most, least) = (large * scale, small * scale)
    let difference = least - most
    let sum = least + most
    let isBeyond = least > most * 0x1.a827999fcef32p-2
    return (
      isBeyond ? difference : least, isBeyond ? least - (difference + most) : 0, isBeyond ? sum : most, isBeyond ? least - (sum - most) : 0,
      isBeyond ? 0x1.921fb54442d18p-1 : 0
    )
  }

  /// The angle from that in the first octant, `angle + rest`.
  @inline(__always)
  private static func placed(_ y: Double, _ x: Double, _ angle: Double, _ rest: Double) -> Double {
    let (a, b) = (x.magnitude, y.magnitude)
    // Equal or infinite sides have no quotient where both are.
    let isDiagonal = a == b
    let low: Double = isDiagonal ? 0x1.1a62633145c07p-55 : rest
    let octant = a == 0 && b == 0 ? 0 : isDiagonal ? 0x1.921fb54442d18p-1 : b == .infinity || a == .infinity ? 0 : angle
    let octantRest = octant == 0 ? 0 : low
    let quarter = a < b ? 0x1.921fb54442d18p0 - octant : octant
    let quarterRest = a < b ? ((0x1.921fb54442d18p0 - quarter) - octant) + (0x1.1a62633145c07p-54 - octantRest) : octantRest
    let isLeft = x.bitPattern &>> 63 != 0
    let half = isLeft ? 0x1.921fb54442d18p1 - quarter : quarter
    let halfRest = isLeft ? ((0x1.921fb54442d18p1 - half) - quarter) + (0x1.1a62633145c07p-53 - quarterRest) : quarterRest
    let result = half + halfRest
    return x != x || y != y ? x + y : Double.signed(result, like: y)
  }
}
