import Diagnostics
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// Serves pages to browsers of this machine: on 127.0.0.1 only, to whom knows the token.
public final class LiveServer: Sendable {
  /// What to open in a browser.
  public let address: String
  let check: RequestCheck
  let pages: PageFolder
  private let options: LiveOptions
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel
  private let sessions = Mutex<[String: LiveSession]>([:])
  private let nextID = Atomic<Int>(1)
  private let connections = ConnectionCount(limit: 64)

  /// The most pages of a folder that are open at once.
  static let maximalSessions = 32
  /// The longest message that a browser may send.
  static let maximalMessage = 1 << 20

  /// Why there is no server.
  public struct Failure: Error {
    public var message: String
    public var isMissingFile: Bool
  }

  /// Begins to listen. `port` 0 takes any free one.
  public init(path: String, port: Int, options: LiveOptions) throws(Failure) {
    guard let pages = PageFolder(path) else {
      throw Failure(message: "there is no page or folder `\(path)`", isMissingFile: true)
    }
    let token = RequestCheck.newToken()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let handlers = HandlerBox()
    let connections = connections
    do {
      channel = try ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 64)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          let hasRoom = connections.begin()
          channel.closeFuture.whenComplete { _ in connections.end() }
          guard hasRoom else { return channel.close() }
          return channel.eventLoop.makeCompletedFuture { try handlers.configure(channel) }
        }
        .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
        // More than this waiting for a browser, and it is left out until it has caught up.
        .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 18, high: 1 << 22))
        .bind(host: "127.0.0.1", port: port).wait()
    } catch {
      try? group.syncShutdownGracefully()
      throw Failure(message: "port \(port) of 127.0.0.1 cannot be used: \(error)", isMissingFile: false)
    }
    let bound = channel.localAddress?.port ?? port
    self.group = group
    self.pages = pages
    self.options = options
    check = RequestCheck(token: token, port: bound, assets: Set(Assets.all.keys))
    address = "http://127.0.0.1:\(bound)/\(token)/"
    handlers.set(self)
    _ = channel.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(10), delay: .milliseconds(10)) { [weak self] task in
      guard let self else { return task.cancel() }
      for session in self.sessions.withLock({ Array($0.values) }) { session.tick() }
    }
    // The only page runs before anybody looks.
    if !pages.isFolder { _ = session(of: nil) }
  }

  /// Ends everything, and waits for it.
  public func stop() {
    try? channel.close().wait()
    let all = sessions.withLock { sessions in
      defer { sessions = [:] }
      return Array(sessions.values)
    }
    for session in all { session.stop() }
    try? group.syncShutdownGracefully()
  }

  /// Waits until the server is stopped.
  public func wait() { try? channel.closeFuture.wait() }

  /// The session of a page, which begins when it is first asked for; nil when there is no such page, or too many are open.
  func session(of name: String?) -> LiveSession? {
    guard let name = name ?? pages.names().first, let file = pages.file(of: name) else { return nil }
    return sessions.withLock { sessions in
      if let session = sessions[name] { return session }
      guard sessions.count < LiveServer.maximalSessions else { return nil }
      let session = LiveSession(path: file, name: name, options: options)
      session.start()
      sessions[name] = session
      return session
    }
  }

  func newID() -> Int { nextID.add(1, ordering: .relaxed).oldValue }

  /// `{"isFolder":…,"pages":[…]}`
  func pageList() -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("isFolder")
    json.bool(pages.isFolder)
    json.key("pages")
    json.beginArray()
    for name in pages.names() { json.string(name) }
    json.endArray()
    json.endObject()
    return json.bytes
  }
}

/// How many connections there are.
final class ConnectionCount: Sendable {
  private let count = Atomic<Int>(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// False when there are as many as there may be. Each begin has its end, also one that is refused.
  func begin() -> Bool { count.add(1, ordering: .relaxed).newValue <= limit }
  func end() { count.subtract(1, ordering: .relaxed) }
}

/// Makes the handlers of a connection. The first one may come before the server is complete; it is turned away.
private final class HandlerBox: Sendable {
  private let server = Mutex<Weak?>(nil)

  private struct Weak: Sendable {
    weak var server: LiveServer?
  }

  func set(_ server: LiveServer) { self.server.withLock { $0 = Weak(server: server) } }

  func configure(_ channel: any Channel) throws {
    guard let server = server.withLock({ $0?.server }) else { throw ChannelError.inappropriateOperationForState }
    try channel.pipeline.syncOperations.configure(for: server)
  }
}

extension ChannelPipeline.SynchronousOperations {
  /// HTTP/1.1, with an upgrade to WebSocket for those that may.
  func configure(for server: LiveServer) throws {
    let upgrader = NIOWebSocketServerUpgrader(
      maxFrameSize: LiveServer.maximalMessage,
      shouldUpgrade: { channel, head in
        guard case .live(let page) = server.check.decide(head), server.session(of: page) != nil else {
          return channel.eventLoop.makeSucceededFuture(nil)
        }
        return channel.eventLoop.makeSucceededFuture([:])
      },
      upgradePipelineHandler: { channel, head in
        channel.eventLoop.makeCompletedFuture {
          guard case .live(let page) = server.check.decide(head), let session = server.session(of: page) else {
            throw ChannelError.inappropriateOperationForState
          }
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(FrameCheck())
          try pipeline.addHandler(
            NIOWebSocketFrameAggregator(
              minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: LiveServer.maximalMessage))
          try pipeline.addHandler(SocketHandler(session, id: server.newID()))
        }
      })
    try configureHTTPServerPipeline(
      withServerUpgrade: (
        upgraders: [upgrader],
        completionHandler: { context in
          for name in ["idle", "requests"] { context.pipeline.removeHandler(name: name, promise: nil) }
        }
      ))
    try addHandler(IdleStateHandler(readTimeout: .seconds(60)), name: "idle")
    try addHandler(HTTPHandler(server), name: "requests")
  }
}
