import Diagnostics
import PageSupport
import TensorCore
import Testing

/// Broken pages, each with the full list of what must be told about it.
@Suite struct BrokenPageTests {
  @Test(arguments: BrokenPage.all) func everyMistakeIsTold(_ page: BrokenPage) {
    let compiled = CompiledPage(page.bytes)
    #expect(compiled.found == page.expected)
    #expect((compiled.plan == nil) == page.hasErrors)
    for diagnostic in compiled.diagnostics {
      #expect(diagnostic.location.map { $0.line > 0 && $0.column > 0 } ?? false, "\(diagnostic)")
      #expect(!diagnostic.message.isEmpty && !diagnostic.message.hasSuffix("."))
    }
  }

  @Test func everyMistakeAPageCanMakeIsAmongThem() {
    // What comes from the run, from other files, from the command line or from the size of a page is tested elsewhere.
    let elsewhere = Set(
      [
        "E0001", "E0003", "E0006", "E0009", "E0010", "E0011", "E0401", "E0402", "E0403", "E0404", "E0405", "E0406", "E0407", "E0408", "E0409",
        "E0501", "W0503", "E0504", "E0601", "E0602", "E0603", "W0703", "W0705", "N0802", "N0803",
      ])
    let shown = Set(BrokenPage.all.flatMap(\.expected).map { String($0.prefix(5)) })
    #expect(DiagnosticID.all.map(\.code).filter { !shown.contains($0) && !elsewhere.contains($0) } == [])
  }
}
