import Foundation
import KernelTable
import TensorCore
import Testing

// Functions whose floats have a computation of their own, beside that of double.

/// Of floats, with subnormal numbers taken for 0, the same bits at all levels.
private func run(_ name: String, _ operands: [Float]..., dims: [[Int]]? = nil) throws -> [Float] {
  let inputs = try operands.enumerated().map { try #require(Tensor($1)?.reshaped(Shape(dims?[$0] ?? [$1.count]))) }
  let first = try runBlockFlushing(name, inputs, on: KernelTable(level: .baseline))[0]
  for level in ProcessorLevel.available {
    #expect(try runBlockFlushing(name, inputs, on: KernelTable(level: level))[0].hasSameBits(as: first), "\(name) \(level)")
  }
  return try #require(first.elements(as: Float.self))
}

/// In units of the last place of the exact value; 0 for what is equal, NaN and what is too small to be a normal number too.
private func distance(_ y: Float, _ exact: Double) -> Double {
  let rounded = Float(exact)
  if rounded == y || (rounded.isNaN && y.isNaN) || (rounded.isSubnormal && y == 0) { return 0 }
  return rounded.isFinite && y.isFinite ? (Double(y) - exact).magnitude / Double(rounded.ulp) : .infinity
}

/// Bit patterns of all exponents and signs, the same in every run.
private func anyFloats(_ count: Int, _ start: UInt64) -> [Float] {
  var seed = start
  return (0..<count).map { _ in
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(bitPattern: UInt32(seed >> 32))
  }
}

private let odd: [Float] = [
  0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1.5, -7.25, 0x1p-126, -0x1p-126, 0x1p-140, -0x1p-140, 3e38, -3e38, 16_777_215, 16_777_216, -8_388_607,
  0x1p-100, 0x1.8p28, .infinity, -.infinity, .nan,
]

@Suite struct FloatFunctionTests {
  /// The remainder is exact: that of doubles is the same. Strips of near operands only, with far ones among them, and of any floats.
  @Test(arguments: [1.0, 1e-30, 1e12]) func remainders(scale: Double) throws {
    let pairs = odd.flatMap { x in odd.map { (x, $0) } }
    let x = (0..<3000).map { Float(Double($0 * 7919 % 10_007 - 5000) / 37) } + anyFloats(3000, 1) + pairs.map(\.0)
    let y = (0..<3000).map { Float(Double($0 * 104_729 % 1009 - 500) / 11 / scale) } + anyFloats(3000, 2) + pairs.map(\.1)
    let truncated = try run("TruncateMod", x, y)
    let floored = try run("FloorMod", x, y)
    for i in x.indices where !y[i].isSubnormal {
      let exact = Float(Double(x[i]).truncatingRemainder(dividingBy: Double(y[i])))
      #expect(exact.isNaN ? truncated[i].isNaN : truncated[i].bitPattern == exact.bitPattern, "\(x[i]) by \(y[i]): \(truncated[i])")
      if exact.isNaN || exact.isSubnormal { continue }
      let moved = exact != 0 && exact.sign != y[i].sign ? exact + y[i] : exact
      #expect(floored[i] == moved || moved.isSubnormal, "\(x[i]) by \(y[i]): \(floored[i])")
    }
  }

  @Test func powers() throws {
    let pairs = odd.flatMap { x in odd.map { (x, $0) } }
    let x = (0..<4000).map { Float($0 % 4001) * 0.01 + 0.01 } + pairs.map(\.0)
    let y = (0..<4000).map { Float($0 * 7 % 501) * 0.1 - 25 } + pairs.map(\.1)
    for (i, power) in try run("Pow", x, y).enumerated() {
      let base = x[i].isSubnormal ? x[i] * 0 : x[i]
      let exponent = y[i].isSubnormal ? 0 : y[i]
      // TensorFlow gives 1 for a power of 1 and for the exponent 0, as C does.
      #expect(distance(power, pow(Double(base), Double(exponent))) <= 1, "\(x[i]) to the power of \(y[i]) is \(power)")
    }
  }

  /// A single operand is laid out once for all others.
  @Test(arguments: ["Pow", "FloorMod", "TruncateMod", "Atan2"]) func repeatedOperands(name: String) throws {
    let x = (0..<3000).map { Float($0) * 0.01 + 0.01 }
    for number: Float in [2.5, -3, 0, .nan] {
      let repeated = Array(repeating: number, count: x.count)
      let pairs = [
        (try run(name, x, [number], dims: [[3, 1000], []]), try run(name, x, repeated)), (try run(name, [number], x), try run(name, repeated, x)),
      ]
      for (one, all) in pairs { #expect(zip(one, all).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }) }
    }
  }

  /// Beside the C library's, in double.
  @Test func logarithmsOfGamma() throws {
    var x = anyFloats(4000, 3) + (0..<4000).map { Float($0) * 0.005 + 0.002 } + [0, -0.0, .infinity, -.infinity, .nan, 1, 2, 16, 0x1p-126, 3e38]
    // Around the zeros at 1 and 2, where a row of the table begins, and at its end.
    for center: Float in [0.5, 1, 2, 2.5, 16] {
      for step in -50...50 { x.append(center + Float(step) * center.ulp) }
    }
    for (value, y) in zip(x, try run("Lgamma", x)) {
      let operand = value.isSubnormal ? 0 : Double(value)
      #expect(distance(y, lgamma(operand)) <= 1, "\(value): \(y)")
    }
    let negative = (0..<3000).map { -Float($0) * 0.013 - 0.003 }
    let inputs = [try #require(Tensor(negative.map { Double($0) }))]
    let exact = try #require(try runBlockFlushing("Lgamma", inputs)[0].elements(as: Double.self))
    for (i, y) in try run("Lgamma", negative).enumerated() { #expect(distance(y, exact[i]) <= 1, "\(negative[i]): \(y)") }
  }
}
