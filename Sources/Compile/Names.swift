import Blocks
import Diagnostics
import Page

/// Finds what the names of a page stand for: block types, blocks by scope and id, pins and attrs by type.
///
/// Everything is looked up by interned symbol; a string is made once per name and type.
struct Names {
  let page: Page
  let catalogue: Catalogue
  /// By symbol: the first block of that id; -1 for none.
  private var firstBlock: [Int32]
  /// Further blocks of an id, in other scopes than the first.
  private var furtherBlocks: [ScopeKey: Int32] = [:]
  private var childScopes: [ScopeKey: Int32] = [:]
  /// By symbol: index of the block type, -1 for none, -2 for not looked up yet.
  private var typeOfSymbol: [Int32]
  private var members: [MemberKey: Member] = [:]
  // For suggestions: the ids of blocks, and how many names have been compared.
  private var blockNames: [String]?
  private var comparisons = 0

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
    for (index, block) in page.blocks.enumerated() {
      let symbol = Int(block.id.index)
      // A duplicate in one scope does not shadow the block before it.
      if firstBlock[symbol] < 0 {
        firstBlock[symbol] = Int32(index)
      } else if page.blocks[Int(firstBlock[symbol])].scope != block.scope {
        let key = ScopeKey(parent: block.scope, name: block.id)
        if furtherBlocks[key] == nil { furtherBlocks[key] = Int32(index) }
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
    let first = firstBlock[Int(reference.id.index)]
    if first < 0 { return nil }
    if page.blocks[Int(first)].scope == scope { return Int(first) }
    return furtherBlocks[ScopeKey(parent: scope, name: reference.id)].map(Int.init)
  }

  /// The path of a block of that id in some other scope.
  private func elsewhere(_ id: Symbol) -> String? {
    guard firstBlock.indices.contains(Int(id.index)), firstBlock[Int(id.index)] >= 0 else { return nil }
    return "/" + page.displayName(ofBlock: Int(firstBlock[Int(id.index)]))
  }

  /// What to write instead of a block's id that is not there: its path when it stands in another scope, else a name like it.
  mutating func suggestion(forBlock id: Symbol) -> String? {
    if let path = elsewhere(id) { return "it stands in another scope: write `\(path)`" }
    if blockNames == nil { blockNames = page.blocks.prefix(Names.maximalCandidates).map { page.symbols[$0.id] } }
    return nearestName(to: page.symbols[id], among: blockNames ?? []).map { "did you mean `\($0)`?" }
  }

  /// The name most like `name`. Nil also when a page has so many wrong names that looking on would take long.
  mutating func nearestName(to name: String, among candidates: [String]) -> String? {
    guard comparisons < Names.maximalComparisons else { return nil }
    comparisons += candidates.count
    return nearest(to: name, among: candidates)
  }

  private static let maximalCandidates = 20_000
  private static let maximalComparisons = 50_000

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
