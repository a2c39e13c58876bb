extension LayeredLayout {
  /// One part that hangs together, laid out with its left upper corner at the origin.
  struct Component {
    let nodes: [Node]
    let edges: [Edge]
    private(set) var positions: [Drawing.Point] = []
    private(set) var routes: [[Drawing.Segment]] = []
    private(set) var width = 0.0
    private(set) var height = 0.0
    private(set) var crossings = 0

    /// Items are the nodes, then the places where long lines pass a layer.
    private(set) var layerOfItem: [Int]
    private var isReversed: [Bool]
    /// By layer: its items from top to bottom.
    private var layers: [[Int]] = []
    /// By edge: the items that it passes, from left to right; nil for one that is led past all layers.
    private var chains: [[Int]?] = []
    /// From a layer to the next, by layer of the left end.
    private var segments: [[Segment]] = []

    /// A stretch of line between neighbouring layers.
    struct Segment {
      var left: Int
      var leftY: Double
      var right: Int
      var rightY: Double
    }

    private static let laneHeight = 4.0

    init(nodes: [Node], edges: [Edge]) {
      self.nodes = nodes
      self.edges = edges
      layerOfItem = Array(repeating: 0, count: nodes.count)
      isReversed = Array(repeating: false, count: edges.count)
      breakCycles()
      assignLayers()
      addLanes()
      let order = LayerOrder(layers: layers, segments: segments, heights: layerOfItem.indices.map(height))
      layers = order.layers
      crossings = order.crossings
      place()
    }

    private func height(ofItem item: Int) -> Double { item < nodes.count ? nodes[item].height : Component.laneHeight }

    // MARK: Layers

    /// Edges against the direction of the others are turned round, as far as the layers are concerned.
    private mutating func breakCycles() {
      var outgoing = Array(repeating: [Int](), count: nodes.count)
      for (index, edge) in edges.enumerated() where edge.from != edge.to { outgoing[edge.from].append(index) }
      // 0 not seen, 1 on the way, 2 done.
      var state = Array(repeating: UInt8(0), count: nodes.count)
      for start in nodes.indices where state[start] == 0 {
        var path = [(node: start, next: 0)]
        state[start] = 1
        while let last = path.last {
          guard last.next < outgoing[last.node].count else {
            state[last.node] = 2
            path.removeLast()
            continue
          }
          path[path.count - 1].next += 1
          let index = outgoing[last.node][last.next]
          let target = edges[index].to
          if state[target] == 1 {
            isReversed[index] = true
          } else if state[target] == 0 {
            state[target] = 1
            path.append((target, 0))
          }
        }
      }
    }

    private func left(_ edge: Int) -> Int { isReversed[edge] ? edges[edge].to : edges[edge].from }
    private func right(_ edge: Int) -> Int { isReversed[edge] ? edges[edge].from : edges[edge].to }

    private mutating func assignLayers() {
      var outgoing = Array(repeating: [Int](), count: nodes.count)
      var missing = Array(repeating: 0, count: nodes.count)
      for index in edges.indices where edges[index].from != edges[index].to {
        outgoing[left(index)].append(right(index))
        missing[right(index)] += 1
      }
      let incomingCount = missing
      var order = nodes.indices.filter { missing[$0] == 0 }
      var next = 0
      while next < order.count {
        let node = order[next]
        next += 1
        for target in outgoing[node] {
          layerOfItem[target] = max(layerOfItem[target], layerOfItem[node] + 1)
          missing[target] -= 1
          if missing[target] == 0 { order.append(target) }
        }
      }
      // What feeds more than it is fed by stands as close to its readers as it can: constants beside what they are for.
      for node in order.reversed() where incomingCount[node] < outgoing[node].count {
        if let nearest = outgoing[node].map({ layerOfItem[$0] }).min() { layerOfItem[node] = max(layerOfItem[node], nearest - 1) }
      }
      if let least = layerOfItem.min(), least > 0 { for node in nodes.indices { layerOfItem[node] -= least } }
    }

    /// Lines longer than a layer get an item in each layer that they pass; lines from one pin share them.
    private mutating func addLanes() {
      struct Source: Hashable {
        var node: Int
        var y: Double
      }
      layers = Array(repeating: [], count: (layerOfItem.max() ?? 0) + 1)
      segments = Array(repeating: [], count: layers.count)
      for node in nodes.indices { layers[layerOfItem[node]].append(node) }
      chains = Array(repeating: nil, count: edges.count)
      var lanes: [Source: [Int]] = [:]
      // A page may have lines whose lengths add up to more than any memory: the longest go without.
      var budget = 20_000 + 6 * (nodes.count + edges.count)
      let order = edges.indices.sorted { (span($0), $0) < (span($1), $1) }
      // Lines against the direction are led over the boxes, past all of this.
      for index in order where edges[index].from != edges[index].to && !isReversed[index] {
        let (leftNode, rightNode) = (edges[index].from, edges[index].to)
        let (leftY, rightY) = (edges[index].fromY, edges[index].toY)
        let source = Source(node: leftNode, y: leftY)
        var lane = lanes[source] ?? []
        let wanted = layerOfItem[rightNode] - layerOfItem[leftNode] - 1
        if wanted - lane.count > budget { continue }
        while lane.count < wanted {
          let item = layerOfItem.count
          let layer = layerOfItem[leftNode] + lane.count + 1
          layerOfItem.append(layer)
          layers[layer].append(item)
          let previous = lane.last ?? leftNode
          segments[layer - 1].append(
            Segment(left: previous, leftY: lane.isEmpty ? leftY : Component.laneHeight / 2, right: item, rightY: Component.laneHeight / 2))
          lane.append(item)
          budget -= 1
        }
        lanes[source] = lane
        let used = Array(lane.prefix(max(0, wanted)))
        let last = used.last ?? leftNode
        segments[layerOfItem[rightNode] - 1].append(
          Segment(left: last, leftY: used.isEmpty ? leftY : Component.laneHeight / 2, right: rightNode, rightY: rightY))
        chains[index] = used
      }
    }

    private func span(_ edge: Int) -> Int { layerOfItem[right(edge)] - layerOfItem[left(edge)] }

    // MARK: Coordinates

    private mutating func place() {
      let column = ColumnPlacement(
        layers: layers, segments: segments, heights: layerOfItem.indices.map(height), nodeCount: nodes.count, gap: LayeredLayout.rowGap)
      let tops = column.tops
      var (starts, widths) = (Array(repeating: 0.0, count: layers.count), Array(repeating: 0.0, count: layers.count))
      for node in nodes.indices { widths[layerOfItem[node]] = max(widths[layerOfItem[node]], nodes[node].width) }
      var x = 0.0
      for layer in layers.indices {
        starts[layer] = x
        // Where lines climb far, or many of them do, there is more room to do so.
        let steepest = segments[layer].reduce(0.0) { max($0, abs(tops[$1.left] + $1.leftY - tops[$1.right] - $1.rightY)) }
        x += widths[layer] + min(120, max(44, 38 + steepest * 0.1 + Double(min(segments[layer].count, 40))))
      }
      width = (starts.last ?? 0) + (widths.last ?? 0)
      height = layerOfItem.indices.reduce(0.0) { max($0, tops[$1] + height(ofItem: $1)) }
      positions = nodes.indices.map { Drawing.Point(x: starts[layerOfItem[$0]], y: tops[$0]) }
      routes = edges.indices.map { route($0, tops: tops, starts: starts, widths: widths) }
    }

    private func route(_ index: Int, tops: [Double], starts: [Double], widths: [Double]) -> [Drawing.Segment] {
      let edge = edges[index]
      let start = Drawing.Point(x: positions[edge.from].x + nodes[edge.from].width, y: positions[edge.from].y + edge.fromY)
      let end = Drawing.Point(x: positions[edge.to].x, y: positions[edge.to].y + edge.toY)
      if isReversed[index] || edge.from == edge.to {
        return WirePath.back(start, end, over: min(positions[edge.from].y, positions[edge.to].y) - 14)
      }
      guard let chain = chains[index] else { return WirePath.direct(start, end) }
      var path = [Drawing.Segment.move(start)]
      var at = start
      // Straight to the edge of the layer, a curve through the gap, straight through the next layer.
      let layerRight = starts[layerOfItem[edge.from]] + widths[layerOfItem[edge.from]]
      if layerRight > at.x + 0.5 {
        at = Drawing.Point(x: layerRight, y: at.y)
        path.append(.line(at))
      }
      for item in chain {
        let layer = layerOfItem[item]
        let y = tops[item] + Component.laneHeight / 2
        let entry = Drawing.Point(x: starts[layer], y: y)
        path.append(WirePath.bend(at, entry))
        at = Drawing.Point(x: starts[layer] + widths[layer], y: y)
        path.append(.line(at))
      }
      path.append(WirePath.bend(at, end))
      return path
    }
  }
}

