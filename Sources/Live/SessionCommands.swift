import Compile
import Diagnostics
import Page
import Run
import TensorCore

/// What a session does when it is told to.
extension LiveSession {
  /// Reads the page anew and goes on with it. When it cannot be run, the version before stays.
  func load() {
    let outcome = PageVersion.make(path, options, changes)
    diagnostics = outcome.diagnostics
    if var next = outcome.version, adopt(&next, keepsState: true) {
      isStale = false
    } else {
      isStale = version != nil
      if !isStale { draft = outcome.compilation }
    }
    if isStale { sendDiagnostics() } else { sendPage() }
  }

  /// Compiles the page that was read last with other changes. When it cannot be run everything stays, and the viewer is told.
  private func change(to next: SessionChanges, for id: Int) {
    guard let version else { return tell("the page cannot be run: mend the file first", isError: true, to: id) }
    let outcome = PageVersion.make(version.page, version.found, path, options, next)
    guard var changed = outcome.version, adopt(&changed, keepsState: true) else {
      let first = (outcome.version == nil ? outcome.diagnostics : diagnostics).first { $0.severity == .error }
      return tell((first?.message ?? "this cannot be") + (first?.fix.map { "; \($0)" } ?? ""), isError: true, to: id)
    }
    changes = next
    if !isStale { diagnostics = outcome.diagnostics }
    sendPage()
  }

  /// Puts another version in the place of the one at hand, with its state where that fits, and shows what it gives. False, with a
  /// diagnostic, when it cannot begin.
  private func adopt(_ next: inout PageVersion, keepsState: Bool) -> Bool {
    if keepsState, let old = version?.session {
      do throws(DiagnosticError) { try next.session.goOn(from: old) } catch {
        diagnostics = error.diagnostics
        return false
      }
    }
    recorder.detach()
    version = next
    draft = nil
    failure = []
    shownValues = ShownValues()
    displayValues = DisplayValues()
    followTrends()
    // A page that stands still has something to show only after a cycle.
    if !pace.isRunning { runShown(next.session) }
    return true
  }

  /// Follows the page's trends, and what viewers have asked for.
  private func followTrends() {
    guard let session = version?.session else { return }
    for path in session.graph.trendPaths {
      // A trend may name what no session reaches.
      if let watch = try? session.watch(path) { recorder.add(watch) }
    }
    for display in version?.displays ?? [] where display.kind == .trend {
      if let path = try? session.graph.path(display.source), let watch = try? session.watch(path), watch.count == 1 { recorder.add(watch) }
    }
    let followed = recorder.series.map(\.name)
    for name in followed {
      if let path = try? session.graph.path(name), let watch = try? session.watch(path) { recorder.add(watch) }
    }
  }

  func obey(_ command: LiveCommand, from id: Int) {
    switch command {
    case .run:
      pace.limit = .max
      setRunning(id)
    case .until(let cycle):
      guard cycle > version?.session.cycle ?? 0 else {
        return tell("cycle \(cycle) is over: begin anew to see it", isError: true, to: id)
      }
      pace.limit = cycle
      setRunning(id)
    case .pause: pause()
    case .step:
      pace.isRunning = false
      pace.limit = .max
      if let session = version?.session { runShown(session) }
    case .speed(let speed): pace.speed = speed
    case .restart: restart(id)
    case .open(let block):
      viewers[id]?.openBlock = block
      shownValues.isOutdated = true
    case .watch(let reference): follow(reference, id)
    case .unwatch(let name):
      recorder.remove(name)
      sendTrendList()
    case .set(let reference, let text):
      var next = changes
      next.set(reference, to: text)
      change(to: next, for: id)
    case .unset(let reference):
      var next = changes
      if next.remove(reference) { change(to: next, for: id) }
    case .save: save(id)
    }
  }

  private func setRunning(_ id: Int) {
    guard version != nil else { return tell("the page cannot be run: mend the file first", isError: true, to: id) }
    failure = []
    pace.isRunning = true
    sendDiagnostics()
  }

  private func restart(_ id: Int) {
    guard var next = version else { return load() }
    do throws(DiagnosticError) {
      next.session = try Session(next.compilation, threads: options.threads, files: options.access(path))
      recorder.clear()
      pace.limit = .max
      _ = adopt(&next, keepsState: false)
      sendPage()
    } catch {
      tell(error.diagnostics.first?.message ?? "the page cannot be run", isError: true, to: id)
    }
  }

  /// The most numbers of one tensor that are followed.
  static let maximalFollowed = 16

  /// Follows a number, or the first few elements of a tensor.
  private func follow(_ reference: String, _ id: Int) {
    guard let session = version?.session else { return }
    do throws(DiagnosticError) {
      let path = try session.graph.path(reference)
      let watch = try session.watch(path)
      guard let value = watch.value else { return tell("`\(reference)` has no value yet", isError: true, to: id) }
      guard value.dtype != .string else { return tell("`\(reference)` is text", isError: true, to: id) }
      if value.count == 1, value.shape.rank == 0 || path.indices.count > 0 {
        recorder.add(watch)
      } else {
        for index in 0..<min(value.count, LiveSession.maximalFollowed) {
          var element = path
          element.indices += value.shape.indices(of: index)
          recorder.add(try session.watch(element))
        }
      }
      recorder.record(session.cycle)
      sendTrendList()
    } catch {
      tell(error.diagnostics.first?.message ?? "`\(reference)` cannot be followed", isError: true, to: id)
    }
  }

  /// Writes the changes into the page's file.
  private func save(_ id: Int) {
    if changes.all.isEmpty { return tell("nothing is changed", isError: false, to: id) }
    guard !isStale, let version else { return tell("the page in the file cannot be run: mend it first", isError: true, to: id) }
    do throws(DiagnosticError) {
      // What was saved meanwhile must not be lost.
      let (now, _) = PageReader.read(file: path)
      guard let now, now.source.bytes == version.page.source.bytes else {
        return tell("the file has changed meanwhile: try again", isError: true, to: id)
      }
      let bytes = try PageWriter.save(now, changes: changes.all.map { ($0.reference, $0.text) })
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      defer { buffer.deallocate() }
      buffer.copyBytes(from: bytes)
      do throws(WholeFile.Failure) {
        try WholeFile.replace(path, magic: []) { (sink) throws(WholeFile.Failure) in try sink(UnsafeRawBufferPointer(buffer)) }
      } catch {
        throw DiagnosticError(Diagnostic(.outputUnwritable, error.message))
      }
      let count = changes.all.count
      changes.removeAll()
      tell("\(count) \(count == 1 ? "change" : "changes") saved in \(FilePath.name(of: path))", isError: false, to: id)
      // The file is watched: it is read anew like any other edit.
    } catch {
      tell(error.diagnostics.first?.message ?? "the page cannot be saved", isError: true, to: id)
    }
  }
}

extension Shape {
  /// The indices of an element by its place in row-major order.
  func indices(of element: Int) -> [Int] {
    var rest = element
    var indices: [Int] = []
    for dim in dims.reversed() where dim > 0 {
      indices.append(rest % dim)
      rest /= dim
    }
    return indices.reversed()
  }
}
