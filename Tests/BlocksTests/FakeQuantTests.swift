import TensorCore
import Testing

@testable import Blocks

private let args = "FakeQuantWithMinMaxArgs"
private let vars = "FakeQuantWithMinMaxVars"
private let perChannel = "FakeQuantWithMinMaxVarsPerChannel"

private func words(_ text: String) -> [Float] { text.split(separator: " ").map { Float(bitPattern: UInt32($0, radix: 16) ?? 0) } }

private func tensor(_ values: [Float], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }

private func zeros(_ shape: Shape) throws -> Tensor { try #require(Tensor(zeros: .float, shape: shape)) }

/// Bits, every NaN as the same one.
private func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }

private func floats(_ tensor: Tensor) throws -> [Float] { try #require(tensor.elements(as: Float.self)) }

/// A small generator of our own, so that a failure can be repeated.
private struct Sequence32: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}

@Suite struct FakeQuantTests {
  @Test(arguments: oddRanges) func hasTheBitsOfTensorFlow(row: FakeQuantRow) throws {
    let min = Float(bitPattern: row.min)
    let max = Float(bitPattern: row.max)
    let attrs: [String: AttrValue] = ["num_bits": .int(row.bits), "narrow_range": .bool(row.narrow)]
    let wanted = (bits(words(row.vars)), bits(words(row.channel)), bits(words(row.slope)))
    // Once as they are, and often enough that vector bodies and remainders of every width see each of them.
    for repeats in [1, 2, 5, 37] {
      func many<T>(_ list: [T]) -> [T] { (0..<repeats).flatMap { _ in list } }
      let values = many(words(oddInputs))
      let inputs = try tensor(values)
      let gradients = try tensor(many(words(oddGradients)))
      let ends = try [tensor([min], .scalar), tensor([max], .scalar)]
      #expect(try bits(floats(runBlock(vars, [inputs] + ends, attrs: attrs)[0])) == many(wanted.0))
      #expect(try bits(floats(runBlock(vars + "Gradient", [gradients, inputs] + ends, attrs: attrs)[0])) == many(wanted.2))
      for channels in [1, 3, 5, 15] {
        let shape: Shape = [values.count / channels, channels]
        let ends = try [tensor(Array(repeating: min, count: channels)), tensor(Array(repeating: max, count: channels))]
        let inputs = try tensor(values, shape)
        let gradients = try tensor(floats(gradients), shape)
        #expect(try bits(floats(runBlock(perChannel, [inputs] + ends, attrs: attrs)[0])) == many(wanted.1))
        #expect(try bits(floats(runBlock(perChannel + "Gradient", [gradients, inputs] + ends, attrs: attrs)[0])) == many(wanted.2))
      }
      guard (min.isSubnormal ? 0 : min) < (max.isSubnormal ? 0 : max) else { continue }
      let constant = attrs.merging(["min": .float(min), "max": .float(max)]) { $1 }
      #expect(try bits(floats(runBlock(args, [inputs], attrs: constant)[0])) == many(wanted.1))
      #expect(try bits(floats(runBlock(args + "Gradient", [gradients, inputs], attrs: constant)[0])) == many(wanted.2))
    }
  }

  /// Every number of channels and rows takes its own way through lines, chunks and partial sums.
  @Test(arguments: [1, 2, 3, 7, 15, 16, 17, 33, 63, 64, 65, 127, 128, 129, 300]) func channelsAreIndependent(channels: Int) throws {
    var random = Sequence32(state: UInt64(channels))
    for rows in [1, 2, 9, 130, 1100] {
      let x = (0..<rows * channels).map { _ in Float.random(in: -3...3, using: &random) }
      let g = (0..<rows * channels).map { _ in Float.random(in: -1...1, using: &random) }
      let low = (0..<channels).map { _ in Float.random(in: -2...0, using: &random) }
      let high = (0..<channels).map { $0 % 5 == 4 ? 0 : Float.random(in: 0.1...2, using: &random) }
      let ends = try [tensor((0..<channels).map { $0 % 5 == 4 ? 0 : low[$0] }), tensor(high)]
      let shape: Shape = [rows, channels]
      let forward = try floats(runBlock(perChannel, [tensor(x, shape)] + ends)[0])
      let backward = try runBlock(perChannel + "Gradient", [tensor(g, shape), tensor(x, shape)] + ends).map(floats)
      for c in [0, channels / 2, channels - 1] {
        let column = try tensor(stride(from: c, to: x.count, by: channels).map { x[$0] })
        let upstream = try tensor(stride(from: c, to: x.count, by: channels).map { g[$0] })
        let end = try [tensor([floats(ends[0])[c]], .scalar), tensor([high[c]], .scalar)]
        let alone = try runBlock(vars + "Gradient", [upstream, column] + end).map(floats)
        #expect(stride(from: c, to: x.count, by: channels).map { backward[0][$0] } == alone[0])
        for which in 1...2 {
          let sum = backward[which][c]
          #expect((sum - alone[which][0]).magnitude <= sum.ulp)
        }
        let one = try floats(runBlock(perChannel, [column.reshaped([rows, 1]) ?? column, tensor([floats(ends[0])[c]]), tensor([high[c]])])[0])
        #expect(stride(from: c, to: x.count, by: channels).map { forward[$0] } == one)
      }
    }
  }

