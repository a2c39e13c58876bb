import Blocks
import CKernelABI
import KernelTable
import TensorCore
import Testing

private func tensor<T: TensorElement>(_ values: [T], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func axis(_ number: Int32) throws -> Tensor { try tensor([number], .scalar) }

/// Running sums and products, and slices named by tuples of indices.
@Suite struct ScanTests {
  private func scan(_ name: String, _ x: Tensor, _ along: Int32, exclusive: Bool = false, reverse: Bool = false) throws -> Tensor {
    let found = try runBlock(name, [x, axis(along)], attrs: ["exclusive": .bool(exclusive), "reverse": .bool(reverse)])
    return try #require(found.first)
  }

  @Test func runningSumsGoAlongAnyAxis() throws {
    let x = try tensor((1...12).map(Int32.init), [2, 3, 2])
    #expect(try scan("Cumsum", x, 0).elements(as: Int32.self) == [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18])
    #expect(try scan("Cumsum", x, 1).elements(as: Int32.self) == [1, 2, 4, 6, 9, 12, 7, 8, 16, 18, 27, 30])
    #expect(try scan("Cumsum", x, -1, reverse: true).elements(as: Int32.self) == [3, 2, 7, 4, 11, 6, 15, 8, 19, 10, 23, 12])
    #expect(try scan("Cumsum", x, 1, exclusive: true).elements(as: Int32.self) == [0, 0, 1, 2, 4, 6, 0, 0, 7, 8, 16, 18])
    #expect(try scan("Cumsum", x, 1, exclusive: true, reverse: true).elements(as: Int32.self) == [8, 10, 5, 6, 0, 0, 20, 22, 11, 12, 0, 0])
  }

  @Test func integersWrapAround() throws {
    #expect(try scan("Cumprod", tensor([100, 3, 2] as [Int8]), 0).elements(as: Int8.self) == [100, 44, 88])
    #expect(try scan("Cumsum", tensor([200, 100] as [UInt8]), 0).elements(as: UInt8.self) == [200, 44])
  }

  @Test func sumsBeginWithZero() throws {
    let found = try #require(try scan("Cumsum", tensor([-0.0, 1, .infinity, -.infinity, 2] as [Float]), 0).elements(as: Float.self))
    #expect(found[0].sign == .plus && found[2] == .infinity && found[3].isNaN && found[4].isNaN)
    let product = try #require(try scan("Cumprod", tensor([-0.0, 1] as [Float]), 0).elements(as: Float.self))
    #expect(product[0].sign == .minus)
  }

  @Test func subnormalNumbersAreZero() throws {
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    for name in ["Cumsum", "Cumprod"] {
      let found = try #require(try scan(name, tensor([-1e-40, 1] as [Float]), 0).elements(as: Float.self))
      // As bits: in this mode a subnormal number equals 0.
      #expect(found[0].bitPattern == (name == "Cumsum" ? 0 : 0x8000_0000), "\(name)")
    }
  }

  /// Eight rows go side by side, the others by themselves.
  @Test(arguments: [1, 7, 8, 9, 19]) func rowsAreAddedInTheirOrder(rows: Int) throws {
    let columns = 37
    let x = (0..<rows * columns).map { Float(($0 &* 7_919) % 1_009) / 7 - 60 }
    for (isExclusive, isReverse) in [(false, false), (true, false), (false, true), (true, true)] {
      var expected = x
      for row in 0..<rows {
        var sum: Float = 0
        for step in 0..<columns {
          let place = row * columns + (isReverse ? columns - 1 - step : step)
          expected[place] = isExclusive ? sum : sum + x[place]
          sum += x[place]
        }
      }
      let found = try scan("Cumsum", tensor(x, [rows, columns]), 1, exclusive: isExclusive, reverse: isReverse)
      #expect(found.elements(as: Float.self) == expected)
    }
  }

  @Test func nothingIsNothing() throws {
    #expect(try scan("Cumsum", tensor([] as [Float], [2, 0, 3]), 1).shape == [2, 0, 3])
    #expect(refusal { try scan("Cumsum", tensor([1] as [Float], .scalar), 0) } == .shapeMismatch)
    #expect(refusal { try scan("Cumprod", tensor([1] as [Float]), 1) } == .badValue)
  }

  @Test func slicesComeAndGo() throws {
    let x = try tensor((1...6).map(Float.init), [3, 2])
    let rows = try tensor([2, 0, 2] as [Int32], [3, 1])
    let taken = try #require(try runBlock("GatherNd", [x, rows]).first)
    #expect(taken.shape == [3, 2] && taken.elements(as: Float.self) == [5, 6, 1, 2, 5, 6])
    let back = try #require(try runBlock("ScatterNd", [rows, taken, tensor([3, 2] as [Int32])]).first)
    #expect(back.elements(as: Float.self) == [1, 2, 0, 0, 10, 12])
    // One tuple alone, and tuples of nothing.
    #expect(try runBlock("GatherNd", [x, tensor([1, 1] as [Int64])])[0].elements(as: Float.self) == [4])
    #expect(try runBlock("GatherNd", [x, tensor([] as [Int32], [2, 0])])[0].shape == [2, 3, 2])
    #expect(
      try runBlock("GatherNd", [tensor([true, false, true]), tensor([2, 1] as [Int32], [2, 1])])[0].elements(as: Bool.self) == [true, false])
  }

  @Test func tuplesPointIntoTheTensor() throws {
    let x = try tensor((1...6).map(Float.init), [3, 2])
    for bad in [[3], [-1], [Int32.min]] as [[Int32]] {
      #expect(refusal { try runBlock("GatherNd", [x, tensor(bad)]) } == .indexOutOfRange)
      #expect(
        refusal { try runBlock("ScatterNd", [tensor(bad, [1, 1]), tensor([1, 2] as [Float], [1, 2]), tensor([3, 2] as [Int32])]) } == .indexOutOfRange
      )
    }
    #expect(refusal { try runBlock("GatherNd", [x, tensor([0, 0, 0] as [Int32])]) } == .shapeMismatch)
    #expect(
      refusal { try runBlock("ScatterNd", [tensor([0] as [Int32], [1, 1]), tensor([1] as [Float]), tensor([3, 2] as [Int32])]) } == .shapeMismatch)
    #expect(refusal { try runBlock("ScatterNd", [tensor([0] as [Int32], [1, 1]), tensor([1] as [Float]), tensor([-3] as [Int32])]) } == .badValue)
    #expect(refusal { try runBlock("ScatterNd", [tensor([0] as [Int32]), tensor([1] as [Float]), tensor([3] as [Int32])]) } == .shapeMismatch)
    #expect(refusal { try runBlock("GatherNd", [tensor([] as [Float]), tensor([0] as [Int32])]) } == .shapeMismatch)
  }
}
