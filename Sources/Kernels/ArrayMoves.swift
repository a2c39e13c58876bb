import CKernelABI

// Kernels that only move elements: they know an element's size, not its dtype.

func visitArrayMoves(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("concat") { concat($0) }
  visit("split") { split($0) }
  visit("transpose") { transpose($0) }
  visit("oneHot") { oneHot($0) }
}

/// About how many bytes of the wide side are worked on at a time, so that they stay in the first cache.
@inline(__always) private var stripBytes: Int { 16384 }

/// Joins rows. Parameters: rows, members, then the bytes of one row of each member.
private func concat(_ call: Call) -> Int32 {
  let rows = call.parameter(0)
  let members = call.parameter(1)
  let out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var pitch = 0
  var member = 0
  while member < members {
    pitch &+= call.parameter(2 &+ member)
    member &+= 1
  }
  if pitch == 0 { return ok }
  let step = rowsPerStrip(pitch)
  var row = 0
  while row < rows {
    let count = step < rows &- row ? step : rows &- row
    var start = out + row &* pitch
    member = 0
    while member < members {
      let run = call.parameter(2 &+ member)
      copyRows(from: UnsafeRawPointer(call.buffer(member, UInt8.self)) + row &* run, pitch: run, to: start, pitch: pitch, run, count)
      start += run
      member &+= 1
    }
    row &+= count
  }
  return ok
}

/// Cuts rows into equal pieces, one for each output. Parameters: rows, the bytes of one piece of a row.
private func split(_ call: Call) -> Int32 {
  let rows = call.parameter(0)
  let run = call.parameter(1)
  let pieces = Int(call.pointee.output_count)
  let pitch = run &* pieces
  if pitch == 0 { return ok }
  let value = UnsafeRawPointer(call.buffer(1, UInt8.self))
  let step = rowsPerStrip(pitch)
  var row = 0
  while row < rows {
    let count = step < rows &- row ? step : rows &- row
    var start = value + row &* pitch
    var piece = 0
    while piece < pieces {
      copyRows(from: start, pitch: pitch, to: UnsafeMutableRawPointer(call.output(piece, UInt8.self)) + row &* run, pitch: run, run, count)
      start += run
      piece &+= 1
    }
    row &+= count
  }
  return ok
}

@inline(__always)
private func rowsPerStrip(_ pitch: Int) -> Int {
  let rows = stripBytes / pitch
  return rows < 1 ? 1 : rows
}

/// Permutes axes. Parameters: element bytes, count of outer axes, a, b, the input's pitch along b, the output's pitch along a,
/// then for each outer axis its size and its pitch in the input and in the output; all pitches in elements.
///
/// The innermost part is either `b` elements that are contiguous on both sides (`a` is 0) or a plane whose `a` is contiguous
/// in the input and whose `b` is contiguous in the output.
private func transpose(_ call: Call) -> Int32 {
  if call.count(2) == 0 { return ok }
  switch call.parameter(0) {
  case 1: transpose(call, UInt8.self)
  case 2: transpose(call, UInt16.self)
  case 4: transpose(call, UInt32.self)
  case 8: transpose(call, UInt64.self)
  default: transpose(call, SIMD2<UInt64>.self)
  }
  return ok
}

@inline(__always)
private func transpose<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) {
  transposeAxis(call, 0, UnsafePointer(call.buffer(0, Word.self)), call.output(0, Word.self))
}

private func transposeAxis<Word: BitwiseCopyable>(_ call: Call, _ level: Int, _ source: UnsafePointer<Word>, _ target: UnsafeMutablePointer<Word>) {
  if level == call.parameter(1) {
    let a = call.parameter(2)
    let b = call.parameter(3)
    if a == 0 {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: b &* MemoryLayout<Word>.stride)
    } else {
      transposePlane(source, call.parameter(4), target, call.parameter(5), a, b)
    }
    return
  }
  let word = 6 &+ level &* 3
  let size = call.parameter(word)
  let inPitch = call.parameter(word &+ 1)
  let outPitch = call.parameter(word &+ 2)
  if level &+ 1 == call.parameter(1) && call.parameter(2) == 0 && call.parameter(3) == 1 {
    // Rows of one element: the last outer axis is a strided copy.
    var i = 0
    while i < size {
      target[i &* outPitch] = source[i &* inPitch]
      i &+= 1
    }
    return
  }
  var i = 0
  while i < size {
    transposeAxis(call, level &+ 1, source + i &* inPitch, target + i &* outPitch)
    i &+= 1
  }
}

/// `target[i * outPitch + j] = source[j * inPitch + i]`, in square tiles so that each cache line is used whole on both sides.
@inline(__always)
private func transposePlane<Word: BitwiseCopyable>(
  _ source: UnsafePointer<Word>, _ inPitch: Int, _ target: UnsafeMutablePointer<Word>, _ outPitch: Int, _ a: Int, _ b: Int
) {
  let tile = 16
  var j0 = 0
  while j0 < b {
    let jEnd = j0 &+ tile < b ? j0 &+ tile : b
    var i0 = 0
    while i0 < a {
      let iEnd = i0 &+ tile < a ? i0 &+ tile : a
      var i = i0
      while i < iEnd {
        let row = target + i &* outPitch
        var from = source + (j0 &* inPitch &+ i)
        var j = j0
        while j < jEnd {
          row[j] = from[0]
          from += inPitch
          j &+= 1
        }
        i &+= 1
      }
      i0 = iEnd
    }
    j0 = jEnd
  }
}

/// Parameters: positions before the new axis, depth, positions after it, element bytes.
///
/// Everything becomes the off value, then each index sets its one element; an index outside of the depth sets none.
private func oneHot(_ call: Call) -> Int32 {
  switch call.parameter(3) {
  case 1: oneHot(call, UInt8.self)
  case 2: oneHot(call, UInt16.self)
  case 4: oneHot(call, UInt32.self)
  case 8: oneHot(call, UInt64.self)
  default: oneHot(call, SIMD2<UInt64>.self)
  }
}

@inline(__always)
private func oneHot<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) -> Int32 {
  let out = call.output(0, Word.self)
  let off = call.buffer(3, Word.self)[0]
  let count = call.count(4)
  var i = 0
  while i < count {
    out[i] = off
    i &+= 1
  }
  switch call.dtype(0) {
  case Code.uint8: scatterOn(call, UInt8.self, Word.self)
  case Code.int8: scatterOn(call, Int8.self, Word.self)
  case Code.int32: scatterOn(call, Int32.self, Word.self)
  case Code.int64: scatterOn(call, Int64.self, Word.self)
  default: return unsupported
  }
  return ok
}

@inline(__always)
private func scatterOn<Index: FixedWidthInteger, Word: BitwiseCopyable>(_ call: Call, _: Index.Type, _: Word.Type) {
  let indices = call.buffer(0, Index.self)
  let on = call.buffer(2, Word.self)[0]
  var out = call.output(0, Word.self)
  let before = call.parameter(0)
  let depth = call.parameter(1)
  let after = call.parameter(2)
  var p = 0
  while p < before {
    var s = 0
    while s < after {
      let index = Int(truncatingIfNeeded: indices[p &* after &+ s])
      if index >= 0 && index < depth { out[index &* after &+ s] = on }
      s &+= 1
    }
    out += depth &* after
    p &+= 1
  }
}
