import Foundation
import Testing

@testable import Live

/// Where the pictures go.
private let screenshotFolder = ProcessInfo.processInfo.environment["ENUFLOW_SCREENSHOTS"]

/// The pictures of the README: taken by `Scripts/screenshots`, which says where they go.
@Suite(.serialized, .enabled(if: Browser.program != nil && screenshotFolder != nil, "pictures are taken by Scripts/screenshots"))
struct ScreenshotTests {
  struct Shot: Sendable {
    var name: String
    var page: String
    var width = 1120
    var height = 700
    var isDark = false
    /// The block that is chosen.
    var block: String?
    var cycles = 1
  }

  static let shots: [Shot] = [
    Shot(name: "xor", page: "training/xor.xml", cycles: 2_000),
    Shot(name: "fake-quant", page: "fake-quant/nudging.xml", block: "above/q"),
    Shot(name: "quantised", page: "training/quantised.xml", isDark: true, block: "bits2/q_w1", cycles: 500),
    Shot(name: "narrow", page: "training/linear-regression.xml", width: 400, height: 800, isDark: true, cycles: 100),
  ]

  @Test(arguments: shots) func take(_ shot: Shot) throws {
    let page = BrowserTests.root.appendingPathComponent("Pages/" + shot.page)
    let server = try LiveServer(path: page.path, port: 0, options: LiveOptions())
    defer { server.stop() }
    let tab = try Tab(try Browser(), server.address, width: shot.width, height: shot.height, isDark: shot.isDark)
    try tab.wait("the first cycle", "enuflow.state().cycle === 1")
    if let block = shot.block {
      try tab.evaluate("document.querySelector('#findBlock').value = \(tab.quoted(block))")
      try tab.evaluate("document.querySelector('#findBlock').dispatchEvent(new Event('input'))")
      try tab.wait("the block", "document.querySelector('#detail .result')")
      try tab.evaluate("document.querySelector('#findBlock').value = ''")
    }
    if shot.cycles > 1 {
      try tab.evaluate("document.querySelector('#untilCycle').value = '\(shot.cycles)'")
      try tab.evaluate("document.querySelector('#until').requestSubmit()")
      try tab.wait("cycle \(shot.cycles)", "enuflow.state().cycle === \(shot.cycles)")
    }
    Thread.sleep(forTimeInterval: 0.5)
    let picture = try tab.screenshot()
    let folder = try #require(screenshotFolder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try picture.write(to: URL(fileURLWithPath: folder).appendingPathComponent(shot.name + ".png"))
    #expect(picture.count < 150_000, "\(shot.name)")
  }
}
