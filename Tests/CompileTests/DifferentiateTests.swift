import Compile
import Diagnostics
import PageSupport
import TensorCore
import Testing

/// AddSymbolicGradients: which blocks it adds, and what it refuses.
@Suite struct DifferentiateTests {
  private func added(_ page: CompiledPage) -> [String] { page.graph?.added.map(\.name) ?? [] }

  private let chain = """
    <block id="x" type="Const"><pin name="val">{{1, 2}, {3, 4}}</pin></block>
    <block id="w" type="Input"><pin name="initvalues">{{5}, {6}}</pin></block>
    <block id="product" type="MatMul"/><wire from="x" to="product.a"/><wire from="w" to="product.b"/>
    <block id="loss" type="Square"/><wire from="product" to="loss"/>
    <block id="slope" type="AddSymbolicGradients"/><wire from="loss" to="slope.outputs"/><wire from="w" to="slope.inputs"/>

    """

  @Test func blocksAreNamedAfterWhatIsDifferentiated() throws {
    let page = CompiledPage("<page>\(chain)</page>")
    #expect(page.found == [])
    // Nothing is made for x, which nobody asks for.
    #expect(added(page) == ["slope/loss/Fill", "slope/loss/Multiply", "slope/loss/Multiply_1", "slope/product/MatMul"])
    let results = try page.results()
    #expect(results["slope.grad_outputs[0]"]?.brief == "float [2, 1] 268 380")
    #expect(results["slope/product/MatMul.product"]?.brief == "float [2, 1] 268 380")
  }

  @Test func contributionsAreAddedUp() throws {
    let page = CompiledPage(
      """
      <page><block id="x" type="Input"><pin name="initvalues">3</pin></block>
      <block id="a" type="Multiply"/><wire from="x" to="a.x"/><wire from="x" to="a.y"/>
      <block id="b" type="Multiply"/><wire from="a" to="b.x"/><wire from="x" to="b.y"/>
      <block id="slope" type="AddSymbolicGradients"/><wire from="b" to="slope.outputs"/><wire from="x" to="slope.inputs"/></page>
      """)
    #expect(added(page).last == "slope/x/AddN")
    #expect(try page.results()["slope.grad_outputs[0]"]?.brief == "float [] 27")
  }

  @Test func severalOutputsAreSummedAndAnInputBetweenThemIsBoth() throws {
    let page = CompiledPage(
      """
      <page><block id="x" type="Input"><pin name="initvalues">3</pin></block>
      <block id="a" type="Square"/><wire from="x" to="a"/>
      <block id="b" type="Square"/><wire from="a" to="b"/>
      <block id="slope" type="AddSymbolicGradients"/><wire from="b" to="slope.outputs"/><wire from="a" to="slope.outputs"/>
      <wire from="a" to="slope.inputs"/><wire from="x" to="slope.inputs"/></page>
      """)
    let results = try page.results()
    #expect(results["slope.grad_outputs[0]"]?.brief == "float [] 19")
    #expect(results["slope.grad_outputs[1]"]?.brief == "float [] 114")
  }

