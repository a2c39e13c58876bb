import Blocks
import Compile
import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// What readers of variables see, and what lasts from cycle to cycle.
@Suite struct VariableTests {
  /// Results by name after each of some cycles, as brief texts.
  private static func history(_ page: String, _ names: [String], cycles: Int = 2) throws -> [[String]] {
    let session = try CompiledPage(page).session()
    return try (0..<cycles).map { _ in
      try session.runCycle()
      let results = session.resultsByName
      return names.map { results[$0]?.brief ?? "none" }
    }
  }

  private static func updates(_ page: String) throws -> [String] {
    let graph = try #require(CompiledPage(page).graph)
    func name(_ block: Int32) -> String { block < 0 ? "-" : graph.page.displayName(ofBlock: Int(block)) }
    return graph.updates.map { "\(name($0.block)) \($0.isBefore ? "before" : "after") \(name($0.reader))" }
  }

  private static let step = """
    <page>
      <block id="w" type="Variable"><pin name="initvalues">1 2</pin></block>
      <block id="double" type="Add"/><wire from="w" to="double.x"/><wire from="w" to="double.y"/>
      <block id="store" type="Assign"/><wire from="w" to="store.ref"/><wire from="double" to="store.value"/>
      <block id="late" type="Negate"/><wire from="w" to="late.x"/>
      <block id="new" type="Negate"/><wire from="store" to="new.x"/>
    </page>
    """

