import Blocks
import Diagnostics
import TensorCore
import Testing

private func floats(_ values: [Float], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func ints(_ values: [Int32], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func bits(_ tensor: Tensor) -> [UInt32] { (tensor.elements(as: Float.self) ?? []).map(\.bitPattern) }

private func refusal(_ body: () throws -> Void) -> DiagnosticID? {
  do { try body() } catch let error as BlockError { return error.id } catch {}
  return nil
}

/// Numbers without pattern, the same in every run.
private struct Numbers {
  var state: UInt64 = 88_172_645_463_325_252
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func float() -> Float { Float(Int64(bitPattern: next()) >> 40) * 1e-4 }
}

/// For each result the sum and the sum of magnitudes in double, and how many terms it has.
private func reference(_ x: [Double], _ shape: [Int], _ axes: Set<Int>) -> (sums: [Double], magnitudes: [Double], terms: Int) {
  let kept = shape.indices.filter { !axes.contains($0) }
  let count = kept.reduce(1) { $0 * shape[$1] }
  var sums = Array(repeating: 0.0, count: count)
  var magnitudes = sums
  for (index, value) in x.enumerated() {
    var rest = index
    var digits = Array(repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() {
      digits[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    let target = kept.reduce(0) { $0 * shape[$1] + digits[$1] }
    sums[target] += value
    magnitudes[target] += abs(value)
  }
  return (sums, magnitudes, axes.reduce(1) { $0 * shape[$1] })
}

@Suite struct SumBlockTests {
  @Test func sumsAreWithinTheStatedBound() throws {
    var numbers = Numbers()
    let cases: [([Int], Set<Int>)] = [
      ([7], [0]), ([33], [0]), ([5000], [0]), ([70, 45], [0]), ([70, 45], [1]), ([40, 3], [0]), ([3, 40], [1]), ([40, 35, 6], [1]),
      ([6, 35, 40], [0, 2]), ([5, 4, 3, 2, 6], [1, 3]), ([5, 4, 3, 2, 6], [0, 2, 4]), ([2, 20, 1, 37], [1, 3]), ([600, 5], [0]),
    ]
    for (shape, axes) in cases {
      let values = (0..<shape.reduce(1, *)).map { _ in numbers.float() }
      let expected = reference(values.map(Double.init), shape, axes)
      let x = try floats(values, Shape(shape))
      let axis = try ints(axes.sorted().map(Int32.init))
      let sum = try runBlock("Sum", [x, axis])[0].elements(as: Float.self) ?? []
      let mean = try runBlock("Mean", [x, axis])[0].elements(as: Float.self) ?? []
      #expect(sum.count == expected.sums.count)
      let roundings = min(Double(expected.terms), 14 + 8 * Double(axes.count))
      for index in sum.indices {
        let bound = roundings * expected.magnitudes[index] * 0x1p-24
        #expect(abs(Double(sum[index]) - expected.sums[index]) <= bound, "\(shape) over \(axes)")
        let terms = Double(expected.terms)
        #expect(abs(Double(mean[index]) - expected.sums[index] / terms) <= (bound + expected.magnitudes[index] * 0x1p-24) / terms)
      }
    }
  }

  @Test func integersWrapAroundExactly() throws {
    var numbers = Numbers()
    for (shape, axes) in [([70, 45], Set([0])), ([70, 45], [1]), ([6, 35, 40], [0, 2]), ([40, 3], [0]), ([9, 21, 5], [1])] {
      let values = (0..<shape.reduce(1, *)).map { _ in Int8(truncatingIfNeeded: numbers.next()) }
      let expected = reference(values.map(Double.init), shape, axes)
      let x = try #require(Tensor(values, shape: Shape(shape)))
      let axis = try ints(axes.sorted().map(Int32.init))
      #expect(try runBlock("Sum", [x, axis])[0].elements(as: Int8.self) == expected.sums.map { Int8(truncatingIfNeeded: Int($0)) })
      #expect(try runBlock("Mean", [x, axis])[0].elements(as: Int8.self) == expected.sums.map { Int8($0 / Double(expected.terms)) })
    }
  }

  @Test func meansOfIntegersAreCutTowardsZero() throws {
    func mean<T: TensorElement & FixedWidthInteger>(_ values: [T]) throws -> T? {
      try runBlock("Mean", [#require(Tensor(values)), ints([0])])[0].elements(as: T.self)?.first
    }
    #expect(try mean([Int32.max, .max]) == .max)
    #expect(try mean([Int8(-7), 2]) == -2)
    #expect(try mean([Int16(-7), -2]) == -4)
    #expect(try mean([UInt8.max, 2, 3]) == 86)
    // int64 has no wider sum.
    #expect(try mean([Int64.max, .max]) == -1)
    #expect(try mean([Int64.max, 2, 3]) == -3_074_457_345_618_258_601)
    #expect(try mean([Int64.min, .min]) == 0)
    #expect(try mean([Int32]()) == 0)
  }

  @Test func zerosAndNothing() throws {
    let minus: Float = -0.0
    #expect(try bits(runBlock("Sum", [floats([minus, minus]), ints([0])])[0]) == [0])
    #expect(try bits(runBlock("Sum", [floats(Array(repeating: minus, count: 50)), ints([0])])[0]) == [0])
    #expect(try bits(runBlock("Mean", [floats(Array(repeating: minus, count: 8), [4, 2]), ints([0])])[0]) == [0, 0])
    // Nothing is added along an axis of size 1, or along no axis: the elements stay as they are.
    #expect(try bits(runBlock("Sum", [floats([minus], [1, 1]), ints([0])])[0]) == [0x8000_0000])
    #expect(try bits(runBlock("Mean", [floats([minus], [1]), ints([])])[0]) == [0x8000_0000])
    #expect(try bits(runBlock("Sum", [floats([], [2, 0]), ints([1])])[0]) == [0, 0])
    #expect(try runBlock("Mean", [floats([], [2, 0, 3]), ints([1])])[0].elements(as: Float.self)?.filter(\.isNaN).count == 6)
    #expect(try runBlock("Mean", [floats([], [2, 0, 3]), ints([0])])[0].shape == [0, 3])
    #expect(try runBlock("Sum", [floats([.infinity, -.infinity]), ints([0])])[0].elements(as: Float.self)?.first?.isNaN == true)
    #expect(try bits(runBlock("Mean", [floats([3e38, 3e38]), ints([0])])[0]) == [Float.infinity.bitPattern])
  }

  @Test func axesAndShapes() throws {
    let x = try floats([1, 2, 3, 4, 5, 6], [2, 3])
    func sum(_ axis: Tensor, keep: Bool = false) throws -> String {
      let out = try runBlock("Sum", [x, axis], attrs: ["keep_dims": .bool(keep)])[0]
      return "\(out.shape) \(out.elements(as: Float.self) ?? [])"
    }
    #expect(try sum(ints([1])) == "[2] [6.0, 15.0]")
    #expect(try sum(ints([-2], []), keep: true) == "[1, 3] [5.0, 7.0, 9.0]")
    #expect(try sum(ints([1, 0])) == "[] [21.0]")
    #expect(try sum(ints([])) == "[2, 3] [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]")
    let refusals: [(Tensor, DiagnosticID)] = try [
      (ints([0, 0]), .badValue), (ints([0, -2]), .badValue), (ints([2]), .badValue), (ints([-3]), .badValue), (ints([.min]), .badValue),
      (ints([0, 1], [1, 2]), .shapeMismatch), (#require(Tensor([Int64(1) << 33])), .badValue),
    ]
    for (axis, id) in refusals { #expect(refusal { _ = try sum(axis) } == id) }
    #expect(refusal { _ = try runBlock("Sum", [floats([2], []), ints([0], [])]) } == .badValue)
    #expect(refusal { _ = try runBlock("Sum", [#require(Tensor([true])), ints([0])]) } == .dtypeNotAllowed)
  }

  @Test func shapesWithUnknownAxes() throws {
    func shape(_ dims: [Int]?, _ axis: [Int]?, keep: Bool = false) throws -> PartialShape? {
      let inputs: [[RuleContext.Input]] = [[.init(dtype: .float, shape: PartialShape(dims))], [.init(dtype: .int32, shape: PartialShape(axis))]]
      let context = try makeContext("Sum", inputs, attrs: ["keep_dims": .bool(keep)])
      return try context.type.shape(context).first
    }
    #expect(try shape([2, 3], [1]) == PartialShape([-1]))
    #expect(try shape([2, 3], []) == PartialShape([-1]))
    #expect(try shape([2, 3], [0]) == PartialShape([2, 3]))
    #expect(try shape([2, 3], [2]) == .scalar)
    #expect(try shape([2, 3], nil) == .unknown)
    #expect(try shape([1, 3], nil, keep: true) == PartialShape([1, -1]))
    #expect(try shape(nil, [1]) == .unknown)
  }

  @Test func addNHasTensorFlowsOrder() throws {
    var numbers = Numbers()
    for count in 1...27 {
      let members = try (0..<count).map { _ in try floats((0..<1500).map { _ in numbers.float() }) }
      let values = members.map { $0.elements(as: Float.self) ?? [] }
      let first = count < 8 ? count : count % 8 < 2 ? count % 8 + 8 : count % 8
      let expected = (0..<1500).map { index in
        var total = values[0][index]
        for member in 1..<max(first, 1) { total += values[member][index] }
        for start in stride(from: first, to: count, by: 8) {
          total += values[(start + 1)..<(start + 8)].reduce(values[start][index]) { $0 + $1[index] }
        }
        return total
      }
      #expect(try runBlock("AddN", [members])[0].elements(as: Float.self) == expected, "\(count)")
    }
    #expect(try bits(runBlock("AddN", [[floats([-0.0]), floats([-0.0])]])[0]) == [0x8000_0000])
    #expect(try runBlock("AddN", [Array(repeating: #require(Tensor([Int8(127)])), count: 3)])[0].elements(as: Int8.self) == [125])
    #expect(refusal { _ = try runBlock("AddN", [[floats([1, 2]), floats([1])]]) } == .shapeMismatch)
    #expect(refusal { _ = try runBlock("AddN", [[floats([1, 2]), floats([1], [])]]) } == .shapeMismatch)
    #expect(refusal { _ = try runBlock("AddN", [[floats([1, 2]), floats([1, 2], [1, 2])]]) } == .shapeMismatch)
  }
}
