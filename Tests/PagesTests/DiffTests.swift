import Blocks
import Compile
import Diagnostics
import Foundation
import Inspect
import Page
import Run
import Testing

/// Comparing every page that we ship with itself.
@Suite struct DiffTests {
  @Test("a page equals itself, and its results what is saved of them", arguments: files(below: "Pages", ending: ".xml"))
  func shippedPage(_ path: String) throws {
    let (read, found) = PageReader.read(try bytes(of: path), name: path)
    let page = try #require(read)
    let structure = PageStructure(page)
    #expect(structure.blocks.count == page.blocks.count)
    #expect(PageDiff(structure, PageStructure(page)).isEmpty)
    #expect(PageDiff(PageStructure(), structure).changes.allSatisfy { $0.kind == .added })
    let compilation = Compiler().compile(page, found: found)
    guard compilation.plan != nil else { return }
    let session = try Session(compilation, files: FileAccess(page: NSTemporaryDirectory() + "none/page.xml"))
    // Pages that read files, or are fed, end with a fault here; what there is to tell then is compared all the same.
    _ = try? session.runCycle()
    let report = RunReport(page: path, compilation: compilation, session: session, diagnostics: [])
    let results = ResultSet(report)
    for saved in [report.json, try report.npz()] where session.hasResults || saved.first == UInt8(ascii: "{") {
      let diff = ResultDiff(results, try ResultSet.read(saved, name: "saved"), isExact: true)
      #expect(diff.isEmpty, "\(diff.text())")
    }
  }

  @Test("broken pages equal themselves", arguments: files(below: "Tests/Pages", ending: ".xml"))
  func brokenPage(_ path: String) throws {
    guard let page = PageReader.read(try bytes(of: path), name: path).page else { return }
    let structure = PageStructure(page)
    #expect(structure.text.isEmpty == (page.blocks.isEmpty && structure.settings.isEmpty))
    // Blocks of one id stand for each other.
    if Set(structure.blocks.map(\.name)).count == structure.blocks.count { #expect(PageDiff(structure, PageStructure(page)).isEmpty) }
  }

  @Test("every block of the FakeQuant pages is explained", arguments: files(below: "Pages/fake-quant", ending: ".xml"))
  func explained(_ path: String) throws {
    let (read, found) = PageReader.read(try bytes(of: path), name: path)
    let compilation = Compiler().compile(try #require(read), found: found)
    let session = try Session(compilation)
    try session.runCycle()
    var reports = 0
    for block in compilation.graph.nodes.indices {
      let explanation = Explanation(compilation, block: block, session: session)
      #expect(!explanation.plan.isEmpty && !explanation.doc.isEmpty)
      guard let report = explanation.quantisation else { continue }
      reports += 1
      #expect(explanation.text().contains("clipped"))
      // Results of the page lie on the levels, and the errors are theirs.
      guard !report.isGradient, let outputs = explanation.outputs.first?.value?.elements(as: Float.self),
        let inputs = explanation.inputs.first?.value?.elements(as: Float.self), report.channels.count == 1
      else { continue }
      let levels = Set(report.levels(ofChannel: 0))
      #expect(outputs.allSatisfy(levels.contains))
      #expect(Set(outputs).count == report.channels.first?.usedLevels)
      #expect(zip(inputs, outputs).map { (Double($0) - Double($1)).magnitude }.max() == report.total.largestError)
    }
    #expect(reports > 0)
  }
}
