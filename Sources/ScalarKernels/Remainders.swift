import CKernelABI

// Divisions beside those of Division.swift, tests of floats, and counted rows of numbers.

func visitRemainders(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("truncateDivide") { call in
    switch call.dtype(0) {
    case Code.float where call.parameter(0) != 0: narrowQuotients(call) { truncated($0) }
    case Code.float: mapRows(call) { (x: Float, y: Float) in truncated(x / y) }
    case Code.double: mapRows(call) { (x: Double, y: Double) in truncated(x / y) }
    case Code.uint64: unsignedDivision(call) { $0 / $1 }
    default: integerDivision(call, Truncating.self)
    }
  }
  visit("floorRemainder") { call in
    switch call.dtype(0) {
    case Code.float: ef_with_strips(call) { floatRemainders($0, $1, FlooredRemainder.self) }
    case Code.double: mapRows(call) { (x: Double, y: Double) in floorRemainder(x, y) }
    case Code.uint64: unsignedDivision(call) { $0 % $1 }
    default: integerDivision(call, FlooringRemainder.self)
    }
  }
  visit("isInfinite") {
    floatTest($0) {
      $0 == .infinity
    } _: {
      $0 == .infinity
    }
  }
  visit("isNaN") {
    floatTest($0) {
      $0 != $0
    } _: {
      $0 != $0
    }
  }
  visit("isFinite") {
    floatTest($0) {
      $0 < .infinity
    } _: {
      $0 < .infinity
    }
  }
  visit("approximatelyEqual") { call in
    let tolerance = Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(0)))
    switch call.dtype(0) {
    case Code.float: return mapBinary(call) { (x: Float, y: Float) in (x - y).magnitude <= tolerance }
    case Code.double:
      let wide = Double(tolerance)
      return mapBinary(call) { (x: Double, y: Double) in (x - y).magnitude <= wide }
    default: return unsupported
    }
  }
  visit("linSpace") { call in
    switch call.dtype(0) {
    case Code.float: linSpace(call, Float.self) { Float($0) }
    case Code.double: linSpace(call, Double.self) { Double($0) }
    default: unsupported
    }
  }
  visit("range") { call in
    switch call.dtype(0) {
    case Code.float: range(call) { (start: Float, delta: Float, i: Int) in start + Float(i) * delta }
    case Code.double: range(call) { (start: Double, delta: Double, i: Int) in start + Double(i) * delta }
    case Code.int32: range(call) { (start: Int32, delta: Int32, i: Int) in start &+ Int32(truncatingIfNeeded: i) &* delta }
    case Code.int64: range(call) { (start: Int64, delta: Int64, i: Int) in start &+ Int64(i) &* delta }
    case Code.half: range(call) { (start: HalfNumber, delta: HalfNumber, i: Int) in .add(start, .multiply(HalfNumber(Float(i)), delta)) }
    case Code.bfloat16: range(call) { (start: BrainNumber, delta: BrainNumber, i: Int) in .add(start, .multiply(BrainNumber(Float(i)), delta)) }
    default: unsupported
    }
  }
}

@inline(__always)
private func truncated<T: BitFloat & BinaryFloatingPoint>(_ x: T) -> T { T.signed(T.roundedDown(x.magnitude), like: x) }

/// The remainder with the sign of `y`: `y` is added where the other one has the wrong sign.
@inline(__always)
private func floorRemainder(_ x: Double, _ y: Double) -> Double {
  let rest = Double.remainder(x, y)
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest
}

private enum FlooredRemainder: RemainderRule {
  @inline(__always) static func apply(_ rest: Float, _ y: Float) -> Float {
    let isOther = (rest.bitPattern ^ y.bitPattern) &>> 31 != 0
    return rest != 0 && isOther ? rest + y : rest
  }
}

private enum FlooringRemainder: IntegerDivision {
  @inline(__always) static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T { T.subtract(x, T.multiply(T.floorQuotient(x, y), y)) }
}

/// A truth of each number's magnitude.
@inline(__always)
private func floatTest(_ call: Call, _ single: (Float) -> Bool, _ double: (Double) -> Bool) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapUnary(call) { (x: Float) in single(x.magnitude) }
  case Code.double: mapUnary(call) { (x: Double) in double(x.magnitude) }
  default: unsupported
  }
}

/// Equal steps from the first input to the second, which is the last of several.
@inline(__always)
private func linSpace<T: BinaryFloatingPoint>(_ call: Call, _: T.Type, _ number: (Int) -> T) -> Int32 {
  let start = call.scalar(0, T.self)
  let stop = call.scalar(1, T.self)
  let out: UnsafeMutablePointer<T> = call.output()
  let last = call.count(3) &- 1
  let step = (stop - start) / number(last)
  // The first element is moved: a sum would flush it.
  if last > 0 { out[0] = start }
  var i = 1
  while i < last {
    out[i] = start + step * number(i)
    i &+= 1
  }
  if last >= 0 { out[last] = last == 0 ? start : stop }
  return ok
}

@inline(__always)
private func range<T>(_ call: Call, _ element: (T, T, Int) -> T) -> Int32 {
  let start = call.scalar(0, T.self)
  let delta = call.scalar(2, T.self)
  let out: UnsafeMutablePointer<T> = call.output()
  let count = call.count(3)
  var i = 0
  while i < count {
    out[i] = element(start, delta, i)
    i &+= 1
  }
  return ok
}
