import CKernelABI

// Softmax and cross entropy of rows.
//
// Each row is taken less its greatest element, so that exp cannot overflow. The exponentials of many short rows are computed in
// one loop; sums are added in the order of ``Reduction``, so that every vector width and thread count gives the same bits.

func visitSoftmax(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("softmax") { softmax($0, isLogarithm: false) }
  visit("logSoftmax") { softmax($0, isLogarithm: true) }
  visit("crossEntropy") { call in
    switch call.dtype(0) {
    case Code.float: crossEntropy(call, Float.self)
    case Code.double: crossEntropy(call, Double.self)
    default: return unsupported
    }
    return ok
  }
  visit("sparseCrossEntropy") { call in
    switch call.dtype(0) {
    case Code.float: sparseCrossEntropy(call, Float.self)
    case Code.double: sparseCrossEntropy(call, Double.self)
    default: unsupported
    }
  }
}

/// The elements that are worked on at a time.
@inline(__always) private var blockSize: Int { Int(EF_SOFTMAX_BLOCK) }

@inline(__always) private func rowsPerBlock(_ classes: Int) -> Int { classes < blockSize ? blockSize / classes : 1 }

@inline(__always)
private func softmax(_ call: Call, isLogarithm: Bool) -> Int32 {
  switch call.dtype(0) {
  case Code.float: softmax(call, Float.self, isLogarithm)
  case Code.double: softmax(call, Double.self, isLogarithm)
  default: return unsupported
  }
  return ok
}

/// Parameters: elements of a row. Scratch: two numbers for each row of a block.
@inline(__always)
private func softmax<T: KernelFloat>(_ call: Call, _: T.Type, _ isLogarithm: Bool) {
  let total = call.count(0)
  guard total > 0, let scratch = call.pointee.scratch else { return }
  let classes = call.parameter(0)
  let step = rowsPerBlock(classes)
  let greatest = scratch.assumingMemoryBound(to: T.self)
  let sums = greatest + step
  var x = UnsafePointer(call.buffer(0, T.self))
  var out = call.output(0, T.self)
  var row = 0
  let rows = total / classes
  while row < rows {
    let count = step < rows &- row ? step : rows &- row
    exponentials(x, classes, 1, classes, count, out, greatest, sums)
    if isLogarithm {
      logarithms(sums, count)
      var r = 0
      while r < count {
        subtractTwice(x + r &* classes, greatest[r], sums[r], out + r &* classes, classes)
        r &+= 1
      }
    } else {
      var r = 0
      while r < count {
        divideRow(out + r &* classes, sums[r], classes)
        r &+= 1
      }
    }
    x += count &* classes
    out += count &* classes
    row &+= count
  }
}

/// `count` rows: their greatest elements, the exponentials of the differences from them, and the sums of these.
@inline(__always)
private func exponentials<T: KernelFloat>(
  _ x: UnsafePointer<T>, _ rowPitch: Int, _ pitch: Int, _ classes: Int, _ count: Int, _ out: UnsafeMutablePointer<T>,
  _ greatest: UnsafeMutablePointer<T>, _ sums: UnsafeMutablePointer<T>
) {
  var r = 0
  while r < count {
    let row = x + r &* rowPitch
    let to = out + r &* classes
    let most = T.rowMaximum(row, pitch == 0 ? 1 : classes)
    greatest[r] = most
    var i = 0
    if pitch == 0 {
      let difference = T.subtract(row[0], most)
      while i < classes {
        to[i] = difference
        i &+= 1
      }
    } else {
      while i < classes {
        to[i] = T.subtract(row[i], most)
        i &+= 1
      }
    }
    r &+= 1
  }
  var i = 0
  let total = count &* classes
  while i < total {
    out[i] = T.exponential(out[i])
    i &+= 1
  }
  r = 0
  while r < count {
    sums[r] = T.rowSum(out + r &* classes, classes)
    r &+= 1
  }
}

@inline(__always)
private func logarithms<T: KernelFloat>(_ x: UnsafeMutablePointer<T>, _ count: Int) {
  var i = 0
  while i < count {
    x[i] = T.logarithm(x[i])
    i &+= 1
  }
}

@inline(__always)
private func divideRow<T: KernelFloat>(_ x: UnsafeMutablePointer<T>, _ divisor: T, _ count: Int) {
  var i = 0
  while i < count {
    x[i] = T.divide(x[i], divisor)
    i &+= 1
  }
}

@inline(__always)
private func subtractTwice<T: KernelFloat>(_ x: UnsafePointer<T>, _ a: T, _ b: T, _ out: UnsafeMutablePointer<T>, _ count: Int) {
  var i = 0
  while i < count {
    out[i] = T.subtract(T.subtract(x[i], a), b)
    i &+= 1
  }
}

