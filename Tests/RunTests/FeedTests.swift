import Diagnostics
import PageSupport
import TensorCore
import Testing

/// Values from outside in the place of outputs and input pins, and texts in the place of others.
@Suite struct FeedTests {
  private let sum = """
    <page>
    <block id="p" type="Placeholder"><attrs dtype="float" shape="[2]"/></block>
    <block id="c" type="Const"><pin name="val">10 20</pin></block>
    <block id="s" type="Add"/><wire from="p" to="s.x"/><wire from="c" to="s.y"/>
    </page>
    """

  private func floats(_ values: [Float]) throws -> Tensor { try #require(Tensor(values)) }

  @Test func aFedBlockHandsItsValueOn() throws {
    let feeds = [("p", try floats([1, 2])), ("c", try floats([5, 5]))]
    #expect(
      try CompiledPage(sum, feeds: feeds).results().mapValues(\.brief) == [
        "p.output": "float [2] 1 2", "c.output": "float [2] 5 5", "s.z": "float [2] 6 7",
      ])
    #expect(try CompiledPage(sum, feeds: [("p.output", try floats([1, 2]))]).results()["s.z"]?.brief == "float [2] 11 22")
  }

  @Test func aFedPinLosesItsWire() throws {
    let page = CompiledPage(sum, feeds: [("p", try floats([1, 2])), ("s.y", try floats([0, 1]))])
    #expect(try page.results()["s.z"]?.brief == "float [2] 1 3")
  }

  @Test func aFedBlockNeedsNoInputsAndCutsACycle() throws {
    let page = """
      <page>
      <block id="a" type="Negate"/><block id="b" type="Negate"/><wire from="a" to="b.x"/><wire from="b" to="a.x"/>
      <block id="c" type="MatMul"/>
      </page>
      """
    let compiled = CompiledPage(page, feeds: [("a", try floats([1, 2])), ("c", try floats([3]))])
    #expect(compiled.found == [])
    #expect(try compiled.results()["b.y"]?.brief == "float [2] -1 -2")
  }

  @Test func theLastFeedOfAPinCounts() throws {
    let page = CompiledPage(
      sum, feeds: [("p", try floats([1, 2])), ("p", try floats([3, 4])), ("s.y", try floats([0, 1])), ("s.y", try floats([1, 1]))])
    #expect(page.found == [])
    #expect(try page.results()["s.z"]?.brief == "float [2] 4 5")
  }

  @Test func whatDoesNotFitIsTold() throws {
    #expect(CompiledPage(sum, feeds: [("p", try floats([1, 2, 3]))]).found == ["E0403 2:1 p output"])
    #expect(CompiledPage(sum, feeds: [("p", try #require(Tensor([Int32(1), 2])))]).found == ["E0403 2:1 p output"])
    #expect(CompiledPage(sum, feeds: [("s.x", try #require(Tensor([true, false])))]).found == ["E0302 4:1 s x"].map { _ in "E0403 4:1 s x" })
    #expect(CompiledPage(sum, feeds: [("s.x", try floats([1, 2, 3]))]).found == ["E0304 4:52 s y"])
  }

  @Test(arguments: ["nobody", "c.val.x", "s.w", "p[0]", "s.x[1]", "2"])
  func namesThatAreNotThere(_ name: String) throws {
    #expect(CompiledPage(sum, feeds: [(name, try floats([1, 2]))]).diagnostics.map(\.id) == [.badArgument])
  }

  @Test func fedStringsMeetTheStringsOfThePage() throws {
    let strings = try #require(Tensor(strings: [Array("b".utf8), Array("x".utf8)], pool: StringPool()))
    let page = CompiledPage(
      """
      <page>
      <block id="p" type="Placeholder"><attrs dtype="string"/></block>
      <block id="c" type="Const"><pin name="val" dtype="string">"a" "x"</pin></block>
      <block id="e" type="Equal"/><wire from="p" to="e.x"/><wire from="c" to="e.y"/>
      <block id="j" type="Concat"><pin name="axis">0</pin></block><wire from="p" to="j.values"/><wire from="c" to="j.values"/>
      <block id="r" type="Reshape"><pin name="shape">{2, 2}</pin></block><wire from="j" to="r.tensor"/>
      <block id="t" type="Transpose"><pin name="perm">{1, 0}</pin></block><wire from="r" to="t.x"/>
      </page>
      """, feeds: [("p", strings)])
    let results = try page.results().mapValues(\.brief)
    #expect(results["e.z"] == "bool [2] false true")
    #expect(results["t.y"] == #"string [2, 2] "b" "a" "x" "x""#)
  }

  // MARK: --set

  @Test func aTextReplacesWireAndText() throws {
    let page = CompiledPage(sum, set: ["s.x=1 2", "c.val=7"], feeds: [("p", try floats([5, 5]))])
    #expect(page.found == [])
    #expect(try page.results()["s.z"]?.brief == "float [2] 8 9")
    #expect(page.graph?.page.wires.count == 1)
  }

  @Test(
    arguments: [
      ("s.x=100 200", "float [2] 110 220"), ("s.x={100}", "float [2] 110 120"), ("s.x=1", "float [2] 11 21"), ("s.x=\"\"", nil as String?),
    ])
  func setOnAPin(_ argument: String, _ expected: String?) throws {
    let page = CompiledPage(sum, set: [argument], feeds: [("p", try floats([1, 2]))])
    if let expected { #expect(try page.results()["s.z"]?.brief == expected) } else { #expect(page.plan == nil) }
  }

  @Test func theDeclaredDTypeStaysAndBracesGiveTheShape() throws {
    let text = """
      <page><block id="c" type="Const"><pin name="val" dtype="int32" shape="[2]">1 2</pin></block>
      <block id="q" type="Split"><pin name="axis">0</pin><attrs num_split="2"/></block><wire from="c" to="q.value"/></page>
      """
    #expect(try CompiledPage(text, set: ["c.val=7"]).results()["c.output"]?.brief == "int32 [2] 7 7")
    #expect(try CompiledPage(text, set: ["c=7 8"]).results()["c.output"]?.brief == "int32 [2] 7 8")
    #expect(try CompiledPage(text, set: ["c.val={7, 8, 9, 10}"]).results()["q.output[1]"]?.brief == "int32 [2] 9 10")
    #expect(try CompiledPage(text, set: ["q.num_split=1"]).results()["q.output[0]"]?.brief == "int32 [2] 1 2")
    #expect(try CompiledPage(sum, set: ["p=1 2"]).results()["s.z"]?.brief == "float [2] 11 22")
    #expect(CompiledPage(text, set: ["c.val=1.5"]).found == ["E0308 1:7 c val"])
  }

  @Test func inPagesOfTheOriginalItIsPageNotationToo() throws {
    let page = """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
      <use id="A" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val[2]" shape="[2]" var-type="double" value="1;2"/></use>
      <use id="B" type="tensorflow" xlink:href="#Identity"><pg-set-pin variable="#input" shape="" var-type="string" value="1"/></use>
      </svg>
      """
    let results = try CompiledPage(page, set: ["A.val=3 4", "B.input=5 6"]).results().mapValues(\.brief)
    #expect(results == ["A.output": "double [2] 3 4", "B.output": "float [2] 5 6"])
  }

  @Test(arguments: ["s", "=1", "nobody=1", "s.z=1", "s.w=1", "s.x[0]=1", "run.fetch=1", "a b=1"])
  func setThatCannotBe(_ argument: String) {
    let page = CompiledPage(sum, set: [argument])
    #expect(page.diagnostics.contains { $0.id == .badArgument })
  }
}
