import Compile
import Diagnostics
import Page
import TensorCore

extension Session {
  /// What the page expects of this cycle. `isLast`: whether expectations without a cycle are due.
  public func expectations(isLast: Bool) -> [Expectation] {
    expectations.filter { expectation in expectation.cycle.map { $0 == cycle } ?? isLast }
  }

  /// What the page expects of this cycle and does not find.
  public func unmetExpectations(isLast: Bool) -> [Diagnostic] { expectations(isLast: isLast).compactMap(unmet) }

  /// Why an expectation is not met; nil when it is.
  public func unmet(_ expectation: Expectation) -> Diagnostic? {
    let page = graph.page
    func fail(_ message: String, notes: [String] = [], fix: String? = nil) -> Diagnostic {
      Diagnostic(
        .expectationFailed, "`\(expectation.name)` \(message)", at: page.source.location(of: expectation.range),
        block: graph.name(ofBlock: expectation.path.block), notes: notes, fix: fix)
    }
    guard let result = result(expectation.path) else {
      return fail("has no result: its block did not run", fix: "wire it to the fetch_outputs of a ClientSession")
    }
    guard let elements = expectation.path.elements(in: result.shape) else { return fail("has no such element: its shape is \(result.shape)") }
    if let shape = expectation.shape {
      let rest = Shape(Array(result.shape.dims.dropFirst(expectation.path.indices.count)))
      if shape != rest { return fail("has shape \(rest), expected \(shape)") }
    }
    let expected = expectation.expected
    if elements.count != expected.count {
      return fail("has \(elements.count) values, expected \(expected.count)", notes: ["its shape is \(result.shape)"])
    }
    guard let difference = Comparison.firstDifference(result, elements, expected, tolerance: expectation.tolerance) else { return nil }
    let place = elements.count == 1 ? "" : " at \(Comparison.index(difference.index, in: result.shape))"
    return fail(
      "is \(ValueFormat.shortest(result, at: difference.index))\(place), expected \(ValueFormat.shortest(expected, at: difference.index - elements.lowerBound))",
      notes: difference.count > 1 ? ["\(difference.count) of \(elements.count) values differ"] : [])
  }
}

/// Comparing results with what is expected.
enum Comparison {
  /// The first element of `range` in `a` that is not `b`'s, and how many are not. NaN equals NaN; numbers may differ by
  /// `tolerance · max(1, |b|)`.
  static func firstDifference(_ a: Tensor, _ range: Range<Int>, _ b: Tensor, tolerance: Double) -> (index: Int, count: Int)? {
    let differs: (Int, Int) -> Bool
    switch a.dtype {
    case .float: differs = compare(a, b, tolerance, as: Float.self) { Double($0) }
    case .double: differs = compare(a, b, tolerance, as: Double.self) { $0 }
    case .string:
      let x = a.stringElements ?? []
      let y = b.stringElements ?? []
      differs = { x[$0] != y[$1] }
    case .int8: differs = compare(a, b, tolerance, as: Int8.self) { Double($0) }
    case .int16: differs = compare(a, b, tolerance, as: Int16.self) { Double($0) }
    case .int32: differs = compare(a, b, tolerance, as: Int32.self) { Double($0) }
    case .int64: differs = compare(a, b, tolerance, as: Int64.self) { Double($0) }
    case .uint8: differs = compare(a, b, tolerance, as: UInt8.self) { Double($0) }
    case .uint16: differs = compare(a, b, tolerance, as: UInt16.self) { Double($0) }
    case .bool: differs = compare(a, b, tolerance, as: Bool.self) { $0 ? 1 : 0 }
    }
    var first: Int?
    var count = 0
    for (position, index) in range.enumerated() where differs(index, position) {
      first = first ?? index
      count += 1
    }
    return first.map { ($0, count) }
  }

  private static func compare<Element: TensorElement & Equatable>(
    _ a: Tensor, _ b: Tensor, _ tolerance: Double, as: Element.Type, _ number: @escaping (Element) -> Double
  ) -> (Int, Int) -> Bool {
    let x = a.elements(as: Element.self) ?? []
    let y = b.elements(as: Element.self) ?? []
    return { i, j in
      if x[i] == y[j] { return false }
      let p = number(x[i])
      let q = number(y[j])
      if p.isNaN || q.isNaN { return !(p.isNaN && q.isNaN) }
      return tolerance == 0 || !(abs(p - q) <= tolerance * max(1, abs(q)))
    }
  }

  /// `[1, 2]` for a position in row-major order.
  static func index(_ position: Int, in shape: Shape) -> String {
    var rest = position
    var indices: [Int] = []
    for dim in shape.dims.reversed() where dim > 0 {
      indices.append(rest % dim)
      rest /= dim
    }
    return "[" + indices.reversed().map(String.init).joined(separator: ", ") + "]"
  }
}
