import CKernelABI

func visitReduce(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("sum") { reduceSum($0) }
  visit("mean") { reduceMean($0) }
  visit("sumPart") { reducePart($0, sumsWide: false) }
  visit("sumMerge") { reduceMerge($0, sumsWide: false) }
  visit("meanPart") { reducePart($0, sumsWide: true) }
  visit("meanMerge") { reduceMerge($0, sumsWide: true) }
}

// The order of a sum follows from the shape and the axes alone, so every vector width and thread count gives the same bits:
//
// Axes that are reduced are nested, outermost first. Along one axis up to 8 terms are added from left to right; more are cut
// in two at the largest 8 * 2^k below their number, and the two sums are added. A row (the innermost axis, when it is reduced)
// is first cut into vectors of `width` elements that are added in that way lane by lane; then the upper half of the lanes is
// added to the lower half until one is left. What is left of the row is added up by halves (see `few`) and comes last.
//
// With u = 2^-24 (2^-53) a float (double) passes at most D roundings, so that the error is at most about D * u * (sum of
// magnitudes): along an axis of n terms D = min(n, 8 + log2(n / 8)), along a row D = 14 + max(0, log2(n / 256)).

/// Parameters: number of reduced elements per result, number of levels, then for each level, outermost first: its size, its
/// pitch in the input, its pitch in the output or -1 when it is reduced. Neighbouring levels of one kind are joined.
/// There is at least one reduced level, and no size is 0 (`[n, 0]` when there is nothing to add, `[1, 0]` for nothing to reduce).
private func reduceSum(_ call: Call) -> Int32 {
  switch call.dtype(0) {
  case Code.float: reduce(call, FloatSum.self, divisor: 0)
  case Code.double: reduce(call, DoubleSum.self, divisor: 0)
  case Code.int32: reduce(call, IntegerSum<Int32>.self, divisor: 0)
  case Code.int64: reduce(call, IntegerSum<Int64>.self, divisor: 0)
  default: return unsupported
  }
  return ok
}

/// The same with the sum divided by the number of reduced elements. Integers are added as int64 and the quotient is cut
/// towards zero.
private func reduceMean(_ call: Call) -> Int32 {
  let count = call.parameter(0)
  if count == 0 {
    // Nothing to add. Floats are 0 / 0; for integers TensorFlow says 0.
    switch call.dtype(0) {
    case Code.float: fill(call, Float.nan)
    case Code.double: fill(call, Double.nan)
    default: return reduceSum(call)
    }
    return ok
  }
  switch call.dtype(0) {
  case Code.float: reduce(call, FloatSum.self, divisor: count)
  case Code.double: reduce(call, DoubleSum.self, divisor: count)
  case Code.int32: reduce(call, WideSum<Int32>.self, divisor: count)
  case Code.int64: reduce(call, WideSum<Int64>.self, divisor: count)
  default: return unsupported
  }
  return ok
}

// A sum of all elements in parts of 2^n vectors, n > 3: the tree above cuts there, so the sums of the parts, added up as it would,
// have its bits.

/// Output: the lanes of the part's vectors, and the sum of the elements after the last one.
private func reducePart(_ call: Call, sumsWide: Bool) -> Int32 {
  switch call.dtype(0) {
  case Code.float: Reduction<FloatSum>.part(call)
  case Code.double: Reduction<DoubleSum>.part(call)
  case Code.int32 where sumsWide: Reduction<WideSum<Int32>>.part(call)
  case Code.int64 where sumsWide: Reduction<WideSum<Int64>>.part(call)
  case Code.int32: Reduction<IntegerSum<Int32>>.part(call)
  case Code.int64: Reduction<IntegerSum<Int64>>.part(call)
  default: return unsupported
  }
  return ok
}

