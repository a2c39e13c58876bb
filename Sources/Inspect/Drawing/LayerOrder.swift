/// Orders the items of layers so that few lines cross: barycentres swept to and fro, then neighbours swapped where that helps.
struct LayerOrder {
  private(set) var layers: [[Int]]
  private(set) var crossings = 0

  private let segments: [[LayeredLayout.Component.Segment]]
  private let heights: [Double]
  /// By item: its index in its layer.
  private var index: [Int]
  /// By item: its segments to the left and to the right, as (layer, index).
  private var leftEnds: [[(other: Int, y: Double, otherY: Double)]]
  private var rightEnds: [[(other: Int, y: Double, otherY: Double)]]

  init(layers: [[Int]], segments: [[LayeredLayout.Component.Segment]], heights: [Double]) {
    self.layers = layers
    self.segments = segments
    self.heights = heights
    index = Array(repeating: 0, count: heights.count)
    leftEnds = Array(repeating: [], count: heights.count)
    rightEnds = leftEnds
    for segment in segments.joined() {
      rightEnds[segment.left].append((segment.right, segment.leftY, segment.rightY))
      leftEnds[segment.right].append((segment.left, segment.rightY, segment.leftY))
    }
    initialOrder()
    improve()
  }

  /// Depth first from the items of the last layer, so that what belongs together starts out together.
  private mutating func initialOrder() {
    var isSeen = Array(repeating: false, count: heights.count)
    var order: [Int] = []
    order.reserveCapacity(heights.count)
    for start in layers.reversed().joined() where !isSeen[start] {
      var stack = [start]
      isSeen[start] = true
      while let item = stack.popLast() {
        order.append(item)
        for end in (leftEnds[item].sorted { $0.y < $1.y }.reversed()) where !isSeen[end.other] {
          isSeen[end.other] = true
          stack.append(end.other)
        }
      }
    }
    var rank = Array(repeating: 0, count: heights.count)
    for (place, item) in order.enumerated() { rank[item] = place }
    for layer in layers.indices { layers[layer].sort { rank[$0] < rank[$1] } }
    reindex()
  }

  private mutating func reindex() {
    for layer in layers.indices { reindex(layer) }
  }

  private mutating func reindex(_ layer: Int) {
    for (place, item) in layers[layer].enumerated() { index[item] = place }
  }

  private mutating func improve() {
    var best = layers
    crossings = countAll()
    let size = heights.count + segments.reduce(0) { $0 + $1.count }
    // Large pages get fewer sweeps: the time stays about linear.
    let sweeps = size < 4_000 ? 24 : size < 20_000 ? 10 : 4
    var fruitless = 0
    for sweep in 0..<sweeps where crossings > 0 && fruitless < 6 {
      if sweep.isMultiple(of: 2) {
        for layer in layers.indices.dropFirst() { sort(layer, by: leftEnds) }
      } else {
        for layer in layers.indices.dropLast().reversed() { sort(layer, by: rightEnds) }
      }
      if size < 8_000 { swapNeighbours() }
      let count = countAll()
      if count < crossings {
        (crossings, best) = (count, layers)
        fruitless = 0
      } else {
        fruitless += 1
      }
    }
    layers = best
    reindex()
  }

  /// Where a line ends in the order of its layer, pins of one box told apart.
  private func key(_ item: Int, _ y: Double) -> Double { Double(index[item]) + min(0.9, max(0, y / max(1, heights[item]) * 0.9)) }

  private mutating func sort(_ layer: Int, by ends: [[(other: Int, y: Double, otherY: Double)]]) {
    let keyed = layers[layer].enumerated().map { place, item -> (key: Double, place: Int, item: Int) in
      let lines = ends[item]
      if lines.isEmpty { return (Double(place), place, item) }
      return (lines.reduce(0) { $0 + key($1.other, $1.otherY) } / Double(lines.count), place, item)
    }
    // Items without lines on that side keep their places; the others are sorted among themselves.
    let loose = keyed.filter { ends[$0.item].isEmpty }
    let bound = keyed.filter { !ends[$0.item].isEmpty }.sorted { ($0.key, $0.place) < ($1.key, $1.place) }
    var isLoose = Array(repeating: false, count: keyed.count)
    for one in loose { isLoose[one.place] = true }
    var (nextLoose, nextBound) = (loose.makeIterator(), bound.makeIterator())
    layers[layer] = keyed.indices.compactMap { isLoose[$0] ? nextLoose.next()?.item : nextBound.next()?.item }
    reindex(layer)
  }

  private mutating func swapNeighbours() {
    for layer in layers.indices {
      var hasChanged = true
      var rounds = 0
      while hasChanged, rounds < 4 {
        hasChanged = false
        rounds += 1
        for place in layers[layer].indices.dropLast() {
          let (upper, lower) = (layers[layer][place], layers[layer][place + 1])
          let gain = balance(upper, lower, leftEnds) + balance(upper, lower, rightEnds)
          if gain > 0 {
            layers[layer].swapAt(place, place + 1)
            index[upper] = place + 1
            index[lower] = place
            hasChanged = true
          }
        }
      }
    }
  }

  /// Crossings of the lines of two neighbours as they are, less those when swapped.
  private func balance(_ upper: Int, _ lower: Int, _ ends: [[(other: Int, y: Double, otherY: Double)]]) -> Int {
    let (a, b) = (ends[upper], ends[lower])
    guard a.count * b.count <= 4_096 else { return 0 }
    var gain = 0
    for one in a {
      let first = key(one.other, one.otherY)
      for two in b {
        let second = key(two.other, two.otherY)
        if first > second { gain += 1 } else if first < second { gain -= 1 }
      }
    }
    return gain
  }

  // MARK: Counting

  private func countAll() -> Int { segments.reduce(0) { $0 + count($1) } }

  /// Inversions among lines sorted by their left ends, counted in a tree of sums.
  private func count(_ lines: [LayeredLayout.Component.Segment]) -> Int {
    if lines.count < 2 { return 0 }
    let keyed = lines.map { (left: key($0.left, $0.leftY), right: key($0.right, $0.rightY)) }.sorted { ($0.left, $0.right) < ($1.left, $1.right) }
    let ranks = Array(Set(keyed.map(\.right))).sorted()
    var rankOf: [Double: Int] = [:]
    for (rank, value) in ranks.enumerated() { rankOf[value] = rank + 1 }
    var tree = Array(repeating: 0, count: ranks.count + 1)
    var crossings = 0
    var start = 0
    while start < keyed.count {
      // Lines from one pin do not cross each other: all of them are counted before any is added.
      var end = start
      while end < keyed.count, keyed[end].left == keyed[start].left { end += 1 }
      for line in keyed[start..<end] {
        var place = rankOf[line.right] ?? 0
        var below = 0
        while place > 0 {
          below += tree[place]
          place -= place & -place
        }
        crossings += start - below
      }
      for line in keyed[start..<end] {
        var place = rankOf[line.right] ?? tree.count
        while place < tree.count {
          tree[place] += 1
          place += place & -place
        }
      }
      start = end
    }
    return crossings
  }
}
