import CKernelABI

/// Kernels that change slices of a variable. Inputs: variable, indices, updates.
///
/// Parameters: the number of index tuples, indices in a tuple, elements of a slice, elements from one update to the next (0 where all
/// slices get the same number), and the dimensions that the tuples point into. Tuples that occur several times follow one another.
func visitScatter(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("scatterAdd") { scatterNumbers($0, Add.self) }
  visit("scatterSubtract") { scatterNumbers($0, Subtract.self) }
  visit("scatterMultiply") { scatterNumbers($0, Multiply.self) }
  visit("scatterDivide") { call in
    switch call.dtype(0) {
    case Code.float: scatter(call) { (x: Float, y: Float) in x / y }
    case Code.double: scatter(call) { (x: Double, y: Double) in x / y }
    case Code.int8: scatterDivision(call, Int8.self)
    case Code.int16: scatterDivision(call, Int16.self)
    case Code.int32: scatterDivision(call, Int32.self)
    case Code.int64: scatterDivision(call, Int64.self)
    case Code.uint8: scatterDivision(call, UInt8.self)
    case Code.uint16: scatterDivision(call, UInt16.self)
    default: unsupported
    }
  }
  visit("scatterUpdate") { call in
    switch Code.size(call.dtype(0)) {
    case 1: scatter(call) { (_: UInt8, y: UInt8) in y }
    case 2: scatter(call) { (_: UInt16, y: UInt16) in y }
    case 4: scatter(call) { (_: UInt32, y: UInt32) in y }
    case 8: scatter(call) { (_: UInt64, y: UInt64) in y }
    default: scatter(call) { (_: SIMD2<UInt64>, y: SIMD2<UInt64>) in y }
    }
  }
}

@inline(__always)
private func scatterNumbers<A: NumericBinary>(_ call: Call, _: A.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: scatter(call) { (x: Float, y: Float) in A.apply(x, y) }
  case Code.double: scatter(call) { (x: Double, y: Double) in A.apply(x, y) }
  case Code.int8, Code.uint8: scatter(call) { (x: UInt8, y: UInt8) in A.apply(x, y) }
  case Code.int16, Code.uint16: scatter(call) { (x: UInt16, y: UInt16) in A.apply(x, y) }
  case Code.int32: scatter(call) { (x: Int32, y: Int32) in A.apply(x, y) }
  case Code.int64, Code.uint64: scatter(call) { (x: Int64, y: Int64) in A.apply(x, y) }
  case Code.complex64: scatter(call) { (x: ComplexNumber<Float>, y: ComplexNumber<Float>) in A.apply(x, y) }
  case Code.complex128: scatter(call) { (x: ComplexNumber<Double>, y: ComplexNumber<Double>) in A.apply(x, y) }
  default: unsupported
  }
}

@inline(__always)
private func scatterDivision<T: KernelInteger>(_ call: Call, _: T.Type) -> Int32 {
  let divisors = call.buffer(2, T.self)
  let count = call.count(2)
  var i = 0
  while i < count && call.parameter(0) > 0 {
    if T.equal(divisors[i], T.subtract(divisors[i], divisors[i])) { return divisionByZero }
    i &+= 1
  }
  return scatter(call) { (x: T, y: T) in T.quotient(x, y) }
}

@inline(__always)
private func scatter<T>(_ call: Call, _ body: (T, T) -> T) -> Int32 {
  let variable: UnsafeMutablePointer<T> = call.buffer(0)
  let updates: UnsafeMutablePointer<T> = call.buffer(2)
  let tuples = call.parameter(0)
  let slice = call.parameter(2)
  let step = call.parameter(3)
  // Before the first element is written.
  var tuple = 0
  while tuple < tuples {
    if slicePlace(call, 1, tuple) < 0 { return indexOutOfRange }
    tuple &+= 1
  }
  tuple = 0
  while tuple < tuples {
    let to = variable + slicePlace(call, 1, tuple) &* slice
    let from = updates + tuple &* step
    var i = 0
    if step == 0 {
      let value = from[0]
      while i < slice {
        to[i] = body(to[i], value)
        i &+= 1
      }
    } else {
      while i < slice {
        to[i] = body(to[i], from[i])
        i &+= 1
      }
    }
    tuple &+= 1
  }
  return ok
}

