import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Page
import Run

struct Draw: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Draw a page: its blocks, wires and notes, and with --results what every block produced.",
    discussion: """
      The name's ending says what is written: .svg for a picture that every viewer opens, .html for one file with zoom, search and a panel \
      for each block. A page of enuSpace is drawn as it lies; other pages are laid out in layers. A page with mistakes is drawn too, with \
      marks where they are.
      """)

  @OptionGroup var input: PageArguments

  @Option(
    name: [.short, .long], help: ArgumentHelp("The file to write: .svg or .html; - for SVG on standard output.", valueName: "file"),
    completion: .file(extensions: ["svg", "html"]))
  var output: String

  @Flag(help: "Run the page and draw its results.")
  var results = false

  @Option(help: ArgumentHelp("How many cycles to run before looking at the results; 1 unless told otherwise. Means --results.", valueName: "n"))
  var cycle: Int?

  @OptionGroup(title: "Files of the page") var files: FileArguments

  @OptionGroup var threading: ThreadArguments

  private enum Kind { case svg, html }

  private var kind: Kind? {
    if output == "-" || output.lowercased().hasSuffix(".svg") { return .svg }
    return output.lowercased().hasSuffix(".html") || output.lowercased().hasSuffix(".htm") ? .html : nil
  }

  func validate() throws {
    if let cycle, cycle < 1 { throw ValidationError("--cycle must be 1 or more") }
    if kind == nil { throw ValidationError("--output: `\(output)` ends neither in .svg nor in .html") }
  }

  func run() throws {
    // What is drawn without its results is not optimised: nothing of it runs.
    let isRun = results || cycle != nil
    let loaded = try input.load(isRun ? PlanOptions() : PlanOptions(optimisations: []))
    var diagnostics = loaded.diagnostics
    guard let page = loaded.compilation?.graph.page else {
      Output.report(diagnostics)
      throw ExitStatus.badPage
    }
    var status = diagnostics.hasErrors ? ExitStatus.badPage : nil
    var session: Session?
    if isRun, let compilation = loaded.compilation, compilation.plan != nil {
      if input.keepGoing, diagnostics.hasErrors { status = ExitStatus.failed }
      let access = try files.access(page: input.page)
      do throws(DiagnosticError) {
        let made = try Session(compilation, threads: threading.threads, files: access)
        session = made
        Interrupt.watch()
        var loop = CycleLoop(
          session: made, limit: cycle ?? 1, clock: RunClock(duration: nil, showsProgress: Progress.isPossible), progress: Progress(watches: []))
        if case .interrupt = try loop.run() { status = ExitStatus.interrupted }
      } catch {
        diagnostics += error.diagnostics
        status = ExitStatus.failed
      }
    }
    let report = session.map {
      RunReport(page: input.page, compilation: loaded.compilation, session: $0, diagnostics: diagnostics)
    }
    let drawing = Drawing(page: page, graph: loaded.compilation?.graph, report: report, diagnostics: diagnostics)
    Output.report(diagnostics)
    try Output.write(kind == .html ? drawing.html() : drawing.svg(), file: output)
    if let status { throw status }
  }
}
