import Compile
import Foundation
import Inspect
import Page
import Run
import Testing

@testable import Live

/// The live page in a real browser. Skipped where none is installed.
@Suite(.serialized, .enabled(if: Browser.program != nil, "no chromium is installed: the live page is not tested in a browser"))
struct BrowserTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func page(_ name: String) throws -> String {
    try String(contentsOf: BrowserTests.root.appendingPathComponent("Pages/" + name), encoding: .utf8)
  }

  /// Opens a page in a browser of its own; nothing it does may be complained about.
  private func withPage(
    _ text: String, width: Int = 1280, height: Int = 800, name: String = "page.xml", _ body: (Tab, LiveServer, TestFolder) throws -> Void
  ) throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    let server = try LiveServer(path: try folder.write(text, name), port: 0, options: LiveOptions())
    defer { server.stop() }
    let browser = try Browser()
    let tab = try Tab(browser, server.address, width: width, height: height)
    try body(tab, server, folder)
    #expect(browser.complaints == [])
  }

  @Test(arguments: ["training/xor.xml", "fake-quant/nudging.xml", "basics/scopes.xml"])
  func valuesAreThoseOfARun(_ name: String) throws {
    let text = try page(name)
    try withPage(text) { tab, _, folder in
      try tab.wait("the first cycle", "enuflow.state().cycle === 1 && Object.keys(enuflow.values()).length > 0")
      try tab.click("#step")
      try tab.wait("the second cycle", "enuflow.state().cycle === 2")
      let read = PageReader.read(file: folder.path("page.xml"))
      let compilation = Compiler().compile(try #require(read.page))
      let session = try Session(compilation)
      try session.runCycle()
      try session.runCycle()
      let report = RunReport(page: "page.xml", compilation: compilation, session: session, diagnostics: [])
      let json = try #require(try JSONSerialization.jsonObject(with: Data(report.json)) as? JSON)
      for (block, value) in try #require(json["blocks"] as? JSON) {
        for (pin, result) in (value as? JSON)?["results"] as? JSON ?? [:] {
          guard let tensor = result as? JSON else { continue }
          let name = "\(block).\(pin.dropFirst(7))"
          let shown = try tab.evaluate("enuflow.values()[\(tab.quoted(name))]") as? JSON
          #expect(shown?["shape"] as? [Int] == tensor["shape"] as? [Int], "\(name)")
          #expect(shown?["dtype"] as? String == tensor["dtype"] as? String, "\(name)")
        }
      }
      // In full, as the panel shows them.
      for block in report.blocks.prefix(12) {
        guard case .tensor(let tensor)? = block.results.first?.value, let result = block.results.first, tensor.dtype != .string else { continue }
        try tab.evaluate(
          "document.querySelector('g.block[data-block=' + CSS.escape(\(tab.quoted(block.name))) + ']').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"
        )
        let name = "\(block.name).\(result.pin)"
        try tab.wait(
          "the values of \(name)", "document.querySelector('.result[data-name=' + CSS.escape(\(tab.quoted(name))) + '] .body')?.childElementCount > 0"
        )
        guard tensor.shape.rank == 0 || tensor.count <= 24 else { continue }
        let cells = try tab.evaluate(
          "[...document.querySelectorAll('.result[data-name=' + CSS.escape(\(tab.quoted(name))) + '] :is(td, output)')].map((cell) => cell.textContent)"
        )
        let numbers = (cells as? [String] ?? []).map { Double($0.replacingOccurrences(of: "−", with: "-")) }
        let expected = (0..<tensor.count).map { tensor.number(at: $0) }
        #expect(numbers.count == expected.count, "\(name)")
        for (number, expected) in zip(numbers, expected) {
          // In a table of several columns long numbers are rounded to four digits.
          let (a, b) = (number ?? .nan, expected ?? .nan)
          #expect(a.isNaN && b.isNaN || abs(a - b) <= abs(b) * 1e-3, "\(name)")
        }
      }
    }
  }

  @Test func runsPausesAndItsTrendMoves() throws {
    try withPage(try page("training/xor.xml")) { tab, _, _ in
      try tab.click("#run")
      try tab.wait("to run", "enuflow.state().isRunning && enuflow.state().cycle > 100")
      #expect(try tab.text("document.querySelector('#run').textContent") == "Pause")
      try tab.wait("points", "enuflow.trends().length > 0 && enuflow.trends()[0].values.length > 20")
      let before = try tab.number("enuflow.trends()[0].cycles.at(-1)")
      try tab.wait("the trend to move", "enuflow.trends()[0].cycles.at(-1) > \(before)")
      // Something is drawn, and not in one colour.
      #expect(
        try tab.number(
          "new Set(new Uint32Array(document.querySelector('.trend canvas').getContext('2d').getImageData(0, 0, 300, 140).data.buffer)).size") > 3)
      try tab.wait("a rate", "document.querySelector('#rate').textContent !== '–'")
      try tab.click("#run")
      try tab.wait("to pause", "!enuflow.state().isRunning")
      let cycle = try tab.number("enuflow.state().cycle")
      Thread.sleep(forTimeInterval: 0.3)
      #expect(try tab.number("enuflow.state().cycle") == cycle)
      #expect(try tab.number("enuflow.trends()[0].cycles.at(-1)") == cycle)
    }
  }

  @Test func runsToACycle() throws {
    try withPage(try page("training/xor.xml")) { tab, _, _ in
      try tab.click("#untilCycle")
      try tab.type("250")
      try tab.press("Enter", text: "\r")
      try tab.wait("cycle 250", "enuflow.state().cycle === 250 && !enuflow.state().isRunning")
      #expect(try tab.text("document.querySelector('#cycle').textContent") == "250")
    }
  }

  @Test func anEditOnDiskShowsUp() throws {
    try withPage(counterPage()) { tab, _, folder in
      try tab.wait("a value", "document.querySelector('g.value[data-result=\"up.output_ref\"]')?.textContent.includes('1')")
      try folder.write(counterPage(step: "41"), "page.xml")
      try tab.wait("the edit", "document.querySelector('g.value[data-result=\"up.output_ref\"]')?.textContent.includes('42')")
      try folder.write(counterPage(more: "<block id=\"more\" type=\"Const\"><pin name=\"val\">7</pin></block>"), "page.xml")
      try tab.wait("the new block", "document.querySelector('g.block[data-block=more]')")
    }
  }

  @Test func aBrokenEditShowsItsDiagnosticAndGoesAway() throws {
    try withPage(counterPage()) { tab, _, folder in
      try tab.wait("the first cycle", "enuflow.state().cycle === 1")
      try folder.write(counterPage().replacingOccurrences(of: "AssignAdd", with: "AssignAdds"), "page.xml")
      try tab.wait("the diagnostic", "document.querySelector('#diagnostics li.error')")
      let text = try tab.text("document.querySelector('#diagnostics').textContent")
      #expect(text.contains("E0201") && text.contains("line 4") && text.contains("AssignAdds"))
      #expect(try tab.bool("document.querySelector('g.block[data-block=up] .live-mark.error')"))
      // The old picture stays.
      #expect(try tab.bool("document.querySelector('g.block[data-block=v]') && Object.keys(enuflow.values()).length > 0"))
      try folder.write(counterPage(), "page.xml")
      try tab.wait("it to go away", "document.querySelector('#diagnostics').hidden && !document.querySelector('.live-mark')")
    }
  }

  @Test func aPinIsChangedAndSaved() throws {
    try withPage(counterPage()) { tab, _, folder in
      try tab.evaluate(
        "document.querySelector('g.block[data-block=step]').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))")
      try tab.wait("the field", "document.querySelector('#detail input[aria-label=\"step.val\"]')?.value === '1'")
      try tab.evaluate("document.querySelector('#detail input[aria-label=\"step.val\"]').select()")
      try tab.evaluate("document.querySelector('#detail input[aria-label=\"step.val\"]').focus()")
      try tab.type("9")
      try tab.press("Enter", text: "\r")
      try tab.wait("the change", "document.querySelector('#changes li')?.textContent.includes('step.val')")
      try tab.wait("its effect", "document.querySelector('g.value[data-result=\"up.output_ref\"]')?.textContent.includes('10')")
      #expect(try folder.read("page.xml") == counterPage())
      try tab.click("#changes h2 button")
      try tab.wait("it to be saved", "document.querySelector('#changes').hidden")
      #expect(try folder.read("page.xml") == counterPage(step: "9"))
    }
  }

  @Test func aClickedValueIsFollowed() throws {
    try withPage(try page("training/xor.xml")) { tab, _, _ in
      try tab.wait("values", "document.querySelector('g.block:not(.selected) g.value text')")
      let count = try tab.number("document.querySelectorAll('.trend').length")
      let name = try tab.text(
        "Object.entries(enuflow.values()).find(([name, v]) => v.shape.length === 0 && !enuflow.trends().some((t) => t.name === name) && document.querySelector('g.value[data-result=\"' + name + '\"]'))[0]"
      )
      try tab.evaluate("document.querySelector('g.value[data-result=\"\(name)\"]').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
      try tab.wait("a trend of it", "document.querySelectorAll('.trend').length === \(count + 1)")
      try tab.click(".trend:last-child h2 button:last-child")
      try tab.wait("it to go", "document.querySelectorAll('.trend').length === \(count)")
    }
  }

  @Test func everythingIsReachedByTheKeyboard() throws {
    try withPage(counterPage()) { tab, _, _ in
      try tab.wait("the first cycle", "enuflow.state().cycle === 1")
      var reached: Set<String> = []
      for _ in 0..<40 {
        try tab.press("Tab")
        let id = try tab.text("document.activeElement.id || document.activeElement.dataset.block || document.activeElement.tagName")
        reached.insert(id)
        // What has the focus shows it.
        if id != "BODY" { #expect(try tab.bool("document.activeElement.matches(':focus-visible')"), "\(id)") }
      }
      for id in ["run", "step", "untilCycle", "speed", "restart", "stage", "v", "step", "up", "findBlock", "zoomIn", "fit"] {
        #expect(reached.contains(id), "\(id)")
      }
      try tab.evaluate("document.querySelector('g.block[data-block=up]').focus()")
      try tab.press("Enter", text: "\r")
      try tab.wait("the block", "document.querySelector('#detail h2')?.textContent.includes('up')")
      try tab.evaluate("document.activeElement.blur()")
      try tab.press(".", text: ".")
      try tab.wait("a step", "enuflow.state().cycle === 2")
      try tab.press(" ", text: " ")
      try tab.wait("to run", "enuflow.state().isRunning")
      try tab.press(" ", text: " ")
      try tab.wait("to pause", "!enuflow.state().isRunning")
      try tab.press("Escape")
      try tab.wait("the block to close", "document.querySelector('#detail').hidden")
    }
  }

  @Test(arguments: [(1280, 800), (400, 800)])
  func isReadable(_ width: Int, _ height: Int) throws {
    try withPage(try page("training/quantised.xml"), width: width, height: height) { tab, _, _ in
      try tab.wait("the first cycle", "enuflow.state().cycle === 1")
      for block in ["", "document.querySelector('g.block').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"] {
        try tab.evaluate(block)
        Thread.sleep(forTimeInterval: 0.2)
        #expect(try tab.number("document.documentElement.scrollWidth") <= Double(width))
        // Nothing sticks out of the panel, and no button is cut off.
        let wide = try tab.evaluate(
          "[...document.querySelectorAll('aside section:not([hidden]) *, header *')].filter((e) => !e.closest('.scroll, svg, select, .hidden, [hidden]') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + '.' + e.className)"
        )
        #expect(wide as? [String] == [])
        let small = try tab.evaluate(
          "[...document.querySelectorAll('button, p, dd, dt, li, td, label')].filter((e) => e.offsetParent && parseFloat(getComputedStyle(e).fontSize) < 11).map((e) => e.textContent)"
        )
        #expect(small as? [String] == [])
      }
    }
  }

  @Test func aServerThatGoesIsToldAndSeveralMayLook() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    let server = try LiveServer(path: try folder.write(counterPage(), "page.xml"), port: 0, options: LiveOptions())
    let browser = try Browser()
    let tabs = try (0..<3).map { _ in try Tab(browser, server.address) }
    try tabs[0].click("#step")
    for tab in tabs { try tab.wait("the second cycle", "enuflow.state().cycle === 2") }
    #expect(browser.complaints == [])
    server.stop()
    for tab in tabs { try tab.wait("to be told", "!document.querySelector('#connection').hidden") }
  }
}
