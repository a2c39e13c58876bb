import CKernelABI

// Levels of one range put into another: Requantize, QuantizeDownAndShrinkRange, RequantizationRange, QuantizedConcat; and QuantizedInstanceNorm.

func visitRequantize(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("requantize") { call in
    let low = call.scalar(3, Float.self)
    let high = call.scalar(4, Float.self)
    if !(low <= 0) || !(high >= 0) { return badRange }
    call.output(1, Float.self)[0] = low
    call.output(2, Float.self)[0] = high
    return requantize(call, low, high)
  }
  visit("shrinkRange") { call in
    let range = levelRange(call)
    call.output(1, Float.self)[0] = range.min
    call.output(2, Float.self)[0] = range.max
    return requantize(call, range.min, range.max)
  }
  visit("requantizationRange") { call in
    let range = levelRange(call)
    call.output(0, Float.self)[0] = range.min
    call.output(1, Float.self)[0] = range.max
    return ok
  }
  visit("quantizedConcat") { call in
    switch call.dtype(0) {
    case Code.quint8: concat(call, UInt8.self)
    case Code.qint32: concat(call, Int32.self)
    default: unsupported
    }
  }
  visit("quantizedInstanceNorm") { instanceNorm($0) }
}

/// What the least and the greatest int32 level of the first input stand for; the least at most 0.
@inline(__always)
private func levelRange(_ call: Call) -> (min: Float, max: Float) {
  let x = call.buffer(0, Int32.self)
  let low = call.scalar(1, Float.self)
  let high = call.scalar(2, Float.self)
  var least = Int32.max
  var most = Int32.min
  var i = 0
  while i < call.count(0) {
    least = x[i] < least ? x[i] : least
    most = x[i] > most ? x[i] : most
    i &+= 1
  }
  let start = levelValue(least, low, high)
  return (start < 0 ? start : 0, levelValue(most, low, high))
}

/// Int32 levels of the range in inputs 1 and 2.
@inline(__always)
private func requantize(_ call: Call, _ low: Float, _ high: Float) -> Int32 {
  let x = call.buffer(0, Int32.self)
  let min = call.scalar(1, Float.self)
  let max = call.scalar(2, Float.self)
  let count = call.count(0)
  var i = 0
  if call.dtype(Int(call.pointee.input_count)) == Code.qint8 {
    let out = call.output(0, Int8.self)
    let values = LevelValues<Int32>(min, max)
    let levels = Levels<Int8>(low, high)
    while i < count {
      out[i] = levels(values(x[i]))
      i &+= 1
    }
    return ok
  }
  // TensorFlow does this one with 16 bits behind the point.
  let out = call.output(0, UInt8.self)
  let width = high - low
  let inverse: Float = width == 0 ? 0 : Float(255 / Double(width))
  let scale = width == 0 ? 0 : Double.int64(255 * 65536 * Double(max - min) / Double(width))
  let middle = Float(Double(min + max) / 2)
  let shift = Float.int64(middle * inverse * 65536)
  let start = width == 0 ? 0 : Double.int64(Double.roundedAway(65536 * (Double(low) * 255) / Double(width)))
  let offset = shift &- start &+ 32768
  while i < count {
    let level = ((Int64(x[i]) &* scale) &>> 32 &+ offset) &>> 16
    out[i] = level < 0 ? 0 : level > 255 ? 255 : UInt8(truncatingIfNeeded: level)
    i &+= 1
  }
  return ok
}

