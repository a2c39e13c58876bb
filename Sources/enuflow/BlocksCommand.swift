import ArgumentParser
import Blocks
import Diagnostics
import Inspect

struct Blocks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List all block types, or tell about one: pins, dtypes, attrs, ranges, an example.")

  @Argument(help: ArgumentHelp("A block type.", valueName: "type"))
  var type: String?

  @Flag(help: "Print as JSON.")
  var json = false

  @Flag(help: ArgumentHelp("Print the documentation as Markdown.", visibility: .private))
  var markdown = false

  @Flag(help: ArgumentHelp("Print the list of diagnostics as Markdown.", visibility: .private))
  var diagnostics = false

  @Flag(help: ArgumentHelp("Print the README's table as Markdown.", visibility: .private))
  var overview = false

  func run() throws {
    let text = CatalogueText()
    let catalogue = Catalogue.standard
    if diagnostics {
      Output.print(diagnosticsMarkdown)
    } else if markdown {
      Output.print(text.markdown)
    } else if overview {
      Output.print(text.overview)
    } else if let type {
      guard let found = catalogue[type] else {
        let isKnown = isTypeNotYet(type)
        let near = nearest(to: type, among: catalogue.types.map(\.name))
        Output.report([
          Diagnostic(
            isKnown ? .typeNotYet : .unknownType,
            isKnown ? "`\(type)` is a block type of enuSpace that enuflow does not have yet" : "there is no block type `\(type)`",
            fix: near.map { "did you mean `\($0)`?" } ?? "`enuflow blocks` lists the types that work")
        ])
        throw ExitStatus.usage
      }
      if json {
        Output.write(text.json([found]) + [UInt8(ascii: "\n")], to: 1)
      } else {
        Output.print(text.documentation(found, color: Output.usesColor(1)))
      }
    } else if json {
      Output.write(text.json() + [UInt8(ascii: "\n")], to: 1)
    } else {
      Output.print(text.list(color: Output.usesColor(1)))
    }
  }
}