/// The number of the slice that an index tuple of the input `pin` points at; -1 when it is none.
@inline(__always)
private func slicePlace(_ call: Call, _ pin: Int, _ tuple: Int) -> Int {
  let depth = call.parameter(1)
  var place = 0
  var level = 0
  while level < depth {
    let index = call.index(pin, tuple &* depth &+ level)
    let size = call.parameter(4 &+ level)
    if index < 0 || index >= size { return -1 }
    place = place &* size &+ index
    level &+= 1
  }
  return place
}

// MARK: Slices of other tensors

/// GatherNd and ScatterNd, with the parameters of the kernels above.
func visitSliceTuples(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("gatherNd") { call in
    switch Code.size(call.dtype(0)) {
    case 1: gather(call, UInt8.self)
    case 2: gather(call, UInt16.self)
    case 4: gather(call, UInt32.self)
    case 8: gather(call, UInt64.self)
    default: gather(call, SIMD2<UInt64>.self)
    }
  }
  visit("scatterNd") { scatterNd($0, indices: 0, updates: 1) }
  visit("scatterNdInto") { scatterNd($0, indices: 1, updates: 2) }
}

/// Adds slices to zeros, or to the tensor that comes before the indices.
@inline(__always)
private func scatterNd(_ call: Call, indices: Int, updates: Int) -> Int32 {
  switch call.dtype(updates) {
  case Code.float: scatterNd(call, indices, updates, start: 0) { (x: Float, y: Float) in x + y }
  case Code.double: scatterNd(call, indices, updates, start: 0) { (x: Double, y: Double) in x + y }
  case Code.int8, Code.uint8: scatterNd(call, indices, updates, start: 0) { (x: UInt8, y: UInt8) in x &+ y }
  case Code.int16, Code.uint16: scatterNd(call, indices, updates, start: 0) { (x: UInt16, y: UInt16) in x &+ y }
  case Code.int32, Code.uint32: scatterNd(call, indices, updates, start: 0) { (x: Int32, y: Int32) in x &+ y }
  case Code.int64, Code.uint64: scatterNd(call, indices, updates, start: 0) { (x: Int64, y: Int64) in x &+ y }
  case Code.half:
    scatterNd(call, indices, updates, start: 0) { (x: UInt16, y: UInt16) in ef_half_of_float(ef_float_of_half(x) + ef_float_of_half(y)) }
  case Code.bfloat16:
    scatterNd(call, indices, updates, start: 0) { (x: UInt16, y: UInt16) in
      ef_bfloat16_of_float(Float(bitPattern: UInt32(x) &<< 16) + Float(bitPattern: UInt32(y) &<< 16))
    }
  case Code.complex64: scatterNd(call, indices, updates, start: .zero) { (x: SIMD2<Float>, y: SIMD2<Float>) in x + y }
  case Code.complex128: scatterNd(call, indices, updates, start: .zero) { (x: SIMD2<Double>, y: SIMD2<Double>) in x + y }
  case Code.bool: scatterNd(call, indices, updates, start: 0) { (x: UInt8, y: UInt8) in x | y }
  default: unsupported
  }
}

@inline(__always)
private func gather<T>(_ call: Call, _: T.Type) -> Int32 {
  let x = call.buffer(0, T.self)
  var out = call.output(0, T.self)
  let tuples = call.parameter(0)
  let slice = call.parameter(2)
  var tuple = 0
  while tuple < tuples {
    let place = slicePlace(call, 1, tuple)
    if place < 0 { return indexOutOfRange }
    let from = x + place &* slice
    var i = 0
    while i < slice {
      out[i] = from[i]
      i &+= 1
    }
    out += slice
    tuple &+= 1
  }
  return ok
}

@inline(__always)
private func scatterNd<T>(_ call: Call, _ indices: Int, _ updates: Int, start: T, _ add: (T, T) -> T) -> Int32 {
  let from = call.buffer(updates, T.self)
  let out = call.output(0, T.self)
  let count = call.count(Int(call.pointee.input_count))
  var i = 0
  if indices > 0 {
    let input = call.buffer(0, T.self)
    while i < count {
      out[i] = input[i]
      i &+= 1
    }
  }
  while i < count {
    out[i] = start
    i &+= 1
  }
  let tuples = call.parameter(0)
  let slice = call.parameter(2)
  var tuple = 0
  while tuple < tuples {
    let place = slicePlace(call, indices, tuple)
    if place < 0 { return indexOutOfRange }
    let to = out + place &* slice
    let update = from + tuple &* slice
    i = 0
    while i < slice {
      to[i] = add(to[i], update[i])
      i &+= 1
    }
    tuple &+= 1
  }
  return ok
}
