import CKernelABI

// Max, Min, All and Any over axes, ArgMax and ArgMin: comparisons of integers that stand in the order of the elements. What the greatest of
// them is does not depend on the order of the work. Prod: the loops of Sum with another operation.

func visitExtremes(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("greatest") { ef_with_strips($0) { extremes($0, isLeast: false, $1) } }
  visit("least") { ef_with_strips($0) { extremes($0, isLeast: true, $1) } }
  visit("greatestMerge") { mergeExtremes($0, isLeast: false) }
  visit("leastMerge") { mergeExtremes($0, isLeast: true) }
  // Truth values are 0 and 1.
  visit("all") { ef_with_strips($0) { extremes($0, isLeast: true, $1) } }
  visit("any") { ef_with_strips($0) { extremes($0, isLeast: false, $1) } }
  visit("argMax") { ef_with_strips($0) { places($0, isLeast: false, $1) } }
  visit("argMin") { ef_with_strips($0) { places($0, isLeast: true, $1) } }
  visit("product") { call in
    switch call.dtype(0) {
    case Code.float: multiply(call, Float.self)
    case Code.double: multiply(call, Double.self)
    case Code.int32 where call.parameter(0) == 0: fill(call, Int32(truncatingIfNeeded: call.parameter(2)))
    case Code.int64 where call.parameter(0) == 0: fill(call, call.pointee.parameters[2])
    case Code.int32: multiply(call, Int32.self)
    case Code.int64: multiply(call, Int64.self)
    default: return unsupported
    }
    return ok
  }
}

/// The bits of an element as a signed integer, in an order that puts the extreme that is looked for last. `flip` turns the order around.
private protocol Order {
  associatedtype Word: FixedWidthInteger & SignedInteger & BitwiseCopyable
  static func flip(isLeast: Bool) -> Word
  /// NaN comes last, whichever extreme is looked for, and 0 after -0.
  static func rank(_ bits: Word, _ flip: Word) -> Word
  static func bits(_ rank: Word, _ flip: Word) -> Word
  /// NaN comes first, and the zeros are equal.
  static func rankOfPlace(_ bits: Word, _ flip: Word) -> Word
  /// What no place ranks below; only what ranks above it is found.
  static var start: Word { get }
}

private enum IntegerOrder<Word: FixedWidthInteger & SignedInteger & BitwiseCopyable>: Order {
  @inline(__always) static func flip(isLeast: Bool) -> Word { isLeast ? -1 : 0 }
  @inline(__always) static func rank(_ bits: Word, _ flip: Word) -> Word { bits ^ flip }
  @inline(__always) static func bits(_ rank: Word, _ flip: Word) -> Word { rank ^ flip }
  @inline(__always) static func rankOfPlace(_ bits: Word, _ flip: Word) -> Word { bits ^ flip }
  @inline(__always) static var start: Word { .min }
}

private enum FloatOrder<Word: FixedWidthInteger & SignedInteger & BitwiseCopyable>: Order {
  @inline(__always) static var significand: Word { Word.bitWidth == 32 ? 0x7f_ffff : (1 &<< 52) &- 1 }
  @inline(__always) static var exponent: Word { Word.max ^ significand }
  @inline(__always) static func flip(isLeast: Bool) -> Word { isLeast ? .min : 0 }
  /// Sign and magnitude as a number, and back.
  @inline(__always) static func turned(_ bits: Word) -> Word { bits ^ (negative(bits) & .max) }
  /// All bits, if the number is negative.
  @inline(__always) static func negative(_ number: Word) -> Word { number &>> Word(truncatingIfNeeded: Word.bitWidth &- 1) }
  // The NaNs with a sign, which are the lowest numbers, wrap around.
  @inline(__always) static func rank(_ bits: Word, _ flip: Word) -> Word { turned(bits ^ flip) &- significand }
  /// A subnormal number becomes zero.
  @inline(__always) static func bits(_ rank: Word, _ flip: Word) -> Word {
    let bits = turned(rank &+ significand)
    return (bits & exponent == 0 ? bits & .min : bits) ^ flip
  }
  // The NaNs without a sign, which are the highest numbers, wrap around. By a mask: the compiler would make branches.
  @inline(__always) static func rankOfPlace(_ bits: Word, _ flip: Word) -> Word {
    (turned(bits ^ flip) & negative(significand &- (bits & .max))) &+ significand
  }
  /// That of an infinity.
  @inline(__always) static var start: Word { ~exponent &+ significand }
}

