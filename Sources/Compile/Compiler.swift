import Blocks
import Diagnostics
import Page

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

  public init(catalogue: Catalogue = .standard, keepsGoing: Bool = false) {
    self.catalogue = catalogue
    self.keepsGoing = keepsGoing
  }

  /// Compiles a page. `found` are the diagnostics of reading it; an error among them keeps it from running.
  public func compile(_ page: Page, overrides: Overrides = Overrides(), found: [Diagnostic] = []) -> Compilation {
    let (links, _, resolveDiagnostics) = Resolve.run(page, catalogue: catalogue, overrides: overrides)
    let order = Order.run(page, links)
    let (graph, inferDiagnostics) = Infer.run(page, catalogue: catalogue, links: links, order: order.blocks, overrides: overrides)
    let (expectations, expectDiagnostics) = graph.expectations()
    var diagnostics = found + resolveDiagnostics + order.diagnostics + inferDiagnostics + expectDiagnostics
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
    return Compilation(graph: graph, plan: plan, diagnostics: diagnostics.sortedByPlace(), expectations: expectations, leftOut: leftOut)
  }
}
