import CKernelABI

// Max, Min, Prod, All and Any over axes: the loops of Sum with another operation. ArgMax and ArgMin.

func visitExtremes(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("greatest") { combine($0, Greatest.self) }
  visit("least") { combine($0, Least.self) }
  visit("product") { combine($0, Multiplied.self) }
  // Truth values are 0 and 1.
  visit("all") { call in
    reduce(call, Combination<UInt8, Least>.self, divisor: 0)
    return ok
  }
  visit("any") { call in
    reduce(call, Combination<UInt8, Greatest>.self, divisor: 0)
    return ok
  }
  visit("argMax") { argument($0, Greatest.self) }
  visit("argMin") { argument($0, Least.self) }
}

/// An operation that is associative, but for rounding, and what it gives for nothing.
private protocol Combining {
  static func apply<T: KernelNumber>(_ a: T, _ b: T) -> T
  static func nothing<T: KernelNumber>(_: T.Type) -> T
  /// Whether `a` is further than `b`.
  static func isBetter<T: KernelNumber>(_ a: T, _ b: T) -> Bool
}

private enum Greatest: Combining {
  @inline(__always) static func apply<T: KernelNumber>(_ a: T, _ b: T) -> T { T.maximum(a, b) }
  @inline(__always) static func nothing<T: KernelNumber>(_: T.Type) -> T { T.lowest }
  @inline(__always) static func isBetter<T: KernelNumber>(_ a: T, _ b: T) -> Bool { T.less(b, a) }
}

private enum Least: Combining {
  @inline(__always) static func apply<T: KernelNumber>(_ a: T, _ b: T) -> T { T.minimum(a, b) }
  @inline(__always) static func nothing<T: KernelNumber>(_: T.Type) -> T { T.highest }
  @inline(__always) static func isBetter<T: KernelNumber>(_ a: T, _ b: T) -> Bool { T.less(a, b) }
}

private enum Multiplied: Combining {
  @inline(__always) static func apply<T: KernelNumber>(_ a: T, _ b: T) -> T { T.multiply(a, b) }
  @inline(__always) static func nothing<T: KernelNumber>(_: T.Type) -> T { T.small(1) }
  @inline(__always) static func isBetter<T: KernelNumber>(_ a: T, _ b: T) -> Bool { false }
}

/// Reductions of nothing to an integer are told what they give: the dtype may be narrower than the one that is computed.
@inline(__always)
private func combine<Op: Combining>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: reduce(call, Combination<Float, Op>.self, divisor: 0)
  case Code.double: reduce(call, Combination<Double, Op>.self, divisor: 0)
  case Code.int32:
    if call.parameter(0) == 0 {
      fill(call, Int32(truncatingIfNeeded: call.parameter(2)))
    } else {
      reduce(call, Combination<Int32, Op>.self, divisor: 0)
    }
  case Code.int64:
    if call.parameter(0) == 0 { fill(call, Int64(call.parameter(2))) } else { reduce(call, Combination<Int64, Op>.self, divisor: 0) }
  default: return unsupported
  }
  return ok
}

/// Eight lanes as a tuple: the operations are functions of single elements, which the compiler joins into vectors.
private enum Combination<T: KernelNumber & BitwiseCopyable, Op: Combining>: Summation {
  typealias Lanes = (T, T, T, T, T, T, T, T)
  @inline(__always) static var width: Int { 8 }
  @inline(__always) static var zero: T { Op.nothing(T.self) }
  @inline(__always) static func one(_ x: UnsafePointer<T>) -> T { x[0] }
  @inline(__always) static func add(_ a: T, _ b: T) -> T { Op.apply(a, b) }
  @inline(__always) static func lanes(_ x: UnsafePointer<T>) -> Lanes { (x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]) }
  @inline(__always) static func addLanes(_ a: Lanes, _ b: Lanes) -> Lanes {
    (
      Op.apply(a.0, b.0), Op.apply(a.1, b.1), Op.apply(a.2, b.2), Op.apply(a.3, b.3), Op.apply(a.4, b.4), Op.apply(a.5, b.5),
      Op.apply(a.6, b.6), Op.apply(a.7, b.7)
    )
  }
  @inline(__always) static func fold(_ lanes: Lanes) -> T {
    let four = (Op.apply(lanes.0, lanes.4), Op.apply(lanes.1, lanes.5), Op.apply(lanes.2, lanes.6), Op.apply(lanes.3, lanes.7))
    return Op.apply(Op.apply(four.0, four.2), Op.apply(four.1, four.3))
  }
  @inline(__always) static func store(_ lanes: Lanes, _ out: UnsafeMutablePointer<T>, _ divisor: Int) {
    out[0] = result(lanes.0, divisor)
    out[1] = result(lanes.1, divisor)
    out[2] = result(lanes.2, divisor)
    out[3] = result(lanes.3, divisor)
    out[4] = result(lanes.4, divisor)
    out[5] = result(lanes.5, divisor)
    out[6] = result(lanes.6, divisor)
    out[7] = result(lanes.7, divisor)
  }
  /// A subnormal number that only comparisons have passed equals 0 and becomes it.
  @inline(__always) static func result(_ sum: T, _ divisor: Int) -> T { T.equal(sum, T.small(0)) ? T.multiply(sum, T.small(0)) : sum }
}

@inline(__always)
private func argument<Op: Combining>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: argument(call, Float.self, Op.self)
  case Code.double: argument(call, Double.self, Op.self)
  case Code.int32: argument(call, Int32.self, Op.self)
  case Code.int64: argument(call, Int64.self, Op.self)
  case Code.bool: argument(call, UInt8.self, Op.self)
  default: return unsupported
  }
  return ok
}

/// Parameters: positions before the axis, its size (1 or more), positions after it. The first of equal elements; NaN is passed over.
@inline(__always)
private func argument<T: KernelNumber, Op: Combining>(_ call: Call, _: T.Type, _: Op.Type) {
  let before = call.parameter(0)
  let size = call.parameter(1)
  let after = call.parameter(2)
  var x = call.buffer(0, T.self)
  var out = call.output(0, Int64.self)
  var p = 0
  while p < before {
    var s = 0
    while s < after {
      var best = Op.nothing(T.self)
      var index: Int64 = 0
      var i = 0
      while i < size {
        let next = x[i &* after &+ s]
        if Op.isBetter(next, best) {
          best = next
          index = Int64(truncatingIfNeeded: i)
        }
        i &+= 1
      }
      out[s] = index
      s &+= 1
    }
    x += size &* after
    out += after
    p &+= 1
  }
}
