import Diagnostics
import Testing

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }

  @Test func values() throws {
    let json = try read(#" {"a": [1, -2.5e-3, true, false, null], "b":{"c":"x\"\\\/\b\f\n\r\té\ud83d\ude00ü"}, "a": 7} "#)
    guard case .array(let all)? = json["a"], case .number(let small) = all[1], case .bool(true) = all[2], case .null = all[4] else {
      Issue.record("another value")
      return
    }
    #expect(all[0].int == 1)
    #expect(small == "-2.5e-3")
    #expect(json["b"]?["c"]?.string == "x\"\\/\u{8}\u{C}\n\r\té😀ü")
    #expect(json.members?.map(\.key) == ["a", "b", "a"])
    #expect(json["z"] == nil)
  }

  @Test("what a writer writes is read back") func roundTrip() throws {
    var writer = JSONWriter(pretty: true)
    writer.beginObject()
    writer.key("k\u{1}\"")
    writer.beginArray()
    writer.double(-0.0)
    writer.string("\u{1F}…")
    writer.endArray()
    writer.endObject()
    let json = try JSONReader.read(writer.bytes)
    #expect(json.members?.first?.key == "k\u{1}\"")
    #expect(json.members?.first?.value.elements?.last?.string == "\u{1F}…")
  }

  @Test(
    arguments: [
      ("", 0), ("{", 1), ("[1", 2), ("[1,]", 3), ("{\"a\" 1}", 5), ("{a:1}", 1), ("\"a", 2), ("\"\\x\"", 3), ("\"\\u12\"", 3), ("\"\\ud800\"", 7),
      ("\"\\ud800\\u0041\"", 13), ("tru", 0), ("1 2", 2), ("\"\n\"", 1), ("@", 0),
    ] as [(String, Int)])
  func faults(_ text: String, _ offset: Int) {
    do throws(JSONReader.Fault) {
      _ = try JSONReader.read(Array(text.utf8))
      Issue.record("\(text) was read")
    } catch {
      #expect(error.offset == offset, "\(text): \(error.message)")
    }
  }

  @Test("depth is limited, and bytes that are no UTF-8 are refused") func limits() {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
  }
}
