import CKernelABI

// Blocks that fill a tensor with numbers of one distribution, as TensorFlow does: four words at a time, each element from words of
// its own. However many blocks the elements use, the stream goes on 256 blocks further for each.

func visitRandomFill(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("randomUniform") { call in
    switch call.dtype(Int(call.pointee.input_count)) {
    case Code.float: uniformFloats(call)
    case Code.double: uniformDoubles(call)
    default: unsupported
    }
  }
  visit("randomUniformInt") { call in
    switch call.dtype(1) {
    case Code.int32: uniformInt32(call)
    case Code.int64: uniformInt64(call)
    default: unsupported
    }
  }
  visit("randomNormal") { call in
    switch call.dtype(Int(call.pointee.input_count)) {
    case Code.float: normalFloats(call)
    case Code.double: normalDoubles(call)
    default: unsupported
    }
  }
  visit("truncatedNormal") { call in
    switch call.dtype(Int(call.pointee.input_count)) {
    case Code.float: truncatedFloats(call)
    case Code.double: truncatedDoubles(call)
    default: unsupported
    }
  }
}

/// `body(words, start, count)` writes the results from `start` on, `perBlock` of them from each block of words.
@inline(__always)
private func fill(_ call: Call, perBlock: Int, _ body: (UnsafeMutablePointer<UInt64>, Int, Int) -> Void) -> Int32 {
  let count = call.count(Int(call.pointee.input_count))
  var generator = Philox.reserve(call, blocks: UInt64(truncatingIfNeeded: count) &* 256)
  let words = call.pointee.scratch.unsafelyUnwrapped.assumingMemoryBound(to: UInt64.self)
  let strip = Int(EF_RANDOM_STRIP) / 4 &* perBlock
  var start = 0
  while start < count {
    let size = strip < count &- start ? strip : count &- start
    generator.fill(words, blocks: (size &+ perBlock &- 1) / perBlock)
    body(words, start, size)
    start &+= size
  }
  return ok
}

private func uniformFloats(_ call: Call) -> Int32 {
  let out: UnsafeMutablePointer<Float> = call.output()
  return fill(call, perBlock: 4) { words, start, count in
    let single = UnsafeRawPointer(words).assumingMemoryBound(to: UInt32.self)
    let out = out + start
    var i = 0
    while i < count {
      out[i] = Unit.float(single[i])
      i &+= 1
    }
  }
}

private func uniformDoubles(_ call: Call) -> Int32 {
  let out: UnsafeMutablePointer<Double> = call.output()
  return fill(call, perBlock: 2) { words, start, count in
    let out = out + start
    var i = 0
    while i < count {
      out[i] = Unit.double(words[i])
      i &+= 1
    }
  }
}

private func uniformInt32(_ call: Call) -> Int32 {
  if call.count(3) == 0 { return ok }
  let low = call.buffer(1, Int32.self)[0]
  let high = call.buffer(2, Int32.self)[0]
  if low >= high { return badDistribution }
  let range = UInt32(bitPattern: high &- low)
  let out: UnsafeMutablePointer<Int32> = call.output()
  return fill(call, perBlock: 4) { words, start, count in
    let single = UnsafeRawPointer(words).assumingMemoryBound(to: UInt32.self)
    let out = out + start
    var i = 0
    while i < count {
      out[i] = low &+ Int32(bitPattern: single[i] % range)
      i &+= 1
    }
  }
}

private func uniformInt64(_ call: Call) -> Int32 {
  if call.count(3) == 0 { return ok }
  let low = call.buffer(1, Int64.self)[0]
  let high = call.buffer(2, Int64.self)[0]
  if low >= high { return badDistribution }
  let range = UInt64(bitPattern: high &- low)
  let out: UnsafeMutablePointer<Int64> = call.output()
  return fill(call, perBlock: 2) { words, start, count in
    let out = out + start
    var i = 0
    while i < count {
      out[i] = low &+ Int64(bitPattern: words[i] % range)
      i &+= 1
    }
  }
}

/// Two normal numbers from two uniform ones (Box and Muller). Numbers below 1e-7 count as that.
enum BoxMuller {
  @inline(__always) static func apply(_ pair: UInt64) -> (Float, Float) {
    let u = Unit.float(UInt32(truncatingIfNeeded: pair))
    let v = Unit.float(UInt32(truncatingIfNeeded: pair &>> 32))
    let radius = ef_sqrtf(-2 * Logarithm.apply(u < 1e-7 ? 1e-7 : u))
    let direction = SineCosine.apply(Float(0x1.921fb54442d18p+2 * Double(v)))
    return (direction.sine * radius, direction.cosine * radius)
  }

  @inline(__always) static func apply(_ first: UInt64, _ second: UInt64) -> (Double, Double) {
    let u = Unit.double(first)
    let radius = ef_sqrt(-2 * Logarithm.apply(u < 1e-7 ? 1e-7 : u))
    let direction = SineCosine.apply(0x1.921fb54442d18p+2 * Unit.double(second))
    return (direction.sine * radius, direction.cosine * radius)
  }
}

private func normalFloats(_ call: Call) -> Int32 {
  let out: UnsafeMutablePointer<Float> = call.output()
  return fill(call, perBlock: 4) { words, start, count in
    let out = out + start
    let pairs = count / 2
    var i = 0
    while i < pairs {
      (out[2 &* i], out[2 &* i &+ 1]) = BoxMuller.apply(words[i])
      i &+= 1
    }
    if count & 1 != 0 { out[count &- 1] = BoxMuller.apply(words[pairs]).0 }
  }
}

private func normalDoubles(_ call: Call) -> Int32 {
  let out: UnsafeMutablePointer<Double> = call.output()
  return fill(call, perBlock: 2) { words, start, count in
    let out = out + start
    let pairs = count / 2
    var i = 0
    while i < pairs {
      (out[2 &* i], out[2 &* i &+ 1]) = BoxMuller.apply(words[2 &* i], words[2 &* i &+ 1])
      i &+= 1
    }
    if count & 1 != 0 { out[count &- 1] = BoxMuller.apply(words[2 &* pairs], words[2 &* pairs &+ 1]).0 }
  }
}

/// Normal numbers; those at or beyond two standard deviations are drawn again. Each group of results has blocks of its own, 64 for
/// each result, and uses them word by word.
@inline(__always)
private func truncated<T: SampleFloat>(_ call: Call, perGroup: Int, _: T.Type, _ draw: (inout PhiloxWords) -> (T, T)) -> Int32 {
  let out: UnsafeMutablePointer<T> = call.output()
  let count = call.count(Int(call.pointee.input_count))
  let generator = Philox.reserve(call, blocks: UInt64(truncatingIfNeeded: count) &* 256)
  var start = 0
  while start < count {
    let end = start &+ perGroup < count ? start &+ perGroup : count
    var words = PhiloxWords(generator.skipping(UInt64(truncatingIfNeeded: start) &* 64))
    var next = start
    while next < end {
      let pair = draw(&words)
      if pair.0.wide.magnitude < 2 {
        out[next] = pair.0
        next &+= 1
      }
      if next < end, pair.1.wide.magnitude < 2 {
        out[next] = pair.1
        next &+= 1
      }
    }
    start = end
  }
  return ok
}

private func truncatedFloats(_ call: Call) -> Int32 {
  truncated(call, perGroup: 4, Float.self) { words in BoxMuller.apply(words.nextPair()) }
}

private func truncatedDoubles(_ call: Call) -> Int32 {
  truncated(call, perGroup: 2, Double.self) { words in
    let first = words.nextPair()
    return BoxMuller.apply(first, words.nextPair())
  }
}
