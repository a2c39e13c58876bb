import Diagnostics

/// How the bytes of a page spell its text; write-back spells it the same way.
public struct TextEncoding: Hashable, Sendable {
  /// The encodings that pages may have.
  public enum Form: Sendable { case utf8, utf16LittleEndian, utf16BigEndian }

  /// Width and byte order.
  public var form: Form
  public var hasByteOrderMark: Bool

  public init(form: Form, hasByteOrderMark: Bool) {
    self.form = form
    self.hasByteOrderMark = hasByteOrderMark
  }

  /// UTF-8 without a byte order mark: what people write.
  public static let utf8 = TextEncoding(form: .utf8, hasByteOrderMark: false)

  /// `UTF-8` or `UTF-16`, as an XML declaration says it.
  var name: String { form == .utf8 ? "UTF-8" : "UTF-16" }
}

/// Bytes of a file as UTF-8 text, or what keeps them from being text.
public struct DecodedText: Sendable {
  /// The text as UTF-8, without a byte order mark.
  public var source: SourceFile
  public var encoding: TextEncoding
  /// Not empty when the bytes are refused; `source` then holds a repaired text to show the place in.
  public var diagnostics: [Diagnostic]

  /// Reads UTF-8 and UTF-16, each with or without a byte order mark.
  public init(_ bytes: [UInt8], name: String) {
    encoding = TextEncoding.detect(bytes)
    let markLength = !encoding.hasByteOrderMark ? 0 : encoding.form == .utf8 ? 3 : 2
    if bytes.count == markLength {
      source = SourceFile(name: name, bytes: [])
      let fix = "write at least <page></page>"
      diagnostics = [Diagnostic(.emptyFile, "the file is empty", at: source.location(of: .start), fix: fix)]
      return
    }
    if bytes.count > Limits.fileBytes {
      source = SourceFile(name: name, bytes: [])
      diagnostics = [Limits.fileTooLarge(at: source.location(of: .start))]
      return
    }
    var faults: [Fault] = []
    let text: [UInt8]
    if encoding.form == .utf8 {
      text = markLength == 0 ? bytes : Array(bytes[markLength...])
      if let end = firstInvalidUTF8(text) { faults = utf8Faults(text, from: end, markLength: markLength) }
    } else {
      (text, faults) = utf16ToUTF8(bytes, from: markLength, bigEndian: encoding.form == .utf16BigEndian)
    }
    source = SourceFile(name: name, bytes: text)
    diagnostics = []
    if let wrong = DecodedText.judgeDeclaration(source, form: encoding.form) {
      diagnostics = [wrong]
    } else if let first = faults.first {
      diagnostics = [first.diagnostic(in: source, further: faults.count - 1)]
    }
  }
}

extension TextEncoding {
  /// The encoding by its byte order mark, else by how `<` is spelt.
  static func detect(_ bytes: [UInt8]) -> TextEncoding {
    func starts(_ prefix: UInt8...) -> Bool { bytes.starts(with: prefix) }
    if starts(0xEF, 0xBB, 0xBF) { return TextEncoding(form: .utf8, hasByteOrderMark: true) }
    if starts(0xFF, 0xFE) { return TextEncoding(form: .utf16LittleEndian, hasByteOrderMark: true) }
    if starts(0xFE, 0xFF) { return TextEncoding(form: .utf16BigEndian, hasByteOrderMark: true) }
    if starts(UInt8(ascii: "<"), 0) { return TextEncoding(form: .utf16LittleEndian, hasByteOrderMark: false) }
    if starts(0, UInt8(ascii: "<")) { return TextEncoding(form: .utf16BigEndian, hasByteOrderMark: false) }
    return .utf8
  }

  /// `text` (UTF-8) in this encoding.
  public func encode(_ text: [UInt8]) -> [UInt8] {
    switch form {
    case .utf8: return hasByteOrderMark ? [0xEF, 0xBB, 0xBF] + text : text
    case .utf16LittleEndian, .utf16BigEndian:
      let big = form == .utf16BigEndian
      var out: [UInt8] = []
      out.reserveCapacity(text.count * 2 + 2)
      func put(_ unit: UInt16) {
        let high = UInt8(unit >> 8)
        let low = UInt8(truncatingIfNeeded: unit)
        out.append(big ? high : low)
        out.append(big ? low : high)
      }
      if hasByteOrderMark { put(0xFEFF) }
      for unit in String(decoding: text, as: UTF8.self).utf16 { put(unit) }
      return out
    }
  }
}

