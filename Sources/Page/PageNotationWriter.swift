import TensorCore

/// Writes results as `<pin name="result_…">` elements of their block.
struct PageNotationWriter {
  let page: Page
  let scan: Scan
  private let newline: String

  init(page: Page, scan: Scan) {
    self.page = page
    self.scan = scan
    let bytes = page.source.bytes
    let first = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? 0
    newline = first > 0 && bytes[first - 1] == UInt8(ascii: "\r") ? "\r\n" : "\n"
  }

  func write(_ results: [(pin: String, value: ResultValue)], into block: Int, _ text: inout EditedText) {
    guard let (tag, children) = page.children(ofBlock: block, scan) else { return }
    var existing: [String: Int] = [:]
    for child in children where page.source.text(scan.name(of: child)) == "pin" {
      if let name = page.attribute("name", of: child, scan) { existing[page.source.text(name.value)] = child }
    }
    var added: [String] = []
    func put(_ name: String, _ tensor: Tensor) {
      let element = PageNotationWriter.element(name, tensor)
      if let old = existing[name] {
        text.replace(scan.elementRange(of: old).indices, with: element)
      } else {
        added.append(element)
      }
    }
    for result in results {
      switch result.value {
      case .tensor(let tensor): put(result.pin, tensor)
      case .list(let list):
        for (index, tensor) in list.enumerated() { put("\(result.pin)[\(index)]", tensor) }
        // The list may have been longer when it was saved before.
        var index = list.count
        while let old = existing["\(result.pin)[\(index)]"] {
          text.replace(withBlanksBefore(scan.elementRange(of: old).indices), with: "")
          index += 1
        }
      }
    }
    if !added.isEmpty { insert(added, tag, children, &text) }
  }

  private static func element(_ name: String, _ tensor: Tensor) -> String {
    let values = ResultText.values(tensor).map(ResultText.escapedText).joined(separator: " ")
    return "<pin name=\"\(name)\" dtype=\"\(tensor.dtype.name)\" shape=\"\(ResultText.shape(tensor.shape))\">\(values)</pin>"
  }

  /// Puts new elements behind the last child, each on a line of its own where the page has it so.
  private func insert(_ elements: [String], _ tag: Int, _ children: [Int], _ text: inout EditedText) {
    let range = scan.range(of: tag).indices
    let indent = indentation(before: range.lowerBound)
    let inner = children.lazy.compactMap { indentation(before: Int(scan.tokens[$0].start)) }.first ?? deeper(indent ?? "")
    if scan.tokens[tag].kind == .emptyTag {
      var end = range.upperBound - 2
      while end > range.lowerBound, isSpace(page.source.bytes[end - 1]) { end -= 1 }
      if let indent {
        let lines = elements.map { newline + inner + $0 }.joined()
        text.replace(end..<range.upperBound, with: ">" + lines + newline + indent + "</block>")
      } else {
        text.replace(end..<range.upperBound, with: ">" + elements.joined() + "</block>")
      }
      return
    }
    let end = Int(scan.tokens[Int(scan.tokens[tag].match)].start)
    let blanks = withBlanksBefore(end..<end)
    if page.source.bytes[blanks].contains(UInt8(ascii: "\n")) {
      text.replace(blanks.lowerBound..<blanks.lowerBound, with: elements.map { newline + inner + $0 }.joined())
    } else {
      text.replace(end..<end, with: elements.joined())
    }
  }

  /// The blanks before `offset` when nothing else stands before it on its line; else nil.
  private func indentation(before offset: Int) -> String? {
    let bytes = page.source.bytes
    var start = offset
    while start > 0, bytes[start - 1] == UInt8(ascii: " ") || bytes[start - 1] == UInt8(ascii: "\t") { start -= 1 }
    guard start > 0, bytes[start - 1] == UInt8(ascii: "\n") else { return nil }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private func deeper(_ indent: String) -> String { indent + (indent.contains("\t") ? "\t" : "  ") }

  private func withBlanksBefore(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    while start > 0, isSpace(page.source.bytes[start - 1]) { start -= 1 }
    return start..<range.upperBound
  }
}
