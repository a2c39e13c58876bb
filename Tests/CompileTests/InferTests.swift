import Diagnostics
import PageSupport
import TensorCore
import Testing

/// The dtypes and shapes of a page's tensors.
@Suite struct InferTests {
  private func results(_ body: String) throws -> [String: String] { try CompiledPage("<page>\(body)</page>").results().mapValues(\.brief) }
  private func found(_ body: String) -> [String] { CompiledPage("<page>\n\(body)\n</page>").found }

  // MARK: The dtype of a text

  @Test func aTextTakesTheDTypeOfTheInputThatSharesItsTypeVariable() throws {
    let results = try results(
      """
      <block id="c" type="Const"><pin name="val" dtype="int64">3</pin></block>
      <block id="s" type="Add"><pin name="y">4</pin></block><wire from="c" to="s.x"/>
      <block id="t" type="Add"><pin name="x">4</pin></block><wire from="c" to="t.y"/>
      """)
    #expect(results["s.z"] == "int64 [] 7")
    #expect(results["t.z"] == "int64 [] 7")
  }

  @Test func withoutWireAndDTypeATextIsFloatIfThatMayBe() throws {
    let results = try results(
      """
      <block id="c" type="Const"><pin name="val">1 2</pin></block>
      <block id="i" type="Input"><pin name="initvalues">1</pin></block>
      <block id="add" type="Add"><pin name="x">1</pin><pin name="y">2</pin></block>
      <block id="not" type="LogicalNot"><pin name="x">true</pin></block>
      <block id="h" type="OneHot">
        <pin name="indices">1</pin><pin name="depth">2</pin><pin name="on_value">5</pin><pin name="off_value">0</pin>
      </block>
      <block id="r" type="Reshape"><pin name="tensor">1 2</pin><pin name="shape">2 1</pin></block>
      """)
    #expect(results["c.output"] == "float [2] 1 2")
    #expect(results["i.input"] == "float [] 1")
    #expect(results["add.z"] == "float [] 3")
    #expect(results["not.y"] == "bool [] false")
    #expect(results["h.output"] == "float [2] 0 5")
    #expect(results["r.output"] == "float [2, 1] 1 2")
  }