// MARK: Extremes

/// The parameters of `sum`. Reductions of nothing to an integer are told what they give: the dtype may be narrower than the one that is computed.
private func extremes(_ call: Call, isLeast: Bool, _ strips: UnsafeMutableRawPointer) -> Int32 {
  if call.parameter(0) == 0 {
    switch call.dtype(0) {
    case Code.float: fill(call, isLeast ? Float.infinity : -.infinity)
    case Code.double: fill(call, isLeast ? Double.infinity : -.infinity)
    case Code.int32: fill(call, Int32(truncatingIfNeeded: call.parameter(2)))
    case Code.int64: fill(call, call.pointee.parameters[2])
    case Code.bool: fill(call, truth(isLeast))
    default: return unsupported
    }
    return ok
  }
  switch call.dtype(0) {
  case Code.float: Extremes<FloatOrder<Int32>>.reduce(call, isLeast, strips)
  case Code.double: Extremes<FloatOrder<Int64>>.reduce(call, isLeast, strips)
  case Code.int32: Extremes<IntegerOrder<Int32>>.reduce(call, isLeast, strips)
  case Code.int64: Extremes<IntegerOrder<Int64>>.reduce(call, isLeast, strips)
  case Code.bool: Extremes<IntegerOrder<Int8>>.reduce(call, isLeast, strips)
  default: return unsupported
  }
  return ok
}

/// Input: the results of the parts. Counts: all elements. Parameters: the elements of a part.
private func mergeExtremes(_ call: Call, isLeast: Bool) -> Int32 {
  let parts = (call.count(0) &+ call.parameter(0) &- 1) / call.parameter(0)
  switch call.dtype(0) {
  case Code.float: Extremes<FloatOrder<Int32>>.merge(call, parts, isLeast)
  case Code.double: Extremes<FloatOrder<Int64>>.merge(call, parts, isLeast)
  case Code.int32: Extremes<IntegerOrder<Int32>>.merge(call, parts, isLeast)
  case Code.int64: Extremes<IntegerOrder<Int64>>.merge(call, parts, isLeast)
  case Code.bool: Extremes<IntegerOrder<Int8>>.merge(call, parts, isLeast)
  default: return unsupported
  }
  return ok
}

private enum Extremes<O: Order> {
  typealias Word = O.Word

  static func reduce(_ call: Call, _ isLeast: Bool, _ strips: UnsafeMutableRawPointer) {
    let x = UnsafePointer(call.buffer(0, Word.self))
    let out = call.output(0, Word.self)
    let flip = O.flip(isLeast: isLeast)
    switch call.parameter(1) {
    case 0: UnsafeMutableRawPointer(out).copyMemory(from: x, byteCount: call.count(0) &* MemoryLayout<Word>.stride)
    case 1: out[0] = O.bits(row(x, call.count(0), flip), flip)
    default: results(call, 0, x, out, flip, strips.assumingMemoryBound(to: Word.self))
    }
  }

  static func merge(_ call: Call, _ parts: Int, _ isLeast: Bool) {
    let flip = O.flip(isLeast: isLeast)
    call.output(0, Word.self)[0] = O.bits(row(UnsafePointer(call.buffer(0, Word.self)), parts, flip), flip)
  }

  /// Walks through the levels that are kept, but for one that is innermost: its results are made together.
  static func results(
    _ call: Call, _ level: Int, _ x: UnsafePointer<Word>, _ out: UnsafeMutablePointer<Word>, _ flip: Word, _ room: UnsafeMutablePointer<Word>
  ) {
    let levels = call.parameter(1)
    let first = outPitch(call, 0) < 0 ? 0 : 1
    var i = 0
    if level >= levels {
      out[0] = O.bits(nested(call, first, x, flip), flip)
    } else if outPitch(call, level) < 0 {
      results(call, level &+ 1, x, out, flip, room)
    } else if level &+ 2 == levels && first == level &+ 1 && size(call, first) < 32 && inPitch(call, level) == size(call, first) {
      let length = size(call, first)
      while i < size(call, level) {
        let count = size(call, level) &- i < 16 ? size(call, level) &- i : 16
        shortRows(x + i &* length, count, length, out + i &* outPitch(call, level), outPitch(call, level), flip, room)
        i &+= count
      }
    } else if level &+ 1 < levels {
      while i < size(call, level) {
        results(call, level &+ 1, x + i &* inPitch(call, level), out + i &* outPitch(call, level), flip, room)
        i &+= 1
      }
    } else {
      // As many as stay in the first cache.
      while i < size(call, level) {
        let count = size(call, level) &- i < 2048 ? size(call, level) &- i : 2048
        start(out + i, count)
        columns(call, first, x + i, out + i, count, flip, room)
        var k = i
        while k < i &+ count {
          out[k] = O.bits(out[k], flip)
          k &+= 1
        }
        i &+= count
      }
    }
  }

