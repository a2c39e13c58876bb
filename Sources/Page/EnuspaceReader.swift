import Diagnostics

/// Reads enuSpace notation (`<svg>`) from the scan: blocks, pins, attrs, wires and trends; everything else is kept and not executed.
struct EnuspaceReader {
  private var builder: PageBuilder
  private var blockOfID: [Symbol: Int32] = [:]
  private var links: [Link] = []
  private var kept = KeptParts()
  private var seenPins = SeenNames()
  private var seenAttrs = SeenNames()

  private struct Link {
    var token: Int
    var from: SourceRange
    var fromPin: SourceRange?
    var to: SourceRange
    var toPin: SourceRange?
  }

  init(_ builder: PageBuilder) { self.builder = builder }

  mutating func read(root: Int) -> PageBuilder {
    builder.page.scopes[0].range = builder.scan.range(of: root)
    let tokens = builder.inside(root)
    var index = tokens.lowerBound
    while index < tokens.upperBound, !builder.isFull {
      index = builder.isTag(index) ? readElement(index) : index + 1
    }
    readLinks()
    for part in kept.parts {
      builder.note(part.text, at: part.range)
    }
    return builder
  }

  /// Reads one element and returns where to go on: behind it, or inside of it where blocks or wires may lie.
  private mutating func readElement(_ index: Int) -> Int {
    let name = builder.scan.name(of: index)
    if builder.text(name, is: "use") {
      let type = builder.attribute("type", of: index)
      if let type, builder.text(type, is: "tensorflow") || builder.text(type, is: "enu_tensorflow2_0") {
        readBlock(index)
      } else {
        let word = type.map { builder.word($0) } ?? ""
        kept.count("display widget" + (word.isEmpty ? "" : " (<use type=\"\(word)\">)"), builder.scan.name(of: index))
      }
      return builder.after(index)
    }
    if builder.text(name, is: "pg-link") {
      readLink(index)
      return builder.after(index)
    }
    if builder.text(name, is: "pg-trend") {
      kept.count("trend display (<pg-trend>)", builder.scan.name(of: index))
      readTrend(index)
      return builder.after(index)
    }
    if builder.text(name, is: "script") {
      kept.count("script", builder.scan.name(of: index))
      return builder.after(index)
    }
    if builder.text(name, startsWith: "pg-") {
      kept.count("display widget (<\(builder.word(name))>)", builder.scan.name(of: index))
    } else if !holdsLink(index), !builder.text(name, is: "g"), !builder.text(name, is: "defs") {
      kept.count("drawing", builder.scan.name(of: index))
    }
    return index + 1
  }

  /// Whether the element is the line of a wire.
  private func holdsLink(_ index: Int) -> Bool {
    let inside = builder.inside(index)
    guard let first = inside.first(where: { builder.isTag($0) }) else { return false }
    return builder.text(builder.scan.name(of: first), is: "pg-link")
  }

  // MARK: Blocks

