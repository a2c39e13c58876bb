import Inspect
import Page
import PageSupport
import Testing

/// Comparing what pages say.
@Suite struct PageDiffTests {
  private let text = """
    <page title="one" seed="3">
      <block id="x" type="Input"><pin name="initvalues" dtype="float">-1 0 5 6</pin></block>
      <block id="q" type="FakeQuantWithMinMaxVars"><attrs num_bits="4"/><pin name="min">1</pin><pin name="max">5</pin></block>
      <scope name="layer"><block id="s" type="AddN"/><wire from="/q" to="s.inputs"/><wire from="/x" to="s.inputs"/></scope>
      <wire from="x" to="q.inputs"/>
      <expect of="q">0 0 4 4</expect>
    </page>
    """

  private func structure(_ text: String) throws -> PageStructure {
    PageStructure(try #require(PageReader.read(Array(text.utf8), name: "p").page))
  }

  /// The changes from the text to one with something replaced.
  private func changes(_ old: String, _ new: String) throws -> [String] {
    let changed = text.replacing(old, with: new)
    #expect(changed != text)
    return PageDiff(try structure(text), try structure(changed)).text().split(separator: "\n").map(String.init)
  }

  @Test func aPageEqualsItself() throws {
    let diff = PageDiff(try structure(text), try structure(text))
    #expect(diff.isEmpty)
    #expect(diff.summary == "3 blocks the same, 0 added, 0 removed, 0 changed")
  }

  @Test func eachPart() throws {
    #expect(try changes("num_bits=\"4\"", "num_bits=\"3\"") == ["~ attr q num_bits = 4 -> 3"])
    #expect(try changes("num_bits=\"4\"", "num_bits=\"8\"") == ["- attr q num_bits = 4"])
    #expect(try changes("num_bits=\"4\"", "num_bits=\"4\" narrow_range=\"true\"") == ["+ attr q narrow_range = true"])
    #expect(try changes("<pin name=\"min\">1<", "<pin name=\"min\">0<") == ["~ pin q.min: float [] 1 -> float [] 0"])
    #expect(try changes("<wire from=\"/x\" to=\"s.inputs\"/>", "") == ["- wire layer/s.inputs <- x.input"])
    #expect(
      try changes(
        "<wire from=\"/q\" to=\"s.inputs\"/><wire from=\"/x\" to=\"s.inputs\"/>",
        "<wire from=\"/x\" to=\"s.inputs\"/><wire from=\"/q\" to=\"s.inputs\"/>")
        == ["~ wire layer/s.inputs <- q.outputs, x.input -> x.input, q.outputs"])
    #expect(try changes("AddN", "Concat").first == "~ block layer/s: AddN -> Concat")
    #expect(try changes("title=\"one\"", "title=\"two\"") == ["~ page title: one -> two"])
    #expect(try changes("0 0 4 4", "0 0 4 5") == ["~ page expect q: 0 0 4 4 -> 0 0 4 5"])
    #expect(
      try changes("<wire from=\"x\"", "<block id=\"n\" type=\"Abs\"><pin name=\"x\">2</pin></block><wire from=\"x\"") == [
        "+ block n: Abs", "+ pin n.x: float [] 2",
      ])
  }

  @Test("how it is written is of no matter") func writing() throws {
    for (old, new) in [
      ("-1 0 5 6", "{-1, 0,\n 5, 6e0}"), ("from=\"x\" to=\"q.inputs\"", "from=\"x.input\" to=\"/q.inputs\""),
      ("num_bits=\"4\"", "narrow_range=\"false\" num_bits=\"4\""), ("type=\"Input\"", "type=\"Input\" at=\"10,20\""),
    ] { #expect(try changes(old, new) == []) }
  }

  @Test("both notations of a page are equal") func notations() throws {
    let page = """
      <page>
        <block id="x" type="Const"><pin name="val" dtype="float">{{1, 2}, {3, 4}}</pin></block>
        <block id="w" type="Const"><pin name="val" dtype="float">{{5}, {6}}</pin></block>
        <block id="m" type="MatMul"><attrs transpose_a="true"/></block>
        <block id="run" type="ClientSession"/>
        <wire from="x" to="m.a"/><wire from="w" to="m.b"/><wire from="m" to="run.fetch_outputs"/>
      </page>
      """
    let svg = """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
      <use id="x" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val" shape="[2][2]" var-type="float" value="1.0;2.0;3.0;4.0"/></use>
      <use id="w" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val" shape="[2][1]" var-type="float" value="5.0;6.0"/></use>
      <use id="m" type="tensorflow" xlink:href="#MatMul">
      <pg-set-pin variable="#attrs" shape="" var-type="string" value="transpose_a_ = true;transpose_b_ = false;"/>
      <pg-set-pin variable="#result_product[2][1]" shape="[2][1]" var-type="float" value="1;2"/></use>
      <use id="run" type="tensorflow" xlink:href="#ClientSession"/>
      <pg-link from-id="x" param-from="output" to-id="m" param-to="a"/>
      <pg-link from-id="w" param-from="output" to-id="m" param-to="b"/>
      <pg-link from-id="m" param-from="product" to-id="run" param-to="fetch_outputs"/>
      </svg>
      """
    let diff = PageDiff(try structure(page), try structure(svg))
    #expect(diff.isEmpty, "\(diff.text())")
    #expect(diff.equalBlocks == 4)
    #expect(PageDiff(try structure(page), try structure(svg.replacing("6.0", with: "7.0"))).changes.map(\.name) == ["val"])
  }

  @Test("broken blocks are compared as they are written") func broken() throws {
    let broken = text.replacing("FakeQuantWithMinMaxVars", with: "NoSuchType")
    #expect(PageDiff(try structure(broken), try structure(broken)).isEmpty)
    let changed = broken.replacing("<pin name=\"min\">1<", with: "<pin name=\"min\">2<")
    #expect(PageDiff(try structure(broken), try structure(changed)).text() == "~ pin q.min: 1 -> 2\n")
    #expect(PageDiff(try structure(text), try structure(broken)).text().hasPrefix("~ block q: FakeQuantWithMinMaxVars -> NoSuchType\n"))
  }

  @Test func asText() throws {
    #expect(
      try structure(text).text == """
        title: one
        seed: 3
        expect q: 0 0 4 4
        block x: Input
          dtype = float
          initvalues: float [4] [-1, 0, 5, 6]
        block q: FakeQuantWithMinMaxVars
          num_bits = 4
          min: float [] 1
          max: float [] 5
          inputs <- x.input
        block layer/s: AddN
          inputs <- q.outputs
          inputs <- x.input

        """)
  }
}