/// Input: what the parts gave. Counts: all elements. Parameters: the elements of a part, all elements. Means are divided.
private func reduceMerge(_ call: Call, sumsWide: Bool) -> Int32 {
  switch call.dtype(0) {
  case Code.float: Reduction<FloatSum>.merge(call, divides: sumsWide)
  case Code.double: Reduction<DoubleSum>.merge(call, divides: sumsWide)
  case Code.int32 where sumsWide: Reduction<WideSum<Int32>>.merge(call, divides: true)
  case Code.int64 where sumsWide: Reduction<WideSum<Int64>>.merge(call, divides: true)
  case Code.int32: Reduction<IntegerSum<Int32>>.merge(call, divides: false)
  case Code.int64: Reduction<IntegerSum<Int64>>.merge(call, divides: false)
  default: return unsupported
  }
  return ok
}

@inline(__always)
func fill<T>(_ call: Call, _ value: T) {
  let out = call.output(0, T.self)
  let count = call.count(Int(call.pointee.input_count))
  var i = 0
  while i < count {
    out[i] = value
    i &+= 1
  }
}

/// How elements of one dtype are combined, mostly added: one by one, and in vectors of `width`.
protocol Summation {
  associatedtype Element: BitwiseCopyable
  associatedtype Sum: BitwiseCopyable
  associatedtype Lanes: BitwiseCopyable
  static var width: Int { get }
  static var zero: Element { get }
  static func one(_ x: UnsafePointer<Element>) -> Sum
  static func add(_ a: Sum, _ b: Sum) -> Sum
  static func lanes(_ x: UnsafePointer<Element>) -> Lanes
  static func addLanes(_ a: Lanes, _ b: Lanes) -> Lanes
  static func fold(_ lanes: Lanes) -> Sum
  /// The result: divided by `divisor` unless that is 0.
  static func store(_ lanes: Lanes, _ out: UnsafeMutablePointer<Element>, _ divisor: Int)
  static func result(_ sum: Sum, _ divisor: Int) -> Element
}

