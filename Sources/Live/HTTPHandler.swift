import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Answers requests: the files of the browser's part, and refusals.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let server: LiveServer
  private var head: HTTPRequestHead?
  private var bodySize = 0

  /// The longest body of a request, which nobody reads.
  private static let maximalBody = 1 << 16

  init(_ server: LiveServer) { self.server = server }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      bodySize = 0
    case .body(let body):
      bodySize += body.readableBytes
      if bodySize > HTTPHandler.maximalBody { context.close(promise: nil) }
    case .end:
      guard let head else { return }
      self.head = nil
      answer(head, context)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    switch server.check.decide(head) {
    case .asset(let name):
      guard let asset = Assets.all[name] else { return respond(.notFound, Array("there is nothing of this name".utf8), "text/plain", head, context) }
      respond(.ok, asset.bytes, asset.type, head, context)
    case .pages: respond(.ok, server.pageList(), "application/json", head, context)
    // One that may be upgraded does not come here.
    case .live: respond(.notFound, Array("there is no such page, or too many are open".utf8), "text/plain", head, context)
    case .refused(let status, let reason): respond(status, Array(reason.utf8), "text/plain", head, context)
    }
  }

  private func respond(_ status: HTTPResponseStatus, _ body: [UInt8], _ type: String, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    var headers = HTTPHeaders([
      ("content-type", type + "; charset=utf-8"), ("content-length", String(body.count)), ("cache-control", "no-store"),
      ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cross-origin-resource-policy", "same-origin"),
      ("cross-origin-opener-policy", "same-origin"), ("x-frame-options", "DENY"), ("content-security-policy", policy),
    ])
    // After a refusal nothing more is read.
    let staysOpen = head.isKeepAlive && status == .ok
    headers.add(name: "connection", value: staysOpen ? "keep-alive" : "close")
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: body)))), promise: nil) }
    let channel = context.channel
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in if !staysOpen { channel.close(promise: nil) } }
  }

  /// Only what this server itself serves is loaded or run; drawings bring styles with them.
  private var policy: String {
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
      + "connect-src 'self' ws://127.0.0.1:\(server.check.port) ws://localhost:\(server.check.port); "
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) } else { context.fireUserInboundEventTriggered(event) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A connection that may not become a socket gets the answer of any other request.
    if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
  }
}
