/// A Swift type that is the element of one dtype.
public protocol TensorElement: BitwiseCopyable, Equatable, Sendable {
  static var dtype: DType { get }
  /// Its value, rounded to a double; of a complex number the magnitude.
  var asDouble: Double { get }
  /// How far two elements lie apart: NaN where one is NaN.
  static func distance(_ a: Self, _ b: Self) -> Double
  /// Whether both are NaN, or of two complex numbers each part equals the other's or is NaN with it.
  static func isSameNaN(_ a: Self, _ b: Self) -> Bool
  /// Calls `body` with every element's position and value. A requirement, so that each type has its own fast loop.
  static func walk(_ bytes: UnsafeRawBufferPointer, _ body: (Int, Double) -> Void)
}

extension TensorElement {
  public static func distance(_ a: Self, _ b: Self) -> Double { abs(a.asDouble - b.asDouble) }
  public static func isSameNaN(_ a: Self, _ b: Self) -> Bool { a.asDouble.isNaN && b.asDouble.isNaN }
  /// Whether the bits of two elements differ, as those of equal ones do for zeros of different sign.
  public static func hasOtherBits(_ a: Self, _ b: Self) -> Bool {
    withUnsafeBytes(of: a) { a in withUnsafeBytes(of: b) { b in !a.elementsEqual(b) } }
  }

  public static func walk(_ bytes: UnsafeRawBufferPointer, _ body: (Int, Double) -> Void) {
    for (index, element) in bytes.bindMemory(to: Self.self).enumerated() { body(index, element.asDouble) }
  }
}

extension TensorElement where Self: BinaryFloatingPoint { public var asDouble: Double { Double(self) } }
extension TensorElement where Self: FixedWidthInteger { public var asDouble: Double { Double(self) } }

extension Float16: TensorElement { public static var dtype: DType { .half } }
extension Float: TensorElement { public static var dtype: DType { .float } }
extension Double: TensorElement { public static var dtype: DType { .double } }
extension Int8: TensorElement { public static var dtype: DType { .int8 } }
extension Int16: TensorElement { public static var dtype: DType { .int16 } }
extension Int32: TensorElement { public static var dtype: DType { .int32 } }
extension Int64: TensorElement { public static var dtype: DType { .int64 } }
extension UInt8: TensorElement { public static var dtype: DType { .uint8 } }
extension UInt16: TensorElement { public static var dtype: DType { .uint16 } }
extension UInt32: TensorElement { public static var dtype: DType { .uint32 } }
extension UInt64: TensorElement { public static var dtype: DType { .uint64 } }

extension Bool: TensorElement {
  public static var dtype: DType { .bool }
  public var asDouble: Double { self ? 1 : 0 }
}

/// The upper half of a float's bits: as wide a range, with 8 bits of precision.
public struct BFloat16: TensorElement {
  public var bitPattern: UInt16

  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// The nearest one, of two the even one.
  public init(_ value: Float) {
    let bits = value.bitPattern
    bitPattern = value.isNaN ? UInt16(bits >> 16) | 0x40 : UInt16((UInt64(bits) + 0x7fff + UInt64(bits >> 16 & 1)) >> 16)
  }

  /// The nearest one, of two the even one.
  public init(_ value: Double) {
    var near = Float(value)
    // A float between two neighbours that is odd is rounded further as the double would be.
    let back = Double(near)
    if back != value, near.isFinite, near.bitPattern & 1 == 0 {
      near = (back < value) == (near.sign == .plus) ? Float(bitPattern: near.bitPattern + 1) : Float(bitPattern: near.bitPattern &- 1)
    }
    self.init(near)
  }

  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
  public var asDouble: Double { Double(float) }
  public static var dtype: DType { .bfloat16 }
  public static func == (a: BFloat16, b: BFloat16) -> Bool { a.float == b.float }

