import ArgumentParser
import Blocks
import Compile
import Diagnostics
import Inspect
import Page
import TensorCore

/// The page and what the command line changes in it.
struct PageArguments: ParsableArguments {
  @Argument(help: ArgumentHelp("The page; - for standard input.", valueName: "page"), completion: .file(extensions: ["xml", "svg"]))
  var page: String

  @Option(name: .customLong("set"), help: ArgumentHelp("Replace a pin's wire or text, or an attr: --set ID.pin=TEXT.", valueName: "ref=text"))
  var set: [String] = []

  @Option(name: .customLong("feed"), help: ArgumentHelp("Give a block's output or input pin the tensor of a .npy file.", valueName: "ref=file.npy"))
  var feed: [String] = []

  @Option(help: "Seed of the random blocks that have none of their own, in place of the page's.")
  var seed: Int64?

  @Flag(name: .customLong("keep-going"), help: "Run what is sound although other blocks are broken.")
  var keepGoing = false

  @Option(
    name: .customLong("plan-off"),
    help: ArgumentHelp("Leave optimisations out: any of \(Optimisation.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "list"))
  var planOff: String?

  func validate() throws { _ = try leftOut() }

  private func leftOut() throws -> Set<Optimisation> {
    try Set(
      (planOff ?? "").split(separator: ",").map { name in
        guard let found = Optimisation(rawValue: String(name)) else {
          throw ValidationError(
            "--plan-off: there is no optimisation `\(name)`; there are \(Optimisation.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return found
      })
  }

  /// What came of reading and compiling a page.
  struct Loaded {
    var page: Page?
    var compilation: Compilation?
    var diagnostics: [Diagnostic]
  }

  /// Reads (unless that is done) and compiles the page. Throws exit codes for what is wrong with the command line itself.
  func load(_ options: PlanOptions = PlanOptions(), read: PageReader.Output? = nil) throws -> Loaded {
    let options = try planOptions(options)
    let (found, diagnostics) = read ?? PageReader.read(file: page)
    if diagnostics.contains(where: { $0.id == .fileUnreadable }) {
      Output.report(diagnostics)
      throw ExitStatus.missingFile
    }
    guard let found else { return Loaded(page: nil, compilation: nil, diagnostics: diagnostics) }
    let (changed, given) = try applyOverrides(to: found)
    var overrides = given
    overrides.seed = seed
    let compilation = Compiler(keepsGoing: keepGoing, options: options).compile(changed, overrides: overrides, found: diagnostics)
    return Loaded(page: found, compilation: compilation, diagnostics: compilation.diagnostics)
  }

  /// The plan's options, less what was left out.
  func planOptions(_ options: PlanOptions = PlanOptions()) throws -> PlanOptions {
    var options = options
    options.optimisations.subtract(try leftOut())
    return options
  }

  /// The tensors that were fed, with what they are called in messages. Throws exit codes for files that cannot be read.
  func feeds() throws -> [(name: String, value: Tensor, label: String)] {
    var feeds: [(name: String, value: Tensor, label: String)] = []
    for argument in feed {
      guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
        Output.report([Diagnostic(.badArgument, "`--feed \(argument)` has no `=`", fix: "write --feed ID.pin=…")])
        throw ExitStatus.usage
      }
      let file = String(argument[argument.index(after: equals)...])
      let bytes: [UInt8]
      do throws(InputFile.Failure) {
        bytes = try InputFile.readAllBytes(path: file)
      } catch {
        Output.report([error.diagnostic()])
        throw ExitStatus.missingFile
      }
      do throws(FormatError) {
        feeds.append((String(argument[..<equals]), try Npy.read(bytes, pool: StringPool()), "--feed \(argument)"))
      } catch {
        Output.report([Diagnostic(.badArgument, "--feed: `\(file)`: \(error.message) (byte \(error.offset))")])
        throw ExitStatus.badPage
      }
    }
    return feeds
  }

  private func applyOverrides(to page: Page) throws -> (Page, Overrides) {
    if set.isEmpty, feed.isEmpty { return (page, Overrides()) }
    var reader = OverrideReader(page: page)
    for argument in set { reader.set(argument) }
    for feed in try feeds() { reader.feed(feed.name, value: feed.value, label: feed.label) }
    if reader.diagnostics.hasErrors {
      Output.report(reader.diagnostics)
      throw ExitStatus.usage
    }
    return (reader.page, reader.overrides)
  }
}
