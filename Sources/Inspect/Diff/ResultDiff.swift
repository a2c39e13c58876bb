import Run
import TensorCore

/// Where the results of two runs part.
public struct ResultDiff: Sendable {
  /// What the two are called.
  public var a: String
  public var b: String
  /// By how much numbers may differ: `tolerance · max(1, |b|)`.
  public var tolerance: Double
  /// In dataflow order: the first one is where they part.
  public var differences: [Difference]
  /// How many blocks have equal results, and how many have not.
  public var equalBlocks: Int
  public var differingBlocks: Int
  public var onlyInA: [String]
  public var onlyInB: [String]
  /// The cycle of both runs that is compared, when that is of interest.
  public var cycle: Int?

  /// One result that differs.
  public struct Difference: Sendable {
    public var block: String
    public var type: String?
    /// Nil when it is about the block.
    public var pin: String?
    public var what: What

    /// `block.pin`, or the block.
    public var name: String { pin.map { $0.isEmpty ? block : "\(block).\($0)" } ?? block }
  }

  public enum What: Sendable {
    case state(BlockState, BlockState)
    case dtype(DType, DType)
    case shape(Shape, Shape)
    /// Only one of the two has the result.
    case onlyOne(inA: Bool)
    case values(Comparison.Difference, a: Tensor, b: Tensor)
  }

  public var isEmpty: Bool { differences.isEmpty && onlyInA.isEmpty && onlyInB.isEmpty }

  /// Compares the results of two runs. With `isExact` 0 and -0 differ.
  public init(_ a: ResultSet, _ b: ResultSet, tolerance: Double = 0, isExact: Bool = false) {
    self.a = a.name
    self.b = b.name
    self.tolerance = tolerance
    differences = []
    equalBlocks = 0
    differingBlocks = 0
    // A file of tensors does not tell of blocks without results.
    let namesBlocks = { (set: ResultSet) in set.blocks.allSatisfy { $0.state != nil } }
    let (all, others) = (
      namesBlocks(b) ? a.blocks : a.blocks.filter { !$0.results.isEmpty }, namesBlocks(a) ? b.blocks : b.blocks.filter { !$0.results.isEmpty }
    )
    let inB = Dictionary(others.map { ($0.name, $0) }) { first, _ in first }
    let inA = Set(all.map(\.name))
    onlyInA = all.map(\.name).filter { inB[$0] == nil }
    onlyInB = others.map(\.name).filter { !inA.contains($0) }
    for block in ResultDiff.ordered(all, a, b) {
      guard let other = inB[block.name] else { continue }
      let found = ResultDiff.compare(block, other, tolerance, isExact)
      differences += found
      if found.isEmpty { equalBlocks += 1 } else { differingBlocks += 1 }
    }
    // Trends are kept by some runs only.
    for history in a.histories {
      guard let other = b.histories.first(where: { $0.name == history.name }) else { continue }
      let found = ResultDiff.values(history.values, other.values, tolerance, isExact)
      if let found { differences.append(Difference(block: "history of \(history.name)", type: nil, pin: nil, what: found)) }
    }
  }

  /// In dataflow order, as far as one of the two knows it.
  private static func ordered(_ blocks: [ResultSet.Block], _ a: ResultSet, _ b: ResultSet) -> [ResultSet.Block] {
    guard let set = a.order != nil ? a : b.order != nil ? b : nil, let order = set.order else { return blocks }
    var places: [String: Int] = [:]
    for (place, index) in order.enumerated() where set.blocks.indices.contains(index) { places[set.blocks[index].name] = place }
    return blocks.enumerated().sorted { x, y in
      let (p, q) = (places[x.element.name] ?? Int.max, places[y.element.name] ?? Int.max)
      return p != q ? p < q : x.offset < y.offset
    }.map(\.element)
  }

  private static func compare(_ a: ResultSet.Block, _ b: ResultSet.Block, _ tolerance: Double, _ isExact: Bool) -> [Difference] {
    func difference(_ pin: String?, _ what: What) -> Difference { Difference(block: a.name, type: a.type ?? b.type, pin: pin, what: what) }
    if let mine = a.state, let theirs = b.state, mine != theirs { return [difference(nil, .state(mine, theirs))] }
    var found: [Difference] = []
    for (pin, tensor) in a.results {
      guard let other = b.results.first(where: { $0.pin == pin })?.tensor else {
        found.append(difference(pin, .onlyOne(inA: true)))
        continue
      }
      if let what = values(tensor, other, tolerance, isExact) { found.append(difference(pin, what)) }
    }
    for (pin, _) in b.results where !a.results.contains(where: { $0.pin == pin }) { found.append(difference(pin, .onlyOne(inA: false))) }
    return found
  }

  private static func values(_ a: Tensor, _ b: Tensor, _ tolerance: Double, _ isExact: Bool) -> What? {
    // Files of numpy have no quantised dtypes.
    if a.dtype.stored != b.dtype.stored { return .dtype(a.dtype, b.dtype) }
    if a.shape != b.shape { return .shape(a.shape, b.shape) }
    return Comparison.difference(a, 0..<a.count, b, tolerance: tolerance, isExact: isExact).map { .values($0, a: a, b: b) }
  }
}
