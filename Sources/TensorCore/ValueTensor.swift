extension ValueText {
  /// The values as a tensor of `dtype`. Without a shape the text gives it; one value fills a shape.
  public func tensor(
    dtype: DType, shape: Shape?, pool: StringPool, limit: Int = Memory.physicalByteCount
  ) throws(ValueTextError) -> Tensor {
    let isWhole = dtype == .string && isPlain
    if !isWhole, let structureError { throw structureError }
    let strings = isWhole ? plainStringRanges : []
    let given = isWhole ? strings.count : count
    let target = shape ?? naturalShape(for: dtype)
    if given == 0, shape == nil, !hasBraces {
      throw ValueTextError(.count, "the text is empty, 0 values make no \(dtype) tensor without a shape", range: trimmed, fix: "write a value")
    }
    let wanted = target.count
    if given != 1, given != wanted {
      guard let wanted else { throw tooLarge(target, dtype, limit) }
      throw countError(given: given, wanted: wanted, shape: target)
    }
    guard let wanted, Memory.byteCount(of: target, dtype: dtype, limit: limit) != nil else { throw tooLarge(target, dtype, limit) }
    if let shape, style == .page, naturalShape.rank > 1, given > 1, naturalShape != shape {
      throw ValueTextError(
        .shape, "the braces give shape \(naturalShape), the shape says \(shape)", range: trimmed, fix: "leave out the shape, or the inner braces")
    }
    guard let tensor = Tensor(zeros: dtype, shape: target, pool: pool) else { throw tooLarge(target, dtype, limit) }
    try fill(tensor, strings: strings, pool: pool)
    if given == 1, wanted > 1 { repeatFirst(tensor) }
    return tensor
  }

  /// The values of a string pin of an enuSpace page, as ``strings(_:)`` reads them, as a tensor. One value fills the shape.
  public static func stringTensor(
    _ bytes: ArraySlice<UInt8>, shape: Shape, pool: StringPool, limit: Int = Memory.physicalByteCount
  ) throws(ValueTextError) -> Tensor {
    let values = strings(bytes)
    guard let wanted = shape.count, Memory.byteCount(of: shape, dtype: .string, limit: limit) != nil,
      let tensor = Tensor(zeros: .string, shape: shape, pool: pool)
    else {
      throw ValueTextError(.tooLarge, Memory.explanation(tooLarge: shape, dtype: .string, limit: limit), range: 0..<bytes.count)
    }
    guard values.count == 1 || values.count == wanted else {
      throw ValueTextError(
        .count, "\(values.count) values for shape \(shape), which takes \(wanted)", range: 0..<bytes.count,
        fix: "write \(wanted) values separated by `;`, or one that fills the shape")
    }
    let handles = tensor.storage.base.assumingMemoryBound(to: Int64.self)
    for (index, value) in values.enumerated() where index < wanted { handles[index] = pool.handle(of: value) }
    if values.count == 1, wanted > 1 { repeatFirst(tensor) }
    return tensor
  }

  private func tooLarge(_ shape: Shape, _ dtype: DType, _ limit: Int) -> ValueTextError {
    ValueTextError(.tooLarge, Memory.explanation(tooLarge: shape, dtype: dtype, limit: limit), range: trimmed, fix: "write a smaller shape")
  }

  private func countError(given: Int, wanted: Int, shape: Shape) -> ValueTextError {
    let values = wanted == 1 ? "one value" : wanted == 0 ? "no value" : "\(wanted) values, or one that fills the shape"
    return ValueTextError(
      .count, "\(given) value\(given == 1 ? "" : "s") for shape \(shape), which takes \(wanted)", range: trimmed, fix: "write \(values)")
  }
}

// MARK: - Elements

/// Copies the first element into all others.
private func repeatFirst(_ tensor: Tensor) {
  let base = tensor.storage.base
  let size = tensor.dtype.byteCount
  let total = tensor.count * size
  // Zeros are there already.
  if UnsafeRawBufferPointer(start: base, count: size).allSatisfy({ $0 == 0 }) { return }
  // The filled part doubles up to what the cache holds, then is copied on.
  var filled = size
  while filled < total {
    let step = min(filled, 1 << 16, total - filled)
    (base + filled).copyMemory(from: base, byteCount: step)
    filled += step
  }
}

