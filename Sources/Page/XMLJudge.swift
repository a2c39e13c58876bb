import CLibXML2
import Diagnostics

/// libxml2's SAX parser as the judge of well-formedness.
///
/// It reads the same UTF-8 text as ``Scan``, builds no tree, resolves no entity and loads nothing. Its words are kept; the
/// place is found in the scan.
enum XMLJudge {
  /// Errors beyond this number follow from earlier ones.
  private static let maximalErrors = 20

  /// libxml2 wants to be initialised before threads use it.
  private static let isInitialised: Bool = {
    xmlInitParser()
    return true
  }()

  /// What keeps `source` from being well-formed, in the order of the text.
  static func judge(_ source: SourceFile, _ scan: Scan) -> [Diagnostic] {
    guard isInitialised, let size = Int32(exactly: source.bytes.count) else { return [] }
    let collector = Collector(limit: maximalErrors)
    let isRead = source.bytes.withUnsafeBytes { buffer in
      parse(buffer.bindMemory(to: CChar.self).baseAddress, size, collector)
    }
    var placer = ErrorPlacer(source: source, scan: scan)
    var diagnostics = collector.errors.compactMap { placer.diagnostic($0) }
    if diagnostics.isEmpty, !isRead {
      diagnostics = [Diagnostic(.outOfMemory, "libxml2 cannot get the memory to read the page", at: source.location(of: .start))]
    }
    if diagnostics.isEmpty, let broken = scan.tokens.indices.first(where: { scan.isUnsound($0) }), scan.isStructureBroken {
      diagnostics = [Diagnostic(.notWellFormed, "a tag that is not closed as it should be", at: source.location(of: scan.range(of: broken)))]
    }
    return diagnostics
  }

  private static func parse(_ text: UnsafePointer<CChar>?, _ size: Int32, _ collector: Collector) -> Bool {
    guard size > 0, let text, let context = xmlCreateMemoryParserCtxt(text, size) else { return false }
    defer { xmlFreeParserCtxt(context) }
    // IGNORE_ENC: the text is UTF-8 now, whatever its declaration says. HUGE: the scan has already applied our own limits,
    // and there is no DOCTYPE whose entities could grow.
    let options = XML_PARSE_NONET.rawValue | XML_PARSE_BIG_LINES.rawValue | XML_PARSE_IGNORE_ENC.rawValue | XML_PARSE_HUGE.rawValue
    xmlCtxtUseOptions(context, Int32(options))
    // No callback but the one for errors: no tree is built.
    var handler = xmlSAXHandler()
    handler.initialized = UInt32(XML_SAX2_MAGIC)
    handler.serror = { data, error in
      guard let data, let error else { return }
      Unmanaged<Collector>.fromOpaque(data).takeUnretainedValue().take(error.pointee)
    }
    guard let installed = context.pointee.sax else { return false }
    installed.pointee = handler
    return withExtendedLifetime(collector) {
      context.pointee.userData = Unmanaged.passUnretained(collector).toOpaque()
      xmlParseDocument(context)
      return true
    }
  }

  /// An error as libxml2 raised it.
  struct Finding {
    var code: Int
    var message: String
    var strings: [String]
    /// How far libxml2 had read.
    var offset: Int
  }

  private final class Collector {
    var errors: [Finding] = []
    let limit: Int

    init(limit: Int) { self.limit = limit }

    func take(_ error: xmlError) {
      guard error.level != XML_ERR_WARNING, errors.count < limit else { return }
      let context = error.ctxt?.assumingMemoryBound(to: xmlParserCtxt.self)
      func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }
      var message = text(error.message)
      while message.last?.isWhitespace == true { message.removeLast() }
      if message.utf8.count > 400 { message = String(message.unicodeScalars.prefix(400)) + "…" }
      errors.append(
        Finding(
          code: Int(error.code), message: message, strings: [text(error.str1), text(error.str2), text(error.str3)],
          offset: context.map { Int(xmlByteConsumed($0)) } ?? 0))
      if errors.count == limit { xmlStopParser(context) }
    }
  }
}

extension Scan {
  /// Whether a token is broken, unclosed, or closes nothing.
  func isUnsound(_ index: Int) -> Bool {
    let token = tokens[index]
    switch token.kind {
    case .startTag: return token.isBroken || Int(token.match) >= tokens.count
    case .endTag: return token.isBroken || Int(token.match) == index
    default: return token.isBroken
    }
  }
}

/// Finds the place in the scan that an error of libxml2 is about.
private struct ErrorPlacer {
  let source: SourceFile
  let scan: Scan
  /// Whether an error has been told after which the nesting of elements is a guess.
  private var isNestingLost = false
  private var lastToken = -1
  private var lastOffset = -1

  init(source: SourceFile, scan: Scan) {
    self.source = source
    self.scan = scan
  }

