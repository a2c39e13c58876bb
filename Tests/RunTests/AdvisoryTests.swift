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

  static let numbers = [
    "TFSA-2019-002", "TFSA-2020-027", "TFSA-2020-031", "TFSA-2021-004", "TFSA-2021-017", "TFSA-2021-023", "TFSA-2021-026", "TFSA-2021-031",
    "TFSA-2021-040", "TFSA-2021-041", "TFSA-2021-044", "TFSA-2021-045", "TFSA-2021-052", "TFSA-2021-055", "TFSA-2021-058", "TFSA-2021-061",
    "TFSA-2021-070", "TFSA-2021-099", "TFSA-2021-105", "TFSA-2021-108", "TFSA-2021-113", "TFSA-2021-115", "TFSA-2021-118", "TFSA-2021-119",
    "TFSA-2021-122", "TFSA-2021-127", "TFSA-2021-128", "TFSA-2021-129", "TFSA-2021-131", "TFSA-2021-132", "TFSA-2021-138", "TFSA-2021-151",
    "TFSA-2021-170", "TFSA-2021-171", "TFSA-2021-173", "TFSA-2021-178", "TFSA-2021-179", "TFSA-2021-184", "TFSA-2021-185", "TFSA-2021-186",
    "TFSA-2021-194", "TFSA-2021-196", "TFSA-2021-200", "TFSA-2022-002", "TFSA-2022-003", "TFSA-2022-004", "TFSA-2022-007", "TFSA-2022-017",
    "TFSA-2022-028", "TFSA-2022-029", "TFSA-2022-062", "TFSA-2022-066", "TFSA-2022-076", "TFSA-2022-077", "TFSA-2022-078", "TFSA-2022-085",
    "TFSA-2022-102", "TFSA-2022-103", "TFSA-2022-104", "TFSA-2022-106", "TFSA-2022-107", "TFSA-2022-108", "TFSA-2022-112", "TFSA-2022-113",
    "TFSA-2022-114", "TFSA-2022-115", "TFSA-2022-118", "TFSA-2022-130", "TFSA-2022-131", "TFSA-2022-132", "TFSA-2022-133", "TFSA-2022-150",
    "TFSA-2022-153", "TFSA-2022-157", "TFSA-2022-168", "TFSA-2023-002", "TFSA-2023-005", "TFSA-2023-007", "TFSA-2023-009", "TFSA-2023-014",
  ]
}
