import CKernelABI

// Bincount, Bucketize and Cross.

func visitBins(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("bincount") { call in
    switch call.dtype(2) {
    case Code.float: bincount(call, Float.self)
    case Code.double: bincount(call, Double.self)
    case Code.int32: bincount(call, Int32.self)
    case Code.int64: bincount(call, Int64.self)
    default: unsupported
    }
  }
  visit("bucketize") { call in
    switch call.dtype(0) {
    // TensorFlow compares integers as floats, and doubles with the boundaries as doubles.
    case Code.float: bucketize(call) { (x: Float, boundary) in x < boundary }
    case Code.double: bucketize(call) { (x: Double, boundary) in x < Double(boundary) }
    case Code.int32: bucketize(call) { (x: Int32, boundary) in Float(x) < boundary }
    case Code.int64: bucketize(call) { (x: Int64, boundary) in Float(x) < boundary }
    default: unsupported
    }
  }
  visit("cross") { call in
    switch call.dtype(0) {
    case Code.float: cross(call, Float.self)
    case Code.double: cross(call, Double.self)
    case Code.int8, Code.uint8: cross(call, UInt8.self)
    case Code.int16, Code.uint16: cross(call, UInt16.self)
    case Code.int32, Code.uint32: cross(call, Int32.self)
    case Code.int64, Code.uint64: cross(call, Int64.self)
    default: unsupported
    }
  }
}

/// Inputs: numbers, how many bins, weights (or none).
@inline(__always)
private func bincount<T: KernelNumber>(_ call: Call, _: T.Type) -> Int32 {
  let numbers = call.buffer(0, Int32.self)
  let weights = call.buffer(2, T.self)
  let isWeighted = call.count(2) != 0
  let out = call.output(0, T.self)
  let count = call.count(0)
  let bins = call.count(3)
  var i = 0
  while i < bins {
    out[i] = T.small(0)
    i &+= 1
  }
  i = 0
  while i < count {
    let bin = Int(numbers[i])
    if bin < 0 { return indexOutOfRange }
    if bin < bins { out[bin] = T.add(out[bin], isWeighted ? weights[i] : T.small(1)) }
    i &+= 1
  }
  return ok
}

/// Inputs: numbers, boundaries in order. The first boundary above each number, by halving.
@inline(__always)
private func bucketize<T>(_ call: Call, _ isBelow: (T, Float) -> Bool) -> Int32 {
  let x = call.buffer(0, T.self)
  let boundaries = call.buffer(1, Float.self)
  let out = call.output(0, Int32.self)
  let count = call.count(0)
  var i = 0
  while i < count {
    var first = 0
    var length = call.count(1)
    while length > 0 {
      let half = length / 2
      if isBelow(x[i], boundaries[first &+ half]) {
        length = half
      } else {
        first &+= half &+ 1
        length &-= half &+ 1
      }
    }
    out[i] = Int32(truncatingIfNeeded: first)
    i &+= 1
  }
  return ok
}

@inline(__always)
private func cross<T: KernelNumber>(_ call: Call, _: T.Type) -> Int32 {
  var a = UnsafePointer(call.buffer(0, T.self))
  var b = UnsafePointer(call.buffer(1, T.self))
  var out = call.output(0, T.self)
  var left = call.count(2)
  while left >= 3 {
    out[0] = T.subtract(T.multiply(a[1], b[2]), T.multiply(a[2], b[1]))
    out[1] = T.subtract(T.multiply(a[2], b[0]), T.multiply(a[0], b[2]))
    out[2] = T.subtract(T.multiply(a[0], b[1]), T.multiply(a[1], b[0]))
    a += 3
    b += 3
    out += 3
    left &-= 3
  }
  return ok
}
