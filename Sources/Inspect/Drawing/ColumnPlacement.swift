/// How far down each item stands: as near to the ends of its lines as its neighbours in the layer allow, so that lines are straight.
struct ColumnPlacement {
  /// By item.
  private(set) var tops: [Double]

  private let layers: [[Int]]
  private let heights: [Double]
  private let nodeCount: Int
  private let gap: Double

  private struct End {
    var other: Int
    /// How much lower this item's top must be than the other's for a straight line.
    var shift: Double
    var weight: Double
  }
  private var leftEnds: [[End]]
  private var rightEnds: [[End]]

  init(layers: [[Int]], segments: [[LayeredLayout.Component.Segment]], heights: [Double], nodeCount: Int, gap: Double) {
    self.layers = layers
    self.heights = heights
    self.nodeCount = nodeCount
    self.gap = gap
    tops = Array(repeating: 0, count: heights.count)
    leftEnds = Array(repeating: [], count: heights.count)
    rightEnds = leftEnds
    for segment in segments.joined() {
      let lanes = (segment.left >= nodeCount ? 1 : 0) + (segment.right >= nodeCount ? 1 : 0)
      // Long lines above all shall be straight.
      let weight = [1.0, 2, 8][lanes]
      let shift = segment.leftY - segment.rightY
      leftEnds[segment.right].append(End(other: segment.left, shift: shift, weight: weight))
      rightEnds[segment.left].append(End(other: segment.right, shift: -shift, weight: weight))
    }
    stack()
    for round in 0..<12 {
      let order = round.isMultiple(of: 2) ? Array(layers.indices) : layers.indices.reversed()
      for layer in order { settle(layer, usesLeft: round >= 6 || round.isMultiple(of: 2), usesRight: round >= 6 || !round.isMultiple(of: 2)) }
    }
    straighten()
    let least = layers.joined().map { tops[$0] }.min() ?? 0
    for item in tops.indices { tops[item] -= least }
  }

  private func distance(_ upper: Int, _ lower: Int) -> Double {
    let room = upper >= nodeCount && lower >= nodeCount ? 10 : upper >= nodeCount || lower >= nodeCount ? 14 : gap
    return heights[upper] + room
  }

  private mutating func stack() {
    for layer in layers {
      var y = 0.0
      for (place, item) in layer.enumerated() {
        if place > 0 { y += distance(layer[place - 1], item) }
        tops[item] = y
      }
      // Layers start out centred on each other.
      let half = (y + (layer.last.map { heights[$0] } ?? 0)) / 2
      for item in layer { tops[item] -= half }
    }
  }

  /// The least sum of squared ways from where the items of a layer want to stand, in order and with room between them: neighbours that
  /// push each other become one group, which stands where it wants to on average.
  private mutating func settle(_ layer: Int, usesLeft: Bool, usesRight: Bool) {
    let items = layers[layer]
    struct Group {
      var sum: Double
      var weight: Double
      var count: Int
      var at: Double { sum / weight }
    }
    var groups: [Group] = []
    var offsets: [Double] = []
    var offset = 0.0
    for (place, item) in items.enumerated() {
      if place > 0 { offset += distance(items[place - 1], item) }
      offsets.append(offset)
      var (sum, weight) = (0.0, 0.0)
      if usesLeft {
        for end in leftEnds[item] { (sum, weight) = (sum + end.weight * (tops[end.other] + end.shift), weight + end.weight) }
      }
      if usesRight {
        for end in rightEnds[item] { (sum, weight) = (sum + end.weight * (tops[end.other] + end.shift), weight + end.weight) }
      }
      if weight == 0 { (sum, weight) = (tops[item] * 0.05, 0.05) }
      var group = Group(sum: sum - offset * weight, weight: weight, count: 1)
      while let last = groups.last, last.at > group.at {
        group = Group(sum: last.sum + group.sum, weight: last.weight + group.weight, count: last.count + group.count)
        groups.removeLast()
      }
      groups.append(group)
    }
    var place = 0
    for group in groups {
      for _ in 0..<group.count {
        tops[items[place]] = group.at + offsets[place]
        place += 1
      }
    }
  }

  /// Where a line is nearly straight and there is room, it becomes straight.
  private mutating func straighten() {
    for (ends, order) in [(rightEnds, Array(layers.indices.reversed())), (leftEnds, Array(layers.indices))] {
      for layer in order {
        let items = layers[layer]
        for (place, item) in items.enumerated() {
          let wanted = ends[item].map { tops[$0.other] + $0.shift - tops[item] }.min { abs($0) < abs($1) }
          guard let move = wanted, abs(move) > 0.01, abs(move) < 24 else { continue }
          let top = tops[item] + move
          if place > 0, top < tops[items[place - 1]] + distance(items[place - 1], item) { continue }
          if place + 1 < items.count, top + distance(item, items[place + 1]) > tops[items[place + 1]] { continue }
          tops[item] = top
        }
      }
    }
  }
}
