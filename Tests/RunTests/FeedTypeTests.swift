import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// Placeholders that the page itself feeds, and what Status says.
@Suite struct FeedTypeTests {
  private func page(_ initializer: String, placeholder: String = "dtype=\"int32\" shape=\"[?]\"", more: String = "") -> String {
    """
    <page>
    <block id="x" type="Placeholder"><attrs \(placeholder)/></block>
    <block id="n" type="Negate"/><wire from="x" to="n.x"/>
    <block id="pair" type="FeedType">\(initializer)</block><wire from="x" to="pair.input"/>
    <block id="run" type="ClientSession"/><wire from="pair" to="run.inputs"/><wire from="n" to="run.fetch_outputs"/>
    <block id="state" type="Status"/><wire from="run.status" to="state.status"/>
    \(more)
    </page>
    """
  }

  @Test func aWrittenValueTakesThePlaceholdersDtype() throws {
    let results = try CompiledPage(page("<pin name=\"initializer\">1 2 3</pin>")).results(cycles: 2).mapValues(\.brief)
    #expect(results["x.output"] == "int32 [3] 1 2 3")
    #expect(results["n.y"] == "int32 [3] -1 -2 -3")
    #expect(results["state.output"] == "string [] \"OK\"")
  }

  @Test func aWiredValueMayBeComputed() throws {
    let more = """
      <block id="c" type="Const"><pin name="val" dtype="int32">4 5</pin></block>
      <block id="square" type="Square"/><wire from="c" to="square.x"/><wire from="square" to="pair.initializer"/>
      """
    #expect(try CompiledPage(page("", more: more)).results()["n.y"]?.brief == "int32 [2] -16 -25")
  }

  @Test func theCommandLineGoesBefore() throws {
    let value = try #require(Tensor([Int32(7)]))
    let page = CompiledPage(page("<pin name=\"initializer\">1 2 3</pin>"), feeds: [("x", value)])
    #expect(page.found == [])
    #expect(try page.results()["n.y"]?.brief == "int32 [1] -7")
  }

  @Test func aDefaultGivesWay() throws {
    let text = """
      <page><block id="x" type="PlaceholderWithDefault"><pin name="input">1 2</pin><attrs shape="[?]"/></block>
      <block id="pair" type="FeedType"><pin name="initializer">5 6 7</pin></block><wire from="x" to="pair.input"/>
      <block id="run" type="ClientSession"/><wire from="x" to="run.fetch_outputs"/>
      """
    #expect(try CompiledPage(text + "</page>").results()["x.output"]?.brief == "float [2] 1 2")
    #expect(try CompiledPage(text + "<wire from=\"pair\" to=\"run.inputs\"/></page>").results()["x.output"]?.brief == "float [3] 5 6 7")
  }

  @Test func whatDoesNotFitIsTold() throws {
    #expect(CompiledPage(page("<pin name=\"initializer\" dtype=\"float\">1</pin>")).found == ["E0303 4:72 x fed"])
    #expect(CompiledPage(page("<pin name=\"initializer\">{{1}}</pin>")).found == ["E0304 4:58 x fed"])
    #expect(CompiledPage(page("")).found == ["E0208 4:1 pair initializer"])
    let twice =
      "<block id=\"p2\" type=\"FeedType\"><pin name=\"initializer\">1</pin></block>\n<wire from=\"x\" to=\"p2.input\"/><wire from=\"p2\" to=\"run.inputs\"/>"
    #expect(CompiledPage(page("<pin name=\"initializer\">{1}</pin>", more: twice)).found == ["E0403 8:1 p2 input"])
    let other =
      "<block id=\"p2\" type=\"FeedType\"><pin name=\"initializer\">1</pin></block>\n<wire from=\"n\" to=\"p2.input\"/><wire from=\"p2\" to=\"run.inputs\"/>"
    #expect(CompiledPage(page("<pin name=\"initializer\">{1}</pin>", more: other)).found == ["E0403 8:1 p2 input"])
    let loop = "<wire from=\"n\" to=\"pair.initializer\"/>"
    #expect(CompiledPage(page("", more: loop)).diagnostics.map(\.id) == [.cycle])
    #expect(CompiledPage(page("<pin name=\"initializer\">{1}</pin>", more: "<wire from=\"n\" to=\"run.inputs\"/>")).found == ["E0302 7:1 run inputs"])
    let tensor = "<block id=\"a\" type=\"Abs\"/><wire from=\"pair\" to=\"a.x\"/>"
    #expect(CompiledPage(page("<pin name=\"initializer\">{1}</pin>", more: tensor)).found == ["E0302 7:27 a x"])
  }

  @Test func aStatusSaysWhatEndedTheCycle() throws {
    let text = """
      <page>
      <block id="c" type="CheckNumerics"><pin name="tensor">1 nan inf</pin><attrs message="the weights"/></block>
      <block id="run" type="ClientSession"/><wire from="c" to="run.fetch_outputs"/>
      <block id="state" type="Status"/><wire from="run.status" to="state.status"/>
      </page>
      """
    let session = try CompiledPage(text).session()
    #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(session.states == ["c: failed", "run: not-run", "state: ran"])
    #expect(session.resultsByName.mapValues(\.brief) == ["state.output": "string [] \"c: the weights: the tensor has infinite and NaN elements\""])
  }
}
