import ArgumentParser
import Compile
import Diagnostics
import Inspect

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for mistakes in a page without running it.",
    discussion: "All mistakes are listed with their places. The exit code is 0 when there is none, 65 otherwise.")

  @OptionGroup var input: PageArguments

  @Flag(help: "Print the diagnostics as JSON.")
  var json = false

  func run() throws {
    let loaded = try input.load(PlanOptions(optimisations: []))
    let isSound = loaded.compilation?.plan != nil && !loaded.diagnostics.hasErrors
    if json {
      Output.write(diagnosticsJSON(page: input.page, loaded.diagnostics) + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.report(loaded.diagnostics)
      if isSound, let graph = loaded.compilation?.graph {
        Output.print("\(input.page): \(count(graph.page.blocks.count, "block")), \(count(graph.page.wires.count, "wire")), no mistakes\n")
      }
    }
    if !isSound { throw ExitStatus.badPage }
  }

  private func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
}
