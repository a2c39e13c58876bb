import Blocks
import Compile
import Diagnostics
import Page
import TensorCore

/// What a page says, apart from how it is written: its blocks with their attrs, texts and wires. Results that are saved in it, drawings,
/// places and notes are not part of it.
public struct PageStructure: Sendable {
  /// Title, seed and expectations, as far as both notations have them.
  public var settings: [Item]
  public var blocks: [Block]
  /// Whether the notation has all settings.
  public var isComplete: Bool

  public struct Block: Sendable {
    public var name: String
    public var type: String
    /// Where it stands in its file.
    public var line: Int
    /// As the compiler understands it: the same in both notations. Nil for a block that is broken.
    public var understood: Parts?
    /// As it is written.
    public var written: Parts
  }

  /// What belongs to a block.
  public struct Parts: Sendable {
    /// Attrs that are not what they are by default.
    public var attrs: [Item] = []
    /// The texts of its input pins.
    public var pins: [Item] = []
    /// Into its input pins; an input list stands once for each wire.
    public var wires: [Item] = []
  }

  /// A name with what is written there.
  public struct Item: Sendable {
    public var name: String
    public var value: Value
  }

  public enum Value: Sendable, Equatable {
    case text(String)
    case tensor(Tensor)

    public static func == (a: Value, b: Value) -> Bool {
      switch (a, b) {
      case (.text(let a), .text(let b)): a == b
      case (.tensor(let a), .tensor(let b)): a.hasSameBits(as: b)
      default: false
      }
    }

    /// In a line of about `width` columns.
    func text(width: Int) -> String {
      switch self {
      case .text(let text): text
      case .tensor(let tensor): "\(tensor.dtype) \(tensor.shape) \(TensorText(tensor, width: width).values)"
      }
    }
  }

  /// Nothing.
  public init() {
    settings = []
    blocks = []
    isComplete = true
  }

  /// Understands a page as far as it can be understood.
  public init(_ page: Page, catalogue: Catalogue = .standard) {
    let graph = Compiler(catalogue: catalogue, options: PlanOptions(optimisations: [])).compile(page).graph
    settings = PageStructure.settings(page)
    isComplete = page.notation == .page
    let written = PageStructure.written(page)
    var triggers: [Int32: [String]] = [:]
    for trigger in graph.triggers { triggers[trigger.user, default: []].append(graph.name(ofBlock: Int(trigger.block))) }
    blocks = page.blocks.indices.map { block in
      Block(
        name: page.displayName(ofBlock: block), type: graph.typeName(ofBlock: block),
        line: page.source.location(of: page.blocks[block].range).line,
        understood: PageStructure.understood(graph, block, triggers[Int32(block)] ?? []),
        written: written[block])
    }
  }

  private static func settings(_ page: Page) -> [Item] {
    var items: [Item] = []
    if let title = page.title, page.notation == .page { items.append(Item(name: "title", value: .text(title))) }
    if let seed = page.seed { items.append(Item(name: "seed", value: .text(String(seed)))) }
    for expect in page.expects {
      var text = "\(words(page, expect.content))"
      if let shape = expect.shape { text += " shape \(page.source.text(shape))" }
      if let cycle = expect.cycle { text += " cycle \(cycle)" }
      if expect.tolerance != 0 { text += " tolerance \(expect.tolerance)" }
      items.append(Item(name: "expect " + name(page, expect.of, scope: expect.scope), value: .text(text)))
    }
    return items
  }

  private static func understood(_ graph: Graph, _ block: Int, _ triggers: [String]) -> Parts? {
    guard let type = graph.type(ofBlock: block) else { return nil }
    var parts = Parts()
    for (attr, value) in zip(type.attrs, graph.nodes[block].attrs) where attr.isWritten {
      if let value, value != attr.defaultValue { parts.attrs.append(Item(name: attr.name, value: .text(value.description))) }
    }
    for pin in type.inputs.indices {
      for operand in graph.operands(ofBlock: block, input: pin) {
        let value = Int(graph.operands[operand])
        if let source = graph.reference(toValue: value, alwaysWithPin: true) {
          parts.wires.append(Item(name: type.inputs[pin].name, value: .text(source)))
        } else if let constant = graph.values[value].constant {
          parts.pins.append(Item(name: type.inputs[pin].name, value: .tensor(constant)))
        }
      }
    }
    let operation = type.inputs.first(where: \.isOperation)?.name ?? type.inputs.first?.name ?? ""
    for trigger in triggers { parts.wires.append(Item(name: operation, value: .text(trigger))) }
    return parts
  }

  /// What stands in the page, by block.
  private static func written(_ page: Page) -> [Parts] {
    var all = page.blocks.map { block -> Parts in
      var parts = Parts()
      for attr in page.attrs[Int(block.attrs.lowerBound)..<Int(block.attrs.upperBound)] {
        parts.attrs.append(Item(name: page.symbols[attr.name], value: .text(words(page, attr.value))))
      }
      for pin in page.pins[Int(block.pins.lowerBound)..<Int(block.pins.upperBound)] where !pin.isResult {
        let told = [pin.dtype, pin.shape].compactMap { $0.map { page.source.text($0) } }
        parts.pins.append(Item(name: page.symbols[pin.name], value: .text((told + [words(page, pin.content)]).joined(separator: " "))))
      }
      return parts
    }
    var index: [String: Int] = [:]
    for block in page.blocks.indices.reversed() { index[page.displayName(ofBlock: block)] = block }
    for wire in page.wires {
      var target = wire.to
      target.pin = nil
      target.indices = []
      guard let block = index[name(page, target, scope: wire.scope)] else { continue }
      let pin = (wire.to.pin.map { page.symbols[$0] } ?? "") + wire.to.indices.map { "[\($0)]" }.joined()
      all[block].wires.append(Item(name: pin, value: .text(name(page, wire.from, scope: wire.scope))))
    }
    return all
  }

  private static func words(_ page: Page, _ content: Page.Pin.Content) -> String {
    guard let bytes = page.textBytes(of: content) else {
      if case .binary(let position) = content { return "binary data from byte \(position) on" }
      return ""
    }
    return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
      .joined(separator: " ")
  }

  /// A reference with all its scopes.
  private static func name(_ page: Page, _ reference: Page.Reference, scope: Int32) -> String {
    var names = reference.scopes.map { page.symbols[$0] } + [page.symbols[reference.id]]
    var scope = reference.isAbsolute ? 0 : scope
    while page.scopes.indices.contains(Int(scope)), let parent = page.scopes[Int(scope)].parent, parent < scope {
      names.insert(page.symbols[page.scopes[Int(scope)].name], at: 0)
      scope = parent
    }
    return names.joined(separator: "/") + (reference.pin.map { "." + page.symbols[$0] } ?? "")
      + reference.indices.map { "[\($0)]" }.joined()
  }

  /// One line for each part, in page order: what `git` compares when it is told to use it as text.
  public var text: String {
    var lines = settings.map { "\($0.name): \($0.value.text(width: .max))" }
    for block in blocks {
      lines.append("block \(block.name): \(block.type)")
      let parts = block.understood ?? block.written
      lines += parts.attrs.map { "  \($0.name) = \($0.value.text(width: .max))" }
      lines += parts.pins.map { "  \($0.name): \($0.value.text(width: 100_000))" }
      lines += parts.wires.map { "  \($0.name) <- \($0.value.text(width: .max))" }
    }
    return lines.map { DisplayText.safe($0) + "\n" }.joined()
  }
}
