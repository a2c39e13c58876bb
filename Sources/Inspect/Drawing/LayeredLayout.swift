/// Boxes and the lines between them, placed in layers from left to right: by the longest path, with few crossings, the lines led around
/// the boxes. The same input gives the same picture; time and memory grow with boxes and lines, whatever the lines are.
struct LayeredLayout {
  struct Node: Sendable {
    var width: Double
    var height: Double
  }

  /// A line from the right side of a box to the left side of another; `fromY` and `toY` count from the boxes' tops.
  struct Edge: Sendable {
    var from: Int
    var fromY: Double
    var to: Int
    var toY: Double
  }

  struct Outcome: Sendable {
    /// The left upper corners.
    var positions: [Drawing.Point]
    /// By edge.
    var routes: [[Drawing.Segment]]
    /// By node; counts from the left.
    var layers: [Int]
    var width: Double
    var height: Double
    /// Lines that cross between two layers.
    var crossings: Int
  }

  static let rowGap = 26.0
  private static let packGap = 44.0

  static func run(nodes: [Node], edges: [Edge]) -> Outcome {
    var outcome = Outcome(
      positions: Array(repeating: Drawing.Point(x: 0, y: 0), count: nodes.count), routes: Array(repeating: [], count: edges.count),
      layers: Array(repeating: 0, count: nodes.count), width: 0, height: 0, crossings: 0)
    var parts: [(members: [Int], edges: [Int], layout: Component)] = []
    for (members, lines) in components(nodes.count, edges) {
      var place: [Int: Int] = [:]
      for (index, member) in members.enumerated() { place[member] = index }
      let inner = lines.compactMap { line -> Edge? in
        guard let from = place[edges[line].from], let to = place[edges[line].to] else { return nil }
        return Edge(from: from, fromY: edges[line].fromY, to: to, toY: edges[line].toY)
      }
      parts.append((members, lines, Component(nodes: members.map { nodes[$0] }, edges: inner)))
    }
    // Parts that hang together stand in rows; single boxes come last.
    let area = parts.reduce(0.0) { $0 + ($1.layout.width + packGap) * ($1.layout.height + packGap) }
    let limit = max(parts.map(\.layout.width).max() ?? 0, (area * 1.8).squareRoot())
    var (x, y, rowHeight) = (0.0, 0.0, 0.0)
    for part in parts.filter({ $0.members.count > 1 }) + parts.filter({ $0.members.count == 1 }) {
      if x > 0, x + part.layout.width > limit {
        (x, y, rowHeight) = (0, y + rowHeight + packGap, 0)
      }
      for (index, member) in part.members.enumerated() {
        let position = part.layout.positions[index]
        outcome.positions[member] = Drawing.Point(x: position.x + x, y: position.y + y)
        outcome.layers[member] = part.layout.layerOfItem[index]
      }
      for (index, line) in part.edges.enumerated() { outcome.routes[line] = part.layout.routes[index].map { $0.moved(x, y) } }
      outcome.crossings += part.layout.crossings
      x += part.layout.width + packGap
      rowHeight = max(rowHeight, part.layout.height)
      outcome.width = max(outcome.width, x - packGap)
      outcome.height = max(outcome.height, y + rowHeight)
    }
    return outcome
  }

  /// What hangs together: nodes and edges, in the order of their first nodes.
  private static func components(_ count: Int, _ edges: [Edge]) -> [(members: [Int], edges: [Int])] {
    var parent = Array(0..<count)
    func root(_ node: Int) -> Int {
      var node = node
      while parent[node] != node {
        parent[node] = parent[parent[node]]
        node = parent[node]
      }
      return node
    }
    for edge in edges {
      let (a, b) = (root(edge.from), root(edge.to))
      if a != b { parent[max(a, b)] = min(a, b) }
    }
    var place = Array(repeating: -1, count: count)
    var parts: [(members: [Int], edges: [Int])] = []
    for node in 0..<count {
      let top = root(node)
      if place[top] < 0 {
        place[top] = parts.count
        parts.append(([], []))
      }
      parts[place[top]].members.append(node)
    }
    for (index, edge) in edges.enumerated() { parts[place[root(edge.from)]].edges.append(index) }
    return parts
  }
}

extension Drawing.Segment {
  func moved(_ dx: Double, _ dy: Double) -> Drawing.Segment {
    func move(_ point: Drawing.Point) -> Drawing.Point { Drawing.Point(x: point.x + dx, y: point.y + dy) }
    return switch self {
    case .move(let to): .move(move(to))
    case .line(let to): .line(move(to))
    case .curve(let a, let b, let to): .curve(move(a), move(b), move(to))
    }
  }
}
