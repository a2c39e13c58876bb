import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Run

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell all about one block of a page after a run: where its inputs come from, its shapes, values and cost.",
    discussion: """
      Of a FakeQuant block also: the range as it was asked for and as it is used, and why; scale, zero point and levels; what was clipped; the \
      error; which gradients are stopped. Per channel the worst come first.
      """)

  @OptionGroup var input: PageArguments

  @Argument(help: ArgumentHelp("The block: its id, with its scopes, as in layer/q.", valueName: "block"))
  var block: String

  @OptionGroup(title: "Files of the page") var files: FileArguments

  @Option(help: "How many cycles to run before.")
  var cycles = 1

  @OptionGroup var threading: ThreadArguments

  @Flag(name: .customLong("no-cost"), help: "Do not measure what the block costs in a cycle.")
  var noCost = false

  @Flag(help: "Print as JSON.")
  var json = false

  func validate() throws {
    if cycles < 1 { throw ValidationError("--cycles must be 1 or more") }
  }

  func run() throws {
    let loaded = try input.load()
    var diagnostics = loaded.diagnostics
    guard let compilation = loaded.compilation else {
      Output.report(diagnostics)
      throw ExitStatus.badPage
    }
    let index: Int
    do throws(DiagnosticError) {
      index = try compilation.graph.block(block)
    } catch {
      Output.report(error.diagnostics)
      throw ExitStatus.usage
    }
    var session: Session?
    var status: ExitCode? = compilation.plan == nil ? ExitStatus.badPage : nil
    if compilation.plan != nil {
      let access = try files.access(page: input.page)
      do throws(DiagnosticError) {
        let made = try Session(compilation, threads: threading.threads, files: access)
        session = made
        while made.cycle < cycles { try made.runCycle(isShown: made.cycle + 1 == cycles) }
      } catch {
        diagnostics += error.diagnostics
        status = ExitStatus.failed
      }
    }
    var explanation = Explanation(compilation, block: index, session: session)
    if !noCost, let session, session.hasResults { explanation.cost = session.cost(ofBlock: index) }
    if json {
      Output.write(explanation.json(page: input.page, diagnostics: diagnostics) + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(diagnostics)
      Output.print(explanation.text(color: Output.usesColor(1), width: Output.width))
    }
    if let status { throw status }
  }
}
