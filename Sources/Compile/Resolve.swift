import Blocks
import Diagnostics
import Page
import TensorCore

/// Page -> Links: finds block types, pins, attrs and the ends of wires by name. Knows nothing of dtypes and shapes.
struct Resolve {
  private let page: Page
  private let catalogue: Catalogue
  private let overrides: Overrides
  private var names: Names
  private var links: Links
  private var sources: [Links.Source] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// By block: whether a name in it, or in a wire's end at it, is not known. Its other names are still judged.
  private var isMisnamed: [Bool]

  static func run(_ page: Page, catalogue: Catalogue, overrides: Overrides) -> (links: Links, names: Names, diagnostics: [Diagnostic]) {
    var stage = Resolve(page, catalogue, overrides)
    stage.resolveTypes()
    stage.resolveContents()
    stage.resolveWires()
    stage.sortSources()
    for block in page.blocks.indices where stage.isMisnamed[block] { stage.links.types[block] = -1 }
    return (stage.links, stage.names, stage.diagnostics)
  }

  private init(_ page: Page, _ catalogue: Catalogue, _ overrides: Overrides) {
    self.page = page
    self.catalogue = catalogue
    self.overrides = overrides
    names = Names(page: page, catalogue: catalogue)
    let count = page.blocks.count
    isMisnamed = Array(repeating: false, count: count)
    links = Links(
      types: Array(repeating: -1, count: count), isBroken: Array(repeating: false, count: count), attrs: Array(repeating: [], count: count),
      sources: [],
      ranges: Array(repeating: 0..<0, count: count))
    sources.reserveCapacity(page.wires.count + page.pins.count)
  }

  // MARK: Types

  private mutating func resolveTypes() {
    for (index, block) in page.blocks.enumerated() {
      if let type = names.type(block.type) {
        links.types[index] = Int32(type)
        links.attrs[index] = catalogue.types[type].defaultAttrs
      } else {
        reportUnknownType(index)
      }
    }
  }

  private mutating func reportUnknownType(_ index: Int) {
    let block = page.blocks[index]
    let name = page.symbols[block.type]
    // A block without type or id has been reported by the reader.
    if name.isEmpty { return }
    if isTypeNotYet(name) {
      report(
        .typeNotYet, "`\(name)` is a block type of enuSpace that enuflow does not have yet", index, at: block.typeRange,
        fix: "`enuflow blocks` lists the types that work")
    } else {
      let near = names.nearestName(to: name, among: catalogue.types.map(\.name))
      report(
        .unknownType, "there is no block type `\(name)`", index, at: block.typeRange,
        fix: near.map { "did you mean `\($0)`?" } ?? "`enuflow blocks` lists the types that work")
    }
  }

  // MARK: Pins with text, and attrs

  private mutating func resolveContents() {
    for index in page.blocks.indices where links.types[index] >= 0 {
      let type = Int(links.types[index])
      var given = Set<Int>()
      for pin in page.blocks[index].pins where !page.pins[Int(pin)].isResult { resolvePin(Int(pin), block: index, type: type, given: &given) }
      for attr in page.blocks[index].attrs { resolveAttr(Int(attr), block: index, type: type, given: &given) }
    }
  }

  private mutating func resolvePin(_ pinIndex: Int, block: Int, type: Int, given: inout Set<Int>) {
    let pin = page.pins[pinIndex]
    switch names.member(pin.name, of: type) {
    case .input(let input):
      sources.append(Links.Source(block: Int32(block), pin: Int32(input), content: .text(Int32(pinIndex))))
    case .attr(let attr):
      let definition = catalogue.types[type].attrs[attr]
      if page.notation == .page {
        report(
          .unknownPin, "`\(page.symbols[pin.name])` is a setting of \(catalogue.types[type].name), not a pin", block, at: pin.range,
          pin: definition.name,
          fix: "write <attrs \(definition.name)=\"…\"/>")
      } else if given.insert(attr).inserted {
        setAttr(attr, text: page.text(pin.content), block: block, type: type, at: pin.contentRange)
      }
    case .output(let output):
      let name = catalogue.types[type].outputs[output].name
      report(
        .wrongDirection, "`\(name)` is an output of \(catalogue.types[type].name): it takes no text", block, at: pin.range, pin: name,
        fix: "remove it; a saved result is named `result_\(name)`")
    case .unknown:
      let name = page.symbols[pin.name]
      if page.notation == .enuspace {
        report(.unknownAttrIgnored, "\(catalogue.types[type].name) has no pin `\(name)`: its text is ignored", block, at: pin.range, pin: name)
      } else {
        let inputs = catalogue.types[type].inputs.map(\.name)
        report(
          .unknownPin, "\(catalogue.types[type].name) has no pin `\(name)`", block, at: pin.range, pin: name,
          fix: suggestion(name, among: inputs, what: "input pins"))
      }
    }
  }

