import CKernelABI

func visitComparison(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("equal") { call in
    switch call.dtype(0) {
    case Code.bool: mapBinary(call) { (x: UInt8, y: UInt8) in truth((x != 0) == (y != 0)) }
    // Equal strings of one pool have equal handles.
    case Code.string: mapBinary(call) { (x: Int64, y: Int64) in truth(x == y) }
    default: compare(call, EqualTo.self)
    }
  }
  visit("notEqual") { call in
    switch call.dtype(0) {
    case Code.bool: mapBinary(call) { (x: UInt8, y: UInt8) in truth((x != 0) != (y != 0)) }
    case Code.string: mapBinary(call) { (x: Int64, y: Int64) in truth(x != y) }
    default: compare(call, NotEqualTo.self)
    }
  }
  visit("lessEqual") { compare($0, AtMost.self) }
  visit("greaterEqual") { compare($0, AtLeast.self) }
  visit("logicalOr") { call in mapBinary(call) { (x: UInt8, y: UInt8) in truth(x != 0) | truth(y != 0) } }
  visit("less") { compare($0, LessThan.self) }
  visit("greater") { compare($0, GreaterThan.self) }
  visit("logicalAnd") { call in mapBinary(call) { (x: UInt8, y: UInt8) in truth(x != 0) & truth(y != 0) } }
  visit("logicalNot") { call in mapUnary(call) { (x: UInt8) in truth(x == 0) } }
}

@inline(__always)
func compare<Op: NumericComparison>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapBinary(call) { (x: Float, y: Float) in truth(Op.holds(x, y)) }
  case Code.double: mapBinary(call) { (x: Double, y: Double) in truth(Op.holds(x, y)) }
  case Code.int32: mapBinary(call) { (x: Int32, y: Int32) in truth(Op.holds(x, y)) }
  case Code.int64: mapBinary(call) { (x: Int64, y: Int64) in truth(Op.holds(x, y)) }
  default: unsupported
  }
}
