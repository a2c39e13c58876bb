import CKernelABI

func visitMatMul(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("matMul") { matMul($0) }
}

/// Parameters: m, n, k, whether a is transposed, whether b is.
private func matMul(_ call: Call) -> Int32 {
  switch call.dtype(0) {
  case Code.float: Product<Float>.run(call)
  case Code.double: Product<Double>.run(call)
  case Code.int32: Product<Int32>.run(call)
  case Code.int64: Product<Int64>.run(call)
  default: return unsupported
  }
  return ok
}

/// An element type and the vector of neighbouring results that are computed together.
private protocol Factor: KernelNumber, BitwiseCopyable {
  associatedtype Lanes: BitwiseCopyable
  static var laneCount: Int { get }
  static var zero: Self { get }
  /// `sum + a * b`, rounded twice: a fused product would give other bits on processors that have it.
  static func step(_ sum: Lanes, _ a: Self, _ b: Lanes) -> Lanes
  static var none: Lanes { get }
}

extension Float: Factor {
  @inline(__always) static var laneCount: Int { 8 }
  @inline(__always) static var zero: Float { 0 }
  @inline(__always) static var none: SIMD8<Float> { SIMD8(repeating: 0) }
  @inline(__always) static func step(_ sum: SIMD8<Float>, _ a: Float, _ b: SIMD8<Float>) -> SIMD8<Float> { sum + SIMD8(repeating: a) * b }
}

extension Double: Factor {
  @inline(__always) static var laneCount: Int { 4 }
  @inline(__always) static var zero: Double { 0 }
  @inline(__always) static var none: SIMD4<Double> { SIMD4(repeating: 0) }
  @inline(__always) static func step(_ sum: SIMD4<Double>, _ a: Double, _ b: SIMD4<Double>) -> SIMD4<Double> { sum + SIMD4(repeating: a) * b }
}

extension Int32: Factor {
  @inline(__always) static var laneCount: Int { 8 }
  @inline(__always) static var zero: Int32 { 0 }
  @inline(__always) static var none: SIMD8<Int32> { SIMD8(repeating: 0) }
  @inline(__always) static func step(_ sum: SIMD8<Int32>, _ a: Int32, _ b: SIMD8<Int32>) -> SIMD8<Int32> { sum &+ SIMD8(repeating: a) &* b }
}

extension Int64: Factor {
  @inline(__always) static var laneCount: Int { 4 }
  @inline(__always) static var zero: Int64 { 0 }
  @inline(__always) static var none: SIMD4<Int64> { SIMD4(repeating: 0) }
  @inline(__always) static func step(_ sum: SIMD4<Int64>, _ a: Int64, _ b: SIMD4<Int64>) -> SIMD4<Int64> { sum &+ SIMD4(repeating: a) &* b }
}

/// Every element of the product has one sum that starts at +0 and takes its k terms in ascending order, each product and each
/// sum rounded. Blocks only change when that happens (between blocks the sum waits in the output), so the bits are those of the
/// plain triple loop, whatever the blocks, vectors or threads.
private enum Product<T: Factor> {
  /// Terms per block: `depth` vectors of b fill the panel of 4 kB.
  @inline(__always) static var depth: Int { 128 }
  /// Rows of a per block, for the second cache.
  @inline(__always) static var height: Int { 96 }

  static func run(_ call: Call) {
    let m = call.parameter(0)
    let n = call.parameter(1)
    let k = call.parameter(2)
    let a = UnsafePointer(call.buffer(0, T.self))
    let b = UnsafePointer(call.buffer(1, T.self))
    let out = call.output(0, T.self)
    if k == 0 {
      var i = 0
      while i < m &* n {
        out[i] = T.zero
        i &+= 1
      }
      return
    }
    let aRow = call.parameter(3) == 0 ? k : 1
    let aTerm = call.parameter(3) == 0 ? 1 : m
    let bTerm = call.parameter(4) == 0 ? n : 1
    let bColumn = call.parameter(4) == 0 ? 1 : k
    let zero = SIMD16<Float>(repeating: 0)
    let line = (zero, zero, zero, zero)
    let kilobyte = (line, line, line, line)
    // 4 kB on the stack: kernels allocate nothing.
    var panel = (kilobyte, kilobyte, kilobyte, kilobyte)
    withUnsafeMutableBytes(of: &panel) { memory in
      guard let base = memory.baseAddress else { return }
      let panel = base.assumingMemoryBound(to: T.self)
      var k0 = 0
      while k0 < k {
        let terms = depth < k &- k0 ? depth : k &- k0
        var i0 = 0
        while i0 < m {
          let rows = height < m &- i0 ? height : m &- i0
          var j0 = 0
          while j0 < n {
            let columns = T.laneCount < n &- j0 ? T.laneCount : n &- j0
            pack(b + (k0 &* bTerm &+ j0 &* bColumn), bTerm, bColumn, panel, terms, columns)
            block(a + (i0 &* aRow &+ k0 &* aTerm), aRow, aTerm, panel, out + (i0 &* n &+ j0), n, rows, columns, terms, k0 == 0)
            j0 &+= T.laneCount
          }
          i0 &+= rows
        }
        k0 &+= terms
      }
    }
  }

