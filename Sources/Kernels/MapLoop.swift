import CKernelABI

/// `out[i] = body(x[i])`.
@inline(__always)
func mapUnary<X, R>(_ call: Call, _ body: (X) -> R) -> Int32 {
  let x: UnsafeMutablePointer<X> = call.buffer(0)
  let out: UnsafeMutablePointer<R> = call.output()
  let count = call.count(1)
  var i = 0
  while i < count {
    out[i] = body(x[i])
    i &+= 1
  }
  return ok
}

/// `out[i] = body(x[i], y[i])` over broadcast inputs, in the loops that the layout gives.
@inline(__always)
func mapBinary<X, R>(_ call: Call, _ body: (X, X) -> R) -> Int32 {
  let x: UnsafeMutablePointer<X> = call.buffer(0)
  let y: UnsafeMutablePointer<X> = call.buffer(1)
  let out: UnsafeMutablePointer<R> = call.output()
  let count = call.count(2)
  if count == 1 {
    out[0] = body(x[0], y[0])
    return ok
  }
  if count == 0 { return ok }
  let outer = call.layout(0)
  let inner = call.layout(1)
  let xStep = call.layout(2)
  let yStep = call.layout(3)
  if outer == 0 && count < 12 {
    fewResults(x, xStep, y, yStep, out, count, body)
    return ok
  }
  if outer == 0 {
    // A single row, as every tile of a fused group is. What the loops below prepare for many would take half as long as the row.
    binaryRow(x, xStep, y, yStep, out, inner, body)
    return ok
  }
  return eachRow(call) { binaryRow($0, $1, $2, $3, $4, $5, body) }
}

/// ``mapBinary(_:_:)`` for bodies that are too long to stand in the code for several sizes.
@inline(__always)
func mapRows<X, R>(_ call: Call, _ body: (X, X) -> R) -> Int32 {
  eachRow(call) { binaryRow($0, $1, $2, $3, $4, $5, body) }
}

/// A function of two operands that is too long for a closure to be inlined in each of its loops.
protocol BinaryFunction {
  associatedtype Element
  static func apply(_ x: Element, _ y: Element) -> Element
}

/// ``mapRows(_:_:)`` for loops that are to be vectorised. There is one: a repeated operand is laid out in the
/// memory of `ef_with_strips`.
@inline(__always)
func mapFunction<Op: BinaryFunction>(_ call: Call, _ strips: UnsafeMutableRawPointer, _: Op.Type) -> Int32 {
  let strip = Int(EF_CAST_STRIP) / MemoryLayout<Op.Element>.size
  return eachRow(call) { x, xStep, y, yStep, out, count in
    eachStrip(strips, strip, x, xStep, y, yStep, out, count) { x, y, out, count in
      var i = 0
      while i < count {
        out[i] = Op.apply(x[i], y[i])
        i &+= 1
      }
    }
  }
}

/// Calls `body` with the parts of an inner loop, `strip` elements at a time: operands, results, and how many. A repeated operand is laid out
/// in `strips`, which has room for two strips.
@inline(__always)
func eachStrip<X, R>(
  _ strips: UnsafeMutableRawPointer, _ strip: Int, _ x: UnsafeMutablePointer<X>, _ xStep: Int, _ y: UnsafeMutablePointer<X>, _ yStep: Int,
  _ out: UnsafeMutablePointer<R>, _ count: Int, _ body: (UnsafeMutablePointer<X>, UnsafeMutablePointer<X>, UnsafeMutablePointer<R>, Int) -> Void
) {
  let first = strips.assumingMemoryBound(to: X.self)
  let second = first + strip
  let filled = count < strip ? count : strip
  var i = 0
  while xStep == 0 && i < filled {
    first[i] = x[0]
    i &+= 1
  }
  i = 0
  while yStep == 0 && i < filled {
    second[i] = y[0]
    i &+= 1
  }
  i = 0
  while i < count {
    let left = count &- i
    body(xStep == 0 ? first : x + i, yStep == 0 ? second : y + i, out + i, left < strip ? left : strip)
    i &+= strip
  }
}

