import Blocks
import Foundation
import TensorCore
import Testing

/// Functions with a counterpart that has more precision than float.
private let functions: [(name: String, exact: @Sendable (Double) -> Double)] = [
  ("Sin", { sin($0) }), ("Cos", { cos($0) }), ("Tan", { tan($0) }), ("Asin", { asin($0) }), ("Acos", { acos($0) }), ("Atan", { atan($0) }),
  ("Sinh", { sinh($0) }), ("Cosh", { cosh($0) }), ("Erf", { erf($0) }), ("Erfc", { erfc($0) }),
]

/// Results of 60 digits or more, rounded once, with the bound in units of the last place.
private let values: [(name: String, operands: [Double], exact: Double, bound: Double)] = [
  ("Sin", [1e+22], -0.8522008497671888, 1),
  ("Cos", [1e+22], 0.523214785395139, 1),
  ("Tan", [1e+22], -1.6287782256068988, 1),
  ("Sin", [1e+300], -0.8178819121159085, 1),
  ("Cos", [1e+300], -0.5753861119575491, 1),
  ("Tan", [1e+300], 1.4214488238747245, 1),
  ("Sin", [3.141592653589793], 1.2246467991473532e-16, 1),
  ("Cos", [3.141592653589793], -1.0, 1),
  ("Tan", [3.141592653589793], -1.2246467991473532e-16, 1),
  ("Sin", [1.5707963267948966], 1.0, 1),
  ("Cos", [1.5707963267948966], 6.123233995736766e-17, 1),
  ("Tan", [1.5707963267948966], 1.633123935319537e+16, 1),
  ("Sin", [22.0], -0.008851309290403876, 1),
  ("Cos", [22.0], -0.9999608263946371, 1),
  ("Tan", [22.0], 0.00885165604168446, 1),
  ("Sin", [355.0], -3.014435335948845e-05, 1),
  ("Cos", [355.0], -0.999999999545659, 1),
  ("Tan", [355.0], 3.0144353373184265e-05, 1),
  ("Sin", [-1000000.0], 0.34999350217129294, 1),
  ("Cos", [-1000000.0], 0.9367521275331447, 1),
  ("Tan", [-1000000.0], 0.373624453987599, 1),
  ("Sin", [1647099.3291652855], -6.420676210313675e-11, 1),
  ("Cos", [1647099.3291652855], 1.0, 1),
  ("Tan", [1647099.3291652855], -6.420676210313675e-11, 1),
  ("Sin", [1.7976931348623157e+308], 0.004961954789184062, 1),
  ("Cos", [1.7976931348623157e+308], -0.9999876894265599, 1),
  ("Tan", [1.7976931348623157e+308], -0.004962015874444895, 1),
  ("Asin", [0.5], 0.5235987755982989, 1),
  ("Acos", [0.5], 1.0471975511965979, 1),
  ("Asin", [-0.9999999999], -1.5707821846586878, 1),
  ("Acos", [-0.9999999999], 3.1415785114535844, 1),
  ("Asin", [0.7071067811865476], 0.7853981633974484, 1),
  ("Acos", [0.7071067811865476], 0.7853981633974483, 1),
  ("Asin", [1e-09], 1e-09, 1),
  ("Acos", [1e-09], 1.5707963257948967, 1),
  ("Atan", [0.1], 0.09966865249116204, 1),
  ("Atan", [-0.4142135623730951], -0.3926990816987242, 1),
  ("Atan", [2.5], 1.1902899496825317, 1),
  ("Atan", [1e+300], 1.5707963267948966, 1),
  ("Atan2", [1.0, -1.0], 2.356194490192345, 1),
  ("Atan2", [-3.0, 1e-300], -1.5707963267948966, 1),
  ("Atan2", [1e-200, 1e+200], 0.0, 1),
  ("Atan2", [-1e+308, -1.7e+308], -2.609868586330988, 1),
  ("Atan2", [0.3, 0.7], 0.40489178628508343, 1),
  ("Sinh", [0.3], 0.3045202934471426, 1),
  ("Cosh", [0.3], 1.0453385141288605, 1),
  ("Sinh", [-1.0], -1.1752011936438014, 1),
  ("Cosh", [-1.0], 1.5430806348152437, 1),
  ("Sinh", [20.5], 399951088.7377527, 1),
  ("Cosh", [20.5], 399951088.7377527, 1),
  ("Sinh", [-710.4], -1.6663642832806496e+308, 1),
  ("Cosh", [-710.4], 1.6663642832806496e+308, 1),
  ("Erf", [0.2], 0.22270258921047847, 1),
  ("Erfc", [0.2], 0.7772974107895215, 4),
  ("Erf", [-1.0], -0.8427007929497149, 1),
  ("Erfc", [-1.0], 1.8427007929497148, 4),
  ("Erf", [2.5], 0.999593047982555, 1),
  ("Erfc", [2.5], 0.0004069520174449589, 4),
  ("Erf", [5.9], 0.9999999999999999, 1),
  ("Erfc", [5.9], 7.190409783550478e-17, 4),
  ("Erfc", [26.5], 2.2109076642637343e-307, 4),
  ("Erfc", [-7.0], 2.0, 4),
  ("Lgamma", [1e-300], 690.7755278982137, 3),
  ("Lgamma", [0.3], 1.0957979948180756, 3),
  ("Lgamma", [0.9999], 5.7729791561193866e-05, 3),
  ("Lgamma", [1.0001], -5.771334222047127e-05, 3),
  ("Lgamma", [1.9999], -4.227520877215346e-05, 3),
  ("Lgamma", [2.0001], 4.2281658112919945e-05, 3),
  ("Lgamma", [3.7], 1.428072326665388, 3),
  ("Lgamma", [25.0], 54.78472939811232, 3),
  ("Lgamma", [1000000000000000.0], 3.3538776394910668e+16, 3),
  ("Lgamma", [1e+305], 7.012884533631839e+307, 3),
  ("Lgamma", [-0.5], 1.2655121234846454, 3),
  // Within 1e-22 there.
  ("Lgamma", [-2.457024738220801], -6.168712140884665e-16, 1e9),
  ("Lgamma", [-30.0001], -65.44823773771283, 3),
  ("Lgamma", [-1e-05], 11.512931237209125, 3),
  ("Digamma", [1e-09], -1000000000.5772156, 4),
  ("Digamma", [0.5], -1.9635100260214235, 4),
  ("Digamma", [1.4616321449683622], -9.241265521729427e-17, 4),
  ("Digamma", [1.9], 0.35618416116405965, 4),
  ("Digamma", [2.1], 0.48533596867983236, 4),
  ("Digamma", [9.9], 2.2411803166063815, 4),
  ("Digamma", [10000000000.0], 23.025850929890456, 4),
  ("Digamma", [-0.5], 0.03648997397857652, 16),
  ("Digamma", [-10.3], 4.662403493582087, 16),
  ("Zeta", [2.0, 1.0], 1.6449340668482264, 8),
  ("Zeta", [1.0001, 0.5], 10001.963645377935, 8),
  ("Zeta", [3.5, 7.25], 0.0033524741021978824, 8),
  ("Zeta", [40.0, 100000.0], 2.5646025974358975e-197, 8),
  ("Zeta", [2.0, -1.5], 9.379246644989124, 8),
  ("Zeta", [3.0, -20.25], -62.01139276237192, 8),
  ("Polygamma", [1.0, 0.25], 17.19732915450711, 16),
  ("Polygamma", [4.0, 3.5], -0.06799599950673137, 16),
  ("Polygamma", [30.0, 2.0], -1.2351841765847807e+23, 16),
  ("Polygamma", [200.0, 300.0], -2.03430351276749e-123, 16),
  ("Igamma", [0.5, 0.3], 0.5614219739190002, 128),
  ("Igammac", [0.5, 0.3], 0.4385780260809999, 128),
  ("Igamma", [3.0, 10.0], 0.9972306042844884, 128),
  ("Igammac", [3.0, 10.0], 0.002769395715511576, 128),
  ("Igamma", [1e-09, 2.0], 0.9999999999510994, 128),
  ("Igammac", [1e-09, 2.0], 4.890051078444735e-11, 128),
  ("Igamma", [150.0, 149.0], 0.4782302571374064, 128),
  ("Igammac", [150.0, 149.0], 0.5217697428625936, 128),
  ("Igamma", [30000.0, 30100.0], 0.7185819147885653, 128),
  ("Igammac", [30000.0, 30100.0], 0.28141808521143474, 128),
  ("Igamma", [20000.0, 19000.0], 3.23687464361859e-13, 128),
  ("Igammac", [20000.0, 19000.0], 0.9999999999996763, 128),
  ("Igamma", [12.5, 60.0], 0.9999999999999779, 128),
  ("Igammac", [12.5, 60.0], 2.214306062966714e-14, 128),
  ("Betainc", [2.0, 3.0, 0.4], 0.5248, 1024),
  ("Betainc", [0.5, 0.5, 0.99], 0.9362314391414801, 1024),
  ("Betainc", [300.0, 200.0, 0.61], 0.6741626935263774, 1024),
  ("Betainc", [1e-06, 2.0, 0.3], 0.9999994960270777, 1024),
  ("Betainc", [3.0, 1e-06, 0.9], 9.975850419180446e-07, 1024),
  ("Betainc", [50.0, 0.001, 0.999], 0.0024746654604684954, 1024),
  ("IgammaGradA", [0.5, 0.3], -0.7705703513753519, 1024),
  ("IgammaGradA", [3.0, 4.0], -0.17824735787332882, 1024),
  ("IgammaGradA", [150.0, 149.0], -0.03259142374370165, 1024),
  ("IgammaGradA", [30000.0, 30100.0], -0.0019471789192447117, 1024),
  ("Pow", [1.0000001, 5000000000.0], 1.4035575382338372e+217, 1),
  ("Pow", [0.3, -550.0], 3.830980171772957e+287, 1),
  ("Pow", [-1.7, -401.0], -3.89029493108483e-93, 1),
  ("Pow", [10.0, 308.0], 1e+308, 1),
]