  /// Lays `columns` columns of b side by side, term after term, with zeros up to the vector's width.
  @inline(__always)
  static func pack(_ b: UnsafePointer<T>, _ bTerm: Int, _ bColumn: Int, _ panel: UnsafeMutablePointer<T>, _ terms: Int, _ columns: Int) {
    if columns == T.laneCount && bColumn == 1 {
      var t = 0
      while t < terms {
        let lanes = UnsafeRawPointer(b + t &* bTerm).loadUnaligned(as: T.Lanes.self)
        UnsafeMutableRawPointer(panel + t &* T.laneCount).storeBytes(of: lanes, as: T.Lanes.self)
        t &+= 1
      }
      return
    }
    var j = 0
    while j < T.laneCount {
      var t = 0
      while t < terms {
        panel[t &* T.laneCount &+ j] = j < columns ? b[t &* bTerm &+ j &* bColumn] : T.zero
        t &+= 1
      }
      j &+= 1
    }
  }

  @inline(__always)
  static func block(
    _ a: UnsafePointer<T>, _ aRow: Int, _ aTerm: Int, _ panel: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ pitch: Int, _ rows: Int,
    _ columns: Int, _ terms: Int, _ isFirst: Bool
  ) {
    var i = 0
    while i &+ 4 <= rows {
      let x = a + i &* aRow
      let y = out + i &* pitch
      var s0 = isFirst ? T.none : load(y, columns)
      var s1 = isFirst ? T.none : load(y + pitch, columns)
      var s2 = isFirst ? T.none : load(y + 2 &* pitch, columns)
      var s3 = isFirst ? T.none : load(y + 3 &* pitch, columns)
      var from = x
      var t = 0
      while t < terms {
        let lanes = UnsafeRawPointer(panel + t &* T.laneCount).loadUnaligned(as: T.Lanes.self)
        s0 = T.step(s0, from[0], lanes)
        s1 = T.step(s1, from[aRow], lanes)
        s2 = T.step(s2, from[2 &* aRow], lanes)
        s3 = T.step(s3, from[3 &* aRow], lanes)
        from += aTerm
        t &+= 1
      }
      store(s0, y, columns)
      store(s1, y + pitch, columns)
      store(s2, y + 2 &* pitch, columns)
      store(s3, y + 3 &* pitch, columns)
      i &+= 4
    }
    while i < rows {
      let y = out + i &* pitch
      var sum = isFirst ? T.none : load(y, columns)
      var from = a + i &* aRow
      var t = 0
      while t < terms {
        sum = T.step(sum, from[0], UnsafeRawPointer(panel + t &* T.laneCount).loadUnaligned(as: T.Lanes.self))
        from += aTerm
        t &+= 1
      }
      store(sum, y, columns)
      i &+= 1
    }
  }

  @inline(__always)
  static func load(_ x: UnsafePointer<T>, _ columns: Int) -> T.Lanes {
    if columns == T.laneCount { return UnsafeRawPointer(x).loadUnaligned(as: T.Lanes.self) }
    var lanes = T.none
    withUnsafeMutableBytes(of: &lanes) { bytes in
      guard let base = bytes.baseAddress else { return }
      base.copyMemory(from: x, byteCount: columns &* MemoryLayout<T>.stride)
    }
    return lanes
  }

  @inline(__always)
  static func store(_ lanes: T.Lanes, _ x: UnsafeMutablePointer<T>, _ columns: Int) {
    if columns == T.laneCount {
      UnsafeMutableRawPointer(x).storeBytes(of: lanes, as: T.Lanes.self)
      return
    }
    withUnsafeBytes(of: lanes) { bytes in
      guard let base = bytes.baseAddress else { return }
      UnsafeMutableRawPointer(x).copyMemory(from: base, byteCount: columns &* MemoryLayout<T>.stride)
    }
  }
}
