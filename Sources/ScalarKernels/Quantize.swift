import CKernelABI

// QuantizeV2, Dequantize and QuantizeAndDequantizeV2.

func visitQuantize(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("quantize") { call in
    switch call.dtype(3) {
    case Code.qint8: quantize(call, Int8.self)
    case Code.quint8: quantize(call, UInt8.self)
    case Code.qint16: quantize(call, Int16.self)
    case Code.quint16: quantize(call, UInt16.self)
    case Code.qint32: quantize(call, Int32.self)
    default: unsupported
    }
  }
  visit("dequantize") { call in
    switch call.dtype(0) {
    case Code.qint8: dequantize(call, Int8.self)
    case Code.quint8: dequantize(call, UInt8.self)
    case Code.qint16: dequantize(call, Int16.self)
    case Code.quint16: dequantize(call, UInt16.self)
    case Code.qint32: dequantize(call, Int32.self)
    default: unsupported
    }
  }
  visit("quantizeAndDequantize") { call in
    switch call.dtype(0) {
    case Code.float: quantizeAndDequantize(call, Float.self)
    case Code.double: quantizeAndDequantize(call, Double.self)
    default: unsupported
    }
  }
}

/// Calls `body` with the number of each slice and the places of its elements, a run at a time.
///
/// The first parameters of these kernels: positions before the axis, slices, positions after it.
@inline(__always)
private func forEachRun(_ call: Call, slice: Int, _ body: (Int) -> Void) {
  let slices = call.parameter(1)
  let length = call.parameter(2)
  var before = 0
  while before < call.parameter(0) {
    var i = (before &* slices &+ slice) &* length
    let end = i &+ length
    while i < end {
      body(i)
      i &+= 1
    }
    before &+= 1
  }
}

@inline(__always) private func most(_ a: Float, _ b: Float) -> Float { a < b ? b : a }
@inline(__always) private func least(_ a: Float, _ b: Float) -> Float { b < a ? b : a }
/// Between two numbers; NaN stays.
@inline(__always) private func clamped<F: BinaryFloatingPoint>(_ x: F, _ low: F, _ high: F) -> F {
  let y = high < x ? high : x
  return y < low ? low : y
}

/// Parameters: those of the slices, the mode (0 MIN_COMBINED, 1 MIN_FIRST, 2 SCALED), whether halves go to the even level, whether the lowest
/// level is left out, the bits of the least range.
@inline(__always)
private func quantize<T: Level>(_ call: Call, _: T.Type) -> Int32 {
  let x = call.buffer(0, Float.self)
  let out = call.buffer(3, T.self)
  let mode = call.parameter(3)
  let isEven = call.parameter(4) != 0
  let separation = Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(6)))
  var slice = 0
  while slice < call.parameter(1) {
    let givenMin = call.buffer(1, Float.self)[slice]
    let givenMax = call.buffer(2, Float.self)[slice]
    if givenMax < givenMin { return badRange }
    var min = least(0, givenMin)
    // The ends of the range are kept apart.
    let gap = most(1, most(givenMin.magnitude, givenMax.magnitude)) * separation
    var max = most(0, most(givenMax, min + gap))
    if mode == 0 {
      let scale = Float(T.steps / Double(max - min))
      let half = T.isSigned ? Float((T.steps + 1) / 2) : 0
      forEachRun(call, slice: slice) { i in
        let level = (clamped(x[i], min, max) - min) * scale
        out[i] = T.saturated(T.isSigned ? Float.roundedAway(level - half) : level + 0.5)
      }
    } else if mode == 1 {
      let levels = Levels<T>(min, max)
      forEachRun(call, slice: slice) { i in out[i] = levels(x[i]) }
    } else {
      let first = Float(Int64(T.min) &+ Int64(call.parameter(5)))
      let last = T.highestFloat
      let fromMin = first * min > 0 ? first / min : Float.greatestFiniteMagnitude
      let fromMax = last * max > 0 ? last / max : Float.greatestFiniteMagnitude
      let scale = least(fromMin, fromMax)
      min = first / scale
      max = last / scale
      forEachRun(call, slice: slice) { i in
        let level = clamped(x[i], min, max) * scale
        out[i] = T.saturated(isEven ? Float.roundedToEven(level) : Float.roundedAway(level))
      }
    }
    call.buffer(4, Float.self)[slice] = min
    call.buffer(5, Float.self)[slice] = max
    slice &+= 1
  }
  return ok
}

/// Parameters: those of the slices, the mode, whether the lowest level is left out.
@inline(__always)
private func dequantize<T: Level>(_ call: Call, _: T.Type) -> Int32 {
  let x = call.buffer(0, T.self)
  let out = call.output(0, Float.self)
  let mode = call.parameter(3)
  var slice = 0
  while slice < call.parameter(1) {
    let min = call.buffer(1, Float.self)[slice]
    let max = call.buffer(2, Float.self)[slice]
    if mode == 0 {
      let half: Float = T.isSigned ? (T.highestFloat - T.lowestFloat + 1) / 2 : 0
      let scale = (max - min) / (T.highestFloat - T.lowestFloat)
      forEachRun(call, slice: slice) { i in out[i] = (Float(x[i]) + half) * scale + min }
    } else if mode == 1 {
      let values = LevelValues<T>(min, max)
      forEachRun(call, slice: slice) { i in out[i] = values(x[i]) }
    } else {
      let fromMax = max / T.highestFloat
      let scale = T.isSigned ? most(min / Float(Int64(T.min) &+ Int64(call.parameter(4))), fromMax) : fromMax
      forEachRun(call, slice: slice) { i in out[i] = Float(x[i]) * scale }
    }
    slice &+= 1
  }
  return ok
}

/// Parameters: those of the slices, the lowest and the highest level, whether the range is given, whether halves go up.
@inline(__always)
private func quantizeAndDequantize<F: BitFloat & BinaryFloatingPoint>(_ call: Call, _: F.Type) -> Int32 {
  let x = call.buffer(0, F.self)
  let out = call.output(0, F.self)
  let lowest = F(Int64(call.parameter(3)))
  let highest = F(Int64(call.parameter(4)))
  let isGiven = call.parameter(5) != 0
  let goesUp = call.parameter(6) != 0
  var slice = 0
  while slice < call.parameter(1) {
    var min = F.infinity
    var max = -F.infinity
    if isGiven {
      min = call.buffer(1, F.self)[slice]
      max = call.buffer(2, F.self)[slice]
      if !(min <= max) { return badRange }
    } else {
      forEachRun(call, slice: slice) { i in
        min = x[i] < min ? x[i] : min
        max = max < x[i] ? x[i] : max
      }
    }
    // The end that needs the larger steps decides; 0 stays 0.
    let fromMin = lowest * min > 0 ? lowest / min : F.greatestFiniteMagnitude
    let fromMax = highest * max > 0 ? highest / max : F.greatestFiniteMagnitude
    let scale: F
    let step: F
    if fromMin < fromMax {
      scale = fromMin
      step = min / lowest
      max = highest * step
    } else {
      scale = fromMax
      step = max / highest
      min = lowest * step
    }
    forEachRun(call, slice: slice) { i in
      let level = (isGiven ? clamped(x[i], min, max) : x[i]) * scale
      out[i] = (goesUp ? F.roundedDown(level + F(0.5)) : F.roundedToEven(level)) * step
    }
    slice &+= 1
  }
  return ok
}
