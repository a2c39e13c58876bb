import CKernelABI

/// Kernels that move tensors as a whole and change variables. An update writes where its first input lies; the new value is no output
/// of its own.
func visitState(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("copy") { call in
    call.output(0, UInt8.self).update(from: call.buffer(0), count: call.parameter(0))
    return ok
  }
  visit("pick") { call in
    call.output(0, UInt8.self).update(from: call.buffer(call.parameter(0)), count: call.parameter(1))
    return ok
  }
  visit("clear") { call in
    call.output(0, UInt8.self).update(repeating: 0, count: call.parameter(0))
    return ok
  }
  visit("assign") { call in
    call.buffer(0, UInt8.self).update(from: call.buffer(1), count: call.parameter(0))
    return ok
  }
  visit("assignAdd") { accumulate($0, Add.self) }
  visit("assignSubtract") { accumulate($0, Subtract.self) }
  visit("countUpTo") { call in
    switch call.dtype(0) {
    case Code.int32: countUpTo(call, Int32.self)
    case Code.int64: countUpTo(call, Int64.self)
    default: unsupported
    }
  }
}

private func accumulate<A: NumericBinary>(_ call: Call, _: A.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: accumulate(call, A.self, Float.self)
  case Code.double: accumulate(call, A.self, Double.self)
  case Code.int8, Code.uint8: accumulate(call, A.self, UInt8.self)
  case Code.int16, Code.uint16: accumulate(call, A.self, UInt16.self)
  case Code.int32: accumulate(call, A.self, Int32.self)
  case Code.int64: accumulate(call, A.self, Int64.self)
  default: unsupported
  }
}

@inline(__always)
private func accumulate<A: NumericBinary, T: KernelNumber>(_ call: Call, _: A.Type, _: T.Type) -> Int32 {
  let variable = call.buffer(0, T.self)
  let value = call.buffer(1, T.self)
  let count = call.count(0)
  var i = 0
  while i < count {
    variable[i] = A.apply(variable[i], value[i])
    i &+= 1
  }
  return ok
}

@inline(__always)
private func countUpTo<T: FixedWidthInteger>(_ call: Call, _: T.Type) -> Int32 {
  let variable = call.buffer(0, T.self)
  let value = variable[0]
  if Int(truncatingIfNeeded: value) >= call.parameter(0) { return counterLimit }
  call.output(0, T.self)[0] = value
  variable[0] = value &+ 1
  return ok
}
