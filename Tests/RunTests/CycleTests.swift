import Compile
import Diagnostics
import PageSupport
import TensorCore
import Testing

@testable import Run

/// What is looked at from cycle to cycle, and runs that go on from a checkpoint.
@Suite struct CycleTests {
  /// `w` doubles in each cycle; its readers see the value from before.
  private static let doubling = """
    <page>
      <block id="w" type="Variable"><pin name="initvalues">1 2</pin></block>
      <block id="double" type="Add"/><wire from="w" to="double.x"/><wire from="w" to="double.y"/>
      <block id="store" type="Assign"/><wire from="w" to="store.ref"/><wire from="double" to="store.value"/>
      <block id="again" type="AssignAdd"/><wire from="store" to="again.ref"/><wire from="zero" to="again.value"/>
      <block id="zero" type="Const"><pin name="val">0 0</pin></block>
      <block id="text" type="Const"><pin name="val" dtype="string">"a" "b"</pin></block>
      <trend title="t"><series of="double.z[1]"/><series of="w[0]"/></trend>
    </page>
    """

  @Test func watchedResultsAreThereInQuietCycles() throws {
    let session = try CompiledPage(Self.doubling).session()
    let watches = try ["w", "store", "double[1]", "text", "again.output_ref"].map { try session.watch(session.graph.path($0)) }
    #expect(watches.map(\.name) == ["w.ref", "store.output_ref", "double.z[1]", "text.output", "again.output_ref"])
    for expected in [
      ["float [2] 1 2", "float [2] 2 4", "float [] 4", #"string [2] "a" "b""#, "float [2] 2 4"],
      ["float [2] 2 4", "float [2] 4 8", "float [] 8", #"string [2] "a" "b""#, "float [2] 4 8"],
    ] {
      try session.runCycle(isShown: false)
      #expect(watches.map { $0.value?.brief } == expected)
      #expect(session.resultsByName.isEmpty)
    }
    #expect(watches[2].number == 8 && watches[2].count == 1)
    #expect(session.graph.trendPaths.map(session.graph.name(of:)) == ["double.z[1]", "w.ref[0]"])
  }

  /// Without a watch a quiet cycle copies nothing.
  @Test func whatNobodyWatchesIsNotCopied() throws {
    let session = try CompiledPage(Self.doubling).session()
    let slot = try #require(session.plan.copies.first)
    try session.runCycle(isShown: false)
    #expect(session.tensor(Int(slot.value))?.brief == "float [2] 0 0")
    session.watch(Int(slot.key))
    try session.runCycle(isShown: false)
    #expect(session.tensor(Int(slot.value))?.brief == "float [2] 2 4")
  }

  @Test func whatCannotBeWatched() throws {
    let session = try CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block><block id="idle" type="Abs"/><wire from="a" to="idle.x"/>
        <block id="run" type="ClientSession"/><wire from="a" to="run.fetch_outputs"/>
      </page>
      """
    ).session()
    for name in ["idle", "a[0]", "nobody", "run", "a.val"] {
      #expect(throws: DiagnosticError.self, "\(name)") { try session.watch(session.graph.path(name)) }
    }
  }

  @Test func historiesAreThinnedWhenTheyGrow() throws {
    let session = try CompiledPage(Self.doubling).session()
    var history = History([try session.watch(session.graph.path("w[0]"))], pool: session.graph.pool, limit: 32)
    for _ in 0..<21 {
      try session.runCycle(isShown: false)
      try history.record(session.cycle, isLast: session.cycle == 21)
    }
    #expect(history.cycles == [4, 8, 12, 16, 20, 21])
    #expect(history.every == 4)
    #expect(history.series[0].values?.brief == "float [6] 8 128 2048 32768 524288 1048576")
    var every = History([try session.watch(session.graph.path("w"))], every: 3, pool: session.graph.pool)
    for cycle in 1...7 { try every.record(cycle, isLast: cycle == 7) }
    #expect(every.cycles == [3, 6, 7])
    #expect(every.series[0].values?.shape == [3, 2])
  }

  @Test func conditions() throws {
    let session = try CompiledPage(Self.doubling).session()
    try session.runCycle()
    func isMet(_ text: String) throws -> Bool {
      let condition = try Condition(text)
      let watch = try session.watch(session.graph.path(condition.reference))
      try condition.check(watch)
      return try condition.isMet(by: watch)
    }
    let texts = ["w[0] < 2", "w[0]<=1", "w[0] > 1", "w[0]>=1e0", "w[1] == 2.0", "w.ref[1] != 2", "double[0] < inf", "w[0] == nan", "w[0] != nan"]
    #expect(try texts.map(isMet) == [true, true, false, true, true, false, true, false, true])
    for text in ["", "w[0]", "w[0] <", "< 1", "w[0] < x", "w[0] = 1", "w < 1", "text[0] == 1", "w[2] < 1", "w[0] < 1 2"] {
      #expect(throws: DiagnosticError.self, "\(text)") { try isMet(text) }
    }
    // A number means the nearest one of the result's dtype.
    let tenth = try CompiledPage(#"<page><block id="a" type="Const"><pin name="val">0.1</pin></block></page>"#).session()
    try tenth.runCycle()
    #expect(try Condition("a == 0.1").isMet(by: tenth.watch(tenth.graph.path("a"))))
  }

  // MARK: Checkpoints

  private static let lasting = """
    <page>
      <block id="base" type="Variable"><pin name="initvalues">3</pin></block>
      <block id="bump" type="AssignAdd"/><wire from="base" to="bump.ref"/><wire from="third" to="bump.value"/>
      <block id="third" type="Const"><pin name="val">0.3333333</pin></block>
      <block id="first" type="Square"/><wire from="base" to="first.x"/>
      <scope name="in"><block id="w" type="Variable"/><wire from="/first" to="w.initvalues"/></scope>
      <block id="n" type="Variable"><pin name="initvalues" dtype="int64">5</pin></block>
      <block id="count" type="CountUpTo"><attrs limit="100"/></block><wire from="n" to="count.ref"/>
      <block id="s" type="Variable"><pin name="initvalues" dtype="string">"x" "é"</pin></block>
      <block id="t" type="TemporaryVariable"><attrs dtype="float" shape="[]"/></block>
      <block id="fill" type="AssignAdd"/><wire from="t" to="fill.ref"/><wire from="base" to="fill.value"/>
      <block id="half" type="Multiply"/><wire from="in/w" to="half.x"/><wire from="bump" to="half.y"/>
      <block id="store" type="Assign"/><wire from="in/w" to="store.ref"/><wire from="half" to="store.value"/>
      <block id="folded" type="Square"/><wire from="third" to="folded.x"/>
      <block id="noise" type="RandomUniform"><pin name="shape">{3}</pin></block>
      <block id="start" type="RandomNormal"><pin name="shape">{2}</pin><attrs seed="7"/></block>
      <block id="z" type="Variable"/><wire from="start" to="z.initvalues"/>
      <block id="mix" type="AssignAdd"/><wire from="z" to="mix.ref"/><wire from="kick" to="mix.value"/>
      <block id="kick" type="RandomUniform"><pin name="shape">{2}</pin></block>
    </page>
    """

  private static func state(_ session: Session) -> [String: String] { session.resultsByName.mapValues(\.brief) }

  @Test func aResumedRunIsTheUninterruptedOne() throws {
    let whole = try CompiledPage(Self.lasting).session()
    var states: [[String: String]] = []
    var files: [[UInt8]] = [try whole.checkpoint().bytes]
    for _ in 0..<6 {
      try whole.runCycle()
      states.append(Self.state(whole))
      files.append(try whole.checkpoint().bytes)
    }
    for (cycle, file) in files.dropLast().enumerated() {
      let resumed = try CompiledPage(Self.lasting).session()
      try resumed.resume(file, name: "c")
      #expect(resumed.cycle == cycle)
      #expect(!resumed.hasResults)
      for next in (cycle + 1)...6 {
        try resumed.runCycle()
        #expect(resumed.cycle == next)
        #expect(Self.state(resumed) == states[next - 1], "cycle \(next) after a checkpoint of cycle \(cycle)")
        #expect(try resumed.checkpoint().bytes == files[next])
      }
    }
    let names = try TensorFile.read(files[1], pool: StringPool()).sections.map(\.name)
    #expect(names == ["cycle", "base", "in/w", "n", "s", "z", "noise", "start", "kick"])
  }

  @Test func checkpointsOfOtherPages() throws {
    let file = try CompiledPage(Self.lasting).session().checkpoint()
    func problems(_ page: String, _ file: TensorFile) throws -> [String] {
      let session = try CompiledPage(page).session()
      do throws(DiagnosticError) {
        try session.resume(file.bytes, name: "c")
        return []
      } catch {
        #expect(session.cycle == 0)
        return error.diagnostics.map { "\($0.id) \($0.message)" }
      }
    }
    #expect(try problems(Self.lasting, file) == [])
    #expect(
      try problems(Self.lasting.replacing("dtype=\"int64\">5", with: "dtype=\"int32\">5"), file) == [
        "E0408 variable `n` is int32 [] here and int64 [] in checkpoint `c`"
      ])
    let variables = ["base", "in/w", "n", "s", "z"].map { "variable `\($0)`" }
    let streams = ["noise", "start", "kick"].map { "random stream `\($0)`" }
    #expect(
      try problems(Self.doubling, file) == ["E0408 variable `w` is not in checkpoint `c`"]
        + (variables + streams).map { "E0408 the page has no \($0), but there is one in checkpoint `c`" })
    var twice = file
    twice.sections.append(try #require(file.sections.first { $0.name == "n" }))
    #expect(try problems(Self.lasting, twice).count == 1)
    var none = file
    none.sections.removeAll { $0.kind == .run }
    #expect(try problems(Self.lasting, none) == ["E0010 `c` holds tensors, but is no checkpoint of a run"])
    none.sections.append(.init(.run, "cycle", try #require(Tensor([Int64(-1)])?.reshaped(.scalar))))
    #expect(try problems(Self.lasting, none).count == 1)
  }

  // MARK: NaN

  private static func birth(_ page: String, cycles: Int) throws -> String? {
    let session = try CompiledPage(page).session()
    for _ in 0..<cycles {
      try session.runCycle()
      if let fault = session.finiteFault() {
        return "\(session.cycle) \(fault.block ?? "-"): \(fault.message); \(fault.notes.joined(separator: ", "))"
      }
    }
    return nil
  }

  @Test func theBlockWhereANaNBegan() throws {
    func page(_ update: String, first: String = "2 1") -> String {
      """
      <page>
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="w" type="Variable"><pin name="initvalues">\(first)</pin></block>
        <block id="zero" type="Const"><pin name="val">0</pin></block>
        <block id="unrelated" type="Log"/><wire from="zero" to="unrelated.x"/>
        \(update)
      </page>
      """
    }
    let falling = """
      <block id="less" type="Subtract"/><wire from="w" to="less.x"/><wire from="one" to="less.y"/>
      <block id="root" type="Sqrt"/><wire from="less" to="root.x"/>
      <block id="sum" type="Add"/><wire from="root" to="sum.x"/><wire from="one" to="sum.y"/>
      <block id="store" type="Assign"/><wire from="w" to="store.ref"/><wire from="sum" to="store.value"/>
      """
    #expect(try Self.birth(page(falling), cycles: 5) == nil)
    #expect(
      try Self.birth(page(falling, first: "2 0.5"), cycles: 5)
        == "1 root: `w` is nan at [1] after cycle 1; it began in `root`: `root.y` is nan at [1]; `x` is -0.5 there")
    // The update itself overflows, in its second cycle.
    let growing = "<block id=\"add\" type=\"AssignAdd\"/><wire from=\"w\" to=\"add.ref\"/><wire from=\"w\" to=\"add.value\"/>"
    #expect(
      try Self.birth(page(growing, first: "1e38"), cycles: 5)
        == "2 add: `w` is inf after cycle 2; it began in `add`: `add.output_ref` is inf; ")
    #expect(try Self.birth(page("", first: "nan"), cycles: 1) == "1 w: `w` is nan after cycle 1, as is what `w` is given; ")
    let given =
      "<block id=\"k\" type=\"Const\"><pin name=\"val\">inf</pin></block>"
      + growing.replacing("from=\"w\" to=\"add.value\"", with: "from=\"k\" to=\"add.value\"")
    #expect(try Self.birth(page(given, first: "1"), cycles: 1) == "1 k: `w` is inf after cycle 1, as is what `k` is given; ")
  }
}
