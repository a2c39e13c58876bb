import Blocks
import Diagnostics
import KernelTable
import TensorCore
import Testing

/// How far the product of this level rounds: once for a term where the processor fuses, otherwise twice.
private func fuses(_ level: ProcessorLevel) -> Bool {
  #if arch(x86_64)
    level != .baseline
  #else
    true
  #endif
}

/// Element types with the one operation that products consist of.
private protocol Term: Sendable {
  static func step(_ sum: Self, _ a: Self, _ b: Self, fused: Bool) -> Self
  static func made(_ word: UInt64) -> Self
  static var nothing: Self { get }
  var bits: UInt64 { get }
}

extension Term where Self: BinaryFloatingPoint {
  static func step(_ sum: Self, _ a: Self, _ b: Self, fused: Bool) -> Self { fused ? sum.addingProduct(a, b) : sum + a * b }
  static func made(_ word: UInt64) -> Self { Self(Int32(truncatingIfNeeded: word >> 20)) * 0x1p-30 }
  static var nothing: Self { 0 }
}
extension Term where Self: FixedWidthInteger {
  static func step(_ sum: Self, _ a: Self, _ b: Self, fused: Bool) -> Self { sum &+ a &* b }
  static func made(_ word: UInt64) -> Self { Self(truncatingIfNeeded: word) }
  static var nothing: Self { 0 }
  var bits: UInt64 { UInt64(truncatingIfNeeded: self) }
}
extension Float: Term { fileprivate var bits: UInt64 { UInt64(bitPattern) } }
extension Double: Term { fileprivate var bits: UInt64 { bitPattern } }
extension Int32: Term {}
extension Int64: Term {}

/// The same numbers on every run.
private struct Numbers: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

private func transposed<T>(_ x: [T], _ rows: Int, _ columns: Int) -> [T] {
  (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
}

/// The plain triple loop, over rows of a and rows of the transposed b.
private func plainProduct<T: Term>(_ a: [T], _ bAcross: [T], _ m: Int, _ n: Int, _ k: Int, fused: Bool) -> [T] {
  a.withUnsafeBufferPointer { a in
    bAcross.withUnsafeBufferPointer { b in
      (0..<m * n).map { index in
        let i = index / n * k
        let j = index % n * k
        var sum = T.nothing
        for t in 0..<k { sum = T.step(sum, a[i + t], b[j + t], fused: fused) }
        return sum
      }
    }
  }
}

/// Every element has the bits of the plain loop: at every level, for both ways round of both matrices.
private func check<T: Term>(
  _ m: Int, _ n: Int, _ k: Int, tensor: ([T], Shape) -> Tensor?, elements: (Tensor) -> [T]?
) throws {
  var numbers = Numbers(state: UInt64(m * 1_000_003 + n * 1009 + k))
  let a = (0..<m * k).map { _ in T.made(numbers.next()) }
  let b = (0..<k * n).map { _ in T.made(numbers.next()) }
  let aAcross = transposed(a, m, k)
  let bAcross = transposed(b, k, n)
  var expected: [Bool: [T]] = [:]
  for level in ProcessorLevel.available {
    let fused = fuses(level)
    let plain = expected[fused] ?? plainProduct(a, bAcross, m, n, k, fused: fused)
    expected[fused] = plain
    for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
      let x = try #require(tensor(transposesA ? aAcross : a, transposesA ? [k, m] : [m, k]))
      let y = try #require(tensor(transposesB ? bAcross : b, transposesB ? [n, k] : [k, n]))
      let out = try runBlock(
        "MatMul", [x, y], attrs: ["transpose_a": .bool(transposesA), "transpose_b": .bool(transposesB)], on: KernelTable(level: level))[0]
      #expect(out.shape == [m, n])
      let product = elements(out) ?? []
      let wrong = product.indices.first { product[$0].bits != plain[$0].bits }
      #expect(
        product.count == m * n && wrong == nil, "\(level), m \(m), n \(n), k \(k), \(transposesA) \(transposesB)")
    }
  }
}

private func checkFloats(_ m: Int, _ n: Int, _ k: Int) throws {
  try check(m, n, k, tensor: { (x: [Float], shape) in Tensor(x, shape: shape) }, elements: { $0.elements(as: Float.self) })
}

private func checkAll(_ m: Int, _ n: Int, _ k: Int) throws {
  try checkFloats(m, n, k)
  try check(m, n, k, tensor: { (x: [Double], shape) in Tensor(x, shape: shape) }, elements: { $0.elements(as: Double.self) })
  try check(m, n, k, tensor: { (x: [Int32], shape) in Tensor(x, shape: shape) }, elements: { $0.elements(as: Int32.self) })
  try check(m, n, k, tensor: { (x: [Int64], shape) in Tensor(x, shape: shape) }, elements: { $0.elements(as: Int64.self) })
}

@Suite struct MatMulTests {
  /// Nothing, one element, less than a vector, whole tiles and what is left beside them.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 23, 24, 27])
  func everyEdge(_ m: Int) throws {
    for n in [0, 1, 2, 3, 5, 8, 10, 15, 16, 17, 31, 32, 33, 47, 65] { try checkAll(m, n, m % 2 == 0 ? 7 : 4) }
    for k in [0, 1, 2, 3, 9] { try checkAll(m, 19, k) }
  }

