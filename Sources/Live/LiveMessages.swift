import Compile
import Diagnostics
import Inspect
import Page
import Run
import TensorCore

/// What browsers are told. Every message is one JSON object whose `kind` says what it is.
extension LiveSession {
  // MARK: The page

  /// Shows a viewer that has just come everything.
  func greet(_ id: Int) {
    viewers[id]?.hasMissed = false
    send(pageMessage(), to: id)
    send(diagnosticsMessage(), to: id)
    send(
      message("trends") {
        $0.key("series"); $0.raw(recorder.allPoints())
      }, to: id)
    if let version {
      _ = shownValues.update(version, drawing)
      send(message("values") { shownValues.writeAll(to: &$0) }, to: id)
      _ = displayValues.update(version)
      send(
        message("displays") {
          $0.key("values"); $0.raw(displayValues.all())
        }, to: id)
    }
    sendDetail(to: id)
    // Last, so that who knows the cycle has its values.
    send(stateMessage(), to: id)
  }

  /// Shows everybody another version of the page.
  func sendPage() {
    let graph = version?.compilation.graph ?? draft?.graph
    let report = version.flatMap { version in
      version.session.hasResults ? RunReport(page: name, compilation: version.compilation, session: version.session, diagnostics: []) : nil
    }
    drawing = graph.map { LiveDrawing(Drawing(page: $0.page, graph: $0, report: report, diagnostics: diagnostics, reservesValues: true)) }
    shownValues = ShownValues()
    for id in viewers.keys { greet(id) }
  }

  private func pageMessage() -> [UInt8] {
    message("page") { json in
      json.key("name")
      json.string(name)
      let graph = version?.compilation.graph ?? draft?.graph
      json.key("title")
      json.string(graph?.page.title)
      json.key("isOriginal")
      json.bool(graph?.page.notation == .enuspace)
      json.key("svg")
      json.string(drawing?.svg ?? "")
      json.key("blocks")
      json.beginArray()
      for block in (graph?.nodes ?? []).indices {
        json.beginObject()
        json.key("name")
        json.string(graph?.name(ofBlock: block) ?? "")
        json.key("type")
        json.string(graph?.typeName(ofBlock: block) ?? "")
        json.endObject()
      }
      json.endArray()
      json.key("trends")
      writeTrends(graph, to: &json)
      json.key("displays")
      json.beginArray()
      for display in version?.displays ?? [] { display.write(to: &json) }
      json.endArray()
    }
  }

  /// `[{"title":…,"series":[names]}]`: the page's trends, and behind them what viewers follow.
  private func writeTrends(_ graph: Graph?, to json: inout JSONWriter) {
    var followed = recorder.series.map(\.name)
    json.beginArray()
    for trend in graph?.page.trends ?? [] {
      let names = trend.series.compactMap { series in
        (try? graph?.path(series.of, scope: trend.scope, at: series.range)).flatMap { path in path.flatMap { graph?.name(of: $0) } }
      }
      json.beginObject()
      json.key("title")
      json.string(trend.title)
      json.key("isOwn")
      json.bool(false)
      json.key("series")
      json.beginArray()
      for name in names { json.string(name) }
      json.endArray()
      json.endObject()
      followed.removeAll { names.contains($0) }
    }
    for (title, names) in TrendRecorder.grouped(followed) {
      json.beginObject()
      json.key("title")
      json.string(title)
      json.key("isOwn")
      json.bool(true)
      json.key("series")
      json.beginArray()
      for name in names { json.string(name) }
      json.endArray()
      json.endObject()
    }
    json.endArray()
  }

  /// Tells everybody which trends there are now.
  func sendTrendList() {
    broadcast(
      message("trendList") { json in
        json.key("trends")
        writeTrends(version?.compilation.graph, to: &json)
      })
    broadcast(
      message("trends") {
        $0.key("series"); $0.raw(recorder.allPoints())
      })
  }

  // MARK: Diagnostics and state

  func sendDiagnostics() { broadcast(diagnosticsMessage()) }

  private func diagnosticsMessage() -> [UInt8] {
    message("diagnostics") { json in
      json.key("isStale")
      json.bool(isStale)
      json.key("canRun")
      json.bool(version != nil)
      json.key("list")
      (failure + diagnostics).write(to: &json)
    }
  }

  func stateMessage() -> [UInt8] {
    message("state") { json in
      json.key("isRunning")
      json.bool(pace.isRunning)
      json.key("cycle")
      json.int(version?.session.cycle ?? 0)
      json.key("rate")
      json.double(pace.rate)
      json.key("limit")
      if pace.limit < .max { json.int(pace.limit) } else { json.null() }
      json.key("speed")
      if let speed = pace.speed { json.double(speed) } else { json.null() }
      json.key("changes")
      json.beginArray()
      for change in changes.all {
        json.beginObject()
        json.key("pin")
        json.string(change.reference)
        json.key("text")
        json.string(change.text)
        json.endObject()
      }
      json.endArray()
    }
  }

  /// A word to one viewer: what a command has come to.
  func tell(_ text: String, isError: Bool, to id: Int) {
    send(
      message("notice") { json in
        json.key("text")
        json.string(text)
        json.key("isError")
        json.bool(isError)
      }, to: id)
  }

  // MARK: Values

  /// Shows everybody what has changed since the last time.
  func publish() {
    guard !viewers.isEmpty else { return }
    pace.beginPicture()
    // Somebody for whom messages were piling up and now has room sees everything anew.
    for (id, seat) in viewers where seat.hasMissed && !seat.viewer.isBehind { greet(id) }
    if shownValues.isOutdated, let version {
      let changed = shownValues.update(version, drawing)
      if !changed.isEmpty { broadcast(message("values") { shownValues.write(changed, to: &$0) }) }
      if let values = displayValues.update(version) {
        broadcast(
          message("displays") {
            $0.key("values"); $0.raw(values)
          })
      }
      if let points = recorder.newPoints() {
        broadcast(
          message("trends") {
            $0.key("series"); $0.raw(points)
          })
      }
      var details: [String: [UInt8]] = [:]
      for (id, seat) in viewers {
        guard let block = seat.openBlock else { continue }
        let detail = details[block] ?? detailMessage(block)
        details[block] = detail
        send(detail, to: id)
      }
    }
    pace.endPicture(cycle: version?.session.cycle ?? 0)
    let state = stateMessage()
    if state != toldState { broadcast(state) }
    toldState = state
  }

  private func sendDetail(to id: Int) {
    if let block = viewers[id]?.openBlock { send(detailMessage(block), to: id) }
  }

  // MARK: Sending

  func message(_ kind: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("kind")
    json.string(kind)
    body(&json)
    json.endObject()
    return json.bytes
  }

  private func broadcast(_ message: [UInt8]) {
    for id in viewers.keys { send(message, to: id) }
  }

  private func send(_ message: [UInt8], to id: Int) {
    guard let seat = viewers[id] else { return }
    if seat.viewer.isBehind {
      viewers[id]?.hasMissed = true
    } else {
      seat.viewer.show(message)
    }
  }
}

extension TrendRecorder {
  /// Names of elements of one result, together under its name.
  static func grouped(_ names: [String]) -> [(title: String, names: [String])] {
    var groups: [(title: String, names: [String])] = []
    for name in names {
      let title = name.firstIndex(of: "[").map { String(name[..<$0]) } ?? name
      if let index = groups.firstIndex(where: { $0.title == title }) {
        groups[index].names.append(name)
      } else {
        groups.append((title, [name]))
      }
    }
    return groups
  }
}
