import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Run

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast a page runs, and each block's part of it.",
    discussion: """
      Every block of the page is computed in every cycle; no result is kept. After a warm-up the median of five windows is told: of \
      --cycles cycles each, or of as many as take about a fifth of a second. Blocks that take no step (constants, views) have no time.
      """)

  @OptionGroup var input: PageArguments

  @OptionGroup(title: "Files of the page") var files: FileArguments

  @Option(help: "Cycles of each window.")
  var cycles: Int?

  @OptionGroup var threading: ThreadArguments

  @Flag(help: "Print the outcome as JSON.")
  var json = false

  func validate() throws {
    if let cycles, cycles < 1 { throw ValidationError("--cycles must be 1 or more") }
  }

  func run() throws {
    // Folding and sharing would leave steps out.
    let loaded = try input.load(PlanOptions(optimisations: [.fuse, .reuse], keepsResults: false))
    guard let compilation = loaded.compilation, compilation.plan != nil else {
      Output.report(loaded.diagnostics)
      throw ExitStatus.badPage
    }
    let access = try files.access(page: input.page)
    do throws(DiagnosticError) {
      let session = try Session(compilation, threads: threading.threads, files: access)
      let benchmark = try Benchmark.run(session, cycles: cycles)
      let report = BenchmarkReport(page: input.page, compilation: compilation, benchmark: benchmark)
      if json {
        Output.write(report.json + [UInt8(ascii: "\n")], to: 1)
      } else {
        Output.print(report.table(color: Output.usesColor(1)))
      }
    } catch {
      Output.report(loaded.diagnostics + error.diagnostics)
      throw ExitStatus.failed
    }
  }
}
