import Diagnostics

/// Reads page notation (`<page>`) from the scan.
struct PageNotationReader {
  private var builder: PageBuilder
  private var ids: [UInt64: Int32] = [:]
  private var scopeNames: [UInt64: Int32] = [:]
  private var seenPins = SeenNames()
  private var seenAttrs = SeenNames()
  /// The attributes of the tag being read, as ``ElementForm/attributes`` lists them; nil where absent.
  private var values: [SourceRange?] = Array(repeating: nil, count: 8)

  init(_ builder: PageBuilder) { self.builder = builder }

  mutating func read(root: Int) -> PageBuilder {
    // Generous for a usual page, harmless for any other.
    let guess = min(builder.scan.tokens.count / 6, 1 << 20)
    builder.page.blocks.reserveCapacity(guess)
    builder.page.wires.reserveCapacity(guess)
    ids.reserveCapacity(guess)
    readAttributes(root, .page, isRoot: true)
    let title = values[0]
    let seed = values[1]
    builder.page.title = title.map { String(decoding: builder.unescaped($0), as: UTF8.self) }
    if let seed {
      builder.page.seed = Int64(builder.string(builder.trimmed(seed)))
      if builder.page.seed == nil { badValue("seed", seed, "a whole number of at most 64 bits") }
    }
    builder.page.scopes[0].range = builder.scan.range(of: root)
    readScope(root, .page, scope: 0)
    return builder
  }

  // MARK: Scopes

  /// Reads what stands in a page or scope. The scan allows no deeper nesting than `Limits.elementDepth`.
  private mutating func readScope(_ parent: Int, _ form: ElementForm, scope: Int32) {
    let tokens = builder.inside(parent)
    var index = tokens.lowerBound
    while index < tokens.upperBound, !builder.isFull {
      guard builder.isTag(index) else {
        refuseText(index, in: form)
        index += 1
        continue
      }
      let name = builder.scan.name(of: index)
      if builder.text(name, is: "block") {
        readBlock(index, scope: scope)
      } else if builder.text(name, is: "wire") {
        readWire(index, scope: scope)
      } else if builder.text(name, is: "scope") {
        readInnerScope(index, in: scope)
      } else if builder.text(name, is: "expect") {
        readExpect(index, scope: scope)
      } else if builder.text(name, is: "note") {
        readAttributes(index, .note)
        for child in builder.inside(index) where builder.isTag(child) && !builder.isFull { unknownElement(child, in: .note) }
      } else if builder.text(name, is: "trend") {
        readTrend(index, scope: scope)
      } else {
        unknownElement(index, in: form)
      }
      index = builder.after(index)
    }
  }

  private mutating func readInnerScope(_ index: Int, in parent: Int32) {
    readAttributes(index, .scope)
    let name = values[0]
    let symbol = name.map { builder.intern($0) } ?? builder.page.symbols.intern("")
    if let name {
      checkID(name, "a scope name")
      let number = Int32(clamping: builder.page.scopes.count)
      if let first = scopeNames.updateValue(number, forKey: key(parent, symbol)) {
        scopeNames[key(parent, symbol)] = first
        let line = builder.line(of: builder.page.scopes[Int(first)].range)
        builder.report(
          .duplicateID, "the scope \"\(builder.word(name))\" stands twice in one scope", at: name,
          notes: ["the first one is at line \(line)"], fix: "rename one of them, or write their blocks into one <scope>")
      }
    } else {
      missing("name", .scope, index)
    }
    let number = Int32(clamping: builder.page.scopes.count)
    builder.page.scopes.append(Page.Scope(name: symbol, parent: parent, range: builder.scan.range(of: index)))
    readScope(index, .scope, scope: number)
  }

  // MARK: Blocks

