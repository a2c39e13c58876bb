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
    guard a.dtype == b.dtype, range.lowerBound >= 0, range.upperBound <= a.count, range.count <= b.count else { return nil }
    let differs: (Int, Int) -> Double?
    switch a.dtype {
    case .float: differs = floats(a, b, tolerance, isExact, as: Float.self) { Double($0) }
    case .double: differs = floats(a, b, tolerance, isExact, as: Double.self) { $0 }
    case .string:
      let x = a.stringElements ?? []
      let y = b.stringElements ?? []
      differs = { x[$0] == y[$1] ? nil : .nan }
    case .int8: differs = compare(a, b, tolerance, as: Int8.self) { Double($0) }
    case .int16: differs = compare(a, b, tolerance, as: Int16.self) { Double($0) }
    case .int32: differs = compare(a, b, tolerance, as: Int32.self) { Double($0) }
    case .int64: differs = compare(a, b, tolerance, as: Int64.self) { Double($0) }
    case .uint8: differs = compare(a, b, tolerance, as: UInt8.self) { Double($0) }
    case .uint16: differs = compare(a, b, tolerance, as: UInt16.self) { Double($0) }
    case .bool: differs = compare(a, b, tolerance, as: Bool.self) { $0 ? 1 : 0 }
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

  private static func floats<Element: TensorElement & BinaryFloatingPoint>(
    _ a: Tensor, _ b: Tensor, _ tolerance: Double, _ isExact: Bool, as type: Element.Type, _ number: @escaping (Element) -> Double
  ) -> (Int, Int) -> Double? {
    let differs = compare(a, b, tolerance, as: type, number)
    guard isExact else { return differs }
    let x = a.elements(as: Element.self) ?? []
    let y = b.elements(as: Element.self) ?? []
    return { i, j in differs(i, j) ?? (x[i] == 0 && x[i].sign != y[j].sign ? 0 : nil) }
  }

  /// How far two elements lie apart; nil when they do not differ.
  private static func compare<Element: TensorElement & Equatable>(
    _ a: Tensor, _ b: Tensor, _ tolerance: Double, as: Element.Type, _ number: @escaping (Element) -> Double
  ) -> (Int, Int) -> Double? {
    let x = a.elements(as: Element.self) ?? []
    let y = b.elements(as: Element.self) ?? []
    return { i, j in
      if x[i] == y[j] { return nil }
      let p = number(x[i])
      let q = number(y[j])
      if p.isNaN || q.isNaN { return p.isNaN && q.isNaN ? nil : .nan }
      let distance = abs(p - q)
      return tolerance == 0 || !(distance <= tolerance * max(1, abs(q))) ? distance : nil
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
