import Blocks
import Diagnostics
import Page
import TensorCore

/// Links -> Graph: finds every tensor's dtype and as much of its shape and value as is known before the run.
///
/// Blocks are taken in dataflow order, so that a block's inputs are known when it is looked at. A block that depends on a
/// broken one is left out without a word of its own: the cause is reported once, where it is.
struct Infer {
  let page: Page
  let catalogue: Catalogue
  let links: Links
  let overrides: Overrides
  var graph: Graph
  var diagnostics: [Diagnostic] = []
  private var fedOutputs: [Int: Int] = [:]
  let texts: TextReader
  /// What the texts read so far take.
  private var textBytes = 0
  /// Makes gradients; there once the page asks for some.
  var differentiation: Differentiation?
  // The inputs of the block at hand; kept between blocks for their memory.
  private(set) var inputs: [Input] = []

  /// One member of an input pin of the block at hand.
  struct Input {
    var pin: Int
    var source: Links.Source
    /// Index into the graph's values; -1 until a text has been read.
    var value: Int32
  }

  static func run(
    _ page: Page, catalogue: Catalogue, links: Links, order: Order, overrides: Overrides, memoryLimit: Int
  ) -> (Graph, [Diagnostic]) {
    var stage = Infer(page, catalogue, links, overrides, memoryLimit)
    for block in order.blocks {
      stage.infer(Int(block))
      if stage.graph.nodes[Int(block)].type >= 0 { stage.graph.order.append(block) }
    }
    stage.graph.updates = order.updates.filter { stage.graph.nodes[Int($0.block)].type >= 0 }
    return (stage.graph, stage.diagnostics)
  }

  private init(_ page: Page, _ catalogue: Catalogue, _ links: Links, _ overrides: Overrides, _ memoryLimit: Int) {
    self.page = page
    self.catalogue = catalogue
    self.links = links
    let broken = Graph.Node(type: -1, attrs: [], inputs: 0..<0, inputEnds: [], outputs: 0..<0, outputEnds: [])
    let pool = StringPool()
    texts = TextReader(page: page, pool: pool)
    var overrides = overrides
    for index in overrides.feeds.indices { overrides.feeds[index].value = overrides.feeds[index].value.moved(into: pool) }
    self.overrides = overrides
    graph = Graph(
      page: page, catalogue: catalogue, nodes: Array(repeating: broken, count: page.blocks.count), values: [], operands: [], order: [],
      pool: pool, memoryLimit: memoryLimit)
    graph.values.reserveCapacity(page.blocks.count + page.blocks.count / 2)
    graph.operands.reserveCapacity(links.sources.count)
    for (index, feed) in overrides.feeds.enumerated() {
      if case .output(let block) = feed.target { fedOutputs[block] = index }
    }
  }

  private mutating func infer(_ block: Int) {
    guard links.types[block] >= 0 else { return }
    let type = catalogue.types[Int(links.types[block])]
    var attrs = links.attrs[block]
    if let feed = fedOutputs[block] {
      inferFed(block, type, attrs: attrs, feed: overrides.feeds[feed])
      return
    }
    // Every check is made even after one failed, so that a block's errors are told together.
    let before = diagnostics.count
    guard gatherInputs(block, type), !links.isBroken[block] else { return }
    bindTypes(block, type, &attrs)
    readTexts(block, type, &attrs)
    checkAttrs(block, type, attrs, inputsAreSound: diagnostics.count == before)
    guard diagnostics.count == before || !diagnostics[before...].hasErrors else { return }
    inferOutputs(block, type, attrs)
  }

  // MARK: Inputs

  /// Collects the members of all input pins; false when one of them comes from a broken block.
  private mutating func gatherInputs(_ block: Int, _ type: BlockType) -> Bool {
    inputs.removeAll(keepingCapacity: true)
    var isSound = true
    var next = Int(links.ranges[block].lowerBound)
    let end = Int(links.ranges[block].upperBound)
    for pin in type.inputs.indices {
      let definition = type.inputs[pin]
      let first = next
      let firstInput = inputs.count
      while next < end, Int(links.sources[next].pin) == pin {
        isSound = gather(links.sources[next], definition, block) && isSound
        next += 1
      }
      let members = inputs.count - firstInput
      switch definition.kind {
      case .tensor:
        if next == first, !definition.isOptional {
          report(
            .missingInput, "input pin `\(definition.name)` of \(type.name) has neither a wire nor text", block, at: page.blocks[block].range,
            pin: definition.name,
            fix: "write <wire from=\"…\" to=\"\(page.displayName(ofBlock: block)).\(definition.name)\"/> or <pin name=\"\(definition.name)\">…</pin>")
        } else if next - first > 1 {
          report(
            .tooManyWires, "`\(definition.name)` of \(type.name) takes one wire but has \(next - first)", block,
            at: range(of: links.sources[next - 1]), pin: definition.name, fix: "remove all but one of them")
        }
      case .list(let least):
        if members < least, isSound {
          report(
            .listLength, "`\(definition.name)` of \(type.name) needs \(least) or more wires but has \(members)", block,
            at: page.blocks[block].range, pin: definition.name,
            fix: "write <wire from=\"…\" to=\"\(page.displayName(ofBlock: block)).\(definition.name)\"/>")
        }
      case .operation:
        if next == first {
          report(
            .missingInput, "input pin `\(definition.name)` of \(type.name) has no wire", block, at: page.blocks[block].range, pin: definition.name,
            fix: "write <wire from=\"…\" to=\"\(page.displayName(ofBlock: block)).\(definition.name)\"/>")
        }
      case .fetch, .feed: break
      }
    }
    return isSound
  }

