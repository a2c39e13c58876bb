import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Run

struct Test: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a page and compare its results with its <expect> elements.",
    discussion: "Runs as many cycles as the largest `cycle` of an expectation, else one. The exit code is 1 when an expectation is not met.")

  @OptionGroup var input: PageArguments

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  func run() throws {
    let loaded = try input.load()
    var diagnostics = loaded.diagnostics
    guard let compilation = loaded.compilation, compilation.plan != nil else {
      report(nil, diagnostics)
      throw ExitStatus.badPage
    }
    let expectations = compilation.expectations
    if expectations.isEmpty {
      diagnostics.append(
        Diagnostic(.noExpectations, "\(input.page) expects nothing", fix: "write <expect of=\"block.pin\">…</expect>"))
    }
    var failures: [Diagnostic] = []
    do throws(DiagnosticError) {
      let session = try Session(compilation)
      let last = expectations.compactMap(\.cycle).max() ?? 1
      while session.cycle < last {
        try session.runCycle()
        failures += session.unmetExpectations(isLast: session.cycle == last)
      }
    } catch {
      failures += error.diagnostics
    }
    report(expectations.count, diagnostics + failures)
    if !failures.isEmpty || !compilation.leftOut.isEmpty { throw ExitStatus.failed }
  }

  private func report(_ expectations: Int?, _ diagnostics: [Diagnostic]) {
    if json {
      Output.write(diagnosticsJSON(page: input.page, diagnostics) + [UInt8(ascii: "\n")], to: 1)
      return
    }
    Output.report(diagnostics)
    if let expectations {
      let failed = diagnostics.count { $0.id == .expectationFailed }
      Output.print("\(input.page): \(expectations - failed) of \(expectations) expectations met\n")
    }
  }
}
