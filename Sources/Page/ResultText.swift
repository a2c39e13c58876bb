import TensorCore

/// The value of a result pin, for write-back.
public enum ResultValue: Sendable {
  case tensor(Tensor)
  /// An output list.
  case list([Tensor])
}

/// Results as the text that pages hold.
enum ResultText {
  /// The elements as page notation has them: shortest text that reads back, strings in quotes.
  static func values(_ tensor: Tensor) -> [String] { (0..<tensor.count).map { ValueFormat.shortest(tensor, at: $0) } }

  /// The elements as an enuSpace page has them: strings stand there without quotes.
  static func plainValues(_ tensor: Tensor) -> [String] {
    guard let strings = tensor.stringElements else { return values(tensor) }
    return strings.map { String(decoding: $0, as: UTF8.self) }
  }

  /// `[2][3]`; empty for a scalar.
  static func shape(_ shape: Shape) -> String { shape.dims.map { "[\($0)]" }.joined() }

  /// enuSpace knows double, float, int, bool and string; floats of 16 bits are floats there.
  static func varType(_ dtype: DType) -> String {
    switch dtype {
    case .double: "double"
    case .float, .half, .bfloat16: "float"
    case .complex64, .complex128: "complex"
    case .bool: "bool"
    case .string: "string"
    default: "int"
    }
  }

  /// Raw little-endian values as a `.dat` file has them; nil for what it cannot hold.
  static func binary(_ tensor: Tensor) -> [UInt8]? {
    switch tensor.dtype {
    case .string: return nil
    case .float, .double, .bool, .int32: return withExtendedLifetime(tensor.storage) { Array(tensor.bytes) }
    default:
      // Every other integer is an `int` of 4 bytes there.
      var bytes: [UInt8] = []
      guard let values = tensor.integers else { return nil }
      for value in values {
        guard let narrow = Int32(exactly: value) else { return nil }
        withUnsafeBytes(of: narrow.littleEndian) { bytes.append(contentsOf: $0) }
      }
      return bytes
    }
  }

  /// A stack of equally shaped tensors as one tensor; nil when they differ.
  static func stacked(_ list: [Tensor]) -> Tensor? {
    guard let first = list.first else { return nil }
    guard list.allSatisfy({ $0.dtype == first.dtype && $0.shape == first.shape && $0.pool === first.pool }) else { return nil }
    let shape = Shape([list.count] + first.shape.dims)
    guard let all = Tensor(zeros: first.dtype, shape: shape, pool: first.pool) else { return nil }
    for (index, tensor) in list.enumerated() {
      withExtendedLifetime(tensor.storage) {
        let bytes = tensor.bytes
        guard let base = bytes.baseAddress else { return }
        all.storage.base.advanced(by: index * bytes.count).copyMemory(from: base, byteCount: bytes.count)
      }
    }
    return all
  }

  /// Escaped for the text of an element.
  static func escapedText(_ text: String) -> String { escaped(text, isAttribute: false) }

  /// Escaped for an attribute value in double quotes.
  static func escapedAttribute(_ text: String) -> String { escaped(text, isAttribute: true) }

  /// What XML cannot carry at all becomes U+FFFD.
  private static func escaped(_ text: String, isAttribute: Bool) -> String {
    if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 && !"&<>\"".utf8.contains($0) }) { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"" where isAttribute: out += "&quot;"
      case "\n", "\r", "\t": out += "&#\(scalar.value);"
      case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
