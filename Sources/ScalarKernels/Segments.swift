import CKernelABI

// Rows that share an id are combined into one. Row by row, in their order; a sum or product waits for the next row in the output.

func visitSegments(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("segmentSum") { anySegments($0, SegmentSum.self) }
  visit("segmentProduct") { anySegments($0, SegmentProduct.self) }
  visit("segmentMinimum") { segments($0, SegmentMinimum.self) }
  visit("segmentMaximum") { segments($0, SegmentMaximum.self) }
  visit("segmentMean") { call in
    switch call.dtype(0) {
    case Code.float: segments(call, SegmentSum.self, Float.self, divides: true) { $0 / Float($1) }
    case Code.double: segments(call, SegmentSum.self, Double.self, divides: true) { $0 / Double($1) }
    case Code.int8: integerMean(call, Int8.self)
    case Code.int16: integerMean(call, Int16.self)
    case Code.int32: integerMean(call, Int32.self)
    case Code.int64: integerMean(call, Int64.self)
    case Code.uint8: integerMean(call, UInt8.self)
    case Code.uint16: integerMean(call, UInt16.self)
    case Code.uint32: integerMean(call, UInt32.self)
    case Code.uint64: integerMean(call, UInt64.self)
    case Code.complex64: segments(call, SegmentSum.self, ComplexNumber<Float>.self, divides: true) { $0.over(Float($1)) }
    case Code.complex128: segments(call, SegmentSum.self, ComplexNumber<Double>.self, divides: true) { $0.over(Double($1)) }
    default: unsupported
    }
  }
  visit("unsortedSegmentSum") { call in
    switch call.dtype(0) {
    case Code.complex64: unsortedSegments(call, SegmentSum.self, ComplexNumber<Float>.self)
    case Code.complex128: unsortedSegments(call, SegmentSum.self, ComplexNumber<Double>.self)
    default: unsortedSegments(call, SegmentSum.self)
    }
  }
  visit("unsortedSegmentMaximum") { unsortedSegments($0, SegmentMaximum.self) }
  visit("sparseSegmentSum") { segments($0, SegmentSum.self) }
  visit("sparseSegmentMean") { sparseMean($0) { $0 } }
  visit("sparseSegmentSqrtN") { sparseMean($0) { ef_sqrt($0) } }
  visit("sparseSegmentMeanGradient") { sparseGradient($0) { 1 / $0 } }
  visit("sparseSegmentSqrtNGradient") { sparseGradient($0) { 1 / ef_sqrt($0) } }
}

/// What a row does to what the rows before it gave.
private protocol SegmentStep {
  /// What several rows begin with, what is left of a segment without rows, and what unsorted segments begin with.
  static func first<T: SegmentNumber>(_: T.Type) -> T
  static func empty<T: SegmentNumber>(_: T.Type) -> T
  static func least<T: SegmentNumber>(_: T.Type) -> T
  static func apply<T: SegmentNumber>(_ row: T, _ before: T) -> T
}

/// A number that segments are made of. Its finite ends are TensorFlow's for unsorted segments.
private protocol SegmentNumber: KernelNumber {
  static var lowestFinite: Self { get }
}

extension SegmentNumber where Self: FixedWidthInteger {
  static var lowestFinite: Self { .min }
}
extension Int8: SegmentNumber {}
extension Int16: SegmentNumber {}
extension Int32: SegmentNumber {}
extension Int64: SegmentNumber {}
extension UInt8: SegmentNumber {}
extension UInt16: SegmentNumber {}
extension UInt32: SegmentNumber {}
extension UInt64: SegmentNumber {}
extension Float: SegmentNumber { static var lowestFinite: Float { -.greatestFiniteMagnitude } }
extension Double: SegmentNumber { static var lowestFinite: Double { -.greatestFiniteMagnitude } }

extension UInt32: KernelNumber {}
extension ComplexNumber: SegmentNumber {
  static var lowestFinite: ComplexNumber { lowest }
  @inline(__always) fileprivate func over(_ count: Part) -> ComplexNumber { ComplexNumber(real / count, imaginary / count) }
}

private enum SegmentSum: SegmentStep {
  @inline(__always) static func first<T: SegmentNumber>(_: T.Type) -> T { T.small(0) }
  @inline(__always) static func empty<T: SegmentNumber>(_: T.Type) -> T { T.small(0) }
  @inline(__always) static func least<T: SegmentNumber>(_: T.Type) -> T { T.small(0) }
  @inline(__always) static func apply<T: SegmentNumber>(_ row: T, _ before: T) -> T { T.add(before, row) }
}

