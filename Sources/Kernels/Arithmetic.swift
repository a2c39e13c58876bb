import CKernelABI

func visitArithmetic(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("negate") { numericUnary($0, Negate.self) }
  visit("add") { numericBinary($0, Add.self) }
}

/// What the generic kernels need of an element type. Integers wrap around, as in TensorFlow.
protocol KernelNumber {
  static func add(_ a: Self, _ b: Self) -> Self
  static func negate(_ a: Self) -> Self
}

extension KernelNumber where Self: FixedWidthInteger {
  @inline(__always) static func add(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func negate(_ a: Self) -> Self { 0 &- a }
}

extension KernelNumber where Self: BinaryFloatingPoint {
  @inline(__always) static func add(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func negate(_ a: Self) -> Self { -a }
}

extension Float: KernelNumber {}
extension Double: KernelNumber {}
extension Int8: KernelNumber {}
extension Int16: KernelNumber {}
extension Int32: KernelNumber {}
extension Int64: KernelNumber {}
extension UInt8: KernelNumber {}
extension UInt16: KernelNumber {}

protocol NumericUnary { static func apply<T: KernelNumber>(_ x: T) -> T }
protocol NumericBinary { static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T }

enum Negate: NumericUnary { @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.negate(x) } }
enum Add: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.add(x, y) } }

@inline(__always)
func numericUnary<Op: NumericUnary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapUnary(call) { (x: Float) in Op.apply(x) }
  case Code.double: mapUnary(call) { (x: Double) in Op.apply(x) }
  case Code.int8: mapUnary(call) { (x: Int8) in Op.apply(x) }
  case Code.int16: mapUnary(call) { (x: Int16) in Op.apply(x) }
  case Code.int32: mapUnary(call) { (x: Int32) in Op.apply(x) }
  case Code.int64: mapUnary(call) { (x: Int64) in Op.apply(x) }
  case Code.uint8: mapUnary(call) { (x: UInt8) in Op.apply(x) }
  case Code.uint16: mapUnary(call) { (x: UInt16) in Op.apply(x) }
  default: unsupported
  }
}

@inline(__always)
func numericBinary<Op: NumericBinary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapBinary(call) { (x: Float, y: Float) in Op.apply(x, y) }
  case Code.double: mapBinary(call) { (x: Double, y: Double) in Op.apply(x, y) }
  case Code.int8: mapBinary(call) { (x: Int8, y: Int8) in Op.apply(x, y) }
  case Code.int16: mapBinary(call) { (x: Int16, y: Int16) in Op.apply(x, y) }
  case Code.int32: mapBinary(call) { (x: Int32, y: Int32) in Op.apply(x, y) }
  case Code.int64: mapBinary(call) { (x: Int64, y: Int64) in Op.apply(x, y) }
  case Code.uint8: mapBinary(call) { (x: UInt8, y: UInt8) in Op.apply(x, y) }
  case Code.uint16: mapBinary(call) { (x: UInt16, y: UInt16) in Op.apply(x, y) }
  default: unsupported
  }
}