/// Inputs: members, the axis, the lower ends of the members, their upper ends.
///
/// Parameters: members, positions before the axis, then for each member the elements from one of these to the next.
@inline(__always)
private func concat<T: Level>(_ call: Call, _: T.Type) -> Int32 {
  let members = call.parameter(0)
  let before = call.parameter(1)
  var low = Float.greatestFiniteMagnitude
  var high = -Float.greatestFiniteMagnitude
  var pitch = 0
  var member = 0
  while member < members {
    let min = call.scalar(1 &+ members &+ member, Float.self)
    let max = call.scalar(1 &+ 2 &* members &+ member, Float.self)
    low = min < low ? min : low
    high = high < max ? max : high
    pitch &+= call.parameter(2 &+ member)
    member &+= 1
  }
  if T.isSigned {
    // As far to both sides.
    let reach = low.magnitude < high.magnitude ? high.magnitude : low.magnitude
    low = -reach
    high = reach
  } else if low > 0 {
    low = 0
  }
  call.output(1, Float.self)[0] = low
  call.output(2, Float.self)[0] = high
  let levels = Levels<T>(low, high)
  var to = call.output(0, T.self)
  member = 0
  while member < members {
    let from = call.buffer(member, T.self)
    let min = call.scalar(1 &+ members &+ member, Float.self)
    let max = call.scalar(1 &+ 2 &* members &+ member, Float.self)
    let size = call.parameter(2 &+ member)
    let isSame = min == low && max == high
    let values = LevelValues<T>(min, max)
    var row = 0
    while row < before {
      var i = 0
      while i < size {
        let level = from[row &* size &+ i]
        to[row &* pitch &+ i] = isSame ? level : levels(values(level))
        i &+= 1
      }
      row &+= 1
    }
    to += size
    member &+= 1
  }
  return ok
}

/// Each channel of each image less its mean, divided by its deviation.
///
/// Parameters: images, positions of an image, channels, whether the range of the result is given, and the bits of its ends, of what is added to the
/// variance and of the least range. Scratch: a mean and an inverse deviation for each channel of each image.
private func instanceNorm(_ call: Call) -> Int32 {
  let x = call.buffer(0, UInt8.self)
  let out = call.output(0, UInt8.self)
  let min = call.scalar(1, Float.self)
  let max = call.scalar(2, Float.self)
  if !(min < max) { return badRange }
  let images = call.parameter(0)
  let positions = call.parameter(1)
  let channels = call.parameter(2)
  func float(_ word: Int) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(word))) }
  let inputScale = (max - min) / 255
  var low = Float.infinity
  var high = -Float.infinity
  let count = images &* positions &* channels
  guard let scratch = call.pointee.scratch?.assumingMemoryBound(to: Float.self) else {
    if count > 0 { return unsupported }
    return finish(call, &low, &high, float)
  }
  var image = 0
  while image < images {
    var channel = 0
    while channel < channels {
      let first = x + (image &* positions &* channels &+ channel)
      var sum: Float = 0
      var i = 0
      while i < positions {
        sum += Float(first[i &* channels])
        i &+= 1
      }
      let mean = sum / Float(positions)
      sum = 0
      i = 0
      while i < positions {
        let distance = inputScale * (Float(first[i &* channels]) - mean)
        sum += distance * distance
        i &+= 1
      }
      let slot = scratch + 2 &* (image &* channels &+ channel)
      slot[0] = mean
      slot[1] = 1 / ef_sqrtf(sum / Float(positions) + float(6))
      i = 0
      while i < positions {
        let y = inputScale * (Float(first[i &* channels]) - mean) * slot[1]
        low = y < low ? y : low
        high = high < y ? y : high
        i &+= 1
      }
      channel &+= 1
    }
    image &+= 1
  }
  let result = finish(call, &low, &high, float)
  let levels = Levels<UInt8>(low, high)
  var i = 0
  while i < count {
    let slot = scratch + 2 &* (i / (positions &* channels) &* channels &+ i % channels)
    out[i] = levels(inputScale * (Float(x[i]) - slot[0]) * slot[1])
    i &+= 1
  }
  return result
}

/// The range of the result: given or found, and wide enough.
@inline(__always)
private func finish(_ call: Call, _ low: inout Float, _ high: inout Float, _ float: (Int) -> Float) -> Int32 {
  if call.parameter(3) != 0 {
    low = float(4)
    high = float(5)
  }
  if high - low < float(7) { high = low + float(7) }
  call.output(1, Float.self)[0] = low
  call.output(2, Float.self)[0] = high
  return ok
}
