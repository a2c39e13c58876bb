import Blocks
import Diagnostics
import KernelTable
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

/// Page -> Plan, stage by stage: Resolve, Order, Infer, Place, Share, Fuse, Arena, Verify.
public struct Compiler: Sendable {
  public var catalogue: Catalogue
  /// Whether sound blocks run although others are broken.
  public var keepsGoing: Bool
  /// The bytes that a page's texts may take together, and its results.
  public var memoryLimit: Int
  public var options: PlanOptions
  /// For which instruction set: the best one that the machine has, unless told otherwise.
  public var kernels: KernelTable

  public init(
    catalogue: Catalogue = .standard, keepsGoing: Bool = false, memoryLimit: Int = Memory.physicalByteCount, options: PlanOptions = PlanOptions(),
    kernels: KernelTable = .standard
  ) {
    self.catalogue = catalogue
    self.keepsGoing = keepsGoing
    self.memoryLimit = memoryLimit
    self.options = options
    self.kernels = kernels
  }

  /// Compiles a page. `found` are the diagnostics of reading it; an error among them keeps it from running.
  public func compile(_ page: Page, overrides: Overrides = Overrides(), found: [Diagnostic] = []) -> Compilation {
    var (links, _, resolveDiagnostics) = Resolve.run(page, catalogue: catalogue, overrides: overrides)
    resolveDiagnostics += links.wireFeeds(page, catalogue, overrides)
    let order = Order.run(page, links, catalogue: catalogue)
    var (graph, inferDiagnostics) = Infer.run(
      page, catalogue: catalogue, links: links, order: order, overrides: overrides, memoryLimit: memoryLimit)
    graph.seed = overrides.seed ?? page.seed ?? 0
    let (expectations, expectDiagnostics) = graph.expectations()
    var diagnostics = found + resolveDiagnostics + order.diagnostics + inferDiagnostics + expectDiagnostics
    // The reader has looked for the .dat file already; a page that was made in another way is told here.
    if found.contains(where: { $0.id == .dataFile }) { diagnostics = found + diagnostics[found.count...].filter { $0.id != .dataFile } }
    // A hint for sound pages: among errors it may be about a wire that is wrong itself.
    if diagnostics.hasErrors { diagnostics.removeAll { $0.id == .textUnused } }
    var plan: Plan?
    var leftOut: [Int] = []
    if !diagnostics.hasErrors || (keepsGoing && !found.hasErrors) {
      let (placed, placeDiagnostics) = Place.run(graph, kernels: kernels)
      diagnostics += placeDiagnostics
      if !placeDiagnostics.hasErrors { plan = optimised(placed) }
      if let made = plan, case let (size, overflow) = made.arenaSize.addingReportingOverflow(made.stateSize), overflow || size > graph.memoryLimit {
        diagnostics.append(tooLarge(overflow ? .max : size, graph))
        plan = nil
      }
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

  // The stages take the plan over: a copy of a large one takes its time.
  private func optimised(_ plan: consuming Plan) -> Plan {
    plan.options = options
    if !options.keepsResults { plan.steps.removeAll { $0.phases == .show } }
    if options.optimisations.contains(.share) { plan = Share.run(plan) }
    if options.optimisations.contains(.fuse) { plan = Fuse.run(plan) }
    return Arena.run(plan, options: options)
  }

  private func tooLarge(_ size: Int, _ graph: Graph) -> Diagnostic {
    Diagnostic(
      .tooLarge, "the results of this page together need \(Memory.sizeText(Double(size)))",
      at: graph.page.source.location(of: graph.page.scopes.first?.range ?? .start), notes: [Memory.describe(graph.memoryLimit)])
  }
}
