import CKernelABI

// Rows of a tensor that indices name. They know a row's bytes, not its dtype.

func visitGather(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("gather") { call in
    switch call.dtype(1) {
    case Code.int32: gather(call, Int32.self)
    case Code.int64: gather(call, Int64.self)
    default: unsupported
    }
  }
  visit("invertPermutation") { call in
    switch call.dtype(0) {
    case Code.int32: invertPermutation(call, Int32.self)
    case Code.int64: invertPermutation(call, Int64.self)
    default: unsupported
    }
  }
}

/// Parameters: blocks (positions before the axis), indices, bytes of a row, the axis' size, bytes from block to block of the output.
@inline(__always)
private func gather<Index: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _: Index.Type) -> Int32 {
  let indices = UnsafePointer(call.buffer(1, Index.self))
  let count = call.parameter(1)
  let size = call.parameter(3)
  if !areIndices(indices, count, below: size) { return indexOutOfRange }
  let row = call.parameter(2)
  switch row {
  case 0: return ok
  case 1: gatherWords(call, indices, UInt8.self)
  case 2: gatherWords(call, indices, UInt16.self)
  case 4: gatherWords(call, indices, UInt32.self)
  case 8: gatherWords(call, indices, UInt64.self)
  case 16: gatherWords(call, indices, SIMD4<UInt32>.self)
  default:
    var from = UnsafeRawPointer(call.buffer(0, UInt8.self))
    var to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
    var block = 0
    while block < call.parameter(0) {
      var i = 0
      while i < count {
        copyRun(from: from + Int(truncatingIfNeeded: indices[i]) &* row, to: to + i &* row, row)
        i &+= 1
      }
      from += size &* row
      to += call.parameter(4)
      block &+= 1
    }
  }
  return ok
}

@inline(__always)
private func gatherWords<Index: FixedWidthInteger & BitwiseCopyable, Word: BitwiseCopyable>(
  _ call: Call, _ indices: UnsafePointer<Index>, _: Word.Type
) {
  let count = call.parameter(1)
  let size = call.parameter(3)
  var from = UnsafeRawPointer(call.buffer(0, UInt8.self))
  var to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  let width = MemoryLayout<Word>.size
  var block = 0
  while block < call.parameter(0) {
    var i = 0
    while i < count {
      let word = from.loadUnaligned(fromByteOffset: Int(truncatingIfNeeded: indices[i]) &* width, as: Word.self)
      to.storeBytes(of: word, toByteOffset: i &* width, as: Word.self)
      i &+= 1
    }
    from += size &* width
    to += call.parameter(4)
    block &+= 1
  }
}

/// Whether all of them are in `0..<size`. No branch, so that it runs in vectors.
@inline(__always)
private func areIndices<Index: FixedWidthInteger>(_ indices: UnsafePointer<Index>, _ count: Int, below size: Int) -> Bool {
  if count == 0 { return true }
  if size == 0 { return false }
  let last = size > Int(truncatingIfNeeded: Index.max) ? Index.max : Index(truncatingIfNeeded: size &- 1)
  // The sign of what is below 0, or of the way from it to the last one.
  var signs: Index = 0
  var i = 0
  while i < count {
    signs |= indices[i] | (last &- indices[i])
    i &+= 1
  }
  return signs >= 0
}

@inline(__always)
private func invertPermutation<Index: FixedWidthInteger & SignedInteger>(_ call: Call, _: Index.Type) -> Int32 {
  let x = UnsafePointer(call.buffer(0, Index.self))
  let out = call.output(0, Index.self)
  let count = call.count(0)
  if !areIndices(x, count, below: count) { return indexOutOfRange }
  var i = 0
  while i < count {
    out[i] = -1
    i &+= 1
  }
  i = 0
  while i < count {
    let place = Int(truncatingIfNeeded: x[i])
    if out[place] >= 0 { return indexOutOfRange }
    out[place] = Index(truncatingIfNeeded: i)
    i &+= 1
  }
  return ok
}
