import Foundation
import Page
import PageSupport
import TensorCore
import Testing

/// `--save`: the page with its results.
@Suite struct SaveTests {
  @Test func aSavedPageHasItsResultsAndRunsAgain() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      #expect(try program.run("run", "p.xml", "--save", "q.xml").status == 0)
      let saved = String(decoding: try program.read("q.xml"), as: UTF8.self)
      let expected = ["a": "1 2 3", "n": "-1 -2 -3", "s": "0 0 0"]
      for (_, values) in expected { #expect(saved.contains(">\(values)</pin>")) }
      // Without the results it is the page as it was.
      let lines = saved.split(separator: "\n").filter { !$0.contains("result_") }
      #expect(smallPage.split(separator: "\n").filter { $0.contains("wire") || $0.contains("page") }.allSatisfy { lines.contains($0) })
      #expect(try program.run("run", "q.xml", "--save", "r.xml").status == 0)
      #expect(try program.read("q.xml") == program.read("r.xml"))
      #expect(try program.run("test", "q.xml").status == 0)
      #expect(try program.run("run", "p.xml", "--save", "no/q.xml").status == 73)
    }
  }

  @Test func aRunThatFailsSavesNothing() throws {
    try withProgram(["p.xml": faultyPage]) { (program) throws in
      #expect(try program.run("run", "p.xml", "--save", "q.xml").status == 1)
      #expect(!FileManager.default.fileExists(atPath: program.folder.appendingPathComponent("q.xml").path))
    }
  }

  /// The folder of original pages, which are not part of this repository: ENUFLOW_SHARED, or `shared` beside the checkout.
  static let originals: URL? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["ENUFLOW_SHARED"].map { [URL(fileURLWithPath: $0)] } ?? []
    let folders = named + [root.appendingPathComponent("../shared"), root.appendingPathComponent("../../shared")]
    return folders.map { $0.appendingPathComponent("enuspace/pages") }.first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  /// The original's own results, saved in its pages, come out again; the saved page differs in them only.
  @Test(.enabled(if: originals != nil, "the original pages are not here"), arguments: ["basic.svg", "basic_2.0.svg", "one_hot.svg"])
  func originalPagesGiveTheirSavedValues(_ name: String) throws {
    let folder = try #require(SaveTests.originals)
    try withProgram { (program) throws in
      for file in [name, name.replacing(".svg", with: ".dat")] {
        let bytes = contents(folder.appendingPathComponent(file).path)
        if !bytes.isEmpty { try program.write(bytes, file) }
      }
      let outcome = try program.run("run", "--json", name, "--save", "saved.svg")
      #expect(outcome.status == 0, "\(outcome.errors)\(outcome.output.suffix(500))")
      let page = try #require(PageReader.read(try program.read(name), name: name, data: nil).page)
      let data = PageReader.dataFile(beside: program.folder.appendingPathComponent(name).path)
      let results = try CompiledPage(program.read(name), data: data).results()
      var compared = 0
      for block in page.blocks {
        for pin in block.pins.map({ page.pins[Int($0)] }) where pin.isResult {
          guard let text = page.textBytes(of: pin.content), let saved = try? ValueText(text, style: .enuspace), saved.count > 0 else { continue }
          let pinName = page.symbols[pin.name].replacing("result_", with: "")
          guard let result = results["\(page.symbols[block.id]).\(pinName)"] else { continue }
          // A lone zero was never written by the original.
          let values = try #require(try saved.tensor(dtype: .double, shape: nil, pool: StringPool()).elements(as: Double.self))
          if values == [0], result.count != 1 { continue }
          // Version 2.0 saved the first elements only.
          for (index, value) in values.prefix(result.count).enumerated() {
            let number = try #require(Double(ValueFormat.shortest(result, at: index).replacing("true", with: "1").replacing("false", with: "0")))
            #expect(abs(number - value) <= 6e-7 + 1.5e-6 * abs(value), "\(page.symbols[block.id]).\(pinName)[\(index)]")
            compared += 1
          }
        }
      }
      #expect(compared > 0)
      #expect(try program.run("run", "saved.svg", "--save", "again.svg").status == 0)
      #expect(try program.read("saved.svg") == program.read("again.svg"))
      let before = try #require(PageReader.read(try program.read(name), name: name, data: nil).page)
      let after = try #require(PageReader.read(try program.read("saved.svg"), name: name, data: nil).page)
      #expect(before.encoding == after.encoding)
      #expect(before.blocks.count == after.blocks.count)
      #expect(before.wires.map(\.from.id) == after.wires.map(\.from.id))
    }
  }
}
