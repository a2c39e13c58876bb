import Blocks
import Diagnostics
import Page

/// Finds what the names of a page stand for: block types, blocks by scope and id, pins and attrs by type.
///
/// Everything is looked up by interned symbol; a string is made once per name and type.
struct Names {
  let page: Page
  let catalogue: Catalogue
  /// By symbol: the last block of that id seen, linked through `nextOfSameID`.
  private var firstBlock: [Int32]
  private var nextOfSameID: [Int32]
  private var childScopes: [ScopeKey: Int32] = [:]
  /// By symbol: index of the block type, -1 for none, -2 for not looked up yet.
  private var typeOfSymbol: [Int32]
  private var members: [MemberKey: Member] = [:]

  private struct ScopeKey: Hashable {
    var parent: Int32
    var name: Symbol
  }
  private struct MemberKey: Hashable {
    var type: Int32
    var name: Symbol
  }

  /// What a name means to a block type.
  enum Member {
    case input(Int)
    case output(Int)
    case attr(Int)
    case unknown
  }

  init(page: Page, catalogue: Catalogue) {
    self.page = page
    self.catalogue = catalogue
    typeOfSymbol = Array(repeating: -2, count: page.symbols.count)
    firstBlock = Array(repeating: -1, count: page.symbols.count)
    nextOfSameID = Array(repeating: -1, count: page.blocks.count)
    for (index, block) in page.blocks.enumerated() {
      let symbol = Int(block.id.index)
      // The first block of an id comes first in its chain, so that a duplicate does not shadow it.
      if firstBlock[symbol] < 0 {
        firstBlock[symbol] = Int32(index)
      } else {
        var last = Int(firstBlock[symbol])
        while nextOfSameID[last] >= 0 { last = Int(nextOfSameID[last]) }
        nextOfSameID[last] = Int32(index)
      }
    }
    for (index, scope) in page.scopes.enumerated() {
      guard let parent = scope.parent else { continue }
      childScopes[ScopeKey(parent: parent, name: scope.name)] = childScopes[ScopeKey(parent: parent, name: scope.name)] ?? Int32(index)
    }
  }

  /// The block that `reference` means when it stands in `scope`: names are looked up in that scope only.
  func block(_ reference: Page.Reference, in scope: Int32) -> Int? {
    var scope = reference.isAbsolute ? 0 : scope
    for name in reference.scopes {
      guard let child = childScopes[ScopeKey(parent: scope, name: name)] else { return nil }
      scope = child
    }
    guard firstBlock.indices.contains(Int(reference.id.index)) else { return nil }
    var candidate = firstBlock[Int(reference.id.index)]
    while candidate >= 0 {
      if page.blocks[Int(candidate)].scope == scope { return Int(candidate) }
      candidate = nextOfSameID[Int(candidate)]
    }
    return nil
  }

  /// The path of a block of that id in some other scope, for a suggestion.
  func elsewhere(_ id: Symbol) -> String? {
    guard firstBlock.indices.contains(Int(id.index)), firstBlock[Int(id.index)] >= 0 else { return nil }
    return "/" + page.displayName(ofBlock: Int(firstBlock[Int(id.index)]))
  }

  /// The block type of a name.
  mutating func type(_ symbol: Symbol) -> Int? {
    let index = Int(symbol.index)
    guard typeOfSymbol.indices.contains(index) else { return nil }
    if typeOfSymbol[index] == -2 { typeOfSymbol[index] = catalogue.index(of: page.symbols[symbol]).map(Int32.init) ?? -1 }
    return typeOfSymbol[index] < 0 ? nil : Int(typeOfSymbol[index])
  }

  /// What `name` is on blocks of type `type`: a pin (an input before an output of the same name), an attr, or nothing.
  mutating func member(_ name: Symbol, of type: Int) -> Member {
    let key = MemberKey(type: Int32(type), name: name)
    if let known = members[key] { return known }
    let found = Names.member(page.symbols[name], of: catalogue.types[type])
    members[key] = found
    return found
  }

  /// The output pin of that name, also when an input is called the same.
  func output(_ name: Symbol, of type: Int) -> Int? {
    let text = page.symbols[name]
    return catalogue.types[type].outputs.firstIndex { $0.name == text || $0.spellings.contains(text) }
  }

  private static func member(_ name: String, of type: BlockType) -> Member {
    if let pin = type.inputs.firstIndex(where: { $0.name == name || $0.spellings.contains(name) }) { return .input(pin) }
    if let attr = type.attrs.firstIndex(where: { $0.isWritten && ($0.name == name || $0.spellings.contains(name)) }) { return .attr(attr) }
    if let pin = type.outputs.firstIndex(where: { $0.name == name || $0.spellings.contains(name) }) { return .output(pin) }
    // enuSpace writes an attr with `_` behind its name.
    if name.hasSuffix("_") {
      let bare = String(name.dropLast())
      if let attr = type.attrs.firstIndex(where: { $0.isWritten && ($0.name == bare || $0.spellings.contains(bare)) }) { return .attr(attr) }
    }
    return .unknown
  }
}
