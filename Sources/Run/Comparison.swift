import TensorCore

/// Comparing tensors of one dtype.
public enum Comparison {
  /// Where two tensors differ.
  public struct Difference: Sendable {
    /// The first element that differs, and how many do.
    public var first: Int
    public var count: Int
    /// The element that differs most, and by how much: not a number where one of the two is NaN, and for strings.
    public var worst: Int
    public var distance: Double
  }

  /// How the elements of `range` in `a` differ from all of `b`'s; nil when they do not. NaN equals NaN; numbers may differ by
  /// `tolerance · max(1, |b|)`, and 0 equals -0 unless `isExact`.
  public static func difference(_ a: Tensor, _ range: Range<Int>, _ b: Tensor, tolerance: Double, isExact: Bool = false) -> Difference? {
    guard a.dtype.stored == b.dtype.stored, range.lowerBound >= 0, range.upperBound <= a.count, range.count <= b.count else { return nil }
    let differs: (Int, Int) -> Double?
    if let element = a.dtype.element {
      differs = compare(a, b, tolerance, isExact, as: element)
    } else {
      let x = a.stringElements ?? []
      let y = b.stringElements ?? []
      differs = { x[$0] == y[$1] ? nil : .nan }
    }
    var found: Difference?
    for (position, index) in range.enumerated() {
      guard let distance = differs(index, position) else { continue }
      guard var difference = found else {
        found = Difference(first: index, count: 1, worst: index, distance: distance)
        continue
      }
      difference.count += 1
      // Where one is NaN and the other is not, nothing is worse.
      if !difference.distance.isNaN, !(distance <= difference.distance) {
        difference.worst = index
        difference.distance = distance
      }
      found = difference
    }
    return found
  }

  /// How far two elements lie apart; nil when they do not differ.
  private static func compare<Element: TensorElement>(
    _ a: Tensor, _ b: Tensor, _ tolerance: Double, _ isExact: Bool, as: Element.Type
  ) -> (Int, Int) -> Double? {
    let x = a.elements(as: Element.self) ?? []
    let y = b.elements(as: Element.self) ?? []
    // Only floats have two zeros.
    let hasSigns = isExact && Element.dtype.isDifferentiable
    return { i, j in
      if x[i] == y[j] { return hasSigns && Element.hasOtherBits(x[i], y[j]) ? 0 : nil }
      if Element.isSameNaN(x[i], y[j]) { return nil }
      let distance = Element.distance(x[i], y[j])
      return tolerance == 0 || !(distance <= tolerance * max(1, y[j].asDouble.magnitude)) ? distance : nil
    }
  }

  /// `[1, 2]` for a position in row-major order.
  public static func index(_ position: Int, in shape: Shape) -> String {
    "[" + indices(position, in: shape).map(String.init).joined(separator: ", ") + "]"
  }

  /// The index in each dimension of a position in row-major order.
  public static func indices(_ position: Int, in shape: Shape) -> [Int] {
    var rest = position
    var indices: [Int] = []
    for dim in shape.dims.reversed() where dim > 0 {
      indices.append(rest % dim)
      rest /= dim
    }
    return indices.reversed()
  }
}