  @Test func randomSizes() throws {
    var numbers = Numbers(state: 42)
    for _ in 0..<60 {
      try checkAll(Int.random(in: 0...70, using: &numbers), Int.random(in: 0...90, using: &numbers), Int.random(in: 0...40, using: &numbers))
    }
  }

  /// More terms, rows and columns than a block, and rows of b and a that begin in the same places of the cache.
  @Test(arguments: [
    (30, 1, 530), (1, 40, 600), (25, 70, 513), (253, 290, 66), (26, 1100, 3), (14, 2050, 9), (40, 260, 512), (490, 17, 40), (1, 300, 20),
    (300, 1, 40), (128, 2, 5), (131, 3, 256), (200, 7, 1), (784, 10, 100), (150, 15, 257), (129, 16, 8),
  ])
  func blocks(_ m: Int, _ n: Int, _ k: Int) throws { try checkAll(m, n, k) }

  @Test func largeProduct() throws { try checkFloats(251, 257, 300) }

  /// The documented bound.
  @Test func boundOfTheError() throws {
    let (m, n, k) = (7, 9, 1000)
    let x = (0..<m * k).map { Float(($0 * 7919) % 10_007 - 5000) * 1e-3 }
    let y = (0..<k * n).map { Float(($0 * 7717) % 10_007 - 5000) * 1e-3 }
    let a = try #require(Tensor(x, shape: [m, k]))
    let b = try #require(Tensor(y, shape: [k, n]))
    for level in ProcessorLevel.available {
      let product = try runBlock("MatMul", [a, b], on: KernelTable(level: level))[0].elements(as: Float.self) ?? []
      for (index, value) in product.enumerated() {
        let terms = (0..<k).map { Double(x[index / n * k + $0]) * Double(y[$0 * n + index % n]) }
        #expect(abs(Double(value) - terms.reduce(0, +)) <= Double(k) * 0x1p-23 * terms.reduce(0) { $0 + abs($1) })
      }
    }
  }

  @Test func integersAndSpecialValues() throws {
    let a = try #require(Tensor([Int32.max, 2], shape: [1, 2]))
    let b = try #require(Tensor([Int32(2), 3], shape: [2, 1]))
    #expect(try runBlock("MatMul", [a, b])[0].elements(as: Int32.self) == [4])
    let long = try #require(Tensor([Int64.max, 2], shape: [1, 2]))
    let other = try #require(Tensor([Int64(2), 3], shape: [2, 1]))
    #expect(try runBlock("MatMul", [long, other])[0].elements(as: Int64.self) == [4])
    let zero = try #require(Tensor([Float(-0.0)], shape: [1, 1]))
    let one = try #require(Tensor([Float(1)], shape: [1, 1]))
    #expect(try runBlock("MatMul", [zero, one])[0].elements(as: Float.self)?.first?.bitPattern == 0)
    let infinite = try #require(Tensor([Float.infinity, 1], shape: [1, 2]))
    let column = try #require(Tensor([Float(0), 1], shape: [2, 1]))
    #expect(try runBlock("MatMul", [infinite, column])[0].elements(as: Float.self)?.first?.isNaN == true)
    let thin = try #require(Tensor(zeros: .double, shape: [2, 0]))
    let flat = try #require(Tensor(zeros: .double, shape: [0, 3]))
    #expect(try runBlock("MatMul", [thin, flat])[0].elements(as: Double.self) == [0, 0, 0, 0, 0, 0])
  }

  @Test func refusals() throws {
    func refused(_ a: Shape, _ b: Shape, _ dtype: DType = .float) throws -> BlockError? {
      let x = try #require(Tensor(zeros: dtype, shape: a))
      let y = try #require(Tensor(zeros: dtype, shape: b))
      do { _ = try runBlock("MatMul", [x, y]) } catch let error as BlockError { return error }
      return nil
    }
    #expect(try refused([2, 3], [2, 3])?.fix == "transpose_a=\"false\" transpose_b=\"true\" would fit")
    #expect(try refused([3], [3, 1])?.id == .shapeMismatch)
    #expect(try refused([1, 2, 3], [1, 3, 2])?.id == .shapeMismatch)
    #expect(try refused([], [])?.id == .shapeMismatch)
    #expect(try refused([2, 0], [1, 3])?.id == .shapeMismatch)
    for dtype in [DType.int8, .uint8, .uint16, .uint64, .bool] { #expect(try refused([1, 1], [1, 1], dtype)?.id == .dtypeNotAllowed) }
  }

  @Test func unknownDimensions() throws {
    func shape(_ a: [Int]?, _ b: [Int]?) throws -> PartialShape? {
      let inputs: [[RuleContext.Input]] = [[.init(dtype: .float, shape: PartialShape(a))], [.init(dtype: .float, shape: PartialShape(b))]]
      let context = try makeContext("MatMul", inputs)
      return try context.type.shape(context).first
    }
    #expect(try shape(nil, [3, 4]) == PartialShape([-1, 4]))
    #expect(try shape([2, -1], [3, 4]) == PartialShape([2, 4]))
    #expect(try shape(nil, nil) == PartialShape([-1, -1]))
  }
}
