import Foundation
import PageSupport
import Testing

/// Broken pages on the command line: `check` and `run` end soon, with exit code 65 and the place of every mistake.
@Suite struct BrokenPageCommandTests {
  @Test(arguments: BrokenPage.all) func placesAndExitCodes(_ page: BrokenPage) throws {
    try withProgram { (program) throws in
      for command in ["check", "run"] {
        var outcome = Program.Outcome(status: 0, output: "", errors: "")
        let time = try ContinuousClock().measure { outcome = try program.run(command, page.path) }
        #expect(time < .seconds(15))
        #expect(outcome.status == (page.hasErrors ? 65 : 0))
        for expected in page.expected {
          let parts = expected.split(separator: " ")
          let severity = expected.hasPrefix("E") ? "error" : expected.hasPrefix("W") ? "warning" : "note"
          #expect(outcome.errors.contains("\(page.path):\(parts[1]): \(severity)[\(parts[0])]: "), "\(expected)")
        }
        if page.expected.count > 1, page.expected.allSatisfy({ $0.hasPrefix("E") }) {
          #expect(outcome.errors.hasSuffix("\(page.expected.count) errors\n"))
        }
      }
    }
  }

  @Test func pagesThatAreTooLarge() throws {
    let scopes = "<page>" + String(repeating: "<scope name=\"s\">", count: 5_000) + String(repeating: "</scope>", count: 5_000) + "</page>"
    let attributes = "<page>\n<block id=\"a\" type=\"Abs\"><attrs" + (0..<100_000).map { " a\($0)=\"1\"" }.joined() + "/></block></page>"
    let errors = "<page>\n" + String(repeating: "<wire from=\"a\" to=\"b\"/>\n", count: 20_000) + "</page>"
    let ids = "<page>\n" + String(repeating: "<block id=\"a\" type=\"Const\"/>\n", count: 20_000) + "</page>"
    try withProgram(["scopes.xml": scopes, "attributes.xml": attributes, "errors.xml": errors, "ids.xml": ids]) { (program) throws in
      for name in ["scopes.xml", "attributes.xml", "errors.xml", "ids.xml"] {
        for command in ["check", "run"] {
          var outcome = Program.Outcome(status: 0, output: "", errors: "")
          let time = try ContinuousClock().measure { outcome = try program.run(command, name) }
          #expect(time < .seconds(15), "\(command) \(name)")
          #expect(outcome.status == 65)
          #expect(outcome.errors.hasPrefix("\(name):"))
        }
      }
    }
  }
}
