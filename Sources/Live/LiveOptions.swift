import Blocks
import Compile
import TensorCore

/// What the command line says about all pages of a live view.
public struct LiveOptions: Sendable {
  /// `ID.pin=TEXT`: changes of the pages that the session begins with.
  public var sets: [String]
  /// Tensors that stand in for blocks or pins, with what they are called in messages.
  public var feeds: [(name: String, value: Tensor, label: String)]
  public var seed: Int64?
  public var keepsGoing: Bool
  public var plan: PlanOptions
  public var threads: Int?
  /// Whether pages run as soon as they are opened; otherwise they run one cycle and wait.
  public var runsAtOnce: Bool
  /// What the blocks of a page may touch.
  public var access: @Sendable (String) -> FileAccess

  public init(
    sets: [String] = [], feeds: [(name: String, value: Tensor, label: String)] = [], seed: Int64? = nil, keepsGoing: Bool = false,
    plan: PlanOptions = PlanOptions(), threads: Int? = nil, runsAtOnce: Bool = false,
    access: @escaping @Sendable (String) -> FileAccess = { FileAccess(page: $0) }
  ) {
    self.sets = sets
    self.feeds = feeds
    self.seed = seed
    self.keepsGoing = keepsGoing
    self.plan = plan
    self.threads = threads
    self.runsAtOnce = runsAtOnce
    self.access = access
  }
}
