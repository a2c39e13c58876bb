import CKernelABI

// Fake quantisation: rounding to a few levels that stay floats. The order of the operations is TensorFlow's and nothing is
// contracted, so the results have its bits. Its kernels run with subnormals flushed to zero; `flushed` stands for that.

func visitFakeQuant(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("fakeQuantArgs") { fakeQuantArgs($0) }
  visit("fakeQuantArgsGradient") { fakeQuantArgsGradient($0) }
  visit("fakeQuantVars") { fakeQuantVars($0) }
  visit("fakeQuantPerChannel") { fakeQuantPerChannel($0) }
  visit("fakeQuantGradient") { fakeQuantGradient($0) }
  visit("fakeQuantLevels") { fakeQuantLevels($0) }
}

/// The levels of a range: the lowest and the highest, their distance, its inverse, and the number of the level 0.
typealias Levels = (low: Float, high: Float, scale: Float, inverse: Float, zero: Float)

/// A subnormal becomes the zero of its sign.
@inline(__always)
func flushed(_ x: Float) -> Float {
  x.bitPattern & 0x7F80_0000 == 0 ? Float(bitPattern: x.bitPattern & 0x8000_0000) : x
}

/// `a / b` with a subnormal result flushed, which the processor decides on the result rounded to 24 bits, whatever its exponent.
@inline(__always)
private func flushedQuotient(_ a: Float, _ b: Float) -> Float {
  let quotient = a / b
  // The smallest normal number may have been rounded up from one that 24 bits tell from it.
  if quotient.magnitude == 0x1p-126, (Double(a) / Double(b)).magnitude < 0x1p-126 - 0x1p-151 { return quotient > 0 ? 0 : -0.0 }
  return flushed(quotient)
}

/// Moves a range so that 0 is a level. `bottom` and `top` are the numbers of the first and the last level.
@inline(__always)
func nudgedLevels(_ min: Float, _ max: Float, _ bottom: Float, _ top: Float) -> Levels {
  let start = flushed(min)
  let span = flushed(flushed(max) - start)
  let scale = flushedQuotient(span, top - bottom)
  let inverse = flushedQuotient(top - bottom, span)
  let point = bottom - start / scale
  var zeroPoint: Float = 0
  if point < bottom {
    zeroPoint = bottom
  } else if point > top {
    zeroPoint = top
  } else if point >= bottom {
    zeroPoint = ef_small_floorf(point)
    // Half away from zero.
    if point - zeroPoint >= 0.5 { zeroPoint += 1 }
  }
  let low = (bottom - zeroPoint) * scale
  return (low, (top - zeroPoint) * scale, scale, inverse, ef_small_floorf(-low * inverse + 0.5))
}

/// Whether flushing can change a forward result: far above the subnormals, what is flushed vanishes in the rounding anyhow.
@inline(__always)
private func isTiny(_ scale: Float) -> Bool { scale.magnitude < 0x1p-100 }

/// Both ends 0: nothing to quantise.
@inline(__always)
private func isEmptyRange(_ min: Float, _ max: Float) -> Bool { flushed(min) == 0 && flushed(max) == 0 }

/// The level nearest to `x`. A NaN stays itself.
@inline(__always)
private func quantized(_ x: Float, _ levels: Levels, multiply: Bool, tiny: Bool) -> Float {
  var value = tiny ? flushed(x) : x
  value = value > levels.high ? levels.high : value
  value = value < levels.low ? levels.low : value
  value -= levels.low
  if tiny { value = flushed(value) }
  let steps = multiply ? value * levels.inverse : value / levels.scale
  // Not more than 65537 in magnitude, or infinite or NaN.
  return ef_small_floorf(steps - levels.zero + 0.5) * levels.scale
}

