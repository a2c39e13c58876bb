import Blocks
import Foundation
import KernelTable
import TensorCore
import Testing

private func floats(_ values: [Float], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func ints(_ values: [Int32], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }

private func run(_ name: String, _ inputs: Tensor..., attrs: [String: AttrValue] = [:]) throws -> [[Float]] {
  try runBlock(name, inputs, attrs: attrs).map { try #require($0.elements(as: Float.self)) }
}

/// Numbers without pattern, the same in every run.
private func numbers(_ count: Int, reach: Double) -> [Float] {
  (0..<count).map { Float((Double(($0 * 7919 + 13) % 10007) / 10007 - 0.5) * 2 * reach) }
}

@Suite struct NetworkTests {
  @Test func gradientsOfRectifiersMultiplyByZero() throws {
    let gradients = try floats([.infinity, -1, 3, .nan])
    let relu = try run("ReluGrad", gradients, floats([-1, 0, 2, 1]))[0]
    #expect(relu[0].isNaN && relu[1] == 0 && relu[1].sign == .minus && relu[2] == 3 && relu[3].isNaN)
    let relu6 = try run("Relu6Grad", floats([5, 6, 7, 8]), floats([-1, 0, 5.9, 6]))[0]
    #expect(relu6 == [0, 0, 7, 0])
  }

  @Test func gradientsWantOneShape() throws {
    #expect(refusal { try run("ReluGrad", floats([1, 2, 3]), floats([1])) } == .shapeMismatch)
    #expect(refusal { try run("TanhGrad", floats([1]), floats([1, 2, 3])) } == .shapeMismatch)
  }

  @Test(arguments: [1, 2, 3, 10, 16, 33, 1000, 2049, 5000]) func softmaxIsNearTheExactOne(classes: Int) throws {
    let rows = classes < 100 ? 700 : 3
    let x = numbers(rows * classes, reach: 20)
    let soft = try run("Softmax", floats(x, [rows, classes]))[0]
    let logs = try run("LogSoftmax", floats(x, [rows, classes]))[0]
    for row in 0..<rows {
      let part = x[row * classes..<(row + 1) * classes].map(Double.init)
      let greatest = part.max() ?? 0
      let total = part.reduce(0) { $0 + exp($1 - greatest) }
      for (index, value) in part.enumerated() {
        let wanted = exp(value - greatest) / total
        #expect((Double(soft[row * classes + index]) - wanted).magnitude <= 40 * 0x1p-24 * wanted + 0x1p-126)
        let logarithm = value - greatest - log(total)
        #expect((Double(logs[row * classes + index]) - logarithm).magnitude <= 4 * 0x1p-24 * (logarithm.magnitude + 32))
      }
    }
  }

  @Test func softmaxIsTheSameOnEveryInstructionSet() throws {
    let x = try floats(numbers(7 * 311, reach: 30), [7, 311])
    let labels = try floats(numbers(7 * 311, reach: 1), [7, 311])
    for level in ProcessorLevel.available {
      let kernels = KernelTable(level: level)
      #expect(try runBlock("Softmax", [x], on: kernels)[0].elements(as: Float.self) == runBlock("Softmax", [x])[0].elements(as: Float.self))
      let ours = try runBlock("SoftmaxCrossEntropyWithLogits", [x, labels], on: kernels)
      let standard = try runBlock("SoftmaxCrossEntropyWithLogits", [x, labels])
      #expect(ours[0].elements(as: Float.self) == standard[0].elements(as: Float.self))
      #expect(ours[1].elements(as: Float.self) == standard[1].elements(as: Float.self))
    }
  }

  @Test func crossEntropyBroadcasts() throws {
    let found = try run("SoftmaxCrossEntropyWithLogits", floats([0, 0], [2, 1]), floats([1, 0, 0], [1, 3]))
    #expect(found[0].allSatisfy { ($0 - 1.0986123).magnitude < 1e-6 } && found[0].count == 2)
    #expect(found[1].count == 6 && (found[1][0] + 2 / 3).magnitude < 1e-6)
    let empty = try run("SoftmaxCrossEntropyWithLogits", floats([], [2, 0]), floats([], [2, 0]))
    #expect(empty == [[0, 0], []])
    #expect(refusal { try run("SoftmaxCrossEntropyWithLogits", floats([1, 2]), floats([1, 2])) } == .shapeMismatch)
  }

  @Test func labelsOutOfRangeAreErrors() throws {
    let x = try floats([1, 2, 3, 4], [2, 2])
    #expect(refusal { try run("SparseSoftmaxCrossEntropyWithLogits", x, ints([0, 2])) } == .indexOutOfRange)
    #expect(refusal { try run("SparseSoftmaxCrossEntropyWithLogits", x, ints([-1, 0])) } == .indexOutOfRange)
    #expect(refusal { try run("SparseSoftmaxCrossEntropyWithLogits", x, ints([0])) } == .shapeMismatch)
    #expect(refusal { try run("SparseSoftmaxCrossEntropyWithLogits", floats([], [2, 0]), ints([0, 0])) } == .shapeMismatch)
  }

  @Test func lossesOfFewElements() throws {
    #expect(try run("L2Loss", floats([])) == [[0]])
    #expect(try run("L2Loss", floats([3], [])) == [[4.5]])
    #expect(try run("L2Loss", floats([Float](repeating: 2, count: 1000))) == [[2000]])
  }

  @Test func biasesOfChannels() throws {
    let x = try floats([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 4])
    #expect(try run("BiasAdd", x, floats([10, 20]), attrs: ["data_format": .string("NCHW")]) == [[11, 12, 13, 14, 25, 26, 27, 28]])
    #expect(try run("BiasAddGrad", x, attrs: ["data_format": .string("NCHW")]) == [[10, 26]])
    #expect(try run("BiasAddGrad", x) == [[6, 8, 10, 12]])
    #expect(refusal { try run("BiasAdd", x, floats([10, 20])) } == .shapeMismatch)
  }

  @Test func topKIsStable() throws {
    let found = try runBlock("TopK", [floats([1, .nan, 3, -0.0, 3, 0, .nan, .infinity]), ints([8], [])])
    #expect(found[1].elements(as: Int32.self) == [1, 6, 7, 2, 4, 0, 3, 5])
    #expect(refusal { try runBlock("TopK", [floats([1, 2]), ints([3], [])]) } == .badValue)
  }

  @Test(arguments: [1, 5, 100, 999, 1000]) func topKSorts(k: Int) throws {
    let x = numbers(1000, reach: 20).map { ($0).rounded() }
    let found = try runBlock("TopK", [floats(x), ints([Int32(k)], [])])
    let wanted = x.indices.sorted { x[$0] != x[$1] ? x[$0] > x[$1] : $0 < $1 }.prefix(k)
    #expect(found[1].elements(as: Int32.self) == wanted.map(Int32.init))
    #expect(found[0].elements(as: Float.self) == wanted.map { x[$0] })
  }

  @Test func extremesOverAxes() throws {
    let x = try floats([1, 5, .nan, 4, 2, 6], [2, 3])
    let rows = try run("Max", x, ints([1]))[0]
    #expect(rows[0].isNaN && rows[1] == 6)
    #expect(try run("Min", floats([], [0, 2]), ints([0])) == [[.infinity, .infinity]])
    #expect(try run("Prod", floats([], [0, 2]), ints([0])) == [[1, 1]])
    let long = numbers(3000, reach: 9)
    #expect(try run("Max", floats(long), ints([0])) == [[long.max() ?? 0]])
    #expect(try run("Min", floats(long, [100, 30]), ints([0]))[0] == (0..<30).map { j in (0..<100).map { long[$0 * 30 + j] }.min() ?? 0 })
    #expect(try runBlock("ArgMax", [x, ints([1], [])])[0].elements(as: Int64.self) == [1, 2])
    #expect(refusal { try runBlock("ArgMin", [floats([], [0, 2]), ints([0], [])]) } == .shapeMismatch)
  }

  @Test func fillingAndChoosing() throws {
    #expect(
      try run("Tile", floats([1, 2, 3, 4], [2, 2]), ints([2, 3]))[0] == [1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4])
    #expect(try run("Tile", floats([1, 2]), ints([0])) == [[]])
    #expect(refusal { try run("Tile", floats([1, 2]), ints([-1])) } == .badValue)
    #expect(refusal { try runBlock("Fill", [ints([2, -1]), floats([1], [])]) } == .badValue)
    #expect(try runBlock("OnesLike", [ints([7, 8])])[0].elements(as: Int32.self) == [1, 1])
    #expect(refusal { try runBlock("ExpandDims", [floats([1]), ints([3], [])]) } == .badValue)
  }
}
