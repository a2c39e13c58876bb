import Blocks
import Compile
import Diagnostics
import Page
import Run
import TensorCore

/// What there is to draw of a page, before anything has a place.
struct PictureContent {
  let page: Page
  let graph: Graph?
  let catalogue: Catalogue
  /// One for each block of the page.
  private(set) var blocks: [Block]
  /// One for each wire of the page.
  let wires: [WireEnds]
  /// What is about no block.
  private(set) var diagnostics: [Diagnostic] = []

  struct Block {
    var name: String
    var type: String
    var definition: BlockType?
    var family: String
    var inputs: [Pin] = []
    var outputs: [Pin] = []
    /// `num_bits = 4`
    var settings: [String] = []
    var values: [Value] = []
    var state: BlockState?
    var clippedShare: Double?
    var diagnostics: [Diagnostic] = []
  }

  struct Pin {
    var name: String
    /// The text of an input, dtype and shape of an output.
    var detail = ""
    var isWired = false
  }

  struct Value {
    var name: String
    var caption: String
    var size: (width: Double, height: Double)
    var tensor: Tensor?
  }

  /// Members of a list that are shown; nobody looks at more.
  private static let maximalMembers = 4

  init(page: Page, graph: Graph?, report: RunReport?, diagnostics: [Diagnostic], reservesValues: Bool) {
    self.page = page
    self.graph = graph
    catalogue = graph?.catalogue ?? .standard
    wires = page.wireEnds(catalogue: catalogue)
    var families: [String: String] = [:]
    for family in catalogue.families { for type in family.types { families[type.name] = family.name } }
    let catalogue = catalogue
    blocks = page.blocks.indices.map { index in
      let type = page.symbols[page.blocks[index].type]
      return Block(name: page.displayName(ofBlock: index), type: type, definition: catalogue[type], family: families[type] ?? "")
    }
    addPins()
    addSettings()
    for index in blocks.indices { addValues(index, report, reservesValues) }
    if let graph, let report { addClipping(graph, report) }
    place(diagnostics)
  }

  // MARK: Pins

  private mutating func addPins() {
    var inputs = Array(repeating: [String: Int](), count: blocks.count)
    var outputs = inputs
    func add(_ name: String, to pins: inout [Pin], _ places: inout [String: Int]) -> Int {
      if let place = places[name] { return place }
      places[name] = pins.count
      pins.append(Pin(name: name))
      return pins.count - 1
    }
    for index in blocks.indices {
      guard let type = blocks[index].definition else { continue }
      for pin in type.inputs where !pin.isOptional { _ = add(pin.name, to: &blocks[index].inputs, &inputs[index]) }
      for (place, pin) in type.outputs.enumerated() {
        let added = add(pin.name, to: &blocks[index].outputs, &outputs[index])
        blocks[index].outputs[added].detail = detail(ofBlock: index, output: place, pin)
      }
    }
    for ends in wires {
      if let block = ends.from, let pin = ends.output {
        blocks[block].outputs[add(pin, to: &blocks[block].outputs, &outputs[block])].isWired = true
      }
      if let block = ends.to, let pin = ends.input {
        blocks[block].inputs[add(pin, to: &blocks[block].inputs, &inputs[block])].isWired = true
      }
    }
    for index in blocks.indices {
      for pin in page.blocks[index].pins where !page.pins[Int(pin)].isResult {
        let pin = page.pins[Int(pin)]
        let written = page.symbols[pin.name]
        let type = blocks[index].definition
        guard let known = type?.inputs.first(where: { $0.name == written || $0.spellings.contains(written) }) else {
          // Pins that this notation uses for settings, and names nobody knows.
          if type == nil, page.notation == .page {
            blocks[index].inputs[add(written, to: &blocks[index].inputs, &inputs[index])].detail = text(pin.content)
          }
          continue
        }
        let place = add(known.name, to: &blocks[index].inputs, &inputs[index])
        if !blocks[index].inputs[place].isWired { blocks[index].inputs[place].detail = text(pin.content) }
      }
    }
  }

