/// How bad a diagnostic is. Only an error keeps a page from running.
public enum Severity: String, Sendable, Comparable {
  case note, warning, error

  public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
  private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
}

/// One thing that is wrong (or worth knowing), where it is, and what to write instead.
public struct Diagnostic: Sendable {
  public var id: DiagnosticID
  public var severity: Severity
  /// The cause, as one sentence part without a full stop.
  public var message: String
  public var location: SourceLocation?
  /// The id of the block it is about.
  public var block: String?
  /// The pin, attr or element of that block.
  public var pin: String?
  /// Facts that help to understand the cause.
  public var notes: [String]
  /// The mend: what to write instead.
  public var fix: String?

  public init(
    _ id: DiagnosticID, _ message: String, severity: Severity? = nil, at location: SourceLocation? = nil,
    block: String? = nil, pin: String? = nil, notes: [String] = [], fix: String? = nil
  ) {
    self.id = id
    self.severity = severity ?? id.severity
    self.message = message
    self.location = location
    self.block = block
    self.pin = pin
    self.notes = notes
    self.fix = fix
  }
}

extension Sequence where Element == Diagnostic {
  /// Whether one of them is an error.
  public var hasErrors: Bool { contains { $0.severity == .error } }
}

extension [Diagnostic] {
  /// In the order of their places; those without a place come first, those of one place keep their order.
  public func sortedByPlace() -> [Diagnostic] {
    func place(_ diagnostic: Diagnostic) -> (Int, Int) { (diagnostic.location?.line ?? 0, diagnostic.location?.column ?? 0) }
    return enumerated().sorted {
      let (a, b) = (place($0.element), place($1.element))
      return a == b ? $0.offset < $1.offset : a < b
    }.map(\.element)
  }
}

/// An error that carries diagnostics, for APIs that cannot go on.
public struct DiagnosticError: Error {
  public var diagnostics: [Diagnostic]

  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
  public init(_ diagnostic: Diagnostic) { self.diagnostics = [diagnostic] }
}
