import CKernelABI

func visitRounding(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("floor") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in Float.roundedDown(x) }
    case Code.double: mapUnary(call) { (x: Double) in Double.roundedDown(x) }
    default: unsupported
    }
  }
  visit("ceil") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in Float.roundedUp(x) }
    case Code.double: mapUnary(call) { (x: Double) in Double.roundedUp(x) }
    default: unsupported
    }
  }
  visit("round") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in Float.roundedToEven(x) }
    case Code.double: mapUnary(call) { (x: Double) in Double.roundedToEven(x) }
    case Code.int32: mapUnary(call) { (x: Int32) in x }
    case Code.int64: mapUnary(call) { (x: Int64) in x }
    default: unsupported
    }
  }
}

/// Rounding without the C library, which `rounded()` would call on processors that have no instruction for it.
extension BitFloat where Self: BinaryFloatingPoint {
  /// The nearest integer, the even one of two, for a magnitude below ``integersFrom``.
  ///
  /// The sum has no bits for a fraction, so that the addition rounds.
  @inline(__always) private static func nearest(_ magnitude: Self) -> Self { (magnitude + integersFrom) - integersFrom }

  /// The nearest integer; of two the even one. NaN, infinities and integers stay, -0 and what rounds to it too.
  @inline(__always) static func roundedToEven(_ x: Self) -> Self {
    let magnitude = x.magnitude
    return magnitude < integersFrom ? signed(nearest(magnitude), like: x) : x
  }

  /// The largest integer not above `x`.
  @inline(__always) static func roundedDown(_ x: Self) -> Self {
    let magnitude = x.magnitude
    let near = signed(nearest(magnitude), like: x)
    return magnitude < integersFrom ? signed(near > x ? near - 1 : near, like: x) : x
  }

  /// The smallest integer not below `x`.
  @inline(__always) static func roundedUp(_ x: Self) -> Self {
    let magnitude = x.magnitude
    let near = signed(nearest(magnitude), like: x)
    return magnitude < integersFrom ? signed(near < x ? near + 1 : near, like: x) : x
  }
}
