import Testing

@testable import Inspect

/// Where the layered layout puts boxes and lines.
@Suite struct LayoutTests {
  typealias Layout = LayeredLayout

  private func nodes(_ count: Int) -> [Layout.Node] {
    (0..<count).map { Layout.Node(width: 90 + Double($0 * 37 % 80), height: 40 + Double($0 * 53 % 90)) }
  }

  private func edges(_ pairs: [(Int, Int)]) -> [Layout.Edge] { pairs.map { Layout.Edge(from: $0.0, fromY: 20, to: $0.1, toY: 20) } }

  /// A graph without cycles, the same for a seed.
  private func random(_ count: Int, lines: Int, seed: UInt64) -> [Layout.Edge] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    return (0..<lines).map { _ in
      let to = 1 + next(count - 1)
      return Layout.Edge(from: next(to), fromY: 12 + Double(next(2)) * 18, to: to, toY: 12 + Double(next(2)) * 18)
    }
  }

  private func boxes(_ nodes: [Layout.Node], _ outcome: Layout.Outcome) -> [Drawing.Rect] {
    zip(nodes, outcome.positions).map { Drawing.Rect(x: $1.x, y: $1.y, width: $0.width, height: $0.height) }
  }

  private func overlaps(_ boxes: [Drawing.Rect]) -> Int {
    var count = 0
    for (index, a) in boxes.enumerated() {
      for b in boxes[(index + 1)...] where a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom { count += 1 }
    }
    return count
  }

  /// Points along a route, close together.
  private func samples(_ route: [Drawing.Segment]) -> [Drawing.Point] {
    var points: [Drawing.Point] = []
    var at = Drawing.Point(x: 0, y: 0)
    for segment in route {
      switch segment {
      case .move(let to): at = to
      case .line(let to):
        for step in 0...20 { points.append(Drawing.Point(x: at.x + (to.x - at.x) * Double(step) / 20, y: at.y + (to.y - at.y) * Double(step) / 20)) }
        at = to
      case .curve(let a, let b, let to):
        for step in 0...20 {
          let t = Double(step) / 20
          let (p, q, r, s) = ((1 - t) * (1 - t) * (1 - t), 3 * t * (1 - t) * (1 - t), 3 * t * t * (1 - t), t * t * t)
          points.append(Drawing.Point(x: p * at.x + q * a.x + r * b.x + s * to.x, y: p * at.y + q * a.y + r * b.y + s * to.y))
        }
        at = to
      }
    }
    return points
  }

  @Test("boxes do not overlap, layers go forward, lines keep off the boxes", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
  func properties(_ seed: UInt64) {
    let nodes = nodes(40)
    let edges = random(40, lines: 60, seed: seed)
    let outcome = Layout.run(nodes: nodes, edges: edges)
    let boxes = boxes(nodes, outcome)
    #expect(overlaps(boxes) == 0)
    for (edge, route) in zip(edges, outcome.routes) {
      #expect(outcome.layers[edge.from] < outcome.layers[edge.to])
      #expect(boxes[edge.from].right < boxes[edge.to].x)
      #expect(route.first == .move(Drawing.Point(x: boxes[edge.from].right, y: boxes[edge.from].y + edge.fromY)))
      let touched = samples(route).filter { point in
        boxes.enumerated().contains { index, box in
          index != edge.from && index != edge.to && point.x > box.x && point.x < box.right && point.y > box.y && point.y < box.bottom
        }
      }
      #expect(touched.isEmpty, "\(edge)")
    }
  }

  @Test func theSameInputGivesTheSamePicture() {
    let edges = random(60, lines: 100, seed: 9)
    let (first, second) = (Layout.run(nodes: nodes(60), edges: edges), Layout.run(nodes: nodes(60), edges: edges))
    #expect(first.positions == second.positions)
    #expect(first.routes == second.routes)
  }

  @Test func knownGraphsHaveTheFewestCrossings() {
    func crossings(_ count: Int, _ pairs: [(Int, Int)]) -> Int { Layout.run(nodes: nodes(count), edges: edges(pairs)).crossings }
    // A tree, a ladder whose rungs are given crosswise, and two parts that are written interleaved.
    #expect(crossings(7, [(0, 2), (0, 1), (2, 3), (1, 5), (1, 6), (2, 4)]) == 0)
    #expect(crossings(8, [(0, 5), (1, 4), (2, 7), (3, 6), (5, 3), (4, 2)]) == 0)
    #expect(crossings(6, [(0, 3), (1, 4), (2, 5), (3, 5), (1, 3)]) == 0)
    // Two by two, all with all: one crossing cannot be avoided. Three by three: nine.
    #expect(crossings(4, [(0, 2), (0, 3), (1, 2), (1, 3)]) == 1)
    #expect(crossings(6, [(0, 3), (0, 4), (0, 5), (1, 3), (1, 4), (1, 5), (2, 3), (2, 4), (2, 5)]) == 9)
  }

  @Test func aChainIsAStraightLine() {
    let outcome = Layout.run(nodes: nodes(9), edges: edges((0..<8).map { ($0, $0 + 1) }))
    for route in outcome.routes { #expect(Set(samples(route).map { ($0.y * 100).rounded() }).count == 1) }
  }

  @Test func cyclesAndLinesToThemselvesAreDrawn() {
    let outcome = Layout.run(nodes: nodes(4), edges: edges([(0, 1), (1, 2), (2, 0), (3, 3), (1, 1)]))
    #expect(overlaps(boxes(nodes(4), outcome)) == 0)
    #expect(outcome.routes.allSatisfy { !$0.isEmpty })
  }

  @Test func nothingAndSingleBoxes() {
    #expect(Layout.run(nodes: [], edges: []).positions.isEmpty)
    let many = Layout.run(nodes: nodes(100), edges: [])
    #expect(overlaps(boxes(nodes(100), many)) == 0)
    #expect(many.width < 3 * many.height && many.height < 3 * many.width, "single boxes fill a sheet, not a strip")
  }

  /// A chain with lines from its first box to all others: their lengths add up to 12 million layers.
  @Test(.timeLimit(.minutes(1))) func hostileGraphsAreBounded() {
    let count = 5_000
    let lines = (0..<count - 1).map { ($0, $0 + 1) } + (1..<count).map { (0, $0) } + (1..<count).map { ($0 / 2, $0) }
    let outcome = Layout.run(nodes: nodes(count), edges: edges(lines.filter { $0.0 != $0.1 }))
    #expect(outcome.positions.count == count)
  }
}