enum FloatSum: Summation {
  @inline(__always) static var width: Int { 32 }
  @inline(__always) static var zero: Float { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<Float>) -> Float { x[0] }
  @inline(__always) static func add(_ a: Float, _ b: Float) -> Float { a + b }
  // Two vectors of 16: the compiler makes a loop over single lanes of a SIMD32.
  @inline(__always) static func lanes(_ x: UnsafePointer<Float>) -> (SIMD16<Float>, SIMD16<Float>) {
    let raw = UnsafeRawPointer(x)
    return (raw.loadUnaligned(as: SIMD16<Float>.self), raw.loadUnaligned(fromByteOffset: 64, as: SIMD16<Float>.self))
  }
  @inline(__always)
  static func addLanes(_ a: (SIMD16<Float>, SIMD16<Float>), _ b: (SIMD16<Float>, SIMD16<Float>)) -> (SIMD16<Float>, SIMD16<Float>) {
    (a.0 + b.0, a.1 + b.1)
  }
  @inline(__always) static func fold(_ lanes: (SIMD16<Float>, SIMD16<Float>)) -> Float {
    let sixteen = lanes.0 + lanes.1
    let eight = sixteen.lowHalf + sixteen.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
  @inline(__always) static func store(_ lanes: (SIMD16<Float>, SIMD16<Float>), _ out: UnsafeMutablePointer<Float>, _ divisor: Int) {
    var low = lanes.0 + SIMD16(repeating: 0)
    var high = lanes.1 + SIMD16(repeating: 0)
    if divisor != 0 {
      low /= SIMD16(repeating: Float(divisor))
      high /= SIMD16(repeating: Float(divisor))
    }
    let raw = UnsafeMutableRawPointer(out)
    raw.storeBytes(of: low, as: SIMD16<Float>.self)
    raw.storeBytes(of: high, toByteOffset: 64, as: SIMD16<Float>.self)
  }
  // TensorFlow's sums start at +0, so that a sum of nothing but -0 is +0.
  @inline(__always) static func result(_ sum: Float, _ divisor: Int) -> Float {
    divisor == 0 ? sum + 0 : (sum + 0) / Float(divisor)
  }
}

enum DoubleSum: Summation {
  @inline(__always) static var width: Int { 16 }
  @inline(__always) static var zero: Double { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<Double>) -> Double { x[0] }
  @inline(__always) static func add(_ a: Double, _ b: Double) -> Double { a + b }
  @inline(__always) static func lanes(_ x: UnsafePointer<Double>) -> SIMD16<Double> {
    UnsafeRawPointer(x).loadUnaligned(as: SIMD16<Double>.self)
  }
  @inline(__always) static func addLanes(_ a: SIMD16<Double>, _ b: SIMD16<Double>) -> SIMD16<Double> { a + b }
  @inline(__always) static func fold(_ lanes: SIMD16<Double>) -> Double {
    let eight = lanes.lowHalf + lanes.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
  }
  @inline(__always) static func store(_ lanes: SIMD16<Double>, _ out: UnsafeMutablePointer<Double>, _ divisor: Int) {
    var sums = lanes + SIMD16(repeating: 0)
    if divisor != 0 { sums /= SIMD16(repeating: Double(divisor)) }
    UnsafeMutableRawPointer(out).storeBytes(of: sums, as: SIMD16<Double>.self)
  }
  @inline(__always) static func result(_ sum: Double, _ divisor: Int) -> Double {
    divisor == 0 ? sum + 0 : (sum + 0) / Double(divisor)
  }
}

/// Integers wrap around in their own width; whether they are signed makes no difference.
private enum IntegerSum<T: FixedWidthInteger & SIMDScalar & BitwiseCopyable>: Summation where T.SIMD16Storage: BitwiseCopyable {
  @inline(__always) static var width: Int { 16 }
  @inline(__always) static var zero: T { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<T>) -> T { x[0] }
  @inline(__always) static func add(_ a: T, _ b: T) -> T { a &+ b }
  @inline(__always) static func lanes(_ x: UnsafePointer<T>) -> SIMD16<T> { UnsafeRawPointer(x).loadUnaligned(as: SIMD16<T>.self) }
  @inline(__always) static func addLanes(_ a: SIMD16<T>, _ b: SIMD16<T>) -> SIMD16<T> { a &+ b }
  @inline(__always) static func fold(_ lanes: SIMD16<T>) -> T {
    let eight = lanes.lowHalf &+ lanes.highHalf
    let four = eight.lowHalf &+ eight.highHalf
    let two = four.lowHalf &+ four.highHalf
    return two[0] &+ two[1]
  }
  @inline(__always) static func store(_ lanes: SIMD16<T>, _ out: UnsafeMutablePointer<T>, _ divisor: Int) {
    UnsafeMutableRawPointer(out).storeBytes(of: lanes, as: SIMD16<T>.self)
  }
  @inline(__always) static func result(_ sum: T, _ divisor: Int) -> T { sum }
}

/// Integers added as int64.
private enum WideSum<T: FixedWidthInteger & BitwiseCopyable>: Summation {
  @inline(__always) static var width: Int { 8 }
  @inline(__always) static var zero: T { 0 }
  @inline(__always) static func one(_ x: UnsafePointer<T>) -> Int64 { Int64(truncatingIfNeeded: x[0]) }
  @inline(__always) static func add(_ a: Int64, _ b: Int64) -> Int64 { a &+ b }
  @inline(__always) static func lanes(_ x: UnsafePointer<T>) -> SIMD8<Int64> {
    SIMD8(one(x), one(x + 1), one(x + 2), one(x + 3), one(x + 4), one(x + 5), one(x + 6), one(x + 7))
  }
  @inline(__always) static func addLanes(_ a: SIMD8<Int64>, _ b: SIMD8<Int64>) -> SIMD8<Int64> { a &+ b }
  @inline(__always) static func fold(_ lanes: SIMD8<Int64>) -> Int64 {
    let four = lanes.lowHalf &+ lanes.highHalf
    let two = four.lowHalf &+ four.highHalf
    return two[0] &+ two[1]
  }
  @inline(__always) static func store(_ lanes: SIMD8<Int64>, _ out: UnsafeMutablePointer<T>, _ divisor: Int) {
    var lane = 0
    while lane < 8 {
      out[lane] = result(lanes[lane], divisor)
      lane &+= 1
    }
  }
  @inline(__always) static func result(_ sum: Int64, _ divisor: Int) -> T {
    // -2^63 / -1 cannot occur: the divisor is a count.
    T(truncatingIfNeeded: divisor == 0 ? sum : sum / Int64(divisor))
  }
}

@inline(__always)
func reduce<S: Summation>(_ call: Call, _: S.Type, divisor: Int) {
  let input = UnsafePointer(call.buffer(0, S.Element.self))
  let out = call.output(0, S.Element.self)
  let levels = call.parameter(1)
  if levels == 0 {
    // Nothing to reduce: a copy, bit for bit. Nothing to add: zeros.
    if call.parameter(0) == 1 {
      UnsafeMutableRawPointer(out).copyMemory(from: input, byteCount: call.count(0) &* MemoryLayout<S.Element>.stride)
    } else {
      fill(call, S.zero)
    }
    return
  }
  Reduction<S>.results(call, 0, levels, input, out, divisor)
}

@inline(__always) func size(_ call: Call, _ level: Int) -> Int { call.parameter(2 &+ level &* 3) }
@inline(__always) func inPitch(_ call: Call, _ level: Int) -> Int { call.parameter(3 &+ level &* 3) }
/// -1 for a level that is reduced.
@inline(__always) func outPitch(_ call: Call, _ level: Int) -> Int { call.parameter(4 &+ level &* 3) }

enum Reduction<S: Summation> {
  /// Walks through the levels that are kept; the last of them, when it is innermost, in vectors.
  static func results(
    _ call: Call, _ level: Int, _ levels: Int, _ input: UnsafePointer<S.Element>, _ out: UnsafeMutablePointer<S.Element>, _ divisor: Int
  ) {
    if level == levels {
      out[0] = S.result(sum(call, firstReduced(call), levels, input), divisor)
      return
    }
    let pitch = outPitch(call, level)
    if pitch < 0 {
      results(call, level &+ 1, levels, input, out, divisor)
      return
    }
    let count = size(call, level)
    var i = 0
    if level &+ 1 == levels {
      let first = firstReduced(call)
      while i < count {
        let left = count &- i
        if left >= S.width {
          S.store(laneTree(call, first, levels, input + i, size(call, first), S.width), out + i, divisor)
          i &+= S.width
        } else if left >= 4 {
          storePart(laneTree(call, first, levels, input + i, size(call, first), left), out + i, left, divisor)
          i = count
        } else {
          out[i] = S.result(sum(call, first, levels, input + i), divisor)
          i &+= 1
        }
      }
      return
    }
    let step = inPitch(call, level)
    if level &+ 2 == levels {
      // What is left is one row for each result. (A kept level is followed by a reduced one.)
      let length = size(call, level &+ 1)
      if firstReduced(call) == level &+ 1 {
        while i < count {
          let x = input + i &* step
          out[i &* pitch] = S.result(length < S.width ? few(x, length) : row(x, length), divisor)
          i &+= 1
        }
        return
      }
    }
    while i < count {
      results(call, level &+ 1, levels, input + i &* step, out + i &* pitch, divisor)
      i &+= 1
    }
  }

