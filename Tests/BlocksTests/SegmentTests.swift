import Blocks
import Diagnostics
import KernelTable
import TensorCore
import Testing

private func tensor<T: TensorElement>(_ values: [T], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }

/// Rows combined by ids: order, gaps, ids that cannot be, rows that are left out.
@Suite struct SegmentTests {
  private let data: [Float] = [1, 2, 10, 20, 5, 6, 7, 8]

  private func sorted(_ name: String, _ ids: [Int32]) throws -> [Float]? {
    try runBlock(name, [tensor(data, [4, 2]), tensor(ids)])[0].elements(as: Float.self)
  }

  @Test func rowsOfAnIdMakeASegment() throws {
    #expect(try sorted("SegmentSum", [0, 0, 2, 2]) == [11, 22, 0, 0, 12, 14])
    #expect(try sorted("SegmentMean", [0, 0, 2, 2]) == [5.5, 11, 0, 0, 6, 7])
    #expect(try sorted("SegmentProd", [1, 1, 1, 2]) == [1, 1, 50, 240, 7, 8])
    #expect(try sorted("SegmentMin", [0, 0, 0, 1]) == [1, 2, 7, 8])
    #expect(try sorted("SegmentMax", [0, 0, 0, 1]) == [10, 20, 7, 8])
  }

  @Test func idsMustBeSortedFromZeroOn() {
    #expect(refusal { try sorted("SegmentSum", [0, 2, 1, 2]) } == .badValue)
    #expect(refusal { try sorted("SegmentSum", [-1, 0, 0, 0]) } == .badValue)
    #expect(refusal { try sorted("SegmentSum", [0, 0, 0]) } == .shapeMismatch)
    #expect(refusal { try sorted("SegmentMax", [0, 0, 0, .max]) } == .tooLarge)
    #expect(refusal { try runBlock("SegmentProd", [tensor(data), tensor([Int64](repeating: .max, count: 8))]) } == .tooLarge)
  }

  @Test func oneRowIsCopied() throws {
    // A sum begins with 0, so that -0 would be lost.
    let found = try #require(
      try runBlock("SegmentSum", [tensor([-0.0, -0.0, -0.0] as [Float]), tensor([0, 1, 1] as [Int32])])[0].elements(as: Float.self))
    #expect(found.map(\.sign) == [.minus, .plus])
  }

  @Test func integersWrapAround() throws {
    let found = try runBlock("SegmentSum", [tensor([200, 100, 7] as [UInt8]), tensor([0, 0, 1] as [Int64])])[0]
    #expect(found.elements(as: UInt8.self) == [44, 7])
    let means = try runBlock("SegmentMean", [tensor([-7, -2, 100, 100] as [Int8]), tensor([0, 0, 1, 1] as [Int64])])[0]
    #expect(means.elements(as: Int8.self) == [-4, -28])
    // As many rows as uint8 cannot count.
    #expect(
      refusal { try runBlock("SegmentMean", [tensor([UInt8](repeating: 1, count: 256)), tensor([Int32](repeating: 0, count: 256))]) }
        == .divisionByZero)
  }

  @Test func unsortedRowsMayBeLeftOut() throws {
    func unsorted(_ name: String, _ ids: [Int32], _ shape: Shape, _ segments: Int32) throws -> [Float]? {
      try runBlock(name, [tensor(data, [4, 2]), tensor(ids, shape), tensor([segments], .scalar)])[0].elements(as: Float.self)
    }
    #expect(try unsorted("UnsortedSegmentSum", [1, -1, 0, 1], [4], 3) == [5, 6, 8, 10, 0, 0])
    #expect(try unsorted("UnsortedSegmentSum", [0, 1, 1, -5, 0, 0, 1, 1], [4, 2], 2) == [12, 27])
    #expect(try unsorted("UnsortedSegmentMax", [1, -1, 0, 1], [4], 3) == [5, 6, 7, 8, -.greatestFiniteMagnitude, -.greatestFiniteMagnitude])
    #expect(refusal { try unsorted("UnsortedSegmentSum", [1, 3, 0, 1], [4], 3) } == .indexOutOfRange)
    #expect(refusal { try unsorted("UnsortedSegmentSum", [1, 0, 0, 1], [4], -1) } == .badValue)
    #expect(refusal { try unsorted("UnsortedSegmentSum", [1, 0, 1], [3], 2) } == .shapeMismatch)
  }

  @Test func pickedRowsAreAddedEightAtATime() throws {
    // 10 rows: the first two, then eight by themselves. 2^24 + 1 is rounded down, 8 at once are not.
    let rows: [Float] = [0x1p24, 1]
    let indices: [Int32] = [0] + [Int32](repeating: 1, count: 9)
    let found = try runBlock("SparseSegmentSum", [tensor(rows), tensor([Int32](repeating: 0, count: 10)), tensor(indices)])[0]
    #expect(found.elements(as: Float.self) == [0x1p24 + 8])
    #expect(refusal { try runBlock("SparseSegmentSum", [tensor(rows), tensor([0] as [Int32]), tensor([2] as [Int32])]) } == .indexOutOfRange)
    #expect(refusal { try runBlock("SparseSegmentSum", [tensor(rows), tensor([0] as [Int32]), tensor([-1] as [Int32])]) } == .indexOutOfRange)
  }

  @Test func gradientsGoBackToPickedRows() throws {
    func gradient(_ ids: [Int32], _ indices: [Int32], _ rows: Int32) throws -> [Float]? {
      let found = try runBlock("SparseSegmentMeanGrad", [tensor([8, 3] as [Float]), tensor(ids), tensor(indices), tensor([rows], .scalar)])
      return found[0].elements(as: Float.self)
    }
    #expect(try gradient([0, 0, 1], [2, 0, 2], 4) == [4, 0, 7, 0])
    #expect(try gradient([], [], 2) == [0, 0])
    #expect(refusal { try gradient([2], [0], 2) } == .indexOutOfRange)
    #expect(refusal { try gradient([0], [2], 2) } == .indexOutOfRange)
    #expect(refusal { try gradient([0], [0], -1) } == .badValue)
  }

  @Test func numbersGoIntoBins() throws {
    func count(_ numbers: [Int32], _ size: Int32, _ weights: [Double]) throws -> [Double]? {
      try runBlock("Bincount", [tensor(numbers), tensor([size], .scalar), tensor(weights)])[0].elements(as: Double.self)
    }
    #expect(try count([1, 3, 1, 9], 4, []) == [0, 2, 0, 1])
    #expect(try count([1, 3, 1, 9], 4, [0.5, 2, 0.25, 1]) == [0, 0.75, 0, 2])
    #expect(refusal { try count([1, -3], 4, []) } == .badValue)
    #expect(refusal { try count([1, 3], 4, [1, 2, 3]) } == .shapeMismatch)
    let buckets = try runBlock("Bucketize", [tensor([-1, 0, 0.5, 1, .nan, .infinity] as [Double]), tensor([0, 1] as [Float])])[0]
    #expect(buckets.elements(as: Int32.self) == [0, 1, 1, 2, 2, 2])
    #expect(refusal { try runBlock("Bucketize", [tensor([1] as [Float]), tensor([1, 0] as [Float])]) } == .badValue)
  }
}

