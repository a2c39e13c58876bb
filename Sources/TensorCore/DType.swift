/// The element type of a tensor. Raw values are TensorFlow's `DataType` numbers.
public enum DType: UInt8, Sendable, CaseIterable {
  case float = 1
  case double = 2
  case int32 = 3
  case uint8 = 4
  case int16 = 5
  case int8 = 6
  case string = 7
  case complex64 = 8
  case int64 = 9
  case bool = 10
  case qint8 = 11
  case quint8 = 12
  case qint32 = 13
  case bfloat16 = 14
  case qint16 = 15
  case quint16 = 16
  case uint16 = 17
  case complex128 = 18
  case half = 19
  case uint32 = 22
  case uint64 = 23

  /// TensorFlow's lower-case name.
  public var name: String { "\(self)" }

  /// Reads a name as TensorFlow and enuSpace spell them: `float`, `DT_FLOAT`, `float32`, `int` (int32).
  public init?(name: some StringProtocol) {
    var name = name.lowercased()
    if name.hasPrefix("dt_") { name.removeFirst(3) }
    switch name {
    case "float16": self = .half
    case "float32": self = .float
    case "float64": self = .double
    case "int": self = .int32
    default:
      guard let found = DType.allCases.first(where: { $0.name == name }) else { return nil }
      self = found
    }
  }

  /// Bytes per element in memory. A string element is an 8-byte handle into a ``StringPool``.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool, .qint8, .quint8: 1
    case .int16, .uint16, .half, .bfloat16, .qint16, .quint16: 2
    case .float, .int32, .uint32, .qint32: 4
    case .double, .int64, .uint64, .string, .complex64: 8
    case .complex128: 16
    }
  }

  /// The integer dtype that a quantised one is stored as; itself for all others.
  public var stored: DType {
    switch self {
    case .qint8: .int8
    case .quint8: .uint8
    case .qint16: .int16
    case .quint16: .uint16
    case .qint32: .int32
    default: self
    }
  }

  /// The real dtype of a complex one's parts; nil for all others.
  public var part: DType? { self == .complex64 ? .float : self == .complex128 ? .double : nil }

  public var isInteger: Bool { DTypeSet.integers.contains(self) || DTypeSet.wideUnsigned.contains(self) }
  /// Whether its numbers are real and have fractions.
  public var isFloatingPoint: Bool { DTypeSet.allFloats.contains(self) }
  public var isComplex: Bool { DTypeSet.complex.contains(self) }
  public var isQuantized: Bool { DTypeSet.quantized.contains(self) }
  /// Whether something that has it can be differentiated.
  public var isDifferentiable: Bool { isFloatingPoint || isComplex }
}

/// A set of dtypes, as an op's type variable allows them.
public struct DTypeSet: OptionSet, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ types: DType...) { rawValue = types.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }

  public func contains(_ type: DType) -> Bool { rawValue & (1 << UInt32(type.rawValue)) != 0 }

  /// The members in the order people list them: floats, complex, signed, unsigned, bool, string, quantised.
  public var members: [DType] {
    let all: [DType] = [
      .float, .double, .half, .bfloat16, .complex64, .complex128, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool, .string,
      .qint8, .quint8, .qint16, .quint16, .qint32,
    ]
    return all.filter(contains)
  }

  public var description: String { members.map(\.name).joined(separator: ", ") }

  /// The two that are computed as they are.
  public static let floats = DTypeSet(.float, .double)
  /// The two that are computed as float.
  public static let halves = DTypeSet(.half, .bfloat16)
  public static let allFloats: DTypeSet = [.floats, .halves]
  public static let complex = DTypeSet(.complex64, .complex128)
  public static let signedIntegers = DTypeSet(.int8, .int16, .int32, .int64)
  public static let integers: DTypeSet = [.signedIntegers, DTypeSet(.uint8, .uint16)]
  public static let wideUnsigned = DTypeSet(.uint32, .uint64)
  public static let allIntegers: DTypeSet = [.integers, .wideUnsigned]
  /// Floats and integers but those of 16 bits, uint32 and uint64.
  public static let numbers: DTypeSet = [.floats, .integers]
  /// Real numbers that few kernels have loops for, because wider dtypes hold them all.
  public static let narrow: DTypeSet = [.halves, .narrowIntegers]
  public static let narrowIntegers = DTypeSet(.int8, .int16, .uint8, .uint16, .uint32)
  /// What kernels add as it is, besides the narrow ones.
  public static let summable: DTypeSet = [.floats, .indices, .complex, DTypeSet(.uint64)]
  /// What kernels compare as it is, besides the narrow ones.
  public static let ordered: DTypeSet = [.floats, .indices, DTypeSet(.uint64)]
  /// Every real number: floats and integers.
  public static let realNumbers: DTypeSet = [.allFloats, .allIntegers]
  public static let allNumbers: DTypeSet = [.realNumbers, .complex]
  public static let quantized = DTypeSet(.qint8, .quint8, .qint16, .quint16, .qint32)
  /// The two dtypes of axes, shapes and indices.
  public static let indices = DTypeSet(.int32, .int64)
  /// What has a meaning beyond its integers.
  public static let unquantized: DTypeSet = [.allNumbers, DTypeSet(.bool, .string)]
  public static let all: DTypeSet = [.allNumbers, DTypeSet(.bool, .string), .quantized]
}
