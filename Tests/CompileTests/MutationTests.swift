import Blocks
import PageSupport
import Testing

/// Pages with random changes: none may trap, hang or take memory without bound.
@Suite struct MutationTests {
  @Test(arguments: 0..<4) func changedPagesEndWell(_ seed: Int) {
    var mutation = Mutation(Catalogue.standard.types.map(\.example), seed: UInt64(seed))
    var ran = 0
    var slowest = Duration.zero
    for index in 0..<1_000 {
      let text = mutation.next()
      let time = ContinuousClock().measure { if Mutation.exercise(text, keepsGoing: index.isMultiple(of: 2)) { ran += 1 } }
      slowest = max(slowest, time)
    }
    // The changes must leave enough pages sound.
    #expect(ran > 100)
    #expect(slowest < .seconds(3))
  }
}
