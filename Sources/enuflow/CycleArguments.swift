import ArgumentParser
import Compile
import Diagnostics
import Page
import Run

/// How long a run goes on, and what is looked at on the way.
struct CycleArguments: ParsableArguments {
  @Option(
    help: """
      How many cycles to run; a resumed run counts those before. Without it: 1, or until something else ends the run: --for, --until, or \
      Ctrl-C when a ClientSession has INFINITE_LOOP.
      """)
  var cycles: Int?

  @Option(name: .customLong("for"), help: ArgumentHelp("End after this time: 500ms, 30s, 5m or 2h.", valueName: "time"))
  var duration: TimeSpan?

  @Option(
    help: ArgumentHelp(
      "End after the cycle in which a result compares so with a number: --until 'loss.output < 0.01'. Ends with 1 when it is not met.",
      valueName: "condition"))
  var until: String?

  @Option(help: ArgumentHelp("Keep what a result is in every cycle, for --json, --npz and the table. May be given several times.", valueName: "ref"))
  var watch: [String] = []

  @Option(name: .customLong("watch-every"), help: ArgumentHelp("Keep watched results of every N-th cycle only, and of the last.", valueName: "n"))
  var watchEvery: Int?

  @Flag(name: .customLong("nan-check"), help: "End when a variable becomes NaN or infinite, and tell in which block that began.")
  var nanCheck = false

  @Option(
    help: ArgumentHelp("Write the state of the run to a file, at the end and with --every on the way.", valueName: "file"), completion: .file())
  var checkpoint: String?

  @Option(help: ArgumentHelp("Write the checkpoint after every N-th cycle too.", valueName: "n"))
  var every: Int?

  @Option(help: ArgumentHelp("Go on from a checkpoint, bit for bit as the run that wrote it.", valueName: "file"), completion: .file())
  var resume: String?

  func validate() throws {
    if let cycles, cycles < 1 { throw ValidationError("--cycles must be 1 or more") }
    if let every, every < 1 { throw ValidationError("--every must be 1 or more") }
    if let watchEvery, watchEvery < 1 { throw ValidationError("--watch-every must be 1 or more") }
    if every != nil, checkpoint == nil { throw ValidationError("--every needs --checkpoint FILE") }
  }
}

/// A time as people write it: `500ms`, `30s`, `1.5m`, `2h`.
struct TimeSpan: ExpressibleByArgument {
  var duration: Duration

  init?(argument: String) {
    let units: [(name: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
    guard let unit = units.first(where: { argument.hasSuffix($0.name) }), case let digits = argument.dropLast(unit.name.count),
      digits.utf8.allSatisfy({ $0 &- 48 < 10 || $0 == UInt8(ascii: ".") }), let number = Double(digits), number > 0, number * unit.seconds < 1e9
    else { return nil }
    duration = .seconds(number * unit.seconds)
  }
}

extension CycleArguments {
  /// What is watched in a session. Throws diagnostics of references that mean nothing in it.
  func watches(_ session: Session, withTrends: Bool) throws(DiagnosticError) -> (named: [Watch], trends: [Watch], until: (Condition, Watch)?) {
    var diagnostics: [Diagnostic] = []
    var named: [Watch] = []
    for reference in watch {
      do throws(DiagnosticError) {
        let watch = try session.watch(try session.graph.path(reference))
        if !named.contains(where: { $0.name == watch.name }) { named.append(watch) }
      } catch {
        diagnostics += error.diagnostics.map { $0.about("--watch") }
      }
    }
    var condition: (Condition, Watch)?
    if let until {
      do throws(DiagnosticError) {
        let parsed = try Condition(until)
        let watch = try session.watch(try session.graph.path(parsed.reference))
        try parsed.check(watch)
        condition = (parsed, watch)
      } catch {
        diagnostics += error.diagnostics.map { $0.about("--until") }
      }
    }
    if !diagnostics.isEmpty { throw DiagnosticError(diagnostics) }
    var trends: [Watch] = []
    for path in withTrends ? session.graph.trendPaths : [] {
      // A trend may name what no session reaches.
      guard let watch = try? session.watch(path), !(named + trends).contains(where: { $0.name == watch.name }) else { continue }
      trends.append(watch)
    }
    return (named, trends, condition)
  }
}

extension Diagnostic {
  /// The same, of an option.
  fileprivate func about(_ option: String) -> Diagnostic {
    var copy = self
    copy.message = "\(option): \(message)"
    return copy
  }
}
