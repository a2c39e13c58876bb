import Compile
import Diagnostics
import Page
import TensorCore

/// A comparison of a result with a number: `loss.output < 0.01`.
public struct Condition: Sendable {
  public enum Relation: String, Sendable, CaseIterable {
    // The longer ones first, as a text is searched for them in this order.
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case greater = ">"

    func holds(_ a: Double, _ b: Double) -> Bool {
      switch self {
      case .less: a < b
      case .lessOrEqual: a <= b
      case .greater: a > b
      case .greaterOrEqual: a >= b
      case .equal: a == b
      case .notEqual: a != b
      }
    }
  }

  public let reference: String
  public let relation: Relation
  public let number: Double
  /// The number as it was written.
  let numberText: String

  /// Reads a condition. Throws E0601.
  public init(_ text: String) throws(DiagnosticError) {
    func fail(_ message: String) -> DiagnosticError {
      DiagnosticError(Diagnostic(.badArgument, message, fix: "write a result, one of < <= > >= == !=, and a number: 'loss.output < 0.01'"))
    }
    let bytes = Array(text.utf8)
    func position(of relation: Relation) -> Int? {
      let sign = Array(relation.rawValue.utf8)
      return bytes.indices.first { bytes[$0...].starts(with: sign) }
    }
    // The first sign in the text; of two at one place the longer one.
    let found = Relation.allCases.compactMap { relation in position(of: relation).map { (relation, $0) } }.min { $0.1 < $1.1 }
    guard let (relation, place) = found else { throw fail("`\(text)` compares nothing") }
    func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
      let blanks: Set<UInt8> = [32, 9, 10, 13]
      guard let first = bytes.firstIndex(where: { !blanks.contains($0) }), let last = bytes.lastIndex(where: { !blanks.contains($0) }) else {
        return ""
      }
      return String(decoding: bytes[first...last], as: UTF8.self)
    }
    reference = trimmed(bytes[..<place])
    numberText = trimmed(bytes[(place + relation.rawValue.utf8.count)...])
    self.relation = relation
    if reference.isEmpty { throw fail("`\(text)` names no result") }
    switch numberText {
    case "true": number = 1
    case "false": number = 0
    default:
      guard let parsed = try? ValueText(ArraySlice(numberText.utf8), style: .page), parsed.count == 1,
        let value = try? parsed.tensor(dtype: .double, shape: .scalar, pool: StringPool()).elements(as: Double.self)?.first
      else { throw fail("`\(numberText)` is no number") }
      number = value
    }
  }

  /// Whether a value meets it. The number is rounded to the value's dtype first, so that 0.1 means the float 0.1 there. A NaN meets only `!=`.
  public func isMet(by watch: Watch) throws(DiagnosticError) -> Bool {
    guard let value = watch.value, value.count == 1, let left = value.number(at: 0) else {
      let count = watch.value?.count ?? 0
      throw DiagnosticError(
        Diagnostic(.badArgument, "`\(watch.name)` has \(count) values: there is not one to compare", fix: "name an element: `\(watch.name)[0]`"))
    }
    return relation.holds(left, value.dtype == .float ? Double(Float(number)) : number)
  }

  /// Checks what can be checked before the run.
  public func check(_ watch: Watch) throws(DiagnosticError) {
    if watch.dtype == .string { throw DiagnosticError(Diagnostic(.badArgument, "`\(watch.name)` is a string, which is no number to compare")) }
    if let count = watch.count, count != 1 { _ = try isMet(by: watch) }
  }
}
