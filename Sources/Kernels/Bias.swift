import CKernelABI

func visitBias(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("biasAdd") { call in
    switch call.dtype(0) {
    case Code.float: biasAdd(call, Float.self)
    case Code.double: biasAdd(call, Double.self)
    case Code.int32: biasAdd(call, Int32.self)
    case Code.int64: biasAdd(call, Int64.self)
    default: return unsupported
    }
    return ok
  }
  visit("l2Loss") { call in
    switch call.dtype(0) {
    case Code.float: reduce(call, FloatHalfSquares.self, divisor: 0)
    case Code.double: reduce(call, DoubleHalfSquares.self, divisor: 0)
    default: return unsupported
    }
    return ok
  }
}

/// Parameters: channels, the neighbouring elements that one bias is added to.
@inline(__always)
private func biasAdd<T: KernelNumber>(_ call: Call, _: T.Type) {
  let channels = call.parameter(0)
  let run = call.parameter(1)
  let total = call.count(0)
  if total == 0 { return }
  let bias = call.buffer(1, T.self)
  var x = call.buffer(0, T.self)
  var out = call.output(0, T.self)
  let end = out + total
  while out < end {
    if run == 1 {
      var i = 0
      while i < channels {
        out[i] = T.add(x[i], bias[i])
        i &+= 1
      }
    } else {
      var channel = 0
      while channel < channels {
        let value = bias[channel]
        let from = x + channel &* run
        let to = out + channel &* run
        var i = 0
        while i < run {
          to[i] = T.add(from[i], value)
          i &+= 1
        }
        channel &+= 1
      }
    }
    x += channels &* run
    out += channels &* run
  }
}

/// Halves of squares, added as ``FloatSum`` does. Each is halved by itself, so that the sum overflows where TensorFlow's does.
private enum FloatHalfSquares: Summation {
  typealias Lanes = (SIMD16<Float>, SIMD16<Float>)
  @inline(__always) static var width: Int { FloatSum.width }
  @inline(__always) static var zero: Float { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<Float>) -> Float { x[0] * x[0] * 0.5 }
  @inline(__always) static func add(_ a: Float, _ b: Float) -> Float { a + b }
  @inline(__always) static func lanes(_ x: UnsafePointer<Float>) -> Lanes {
    let (a, b) = FloatSum.lanes(x)
    return (a * a * SIMD16(repeating: 0.5), b * b * SIMD16(repeating: 0.5))
  }
  @inline(__always) static func addLanes(_ a: Lanes, _ b: Lanes) -> Lanes { FloatSum.addLanes(a, b) }
  @inline(__always) static func fold(_ lanes: Lanes) -> Float { FloatSum.fold(lanes) }
  @inline(__always) static func store(_ lanes: Lanes, _ out: UnsafeMutablePointer<Float>, _ divisor: Int) { FloatSum.store(lanes, out, divisor) }
  @inline(__always) static func result(_ sum: Float, _ divisor: Int) -> Float { sum }
}

private enum DoubleHalfSquares: Summation {
  @inline(__always) static var width: Int { DoubleSum.width }
  @inline(__always) static var zero: Double { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<Double>) -> Double { x[0] * x[0] * 0.5 }
  @inline(__always) static func add(_ a: Double, _ b: Double) -> Double { a + b }
  @inline(__always) static func lanes(_ x: UnsafePointer<Double>) -> SIMD16<Double> {
    let a = DoubleSum.lanes(x)
    return a * a * SIMD16(repeating: 0.5)
  }
  @inline(__always) static func addLanes(_ a: SIMD16<Double>, _ b: SIMD16<Double>) -> SIMD16<Double> { a + b }
  @inline(__always) static func fold(_ lanes: SIMD16<Double>) -> Double { DoubleSum.fold(lanes) }
  @inline(__always) static func store(_ lanes: SIMD16<Double>, _ out: UnsafeMutablePointer<Double>, _ divisor: Int) {
    DoubleSum.store(lanes, out, divisor)
  }
  @inline(__always) static func result(_ sum: Double, _ divisor: Int) -> Double { sum }
}
