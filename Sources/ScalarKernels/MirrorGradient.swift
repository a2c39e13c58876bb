import CKernelABI

/// MirrorPadGrad, and the look at floats that CheckNumerics is.
func visitMirrorGradient(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("foldMirror") { call in
    switch call.dtype(0) {
    case Code.float: fold(call) { (a: Float, b: Float) in a + b }
    case Code.double: fold(call) { (a: Double, b: Double) in a + b }
    case Code.half: fold(call, HalfNumber.add)
    case Code.bfloat16: fold(call, BrainNumber.add)
    case Code.int32: fold(call) { (a: Int32, b: Int32) in a &+ b }
    case Code.int64, Code.uint64: fold(call) { (a: Int64, b: Int64) in a &+ b }
    case Code.complex64: fold(call, ComplexNumber<Float>.add)
    case Code.complex128: fold(call, ComplexNumber<Double>.add)
    default: return unsupported
    }
    return ok
  }
  visit("checkNumerics") { call in
    switch call.dtype(0) {
    case Code.float: check(call, UInt32.self, infinity: 0x7f80_0000)
    case Code.double: check(call, UInt64.self, infinity: 0x7ff0_0000_0000_0000)
    default: unsupported
    }
  }
}

/// Adds what lies in the mirrors to its originals: axis by axis, before the tensor and then behind it, as TensorFlow does.
///
/// Parameters: whether the edge itself is left out (1) or repeated (0), the number of axes, then for each its size in the output, and the
/// elements before and behind it in the input. The scratch memory holds the input.
@inline(__always)
private func fold<T: BitwiseCopyable>(_ call: Call, _ sum: (T, T) -> T) {
  if call.count(2) == 0 { return }
  guard let scratch = call.pointee.scratch else { return }
  let sums = scratch.assumingMemoryBound(to: T.self)
  UnsafeMutableRawPointer(sums).copyMemory(from: call.buffer(0, T.self), byteCount: call.count(0) &* MemoryLayout<T>.stride)
  let edge = call.parameter(0)
  let axes = call.parameter(1)
  // Elements from one index of the axis to the next, in the input.
  var pitch = call.count(0)
  var axis = 0
  while axis < axes {
    let (size, before, after) = (call.parameter(2 &+ axis &* 3), call.parameter(3 &+ axis &* 3), call.parameter(4 &+ axis &* 3))
    let whole = pitch
    pitch = pitch / (size &+ before &+ after)
    var start = 0
    while start < call.count(0) {
      let first = sums + (start &+ before &* pitch)
      var i = 0
      while i < before {
        add(first - (i &+ 1) &* pitch, to: first + (i &+ edge) &* pitch, pitch, sum)
        i &+= 1
      }
      i = 0
      while i < after {
        add(first + (size &+ i) &* pitch, to: first + (size &- 1 &- i &- edge) &* pitch, pitch, sum)
        i &+= 1
      }
      start &+= whole
    }
    axis &+= 1
  }
  take(call, 0, UnsafePointer(sums), call.count(0), call.output(0, T.self), call.count(2))
}

@inline(__always)
private func add<T: BitwiseCopyable>(
  _ source: UnsafeMutablePointer<T>, to target: UnsafeMutablePointer<T>, _ count: Int, _ sum: (T, T) -> T
) {
  var i = 0
  while i < count {
    target[i] = sum(target[i], source[i])
    i &+= 1
  }
}

/// Copies the part of an axis that is in the output. `whole` and `part` are the elements of the axis and all inside it.
private func take<T: BitwiseCopyable>(
  _ call: Call, _ axis: Int, _ source: UnsafePointer<T>, _ whole: Int, _ target: UnsafeMutablePointer<T>, _ part: Int
) {
  if axis == call.parameter(1) {
    target[0] = source[0]
    return
  }
  let (size, before, after) = (call.parameter(2 &+ axis &* 3), call.parameter(3 &+ axis &* 3), call.parameter(4 &+ axis &* 3))
  let from = whole / (size &+ before &+ after)
  let to = part / size
  var i = 0
  while i < size {
    take(call, axis &+ 1, source + (before &+ i) &* from, from, target + i &* to, to)
    i &+= 1
  }
}

/// Hands the elements on; the faults say whether NaN, infinities or both are among them.
@inline(__always)
private func check<Bits: FixedWidthInteger & UnsignedInteger>(_ call: Call, _: Bits.Type, infinity: Bits) -> Int32 {
  let x = call.buffer(0, Bits.self)
  let out = call.output(0, Bits.self)
  let count = call.count(0)
  let magnitude = Bits.max >> 1
  // The greatest magnitude tells whether there is anything to look for.
  var greatest: Bits = 0
  var i = 0
  while i < count {
    let bits = x[i]
    out[i] = bits
    let size = bits & magnitude
    greatest = size > greatest ? size : greatest
    i &+= 1
  }
  if greatest < infinity { return ok }
  if greatest == infinity { return hasInfinity }
  i = 0
  while i < count {
    if x[i] & magnitude == infinity { return hasBoth }
    i &+= 1
  }
  return hasNaN
}
