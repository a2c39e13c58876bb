import TensorCore

/// Writes results back into the text they came from.
///
/// Only result pins change; every other byte stays, the encoding and its byte order mark too. Saving the saved page again with
/// the same results changes nothing.
public enum PageWriter {
  /// A result of a block; the pin with or without `result_`.
  public typealias Result = (block: Int, pin: String, value: ResultValue)

  /// What has to be written.
  public struct Output: Sendable {
    /// The page in its encoding.
    public var page: [UInt8]
    /// What the `.dat` file beside it must hold; nil when the page needs none.
    public var data: [UInt8]?
  }

  /// A result stored as binary becomes text up to this number of values.
  public static let maximalTextValues = 1_024

  /// The page with `results` in its result pins.
  public static func save(_ page: Page, results: [Result]) -> Output {
    let scan = Scan(page.source)
    var values: [Int: [(pin: String, value: ResultValue)]] = [:]
    for result in results where page.blocks.indices.contains(result.block) {
      let pin = result.pin.hasPrefix("result_") ? result.pin : "result_" + result.pin
      values[result.block, default: []].append((pin, result.value))
    }
    var text = EditedText(page.source.bytes)
    var data: [UInt8]?
    switch page.notation {
    case .page:
      let writer = PageNotationWriter(page: page, scan: scan)
      for (block, results) in values { writer.write(results, into: block, &text) }
    case .enuspace:
      var writer = EnuspaceWriter(page: page, scan: scan)
      // In page order: that is how new values follow each other in the .dat file.
      for block in page.blocks.indices { writer.write(values[block] ?? [], into: block, &text) }
      data = writer.finishedData
    }
    return Output(page: page.encoding.encode(text.finished()), data: data)
  }
}

/// A text with replacements that do not overlap.
struct EditedText {
  private let bytes: [UInt8]
  private var edits: [(range: Range<Int>, text: [UInt8])] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func replace(_ range: Range<Int>, with text: String) { edits.append((range, Array(text.utf8))) }

  func finished() -> [UInt8] {
    var out: [UInt8] = []
    var position = 0
    let ordered = edits.enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }
    for (_, edit) in ordered where edit.range.lowerBound >= position && edit.range.upperBound <= bytes.count {
      out += bytes[position..<edit.range.lowerBound]
      out += edit.text
      position = edit.range.upperBound
    }
    return out + bytes[position...]
  }
}

extension Page {
  /// The tokens of the start tags right inside of the block whose number is given.
  func children(ofBlock block: Int, _ scan: Scan) -> (tag: Int, children: [Int])? {
    let lower = blocks[block].range.lower
    guard let tag = scan.token(at: Int(lower)), scan.tokens[tag].start == lower else { return nil }
    guard scan.tokens[tag].kind == .startTag else { return scan.tokens[tag].kind == .emptyTag ? (tag, []) : nil }
    var children: [Int] = []
    var index = tag + 1
    let end = min(Int(scan.tokens[tag].match), scan.tokens.count)
    while index < end {
      let token = scan.tokens[index]
      if token.kind == .startTag || token.kind == .emptyTag { children.append(index) }
      index = token.kind == .startTag ? Int(token.match) + 1 : index + 1
    }
    return (tag, children)
  }

  /// An attribute of a tag.
  func attribute(_ name: String, of token: Int, _ scan: Scan) -> Scan.Attribute? {
    let wanted = Array(name.utf8)
    for index in scan.attributes(of: token) {
      let attribute = scan.attributes[index]
      if source.slice(attribute.name).elementsEqual(wanted) { return attribute }
    }
    return nil
  }
}
