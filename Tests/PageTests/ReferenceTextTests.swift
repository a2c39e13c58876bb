import Testing

@testable import Page

@Suite struct ReferenceTextTests {
  private func parts(_ text: String, _ ids: ReferenceText.IDForm = .page) -> String {
    let bytes = Array(text.utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    switch ReferenceText.parse(text, ids: ids) {
    case .success(let found):
      return (found.isAbsolute ? "/" : "") + found.scopes.map { part($0) + ">" }.joined() + part(found.id)
        + (found.pin.map { "." + part($0) } ?? "") + found.indices.map { "#\($0)" }.joined()
    case .failure(let fault): return "\(fault.offset): \(fault.message)"
    }
  }

  @Test(arguments: [
    ("a", "a"), ("/a", "/a"), ("a.b", "a.b"), ("s/t/a.b", "s>t>a.b"), ("/s/a", "/s>a"), ("a.result_z", "a.z"), ("a.b[0]", "a.b#0"),
    ("a[1][22]", "a#1#22"), ("_a-1.b-c_2", "_a-1.b-c_2"), ("a[2147483647]", "a#2147483647"), ("result_a.result", "result_a.result"),
  ])
  func accepted(_ text: String, _ expected: String) { #expect(parts(text) == expected) }

  @Test(arguments: [
    ("", "0: the reference is empty"), ("/", "1: an id or scope name is missing"), ("a/", "2: an id is missing"),
    ("a//b", "2: an id is missing"), ("a.", "2: a pin name is missing"), (".b", "0: an id or scope name is missing"),
    ("1a", "0: an id or scope name cannot start with '1'"), ("a.-b", "2: a pin name cannot start with '-'"),
    ("a b", "1: a blank cannot stand in a reference"), (" a", "0: a blank cannot stand in a reference"),
    ("a.b.c", "3: a second dot"), ("a.b/c", "3: a / after the pin"), ("é", "0: 'é' cannot stand in a reference"),
    ("a.result_", "9: a pin name is missing after \"result_\""), ("a[", "2: an index must be a number"),
    ("a[]", "2: an index must be a number"), ("a[x]", "2: an index must be a number"), ("a[-1]", "2: an index cannot be negative"),
    ("a[1", "3: a ] is missing"), ("a[1 ]", "3: a ] is missing"), ("a[2147483648]", "2: an index beyond 2147483647"),
    ("a[99999999999999999999]", "2: an index beyond 2147483647"), ("a[1].b", "4: '.' after an index"), ("a[1]b", "4: 'b' after an index"),
  ])
  func refused(_ text: String, _ expected: String) { #expect(parts(text) == expected) }

  @Test func enuspaceIDsMayStartWithAnyOfTheirCharacters() {
    #expect(parts("1eJ8-x.result_y[0][1]", .enuspace) == "1eJ8-x.y#0#1")
    #expect(ReferenceText.isID("a-1".utf8))
    #expect(!ReferenceText.isID("1".utf8))
    #expect(ReferenceText.isID("1".utf8, .enuspace))
    #expect(!ReferenceText.isID("".utf8, .enuspace))
  }
}
