import Foundation
import Live
import Synchronization
import Testing

/// A folder of its own for the files of one test; removed at the end.
struct TestFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("enuflow-live-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: url) }
  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  @discardableResult func write(_ text: String, _ name: String) throws -> String {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
    return path(name)
  }

  func read(_ name: String) throws -> String { try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8) }
}

typealias JSON = [String: Any]

/// A viewer that keeps what it is shown.
final class TestViewer: Viewer {
  private let messages = Mutex<[[UInt8]]>([])
  private let behind = Mutex(false)

  var isBehind: Bool {
    get { behind.withLock { $0 } }
    set { behind.withLock { $0 = newValue } }
  }

  func show(_ message: [UInt8]) { messages.withLock { $0.append(message) } }

  func all() -> [JSON] { messages.withLock { $0 }.compactMap { (try? JSONSerialization.jsonObject(with: Data($0))) as? JSON } }

  func forget() { messages.withLock { $0 = [] } }

  func last(_ kind: String) -> JSON? { all().last { $0["kind"] as? String == kind } }

  var cycle: Int { last("state")?["cycle"] as? Int ?? -1 }
  var isRunning: Bool { last("state")?["isRunning"] as? Bool ?? false }

  /// The latest text of a result.
  func text(_ name: String) -> String? {
    for message in all().reversed() where message["kind"] as? String == "values" {
      if let value = (message["values"] as? JSON)?[name] as? JSON { return value["text"] as? String }
    }
    return nil
  }

  func diagnostics() -> [JSON] { last("diagnostics")?["list"] as? [JSON] ?? [] }
}

/// Waits until a condition holds; a test that waits for nothing ends after some seconds.
func wait(_ what: String = "", seconds: Double = 20, until condition: () throws -> Bool, at location: SourceLocation = #_sourceLocation) rethrows {
  let end = Date(timeIntervalSinceNow: seconds)
  while Date() < end {
    if try condition() { return }
    Thread.sleep(forTimeInterval: 0.002)
  }
  Issue.record("\(what.isEmpty ? "what was waited for" : what) did not happen", sourceLocation: location)
}

/// Runs a session of a page with a viewer that has been greeted; ticks like a server.
func withSession(
  _ text: String, name: String = "page.xml", options: LiveOptions = LiveOptions(), _ body: (LiveSession, TestViewer, TestFolder) throws -> Void
) throws {
  let folder = try TestFolder()
  defer { folder.remove() }
  let session = LiveSession(path: try folder.write(text, name), name: name, options: options)
  session.start()
  let ticker = Ticker(session)
  defer {
    ticker.isOver.store(true, ordering: .relaxed)
    session.stop()
  }
  let viewer = TestViewer()
  session.join(1, viewer)
  wait("a greeting") { viewer.last("state") != nil }
  try body(session, viewer, folder)
}

/// What a server does besides: asks a session a hundred times a second.
final class Ticker: Sendable {
  let isOver = Atomic<Bool>(false)

  init(_ session: LiveSession) {
    Thread.detachNewThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        session.tick()
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
  }
}

/// A counter that goes up by its step in every cycle.
func counterPage(step: String = "1", start: String = "0", more: String = "") -> String {
  """
  <page title="Counter">
    <block id="v" type="Variable"><pin name="initvalues" dtype="float">\(start)</pin></block>
    <block id="step" type="Const"><pin name="val">\(step)</pin></block>
    <block id="up" type="AssignAdd"/>
    <wire from="v" to="up.ref"/>
    <wire from="step" to="up.value"/>
    \(more)
    <trend title="Count"><series of="up.output_ref"/></trend>
  </page>
  """
}
