import CKernelABI

/// Reductions of uint64 and complex numbers, with the parameters of those in Kernels.
///
/// Each result takes its elements in their order. Complex numbers of floats are added and multiplied as doubles.
func visitRareReduce(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("sum") { reduce($0, Add.self, start: 0, divides: false) }
  visit("mean") { reduce($0, Add.self, start: 0, divides: true) }
  visit("product") { reduce($0, Multiply.self, start: 1, divides: false) }
  visit("greatest") { call in
    call.dtype(0) == Code.uint64 ? reduce(call, Maximum.self, UInt64.min, { (x: UInt64) in x }, { (x: UInt64) in x }) : unsupported
  }
  visit("least") { call in
    call.dtype(0) == Code.uint64 ? reduce(call, Minimum.self, UInt64.max, { (x: UInt64) in x }, { (x: UInt64) in x }) : unsupported
  }
  visit("argMax") { argument($0) { $0 > $1 } }
  visit("argMin") { argument($0) { $0 < $1 } }
}

@inline(__always)
private func reduce<Op: NumericBinary>(_ call: Call, _: Op.Type, start: UInt8, divides: Bool) -> Int32 {
  let count = call.parameter(0)
  switch call.dtype(0) {
  case Code.complex64:
    // Divided also by 0, when there is nothing to add.
    return reduce(
      call, Op.self, ComplexNumber<Double>.small(start), { (x: ComplexNumber<Float>) in ComplexNumber(Double(x.real), Double(x.imaginary)) },
      { sum in
        let result = divides ? ComplexNumber(sum.real / Double(count), sum.imaginary / Double(count)) : sum
        return ComplexNumber<Float>(Float(result.real), Float(result.imaginary))
      })
  case Code.complex128:
    return reduce(
      call, Op.self, ComplexNumber<Double>.small(start), { (x: ComplexNumber<Double>) in x },
      { sum in divides ? ComplexNumber(sum.real / Double(count), sum.imaginary / Double(count)) : sum })
  case Code.uint64:
    return reduce(call, Op.self, UInt64.small(start), { (x: UInt64) in x }, { sum in divides && count > 0 ? sum / UInt64(count) : sum })
  default: return unsupported
  }
}

@inline(__always)
private func reduce<Op: NumericBinary, X, S: KernelNumber>(
  _ call: Call, _: Op.Type, _ start: S, _ widen: (X) -> S, _ narrow: (S) -> X
) -> Int32 {
  let x = call.buffer(0, X.self)
  let out = call.output(0, X.self)
  // Behind the inputs: the operand, and the axes.
  let results = call.count(Int(call.pointee.input_count))
  let levels = call.parameter(1)
  if levels == 0 {
    // Nothing to reduce, or nothing to combine.
    let isCopy = call.parameter(0) == 1
    var i = 0
    while i < results {
      out[i] = isCopy ? x[i] : narrow(start)
      i &+= 1
    }
    return ok
  }
  var result = 0
  while result < results {
    // Where the result's first element lies: the kept levels are read off the result's number, innermost first.
    var base = 0
    var rest = result
    var level = levels &- 1
    var terms = 1
    while level >= 0 {
      let size = call.parameter(2 &+ level &* 3)
      if call.parameter(4 &+ level &* 3) < 0 {
        terms &*= size
      } else {
        base &+= rest % size &* call.parameter(3 &+ level &* 3)
        rest /= size
      }
      level &-= 1
    }
    var sum = start
    var term = 0
    while term < terms {
      var place = base
      rest = term
      level = levels &- 1
      while level >= 0 {
        if call.parameter(4 &+ level &* 3) < 0 {
          let size = call.parameter(2 &+ level &* 3)
          place &+= rest % size &* call.parameter(3 &+ level &* 3)
          rest /= size
        }
        level &-= 1
      }
      sum = Op.apply(sum, widen(x[place]))
      term &+= 1
    }
    out[result] = narrow(sum)
    result &+= 1
  }
  return ok
}

/// The parameters of `argMax` in Kernels.
@inline(__always)
private func argument(_ call: Call, _ isBetter: (UInt64, UInt64) -> Bool) -> Int32 {
  if call.dtype(0) != Code.uint64 { return unsupported }
  let size = call.parameter(1)
  let after = call.parameter(2)
  var x = call.buffer(0, UInt64.self)
  var out = call.output(0, Int64.self)
  var before = 0
  while before < call.parameter(0) {
    var s = 0
    while s < after {
      var best = 0
      var i = 1
      while i < size {
        if isBetter(x[i &* after &+ s], x[best &* after &+ s]) { best = i }
        i &+= 1
      }
      out[s] = Int64(best)
      s &+= 1
    }
    x += size &* after
    out += after
    before &+= 1
  }
  return ok
}
