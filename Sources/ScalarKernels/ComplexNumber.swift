import CKernelABI

/// A complex number in memory: the real part, then the imaginary one.
struct ComplexNumber<Part: BinaryFloatingPoint & BitwiseCopyable>: BitwiseCopyable {
  var real: Part
  var imaginary: Part

  @inline(__always) init(_ real: Part, _ imaginary: Part = 0) { (self.real, self.imaginary) = (real, imaginary) }

  @inline(__always) var conjugate: ComplexNumber { ComplexNumber(real, -imaginary) }
  @inline(__always) var isNaN: Bool { real != real || imaginary != imaginary }

  /// The square root of the sum of squares, none of which overflows.
  @inline(__always) var magnitude: Part {
    let (a, b) = (real.magnitude, imaginary.magnitude)
    if a == .infinity || b == .infinity { return .infinity }
    let most = a < b ? b : a
    if most == 0 || isNaN { return a + b }
    let (p, q) = (Double(a) / Double(most), Double(b) / Double(most))
    return Part(Double(most) * ef_sqrt(p * p + q * q))
  }

  @inline(__always) var squaredMagnitude: ComplexNumber { ComplexNumber.multiply(self, conjugate) }
  @inline(__always) func scaled(_ factor: Part) -> ComplexNumber { ComplexNumber(real * factor, imaginary * factor) }

  @inline(__always) static func divide(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber {
    let size = b.real.magnitude < b.imaginary.magnitude ? b.imaginary.magnitude : b.real.magnitude
    // By zero as two divisions: infinite or NaN. Anything finite by infinity is 0.
    if size == 0 { return ComplexNumber(a.real / size, a.imaginary / size) }
    if size == .infinity && !a.isNaN && a.real.magnitude != .infinity && a.imaginary.magnitude != .infinity && !b.isNaN { return ComplexNumber(0) }
    // Powers of two keep the squares and products within the range, and change no bit.
    let exponent = Double(size).bitPattern &>> 52
    let scale = Double(bitPattern: exponent < 2045 ? (exponent == 0 ? 2045 : 2046 &- exponent) &<< 52 : 0x0010_0000_0000_0000)
    let isLarge = Double(a.real).magnitude > 0x1p1000 || Double(a.imaginary).magnitude > 0x1p1000
    let before = isLarge ? 0x1p-8 : 1.0
    let (c, d) = (Double(b.real) * scale, Double(b.imaginary) * scale)
    let norm = c * c + d * d
    let (x, y) = (Double(a.real) * before * scale, Double(a.imaginary) * before * scale)
    let (real, imaginary) = ((x * c + y * d) / norm, (y * c - x * d) / norm)
    return isLarge ? ComplexNumber(Part(real * 0x1p8), Part(imaginary * 0x1p8)) : ComplexNumber(Part(real), Part(imaginary))
  }
}

/// Without an order: what asks for one is no kernel of complex numbers.
extension ComplexNumber: KernelNumber {
  @inline(__always) static func small(_ number: UInt8) -> ComplexNumber { ComplexNumber(Part(number)) }
  @inline(__always) static var lowest: ComplexNumber { ComplexNumber(-.infinity) }
  @inline(__always) static var highest: ComplexNumber { ComplexNumber(.infinity) }
  @inline(__always) static func add(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real + b.real, a.imaginary + b.imaginary)
  }
  @inline(__always) static func subtract(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real - b.real, a.imaginary - b.imaginary)
  }
  @inline(__always) static func multiply(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber {
    ComplexNumber(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  @inline(__always) static func minimum(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber { less(b, a) ? b : a }
  @inline(__always) static func maximum(_ a: ComplexNumber, _ b: ComplexNumber) -> ComplexNumber { less(a, b) ? b : a }
  @inline(__always) static func negate(_ a: ComplexNumber) -> ComplexNumber { ComplexNumber(-a.real, -a.imaginary) }
  @inline(__always) static func abs(_ a: ComplexNumber) -> ComplexNumber { ComplexNumber(a.magnitude) }
  /// The number of magnitude 1 in the same direction; 0 for 0.
  @inline(__always) static func sign(_ a: ComplexNumber) -> ComplexNumber {
    let magnitude = a.magnitude
    return magnitude == 0 ? ComplexNumber(0) : ComplexNumber(a.real / magnitude, a.imaginary / magnitude)
  }
  @inline(__always) static func equal(_ a: ComplexNumber, _ b: ComplexNumber) -> Bool { a.real == b.real && a.imaginary == b.imaginary }
  @inline(__always) static func less(_ a: ComplexNumber, _ b: ComplexNumber) -> Bool { a.real < b.real }
  @inline(__always) static func atMost(_ a: ComplexNumber, _ b: ComplexNumber) -> Bool { a.real <= b.real }
}