  private mutating func readBlock(_ index: Int) {
    let id = builder.attribute("id", of: index)
    let href = builder.attribute("xlink:href", of: index) ?? builder.attribute("href", of: index)
    let tag = builder.scan.range(of: index)
    let name = builder.scan.name(of: index)
    let idSymbol = id.map { builder.intern($0) } ?? builder.page.symbols.intern("")
    let number = Int32(clamping: builder.page.blocks.count)
    if let id {
      if !ReferenceText.isID(builder.slice(id), .enuspace) {
        builder.report(.badID, "\"\(builder.word(id))\" is not a block id", at: id, fix: "write letters, digits, _ and -")
      }
      if let first = blockOfID[idSymbol] {
        let line = builder.line(of: builder.page.blocks[Int(first)].idRange)
        builder.report(
          .duplicateID, "the id \"\(builder.word(id))\" stands twice in the page", at: id, block: idSymbol,
          notes: ["the first one is at line \(line)"], fix: "rename one of them")
      } else {
        blockOfID[idSymbol] = number
      }
    } else {
      builder.report(.missingXMLAttribute, "a block needs the attribute \"id\"", at: name, fix: "write id=\"…\"")
    }
    var type = href
    if let href {
      if builder.slice(href).first == UInt8(ascii: "#"), href.upper - href.lower > 1 {
        type = SourceRange(Int(href.lower) + 1, Int(href.upper))
      } else {
        builder.report(
          .badXMLAttribute, "\"\(builder.word(href))\" names no block type", at: href, block: idSymbol,
          fix: "write xlink:href=\"#\" and the block type, as in \"#MatMul\"")
      }
    } else {
      builder.report(
        .missingXMLAttribute, "a block needs the attribute \"xlink:href\"", at: name, block: idSymbol,
        fix: "write xlink:href=\"#\" and the block type, as in \"#MatMul\"")
    }
    let firstPin = Int32(clamping: builder.page.pins.count)
    let firstAttr = Int32(clamping: builder.page.attrs.count)
    let typeSymbol = type.map { builder.intern($0) } ?? builder.page.symbols.intern("")
    let tokens = builder.inside(index)
    var child = tokens.lowerBound
    while child < tokens.upperBound, !builder.isFull {
      if builder.isTag(child), builder.text(builder.scan.name(of: child), is: "pg-set-pin") {
        readPin(child, block: number, id: idSymbol)
      }
      child = builder.after(child)
    }
    builder.page.blocks.append(
      Page.Block(
        id: idSymbol, type: typeSymbol, scope: 0, range: tag, idRange: id ?? name, typeRange: type ?? name,
        pins: firstPin..<Int32(clamping: builder.page.pins.count), attrs: firstAttr..<Int32(clamping: builder.page.attrs.count)))
  }

  private mutating func readPin(_ index: Int, block: Int32, id: Symbol) {
    guard let variable = builder.attribute("variable", of: index), let name = pinName(variable) else {
      let place = builder.attribute("variable", of: index)
      builder.report(
        place == nil ? .missingXMLAttribute : .badXMLAttribute,
        place.map { "\"\(builder.word($0))\" names no pin" } ?? "a pin needs the attribute \"variable\"",
        at: place ?? builder.scan.name(of: index), block: id, fix: "write variable=\"#\" and the pin's name")
      return
    }
    if builder.text(name, is: "scope") || builder.text(name, is: "device") { return }
    let value = builder.attribute("value", of: index)
    if builder.text(name, is: "attrs") {
      if let value { readAttrs(value, block: block, id: id) }
      return
    }
    let dtype = builder.attribute("var-type", of: index) ?? builder.attribute("type", of: index)
    let isResult = builder.text(name, startsWith: "result_")
    var content: Page.Pin.Content
    let end = Int(builder.scan.range(of: index).upper)
    if let save = builder.attribute("save-type", of: index), builder.text(save, is: "binary"),
      let written = builder.attribute("binary-pos", of: index)
    {
      guard let position = Int(builder.string(builder.trimmed(written))), position >= 0 else {
        builder.report(
          .badXMLAttribute, "binary-pos=\"\(builder.word(written))\" is no byte position", at: written, block: id,
          pin: builder.word(name), fix: "write the offset of the first value in the .dat file")
        return
      }
      content = .binary(position: position)
    } else {
      // An empty value is that of a wired or unused pin. A result pin is kept: write-back fills it.
      guard isResult || value.map({ !$0.isEmpty }) == true else { return }
      content = value.map { builder.content($0) } ?? .text(SourceRange(end, end))
    }
    let symbol = builder.intern(name)
    if let first = seenPins.insert(symbol, owner: block, place: name.lower) {
      let line = builder.line(of: SourceRange(Int(first), Int(first)))
      builder.report(
        .duplicatePin, "the pin \"\(builder.word(name))\" stands twice in one block", at: name, block: id, pin: builder.word(name),
        notes: ["the first one is at line \(line)"], fix: "keep one of them")
      return
    }
    builder.page.pins.append(
      Page.Pin(
        name: symbol, dtype: dtype, shape: builder.attribute("shape", of: index), content: content,
        range: builder.scan.elementRange(of: index), contentRange: value ?? builder.scan.range(of: index), isResult: isResult))
  }