/// What the other kernels make of ranges, to be looked at. Inputs: min, max. Outputs: the first and the last level, the scale, the
/// number of the level 0 counted from the first level. Parameters: first and last level.
private func fakeQuantLevels(_ call: Call) -> Int32 {
  let count = call.count(0)
  var i = 0
  while i < count {
    let levels = nudgedLevels(call.buffer(0, Float.self)[i], call.buffer(1, Float.self)[i], bottom(call), top(call))
    call.output(0, Float.self)[i] = levels.low
    call.output(1, Float.self)[i] = levels.high
    call.output(2, Float.self)[i] = levels.scale
    call.output(3, Float.self)[i] = levels.zero
    i &+= 1
  }
  return ok
}

/// 1 for an input within the levels, otherwise 0.
@inline(__always)
private func withinLevels(_ x: Float, _ low: Float, _ high: Float) -> Float { x >= low ? (x <= high ? 1 : 0) : 0 }

@inline(__always)
private func quantizeAll(_ call: Call, _ levels: Levels, multiply: Bool) {
  let x: UnsafeMutablePointer<Float> = call.buffer(0)
  let out: UnsafeMutablePointer<Float> = call.output()
  let count = call.count(Int(call.pointee.input_count))
  var i = 0
  if isTiny(levels.scale) {
    while i < count {
      out[i] = quantized(x[i], levels, multiply: multiply, tiny: true)
      i &+= 1
    }
  } else {
    while i < count {
      out[i] = quantized(x[i], levels, multiply: multiply, tiny: false)
      i &+= 1
    }
  }
}

@inline(__always)
private func bottom(_ call: Call) -> Float { Float(Int32(truncatingIfNeeded: call.parameter(0))) }
@inline(__always)
private func top(_ call: Call) -> Float { Float(Int32(truncatingIfNeeded: call.parameter(1))) }

/// Parameters: first and last level, min and max.
@inline(__always)
private func argsLevels(_ call: Call) -> Levels {
  let min = Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(2)))
  let max = Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(3)))
  return nudgedLevels(min, max, bottom(call), top(call))
}

private func fakeQuantArgs(_ call: Call) -> Int32 {
  quantizeAll(call, argsLevels(call), multiply: true)
  return ok
}

/// Inputs: gradients, inputs.
private func fakeQuantArgsGradient(_ call: Call) -> Int32 {
  let levels = argsLevels(call)
  let gradients: UnsafeMutablePointer<Float> = call.buffer(0)
  let x: UnsafeMutablePointer<Float> = call.buffer(1)
  let out: UnsafeMutablePointer<Float> = call.output()
  let count = call.count(2)
  var i = 0
  while i < count {
    out[i] = flushed(gradients[i]) * withinLevels(flushed(x[i]), levels.low, levels.high)
    i &+= 1
  }
  return ok
}

/// Inputs: inputs, min, max. Parameters: first and last level.
private func fakeQuantVars(_ call: Call) -> Int32 {
  let count = call.count(3)
  if count == 0 { return ok }
  let min = call.buffer(1, Float.self)[0]
  let max = call.buffer(2, Float.self)[0]
  if isEmptyRange(min, max) {
    let out: UnsafeMutablePointer<Float> = call.output()
    var i = 0
    while i < count {
      out[i] = 0
      i &+= 1
    }
    return ok
  }
  quantizeAll(call, nudgedLevels(min, max, bottom(call), top(call)), multiply: false)
  return ok
}

// Per channel, the levels of up to 1024 channels are laid out in scratch memory, repeated until a line is full, and the data is
// walked line by line: with 3 channels the loops are as long as with many.

typealias Lane = UnsafeMutablePointer<Float>
typealias WideLane = UnsafeMutablePointer<Double>

/// How many rows of `channels` make one line of at most `capacity` elements.
@inline(__always)
private func rowsPerLine(_ channels: Int, _ capacity: Int) -> Int {
  if channels > capacity / 2 { return 1 }
  let rows = capacity / channels
  return rows >= 8 ? rows & ~7 : rows
}

/// Copies the first `count` values of a lane until `times` copies stand there.
@inline(__always)
private func repeatLane(_ lane: Lane, _ count: Int, _ times: Int) {
  let total = count &* times
  var i = count
  while i < total {
    lane[i] = lane[i &- count]
    i &+= 1
  }
}

