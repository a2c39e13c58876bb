import CKernelABI
import KernelTable
import TensorCore
import Testing

private func tensor<T: TensorElement>(_ values: [T], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }

/// Max, Min, All, Any, ArgMax and ArgMin beside plain loops, at sizes at which their kernels change their ways.
@Suite struct ExtremeTests {
  private static let shapes: [[Int]] = [
    [1, 1], [7, 3], [33, 2], [70, 1], [3, 31], [5, 32], [2, 33], [2, 515], [100, 17], [40, 32], [40, 33], [9, 260], [3, 2_100], [600, 3],
  ]

  /// By axis: the elements that each result is made of.
  private func lines<T>(_ x: [T], _ shape: [Int], axis: Int) -> [[T]] {
    let (rows, columns) = (shape[0], shape[1])
    return axis == 1
      ? (0..<rows).map { row in Array(x[row * columns..<(row + 1) * columns]) }
      : (0..<columns).map { column in (0..<rows).map { x[$0 * columns + column] } }
  }

  private func check<T: TensorElement & Comparable>(_ values: (Int) -> T) throws {
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    for shape in Self.shapes {
      let x = (0..<shape[0] * shape[1]).map(values)
      let input = try tensor(x, Shape(shape))
      for axis in [0, 1] {
        let lines = lines(x, shape, axis: axis)
        let (pin, place) = (try tensor([Int32(axis)]), try tensor([Int32(axis)], .scalar))
        for kernels in ProcessorLevel.available.map({ KernelTable(level: $0) }) {
          let what = "\(T.self) \(shape), axis \(axis), \(kernels)"
          #expect(try runBlock("Max", [input, pin], on: kernels)[0].elements(as: T.self) == lines.map { $0.max() ?? x[0] }, "\(what)")
          #expect(try runBlock("Min", [input, pin], on: kernels)[0].elements(as: T.self) == lines.map { $0.min() ?? x[0] }, "\(what)")
          let most = lines.map { line in line.indices.reduce(0) { line[$1] > line[$0] ? $1 : $0 } }
          let least = lines.map { line in line.indices.reduce(0) { line[$1] < line[$0] ? $1 : $0 } }
          #expect(try runBlock("ArgMax", [input, place], on: kernels)[0].integers == most, "\(what)")
          #expect(try runBlock("ArgMin", [input, place], on: kernels)[0].integers == least, "\(what)")
        }
      }
    }
  }

  @Test func floats() throws { try check { Float(($0 &* 7_919) % 1_009) / 8 - 60 } }
  @Test func negativeFloats() throws { try check { -Float(($0 &* 7_919) % 1_009) / 8 - 1 } }
  @Test func doubles() throws { try check { Double(($0 &* 104_729) % 10_007) / 8 - 600 } }
  @Test func integers() throws {
    try check { Int32(truncatingIfNeeded: $0 &* 0x9E37_79B9) }
    try check { Int64(truncatingIfNeeded: $0 &* 0x1E37_79B9_7F4A_7C15) }
    try check { UInt8(truncatingIfNeeded: $0 &* 37) }
  }

  @Test func truth() throws {
    for shape in Self.shapes {
      let x = (0..<shape[0] * shape[1]).map { $0 % 29 != 3 && ($0 / 40) % 3 > 0 }
      for axis in [0, 1] {
        let lines = lines(x, shape, axis: axis)
        for kernels in ProcessorLevel.available.map({ KernelTable(level: $0) }) {
          let inputs = [try tensor(x, Shape(shape)), try tensor([Int32(axis)])]
          #expect(try runBlock("All", inputs, on: kernels)[0].elements(as: Bool.self) == lines.map { !$0.contains(false) })
          #expect(try runBlock("Any", inputs, on: kernels)[0].elements(as: Bool.self) == lines.map { $0.contains(true) })
        }
      }
    }
  }

  /// Wherever it stands and whatever its sign; also for -inf beside it. ArgMax and ArgMin pass it over.
  @Test(arguments: [Float.nan, -Float.nan]) func nanAtEachPlace(nan: Float) throws {
    for (rows, columns) in [(5, 9), (40, 3), (2, 70)] {
      for place in 0..<rows * columns {
        var x = (0..<rows * columns).map { Float($0 % 5) - 2 }
        x[place] = nan
        if place > 0 { x[place - 1] = -.infinity }
        for axis in [0, 1] {
          let lines = lines(x, [rows, columns], axis: axis)
          for kernels in ProcessorLevel.available.map({ KernelTable(level: $0) }) {
            let inputs = [try tensor(x, [rows, columns]), try tensor([Int32(axis)])]
            for (name, flip) in [("Max", Float(1)), ("Min", -1)] {
              let expected = lines.map { line in line.contains { $0.isNaN } ? Float.nan : (line.map { $0 * flip }.max() ?? 0) * flip }
              let found = try #require(try runBlock(name, inputs, on: kernels)[0].elements(as: Float.self))
              #expect(zip(found, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(name) \(place) \(axis)")
              let places = lines.map { line in
                line.indices.filter { !line[$0].isNaN && line[$0] * flip > -.infinity }.reduce(nil) { (best: Int?, next) in
                  guard let best else { return next }
                  return line[next] * flip > line[best] * flip ? next : best
                } ?? 0
              }
              #expect(try runBlock("Arg" + name, [inputs[0], tensor([Int32(axis)], .scalar)], on: kernels)[0].integers == places)
            }
          }
        }
      }
    }
  }

  /// Zeros have an order, subnormal numbers are zeros; as places they are equal.
  @Test func zeros() throws {
    func bits(_ name: String, _ x: [Float]) throws -> UInt32? {
      try runBlockFlushing(name, [tensor(x), tensor([0] as [Int32])])[0].elements(as: Float.self)?[0].bitPattern
    }
    for (low, high) in [(Float(-0.0), Float(0)), (-1e-40, 1e-40), (-1e-40, 0), (-0.0, 1e-40)] {
      for x in [[low, high], [high, low], [low] + Array(repeating: low, count: 40) + [high]] {
        #expect(try bits("Max", x) == 0)
        #expect(try bits("Min", x) == 0x8000_0000)
        for name in ["ArgMax", "ArgMin"] {
          #expect(try runBlockFlushing(name, [tensor(x), tensor([0] as [Int32], .scalar)])[0].integers == [0])
        }
      }
    }
    #expect(try bits("Max", [-1e-40, -0.0]) == 0x8000_0000)
    #expect(try bits("Min", [1e-40, 0]) == 0)
  }
}