private enum SegmentProduct: SegmentStep {
  @inline(__always) static func first<T: SegmentNumber>(_: T.Type) -> T { T.small(1) }
  @inline(__always) static func empty<T: SegmentNumber>(_: T.Type) -> T { T.small(1) }
  @inline(__always) static func least<T: SegmentNumber>(_: T.Type) -> T { T.small(1) }
  @inline(__always) static func apply<T: SegmentNumber>(_ row: T, _ before: T) -> T { T.multiply(before, row) }
}

/// A comparison with NaN does not hold, so that a NaN row takes the place of what was before, and the next row takes its place.
private enum SegmentMinimum: SegmentStep {
  @inline(__always) static func first<T: SegmentNumber>(_: T.Type) -> T { T.highest }
  @inline(__always) static func empty<T: SegmentNumber>(_: T.Type) -> T { T.small(0) }
  @inline(__always) static func least<T: SegmentNumber>(_: T.Type) -> T { T.highest }
  @inline(__always) static func apply<T: SegmentNumber>(_ row: T, _ before: T) -> T { T.less(before, row) ? before : row }
}

private enum SegmentMaximum: SegmentStep {
  @inline(__always) static func first<T: SegmentNumber>(_: T.Type) -> T { T.lowest }
  @inline(__always) static func empty<T: SegmentNumber>(_: T.Type) -> T { T.small(0) }
  @inline(__always) static func least<T: SegmentNumber>(_: T.Type) -> T { T.lowestFinite }
  @inline(__always) static func apply<T: SegmentNumber>(_ row: T, _ before: T) -> T { T.less(row, before) ? before : row }
}

/// Real or complex.
@inline(__always)
private func anySegments<S: SegmentStep>(_ call: Call, _: S.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.complex64: segments(call, S.self, ComplexNumber<Float>.self)
  case Code.complex128: segments(call, S.self, ComplexNumber<Double>.self)
  default: segments(call, S.self)
  }
}

@inline(__always)
private func segments<S: SegmentStep>(_ call: Call, _: S.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: segments(call, S.self, Float.self)
  case Code.double: segments(call, S.self, Double.self)
  case Code.int8: segments(call, S.self, Int8.self)
  case Code.int16: segments(call, S.self, Int16.self)
  case Code.int32: segments(call, S.self, Int32.self)
  case Code.int64: segments(call, S.self, Int64.self)
  case Code.uint8: segments(call, S.self, UInt8.self)
  case Code.uint16: segments(call, S.self, UInt16.self)
  case Code.uint32: segments(call, S.self, UInt32.self)
  case Code.uint64: segments(call, S.self, UInt64.self)
  default: unsupported
  }
}

/// The number of rows wraps around as their sum does.
@inline(__always)
private func integerMean<T: SegmentNumber & FixedWidthInteger>(_ call: Call, _: T.Type) -> Int32 {
  var isFaulty = false
  let result = segments(call, SegmentSum.self, T.self, divides: true) { sum, rows in
    let count = T(truncatingIfNeeded: rows)
    if count == 0 {
      isFaulty = true
      return 0
    }
    return sum.dividedReportingOverflow(by: count).partialValue
  }
  return isFaulty ? divisionByZero : result
}

@inline(__always)
private func sparseMean(_ call: Call, _ divisor: (Double) -> Double) -> Int32 {
  // A factor for few rows and a divisor for many, as TensorFlow has it.
  switch call.dtype(0) {
  case Code.float:
    return segments(call, SegmentSum.self, Float.self, divides: true) { sum, rows in
      let n = Float(divisor(Double(rows)))
      return rows < 10 ? sum * (1 / n) : sum / n
    }
  case Code.double:
    return segments(call, SegmentSum.self, Double.self, divides: true) { sum, rows in
      let n = divisor(Double(rows))
      return rows < 10 ? sum * (1 / n) : sum / n
    }
  default: return unsupported
  }
}

