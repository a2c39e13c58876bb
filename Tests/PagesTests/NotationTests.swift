import Compile
import Diagnostics
import Page
import Testing

/// What the page notation reference promises about texts, wires and trends.
@Suite struct NotationTests {
  private func compile(_ blocks: String) throws -> Compilation {
    let (page, found) = PageReader.read(Array("<page>\(blocks)</page>".utf8), name: "page.xml")
    return Compiler().compile(try #require(page), found: found)
  }

  private let constant = "<block id=\"a\" type=\"Const\"><pin name=\"val\">1 2</pin></block>"

  @Test("a text that declares its dtype speaks for the others, in any order")
  func declaredTexts() throws {
    let declared = "<pin name=\"y\" dtype=\"int64\">1</pin>"
    let open = "<pin name=\"x\">2</pin>"
    for pins in [declared + open, open + declared] {
      let compilation = try compile("<block id=\"s\" type=\"Add\">\(pins)</block>")
      #expect(compilation.diagnostics.isEmpty)
      #expect(compilation.graph.values[compilation.graph.values(ofBlock: 0, output: 0).lowerBound].dtype == .int64)
    }
  }

  @Test("a text in a wired pin is told") func unusedText() throws {
    let compilation = try compile(
      constant + "<block id=\"n\" type=\"Negate\"><pin name=\"x\">5</pin></block><wire from=\"a\" to=\"n\"/>")
    #expect(compilation.diagnostics.map(\.id) == [.textUnused])
    #expect(compilation.plan != nil)
  }

  @Test("a trend watches what is there") func trends() throws {
    #expect(try compile(constant + "<trend><series of=\"a\"/></trend>").diagnostics.isEmpty)
    #expect(try compile(constant + "<trend><series of=\"b\"/></trend>").diagnostics.map(\.id) == [.unknownBlock])
  }

  @Test("two hyphens in a comment: what to do instead") func hyphens() throws {
    let (_, found) = PageReader.read(Array("<page><!-- enuflow run --feed x --></page>".utf8), name: "page.xml")
    #expect(found.map(\.id) == [.notWellFormed])
    #expect(found.first?.fix?.contains("<note>") == true)
  }
}
