import Diagnostics
import Testing

@testable import Page

@Suite struct ScanTests {
  /// Token ranges put together are the text.
  static func tiles(_ bytes: [UInt8]) -> Bool {
    let scan = Scan(SourceFile(name: "x", bytes: bytes))
    var end: Int32 = 0
    for index in scan.tokens.indices {
      let range = scan.range(of: index)
      guard range.lower == end, range.upper > range.lower || bytes.isEmpty else { return false }
      for attribute in scan.attributes(of: index) {
        let found = scan.attributes[attribute]
        guard range.lower <= found.nameLower, found.nameLower < found.nameUpper, found.nameUpper <= found.valueLower,
          found.valueLower <= found.valueUpper, found.valueUpper <= range.upper
        else { return false }
      }
      end = range.upper
    }
    return end == bytes.count
  }

  @Test(arguments: [
    "", "text", "<", "<a", "<a ", "<a b", "<a b=", "<a b='", "<a b='c", "<a b='c'", "<a b='c'/", "<a b='c'>", "</", "</a", "</a>", "<!",
    "<!-", "<!--", "<!-- a --", "<!-->", "<!--->", "<![CDATA[", "<![CDATA[]]", "<![CDATA[]]>", "<?", "<?x", "<?x?>", "<?>", "<!DOCTYPE",
    "<!DOCTYPE a [<!ENTITY b \"]>\">]>", "<!ELEMENT>", "<a><b></a></b>", "<a b=c d='e'f='g'>", "<a <b>", "<a b='<'>", "<>", "< a>",
    "<a/b>", "<a b='c\"d' e=\"f'g\"/>", "]]>", "<a\n\tb = 'c'\n>", "<?xml version='1.0'?><a/>",
  ])
  func tilesAnyText(_ text: String) { #expect(Self.tiles(Array(text.utf8))) }

  @Test func kindsAndMatches() {
    let text = "<?xml version='1.0'?><a x='1' y=\"2\"><b/><!--c--><![CDATA[d]]><?e?>f<c></c></a>"
    let source = SourceFile(name: "x", bytes: Array(text.utf8))
    let scan = Scan(source)
    #expect(
      scan.tokens.map(\.kind) == [
        .declaration, .startTag, .emptyTag, .comment, .cdata, .instruction, .text, .startTag, .endTag, .endTag,
      ])
    #expect(!scan.isStructureBroken)
    #expect(scan.tokens[1].match == 9)
    #expect(scan.tokens[9].match == 1)
    #expect(scan.tokens[7].match == 8)
    #expect(source.text(scan.name(of: 1)) == "a")
    #expect(source.text(scan.name(of: 9)) == "a")
    #expect(scan.attributes(of: 1).map { source.text(scan.attributes[$0].name) + source.text(scan.attributes[$0].value) } == ["x1", "y2"])
    #expect(source.text(scan.elementRange(of: 7)) == "<c></c>")
    #expect(scan.token(at: 0) == 0)
    #expect(scan.token(at: text.utf8.count - 1) == 9)
  }

  @Test func brokenTagsAreMarkedAndTheRestIsRead() {
    let source = SourceFile(name: "x", bytes: Array("<a><b c=</a><d/></a>".utf8))
    let scan = Scan(source)
    #expect(scan.isStructureBroken)
    #expect(scan.tokens.map(\.kind) == [.startTag, .emptyTag, .endTag, .emptyTag, .endTag])
    #expect(scan.tokens.map(\.isBroken) == [false, true, false, false, false])
  }

  @Test func limits() {
    func codes(_ text: String) -> [String] { briefs(text) }
    let deep = String(repeating: "<scope name='s'>", count: 5_000)
    #expect(codes("<page>" + deep + String(repeating: "</scope>", count: 5_000) + "</page>") == ["E0006@1:\(7 + 256 * 16 - 16)"])
    let wide = (0..<100_000).map { " a\($0)='v'" }.joined()
    #expect(codes("<page>\n <block\(wide)/></page>") == ["E0006@2:2"])
    #expect(codes("<page title='" + String(repeating: "x", count: 10_000_001) + "'/>") == ["E0006@1:7"])
    #expect(codes("<page title='" + String(repeating: "x", count: 10_000_000) + "'/>") == [])
    let spaces = (0...100).map { " xmlns:n\($0)='u'" }.joined()
    #expect(codes("<page\(spaces)/>").first?.hasPrefix("E0006@") == true)
    let many = SourceFile(name: "x", bytes: Array("<page><note/>\n<note/></page>".utf8))
    #expect(Scan(many, maximalElements: 3).diagnostics.isEmpty)
    #expect(Scan(many, maximalElements: 2).diagnostics.map(brief) == ["E0006@2:1"])
  }

  @Test func doctypeIsRefused() {
    let laughs = "<!DOCTYPE page [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]>\n<page title='&b;'/>"
    #expect(briefs(laughs) == ["E0005@1:1"])
    #expect(briefs("<?xml version='1.0'?>\n<!DOCTYPE page SYSTEM 'file:///etc/hostname'><page/>") == ["E0005@2:1"])
  }
}