  @inline(__always) static func start(_ out: UnsafeMutablePointer<Word>, _ count: Int) {
    var i = 0
    while i < count {
      out[i] = .min
      i &+= 1
    }
  }

  @inline(__always) static func last(_ a: Word, _ b: Word) -> Word { a < b ? b : a }

  /// Rows shorter than a few vectors: their elements are ranked together.
  static func shortRows(
    _ x: UnsafePointer<Word>, _ rows: Int, _ count: Int, _ out: UnsafeMutablePointer<Word>, _ pitch: Int, _ flip: Word,
    _ room: UnsafeMutablePointer<Word>
  ) {
    let elements = rows &* count
    var i = 0
    while i < elements {
      room[i] = O.rank(x[i], flip)
      i &+= 1
    }
    i = 0
    while i < rows {
      let row = room + i &* count
      var (best, other) = (row[0], row[count &- 1])
      var k = 1
      while k &+ 1 < count {
        best = last(best, row[k])
        other = last(other, row[k &+ 1])
        k &+= 2
      }
      out[i &* pitch] = O.bits(last(best, other), flip)
      i &+= 1
    }
  }

  /// The last in a row of neighbours.
  static func row(_ x: UnsafePointer<Word>, _ count: Int, _ flip: Word) -> Word {
    var best = Word.min
    var i = 0
    while i < count {
      best = last(best, O.rank(x[i], flip))
      i &+= 1
    }
    return best
  }

  /// The last below a reduced level, when the innermost is one too.
  static func nested(_ call: Call, _ level: Int, _ x: UnsafePointer<Word>, _ flip: Word) -> Word {
    let count = size(call, level)
    if level &+ 1 == call.parameter(1) { return row(x, count, flip) }
    let pitch = inPitch(call, level)
    var best = Word.min
    var i = 0
    while i < count {
      best = last(best, nested(call, level &+ 2, x + i &* pitch, flip))
      i &+= 1
    }
    return best
  }

  /// The same for `count` neighbours of the innermost level, which is kept.
  static func columns(
    _ call: Call, _ level: Int, _ x: UnsafePointer<Word>, _ out: UnsafeMutablePointer<Word>, _ count: Int, _ flip: Word,
    _ room: UnsafeMutablePointer<Word>
  ) {
    let pitch = inPitch(call, level)
    let rows = size(call, level)
    var i = 0
    if level &+ 2 < call.parameter(1) {
      while i < rows {
        columns(call, level &+ 2, x + i &* pitch, out, count, flip, room)
        i &+= 1
      }
    } else if pitch == count && count <= 32 && rows >= 32 {
      narrow(x, rows, out, count, flip, room)
    } else {
      rowByRow(x, rows, pitch, out, count, flip)
    }
  }

  /// Four rows at a time, which saves looking at the results so far.
  static func rowByRow(
    _ x: UnsafePointer<Word>, _ rows: Int, _ pitch: Int, _ out: UnsafeMutablePointer<Word>, _ count: Int, _ flip: Word
  ) {
    var i = 0
    while i &+ 4 <= rows {
      let (a, b, c, d) = (x + i &* pitch, x + (i &+ 1) &* pitch, x + (i &+ 2) &* pitch, x + (i &+ 3) &* pitch)
      var k = 0
      while k < count {
        let two = last(O.rank(a[k], flip), O.rank(b[k], flip))
        let four = last(two, last(O.rank(c[k], flip), O.rank(d[k], flip)))
        out[k] = last(out[k], four)
        k &+= 1
      }
      i &+= 4
    }
    while i < rows {
      let a = x + i &* pitch
      var k = 0
      while k < count {
        out[k] = last(out[k], O.rank(a[k], flip))
        k &+= 1
      }
      i &+= 1
    }
  }