extension ValueText {
  /// Writes the values into the first elements of `tensor`, which has room for them (or for none).
  private func fill(_ tensor: Tensor, strings: [Range<Int>], pool: StringPool) throws(ValueTextError) {
    switch tensor.dtype.stored {
    case .float:
      try fill(tensor, Float.self) { (token, text, decimal) throws(ValueTextError) in
        let value = decimal.float(text)
        if value.isInfinite { throw overflow(token, .float, limit: "\(Float.greatestFiniteMagnitude)", mend: "write inf, or use dtype double") }
        return value
      } special: {
        Float($0)
      }
    case .double:
      try fill(tensor, Double.self) { (token, text, decimal) throws(ValueTextError) in
        let value = decimal.double(text)
        if value.isInfinite { throw overflow(token, .double, limit: "\(Double.greatestFiniteMagnitude)", mend: "write inf") }
        return value
      } special: {
        $0
      }
    case .half:
      try fill(tensor, Float16.self) { (token, text, decimal) throws(ValueTextError) in
        let value = Float16(decimal.double(text))
        if value.isInfinite { throw overflow(token, .half, limit: "65504", mend: "write inf, or use dtype float") }
        return value
      } special: {
        Float16($0)
      }
    case .bfloat16:
      try fill(tensor, BFloat16.self) { (token, text, decimal) throws(ValueTextError) in
        let value = BFloat16(decimal.double(text))
        if value.float.isInfinite { throw overflow(token, .bfloat16, limit: "3.39e38", mend: "write inf, or use dtype double") }
        return value
      } special: {
        BFloat16($0)
      }
    case .complex64: try fillComplex(tensor, Complex64.self)
    case .complex128: try fillComplex(tensor, Complex128.self)
    case .int8: try fillIntegers(tensor, Int8.self)
    case .int16: try fillIntegers(tensor, Int16.self)
    case .int32: try fillIntegers(tensor, Int32.self)
    case .int64: try fillIntegers(tensor, Int64.self)
    case .uint8: try fillIntegers(tensor, UInt8.self)
    case .uint16: try fillIntegers(tensor, UInt16.self)
    case .uint32: try fillIntegers(tensor, UInt32.self)
    case .uint64: try fillIntegers(tensor, UInt64.self)
    case .bool: try fillBools(tensor)
    case .string: try fillStrings(tensor, plain: strings, pool: pool)
    case .qint8, .quint8, .qint16, .quint16, .qint32: break
    }
  }

  /// Calls `body` with each token and its bytes.
  @inline(__always)
  private func forEachToken(
    _ body: (Token, UnsafeBufferPointer<UInt8>) throws(ValueTextError) -> Void
  ) throws(ValueTextError) {
    try bytes.withUnsafeBufferPointer { (text) throws(ValueTextError) in
      for token in tokens { try body(token, UnsafeBufferPointer(rebasing: text[token.range])) }
    }
  }

  @inline(__always)
  private func fill<Element>(
    _ tensor: Tensor, _ type: Element.Type,
    decimal: (Token, UnsafeBufferPointer<UInt8>, DecimalText) throws(ValueTextError) -> Element, special: (Double) -> Element
  ) throws(ValueTextError) {
    let elements = tensor.storage.base.assumingMemoryBound(to: Element.self)
    let room = tensor.count
    var index = 0
    try forEachToken { (token, text) throws(ValueTextError) in
      let element: Element
      if let number = DecimalText(text) {
        element = try decimal(token, text, number)
      } else {
        switch NumberToken.read(text) {
        case .infinity(let isNegative): element = special(isNegative ? -.infinity : .infinity)
        case .nan(let isNegative): element = special(isNegative ? -.nan : .nan)
        case .bool(let value): element = special(value ? 1 : 0)
        default: throw noNumber(token, text, tensor.dtype)
        }
      }
      if index < room { elements[index] = element }
      index += 1
    }
  }