/// Curves of wires.
enum WirePath {
  /// From one point to another to its right, level at both ends; it never leaves the box between them.
  static func bend(_ from: Drawing.Point, _ to: Drawing.Point) -> Drawing.Segment {
    if abs(from.y - to.y) < 0.3 { return .line(to) }
    let middle = (from.x + to.x) / 2
    return .curve(Drawing.Point(x: middle, y: from.y), Drawing.Point(x: middle, y: to.y), to)
  }

  /// Between any two points, level at both ends.
  static func direct(_ from: Drawing.Point, _ to: Drawing.Point) -> [Drawing.Segment] {
    if to.x > from.x + 16 { return [.move(from), bend(from, to)] }
    let reach = min(160, max(40, abs(to.x - from.x) * 0.4))
    return [.move(from), .curve(Drawing.Point(x: from.x + reach, y: from.y), Drawing.Point(x: to.x - reach, y: to.y), to)]
  }

  /// Back to the left, above `over`.
  static func back(_ from: Drawing.Point, _ to: Drawing.Point, over: Double) -> [Drawing.Segment] {
    let (right, left) = (from.x + 22, to.x - 22)
    return [
      .move(from), .curve(Drawing.Point(x: right, y: from.y), Drawing.Point(x: right, y: over), Drawing.Point(x: from.x, y: over)),
      .line(Drawing.Point(x: to.x, y: over)),
      .curve(Drawing.Point(x: left, y: over), Drawing.Point(x: left, y: to.y), to),
    ]
  }
}
