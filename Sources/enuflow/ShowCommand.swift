import ArgumentParser
import Inspect

struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a page's blocks as they are understood: inputs, dtypes, shapes; with --plan how it is run.")

  @OptionGroup var input: PageArguments

  @Flag(help: "Show the steps of the run: kernels, and where each tensor lies.")
  var plan = false

  @Flag(help: "Print blocks and plan as JSON.")
  var json = false

  func run() throws {
    let loaded = try input.load()
    guard let compilation = loaded.compilation else {
      Output.report(loaded.diagnostics)
      throw ExitStatus.badPage
    }
    let text = PlanText(compilation)
    if json {
      Output.write(text.json(page: input.page, diagnostics: loaded.diagnostics) + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(loaded.diagnostics)
      Output.print(plan ? text.steps(color: Output.usesColor(1)) : text.blocks(color: Output.usesColor(1)))
    }
    if compilation.plan == nil { throw ExitStatus.badPage }
  }
}
