import Compile
import Diagnostics
import PageSupport
import Testing

/// The order of blocks, and wires that have none.
@Suite struct OrderTests {
  private func order(_ page: CompiledPage) -> [String] {
    guard let graph = page.graph else { return [] }
    return graph.order.map { graph.page.displayName(ofBlock: Int($0)) }
  }

  /// A page of Negate blocks: `a<b` wires b to a.
  private func page(_ blocks: [String], wires: [(from: String, to: String)]) -> CompiledPage {
    CompiledPage(
      "<page>\n" + blocks.map { #"<block id="\#($0)" type="AddN"/>"# + "\n" }.joined()
        + wires.map { #"<wire from="\#($0.from)" to="\#($0.to)"/>"# + "\n" }.joined() + "</page>")
  }

  @Test func dataflowFirstThenPageOrder() {
    let page = CompiledPage(
      """
      <page>
        <block id="late" type="Add"/><block id="n" type="Negate"/>
        <block id="z" type="Const"><pin name="val">1</pin></block>
        <block id="alone" type="Const"><pin name="val">1</pin></block>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <wire from="n" to="late.x"/><wire from="a" to="late.y"/><wire from="z" to="n.x"/>
      </page>
      """)
    #expect(order(page) == ["z", "n", "alone", "a", "late"])
  }

  @Test func aCycleIsToldAsItsPath() {
    let cycle = page(["a", "b", "c"], wires: [("a", "b"), ("b", "c"), ("c", "a")])
    #expect(cycle.diagnostics.map(\.message) == ["the wires form a cycle: a -> b -> c -> a"])
    #expect(cycle.found == ["E0211 7:1 a -"])
  }

  @Test func aBlockWiredToItself() {
    let cycle = page(["a"], wires: [("a", "a")])
    #expect(cycle.diagnostics.map(\.message) == ["the wires form a cycle: a -> a"])
    #expect(cycle.found == ["E0211 3:1 a -"])
  }

  @Test func eachCycleIsTold() {
    let cycle = page(["a", "b", "c", "d", "e"], wires: [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"), ("e", "e")])
    #expect(
      cycle.diagnostics.map(\.message) == ["a -> b -> a", "c -> d -> c", "e -> e"].map { "the wires form a cycle: \($0)" })
  }

  @Test func aCycleBehindAnotherIsTold() {
    // c hangs on the first cycle and is in one of its own.
    let cycle = page(["a", "b", "c", "d"], wires: [("a", "b"), ("b", "a"), ("a", "c"), ("d", "c"), ("c", "d")])
    #expect(cycle.diagnostics.map(\.message) == ["a -> b -> a", "c -> d -> c"].map { "the wires form a cycle: \($0)" })
  }

  @Test func blocksBehindACycleAreNotTold() {
    let cycle = page(["x", "a", "b", "y"], wires: [("a", "b"), ("b", "a"), ("b", "x"), ("x", "y")])
    #expect(cycle.diagnostics.map(\.message) == ["the wires form a cycle: a -> b -> a"])
    #expect(cycle.plan == nil)
  }

  @Test func aLongCycleIsShortened() {
    let names = (0..<100).map { "n\($0)" }
    let cycle = page(names, wires: names.indices.map { (names[$0], names[($0 + 1) % 100]) })
    #expect(
      cycle.diagnostics.map(\.message) == [
        "the wires form a cycle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> … 89 more … -> n95 -> n96 -> n97 -> n98 -> n99 -> n0"
      ])
  }

  @Test func theLongestChainNeedsNoStack() {
    let names = (0..<20_000).map { "n\($0)" }
    let chain = page(names.reversed(), wires: names.indices.dropLast().map { (names[$0], names[$0 + 1]) })
    #expect(chain.found == ["E0210 20001:1 n0 inputs"])
    let ring = page(names, wires: names.indices.map { (names[$0], names[($0 + 1) % names.count]) })
    #expect(ring.found == ["E0211 40001:1 n0 -"])
  }

  @Test func soundBlocksRunBesideACycle() throws {
    let cycle = CompiledPage(
      """
      <page>
        <block id="a" type="Negate"/><block id="b" type="Negate"/>
        <wire from="a" to="b.x"/><wire from="b" to="a.x"/>
        <block id="c" type="Negate"><pin name="x">1</pin></block>
      </page>
      """, keepsGoing: true)
    #expect(cycle.diagnostics.map(\.id) == [.leftOut, .leftOut, .cycle])
    #expect(try cycle.results().mapValues(\.brief) == ["c.y": "float [] -1"])
  }
}