  private mutating func resolveAttr(_ attrIndex: Int, block: Int, type: Int, given: inout Set<Int>) {
    let attr = page.attrs[attrIndex]
    if case .attr(let index) = names.member(attr.name, of: type) {
      if given.insert(index).inserted {
        setAttr(index, text: page.text(attr.value), block: block, type: type, at: attr.valueRange)
      }
      return
    }
    let name = page.symbols[attr.name]
    let known = catalogue.types[type].attrs.filter(\.isWritten).map(\.name)
    var bare = name
    if bare.hasSuffix("_") { bare.removeLast() }
    let fix = suggestion(bare, among: known, what: "attrs")
    if page.notation == .enuspace {
      report(
        .unknownAttrIgnored, "\(catalogue.types[type].name) has no attr `\(bare)`: it is ignored", block, at: attr.nameRange, pin: bare, fix: fix)
    } else if case .input(let input) = names.member(attr.name, of: type) {
      let pin = catalogue.types[type].inputs[input].name
      report(
        .unknownAttr, "`\(pin)` is an input pin of \(catalogue.types[type].name), not an attr", block, at: attr.nameRange, pin: pin,
        fix: "write <pin name=\"\(pin)\">…</pin> or wire it")
    } else {
      report(.unknownAttr, "\(catalogue.types[type].name) has no attr `\(name)`", block, at: attr.nameRange, pin: name, fix: fix)
    }
  }

  private mutating func setAttr(_ attr: Int, text: String, block: Int, type: Int, at range: SourceRange) {
    let definition = catalogue.types[type].attrs[attr]
    if text.allSatisfy(\.isWhitespace), definition.defaultValue != nil, page.notation == .enuspace { return }
    do throws(AttrTextError) {
      links.attrs[block][attr] = try definition.value(of: text)
    } catch {
      links.isBroken[block] = true
      diagnostics.append(
        Diagnostic(
          .badAttrValue, "`\(definition.name)` \(error.message)", at: page.source.location(of: range), block: page.displayName(ofBlock: block),
          pin: definition.name, fix: error.fix))
    }
  }

  private mutating func suggestion(_ name: String, among candidates: [String], what: String) -> String {
    if let near = names.nearestName(to: name, among: candidates) { return "did you mean `\(near)`?" }
    return candidates.isEmpty ? "it has no \(what)" : "its \(what) are " + candidates.map { "`\($0)`" }.joined(separator: ", ")
  }

  // MARK: Wires

  private mutating func resolveWires() {
    for (index, wire) in page.wires.enumerated() { resolveWire(index, wire) }
    for (index, feed) in overrides.feeds.enumerated() {
      if case .input(let block, let pin) = feed.target {
        sources.append(Links.Source(block: Int32(block), pin: Int32(pin), content: .feed(Int32(index))))
      }
    }
  }

  private mutating func resolveWire(_ index: Int, _ wire: Page.Wire) {
    let from = names.block(wire.from, in: wire.scope)
    let to = names.block(wire.to, in: wire.scope)
    if from == nil { reportUnknownBlock(wire.from, wire.fromRange, scope: wire.scope) }
    if to == nil { reportUnknownBlock(wire.to, wire.toRange, scope: wire.scope) }
    // A block without a known type has been reported; its wires cannot be checked.
    let source = from.flatMap { resolveOutput(wire.from, block: $0, at: wire.fromRange) }
    let target = to.flatMap { resolveInput(wire.to, block: $0, at: wire.toRange) }
    guard let to else { return }
    guard let target else {
      isMisnamed[to] = true
      return
    }
    var content = Links.Source.Content.broken(Int32(index))
    if let from, let source {
      content = .wire(Int32(index), from: Int32(from), output: Int32(source.pin), member: Int32(source.member))
    }
    sources.append(Links.Source(block: Int32(to), pin: Int32(target), content: content))
  }

