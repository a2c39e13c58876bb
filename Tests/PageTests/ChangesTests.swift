import Diagnostics
import Testing

@testable import Page

@Suite struct ChangesTests {
  private func saved(_ text: String, _ changes: [(String, String)]) throws -> String {
    let page = try #require(PageReader.read(Array(text.utf8), name: "page").page)
    return String(decoding: try PageWriter.save(page, changes: changes.map { ($0.0, $0.1) }), as: UTF8.self)
  }

  @Test func onlyTheTextChanges() throws {
    let page = """
      <page>
        <!-- kept --><block id="a" type="Const">
          <pin name="val" dtype="int32" shape="[2]">  1 2
          </pin></block>
        <scope name="s"><block id='q' type='FakeQuantWithMinMaxArgs'><attrs num_bits='8' min="-1"/></block></scope>
      </page>
      """
    #expect(try saved(page, [("a.val", "3 4")]) == page.replacing("  1 2", with: "  3 4"))
    #expect(
      try saved(page, [("s/q.num_bits", "4"), ("a.val", "{<&>}")])
        == page.replacing("num_bits='8'", with: "num_bits='4'").replacing("1 2", with: "{&lt;&amp;&gt;}"))
    #expect(try saved(page, [("s/q.min", "'\"")]) == page.replacing("min=\"-1\"", with: "min=\"&apos;&quot;\""))
  }

  @Test func aPinThatIsNotThereIsAdded() throws {
    #expect(
      try saved("<page><block id=\"a\" type=\"Add\" /></page>", [("a.x", "1 2")])
        == "<page><block id=\"a\" type=\"Add\"><pin name=\"x\">1 2</pin></block></page>")
    #expect(
      try saved("<page><block id=\"a\" type=\"Add\"><pin name=\"y\">1</pin></block></page>", [("a.x", "2")])
        == "<page><block id=\"a\" type=\"Add\"><pin name=\"x\">2</pin><pin name=\"y\">1</pin></block></page>")
  }

  @Test func originalPagesKeepTheirEncoding() throws {
    let text =
      "<svg><use type=\"tensorflow\" id=\"ID_A\" xlink:href=\"#Const\"><pg-set-pin variable=\"#val\" var-type=\"float\" shape=\"\" value=\"1\"/></use></svg>"
    let bytes: [UInt8] = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let page = try #require(PageReader.read(bytes, name: "page").page)
    let expected = text.replacing("value=\"1\"", with: "value=\"2.5\"")
    let out = try PageWriter.save(page, changes: [("ID_A.val", "2.5")])
    #expect(out == [0xFF, 0xFE] + expected.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
  }

  @Test(arguments: [("b.x", "1"), ("nobody.x", "1"), ("x", "1"), ("", "")])
  func whatCannotBeWrittenIsTold(_ reference: String, _ text: String) throws {
    let page = "<page><block id=\"a\" type=\"Const\"/><block id=\"b\" type=\"Add\"/><wire from=\"a\" to=\"b.x\"/></page>"
    #expect(throws: DiagnosticError.self) { try saved(page, [(reference, text)]) }
  }
}