  /// `#val[2][2]` -> `val`.
  private func pinName(_ variable: SourceRange) -> SourceRange? {
    let text = builder.slice(variable)
    guard text.first == UInt8(ascii: "#") else { return nil }
    let end = text.firstIndex(of: UInt8(ascii: "[")) ?? text.count
    guard ReferenceText.isID(text[1..<end], .enuspace) else { return nil }
    return SourceRange(Int(variable.lower) + 1, Int(variable.lower) + end)
  }

  /// `name_ = value;` pairs: blanks around both are ignored, the last `;` is optional, the first of equal names counts.
  private mutating func readAttrs(_ text: SourceRange, block: Int32, id: Symbol) {
    var lower = Int(text.lower)
    while lower < Int(text.upper), !builder.isFull {
      let upper = pairEnd(from: lower, to: Int(text.upper))
      readPair(builder.trimmed(SourceRange(lower, upper)), block: block, id: id)
      lower = upper + 1
    }
  }

  /// The next `;` that does not end an entity.
  private func pairEnd(from lower: Int, to end: Int) -> Int {
    var index = lower
    var isEntity = false
    while index < end {
      switch builder.bytes[index] {
      case UInt8(ascii: "&"): isEntity = true
      case UInt8(ascii: ";"):
        if !isEntity { return index }
        isEntity = false
      default: break
      }
      index += 1
    }
    return end
  }

  private mutating func readPair(_ pair: SourceRange, block: Int32, id: Symbol) {
    if pair.isEmpty { return }
    let equals = builder.slice(pair).firstIndex(of: UInt8(ascii: "="))
    let nameEnd = equals.map { Int(pair.lower) + $0 } ?? Int(pair.upper)
    let name = builder.trimmed(SourceRange(Int(pair.lower), nameEnd))
    guard equals != nil, !name.isEmpty else {
      builder.report(
        .badXMLAttribute, "\"\(builder.word(pair))\" is no setting", at: pair, block: id, pin: "attrs", fix: "write name = value;")
      return
    }
    let value = builder.trimmed(SourceRange(nameEnd + 1, Int(pair.upper)))
    let symbol = builder.intern(name)
    if let first = seenAttrs.insert(symbol, owner: block, place: name.lower) {
      let line = builder.line(of: SourceRange(Int(first), Int(first)))
      builder.report(
        .duplicateAttrIgnored, "the attr \"\(builder.word(name))\" stands twice; this one is ignored", at: name, block: id,
        pin: builder.word(name), notes: ["the first one, at line \(line), counts"], fix: "remove it")
      return
    }
    builder.page.attrs.append(Page.Attr(name: symbol, value: builder.content(value), nameRange: name, valueRange: value))
  }

  // MARK: Wires

  private mutating func readLink(_ index: Int) {
    let tag = builder.scan.name(of: index)
    guard let from = builder.attribute("from-id", of: index), let to = builder.attribute("to-id", of: index) else {
      let missing = builder.attribute("from-id", of: index) == nil ? "from-id" : "to-id"
      builder.report(.missingXMLAttribute, "a wire needs the attribute \"\(missing)\"", at: tag, fix: "write \(missing)=\"…\"")
      return
    }
    links.append(
      Link(
        token: index, from: from, fromPin: builder.attribute("param-from", of: index), to: to,
        toPin: builder.attribute("param-to", of: index)))
  }

  /// Wires from or to a widget only display; those that name nothing at all are kept, so that they are told.
  private mutating func readLinks() {
    var widgets: Set<Symbol>?
    for link in links where !builder.isFull {
      let ends = (builder.intern(link.from), builder.intern(link.to))
      let isInner = blockOfID[ends.0] != nil && blockOfID[ends.1] != nil
      if !isInner {
        let others = widgets ?? idsOfWidgets()
        widgets = others
        if others.contains(ends.0) || others.contains(ends.1) { continue }
      }
      guard let from = reference(ends.0, link.from, link.fromPin), let to = reference(ends.1, link.to, link.toPin) else { continue }
      // Where the id is known only the pin can be wrong.
      let fromPlace = blockOfID[ends.0] == nil ? link.from : link.fromPin ?? link.from
      let toPlace = blockOfID[ends.1] == nil ? link.to : link.toPin ?? link.to
      builder.page.wires.append(
        Page.Wire(from: from, to: to, scope: 0, range: builder.scan.range(of: link.token), fromRange: fromPlace, toRange: toPlace))
    }
  }

