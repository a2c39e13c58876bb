import Compile
import PageSupport
import TensorCore
import Testing

/// What the plan holds, and that Verify sees when it does not hold together.
@Suite struct PlanTests {
  private let page = CompiledPage(
    """
    <page>
      <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
      <block id="flags" type="Const"><pin name="val" dtype="bool">true</pin></block>
      <block id="n" type="Negate"/><wire from="a" to="n.x"/>
      <block id="column" type="Reshape"><pin name="shape">{3, 1}</pin></block><wire from="n" to="column.tensor"/>
      <block id="same" type="Identity"/><wire from="column" to="same.input"/>
      <block id="shape" type="Shape"/><wire from="n" to="shape.input"/>
      <block id="table" type="Multiply"/><wire from="same" to="table.x"/><wire from="a" to="table.y"/>
      <block id="not" type="LogicalNot"/><wire from="flags" to="not.x"/>
      <block id="idle" type="Exp"/><wire from="n" to="idle.x"/>
      <block id="run" type="ClientSession"/>
      <wire from="table" to="run.fetch_outputs"/><wire from="shape" to="run.fetch_outputs"/><wire from="not" to="run.run_outputs"/>
    </page>
    """)

  private func parts() throws -> (plan: Plan, graph: Graph) { (try #require(page.plan), try #require(page.graph)) }

  private func slot(_ name: String, _ plan: Plan, _ graph: Graph) throws -> Plan.Slot {
    plan.slots[graph.values(ofBlock: try #require(page.block(name)), output: 0).lowerBound]
  }

  @Test func onlyWhatComputesIsAStep() throws {
    let (plan, graph) = try parts()
    #expect(plan.steps.map { graph.page.displayName(ofBlock: Int($0.block)) } == ["n", "table", "not"])
    #expect(Verify.run(plan, graph) == [])
  }

  @Test func viewsAndConstantsTakeNoMemory() throws {
    let (plan, graph) = try parts()
    let n = graph.values(ofBlock: try #require(page.block("n")), output: 0).lowerBound
    for view in ["column", "same"] {
      guard case .alias(let target) = try slot(view, plan, graph).place else {
        Issue.record("\(view) is no view")
        continue
      }
      #expect(Int(target) == n)
    }
    guard case .constant(let shape) = try slot("shape", plan, graph).place else {
      Issue.record("the shape is not known before the run")
      return
    }
    #expect(shape.brief == "int32 [1] 3")
    if case .nowhere = try slot("idle", plan, graph).place {} else { Issue.record("idle has a place") }
  }

  @Test func resultsLieOnCacheLinesOfTheirOwn() throws {
    let (plan, _) = try parts()
    var ranges: [Range<Int>] = []
    for slot in plan.slots {
      guard case .arena(let offset) = slot.place, let count = slot.shape.known?.count else { continue }
      #expect(offset.isMultiple(of: 64))
      ranges.append(offset..<offset + max(1, count * slot.dtype.byteCount))
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    #expect(ranges.count == 3)
    for (a, b) in zip(ranges, ranges.dropFirst()) { #expect(a.upperBound <= b.lowerBound) }
    #expect(plan.arenaSize >= ranges.last?.upperBound ?? 0)
  }

  @Test func aPlanThatDoesNotHoldTogetherIsSeen() throws {
    let (sound, graph) = try parts()
    func violations(_ change: (inout Plan) throws -> Void) rethrows -> [String] {
      var plan = sound
      try change(&plan)
      return Verify.run(plan, graph)
    }
    func index(_ name: String) throws -> Int { graph.values(ofBlock: try #require(page.block(name)), output: 0).lowerBound }
    let (a, n, table, same) = (try index("a"), try index("n"), try index("table"), try index("same"))
    #expect(violations { $0.slots.removeLast() }.contains("there is not one slot for each value, kept copy and temporary"))
    #expect(violations { $0.steps.reverse() } == ["step 1: it reads slot \(same) before it is written"])
    #expect(violations { $0.steps.append($0.steps[0]) } == ["step 3: slot \(n) is written twice"])
    #expect(violations { $0.slots[n].place = .arena(8) }.contains("slot \(n): it is not aligned"))
    #expect(violations { $0.slots[n].place = .arena($0.arenaSize) }.contains("slot \(n): it does not fit the arena"))
    #expect(violations { $0.slots[table].place = $0.slots[n].place }.contains { $0.contains("overlap") })
    #expect(violations { $0.isReached[Int($0.steps[0].block)] = false } == ["step 0: its block is not reached"])
    #expect(violations { $0.slots[a].dtype = .double } == ["slot \(a): the constant is not of its dtype and shape"])
    #expect(violations { $0.slots[same].place = .alias(Int32(same - 1)) }.contains("slot \(same): an alias of an alias"))
    #expect(violations { $0.slots[same].place = .alias(Int32($0.slots.count)) }.contains("slot \(same): its memory is not there"))
    #expect(violations { $0.slots[same].shape = PartialShape([2]) } == ["slot \(same): it is not as large as its memory"])
    #expect(violations { $0.steps[0].inputs = 0..<Int32($0.operands.count + 1) }.contains("step 0: its operands are not there"))
  }
}
