import Compile
import Diagnostics
import Foundation
import Inspect
import Page
import Run
import Testing

/// Every page that we ship can be drawn.
@Suite struct DrawnPagesTests {
  @Test("Pages/ are drawn, no block on another", arguments: files(below: "Pages", ending: ".xml"))
  func shippedPage(_ path: String) throws {
    let (page, found) = try PageReader.read(bytes(of: path), name: path)
    let compilation = Compiler().compile(try #require(page), found: found)
    let session = try Session(compilation)
    var report: RunReport?
    // The page that needs a feed is drawn without results.
    if (try? session.runCycle()) != nil { report = RunReport(page: path, compilation: compilation, session: session, diagnostics: []) }
    let drawing = Drawing(page: compilation.graph.page, graph: compilation.graph, report: report)
    #expect(drawing.blocks.count == compilation.graph.page.blocks.count)
    #expect(drawing.wires.count == compilation.graph.page.wires.count)
    for (index, a) in drawing.blocks.enumerated() {
      for b in drawing.blocks[(index + 1)...] {
        let isApart = a.frame.right <= b.frame.x || b.frame.right <= a.frame.x || a.frame.bottom <= b.frame.y || b.frame.bottom <= a.frame.y
        #expect(isApart, "\(a.name) lies on \(b.name)")
      }
    }
    // Read as a page of enuSpace it has no blocks, and no fault in its XML.
    let (_, faults) = PageReader.read(drawing.svg(), name: "drawing.svg")
    #expect(faults.filter { $0.severity == .error }.map(\.message) == [])
    #expect(drawing.svg() == Drawing(page: compilation.graph.page, graph: compilation.graph, report: report).svg(), "it is not the same again")
  }
}
