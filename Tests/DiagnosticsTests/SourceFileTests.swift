import Testing

@testable import Diagnostics

struct SourceFileTests {
  private func file(_ text: String) -> SourceFile { SourceFile(name: "page.xml", bytes: Array(text.utf8)) }

  @Test func positionsCountScalarsAndLines() {
    let source = file("ab\r\ncäd\n\n日本x")
    let expected: [(offset: Int, line: Int, column: Int)] = [
      (0, 1, 1), (2, 1, 3), (4, 2, 1), (5, 2, 2), (7, 2, 3), (8, 2, 4), (9, 3, 1), (10, 4, 1), (13, 4, 2), (16, 4, 3), (17, 4, 4), (99, 4, 4),
      (-5, 1, 1),
    ]
    for (offset, line, column) in expected {
      let position = source.position(of: offset)
      #expect(position.line == line && position.column == column, "offset \(offset)")
    }
  }

  @Test func linesComeWithoutTheirBreaks() {
    let source = file("ab\r\ncd\n\nlast")
    #expect(source.line(1) == "ab")
    #expect(source.line(2) == "cd")
    #expect(source.line(3)?.isEmpty == true)
    #expect(source.line(4) == "last")
    #expect(source.line(5) == nil)
    #expect(source.line(0) == nil)
    #expect(source.line(.min) == nil)
    #expect(file("").line(1)?.isEmpty == true)
  }

  @Test func longLinesKeepTheirColumns() {
    let text = String(repeating: "aä日", count: 20_000)
    let source = file(text)
    for scalars in [0, 1, 5_000, 12_345, 59_998, 60_000] {
      let offset = scalars / 3 * 6 + [0, 1, 3][scalars % 3]
      #expect(source.position(of: offset).column == scalars + 1)
      let window = source.window(line: 1, column: scalars + 1, room: 60)
      #expect(window.map { $0.firstColumn <= scalars + 1 && scalars <= $0.firstColumn - 1 + $0.scalars.count } == true)
      if let window, let first = window.scalars.first { #expect(first == ["a", "ä", "日"][(window.firstColumn - 1) % 3]) }
    }
  }

  @Test func rangesOutsideOfTheTextAreCut() {
    let source = file("abc")
    #expect(source.text(SourceRange(1, 99)) == "bc")
    #expect(source.slice(SourceRange(50, 60)).isEmpty)
    let location = source.location(of: SourceRange(2, 99))
    #expect(location.column == 3 && location.endColumn == 4)
  }
}

struct SuggestionTests {
  @Test(arguments: [
    ("MatMull", "MatMul"), ("matmul", "MatMul"), ("Cosnt", "Const"), ("Variable", nil), ("", nil), ("Xqzwv", nil), ("Sume", "Sum"),
  ])
  func nearestName(name: String, expected: String?) {
    #expect(nearest(to: name, among: ["MatMul", "Const", "Sum", "Mean"]) == expected)
  }

  @Test func nothingIsNearNothing() {
    #expect(nearest(to: "a", among: [String]()) == nil)
    #expect(nearest(to: String(repeating: "a", count: 100_000), among: ["a"]) == nil)
  }
}
