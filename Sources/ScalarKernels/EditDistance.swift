import CKernelABI

func visitEditDistance(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("editDistance") { call in
    switch call.dtype(1) {
    case Code.float: editDistance(call) { (x: Float, y: Float) in x == y }
    case Code.double: editDistance(call) { (x: Double, y: Double) in x == y }
    case Code.int8, Code.uint8, Code.bool: editDistance(call) { (x: UInt8, y: UInt8) in x == y }
    case Code.int16, Code.uint16: editDistance(call) { (x: UInt16, y: UInt16) in x == y }
    case Code.half: editDistance(call) { (x: UInt16, y: UInt16) in ef_float_of_half(x) == ef_float_of_half(y) }
    case Code.bfloat16: editDistance(call) { (x: UInt16, y: UInt16) in Float(bitPattern: UInt32(x) &<< 16) == Float(bitPattern: UInt32(y) &<< 16) }
    case Code.complex64: editDistance(call) { (x: SIMD2<Float>, y: SIMD2<Float>) in x == y }
    case Code.complex128: editDistance(call) { (x: SIMD2<Double>, y: SIMD2<Double>) in x == y }
    case Code.int32, Code.uint32: editDistance(call) { (x: UInt32, y: UInt32) in x == y }
    case Code.int64, Code.uint64, Code.string: editDistance(call) { (x: UInt64, y: UInt64) in x == y }
    default: unsupported
    }
  }
}

/// A run of elements of a sparse tensor that belong to one sequence.
private struct Sequence {
  var start: Int
  var end: Int
  var count: Int { end &- start }
}

/// Inputs: indices, values and shape of the hypotheses, then of the truths. Parameters: rank, whether distances are divided by the lengths of
/// the truths, then the result's dimensions. Scratch: a line of distances, one more than there are truths.
///
/// Both are walked at once, as if their sequences were in order; that they are is not checked, as in TensorFlow.
@inline(__always)
private func editDistance<Word>(_ call: Call, _ isEqual: (Word, Word) -> Bool) -> Int32 {
  guard let line = call.pointee.scratch?.assumingMemoryBound(to: Int.self) else { return unsupported }
  let depth = call.parameter(0) &- 1
  let isNormalized = call.parameter(1) != 0
  let hypotheses = UnsafePointer(call.buffer(0, Int64.self))
  let truths = UnsafePointer(call.buffer(3, Int64.self))
  let x = UnsafePointer(call.buffer(1, Word.self))
  let y = UnsafePointer(call.buffer(4, Word.self))
  let out = call.output(0, Float.self)
  var i = 0
  while i < call.count(6) {
    out[i] = 0
    i &+= 1
  }
  var hypothesis = sequence(hypotheses, depth, from: 0, call.count(1))
  var truth = sequence(truths, depth, from: 0, call.count(4))
  while hypothesis.count > 0 || truth.count > 0 {
    var order = hypothesis.count == 0 ? 1 : truth.count == 0 ? -1 : 0
    var level = 0
    while order == 0 && level < depth {
      let (a, b) = (hypotheses[hypothesis.start &* (depth &+ 1) &+ level], truths[truth.start &* (depth &+ 1) &+ level])
      order = a < b ? -1 : a > b ? 1 : 0
      level &+= 1
    }
    let indices = order > 0 ? truths + truth.start &* (depth &+ 1) : hypotheses + hypothesis.start &* (depth &+ 1)
    let place = place(indices, call)
    if place < 0 { return indexOutOfRange }
    if order == 0 {
      let distance = Float(distance(x + hypothesis.start, hypothesis.count, y + truth.start, truth.count, line, isEqual))
      out[place] = isNormalized ? distance / Float(truth.count) : distance
    } else if order < 0 {
      out[place] = isNormalized ? .infinity : Float(hypothesis.count)
    } else {
      out[place] = isNormalized ? 1 : Float(truth.count)
    }
    if order <= 0 { hypothesis = sequence(hypotheses, depth, from: hypothesis.end, call.count(1)) }
    if order >= 0 { truth = sequence(truths, depth, from: truth.end, call.count(4)) }
  }
  return ok
}

/// The elements from `start` on whose indices agree in all but the last.
@inline(__always)
private func sequence(_ indices: UnsafePointer<Int64>, _ depth: Int, from start: Int, _ count: Int) -> Sequence {
  var end = start
  while end < count {
    var level = 0
    while level < depth && indices[end &* (depth &+ 1) &+ level] == indices[start &* (depth &+ 1) &+ level] { level &+= 1 }
    if level < depth { break }
    end &+= 1
  }
  return Sequence(start: start, end: end)
}

/// Where a sequence's distance goes; -1 when that is outside of the result.
@inline(__always)
private func place(_ indices: UnsafePointer<Int64>, _ call: Call) -> Int {
  var place = 0
  var level = 0
  while level < call.parameter(0) &- 1 {
    let index = Int(truncatingIfNeeded: indices[level])
    let size = call.parameter(2 &+ level)
    if index < 0 || index >= size { return -1 }
    place = place &* size &+ index
    level &+= 1
  }
  return place
}

/// Levenshtein's: the fewest insertions, deletions and replacements that make one of the other.
@inline(__always)
private func distance<Word>(
  _ x: UnsafePointer<Word>, _ xCount: Int, _ y: UnsafePointer<Word>, _ yCount: Int, _ line: UnsafeMutablePointer<Int>, _ isEqual: (Word, Word) -> Bool
) -> Int {
  var j = 0
  while j <= yCount {
    line[j] = j
    j &+= 1
  }
  var i = 0
  while i < xCount {
    var diagonal = line[0]
    line[0] = i &+ 1
    j = 0
    while j < yCount {
      let above = line[j &+ 1]
      var best = isEqual(x[i], y[j]) ? diagonal : diagonal &+ 1
      if above &+ 1 < best { best = above &+ 1 }
      if line[j] &+ 1 < best { best = line[j] &+ 1 }
      line[j &+ 1] = best
      diagonal = above
      j &+= 1
    }
    i &+= 1
  }
  return line[yCount]
}
