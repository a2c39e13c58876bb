/// One token of a value text that ends with `j`, taken apart: `3`, `-2j`, `1.5+2e-3j`, `nan-infj`.
struct ComplexText {
  /// Empty when there is none.
  var real: UnsafeBufferPointer<UInt8>
  var imaginary: UnsafeBufferPointer<UInt8>

  /// Nil when `text` is no complex number.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard let last = text.last, last | 0x20 == UInt8(ascii: "j") else { return nil }
    let end = text.count - 1
    // The last sign that does not begin an exponent or the whole text.
    var split = 0
    for index in stride(from: end - 1, to: 0, by: -1) where text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-") {
      if text[index - 1] | 0x20 == UInt8(ascii: "e") { continue }
      split = index
      break
    }
    real = UnsafeBufferPointer(rebasing: text[..<split])
    imaginary = UnsafeBufferPointer(rebasing: text[split..<end])
    if !real.isEmpty, ComplexText.part(real, Double.self) == nil { return nil }
    if imaginary.isEmpty || ComplexText.part(imaginary, Double.self) == nil { return nil }
  }

  /// The number of a part, infinite when it is too large; nil when it is none.
  static func part<Part: BinaryFloatingPoint>(_ text: UnsafeBufferPointer<UInt8>, _: Part.Type) -> Part? {
    if text.isEmpty { return 0 }
    switch NumberToken.read(text) {
    case .decimal(let decimal): return Part.self == Float.self ? Part(decimal.float(text)) : Part(decimal.double(text))
    case .infinity(let isNegative): return isNegative ? -.infinity : .infinity
    case .nan(let isNegative): return isNegative ? -.nan : .nan
    default: return nil
    }
  }
}
