import NIOCore
import NIOWebSocket

/// Turns away frames that no browser sends: unmasked ones, and those of extensions.
final class FrameCheck: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private var isBroken = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    if isBroken { return }
    guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
      isBroken = true
      return SocketHandler.close(context.channel, .protocolError)
    }
    context.fireChannelRead(data)
  }
}

/// A browser's live connection to one page.
final class SocketHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let session: LiveSession
  private let id: Int
  private var isOpen = false
  private var isClosing = false

  init(_ session: LiveSession, id: Int) {
    self.session = session
    self.id = id
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    isOpen = true
    session.join(id, SocketViewer(context.channel))
  }

  func channelInactive(context: ChannelHandlerContext) {
    if isOpen { session.leave(id) }
    isOpen = false
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    if isClosing { return }
    switch frame.opcode {
    case .text:
      var bytes = frame.unmaskedData
      guard let text = bytes.readBytes(length: bytes.readableBytes).flatMap({ String(validating: $0, as: UTF8.self) }) else {
        return close(context, .dataInconsistentWithMessage)
      }
      session.receive(text, from: id)
    case .ping:
      context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
    case .pong: break
    case .connectionClose: close(context, .normalClosure)
    default: close(context, .unacceptableData)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { close(context, .protocolError) }

  private func close(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
    isClosing = true
    SocketHandler.close(context.channel, code)
  }

  /// Says why, and closes.
  static func close(_ channel: any Channel, _ code: WebSocketErrorCode) {
    var data = channel.allocator.buffer(capacity: 2)
    data.write(webSocketErrorCode: code)
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data)).whenComplete { _ in channel.close(promise: nil) }
  }
}

/// Sends a session's messages to a browser.
final class SocketViewer: Viewer {
  private let channel: any Channel

  init(_ channel: any Channel) { self.channel = channel }

  var isBehind: Bool { !channel.isWritable }

  func show(_ message: [UInt8]) {
    channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: channel.allocator.buffer(bytes: message)), promise: nil)
  }
}