/// What is wrong at one place of the bytes.
private struct Fault {
  var what: String
  /// Offset in the file, and in the decoded text.
  var fileOffset: Int
  var textOffset: Int
  var fix: String

  func diagnostic(in source: SourceFile, further: Int) -> Diagnostic {
    let range = SourceRange(textOffset, min(textOffset + 1, source.bytes.count))
    let place = source.position(of: textOffset)
    let message = "\(what) at byte \(fileOffset) (line \(place.line), column \(place.column))"
    let notes = further > 0 ? ["\(further)\(further >= maximalFaults - 1 ? " or more" : "") more such places follow"] : []
    return Diagnostic(.encoding, message, at: source.location(of: range), notes: notes, fix: fix)
  }
}

private let maximalFaults = 100

// MARK: UTF-8

/// Offset of the first byte that is no UTF-8 or is NUL; nil when all is well.
func firstInvalidUTF8(_ text: [UInt8], from start: Int = 0) -> Int? {
  text.withUnsafeBytes { buffer in
    let count = buffer.count
    var position = start
    while position < count {
      // Eight ASCII bytes without a NUL at a time.
      while position + 8 <= count {
        let word = buffer.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        if (word | (word &- 0x0101_0101_0101_0101)) & 0x8080_8080_8080_8080 != 0 { break }
        position += 8
      }
      if position >= count { break }
      let length = utf8SequenceLength(buffer, position)
      if length == 0 { return position }
      position += length
    }
    return nil
  }
}

/// Length of the well-formed sequence at `position`, 0 for a malformed one and for NUL.
private func utf8SequenceLength(_ bytes: UnsafeRawBufferPointer, _ position: Int) -> Int {
  let first = bytes[position]
  if first < 0x80 { return first == 0 ? 0 : 1 }
  func follows(_ offset: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xBF) -> Bool {
    position + offset < bytes.count && bytes[position + offset] >= low && bytes[position + offset] <= high
  }
  switch first {
  case 0xC2...0xDF: return follows(1) ? 2 : 0
  case 0xE0: return follows(1, 0xA0) && follows(2) ? 3 : 0
  case 0xED: return follows(1, 0x80, 0x9F) && follows(2) ? 3 : 0
  case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
  case 0xF0: return follows(1, 0x90) && follows(2) && follows(3) ? 4 : 0
  case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
  case 0xF4: return follows(1, 0x80, 0x8F) && follows(2) && follows(3) ? 4 : 0
  default: return 0
  }
}

private func utf8Faults(_ text: [UInt8], from first: Int, markLength: Int) -> [Fault] {
  var faults: [Fault] = []
  var next: Int? = first
  while let offset = next, faults.count < maximalFaults {
    let isNUL = text[offset] == 0
    let isSurrogate = text[offset] == 0xED && offset + 1 < text.count && text[offset + 1] >= 0xA0
    let what = isNUL ? "a NUL byte" : isSurrogate ? "a lone surrogate" : "malformed UTF-8 (byte \(hex(text[offset])))"
    let fix = isNUL ? "remove the NUL byte" : "save the file as UTF-8"
    faults.append(Fault(what: what, fileOffset: offset + markLength, textOffset: offset, fix: fix))
    next = firstInvalidUTF8(text, from: offset + 1)
  }
  return faults
}

private func hex(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16, uppercase: true) }

// MARK: UTF-16

