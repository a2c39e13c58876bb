/// What the generic kernels need of an element type. Integers wrap around, as in TensorFlow.
protocol KernelNumber {
  /// A small number from 0 on.
  static func small(_ number: UInt8) -> Self
  /// What no number is below, and what none is above.
  static var lowest: Self { get }
  static var highest: Self { get }
  static func add(_ a: Self, _ b: Self) -> Self
  static func subtract(_ a: Self, _ b: Self) -> Self
  static func multiply(_ a: Self, _ b: Self) -> Self
  static func minimum(_ a: Self, _ b: Self) -> Self
  static func maximum(_ a: Self, _ b: Self) -> Self
  static func negate(_ a: Self) -> Self
  static func abs(_ a: Self) -> Self
  static func sign(_ a: Self) -> Self
  static func equal(_ a: Self, _ b: Self) -> Bool
  static func less(_ a: Self, _ b: Self) -> Bool
  static func atMost(_ a: Self, _ b: Self) -> Bool
}

extension KernelNumber where Self: FixedWidthInteger {
  @inline(__always) static func small(_ number: UInt8) -> Self { Self(truncatingIfNeeded: number) }
  @inline(__always) static var lowest: Self { .min }
  @inline(__always) static var highest: Self { .max }
  @inline(__always) static func add(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func subtract(_ a: Self, _ b: Self) -> Self { a &- b }
  @inline(__always) static func multiply(_ a: Self, _ b: Self) -> Self { a &* b }
  @inline(__always) static func minimum(_ a: Self, _ b: Self) -> Self { b < a ? b : a }
  @inline(__always) static func maximum(_ a: Self, _ b: Self) -> Self { a < b ? b : a }
  @inline(__always) static func negate(_ a: Self) -> Self { 0 &- a }
  @inline(__always) static func abs(_ a: Self) -> Self { a < 0 ? 0 &- a : a }
  @inline(__always) static func sign(_ a: Self) -> Self { (a > 0 ? 1 : 0) &- (a < 0 ? 1 : 0) }
  @inline(__always) static func equal(_ a: Self, _ b: Self) -> Bool { a == b }
  @inline(__always) static func less(_ a: Self, _ b: Self) -> Bool { a < b }
  @inline(__always) static func atMost(_ a: Self, _ b: Self) -> Bool { a <= b }
}

extension KernelNumber where Self: BinaryFloatingPoint {
  @inline(__always) static func add(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func subtract(_ a: Self, _ b: Self) -> Self { a - b }
  @inline(__always) static func multiply(_ a: Self, _ b: Self) -> Self { a * b }
  @inline(__always) static func negate(_ a: Self) -> Self { -a }
  @inline(__always) static func abs(_ a: Self) -> Self { a.magnitude }
  /// 0 for both zeros, the NaN itself for a NaN.
  @inline(__always) static func sign(_ a: Self) -> Self { a > 0 ? 1 : a < 0 ? -1 : a != a ? a : 0 }
  @inline(__always) static func equal(_ a: Self, _ b: Self) -> Bool { a == b }
  @inline(__always) static func less(_ a: Self, _ b: Self) -> Bool { a < b }
  @inline(__always) static func atMost(_ a: Self, _ b: Self) -> Bool { a <= b }
}

/// A floating-point type seen as its bits too. Its algorithms are extensions where `Self: BinaryFloatingPoint`; a protocol that
/// refined that one would bring the standard library's witness tables into the module.
protocol BitFloat: KernelNumber {
  /// The bits that either has.
  static func either(_ a: Self, _ b: Self) -> Self
  /// The bits that both have.
  static func both(_ a: Self, _ b: Self) -> Self
  /// `magnitude` with the sign of `x`.
  static func signed(_ magnitude: Self, like x: Self) -> Self
  /// The bits without the sign.
  var magnitudeBits: UInt64 { get }
  init(magnitudeBits: UInt64)
  /// The bits of the significand that are stored.
  static var width: UInt64 { get }
  /// From here on every number is an integer: 2 to the power of ``width``.
  static var integersFrom: Self { get }
}

extension BitFloat where Self: BinaryFloatingPoint {
  /// The first NaN, if there is one; -0 lies below 0.
  @inline(__always) static func minimum(_ a: Self, _ b: Self) -> Self {
    // Both selections are one instruction each. They differ for zeros of different sign, where the bits of either are -0, and NaNs.
    let p = b < a ? b : a
    let q = a < b ? a : b
    return flushed(a != a ? a : b != b ? b : either(p, q))
  }

