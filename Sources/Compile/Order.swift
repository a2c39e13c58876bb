import Blocks
import Diagnostics
import HeapModule
import Page

/// Links -> the order in which blocks can be computed: dataflow order with updates of variables in their places, ties broken by
/// page order.
struct Order {
  /// Every block that is in no cycle and depends on none.
  var blocks: [Int32]
  var updates: [Update]
  var diagnostics: [Diagnostic]

  static func run(_ page: Page, _ links: Links, catalogue: Catalogue) -> Order {
    let count = page.blocks.count
    var users = Users(links, count: count)
    let updates = Updates.run(page, links, users, catalogue: catalogue)
    if !updates.edges.isEmpty { users = Users(links, updates.edges, count: count) }
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
    let cycles = order.count < count ? cycles(page, links, waiting: waiting) : []
    return Order(blocks: order, updates: updates.updates, diagnostics: cycles + updates.diagnostics)
  }

  /// One diagnostic for each knot of blocks that all depend on each other: the path of one cycle in it.
  private static func cycles(_ page: Page, _ links: Links, waiting: [Int32]) -> [Diagnostic] {
    let knots = Knots(links, waiting: waiting)
    var place = Array(repeating: -1, count: waiting.count)
    var isReported = Array(repeating: false, count: waiting.count)
    var diagnostics: [Diagnostic] = []
    for start in waiting.indices {
      let knot = knots.number[start]
      guard knot >= 0, !isReported[Int(knot)], let first = source(of: start, in: knot, links, knots) else { continue }
      isReported[Int(knot)] = true
      // Against the wires until a block comes twice; within a knot there is always a way on.
      var path: [(block: Int, wire: Int)] = []
      var block = start
      var step = first
      while place[block] < 0 {
        place[block] = path.count
        path.append((block, step.wire))
        block = step.block
        guard let next = source(of: block, in: knot, links, knots) else { break }
        step = next
      }
      diagnostics.append(describe(Array(path[place[block]...]), page))
    }
    return diagnostics
  }

  private static func source(of block: Int, in knot: Int32, _ links: Links, _ knots: Knots) -> (block: Int, wire: Int)? {
    for index in links.ranges[block] {
      if case .wire(let wire, let from, _, _) = links.sources[Int(index)].content, knots.number[Int(from)] == knot { return (Int(from), Int(wire)) }
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

/// For each block the blocks that wait for it, as one array of ranges.
struct Users {
  let starts: [Int32]
  let users: [Int32]
  /// By block: the number of wires it waits for.
  let dependencies: [Int32]

  init(_ links: Links, _ edges: [Updates.Edge] = [], count: Int) {
    var starts = Array(repeating: Int32(0), count: count + 1)
    var dependencies = Array(repeating: Int32(0), count: count)
    for source in links.sources {
      guard case .wire(_, let from, _, _) = source.content else { continue }
      starts[Int(from) + 1] += 1
      dependencies[Int(source.block)] += 1
    }
    for edge in edges {
      starts[Int(edge.from) + 1] += 1
      dependencies[Int(edge.to)] += 1
    }
    for index in 0..<count { starts[index + 1] += starts[index] }
    var positions = starts
    var users = Array(repeating: Int32(0), count: Int(starts[count]))
    for source in links.sources {
      guard case .wire(_, let from, _, _) = source.content else { continue }
      users[Int(positions[Int(from)])] = source.block
      positions[Int(from)] += 1
    }
    for edge in edges {
      users[Int(positions[Int(edge.from)])] = edge.to
      positions[Int(edge.from)] += 1
    }
    self.starts = starts
    self.users = users
    self.dependencies = dependencies
  }

  func of(_ block: Int) -> ArraySlice<Int32> { users[Int(starts[block])..<Int(starts[block + 1])] }
}

/// The strongly connected parts of the wires (Tarjan's algorithm without recursion).
private struct Knots {
  /// By block: the number of the part it belongs to; -1 for a block that is not waiting.
  private(set) var number: [Int32]

  init(_ links: Links, waiting: [Int32]) {
    number = Array(repeating: -1, count: waiting.count)
    var order = Array(repeating: Int32(-1), count: waiting.count)
    var low = order
    var next: Int32 = 0
    var count: Int32 = 0
    var members: [Int32] = []
    // Blocks being looked at, each with the position of its next source.
    var open: [(block: Int32, position: Int32)] = []

    func enter(_ block: Int32) {
      order[Int(block)] = next
      low[Int(block)] = next
      next += 1
      members.append(block)
      open.append((block, links.ranges[Int(block)].lowerBound))
    }
    for start in waiting.indices where waiting[start] > 0 && order[start] < 0 {
      enter(Int32(start))
      while let (block, position) = open.last {
        let index = Int(block)
        guard position < links.ranges[index].upperBound else {
          open.removeLast()
          if let user = open.last { low[Int(user.block)] = min(low[Int(user.block)], low[index]) }
          guard low[index] == order[index] else { continue }
          while let member = members.popLast() {
            number[Int(member)] = count
            if member == block { break }
          }
          count += 1
          continue
        }
        open[open.count - 1].position += 1
        guard case .wire(_, let from, _, _) = links.sources[Int(position)].content, waiting[Int(from)] > 0 else { continue }
        if order[Int(from)] < 0 {
          enter(from)
        } else if number[Int(from)] < 0 {
          low[index] = min(low[index], order[Int(from)])
        }
      }
    }
  }
}
