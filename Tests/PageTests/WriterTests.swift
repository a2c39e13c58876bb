import Diagnostics
import TensorCore
import Testing

@testable import Page

@Suite struct WriterTests {
  private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
  private func floats(_ values: [Float], _ shape: Shape) throws -> ResultValue { .tensor(try #require(Tensor(values, shape: shape))) }

  private func save(_ text: String, _ results: [PageWriter.Result]) throws -> String {
    let page = try sound(text)
    let saved = PageWriter.save(page, results: results)
    // The saved page is a page with the same blocks, and saving it again changes nothing.
    let again = try sound(string(saved.page))
    #expect(again.blocks.count == page.blocks.count)
    #expect(PageWriter.save(again, results: results).page == saved.page)
    return string(saved.page)
  }

  // MARK: Page notation

  @Test func pageNotation() throws {
    let text = """
      <page>
        <block id="a" type="T" />
        <block id="b" type="T"><pin name="p">1</pin></block>
        <scope name="s">
          <block id="c" type="T">
            <pin name="p">1</pin> <!-- here -->
          </block>
          <block id="d" type="T"><pin name="result_z" shape="">7</pin><attrs k="v"/></block>
        </scope>
        <!-- two --> <block id="e" type="T"/>
      </page>

      """
    let saved = try save(
      text,
      [
        (0, "z", try floats([19, -3.5, -0.0, .nan], [2, 2])), (1, "result_z", .tensor(try #require(Tensor([true, false])))),
        (2, "z", try floats([.infinity], .scalar)), (3, "z", .tensor(try #require(Tensor([Int64.min, 2])))), (4, "z", try floats([], [0])),
      ])
    #expect(
      saved == """
        <page>
          <block id="a" type="T">
            <pin name="result_z" dtype="float" shape="[2][2]">19 -3.5 -0.0 nan</pin>
          </block>
          <block id="b" type="T"><pin name="p">1</pin><pin name="result_z" dtype="bool" shape="[2]">true false</pin></block>
          <scope name="s">
            <block id="c" type="T">
              <pin name="p">1</pin> <!-- here -->
              <pin name="result_z" dtype="float" shape="">inf</pin>
            </block>
            <block id="d" type="T"><pin name="result_z" dtype="int64" shape="[2]">-9223372036854775808 2</pin><attrs k="v"/></block>
          </scope>
          <!-- two --> <block id="e" type="T"><pin name="result_z" dtype="float" shape="[0]"></pin></block>
        </page>

        """)
  }

  @Test func stringsAreQuotedAndEscaped() throws {
    let pool = StringPool()
    let tensor = try #require(Tensor(strings: ["a<b", "\"&\"\n"].map { Array($0.utf8) }, pool: pool))
    let saved = try save("<page><block id=\"a\" type=\"T\"/></page>", [(0, "z", .tensor(tensor))])
    let page = try sound(saved)
    #expect(page.pinTexts(0) == ["result_z=" + ValueFormat.shortest(tensor, at: 0) + " " + ValueFormat.shortest(tensor, at: 1)])
  }

  @Test func listsShrinkAndGrow() throws {
    let text = "<page>\n\t<block id=\"a\" type=\"T\"/>\n</page>"
    let two: PageWriter.Result = (0, "z", .list([try #require(Tensor([Int32(1)])), try #require(Tensor([Int32(2), 3]))]))
    let saved = try save(text, [two])
    #expect(
      saved == "<page>\n\t<block id=\"a\" type=\"T\">\n\t\t<pin name=\"result_z[0]\" dtype=\"int32\" shape=\"[1]\">1</pin>\n"
        + "\t\t<pin name=\"result_z[1]\" dtype=\"int32\" shape=\"[2]\">2 3</pin>\n\t</block>\n</page>")
    let one = try save(saved, [(0, "z", .list([try #require(Tensor([Int32(4)]))]))])
    #expect(one == "<page>\n\t<block id=\"a\" type=\"T\">\n\t\t<pin name=\"result_z[0]\" dtype=\"int32\" shape=\"[1]\">4</pin>\n\t</block>\n</page>")
  }

  @Test func lineBreaksAndEncodingStay() throws {
    let text = "<page>\r\n  <block id=\"ä\" type=\"T\"/>\r\n</page>"
    for big in [false, true] {
      let page = try #require(PageReader.read(utf16(text, bigEndian: big), name: "x").page)
      let saved = PageWriter.save(page, results: [(0, "z", try floats([1], .scalar))])
      let expected =
        "<page>\r\n  <block id=\"ä\" type=\"T\">\r\n    <pin name=\"result_z\" dtype=\"float\" shape=\"\">1</pin>\r\n  </block>\r\n</page>"
      #expect(saved.page == utf16(expected, bigEndian: big))
      #expect(saved.data == nil)
    }
  }

  // MARK: enuSpace notation

  @Test func enuspaceNotation() throws {
    let page = try #require(PageReader.read(utf16(sampleSVG), name: "x.svg").page)
    let results: [PageWriter.Result] = [
      (0, "output", try floats([1.5, 2, 3], [3])), (1, "output", .list([try #require(Tensor([1.0, 2])), try #require(Tensor([3.0, 4]))])),
      (0, "gone", try floats([1], [1])),
    ]
    let saved = PageWriter.save(page, results: results)
    let old1 = "variable=\"#result_output[2][2]\" auto=\"true\" shape=\"[2][2]\" var-type=\"double\" value=\"3.000000;2.000000;-1.000000;0.000000\""
    let new1 = "variable=\"#result_output[3]\" auto=\"true\" shape=\"[3]\" var-type=\"float\" value=\"1.5;2;3\""
    let old2 = "variable=\"#result_output\" shape=\"\" type=\"float\" value=\"\""
    let new2 = "variable=\"#result_output[2][2]\" shape=\"[2][2]\" type=\"double\" value=\"{1,2,3,4}\""
    #expect(sampleSVG.contains(old1) && sampleSVG.contains(old2))
    #expect(saved.page == utf16(replaced(replaced(sampleSVG, old1, new1), old2, new2)))
    let again = try #require(PageReader.read(saved.page, name: "x.svg").page)
    #expect(PageWriter.save(again, results: results).page == saved.page)
    #expect(PageWriter.save(page, results: []).page == utf16(sampleSVG))
  }

  private func replaced(_ text: String, _ old: String, _ new: String) -> String {
    let bytes = Array(text.utf8)
    let wanted = Array(old.utf8)
    for start in 0..<max(0, bytes.count - wanted.count) where bytes[start..<start + wanted.count].elementsEqual(wanted) {
      return string(bytes[..<start] + Array(new.utf8) + bytes[(start + wanted.count)...])
    }
    return text
  }

  private func binaryPage(_ pins: [(name: String, count: Int, position: Int)]) -> String {
    EnuspaceTests.page(
      pins.enumerated().map { index, pin in
        "<use type='tensorflow' id='b\(index)' xlink:href='#A'><pg-set-pin variable='#\(pin.name)[\(pin.count)]' shape='[\(pin.count)]'"
          + " var-type='float' save-type='binary' binary-pos='\(pin.position)'/></use>\n"
      }.joined())
  }

  @Test func binaryResults() throws {
    // An input of 8 bytes in front, a result of 8,000 bytes, an input behind it.
    let text = binaryPage([("x", 2, 0), ("result_z", 2_000, 8), ("x", 1, 8_008)])
    let data = DataFile(name: "x.dat", bytes: (0..<8_012).map { UInt8($0 & 255) })
    let page = try sound(text, data: data)
    let same = try floats(Array(repeating: 1, count: 2_000), [2_000])
    let saved = PageWriter.save(page, results: [(1, "z", same)])
    #expect(string(saved.page) == text)
    let bytes = try #require(saved.data)
    #expect(bytes.count == data.bytes.count)
    #expect(Array(bytes[..<8]) == Array(data.bytes[..<8]) && Array(bytes[8_008...]) == Array(data.bytes[8_008...]))
    #expect(Array(bytes[8..<16]) == [0, 0, 128, 63, 0, 0, 128, 63])
    // Another size goes behind everything, and stays there when saved again.
    let longer = try floats(Array(repeating: 1, count: 3_000), [3_000])
    let moved = PageWriter.save(page, results: [(1, "z", longer)])
    #expect(string(moved.page).contains("variable='#result_z[3000]' shape='[3000]' var-type='float' save-type='binary' binary-pos='8012'"))
    #expect(moved.data?.count == 20_012)
    #expect(moved.data.map { Array($0[..<8_012]) } == data.bytes)
    let again = try sound(string(moved.page), data: DataFile(name: "x.dat", bytes: moved.data ?? []))
    let twice = PageWriter.save(again, results: [(1, "z", longer)])
    #expect(twice.page == moved.page && twice.data == moved.data)
  }

  @Test func smallBinaryResultsBecomeText() throws {
    let page = try sound(binaryPage([("result_z", 2_000, 0)]))
    let saved = PageWriter.save(page, results: [(0, "z", try floats([1, 2], [2]))])
    #expect(string(saved.page).contains("variable='#result_z[2]' shape='[2]' var-type='float' value=\"1;2\"/>"))
    #expect(saved.data == nil)
    // An input's data is never written over, even if the page says that both lie there.
    let text = binaryPage([("x", 2_000, 0), ("result_z", 2_000, 0)])
    let clash = try sound(text, data: DataFile(name: "x.dat", bytes: Array(repeating: 9, count: 8_000)))
    let kept = PageWriter.save(clash, results: [(1, "z", try floats(Array(repeating: 1, count: 2_000), [2_000]))])
    #expect(kept.data?.count == 16_000)
    #expect(kept.data?.prefix(8_000).allSatisfy { $0 == 9 } == true)
  }
}