  /// The order of the sums is part of what the block type promises.
  @Test(arguments: [1, 3, 17, 64, 100, 1030]) func sumsHaveTheirOrder(channels: Int) throws {
    var random = Sequence32(state: UInt64(channels))
    let perLine = channels > 64 ? 1 : 128 / channels >= 8 ? 128 / channels & ~7 : 128 / channels
    // Whole blocks, whole lines by four and one by one, and a part of a line.
    let rows = 130 * perLine * 2 + perLine * 7 + perLine / 2
    let x = (0..<rows * channels).map { _ in Float.random(in: -3...3, using: &random) }
    let g = (0..<rows * channels).map { _ in Float.random(in: -1...1, using: &random) * Float.random(in: 0...0x1p40, using: &random) }
    let shape: Shape = [rows, channels]
    let ends = try [tensor(Array(repeating: -1, count: channels)), tensor(Array(repeating: 1, count: channels))]
    let outputs = try runBlock(perChannel + "Gradient", [tensor(g, shape), tensor(x, shape)] + ends).map(floats)
    for channel in [0, channels / 2, channels - 1] {
      var below = 0.0
      for start in stride(from: 0, to: rows, by: 128 * perLine) {
        var partial = Array(repeating: 0.0, count: perLine)
        for row in start..<min(rows, start + 128 * perLine) where x[row * channels + channel] < -127 * 2 / 255 as Float {
          partial[(row - start) % perLine] += Double(g[row * channels + channel])
        }
        for sum in partial { below += sum }
      }
      #expect(outputs[1][channel] == Float(below))
    }
  }

  @Test func sumsAreExactToRounding() throws {
    var random = Sequence32(state: 7)
    let count = 100_003
    let x = (0..<count).map { _ in Float.random(in: -3...3, using: &random) }
    let g = (0..<count).map { _ in Float.random(in: -1...1, using: &random) * 0x1p20 }
    let outputs = try runBlock(vars + "Gradient", [tensor(g), tensor(x), tensor([-1], .scalar), tensor([1], .scalar)]).map(floats)
    var below = 0.0
    var above = 0.0
    for (value, gradient) in zip(x, g) {
      // The nudged ends of [-1, 1] at 8 bits.
      if value < -127 * 2 / 255 as Float { below += Double(gradient) }
      if value > 128 * 2 / 255 as Float { above += Double(gradient) }
    }
    #expect((outputs[1][0] - Float(below)).magnitude <= outputs[1][0].ulp)
    #expect((outputs[2][0] - Float(above)).magnitude <= outputs[2][0].ulp)
  }

  @Test func nanAndInfinityInGradients() throws {
    let ends = try [tensor([-1], .scalar), tensor([1], .scalar)]
    func sums(_ g: [Float], _ x: [Float]) throws -> [Float] {
      let outputs = try runBlock(vars + "Gradient", [tensor(g), tensor(x)] + ends).map(floats)
      return [outputs[1][0], outputs[2][0]]
    }
    #expect(try sums([-2, 1, -3], [.nan, -5, 9]) == [1, -3])
    #expect(try sums([.nan, 1, -3], [0, -5, 9]).allSatisfy(\.isNaN))
    let infinite = try sums([.infinity, 1, -3], [-9, -5, 9])
    #expect(infinite[0] == .infinity)
    #expect(infinite[1].isNaN)
    // TensorFlow's float sum is infinite on the way.
    #expect(try sums([3e38, 3e38, -3e38], [-9, -9, -9]) == [3e38, 0])
  }

  @Test func emptyTensors() throws {
    let none = try zeros([2, 0])
    let ends = try [tensor([-1], .scalar), tensor([1], .scalar)]
    #expect(try runBlock(args, [none])[0].shape == [2, 0])
    #expect(try runBlock(vars, [none] + ends)[0].shape == [2, 0])
    #expect(try runBlock(vars + "Gradient", [none, none] + ends).dropFirst().map(floats) == [[0], [0]])
    #expect(try runBlock(perChannel, [none, zeros([0]), zeros([0])])[0].shape == [2, 0])
    let three = try [zeros([3]), zeros([3])]
    #expect(try runBlock(perChannel + "Gradient", [zeros([0, 3]), zeros([0, 3])] + three).dropFirst().map(floats) == [[0, 0, 0], [0, 0, 0]])
  }

