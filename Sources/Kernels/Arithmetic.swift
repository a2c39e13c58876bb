import CKernelABI

func visitArithmetic(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("add") { numericBinary($0, Add.self) }
  visit("subtract") { numericBinary($0, Subtract.self) }
  visit("multiply") { numericBinary($0, Multiply.self) }
  visit("minimum") { numericBinary($0, Minimum.self) }
  visit("maximum") { numericBinary($0, Maximum.self) }
  visit("square") { numericUnary($0, Square.self) }
  visit("squaredDifference") { numericBinary($0, SquaredDifference.self) }
  visit("negate") { numericUnary($0, Negate.self) }
  visit("abs") { numericUnary($0, Abs.self) }
  visit("sign") { numericUnary($0, Sign.self) }
}

@inline(__always)
func numericUnary<Op: NumericUnary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapUnary(call) { (x: Float) in Op.apply(x) }
  case Code.double: mapUnary(call) { (x: Double) in Op.apply(x) }
  case Code.int32: mapUnary(call) { (x: Int32) in Op.apply(x) }
  case Code.int64: mapUnary(call) { (x: Int64) in Op.apply(x) }
  default: unsupported
  }
}

@inline(__always)
func numericBinary<Op: NumericBinary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapBinary(call) { (x: Float, y: Float) in Op.apply(x, y) }
  case Code.double: mapBinary(call) { (x: Double, y: Double) in Op.apply(x, y) }
  case Code.int32: mapBinary(call) { (x: Int32, y: Int32) in Op.apply(x, y) }
  case Code.int64: mapBinary(call) { (x: Int64, y: Int64) in Op.apply(x, y) }
  default: unsupported
  }
}