/// Decodes UTF-16; each fault becomes U+FFFD so that the place can be shown.
private func utf16ToUTF8(_ bytes: [UInt8], from start: Int, bigEndian: Bool) -> ([UInt8], [Fault]) {
  var faults: [Fault] = []
  let units = (bytes.count - start) / 2
  // No unit takes more than three bytes of UTF-8; one more place for the odd byte.
  let text = [UInt8](unsafeUninitializedCapacity: units * 3 + 3) { out, written in
    bytes.withUnsafeBytes { buffer in
      func unit(_ index: Int) -> UInt16 {
        let raw = buffer.loadUnaligned(fromByteOffset: start + index * 2, as: UInt16.self)
        return bigEndian ? UInt16(bigEndian: raw) : UInt16(littleEndian: raw)
      }
      func put(_ byte: UInt8) {
        out[written] = byte
        written += 1
      }
      func fault(_ what: String, at index: Int, _ fix: String) {
        if faults.count < maximalFaults {
          faults.append(Fault(what: what, fileOffset: start + index * 2, textOffset: written, fix: fix))
        }
        [0xEF, 0xBF, 0xBD].forEach(put)
      }
      var index = 0
      while index < units {
        // Four ASCII units at a time: none beyond 0x7F, none 0; then their low bytes are packed.
        while index + 4 <= units {
          var word = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: start + index * 2, as: UInt64.self))
          if bigEndian { word = (word & 0x00FF_00FF_00FF_00FF) &<< 8 | (word &>> 8) & 0x00FF_00FF_00FF_00FF }
          let isASCII = word & 0xFF80_FF80_FF80_FF80 == 0
          if !isASCII || (word &+ 0x007F_007F_007F_007F) & 0x0080_0080_0080_0080 != 0x0080_0080_0080_0080 { break }
          let pairs = (word | word &>> 8) & 0x0000_FFFF_0000_FFFF
          UnsafeMutableRawBufferPointer(out).storeBytes(
            of: UInt32(truncatingIfNeeded: pairs | pairs &>> 16).littleEndian, toByteOffset: written, as: UInt32.self)
          written += 4
          index += 4
        }
        if index >= units { break }
        let value = unit(index)
        switch value {
        case 0: fault("a NUL character", at: index, "remove the NUL character")
        case ..<0x80: put(UInt8(value))
        case ..<0x800:
          put(UInt8(0xC0 | value >> 6))
          put(UInt8(0x80 | value & 0x3F))
        case 0xD800..<0xDC00 where index + 1 < units && 0xDC00..<0xE000 ~= unit(index + 1):
          let scalar = 0x10000 + (UInt32(value & 0x3FF) << 10 | UInt32(unit(index + 1) & 0x3FF))
          put(UInt8(0xF0 | scalar >> 18))
          put(UInt8(0x80 | scalar >> 12 & 0x3F))
          put(UInt8(0x80 | scalar >> 6 & 0x3F))
          put(UInt8(0x80 | scalar & 0x3F))
          index += 1
        case 0xD800..<0xE000: fault("a lone surrogate (\(hex(value)))", at: index, "write the character again")
        default:
          put(UInt8(0xE0 | value >> 12))
          put(UInt8(0x80 | value >> 6 & 0x3F))
          put(UInt8(0x80 | value & 0x3F))
        }
        index += 1
      }
      if (bytes.count - start) % 2 != 0 {
        let what = "half a character: the file is UTF-16 and has an odd number of bytes (\(bytes.count)),"
        fault(what, at: units, "save the file again as UTF-16, or as UTF-8")
      }
    }
  }
  return (text, faults)
}

// MARK: The XML declaration

extension DecodedText {
  /// The encoding that the XML declaration names, with its place.
  static func declaredEncoding(_ bytes: [UInt8]) -> (name: String, range: SourceRange)? {
    let head = bytes.prefix(400)
    guard head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) else { return nil }
    let declaration = Array(head[..<end])
    let word = Array("encoding".utf8)
    guard declaration.count > word.count else { return nil }
    for start in 0..<(declaration.count - word.count) where declaration[start..<start + word.count].elementsEqual(word) {
      let rest = declaration[(start + word.count)...]
      guard let open = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }),
        let close = declaration[(open + 1)...].firstIndex(of: declaration[open])
      else { return nil }
      return (String(decoding: declaration[(open + 1)..<close], as: UTF8.self), SourceRange(open + 1, close))
    }
    return nil
  }

  private static func judgeDeclaration(_ source: SourceFile, form: TextEncoding.Form) -> Diagnostic? {
    guard let declared = declaredEncoding(source.bytes) else { return nil }
    switch declared.name.uppercased() {
    case "UTF-8", "UTF8", "US-ASCII", "ASCII": return nil
    case "UTF-16", "UTF16", "UTF-16LE", "UTF-16BE":
      if form != .utf8 { return nil }
      return Diagnostic(
        .encoding, "the declaration says encoding=\"\(declared.name)\", but the bytes are UTF-8", at: source.location(of: declared.range),
        notes: ["an editor has probably saved the page in another encoding"],
        fix: "change the declaration to encoding=\"UTF-8\", or save the file as UTF-16")
    default:
      return Diagnostic(
        .encoding, "the encoding \"\(declared.name)\" is not read", at: source.location(of: declared.range),
        notes: ["pages are UTF-8 or UTF-16"],
        fix: "save the file as UTF-8 and declare encoding=\"UTF-8\"")
    }
  }
}
