import Diagnostics
import PageSupport
import Testing

/// What the names in a page stand for.
@Suite struct ResolveTests {
  @Test func namesInAScopeStandForItsOwnBlocksOnly() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <scope name="inner">
          <block id="a" type="Const"><pin name="val">2</pin></block>
          <block id="near" type="Negate"/>
          <block id="far" type="Negate"/>
          <wire from="a" to="near.x"/>
          <wire from="/a" to="far.x"/>
          <scope name="deep"><block id="a" type="Const"><pin name="val">3</pin></block></scope>
          <block id="down" type="Negate"/>
          <wire from="deep/a" to="down.x"/>
        </scope>
        <block id="out" type="Negate"/>
        <wire from="inner/deep/a" to="out.x"/>
        <expect of="inner/far">-1</expect>
      </page>
      """)
    #expect(page.found == [])
    let results = try page.results()
    #expect(results["inner/near.y"]?.brief == "float [] -2")
    #expect(results["inner/far.y"]?.brief == "float [] -1")
    #expect(results["inner/down.y"]?.brief == "float [] -3")
    #expect(results["out.y"]?.brief == "float [] -3")
  }

  @Test func aNameOfAnotherScopeIsToldWithItsPath() {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <scope name="inner">
          <block id="b" type="AddN"/>
          <wire from="a" to="b.inputs"/>
        </scope>
        <wire from="b" to="a.val"/>
        <wire from="other/a" to="inner/b"/>
      </page>
      """)
    #expect(page.found == ["E0203 5:17 a -", "E0203 7:15 b -", "E0203 8:15 a -"])
    #expect(page.diagnostics.map(\.fix) == ["/a", "/inner/b", "/a"].map { "it stands in another scope: write `\($0)`" })
  }

  @Test func namesLikeItAreSuggested() {
    func fix(_ body: String) -> String? { CompiledPage("<page>\(body)</page>").diagnostics.first?.fix }
    #expect(fix(#"<block id="a" type="MatMull"/>"#) == "did you mean `MatMul`?")
    #expect(fix(#"<block id="a" type="matmul"/>"#) == "did you mean `MatMul`?")
    #expect(fix(#"<block id="a" type="Xyzzy"/>"#) == "`enuflow blocks` lists the types that work")
    #expect(fix(#"<block id="input" type="Input"><pin name="initvalue">1</pin></block>"#) == "did you mean `initvalues`?")
    #expect(fix(#"<block id="m" type="Split"><attrs num_splits="2"/></block>"#) == "did you mean `num_split`?")
    let wire = CompiledPage(
      #"<page><block id="input" type="Input"><pin name="initvalues">1</pin></block><wire from="inptu" to="input.initvalues"/></page>"#)
    #expect(wire.diagnostics.map(\.fix) == ["did you mean `input`?"])
  }

  @Test(
    arguments: [
      // From an input, into an output; pins that are not there; pins that must be named.
      (#"<wire from="m.a" to="n.x"/>"#, ["E0214 5:13 m a"]),
      (#"<wire from="c" to="n.y"/>"#, ["E0214 5:20 n y"]),
      (#"<wire from="c.out" to="n.x"/>"#, ["E0204 5:13 c out"]),
      (#"<wire from="c" to="m.c"/>"#, ["E0204 5:20 m c"]),
      (#"<wire from="c" to="m"/>"#, ["E0213 5:20 m -"]),
      (#"<wire from="run" to="n.x"/>"#, ["E0302 5:1 n x"]),
      (#"<wire from="c" to="m.transpose_a"/>"#, ["E0204 5:20 m transpose_a"]),
      // Indices.
      (#"<wire from="c.output[0]" to="n.x"/>"#, ["E0212 5:13 c output"]),
      (#"<wire from="c" to="n.x[0]"/>"#, ["E0212 5:20 n -"]),
      // Both ends.
      (#"<wire from="d" to="e.x"/>"#, ["E0203 5:13 d -", "E0203 5:20 e -"]),
    ])
  func wrongWires(_ wire: String, _ found: [String]) {
    let page = CompiledPage(
      """
      <page>
      <block id="c" type="Const"><pin name="val">1</pin></block>
      <block id="run" type="ClientSession"/><block id="m" type="MatMul"><pin name="a">{{1}}</pin><pin name="b">{{1}}</pin></block>
      <block id="n" type="Negate"><pin name="x">1</pin></block>
      \(wire)
      </page>
      """)
    #expect(page.found == found)
  }

  @Test func theResultPrefixIsOptional() {
    let page = CompiledPage(
      #"<page><block id="n" type="Negate"><pin name="x">1</pin></block><block id="m" type="Abs"/><wire from="n.result_y" to="m.x"/></page>"#)
    #expect(page.found == [])
  }

  @Test func attrsAndPinsAreToldApart() {
    let page = CompiledPage(
      """
      <page>
        <block id="s" type="Split"><pin name="num_split">2</pin><attrs axis="0"/></block>
        <block id="n" type="Negate"><pin name="y">2</pin></block>
      </page>
      """)
    #expect(page.found == ["E0204 2:30 s num_split", "E0205 2:66 s axis", "E0214 3:31 n y"])
    #expect(page.diagnostics.map { $0.fix?.hasPrefix("write <attrs num_split=") } == [true, false, false])
  }

  @Test func listPinsTakeTheirWiresInDocumentOrder() throws {
    let page = CompiledPage(
      """
      <page>
        <wire from="b" to="j.values"/>
        <block id="j" type="Concat"><pin name="axis" dtype="int32">0</pin></block>
        <wire from="a" to="j.values"/>
        <block id="a" type="Const"><pin name="val">{1}</pin></block>
        <block id="b" type="Const"><pin name="val">{2}</pin></block>
        <wire from="a" to="j.values"/>
        <wire from="b" to="j.values"/>
      </page>
      """)
    #expect(page.found == [])
    #expect(try page.results()["j.output"]?.brief == "float [4] 2 1 1 2")
  }

  @Test func membersOfListsArePickedByIndex() throws {
    func page(_ wire: String) -> CompiledPage {
      CompiledPage(
        """
        <page>
        <block id="s" type="Split"><pin name="axis">0</pin><pin name="value">1 2 3 4</pin><attrs num_split="2"/></block>
        <block id="n" type="Negate"/>
        <wire from="\(wire)" to="n.x"/>
        </page>
        """)
    }
    #expect(try page("s.output[1]").results()["n.y"]?.brief == "float [2] -3 -4")
    #expect(try page("s[0]").results()["n.y"]?.brief == "float [2] -1 -2")
    #expect(page("s.output[2]").found == ["E0212 4:1 n x"])
    #expect(page("s.output").found == ["E0212 4:1 n x"])
    #expect(page("s.output[0][1]").found == ["E0212 4:13 s output"])
  }

  @Test func unknownNamesAreWarningsInPagesOfTheOriginal() {
    func svg(_ pins: String) -> CompiledPage {
      CompiledPage(
        """
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
        <use id="A" type="tensorflow" xlink:href="#Cast">
        <pg-set-pin variable="#x" shape="" var-type="string" value="1"/>
        \(pins)
        </use>
        </svg>
        """)
    }
    let sound = ##"<pg-set-pin variable="#attrs" shape="" var-type="string" value="DstT_ = DT_INT64; truncat_ = true;"/>"##
    let cast = svg(sound + "\n" + ##"<pg-set-pin variable="#tolerance" shape="" var-type="string" value="1"/>"##)
    #expect(cast.diagnostics.map(\.severity) == [.warning, .warning])
    #expect(cast.diagnostics.map(\.id) == [.unknownAttrIgnored, .unknownAttrIgnored])
    #expect(cast.plan != nil)
  }

  @Test func aBadEndOfAWireDoesNotBreakItsSource() {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="n" type="Negate"/><block id="good" type="Negate"/>
        <wire from="a.typo" to="n.x"/>
        <wire from="a" to="good.x"/>
      </page>
      """, keepsGoing: true)
    #expect(page.found == ["W0703 3:3 n -", "E0204 4:15 a typo"])
    #expect(page.compilation?.leftOut.count == 1)
  }

  @Test func everyWireIntoABrokenBlockIsJudged() {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="m" type="MatMul"><attrs transpose_c="true"/></block>
        <wire from="nobody" to="m.a"/>
        <wire from="a" to="m.x"/>
        <wire from="a.typo" to="m.b"/>
      </page>
      """)
    #expect(page.found == ["E0205 3:38 m transpose_c", "E0203 4:15 nobody -", "E0204 5:22 m x", "E0204 6:15 a typo"])
  }

  @Test func otherInputsOfABrokenBlockAreJudged() {
    let page = CompiledPage(
      """
      <page>
        <block id="m" type="MatMul"><attrs transpose_a="perhaps"/></block>
        <block id="n" type="MatMul"/>
        <wire from="nobody" to="n.a"/>
      </page>
      """)
    #expect(page.found == ["E0208 2:3 m a", "E0208 2:3 m b", "E0206 2:51 m transpose_a", "E0208 3:3 n b", "E0203 4:15 nobody -"])
  }

  @Test func whatFollowsFromABrokenBlockIsNotTold() {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Konst"><pin name="val">1</pin></block>
        <block id="b" type="Negate"/><block id="c" type="Negate"/><block id="d" type="Add"/>
        <wire from="a.what" to="b.x"/>
        <wire from="b" to="c.x"/>
        <wire from="c" to="d.x"/>
        <wire from="b" to="d.y"/>
        <expect of="d">1</expect>
        <expect of="a.foo">1</expect>
      </page>
      """)
    #expect(page.found == ["E0201 2:23 a -"])
  }
}
