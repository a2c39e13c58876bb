/// The element type of a tensor. Raw values are TensorFlow's `DataType` numbers.
public enum DType: UInt8, Sendable, CaseIterable, CustomStringConvertible {
  case float = 1
  case double = 2
  case int32 = 3
  case uint8 = 4
  case int16 = 5
  case int8 = 6
  case string = 7
  case int64 = 9
  case bool = 10
  case uint16 = 17

  /// TensorFlow's lower-case name.
  public var name: String {
    switch self {
    case .float: "float"
    case .double: "double"
    case .int32: "int32"
    case .uint8: "uint8"
    case .int16: "int16"
    case .int8: "int8"
    case .string: "string"
    case .int64: "int64"
    case .bool: "bool"
    case .uint16: "uint16"
    }
  }

  public var description: String { name }

  /// Reads a name as TensorFlow and enuSpace spell them: `float`, `DT_FLOAT`, `float32`, `int` (int32).
  public init?(name: some StringProtocol) {
    var name = name.lowercased()
    if name.hasPrefix("dt_") { name.removeFirst(3) }
    switch name {
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
    case .int8, .uint8, .bool: 1
    case .int16, .uint16: 2
    case .float, .int32: 4
    case .double, .int64, .string: 8
    }
  }

  public var isInteger: Bool { DTypeSet.integers.contains(self) }
  public var isFloatingPoint: Bool { DTypeSet.floats.contains(self) }
}

/// A set of dtypes, as an op's type variable allows them.
public struct DTypeSet: OptionSet, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ types: DType...) { rawValue = types.reduce(0) { $0 | 1 << UInt32($1.rawValue) } }

  public func contains(_ type: DType) -> Bool { rawValue & (1 << UInt32(type.rawValue)) != 0 }

  /// The members in the order people list them: floats, signed, unsigned, bool, string.
  public var members: [DType] {
    [DType.float, .double, .int8, .int16, .int32, .int64, .uint8, .uint16, .bool, .string].filter(contains)
  }

  public var description: String { members.map(\.name).joined(separator: ", ") }

  public static let floats = DTypeSet(.float, .double)
  public static let signedIntegers = DTypeSet(.int8, .int16, .int32, .int64)
  public static let integers: DTypeSet = [.signedIntegers, DTypeSet(.uint8, .uint16)]
  /// Everything that can be added: floats and integers.
  public static let numbers: DTypeSet = [.floats, .integers]
  /// The two dtypes of axes, shapes and indices.
  public static let indices = DTypeSet(.int32, .int64)
  public static let all: DTypeSet = [.numbers, DTypeSet(.bool, .string)]
}
