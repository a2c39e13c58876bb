import Compile
import Diagnostics
import Inspect
import Page
import Run
import Synchronization
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Somebody who looks at a page: a browser, or a test.
public protocol Viewer: AnyObject, Sendable {
  /// Takes a message: one JSON object. Called on the session's thread.
  func show(_ message: [UInt8])
  /// Whether messages are piling up. Values are then left out; all of them follow when there is room again.
  var isBehind: Bool { get }
}

/// A page that runs, and is looked at while it does.
///
/// It has a thread of its own, which alone touches page and session; everything else sends it requests. While it runs cycles it looks at
/// one flag; what is shown is made at most 30 times a second, in a few percent of the time, and only when somebody looks.
public final class LiveSession: @unchecked Sendable {
  /// The page's path.
  public let path: String
  /// What it is called in the list of pages.
  public let name: String
  let inbox = Inbox<Request>()
  private let viewerCount = Atomic<Int>(0)
  private let isActive = Atomic<Bool>(false)
  private var thread: pthread_t?
  private let watch: Mutex<PageWatch>

  // Everything from here on belongs to the session's thread.
  let options: LiveOptions
  var changes = SessionChanges()
  var version: PageVersion?
  /// What is drawn of a page that has never run.
  var draft: Compilation?
  var drawing: LiveDrawing?
  var diagnostics: [Diagnostic] = []
  /// Whether the page as it stands in the file cannot be run, and what is shown is an earlier version.
  var isStale = false
  var viewers: [Int: Seat] = [:]
  var pace = Pace()
  var recorder = TrendRecorder()
  /// What everybody has been told of the run.
  var toldState: [UInt8] = []
  /// The last cycle's failure.
  var failure: [Diagnostic] = []
  var shownValues = ShownValues()
  var displayValues = DisplayValues()

  /// A viewer, and what it looks at.
  struct Seat {
    var viewer: any Viewer
    var openBlock: String?
    /// Whether it has missed messages.
    var hasMissed = false
  }

  enum Request: Sendable {
    case join(Int, any Viewer)
    case leave(Int)
    case command(LiveCommand, from: Int)
    case malformed(String, from: Int)
    /// The file has another version.
    case saved
    /// It may be time to show something.
    case look
    case end
  }

  public init(path: String, name: String, options: LiveOptions = LiveOptions()) {
    self.path = path
    self.name = name
    self.options = options
    // Before the page is read, so that nothing that is saved meanwhile is missed.
    watch = Mutex(PageWatch(page: path))
  }

  // MARK: From any thread

  /// Starts the session's thread. It ends with ``stop()``.
  public func start() {
    let session = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var made: pthread_t?
    #else
      var made = pthread_t()
    #endif
    let status = pthread_create(
      &made, nil,
      { argument in
        #if canImport(Darwin)
          Unmanaged<LiveSession>.fromOpaque(argument).takeRetainedValue().live()
        #else
          if let argument { Unmanaged<LiveSession>.fromOpaque(argument).takeRetainedValue().live() }
        #endif
        return nil
      }, session.toOpaque())
    if status == 0 { thread = made } else { session.release() }
  }

  /// Ends the session's thread after the cycle at hand, and waits for it.
  public func stop() {
    inbox.add(.end)
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  /// From now on the viewer is shown everything. `id` stands for it until it leaves.
  public func join(_ id: Int, _ viewer: any Viewer) {
    viewerCount.add(1, ordering: .relaxed)
    inbox.add(.join(id, viewer))
  }

  public func leave(_ id: Int) {
    viewerCount.subtract(1, ordering: .relaxed)
    inbox.add(.leave(id))
  }

  /// What a viewer asks for, as text; see ``LiveCommand``.
  public func receive(_ text: String, from id: Int) {
    inbox.add(LiveCommand(text).map { .command($0, from: id) } ?? .malformed(text, from: id))
  }

  /// Called a hundred times a second: looks whether the page was saved, and whether it is time to show something.
  public func tick() {
    if watch.withLock({ $0.hasChanged() }) { inbox.add(.saved) }
    if isActive.load(ordering: .relaxed), viewerCount.load(ordering: .relaxed) > 0, !inbox.isWaiting { inbox.add(.look) }
  }

  // MARK: The session's thread

  private func live() {
    load()
    if options.runsAtOnce { pace.isRunning = true }
    while true {
      for request in inbox.take() where !handle(request) { return }
      isActive.store(pace.isRunning, ordering: .relaxed)
      guard pace.isRunning, let session = version?.session else {
        publish()
        inbox.wait()
        continue
      }
      let early = pace.millisecondsToNextCycle
      if early > 0 {
        publish()
        inbox.wait(milliseconds: early)
      } else if !viewers.isEmpty, pace.isSlow || pace.isShowDue {
        runShown(session)
        publish()
      } else {
        runOn(session)
      }
    }
  }

  /// Runs cycles until the thread is wanted.
  private func runOn(_ session: Session) {
    var next = recorder.next(after: session.cycle)
    do throws(DiagnosticError) {
      repeat {
        let cycle = session.cycle + 1
        let isLast = cycle >= pace.limit
        try session.runCycle(isShown: isLast)
        if cycle == next || isLast {
          recorder.record(cycle)
          next = recorder.next(after: cycle)
        }
        if isLast {
          pace.isRunning = false
          shownValues.isOutdated = true
          return
        }
      } while !inbox.isWaiting && pace.speed == nil
      pace.noteCycle()
    } catch {
      fail(error)
    }
  }

  /// Runs one cycle whose results can be looked at.
  func runShown(_ session: Session) {
    pace.beginShowing()
    do throws(DiagnosticError) {
      try session.runCycle(isShown: true)
      failure = []
      recorder.record(session.cycle)
      pace.noteCycle()
      if session.cycle >= pace.limit { pace.isRunning = false }
    } catch {
      fail(error)
    }
    shownValues.isOutdated = true
  }

  private func fail(_ error: DiagnosticError) {
    failure = error.diagnostics
    pace.isRunning = false
    shownValues.isOutdated = true
    sendDiagnostics()
  }

  /// Stops, with results to look at.
  func pause() {
    pace.isRunning = false
    guard let session = version?.session, session.cycle > 0, !session.hasResults, failure.isEmpty else { return }
    runShown(session)
  }

  private func handle(_ request: Request) -> Bool {
    switch request {
    case .look: break
    case .end: return false
    case .saved: load()
    case .join(let id, let viewer):
      viewers[id] = Seat(viewer: viewer)
      if let session = version?.session, !session.hasResults, failure.isEmpty, session.cycle > 0 { runShown(session) }
      greet(id)
    case .leave(let id): viewers[id] = nil
    case .malformed(let text, let id): tell("there is no command `\(text.prefix(40))`", isError: true, to: id)
    case .command(let command, let id): obey(command, from: id)
    }
    return true
  }
}