  private mutating func gather(_ source: Links.Source, _ definition: Pin, _ block: Int) -> Bool {
    switch source.content {
    case .broken: return false
    case .text:
      inputs.append(Input(pin: Int(source.pin), source: source, value: -1))
    case .feed(let index):
      let feed = overrides.feeds[Int(index)]
      graph.values.append(
        Graph.Value(dtype: feed.value.dtype, shape: PartialShape(feed.value.shape), constant: feed.value, isFed: true, block: Int32(block)))
      inputs.append(Input(pin: Int(source.pin), source: source, value: Int32(graph.values.count - 1)))
    case .wire(_, let from, let output, let member):
      guard graph.nodes[Int(from)].type >= 0 else { return false }
      let values = graph.values(ofBlock: Int(from), output: Int(output))
      let outputPin = catalogue.types[Int(graph.nodes[Int(from)].type)].outputs[Int(output)]
      let isList = outputPin.isList
      if outputPin.isFeed != definition.isFeed {
        report(
          .dtypeNotAllowed,
          definition.isFeed
            ? "`\(definition.name)` takes pairs of placeholder and value, but `\(outputPin.name)` of \(graph.type(ofBlock: Int(from))?.name ?? "the block") is none"
            : "`\(definition.name)` takes a tensor, but `\(outputPin.name)` is a pair of placeholder and value",
          block, at: range(of: source), pin: definition.name,
          fix: definition.isFeed ? "wire a FeedType to it" : "wire it to `inputs` of a ClientSession")
        return true
      }
      if outputPin.isOperation || definition.isOperation {
        return gatherOperation(source, from: Int(from), outputPin, to: definition, block)
      }
      if isList, member >= 0 {
        guard Int(member) < values.count else {
          let name = page.displayName(ofBlock: Int(from)) + "." + (graph.type(ofBlock: Int(from))?.outputs[Int(output)].name ?? "")
          report(
            .badIndex, "`\(name)` has \(values.count) elements: there is no [\(member)]", block, at: range(of: source), pin: definition.name,
            fix: values.isEmpty ? nil : "the last one is [\(values.count - 1)]")
          return true
        }
        inputs.append(Input(pin: Int(source.pin), source: source, value: Int32(values.lowerBound + Int(member))))
      } else if isList, !definition.isList {
        let name = page.displayName(ofBlock: Int(from))
        report(
          .badIndex, "`\(definition.name)` takes one tensor, but the wire brings a list of \(values.count)", block, at: range(of: source),
          pin: definition.name, fix: "pick one: `\(name).\(graph.type(ofBlock: Int(from))?.outputs[Int(output)].name ?? "output")[0]`")
      } else {
        for value in values { inputs.append(Input(pin: Int(source.pin), source: source, value: Int32(value))) }
      }
    }
    return true
  }

  /// A wire from a block that is only to run: it brings no tensor.
  private mutating func gatherOperation(_ source: Links.Source, from: Int, _ output: Pin, to definition: Pin, _ block: Int) -> Bool {
    let runs = if case .fetch = definition.kind { true } else { definition.isOperation }
    if runs {
      graph.triggers.append((Int32(from), Int32(block)))
    } else {
      report(
        .dtypeNotAllowed,
        "`\(definition.name)` takes a tensor, but `\(output.name)` of \(graph.type(ofBlock: from)?.name ?? "the block") brings none",
        block, at: range(of: source), pin: definition.name, fix: "wire it to `run_outputs` of a ClientSession")
    }
    return true
  }

  // MARK: Types

  /// Binds type variables from wires and checks every wire's dtype.
  private mutating func bindTypes(_ block: Int, _ type: BlockType, _ attrs: inout [AttrValue?]) {
    var binder = Array(repeating: -1, count: type.attrs.count)
    for input in inputs where input.value >= 0 {
      bind(graph.values[Int(input.value)].dtype, input, block, type, &attrs, &binder)
    }
  }

