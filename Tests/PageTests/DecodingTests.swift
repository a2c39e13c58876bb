import Diagnostics
import Testing

@testable import Page

@Suite struct DecodingTests {
  static let text = "<page title=\"Grüße 😀 ✓\">\n</page>\n"

  @Test func everyFormIsReadAndWrittenBack() {
    for (form, mark) in [
      (TextEncoding.Form.utf8, false), (.utf8, true), (.utf16LittleEndian, true), (.utf16BigEndian, true), (.utf16LittleEndian, false),
      (.utf16BigEndian, false),
    ] {
      let encoding = TextEncoding(form: form, hasByteOrderMark: mark)
      let bytes = encoding.encode(Array(Self.text.utf8))
      let decoded = DecodedText(bytes, name: "x")
      #expect(decoded.encoding == encoding)
      #expect(decoded.diagnostics.isEmpty)
      #expect(decoded.source.bytes == Array(Self.text.utf8))
      #expect(PageReader.read(bytes, name: "x").page?.title == "Grüße 😀 ✓")
    }
  }

  @Test func everyScalarWidthAtEveryOffset() {
    for padding in 0..<20 {
      let text = "<page>" + String(repeating: "x", count: padding) + "aé中😀z" + String(repeating: "y", count: 20) + "</page>"
      for big in [false, true] {
        #expect(DecodedText(utf16(text, bigEndian: big), name: "x").source.bytes == Array(text.utf8))
      }
      #expect(DecodedText(Array(text.utf8), name: "x").diagnostics.isEmpty)
    }
  }

  @Test(
    arguments: [
      ([], "E0002@1:1", "empty"),
      ([0xEF, 0xBB, 0xBF], "E0002@1:1", "empty"),
      ([0xFF, 0xFE], "E0002@1:1", "empty"),
      (Array("<page>\n a\u{0}b</page>".utf8), "E0003@2:3", "a NUL byte at byte 9 (line 2, column 3)"),
      (Array("<page>é".utf8) + [0xFF] + Array("</page>".utf8), "E0003@1:8", "malformed UTF-8 (byte 0xFF) at byte 8"),
      (Array("<page>".utf8) + [0xED, 0xA0, 0x80], "E0003@1:7", "lone surrogate at byte 6"),
      (Array("<page>".utf8) + [0xC0, 0x80], "E0003@1:7", "malformed"),
      (Array("<page>".utf8) + [0xF4, 0x90, 0x80, 0x80], "E0003@1:7", "malformed"),
      (Array("<page>".utf8) + [0xE4, 0xB8], "E0003@1:7", "malformed"),
      (utf16("<page>") + [0x20], "E0003@1:7", "odd number of bytes (15), at byte 14"),
      (utf16("<p>\n") + [0x3D, 0xD8] + utf16("a", mark: false), "E0003@2:1", "a lone surrogate (0xD83D) at byte 10"),
      (utf16("<p>", bigEndian: true) + [0xDC, 0x00], "E0003@1:4", "a lone surrogate (0xDC00) at byte 8"),
      (utf16("<p>") + [0, 0] + utf16("</p>", mark: false), "E0003@1:4", "a NUL character at byte 8"),
      (Array("<?xml version=\"1.0\" encoding=\"UTF-16\"?><page/>".utf8), "E0003@1:31", "the bytes are UTF-8"),
      (Array("<?xml version='1.0' encoding='windows-1252'?><page/>".utf8), "E0003@1:31", "\"windows-1252\" is not read"),
      (Array("<?xml version='1.0' encoding='nonsense'?><page/>".utf8), "E0003@1:31", "not read"),
      (Array("<?xml version='1.0' encoding='ISO-8859-1'?><page>".utf8) + [0xE9], "E0003@1:31", "ISO-8859-1"),
    ] as [([UInt8], String, String)])
  func refused(_ bytes: [UInt8], _ place: String, _ message: String) {
    let output = PageReader.read(bytes, name: "x")
    #expect(output.page == nil)
    #expect(output.diagnostics.map(brief) == [place])
    #expect(output.diagnostics.first?.message.contains(message) == true, "\(output.diagnostics.first?.message ?? "")")
    #expect(output.diagnostics.first?.fix != nil)
  }

  @Test func laterFaultsAreCounted() {
    let output = PageReader.read(Array("<page>".utf8) + [0xFF, 0x20, 0xFF, 0xFF], name: "x")
    #expect(output.diagnostics.first?.notes == ["2 more such places follow"])
  }

  @Test func declarationsThatAreAccepted() {
    for name in ["UTF-8", "utf-8", "US-ASCII"] {
      #expect(briefs("<?xml version=\"1.0\" encoding=\"\(name)\"?><page/>") == [])
    }
    for name in ["UTF-8", "UTF-16", "UTF-16LE"] {
      let text = "<?xml version=\"1.0\" encoding=\"\(name)\"?><page/>"
      #expect(PageReader.read(utf16(text), name: "x").diagnostics.isEmpty)
      #expect(PageReader.read(utf16(text, mark: false), name: "x").diagnostics.isEmpty)
    }
  }
}
