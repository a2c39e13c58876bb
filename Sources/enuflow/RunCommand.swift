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
      Results are shown as a table, or with --json as one line of JSON. They are the same for any number of threads, which \
      share what is large.
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

  @Option(help: "Seed of random blocks, in place of the page's. No block type is random yet.")
  var seed: Int64?

  @OptionGroup var threading: ThreadArguments

  func validate() throws {
    if let cycles, cycles < 1 { throw ValidationError("--cycles must be 1 or more") }
  }

  func run() throws {
    let loaded = try input.load()
    var diagnostics = loaded.diagnostics
    guard let compilation = loaded.compilation, compilation.plan != nil else {
      show(RunReport(page: input.page, compilation: loaded.compilation, session: nil, diagnostics: diagnostics))
      throw ExitStatus.badPage
    }
    Interrupt.watch()
    var session: Session?
    // With --keep-going a page may run although it has errors.
    var status: ExitCode? = diagnostics.hasErrors ? ExitStatus.failed : nil
    do throws(DiagnosticError) {
      let made = try Session(compilation, threads: threading.threads)
      session = made
      let wanted = cycles ?? (compilation.graph.runsUntilInterrupted ? Int.max : 1)
      // Only the last cycle is looked at; after an interrupt that is the next one.
      var isLast = false
      while !isLast {
        isLast = made.cycle + 1 == wanted || Interrupt.isRequested
        try made.runCycle(isShown: isLast)
      }
      if made.cycle < wanted {
        diagnostics.append(Diagnostic(.interrupted, "interrupted after \(made.cycle) cycle\(made.cycle == 1 ? "" : "s")", severity: .note))
        status = ExitStatus.interrupted
      }
    } catch {
      diagnostics += error.diagnostics
      status = ExitStatus.failed
    }
    let report = RunReport(page: input.page, compilation: compilation, session: session, diagnostics: diagnostics)
    show(report)
    // A run that failed has no results; files of an earlier one are kept.
    if report.cycles > 0, session?.failedBlock == nil {
      if let npz { try write(report, npz: npz) }
      if let save, let page = loaded.page { try write(report, page, to: save) }
    }
    if let status { throw status }
  }

  private func write(_ report: RunReport, npz path: String) throws {
    let bytes: [UInt8]
    do throws(FormatError) {
      bytes = try report.npz()
    } catch {
      Output.report([Diagnostic(.outputUnwritable, "`\(path)` cannot be written: \(error.message)")])
      throw ExitStatus.cannotWrite
    }
    try Output.write(bytes, file: path)
  }

  private func write(_ report: RunReport, _ page: Page, to path: String) throws {
    var page = page
    // The reader loads the data only when an input needs it.
    if page.data == nil, page.notation == .enuspace { page.data = PageReader.dataFile(beside: input.page) }
    let saved = PageWriter.save(page, results: report.savedResults)
    try Output.write(saved.page, file: path)
    if let data = saved.data { try Output.write(data, file: PageReader.dataPath(beside: path)) }
  }

  private func show(_ report: RunReport) {
    if json {
      Output.write(report.json + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(report.diagnostics)
      if report.cycles > 0 { Output.print(report.table(color: Output.usesColor(1), width: Output.width)) }
    }
  }
}
