import Diagnostics
import HeapModule
import Page

/// Links -> the order in which blocks can be computed: dataflow order, ties broken by page order.
struct Order {
  /// Every block that is in no cycle and depends on none.
  var blocks: [Int32]
  var diagnostics: [Diagnostic]

  static func run(_ page: Page, _ links: Links) -> Order {
    let count = page.blocks.count
    let users = Users(links, count: count)
    var waiting = users.dependencies
    var ready = Heap<Int32>()
    for block in 0..<count where waiting[block] == 0 { ready.insert(Int32(block)) }
    var order: [Int32] = []
    order.reserveCapacity(count)
    while let block = ready.popMin() {
      order.append(block)
      for user in users.of(Int(block)) {
        waiting[Int(user)] -= 1
        if waiting[Int(user)] == 0 { ready.insert(user) }
      }
    }
    guard order.count < count else { return Order(blocks: order, diagnostics: []) }
    return Order(blocks: order, diagnostics: cycles(page, links, waiting: waiting))
  }

  /// One diagnostic for each cycle found by walking backwards from the blocks that are left.
  private static func cycles(_ page: Page, _ links: Links, waiting: [Int32]) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    // 0: not visited; otherwise the number of the walk that visited it.
    var visited = Array(repeating: Int32(0), count: waiting.count)
    var walk: Int32 = 0
    for start in waiting.indices where waiting[start] > 0 && visited[start] == 0 {
      walk += 1
      var path: [(block: Int, wire: Int)] = []
      var block = start
      while visited[block] == 0 {
        visited[block] = walk
        guard let (source, wire) = waitingSource(of: block, links, waiting) else { break }
        path.append((block, wire))
        block = source
      }
      guard visited[block] == walk, let first = path.firstIndex(where: { $0.block == block }) else { continue }
      diagnostics.append(describe(Array(path[first...]), page))
    }
    return diagnostics
  }

  private static func waitingSource(of block: Int, _ links: Links, _ waiting: [Int32]) -> (source: Int, wire: Int)? {
    for index in links.ranges[block] {
      if case .wire(let wire, let from, _, _) = links.sources[Int(index)].content, waiting[Int(from)] > 0 { return (Int(from), Int(wire)) }
    }
    return nil
  }

  /// `cycle` holds the blocks against the direction of the wires.
  private static func describe(_ cycle: [(block: Int, wire: Int)], _ page: Page) -> Diagnostic {
    let forward = Array(cycle.reversed())
    let smallest = forward.indices.min { forward[$0].block < forward[$1].block } ?? 0
    let rotated = Array(forward[smallest...] + forward[..<smallest])
    var names = rotated.map { page.displayName(ofBlock: $0.block) }
    if names.count > 12 { names = names.prefix(6) + ["… \(names.count - 11) more …"] + names.suffix(5) }
    names.append(page.displayName(ofBlock: rotated[0].block))
    // The wire that closes the cycle is the one into its first block.
    let closing = page.wires[rotated[0].wire]
    return Diagnostic(
      .cycle, "the wires form a cycle: " + names.joined(separator: " -> "), at: page.source.location(of: closing.range),
      block: page.displayName(ofBlock: rotated[0].block), fix: "remove one of its wires, for instance this one")
  }
}

/// For each block the blocks it is wired to, as one array of ranges.
private struct Users {
  let starts: [Int32]
  let users: [Int32]
  /// By block: the number of wires it waits for.
  let dependencies: [Int32]

  init(_ links: Links, count: Int) {
    var starts = Array(repeating: Int32(0), count: count + 1)
    var dependencies = Array(repeating: Int32(0), count: count)
    for source in links.sources {
      guard case .wire(_, let from, _, _) = source.content else { continue }
      starts[Int(from) + 1] += 1
      dependencies[Int(source.block)] += 1
    }
    for index in 0..<count { starts[index + 1] += starts[index] }
    var positions = starts
    var users = Array(repeating: Int32(0), count: Int(starts[count]))
    for source in links.sources {
      guard case .wire(_, let from, _, _) = source.content else { continue }
      users[Int(positions[Int(from)])] = source.block
      positions[Int(from)] += 1
    }
    self.starts = starts
    self.users = users
    self.dependencies = dependencies
  }

  func of(_ block: Int) -> ArraySlice<Int32> { users[Int(starts[block])..<Int(starts[block + 1])] }
}
