import TensorCore
import Testing

@testable import Blocks

/// Expectations are TensorFlow 2.21's, but where a comment says otherwise.
@Suite struct ElementwiseTests {
  private func tensor<Element: TensorElement>(_ values: [Element], _ shape: Shape? = nil) throws -> Tensor {
    try #require(Tensor(values, shape: shape))
  }

  private func binary<X: TensorElement, R: TensorElement>(_ type: String, _ x: [X], _ y: [X], as: R.Type = R.self) throws -> [R] {
    let outputs = try runBlock(type, [tensor(x), tensor(y)])
    return try #require(outputs.first?.elements(as: R.self))
  }

  private func unary<X: TensorElement>(_ type: String, _ x: [X]) throws -> [X] {
    let outputs = try runBlock(type, [tensor(x)])
    return try #require(outputs.first?.elements(as: X.self))
  }

  private func cast<X: TensorElement, R: TensorElement>(_ x: [X], to: R.Type) throws -> [R] {
    let outputs = try runBlock("Cast", [tensor(x)], attrs: ["DstT": .type(R.dtype)])
    return try #require(outputs.first?.elements(as: R.self))
  }

  private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
  private func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

  @Test func integersWrapAround() throws {
    #expect(try binary("Add", [Int8.max, -128], [1, -1]) == [Int8.min, 127])
    #expect(try binary("Subtract", [UInt16(0), 5], [1, 3]) == [UInt16.max, 2])
    #expect(try binary("Multiply", [Int32.max, 65536], [2, 65536]) == [Int32(-2), 0])
    #expect(try unary("Square", [UInt8(16), 15]) == [0, 225])
    #expect(try unary("Negate", [Int64.min, 5]) == [.min, -5])
    #expect(try unary("Abs", [Int16.min, -5]) == [.min, 5])
    #expect(try unary("Sign", [Int32.min, 0, 7]) == [-1, 0, 1])
  }

  @Test func signsOfZeroAndNaN() throws {
    #expect(try bits(unary("Negate", [Float(0), -0.0])) == bits([-0.0, 0]))
    #expect(try bits(unary("Abs", [Float(-0.0), -.infinity])) == bits([0, .infinity]))
    #expect(try bits(unary("Sign", [Double(-0.0), -3, 0.1])) == bits([0, -1, 1]))
    #expect(try unary("Sign", [Float.nan])[0].isNaN)
  }

  @Test func integerDivision() throws {
    let x: [Int32] = [7, -7, 7, -7, .min, .min, .max]
    let y: [Int32] = [2, 2, -2, -2, -1, 1, -1]
    #expect(try binary("Div", x, y) == [Int32(3), -3, -3, 3, .min, .min, -.max])
    #expect(try binary("FloorDiv", x, y) == [Int32(3), -4, -4, 3, .min, .min, -.max])
    #expect(try binary("Mod", x, y) == [Int32(1), -1, 1, -1, 0, 0, 0])
    #expect(try binary("Div", [Int64.min, .max, -9], [-1, -1, 4]) == [Int64.min, -.max, -2])
    #expect(try binary("FloorDiv", [Int64.min, .max, -9], [-1, -1, 4]) == [Int64.min, -.max, -3])
    #expect(try binary("Mod", [Int64.min, .max, -9], [-1, -1, 4]) == [Int64(0), 0, -1])
    #expect(try binary("Div", [Int8.min, -7], [-1, 2]) == [Int8.min, -3])
    #expect(try binary("FloorDiv", [UInt16.max, 9], [2, 10]) == [UInt16(32767), 0])
  }

  @Test func allByteQuotients() throws {
    var x: [Int8] = []
    var y: [Int8] = []
    for a in Int8.min ... .max {
      for b in Int8.min ... .max where b != 0 {
        x.append(a)
        y.append(b)
      }
    }
    let truncated = zip(x, y).map { Int8(truncatingIfNeeded: Int($0) / Int($1)) }
    let floored = zip(x, y).map { Int8(truncatingIfNeeded: Int((Double($0) / Double($1)).rounded(.down))) }
    #expect(try binary("Div", x, y) == truncated)
    #expect(try binary("FloorDiv", x, y) == floored)
  }

  @Test(arguments: ["Div", "FloorDiv", "Mod"])
  func integerDivisionByZero(type: String) throws {
    #expect(refusal { try binary(type, [Int32(1), 2], [1, 0]) as [Int32] } == .divisionByZero)
    #expect(refusal { try binary(type, [Int64(0)], [0]) as [Int64] } == .divisionByZero)
    // No result, no fault.
    #expect(try runBlock(type, [tensor([Int32]()), tensor([Int32(0)], [])])[0].count == 0)
  }