  /// Checks a dtype that arrives at a pin and binds the pin's type variable to it.
  mutating func bind(_ dtype: DType, _ input: Input, _ block: Int, _ type: BlockType, _ attrs: inout [AttrValue?], _ binder: inout [Int]) {
    let pin = type.inputs[input.pin]
    let isFeed = if case .feed = input.source.content { true } else { false }
    let id: DiagnosticID = isFeed ? .feedMismatch : .dtypeNotAllowed
    switch type.inputElements[input.pin] {
    case .any: break
    case .fixed(let wanted):
      if dtype != wanted {
        report(
          id, "`\(pin.name)` of \(type.name) takes \(wanted) but gets \(dtype)", block, at: range(of: input.source), pin: pin.name,
          fix: castHint(from: dtype, to: DTypeSet(wanted)))
      }
    case .variable(let index):
      let allowed = type.attrs[index].typeSet ?? .all
      if !allowed.contains(dtype) {
        report(
          id, "`\(pin.name)` of \(type.name) does not take \(dtype)", block, at: range(of: input.source), pin: pin.name,
          notes: ["it takes \(allowed)"], fix: castHint(from: dtype, to: allowed))
      } else if binder[index] >= 0 || (attrs[index] != nil && type.attrs[index].isWritten && type.attrs[index].defaultValue == nil),
        case .type(let bound)? = attrs[index], bound != dtype
      {
        let other = binder[index] >= 0 ? "`\(type.inputs[binder[index]].name)`" : "attr `\(type.attrs[index].name)`"
        report(
          .dtypeMismatch, "`\(pin.name)` of \(type.name) is \(dtype) but \(other) is \(bound): they must be the same", block,
          at: range(of: input.source), pin: pin.name, fix: castHint(from: dtype, to: DTypeSet(bound)))
      } else {
        attrs[index] = .type(dtype)
        if binder[index] < 0 { binder[index] = input.pin }
      }
    }
  }

  private func castHint(from dtype: DType, to wanted: DTypeSet) -> String? {
    guard dtype != .string, let target = wanted.members.first(where: { $0 != .string }) else { return nil }
    let wish = wanted.contains(.float) ? DType.float : target
    return "put a Cast block with DstT=\"\(wish)\" before it, or give the constant dtype=\"\(wish)\""
  }

  private mutating func checkAttrs(_ block: Int, _ type: BlockType, _ attrs: [AttrValue?], inputsAreSound: Bool) {
    for (index, definition) in type.attrs.enumerated() where attrs[index] == nil {
      // A dtype that an input would have given is missing only because that input is.
      let isGivenByInput = type.inputElements.contains { if case .variable(index) = $0 { true } else { false } }
      if definition.isWritten, inputsAreSound || !isGivenByInput {
        let example =
          switch definition.kind {
          case .int(let range): String(max(1, range.lowerBound))
          case .type(let set): set.contains(.float) ? "float" : set.members.first?.name ?? "float"
          case .choice(let words): words.first ?? "…"
          case .types: "float, int32"
          case .ints: "0, 1"
          default: "…"
          }
        report(
          .missingAttr, "\(type.name) needs the attr `\(definition.name)`", block, at: page.blocks[block].range, pin: definition.name,
          fix: "write <attrs \(definition.name)=\"\(example)\"/>")
      }
    }
  }

  // MARK: Outputs

  private mutating func inferOutputs(_ block: Int, _ type: BlockType, _ attrs: [AttrValue?]) {
    let values = inputs.map(\.value)
    do throws(BlockError) {
      if type.role == .gradients {
        try differentiate(block, type, attrs, values)
      } else {
        try graph.infer(block, type: links.types[block], attrs: attrs, inputs: values, inputEnds: inputEnds(type))
      }
    } catch {
      report(error, block, type)
    }
  }

  func inputEnds(_ type: BlockType) -> [Int32] {
    if inputs.count == type.inputs.count, inputs.indices.allSatisfy({ inputs[$0].pin == $0 }) { return type.singleInputEnds }
    var position = 0
    return type.inputs.indices.map { pin in
      while position < inputs.count, inputs[position].pin == pin { position += 1 }
      return Int32(position)
    }
  }

