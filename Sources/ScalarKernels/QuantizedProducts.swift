import CKernelABI

// QuantizedMatMul and QuantizedMul: products of 8-bit levels, less the level of 0, as int32.

func visitQuantizedProducts(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("quantizedMatMul") { matMul($0) }
  visit("quantizedMultiply") { multiply($0) }
}

/// The levels of 0 of both operands, whose ranges are inputs 2 to 5; writes the range of the result. Nil for a range without width.
@inline(__always)
private func zeros(_ call: Call) -> (Int32, Int32)? {
  let minA = call.scalar(2, Float.self)
  let maxA = call.scalar(3, Float.self)
  let minB = call.scalar(4, Float.self)
  let maxB = call.scalar(5, Float.self)
  if !(maxA > minA) || !(maxB > minB) { return nil }
  let range = productRange(UInt8.self, UInt8.self, minA, maxA, minB, maxB)
  call.output(1, Float.self)[0] = range.min
  call.output(2, Float.self)[0] = range.max
  return (zeroLevel(UInt8.self, minA, maxA), zeroLevel(UInt8.self, minB, maxB))
}

/// Parameters: rows, columns, terms, whether a is transposed, whether b is. Scratch: b as int32, row by row.
private func matMul(_ call: Call) -> Int32 {
  guard let (zeroA, zeroB) = zeros(call) else { return badRange }
  let a = call.buffer(0, UInt8.self)
  let b = call.buffer(1, UInt8.self)
  let rows = call.parameter(0)
  let columns = call.parameter(1)
  let terms = call.parameter(2)
  let out = call.output(0, Int32.self)
  var i = 0
  while i < rows &* columns {
    out[i] = 0
    i &+= 1
  }
  guard rows > 0, columns > 0, terms > 0 else { return ok }
  guard let factors = call.pointee.scratch?.assumingMemoryBound(to: Int32.self) else { return unsupported }
  var t = 0
  while t < terms {
    var j = 0
    while j < columns {
      factors[t &* columns &+ j] = Int32(call.parameter(4) == 0 ? b[t &* columns &+ j] : b[j &* terms &+ t]) &- zeroB
      j &+= 1
    }
    t &+= 1
  }
  i = 0
  while i < rows {
    let to = out + i &* columns
    t = 0
    while t < terms {
      let x = Int32(call.parameter(3) == 0 ? a[i &* terms &+ t] : a[t &* rows &+ i]) &- zeroA
      let row = factors + t &* columns
      var j = 0
      while j < columns {
        to[j] = to[j] &+ x &* row[j]
        j &+= 1
      }
      t &+= 1
    }
    i &+= 1
  }
  return ok
}

/// Parameters: the words of BroadcastLayout for both operands.
private func multiply(_ call: Call) -> Int32 {
  guard let (zeroX, zeroY) = zeros(call) else { return badRange }
  let out = call.output(0, Int32.self)
  let count = call.count(6)
  if count == 0 { return ok }
  let outer = call.parameter(0)
  let inner = call.parameter(1)
  let xStep = call.parameter(2)
  let yStep = call.parameter(3)
  let runs = count / inner
  var run = 0
  while run < runs {
    var rest = run
    var x = call.buffer(0, UInt8.self)
    var y = call.buffer(1, UInt8.self)
    var level = outer &- 1
    while level >= 0 {
      let word = 4 &+ level &* 3
      let size = call.parameter(word)
      let digit = rest % size
      rest /= size
      x += digit &* call.parameter(word &+ 1)
      y += digit &* call.parameter(word &+ 2)
      level &-= 1
    }
    let to = out + run &* inner
    var i = 0
    while i < inner {
      to[i] = (Int32(x[i &* xStep]) &- zeroX) &* (Int32(y[i &* yStep]) &- zeroY)
      i &+= 1
    }
    run &+= 1
  }
  return ok
}
