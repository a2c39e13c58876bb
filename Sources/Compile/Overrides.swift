import Blocks
import Diagnostics
import Page
import TensorCore

/// What the command line or an embedding program puts in the place of what the page says.
public struct Overrides: Sendable {
  /// A value that stands in for an input pin, or for the only output of a block.
  public struct Feed: Sendable {
    public enum Target: Sendable, Hashable {
      case input(block: Int, pin: Int)
      case output(block: Int)
    }
    public var target: Target
    public var value: Tensor
    /// What it is called in messages: the reference and the file.
    public var name: String

    public init(target: Target, value: Tensor, name: String) {
      self.target = target
      self.value = value
      self.name = name
    }
  }

  public var feeds: [Feed]
  /// The seed in place of the page's.
  public var seed: Int64?

  public init(feeds: [Feed] = [], seed: Int64? = nil) {
    self.feeds = feeds
    self.seed = seed
  }
}

/// Turns `REF=…` arguments into changes of a page.
public struct OverrideReader {
  public private(set) var page: Page
  public private(set) var overrides = Overrides()
  public private(set) var diagnostics: [Diagnostic] = []
  private let catalogue: Catalogue

  public init(page: Page, catalogue: Catalogue = .standard) {
    self.page = page
    self.catalogue = catalogue
  }

  /// `--set ID.pin=TEXT`: the pin's wire and text give way to this text, read as page notation.
  public mutating func set(_ argument: String) {
    guard let (name, text) = split(argument, option: "--set"), let (block, reference) = find(name, option: "--set") else { return }
    var names = Names(page: page, catalogue: catalogue)
    guard let type = names.type(page.blocks[block].type) else { return }
    guard let symbol = reference.pin ?? catalogue.types[type].inputs.first.map({ page.symbols.intern($0.name) }) else {
      report("--set: `\(name)` names no pin", fix: "write --set \(name).pin=…")
      return
    }
    names = Names(page: page, catalogue: catalogue)
    switch names.member(symbol, of: type) {
    case .input(let pin):
      page.wires.removeAll { wire in
        guard names.block(wire.to, in: wire.scope) == block else { return false }
        guard let target = wire.to.pin else { return catalogue.types[type].inputs.count == 1 }
        if case .input(let other) = names.member(target, of: type) { return other == pin }
        return false
      }
      page.replacePins(of: block, with: Array(text.utf8), name: symbol) { other in
        guard !other.isResult, case .input(let index) = names.member(other.name, of: type) else { return false }
        return index == pin
      }
    case .attr(let attr):
      page.replaceAttrs(of: block, with: Array(text.utf8), name: symbol) { other in
        if case .attr(let index) = names.member(other.name, of: type) { return index == attr }
        return false
      }
    case .output, .unknown:
      let known = catalogue.types[type].inputs.map(\.name) + catalogue.types[type].attrs.filter(\.isWritten).map(\.name)
      report(
        "--set: \(catalogue.types[type].name) has no input pin or attr `\(page.symbols[symbol])`", fix: "it has " + known.joined(separator: ", "))
    }
  }

  /// `--feed ID=FILE.npy` or `--feed ID.pin=FILE.npy`, the file already read.
  public mutating func feed(_ name: String, value: Tensor, file: String) { feed(name, value: value, label: "--feed \(name)=\(file)") }

  /// A feed by any means; diagnostics call it `label`.
  public mutating func feed(_ name: String, value: Tensor, label: String) {
    guard let (block, reference) = find(name, option: "--feed") else { return }
    var names = Names(page: page, catalogue: catalogue)
    guard let type = names.type(page.blocks[block].type) else { return }
    let blockType = catalogue.types[type]
    if let pin = reference.pin {
      guard case .input(let index) = names.member(pin, of: type) else {
        if names.output(pin, of: type) != nil, blockType.outputs.count == 1, !blockType.outputs[0].isList {
          add(.output(block: block), value, label)
        } else {
          report(
            "--feed: \(blockType.name) has no input pin `\(page.symbols[pin])`", fix: "it has " + blockType.inputs.map(\.name).joined(separator: ", ")
          )
        }
        return
      }
      add(.input(block: block, pin: index), value, label)
    } else if blockType.outputs.count == 1, !blockType.outputs[0].isList {
      add(.output(block: block), value, label)
    } else {
      report("--feed: `\(name)` has not exactly one output to stand in for", fix: "feed an input pin: --feed \(name).pin=FILE.npy")
    }
  }

  /// A later feed of the same pin replaces the earlier one.
  private mutating func add(_ target: Overrides.Feed.Target, _ value: Tensor, _ name: String) {
    overrides.feeds.removeAll { $0.target == target }
    overrides.feeds.append(Overrides.Feed(target: target, value: value, name: name))
  }

  /// Splits at the first `=`.
  public mutating func split(_ argument: String, option: String) -> (name: String, rest: String)? {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      report("`\(option) \(argument)` has no `=`", fix: "write \(option) ID.pin=…")
      return nil
    }
    return (String(argument[..<equals]), String(argument[argument.index(after: equals)...]))
  }

  private mutating func find(_ name: String, option: String) -> (block: Int, reference: Page.Reference)? {
    guard let reference = page.reference(name) else {
      report("\(option): `\(name)` is no reference", fix: "write scope/id.pin")
      return nil
    }
    guard reference.indices.isEmpty else {
      report("\(option): `\(name)` has an index, but a pin is replaced as a whole", fix: "leave the index out")
      return nil
    }
    var names = Names(page: page, catalogue: catalogue)
    guard let block = names.block(reference, in: 0) else {
      report("\(option): there is no block `\(name)` in the page", fix: names.suggestion(forBlock: reference.id))
      return nil
    }
    return (block, reference)
  }

  private mutating func report(_ message: String, fix: String?) {
    diagnostics.append(Diagnostic(.badArgument, message, fix: fix))
  }
}
