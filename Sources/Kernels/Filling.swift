import CKernelABI

// Kernels that choose and repeat elements: they know an element's size, not its dtype.

func visitFilling(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("fill") { bySize($0, Filling.self) }
  visit("select") { bySize($0, Selection.self) }
  visit("tile") { tile($0) }
}

private protocol WordKernel { static func run<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) }

/// Parameter 0: element bytes.
@inline(__always)
private func bySize<Kernel: WordKernel>(_ call: Call, _: Kernel.Type) -> Int32 {
  switch call.parameter(0) {
  case 1: Kernel.run(call, UInt8.self)
  case 2: Kernel.run(call, UInt16.self)
  case 4: Kernel.run(call, UInt32.self)
  case 8: Kernel.run(call, UInt64.self)
  default: Kernel.run(call, SIMD2<UInt64>.self)
  }
  return ok
}

/// The one element of input 1, everywhere.
private enum Filling: WordKernel {
  @inline(__always) static func run<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) {
    let value = call.buffer(1, Word.self)[0]
    let out = call.output(0, Word.self)
    let count = call.count(2)
    var i = 0
    while i < count {
      out[i] = value
      i &+= 1
    }
  }
}

/// Parameters: element bytes, the neighbouring elements that one condition decides.
private enum Selection: WordKernel {
  @inline(__always) static func run<Word: BitwiseCopyable>(_ call: Call, _: Word.Type) {
    let condition = call.buffer(0, UInt8.self)
    let x = call.buffer(1, Word.self)
    let y = call.buffer(2, Word.self)
    let out = call.output(0, Word.self)
    let count = call.count(3)
    let run = call.parameter(1)
    var i = 0
    if run == 1 {
      while i < count {
        let a = x[i]
        let b = y[i]
        out[i] = condition[i] != 0 ? a : b
        i &+= 1
      }
      return
    }
    var row = 0
    while i < count {
      UnsafeMutableRawPointer(out + i).copyMemory(from: (condition[row] != 0 ? x : y) + i, byteCount: run &* MemoryLayout<Word>.stride)
      i &+= run
      row &+= 1
    }
  }
}

/// Parameters: number of axes, then for each its bytes in the input, from one index to the next of the axis before it, and how often it
/// is repeated. There is at least one axis, and no size is 0.
private func tile(_ call: Call) -> Int32 {
  if call.count(2) == 0 { return ok }
  _ = tileAxis(call, 0, UnsafeRawPointer(call.buffer(0, UInt8.self)), UnsafeMutableRawPointer(call.output(0, UInt8.self)))
  return ok
}

/// Writes one axis with all inside it, and returns how many bytes that were.
private func tileAxis(_ call: Call, _ axis: Int, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) -> Int {
  let bytes = call.parameter(1 &+ axis &* 2)
  let times = call.parameter(2 &+ axis &* 2)
  var written = 0
  if axis &+ 1 == call.parameter(0) {
    target.copyMemory(from: source, byteCount: bytes)
    written = bytes
  } else {
    let inner = call.parameter(3 &+ axis &* 2)
    var offset = 0
    while offset < bytes {
      written &+= tileAxis(call, axis &+ 1, source + offset, target + written)
      offset &+= inner
    }
  }
  // What is there is copied behind itself, twice as much each time.
  let total = written &* times
  while written < total {
    let part = written < total &- written ? written : total &- written
    (target + written).copyMemory(from: target, byteCount: part)
    written &+= part
  }
  return total
}
