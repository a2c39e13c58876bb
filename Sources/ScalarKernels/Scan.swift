import CKernelABI

// Cumsum and Cumprod. The elements of a line are combined one after the other, as TensorFlow does it, so that floats have its bits.

func visitScan(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("runningSum") { scan($0, Add.self, start: 0) }
  visit("runningProduct") { scan($0, Multiply.self, start: 1) }
}

@inline(__always)
private func scan<A: NumericBinary>(_ call: Call, _: A.Type, start: UInt8) -> Int32 {
  switch call.dtype(0) {
  case Code.float: scan(call, A.self, Float.small(start))
  case Code.double: scan(call, A.self, Double.small(start))
  case Code.int8, Code.uint8: scan(call, A.self, UInt8.small(start))
  case Code.int16, Code.uint16: scan(call, A.self, UInt16.small(start))
  case Code.int32: scan(call, A.self, Int32.small(start))
  case Code.int64, Code.uint64: scan(call, A.self, Int64.small(start))
  case Code.complex64: scan(call, A.self, ComplexNumber<Float>.small(start))
  case Code.complex128: scan(call, A.self, ComplexNumber<Double>.small(start))
  default: return unsupported
  }
  return ok
}

/// Parameters: positions before the axis, its size, positions after it; whether each result leaves out its own element; whether the
/// last element is the first.
@inline(__always)
private func scan<A: NumericBinary, T: KernelNumber>(_ call: Call, _: A.Type, _ start: T) {
  let before = call.parameter(0)
  let size = call.parameter(1)
  let after = call.parameter(2)
  let isExclusive = call.parameter(3) != 0
  let isReverse = call.parameter(4) != 0
  if size == 0 || after == 0 { return }
  let step = isReverse ? 0 &- after : after
  let first = isReverse ? (size &- 1) &* after : 0
  var x = UnsafePointer(call.buffer(0, T.self)) + first
  var out = call.output(0, T.self) + first
  var p = 0
  while p < before {
    var s = 0
    while s < after {
      // The compiler takes 1 * x for x, but a subnormal number becomes 0.
      let own = A.apply(start, x[s])
      out[s] = isExclusive ? start : T.equal(own, T.small(0)) ? T.multiply(own, T.small(0)) : own
      s &+= 1
    }
    var i = 1
    while i < size {
      let last = UnsafePointer(out + (i &- 1) &* step)
      let next = out + i &* step
      let from = x + (isExclusive ? i &- 1 : i) &* step
      s = 0
      while s < after {
        next[s] = A.apply(last[s], from[s])
        s &+= 1
      }
      i &+= 1
    }
    x += size &* after
    out += size &* after
    p &+= 1
  }
}