  private func fillComplex<Element: ComplexElement>(_ tensor: Tensor, _: Element.Type) throws(ValueTextError) {
    let elements = tensor.storage.base.assumingMemoryBound(to: Element.self)
    let room = tensor.count
    var index = 0
    try forEachToken { (token, text) throws(ValueTextError) in
      let element: Element
      if let parts = ComplexText(text), let real = ComplexText.part(parts.real, Element.Part.self),
        let imaginary = ComplexText.part(parts.imaginary, Element.Part.self)
      {
        element = Element(real, imaginary)
      } else if let real = ComplexText.part(text, Element.Part.self) {
        element = Element(real, 0)
      } else {
        throw noNumber(token, text, tensor.dtype)
      }
      if index < room { elements[index] = element }
      index += 1
    }
  }

  private func fillIntegers<Element: FixedWidthInteger & TensorElement>(
    _ tensor: Tensor, _ type: Element.Type
  ) throws(ValueTextError) {
    let elements = tensor.storage.base.assumingMemoryBound(to: Element.self)
    let room = tensor.count
    var index = 0
    try forEachToken { (token, text) throws(ValueTextError) in
      let element: Element
      switch NumberToken.read(text) {
      case .decimal(let decimal):
        // Twenty digits fit an unsigned number of 64 bits.
        guard let value = decimal.integer.flatMap({ Element(exactly: $0) }) ?? Element(String(decoding: text, as: UTF8.self)) else {
          throw notInteger(token, text, decimal, Element.self)
        }
        element = value
      case .bool(let value): element = value ? 1 : 0
      case .infinity, .nan:
        throw ValueTextError(
          .range, "\(quoted(text, 0..<text.count)) is no \(Element.dtype)", range: token.range, fix: "write a whole number, or use dtype float")
      case .complex, .word: throw noNumber(token, text, Element.dtype)
      }
      if index < room { elements[index] = element }
      index += 1
    }
  }

  private func fillBools(_ tensor: Tensor) throws(ValueTextError) {
    let elements = tensor.storage.base.assumingMemoryBound(to: UInt8.self)
    let room = tensor.count
    var index = 0
    try forEachToken { (token, text) throws(ValueTextError) in
      let element: UInt8
      switch NumberToken.read(text) {
      case .bool(let value): element = value ? 1 : 0
      case .decimal(let decimal):
        guard let value = decimal.integer, value == 0 || value == 1 else {
          throw ValueTextError(.range, "\(quoted(text, 0..<text.count)) is no bool", range: token.range, fix: "write true or false")
        }
        element = UInt8(value)
      case .infinity, .nan:
        throw ValueTextError(.range, "\(quoted(text, 0..<text.count)) is no bool", range: token.range, fix: "write true or false")
      case .complex, .word: throw noNumber(token, text, .bool)
      }
      if index < room { elements[index] = element }
      index += 1
    }
  }

  private func fillStrings(_ tensor: Tensor, plain: [Range<Int>], pool: StringPool) throws(ValueTextError) {
    let handles = tensor.storage.base.assumingMemoryBound(to: Int64.self)
    let base = bytes.startIndex
    if isPlain {
      for (index, range) in plain.enumerated() where index < tensor.count {
        handles[index] = pool.handle(of: Array(bytes[base + range.lowerBound..<base + range.upperBound]))
      }
      return
    }
    let room = tensor.count
    var index = 0
    try forEachToken { (token, text) throws(ValueTextError) in
      let value: [UInt8]
      if text.first == UInt8(ascii: "\"") {
        value = try unescaped(token, text)
      } else if hasBraces {
        value = Array(text)
      } else {
        throw ValueTextError(
          .syntax, "\(quoted(text, 0..<text.count)) has no quotes, other strings of this text have", range: token.range,
          fix: "put it into quotes; write \\\" for a quote within a string")
      }
      if index < room { handles[index] = pool.handle(of: value) }
      index += 1
    }
  }

