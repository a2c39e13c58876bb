import Blocks
import Diagnostics
import Page

extension Place {
  /// Gives the step at hand, the last one, its block's state.
  mutating func addState(_ block: Int, _ node: Graph.Node, _ type: BlockType, _ rule: BlockType.StateRule) {
    var context = context(node, type)
    context.origin = RuleContext.Origin(seed: graph.seed, path: Place.pathNumber(graph.name(ofBlock: block)))
    do throws(BlockError) {
      plan.steps[plan.steps.count - 1].state = Int32(plan.states.count)
      plan.states.append(Plan.State(block: Int32(block), words: try rule(context)))
    } catch {
      report(error, block)
    }
  }

  /// A number for a block's scoped id (64-bit FNV-1a). It is the same on every machine and does not change with the rest of the page.
  private static func pathNumber(_ path: String) -> UInt64 {
    path.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  mutating func report(_ error: BlockError, _ block: Int) {
    diagnostics.append(
      Diagnostic(
        error.id, error.message, at: graph.page.source.location(of: graph.range(ofBlock: block)),
        block: graph.name(ofBlock: block), notes: error.notes, fix: error.fix))
  }
}