/// Sorted segments. Inputs: data, segment ids, and perhaps which row of the data each id is about.
///
/// Parameters: ids, elements of a row, rows of the data, rows of the output.
@inline(__always)
private func segments<S: SegmentStep, T: SegmentNumber>(
  _ call: Call, _: S.Type, _: T.Type, divides: Bool = false, _ divided: (T, Int) -> T = { sum, _ in sum }
) -> Int32 {
  let data = UnsafePointer(call.buffer(0, T.self))
  let out = call.output(0, T.self)
  let ids = call.parameter(0)
  let size = call.parameter(1)
  let rows = call.parameter(2)
  let segments = call.parameter(3)
  let isSparse = call.pointee.input_count == 3
  if isSparse && !call.hasIndices(2, below: rows) { return indexOutOfRange }
  var done = 0
  var start = 0
  while start < ids {
    let id = call.index(1, start)
    // Sorted: no id below the segments that are finished.
    if id < done || id >= segments { return indexOutOfRange }
    if id > done { fill(out + done &* size, (id &- done) &* size, S.empty(T.self)) }
    let to = out + id &* size
    var end = start &+ 1
    while end < ids && call.index(1, end) == id { end &+= 1 }
    let count = end &- start
    if count == 1 {
      copy(data + (isSparse ? call.index(2, start) : start) &* size, to, size)
    } else {
      var row = start
      if isSparse {
        copy(data + call.index(2, start) &* size, to, size)
        row &+= 1
        // TensorFlow's order: eight rows at a time are combined by themselves.
        let single = start &+ (count &- 2) % 8 &+ 2
        while row < single {
          combine(data + call.index(2, row) &* size, to, size, S.self)
          row &+= 1
        }
        while row < end {
          combineEight(data, call, row, to, size, S.self)
          row &+= 8
        }
      } else if size <= 64 {
        combineRows(data + start &* size, count, to, size, S.self)
      } else {
        fill(to, size, S.first(T.self))
        while row < end {
          combine(data + row &* size, to, size, S.self)
          row &+= 1
        }
      }
      if divides {
        var i = 0
        while i < size {
          to[i] = divided(to[i], count)
          i &+= 1
        }
      }
    }
    done = id &+ 1
    start = end
  }
  fill(out + done &* size, (segments &- done) &* size, S.empty(T.self))
  return ok
}

@inline(__always)
private func combine<S: SegmentStep, T: SegmentNumber>(_ row: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>, _ size: Int, _: S.Type) {
  var i = 0
  while i < size {
    to[i] = S.apply(row[i], to[i])
    i &+= 1
  }
}

/// Several short rows, one below the other, each four elements of them without a store in between.
@inline(__always)
private func combineRows<S: SegmentStep, T: SegmentNumber>(
  _ rows: UnsafePointer<T>, _ count: Int, _ to: UnsafeMutablePointer<T>, _ size: Int, _: S.Type
) {
  let end = rows + count &* size
  var i = 0
  while i &+ 4 <= size {
    let first = S.first(T.self)
    var four = (first, first, first, first)
    var row = rows + i
    while row < end {
      four = (S.apply(row[0], four.0), S.apply(row[1], four.1), S.apply(row[2], four.2), S.apply(row[3], four.3))
      row += size
    }
    to[i] = four.0
    to[i &+ 1] = four.1
    to[i &+ 2] = four.2
    to[i &+ 3] = four.3
    i &+= 4
  }
  while i < size {
    var one = S.first(T.self)
    var row = rows + i
    while row < end {
      one = S.apply(row[0], one)
      row += size
    }
    to[i] = one
    i &+= 1
  }
}

/// The rows that eight indices from `row` on pick.
@inline(__always)
private func combineEight<S: SegmentStep, T: SegmentNumber>(
  _ data: UnsafePointer<T>, _ call: Call, _ row: Int, _ to: UnsafeMutablePointer<T>, _ size: Int, _: S.Type
) {
  let a = data + call.index(2, row) &* size
  let b = data + call.index(2, row &+ 1) &* size
  let c = data + call.index(2, row &+ 2) &* size
  let d = data + call.index(2, row &+ 3) &* size
  let e = data + call.index(2, row &+ 4) &* size
  let f = data + call.index(2, row &+ 5) &* size
  let g = data + call.index(2, row &+ 6) &* size
  let h = data + call.index(2, row &+ 7) &* size
  var i = 0
  while i < size {
    let four = S.apply(d[i], S.apply(c[i], S.apply(b[i], a[i])))
    to[i] = S.apply(S.apply(h[i], S.apply(g[i], S.apply(f[i], S.apply(e[i], four)))), to[i])
    i &+= 1
  }
}

