import Blocks
import Diagnostics
import Page

/// When a block that changes variables runs.
public struct Update: Sendable {
  public var block: Int32
  /// The blocks whose variables it changes, by updated pin.
  public var variables: [Int32]
  /// Whether it runs before all other readers of its variables; otherwise it runs after them.
  public var isBefore: Bool
  /// The reader that it depends on, which is why it runs after; -1 when it runs before.
  public var reader: Int32
}

/// Links -> the place of each update among the readers of its variables.
///
/// An update happens before all other readers of its variables where the wires allow it, that is, where it does not depend on one
/// of them; otherwise after all of them. It is decided update by update, in page order, and what was decided counts like a wire.
struct Updates {
  struct Edge {
    var from: Int32
    var to: Int32
  }

  private(set) var updates: [Update] = []
  private(set) var edges: [Edge] = []
  private(set) var diagnostics: [Diagnostic] = []

  /// The blocks that are looked at in all searches together: enough for a thousand updates of a page of 100,000 blocks.
  private static let searchLimit = 100_000_000

  private let page: Page
  private let links: Links
  private let users: Users
  private let catalogue: Catalogue
  // What was decided, by block: whom it waits for, and who waits for it.
  private var edgesInto: [Int32: [Int32]] = [:]
  private var edgesFrom: [Int32: [Int32]] = [:]
  // By block that hands on the variable it updates: that variable, -1 when it is none. Updates may form long chains.
  private var handedOn: [Int32: Int32] = [:]
  // The number of the search that has seen a block last.
  private var seen: [Int32]
  private var search: Int32 = 0
  private var visits = 0

  static func run(_ page: Page, _ links: Links, _ users: Users, catalogue: Catalogue) -> Updates {
    var stage = Updates(page, links, users, catalogue)
    let ends = stage.collect()
    let actions = links.types.indices.map(Int32.init).filter { stage.type($0)?.isAction ?? false }
    if stage.updates.isEmpty, actions.count < 2 { return stage }
    stage.seen = Array(repeating: 0, count: links.types.count)
    let readers = stage.readers()
    var last: [Int32: [Bool: Int32]] = [:]
    for index in stage.updates.indices where stage.visits < searchLimit { stage.decide(index, readers, &last) }
    if !ends.isEmpty { stage.place(ends) }
    stage.chain(actions)
    if stage.visits >= searchLimit, let block = stage.updates.last?.block ?? actions.last {
      stage.diagnostics.append(
        Diagnostic(
          .limit, "the page has too many updates of variables to find their order",
          at: page.source.location(of: page.blocks[Int(block)].range),
          block: page.displayName(ofBlock: Int(block)), fix: "make several pages of it"))
    }
    return stage
  }

  private init(_ page: Page, _ links: Links, _ users: Users, _ catalogue: Catalogue) {
    self.page = page
    self.links = links
    self.users = users
    self.catalogue = catalogue
    seen = []
  }

  private func type(_ block: Int32) -> BlockType? {
    let type = links.types[Int(block)]
    return type < 0 ? nil : catalogue.types[Int(type)]
  }

  // MARK: Collecting

  /// Finds all updates that run, with their variables; returns the blocks that read a variable at the end, with it.
  private mutating func collect() -> [(block: Int32, variable: Int32)] {
    var isReached: [Bool]?
    var ends: [(block: Int32, variable: Int32)] = []
    for block in links.types.indices {
      guard let type = type(Int32(block)), type.inputs.contains(where: { $0.variableUse != nil }) else { continue }
      var variables: [Int32] = []
      for source in links.sources(ofBlock: block) {
        guard let use = type.inputs[Int(source.pin)].variableUse else { continue }
        guard let variable = variable(at: source) else {
          if case .broken = source.content { continue }
          reportNoVariable(source, type.inputs[Int(source.pin)], Int(block))
          continue
        }
        switch use {
        case .update: variables.append(variable)
        case .end: ends.append((Int32(block), variable))
        }
      }
      if isReached == nil { isReached = reached() }
      if !variables.isEmpty, isReached?[block] == true {
        updates.append(Update(block: Int32(block), variables: variables, isBefore: true, reader: -1))
      }
    }
    return ends
  }

  /// The variable that a wire brings: from its block, or through blocks that update it.
  private mutating func variable(at source: Links.Source) -> Int32? {
    var source = source
    var passed: [Int32] = []
    var found: Int32?
    // As many steps as there are blocks: wires may form a cycle.
    for _ in links.types.indices {
      guard case .wire(_, let from, let output, _) = source.content, let type = type(from) else { break }
      if type.role == .variable {
        found = from
        break
      }
      guard type.outputs.indices.contains(Int(output)), let name = type.outputs[Int(output)].variablePin,
        let pin = type.inputs.firstIndex(where: { $0.name == name })
      else { break }
      if let known = handedOn[from] {
        found = known < 0 ? nil : known
        break
      }
      passed.append(from)
      guard let next = links.sources(ofBlock: Int(from)).first(where: { Int($0.pin) == pin }) else { break }
      source = next
    }
    for block in passed { handedOn[block] = found ?? -1 }
    return found
  }