  @Test(arguments: DType.allCases) func aDeclaredDTypeCounts(_ dtype: DType) throws {
    let page = CompiledPage(#"<page><block id="c" type="Const"><pin name="val" dtype="\#(dtype)">1</pin></block></page>"#)
    #expect(try page.results()["c.output"]?.dtype == dtype)
  }

  @Test(arguments: [("DT_FLOAT", DType.float), ("int", .int32), ("DT_INT64", .int64)])
  func otherNamesOfDTypes(_ name: String, _ dtype: DType) throws {
    let page = CompiledPage(#"<page><block id="c" type="Const"><pin name="val" dtype="\#(name)">1</pin></block></page>"#)
    #expect(try page.results()["c.output"]?.dtype == dtype)
  }

  @Test(
    arguments: [
      ("1", "int32"), ("1.5", "double"), ("1e3", "double"), ("1.5f", "float"), ("{1,2f}", "float"), ("true", "bool"), ("{1, 3000000000}", "int64"),
    ])
  func aLiteralOfTheOriginalSaysItsDType(_ text: String, _ dtype: String) throws {
    let page = CompiledPage(
      """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
      <use id="A" type="tensorflow" xlink:href="#Identity"><pg-set-pin variable="#input" shape="" var-type="string" value="\(text)"/></use>
      </svg>
      """)
    #expect(try page.results()["A.output"]?.dtype.name == dtype)
  }

  @Test func constantsOfTheOriginalGoByVarType() throws {
    let page = CompiledPage(
      """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
      <use id="A" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val[2]" shape="[2]" var-type="int" value="1;2"/></use>
      <use id="B" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val" shape="" var-type="double" value="3"/></use>
      <use id="C" type="tensorflow" xlink:href="#Const"><pg-set-pin variable="#val[2]" shape="[2]" var-type="string" value="a, b;c"/></use>
      </svg>
      """)
    let results = try page.results().mapValues(\.brief)
    #expect(results == ["A.output": "int32 [2] 1 2", "B.output": "double [] 3", "C.output": #"string [2] "a, b" "c""#])
  }

  @Test func aWireWinsOverText() throws {
    let results = try results(
      """
      <block id="c" type="Const"><pin name="val" dtype="int32">3</pin></block>
      <block id="n" type="Negate"><pin name="x" dtype="float">nonsense</pin></block><wire from="c" to="n.x"/>
      """)
    #expect(results["n.y"] == "int32 [] -3")
  }

  @Test func bracesAndShapesGiveTheShape() throws {
    let results = try results(
      """
      <block id="a" type="Const"><pin name="val">{1}</pin></block>
      <block id="b" type="Const"><pin name="val" shape="">1</pin></block>
      <block id="c" type="Const"><pin name="val" shape="[2][1]">5</pin></block>
      <block id="d" type="Const"><pin name="val" shape="{2,2}">1 2 3 4</pin></block>
      <block id="e" type="Const"><pin name="val" shape="[0]"></pin></block>
      <block id="f" type="Const"><pin name="val" shape="[0, 3]">7</pin></block>
      """)
    #expect(
      results == [
        "a.output": "float [1] 1", "b.output": "float [] 1", "c.output": "float [2, 1] 5 5", "d.output": "float [2, 2] 1 2 3 4",
        "e.output": "float [0]", "f.output": "float [0, 3]",
      ])
  }

  // MARK: What does not fit

  @Test(
    arguments: [
      // No input, too many, too few.
      (#"<block id="n" type="Negate"/>"#, ["E0208 2:1 n x"]),
      (#"<block id="m" type="MatMul"/>"#, ["E0208 2:1 m a", "E0208 2:1 m b"]),
      (
        #"<block id="c" type="Const"><pin name="val">1</pin></block><block id="n" type="Negate"/>"# + "\n"
          + #"<wire from="c" to="n.x"/><wire from="c" to="n.x"/>"#, ["E0209 3:26 n x"]
      ),
      (
        #"<block id="c" type="Const"><pin name="val">{1}</pin></block><block id="j" type="Concat"><pin name="axis" dtype="int32">0</pin></block>"#
          + "\n" + #"<wire from="c" to="j.values"/>"#, ["E0210 2:61 j values"]
      ),
      (#"<block id="s" type="Split"><pin name="axis">0</pin><pin name="value">1 2</pin></block>"#, ["E0207 2:1 s num_split"]),
      (#"<block id="p" type="Placeholder"/>"#, ["E0207 2:1 p dtype"]),
      // Dtypes.
      (#"<block id="n" type="LogicalNot"><pin name="x" dtype="float">1</pin></block>"#, ["E0302 2:61 n x"]),
      (#"<block id="n" type="Negate"><pin name="x" dtype="flaot">1</pin></block>"#, ["E0301 2:50 n x"]),
      (
        #"<block id="a" type="Add"><pin name="x" dtype="int32">1</pin><pin name="y" dtype="float">1</pin></block>"#, ["E0303 2:89 a y"]
      ),
      (
        #"<block id="c" type="Const"><pin name="val" dtype="int32">1</pin></block><block id="d" type="Const"><pin name="val">1</pin></block>"#
          + "\n" + #"<block id="a" type="Add"/><wire from="c" to="a.x"/><wire from="d" to="a.y"/>"#, ["E0303 3:52 a y"]
      ),
      (#"<block id="c" type="Const_ex"><pin name="val" dtype="int32">1</pin><attrs dtype="float"/></block>"#, ["E0303 2:61 c val"]),
      // Texts.
      (#"<block id="c" type="Const"><pin name="val" shape="[2]">1 2 3</pin></block>"#, ["E0306 2:56 c val"]),
      (#"<block id="c" type="Const"><pin name="val">1 x 3</pin></block>"#, ["E0305 2:46 c val"]),
      (#"<block id="c" type="Const"><pin name="val">{1, {2}}</pin></block>"#, ["E0304 2:48 c val"]),
      (#"<block id="c" type="Const"><pin name="val" shape="[2, x]">1</pin></block>"#, ["E0307 2:55 c val"]),
      (#"<block id="c" type="Const"><pin name="val" dtype="int8">127 128</pin></block>"#, ["E0308 2:61 c val"]),
      (#"<block id="c" type="Const"><pin name="val">1e400</pin></block>"#, ["E0308 2:44 c val"]),
      // Shapes: at the wire, at the text.
      (#"<block id="m" type="MatMul"><pin name="a">{{1, 2}}</pin><pin name="b">{{1}}</pin></block>"#, ["E0304 2:71 m b"]),
      (#"<block id="m" type="MatMul"><pin name="a">1</pin><pin name="b">{{1}}</pin></block>"#, ["E0304 2:43 m a"]),
      (
        #"<block id="c" type="Const"><pin name="val">1 2 3</pin></block><block id="a" type="Add"><pin name="x">1 2</pin></block>"# + "\n"
          + #"<wire from="c" to="a.y"/>"#, ["E0304 3:1 a y"]
      ),
      // Attrs.
      (#"<block id="s" type="Split"><pin name="axis">0</pin><pin name="value">1 2</pin><attrs num_split="0"/></block>"#, ["E0206 2:97 s num_split"]),
      (#"<block id="s" type="Split"><pin name="axis">0</pin><pin name="value">1 2</pin><attrs num_split="3"/></block>"#, ["E0310 2:97 s num_split"]),
      (#"<block id="c" type="Cast"><pin name="x">1</pin><attrs DstT="string"/></block>"#, ["E0206 2:61 c DstT"]),
    ])
  func refused(_ body: String, _ expected: [String]) { #expect(found(body) == expected) }

  @Test func allErrorsOfAPageAreToldAtOnce() {
    let found = found(
      """
      <block id="a" type="Const"><pin name="val">1 2</pin></block>
      <block id="b" type="Const"><pin name="val" dtype="int32">1 2 3</pin></block>
      <block id="m" type="MatMul"/><wire from="a" to="m.a"/>
      <block id="s" type="Add"/><wire from="a" to="s.x"/><wire from="b" to="s.y"/>
      <block id="t" type="Reshape"><pin name="shape">{3}</pin></block><wire from="a" to="t.tensor"/>
      <block id="u" type="Negate"/><wire from="t" to="u.x"/>
      <block id="v" type="Const"><pin name="val">{1,</pin></block>
      """)
    #expect(found == ["E0208 4:1 m b", "E0303 5:52 s y", "E0304 6:48 t shape", "E0305 8:44 v val"])
  }

  @Test func everyTextOfABlockIsJudged() {
    #expect(
      found(#"<block id="m" type="MatMul"><pin name="a">{{1, x}}</pin><pin name="b">{{1, y}}</pin></block>"#)
        == ["E0305 2:48 m a", "E0305 2:76 m b"])
    #expect(found(#"<block id="m" type="MatMul"><pin name="b">{{1, y}}</pin></block>"#) == ["E0208 2:1 m a", "E0305 2:48 m b"])
  }

  @Test func aMemberOfAListIsMarkedItself() {
    let page = CompiledPage(
      """
      <page>
        <block id="v" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="w" type="Const"><pin name="val">1 2</pin></block>
        <block id="n" type="AddN"/>
        <wire from="v" to="n.inputs"/>
        <wire from="w" to="n.inputs"/>
        <wire from="v" to="n.inputs"/>
      </page>
      """)
    #expect(page.found == ["E0304 6:3 n inputs"])
  }
}
