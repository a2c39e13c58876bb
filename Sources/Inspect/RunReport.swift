import Blocks
import Compile
import Diagnostics
import Page
import Run

/// Everything there is to tell about a run, also one that failed or never began.
public struct RunReport: Sendable {
  /// The page's name as the user wrote it.
  public var page: String
  /// Cycles that ended well.
  public var cycles: Int
  /// In page order, then those that gradients have added.
  public var blocks: [BlockReport]
  /// ``blocks`` in dataflow order; nil when the page has them so already.
  public var order: [Int]?
  /// What watched results were, cycle by cycle; nil when none was.
  public var history: History?
  public var diagnostics: [Diagnostic]

  /// One block: what it is called, what it is, and what it produced.
  public struct BlockReport: Sendable {
    /// The id with its scopes: `scope/id`.
    public var name: String
    public var type: String
    public var state: BlockState
    public var results: [Result]
  }

  /// One output pin's result.
  public struct Result: Sendable {
    public var pin: String
    public var value: ResultValue
  }

  /// The report of a session, or of a page that got none. Its tensors lie in the session's memory, so it is made after the last cycle.
  public init(page name: String, compilation: Compilation?, session: Session?, history: History? = nil, diagnostics: [Diagnostic]) {
    page = name
    cycles = session?.cycle ?? 0
    self.history = history
    self.diagnostics = diagnostics
    guard let graph = compilation?.graph else {
      blocks = []
      order = nil
      return
    }
    order = graph.blocksInDataflowOrder
    let results = session?.results(sharingMemory: true)
    blocks = graph.nodes.indices.map { block in
      let type = graph.type(ofBlock: block)
      let outputs = type?.outputs ?? []
      return BlockReport(
        name: graph.name(ofBlock: block), type: graph.typeName(ofBlock: block),
        state: results?[block].state ?? .notRun,
        results: (results?[block].results ?? []).map { Result(pin: outputs[$0.pin].name, value: $0.value) })
    }
  }
}

extension Graph {
  /// All blocks in dataflow order, those that are broken last; nil when the page has them so already.
  fileprivate var blocksInDataflowOrder: [Int]? {
    var isThere = Array(repeating: false, count: nodes.count)
    var all = order.map(Int.init)
    for block in all { isThere[block] = true }
    all += nodes.indices.filter { !isThere[$0] }
    return all.elementsEqual(nodes.indices) ? nil : all
  }
}
