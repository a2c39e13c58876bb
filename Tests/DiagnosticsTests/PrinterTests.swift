import Testing

@testable import Diagnostics

struct JSONWriterTests {
  @Test func compactAndPretty() {
    func write(_ json: inout JSONWriter) {
      json.beginObject()
      json.key("a")
      json.beginArray()
      json.endArray()
      json.key("b\"")
      json.beginArray(inline: true)
      json.int(1)
      json.double(-0.0)
      json.double(.nan)
      json.endArray()
      json.key("c")
      json.beginObject()
      json.key("d")
      json.null()
      json.key("e")
      json.bool(true)
      json.endObject()
      json.key("f")
      json.raw("[1e+30]".utf8)
      json.endObject()
    }
    var compact = JSONWriter()
    write(&compact)
    #expect(compact.text == #"{"a":[],"b\"":[1,-0.0,"NaN"],"c":{"d":null,"e":true},"f":[1e+30]}"#)
    var pretty = JSONWriter(pretty: true)
    write(&pretty)
    #expect(
      pretty.text == """
        {
          "a": [],
          "b\\"": [1, -0.0, "NaN"],
          "c": {
            "d": null,
            "e": true
          },
          "f": [1e+30]
        }
        """)
  }

  @Test(arguments: [
    ("", #""""#), ("a\"b\\", #""a\"b\\""#), ("\n\r\t\u{1}\u{1F}", #""\n\r\t\u0001\u001f""#), ("ä日\u{7F}", "\"ä日\u{7F}\""),
  ])
  func strings(value: String, expected: String) {
    var json = JSONWriter()
    json.string(value)
    #expect(json.text == expected)
  }

  @Test(arguments: [
    (19.0, "19"), (0.1, "0.1"), (-0.0, "-0.0"), (0.0, "0"), (1e30, "1e+30"), (-2.5, "-2.5"), (.infinity, "\"Infinity\""),
    (-.infinity, "\"-Infinity\""), (.leastNonzeroMagnitude, "5e-324"), (10.0, "10"),
  ])
  func numbers(value: Double, expected: String) {
    var json = JSONWriter()
    json.double(value)
    #expect(json.text == expected)
  }
}

struct DiagnosticPrinterTests {
  private func diagnostic(_ text: String, _ lower: Int, _ upper: Int, notes: [String] = [], fix: String? = nil) -> Diagnostic {
    let source = SourceFile(name: "page.xml", bytes: Array(text.utf8))
    return Diagnostic(
      .badValueText, "cause", at: source.location(of: SourceRange(lower, upper)), block: "b", pin: "val", notes: notes, fix: fix)
  }

  @Test func allParts() {
    let text = TerminalPrinter().text(of: diagnostic("<page>\n  <pin>1 x</pin>\n", 16, 17, notes: ["a fact"], fix: "write 2"))
    #expect(
      text == """
        page.xml:2:10: error[E0305]: cause
         2 |   <pin>1 x</pin>
           |          ^
        note: a fact
        help: write 2

        """)
  }

  @Test func withoutPlace() {
    #expect(TerminalPrinter().text(of: Diagnostic(.badArgument, "cause")) == "error[E0601]: cause\n")
    let place = SourceLocation(file: "a.npy", line: 1, column: 1, endLine: 1, endColumn: 1)
    #expect(TerminalPrinter().text(of: Diagnostic(.leftOut, "cause", at: place)) == "a.npy:1:1: warning[W0703]: cause\n")
  }

  @Test func caretsStandUnderTabsAndWideLetters() {
    let tab = TerminalPrinter().text(of: diagnostic("\tab\tcd", 4, 6))
    #expect(tab.hasSuffix(" 1 |     ab  cd\n   |         ^^\n"))
    let wide = TerminalPrinter().text(of: diagnostic("日本x", 3, 7))
    #expect(wide.hasSuffix(" 1 | 日本x\n   |   ^^^\n"))
    let mark = TerminalPrinter().text(of: diagnostic("e\u{301}x", 3, 4))
    #expect(mark.hasSuffix("   |  ^\n"))
  }

  @Test func rangesOfSeveralLinesAndEmptyRanges() {
    #expect(TerminalPrinter().text(of: diagnostic("ab {\n1\n}", 3, 8)).hasSuffix(" 1 | ab {\n   |    ^\n"))
    #expect(TerminalPrinter().text(of: diagnostic("abc", 3, 3)).hasSuffix(" 1 | abc\n   |    ^\n"))
    #expect(TerminalPrinter().text(of: diagnostic("", 0, 0)).hasSuffix(" 1 | \n   | ^\n"))
  }

  @Test(arguments: [0, 100, 150, 5_000, 9_999]) func longLinesAreCutAroundTheCaret(offset: Int) {
    let line = String((0..<10_000).map { $0 == offset ? "#" : "-" })
    let lines = TerminalPrinter().text(of: diagnostic(line, offset, offset + 1)).split(separator: "\n")
    #expect(lines.count == 3)
    guard lines.count == 3 else { return }
    #expect(lines[1].count <= 160)
    #expect(lines[1].firstIndex(of: "#").map { lines[1].distance(from: lines[1].startIndex, to: $0) } == lines[2].count - 1)
  }

  @Test func wideLettersOfALongLineKeepTheCaret() {
    let text = String(repeating: "日", count: 5_000)
    let lines = TerminalPrinter().text(of: diagnostic(text, 6_000, 6_003)).split(separator: "\n")
    #expect(lines.last?.hasSuffix("^^") == true)
    #expect((lines.last?.count ?? 999) < 160)
  }

  @Test func textOfThePageCannotControlTheTerminal() {
    let text = TerminalPrinter().text(
      of: Diagnostic(.badValueText, "bad `\u{1B}[2J`", at: diagnostic("\u{1B}[31mx\u{202E}", 5, 6).location, notes: ["\u{7}"], fix: "a\nb"))
    #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{7}" || $0 == "\u{202E}" })
    #expect(text.contains(#"bad `\x1b[2J`"#))
    #expect(text.contains("help: a b\n"))
    #expect(TerminalPrinter(color: true).text(of: Diagnostic(.badArgument, "cause")).contains("\u{1B}[1;31merror[E0601]:\u{1B}[0m"))
  }

  @Test func oneLineOfManyMegabytes() {
    let source = SourceFile(name: "page.xml", bytes: [UInt8](repeating: UInt8(ascii: "a"), count: 4_000_000))
    let printer = TerminalPrinter()
    for offset in stride(from: 3_000_000, to: 3_000_100, by: 1) {
      let text = printer.text(of: Diagnostic(.badID, "cause", at: source.location(of: SourceRange(offset, offset + 1))))
      #expect(text.hasPrefix("page.xml:1:\(offset + 1):"))
    }
  }

  @Test func jsonHasEveryKey() {
    var json = JSONWriter()
    [diagnostic("abc", 1, 2, notes: ["n"], fix: "f"), Diagnostic(.badArgument, "cause")].write(to: &json)
    #expect(
      json.text
        == #"[{"id":"E0305","severity":"error","message":"cause","file":"page.xml","line":1,"column":2,"endLine":1,"endColumn":3,"#
        + #""block":"b","pin":"val","notes":["n"],"fix":"f"},"#
        + #"{"id":"E0601","severity":"error","message":"cause","file":null,"line":null,"column":null,"endLine":null,"endColumn":null,"#
        + #""block":null,"pin":null,"notes":[],"fix":null}]"#)
  }

  @Test func idsAreUnique() {
    #expect(Set(DiagnosticID.all.map(\.code)).count == DiagnosticID.all.count)
  }
}