  private mutating func readBlock(_ index: Int, scope: Int32) {
    readAttributes(index, .block)
    let id = values[0]
    let type = values[1]
    let tag = builder.scan.range(of: index)
    if id == nil { missing("id", .block, index) }
    if type == nil { missing("type", .block, index) }
    let idSymbol = id.map { builder.intern($0) } ?? builder.page.symbols.intern("")
    let number = Int32(clamping: builder.page.blocks.count)
    if let id {
      checkID(id, "a block id")
      if let first = ids.updateValue(number, forKey: key(scope, idSymbol)) {
        ids[key(scope, idSymbol)] = first
        let line = builder.line(of: builder.page.blocks[Int(first)].idRange)
        builder.report(
          .duplicateID, "the id \"\(builder.word(id))\" stands twice in one scope", at: id, block: idSymbol,
          notes: ["the first one is at line \(line)"], fix: "rename one of them")
      }
    }
    let firstPin = Int32(clamping: builder.page.pins.count)
    let firstAttr = Int32(clamping: builder.page.attrs.count)
    let typeSymbol = type.map { builder.intern($0) } ?? builder.page.symbols.intern("")
    for child in children(of: index, .block) where !builder.isFull {
      let name = builder.scan.name(of: child)
      if builder.text(name, is: "pin") {
        readPin(child, block: number, id: idSymbol)
      } else if builder.text(name, is: "attrs") {
        readAttrs(child, block: number, id: idSymbol)
      } else {
        unknownElement(child, in: .block)
      }
    }
    builder.page.blocks.append(
      Page.Block(
        id: idSymbol, type: typeSymbol, scope: scope, range: tag, idRange: id ?? builder.scan.name(of: index),
        typeRange: type ?? builder.scan.name(of: index), pins: firstPin..<Int32(clamping: builder.page.pins.count),
        attrs: firstAttr..<Int32(clamping: builder.page.attrs.count)))
  }