  /// Nil for an error that only follows from an earlier one.
  mutating func diagnostic(_ finding: XMLJudge.Finding) -> Diagnostic? {
    let offset = min(max(0, finding.offset), scan.byteCount)
    guard let token = scan.token(at: max(0, offset - 1)) else {
      return Diagnostic(.notWellFormed, finding.message, at: source.location(of: .start), fix: "write at least <page></page>")
    }
    switch UInt32(finding.code) {
    case XML_ERR_TAG_NAME_MISMATCH.rawValue, XML_ERR_TAG_NOT_FINISHED.rawValue, XML_ERR_DOCUMENT_END.rawValue:
      if isNestingLost { return nil }
      isNestingLost = true
    case XML_NS_ERR_UNDEFINED_NAMESPACE.rawValue: break
    default:
      // Within one text there may be many; within a broken tag only the first is meant.
      if token == lastToken, scan.tokens[token].isBroken || offset <= lastOffset { return nil }
      if scan.tokens[token].isBroken { isNestingLost = true }
    }
    lastToken = token
    lastOffset = offset
    return place(finding, token, offset)
  }

  private func place(_ finding: XMLJudge.Finding, _ token: Int, _ offset: Int) -> Diagnostic {
    var range = SourceRange(offset, min(offset + 1, scan.byteCount))
    var message = finding.message
    var notes: [String] = []
    var fix: String?
    switch UInt32(finding.code) {
    case XML_ERR_TAG_NAME_MISMATCH.rawValue where scan.tokens[token].kind == .endTag:
      range = scan.name(of: token)
      if let opener = openElement(before: token) {
        let name = source.text(scan.name(of: opener)).shortened
        message = "Opening and ending tag mismatch: \(name) and \(source.text(range).shortened)"
        notes = ["<\(name)> is opened at line \(source.position(of: Int(scan.tokens[opener].start)).line)"]
        fix = "write </\(name)> first"
      }
    case XML_ERR_TAG_NOT_FINISHED.rawValue:
      if let opener = openElement(before: scan.tokens.count) {
        let name = source.text(scan.name(of: opener)).shortened
        message = "Premature end of data: the element \(name) is not closed"
        notes = ["<\(name)> is opened at line \(source.position(of: Int(scan.tokens[opener].start)).line)"]
        fix = "write </\(name)>"
      }
    case XML_ERR_RESERVED_XML_NAME.rawValue: range = scan.range(of: token)
    case XML_ERR_ATTRIBUTE_REDEFINED.rawValue:
      if let again = repeatedAttribute(token) { range = again }
      fix = "keep one of them"
    case XML_NS_ERR_UNDEFINED_NAMESPACE.rawValue:
      range = prefixedName(finding.strings, token) ?? scan.name(of: token)
      fix = "remove the prefix, or declare it at the root element with xmlns:\(finding.strings[0].shortened)=\"…\""
    case XML_ERR_UNDECLARED_ENTITY.rawValue, XML_ERR_NAME_REQUIRED.rawValue, XML_ERR_ENTITYREF_SEMICOL_MISSING.rawValue:
      if let start = ampersand(before: offset, token) {
        range = SourceRange(start, max(start + 1, offset))
        fix = "write &amp; for &"
      }
    case XML_ERR_LT_IN_ATTRIBUTE.rawValue: fix = "write &lt; for <, or close the quotes"
    case XML_ERR_HYPHEN_IN_COMMENT.rawValue: fix = "XML allows no -- in a comment: take it out, or write a <note>"
    case XML_ERR_ATTRIBUTE_NOT_STARTED.rawValue: fix = "write the value in quotes"
    default: break
    }
    return Diagnostic(.notWellFormed, message, at: source.location(of: range), notes: notes, fix: fix)
  }

  /// The innermost element that is open before a token, counting end tags as libxml2 does, whatever their name.
  private func openElement(before end: Int) -> Int? {
    var open: [Int] = []
    for index in 0..<min(end, scan.tokens.count) {
      switch scan.tokens[index].kind {
      case .startTag: open.append(index)
      case .endTag: _ = open.popLast()
      default: break
      }
    }
    return open.last
  }

  private func repeatedAttribute(_ token: Int) -> SourceRange? {
    var seen: Set<String> = []
    for index in scan.attributes(of: token) where !seen.insert(source.text(scan.attributes[index].name)).inserted {
      return scan.attributes[index].name
    }
    return nil
  }

  /// The name that libxml2 means: prefix, attribute and element, or prefix and element.
  private func prefixedName(_ strings: [String], _ token: Int) -> SourceRange? {
    let wanted = strings[0] + ":" + strings[1]
    if strings[2].isEmpty { return nil }
    return scan.attributes(of: token).map { scan.attributes[$0].name }.first { source.text($0) == wanted }
  }

  private func ampersand(before offset: Int, _ token: Int) -> Int? {
    let lower = max(Int(scan.tokens[token].start), offset - 1_000)
    return source.bytes[lower..<min(offset + 1, scan.byteCount)].lastIndex(of: UInt8(ascii: "&"))
  }
}
