import Compile
import Diagnostics
import FoundationEssentials
import Page
import Run
import TensorCore
import Testing

/// Pages under Tests/Golden with TensorFlow's results, written by Scripts/conformance. A new page needs no code here.
@Suite struct GoldenTests {
  /// Every result is TensorFlow's: bit for bit, or within the tolerance that the page states.
  @Test(arguments: Golden.pages(in: "") + Golden.pages(in: "Gradients").map { "Gradients/" + $0 })
  func results(page name: String) throws {
    let compilation = try Golden.compile(name)
    #expect(compilation.diagnostics.filter { $0.severity == .error }.map(\.message) == [])
    let session = try Session(compilation)
    #expect(session.expectations.count > 0)
    let last = session.expectations.compactMap(\.cycle).max() ?? 1
    while session.cycle < last {
      try session.runCycle()
      let due = session.expectations(isLast: session.cycle == last)
      for expectation in due where expectation.tolerance == 0 {
        let result = try #require(session.result(expectation.path), "\(expectation.name) has no result")
        #expect(result.shape == expectation.shape, "\(expectation.name)")
        #expect(Golden.differences(result, expectation.expected) == [], "\(expectation.name)")
      }
      #expect(due.compactMap(session.unmet).map(\.message) == [])
    }
  }

  /// What TensorFlow refuses is told as an error of its block, and nothing else is.
  @Test(arguments: Golden.pages(in: "Refused"))
  func mistakes(page name: String) throws {
    let compilation = try Golden.compile("Refused/" + name)
    let found = Set(compilation.diagnostics.filter { $0.severity == .error }.compactMap(\.block))
    let page = compilation.graph.page
    let bad = page.blocks.indices.map { page.displayName(ofBlock: $0) }.filter { $0.hasPrefix("bad") && !$0.contains("_") }
    #expect(found == Set(bad))
    #expect(!bad.isEmpty)
  }
}

private enum Golden {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden")

  /// The names of the pages in a folder under Tests/Golden.
  static func pages(in subfolder: String) -> [String] {
    let path = folder.appending(path: subfolder).path()
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".xml") }.sorted()
  }

  static func compile(_ name: String) throws -> Compilation {
    let (page, diagnostics) = PageReader.read(file: folder.appending(path: name).path())
    return Compiler().compile(try #require(page, "\(diagnostics)"), found: diagnostics)
  }

  /// The first few elements whose bits differ, as texts. NaN equals NaN.
  static func differences(_ result: Tensor, _ expected: Tensor) -> [String] {
    guard result.dtype == expected.dtype, result.count == expected.count else { return ["\(result.dtype) of \(result.count) elements"] }
    if result.hasSameBits(as: expected) { return [] }
    let texts = (0..<result.count).lazy.map { (ValueFormat.shortest(result, at: $0), ValueFormat.shortest(expected, at: $0)) }
    // The texts of two numbers are the same only when their bits are, and all NaNs have one text.
    return texts.enumerated().filter { $1.0 != $1.1 }.prefix(3).map { "[\($0)] is \($1.0), TensorFlow has \($1.1)" }
  }
}