  private mutating func reportNoVariable(_ source: Links.Source, _ pin: Pin, _ block: Int) {
    let place: SourceRange =
      switch source.content {
      case .wire(let wire, _, _, _), .broken(let wire): page.wires[Int(wire)].range
      case .text(let text): page.pins[Int(text)].contentRange
      case .feed: page.blocks[block].range
      }
    diagnostics.append(
      Diagnostic(
        .notAVariable, "`\(pin.name)` must be wired to a variable", at: page.source.location(of: place), block: page.displayName(ofBlock: block),
        pin: pin.name, fix: "wire it to the `ref` of a Variable, or to the output of a block that updates one"))
  }

  /// What the sessions run: everything upstream of them. Without a session: all.
  private func reached() -> [Bool] {
    var open = links.types.indices.filter { type(Int32($0))?.role == .session }.map { Int32($0) }
    if open.isEmpty { return Array(repeating: true, count: links.types.count) }
    var reached = Array(repeating: false, count: links.types.count)
    for block in open { reached[Int(block)] = true }
    while let block = open.popLast() {
      for index in links.ranges[Int(block)] {
        guard case .wire(_, let from, _, _) = links.sources[Int(index)].content, !reached[Int(from)] else { continue }
        reached[Int(from)] = true
        open.append(from)
      }
    }
    return reached
  }

  /// By variable: the blocks that read it. Sessions only show it, and a variable that starts from it reads it once.
  private mutating func readers() -> [Int32: [Int32]] {
    let updated = Set(updates.flatMap(\.variables))
    var readers: [Int32: [Int32]] = [:]
    for source in links.sources {
      guard case .wire(_, let from, _, _) = source.content, updated.contains(from), let user = type(source.block) else { continue }
      if user.role == .session || user.role == .variable || user.inputs[Int(source.pin)].variableUse != nil { continue }
      if readers[from]?.last != source.block { readers[from, default: []].append(source.block) }
    }
    // The blocks that gradients add read what the blocks between outputs and inputs read.
    for block in links.types.indices where type(Int32(block))?.role == .gradients {
      markAncestors(of: Int32(block))
      for (variable, users) in readers where users.contains(where: isMarked) && !users.contains(Int32(block)) {
        readers[variable, default: []].append(Int32(block))
      }
    }
    return readers
  }

  // MARK: Deciding

  private mutating func decide(_ index: Int, _ readers: [Int32: [Int32]], _ last: inout [Int32: [Bool: Int32]]) {
    let update = updates[index].block
    let others = updates[index].variables.flatMap { readers[$0] ?? [] }.filter { $0 != update }
    markAncestors(of: update)
    let reader = others.first { isMarked($0) }
    updates[index].isBefore = reader == nil
    updates[index].reader = reader ?? -1
    if reader == nil {
      for other in others where visits < Updates.searchLimit { add(update, other) }
    } else {
      // A reader that waits for the update itself cannot come before it.
      markDescendants(of: update)
      for other in others where visits < Updates.searchLimit && !isMarked(other) { add(other, update) }
    }
    // Updates of one variable follow one another in page order, where the wires say nothing else.
    for variable in updates[index].variables {
      let isBefore = updates[index].isBefore
      if let previous = last[variable]?[isBefore], previous != update {
        markAncestors(of: previous)
        if !isMarked(update) { add(previous, update) }
      }
      last[variable, default: [:]][isBefore] = update
    }
  }

  /// Puts blocks that read a variable at the end of the cycle after all its updates.
  private mutating func place(_ ends: [(block: Int32, variable: Int32)]) {
    var ofVariable: [Int32: [Int32]] = [:]
    for update in updates { for variable in update.variables { ofVariable[variable, default: []].append(update.block) } }
    for end in ends {
      for update in ofVariable[end.variable] ?? [] where update != end.block && visits < Updates.searchLimit {
        markAncestors(of: update)
        if !isMarked(end.block) { add(update, end.block) }
      }
    }
  }

  /// Puts blocks that act on the world outside in page order, where the wires do not say otherwise.
  private mutating func chain(_ actions: [Int32]) {
    guard var last = actions.first else { return }
    for action in actions.dropFirst() where visits < Updates.searchLimit {
      markAncestors(of: last)
      if isMarked(action) { continue }
      add(last, action)
      last = action
    }
  }

  private mutating func add(_ from: Int32, _ to: Int32) {
    // An edge takes memory too: it counts as ten blocks looked at.
    visits += 10
    edges.append(Edge(from: from, to: to))
    edgesInto[to, default: []].append(from)
    edgesFrom[from, default: []].append(to)
  }

  private func isMarked(_ block: Int32) -> Bool { seen[Int(block)] == search }

  private mutating func markAncestors(of block: Int32) { mark(from: block, forward: false) }
  private mutating func markDescendants(of block: Int32) { mark(from: block, forward: true) }

  private mutating func mark(from start: Int32, forward: Bool) {
    search += 1
    var open: [Int32] = []
    appendNeighbours(of: start, forward: forward, to: &open)
    while let block = open.popLast(), visits < Updates.searchLimit {
      visits += 1
      if seen[Int(block)] == search { continue }
      seen[Int(block)] = search
      appendNeighbours(of: block, forward: forward, to: &open)
    }
  }

  private func appendNeighbours(of block: Int32, forward: Bool, to open: inout [Int32]) {
    if forward {
      open += users.of(Int(block))
    } else {
      for source in links.sources(ofBlock: Int(block)) {
        if case .wire(_, let from, _, _) = source.content { open.append(from) }
      }
    }
    open += (forward ? edgesFrom : edgesInto)[block] ?? []
  }
}