  private mutating func reportUnknownBlock(_ reference: Page.Reference, _ range: SourceRange, scope: Int32) {
    diagnostics.append(
      Diagnostic(
        .unknownBlock, "there is no block `\(page.describe(reference.block))`" + (scope == 0 ? "" : " in this scope"),
        at: page.source.location(of: range),
        block: page.symbols[reference.id], fix: names.suggestion(forBlock: reference.id)))
  }

  private mutating func resolveOutput(_ reference: Page.Reference, block: Int, at range: SourceRange) -> (pin: Int, member: Int)? {
    guard links.types[block] >= 0 else { return nil }
    let typeIndex = Int(links.types[block])
    let type = catalogue.types[typeIndex]
    var pin = 0
    if let name = reference.pin {
      guard let output = names.output(name, of: typeIndex) else {
        reportNotAnOutput(name, typeIndex, block, at: range)
        return nil
      }
      pin = output
    } else if type.outputs.count != 1 {
      reportPinNeeded(type.outputs, type, block, at: range, what: "output")
      return nil
    }
    guard let member = reference.indices.first else { return (pin, -1) }
    guard type.outputs[pin].isList, reference.indices.count == 1 else {
      report(
        .badIndex, "a wire carries a whole tensor: `\(page.describe(reference))` picks an element of `\(type.outputs[pin].name)`", block, at: range,
        pin: type.outputs[pin].name, fix: "leave the index out", breaks: false)
      return nil
    }
    return (pin, member)
  }

  private mutating func resolveInput(_ reference: Page.Reference, block: Int, at range: SourceRange) -> Int? {
    guard links.types[block] >= 0 else { return nil }
    let typeIndex = Int(links.types[block])
    let type = catalogue.types[typeIndex]
    if !reference.indices.isEmpty {
      report(
        .badIndex, "a wire ends at a whole pin, not at an element of it", block, at: range,
        fix: "leave the index out; wires into a list pin are taken in the order they stand in the page")
      return nil
    }
    guard let name = reference.pin else {
      if type.inputs.count == 1 { return 0 }
      reportPinNeeded(type.inputs, type, block, at: range, what: "input")
      return nil
    }
    switch names.member(name, of: typeIndex) {
    case .input(let pin): return pin
    case .attr(let attr):
      let attrName = type.attrs[attr].name
      report(
        .unknownPin, "`\(attrName)` is a setting of \(type.name): it cannot be wired", block, at: range, pin: attrName,
        fix: "write <attrs \(attrName)=\"…\"/>")
    case .output(let pin):
      report(
        .wrongDirection, "`\(type.outputs[pin].name)` is an output of \(type.name): a wire cannot end there", block, at: range,
        pin: type.outputs[pin].name,
        fix: type.inputs.isEmpty ? nil : "its inputs are " + type.inputs.map { "`\($0.name)`" }.joined(separator: ", "))
    case .unknown:
      let text = page.symbols[name]
      report(
        .unknownPin, "\(type.name) has no pin `\(text)`", block, at: range, pin: text,
        fix: suggestion(text, among: type.inputs.map(\.name), what: "input pins"))
    }
    return nil
  }

  private mutating func reportNotAnOutput(_ name: Symbol, _ typeIndex: Int, _ block: Int, at range: SourceRange) {
    let type = catalogue.types[typeIndex]
    let text = page.symbols[name]
    let outputs = type.outputs.map(\.name)
    if case .input = names.member(name, of: typeIndex) {
      report(
        .wrongDirection, "`\(text)` is an input of \(type.name): a wire cannot start there", block, at: range, pin: text,
        fix: outputs.isEmpty ? "it has no outputs" : "its outputs are " + outputs.map { "`\($0)`" }.joined(separator: ", "), breaks: false)
    } else {
      report(
        .unknownPin, "\(type.name) has no output `\(text)`", block, at: range, pin: text, fix: suggestion(text, among: outputs, what: "outputs"),
        breaks: false)
    }
  }

  private mutating func reportPinNeeded(_ pins: [Pin], _ type: BlockType, _ block: Int, at range: SourceRange, what: String) {
    let list = pins.map { "`\($0.name)`" }.joined(separator: ", ")
    let id = page.displayName(ofBlock: block)
    report(
      .pinNeeded, pins.isEmpty ? "\(type.name) has no \(what)s" : "\(type.name) has several \(what)s: name the one you mean", block, at: range,
      fix: pins.first.map { "write `\(id).\($0.name)`; its \(what)s are \(list)" }, breaks: what == "input")
  }