  /// The shortest decimal number that is read back as this one.
  public var shortest: Double {
    let value = asDouble
    guard value.isFinite, value != 0 else { return value }
    var power = 1.0
    var places = 0
    // Decimals of up to 22 places are one exact number divided by another.
    while places <= 22 {
      let rounded = (value * power).rounded()
      if abs(rounded) >= 1, abs(rounded) < 0x1p53, BFloat16(rounded / power) == self { return rounded / power }
      power *= 10
      places += 1
    }
    let digits = float.magnitude.description.prefix { $0 != "e" }.count { $0.isNumber }
    let exponent = Int((Double(value.exponent) * 0.30103).rounded(.down))
    // Digits from the left, at a power of ten that is right or one too small.
    for count in 1...max(1, digits) {
      for shift in [exponent, exponent + 1] {
        guard let unit = Double("1e\(shift - count + 1)"), unit > 0, case let scaled = (value / unit).rounded(), scaled.magnitude < 1e9,
          let near = Double("\(Int(scaled))e\(shift - count + 1)"), BFloat16(near) == self
        else { continue }
        return near
      }
    }
    return Double(float.description) ?? value
  }
}

/// Two floats or doubles.
public protocol ComplexElement: TensorElement {
  associatedtype Part: BinaryFloatingPoint & LosslessStringConvertible & TensorElement
  var real: Part { get }
  var imaginary: Part { get }
  init(_ real: Part, _ imaginary: Part)
}

extension ComplexElement {
  public var asDouble: Double {
    let (a, b) = (abs(Double(real)), abs(Double(imaginary)))
    let most = max(a, b)
    // No square overflows.
    return most == 0 || !most.isFinite ? a + b : most * ((a / most) * (a / most) + (b / most) * (b / most)).squareRoot()
  }
  public static func distance(_ a: Self, _ b: Self) -> Double {
    let (real, imaginary) = (partDistance(a.real, b.real), partDistance(a.imaginary, b.imaginary))
    return real.isNaN || imaginary.isNaN ? .nan : max(real, imaginary)
  }
  public static func isSameNaN(_ a: Self, _ b: Self) -> Bool { partDistance(a.real, b.real) == 0 && partDistance(a.imaginary, b.imaginary) == 0 }
  /// 0 for equal infinities and for two NaNs.
  private static func partDistance(_ a: Part, _ b: Part) -> Double { a == b || Part.isSameNaN(a, b) ? 0 : Part.distance(a, b) }
}

/// A complex number of two floats.
public struct Complex64: ComplexElement {
  public var real: Float
  public var imaginary: Float
  public init(_ real: Float, _ imaginary: Float) { (self.real, self.imaginary) = (real, imaginary) }
  public static var dtype: DType { .complex64 }
}

/// A complex number of two doubles.
public struct Complex128: ComplexElement {
  public var real: Double
  public var imaginary: Double
  public init(_ real: Double, _ imaginary: Double) { (self.real, self.imaginary) = (real, imaginary) }
  public static var dtype: DType { .complex128 }
}

extension DType {
  /// The Swift type of its elements; nil for strings.
  public var element: (any TensorElement.Type)? {
    switch self {
    case .half: Float16.self
    case .bfloat16: BFloat16.self
    case .float: Float.self
    case .double: Double.self
    case .complex64: Complex64.self
    case .complex128: Complex128.self
    case .int8, .qint8: Int8.self
    case .int16, .qint16: Int16.self
    case .int32, .qint32: Int32.self
    case .int64: Int64.self
    case .uint8, .quint8: UInt8.self
    case .uint16, .quint16: UInt16.self
    case .uint32: UInt32.self
    case .uint64: UInt64.self
    case .bool: Bool.self
    case .string: nil
    }
  }
}

extension Tensor {
  /// An element as a number, of a complex one the magnitude; nil for strings, and where there is none.
  public func number(at index: Int) -> Double? {
    guard index >= 0, index < count, let element = dtype.element else { return nil }
    func read<Element: TensorElement>(_: Element.Type) -> Double {
      bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self).asDouble
    }
    return withExtendedLifetime(storage) { read(element) }
  }

  /// Calls `body` with every element's position and value as ``number(at:)`` gives it; not at all for strings.
  public func forEachNumber(_ body: (Int, Double) -> Void) {
    withExtendedLifetime(storage) { dtype.element?.walk(bytes, body) }
  }
}
