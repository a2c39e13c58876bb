import Compile
import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

@testable import Inspect
@testable import Page

/// What stands on the picture of a page.
@Suite struct DrawingTests {
  private func drawing(_ text: String, runs: Bool = true, reserves: Bool = false) throws -> Drawing {
    let page = CompiledPage(text)
    let compilation = try #require(page.compilation)
    var report: RunReport?
    if runs, compilation.plan != nil {
      let session = try page.session()
      try session.runCycle()
      report = RunReport(page: "test.xml", compilation: compilation, session: session, diagnostics: [])
    }
    return Drawing(
      page: compilation.graph.page, graph: compilation.graph, report: report, diagnostics: page.diagnostics, reservesValues: reserves)
  }

  private func svg(_ drawing: Drawing) -> String { String(decoding: drawing.svg(), as: UTF8.self) }

  /// What libxml2 finds wrong with a text.
  private func faults(_ text: String) -> [String] {
    let source = SourceFile(name: "x.svg", bytes: Array(text.utf8))
    return XMLJudge.judge(source, Scan(source)).map(\.message)
  }

  private func part(_ text: String, after mark: String, to end: String) throws -> String {
    let start = try #require(text.range(of: mark))
    let rest = text[start.upperBound...]
    return String(rest[..<(try #require(rest.range(of: end))).lowerBound])
  }

  private let sum = """
    <page title="Sum"><note>Two &lt;numbers&gt;</note>
      <block id="a" type="Const"><pin name="val">{1.5, -2}</pin></block>
      <scope name="in"><block id="s" type="Add"><pin name="y">10</pin></block></scope>
      <wire from="a" to="in/s.x"/>
    </page>
    """

  @Test func theContractWithOtherPrograms() throws {
    let text = svg(try drawing(sum))
    #expect(faults(text) == [])
    #expect(text.contains(#"<g class="block core" data-block="a" tabindex="0" role="button" aria-label="a, Const">"#))
    #expect(text.contains(#"<path class="wire" data-from="a.output" data-to="in/s.x""#))
    let value = try part(text, after: #"data-result="in/s.z""#, to: "</g>")
    #expect(value.contains(">11.5</text>") && value.contains(">8</text>"))
    #expect(value.contains("float [2]: [11.5, 8]"))
    #expect(text.contains("Two &lt;numbers&gt;"))
  }

  @Test func roomIsKeptForResultsToCome() throws {
    let (before, after) = (try drawing(sum, runs: false, reserves: true), try drawing(sum))
    #expect(before.blocks.map { $0.values.map(\.frame.width) }.joined().count == 2)
    #expect(svg(before).contains(#"data-result="in/s.z""#))
    #expect(after.blocks[1].values[0].frame == before.blocks[1].values[0].frame)
    #expect(try drawing(sum, runs: false).blocks.allSatisfy(\.values.isEmpty))
  }

  @Test func nothingOfAPageBecomesMarkup() throws {
    let evil = #"&quot;'&lt;/script>&lt;script>alert(1)&lt;/script>&amp;]]>&#x202E;"#.replacing("]]>", with: "]]&gt;")
    let text = """
      <page title="\(evil)"><note>\(evil)</note>
        <block id="a" type="Const"><pin name="val" dtype="string">"&lt;/title>&lt;script>alert(2)&lt;/script>"</pin></block>
        <block id="b" type="\(evil)"><pin name="\(evil)">\(evil)</pin><attrs x="\(evil)"/></block>
        <wire from="a" to="b.x"/>
      </page>
      """
    let drawing = try drawing(text, runs: false)
    let html = String(decoding: drawing.html(), as: UTF8.self)
    #expect(faults(svg(drawing)) == [])
    #expect(svg(drawing).contains("&lt;script&gt;alert(1)"))
    #expect(!html.contains("<script>alert"))
    #expect(html.ranges(of: "<script").count == 2 && html.ranges(of: "</script").count == 2)
    #expect(!html.contains("\u{202E}\""))
    let data = try part(html, after: "id=\"data\">", to: "</script>")
    #expect(!data.contains("<") && !data.contains("&"))
  }

  @Test func valuesOfThePicture() throws {
    func picture(_ values: [Float], _ shape: Shape, _ size: (Double, Double)? = nil) throws -> String {
      let tensor = try #require(Tensor(values, shape: shape))
      let size = size ?? ValuePicture.size(dtype: .float, shape: shape)
      let text = ValuePicture.svg(tensor: tensor, width: size.0, height: size.1)
      #expect(faults("<g>" + text + "</g>") == [])
      return text
    }
    #expect(try picture([0.1], []).contains(">0.1</text>"))
    #expect(try picture([.nan, .infinity, -0.0], [3]).contains(">nan</text>"))
    #expect(try picture([-1.2345678e-12], [1]).contains(">-1.235e-12</text>"))
    let matrix = try picture((0..<400).map { Float($0) - 100 }, [20, 20])
    #expect(matrix.contains("data:image/png;base64,") && matrix.contains(">-100</text>") && matrix.contains(">299</text>"))
    #expect(try picture((0..<400).map { Float($0 % 7) }, [400]).contains("class=\"bars\""))
    #expect(try picture(Array(repeating: .nan, count: 100), [100]).contains("100 not finite"))
    #expect(try picture(Array(repeating: 3, count: 100), [10, 10]).contains("<image"))
    #expect(try picture([], [0, 3]).contains("empty"))
    #expect(try picture([1, 2, 3, 4], [4, 1], (40, 12)).contains("<image"), "four rows do not fit 12 pixels")
  }

  @Test(
    "numbers are rounded to five digits",
    arguments: [
      (123456.7, "123460"), (0.000123456, "1.235e-4"), (-0.00123456, "-0.0012346"), (99999.7, "100000"), (1e300, "1e300"), (12.5, "12.5"),
      (-1e-310, "-1e-310"), (9_999_999, "1e7"),
    ])
  func brief(_ value: Double, _ text: String) { #expect(ValuePicture.brief(value) == text) }

  @Test func clippedBlocks() throws {
    let text = """
      <page>
        <block id="x" type="Const"><pin name="val">-1 0 5 6 2 1 0 3</pin></block>
        <block id="q" type="FakeQuantWithMinMaxArgs"><attrs min="1" max="5"/></block>
        <block id="in" type="FakeQuantWithMinMaxArgs"><attrs min="-7" max="7"/></block>
        <wire from="x" to="q.inputs"/><wire from="x" to="in.inputs"/>
      </page>
      """
    let drawing = try drawing(text)
    // [1, 5] is moved to [0, 4]: -1, 5 and 6 of 8 lie outside.
    #expect(drawing.blocks.map(\.clippedShare) == [nil, 0.375, nil])
    #expect(svg(drawing).contains(#"class="block quantization clipped" data-block="q""#))
    #expect(svg(drawing).contains(">37.5 % clipped</text>"))
  }

  @Test func mistakesAreMarkedWhereTheyAre() throws {
    let text = """
      <page><block id="a" type="Const"><pin name="val">1</pin></block><block id="b" type="Nothing"/><wire from="a" to="b.x"/>
      <wire from="gone" to="b.y"/></page>
      """
    let drawing = try drawing(text, runs: false)
    #expect(drawing.blocks[1].diagnostics.hasErrors)
    #expect(svg(drawing).contains(#"class="block broken" data-block="b""#))
    #expect(drawing.wires.count == 1)
    #expect(drawing.diagnostics.count + drawing.blocks.flatMap(\.diagnostics).count == 2)
  }

  @Test func blocksWithPlacesStandThere() throws {
    let text = """
      <page><note at="10,20">here</note>
        <block id="a" type="Const" at="300 40"><pin name="val">1</pin></block><block id="b" type="Abs" at="600,-50"/>
        <block id="c" type="Abs"/><wire from="a" to="b.x"/><wire from="b" to="c.x"/></page>
      """
    let drawing = try drawing(text)
    #expect(drawing.blocks[0].frame.x == 300 && drawing.blocks[0].frame.y == 40)
    #expect(drawing.blocks[1].frame.x == 600 && drawing.blocks[1].frame.y == -50)
    #expect(drawing.blocks[2].frame.y > drawing.blocks[0].frame.bottom)
    #expect(drawing.wires.count == 2)
  }

  @Test func pagesOfEnuspaceStandAsTheyLie() throws {
    let text = """
      <svg style="background-color:rgb(42,42,42);" transform="translate(5,0)">
        <g transform="scale(1.0, 1.0) translate(100,0)">
        <use id="c" type="tensorflow" xlink:href="#Const" transform="translate(10.00,20.00) rotate(0.00)" x="1" y="2">
          <pg-set-pin variable="#val[2]" shape="[2]" var-type="float" value="1;2"/></use></g>
        <use id="n" type="tensorflow" xlink:href="#Negate" transform="translate(400,20)"/>
        <use id="s" type="tensorflow" xlink:href="#ClientSession" transform="translate(600,20)"/>
        <polyline points="505,50 611,84"><pg-link from-id="n" param-from="y" to-id="s" param-to="fetch_outputs"/></polyline>
        <polyline transform="translate(200,100)" points="16,-48 150,-48 150,-30 215,-30" stroke="rgb(140,64,2)" stroke-width="3.00">
          <pg-link from-id="c" param-from="output" to-id="n" param-to="x"/></polyline>
        <text transform="translate(50,60) rotate(90)" stroke="rgb(0,175,84)" font-size="14.0">
      a &lt; b
      second
        </text>
        <rect x="1" y="2" width="30" height="40" fill="rgb(65,65,65)"/>
        <pg-trend x="0" y="0" width="100" height="50"><pg-trendtitle title="COST"/><pg-trendseries variable="n.result_y"/></pg-trend>
      </svg>
      """
    let drawing = try drawing(text)
    let shown = svg(drawing)
    #expect(faults(shown) == [])
    #expect(drawing.background == PictureColor("rgb(42,42,42)"))
    #expect(shown.contains("class=\"enuflow on-dark\""))
    // The pin is where the wire begins, the block's right side too.
    #expect(drawing.blocks[0].outputs.first?.at == Drawing.Point(x: 221, y: 52))
    #expect(drawing.blocks[0].frame.right == 221)
    #expect(drawing.wires.last?.path.count == 4)
    #expect(drawing.wires.last?.color == PictureColor("rgb(140,64,2)"))
    #expect(drawing.texts.first?.lines.map { $0.trimmingPrefix { $0 == " " } } == ["a < b", "second"])
    #expect(drawing.forms.count == 2)
    #expect(shown.contains("COST") && shown.contains("n.result_y"))
    #expect(try part(shown, after: #"data-result="n.y""#, to: "</g>").contains("[-1, -2]"))
  }

  /// 1,000 blocks take well under a second when optimised; debug builds are some ten times slower.
  @Test(.timeLimit(.minutes(1))) func aThousandBlocks() throws {
    var text = "<page><block id=\"b0\" type=\"Const\"><pin name=\"val\">1</pin></block>"
    for index in 1..<1_000 {
      text +=
        "<block id=\"b\(index)\" type=\"Add\"/><wire from=\"b\((index - 1) / 2)\" to=\"b\(index).x\"/><wire from=\"b\(index * 2 / 3)\" to=\"b\(index).y\"/>"
    }
    let clock = ContinuousClock()
    let drawing = try drawing(text + "</page>")
    let time = clock.measure { #expect(faults(svg(drawing)) == []) }
    #expect(drawing.blocks.count == 1_000)
    #expect(time < .seconds(20))
  }
}
