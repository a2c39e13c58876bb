extension Page {
  /// Reads a reference that stands outside of the page, as on the command line; nil when it is none.
  public mutating func reference(_ text: String) -> Reference? {
    let bytes = Array(text.utf8)
    guard case .success(let parsed) = ReferenceText.parse(text, ids: notation == .page ? .page : .enuspace) else { return nil }
    return Reference(
      isAbsolute: parsed.isAbsolute, scopes: parsed.scopes.map { symbols.intern(bytes[$0]) }, id: symbols.intern(bytes[parsed.id]),
      pin: parsed.pin.map { symbols.intern(bytes[$0]) }, indices: parsed.indices)
  }

  /// Puts a text into the place of those pins of a block that `isReplaced` names. The dtype that the page says stays, and so does
  /// the shape unless the text has braces of its own. The text stands nowhere in the source: diagnostics about it point at the block.
  public mutating func replacePins(of block: Int, with text: [UInt8], name: Symbol, isReplaced: (Pin) -> Bool) {
    let all = blocks[block].pins.map { pins[Int($0)] }
    let kept = all.filter { !isReplaced($0) }
    let replaced = all.first(where: isReplaced)
    let range = blocks[block].range
    let hasBraces = text.first { !isSpace($0) } == UInt8(ascii: "{")
    let pin = Pin(
      name: name, dtype: replaced?.dtype, shape: hasBraces ? nil : replaced?.shape, content: .unescaped(text), range: range, contentRange: range,
      isResult: false, isGivenOutside: true)
    let start = Int32(pins.count)
    pins += kept + [pin]
    blocks[block].pins = start..<Int32(pins.count)
  }

  /// The same for attrs.
  public mutating func replaceAttrs(of block: Int, with text: [UInt8], name: Symbol, isReplaced: (Attr) -> Bool) {
    let kept = blocks[block].attrs.map { attrs[Int($0)] }.filter { !isReplaced($0) }
    let range = blocks[block].range
    let start = Int32(attrs.count)
    attrs += [Attr(name: name, value: .unescaped(text), nameRange: range, valueRange: range)] + kept
    blocks[block].attrs = start..<Int32(attrs.count)
  }
}

extension Page.Reference {
  /// Without pin and indices.
  public var block: Page.Reference { Page.Reference(isAbsolute: isAbsolute, scopes: scopes, id: id, pin: nil, indices: []) }
}
