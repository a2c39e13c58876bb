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

  @OptionGroup(title: "Cycles") var cycles: CycleArguments

  @OptionGroup(title: "Files of the page") var files: FileArguments

  @Flag(help: "Print results and diagnostics as JSON.")
  var json = false

  @Option(help: ArgumentHelp("Write all results to a .npz file.", valueName: "file"), completion: .file(extensions: ["npz"]))
  var npz: String?

  @Option(help: ArgumentHelp("Write the page with its results filled in.", valueName: "file"), completion: .file())
  var save: String?

  @Option(
    help: ArgumentHelp(
      "Write one result as comma-separated values to standard output, in place of the table, or to a file. May be given several times.",
      valueName: "ref[=file]"))
  var csv: [String] = []

  @OptionGroup var threading: ThreadArguments

  func validate() throws {
    let printed = csvTargets.count { $0.file == "-" } + [json, npz == "-", save == "-"].count { $0 }
    if printed > 1 { throw ValidationError("standard output takes one of --csv, --json, --npz and --save: name files for the others") }
  }

  /// Results that are written as CSV, and where to.
  private var csvTargets: [(reference: String, file: String)] {
    csv.map { text in
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count < 2 ? "-" : String(parts[1]))
    }
  }

  func run() throws {
    let loaded = try input.load()
    var diagnostics = loaded.diagnostics
    guard let compilation = loaded.compilation, compilation.plan != nil else {
      show(RunReport(page: input.page, compilation: loaded.compilation, session: nil, diagnostics: diagnostics))
      throw ExitStatus.badPage
    }
    try check(csvTargets.map(\.reference), compilation.graph)
    let access = try files.access(page: input.page)
    Interrupt.watch()
    var session: Session?
    var history: History?
    // With --keep-going a page may run although it has errors.
    var status: ExitCode? = diagnostics.hasErrors ? ExitStatus.failed : nil
    do throws(DiagnosticError) {
      session = try Session(compilation, threads: threading.threads, files: access)
    } catch {
      diagnostics += error.diagnostics
      status = ExitStatus.failed
    }
    if let session {
      let outcome = try runCycles(session, &history)
      diagnostics += outcome.diagnostics
      status = outcome.status ?? status
    }
    let report = RunReport(page: input.page, compilation: compilation, session: session, history: history, diagnostics: diagnostics)
    show(report)
    // A run that failed has no results; files of an earlier one are kept.
    if let session, session.hasResults {
      for (reference, file) in csvTargets { try write(session, csv: reference, to: file) }
      if let npz { try write(report, npz: npz) }
      if let save, let page = loaded.page { try write(report, page, to: save) }
    }
    if let status { throw status }
  }

  /// Runs the cycles that the command line asks for. Throws exit codes for what is wrong with the command line itself.
  private func runCycles(_ session: Session, _ history: inout History?) throws -> (diagnostics: [Diagnostic], status: ExitCode?) {
    let watched: (named: [Watch], trends: [Watch], until: (Condition, Watch)?)
    do throws(DiagnosticError) {
      watched = try cycles.watches(session, withTrends: json || npz != nil || Progress.isPossible)
    } catch {
      Output.report(error.diagnostics)
      throw ExitStatus.usage
    }
    if let path = cycles.resume { try resume(session, path) }
    if let path = cycles.checkpoint { try checkWritable(path) }
    let isEndless = cycles.duration != nil || cycles.until != nil || session.graph.runsUntilInterrupted
    let limit = cycles.cycles ?? (isEndless ? Int.max : session.cycle + 1)
    let recorded = watched.named + (json || npz != nil ? watched.trends : [])
    var loop = CycleLoop(
      session: session, limit: limit, until: watched.until, nanCheck: cycles.nanCheck,
      checkpoint: cycles.checkpoint.map { ($0, cycles.every) },
      history: recorded.isEmpty ? nil : History(recorded, every: cycles.watchEvery ?? 1, pool: session.graph.pool),
      clock: RunClock(duration: cycles.duration?.duration, showsProgress: Progress.isPossible),
      progress: Progress(watches: watched.named + (watched.until.map { [$0.1] } ?? []) + watched.trends))
    var diagnostics: [Diagnostic] = []
    var status: ExitCode?
    do throws(DiagnosticError) {
      guard session.cycle < limit else {
        let fix = "raise --cycles, which counts the cycles before the checkpoint too"
        return ([Diagnostic(.nothingToRun, "nothing to run: the checkpoint is of cycle \(session.cycle)", fix: fix)], nil)
      }
      let ending = try loop.run()
      (diagnostics, status) = describe(ending, session)
    } catch {
      loop.progress.clear()
      diagnostics = error.diagnostics
      status = error.diagnostics.contains { $0.id == .outputUnwritable && $0.block == nil } ? ExitStatus.cannotWrite : ExitStatus.failed
    }
    history = loop.history
    if let history, history.thinnings > 0 {
      diagnostics.append(
        Diagnostic(.historyThinned, "the watched values of all cycles take too much memory: those of every \(history.every)th are kept"))
    }
    return (diagnostics, status)
  }

  private func describe(_ ending: CycleLoop.Ending, _ session: Session) -> ([Diagnostic], ExitCode?) {
    let count = "\(session.cycle) cycle\(session.cycle == 1 ? "" : "s")"
    switch ending {
    case .until: return ([], nil)
    case .interrupt: return ([Diagnostic(.interrupted, "interrupted after \(count)", severity: .note)], ExitStatus.interrupted)
    case .notFinite(let fault): return ([fault], ExitStatus.failed)
    case .cycles, .time:
      guard let until = cycles.until else { return ([], nil) }
      return ([Diagnostic(.untilNotMet, "`\(until)` is not met after \(count)")], ExitStatus.failed)
    }
  }

  private func resume(_ session: Session, _ path: String) throws {
    let bytes: [UInt8]
    do throws(InputFile.Failure) {
      bytes = try InputFile.readAllBytes(path: path, limit: Memory.physicalByteCount / 2)
    } catch {
      Output.report([error.diagnostic()])
      throw ExitStatus.missingFile
    }
    do throws(DiagnosticError) {
      try session.resume(bytes, name: path)
    } catch {
      Output.report(error.diagnostics)
      throw ExitStatus.badPage
    }
  }

  private func checkWritable(_ path: String) throws {
    do throws(WholeFile.Failure) {
      try WholeFile.check(path, magic: TensorFile.magic)
    } catch {
      Output.report([Diagnostic(.outputUnwritable, "checkpoint \(error.message)")])
      throw ExitStatus.cannotCreate
    }
  }

  /// Tells references of --csv that mean nothing before the run.
  private func check(_ references: [String], _ graph: Graph) throws {
    for reference in references {
      do throws(DiagnosticError) {
        _ = try graph.path(reference)
      } catch {
        Output.report(error.diagnostics)
        throw ExitStatus.usage
      }
    }
  }

  private func write(_ session: Session, csv reference: String, to path: String) throws {
    let tensor: Tensor
    do throws(DiagnosticError) {
      tensor = try session.result(reference)
    } catch {
      Output.report(error.diagnostics)
      throw ExitStatus.failed
    }
    try Output.write(tensor.csv(), file: path)
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
      guard report.blocks.contains(where: { $0.state != .notRun && $0.state != .failed }) else { return }
      // What goes on to another program is nothing but the values.
      if csvTargets.contains(where: { $0.file == "-" }) || npz == "-" || save == "-" { return }
      let color = Output.usesColor(1)
      let courses = report.historyTable(color: color)
      Output.print(report.table(color: color, width: Output.width) + (courses.isEmpty ? "" : "\n" + courses))
    }
  }
}