  private mutating func inferFed(_ block: Int, _ type: BlockType, attrs: [AttrValue?], feed: Overrides.Feed) {
    let value = feed.value
    let pin = type.outputs[0].name
    var attrs = attrs
    func fail(_ message: String, fix: String? = nil) {
      report(.feedMismatch, "\(feed.name): \(message)", block, at: page.blocks[block].range, pin: pin, fix: fix)
    }
    switch type.outputElements[0] {
    case .fixed(let wanted) where wanted != value.dtype:
      fail("`\(pin)` of \(type.name) is \(wanted) but is fed \(value.dtype)")
      return
    case .variable(let index):
      let allowed = type.attrs[index].typeSet ?? .all
      if type.attrs[index].isWritten, case .type(let wanted)? = attrs[index], wanted != value.dtype {
        fail("`\(pin)` is declared \(wanted) but is fed \(value.dtype)")
        return
      }
      if !allowed.contains(value.dtype) {
        fail("`\(pin)` of \(type.name) cannot be \(value.dtype)", fix: "it may be \(allowed)")
        return
      }
      attrs[index] = .type(value.dtype)
    default: break
    }
    if let index = type.attrs.firstIndex(where: { $0.name == "shape" }), case .shape(let shape)? = attrs[index],
      !shape.admits(value.shape)
    {
      fail("`\(pin)` is declared with shape \(shape) but is fed \(value.shape)")
      return
    }
    let index = Int32(graph.values.count)
    graph.values.append(Graph.Value(dtype: value.dtype, shape: PartialShape(value.shape), constant: value, isFed: true, block: Int32(block)))
    graph.nodes[block] = Graph.Node(
      type: links.types[block], attrs: attrs, inputs: 0..<0, inputEnds: type.inputs.map { _ in 0 }, outputs: index..<index + 1, outputEnds: [1])
  }

  // MARK: Reports

  mutating func report(_ error: BlockError, _ block: Int, _ type: BlockType) {
    var place = page.blocks[block].range
    var pin: String?
    if let input = error.input, type.inputs.indices.contains(input) {
      pin = type.inputs[input].name
      let members = inputs.filter { $0.pin == input }
      if let member = error.member, members.indices.contains(member) {
        place = range(of: members[member].source)
      } else if let source = members.last?.source {
        place = range(of: source)
      }
    } else if let attr = error.attr {
      pin = attr
      for index in page.blocks[block].attrs where [attr, attr + "_"].contains(page.symbols[page.attrs[Int(index)].name]) {
        place = page.attrs[Int(index)].valueRange
      }
    }
    report(error.id, error.message, block, at: place, pin: pin, notes: error.notes, fix: error.fix)
  }

  mutating func report(
    _ id: DiagnosticID, _ message: String, _ block: Int, at range: SourceRange, pin: String? = nil, notes: [String] = [], fix: String? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        id, message, at: page.source.location(of: range), block: graph.name(ofBlock: block), pin: pin, notes: notes, fix: fix))
  }

  /// Where a diagnostic about an input points: the wire, or the text.
  func range(of source: Links.Source) -> SourceRange {
    switch source.content {
    case .wire(let wire, _, _, _), .broken(let wire): page.wires[Int(wire)].range
    case .text(let pin): page.pins[Int(pin)].contentRange
    case .feed: page.blocks[Int(source.block)].range
    }
  }
}

extension Infer {
  /// Reads the texts of the block's pins, now that the wired pins have bound what they bind.
  mutating func readTexts(_ block: Int, _ type: BlockType, _ attrs: inout [AttrValue?]) {
    guard inputs.contains(where: { $0.value < 0 }) else { return }
    var binder = Array(repeating: -1, count: type.attrs.count)
    for input in inputs where input.value >= 0 {
      if case .variable(let index) = type.inputElements[input.pin] { binder[index] = input.pin }
    }
    // In page notation a text that declares its dtype speaks for those that declare none.
    let unread = inputs.indices.filter { inputs[$0].value < 0 }
    let declaring = unread.filter { declaresDType(inputs[$0]) }
    let open = unread.filter { !declaresDType(inputs[$0]) }
    for index in declaring + open {
      guard case .text(let pin) = inputs[index].source.content else { continue }
      let context = TextReader.Context(
        element: type.inputElements[inputs[index].pin], pin: type.inputs[inputs[index].pin], attrs: attrs, definitions: type.attrs, binder: binder)
      do throws(TextReader.Failure) {
        let tensor = try texts.read(page.pins[Int(pin)], context, limit: graph.memoryLimit - textBytes)
        textBytes += tensor.bytes.count
        let before = diagnostics.count
        bind(tensor.dtype, inputs[index], block, type, &attrs, &binder)
        if diagnostics.count > before { continue }
        inputs[index].value = Int32(graph.values.count)
        graph.values.append(
          Graph.Value(dtype: tensor.dtype, shape: PartialShape(tensor.shape), constant: tensor, isFed: false, block: Int32(block)))
      } catch {
        let notes = error.id == .tooLarge && textBytes > 0 ? ["the texts before it take \(Memory.sizeText(Double(textBytes)))"] : []
        report(error.id, error.message, block, at: error.range, pin: type.inputs[inputs[index].pin].name, notes: notes, fix: error.fix)
      }
    }
  }

  private func declaresDType(_ input: Input) -> Bool {
    guard page.notation == .page, case .text(let pin) = input.source.content else { return true }
    return page.pins[Int(pin)].dtype != nil
  }
}
