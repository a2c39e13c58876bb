import CKernelABI

func visitTopK(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("topK") { call in
    switch call.dtype(0) {
    case Code.float: topK(call, Float.self)
    case Code.double: topK(call, Double.self)
    case Code.int32: topK(call, Int32.self)
    case Code.int64: topK(call, Int64.self)
    default: return unsupported
    }
    return ok
  }
  visit("inTopK") { call in
    call.dtype(1) == Code.int64 ? inTopK(call, Int64.self) : inTopK(call, Int32.self)
  }
}

/// Whether element `i` of a row comes before element `j`: the greater one, NaN first; of equal ones that with the lower index.
@inline(__always)
private func precedes<T: KernelNumber>(_ x: UnsafePointer<T>, _ i: Int32, _ j: Int32) -> Bool {
  let a = x[Int(i)]
  let b = x[Int(j)]
  if T.less(b, a) { return true }
  if T.less(a, b) || T.equal(a, b) { return T.less(b, a) || (T.equal(a, b) && i < j) }
  // One of them is NaN.
  let aIsNumber = T.equal(a, a)
  let bIsNumber = T.equal(b, b)
  return aIsNumber == bIsNumber ? i < j : bIsNumber
}

/// Parameters: elements of a row, k. Outputs: the values, then their indices.
///
/// The indices of the k first elements so far are a heap with the last of them on top, which most elements do not get past.
@inline(__always)
func topK<T: KernelNumber>(_ call: Call, _: T.Type) {
  let columns = call.parameter(0)
  let k = call.parameter(1)
  if k == 0 || columns == 0 { return }
  let rows = call.count(0) / columns
  var row = 0
  while row < rows {
    let x = UnsafePointer(call.buffer(0, T.self)) + row &* columns
    let values = call.output(0, T.self) + row &* k
    let heap = call.output(1, Int32.self) + row &* k
    var i = 0
    while i < k {
      heap[i] = Int32(truncatingIfNeeded: i)
      i &+= 1
    }
    i = k / 2
    while i > 0 {
      i &-= 1
      sink(x, heap, i, k)
    }
    i = k
    while i < columns {
      let index = Int32(truncatingIfNeeded: i)
      if precedes(x, index, heap[0]) {
        heap[0] = index
        sink(x, heap, 0, k)
      }
      i &+= 1
    }
    // The top of the heap goes to its end, again and again.
    i = k
    while i > 1 {
      i &-= 1
      let last = heap[0]
      heap[0] = heap[i]
      heap[i] = last
      sink(x, heap, 0, i)
    }
    i = 0
    while i < k {
      values[i] = x[Int(heap[i])]
      i &+= 1
    }
    row &+= 1
  }
}

/// Moves the element at `start` down to where it belongs among the first `count`.
@inline(__always)
private func sink<T: KernelNumber>(_ x: UnsafePointer<T>, _ heap: UnsafeMutablePointer<Int32>, _ start: Int, _ count: Int) {
  let moving = heap[start]
  var at = start
  while true {
    var child = at &* 2 &+ 1
    if child >= count { break }
    if child &+ 1 < count && precedes(x, heap[child], heap[child &+ 1]) { child &+= 1 }
    if !precedes(x, moving, heap[child]) { break }
    heap[at] = heap[child]
    at = child
  }
  heap[at] = moving
}

/// Parameters: classes, k. A row with a number that is not finite, or whose target is no class, gives false.
@inline(__always)
private func inTopK<Index: FixedWidthInteger>(_ call: Call, _: Index.Type) -> Int32 {
  let classes = call.parameter(0)
  let k = call.parameter(1)
  let targets = call.buffer(1, Index.self)
  let out = call.output(0, UInt8.self)
  let rows = call.count(1)
  var row = 0
  while row < rows {
    let x = call.buffer(0, Float.self) + row &* classes
    let target = Int(truncatingIfNeeded: targets[row])
    var isIn = false
    if target >= 0 && target < classes {
      let limit = x[target]
      var above = 0
      var infinite = 0
      var i = 0
      while i < classes {
        above &+= x[i] > limit ? 1 : 0
        infinite &+= x[i] - x[i] == 0 ? 0 : 1
        i &+= 1
      }
      isIn = infinite == 0 && above < k
    }
    out[row] = truth(isIn)
    row &+= 1
  }
  return ok
}