/// The lanes of one chunk of channels.
private typealias LevelLanes = (low: Lane, high: Lane, scale: Lane, inverse: Lane, zero: Lane)

/// Inputs: inputs, min, max. Parameters: first and last level.
///
/// The scratch memory holds what each element of a line needs, side by side: `EF_FAKE_QUANT_LINE` floats of each kind.
private func fakeQuantPerChannel(_ call: Call) -> Int32 {
  if call.count(3) == 0 { return ok }
  guard let scratch = call.pointee.scratch?.assumingMemoryBound(to: Float.self) else { return unsupported }
  let capacity = Int(EF_FAKE_QUANT_LINE)
  let lanes = (scratch, scratch + capacity, scratch + 2 &* capacity, scratch + 3 &* capacity, scratch + 4 &* capacity)
  let depth = call.count(1)
  var first = 0
  while first < depth {
    let channels = depth &- first < capacity ? depth &- first : capacity
    quantizeChannels(call, lanes, first, channels)
    first &+= channels
  }
  return ok
}

@inline(__always)
private func quantizeChannels(_ call: Call, _ lanes: LevelLanes, _ first: Int, _ channels: Int) {
  let x: UnsafeMutablePointer<Float> = call.buffer(0)
  let min: UnsafeMutablePointer<Float> = call.buffer(1)
  let max: UnsafeMutablePointer<Float> = call.buffer(2)
  let out: UnsafeMutablePointer<Float> = call.output()
  let depth = call.count(1)
  let rows = call.count(3) / depth
  let perLine = rowsPerLine(depth, Int(EF_FAKE_QUANT_LINE))
  let (bottom, top) = (bottom(call), top(call))
  let (low, high, scale, inverse, zero) = lanes
  var tiny = false
  var hasEmpty = false
  var c = 0
  while c < channels {
    let levels = nudgedLevels(min[first &+ c], max[first &+ c], bottom, top)
    low[c] = levels.low
    high[c] = levels.high
    scale[c] = levels.scale
    inverse[c] = levels.inverse
    zero[c] = levels.zero
    if isTiny(levels.scale) { tiny = true }
    if isEmptyRange(min[first &+ c], max[first &+ c]) { hasEmpty = true }
    c &+= 1
  }
  let copies = perLine < rows ? perLine : rows
  repeatLane(low, channels, copies)
  repeatLane(high, channels, copies)
  repeatLane(scale, channels, copies)
  repeatLane(inverse, channels, copies)
  repeatLane(zero, channels, copies)
  var row = 0
  var offset = first
  while row < rows {
    let width = channels &* (rows &- row < perLine ? rows &- row : perLine)
    let source = x + offset
    let target = out + offset
    var i = 0
    if tiny {
      while i < width {
        target[i] = quantized(source[i], (low[i], high[i], scale[i], inverse[i], zero[i]), multiply: true, tiny: true)
        i &+= 1
      }
    } else {
      while i < width {
        target[i] = quantized(source[i], (low[i], high[i], scale[i], inverse[i], zero[i]), multiply: true, tiny: false)
        i &+= 1
      }
    }
    row &+= perLine
    offset &+= perLine &* depth
  }
  if hasEmpty { clearEmptyChannels(call, first, first &+ channels) }
}

/// Zeros the channels in `first..<end` whose range is empty.
private func clearEmptyChannels(_ call: Call, _ first: Int, _ end: Int) {
  let min: UnsafeMutablePointer<Float> = call.buffer(1)
  let max: UnsafeMutablePointer<Float> = call.buffer(2)
  let out: UnsafeMutablePointer<Float> = call.output()
  let depth = call.count(1)
  let count = call.count(3)
  var c = first
  while c < end {
    if isEmptyRange(min[c], max[c]) {
      var i = c
      while i < count {
        out[i] = 0
        i &+= depth
      }
    }
    c &+= 1
  }
}

/// How many lines make one block of the sums.
private var linesPerBlock: Int { 128 }
/// How many lines are added to the sums at a time, by parts of so many elements: what those need stays in the first cache.
private var linesAtATime: Int { 4 }
private var partCapacity: Int { Int(EF_FAKE_QUANT_PART) }