/// Inputs: data, segment ids in any order, the number of segments. Parameters: ids, elements of a row, segments, and for narrower floats the bits
/// of what they begin with.
@inline(__always)
private func unsortedSegments<S: SegmentStep>(_ call: Call, _: S.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float:
    unsortedSegments(call, S.self, Float.self, call.parameter(3) == 0 ? nil : Float(bitPattern: UInt32(truncatingIfNeeded: call.parameter(3))))
  case Code.double: unsortedSegments(call, S.self, Double.self)
  case Code.int8: unsortedSegments(call, S.self, Int8.self)
  case Code.int16: unsortedSegments(call, S.self, Int16.self)
  case Code.int32: unsortedSegments(call, S.self, Int32.self)
  case Code.int64: unsortedSegments(call, S.self, Int64.self)
  case Code.uint8: unsortedSegments(call, S.self, UInt8.self)
  case Code.uint16: unsortedSegments(call, S.self, UInt16.self)
  case Code.uint32: unsortedSegments(call, S.self, UInt32.self)
  case Code.uint64: unsortedSegments(call, S.self, UInt64.self)
  default: unsupported
  }
}

@inline(__always)
private func unsortedSegments<S: SegmentStep, T: SegmentNumber>(_ call: Call, _: S.Type, _: T.Type, _ start: T? = nil) -> Int32 {
  let data = UnsafePointer(call.buffer(0, T.self))
  let out = call.output(0, T.self)
  let ids = call.parameter(0)
  let size = call.parameter(1)
  let segments = call.parameter(2)
  fill(out, segments &* size, start ?? S.least(T.self))
  // TensorFlow looks at no id where there is nothing to combine.
  if size == 0 { return ok }
  var row = 0
  while row < ids {
    let id = call.dtype(1) == Code.int16 ? Int(call.buffer(1, Int16.self)[row]) : call.index(1, row)
    if id >= segments { return indexOutOfRange }
    if id >= 0 {
      combine(data + row &* size, out + id &* size, size, S.self)
    }
    row &+= 1
  }
  return ok
}

/// The rows of a gradient, each times what `scale` says of its segment's number of rows, added where the data's rows were. Inputs: gradient,
/// segment ids, indices, the rows of the data.
///
/// Parameters: ids, elements of a row, segments, rows of the data. Scratch: a count for each segment.
@inline(__always)
private func sparseGradient(_ call: Call, _ scale: (Double) -> Double) -> Int32 {
  switch call.dtype(0) {
  case Code.float: sparseGradient(call, Float.self, scale)
  case Code.double: sparseGradient(call, Double.self, scale)
  default: unsupported
  }
}

@inline(__always)
private func sparseGradient<T: SegmentNumber & BinaryFloatingPoint>(_ call: Call, _: T.Type, _ scale: (Double) -> Double) -> Int32 {
  let gradient = UnsafePointer(call.buffer(0, T.self))
  let out = call.output(0, T.self)
  let ids = call.parameter(0)
  let size = call.parameter(1)
  let segments = call.parameter(2)
  let rows = call.parameter(3)
  fill(out, rows &* size, T.small(0))
  if ids == 0 { return ok }
  guard let counts = call.pointee.scratch?.assumingMemoryBound(to: Int.self) else { return unsupported }
  if !call.hasIndices(1, below: segments) || !call.hasIndices(2, below: rows) { return indexOutOfRange }
  fill(counts, segments, 0)
  var row = 0
  while row < ids {
    counts[call.index(1, row)] &+= 1
    row &+= 1
  }
  row = 0
  while row < ids {
    let id = call.index(1, row)
    let factor = T(scale(Double(counts[id])))
    let from = gradient + id &* size
    let to = out + call.index(2, row) &* size
    var i = 0
    while i < size {
      to[i] += from[i] * factor
      i &+= 1
    }
    row &+= 1
  }
  return ok
}

@inline(__always)
private func fill<T>(_ to: UnsafeMutablePointer<T>, _ count: Int, _ value: T) {
  var i = 0
  while i < count {
    to[i] = value
    i &+= 1
  }
}

@inline(__always)
private func copy<T>(_ from: UnsafePointer<T>, _ to: UnsafeMutablePointer<T>, _ count: Int) {
  var i = 0
  while i < count {
    to[i] = from[i]
    i &+= 1
  }
}