  @Test(arguments: [[3], [2, 3], [2, 2, 3], [2, 1, 2, 3], [1, 2, 1, 2, 3]]) func anyRank(dims: [Int]) throws {
    let x = try zeros(Shape(dims))
    let ends = try [tensor([-1, -1, -1]), tensor([1, 1, 1])]
    #expect(try runBlock(perChannel, [x] + ends)[0].shape.dims == dims)
    #expect(try runBlock(perChannel + "Gradient", [x, x] + ends).map(\.shape.dims) == [dims, [3], [3]])
    #expect(try runBlock(vars, [x, zeros(.scalar), zeros(.scalar)])[0].shape.dims == dims)
  }
}

@Suite struct FakeQuantErrorTests {
  @Test(arguments: [(1, -1), (0, 0), (.nan, 1), (0, .nan), (-0x1p-149, 0x1p-149)] as [(Float, Float)]) func argsRange(min: Float, max: Float) throws {
    let attrs: [String: AttrValue] = ["min": .float(min), "max": .float(max)]
    let x = try zeros([3])
    for error in try [blockError(args, [x], attrs: attrs), blockError(args + "Gradient", [x, x], attrs: attrs)] {
      #expect(error?.id == .badAttrValue)
      #expect(error?.attr == "min")
      #expect(error?.fix != nil)
    }
  }

  @Test(arguments: [0, 1, 17, -1, Int64.max, Int64.min]) func numberOfBits(bits: Int64) throws {
    let x = try zeros([3])
    #expect(try blockError(args, [x], attrs: ["num_bits": .int(bits)])?.attr == "num_bits")
    #expect(try blockError(perChannel, [x, x, x], attrs: ["num_bits": .int(bits)])?.attr == "num_bits")
  }

  @Test func shapesThatDoNotFit() throws {
    let scalar = try zeros(.scalar)
    let three = try zeros([3])
    #expect(try blockError(args + "Gradient", [zeros([2, 3]), zeros([3, 2])])?.id == .shapeMismatch)
    #expect(try blockError(args + "Gradient", [zeros([6]), zeros([3, 2])])?.id == .shapeMismatch)
    #expect(try blockError(vars + "Gradient", [zeros([6]), zeros([3, 2]), scalar, scalar])?.id == .shapeMismatch)
    #expect(try blockError(vars, [three, zeros([1]), scalar])?.input == 1)
    #expect(try blockError(vars, [three, scalar, zeros([1])])?.input == 2)
    #expect(try blockError(perChannel, [scalar, zeros([1]), zeros([1])])?.input == 0)
    #expect(try blockError(perChannel, [three, scalar, three])?.input == 1)
    #expect(try blockError(perChannel, [three, three, zeros([2])])?.input == 2)
    #expect(try blockError(perChannel + "Gradient", [zeros([2, 2]), zeros([2, 3]), three, three])?.id == .shapeMismatch)
  }

  @Test func channelsThatAreNotKnownYet() throws {
    func rule(_ shapes: [PartialShape]) throws -> [PartialShape] {
      let type = try #require(Catalogue.standard[perChannel + "Gradient"])
      let context = RuleContext(
        type: type, attrs: type.defaultAttrs, inputs: shapes.map { .init(dtype: .float, shape: $0) }, pins: [0..<1, 1..<2, 2..<3, 3..<4],
        pool: StringPool())
      return try type.shape(context)
    }
    #expect(try rule([.unknown, .unknown, .unknown, .unknown]) == [.unknown, PartialShape([-1]), PartialShape([-1])])
    #expect(try rule([.unknown, PartialShape([-1, 3]), .unknown, .unknown])[1] == PartialShape([3]))
    #expect(try rule([.unknown, PartialShape([-1, -1]), .unknown, PartialShape([4])])[1] == PartialShape([4]))
    #expect(throws: BlockError.self) { try rule([.unknown, .unknown, PartialShape([3]), PartialShape([4])]) }
  }

  /// The calls of TensorFlow's security advisories on these blocks.
  @Test func advisories() throws {
    let block = try zeros([2, 3])
    // TFSA-2022-103
    #expect(try blockError(vars, [block, block, block]) != nil)
    // TFSA-2022-106
    #expect(try blockError(perChannel, [zeros([4]), zeros([4, 0, 0]), zeros([4])]) != nil)
    // TFSA-2022-130
    let one = try zeros([1, 1])
    #expect(try blockError(perChannel + "Gradient", [one, one, one, one]) != nil)
    // TFSA-2022-131
    let two = try zeros([2, 2])
    #expect(try blockError(vars + "Gradient", [two, two, two, two]) != nil)
  }
}