private func run<T: TensorElement>(_ name: String, _ operands: [T]...) throws -> [T] {
  let inputs = try operands.map { try #require(Tensor($0)) }
  return try #require(try runBlockFlushing(name, inputs)[0].elements(as: T.self))
}

@Suite struct SpecialFunctionTests {
  @Test(arguments: functions.indices) func floatBound(index: Int) throws {
    let (name, exact) = functions[index]
    // All exponents and signs, NaN too.
    let x = stride(from: UInt32(0), through: .max, by: 16_411).map { Float(bitPattern: $0) }
    let y: [Float] = try run(name, x)
    var worst = 0.0
    for (value, y) in zip(x, y) {
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
    #expect(worst <= 1)
  }

  @Test(arguments: values.indices) func doubleValue(index: Int) throws {
    let (name, operands, exact, bound) = values[index]
    let inputs = try operands.map { try #require(Tensor([$0])) }
    let y = try #require(try runBlock(name, inputs)[0].elements(as: Double.self))[0]
    // The expected value is itself rounded.
    #expect((y - exact).magnitude <= (bound + 0.5) * exact.ulp, "\(name)\(operands) is \(y), not \(exact)")
  }

  /// A strip with a huge angle is computed element by element.
  @Test(arguments: ["Sin", "Cos", "Tan", "Atan", "Erf", "Erfc"]) func sameBitsAtEveryPosition(name: String) throws {
    for value in [0.3, -0.7854, 1.7, 100, -1e5, 1e6, 1.5e6, 1.6e6, -1e30, -0.0, .infinity] as [Double] {
      let alone = try run(name, [value])[0].bitPattern
      let single = try run(name, [Float(value)])[0].bitPattern
      for count in [2, 7, 16, 33, 700] {
        for last in [0.5, 1e20] {
          #expect(try run(name, Array(repeating: value, count: count) + [last]).dropLast().allSatisfy { $0.bitPattern == alone })
          #expect(try run(name, Array(repeating: Float(value), count: count) + [Float(last)]).dropLast().allSatisfy { $0.bitPattern == single })
        }
      }
    }
  }

  @Test func poles() throws {
    let whole: [Double] = [0, -0.0, -1, -2, -1e20]
    #expect(try run("Lgamma", whole + [.infinity, -.infinity]) == Array(repeating: Double.infinity, count: 7))
    #expect(try run("Digamma", whole + [-.infinity]).allSatisfy { $0.isNaN })
    #expect(try run("Zeta", [2, 2, 4, 1] as [Double], [0, -3, -1e30, 7]) == Array(repeating: Double.infinity, count: 4))
    #expect(try run("Zeta", [3, 2.5, 0.5] as [Double], [-1, -0.5, 2]).allSatisfy { $0.isNaN })
    #expect(try run("Igamma", [1, 2, .infinity] as [Double], [.infinity, 0, 1]) == [1, 0, 0])
    #expect(try run("Igammac", [0, -1, 1] as [Double], [1, 1, -1]).allSatisfy { $0.isNaN })
    #expect(try run("Betainc", [0, 1, 1] as [Double], [1, .infinity, 1], [0.5, 0.5, 1.5]).allSatisfy { $0.isNaN })
  }

  /// No operand keeps a loop running.
  @Test(arguments: ["Zeta", "Polygamma", "Igamma", "Igammac", "IgammaGradA", "Pow", "FloorMod", "Atan2"]) func everyPairEnds(name: String) throws {
    let odd: [Double] = [
      0, -0.0, 1, -1, 0.5, -0.5, 1e-300, -1e-300, 1e10, -1e10, 1e17, -1e17, 1e300, -1e300, 4503599627370495.5, -9e15, .infinity, .nan,
    ]
    let pairs = odd.flatMap { x in odd.map { (x, $0) } }
    _ = try run(name, pairs.map(\.0), pairs.map(\.1))
    let floats: [Float] = try run(name, pairs.map { Float($0.0) }, pairs.map { Float($0.1) })
    #expect(floats.count == pairs.count)
  }

  @Test func everyBetaEnds() throws {
    let odd: [Double] = [0, 1, 1e-300, 1e-5, 0.5, 1e5, 1e9, 1e17, 1e300, .infinity, .nan]
    let all = odd.flatMap { a in odd.flatMap { b in [1e-300, 1e-9, 0.5, 0.999999, 1 - 0x1p-53].map { (a, b, $0) } } }
    let y: [Double] = try run("Betainc", all.map(\.0), all.map(\.1), all.map(\.2))
    #expect(y.allSatisfy { $0.isNaN || (-1e-12...1 + 1e-12).contains($0) })
  }

  @Test func integerPowers() throws {
    #expect(try run("Pow", [3, -2, 0, 10, 2] as [Int32], [4, 3, 0, 10, 31]) == [81, -8, 1, 1_410_065_408, .min])
    #expect(throws: (any Error).self) { try run("Pow", [1, 2] as [Int64], [1, -1]) }
    #expect(try run("FloorMod", [7, -7, 7, -7, .min] as [Int32], [3, 3, -3, -3, -1]) == [1, 2, -2, -1, 0])
    #expect(try run("TruncateDiv", [7, -7, 7, -7, .min] as [Int32], [3, 3, -3, -3, -1]) == [2, -2, -2, 2, .min])
    #expect(try run("TruncateMod", [7, -7, 7, -7, .min] as [Int32], [3, 3, -3, -3, -1]) == [1, -1, 1, -1, 0])
  }
}
