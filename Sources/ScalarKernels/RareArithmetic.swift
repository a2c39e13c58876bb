import CKernelABI

// The kernels of Kernels for the dtypes that it leaves out: uint64, complex64 and complex128.

func visitRareArithmetic(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("add") { rareBinary($0, Add.self) }
  visit("subtract") { rareBinary($0, Subtract.self) }
  visit("multiply") { rareBinary($0, Multiply.self) }
  // TensorFlow's: the difference times its conjugate.
  visit("squaredDifference") { call in
    call.dtype(0) == Code.complex64
      ? mapBinary(call) { ComplexNumber<Float>.subtract($0, $1).squaredMagnitude }
      : mapBinary(call) { ComplexNumber<Double>.subtract($0, $1).squaredMagnitude }
  }
  visit("minimum") { unsignedBinary($0, Minimum.self) }
  visit("maximum") { unsignedBinary($0, Maximum.self) }
  visit("square") { rareUnary($0, Square.self) }
  visit("negate") { rareUnary($0, Negate.self) }
  visit("sign") { rareUnary($0, Sign.self) }
  visit("equal") { rareComparison($0, EqualTo.self) }
  visit("notEqual") { rareComparison($0, NotEqualTo.self) }
  visit("less") { rareComparison($0, LessThan.self) }
  visit("greater") { rareComparison($0, GreaterThan.self) }
  visit("lessEqual") { rareComparison($0, AtMost.self) }
  visit("greaterEqual") { rareComparison($0, AtLeast.self) }
  visit("divide") { call in
    switch call.dtype(0) {
    case Code.complex64: mapBinary(call) { ComplexNumber<Float>.divide($0, $1) }
    case Code.complex128: mapBinary(call) { ComplexNumber<Double>.divide($0, $1) }
    default: unsignedDivision(call) { $0 / $1 }
    }
  }
  visit("floorDivide") { call in unsignedDivision(call) { $0 / $1 } }
  visit("addN") { call in
    switch call.dtype(0) {
    case Code.complex64: addN(call, ComplexNumber<Float>.self)
    case Code.complex128: addN(call, ComplexNumber<Double>.self)
    default: addN(call, UInt64.self)
    }
    return ok
  }
  visit("biasAdd") { call in
    switch call.dtype(0) {
    case Code.complex64: addBias(call, ComplexNumber<Float>.self)
    case Code.complex128: addBias(call, ComplexNumber<Double>.self)
    default: addBias(call, UInt64.self)
    }
  }
  visit("topK") { call in
    if call.dtype(0) != Code.uint64 { return unsupported }
    topK(call, UInt64.self)
    return ok
  }
  // No number is below 0.
  visit("relu") { unsignedUnary($0) { $0 } }
  visit("relu6") { unsignedUnary($0) { $0 < 6 ? $0 : 6 } }
  visit("reluGrad") { unsignedGradient($0) { $0 > 0 } }
  visit("relu6Grad") { unsignedGradient($0) { $0 > 0 && $0 < 6 } }
  visit("matMul") { call in
    switch call.dtype(0) {
    case Code.complex64: products(call) { (x: ComplexNumber<Float>) in x.conjugate }
    case Code.complex128: products(call) { (x: ComplexNumber<Double>) in x.conjugate }
    default: products(call) { (x: UInt64) in x }
    }
  }
}

@inline(__always)
private func rareBinary<Op: NumericBinary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64: mapBinary(call) { (x: ComplexNumber<Float>, y: ComplexNumber<Float>) in Op.apply(x, y) }
  case Code.complex128: mapBinary(call) { (x: ComplexNumber<Double>, y: ComplexNumber<Double>) in Op.apply(x, y) }
  default: unsignedBinary(call, Op.self)
  }
}

@inline(__always)
private func unsignedBinary<Op: NumericBinary>(_ call: Call, _: Op.Type) -> Int32 {
  if call.dtype(0) != Code.uint64 { return unsupported }
  return mapBinary(call) { (x: UInt64, y: UInt64) in Op.apply(x, y) }
}

@inline(__always)
private func unsignedUnary(_ call: Call, _ body: (UInt64) -> UInt64) -> Int32 {
  if call.dtype(0) != Code.uint64 { return unsupported }
  return mapUnary(call, body)
}

