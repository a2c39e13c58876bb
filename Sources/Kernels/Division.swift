import CKernelABI

func visitDivision(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("divide") { call in
    switch call.dtype(0) {
    case Code.float: mapBinary(call) { (x: Float, y: Float) in x / y }
    case Code.double: mapBinary(call) { (x: Double, y: Double) in x / y }
    default: integerDivision(call, Truncating.self)
    }
  }
  visit("floorDivide") { call in
    switch call.dtype(0) {
    case Code.float where call.parameter(0) != 0: narrowQuotients(call, Float.roundedDown)
    case Code.float: mapBinary(call) { (x: Float, y: Float) in Float.roundedDown(x / y) }
    case Code.double: mapBinary(call) { (x: Double, y: Double) in Double.roundedDown(x / y) }
    default: integerDivision(call, Flooring.self)
    }
  }
  visit("remainder") { call in
    switch call.dtype(0) {
    case Code.float: ef_with_strips(call) { floatRemainders($0, $1, TruncatedRemainder.self) }
    case Code.double: mapRows(call) { (x: Double, y: Double) in Double.remainder(x, y) }
    case Code.int32: integerMap(call) { (x: Int32, y: Int32) in x &- Int32.quotient(x, y) &* y }
    case Code.int64: integerMap(call) { (x: Int64, y: Int64) in x &- Int64.quotient(x, y) &* y }
    default: unsupported
    }
  }
}

/// Whole quotients of 16-bit floats, which TensorFlow rounds to their dtype before it drops the fractions. Parameter: the dtype, 0 for others.
@inline(__always)
func narrowQuotients(_ call: Call, _ whole: (Float) -> Float) -> Int32 {
  let status = mapBinary(call) { (x: Float, y: Float) in x / y }
  let out = call.output(0, Float.self)
  let count = call.count(2)
  var i = 0
  if call.parameter(0) == Int(Code.half) {
    while i < count {
      out[i] = whole(ef_float_of_half(ef_half_of_float(out[i])))
      i &+= 1
    }
  } else {
    while i < count {
      out[i] = whole(Float(bitPattern: UInt32(ef_bfloat16_of_float(out[i])) &<< 16))
      i &+= 1
    }
  }
  return status
}

protocol IntegerDivision { static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T }

enum Truncating: IntegerDivision {
  @inline(__always) static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T { T.quotient(x, y) }
}

enum Flooring: IntegerDivision {
  @inline(__always) static func apply<T: KernelInteger>(_ x: T, _ y: T) -> T { T.floorQuotient(x, y) }
}

@inline(__always)
func integerDivision<Op: IntegerDivision>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.int32: integerMap(call) { (x: Int32, y: Int32) in Op.apply(x, y) }
  case Code.int64: integerMap(call) { (x: Int64, y: Int64) in Op.apply(x, y) }
  default: unsupported
  }
}

/// A division; a zero among the divisors is a fault unless there is no result at all.
@inline(__always)
func integerMap<T: KernelInteger & FixedWidthInteger>(_ call: Call, _ body: (T, T) -> T) -> Int32 {
  if call.count(2) == 0 { return ok }
  let divisors: UnsafeMutablePointer<T> = call.buffer(1)
  let count = call.count(1)
  var zeros: T = 0
  var i = 0
  while i < count {
    zeros |= divisors[i] == 0 ? 1 : 0
    i &+= 1
  }
  return zeros == 0 ? mapBinary(call, body) : divisionByZero
}
