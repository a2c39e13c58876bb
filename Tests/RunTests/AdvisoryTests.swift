import Blocks
import Diagnostics
import PageSupport
import Run
import Testing

/// TensorFlow's security advisories about operations that are block types here: the values that broke it are pages that are refused, before
/// the run or in it, with a word on where and why.
@Suite struct AdvisoryTests {
  @Test(arguments: BrokenPage.advisories) func isRefused(_ page: BrokenPage) throws {
    let compiled = CompiledPage(page.bytes)
    var found = compiled.diagnostics
    if !found.hasErrors {
      do {
        try compiled.session().runCycle()
      } catch let error as DiagnosticError {
        found += error.diagnostics
      }
    }
    #expect(found.map(\.summary) == page.expected)
    #expect(found.hasErrors)
    for diagnostic in found where diagnostic.severity == .error {
      #expect(diagnostic.block != nil && diagnostic.location != nil, "\(diagnostic)")
      #expect(!diagnostic.message.isEmpty)
    }
  }

  /// By number, so that none is left out.
  @Test func allAreThere() {
    let numbers = BrokenPage.advisories.map { String($0.name.dropLast(4)) }
    #expect(numbers == AdvisoryTests.numbers)
  }

  static let numbers: [String] = []
}