/// Calls `row` with each inner loop of the layout: operands and steps, results, and how many.
@inline(__always)
func eachRow<X, R>(
  _ call: Call, _ row: (UnsafeMutablePointer<X>, Int, UnsafeMutablePointer<X>, Int, UnsafeMutablePointer<R>, Int) -> Void
) -> Int32 {
  let x: UnsafeMutablePointer<X> = call.buffer(0)
  let y: UnsafeMutablePointer<X> = call.buffer(1)
  let out: UnsafeMutablePointer<R> = call.output()
  let count = call.count(2)
  if count == 0 { return ok }
  let outer = call.layout(0)
  let inner = call.layout(1)
  let xStep = call.layout(2)
  let yStep = call.layout(3)
  // The rows of `inner` results along the last outer dimension are a run: there the inputs move on by fixed steps.
  var rows = 1
  var xRow = 0
  var yRow = 0
  if outer > 0 {
    let word = 1 &+ outer &* 3
    rows = call.layout(word)
    xRow = call.layout(word &+ 1)
    yRow = call.layout(word &+ 2)
  }
  // A run has an odometer reading over the dimensions further out. It is derived from the run's number, so that runs may be
  // shared between threads without changing what each computes.
  let runs = outer < 2 ? 1 : count / (rows &* inner)
  var run = 0
  while run < runs {
    var rest = run
    var a = x
    var b = y
    var level = outer &- 2
    while level >= 0 {
      let word = 4 &+ level &* 3
      let size = call.layout(word)
      let digit = rest % size
      rest /= size
      a += digit &* call.layout(word &+ 1)
      b += digit &* call.layout(word &+ 2)
      level &-= 1
    }
    var to = out + run &* rows &* inner
    var number = 0
    while number < rows {
      row(a, xStep, b, yStep, to, inner)
      a += xRow
      b += yRow
      to += inner
      number &+= 1
    }
    run &+= 1
  }
  return ok
}

/// Less than twelve results, without a loop: to prepare one takes several times as long as they do.
@inline(__always)
private func fewResults<X, R>(
  _ x: UnsafeMutablePointer<X>, _ xStep: Int, _ y: UnsafeMutablePointer<X>, _ yStep: Int, _ out: UnsafeMutablePointer<R>, _ count: Int,
  _ body: (X, X) -> R
) {
  var (a, b, to) = (x, y, out)
  var left = count
  while left >= 4 {
    let p = body(a[0], b[0])
    let q = body(a[xStep], b[yStep])
    let r = body(a[2 &* xStep], b[2 &* yStep])
    let s = body(a[3 &* xStep], b[3 &* yStep])
    to[0] = p
    to[1] = q
    to[2] = r
    to[3] = s
    a += 4 &* xStep
    b += 4 &* yStep
    to += 4
    left &-= 4
  }
  if left & 2 != 0 {
    let p = body(a[0], b[0])
    let q = body(a[xStep], b[yStep])
    to[0] = p
    to[1] = q
    a += 2 &* xStep
    b += 2 &* yStep
    to += 2
  }
  if left & 1 != 0 { to[0] = body(a[0], b[0]) }
}

/// One inner loop; a repeated input is read once, so that the loop over the other one is vectorised.
@inline(__always)
private func binaryRow<X, R>(
  _ x: UnsafeMutablePointer<X>, _ xStep: Int, _ y: UnsafeMutablePointer<X>, _ yStep: Int, _ out: UnsafeMutablePointer<R>, _ count: Int,
  _ body: (X, X) -> R
) {
  var i = 0
  if xStep == 1 && yStep == 1 {
    while i < count {
      out[i] = body(x[i], y[i])
      i &+= 1
    }
  } else if xStep == 1 {
    let b = y[0]
    while i < count {
      out[i] = body(x[i], b)
      i &+= 1
    }
  } else if yStep == 1 {
    let a = x[0]
    while i < count {
      out[i] = body(a, y[i])
      i &+= 1
    }
  } else {
    let value = body(x[0], y[0])
    while i < count {
      out[i] = value
      i &+= 1
    }
  }
}
