import TensorCore

/// Writes results into the existing `result_…` pins of an enuSpace page: suffix, `shape`, `var-type`, value or binary data.
struct EnuspaceWriter {
  let page: Page
  let scan: Scan
  private var data: [UInt8]
  /// Where input pins have their data, which must stay: sorted, with the furthest end so far.
  private let inputs: [(lower: Int, furthest: Int)]
  private var hasBinaryPins = false

  init(page: Page, scan: Scan) {
    self.page = page
    self.scan = scan
    data = page.data?.bytes ?? []
    var ranges: [Range<Int>] = []
    for pin in page.pins where !pin.isResult {
      guard case .binary(let position) = pin.content else { continue }
      let size = EnuspaceWriter.byteCount(pin.dtype.map { page.source.slice($0) }, pin.shape.map { page.source.slice($0) })
      let (end, overflow) = position.addingReportingOverflow(size ?? 0)
      ranges.append(position..<(overflow ? Int.max : end))
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    var furthest = 0
    inputs = ranges.map {
      furthest = max(furthest, $0.upperBound)
      return ($0.lowerBound, furthest)
    }
  }

  /// The `.dat` file's bytes; nil when no pin of the page is binary any more, or the data was never there.
  var finishedData: [UInt8]? { hasBinaryPins && !data.isEmpty ? data : nil }

  mutating func write(_ results: [(pin: String, value: ResultValue)], into block: Int, _ text: inout EditedText) {
    guard let (_, children) = page.children(ofBlock: block, scan) else { return }
    for child in children {
      guard let variable = page.attribute("variable", of: child, scan) else { continue }
      let isBinary = page.attribute("save-type", of: child, scan).map { page.source.text($0.value) } == "binary"
      guard let result = results.first(where: { isNamed(variable, $0.pin) }), let tensor = EnuspaceWriter.tensor(result.value) else {
        if isBinary { hasBinaryPins = true }
        continue
      }
      write(tensor, pin: child, variable, isBinary: isBinary, &text)
    }
  }

  private static func tensor(_ value: ResultValue) -> Tensor? {
    switch value {
    case .tensor(let tensor): tensor
    case .list(let list): ResultText.stacked(list)
    }
  }

  /// Whether a `variable` such as `#result_z[2][2]` is that pin.
  private func isNamed(_ variable: Scan.Attribute, _ pin: String) -> Bool {
    let text = page.source.slice(variable.value)
    guard text.first == UInt8(ascii: "#") else { return false }
    return text.dropFirst().prefix { $0 != UInt8(ascii: "[") }.elementsEqual(pin.utf8)
  }

  private mutating func write(_ tensor: Tensor, pin: Int, _ variable: Scan.Attribute, isBinary: Bool, _ text: inout EditedText) {
    let shape = ResultText.shape(tensor.shape)
    let name = variable.value.indices
    let suffix = page.source.bytes[name].firstIndex(of: UInt8(ascii: "[")) ?? name.upperBound
    let oldShape = page.attribute("shape", of: pin, scan)
    let varType = page.attribute("var-type", of: pin, scan)
    let oldType = varType ?? page.attribute("type", of: pin, scan)
    text.replace(suffix..<name.upperBound, with: shape)
    if let oldShape { text.replace(oldShape.value.indices, with: shape) }
    if let oldType { text.replace(oldType.value.indices, with: ResultText.varType(tensor.dtype)) }
    if isBinary, tensor.count > PageWriter.maximalTextValues, let bytes = ResultText.binary(tensor),
      let written = page.attribute("binary-pos", of: pin, scan)
    {
      hasBinaryPins = true
      let room = EnuspaceWriter.byteCount(oldType.map { page.source.slice($0.value) }, oldShape.map { page.source.slice($0.value) })
      let position = store(bytes, at: Int(page.source.text(written.value)) ?? -1, room: room)
      text.replace(written.value.indices, with: String(position))
      return
    }
    // Pages of version 1.5 say `var-type` and separate by `;`, those of 2.0 say `type` and write braces.
    let values = ResultText.plainValues(tensor)
    let isBraced = varType == nil && oldType != nil && tensor.shape.rank > 0
    let plain = isBraced ? "{" + values.joined(separator: ",") + "}" : values.joined(separator: ";")
    writeValue(ResultText.escapedAttribute(plain), pin, &text)
  }

  /// Puts the text into `value`, in the place of `save-type` and `binary-pos` where the pin was binary.
  private func writeValue(_ value: String, _ pin: Int, _ text: inout EditedText) {
    let old = page.attribute("value", of: pin, scan)
    if let old { text.replace(old.value.indices, with: value) }
    var isWritten = old != nil
    for name in ["save-type", "binary-pos"] {
      guard let attribute = page.attribute(name, of: pin, scan) else { continue }
      var start = Int(attribute.nameLower)
      if isWritten {
        while start > 0, isSpace(page.source.bytes[start - 1]) { start -= 1 }
        text.replace(start..<Int(attribute.valueUpper) + 1, with: "")
      } else {
        text.replace(start..<Int(attribute.valueUpper) + 1, with: "value=\"\(value)\"")
        isWritten = true
      }
    }
    if !isWritten, let last = scan.attributes(of: pin).last {
      let end = Int(scan.attributes[last].valueUpper) + 1
      text.replace(end..<end, with: " value=\"\(value)\"")
    }
  }

  /// Stores binary values where the old ones were when they fit exactly, else behind everything; returns the position.
  private mutating func store(_ bytes: [UInt8], at position: Int, room: Int?) -> Int {
    if position >= 0, room == bytes.count, position <= data.count - bytes.count, !isInput(position..<position + bytes.count) {
      data.replaceSubrange(position..<position + bytes.count, with: bytes)
      return position
    }
    let end = data.count
    data += bytes
    return end
  }

  private func isInput(_ range: Range<Int>) -> Bool {
    var low = 0
    var high = inputs.count
    while low < high {
      let middle = (low + high) / 2
      if inputs[middle].lower < range.upperBound { low = middle + 1 } else { high = middle }
    }
    return low > 0 && inputs[low - 1].furthest > range.lowerBound
  }

  /// How many bytes a binary pin of that type and shape has; nil when that cannot be said.
  private static func byteCount(_ type: ArraySlice<UInt8>?, _ shape: ArraySlice<UInt8>?) -> Int? {
    guard let size = BinaryLayout.elementSize(type ?? []), case .values(let count) = BinaryLayout.count(shape: shape ?? []) else {
      return nil
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    return overflow ? nil : bytes
  }
}
