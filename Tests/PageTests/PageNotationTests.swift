import Diagnostics
import Testing

@testable import Page

@Suite struct PageNotationTests {
  @Test func everythingOfTheSample() throws {
    let page = try sound(sampleText)
    #expect(page.notation == .page)
    #expect(page.title == "Sample & more")
    #expect(page.seed == 7)
    #expect(page.scopes.map { page.symbols[$0.name] } == ["", "layer", "deep"])
    #expect(page.scopes.map(\.parent) == [nil, 0, 1])
    #expect(page.blocks.map { page.symbols[$0.id] + ":" + page.symbols[$0.type] } == ["inputs:Input", "min:Const", "q:FakeQuant", "q:Abs"])
    #expect(page.blocks.indices.map(page.displayName(ofBlock:)) == ["inputs", "min", "layer/q", "layer/deep/q"])
    #expect(page.pinTexts(0) == ["initvalues=-1 0 5 6"])
    #expect(page.pinTexts(1) == ["val={1, 1}"])
    #expect(page.pinTexts(2) == ["max=5", "result_outputs=0 4"])
    #expect(page.attrTexts(2) == ["num_bits=8", "narrow_range=false"])
    #expect(page.blocks[2].pins.map { page.pins[Int($0)].isResult } == [false, true])
    #expect(page.pins[0].dtype.map { page.source.text($0) } == "float")
    #expect(page.pins[2].shape.map { page.source.text($0) } == "[4]")
    #expect(page.pins[2].dtype == nil)
    #expect(page.wireTexts == ["/inputs.input -> q.inputs", "min -> layer/q.min[1]"])
    #expect(page.wires.map(\.scope) == [1, 0])
    #expect(page.expects.map { page.text($0.of) } == ["layer/q.outputs"])
    #expect(page.expects[0].cycle == 2)
    #expect(page.expects[0].tolerance == 1e-6)
    #expect(page.text(page.expects[0].content) == "0 4")
    #expect(page.trends[0].title == "loss")
    #expect(page.trends[0].series.map { page.text($0.of) } == ["layer/q.outputs[0]"])
  }

  private var sampleText: String { samplePage }

  @Test func placesOfEverything() throws {
    let page = try sound(sampleText)
    let source = page.source
    #expect(source.text(page.blocks[2].range) == "<block id=\"q\" type=\"FakeQuant\" at=\"3,4\">")
    #expect(source.text(page.blocks[2].idRange) == "q")
    #expect(source.text(page.blocks[2].typeRange) == "FakeQuant")
    #expect(source.text(page.pins[0].range) == "<pin name=\"initvalues\" dtype=\"float\">-1 0 5 6</pin>")
    #expect(source.text(page.pins[0].contentRange) == "-1 0 5 6")
    #expect(source.text(page.attrs[0].nameRange) == "num_bits")
    #expect(source.text(page.attrs[0].valueRange) == "8")
    #expect(source.text(page.wires[1].fromRange) == "min")
    #expect(source.text(page.wires[1].toRange) == "layer/q.min[1]")
    #expect(source.text(page.wires[1].range) == "<wire from=\"min\" to=\"layer/q.min[1]\"/>")
    #expect(source.text(page.expects[0].ofRange) == "layer/q.outputs")
    #expect(source.text(page.trends[0].series[0].range) == "layer/q.result_outputs[0]")
  }

  @Test(arguments: [
    ("<pin name='p'> 1 2\n</pin>", "1 2"), ("<pin name='p'>1 &lt; 2 &#65;&#x42;</pin>", "1 < 2 AB"), ("<pin name='p'><![CDATA[ a ]]></pin>", " a "),
    ("<pin name='p'>\n <![CDATA[<&>]]>\n</pin>", "<&>"), ("<pin name='p'>1<!-- 2 -->3</pin>", "13"), ("<pin name='p'><!-- 2 --> 3 </pin>", "3"),
    ("<pin name='p'>&quot;a&apos;&gt;&amp;</pin>", "\"a'>&"), ("<pin name='p'/>", ""), ("<pin name='p'></pin>", ""),
    ("<pin name='p'>1<?x?><![CDATA[2]]>&#51;</pin>", "123"),
  ])
  func pinText(_ pin: String, _ expected: String) throws {
    let page = try sound("<page><block id='a' type='T'>\(pin)</block></page>")
    #expect(page.pinTexts(0) == ["p=" + expected])
  }

  @Test func aPlainTextStaysWhereItStands() throws {
    let page = try sound("<page><block id='a' type='T'><pin name='p'> 1 2 </pin><attrs k='v &amp; w' l='x'/></block></page>")
    guard case .text(let range) = page.pins[0].content else { return #expect(Bool(false)) }
    #expect(page.source.text(range) == "1 2")
    #expect(page.attrTexts(0) == ["k=v & w", "l=x"])
    guard case .unescaped = page.attrs[0].value, case .text = page.attrs[1].value else { return #expect(Bool(false)) }
  }

  @Test func parallelReadsAgree() async {
    let text = sampleText
    let broken = "<page><block id='a' type='T'>\n<pin name='p'>&x;</pin></blok></page>"
    let counts = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<32 {
        group.addTask {
          (0..<20).allSatisfy { _ in
            index % 2 == 0 ? read(text).page?.blocks.count == 4 && briefs(text) == [] : briefs(broken) == ["E0004@2:15", "E0004@2:26"]
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(counts == 32)
  }
}