/// The scratch memory of the gradient: what each element of a line needs, and the terms of the two sums for one part of some
/// lines. All of it is found from one address, so that loops test but once that it lies apart from the tensors.
private struct GradientLanes {
  let low: Lane
  @inline(__always) static var capacity: Int { Int(EF_FAKE_QUANT_LINE) }
  @inline(__always) var high: Lane { low + Self.capacity }
  @inline(__always) var under: Lane { low + 2 &* Self.capacity }
  @inline(__always) var over: Lane { under + linesAtATime &* partCapacity }
  /// The partial sums of a block, and the sums of the blocks before.
  @inline(__always) var below: WideLane { UnsafeMutableRawPointer(over + linesAtATime &* partCapacity).assumingMemoryBound(to: Double.self) }
  @inline(__always) var above: WideLane { below + Self.capacity }
  @inline(__always) var minTotal: WideLane { below + 2 &* Self.capacity }
  @inline(__always) var maxTotal: WideLane { below + 3 &* Self.capacity }
}

/// The gradient of Vars and of PerChannel: Vars is one channel.
///
/// Inputs: gradients, inputs, min, max. Outputs: for inputs, for min, for max. Parameters: first and last level.
/// The sums are Double. Row r of the data goes to partial sum `r % rowsPerLine` of its channel; after each block of 128 lines
/// the partial sums are added to the total in order. So the order follows from the shape alone.
private func fakeQuantGradient(_ call: Call) -> Int32 {
  guard let scratch = call.pointee.scratch?.assumingMemoryBound(to: Float.self) else { return unsupported }
  let lanes = GradientLanes(low: scratch)
  let depth = call.count(2)
  var first = 0
  while first < depth {
    let channels = depth &- first < GradientLanes.capacity ? depth &- first : GradientLanes.capacity
    gradientOfChannels(call, lanes, first, channels)
    first &+= channels
  }
  return ok
}

@inline(__always)
private func gradientOfChannels(_ call: Call, _ lanes: GradientLanes, _ first: Int, _ channels: Int) {
  let min: UnsafeMutablePointer<Float> = call.buffer(2)
  let max: UnsafeMutablePointer<Float> = call.buffer(3)
  let minOut: UnsafeMutablePointer<Float> = call.output(1)
  let maxOut: UnsafeMutablePointer<Float> = call.output(2)
  let depth = call.count(2)
  let rows = call.count(1) / depth
  let perLine = rowsPerLine(depth, partCapacity)
  let (bottom, top) = (bottom(call), top(call))
  var c = 0
  while c < channels {
    let levels = nudgedLevels(min[first &+ c], max[first &+ c], bottom, top)
    lanes.low[c] = levels.low
    lanes.high[c] = levels.high
    lanes.minTotal[c] = 0
    lanes.maxTotal[c] = 0
    c &+= 1
  }
  let copies = perLine < rows ? perLine : rows
  repeatLane(lanes.low, channels, copies)
  repeatLane(lanes.high, channels, copies)
  var row = 0
  while row < rows {
    let end = rows &- row < linesPerBlock &* perLine ? rows : row &+ linesPerBlock &* perLine
    gradientBlock(call, lanes, first, channels, row, end, perLine)
    var lane = 0
    while lane < channels &* copies {
      c = 0
      while c < channels {
        lanes.minTotal[c] += lanes.below[lane &+ c]
        lanes.maxTotal[c] += lanes.above[lane &+ c]
        c &+= 1
      }
      lane &+= channels
    }
    row = end
  }
  c = 0
  while c < channels {
    let isEmpty = isEmptyRange(min[first &+ c], max[first &+ c])
    if isEmpty { passEmptyChannel(call, first &+ c) }
    minOut[first &+ c] = isEmpty ? 0 : Float(lanes.minTotal[c])
    maxOut[first &+ c] = isEmpty ? 0 : Float(lanes.maxTotal[c])
    c &+= 1
  }
}

