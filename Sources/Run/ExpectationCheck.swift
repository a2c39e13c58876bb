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
    guard let difference = Comparison.difference(result, elements, expected, tolerance: expectation.tolerance) else { return nil }
    let place = elements.count == 1 ? "" : " at \(Comparison.index(difference.first, in: result.shape))"
    return fail(
      "is \(ValueFormat.shortest(result, at: difference.first))\(place), expected \(ValueFormat.shortest(expected, at: difference.first - elements.lowerBound))",
      notes: difference.count > 1 ? ["\(difference.count) of \(elements.count) values differ"] : [])
  }
}