  private func detail(ofBlock block: Int, output: Int, _ pin: Blocks.Pin) -> String {
    guard let graph, graph.nodes.indices.contains(block), graph.nodes[block].type >= 0, !pin.isOperation else { return "" }
    let values = graph.values(ofBlock: block, output: output)
    guard let first = values.first else { return "" }
    let text = "\(graph.values[first].dtype) \(graph.values[first].shape)"
    return pin.isList && values.count > 1 ? "\(values.count) × \(text)" : text
  }

  /// The beginning of a text, on one line.
  private func text(_ content: Page.Pin.Content) -> String {
    guard let bytes = page.textBytes(of: content) else { return "(in the .dat file)" }
    let start = String(decoding: bytes.prefix(200), as: UTF8.self)
    return start.split(whereSeparator: \.isWhitespace).joined(separator: " ") + (bytes.count > 200 ? "…" : "")
  }

  private mutating func addSettings() {
    for index in blocks.indices {
      blocks[index].settings = page.blocks[index].attrs.prefix(12).compactMap { attr in
        let attr = page.attrs[Int(attr)]
        let value = text(attr.value)
        // The editor of enuSpace writes all settings, empty ones too.
        if page.notation == .enuspace, value.isEmpty { return nil }
        var name = page.symbols[attr.name]
        if page.notation == .enuspace, name.hasSuffix("_") { name.removeLast() }
        return "\(name) = \(value)"
      }
    }
  }

  // MARK: Results

  private mutating func addValues(_ index: Int, _ report: RunReport?, _ reservesValues: Bool) {
    guard let type = blocks[index].definition else { return }
    var values: [Value] = []
    func add(_ pin: String, _ dtype: DType, _ shape: Shape?, _ tensor: Tensor?) {
      let size = shape.map { ValuePicture.size(dtype: dtype, shape: $0) } ?? ValuePicture.unknownSize
      values.append(Value(name: blocks[index].name + "." + pin, caption: pin, size: size, tensor: tensor))
    }
    if let report, report.blocks.indices.contains(index), case let block = report.blocks[index] {
      blocks[index].state = block.state
      for result in block.results {
        switch result.value {
        case .tensor(let tensor): add(result.pin, tensor.dtype, tensor.shape, tensor)
        case .list(let tensors):
          for (member, tensor) in tensors.prefix(PictureContent.maximalMembers).enumerated() {
            add("\(result.pin)[\(member)]", tensor.dtype, tensor.shape, tensor)
          }
        }
      }
    }
    if values.isEmpty, reservesValues, let graph, graph.nodes.indices.contains(index), graph.nodes[index].type >= 0 {
      for (output, pin) in type.outputs.enumerated() where !pin.isOperation {
        for (member, value) in graph.values(ofBlock: index, output: output).prefix(PictureContent.maximalMembers).enumerated() {
          add(pin.isList ? "\(pin.name)[\(member)]" : pin.name, graph.values[value].dtype, graph.values[value].shape.known, nil)
        }
      }
    }
    if values.count == 1 { values[0].caption = "" }
    blocks[index].values = values
    // The text of a constant is its value: once is enough.
    if page.notation == .page, values.count == 1, blocks[index].inputs.count == 1, !blocks[index].inputs[0].isWired {
      blocks[index].inputs[0].detail = ""
    }
  }

  private mutating func addClipping(_ graph: Graph, _ report: RunReport) {
    for (block, share) in FakeQuantClipping.shares(graph: graph, report: report) where blocks.indices.contains(block) && share > 0 {
      blocks[block].clippedShare = share
    }
  }

  private mutating func place(_ found: [Diagnostic]) {
    var places: [String: Int] = [:]
    for (index, block) in blocks.enumerated() where places[block.name] == nil { places[block.name] = index }
    for diagnostic in found {
      if let name = diagnostic.block, let index = places[name] {
        blocks[index].diagnostics.append(diagnostic)
      } else {
        diagnostics.append(diagnostic)
      }
    }
  }
}

extension ValuePicture {
  /// The room for a value whose shape only the run tells.
  static let unknownSize = (width: 136.0, height: 62.0)
}
