import CKernelABI

func visitAddN(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("addN") { addN($0) }
}

private func addN(_ call: Call) -> Int32 {
  switch call.dtype(0) {
  case Code.float: addN(call, Float.self)
  case Code.double: addN(call, Double.self)
  case Code.int32: addN(call, Int32.self)
  case Code.int64: addN(call, Int64.self)
  default: return unsupported
  }
  return ok
}

/// TensorFlow's order, which rounding makes visible: of n inputs the first n % 8 (8 or 9 where that is 0 or 1) are added from
/// left to right; then eight at a time are added up by themselves, and their sum to the result.
@inline(__always)
func addN<T: KernelNumber>(_ call: Call, _: T.Type) {
  let inputs = Int(call.pointee.input_count)
  let count = call.count(inputs)
  let output = call.output(0, T.self)
  let rest = inputs & 7
  let first = inputs < 8 ? inputs : rest < 2 ? rest &+ 8 : rest
  // Blocks that stay in the first cache: the result is read again for every input.
  let block = 1024
  var start = 0
  while start < count {
    let size = block < count &- start ? block : count &- start
    let out = output + start
    UnsafeMutableRawPointer(out).copyMemory(from: call.buffer(0, T.self) + start, byteCount: size &* MemoryLayout<T>.stride)
    var input = 1
    while input < first {
      let x = call.buffer(input, T.self) + start
      var i = 0
      while i < size {
        out[i] = T.add(out[i], x[i])
        i &+= 1
      }
      input &+= 1
    }
    while input < inputs {
      addEight(call, input, start, out, size)
      input &+= 8
    }
    start &+= size
  }
}

@inline(__always)
private func addEight<T: KernelNumber>(_ call: Call, _ input: Int, _ start: Int, _ out: UnsafeMutablePointer<T>, _ size: Int) {
  let a = call.buffer(input, T.self) + start
  let b = call.buffer(input &+ 1, T.self) + start
  let c = call.buffer(input &+ 2, T.self) + start
  let d = call.buffer(input &+ 3, T.self) + start
  let e = call.buffer(input &+ 4, T.self) + start
  let f = call.buffer(input &+ 5, T.self) + start
  let g = call.buffer(input &+ 6, T.self) + start
  let h = call.buffer(input &+ 7, T.self) + start
  var i = 0
  while i < size {
    let four = T.add(T.add(T.add(a[i], b[i]), c[i]), d[i])
    let eight = T.add(T.add(T.add(T.add(four, e[i]), f[i]), g[i]), h[i])
    out[i] = T.add(out[i], eight)
    i &+= 1
  }
}