  /// Reduced and kept levels take turns, so the first reduced one is 0 or 1.
  @inline(__always) static func firstReduced(_ call: Call) -> Int { outPitch(call, 0) < 0 ? 0 : 1 }

  /// The sum of everything below `level`, a reduced one.
  @inline(__always)
  static func sum(_ call: Call, _ level: Int, _ levels: Int, _ input: UnsafePointer<S.Element>) -> S.Sum {
    level &+ 1 == levels
      ? row(input, size(call, level)) : tree(call, level, levels, input, size(call, level))
  }

  /// `count` terms of a reduced level that is not the innermost of all.
  static func tree(_ call: Call, _ level: Int, _ levels: Int, _ input: UnsafePointer<S.Element>, _ count: Int) -> S.Sum {
    let pitch = inPitch(call, level)
    if count > 16 {
      let half = lowerPart(count)
      return S.add(tree(call, level, levels, input, half), tree(call, level, levels, input + half &* pitch, count &- half))
    }
    // When the next level is kept and innermost, a term is one element.
    if level &+ 2 >= levels { return chains(input, pitch, count) { S.one($0) } }
    return chains(input, pitch, count) { sum(call, level &+ 2, levels, $0) }
  }

  /// The last cut, and up to 8 terms on each side of it.
  @inline(__always)
  static func chains(_ x: UnsafePointer<S.Element>, _ pitch: Int, _ count: Int, _ term: (UnsafePointer<S.Element>) -> S.Sum) -> S.Sum {
    var total = term(x)
    var i = 1
    while i < count && i < 8 {
      total = S.add(total, term(x + i &* pitch))
      i &+= 1
    }
    if count <= 8 { return total }
    var upper = term(x + 8 &* pitch)
    i = 9
    while i < count {
      upper = S.add(upper, term(x + i &* pitch))
      i &+= 1
    }
    return S.add(total, upper)
  }

