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
      report(diagnostics)
      throw ExitStatus.badPage
    }
    let expectations = compilation.expectations
    if expectations.isEmpty {
      diagnostics.append(
        Diagnostic(.noExpectations, "\(input.page) expects nothing", fix: "write <expect of=\"block.pin\">…</expect>"))
    }
    var failures: [Diagnostic] = []
    var met = 0
    do throws(DiagnosticError) {
      let session = try Session(compilation)
      let last = expectations.compactMap(\.cycle).max() ?? 1
      while session.cycle < last {
        try session.runCycle()
        let unmet = session.unmetExpectations(isLast: session.cycle == last)
        met += expectations.count { $0.cycle.map { $0 == session.cycle } ?? (session.cycle == last) } - unmet.count
        failures += unmet
      }
    } catch {
      failures += error.diagnostics
    }
    report(diagnostics + failures)
    if !json { Output.print("\(input.page): \(met) of \(expectations.count) expectations met\n") }
    if !failures.isEmpty || !compilation.leftOut.isEmpty { throw ExitStatus.failed }
  }

  private func report(_ diagnostics: [Diagnostic]) {
    if json {
      Output.write(diagnosticsJSON(page: input.page, diagnostics) + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(diagnostics)
    }
  }
}
