import CKernelABI

// Kernels that move elements along axes with steps: they know an element's size, not its dtype.

func visitStridedMoves(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("moveStrided") { call in
    switch call.parameter(0) {
    case 1: moveStrided(call, UInt8.self)
    case 2: moveStrided(call, UInt16.self)
    case 4: moveStrided(call, UInt32.self)
    case 8: moveStrided(call, UInt64.self)
    default: moveStrided(call, SIMD2<UInt64>.self)
    }
    return ok
  }
  visit("splitRows") { splitRows($0) }
  visit("mirrorPad") { mirrorPad($0) }
  visit("reverseSequence") { reverseSequence($0) }
}

// MARK: Steps along axes

/// Parameters: element bytes; the buffers of source, target and filler (-1: none, -2: zeros; its one element goes everywhere in the target
/// first); where source and target begin; the number of axes, then for each its size and its steps in source and target. All in elements.
@inline(__always)
private func moveStrided<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) {
  let target = call.buffer(call.parameter(2), Word.self)
  let filler = call.parameter(3)
  let count = call.count(call.parameter(2))
  if filler == -2 {
    UnsafeMutableRawPointer(target).initializeMemory(as: UInt8.self, repeating: 0, count: count &* MemoryLayout<Word>.stride)
  } else if filler >= 0 {
    let value = call.buffer(filler, Word.self)[0]
    var i = 0
    while i < count {
      target[i] = value
      i &+= 1
    }
  }
  moveAxis(call, 0, UnsafePointer(call.buffer(call.parameter(1), Word.self)) + call.parameter(4), target + call.parameter(5))
}

private func moveAxis<Word: BitwiseCopyable>(_ call: Call, _ axis: Int, _ source: UnsafePointer<Word>, _ target: UnsafeMutablePointer<Word>) {
  let word = 7 &+ axis &* 3
  let size = call.parameter(word)
  let from = call.parameter(word &+ 1)
  let to = call.parameter(word &+ 2)
  var i = 0
  if axis &+ 1 < call.parameter(6) {
    while i < size {
      moveAxis(call, axis &+ 1, source + i &* from, target + i &* to)
      i &+= 1
    }
    return
  }
  switch (from, to) {
  case (1, 1):
    UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: size &* MemoryLayout<Word>.stride)
  case (-1, 1):
    let last = source - (size &- 1)
    while i < size {
      target[i] = last[size &- 1 &- i]
      i &+= 1
    }
  default:
    while i < size {
      target[i &* to] = source[i &* from]
      i &+= 1
    }
  }
}

// MARK: Rows cut into pieces

/// Cuts rows into pieces, one for each output. Parameters: the buffer that is cut, rows, then the bytes of each piece of a row.
private func splitRows(_ call: Call) -> Int32 {
  let rows = call.parameter(1)
  let pieces = Int(call.pointee.output_count)
  var pitch = 0
  var piece = 0
  while piece < pieces {
    pitch &+= call.parameter(2 &+ piece)
    piece &+= 1
  }
  if pitch == 0 { return ok }
  let source = UnsafeRawPointer(call.buffer(call.parameter(0), UInt8.self))
  // As many rows at a time as stay in the first cache.
  let strip = pitch < 16384 ? 16384 / pitch : 1
  var row = 0
  while row < rows {
    let count = strip < rows &- row ? strip : rows &- row
    var start = source + row &* pitch
    piece = 0
    while piece < pieces {
      let run = call.parameter(2 &+ piece)
      copyRuns(from: start, pitch, to: UnsafeMutableRawPointer(call.output(piece, UInt8.self)) + row &* run, run, count)
      start += run
      piece &+= 1
    }
    row &+= count
  }
  return ok
}

/// Short runs are one load and one store, no call.
private func copyRuns(from source: UnsafeRawPointer, _ pitch: Int, to target: UnsafeMutableRawPointer, _ run: Int, _ rows: Int) {
  switch run {
  case 0: return
  case 1: copyWords(UInt8.self, source, pitch, target, rows)
  case 2: copyWords(UInt16.self, source, pitch, target, rows)
  case 4: copyWords(UInt32.self, source, pitch, target, rows)
  case 8: copyWords(UInt64.self, source, pitch, target, rows)
  default:
    var row = 0
    while row < rows {
      (target + row &* run).copyMemory(from: source + row &* pitch, byteCount: run)
      row &+= 1
    }
  }
}