  // MARK: Sorting

  /// Sorts the sources by block, pin and document order; drops the texts of wired pins.
  private mutating func sortSources() {
    // What stands in the inputs of a block whose output is given from outside does not count.
    let fed = Set(overrides.feeds.compactMap { feed in if case .output(let block) = feed.target { Int32(block) } else { nil } })
    if !fed.isEmpty { sources.removeAll { fed.contains($0.block) } }
    // A counting sort by block keeps document order; pins of one block are few.
    var starts = Array(repeating: Int32(0), count: page.blocks.count + 1)
    for source in sources { starts[Int(source.block) + 1] += 1 }
    for index in page.blocks.indices { starts[index + 1] += starts[index] }
    var positions = starts
    var sorted = sources
    for source in sources {
      sorted[Int(positions[Int(source.block)])] = source
      positions[Int(source.block)] += 1
    }
    links.sources.reserveCapacity(sorted.count)
    for block in page.blocks.indices {
      let range = Int(starts[block])..<Int(starts[block + 1])
      let first = Int32(links.sources.count)
      if Resolve.sortByPin(&sorted, range) {
        links.sources += sorted[range]
      } else {
        appendSorted(Array(sorted[range]))
      }
      links.ranges[block] = first..<Int32(links.sources.count)
    }
  }

  /// Sorts the few sources of most blocks in place, by pin. False when a pin has several, or they are many.
  private static func sortByPin(_ sources: inout [Links.Source], _ range: Range<Int>) -> Bool {
    if range.count > 8 { return false }
    for index in range.dropFirst() {
      var place = index
      while place > range.lowerBound, sources[place - 1].pin > sources[place].pin {
        sources.swapAt(place - 1, place)
        place -= 1
      }
    }
    return range.dropFirst().allSatisfy { sources[$0 - 1].pin != sources[$0].pin }
  }

  private mutating func appendSorted(_ sources: [Links.Source]) {
    var pins = sources.map(\.pin)
    pins.sort()
    var previous: Int32 = -1
    for pin in pins where pin != previous {
      previous = pin
      let all = sources.filter { $0.pin == pin }
      // A fed value wins over everything, a wire over the pin's own text.
      let feeds = all.filter { if case .feed = $0.content { true } else { false } }
      let wires = all.filter { source in
        switch source.content {
        case .wire, .broken: true
        case .text, .feed: false
        }
      }
      if page.notation == .page, feeds.isEmpty, !wires.isEmpty { reportUnusedTexts(all) }
      links.sources += !feeds.isEmpty ? feeds : !wires.isEmpty ? wires : all
    }
  }

  /// In page notation nobody writes a text for nothing; in pages of enuSpace old values stand in wired pins.
  private mutating func reportUnusedTexts(_ sources: [Links.Source]) {
    for source in sources {
      guard case .text(let pin) = source.content else { continue }
      let name = page.symbols[page.pins[Int(pin)].name]
      report(
        .textUnused, "`\(name)` is wired: its text is not used", Int(source.block), at: page.pins[Int(pin)].range, pin: name,
        fix: "remove the text or the wire")
    }
  }

  private mutating func report(
    _ id: DiagnosticID, _ message: String, _ block: Int, at range: SourceRange, pin: String? = nil, fix: String? = nil, breaks: Bool = true
  ) {
    diagnostics.append(
      Diagnostic(id, message, at: page.source.location(of: range), block: page.displayName(ofBlock: block), pin: pin, fix: fix))
    if id.severity == .error, breaks { isMisnamed[block] = true }
  }
}

extension Page {
  /// A reference as it would be written.
  func describe(_ reference: Reference) -> String {
    (reference.isAbsolute ? "/" : "") + reference.scopes.map { symbols[$0] + "/" }.joined() + symbols[reference.id]
      + (reference.pin.map { "." + symbols[$0] } ?? "") + reference.indices.map { "[\($0)]" }.joined()
  }

  /// A content as text; empty for binary data.
  func text(_ content: Pin.Content) -> String {
    switch content {
    case .text(let range): source.text(range)
    case .unescaped(let bytes): String(decoding: bytes, as: UTF8.self)
    case .binary: ""
    }
  }
}
