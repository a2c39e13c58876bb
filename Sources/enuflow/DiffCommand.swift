import ArgumentParser
import Compile
import Diagnostics
import Inspect
import Page
import Run
import TensorCore

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell where two pages differ, and where the results of two runs part.",
    discussion: """
      A and B are pages, or results that `run --json` or `--npz` has written. Of two pages the structure is compared (blocks, attrs, texts of \
      pins, wires; in either notation), then both are run. With one page, options that begin with --b- say what is different in the second run. \
      Results are compared in dataflow order; the first that differs is shown with the values around its worst element. The exit code is 0 when \
      nothing differs, 1 otherwise.

      As a driver of git: `git config diff.enuflow.command 'enuflow diff'` and a line `*.xml diff=enuflow` in .gitattributes. git then gives seven \
      arguments; the structure is compared and the exit code is 0. For `git log -p`: `git config diff.enuflow.textconv 'enuflow diff --textconv'`.
      """)

  @Argument(help: ArgumentHelp("A and B.", valueName: "file"))
  var names: [String]

  @Flag(help: "Compare only the structure of two pages; they need not be sound.")
  var structure = false

  @Flag(help: "Compare only results.")
  var results = false

  @Option(help: "By how much numbers may differ: tolerance times the larger of 1 and the second one's magnitude.")
  var tolerance = 0.0

  @Flag(help: "Take 0 and -0 as different.")
  var exact = false

  @Option(help: "How many cycles to run pages.")
  var cycles = 1

  @Option(name: .customLong("b-cycles"), help: "How many cycles to run the second page.")
  var otherCycles: Int?

  @Flag(name: .customLong("each-cycle"), help: "Compare two pages after every cycle up to --cycles, and stop at the first that differs.")
  var eachCycle = false

  @Option(name: .customLong("set"), help: ArgumentHelp("As for run, for both pages.", valueName: "ref=text"))
  var set: [String] = []

  @Option(name: .customLong("b-set"), help: ArgumentHelp("The same for the second page only.", valueName: "ref=text"))
  var otherSet: [String] = []

  @Option(name: .customLong("feed"), help: ArgumentHelp("As for run, for both pages.", valueName: "ref=file.npy"))
  var feed: [String] = []

  @Option(name: .customLong("b-feed"), help: ArgumentHelp("The same for the second page only.", valueName: "ref=file.npy"))
  var otherFeed: [String] = []

  @Option(help: "As for run, for both pages.")
  var seed: Int64?

  @Option(name: .customLong("b-seed"), help: "The same for the second page only.")
  var otherSeed: Int64?

  @Option(name: .customLong("plan-off"), help: ArgumentHelp("As for run, for both pages.", valueName: "list"))
  var planOff: String?

  @Option(name: .customLong("b-plan-off"), help: ArgumentHelp("The same for the second page only.", valueName: "list"))
  var otherPlanOff: String?

  @Option(help: "As for run, for both pages.")
  var threads: Int?

  @Option(name: .customLong("b-threads"), help: "The same for the second page only.")
  var otherThreads: Int?

  @OptionGroup(title: "Files of the pages") var files: FileArguments

  @Flag(help: "Print as JSON.")
  var json = false

  @Flag(help: "Print the structure of one page as text, a line for each part.")
  var textconv = false

  private var isOfGit: Bool { names.count == 7 || names.count == 9 || (names.count == 1 && Output.isSet("GIT_DIFF_PATH_TOTAL")) }

  private var changesSecond: Bool {
    otherCycles != nil || !otherSet.isEmpty || !otherFeed.isEmpty || otherSeed != nil || otherPlanOff != nil || otherThreads != nil
  }

  func validate() throws {
    if cycles < 1 || (otherCycles ?? 1) < 1 { throw ValidationError("--cycles must be 1 or more") }
    if !(tolerance >= 0) || !tolerance.isFinite { throw ValidationError("--tolerance must be a number from 0 on") }
    if eachCycle, structure || otherCycles != nil { throw ValidationError("--each-cycle goes neither with --structure nor with --b-cycles") }
    if structure, results { throw ValidationError("--structure and --results exclude each other") }
    for count in [threads, otherThreads].compactMap(\.self) where !(1...Session.mostThreads).contains(count) {
      throw ValidationError("--threads must be from 1 to \(Session.mostThreads)")
    }
    if textconv {
      if names.count != 1 { throw ValidationError("--textconv takes one page") }
    } else if !isOfGit, names.count != 2, !(names.count == 1 && changesSecond) {
      throw ValidationError("name two files, or one page and what is different in the second run, as --b-cycles 2")
    }
  }

  func run() throws {
    if textconv { return try printText() }
    if isOfGit { return GitDiff(arguments: names, color: Output.usesColor(1)).run() }
    let sides = try zip([names[0], names.last ?? ""], [false, true]).map { try load($0, isSecond: $1) }
    var isDifferent = false
    var pageDiff: PageDiff?
    if let a = sides[0].page, let b = sides[1].page, !results, names.count == 2 {
      let diff = PageDiff(PageStructure(a), PageStructure(b))
      pageDiff = diff
      isDifferent = !diff.isEmpty
    } else if structure {
      Output.report([Diagnostic(.badArgument, "--structure compares pages, which these are not")])
      throw ExitStatus.usage
    }
    var resultDiff: ResultDiff?
    var diagnostics: [Diagnostic] = []
    if !structure {
      let diff = eachCycle ? try firstParting(sides, &diagnostics) : try compare(sides, &diagnostics)
      resultDiff = diff
      if !diff.isEmpty { isDifferent = true }
    }
    show(pageDiff, resultDiff, diagnostics)
    if isDifferent { throw ExitStatus.failed }
  }

  private func show(_ pages: PageDiff?, _ results: ResultDiff?, _ diagnostics: [Diagnostic]) {
    if json {
      var json = JSONWriter()
      json.beginObject()
      json.key("equal")
      json.bool(pages?.isEmpty != false && results?.isEmpty != false)
      json.key("structure")
      if let pages { pages.write(to: &json) } else { json.null() }
      json.key("results")
      if let results { results.write(to: &json) } else { json.null() }
      json.key("diagnostics")
      json.beginArray()
      for diagnostic in diagnostics { diagnostic.write(to: &json) }
      json.endArray()
      json.endObject()
      Output.write(json.bytes + [UInt8(ascii: "\n")], to: 1)
      return
    }
    Output.report(diagnostics)
    let color = Output.usesColor(1)
    if let pages { Output.print("structure: \(pages.summary)\n" + pages.text(color: color, width: Output.width) + (results == nil ? "" : "\n")) }
    if let results { Output.print(results.text(color: color)) }
  }

  /// One of the two: a page, or results.
  private struct Side {
    var name: String
    var page: Page?
    var loaded: PageArguments.Loaded?
    var results: ResultSet?
  }

  private func load(_ name: String, isSecond: Bool) throws -> Side {
    let bytes: [UInt8]
    do throws(InputFile.Failure) {
      bytes = try InputFile.readAllBytes(path: name, limit: Memory.physicalByteCount / 2)
    } catch {
      Output.report([error.diagnostic()])
      throw ExitStatus.missingFile
    }
    if ResultSet.isResults(bytes) {
      do throws(DiagnosticError) {
        return Side(name: name, results: try ResultSet.read(bytes, name: name))
      } catch {
        Output.report(error.diagnostics)
        throw ExitStatus.badPage
      }
    }
    // Standard input can be read once.
    let read = name == "-" ? PageReader.read(bytes, name: name) : PageReader.read(file: name)
    if structure {
      guard let page = read.page else {
        Output.report(read.diagnostics)
        throw ExitStatus.badPage
      }
      return Side(name: name, page: page)
    }
    var arguments = [name]
    for text in isSecond && !otherSet.isEmpty ? set + otherSet : set { arguments += ["--set=" + text] }
    for text in isSecond && !otherFeed.isEmpty ? feed + otherFeed : feed { arguments += ["--feed=" + text] }
    if let seed = isSecond ? otherSeed ?? seed : seed { arguments.append("--seed=\(seed)") }
    if let list = isSecond ? otherPlanOff ?? planOff : planOff { arguments.append("--plan-off=\(list)") }
    let loaded = try PageArguments.parse(arguments).load(read: read)
    return Side(name: name, page: loaded.page, loaded: loaded)
  }

  private func compare(_ sides: [Side], _ diagnostics: inout [Diagnostic]) throws -> ResultDiff {
    var sets: [ResultSet] = []
    for (index, side) in sides.enumerated() {
      if let results = side.results {
        sets.append(results)
        continue
      }
      let run = try start(side, isSecond: index == 1, &diagnostics)
      let last = index == 1 ? otherCycles ?? cycles : cycles
      for cycle in 1...last {
        if !run.runCycle(isShown: cycle == last, &diagnostics) { break }
      }
      sets.append(run.results)
    }
    return ResultDiff(sets[0], sets[1], tolerance: tolerance, isExact: exact)
  }

  /// Compares cycle by cycle until the results part.
  private func firstParting(_ sides: [Side], _ diagnostics: inout [Diagnostic]) throws -> ResultDiff {
    guard sides.allSatisfy({ $0.results == nil }) else {
      Output.report([Diagnostic(.badArgument, "--each-cycle runs pages; these are results", fix: "name the page that they come from")])
      throw ExitStatus.usage
    }
    let a = try start(sides[0], isSecond: false, &diagnostics)
    let b = try start(sides[1], isSecond: true, &diagnostics)
    var cycle = 0
    while true {
      cycle += 1
      let isGood = [a, b].map { $0.runCycle(isShown: true, &diagnostics) }.allSatisfy { $0 }
      var diff = ResultDiff(a.results, b.results, tolerance: tolerance, isExact: exact)
      diff.cycle = cycle
      if !diff.isEmpty || cycle == cycles || !isGood { return diff }
    }
  }

  /// A page that is run.
  private struct Running {
    var name: String
    var compilation: Compilation
    var session: Session?

    /// Whether the cycle ended well.
    func runCycle(isShown: Bool, _ diagnostics: inout [Diagnostic]) -> Bool {
      guard let session else { return false }
      do throws(DiagnosticError) {
        try session.runCycle(isShown: isShown)
        return true
      } catch {
        diagnostics += error.diagnostics
        return false
      }
    }

    var results: ResultSet { ResultSet(RunReport(page: name, compilation: compilation, session: session, diagnostics: [])) }
  }

  /// Makes a side's page ready to run.
  private func start(_ side: Side, isSecond: Bool, _ diagnostics: inout [Diagnostic]) throws -> Running {
    guard let loaded = side.loaded, let compilation = loaded.compilation, compilation.plan != nil else {
      Output.report(side.loaded?.diagnostics ?? [])
      throw ExitStatus.badPage
    }
    diagnostics += loaded.diagnostics
    let access = try files.access(page: side.name)
    var run = Running(name: names.count == 1 && isSecond ? side.name + " (second run)" : side.name, compilation: compilation, session: nil)
    do throws(DiagnosticError) {
      run.session = try Session(compilation, threads: isSecond ? otherThreads ?? threads : threads, files: access)
    } catch {
      diagnostics += error.diagnostics
    }
    return run
  }

  private func printText() throws {
    let (page, diagnostics) = PageReader.read(file: names[0])
    guard let page else {
      Output.report(diagnostics)
      throw diagnostics.contains { $0.id == .fileUnreadable } ? ExitStatus.missingFile : ExitStatus.badPage
    }
    Output.print(PageStructure(page).text)
  }
}

/// A call by git: path, old file, its hash and mode, new file, its hash and mode; of a renamed file also its new path and how alike they are.
private struct GitDiff {
  let arguments: [String]
  let color: Bool

  /// git takes another exit code than 0 for a crash, so all that is wrong is told in words.
  func run() {
    guard arguments.count >= 7 else {
      Output.print("enuflow diff: \(arguments.joined()) is not merged\n")
      return
    }
    let path = arguments.count == 9 ? "\(arguments[0]) -> \(arguments[7])" : arguments[0]
    var text = "enuflow diff \(path)\n"
    if let a = structure(arguments[1], "old", &text), let b = structure(arguments[4], "new", &text) {
      let diff = PageDiff(a, b)
      text += diff.isEmpty ? "  the structure is the same\n" : diff.text(color: color, width: Output.width)
    }
    Output.print(text)
  }

  private func structure(_ file: String, _ which: String, _ text: inout String) -> PageStructure? {
    if file == "/dev/null" { return PageStructure() }
    let (page, diagnostics) = PageReader.read(file: file)
    if let page { return PageStructure(page) }
    text += "  the \(which) version is no page: \(diagnostics.first?.message ?? "")\n"
    return nil
  }
}
