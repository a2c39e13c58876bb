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
  static func values(_ tensor: Tensor) -> [String] {
    withExtendedLifetime(tensor.storage) {
      let bytes = tensor.bytes
      func all<Element: TensorElement>(_ type: Element.Type, _ text: (Element) -> String) -> [String] {
        bytes.bindMemory(to: type).map(text)
      }
      return switch tensor.dtype {
      case .float: all(Float.self, number)
      case .double: all(Double.self, number)
      case .int8: all(Int8.self) { String($0) }
      case .int16: all(Int16.self) { String($0) }
      case .int32: all(Int32.self) { String($0) }
      case .int64: all(Int64.self) { String($0) }
      case .uint8: all(UInt8.self) { String($0) }
      case .uint16: all(UInt16.self) { String($0) }
      case .bool: all(UInt8.self) { $0 == 0 ? "false" : "true" }
      case .string: (tensor.stringElements ?? []).map(quoted)
      }
    }
  }

  /// The elements as an enuSpace page has them: strings stand there without quotes.
  static func plainValues(_ tensor: Tensor) -> [String] {
    guard let strings = tensor.stringElements else { return values(tensor) }
    return strings.map { String(decoding: $0, as: UTF8.self) }
  }

  /// `[2][3]`; empty for a scalar.
  static func shape(_ shape: Shape) -> String { shape.dims.map { "[\($0)]" }.joined() }

  /// enuSpace knows double, float, int, bool and string.
  static func varType(_ dtype: DType) -> String {
    switch dtype {
    case .double: "double"
    case .float: "float"
    case .bool: "bool"
    case .string: "string"
    default: "int"
    }
  }

  /// Raw little-endian values as a `.dat` file has them; nil for strings.
  static func binary(_ tensor: Tensor) -> [UInt8]? {
    switch tensor.dtype {
    case .string: return nil
    case .float, .double, .bool, .int32: return withExtendedLifetime(tensor.storage) { Array(tensor.bytes) }
    default:
      // Every other integer is an `int` of 4 bytes there.
      return (tensor.integers ?? []).flatMap { value in
        withUnsafeBytes(of: Int32(truncatingIfNeeded: value).littleEndian) { Array($0) }
      }
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

  /// Escaped for an attribute value or an element's text. What XML cannot carry at all becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n": out += "&#10;"
      case "\r": out += "&#13;"
      case "\t": out += "&#9;"
      case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func number<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    let text = value.description
    return text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    var out = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