  @Test func floatDivision() throws {
    #expect(try bits(binary("Div", [Float(1), -1, 5, -5], [0, 0, .infinity, .infinity])) == bits([Float.infinity, -.infinity, 0, -0.0]))
    #expect(try bits(binary("FloorDiv", [Float(-5), 5, -0.0, 0.5], [3, -3, 3, 1])) == bits([Float(-2), -2, -0.0, 0]))
    #expect(try binary("RealDiv", [Double(0)], [0], as: Double.self)[0].isNaN)
    #expect(refusal { try binary("RealDiv", [Int32(1)], [1]) as [Int32] } == .dtypeNotAllowed)
  }

  @Test func floatRemainder() throws {
    let x: [Double] = [5, -5, 5, -6, -0.0, 5, -5, 1e30, 1e308, 5e-324, 1e-310]
    let y: [Double] = [3, 3, -3, 3, 3, .infinity, .infinity, 3, 7e-300, 1, 3e-311]
    #expect(try bits(binary("Mod", x, y)) == bits(zip(x, y).map { $0.truncatingRemainder(dividingBy: $1) }))
    for (a, b) in [(Double(5), 0), (.infinity, 3), (.nan, 1), (1, .nan), (0, 0)] as [(Double, Double)] {
      #expect(try binary("Mod", [a], [b], as: Double.self)[0].isNaN)
    }
    var random = SystemRandomNumberGenerator()
    let a = (0..<2000).map { _ in Float(bitPattern: random.next()) }
    let b = (0..<2000).map { _ in Float(bitPattern: random.next()) }
    for (got, (a, b)) in zip(try binary("Mod", a, b, as: Float.self), zip(a, b)) {
      let wanted = a.truncatingRemainder(dividingBy: b)
      #expect(got.bitPattern == wanted.bitPattern || got.isNaN && wanted.isNaN, "\(a) mod \(b)")
    }
  }

  @Test func smallerAndLarger() throws {
    // The order of -0 and 0 is ours; TensorFlow's depends on the place.
    #expect(try bits(binary("Minimum", [Float(0), -0.0, 1, -.infinity], [-0.0, 0, 2, 3])) == bits([Float(-0.0), -0.0, 1, -.infinity]))
    #expect(try bits(binary("Maximum", [Float(0), -0.0, 1, -.infinity], [-0.0, 0, 2, 3])) == bits([Float(0), 0, 2, 3]))
    let quiet = Double(bitPattern: 0x7ff8_0000_0000_0000)
    for type in ["Minimum", "Maximum"] {
      #expect(try bits(binary(type, [quiet, 1, -quiet, quiet], [1, quiet, quiet, -quiet])) == bits([quiet, quiet, -quiet, quiet]))
    }
    #expect(try binary("Minimum", [UInt8(200), 3], [100, 4]) == [UInt8(100), 3])
    #expect(try binary("Maximum", [Int64.min, 3], [0, 4]) == [Int64(0), 4])
  }

