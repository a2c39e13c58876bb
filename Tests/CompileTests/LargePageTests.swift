import Compile
import Diagnostics
import Page
import PageSupport
import TensorCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processor's time that this thread has used.
private func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Pages that are large on purpose: they end soon, with a diagnostic that has a place.
@Suite struct LargePageTests {
  /// The first diagnostic of a page, which must come within eight seconds of the processor's time, whatever else it is doing (these
  /// tests are compiled without optimisation).
  private func first(_ text: String, seconds: Int = 8, _ location: Testing.SourceLocation = #_sourceLocation) -> String? {
    var page = CompiledPage("")
    let start = threadSeconds()
    page = CompiledPage(text)
    #expect(threadSeconds() - start < Double(seconds), sourceLocation: location)
    #expect(page.diagnostics.count <= 1_001, sourceLocation: location)
    return page.found.first
  }

  private func repeated(_ count: Int, _ line: (Int) -> String) -> String {
    var text = "<page>\n"
    for index in 0..<count { text += line(index) + "\n" }
    return text + "</page>"
  }

  @Test func thousandsOfNestedScopes() {
    let text = "<page>" + String(repeating: "<scope name=\"s\">", count: 5_000) + String(repeating: "</scope>", count: 5_000) + "</page>"
    #expect(first(text) == "E0006 1:4087 - -")
  }

  @Test func aHundredThousandAttributes() {
    let attributes = (0..<100_000).map { " a\($0)=\"1\"" }.joined()
    #expect(first("<page\(attributes)/>")?.hasPrefix("E0006 1:") == true)
    #expect(first("<page><block id=\"a\" type=\"Abs\"><attrs\(attributes)/></block></page>")?.hasPrefix("E0006 1:") == true)
  }

  @Test func manyUnknownTypes() { #expect(first(repeated(10_000) { "<block id=\"b\($0)\" type=\"Blok\($0)\"/>" }) == "E0201 2:22 b0 -") }

  @Test func manyUnknownBlocks() {
    let text = repeated(10_000) { "<block id=\"block\($0)\" type=\"AddN\"/><wire from=\"blok\($0)\" to=\"block\($0)\"/>" }
    #expect(first(text) == "E0203 2:45 blok0 -")
  }

  @Test func manyExpectationsOfNothing() {
    #expect(first(repeated(10_000) { "<expect of=\"nothing\($0)\">1</expect>" }) == "E0203 2:13 nothing0 -")
  }

  @Test func manyBlocksOfOneID() { #expect(first(repeated(20_000) { _ in "<block id=\"a\" type=\"Abs\"/>" }) == "E0106 3:12 a -") }

  @Test func oneIDInManyScopes() {
    let text = repeated(10_000) {
      "<scope name=\"s\($0)\"><block id=\"a\" type=\"Const\"><pin name=\"val\">1</pin></block><block id=\"b\" type=\"Abs\"/>"
        + "<wire from=\"a\" to=\"b.x\"/></scope>"
    }
    #expect(first(text) == nil)
  }

  @Test func manyWiresIntoOnePin() {
    let constant = "<block id=\"c\" type=\"Const\"><pin name=\"val\" dtype=\"string\">1</pin></block>\n<block id=\"n\" type=\"Abs\"/>\n"
    let text = "<page>" + constant + String(repeating: "<wire from=\"c\" to=\"n.x\"/>\n", count: 20_000) + "</page>"
    #expect(first(text)?.hasPrefix("E0302 3:1 n x") == true)
    let list = text.replacing("Abs", with: "AddN").replacing("n.x", with: "n")
    #expect(first(list)?.hasPrefix("E0302 3:1 n inputs") == true)
  }

  @Test func aLongListIsSummed() throws {
    let text =
      "<page><block id=\"c\" type=\"Const\"><pin name=\"val\">1</pin></block>\n<block id=\"n\" type=\"AddN\"/>\n"
      + String(repeating: "<wire from=\"c\" to=\"n\"/>\n", count: 20_000) + "</page>"
    #expect(try CompiledPage(text).results()["n.sum"]?.brief == "float [] 20000")
  }

  @Test func aBlockWithManyPins() {
    let pins = (0..<20_000).map { "<pin name=\"p\($0)\">1</pin>\n" }.joined()
    #expect(first("<page>\n<block id=\"a\" type=\"Abs\">\n\(pins)</block></page>") == "E0204 3:1 a p0")
  }

  @Test func everyPieceOfAPageIsRefused() {
    let page = """
      <page title="t"><block id="a" type="Const"><pin name="val" shape="[2]">{1, 2}</pin></block>
      <block id="s" type="Split"><attrs num_split="2"/><pin name="axis">0</pin></block>
      <wire from="a.output" to="s.value"/><expect of="s.output[0]" tolerance="0.5">1</expect></page>
      """
    #expect(CompiledPage(page).found == [])
    for length in 0..<page.utf8.count {
      let found = CompiledPage(Array(page.utf8.prefix(length))).diagnostics
      #expect(found.hasErrors, "\(length)")
      #expect(found.allSatisfy { $0.location != nil })
    }
  }

  @Test func textsTogetherStayWithinTheLimit() {
    let text = """
      <page>
      <block id="a" type="Const"><pin name="val" shape="[1000]">1</pin></block>
      <block id="b" type="Const"><pin name="val" shape="[1000]">1</pin></block>
      <block id="c" type="Const"><pin name="val" shape="[10]">1</pin></block>
      </page>
      """
    let (page, _) = PageReader.read(Array(text.utf8), name: "test.xml")
    let compilation = page.map { Compiler(memoryLimit: 6_000).compile($0) }
    #expect(compilation?.diagnostics.map(\.summary) == ["E0309 3:59 b val"])
    #expect(compilation?.diagnostics.first?.message == "a float tensor of shape [1000] needs 4.0 kB, the limit is 2.0 kB")
    #expect(compilation?.diagnostics.first?.notes == ["the texts before it take 4.0 kB"])
  }

  @Test func resultsTogetherStayWithinTheLimit() {
    let text = """
      <page>
      <block id="a" type="Const"><pin name="val" shape="[1000]">1</pin></block>
      <block id="b" type="Abs"/><wire from="a" to="b.x"/>
      <block id="c" type="Negate"/><wire from="a" to="c.x"/>
      </page>
      """
    let (page, _) = PageReader.read(Array(text.utf8), name: "test.xml")
    let compilation = page.map { Compiler(memoryLimit: 6_000).compile($0) }
    #expect(compilation?.diagnostics.map(\.summary) == ["E0309 1:1 - -"])
    #expect(compilation?.plan == nil)
  }
}