/// A product for each pair of matrices.
@Suite struct BatchMatMulTests {
  @Test(arguments: [false, true], [false, true])
  func eachPairHasTheBitsOfMatMul(x: Bool, y: Bool) throws {
    let (rows, terms, columns) = (37, 29, 41)
    let a = (0..<3 * rows * terms).map { Float(($0 * 37) % 101) / 7 - 5 }
    let b = (0..<3 * terms * columns).map { Float(($0 * 53) % 97) / 11 - 4 }
    let shapes = (x ? [terms, rows] : [rows, terms], y ? [columns, terms] : [terms, columns])
    let found = try runBlock(
      "BatchMatMul", [tensor(a, Shape([3] + shapes.0)), tensor(b, Shape([3] + shapes.1))], attrs: ["adj_x": .bool(x), "adj_y": .bool(y)])[0]
    var wanted: [Float] = []
    for pair in 0..<3 {
      let left = Array(a[pair * rows * terms..<(pair + 1) * rows * terms])
      let right = Array(b[pair * terms * columns..<(pair + 1) * terms * columns])
      let product = try runBlock(
        "MatMul", [tensor(left, Shape(shapes.0)), tensor(right, Shape(shapes.1))], attrs: ["transpose_a": .bool(x), "transpose_b": .bool(y)])
      wanted += try #require(product[0].elements(as: Float.self))
    }
    #expect(found.shape == Shape([3, rows, columns]))
    #expect(found.elements(as: Float.self) == wanted)
  }

  @Test func nothingIsBroadcast() throws {
    let one = try tensor([Float](repeating: 1, count: 4), [1, 2, 2])
    let two = try tensor([Float](repeating: 1, count: 8), [2, 2, 2])
    #expect(refusal { try runBlock("BatchMatMul", [one, two]) } == .shapeMismatch)
    #expect(refusal { try runBlock("BatchMatMul", [two, tensor([1, 2] as [Float])]) } == .shapeMismatch)
    #expect(try runBlock("BatchMatMul", [tensor([] as [Float], [0, 2, 3]), tensor([] as [Float], [0, 3, 4])])[0].shape == [0, 2, 4])
    #expect(
      try runBlock("BatchMatMul", [tensor([] as [Float], [2, 2, 0]), tensor([] as [Float], [2, 0, 1])])[0].elements(as: Float.self) == [0, 0, 0, 0])
  }
}