  @Test func anUpdateThatDependsOnAReaderComesAfterAllOfThem() throws {
    #expect(try Self.updates(Self.step) == ["store after double"])
    #expect(
      try Self.history(Self.step, ["w.ref", "store.output_ref", "late.y", "new.y"]) == [
        ["float [2] 1 2", "float [2] 2 4", "float [2] -1 -2", "float [2] -2 -4"],
        ["float [2] 2 4", "float [2] 4 8", "float [2] -2 -4", "float [2] -4 -8"],
      ])
  }

  @Test func anUpdateThatDependsOnNoReaderComesFirst() throws {
    let page = """
      <page>
        <block id="late" type="Negate"/><wire from="w" to="late.x"/>
        <block id="w" type="Variable"><pin name="initvalues">1 2</pin></block>
        <block id="batch" type="Const"><pin name="val">5 6</pin></block>
        <block id="load" type="Assign"/><wire from="w" to="load.ref"/><wire from="batch" to="load.value"/>
      </page>
      """
    #expect(try Self.updates(page) == ["load before -"])
    #expect(try Self.history(page, ["w.ref", "late.y"], cycles: 1) == [["float [2] 5 6", "float [2] -5 -6"]])
  }

  /// The first update is before the readers, the second after them: a batch is loaded, used, and cleared.
  @Test func updatesOnBothSidesOfTheReaders() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">1</pin></block>
        <block id="ten" type="Const"><pin name="val">10</pin></block>
        <block id="add" type="AssignAdd"/><wire from="w" to="add.ref"/><wire from="ten" to="add.value"/>
        <block id="half" type="Multiply"/><wire from="w" to="half.x"/><block id="h" type="Const"><pin name="val">0.5</pin></block>
        <wire from="h" to="half.y"/>
        <block id="store" type="Assign"/><wire from="w" to="store.ref"/><wire from="half" to="store.value"/>
      </page>
      """
    #expect(try Self.updates(page) == ["add before -", "store after half"])
    #expect(
      try Self.history(page, ["add.output_ref", "w.ref", "half.z", "store.output_ref"]) == [
        ["float [] 11", "float [] 11", "float [] 5.5", "float [] 5.5"],
        ["float [] 15.5", "float [] 15.5", "float [] 7.75", "float [] 7.75"],
      ])
  }

  /// What is wired to an update shows the value that it made, though later updates change the variable again.
  @Test func updatesInARowHandOnWhatEachMade() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">1 1</pin></block>
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="one" type="AssignAdd"/><wire from="w" to="one.ref"/><wire from="a" to="one.value"/>
        <block id="two" type="AssignAdd"/><wire from="one" to="two.ref"/><wire from="a" to="two.value"/>
        <block id="three" type="AssignSub"/><wire from="two" to="three.ref"/><wire from="two" to="three.value"/>
        <block id="see" type="Negate"/><wire from="one" to="see.x"/>
      </page>
      """
    #expect(
      try Self.history(page, ["w.ref", "one.output_ref", "two.output_ref", "three.output_ref", "see.y"], cycles: 1) == [
        ["float [2] 0 0", "float [2] 2 3", "float [2] 3 5", "float [2] 0 0", "float [2] -2 -3"]
      ])
  }

  @Test func aViewOfAVariableKeepsWhatItsReadersSaw() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">1 2 3 4</pin></block>
        <block id="shape" type="Const"><pin name="val" dtype="int32">2 2</pin></block>
        <block id="square" type="Reshape"/><wire from="w" to="square.tensor"/><wire from="shape" to="square.shape"/>
        <block id="twice" type="Add"/><wire from="w" to="twice.x"/><wire from="w" to="twice.y"/>
        <block id="store" type="Assign"/><wire from="w" to="store.ref"/><wire from="twice" to="store.value"/>
        <block id="flat" type="Identity"/><wire from="store" to="flat.input"/>
        <block id="shape4" type="Const"><pin name="val" dtype="int32">{4}</pin></block>
        <block id="again" type="Reshape"/><wire from="square" to="again.tensor"/><wire from="shape4" to="again.shape"/>
        <block id="both" type="Subtract"/><wire from="flat" to="both.x"/><wire from="again" to="both.y"/>
      </page>
      """
    #expect(
      try Self.history(page, ["w.ref", "square.output", "both.z", "flat.output"]) == [
        ["float [4] 1 2 3 4", "float [2, 2] 1 2 3 4", "float [4] 1 2 3 4", "float [4] 2 4 6 8"],
        ["float [4] 2 4 6 8", "float [2, 2] 2 4 6 8", "float [4] 2 4 6 8", "float [4] 4 8 12 16"],
      ])
  }

  @Test func theFirstValueIsComputedOnce() throws {
    let page = """
      <page>
        <block id="seed" type="Variable"><pin name="initvalues">3</pin></block>
        <block id="bump" type="AssignAdd"/><wire from="seed" to="bump.ref"/><wire from="one" to="bump.value"/>
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="first" type="Square"/><wire from="seed" to="first.x"/>
        <block id="w" type="Variable"/><wire from="first" to="w.initvalues"/>
        <block id="see" type="Negate"/><wire from="w" to="see.x"/>
        <block id="run" type="ClientSession"/>
        <wire from="see" to="run.fetch_outputs"/><wire from="bump" to="run.run_outputs"/>
      </page>
      """
    #expect(
      try Self.history(page, ["seed.ref", "first.y", "see.y"], cycles: 2) == [
        ["float [] 4", "float [] 9", "float [] -9"], ["float [] 5", "float [] 9", "float [] -9"],
      ])
  }

  @Test func aFailedCycleLeavesVariablesAsTheyWere() throws {
    let page = """
      <page>
        <block id="n" type="Variable"><pin name="initvalues" dtype="int32">0</pin></block>
        <block id="count" type="CountUpTo"><attrs limit="2"/></block><wire from="n" to="count.ref"/>
        <block id="sum" type="Variable"><pin name="initvalues">0</pin></block>
        <block id="one" type="Const"><pin name="val">1</pin></block>
        <block id="add" type="AssignAdd"/><wire from="sum" to="add.ref"/><wire from="one" to="add.value"/>
        <block id="left" type="Subtract"/><wire from="two" to="left.x"/><wire from="n" to="left.y"/>
        <block id="two" type="Const"><pin name="val" dtype="int32">2</pin></block>
        <block id="q" type="FloorDiv"/><wire from="two" to="q.x"/><wire from="left" to="q.y"/>
      </page>
      """
    let session = try CompiledPage(page).session()
    try session.runCycle()
    #expect(session.resultsByName["add.output_ref"]?.brief == "float [] 1")
    for _ in 0..<2 {
      // 2 - 2 = 0 is divided by, after both updates.
      let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
      #expect(error?.diagnostics.map(\.id) == [.divisionByZero])
      #expect(session.variable(ofBlock: 2)?.brief == "float [] 1")
      #expect(session.variable(ofBlock: 0)?.brief == "int32 [] 1")
    }
  }

  @Test func aCounterEndsAtItsLimit() throws {
    let page = """
      <page>
        <block id="n" type="Variable"><pin name="initvalues" dtype="int32">0</pin></block>
        <block id="count" type="CountUpTo"><attrs limit="2"/></block><wire from="n" to="count.ref"/>
      </page>
      """
    let session = try CompiledPage(page).session()
    try session.runCycle()
    try session.runCycle()
    #expect(session.resultsByName["count.output"]?.brief == "int32 [] 1")
    let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(error?.diagnostics.map(\.summary) == ["E0406 3:3 count -"])
  }

  @Test func updatesOfValuesWhoseShapesAreKnownInTheRun() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">1 2 3 4</pin></block>
        <block id="a" type="Variable"><pin name="initvalues">{{1, 2}, {3, 4}}</pin></block>
        <block id="size" type="Variable"><pin name="initvalues" dtype="int32">{4}</pin></block>
        <block id="flat" type="Reshape"/><wire from="a" to="flat.tensor"/><wire from="size" to="flat.shape"/>
        <block id="add" type="AssignAdd"/><wire from="w" to="add.ref"/><wire from="flat" to="add.value"/>
      </page>
      """
    #expect(
      try Self.history(page, ["w.ref", "flat.output"]) == [["float [4] 2 4 6 8", "float [4] 1 2 3 4"], ["float [4] 3 6 9 12", "float [4] 1 2 3 4"]])
  }

  @Test func oneValueFillsAVariable() throws {
    let page = """
      <page><block id="w" type="Variable"><pin name="initvalues">0.5</pin><attrs shape="[2, 2]"/></block></page>
      """
    #expect(try Self.history(page, ["w.ref"], cycles: 1) == [["float [2, 2] 0.5 0.5 0.5 0.5"]])
  }

  @Test func quietCyclesCountAndShowNothing() throws {
    let session = try CompiledPage(Self.step).session()
    for _ in 0..<3 { try session.runCycle(isShown: false) }
    #expect(session.resultsByName.isEmpty)
    try session.runCycle()
    #expect(session.cycle == 4)
    #expect(session.resultsByName["w.ref"]?.brief == "float [2] 8 16")
    #expect(session.resultsByName["store.output_ref"]?.brief == "float [2] 16 32")
  }

  /// A chain of updates of one variable, and a page of many variables, take no more than their size.
  @Test(.timeLimit(.minutes(1))) func manyUpdates() throws {
    var text = "<page><block id=\"w\" type=\"Variable\"><pin name=\"initvalues\">0</pin></block>"
    text += "<block id=\"one\" type=\"Const\"><pin name=\"val\">1</pin></block>"
    for index in 0..<500 {
      text += "<block id=\"u\(index)\" type=\"AssignAdd\"/><wire from=\"w\" to=\"u\(index).ref\"/><wire from=\"one\" to=\"u\(index).value\"/>"
      text += "<block id=\"v\(index)\" type=\"Variable\"><pin name=\"initvalues\">0</pin></block>"
      text += "<block id=\"x\(index)\" type=\"Add\"/><wire from=\"v\(index)\" to=\"x\(index).x\"/><wire from=\"w\" to=\"x\(index).y\"/>"
      text +=
        "<block id=\"y\(index)\" type=\"Assign\"/><wire from=\"v\(index)\" to=\"y\(index).ref\"/><wire from=\"x\(index)\" to=\"y\(index).value\"/>"
    }
    let session = try CompiledPage(text + "</page>").session()
    try session.runCycle()
    try session.runCycle()
    #expect(session.resultsByName["w.ref"]?.brief == "float [] 1000")
    #expect(session.resultsByName["y499.output_ref"]?.brief == "float [] 1500")
  }

  /// Every update of a chain finds the variable at its beginning.
  @Test(.timeLimit(.minutes(1))) func aLongChainOfUpdates() throws {
    var chain = "<page><block id=\"w\" type=\"Variable\"><pin name=\"initvalues\">0</pin></block>"
    for index in 0..<3000 {
      let from = index == 0 ? "w" : "u\(index - 1)"
      chain += "<block id=\"u\(index)\" type=\"AssignAdd\"><pin name=\"value\">1</pin></block><wire from=\"\(from)\" to=\"u\(index).ref\"/>"
    }
    let graph = try #require(CompiledPage(chain + "</page>").graph)
    #expect(graph.updates.count == 3000)
    #expect(graph.updates.allSatisfy { $0.variables == [0] && $0.isBefore })
  }
}