  /// The bytes of a quoted string.
  private func unescaped(_ token: Token, _ text: UnsafeBufferPointer<UInt8>) throws(ValueTextError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 1
    let end = text.count - 1
    while index < end {
      guard text[index] == UInt8(ascii: "\\"), index + 1 < end else {
        result.append(text[index])
        index += 1
        continue
      }
      let start = index
      index += 2
      switch text[start + 1] {
      case UInt8(ascii: "\""): result.append(UInt8(ascii: "\""))
      case UInt8(ascii: "\\"): result.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "n"): result.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "t"): result.append(UInt8(ascii: "\t"))
      case UInt8(ascii: "x") where index + 1 < end && hexValue(text[index]) != nil && hexValue(text[index + 1]) != nil:
        result.append((hexValue(text[index]) ?? 0) << 4 | (hexValue(text[index + 1]) ?? 0))
        index += 2
      default:
        // In the original's pages a backslash is mostly part of a Windows path.
        if style == .enuspace {
          result.append(UInt8(ascii: "\\"))
          index = start + 1
          continue
        }
        let place = Int(token.lower) + start
        throw ValueTextError(
          .syntax, "\(quoted(text, start..<start + 2)) is no escape", range: place..<place + 2,
          fix: "write \\\\ for a backslash; the escapes are \\\" \\\\ \\n \\t \\xHH")
      }
    }
    return result
  }
}

func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

// MARK: - Errors of one value

extension ValueText {
  private func overflow(_ token: Token, _ dtype: DType, limit: String, mend: String) -> ValueTextError {
    let text = bytes.withUnsafeBufferPointer { quoted($0, token.range) }
    return ValueTextError(.range, "\(text) is outside of \(dtype), which ends at \(limit)", range: token.range, fix: mend)
  }

  private func notInteger<Element: FixedWidthInteger & TensorElement>(
    _ token: Token, _ text: UnsafeBufferPointer<UInt8>, _ decimal: DecimalText, _ type: Element.Type
  ) -> ValueTextError {
    let name = quoted(text, 0..<text.count)
    let value = decimal.double(text)
    if decimal.hasFraction, value > Double(Element.min) - 1, value < Double(Element.max) + 1 {
      let below = value.rounded(.down)
      let lower = Int64(exactly: max(below, Double(Element.min))).map(String.init)
      let upper = Int64(exactly: min(below + 1, Double(Element.max))).map(String.init)
      let numbers = [lower, upper].compactMap(\.self)
      let example = numbers.isEmpty ? "" : " such as " + (numbers.first == numbers.last ? numbers[0] : numbers.joined(separator: " or "))
      return ValueTextError(
        .range, "\(name) is no \(Element.dtype)", range: token.range, fix: "write a whole number\(example), or use dtype float")
    }
    let wider = Element.dtype == .int64 ? "a dtype that holds it, such as double" : "a dtype that holds it, such as int64"
    return ValueTextError(
      .range, "\(name) is outside of \(Element.dtype), which goes from \(Element.min) to \(Element.max)", range: token.range, fix: "use \(wider)")
  }

  /// What to say of a token that is no number at all.
  private func noNumber(_ token: Token, _ text: UnsafeBufferPointer<UInt8>, _ dtype: DType) -> ValueTextError {
    let name = quoted(text, 0..<text.count)
    if text.first == UInt8(ascii: "\"") {
      return ValueTextError(.dtype, "\(name) is a string, \(dtype) is wanted", range: token.range, fix: "take the quotes out, or use dtype string")
    }
    if case .complex = NumberToken.read(text) {
      return ValueTextError(.dtype, "\(name) is complex, \(dtype) is wanted", range: token.range, fix: "use dtype complex64 or complex128")
    }
    let isHex = text.count > 2 && text.contains(UInt8(ascii: "x")) && text.contains { $0 &- 48 < 10 }
    let mend =
      dtype == .bool
      ? "write true or false"
      : isHex ? "write the number in decimal" : "write a number such as \(dtype.isComplex ? "1.5-2j" : "1.5"); a text is put into quotes"
    let wanted = dtype == .bool ? "neither true nor false" : "no number"
    return ValueTextError(.syntax, "\(name) is \(wanted)", range: token.range, fix: mend)
  }
}
