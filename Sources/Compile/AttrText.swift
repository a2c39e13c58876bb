import Blocks
import TensorCore

/// Why a text is no value of an attr: reads on from the attr's name.
struct AttrTextError: Error {
  var message: String
  var fix: String?
}

extension Attr {
  /// Reads the text of an attr.
  func value(of text: String) throws(AttrTextError) -> AttrValue {
    let text = text.trimmed
    switch kind {
    case .int(let range):
      guard let value = Int64(text.hasPrefix("+") ? String(text.dropFirst()) : text) else {
        throw AttrTextError(message: "must be a whole number but is `\(text)`", fix: hint)
      }
      guard range.contains(value) else { throw AttrTextError(message: "must be \(Attr.describe(range)) but is \(value)", fix: hint) }
      return .int(value)
    case .float:
      guard let parsed = try? ValueText(ArraySlice(text.utf8), style: .page), parsed.count == 1,
        let value = try? parsed.tensor(dtype: .float, shape: .scalar, pool: StringPool()).elements(as: Float.self)?.first
      else { throw AttrTextError(message: "must be a number but is `\(text)`", fix: hint) }
      return .float(value)
    case .bool:
      switch text {
      case "true", "TRUE", "True", "1": return .bool(true)
      case "false", "FALSE", "False", "0": return .bool(false)
      default: throw AttrTextError(message: "must be true or false but is `\(text)`", fix: hint)
      }
    case .string: return .string(text)
    case .choice(let words):
      guard words.contains(text) else {
        throw AttrTextError(message: "must be one of \(words.joined(separator: ", ")) but is `\(text)`", fix: hint)
      }
      return .string(text)
    case .type(let set):
      guard let dtype = DType(name: text) else {
        throw AttrTextError(message: "must be a dtype but is `\(text)`", fix: "it may be \(set)")
      }
      guard set.contains(dtype) else { throw AttrTextError(message: "cannot be \(dtype)", fix: "it may be \(set)") }
      return .type(dtype)
    case .types(let set):
      let separators = Set(" \t\r\n,;{}".unicodeScalars)
      return .types(
        try text.unicodeScalars.split(whereSeparator: separators.contains).map { (name) throws(AttrTextError) in
          guard let dtype = DType(name: String(name)), set.contains(dtype) else {
            throw AttrTextError(message: "has a member `\(String(name))`, which is no dtype that it may have", fix: "write them like float, int32")
          }
          return dtype
        })
    case .ints:
      let separators = Set(" \t\r\n,;{}[]".unicodeScalars)
      return .ints(
        try text.unicodeScalars.split(whereSeparator: separators.contains).map { (word) throws(AttrTextError) in
          guard let number = Int64(String(word)) else {
            throw AttrTextError(message: "has a member `\(String(word))`, which is no whole number", fix: "write them like 0, 1")
          }
          return number
        })
    case .shape:
      do throws(ValueTextError) {
        return .shape(try parseShapeText(ArraySlice(text.utf8), allowUnknown: true))
      } catch {
        throw AttrTextError(message: "is no shape: \(error.message)", fix: error.fix ?? "write it like [2, 3] or [?, 3]")
      }
    }
  }

  private var hint: String? { defaultValue.map { "without it, it is \($0)" } }

  /// A range of numbers in words.
  static func describe(_ range: ClosedRange<Int64>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): "a whole number"
    case (let low, .max): "\(low) or more"
    case (.min, let high): "at most \(high)"
    case (let low, let high): "\(low) to \(high)"
    }
  }
}

extension String {
  /// Without blanks at either end.
  var trimmed: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(scalars[first...last])
  }
}
