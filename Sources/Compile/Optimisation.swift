/// What the compiler may do to a plan to make it faster. None of it changes a bit of a result.
public enum Optimisation: String, CaseIterable, Sendable {
  /// Steps that depend on constants only run in the first cycle only.
  case fold
  /// Equal steps on equal inputs run once.
  case share
  /// Elementwise steps on tensors of one shape run together, tile by tile.
  case fuse
  /// Results that nobody looks at give their memory to later ones.
  case reuse
}

/// How a plan is made.
public struct PlanOptions: Sendable {
  public var optimisations: Set<Optimisation>
  /// Whether the results of all blocks can be looked at after a cycle. Otherwise none can: for measuring.
  public var keepsResults: Bool

  public init(optimisations: Set<Optimisation> = Set(Optimisation.allCases), keepsResults: Bool = true) {
    self.optimisations = optimisations
    self.keepsResults = keepsResults
  }
}