  @Test func rounding() throws {
    let x: [Float] = [0.5, 1.5, 2.5, -0.5, -1.5, -0.3, 0.49999997, 8388607.5, 8388609, -0.0, .infinity, 3e38, 1e-45, -1e-45]
    #expect(try bits(unary("Round", x)) == bits(x.map { $0.rounded(.toNearestOrEven) }))
    #expect(try bits(unary("Floor", x)) == bits(x.map { $0.rounded(.down) }))
    #expect(try bits(unary("Ceil", x)) == bits(x.map { $0.rounded(.up) }))
    let y: [Double] = [0.49999999999999994, 4503599627370495.5, -4503599627370495.5, 4503599627370497, -0.7, 1e300, -.infinity]
    #expect(try bits(unary("Round", y)) == bits(y.map { $0.rounded(.toNearestOrEven) }))
    #expect(try bits(unary("Floor", y)) == bits(y.map { $0.rounded(.down) }))
    #expect(try bits(unary("Ceil", y)) == bits(y.map { $0.rounded(.up) }))
    for type in ["Round", "Floor", "Ceil"] { #expect(try unary(type, [Float.nan])[0].isNaN) }
    // TensorFlow's raw kernel gives zeros.
    #expect(try unary("Round", [Int32.min, 7]) == [.min, 7])
  }

  @Test func comparisons() throws {
    #expect(try binary("Equal", [Float.nan, 0, 1], [.nan, -0.0, 2]) == [false, true, false])
    #expect(try binary("Less", [Double.nan, -0.0, 1], [1, 0, 2]) == [false, false, true])
    #expect(try binary("Greater", [UInt8(200), 3, 3], [100, 4, 3]) == [true, false, false])
    #expect(try binary("Equal", [true, false, true], [true, false, false]) == [true, true, false])
    #expect(try binary("LogicalAnd", [true, true, false, false], [true, false, true, false]) == [true, false, false, false])
    #expect(try unary("LogicalNot", [true, false]) == [false, true])
    let pool = StringPool()
    let words = try #require(Tensor(strings: [Array("a".utf8), Array("b".utf8), []], pool: pool))
    let word = try #require(Tensor(strings: [Array("b".utf8)], shape: .scalar, pool: pool))
    #expect(try runBlock("Equal", [words, word])[0].elements() == [false, true, false])
    #expect(refusal { try runBlock("Less", [words, word]) } == .dtypeNotAllowed)
    #expect(refusal { try runBlock("Add", [words, word]) } == .dtypeNotAllowed)
  }

  @Test func castsOfFloats() throws {
    let x: [Double] = [1.9, -1.9, 2147483648, -2147483649, .nan, .infinity, 256, -129, 4294967297, -0.0]
    let least = Int32.min
    #expect(try cast(x, to: Int32.self) == [1, -1, least, least, least, least, 256, -129, least, 0])
    #expect(try cast(x, to: Int8.self) == [1, -1, 0, 0, 0, 0, 0, 127, 0, 0])
    #expect(try cast(x, to: UInt8.self) == [1, 255, 0, 0, 0, 0, 0, 127, 0, 0])
    #expect(try cast(x, to: UInt16.self) == [1, 65535, 0, 0, 0, 0, 256, 65407, 0, 0])
    #expect(try cast(x, to: Bool.self) == [true, true, true, true, true, true, true, true, true, false])
    #expect(try cast([Float(9.3e18), -9.3e18, .nan, -2.5, 0x1p62], to: Int64.self) == [.min, .min, .min, -2, 1 << 62])
    #expect(try bits(cast([Double(1e-300), 1e300, 0.1, -0.0], to: Float.self)) == bits([0, .infinity, 0.1, -0.0]))
  }

  @Test func castsOfIntegers() throws {
    #expect(try cast([Int64(-1), 300, .min], to: UInt8.self) == [255, 44, 0])
    #expect(try cast([Int32(-1), 40000], to: UInt16.self) == [65535, 40000])
    #expect(try cast([UInt16(65535), 128], to: Int8.self) == [-1, -128])
    #expect(try cast([Int8(-1), 5], to: Int64.self) == [-1, 5])
    #expect(try cast([Int64.max, 16_777_217], to: Float.self) == [0x1p63, 16_777_216])
    #expect(try cast([Int32(0), -3], to: Bool.self) == [false, true])
    #expect(try cast([true, false], to: Double.self) == [1, 0])
    #expect(try cast([true, false], to: UInt16.self) == [1, 0])
  }

  @Test func broadcasting() throws {
    let shapes: [(Shape, Shape)] = [
      ([], []), ([5], []), ([], [5]), ([3, 1], [1, 4]), ([5, 7], [7]), ([5, 7], [5, 1]), ([2, 3, 4, 5], [3, 1, 5]),
      ([2, 1, 4, 1], [1, 3, 1, 5]), ([0, 3], [1, 3]), ([1], [3, 0]), ([3, 2, 1, 2, 3, 1, 2], [2, 1, 2, 1]),
    ]
    for (a, b) in shapes {
      let x = (0..<(a.count ?? 0)).map { Int32($0) }
      let y = (0..<(b.count ?? 0)).map { Int32($0) * 1000 }
      let result = try runBlock("Subtract", [tensor(x, a), tensor(y, b)])[0]
      let shape = try #require(Shapes.broadcast(PartialShape(a), PartialShape(b))?.known)
      #expect(result.shape == shape)
      let wanted = (0..<result.count).map { x[source(of: $0, shape, a)] - y[source(of: $0, shape, b)] }
      #expect(result.elements() == wanted, "\(a) and \(b)")
    }
    #expect(throws: BlockError.self) { try runBlock("Add", [tensor([Float](repeating: 0, count: 6), [2, 3]), tensor([Float(0), 0])]) }
    #expect(throws: BlockError.self) { try runBlock("Add", [tensor([Float](), [0, 1 << 40, 1]), tensor([Float](), [0, 1, 1 << 40])]) }
  }

  /// The element of an input of shape `input` that element `index` of the broadcast `output` reads.
  private func source(of index: Int, _ output: Shape, _ input: Shape) -> Int {
    var rest = index
    var stride = 1
    var place = 0
    for (offset, size) in output.dims.reversed().enumerated() {
      let digit = rest % size
      rest /= size
      guard offset < input.rank else { continue }
      let own = input.dims[input.rank - 1 - offset]
      if own != 1 { place += digit * stride }
      stride *= own
    }
    return place
  }

  @Test func lengthsAroundVectors() throws {
    for count in 0...70 {
      let x = (0..<count).map { Float($0) - 30.5 }
      #expect(try unary("Floor", x) == x.map { $0.rounded(.down) })
      #expect(try binary("Multiply", x, x) == x.map { $0 * $0 })
      #expect(try binary("Less", x, x.reversed()) == zip(x, x.reversed()).map { $0 < $1 })
      #expect(try cast(x, to: Int16.self) == x.map { Int16($0) })
    }
  }
}
