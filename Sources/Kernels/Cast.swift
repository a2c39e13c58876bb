import CKernelABI

func visitCast(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("cast") { call in
    switch call.dtype(0) {
    case Code.float: cast(call) { (x: Float) in x }
    case Code.double: cast(call) { (x: Double) in x }
    case Code.int8: cast(call) { (x: Int8) in x }
    case Code.int16: cast(call) { (x: Int16) in x }
    case Code.int32: cast(call) { (x: Int32) in x }
    case Code.int64: cast(call) { (x: Int64) in x }
    case Code.uint8: cast(call) { (x: UInt8) in x }
    case Code.uint16: cast(call) { (x: UInt16) in x }
    case Code.bool: cast(call) { (x: UInt8) in truth(x != 0) }
    default: unsupported
    }
  }
}

/// The conversions of one element type.
protocol Castable {
  var asFloat: Float { get }
  var asDouble: Double { get }
  /// The lowest 32 bits of an integer; the integer part of a float, `Int32.min` for NaN and what does not fit.
  var asInt32: Int32 { get }
  var asInt64: Int64 { get }
  var isNonzero: Bool { get }
}

extension Castable where Self: FixedWidthInteger {
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) var asInt32: Int32 { Int32(truncatingIfNeeded: self) }
  @inline(__always) var asInt64: Int64 { Int64(truncatingIfNeeded: self) }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Float: Castable {
  @inline(__always) var asFloat: Float { self }
  @inline(__always) var asDouble: Double { Double(self) }
  @inline(__always) var asInt32: Int32 { self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min }
  @inline(__always) var asInt64: Int64 { self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Double: Castable {
  @inline(__always) var asFloat: Float { Float(self) }
  @inline(__always) var asDouble: Double { self }
  @inline(__always) var asInt32: Int32 { self >= -0x1p31 && self < 0x1p31 ? Int32(self) : .min }
  @inline(__always) var asInt64: Int64 { self >= -0x1p63 && self < 0x1p63 ? Int64(self) : .min }
  @inline(__always) var isNonzero: Bool { self != 0 }
}

extension Int8: Castable {}
extension Int16: Castable {}
extension Int32: Castable {}
extension Int64: Castable {}
extension UInt8: Castable {}
extension UInt16: Castable {}

/// Casts to the output's dtype. Narrow integers are cut out of 32 bits, as TensorFlow's conversion of single elements does.
@inline(__always)
private func cast<X, S: Castable>(_ call: Call, _ read: (X) -> S) -> Int32 {
  switch call.dtype(1) {
  case Code.float: mapUnary(call) { (x: X) in read(x).asFloat }
  case Code.double: mapUnary(call) { (x: X) in read(x).asDouble }
  case Code.int8: mapUnary(call) { (x: X) in Int8(truncatingIfNeeded: read(x).asInt32) }
  case Code.int16: mapUnary(call) { (x: X) in Int16(truncatingIfNeeded: read(x).asInt32) }
  case Code.int32: mapUnary(call) { (x: X) in read(x).asInt32 }
  case Code.int64: mapUnary(call) { (x: X) in read(x).asInt64 }
  case Code.uint8: mapUnary(call) { (x: X) in UInt8(truncatingIfNeeded: read(x).asInt32) }
  case Code.uint16: mapUnary(call) { (x: X) in UInt16(truncatingIfNeeded: read(x).asInt32) }
  case Code.bool: mapUnary(call) { (x: X) in truth(read(x).isNonzero) }
  default: unsupported
  }
}
