import Blocks
import Compile
import Diagnostics
import Page
import Run

/// What a live session has put in the place of what the page says.
struct SessionChanges: Sendable {
  struct Change: Sendable, Equatable {
    /// `scope/id.pin`
    var reference: String
    var text: String
  }

  private(set) var all: [Change] = []

  /// A later change of the same pin replaces the earlier one.
  mutating func set(_ reference: String, to text: String) {
    if let index = all.firstIndex(where: { $0.reference == reference }) {
      all[index].text = text
    } else {
      all.append(Change(reference: reference, text: text))
    }
  }

  /// False when there is no such change.
  mutating func remove(_ reference: String) -> Bool {
    let count = all.count
    all.removeAll { $0.reference == reference }
    return all.count < count
  }

  mutating func removeAll() { all = [] }
}

/// One version of a page: as it was read, with the session's changes, compiled, and with memory to run in.
struct PageVersion {
  /// As it stands in the file, and what was found when it was read.
  var page: Page
  var found: [Diagnostic]
  var compilation: Compilation
  var session: Session
  /// What the display widgets of an original page show.
  var displays: [Display]
  /// Whether there are blocks whose clipping can be told.
  var hasFakeQuant = false

  /// What came of making a version.
  struct Outcome {
    var version: PageVersion?
    /// Also of a page that cannot be run, when it could be read.
    var compilation: Compilation?
    var diagnostics: [Diagnostic]
  }

  /// Reads, changes and compiles a page, and finds memory for it.
  static func make(_ path: String, _ options: LiveOptions, _ changes: SessionChanges) -> Outcome {
    let (page, found) = PageReader.read(file: path)
    guard let page else { return Outcome(diagnostics: found) }
    return make(page, found, path, options, changes)
  }

  /// The same for a page that has been read.
  static func make(_ page: Page, _ found: [Diagnostic], _ path: String, _ options: LiveOptions, _ changes: SessionChanges) -> Outcome {
    var reader = OverrideReader(page: page)
    for set in options.sets { reader.set(set) }
    for feed in options.feeds { reader.feed(feed.name, value: feed.value, label: feed.label) }
    for change in changes.all { reader.set("\(change.reference)=\(change.text)") }
    var overrides = reader.overrides
    overrides.seed = options.seed
    let compiler = Compiler(keepsGoing: options.keepsGoing, options: options.plan)
    let compilation = compiler.compile(reader.page, overrides: overrides, found: found)
    var outcome = Outcome(compilation: compilation, diagnostics: compilation.diagnostics)
    if reader.diagnostics.hasErrors {
      outcome.diagnostics = reader.diagnostics + outcome.diagnostics
      return outcome
    }
    do throws(DiagnosticError) {
      let session = try Session(compilation, threads: options.threads, files: options.access(path))
      var version = PageVersion(page: page, found: found, compilation: compilation, session: session, displays: Display.all(of: page))
      version.hasFakeQuant = session.graph.nodes.indices.contains { session.graph.type(ofBlock: $0)?.name.hasPrefix("FakeQuant") == true }
      outcome.version = version
    } catch {
      outcome.diagnostics = error.diagnostics
    }
    return outcome
  }
}