  private mutating func readPin(_ index: Int, block: Int32, id: Symbol) {
    readAttributes(index, .pin, block: id)
    let dtype = values[1]
    let shape = values[2]
    guard let name = values[0] else {
      missing("name", .pin, index, block: id)
      return
    }
    let isResult = builder.text(name, startsWith: "result_")
    let (content, contentRange) = readText(index, .pin)
    if !isPinName(name, isResult: isResult) {
      builder.report(
        .badXMLAttribute, "\"\(builder.word(name))\" is no pin name", at: name, block: id, fix: ReferenceText.idFix)
      return
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
        name: symbol, dtype: dtype, shape: shape, content: content, range: builder.scan.elementRange(of: index), contentRange: contentRange,
        isResult: isResult))
  }

  /// An id; the elements of an output list are saved as `result_…[0]`, `result_…[1]`.
  private func isPinName(_ name: SourceRange, isResult: Bool) -> Bool {
    let bytes = builder.slice(name)
    if ReferenceText.isID(bytes) { return true }
    guard isResult, let open = bytes.firstIndex(of: UInt8(ascii: "[")), bytes.last == UInt8(ascii: "]") else { return false }
    let digits = bytes[(open + 1)..<(bytes.count - 1)]
    return ReferenceText.isID(bytes[..<open]) && !digits.isEmpty && digits.allSatisfy { $0 &- 48 < 10 }
  }

  private mutating func readAttrs(_ index: Int, block: Int32, id: Symbol) {
    for attribute in builder.scan.attributes(of: index) {
      let attribute = builder.scan.attributes[attribute]
      if isNamespaceDeclaration(attribute.name) { continue }
      if builder.slice(attribute.name).contains(UInt8(ascii: ":")) {
        let name = builder.word(attribute.name)
        builder.report(.unknownXMLAttribute, "the attr \"\(name)\" has a prefix", at: attribute.name, block: id, fix: "remove the prefix")
        continue
      }
      let symbol = builder.intern(attribute.name)
      if let first = seenAttrs.insert(symbol, owner: block, place: attribute.nameLower) {
        // The same name twice in one tag is no XML: the judge has told that.
        if first >= builder.scan.range(of: index).lower { continue }
        let line = builder.line(of: SourceRange(Int(first), Int(first)))
        let name = builder.word(attribute.name)
        builder.report(
          .duplicatePin, "the attr \"\(name)\" stands twice in one block", at: attribute.name, block: id, pin: name,
          notes: ["the first one is at line \(line)"], fix: "keep one of them")
        continue
      }
      builder.page.attrs.append(
        Page.Attr(name: symbol, value: builder.content(attribute.value), nameRange: attribute.name, valueRange: attribute.value))
    }
    for child in children(of: index, .attrs) where !builder.isFull { unknownElement(child, in: .attrs) }
  }

  // MARK: Wires, expectations, trends

  private mutating func readWire(_ index: Int, scope: Int32) {
    readAttributes(index, .wire)
    let from = values[0]
    let to = values[1]
    if from == nil { missing("from", .wire, index) }
    if to == nil { missing("to", .wire, index) }
    for child in children(of: index, .wire) where !builder.isFull { unknownElement(child, in: .wire) }
    let source = from.flatMap { builder.reference($0) }
    let target = to.flatMap { builder.reference($0) }
    guard let from, let to, let source, let target else { return }
    builder.page.wires.append(
      Page.Wire(from: source, to: target, scope: scope, range: builder.scan.range(of: index), fromRange: from, toRange: to))
  }

  private mutating func readExpect(_ index: Int, scope: Int32) {
    readAttributes(index, .expect)
    let (of, cycleText, toleranceText, shape) = (values[0], values[1], values[2], values[3])
    var cycle: Int?
    var tolerance = 0.0
    if let cycleText {
      cycle = Int(builder.string(builder.trimmed(cycleText))).flatMap { 1...Limits.expectedCycle ~= $0 ? $0 : nil }
      if cycle == nil { badValue("cycle", cycleText, "a whole number from 1 to \(Limits.expectedCycle)") }
    }
    if let toleranceText {
      let number = Double(builder.string(builder.trimmed(toleranceText)))
      if let number, number >= 0, number.isFinite {
        tolerance = number
      } else {
        badValue("tolerance", toleranceText, "a number from 0 on, such as 1e-6")
      }
    }
    let (content, contentRange) = readText(index, .expect)
    guard let of else {
      missing("of", .expect, index)
      return
    }
    guard let reference = builder.reference(of) else { return }
    builder.page.expects.append(
      Page.Expect(
        of: reference, scope: scope, cycle: cycle, tolerance: tolerance, shape: shape, content: content,
        range: builder.scan.elementRange(of: index), ofRange: of, contentRange: contentRange))
  }

  private mutating func readTrend(_ index: Int, scope: Int32) {
    readAttributes(index, .trend)
    var trend = Page.Trend(
      title: values[0].map { String(decoding: builder.unescaped($0), as: UTF8.self) }, series: [], scope: scope,
      range: builder.scan.elementRange(of: index))
    for child in children(of: index, .trend) where !builder.isFull {
      guard builder.text(builder.scan.name(of: child), is: "series") else {
        unknownElement(child, in: .trend)
        continue
      }
      readAttributes(child, .series)
      let of = values[0]
      for inner in children(of: child, .series) where !builder.isFull { unknownElement(inner, in: .series) }
      guard let of else {
        missing("of", .series, child)
        continue
      }
      if let reference = builder.reference(of) { trend.series.append(Page.Trend.Series(of: reference, range: of)) }
    }
    builder.page.trends.append(trend)
  }

  // MARK: Content

  /// The start tags right inside of an element that has no text of its own.
  private mutating func children(of parent: Int, _ form: ElementForm) -> [Int] {
    let tokens = builder.inside(parent)
    if tokens.isEmpty { return [] }
    var children: [Int] = []
    var index = tokens.lowerBound
    while index < tokens.upperBound, !builder.isFull {
      if builder.isTag(index) { children.append(index) } else { refuseText(index, in: form) }
      index = builder.after(index)
    }
    return children
  }

  private mutating func refuseText(_ index: Int, in form: ElementForm) {
    let kind = builder.scan.tokens[index].kind
    var range = builder.scan.range(of: index)
    if kind == .text {
      range = builder.trimmed(range)
      if range.isEmpty { return }
    } else if kind != .cdata {
      return
    }
    let fix =
      form.name.string == "block"
      ? "write <pin name=\"…\">…</pin>, or remove the text" : "write a remark as <note>…</note> or <!-- … -->, or remove it"
    builder.report(.strayText, "text has no meaning in <\(form.name.string)>", at: range, fix: fix)
  }

  /// The text of an element: where it stands when it is one piece without entities, else put together.
  private mutating func readText(_ parent: Int, _ form: ElementForm) -> (Page.Pin.Content, SourceRange) {
    var parts: [(range: SourceRange, isData: Bool)] = []
    let tokens = builder.inside(parent)
    var index = tokens.lowerBound
    while index < tokens.upperBound, !builder.isFull {
      let range = builder.scan.range(of: index)
      switch builder.scan.tokens[index].kind {
      case .text: parts.append((range, false))
      case .cdata: parts.append((SourceRange(Int(range.lower) + 9, max(Int(range.lower) + 9, Int(range.upper) - 3)), true))
      case .startTag, .emptyTag: unknownElement(index, in: form)
      default: break
      }
      index = builder.after(index)
    }
    if parts.count > 1 { parts.removeAll { !$0.isData && builder.isBlank($0.range) } }
    guard let first = parts.first, let last = parts.last else {
      let end = Int(builder.scan.range(of: parent).upper)
      let tag = builder.scan.range(of: parent)
      return (.text(SourceRange(end, end)), tag)
    }
    if parts.count == 1 {
      if first.isData { return (.text(first.range), first.range) }
      let range = builder.trimmed(first.range)
      return (builder.content(range), range.isEmpty ? builder.scan.range(of: parent) : range)
    }
    let bytes = parts.flatMap { $0.isData ? Array(builder.slice($0.range)) : builder.unescaped($0.range) }
    return (.unescaped(bytes), SourceRange(Int(first.range.lower), Int(last.range.upper)))
  }

  // MARK: Attributes

  /// Reads the attributes of a tag into `values`, and reports those it may not have.
  private mutating func readAttributes(_ index: Int, _ form: ElementForm, isRoot: Bool = false, block: Symbol? = nil) {
    for slot in form.attributes.indices { values[slot] = nil }
    attributes: for number in builder.scan.attributes(of: index) {
      let attribute = builder.scan.attributes[number]
      for slot in form.attributes.indices where builder.text(attribute.name, is: form.attributes[slot]) {
        if values[slot] == nil { values[slot] = attribute.value }
        continue attributes
      }
      if builder.text(attribute.name, is: "xmlns") {
        if builder.text(attribute.value, is: "urn:enuflow:page") { continue }
        builder.report(
          .badXMLAttribute, "the namespace \"\(builder.word(attribute.value))\" is not that of pages", at: attribute.value,
          fix: "write xmlns=\"urn:enuflow:page\", or leave it out")
      } else if !isNamespaceDeclaration(attribute.name) {
        unknownAttribute(attribute.name, form, block: block)
      }
    }
  }

  private func isNamespaceDeclaration(_ name: SourceRange) -> Bool {
    builder.text(name, startsWith: "xmlns:") || builder.text(name, is: "xmlns")
  }

  // MARK: Messages

  private mutating func unknownAttribute(_ range: SourceRange, _ form: ElementForm, block: Symbol?) {
    let name = builder.word(range)
    let known = form.attributes.map(\.string)
    let near = nearest(to: name, among: known).map { "write \($0)" }
    let list = "<\(form.name.string)> may have " + known.joined(separator: ", ")
    let fix = form.name.string == "block" && near == nil ? "write settings into <attrs \(name)=\"…\"/> inside of the block" : near
    builder.report(
      .unknownXMLAttribute, "<\(form.name.string)> has no attribute \"\(name)\"", at: range, block: block, notes: [list],
      fix: fix ?? "remove it")
  }

  private mutating func unknownElement(_ index: Int, in form: ElementForm) {
    let range = builder.scan.name(of: index)
    let name = builder.word(range)
    let allowed = form.children.map(\.string)
    var fix = nearest(to: name, among: allowed).map { "write <\($0)>" }
    if fix == nil, let home = ElementForm.all.first(where: { $0.children.contains { $0.string == name } }) {
      fix = "<\(name)> belongs into <\(home.name.string)>"
    }
    if fix == nil, name.contains(":") { fix = "remove it: elements of other namespaces have no place in a page" }
    let note: String
    if !allowed.isEmpty {
      note = "<\(form.name.string)> may hold " + allowed.map { "<\($0)>" }.joined(separator: ", ")
    } else {
      note = "<\(form.name.string)> holds " + (form.hasText ? "text only" : "nothing")
    }
    builder.report(.unknownElement, "<\(name)> cannot stand in <\(form.name.string)>", at: range, notes: [note], fix: fix ?? "remove it")
  }

  private mutating func missing(_ attribute: String, _ form: ElementForm, _ index: Int, block: Symbol? = nil) {
    let name = form.name.string
    builder.report(
      .missingXMLAttribute, "<\(name)> needs the attribute \"\(attribute)\"",
      at: SourceRange(
        Int(builder.scan.tokens[index].start), Int(builder.scan.tokens[index].nameEnd)), block: block,
      fix: "write <\(name) \(attribute)=\"…\">")
  }

  private mutating func badValue(_ attribute: String, _ range: SourceRange, _ wanted: String) {
    builder.report(
      .badXMLAttribute, "\(attribute)=\"\(builder.word(range))\" is not \(wanted)", at: range, fix: "write \(wanted)")
  }

  private mutating func checkID(_ range: SourceRange, _ what: String) {
    if ReferenceText.isID(builder.slice(range)) { return }
    builder.report(.badID, "\"\(builder.word(range))\" is not \(what)", at: range, fix: ReferenceText.idFix)
  }

  private func key(_ scope: Int32, _ name: Symbol) -> UInt64 {
    UInt64(UInt32(bitPattern: scope)) << 32 | UInt64(UInt32(bitPattern: name.index))
  }
}
