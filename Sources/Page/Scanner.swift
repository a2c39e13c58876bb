import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Walks the bytes once. `position` never exceeds `bytes.count`, and every read of a byte is behind a check of that.
struct Scanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let source: SourceFile
  let maximalElements: Int
  private var position = 0
  private var open: [Int32] = []
  private var elements = 0
  private var namespaces = 0
  /// Set by a limit: the rest of the text becomes one token.
  private var isRefused = false

  init(bytes: UnsafeBufferPointer<UInt8>, source: SourceFile, maximalElements: Int) {
    self.bytes = bytes
    self.source = source
    self.maximalElements = maximalElements
  }

  mutating func run(into scan: inout Scan) {
    while position < bytes.count {
      let start = position
      if isRefused {
        position = bytes.count
        append(.malformed, start, to: &scan, broken: true)
      } else if bytes[position] == UInt8(ascii: "<") {
        markup(&scan)
      } else {
        position = find(UInt8(ascii: "<"), from: position)
        append(.text, start, to: &scan)
      }
    }
    for index in open { scan.tokens[Int(index)].match = Int32(scan.tokens.count) }
    if !open.isEmpty { scan.isStructureBroken = true }
  }

  // MARK: Markup

  private mutating func markup(_ scan: inout Scan) {
    let start = position
    switch byte(at: position + 1) {
    case UInt8(ascii: "/"): endTag(&scan)
    case UInt8(ascii: "?"):
      let isDeclaration = start == 0 && starts(with: "<?xml", at: 0) && isSpace(byte(at: 5))
      let isClosed = skip(past: "?>", from: start + 2)
      append(isDeclaration ? .declaration : .instruction, start, to: &scan, broken: !isClosed)
    case UInt8(ascii: "!"):
      if starts(with: "<!--", at: start) {
        let isClosed = skip(past: "-->", from: start + 4)
        append(.comment, start, to: &scan, broken: !isClosed)
      } else if starts(with: "<![CDATA[", at: start) {
        let isClosed = skip(past: "]]>", from: start + 9)
        append(.cdata, start, to: &scan, broken: !isClosed)
      } else if starts(with: "<!DOCTYPE", at: start) {
        doctype(&scan)
      } else {
        malformed(&scan)
      }
    case let next where isName(next): startTag(&scan)
    default: malformed(&scan)
    }
  }

  private mutating func malformed(_ scan: inout Scan) {
    let start = position
    position = find(UInt8(ascii: "<"), from: position + 1)
    append(.malformed, start, to: &scan, broken: true)
  }

  private mutating func startTag(_ scan: inout Scan) {
    let start = position
    position += 1
    skipName()
    let nameEnd = position
    let firstAttribute = scan.attributes.count
    var kind = Scan.Kind.startTag
    var isBroken = false
    tag: while true {
      let before = position
      skipSpace()
      guard position < bytes.count else {
        isBroken = true
        break
      }
      switch bytes[position] {
      case UInt8(ascii: ">"):
        position += 1
        break tag
      case UInt8(ascii: "/") where byte(at: position + 1) == UInt8(ascii: ">"):
        kind = .emptyTag
        position += 2
        break tag
      case UInt8(ascii: "<"):
        isBroken = true
        break tag
      case let next where isName(next):
        if position == before { isBroken = true }
        if !attribute(&scan) { isBroken = true }
      default:
        isBroken = true
        position += 1
      }
    }
    // A broken tag opens nothing: its end is a guess, and its end tag may be what broke it.
    if isBroken { kind = .emptyTag }
    let index = Int32(scan.tokens.count)
    scan.tokens.append(
      Scan.Token(
        start: Int32(start), nameEnd: Int32(nameEnd), firstAttribute: Int32(firstAttribute), match: index, kind: kind, isBroken: isBroken))
    if isBroken { scan.isStructureBroken = true }
    elements += 1
    if kind == .startTag { open.append(index) }
    checkLimits(&scan, firstAttribute: firstAttribute, tag: SourceRange(start, nameEnd))
  }

  /// Reads `name="value"`; false when it is none.
  private mutating func attribute(_ scan: inout Scan) -> Bool {
    let nameLower = position
    skipName()
    let nameUpper = position
    skipSpace()
    guard byte(at: position) == UInt8(ascii: "=") else { return false }
    position += 1
    skipSpace()
    let quote = byte(at: position)
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
    position += 1
    let valueLower = position
    while position < bytes.count, bytes[position] != quote, bytes[position] != UInt8(ascii: "<") { position += 1 }
    let valueUpper = position
    scan.attributes.append(
      Scan.Attribute(
        nameLower: Int32(nameLower), nameUpper: Int32(nameUpper), valueLower: Int32(valueLower), valueUpper: Int32(valueUpper)))
    guard byte(at: position) == quote else { return false }
    position += 1
    return true
  }

  private mutating func endTag(_ scan: inout Scan) {
    let start = position
    position += 2
    skipName()
    let nameEnd = position
    skipSpace()
    let isClosed = byte(at: position) == UInt8(ascii: ">")
    if isClosed { position += 1 } else { position = find(UInt8(ascii: "<"), from: position) }
    let index = Int32(scan.tokens.count)
    append(.endTag, start, to: &scan, nameEnd: nameEnd, broken: !isClosed || nameEnd == start + 2)
    // The innermost open element of that name; whatever lies inside of it is closed as well. Further out than a few levels
    // there is no mending, and looking there for each of many end tags would take long.
    for depth in stride(from: open.count - 1, through: max(0, open.count - 16), by: -1) {
      let opener = Int(open[depth])
      if !sameName(Int(scan.tokens[opener].start) + 1, Int(scan.tokens[opener].nameEnd), start + 2, nameEnd) { continue }
      if depth + 1 < open.count { scan.isStructureBroken = true }
      for unclosed in open[depth...] { scan.tokens[Int(unclosed)].match = index }
      scan.tokens[Int(index)].match = open[depth]
      open.removeSubrange(depth...)
      return
    }
    scan.isStructureBroken = true
  }

  private mutating func doctype(_ scan: inout Scan) {
    let start = position
    position += 9
    let nameEnd = position
    var brackets = 0
    var quote: UInt8 = 0
    while position < bytes.count {
      let next = bytes[position]
      position += 1
      if quote != 0 {
        if next == quote { quote = 0 }
      } else if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") {
        quote = next
      } else if next == UInt8(ascii: "[") {
        brackets += 1
      } else if next == UInt8(ascii: "]") {
        brackets -= 1
      } else if next == UInt8(ascii: ">"), brackets <= 0 {
        break
      }
    }
    append(.doctype, start, to: &scan)
    scan.diagnostics.append(
      Diagnostic(
        .doctype, "a page may not have a DOCTYPE", at: source.location(of: SourceRange(start, nameEnd)),
        notes: ["it could define entities and load other files"], fix: "remove the DOCTYPE, and write texts instead of its entities"))
  }

  // MARK: Limits

  private mutating func checkLimits(_ scan: inout Scan, firstAttribute: Int, tag: SourceRange) {
    func refuse(_ message: String, _ range: SourceRange, fix: String) {
      scan.diagnostics.append(Diagnostic(.limit, message, at: source.location(of: range), fix: fix))
      isRefused = true
    }
    if open.count > Limits.elementDepth {
      refuse(
        "elements are nested deeper than \(Limits.elementDepth), the most that is read", tag, fix: "nest fewer <scope> elements")
      return
    }
    if elements > maximalElements {
      refuse("more than \(maximalElements) elements, the most that is read", tag, fix: "split the page")
      return
    }
    let added = scan.attributes[firstAttribute...]
    if added.count > Limits.attributesPerElement {
      refuse(
        "\(added.count) attributes on one element; \(Limits.attributesPerElement) is the most that is read", tag,
        fix: "write several elements; <attrs> may stand more than once in a block")
    }
    for attribute in added {
      if attribute.valueUpper - attribute.valueLower > Int32(Limits.attributeValueBytes) {
        refuse(
          "an attribute value of \(attribute.valueUpper - attribute.valueLower) bytes; 10,000,000 is the most that is read",
          SourceRange(Int(attribute.nameLower), Int(attribute.nameUpper)),
          fix: "keep large values in the text of a <pin>, in the .dat file beside the page, or in a .npy file to be fed")
      }
      // libxml2 looks prefixes up one by one.
      if starts(with: "xmlns", at: Int(attribute.nameLower)) {
        namespaces += 1
        if namespaces == Limits.namespaceDeclarations + 1 {
          refuse(
            "more than \(Limits.namespaceDeclarations) namespace declarations, the most that is read", attribute.name,
            fix: "declare each namespace once, at the root element")
        }
      }
    }
  }

  // MARK: Bytes

  private mutating func append(_ kind: Scan.Kind, _ start: Int, to scan: inout Scan, nameEnd: Int? = nil, broken: Bool = false) {
    let index = Int32(scan.tokens.count)
    scan.tokens.append(
      Scan.Token(
        start: Int32(start), nameEnd: Int32(nameEnd ?? start), firstAttribute: Int32(scan.attributes.count), match: index, kind: kind,
        isBroken: broken))
    if broken { scan.isStructureBroken = true }
  }

  /// The byte at `index`, 0 (which no text has) behind the end.
  @inline(__always) private func byte(at index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  private func starts(with word: StaticString, at index: Int) -> Bool {
    guard bytes.count - index >= word.utf8CodeUnitCount, let base = bytes.baseAddress else { return false }
    return memcmp(base + index, word.utf8Start, word.utf8CodeUnitCount) == 0
  }

  private func sameName(_ lower: Int, _ upper: Int, _ otherLower: Int, _ otherUpper: Int) -> Bool {
    guard upper - lower == otherUpper - otherLower, let base = bytes.baseAddress else { return false }
    return memcmp(base + lower, base + otherLower, upper - lower) == 0
  }

  /// Position of the next `wanted`, or the end.
  private func find(_ wanted: UInt8, from index: Int) -> Int {
    guard index < bytes.count, let base = bytes.baseAddress else { return bytes.count }
    guard let found = memchr(base + index, Int32(wanted), bytes.count - index) else { return bytes.count }
    return UnsafeRawPointer(base).distance(to: UnsafeRawPointer(found))
  }

  /// Moves behind the next `end`, or to the end of the text; false when there is none.
  private mutating func skip(past end: StaticString, from index: Int) -> Bool {
    let last = end.utf8Start[end.utf8CodeUnitCount - 1]
    var next = index + end.utf8CodeUnitCount - 1
    while next < bytes.count {
      next = find(last, from: next)
      if next < bytes.count, starts(with: end, at: next - end.utf8CodeUnitCount + 1) {
        position = next + 1
        return true
      }
      next += 1
    }
    position = bytes.count
    return false
  }

  private mutating func skipName() {
    while position < bytes.count, isName(bytes[position]) { position += 1 }
  }

  private mutating func skipSpace() {
    while position < bytes.count, isSpace(bytes[position]) { position += 1 }
  }
}

/// Blanks as XML has them.
@inline(__always) func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 9 || byte == 13 }

/// What may stand in a name as far as the scan cares. Which characters a name may have exactly is left to the judge.
@inline(__always) private func isName(_ byte: UInt8) -> Bool { byte >= 64 || (nameMask &>> UInt64(byte)) & 1 != 0 }

/// Bit b: whether byte b < 64 may stand in a name. All but the low controls, blanks and `! " & ' / < = > ?`.
private let nameMask: UInt64 = 0x0FFF_7F38_FFFF_D800
