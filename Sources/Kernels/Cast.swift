import CKernelABI

// Conversions go by way of four dtypes: float, double, int32, int64. The others have loops to and from the one of these that holds all their
// numbers (`Hub`), a strip of the tensor at a time, so that their number stays small.

func visitCast(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("cast") { call in
    let from = plain(call.dtype(0))
    let to = plain(call.dtype(1))
    let x = UnsafeRawPointer(call.buffer(0, UInt8.self))
    let out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
    let count = call.count(1)
    if from == to {
      out.copyMemory(from: x, byteCount: count &* Code.size(to))
      return ok
    }
    if from == Code.bfloat16 && to == Code.bool {
      // Subnormal numbers are not 0 here, as they would be as floats.
      loop(x, out, count) { (x: UInt16) in truth(x & 0x7FFF != 0) }
      return ok
    }
    let (a, b) = (hub(from), hub(to))
    if a == Code.bool && from != Code.bool || b == Code.bool && to != Code.bool { return unsupported }
    if a == from && b == to && a != Code.bool {
      convert(x, a, out, b, count)
      return ok
    }
    return ef_with_strips(call) { call, strips in
      castByStrips(UnsafePointer(call), strips)
      return ok
    }
  }
}

/// The dtype that a quantised one is stored as.
@inline(__always)
private func plain(_ dtype: UInt8) -> UInt8 {
  switch dtype {
  case Code.qint8: Code.int8
  case Code.quint8: Code.uint8
  case Code.qint16: Code.int16
  case Code.quint16: Code.uint16
  case Code.qint32: Code.int32
  default: dtype
  }
}

/// The dtype by way of which another is converted: itself for bool as a target, and bool for what has no conversion here.
@inline(__always)
private func hub(_ dtype: UInt8) -> UInt8 {
  switch dtype {
  case Code.float, Code.half, Code.bfloat16: Code.float
  case Code.double: Code.double
  case Code.int8, Code.int16, Code.int32, Code.uint8, Code.uint16: Code.int32
  case Code.int64, Code.uint32: Code.int64
  default: Code.bool
  }
}

private func castByStrips(_ call: Call, _ strips: UnsafeMutableRawPointer) {
  let from = plain(call.dtype(0))
  let to = plain(call.dtype(1))
  let a = from == Code.bool ? Code.int32 : hub(from)
  let b = to == Code.bool ? Code.bool : hub(to)
  let size = Int(EF_CAST_STRIP) / 8
  let count = call.count(1)
  var x = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var done = 0
  while done < count {
    let part = size < count &- done ? size : count &- done
    var at = x
    if a != from {
      let target = a == to ? out : strips
      widen(x, from, target, part)
      at = UnsafeRawPointer(target)
    }
    if a != b {
      let target = b == to ? out : strips + Int(EF_CAST_STRIP)
      convert(at, a, target, b, part)
      at = UnsafeRawPointer(target)
    }
    if b != to { narrow(at, out, to, part) }
    x += part &* Code.size(from)
    out += part &* Code.size(to)
    done &+= part
  }
}

@inline(__always)
private func loop<X, R>(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int, _ body: (X) -> R) {
  let x = x.assumingMemoryBound(to: X.self)
  let out = out.assumingMemoryBound(to: R.self)
  var i = 0
  while i < count {
    out[i] = body(x[i])
    i &+= 1
  }
}

/// To the hub.
private func widen(_ x: UnsafeRawPointer, _ from: UInt8, _ out: UnsafeMutableRawPointer, _ count: Int) {
  switch from {
  case Code.half: loop(x, out, count) { (x: UInt16) in ef_float_of_half(x) }
  case Code.bfloat16: loop(x, out, count) { (x: UInt16) in Float(bitPattern: UInt32(x) &<< 16) }
  case Code.int8: loop(x, out, count) { (x: Int8) in Int32(x) }
  case Code.int16: loop(x, out, count) { (x: Int16) in Int32(x) }
  case Code.uint8: loop(x, out, count) { (x: UInt8) in Int32(x) }
  case Code.uint16: loop(x, out, count) { (x: UInt16) in Int32(x) }
  case Code.uint32: loop(x, out, count) { (x: UInt32) in Int64(x) }
  default: loop(x, out, count) { (x: UInt8) in Int32(truth(x != 0)) }
  }
}

/// From the hub. Integers lose their upper bits.
private func narrow(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ to: UInt8, _ count: Int) {
  switch to {
  case Code.half: loop(x, out, count) { (x: Float) in ef_half_of_float(x) }
  case Code.bfloat16: loop(x, out, count) { (x: Float) in ef_bfloat16_of_float(x) }
  case Code.int8, Code.uint8: loop(x, out, count) { (x: Int32) in UInt8(truncatingIfNeeded: x) }
  case Code.int16, Code.uint16: loop(x, out, count) { (x: Int32) in UInt16(truncatingIfNeeded: x) }
  default: loop(x, out, count) { (x: Int64) in UInt32(truncatingIfNeeded: x) }
  }
}

/// From a hub to another, or to bool.
private func convert(_ x: UnsafeRawPointer, _ from: UInt8, _ out: UnsafeMutableRawPointer, _ to: UInt8, _ count: Int) {
  switch from {
  case Code.float: convert(x, out, to, count, Float.self)
  case Code.double: convert(x, out, to, count, Double.self)
  case Code.int32: convert(x, out, to, count, Int32.self)
  default: convert(x, out, to, count, Int64.self)
  }
}

@inline(__always)
private func convert<X: Hub>(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ to: UInt8, _ count: Int, _: X.Type) {
  switch to {
  case Code.float: loop(x, out, count) { (x: X) in x.asFloat }
  case Code.double: loop(x, out, count) { (x: X) in x.asDouble }
  case Code.int32: loop(x, out, count) { (x: X) in x.asInt32 }
  case Code.int64: loop(x, out, count) { (x: X) in x.asInt64 }
  default: loop(x, out, count) { (x: X) in truth(x.isNonzero) }
  }
}

/// The conversions of one element type.
private protocol Hub {
  var asFloat: Float { get }
  var asDouble: Double { get }
  /// The lowest 32 bits of an integer; the integer part of a float, `Int32.min` for NaN and what does not fit.
  var asInt32: Int32 { get }
  var asInt64: Int64 { get }
  var isNonzero: Bool { get }
}

extension Hub where Self: FixedWidthInteger {
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) var asInt32: Int32 { Int32(truncatingIfNeeded: self) }
  @inline(__always) var asInt64: Int64 { Int64(truncatingIfNeeded: self) }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Float: Hub {
  @inline(__always) var asFloat: Float { self }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) var asInt32: Int32 { self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min }
  @inline(__always) var asInt64: Int64 { self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Double: Hub {
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { self }
  @inline(__always) var asInt32: Int32 { self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min }
  @inline(__always) var asInt64: Int64 { self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Int32: Hub {}
extension Int64: Hub {}
