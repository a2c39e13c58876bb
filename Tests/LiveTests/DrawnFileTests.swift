import Compile
import Foundation
import Inspect
import Page
import Run
import Testing

/// A drawing as one file of HTML, in a real browser. Skipped where none is installed.
@Suite(.serialized, .enabled(if: Browser.program != nil, "no chromium is installed: drawn files are not tested in a browser"))
struct DrawnFileTests {
  /// Opens a shipped page's drawing from disk; nothing it does may be complained about.
  private func withDrawing(_ name: String, width: Int = 1280, height: Int = 800, _ body: (Tab) throws -> Void) throws {
    let read = PageReader.read(file: BrowserTests.root.appendingPathComponent("Pages/" + name).path)
    let page = try #require(read.page)
    let compilation = Compiler().compile(page)
    let session = try Session(compilation)
    try session.runCycle()
    let report = RunReport(page: name, compilation: compilation, session: session, diagnostics: [])
    let drawing = Drawing(page: page, graph: compilation.graph, report: report, diagnostics: [])
    let folder = try TestFolder()
    defer { folder.remove() }
    let file = folder.path("page.html")
    try Data(drawing.html()).write(to: URL(fileURLWithPath: file))
    let browser = try Browser()
    let tab = try Tab(
      browser, URL(fileURLWithPath: file).absoluteString, width: width, height: height,
      until: "document.readyState === 'complete' && document.querySelector('#stage svg .block')")
    try body(tab)
    #expect(browser.complaints == [])
  }

  @Test func aBlockIsFoundAndTold() throws {
    try withDrawing("fake-quant/nudging.xml") { tab in
      try tab.press("/", text: "/")
      #expect(try tab.text("document.activeElement.id") == "find")
      try tab.type("above")
      try tab.wait("what is found", "document.querySelectorAll('#found button').length > 0")
      try tab.press("Enter", text: "\r")
      try tab.wait("the panel", "!document.querySelector('#panel').hidden")
      let told = try tab.text("document.querySelector('#about').textContent")
      #expect(told.contains("above/q") && told.contains("FakeQuantWithMinMaxVars") && told.contains("[3]"))
      // A wire leads to the block at its other end.
      try tab.evaluate("[...document.querySelectorAll('#about button')].find((b) => b.textContent === 'probe.input').click()")
      #expect(try tab.text("document.querySelector('#about h2').textContent") == "probe")
      try tab.press("Escape")
      #expect(try tab.bool("document.querySelector('#panel').hidden"))
    }
  }

  @Test func zoomsMovesAndDarkens() throws {
    try withDrawing("training/xor.xml") { tab in
      func box() throws -> [Double] {
        try tab.text("document.querySelector('#stage svg').getAttribute('viewBox')").split(separator: " ").compactMap { Double($0) }
      }
      let whole = try box()
      try tab.click("#in")
      let near = try box()
      #expect(abs(near[2] / whole[2] - 0.8) < 0.01)
      try tab.evaluate("document.activeElement.blur()")
      try tab.press("ArrowRight")
      let right = try box()
      #expect(right[0] > near[0] && right[2] == near[2])
      try tab.click("#fit")
      #expect(try box() == whole)
      let paper = "getComputedStyle(document.body).backgroundColor"
      let before = try tab.text(paper)
      try tab.click("#theme")
      #expect(try tab.text(paper) != before)
    }
  }

  @Test(arguments: [1280, 400]) func isReadable(_ width: Int) throws {
    try withDrawing("training/mlp.xml", width: width) { tab in
      #expect(try tab.number("document.documentElement.scrollWidth") <= Double(width))
      try tab.evaluate("document.querySelector('g.block').focus()")
      try tab.press("Enter", text: "\r")
      try tab.wait("the panel", "!document.querySelector('#panel').hidden")
      #expect(try tab.number("document.documentElement.scrollWidth") <= Double(width))
      #expect(try tab.number("document.querySelector('#panel').getBoundingClientRect().right") <= Double(width) + 1)
    }
  }
}
