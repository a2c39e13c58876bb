import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// What runs, what became of it, and what is kept.
@Suite struct StateTests {
  @Test func onlyWhatASessionReachesRuns() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="used" type="Negate"/><block id="idle" type="Abs"/>
        <block id="run" type="ClientSession"/>
        <wire from="a" to="used.x"/><wire from="a" to="idle.x"/><wire from="used" to="run.fetch_outputs"/>
      </page>
      """)
    let session = try page.session()
    #expect(session.states == ["a: not-run", "used: not-run", "idle: not-run", "run: not-run"])
    try session.runCycle()
    #expect(session.states == ["a: ran", "used: ran", "idle: not-run", "run: ran"])
    #expect(session.resultsByName.keys.sorted() == ["a.output", "used.y"])
  }

  @Test func severalSessionsAndRunOutputs() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="b" type="Negate"/><block id="c" type="Negate"/><block id="d" type="Negate"/><block id="e" type="Negate"/>
        <wire from="a" to="b.x"/><wire from="b" to="c.x"/><wire from="b" to="d.x"/><wire from="d" to="e.x"/>
        <block id="first" type="ClientSession"/><block id="second" type="ClientSession"/>
        <wire from="c" to="first.fetch_outputs"/><wire from="d" to="second.run_outputs"/>
      </page>
      """)
    let session = try page.session()
    try session.runCycle()
    #expect(session.states == ["a: ran", "b: ran", "c: ran", "d: ran", "e: not-run", "first: ran", "second: ran"])
  }

  @Test func aSessionWithoutWiresRunsNothing() throws {
    let page = CompiledPage(
      #"<page><block id="a" type="Const"><pin name="val">1</pin></block><block id="run" type="ClientSession"/></page>"#)
    let session = try page.session()
    try session.runCycle()
    #expect(session.states == ["a: not-run", "run: ran"])
  }

  @Test func aFaultEndsTheCycleAtItsBlock() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val" dtype="int32">1 2</pin></block>
        <block id="zero" type="Const"><pin name="val" dtype="int32">1 0</pin></block>
        <block id="n" type="Negate"/><wire from="a" to="n.x"/>
        <block id="q" type="FloorDiv"/><wire from="n" to="q.x"/><wire from="zero" to="q.y"/>
        <block id="after" type="Negate"/><wire from="q" to="after.x"/>
      </page>
      """)
    #expect(page.found == [])
    let session = try page.session()
    let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(error?.diagnostics.map(\.summary) == ["E0401 5:3 q -"])
    #expect(session.states == ["a: not-run", "zero: not-run", "n: not-run", "q: failed", "after: not-run"])
    #expect(session.resultsByName.isEmpty)
    #expect(session.cycle == 0)
  }

  @Test func aPlaceholderWithoutValueFailsOnlyWhereItIsNeeded() throws {
    let needed = CompiledPage(#"<page><block id="p" type="Placeholder"><attrs dtype="float"/></block></page>"#)
    let session = try needed.session()
    let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(error?.diagnostics.map(\.summary) == ["E0402 1:7 p -"])
    #expect(error?.diagnostics.first?.fix == "give it one: --feed p=FILE.npy")
    let unneeded = CompiledPage(
      """
      <page><block id="p" type="Placeholder"><attrs dtype="float"/></block>
      <block id="a" type="Const"><pin name="val">1</pin></block><block id="run" type="ClientSession"/><wire from="a" to="run.fetch_outputs"/></page>
      """)
    #expect(try unneeded.results().mapValues(\.brief) == ["a.output": "float [] 1"])
  }

  @Test func everyCycleIsTheSame() throws {
    let page = CompiledPage(
      """
      <page><block id="a" type="Const"><pin name="val">1 2</pin></block><block id="n" type="Exp"/><wire from="a" to="n.x"/></page>
      """)
    let session = try page.session()
    try session.runCycle()
    let first = try #require(session.resultsByName["n.y"])
    for _ in 0..<3 { try session.runCycle() }
    #expect(session.cycle == 4)
    #expect(session.resultsByName["n.y"]?.hasSameBits(as: first) == true)
  }

  @Test func resultsDoNotChangeWithLaterCycles() throws {
    // Also through a view, and a view of a view.
    let page = CompiledPage(
      """
      <page><block id="p" type="Const"><pin name="val">1 2</pin></block>
      <block id="n" type="Negate"/><block id="r" type="Reshape"><pin name="shape">{2, 1}</pin></block><block id="i" type="Identity"/>
      <wire from="p" to="n.x"/><wire from="n" to="r.tensor"/><wire from="r" to="i.input"/></page>
      """)
    let session = try page.session()
    try session.runCycle()
    let results = session.resultsByName
    #expect(results.mapValues(\.brief)["i.output"] == "float [2, 1] -1 -2")
    let bases = ["n.y", "r.output", "i.output"].compactMap { results[$0]?.storage.base }
    #expect(Set(bases).count == 3)
  }

  @Test func manySessionsOfOneCompilationRunInParallel() async throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val" shape="[64, 64]">0.5</pin></block>
        <block id="m" type="MatMul"/><wire from="a" to="m.a"/><wire from="a" to="m.b"/>
        <block id="t" type="Tanh"/><wire from="m" to="t.x"/>
        <block id="s" type="Sum"><pin name="axis">0 1</pin></block><wire from="t" to="s.input"/>
      </page>
      """)
    let compilation = try #require(page.compilation)
    let expected = try page.results()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          guard let session = try? Session(compilation) else { return false }
          for _ in 0..<10 { guard (try? session.runCycle()) != nil else { return false } }
          let results = session.resultsByName
          return expected.allSatisfy { results[$0]?.hasSameBits(as: $1) == true }
        }
      }
      for await isSame in group { #expect(isSame) }
    }
  }
}