/// Parameters: rows, classes, then for features and labels the pitches from row to row and within a row (0 or 1).
/// Scratch: two numbers for each row of a block, and a row of terms.
@inline(__always)
private func crossEntropy<T: KernelFloat>(_ call: Call, _: T.Type) {
  let rows = call.parameter(0)
  let classes = call.parameter(1)
  let loss = call.output(0, T.self)
  if classes == 0 {
    var row = 0
    while row < rows {
      loss[row] = T.small(0)
      row &+= 1
    }
    return
  }
  guard let scratch = call.pointee.scratch else { return }
  let step = rowsPerBlock(classes)
  let greatest = scratch.assumingMemoryBound(to: T.self)
  let sums = greatest + step
  let terms = sums + step
  var row = 0
  while row < rows {
    let count = step < rows &- row ? step : rows &- row
    let features = UnsafePointer(call.buffer(0, T.self)) + row &* call.parameter(2)
    let labels = UnsafePointer(call.buffer(1, T.self)) + row &* call.parameter(4)
    let backprop = call.output(1, T.self) + row &* classes
    exponentials(features, call.parameter(2), call.parameter(3), classes, count, backprop, greatest, sums)
    var r = 0
    while r < count {
      divideRow(backprop + r &* classes, sums[r], classes)
      r &+= 1
    }
    logarithms(sums, count)
    r = 0
    while r < count {
      let x = features + r &* call.parameter(2)
      let y = labels + r &* call.parameter(4)
      let back = backprop + r &* classes
      if call.parameter(3) == 1 && call.parameter(5) == 1 {
        entropyRow(x, 1, y, 1, greatest[r], sums[r], back, terms, classes)
      } else {
        entropyRow(x, call.parameter(3), y, call.parameter(5), greatest[r], sums[r], back, terms, classes)
      }
      loss[row &+ r] = T.rowSum(terms, classes)
      r &+= 1
    }
    row &+= count
  }
}

/// The terms of a row's loss, and its gradient: the probabilities less the labels.
@inline(__always)
private func entropyRow<T: KernelFloat>(
  _ x: UnsafePointer<T>, _ xPitch: Int, _ labels: UnsafePointer<T>, _ labelPitch: Int, _ greatest: T, _ logarithm: T,
  _ backprop: UnsafeMutablePointer<T>, _ terms: UnsafeMutablePointer<T>, _ classes: Int
) {
  var i = 0
  while i < classes {
    let label = labels[i &* labelPitch]
    terms[i] = T.multiply(label, T.subtract(logarithm, T.subtract(x[i &* xPitch], greatest)))
    backprop[i] = T.subtract(backprop[i], label)
    i &+= 1
  }
}

@inline(__always)
private func sparseCrossEntropy<T: KernelFloat>(_ call: Call, _: T.Type) -> Int32 {
  switch call.dtype(1) {
  case Code.int32: sparseCrossEntropy(call, T.self, Int32.self)
  case Code.int64: sparseCrossEntropy(call, T.self, Int64.self)
  default: unsupported
  }
}

/// Parameters: elements of a row, at least one. Scratch as for softmax.
@inline(__always)
private func sparseCrossEntropy<T: KernelFloat, Label: FixedWidthInteger>(_ call: Call, _: T.Type, _: Label.Type) -> Int32 {
  let classes = call.parameter(0)
  let labels = call.buffer(1, Label.self)
  let rows = call.count(1)
  guard rows > 0, let scratch = call.pointee.scratch else { return ok }
  var row = 0
  while row < rows {
    let label = Int(truncatingIfNeeded: labels[row])
    if label < 0 || label >= classes { return indexOutOfRange }
    row &+= 1
  }
  let step = rowsPerBlock(classes)
  let greatest = scratch.assumingMemoryBound(to: T.self)
  let sums = greatest + step
  let loss = call.output(0, T.self)
  row = 0
  while row < rows {
    let count = step < rows &- row ? step : rows &- row
    let features = UnsafePointer(call.buffer(0, T.self)) + row &* classes
    let backprop = call.output(1, T.self) + row &* classes
    exponentials(features, classes, 1, classes, count, backprop, greatest, sums)
    var r = 0
    while r < count {
      divideRow(backprop + r &* classes, sums[r], classes)
      r &+= 1
    }
    logarithms(sums, count)
    r = 0
    while r < count {
      let at = r &* classes &+ Int(truncatingIfNeeded: labels[row &+ r])
      loss[row &+ r] = T.subtract(sums[r], T.subtract(features[at], greatest[r]))
      backprop[at] = T.subtract(backprop[at], T.small(1))
      r &+= 1
    }
    row &+= count
  }
  return ok
}
