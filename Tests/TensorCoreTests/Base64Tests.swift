import TensorCore
import Testing

@Suite struct Base64Tests {
  @Test func roundTrip() {
    for count in 0..<70 {
      let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
      var text: [UInt8] = []
      appendBase64(data, to: &text)
      #expect(decodeBase64(text) == data)
    }
  }

  @Test(arguments: ["A", "AA=", "A===", "====", "=AAA", "AA=A", "AA==AAAA", "A*AA", "AAAA\n"]) func refused(_ text: String) {
    #expect(decodeBase64(Array(text.utf8)) == nil)
  }
}