@inline(__always)
private func copyWords<Word: BitwiseCopyable>(
  _: Word.Type, _ source: UnsafeRawPointer, _ pitch: Int, _ target: UnsafeMutableRawPointer, _ rows: Int
) {
  let out = target.assumingMemoryBound(to: Word.self)
  var row = 0
  while row < rows {
    out[row] = source.loadUnaligned(fromByteOffset: row &* pitch, as: Word.self)
    row &+= 1
  }
}

// MARK: Mirrors

/// Parameters: element bytes, whether the edge itself is left out (1) or repeated (0), the number of axes, then for each its size in the
/// input, the elements added before it and behind it, and the elements from index to index in input and output.
private func mirrorPad(_ call: Call) -> Int32 {
  if call.count(2) == 0 { return ok }
  mirrorAxis(call, 0, UnsafeRawPointer(call.buffer(0, UInt8.self)), UnsafeMutableRawPointer(call.output(0, UInt8.self)))
  return ok
}

/// Writes one axis with all inside it: first what has an original, then the rows that repeat these.
private func mirrorAxis(_ call: Call, _ axis: Int, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
  let bytes = call.parameter(0)
  if axis == call.parameter(2) {
    target.copyMemory(from: source, byteCount: bytes)
    return
  }
  let edge = call.parameter(1)
  let word = 3 &+ axis &* 5
  let size = call.parameter(word)
  let before = call.parameter(word &+ 1)
  let after = call.parameter(word &+ 2)
  let from = call.parameter(word &+ 3) &* bytes
  let to = call.parameter(word &+ 4) &* bytes
  let first = target + before &* to
  if axis &+ 1 == call.parameter(2) {
    first.copyMemory(from: source, byteCount: size &* bytes)
  } else {
    var i = 0
    while i < size {
      mirrorAxis(call, axis &+ 1, source + i &* from, first + i &* to)
      i &+= 1
    }
  }
  var i = 0
  while i < before {
    (first - (i &+ 1) &* to).copyMemory(from: first + (i &+ edge) &* to, byteCount: to)
    i &+= 1
  }
  i = 0
  while i < after {
    (first + (size &+ i) &* to).copyMemory(from: first + (size &- 1 &- i &- edge) &* to, byteCount: to)
    i &+= 1
  }
}

// MARK: Sequences

/// Parameters: the bytes of a run, then five sizes: of the axes before the first of the two axes, of that axis, between them, of the second axis,
/// and 1 if the second axis is that of the sequences, 0 if the first is.
///
/// Input 1 has a length for each index of the other axis. Elements up to it are reversed, those behind it stay.
private func reverseSequence(_ call: Call) -> Int32 {
  let run = call.parameter(0)
  let (outer, first, middle, second) = (call.parameter(1), call.parameter(2), call.parameter(3), call.parameter(4))
  let isSecond = call.parameter(5) != 0
  let size = isSecond ? second : first
  let lengths = call.count(1)
  var i = 0
  while i < lengths {
    let length = call.index(1, i)
    if length < 0 || length > size { return indexOutOfRange }
    i &+= 1
  }
  let source = UnsafeRawPointer(call.buffer(0, UInt8.self))
  let target = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  var o = 0
  while o < outer {
    var a = 0
    while a < first {
      var m = 0
      while m < middle {
        var b = 0
        while b < second {
          let length = call.index(1, isSecond ? a : b)
          let place = isSecond ? b : a
          let other = place < length ? length &- 1 &- place : place
          let from = ((o &* first &+ (isSecond ? a : other)) &* middle &+ m) &* second &+ (isSecond ? other : b)
          let to = ((o &* first &+ a) &* middle &+ m) &* second &+ b
          (target + to &* run).copyMemory(from: source + from &* run, byteCount: run)
          b &+= 1
        }
        m &+= 1
      }
      a &+= 1
    }
    o &+= 1
  }
  return ok
}
