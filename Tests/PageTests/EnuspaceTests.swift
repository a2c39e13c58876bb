import Diagnostics
import Testing

@testable import Page

@Suite struct EnuspaceTests {
  static func page(_ inside: String) -> String {
    "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n\(inside)</svg>"
  }

  @Test func everythingOfTheSample() throws {
    let output = PageReader.read(utf16(sampleSVG), name: "x.svg")
    let page = try #require(output.page)
    #expect(page.notation == .enuspace)
    #expect(page.encoding == TextEncoding(form: .utf16LittleEndian, hasByteOrderMark: true))
    #expect(page.blocks.map { page.symbols[$0.id] + ":" + page.symbols[$0.type] } == ["A:Const", "B:Split"])
    #expect(page.pinTexts(0) == ["val=3.0;2.0;-1.0;0.0", "result_output=3.000000;2.000000;-1.000000;0.000000"])
    #expect(page.pinTexts(1) == ["result_output="])
    #expect(page.attrTexts(1) == ["num_=2", "name_=a < b", "flag_=true"])
    #expect(page.wireTexts == ["A.output -> B.value", "B.output[1][0] -> A.x"])
    #expect(page.trends.map { $0.series.map { page.text($0.of) } } == [["B.output[0][1]"]])
    #expect(page.pins[0].dtype.map { page.source.text($0) } == "double")
    #expect(page.pins[0].shape.map { page.source.text($0) } == "[2][2]")
    #expect(page.source.text(page.attrs[1].nameRange) == "name_")
    #expect(page.source.text(page.attrs[1].valueRange) == "a &lt; b")
    #expect(
      output.diagnostics.map { $0.id.code + " " + $0.message } == [
        "N0801 1 drawing is kept, not executed", "W0704 the attr \"num_\" stands twice; this one is ignored",
        "N0801 1 display widget (<use type=\"logic\">) is kept, not executed",
        "N0801 1 trend display (<pg-trend>) is kept, not executed", "N0801 1 script is kept, not executed",
      ])
  }

  @Test(
    arguments: [
      ("<use type='tensorflow' xlink:href='#A'/>", ["E0104@2:2"]),
      ("<use type='tensorflow' id='a'/>", ["E0104@2:2"]),
      ("<use type='tensorflow' id='a' xlink:href='A'/>", ["E0110@2:43"]),
      ("<use type='tensorflow' id='a' xlink:href='#'/>", ["E0110@2:43"]),
      ("<use type='tensorflow' id='a b' xlink:href='#A'/>", ["E0105@2:28"]),
      ("<use type='tensorflow' id='a' xlink:href='#A'/>\n<use type='tensorflow' id='a' xlink:href='#A'/>", ["E0106@3:28"]),
      ("<use type='tensorflow' id='a' xlink:href='#A'><pg-set-pin value='1'/></use>", ["E0104@2:48"]),
      ("<use type='tensorflow' id='a' xlink:href='#A'><pg-set-pin variable='x' value='1'/></use>", ["E0110@2:69"]),
      (
        "<use type='tensorflow' id='a' xlink:href='#A'><pg-set-pin variable='#x' value='1'/>\n<pg-set-pin variable='#x[2]' value='1'/></use>",
        ["E0109@3:24"]
      ),
      (
        "<use type='tensorflow' id='a' xlink:href='#A'><pg-set-pin variable='#attrs' value='a=1; b ;=2'/></use>",
        ["E0110@2:89", "E0110@2:92"]
      ),
      ("<use type='tensorflow' id='a' xlink:href='#A'><pg-set-pin variable='#x' save-type='binary' binary-pos='-1'/></use>", ["E0110@2:104"]),
      ("<pg-link from-id='a'/>", ["E0104@2:2"]),
      ("<pg-link from-id='a' to-id='b' param-from='x y'/>", ["E0107@2:44"]),
      ("<nothing/>", ["N0801@2:2"]),
      ("<y:use/>", ["E0004@2:2", "N0801@2:2"]),
    ] as [(String, [String])])
  func places(_ inside: String, _ expected: [String]) {
    let output = read(Self.page(inside))
    #expect(output.diagnostics.map(brief).sorted() == expected.sorted(), "\(output.diagnostics.map(\.message))")
  }

  @Test func wiresToNothingAreKeptAndThoseToWidgetsDropped() throws {
    let page = try sound(
      Self.page(
        """
        <use type='tensorflow' id='a' xlink:href='#A'/><text id='t'/>
        <pg-link from-id='a' param-from='z' to-id='gone' param-to='x'/><pg-link from-id='a' to-id='t'/>
        <pg-link from-id='t' to-id='a' param-to='x'/><pg-link from-id='a' to-id='a' param-to='x'/>
        """))
    #expect(page.wireTexts == ["a.z -> gone.x", "a -> a.x"])
    #expect(page.source.text(page.wires[0].fromRange) == "z")
    #expect(page.source.text(page.wires[0].toRange) == "gone")
  }

  // MARK: Binary pins

  private func binary(_ shape: String, _ type: String, _ position: Int, name: String = "initvalues") -> String {
    Self.page(
      "<use type='tensorflow' id='a' xlink:href='#A'>"
        + "<pg-set-pin variable='#\(name)' shape='\(shape)' var-type='\(type)' save-type='binary' binary-pos='\(position)'/></use>")
  }

  @Test(arguments: [
    ("[2][3]", "float", 0, 24), ("{2,3}", "double", 8, 56), ("", "int", 4, 8), ("[0]", "float", 5, 5), ("[3]", "bool", 1, 4),
  ])
  func dataMustBeLongEnough(_ shape: String, _ type: String, _ position: Int, _ needed: Int) throws {
    let text = binary(shape, type, position)
    let page = try sound(text, data: DataFile(name: "x.dat", bytes: Array(repeating: 0, count: needed)))
    #expect(page.data?.bytes.count == needed)
    guard case .binary(position) = page.pins[0].content else { return #expect(Bool(false)) }
    let short = read(text, data: DataFile(name: "x.dat", bytes: Array(repeating: 0, count: needed - 1)))
    #expect(short.diagnostics.map(brief) == ["E0007@2:47"])
    #expect(short.diagnostics.first?.pin == "initvalues")
    #expect(read(text).diagnostics.map(brief) == ["E0007@2:47"])
  }

  @Test func hugeShapesDoNotOverflow() {
    let data = DataFile(name: "x.dat", bytes: [0])
    #expect(read(binary("[4294967296][4294967296]", "float", 0), data: data).diagnostics.map(brief) == ["E0007@2:47"])
    #expect(read(binary("[9223372036854775807]", "bool", Int.max), data: data).diagnostics.map(brief) == ["E0007@2:47"])
    #expect(read(binary("[2]", "string", 0), data: data).diagnostics.map(\.id.code) == ["E0110"])
  }

  @Test func resultsNeedNoData() throws {
    let page = try sound(binary("[2]", "float", 0, name: "result_z"))
    #expect(page.pins.map(\.isResult) == [true])
  }
}