/// The rows `start..<end`: input gradients, and partial sums from 0.
@inline(__always)
private func gradientBlock(
  _ call: Call, _ lanes: GradientLanes, _ first: Int, _ channels: Int, _ start: Int, _ end: Int, _ perLine: Int
) {
  let depth = call.count(2)
  var i = 0
  while i < channels &* perLine {
    lanes.below[i] = 0
    lanes.above[i] = 0
    i &+= 1
  }
  var row = start
  while row < end {
    // The last lines of a block come one by one; the very last may be a part of one.
    let lines = end &- row < linesAtATime &* perLine ? 1 : linesAtATime
    let width = channels &* (end &- row < perLine ? end &- row : perLine)
    let ahead = width > partCapacity ? partCapacity : linesAtATime &* width
    var column = 0
    while column < width {
      let count = width &- column < partCapacity ? width &- column : partCapacity
      var line = 0
      while line < lines {
        let offset = (row &+ line &* perLine) &* depth &+ first &+ column
        gradientPart(call, offset, lanes, column, line &* partCapacity, count, ahead)
        line &+= 1
      }
      if lines == 1 {
        addLine(lanes.below + column, lanes.under, count)
        addLine(lanes.above + column, lanes.over, count)
      } else {
        addLines(lanes.below + column, lanes.under, count)
        addLines(lanes.above + column, lanes.over, count)
      }
      column &+= partCapacity
    }
    row &+= lines &* perLine
  }
}

/// The input gradients of `count` elements from `offset` on, and the terms of the sums, from `term` on. `ahead` of it lies what is
/// asked for next: the processor does not guess that in time, because it finds no memory to read while sums are formed.
@inline(__always)
private func gradientPart(
  _ call: Call, _ offset: Int, _ lanes: GradientLanes, _ column: Int, _ term: Int, _ count: Int, _ ahead: Int
) {
  let upstream = call.buffer(0, Float.self) + offset
  let source = call.buffer(1, Float.self) + offset
  let target = call.output(0, Float.self) + offset
  let low = lanes.low + column
  let high = lanes.high + column
  let under = lanes.under + term
  let over = lanes.over + term
  var i = 0
  while i < count {
    ef_prefetch_for_reading(upstream + (i &+ ahead))
    ef_prefetch_for_reading(source + (i &+ ahead))
    ef_prefetch(target + (i &+ ahead))
    i &+= 16
  }
  i = 0
  while i < count {
    let gradient = flushed(upstream[i])
    let value = flushed(source[i])
    // Products, not choices: 0 times infinity or NaN is NaN, and a negative gradient gives -0.
    target[i] = gradient * withinLevels(value, low[i], high[i])
    under[i] = gradient * (value < low[i] ? 1 : 0)
    over[i] = gradient * (value > high[i] ? 1 : 0)
    i &+= 1
  }
}

/// Adds the terms of one line. A loop of its own: floats fill twice as many lanes as doubles.
@inline(__always)
private func addLine(_ sums: WideLane, _ terms: Lane, _ count: Int) {
  var i = 0
  while i < count {
    sums[i] += Double(terms[i])
    i &+= 1
  }
}

/// Adds the terms of `linesAtATime` lines in turn; the sum is in a register meanwhile.
@inline(__always)
private func addLines(_ sums: WideLane, _ terms: Lane, _ count: Int) {
  var i = 0
  while i < count {
    let half = sums[i] + Double(terms[i]) + Double(terms[i &+ partCapacity])
    sums[i] = half + Double(terms[i &+ 2 &* partCapacity]) + Double(terms[i &+ 3 &* partCapacity])
    i &+= 1
  }
}

/// A channel whose range is empty hands its gradients on as they are.
private func passEmptyChannel(_ call: Call, _ channel: Int) {
  let gradients: UnsafeMutablePointer<Float> = call.buffer(0)
  let out: UnsafeMutablePointer<Float> = call.output(0)
  let depth = call.count(2)
  let count = call.count(1)
  var i = channel
  while i < count {
    out[i] = gradients[i]
    i &+= depth
  }
}
