import Blocks
import TensorCore
import Testing

/// Functions of complex numbers: identities, branch cuts, zeros' signs and what lies at the ends of the range.
struct ComplexFunctionTests {
  private func apply(_ type: String, _ values: [Complex128]) throws -> [Complex128] {
    let tensor = try #require(Tensor(values))
    let result = try #require(try runBlock(type, [tensor]).first)
    #expect(result.dtype == .complex128)
    return (0..<result.count).map { index in
      result.storage.base.load(fromByteOffset: 16 * index, as: Complex128.self)
    }
  }

  private func apply(_ type: String, _ real: Double, _ imaginary: Double) throws -> Complex128 {
    try apply(type, [Complex128(real, imaginary)])[0]
  }

  private static let points: [Complex128] = {
    let parts: [Double] = [0.1, -0.7, 1, -2.5, 3.1, 1e-9, -1e-20, 30]
    return parts.flatMap { real in parts.map { Complex128(real, $0) } }
  }()

  private func isNear(_ a: Complex128, _ b: Complex128, _ limit: Double) -> Bool {
    Complex128.distance(a, b) <= limit * max(b.asDouble, 1e-300)
  }

  @Test func inversesLeadBack() throws {
    for (there, back, tolerance) in [("Log", "Exp", 1e-13), ("Sqrt", "Square", 2e-15), ("Reciprocal", "Reciprocal", 2e-15), ("Asin", "Sin", 1e-13)] {
      let result = try apply(back, try apply(there, Self.points))
      for (point, found) in zip(Self.points, result) { #expect(isNear(found, point, tolerance), "\(back) of \(there) of \(point): \(found)") }
    }
    // Near 0 nothing is lost.
    let small = Self.points.filter { $0.asDouble < 1.5 }
    for (point, found) in zip(small, try apply("Log1p", try apply("Expm1", small))) { #expect(isNear(found, point, 1e-13), "\(point): \(found)") }
    for (point, found) in zip(small, try apply("Tan", try apply("Atan", small))) { #expect(isNear(found, point, 1e-13), "\(point): \(found)") }
  }

  @Test func functionsOfOneAnotherAgree() throws {
    let tangent = try apply("Tanh", Self.points)
    for (point, found) in zip(Self.points, tangent) {
      let twice = try apply("Sigmoid", 2 * point.real, 2 * point.imaginary)
      let other = Complex128(2 * twice.real - 1, 2 * twice.imaginary)
      #expect(Complex128.distance(found, other) < 1e-14 * max(1, found.asDouble * found.asDouble), "\(point): \(found), \(other)")
    }
    for (root, inverse) in zip(try apply("Sqrt", Self.points), try apply("Rsqrt", Self.points)) {
      let product = Complex128(
        root.real * inverse.real - root.imaginary * inverse.imaginary, root.real * inverse.imaginary + root.imaginary * inverse.real)
      #expect(isNear(product, Complex128(1, 0), 1e-15))
    }
    // The poles of Sigmoid: 1 / (x - pole) with the sign of that side.
    let near = try apply("Sigmoid", 1e-8, .pi)
    #expect(isNear(near, Complex128(1e8, 1.2246467991473532), 1e-7))
  }

  @Test func cutsAndSignsOfZero() throws {
    let expected: [(String, Double, Double, Double, Double)] = [
      ("Sqrt", -4, 0, 0, 2), ("Sqrt", -4, -0.0, 0, -2), ("Sqrt", 0, -0.0, 0, -0.0), ("Sqrt", -0.0, 0, 0, 0), ("Sqrt", 9, -0.0, 3, -0.0),
      ("Log", -1, 0, 0, .pi), ("Log", -1, -0.0, 0, -.pi), ("Log", 1, -0.0, 0, -0.0), ("Log", 0, 0, -.infinity, 0),
      ("Log1p", -2, 0, 0, .pi), ("Log1p", -2, -0.0, 0, -.pi), ("Exp", 0, -0.0, 1, -0.0), ("Exp", -.infinity, 3, -0.0, 0),
      ("Exp", 800, 0, .infinity, 0), ("Expm1", 0, -0.0, 0, -0.0), ("Tanh", 500, 1, 1, 0), ("Tanh", -0.0, 0.0, -0.0, 0), ("Sigmoid", -800, 2, -0.0, 0),
    ]
    for (type, real, imaginary, x, y) in expected {
      let found = try apply(type, real, imaginary)
      #expect(found.real == x && found.imaginary == y && found.imaginary.sign == y.sign, "\(type) of \(real), \(imaginary): \(found)")
    }
  }

  @Test func endsOfTheRange() throws {
    let most = Double.greatestFiniteMagnitude
    #expect(isNear(try apply("Sqrt", most, most), Complex128(1.4730945569055654e154, 6.101757441282702e153), 1e-15))
    #expect(isNear(try apply("Log", most, most), Complex128(710.1292864836639, .pi / 4), 1e-15))
    #expect(isNear(try apply("Reciprocal", most / 16, 0), Complex128(16 / most, 0), 1e-15))
    // The imaginary part is finite though exp(709.9) is not.
    let large = try apply("Exp", 709.9, 1e-3)
    #expect(large.real == .infinity && abs(large.imaginary / 2.02140171921923817e305 - 1) < 1e-13)
    #expect(isNear(try apply("Log", 1, 1e-150), Complex128(0, 1e-150), 1e-15))
  }

  @Test func floatsAreRoundedFromDoubles() throws {
    let values = Self.points.map { Complex64(Float($0.real), Float($0.imaginary)) }
    let tensor = try #require(Tensor(values))
    let types = [
      "Exp", "Log", "Sqrt", "Tanh", "Sigmoid", "Expm1", "Log1p", "Reciprocal", "Rsqrt", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh",
    ]
    for type in types {
      let result = try #require(try runBlock(type, [tensor]).first)
      let wide = try apply(type, values.map { Complex128(Double($0.real), Double($0.imaginary)) })
      for (index, exact) in wide.enumerated() {
        let found = result.storage.base.load(fromByteOffset: 8 * index, as: Complex64.self)
        #expect(found.real == Float(exact.real) && found.imaginary == Float(exact.imaginary), "\(type) of \(values[index]): \(found), \(exact)")
      }
    }
  }
}
