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
/// last element is the first; the elements from index to index of the axis.
@inline(__always)
private func scan<A: NumericBinary, T: KernelNumber>(_ call: Call, _: A.Type, _ start: T) {
  let before = call.parameter(0)
  let size = call.parameter(1)
  let after = call.parameter(2)
  let isExclusive = call.parameter(3) != 0
  let isReverse = call.parameter(4) != 0
  let pitch = call.parameter(5)
  if size == 0 || after == 0 { return }
  let step = isReverse ? 0 &- pitch : pitch
  let first = isReverse ? (size &- 1) &* pitch : 0
  let x = UnsafePointer(call.buffer(0, T.self)) + first
  let out = call.output(0, T.self) + first
  let line = size &* pitch
  var p = 0
  while p < before {
    if after > 1 {
      scanColumns(x + p &* line, out + p &* line, size, after, step, isExclusive, A.self, start)
      p &+= 1
    } else if before &- p < 8 {
      scanRow(x + p &* line, out + p &* line, size, step, isExclusive, A.self, start)
      p &+= 1
    } else {
      // Each result waits for the one before it. Rows that do not wait for one another overlap.
      scanEightRows(x + p &* line, out + p &* line, size, line, step, isExclusive, A.self, start)
      p &+= 8
    }
  }
}

/// The compiler takes 1 * x for x, but a subnormal number becomes 0.
@inline(__always)
private func begun<A: NumericBinary, T: KernelNumber>(_ x: T, _: A.Type, _ start: T) -> T {
  let own = A.apply(start, x)
  return T.equal(own, T.small(0)) ? T.multiply(own, T.small(0)) : own
}

@inline(__always)
private func scanColumns<A: NumericBinary, T: KernelNumber>(
  _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ size: Int, _ after: Int, _ step: Int, _ isExclusive: Bool, _: A.Type, _ start: T
) {
  var s = 0
  while s < after {
    out[s] = isExclusive ? start : begun(x[s], A.self, start)
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
}

@inline(__always)
private func scanRow<A: NumericBinary, T: KernelNumber>(
  _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ size: Int, _ step: Int, _ isExclusive: Bool, _: A.Type, _ start: T
) {
  // With its own element, a result is what the next one would be without.
  var sum = isExclusive ? start : begun(x[0], A.self, start)
  let from = isExclusive ? x : x + step
  out[0] = sum
  var i = 1
  while i < size {
    sum = A.apply(sum, from[(i &- 1) &* step])
    out[i &* step] = sum
    i &+= 1
  }
}

@inline(__always)
private func scanEightRows<A: NumericBinary, T: KernelNumber>(
  _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ size: Int, _ line: Int, _ step: Int, _ isExclusive: Bool, _: A.Type, _ start: T
) {
  let from = isExclusive ? x : x + step
  @inline(__always) func first(_ k: Int) -> T {
    let sum = isExclusive ? start : begun(x[k &* line], A.self, start)
    out[k &* line] = sum
    return sum
  }
  var sums = (first(0), first(1), first(2), first(3), first(4), first(5), first(6), first(7))
  @inline(__always) func next(_ sum: inout T, _ k: Int, _ at: Int) {
    sum = A.apply(sum, from[k &* line &+ at])
    out[k &* line &+ at &+ step] = sum
  }
  var i = 1
  var at = 0
  while i < size {
    next(&sums.0, 0, at)
    next(&sums.1, 1, at)
    next(&sums.2, 2, at)
    next(&sums.3, 3, at)
    next(&sums.4, 4, at)
    next(&sums.5, 5, at)
    next(&sums.6, 6, at)
    next(&sums.7, 7, at)
    at &+= step
    i &+= 1
  }
}
