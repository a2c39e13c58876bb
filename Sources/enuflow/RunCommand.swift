import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Page
import Run
import TensorCore

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run a page and show every block's result.",
    discussion: """
      Results are shown as a table, or with --json as one line of JSON. They are the same for any number of threads; this version \
      computes on one.
      """)

  @OptionGroup var input: PageArguments

  @Option(help: "How many cycles to run. Without it: 1, or until interrupted when a ClientSession has INFINITE_LOOP.")
  var cycles: Int?

  @Flag(help: "Print results and diagnostics as JSON.")
  var json = false

  @Option(help: ArgumentHelp("Write all results to a .npz file.", valueName: "file"), completion: .file(extensions: ["npz"]))
  var npz: String?

  @Option(help: ArgumentHelp("Write the page with its results filled in.", valueName: "file"), completion: .file())
  var save: String?

  @Option(help: "Replace the page's seed for random blocks.")
  var seed: Int64?

  @Option(help: "Use at most this many threads.")
  var threads: Int?

  func validate() throws {
    if let cycles, cycles < 1 { throw ValidationError("--cycles must be 1 or more") }
    if let threads, threads < 1 { throw ValidationError("--threads must be 1 or more") }
  }

  func run() throws {
    let loaded = try input.load()
    var diagnostics = loaded.diagnostics
    guard let compilation = loaded.compilation, compilation.plan != nil else {
      try finish(RunReport(page: input.page, compilation: loaded.compilation, session: nil, diagnostics: diagnostics), exit: ExitStatus.badPage)
      return
    }
    Interrupt.watch()
    var session: Session?
    var status: ExitCode? = compilation.leftOut.isEmpty ? nil : ExitStatus.failed
    do throws(DiagnosticError) {
      let made = try Session(compilation)
      session = made
      let wanted = cycles ?? (compilation.graph.runsUntilInterrupted ? Int.max : 1)
      while made.cycle < wanted, !Interrupt.isRequested { try made.runCycle() }
      if Interrupt.isRequested, cycles != nil || wanted == Int.max { status = ExitStatus.interrupted }
    } catch {
      diagnostics += error.diagnostics
      status = ExitStatus.failed
    }
    let report = RunReport(page: input.page, compilation: compilation, session: session, diagnostics: diagnostics)
    if let npz { try Output.write(try report.npz(), file: npz) }
    if let save, let page = loaded.page { try write(report, page, to: save) }
    try finish(report, exit: status)
  }

  private func write(_ report: RunReport, _ page: Page, to path: String) throws {
    var page = page
    // The reader loads the data only when an input needs it.
    if page.data == nil, page.notation == .enuspace { page.data = PageReader.dataFile(beside: input.page) }
    let saved = PageWriter.save(page, results: report.savedResults)
    try Output.write(saved.page, file: path)
    if let data = saved.data { try Output.write(data, file: PageReader.dataPath(beside: path)) }
  }

  private func finish(_ report: RunReport, exit status: ExitCode?) throws {
    if json {
      Output.write(report.json + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(report.diagnostics)
      if report.cycles > 0 { Output.print(report.table(color: Output.usesColor(1), width: Output.width)) }
    }
    if let status { throw status }
  }
}
