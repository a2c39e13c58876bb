import Diagnostics
import Testing

@testable import Page

/// Broken texts, each with the diagnostics it must give.
@Suite struct BrokenPageTests {
  @Test(
    arguments: [
      // Not well-formed.
      (" \n", ["E0004@2:1"]),
      ("hello", ["E0004@1:1"]),
      ("<page>", ["E0004@1:7"]),
      ("<page>\n<scope name=\"a\">\n</page>", ["E0004@3:3"]),
      ("<page></page><page/>", ["E0004@1:14"]),
      ("<page></page>text", ["E0004@1:14"]),
      ("<page>\n</pgae>", ["E0004@2:3"]),
      ("<page title=\"a\"\n  title=\"b\"/>", ["E0004@2:3"]),
      ("<page title=\"a\n</page>", ["E0004@2:1"]),
      ("<page title=a/>", ["E0004@1:13"]),
      ("<page title=\"a\"seed=\"1\"/>", ["E0004@1:16"]),
      ("<page title=\"a & b\"/>", ["E0004@1:16"]),
      ("<page><note>a & b</note></page>", ["E0004@1:15"]),
      ("<page><note>a &b; c</note></page>", ["E0004@1:15"]),
      ("<page>\n<note>a &nbsp; c &b; d</note></page>", ["E0004@2:9", "E0004@2:18"]),
      ("<page><note>]]></note></page>", ["E0004@1:13"]),
      ("<page><note>\u{1}</note></page>", ["E0004@1:13"]),
      ("<page><!-- a -- b --></page>", ["E0004@1:14"]),
      ("<page><!-- a </page>", ["E0004@1:21"]),
      ("<page><note><![CDATA[ a </note></page>", ["E0004@1:39"]),
      ("<page>\n<block\n  id=\"a\"\n  x:type=\"b\"\n/></page>", ["E0104@2:1", "E0004@4:3"]),
      ("<page>\n<y:block/></page>", ["E0004@2:2"]),
      ("<?xml version='1.0'?><?xml version='1.0'?><page/>", ["E0004@1:22"]),
      ("<page>\n<block id=\"a\"\n type=\"Const\"\n<wire/></page>", ["E0004@4:1"]),
      // The root.
      ("<pages/>", ["E0101@1:2"]),
      ("<html><body/></html>", ["E0101@1:2"]),
      ("<page xmlns=\"urn:other\"/>", ["E0110@1:14"]),
      ("<page xmlns:x=\"urn:x\"><x:block/></page>", ["E0102@1:24"]),
      ("<page xmlns:x=\"urn:x\" x:title=\"a\"/>", ["E0103@1:23"]),
      ("<page xmlns:xi=\"http://www.w3.org/2001/XInclude\">\n<xi:include href=\"file:///etc/hostname\" parse=\"text\"/></page>", ["E0102@2:2"]),
      // Elements and attributes.
      ("<page><blok id=\"a\"/></page>", ["E0102@1:8"]),
      ("<page><pin name=\"a\"/></page>", ["E0102@1:8"]),
      ("<page><block id=\"a\" type=\"T\"><wire from=\"a\" to=\"a\"/></block></page>", ["E0102@1:31"]),
      ("<page><block id=\"a\" type=\"T\"><pin name=\"p\"><b/>1</pin><attrs><c/></attrs></block></page>", ["E0102@1:45", "E0102@1:63"]),
      ("<page><note>a<b/></note></page>", ["E0102@1:15"]),
      ("<page titel=\"a\" sed=\"1\"/>", ["E0103@1:7", "E0103@1:17"]),
      ("<page><block id=\"a\" type=\"T\" num_bits=\"8\"/></page>", ["E0103@1:30"]),
      ("<page><block/></page>", ["E0104@1:7", "E0104@1:7"]),
      (
        "<page><scope/><wire/><expect/><trend><series/></trend></page>",
        ["E0104@1:7", "E0104@1:15", "E0104@1:15", "E0104@1:22", "E0104@1:38"]
      ),
      ("<page><block id=\"a\" type=\"T\"><pin>1</pin></block></page>", ["E0104@1:30"]),
      ("<page seed=\"1.5\"/>", ["E0110@1:13"]),
      ("<page seed=\"9223372036854775808\"/>", ["E0110@1:13"]),
      ("<page><expect of=\"a\" cycle=\"0\" tolerance=\"-1\">1</expect></page>", ["E0110@1:29", "E0110@1:43"]),
      ("<page><expect of=\"a\" cycle=\"x\" tolerance=\"nan\">1</expect></page>", ["E0110@1:29", "E0110@1:43"]),
      ("<page><expect of=\"a\" cycle=\"1000001\">1</expect></page>", ["E0110@1:29"]),
      ("<page><expect of=\"a\" cycle=\"9223372036854775807\">1</expect></page>", ["E0110@1:29"]),
      ("<page><trend><block/></trend></page>", ["E0102@1:15"]),
      // Ids and names.
      ("<page><block id=\"1a\" type=\"T\"/></page>", ["E0105@1:18"]),
      ("<page><block id=\"\" type=\"T\"/></page>", ["E0105@1:18"]),
      ("<page><scope name=\"a b\"/></page>", ["E0105@1:20"]),
      ("<page>\n<block id=\"a\" type=\"T\"/>\n<block id=\"a\" type=\"T\"/></page>", ["E0106@3:12"]),
      ("<page><scope name=\"s\"/><scope name=\"s\"/></page>", ["E0106@1:37"]),
      ("<page><block id=\"s\" type=\"T\"/><scope name=\"s\"><block id=\"s\" type=\"T\"/></scope></page>", []),
      ("<page><block id=\"a\" type=\"T\"><pin name=\"p\">1</pin>\n<pin name=\"p\">2</pin></block></page>", ["E0109@2:12"]),
      ("<page><block id=\"a\" type=\"T\"><attrs x=\"1\"/>\n<attrs y=\"1\" x=\"2\"/></block></page>", ["E0109@2:14"]),
      ("<page><block id=\"a\" type=\"T\"><pin name=\"p q\">1</pin></block></page>", ["E0110@1:41"]),
      ("<page><block id=\"a\" type=\"T\"><pin name=\"p[0]\">1</pin><pin name=\"result_p[0]\">1</pin></block></page>", ["E0110@1:41"]),
      // References.
      ("<page><wire from=\"a.b.c\" to=\"1\"/></page>", ["E0107@1:22", "E0107@1:30"]),
      ("<page><wire from=\"a[\" to=\"\"/></page>", ["E0107@1:21", "E0107@1:27"]),
      ("<page><expect of=\"a//b\">1</expect><trend><series of=\"é\"/></trend></page>", ["E0107@1:21", "E0107@1:54"]),
      // Stray text.
      ("<page> hello\n <block id=\"a\" type=\"T\">world</block><![CDATA[x]]></page>", ["E0108@1:8", "E0108@2:25", "E0108@2:38"]),
      ("<page><wire from=\"a\" to=\"b\">x</wire></page>", ["E0108@1:29"]),
    ] as [(String, [String])])
  func places(_ text: String, _ expected: [String]) {
    let output = read(text)
    #expect(output.diagnostics.map(brief) == expected, "\(output.diagnostics.map(\.message))")
    for diagnostic in output.diagnostics {
      #expect(!diagnostic.message.hasSuffix(".") && !diagnostic.message.isEmpty)
      if diagnostic.id != .notWellFormed { #expect(diagnostic.fix != nil) }
    }
  }

  @Test func wordsAndMends() {
    func first(_ text: String) -> Diagnostic? { read(text).diagnostics.first }
    #expect(first("<page><blok/></page>")?.fix == "write <block>")
    #expect(first("<page titel=''/>")?.fix == "write title")
    #expect(first("<page><pin name='a'/></page>")?.fix == "<pin> belongs into <block>")
    #expect(first("<page><block id='a' type='T' num_bits='8'/></page>")?.fix == "write settings into <attrs num_bits=\"…\"/> inside of the block")
    #expect(first("<page>\n<block id='a' type='T'/><block id='a' type='T'/></page>")?.notes == ["the first one is at line 2"])
    #expect(first("<page>\n<scope\n name='a'>\n</page>")?.notes == ["<scope> is opened at line 2"])
    #expect(first("<pages/>")?.fix == "write <page>")
    #expect(first("<page><block id='a' type='T'><pin name='p'/><pin name='p'/></block></page>")?.block == "a")
    #expect(first("<page/>\n<x")?.message.isEmpty == false)
  }

  @Test func aPageWithErrorsIsStillAModel() {
    let output = read("<page><block id='a' type='T'/><blok/><block id='b' type='U'/><wire from='a' to='b.x'/></page>")
    #expect(output.page?.blocks.count == 2)
    #expect(output.page?.wires.count == 1)
    #expect(read("<page><block id='a' type='T'>").page == nil)
  }

  @Test func longNamesAreCutInMessages() {
    let long = String(repeating: "x", count: 100_000)
    for text in [
      "<page seed='\(long)'/>", "<page><\(long)/></page>", "<page \(long)='1'/>", "<\(long)/>", "<page><\(long)></page>", "<page><n:\(long)/></page>",
      "<page><block id='1\(long)' type='T'><pin name='a'/><pin name='a'/></block></page>", "<page><wire from='a.b.\(long)' to='a'/></page>",
    ] {
      let output = read(text)
      #expect(output.diagnostics.hasErrors)
      for diagnostic in output.diagnostics {
        let parts = [diagnostic.message, diagnostic.block ?? "", diagnostic.pin ?? "", diagnostic.fix ?? ""] + diagnostic.notes
        #expect(parts.allSatisfy { $0.utf8.count < 600 })
      }
    }
  }

  @Test func warningsDoNotEndTheReading() throws {
    let settings = String(repeating: "a=1;", count: 2_000)
    let page = try sound(
      EnuspaceTests.page("<use type='tensorflow' id='b' xlink:href='#A'><pg-set-pin variable='#attrs' value='\(settings)'/></use>"))
    #expect(page.attrTexts(0) == ["a=1"])
  }

  @Test func aMillionErrorsEndSoon() {
    let output = read("<page>" + String(repeating: "<x/>", count: 20_000) + "</page>")
    #expect(output.page == nil)
    #expect(output.diagnostics.count == 1_000)
    #expect(output.diagnostics.last?.notes.last == "the page is read no further: these are 1000 errors")
  }
}