  @inline(__always)
  static func laneChains(
    _ x: UnsafePointer<S.Element>, _ pitch: Int, _ count: Int, _ term: (UnsafePointer<S.Element>) -> S.Lanes
  ) -> S.Lanes {
    var total = term(x)
    var i = 1
    while i < count && i < 8 {
      total = S.addLanes(total, term(x + i &* pitch))
      i &+= 1
    }
    if count <= 8 { return total }
    var upper = term(x + 8 &* pitch)
    i = 9
    while i < count {
      upper = S.addLanes(upper, term(x + i &* pitch))
      i &+= 1
    }
    return S.addLanes(total, upper)
  }

  /// The same for `width` neighbouring results, of which the first `used` are wanted. The others read what comes after them;
  /// only at the end of the input there is nothing to be read.
  static func laneTree(_ call: Call, _ level: Int, _ levels: Int, _ input: UnsafePointer<S.Element>, _ count: Int, _ used: Int) -> S.Lanes {
    let pitch = inPitch(call, level)
    if count > 16 {
      let half = lowerPart(count)
      let low = laneTree(call, level, levels, input, half, used)
      return S.addLanes(low, laneTree(call, level, levels, input + half &* pitch, count &- half, used))
    }
    if level &+ 2 < levels {
      let inner = size(call, level &+ 2)
      return laneChains(input, pitch, count) { laneTree(call, level &+ 2, levels, $0, inner, used) }
    }
    let end = UnsafePointer(call.buffer(0, S.Element.self)) + call.count(0)
    if used == S.width || input + ((count &- 1) &* pitch &+ S.width) <= end {
      return laneChains(input, pitch, count) { S.lanes($0) }
    }
    return laneChains(input, pitch, count) { lanesPart($0, used) }
  }

  /// Room for the widest vector, which has 128 bytes.
  @inline(__always) static var room: SIMD16<Int64> { SIMD16(repeating: 0) }

  static func lanesPart(_ x: UnsafePointer<S.Element>, _ used: Int) -> S.Lanes {
    var room = room
    return withUnsafeMutableBytes(of: &room) { bytes in
      guard let base = bytes.baseAddress else { return S.lanes(x) }
      base.copyMemory(from: x, byteCount: used &* MemoryLayout<S.Element>.stride)
      return S.lanes(UnsafePointer(base.assumingMemoryBound(to: S.Element.self)))
    }
  }

  static func storePart(_ lanes: S.Lanes, _ out: UnsafeMutablePointer<S.Element>, _ used: Int, _ divisor: Int) {
    var room = room
    withUnsafeMutableBytes(of: &room) { bytes in
      guard let base = bytes.baseAddress else { return }
      S.store(lanes, base.assumingMemoryBound(to: S.Element.self), divisor)
      UnsafeMutableRawPointer(out).copyMemory(from: base, byteCount: used &* MemoryLayout<S.Element>.stride)
    }
  }