  @Test func gradientsOfGradients() throws {
    var body =
      "<block id=\"x\" type=\"Input\"><pin name=\"initvalues\" dtype=\"double\">2</pin></block><block id=\"y0\" type=\"Exp\"/><wire from=\"x\" to=\"y0\"/>"
    for order in 1...4 {
      body +=
        "<block id=\"y\(order)\" type=\"AddSymbolicGradients\"/><wire from=\"y\(order - 1)\(order == 1 ? "" : ".grad_outputs[0]")\" to=\"y\(order).outputs\"/>"
      body += "<wire from=\"x\" to=\"y\(order).inputs\"/>"
    }
    let results = try CompiledPage("<page>\(body)</page>").results()
    for order in 1...4 { #expect(results["y\(order).grad_outputs[0]"]?.elements(as: Double.self) == results["y0.y"]?.elements(as: Double.self)) }
  }

  // MARK: Size

  @Test func diamondsStayLinear() throws {
    var body = "<block id=\"b0\" type=\"Input\"><pin name=\"initvalues\" dtype=\"double\">1</pin></block>"
    for index in 1...60 {
      body +=
        "<block id=\"b\(index)\" type=\"Add\"/><wire from=\"b\(index - 1)\" to=\"b\(index).x\"/><wire from=\"b\(index - 1)\" to=\"b\(index).y\"/>"
    }
    let page = CompiledPage(
      "<page>\(body)<block id=\"s\" type=\"AddSymbolicGradients\"/><wire from=\"b60\" to=\"s.outputs\"/><wire from=\"b0\" to=\"s.inputs\"/></page>")
    #expect(added(page).count == 60)
    #expect(try page.results()["s.grad_outputs[0]"]?.brief == "double [] 1.152921504606847e+18")
  }

  @Test func aLongChainNeedsNoStack() throws {
    var body = "<block id=\"b0\" type=\"Input\"><pin name=\"initvalues\">1</pin></block>"
    for index in 1...20_000 { body += "<block id=\"b\(index)\" type=\"Negate\"/><wire from=\"b\(index - 1)\" to=\"b\(index)\"/>" }
    let page = CompiledPage(
      "<page>\(body)<block id=\"s\" type=\"AddSymbolicGradients\"/><wire from=\"b20000\" to=\"s.outputs\"/><wire from=\"b0\" to=\"s.inputs\"/></page>"
    )
    #expect(added(page).count == 20_000)
    #expect(try page.results()["s.grad_outputs[0]"]?.brief == "float [] 1")
  }

  // MARK: Refusals

  private func found(_ body: String) -> [String] {
    CompiledPage("<page>\n<block id=\"x\" type=\"Input\"><pin name=\"initvalues\">1.5</pin></block>\n\(body)\n</page>").found
  }

  @Test func anInputThatTheOutputsDoNotDependOn() {
    let body = """
      <block id="y" type="Square"/><wire from="x" to="y"/>
      <block id="other" type="Const"><pin name="val">1</pin></block>
      <block id="s" type="AddSymbolicGradients"/><wire from="y" to="s.outputs"/>
      <wire from="x" to="s.inputs"/>
      <wire from="other" to="s.inputs"/>
      """
    #expect(found(body) == ["E0231 7:1 s inputs"])
    let page = CompiledPage("<page><block id=\"x\" type=\"Input\"><pin name=\"initvalues\">1.5</pin></block>\(body)</page>", keepsGoing: true)
    #expect(page.diagnostics.contains { $0.message == "`y` does not depend on `other`" })
    // What was added for it is gone again.
    #expect(added(page) == [])
    #expect(page.graph?.nodes.count == 4)
  }

  @Test func nothingFlowsBackThroughAStep() {
    let page = CompiledPage(
      """
      <page><block id="x" type="Input"><pin name="initvalues">1.5</pin></block><block id="f" type="Floor"/><wire from="x" to="f"/>
      <block id="s" type="AddSymbolicGradients"/><wire from="f" to="s.outputs"/><wire from="x" to="s.inputs"/></page>
      """)
    #expect(page.diagnostics.map(\.message) == ["`f` does not depend on `x` in a way that can be differentiated"])
    #expect(page.diagnostics.first?.notes == ["nothing flows back through `f` (Floor)"])
  }

  @Test func integersAreNotDifferentiated() {
    #expect(
      found(
        """
        <block id="i" type="Cast"><attrs DstT="int32"/></block><wire from="x" to="i"/>
        <block id="y" type="Cast"><attrs DstT="float"/></block><wire from="i" to="y"/>
        <block id="s" type="AddSymbolicGradients"/><wire from="y" to="s.outputs"/>
        <wire from="i" to="s.inputs"/>
        """) == ["E0302 6:1 s inputs"])
  }

  @Test func aBlockWithoutGradientIsToldAtItsPlace() {
    let page = CompiledPage(
      """
      <page><block id="x" type="Input"><pin name="initvalues">1.5</pin></block>
      <block id="p" type="PreventGradient"><attrs message="no way"/></block><wire from="x" to="p"/>
      <block id="s" type="AddSymbolicGradients"/><wire from="p" to="s.outputs"/><wire from="x" to="s.inputs"/></page>
      """)
    #expect(page.found == ["E0232 2:1 p -"])
    #expect(page.diagnostics.first?.message == "`p` (PreventGradient) lets no gradient through: no way")
    #expect(page.diagnostics.first?.notes == ["the way back from `s` leads through its input `input`, wired from `x`"])
  }

  @Test func stopGradientIsAConstant() throws {
    let page = CompiledPage(
      """
      <page><block id="x" type="Input"><pin name="initvalues">3</pin></block><block id="c" type="StopGradient"/><wire from="x" to="c"/>
      <block id="y" type="Multiply"/><wire from="x" to="y.x"/><wire from="c" to="y.y"/>
      <block id="s" type="AddSymbolicGradients"/><wire from="y" to="s.outputs"/><wire from="x" to="s.inputs"/></page>
      """)
    #expect(try page.results()["s.grad_outputs[0]"]?.brief == "float [] 3")
  }

  @Test func aSessionReachesWhatGradientsNeed() throws {
    let page = CompiledPage(
      "<page>\(chain)<block id=\"idle\" type=\"Abs\"/><wire from=\"x\" to=\"idle\"/><block id=\"run\" type=\"ClientSession\"/><wire from=\"slope.grad_outputs[0]\" to=\"run.fetch_outputs\"/></page>"
    )
    let session = try page.session()
    try session.runCycle()
    #expect(session.states.filter { !$0.hasSuffix(": ran") } == ["idle: not-run"])
  }
}