/// The gradient where the feature passes.
@inline(__always)
private func unsignedGradient(_ call: Call, _ passes: (UInt64) -> Bool) -> Int32 {
  if call.dtype(0) != Code.uint64 { return unsupported }
  return mapBinary(call) { (gradient: UInt64, x: UInt64) in passes(x) ? gradient : 0 }
}

@inline(__always)
private func rareUnary<Op: NumericUnary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64: mapUnary(call) { (x: ComplexNumber<Float>) in Op.apply(x) }
  case Code.complex128: mapUnary(call) { (x: ComplexNumber<Double>) in Op.apply(x) }
  case Code.uint64: mapUnary(call) { (x: UInt64) in Op.apply(x) }
  default: unsupported
  }
}

@inline(__always)
private func rareComparison<Op: NumericComparison>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64: mapBinary(call) { (x: ComplexNumber<Float>, y: ComplexNumber<Float>) in truth(Op.holds(x, y)) }
  case Code.complex128: mapBinary(call) { (x: ComplexNumber<Double>, y: ComplexNumber<Double>) in truth(Op.holds(x, y)) }
  case Code.uint64: mapBinary(call) { (x: UInt64, y: UInt64) in truth(Op.holds(x, y)) }
  default: unsupported
  }
}

/// A zero among the divisors is a fault unless there is no result at all.
@inline(__always)
func unsignedDivision(_ call: Call, _ body: (UInt64, UInt64) -> UInt64) -> Int32 {
  if call.dtype(0) != Code.uint64 { return unsupported }
  if call.count(2) == 0 { return ok }
  let divisors = call.buffer(1, UInt64.self)
  var i = 0
  while i < call.count(1) {
    if divisors[i] == 0 { return divisionByZero }
    i &+= 1
  }
  return mapBinary(call, body)
}

/// Parameters: channels, the neighbouring elements that one bias is added to.
@inline(__always)
private func addBias<T: KernelNumber>(_ call: Call, _: T.Type) -> Int32 {
  let channels = call.parameter(0)
  let run = call.parameter(1)
  let x = call.buffer(0, T.self)
  let bias = call.buffer(1, T.self)
  let out = call.output(0, T.self)
  var i = 0
  while i < call.count(0) {
    out[i] = T.add(x[i], bias[i / run % channels])
    i &+= 1
  }
  return ok
}

/// The parameters of `matMul` in Kernels; 2 for a matrix that is transposed and conjugated. Each element's terms are added in their order.
@inline(__always)
private func products<T: KernelNumber>(_ call: Call, _ conjugate: (T) -> T) -> Int32 {
  let (m, n, k) = (call.parameter(0), call.parameter(1), call.parameter(2))
  var pair = 0
  while pair < call.parameter(7) {
    product(call, call.buffer(0) + pair &* m &* k, call.buffer(1) + pair &* k &* n, call.output(0) + pair &* m &* n, conjugate)
    pair &+= 1
  }
  return ok
}

@inline(__always)
private func product<T: KernelNumber>(
  _ call: Call, _ a: UnsafeMutablePointer<T>, _ b: UnsafeMutablePointer<T>, _ out: UnsafeMutablePointer<T>, _ conjugate: (T) -> T
) {
  let (m, n, k) = (call.parameter(0), call.parameter(1), call.parameter(2))
  let (rows, pitch) = (call.parameter(5), call.parameter(6))
  let isTransposedA = call.parameter(3) != 0
  let isTransposedB = call.parameter(4) != 0
  let conjugatesA = call.parameter(3) == 2
  let conjugatesB = call.parameter(4) == 2
  var i = 0
  while i < m {
    let row = out + i &* pitch
    var j = 0
    while j < n {
      row[j] = T.small(0)
      j &+= 1
    }
    var t = 0
    while t < k {
      let left = isTransposedA ? a[t &* rows &+ i] : a[i &* k &+ t]
      let factor = conjugatesA ? conjugate(left) : left
      j = 0
      while j < n {
        let right = isTransposedB ? b[j &* k &+ t] : b[t &* pitch &+ j]
        row[j] = T.add(row[j], T.multiply(factor, conjugatesB ? conjugate(right) : right))
        j &+= 1
      }
      t &+= 1
    }
    i &+= 1
  }
}
