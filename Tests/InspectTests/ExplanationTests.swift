import Compile
import Inspect
import PageSupport
import Run
import TensorCore
import Testing

/// What is told of any block.
@Suite struct ExplanationTests {
  private let text = """
    <page>
      <block id="x" type="Input"><pin name="initvalues" dtype="float">{{1, 2}, {3, 4}}</pin></block>
      <block id="w" type="Const"><pin name="val">{{5}, {6}}</pin></block>
      <block id="product" type="MatMul"/>
      <block id="same" type="MatMul"/>
      <block id="again" type="Identity"/>
      <block id="y" type="Add"><pin name="y">0.5</pin></block>
      <wire from="x" to="product.a"/><wire from="w" to="product.b"/>
      <wire from="x" to="same.a"/><wire from="w" to="same.b"/>
      <wire from="same" to="again"/>
      <wire from="product" to="y.x"/>
    </page>
    """

  private func explain(_ page: CompiledPage, _ name: String, cycles: Int = 1) throws -> Explanation {
    let session = try page.session()
    for _ in 0..<cycles { try session.runCycle() }
    return Explanation(try #require(page.compilation), block: try #require(page.block(name)), session: session)
  }

  @Test func inputsAndOutputs() throws {
    let product = try explain(CompiledPage(text), "product")
    #expect((product.type, product.state, product.location?.line) == ("MatMul", .ran, 4))
    #expect(product.inputs.map(\.pin) == ["a", "b"])
    #expect(product.inputs.map(\.source) == ["x.input", "w.output"])
    #expect(product.inputs.compactMap { $0.value?.brief } == ["float [2, 2] 1 2 3 4", "float [2, 1] 5 6"])
    let output = try #require(product.outputs.first)
    #expect(output.value?.brief == "float [2, 1] 17 39")
    #expect(output.dtypeReason == "that of `a` and `b`")
    #expect(output.shapeReason == "MatMul of `a` [2, 2] and `b` [2, 1]")
    #expect(output.readers.map { "\($0.block).\($0.pin)" } == ["y.x"])
    #expect(output.readers.first?.result?.name == "y.z")
    #expect(output.readers.first?.result?.value.brief == "float [2, 1] 17.5 39.5")
    #expect(product.attrs.first { $0.name == "transpose_a" }?.isDefault == true)
    let sum = try explain(CompiledPage(text), "y")
    #expect(sum.inputs.map(\.origin) == ["from MatMul", "text of the page"])
    #expect(sum.outputs.first?.shapeReason == "that of `x`")
    let broadcast = try explain(CompiledPage(text.replacing(">0.5<", with: ">{1, 2, 3}<")), "y")
    #expect(broadcast.outputs.first?.shapeReason == "`x` [2, 1] and `y` [3] broadcast")
  }

  @Test func whatThePlanMadeOfIt() throws {
    let page = CompiledPage(text)
    #expect(try explain(page, "product").plan.contains("folded: it depends on constants only and runs in the first cycle"))
    #expect(try explain(page, "same").plan == "no step of its own: it is shared with product.product, which computes the same")
    #expect(try explain(page, "w").plan == "no step: a constant, known before the run")
    #expect(try explain(page, "again").plan.hasPrefix("no step: it shows the memory of"))
    let plain = CompiledPage(text, options: PlanOptions(optimisations: []))
    #expect(try explain(plain, "product").plan == "step 1 of 3: kernel matMul, in every cycle")
    let idle = CompiledPage(
      text.replacing("</page>", with: "<block id=\"run\" type=\"ClientSession\"/><wire from=\"w\" to=\"run.fetch_outputs\"/></page>"))
    let dead = try explain(idle, "y")
    #expect((dead.plan, dead.state) == ("no session reaches it, so it does not run", .notRun))
  }

  @Test func fusedBlocksNameEachOther() throws {
    let chain = """
      <page><block id="x" type="Const"><pin name="val" shape="[100000]">2</pin></block>
      <block id="a" type="Abs"/><block id="n" type="Negate"/><block id="s" type="Square"/>
      <wire from="x" to="a"/><wire from="a" to="n"/><wire from="n" to="s"/></page>
      """
    let block = try explain(CompiledPage(chain), "n")
    #expect(block.fusedWith == ["a", "s"])
    #expect(block.plan.contains("fused, "))
  }

  @Test func costIsMeasured() throws {
    let page = CompiledPage(text, options: PlanOptions(optimisations: []))
    let session = try page.session()
    try session.runCycle()
    let block = try #require(page.block("product"))
    let cost = try #require(session.cost(ofBlock: block))
    #expect(cost.nanoseconds > 0 && cost.members == 1)
    #expect(session.cost(ofBlock: try #require(page.block("w"))) == nil)
  }

  @Test func aPageThatCannotRunIsExplainedWithoutValues() throws {
    let page = CompiledPage(text.replacing("{{5}, {6}}", with: "{{5, 6}}"))
    let explanation = Explanation(try #require(page.compilation), block: try #require(page.block("product")), session: nil)
    #expect((explanation.state, explanation.plan) == (.notRun, "there is no plan: the page has errors"))
    #expect(explanation.text().contains("product: MatMul"))
  }
}
