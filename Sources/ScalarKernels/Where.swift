import CKernelABI

/// Where: the places of what is not zero.
func visitWhere(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("places") { call in
    switch call.dtype(0) {
    // A subnormal number is zero to kernels.
    case Code.float: places(call) { (word: UInt32) in word & 0x7fff_ffff >= 0x0080_0000 }
    case Code.double: places(call) { (word: UInt64) in word & 0x7fff_ffff_ffff_ffff >= 0x0010_0000_0000_0000 }
    case Code.bfloat16: places(call) { (word: UInt16) in word & 0x7fff != 0 }
    case Code.complex64: places(call) { (words: SIMD2<UInt32>) in (words & 0x7fff_ffff).max() >= 0x0080_0000 }
    case Code.complex128: places(call) { (words: SIMD2<UInt64>) in (words & 0x7fff_ffff_ffff_ffff).max() >= 0x0010_0000_0000_0000 }
    case Code.int8, Code.uint8, Code.bool: places(call) { (word: UInt8) in word != 0 }
    case Code.int16, Code.uint16: places(call) { (word: UInt16) in word != 0 }
    case Code.int32, Code.uint32: places(call) { (word: UInt32) in word != 0 }
    case Code.int64, Code.uint64: places(call) { (word: UInt64) in word != 0 }
    default: unsupported
    }
  }
}

/// Parameters: the rank, its dimensions. The output has as many rows as there are such places. Scratch: how many there are, then the
/// coordinates of a line.
@inline(__always)
private func places<Word>(_ call: Call, _ isSet: (Word) -> Bool) -> Int32 {
  guard let scratch = call.pointee.scratch else { return unsupported }
  let x = UnsafePointer(call.buffer(0, Word.self))
  let out = call.output(0, Int64.self)
  let rank = call.parameter(0)
  let rows = call.count(1) / rank
  let lines = (scratch + 64).assumingMemoryBound(to: Int64.self)
  let width = call.parameter(rank)
  var axis = 0
  while axis < rank {
    lines[axis] = 0
    axis &+= 1
  }
  var found = 0
  var at = 0
  while found < rows && at < call.count(0) {
    // Every element is noted down; what is not set is written over by the next one.
    let first = found
    var column = 0
    while column < width && found < rows {
      out[found &* rank &+ rank &- 1] = Int64(truncatingIfNeeded: column)
      found &+= isSet(x[at &+ column]) ? 1 : 0
      column &+= 1
    }
    at &+= width
    if rank == 1 { continue }
    var row = first
    while row < found {
      axis = 0
      while axis < rank &- 1 {
        out[row &* rank &+ axis] = lines[axis]
        axis &+= 1
      }
      row &+= 1
    }
    axis = rank &- 2
    while axis >= 0 {
      lines[axis] &+= 1
      if lines[axis] < call.pointee.parameters[axis &+ 1] { break }
      lines[axis] = 0
      axis &-= 1
    }
  }
  scratch.storeBytes(of: found, as: Int.self)
  return ok
}
