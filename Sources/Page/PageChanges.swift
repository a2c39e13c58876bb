import Diagnostics
import TensorCore

extension PageWriter {
  /// The page, in its encoding, with other texts in input pins and attrs; every other byte stays. `reference` is `scope/id.pin` as
  /// ``Page/displayName(ofBlock:)`` names the block.
  ///
  /// Throws when one of them stands nowhere in the page and cannot be put there, or is wired.
  public static func save(_ page: Page, changes: [(reference: String, text: String)]) throws(DiagnosticError) -> [UInt8] {
    let scan = Scan(page.source)
    var text = EditedText(page.source.bytes)
    var diagnostics: [Diagnostic] = []
    for change in changes {
      guard let dot = change.reference.lastIndex(of: "."), case let name = String(change.reference[..<dot]),
        let block = page.blocks.indices.first(where: { page.displayName(ofBlock: $0) == name })
      else {
        diagnostics.append(Diagnostic(.badArgument, "there is no block of `\(change.reference)` in the page"))
        continue
      }
      let pin = String(change.reference[change.reference.index(after: dot)...])
      if let edit = page.place(ofPin: pin, block: block, change.text, scan) {
        text.replace(edit.range, with: edit.text)
      } else {
        diagnostics.append(
          Diagnostic(
            .badArgument, "`\(change.reference)` has no text in the page that could be replaced",
            at: page.source.location(of: page.blocks[block].range), block: name, pin: pin, fix: "write it into the page by hand"))
      }
    }
    if !diagnostics.isEmpty { throw DiagnosticError(diagnostics) }
    return page.encoding.encode(text.finished())
  }
}

extension Page {
  /// What must be written where, so that a pin or attr of a block has another text.
  fileprivate func place(ofPin name: String, block: Int, _ text: String, _ scan: Scan) -> (range: Range<Int>, text: String)? {
    for index in blocks[block].pins where !pins[Int(index)].isResult && symbols[pins[Int(index)].name] == name {
      guard textBytes(of: pins[Int(index)].content) != nil else { return nil }
      let range = pins[Int(index)].contentRange.indices
      // The text of an element may hold comments and CDATA; between its tags there is nothing else.
      return (notation == .page ? withoutBlanks(range) : range, notation == .page ? ResultText.escapedText(text) : attributeText(text))
    }
    let named = attrs[Int(blocks[block].attrs.lowerBound)..<Int(blocks[block].attrs.upperBound)].first {
      let written = symbols[$0.name]
      return written == name || (notation == .enuspace && written == name + "_")
    }
    if let named { return (named.valueRange.indices, attributeText(text)) }
    return notation == .page ? newPin(name, block, text, scan) : nil
  }

  /// A `<pin>` for a pin that has none, in front of the block's other children.
  private func newPin(_ name: String, _ block: Int, _ text: String, _ scan: Scan) -> (range: Range<Int>, text: String)? {
    let isWired = wires.contains { wire in
      wire.to.id == blocks[block].id && wire.scope == blocks[block].scope && (wire.to.pin.map { symbols[$0] == name } ?? true)
    }
    guard !isWired, let (tag, _) = children(ofBlock: block, scan) else { return nil }
    let pin = "<pin name=\"\(name)\">\(ResultText.escapedText(text))</pin>"
    let range = scan.range(of: tag).indices
    guard scan.tokens[tag].kind == .emptyTag else { return (range.upperBound..<range.upperBound, pin) }
    var end = range.upperBound - 2
    while end > range.lowerBound, isSpace(source.bytes[end - 1]) { end -= 1 }
    return (end..<range.upperBound, ">" + pin + "</block>")
  }

  /// Escaped for an attribute value in quotes of either kind.
  private func attributeText(_ text: String) -> String {
    ResultText.escapedAttribute(text).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "&apos;")
  }

  private func withoutBlanks(_ range: Range<Int>) -> Range<Int> {
    var (lower, upper) = (range.lowerBound, range.upperBound)
    while lower < upper, isSpace(source.bytes[lower]) { lower += 1 }
    while upper > lower, isSpace(source.bytes[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