  /// Short rows: sixteen are taken for one.
  static func narrow(
    _ x: UnsafePointer<Word>, _ rows: Int, _ out: UnsafeMutablePointer<Word>, _ count: Int, _ flip: Word, _ room: UnsafeMutablePointer<Word>
  ) {
    let wide = 16 &* count
    let joined = rows / 16
    start(room, wide)
    rowByRow(x, joined, wide, room, wide, flip)
    var i = 0
    while i < wide {
      var k = 0
      while k < count {
        out[k] = last(out[k], room[i &+ k])
        k &+= 1
      }
      i &+= count
    }
    rowByRow(x + joined &* wide, rows &- joined &* 16, count, out, count, flip)
  }
}

// MARK: Places

private func places(_ call: Call, isLeast: Bool, _ strips: UnsafeMutableRawPointer) -> Int32 {
  switch call.dtype(0) {
  case Code.float: Places<FloatOrder<Int32>>.find(call, isLeast, strips)
  case Code.double: Places<FloatOrder<Int64>>.find(call, isLeast, strips)
  case Code.int32: Places<IntegerOrder<Int32>>.find(call, isLeast, strips)
  case Code.int64: Places<IntegerOrder<Int64>>.find(call, isLeast, strips)
  case Code.bool: Places<IntegerOrder<Int8>>.find(call, isLeast, strips)
  default: return unsupported
  }
  return ok
}

private enum Places<O: Order> {
  typealias Word = O.Word

  /// Parameters: positions before the axis, its size (1 or more), positions after it, elements from index to index of the axis. The first of equal
  /// elements; NaN is passed over.
  static func find(_ call: Call, _ isLeast: Bool, _ strips: UnsafeMutableRawPointer) {
    let (size, after, pitch) = (call.parameter(1), call.parameter(2), call.parameter(3))
    let flip = O.flip(isLeast: isLeast)
    var x = UnsafePointer(call.buffer(0, Word.self))
    var out = call.output(0, Int64.self)
    let bests = strips.assumingMemoryBound(to: Word.self)
    var p = 0
    while p < call.parameter(0) {
      var s = 0
      if after == 1 && size >= 32 {
        out[0] = Int64(row(x, size, flip))
      } else if after < 16 {
        while s < after {
          out[s] = Int64(place(x + s, size, pitch, flip))
          s &+= 1
        }
      } else {
        while s < after {
          let width = after &- s < 256 ? after &- s : 256
          columns(x + s, size, pitch, bests, out + s, width, flip)
          s &+= width
        }
      }
      x += size &* pitch
      out += pitch
      p &+= 1
    }
  }

  static func place(_ x: UnsafePointer<Word>, _ size: Int, _ pitch: Int, _ flip: Word) -> Int {
    var best = O.start
    var index = 0
    var i = 0
    while i < size {
      let rank = O.rankOfPlace(x[i &* pitch], flip)
      if best < rank {
        best = rank
        index = i
      }
      i &+= 1
    }
    return index
  }

  /// In a row of neighbours, first the part of it and then the place.
  static func row(_ x: UnsafePointer<Word>, _ size: Int, _ flip: Word) -> Int {
    var best = O.start
    var first = 0
    var start = 0
    while start < size {
      let end = size &- start < 512 ? size : start &+ 512
      var highest = Word.min
      var i = start
      while i < end {
        let rank = O.rankOfPlace(x[i], flip)
        highest = highest < rank ? rank : highest
        i &+= 1
      }
      if best < highest {
        best = highest
        first = start
      }
      start = end
    }
    if best == O.start { return 0 }
    while O.rankOfPlace(x[first], flip) != best { first &+= 1 }
    return first
  }

  /// Several neighbouring results, index by index.
  static func columns(
    _ x: UnsafePointer<Word>, _ size: Int, _ pitch: Int, _ bests: UnsafeMutablePointer<Word>, _ indices: UnsafeMutablePointer<Int64>,
    _ width: Int, _ flip: Word
  ) {
    var s = 0
    while s < width {
      bests[s] = O.start
      indices[s] = 0
      s &+= 1
    }
    var i = 0
    while i < size {
      let line = x + i &* pitch
      let index = Int64(truncatingIfNeeded: i)
      s = 0
      while s < width {
        let rank = O.rankOfPlace(line[s], flip)
        let isBetter = bests[s] < rank
        bests[s] = isBetter ? rank : bests[s]
        indices[s] = isBetter ? index : indices[s]
        s &+= 1
      }
      i &+= 1
    }
  }
}

