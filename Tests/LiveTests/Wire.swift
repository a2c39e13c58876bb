import Foundation
import Testing

@testable import Live

#if canImport(Glibc)
  import Glibc
#endif

/// A connection to a server, byte by byte: a client that may be as broken as it likes.
final class Wire {
  struct Frame {
    var opcode: UInt8
    var text: String
  }

  private var file: Int32
  private let port: Int
  private let token: String
  private var waiting: [UInt8] = []

  init(_ server: LiveServer) {
    (port, token) = (server.check.port, server.check.token)
    #if canImport(Glibc)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    file = socket(AF_INET, kind, 0)
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    if status != 0 { Issue.record("the server does not take a connection") }
  }

  deinit { close() }

  func close() {
    if file >= 0 { _ = Foundation.close(file) }
    file = -1
  }

  func send(_ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let sent = bytes.withUnsafeBytes {
        Foundation.send(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if sent <= 0 { return }
      offset += sent
    }
  }

  /// Reads more; false at the end, and when nothing comes.
  private func fill() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(file, &buffer, buffer.count, 0)
    if count <= 0 { return false }
    waiting += buffer[0..<count]
    return true
  }

  /// Everything until the other side closes.
  func readAll() -> String {
    while fill() {}
    return String(decoding: waiting, as: UTF8.self)
  }

  /// Sends a request without a body, and gives the whole answer.
  func request(_ line: String, token hasToken: Bool) -> String {
    let parts = line.split(separator: " ")
    let path = (hasToken ? "/" + token : "") + (parts.count > 1 ? parts[1] : "/")
    send(Array("\(parts[0]) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n".utf8))
    return readAll()
  }

  /// Asks for a socket; gives the answer's head.
  func upgrade(page: String? = nil, token other: String? = nil, host: String? = nil, origin: String?? = .none) -> String {
    var text = "GET /\(other ?? token)/live\(page.map { "?page=" + $0 } ?? "") HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\n"
    let said = origin ?? "http://127.0.0.1:\(port)"
    if let said { text += "Origin: \(said)\r\n" }
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    send(Array(text.utf8))
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let found = waiting.firstRange(of: end) {
        let head = String(decoding: waiting[..<found.lowerBound], as: UTF8.self)
        waiting.removeSubrange(..<found.upperBound)
        return head
      }
      if !fill() { return String(decoding: waiting, as: UTF8.self) }
    }
  }

  func sendFrame(_ text: String, opcode: UInt8 = 1) {
    let bytes = Array(text.utf8)
    send([0x80 | opcode, 0x80 | UInt8(bytes.count), 1, 2, 3, 4] + bytes.enumerated().map { $1 ^ UInt8($0 % 4 + 1) })
  }

  func readFrame() -> Frame? {
    while true {
      if let (frame, size) = Wire.frame(waiting) {
        waiting.removeFirst(size)
        return frame
      }
      if !fill() { return nil }
    }
  }

  private static func frame(_ bytes: [UInt8]) -> (Frame, Int)? {
    guard bytes.count >= 2 else { return nil }
    var (length, start) = (Int(bytes[1] & 127), 2)
    if length >= 126 {
      let size = length == 126 ? 2 : 8
      guard bytes.count >= 2 + size else { return nil }
      length = bytes[2..<2 + size].reduce(0) { $0 << 8 | Int($1) }
      start += size
    }
    guard bytes.count >= start + length else { return nil }
    return (Frame(opcode: bytes[0] & 15, text: String(decoding: bytes[start..<start + length], as: UTF8.self)), start + length)
  }

  /// Whether such a frame comes.
  func frames(until condition: (Frame) -> Bool) -> Bool {
    while let frame = readFrame() { if condition(frame) { return true } }
    return false
  }

  /// Whether the other side ends the connection.
  func isClosedByOther() -> Bool {
    let end = Date(timeIntervalSinceNow: 10)
    while fill() {}
    return Date() < end
  }
}
