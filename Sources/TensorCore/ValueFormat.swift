import Diagnostics

/// Elements of tensors as text.
public enum ValueFormat {
  /// The shortest text that ``ValueText`` reads back to the same bits: `19`, `0.1`, `-0.0`, `1-2j`, `nan`, `inf`, `true`, `"a\n"`. Every
  /// NaN is written `nan`. Empty when there is no such element.
  public static func shortest(_ tensor: Tensor, at index: Int) -> String {
    var bytes: [UInt8] = []
    append(tensor, at: index, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends what ``shortest(_:at:)`` gives.
  public static func append(_ tensor: Tensor, at index: Int, to bytes: inout [UInt8]) {
    guard index >= 0, index < tensor.count else { return }
    switch tensor.dtype {
    case .half: append(tensor.load(index, as: Float16.self), to: &bytes)
    case .bfloat16: append(tensor.load(index, as: BFloat16.self).shortest, to: &bytes)
    case .float: append(tensor.load(index, as: Float.self), to: &bytes)
    case .double: append(tensor.load(index, as: Double.self), to: &bytes)
    case .complex64: append(tensor.load(index, as: Complex64.self), to: &bytes)
    case .complex128: append(tensor.load(index, as: Complex128.self), to: &bytes)
    case .string: appendQuoted(tensor.loadString(index), to: &bytes)
    default: appendWhole(tensor, at: index, to: &bytes)
    }
  }

  /// Appends an element as JSON: numbers as the shortest text that reads back to the same bits, -0 as `-0.0`, `"NaN"`,
  /// `"Infinity"`, `"-Infinity"`, true and false, complex numbers as pairs, strings; bytes that are no UTF-8 as `{"base64":"…"}`. Null when there is no
  /// such element.
  public static func appendJSON(_ tensor: Tensor, at index: Int, into bytes: inout [UInt8]) {
    guard index >= 0, index < tensor.count else {
      bytes.append(contentsOf: "null".utf8)
      return
    }
    switch tensor.dtype {
    case .half: JSONWriter.appendNumber(tensor.load(index, as: Float16.self), to: &bytes)
    case .bfloat16: JSONWriter.appendNumber(tensor.load(index, as: BFloat16.self).shortest, to: &bytes)
    case .complex64: appendJSON(tensor.load(index, as: Complex64.self), to: &bytes)
    case .complex128: appendJSON(tensor.load(index, as: Complex128.self), to: &bytes)
    case .float: JSONWriter.appendNumber(tensor.load(index, as: Float.self), to: &bytes)
    case .double: JSONWriter.appendNumber(tensor.load(index, as: Double.self), to: &bytes)
    case .string: appendJSON(string: tensor.loadString(index), to: &bytes)
    default: appendWhole(tensor, at: index, to: &bytes)
    }
  }

  /// Integers and bools, which are the same in every text.
  private static func appendWhole(_ tensor: Tensor, at index: Int, to bytes: inout [UInt8]) {
    func append<Element: FixedWidthInteger & BitwiseCopyable>(_: Element.Type) { appendDigits(tensor.load(index, as: Element.self), to: &bytes) }
    switch tensor.dtype.stored {
    case .int8: append(Int8.self)
    case .int16: append(Int16.self)
    case .int32: append(Int32.self)
    case .int64: append(Int64.self)
    case .uint8: append(UInt8.self)
    case .uint16: append(UInt16.self)
    case .uint32: append(UInt32.self)
    case .uint64: append(UInt64.self)
    case .bool: bytes.append(contentsOf: tensor.load(index, as: UInt8.self) != 0 ? "true".utf8 : "false".utf8)
    default: break
    }
  }

  /// `1-2j`.
  private static func append(_ value: some ComplexElement, to bytes: inout [UInt8]) {
    append(value.real, to: &bytes)
    if value.imaginary.sign == .plus || value.imaginary.isNaN { bytes.append(UInt8(ascii: "+")) }
    append(value.imaginary, to: &bytes)
    bytes.append(UInt8(ascii: "j"))
  }

  private static func appendJSON(_ value: some ComplexElement, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    JSONWriter.appendNumber(value.real, to: &bytes)
    bytes.append(UInt8(ascii: ","))
    JSONWriter.appendNumber(value.imaginary, to: &bytes)
    bytes.append(UInt8(ascii: "]"))
  }

  private static func append(_ value: some BinaryFloatingPoint & LosslessStringConvertible, to bytes: inout [UInt8]) {
    if value.isNaN {
      bytes.append(contentsOf: "nan".utf8)
    } else if value.isInfinite {
      bytes.append(contentsOf: value < 0 ? "-inf".utf8 : "inf".utf8)
    } else {
      JSONWriter.appendShortest(value, to: &bytes)
    }
  }

  private static func appendDigits(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
    var magnitude = value.magnitude
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    bytes[start...].reverse()
  }

  /// Appends a string in quotes, with the escapes of ``ValueText``.
  static func appendQuoted(_ string: [UInt8], to bytes: inout [UInt8]) {
    // A byte that is no UTF-8, or that XML may not hold, is written as a number.
    let isText = isUTF8(string)
    bytes.append(UInt8(ascii: "\""))
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
      case 0x20..<0x7F: bytes.append(byte)
      case 0x80...0xFF where isText: bytes.append(byte)
      default:
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendJSON(string: [UInt8], to bytes: inout [UInt8]) {
    if isUTF8(string) {
      JSONWriter.appendString(string, to: &bytes)
    } else {
      bytes.append(contentsOf: #"{"base64":""#.utf8)
      appendBase64(string, to: &bytes)
      bytes.append(contentsOf: #""}"#.utf8)
    }
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
  }
}

extension Tensor {
  /// An element of a tensor whose dtype and count the caller has looked at.
  fileprivate func load<Element: BitwiseCopyable>(_ index: Int, as type: Element.Type) -> Element {
    storage.base.load(fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
  }

  fileprivate func loadString(_ index: Int) -> [UInt8] {
    pool?.bytes(of: load(index, as: Int64.self)) ?? []
  }
}
