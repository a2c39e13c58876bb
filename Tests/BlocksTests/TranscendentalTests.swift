import Foundation
import TensorCore
import Testing

/// The blocks with functions of our own: bound in ULP, and the exact result in more precision than both dtypes.
private let functions: [(name: String, bound: Double, exact: @Sendable (Double) -> Double)] = [
  ("Exp", 1, { exp($0) }),
  ("Log", 1, { log($0) }),
  ("Tanh", 1.5, { tanh($0) }),
  ("Sigmoid", 1.5, { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }),
]

private func run(_ name: String, _ x: [Float]) throws -> [Float] {
  let input = try #require(Tensor(x))
  return try #require(try runBlock(name, [input])[0].elements(as: Float.self))
}

private func run(_ name: String, _ x: [Double]) throws -> [Double] {
  let input = try #require(Tensor(x))
  return try #require(try runBlock(name, [input])[0].elements(as: Double.self))
}

@Suite struct TranscendentalTests {
  @Test(arguments: functions.indices) func floatBound(index: Int) throws {
    let (name, bound, exact) = functions[index]
    // Every 4099th of all floats: all exponents and signs, NaN too.
    let x = stride(from: UInt32(0), through: .max, by: 4099).map { Float(bitPattern: $0) }
    var worst = 0.0
    let input = try #require(Tensor(x))
    let results = try #require(try runBlockFlushing(name, [input])[0].elements(as: Float.self))
    for (value, y) in zip(x, results) {
      // Subnormal operands are 0.
      let wanted = exact(value.isSubnormal ? 0 : Double(value))
      let rounded = Float(wanted)
      guard rounded.isFinite, y.isFinite else {
        #expect(rounded.isNaN ? y.isNaN : rounded == y, "\(name)(\(value)) is \(y), not \(rounded)")
        continue
      }
      if rounded.isSubnormal && y == 0 { continue }
      worst = max(worst, (Double(y) - wanted).magnitude / Double(rounded.ulp))
    }
    #expect(worst <= bound)
  }

  @Test(arguments: functions.indices) func doubleBound(index: Int) throws {
    let (name, bound, exact) = functions[index]
    var x: [Double] = [0, -0.0, 1, -1, 0x1p-1074, -0x1p-1074, 2.3e-308, 709.78, 709.79, -745.1, -745.2, -708.4, 1e308, .infinity, -.infinity, .nan]
    for step in 0..<200_000 {
      let part = Double(step) / 200_000
      x += name == "Log" ? [0.5 + part * 1.5, exp(part * 1400 - 700)] : [part * 50 - 25, part * 1460 - 748]
    }
    for (value, y) in zip(x, try run(name, x)) {
      let wanted = exact(value)
      guard wanted.isFinite, y.isFinite else {
        #expect(wanted.isNaN ? y.isNaN : wanted == y, "\(name)(\(value)) is \(y), not \(wanted)")
        continue
      }
      // The reference is itself rounded several times: one more ULP for it.
      #expect((y - wanted).magnitude <= (bound + 1) * wanted.ulp, "\(name)(\(value)) is \(y), not \(wanted)")
    }
  }

  @Test(arguments: ["Exp", "Log", "Tanh", "Sigmoid", "Sqrt"]) func sameBitsAtEveryPosition(name: String) throws {
    let values: [Float] = [0.3, -0.3, 1.7, -88.3, 88.3, 0x1p-133, -0.0, 3e38, .infinity, 0.6249, 0.6251, 9.1, -17]
    for value in values {
      let alone = try run(name, [value])[0].bitPattern
      let double = try run(name, [Double(value)])[0].bitPattern
      for count in [2, 3, 7, 16, 33, 70] {
        #expect(try run(name, Array(repeating: value, count: count)).allSatisfy { $0.bitPattern == alone })
        #expect(try run(name, Array(repeating: Double(value), count: count)).allSatisfy { $0.bitPattern == double })
      }
    }
  }

  @Test func specialValues() throws {
    let odd: [Float] = [0, -0.0, .infinity, -.infinity]
    #expect(try run("Exp", odd) == [1, 1, .infinity, 0])
    #expect(try run("Log", odd + [1]).map(\.description) == ["-inf", "-inf", "inf", "nan", "0.0"])
    #expect(try run("Tanh", odd).map(\.description) == ["0.0", "-0.0", "1.0", "-1.0"])
    #expect(try run("Sigmoid", odd) == [0.5, 0.5, 1, 0])
    #expect(try run("Sqrt", odd).map(\.description) == ["0.0", "-0.0", "inf", "nan"].map { $0 == "nan" ? Float.nan.description : $0 })
    #expect(try run("Tanh", [-0.0] as [Double])[0].sign == .minus)
    // The last numbers whose powers are normal, and their neighbours.
    let ends: [Float] = [0x1.62e42ep6, 0x1.62e430p6, -0x1.5d589ep6, -0x1.5d58a0p6, 1000, -1000]
    #expect(try run("Exp", ends) == [0x1.ffff08p127, .infinity, 0x1.00004cp-126, 0, .infinity, 0])
    #expect(try run("Sigmoid", [-103] as [Float])[0] == 0x1p-149)
    #expect(try run("Sqrt", [0x1p-148] as [Float]) == [0x1p-74])
  }

  @Test func squareRootIsRoundedOnce() throws {
    let x = stride(from: UInt32(0), to: 0x7F80_0000, by: 4099).map { Float(bitPattern: $0) }
    #expect(try run("Sqrt", x) == x.map { $0.squareRoot() })
    let y = x.map { Double($0) * 0x1.23456789p300 }
    #expect(try run("Sqrt", y) == y.map { $0.squareRoot() })
  }
}
