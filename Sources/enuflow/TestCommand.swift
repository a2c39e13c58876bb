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

  @OptionGroup(title: "Files of the page") var files: FileArguments

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
    let access = try files.access(page: input.page)
    var failures: [Diagnostic] = []
    var met = 0
    do throws(DiagnosticError) {
      let session = try Session(compilation, files: access)
      let expectedCycles = Set(expectations.compactMap(\.cycle))
      let last = expectations.compactMap(\.cycle).max() ?? 1
      while session.cycle < last {
        try session.runCycle(isShown: session.cycle + 1 == last || expectedCycles.contains(session.cycle + 1))
        let due = session.expectations(isLast: session.cycle == last)
        let unmet = due.compactMap(session.unmet)
        met += due.count - unmet.count
        failures += unmet
      }
    } catch {
      failures += error.diagnostics
    }
    report((met, expectations.count), diagnostics + failures)
    if diagnostics.hasErrors || !failures.isEmpty { throw ExitStatus.failed }
  }

  private func report(_ outcome: (met: Int, all: Int)?, _ diagnostics: [Diagnostic]) {
    if json {
      Output.write(diagnosticsJSON(page: input.page, diagnostics) + [UInt8(ascii: "\n")], to: 1)
      return
    }
    Output.report(diagnostics)
    if let outcome { Output.print("\(input.page): \(outcome.met) of \(outcome.all) expectations met\n") }
  }
}