  /// The first NaN, if there is one; 0 lies above -0.
  @inline(__always) static func maximum(_ a: Self, _ b: Self) -> Self {
    let p = a < b ? b : a
    let q = b < a ? a : b
    return flushed(a != a ? a : b != b ? b : both(p, q))
  }

  /// A number as arithmetic gives it: a selection may be compiled to instructions that leave a subnormal as it is. The processor
  /// compares it as zero.
  @inline(__always) private static func flushed(_ x: Self) -> Self { x == 0 ? signed(0, like: x) : x }
}

extension Float: BitFloat {
  @inline(__always) static func small(_ number: UInt8) -> Float { Float(number) }
  @inline(__always) static var lowest: Float { -.infinity }
  @inline(__always) static var highest: Float { .infinity }
  @inline(__always) static func either(_ a: Float, _ b: Float) -> Float { Float(bitPattern: a.bitPattern | b.bitPattern) }
  @inline(__always) static func both(_ a: Float, _ b: Float) -> Float { Float(bitPattern: a.bitPattern & b.bitPattern) }
  @inline(__always) static func signed(_ magnitude: Float, like x: Float) -> Float {
    Float(bitPattern: (magnitude.bitPattern & 0x7fff_ffff) | (x.bitPattern & 0x8000_0000))
  }
  @inline(__always) var magnitudeBits: UInt64 { UInt64(bitPattern & 0x7fff_ffff) }
  @inline(__always) init(magnitudeBits: UInt64) { self.init(bitPattern: UInt32(truncatingIfNeeded: magnitudeBits)) }
  @inline(__always) static var width: UInt64 { 23 }
  @inline(__always) static var integersFrom: Float { 0x1p23 }
}

extension Double: BitFloat {
  @inline(__always) static func small(_ number: UInt8) -> Double { Double(number) }
  @inline(__always) static var lowest: Double { -.infinity }
  @inline(__always) static var highest: Double { .infinity }
  @inline(__always) static func either(_ a: Double, _ b: Double) -> Double { Double(bitPattern: a.bitPattern | b.bitPattern) }
  @inline(__always) static func both(_ a: Double, _ b: Double) -> Double { Double(bitPattern: a.bitPattern & b.bitPattern) }
  @inline(__always) static func signed(_ magnitude: Double, like x: Double) -> Double {
    Double(bitPattern: (magnitude.bitPattern & 0x7fff_ffff_ffff_ffff) | (x.bitPattern & 0x8000_0000_0000_0000))
  }
  @inline(__always) var magnitudeBits: UInt64 { bitPattern & 0x7fff_ffff_ffff_ffff }
  @inline(__always) init(magnitudeBits: UInt64) { self.init(bitPattern: magnitudeBits) }
  @inline(__always) static var width: UInt64 { 52 }
  @inline(__always) static var integersFrom: Double { 0x1p52 }
}

extension Int8: KernelNumber {}
extension Int16: KernelNumber {}
extension Int32: KernelNumber {}
extension Int64: KernelNumber {}
extension UInt8: KernelNumber {}
extension UInt16: KernelNumber {}
extension UInt64: KernelNumber {}

protocol NumericUnary { static func apply<T: KernelNumber>(_ x: T) -> T }
protocol NumericBinary { static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T }

enum Add: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.add(x, y) } }
enum Subtract: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.subtract(x, y) } }
enum Multiply: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.multiply(x, y) } }
enum Minimum: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.minimum(x, y) } }
enum Maximum: NumericBinary { @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { T.maximum(x, y) } }
enum Square: NumericUnary { @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.multiply(x, x) } }
enum SquaredDifference: NumericBinary {
  @inline(__always) static func apply<T: KernelNumber>(_ x: T, _ y: T) -> T { Square.apply(T.subtract(x, y)) }
}
enum Negate: NumericUnary { @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.negate(x) } }
enum Abs: NumericUnary { @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.abs(x) } }
enum Sign: NumericUnary { @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.sign(x) } }

/// A bool element.
@inline(__always)
func truth(_ condition: Bool) -> UInt8 { condition ? 1 : 0 }

protocol NumericComparison { static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool }

enum EqualTo: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { T.equal(x, y) } }
enum LessThan: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { T.less(x, y) } }
enum GreaterThan: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { T.less(y, x) } }
enum NotEqualTo: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { !T.equal(x, y) } }
enum AtMost: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { T.atMost(x, y) } }
enum AtLeast: NumericComparison { @inline(__always) static func holds<T: KernelNumber>(_ x: T, _ y: T) -> Bool { T.atMost(y, x) } }