  /// The reference that an id and a pin such as `grad_outputs[2]` make.
  private mutating func reference(_ id: Symbol, _ idRange: SourceRange, _ pin: SourceRange?) -> Page.Reference? {
    var reference = Page.Reference(isAbsolute: false, scopes: [], id: id, pin: nil, indices: [])
    guard ReferenceText.isID(builder.slice(idRange), .enuspace) else {
      builder.report(
        .badReference, "\"\(builder.word(idRange))\" is not a block id", at: idRange, fix: "write letters, digits, _ and -")
      return nil
    }
    guard let pin, !pin.isEmpty else { return reference }
    // A pin with indices has the form of an id with indices; `result_` is then still in front of it.
    switch ReferenceText.parse(builder.slice(pin), ids: .enuspace) {
    case .success(let parsed) where parsed.pin == nil && parsed.scopes.isEmpty && !parsed.isAbsolute:
      var name = SourceRange(Int(pin.lower) + parsed.id.lowerBound, Int(pin.lower) + parsed.id.upperBound)
      if builder.text(name, startsWith: "result_") { name.lower += 7 }
      reference.pin = builder.intern(name)
      reference.indices = parsed.indices
      return reference
    case .success:
      builder.report(.badReference, "\"\(builder.word(pin))\" is not a pin", at: pin, fix: "write the pin's name, or name[0]")
    case .failure(let fault):
      builder.report(.badReference, "\"\(builder.word(pin))\" is not a pin: \(fault.message)", at: pin, fix: fault.fix)
    }
    return nil
  }

  /// The ids of everything that has one and is no block.
  private mutating func idsOfWidgets() -> Set<Symbol> {
    var ids: Set<Symbol> = []
    for index in builder.scan.tokens.indices where builder.isTag(index) {
      guard let id = builder.attribute("id", of: index) else { continue }
      let symbol = builder.intern(id)
      if blockOfID[symbol] == nil { ids.insert(symbol) }
    }
    return ids
  }

  // MARK: Trends

  private mutating func readTrend(_ index: Int) {
    var trend = Page.Trend(title: nil, series: [], scope: 0, range: builder.scan.elementRange(of: index))
    for child in builder.inside(index) where builder.isTag(child) && builder.text(builder.scan.name(of: child), is: "pg-trendseries") {
      // A variable that is no reference belongs to other parts of enuSpace.
      guard let variable = builder.attribute("variable", of: child),
        case .success(let parsed) = ReferenceText.parse(builder.slice(variable), ids: .enuspace)
      else { continue }
      trend.series.append(Page.Trend.Series(of: builder.reference(parsed, in: variable), range: variable))
    }
    if !trend.series.isEmpty { builder.page.trends.append(trend) }
  }
}

/// Parts that are kept and not executed, counted by kind.
private struct KeptParts {
  private var kinds: [(name: String, count: Int, range: SourceRange)] = []

  mutating func count(_ name: String, _ range: SourceRange) {
    if let index = kinds.firstIndex(where: { $0.name == name }) {
      kinds[index].count += 1
    } else if kinds.count < 50 {
      // Beyond that number of kinds nobody reads the notes.
      kinds.append((name, 1, range))
    }
  }

  var parts: [(text: String, range: SourceRange)] {
    kinds.map { ("\($0.count) \(plural($0.name, $0.count)) kept, not executed", $0.range) }
  }

  private func plural(_ name: String, _ count: Int) -> String {
    if count == 1 { return name + " is" }
    guard let end = name.firstIndex(of: "(") else { return name + "s are" }
    return name[..<end].dropLast() + "s " + name[end...] + " are"
  }
}
