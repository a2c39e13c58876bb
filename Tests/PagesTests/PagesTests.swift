import Blocks
import Compile
import Diagnostics
import Foundation
import Inspect
import Page
import Run
import Testing

/// Every page that we ship, show or document does what it says.
@Suite struct PagesTests {
  @Test("Pages/ meet their expectations", arguments: files(below: "Pages", ending: ".xml"))
  func shippedPage(_ path: String) throws {
    let npy = path.dropLast(4) + ".npy"
    let hasFeed = FileManager.default.fileExists(atPath: packageFolder.appending(path: npy).path())
    let result = try faults(of: bytes(of: path), name: path, npy: hasFeed ? bytes(of: String(npy)) : nil)
    #expect(result.faults == [])
    #expect(result.expectations > 0, "a shipped page says what must come out")
  }

  @Test("Pages are there") func thereArePages() {
    #expect(files(below: "Pages/basics", ending: ".xml").count >= 6)
    #expect(files(below: "Pages/fake-quant", ending: ".xml").count >= 8)
  }

  @Test("examples of the catalogue contain their block and meet their expectations", arguments: Catalogue.standard.types.map(\.name))
  func example(_ name: String) throws {
    let type = try #require(Catalogue.standard[name])
    let result = try faults(of: Array(type.example.utf8), name: name)
    #expect(result.faults == [])
    #expect(result.types.contains(name), "the example shows another block")
    #expect(result.expectations > 0)
  }

  @Test("documentation of the catalogue is plain text", arguments: Catalogue.standard.types.map(\.name))
  func documentation(_ name: String) throws {
    let type = try #require(Catalogue.standard[name])
    for text in [type.doc] + type.inputs.map(\.doc) + type.outputs.map(\.doc) + type.attrs.map(\.doc) {
      #expect(!text.contains("\\"), "a line end that is printed")
      #expect(text.count { $0 == "`" }.isMultiple(of: 2), "a backquote without its partner")
    }
  }

  @Test("pages in the documentation have no mistakes", arguments: ["README.md", "CONTRIBUTING.md"] + files(below: "docs", ending: ".md"))
  func documentedPages(_ path: String) throws {
    let markdown = String(decoding: try bytes(of: path), as: UTF8.self)
    for page in pages(in: markdown) {
      let result = try faults(of: Array(page.text.utf8), name: "\(path), line \(page.line)")
      #expect(result.faults == [], "the page at line \(page.line) of \(path)")
    }
  }

  @Test("the README's first page prints what stands there") func firstPage() throws {
    let markdown = String(decoding: try bytes(of: "README.md"), as: UTF8.self)
    let page = try #require(pages(in: markdown).first).text
    let (read, found) = PageReader.read(Array(page.utf8), name: "first.xml")
    let compilation = Compiler().compile(try #require(read), found: found)
    let session = try Session(compilation)
    try session.runCycle()
    let report = RunReport(page: "first.xml", compilation: compilation, session: session, diagnostics: [])
    #expect(markdown.contains("```text\n" + report.table() + "```"))

    let broken = page.replacing("{{5}, {6}}", with: "{{5, 6}}")
    #expect(broken != page)
    let (wrong, _) = PageReader.read(Array(broken.utf8), name: "first.xml")
    let diagnostics = Compiler().compile(try #require(wrong)).diagnostics
    #expect(markdown.contains("```text\n" + TerminalPrinter(color: false).text(of: diagnostics) + "```"))
  }

  @Test("the diff in CONTRIBUTING.md is what stands in the sources") func documentedDiff() throws {
    let markdown = String(decoding: try bytes(of: "CONTRIBUTING.md"), as: UTF8.self)
    var path: String?
    var source = ""
    var compared = 0
    for line in diffLines(in: markdown) {
      if line.hasPrefix("+++ b/") {
        path = String(line.dropFirst(6))
        source = String(decoding: try bytes(of: String(line.dropFirst(6))), as: UTF8.self)
      } else if path != nil, line.hasPrefix("+") || line.hasPrefix(" ") {
        compared += 1
        #expect(source.contains("\n" + line.dropFirst() + "\n"), "no such line in \(path ?? "")")
      }
    }
    #expect(compared > 10)
  }

  private func diffLines(in markdown: String) -> [Substring] {
    let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "```diff"), let end = lines[start...].firstIndex(of: "```") else { return [] }
    return Array(lines[(start + 1)..<end])
  }
}