// MARK: Products

@inline(__always)
private func multiply<T: KernelNumber & BitwiseCopyable>(_ call: Call, _: T.Type) {
  let levels = call.parameter(1)
  // Columns do not depend on the width, and whole cache lines of them are read once.
  if levels > 0 && outPitch(call, levels &- 1) >= 0 {
    reduce(call, Twice<Factors<T>>.self, divisor: 0)
  } else {
    reduce(call, Factors<T>.self, divisor: 0)
  }
}

private enum Twice<S: Summation>: Summation {
  @inline(__always) static var width: Int { 2 &* S.width }
  @inline(__always) static var zero: S.Element { S.zero }
  @inline(__always) static func one(_ x: UnsafePointer<S.Element>) -> S.Sum { S.one(x) }
  @inline(__always) static func add(_ a: S.Sum, _ b: S.Sum) -> S.Sum { S.add(a, b) }
  @inline(__always) static func lanes(_ x: UnsafePointer<S.Element>) -> (S.Lanes, S.Lanes) { (S.lanes(x), S.lanes(x + S.width)) }
  @inline(__always) static func addLanes(_ a: (S.Lanes, S.Lanes), _ b: (S.Lanes, S.Lanes)) -> (S.Lanes, S.Lanes) {
    (S.addLanes(a.0, b.0), S.addLanes(a.1, b.1))
  }
  @inline(__always) static func fold(_ lanes: (S.Lanes, S.Lanes)) -> S.Sum { S.fold(S.addLanes(lanes.0, lanes.1)) }
  @inline(__always) static func store(_ lanes: (S.Lanes, S.Lanes), _ out: UnsafeMutablePointer<S.Element>, _ divisor: Int) {
    S.store(lanes.0, out, divisor)
    S.store(lanes.1, out + S.width, divisor)
  }
  @inline(__always) static func result(_ sum: S.Sum, _ divisor: Int) -> S.Element { S.result(sum, divisor) }
}

/// Eight lanes as a tuple: the compiler joins them into vectors.
private enum Factors<T: KernelNumber & BitwiseCopyable>: Summation {
  typealias Lanes = (T, T, T, T, T, T, T, T)
  @inline(__always) static var width: Int { 8 }
  @inline(__always) static var zero: T { T.small(1) }
  @inline(__always) static func one(_ x: UnsafePointer<T>) -> T { x[0] }
  @inline(__always) static func add(_ a: T, _ b: T) -> T { T.multiply(a, b) }
  @inline(__always) static func lanes(_ x: UnsafePointer<T>) -> Lanes { (x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]) }
  @inline(__always) static func addLanes(_ a: Lanes, _ b: Lanes) -> Lanes {
    (
      add(a.0, b.0), add(a.1, b.1), add(a.2, b.2), add(a.3, b.3), add(a.4, b.4), add(a.5, b.5), add(a.6, b.6), add(a.7, b.7)
    )
  }
  @inline(__always) static func fold(_ lanes: Lanes) -> T {
    let four = (add(lanes.0, lanes.4), add(lanes.1, lanes.5), add(lanes.2, lanes.6), add(lanes.3, lanes.7))
    return add(add(four.0, four.2), add(four.1, four.3))
  }
  @inline(__always) static func store(_ lanes: Lanes, _ out: UnsafeMutablePointer<T>, _ divisor: Int) {
    out[0] = result(lanes.0, divisor)
    out[1] = result(lanes.1, divisor)
    out[2] = result(lanes.2, divisor)
    out[3] = result(lanes.3, divisor)
    out[4] = result(lanes.4, divisor)
    out[5] = result(lanes.5, divisor)
    out[6] = result(lanes.6, divisor)
    out[7] = result(lanes.7, divisor)
  }
  /// A subnormal number equals 0 and becomes it.
  @inline(__always) static func result(_ sum: T, _ divisor: Int) -> T { T.equal(sum, T.small(0)) ? T.multiply(sum, T.small(0)) : sum }
}