  /// A row of neighbouring elements.
  static func row(_ x: UnsafePointer<S.Element>, _ count: Int) -> S.Sum {
    let vectors = count / S.width
    if vectors == 0 { return few(x, count) }
    let total = S.fold(vectorTree(x, vectors))
    let done = vectors &* S.width
    return done == count ? total : S.add(total, few(x + done, count &- done))
  }

  static func vectorTree(_ x: UnsafePointer<S.Element>, _ count: Int) -> S.Lanes {
    if count > 16 {
      let half = lowerPart(count)
      return S.addLanes(vectorTree(x, half), vectorTree(x + half &* S.width, count &- half))
    }
    return laneChains(x, S.width, count) { S.lanes($0) }
  }

  /// Fewer than 32 elements: the binary digits of `count` cut them into 16, 8, 4, 2 and 1; each of these is added up by halves,
  /// and the sums are added from the last to the first.
  @inline(__always)
  static func few(_ x: UnsafePointer<S.Element>, _ count: Int) -> S.Sum {
    var total = S.one(x + (count &- 1))
    var at = count & ~1
    var isOpen = count & 1 == 0
    if count & 2 != 0 {
      at &-= 2
      let part = S.add(S.one(x + at), S.one(x + (at &+ 1)))
      total = isOpen ? part : S.add(part, total)
      isOpen = false
    }
    if count & 4 != 0 {
      at &-= 4
      let part = four(x + at)
      total = isOpen ? part : S.add(part, total)
      isOpen = false
    }
    if count & 8 != 0 {
      at &-= 8
      let part = S.add(four(x + at), four(x + (at &+ 4)))
      total = isOpen ? part : S.add(part, total)
      isOpen = false
    }
    if count & 16 != 0 {
      let part = S.add(S.add(four(x), four(x + 4)), S.add(four(x + 8), four(x + 12)))
      total = isOpen ? part : S.add(part, total)
    }
    return total
  }

  @inline(__always)
  static func four(_ x: UnsafePointer<S.Element>) -> S.Sum {
    S.add(S.add(S.one(x), S.one(x + 1)), S.add(S.one(x + 2), S.one(x + 3)))
  }

  static func part(_ call: Call) {
    let x = UnsafePointer(call.buffer(0, S.Element.self))
    let out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
    let count = call.count(0)
    let vectors = count / S.width
    let rest = count &- vectors &* S.width
    if vectors > 0 { out.storeBytes(of: vectorTree(x, vectors), as: S.Lanes.self) }
    if rest > 0 { out.storeBytes(of: few(x + vectors &* S.width, rest), toByteOffset: Int(EF_REDUCTION_REST), as: S.Sum.self) }
  }

  static func merge(_ call: Call, divides: Bool) {
    let parts = UnsafeRawPointer(call.buffer(0, UInt8.self))
    let count = call.count(0)
    let length = call.parameter(0)
    let vectors = count / S.width
    let perPart = length / S.width
    let restAt = (count &- 1) / length &* Int(EF_REDUCTION_PARTIAL) &+ Int(EF_REDUCTION_REST)
    let divisor = divides ? count : 0
    let out = call.output(0, S.Element.self)
    if vectors == 0 {
      out[0] = S.result(parts.loadUnaligned(fromByteOffset: restAt, as: S.Sum.self), divisor)
      return
    }
    var total = S.fold(partTree(parts, (vectors &+ perPart &- 1) / perPart))
    if vectors &* S.width != count { total = S.add(total, parts.loadUnaligned(fromByteOffset: restAt, as: S.Sum.self)) }
    out[0] = S.result(total, divisor)
  }

  static func partTree(_ parts: UnsafeRawPointer, _ count: Int) -> S.Lanes {
    if count == 1 { return parts.loadUnaligned(as: S.Lanes.self) }
    let half = lowerPart(count)
    return S.addLanes(partTree(parts, half), partTree(parts + half &* Int(EF_REDUCTION_PARTIAL), count &- half))
  }

  /// The largest power of two below `count`.
  @inline(__always) static func lowerPart(_ count: Int) -> Int {
    1 &<< (63 &- (count &- 1).leadingZeroBitCount)
  }
}
