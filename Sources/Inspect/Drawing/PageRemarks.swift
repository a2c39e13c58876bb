import Diagnostics
import Page

/// What a page in page notation says about its picture: its notes, and where blocks stand. The engine has no use for either.
struct PageRemarks {
  /// By block.
  private(set) var places: [Int: Drawing.Point] = [:]
  private(set) var notes: [(text: [String], at: Drawing.Point?)] = []

  private static let maximalNotes = 200

  init(_ page: Page) {
    let scan = Scan(page.source)
    var blocks: [Int32: Int] = [:]
    for (index, block) in page.blocks.enumerated() { blocks[block.range.lower] = index }
    for index in scan.tokens.indices where scan.tokens[index].kind == .startTag || scan.tokens[index].kind == .emptyTag {
      let name = page.source.slice(scan.name(of: index))
      if name.elementsEqual("block".utf8) {
        guard let block = blocks[scan.tokens[index].start], let at = PageRemarks.point(page.source, scan, index) else { continue }
        places[block] = at
      } else if name.elementsEqual("note".utf8), notes.count < PageRemarks.maximalNotes {
        let text = scan.paragraphs(of: index, in: page.source)
        if !text.isEmpty { notes.append((text, PageRemarks.point(page.source, scan, index))) }
      }
    }
  }

  /// The attribute `at`: two numbers.
  private static func point(_ source: SourceFile, _ scan: Scan, _ index: Int) -> Drawing.Point? {
    guard let value = scan.value(of: "at", at: index, in: source) else { return nil }
    let numbers = value.split { " ,;\t\n\r".contains($0) }.compactMap { Double($0) }
    guard numbers.count == 2, numbers.allSatisfy({ abs($0) < 1e6 }) else { return nil }
    return Drawing.Point(x: numbers[0], y: numbers[1])
  }
}

extension Scan {
  /// The value of an attribute, its entities resolved; nil when it is not there.
  func value(of name: StaticString, at index: Int, in source: SourceFile) -> String? {
    for attribute in attributes(of: index) {
      let attribute = attributes[attribute]
      let isIt = name.withUTF8Buffer { source.slice(attribute.name).elementsEqual($0) }
      if isIt { return plain(source.slice(attribute.value)) }
    }
    return nil
  }

  /// The text right in an element, without its children, as it is written but for entities.
  func rawText(of index: Int, in source: SourceFile) -> String {
    guard tokens[index].kind == .startTag else { return "" }
    var text = ""
    var next = index + 1
    while next < min(Int(tokens[index].match), tokens.count) {
      switch tokens[next].kind {
      case .text: text += plain(source.slice(range(of: next)))
      case .cdata: text += String(decoding: source.slice(range(of: next)).dropFirst(9).dropLast(3), as: UTF8.self)
      case .startTag:
        next = max(next, min(Int(tokens[next].match), tokens.count - 1))
      default: break
      }
      next += 1
    }
    return text
  }

  /// The same in paragraphs: a line ends where a short one does, as in a list; long ones flow on.
  func paragraphs(of index: Int, in source: SourceFile) -> [String] {
    var paragraphs: [String] = []
    var isOpen = false
    for line in rawText(of: index, in: source).split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if words.isEmpty { continue }
      if isOpen { paragraphs[paragraphs.count - 1] += " " + words } else { paragraphs.append(words) }
      isOpen = words.utf8.count > 64
    }
    return paragraphs
  }

  /// Text with XML's entities resolved. What is no entity stays as it is.
  private func plain(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    let names: [Substring: String] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
    var result = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "&") {
      result += rest[..<sign]
      rest = rest[rest.index(after: sign)...]
      guard let end = rest.prefix(12).firstIndex(of: ";") else {
        result += "&"
        continue
      }
      let name = rest[..<end]
      let number =
        name.hasPrefix("#x") ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
      if let known = names[name] ?? number.flatMap(Unicode.Scalar.init).map({ String(Character($0)) }) {
        result += known
        rest = rest[rest.index(after: end)...]
      } else {
        result += "&"
      }
    }
    return result + rest
  }
}
