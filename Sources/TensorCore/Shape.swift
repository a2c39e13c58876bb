/// The shape of a tensor: its dimensions, outermost first. A scalar has none.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
  public var dims: [Int]

  public init(_ dims: [Int]) { self.dims = dims }
  public init(arrayLiteral dims: Int...) { self.dims = dims }

  public static let scalar = Shape([])
  /// The highest rank a tensor may have, TensorFlow's.
  public static let maxRank = 254
  public var rank: Int { dims.count }

  /// The product of the dimensions, nil when it does not fit `Int` or a dimension is negative.
  public var count: Int? { checkedProduct(dims) }

  /// `[2, 3]`; a scalar is `[]`.
  public var description: String { "[" + dims.map(String.init).joined(separator: ", ") + "]" }
}

/// The product of `dims`, nil for a negative factor or an overflow. A zero wins over an overflow elsewhere only when the
/// remaining factors fit, as TensorFlow has it.
public func checkedProduct(_ dims: some Sequence<Int>) -> Int? {
  var product = 1
  var hasZero = false
  for dim in dims {
    if dim < 0 { return nil }
    if dim == 0 {
      hasZero = true
      continue
    }
    let (next, overflow) = product.multipliedReportingOverflow(by: dim)
    if overflow { return nil }
    product = next
  }
  return hasZero ? 0 : product
}

/// What is known about a shape before the run: nothing, its rank, or some or all dimensions.
public struct PartialShape: Hashable, Sendable, CustomStringConvertible {
  /// The dimensions, -1 for an unknown one; nil when not even the rank is known.
  public var dims: [Int]?

  public init(_ dims: [Int]?) { self.dims = dims }
  public init(_ shape: Shape) { dims = shape.dims }

  public static let unknown = PartialShape(nil)
  public static let scalar = PartialShape([])

  public var rank: Int? { dims?.count }

  /// The shape, when all of it is known.
  public var known: Shape? {
    guard let dims, !dims.contains(where: { $0 < 0 }) else { return nil }
    return Shape(dims)
  }

  /// Whether a tensor of `shape` may stand where this is expected.
  public func admits(_ shape: Shape) -> Bool {
    guard let dims else { return true }
    return dims.count == shape.rank && zip(dims, shape.dims).allSatisfy { $0 < 0 || $0 == $1 }
  }

  /// What both know together, nil when they contradict each other.
  public func merged(with other: PartialShape) -> PartialShape? {
    guard let mine = dims else { return other }
    guard let theirs = other.dims else { return self }
    guard mine.count == theirs.count else { return nil }
    var merged = mine
    for (index, (a, b)) in zip(mine, theirs).enumerated() {
      if a >= 0, b >= 0, a != b { return nil }
      merged[index] = a >= 0 ? a : b
    }
    return PartialShape(merged)
  }

  /// `[2, ?]`, or `[…]` when the rank is unknown.
  public var description: String {
    guard let dims else { return "[…]" }
    return "[" + dims.map { $0 < 0 ? "?" : String($0) }.joined(separator: ", ") + "]"
  }
}
