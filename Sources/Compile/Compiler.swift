import Blocks
import Diagnostics
import Page
import TensorCore

/// A page made ready to run, with everything that was found on the way.
public struct Compilation: Sendable {
  public var graph: Graph
  /// Nil when the page has an error (unless it was told to keep going).
  public var plan: Plan?
  /// In the order of their places in the page.
  public var diagnostics: [Diagnostic]
  /// What the page expects of its results.
  public var expectations: [Expectation]
  /// Blocks that `keepGoing` left out.
  public var leftOut: [Int]
}

/// Page -> Plan, stage by stage: Resolve, Order, Infer, Place, Verify.
public struct Compiler: Sendable {
  public var catalogue: Catalogue
  /// Whether sound blocks run although others are broken.
  public var keepsGoing: Bool
  /// The bytes that a page's texts may take together, and its results.
  public var memoryLimit: Int

  public init(catalogue: Catalogue = .standard, keepsGoing: Bool = false, memoryLimit: Int = Memory.physicalByteCount) {
    self.catalogue = catalogue
    self.keepsGoing = keepsGoing
    self.memoryLimit = memoryLimit
  }

  /// Compiles a page. `found` are the diagnostics of reading it; an error among them keeps it from running.
  public func compile(_ page: Page, overrides: Overrides = Overrides(), found: [Diagnostic] = []) -> Compilation {
    let (links, _, resolveDiagnostics) = Resolve.run(page, catalogue: catalogue, overrides: overrides)
    let order = Order.run(page, links)
    let (graph, inferDiagnostics) = Infer.run(
      page, catalogue: catalogue, links: links, order: order.blocks, overrides: overrides, memoryLimit: memoryLimit)
    let (expectations, expectDiagnostics) = graph.expectations()
    var diagnostics = found + resolveDiagnostics + order.diagnostics + inferDiagnostics + expectDiagnostics
    // The reader has looked for the .dat file already; a page that was made in another way is told here.
    if found.contains(where: { $0.id == .dataFile }) { diagnostics = found + diagnostics[found.count...].filter { $0.id != .dataFile } }
    // A hint for sound pages: among errors it may be about a wire that is wrong itself.
    if diagnostics.hasErrors { diagnostics.removeAll { $0.id == .textUnused } }
    var plan: Plan?
    var leftOut: [Int] = []
    if !diagnostics.hasErrors || (keepsGoing && !found.hasErrors) {
      let placed = Place.run(graph)
      diagnostics += placed.diagnostics
      if !placed.diagnostics.hasErrors { plan = placed.plan }
      leftOut = graph.nodes.indices.filter { graph.nodes[$0].type < 0 }
    }
    #if DEBUG
      if let plan { assert(Verify.run(plan, graph).isEmpty, "\(Verify.run(plan, graph))") }
    #endif
    for block in leftOut {
      diagnostics.append(
        Diagnostic(
          .leftOut, "block `\(page.displayName(ofBlock: block))` is left out", at: page.source.location(of: page.blocks[block].range),
          block: page.displayName(ofBlock: block)))
    }
    return Compilation(
      graph: graph, plan: plan, diagnostics: Compiler.listed(diagnostics.sortedByPlace()), expectations: expectations, leftOut: leftOut)
  }
  /// Nobody reads more than this, and a hostile page could have millions.
  static let maximalDiagnostics = 1_000

  /// The first of all diagnostics, with a word on those that are too many. An error is always among them when there is one.
  private static func listed(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    guard diagnostics.count > maximalDiagnostics else { return diagnostics }
    var first = Array(diagnostics.prefix(maximalDiagnostics))
    if !first.hasErrors, let error = diagnostics.first(where: { $0.severity == .error }) { first[maximalDiagnostics - 1] = error }
    first[maximalDiagnostics - 1].notes.append("\(diagnostics.count - maximalDiagnostics) more are not listed")
    return first
  }
}
