import Foundation
import Testing

@testable import Live

@Suite(.serialized) struct ServerTests {
  @Test func servesTheBrowsersPart() throws {
    try withServer { server in
      let answer = Wire(server).request("GET / HTTP/1.1", token: true)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      for header in ["content-security-policy: default-src 'none'", "cache-control: no-store", "x-content-type-options: nosniff"] {
        #expect(answer.contains(header), "\(header)")
      }
      #expect(answer.contains("<!doctype html>"))
      for name in Assets.all.keys {
        let file = Wire(server).request("GET /\(name) HTTP/1.1", token: true)
        #expect(file.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(name)")
        // Nothing is loaded from elsewhere.
        #expect(!file.contains("https://") && !file.replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "").contains("http://"), "\(name)")
      }
    }
  }

  @Test func listensOnLoopbackOnly() throws {
    try withServer { server in
      let listeners = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n")
      let port = String(server.check.port, radix: 16, uppercase: true)
      let mine = listeners.filter { $0.contains(":" + String(repeating: "0", count: 4 - port.count) + port + " ") && $0.contains(" 0A ") }
      #expect(mine.count == 1 && mine.allSatisfy { $0.contains(" 0100007F:") })
    }
  }

  @Test func nothingOfTheFileSystemIsServed() throws {
    try withServer { server in
      for path in ["/../../../etc/passwd", "/page.xml", "/..%2fpage.xml", "/live?page=../page.xml"] {
        let answer = Wire(server).request("GET \(path) HTTP/1.1", token: true)
        #expect(!answer.hasPrefix("HTTP/1.1 200"), "\(path)")
        #expect(!answer.contains("root:") && !answer.contains("<page"), "\(path)")
      }
      let other = Wire(server).upgrade(page: "../page.xml")
      #expect(other.hasPrefix("HTTP/1.1 404"))
    }
  }

  @Test func brokenRequestsHarmNobody() throws {
    try withServer { server in
      var generator = SystemRandomNumberGenerator()
      var broken: [[UInt8]] = [
        Array("\r\n\r\n\r\n".utf8), Array("GET\r\n\r\n".utf8), Array("GET / HTTP/9.9\r\n\r\n".utf8), Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
        [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3], Array("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".utf8),
        Array("GET / HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\n".utf8), Array("GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".utf8),
        Array("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".utf8), Array("GET /\0 HTTP/1.1\r\n\r\n".utf8),
        Array(("GET / HTTP/1.1\r\nx: " + String(repeating: "a", count: 1 << 20)).utf8),
        Array(("GET /" + String(repeating: "a", count: 1 << 20)).utf8),
      ]
      for _ in 0..<20 { broken.append((0..<500).map { _ in UInt8.random(in: 0...255, using: &generator) }) }
      for bytes in broken {
        let wire = Wire(server)
        wire.send(bytes)
        wire.close()
      }
      // Some that never say what they want, and some that leave in the middle.
      let silent = try (0..<10).map { _ in Wire(server) }
      for wire in silent { wire.send(Array("GET / HT".utf8)) }
      #expect(Wire(server).request("GET / HTTP/1.1", token: true).hasPrefix("HTTP/1.1 200"))
      for wire in silent { wire.close() }
    }
  }

  @Test func bodiesAreNotRead() throws {
    try withServer { server in
      let wire = Wire(server)
      wire.send(Array("POST /\(server.check.token)/ HTTP/1.1\r\nHost: 127.0.0.1:\(server.check.port)\r\nContent-Length: 100000000\r\n\r\n".utf8))
      wire.send([UInt8](repeating: 65, count: 1 << 18))
      #expect(!wire.readAll().contains("200 OK"))
      #expect(Wire(server).request("GET / HTTP/1.1", token: true).hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func aSocketShowsThePage() throws {
    try withServer { server in
      let wire = Wire(server)
      #expect(wire.upgrade().hasPrefix("HTTP/1.1 101"))
      let first = try #require(wire.readFrame())
      #expect(first.opcode == 1 && first.text.hasPrefix(#"{"kind":"page""#))
      wire.sendFrame("step")
      #expect(wire.frames(until: { $0.text.hasPrefix(#"{"kind":"values""#) && $0.text.contains(#""cycle":2"#) }))
      wire.sendFrame("hello?", opcode: 9)
      #expect(wire.frames(until: { $0.opcode == 10 && $0.text == "hello?" }))
      wire.sendFrame("", opcode: 8)
      #expect(wire.frames(until: { $0.opcode == 8 }))
    }
  }

  @Test func aSocketNeedsTokenHostAndOrigin() throws {
    try withServer { server in
      let port = server.check.port
      #expect(Wire(server).upgrade(token: "x").hasPrefix("HTTP/1.1 403"))
      #expect(Wire(server).upgrade(origin: "http://evil.example").hasPrefix("HTTP/1.1 403"))
      #expect(Wire(server).upgrade(origin: .some(nil)).hasPrefix("HTTP/1.1 403"))
      #expect(Wire(server).upgrade(host: "evil.example:\(port)").hasPrefix("HTTP/1.1 403"))
    }
  }

  /// What a frame may be is broken in each of its parts.
  @Test(
    arguments: [
      [0x81, 0x03, 0x61, 0x62, 0x63],  // not masked
      [0xF1, 0x80, 1, 2, 3, 4],  // reserved bits
      [0x83, 0x80, 1, 2, 3, 4],  // an unknown opcode
      [0x82, 0x81, 0, 0, 0, 0, 0xFF],  // not text
      [0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28],  // not UTF-8
      [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],  // far too long
      [0x80, 0x81, 0, 0, 0, 0, 0x61],  // goes on with nothing
      [0x89, 0xFE, 0x01, 0x00, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: 256),  // a long ping
    ] as [[UInt8]])
  func brokenFramesCloseTheSocket(_ frame: [UInt8]) throws {
    try withServer { server in
      let wire = Wire(server)
      #expect(wire.upgrade().hasPrefix("HTTP/1.1 101"))
      wire.send(frame)
      #expect(wire.isClosedByOther())
      #expect(Wire(server).upgrade().hasPrefix("HTTP/1.1 101"))
    }
  }

  @Test func clientsComeAndGo() throws {
    try withServer { server in
      for round in 0..<60 {
        let wire = Wire(server)
        _ = wire.upgrade()
        if round.isMultiple(of: 3) { wire.sendFrame("run") }
        if round.isMultiple(of: 2) { _ = wire.readFrame() }
        wire.close()
      }
      let last = Wire(server)
      #expect(last.upgrade().hasPrefix("HTTP/1.1 101"))
      #expect(last.frames(until: { $0.text.hasPrefix(#"{"kind":"state""#) }))
    }
  }

  @Test func aFolderShowsItsPagesAndNothingElse() throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    try FileManager.default.createDirectory(atPath: folder.path("in/deep"), withIntermediateDirectories: true)
    try folder.write(counterPage(), "in/a.xml")
    try folder.write(counterPage(), "in/deep/b.xml")
    try folder.write("secret", "in/notes.txt")
    try folder.write(counterPage(), "in/.hidden.xml")
    try folder.write(counterPage(), "outside.xml")
    try FileManager.default.createSymbolicLink(atPath: folder.path("in/link.xml"), withDestinationPath: folder.path("outside.xml"))
    let server = try LiveServer(path: folder.path("in"), port: 0, options: LiveOptions())
    defer { server.stop() }
    #expect(Wire(server).request("GET /pages HTTP/1.1", token: true).hasSuffix(#"{"isFolder":true,"pages":["a.xml","deep/b.xml"]}"#))
    #expect(Wire(server).upgrade(page: "deep%2Fb.xml").hasPrefix("HTTP/1.1 101"))
    for name in ["..%2Foutside.xml", "link.xml", "notes.txt", ".hidden.xml", "%2Fetc%2Fpasswd", "deep", "a.xml%00"] {
      #expect(Wire(server).upgrade(page: name).hasPrefix("HTTP/1.1 404"), "\(name)")
    }
  }

  @Test func aMissingPageAndATakenPortAreTold() throws {
    #expect(throws: LiveServer.Failure.self) { try LiveServer(path: "/nowhere/page.xml", port: 0, options: LiveOptions()) }
    try withServer { server in
      #expect(throws: LiveServer.Failure.self) { try LiveServer(path: server.pages.path, port: server.check.port, options: LiveOptions()) }
    }
  }

  private func withServer(_ body: (LiveServer) throws -> Void) throws {
    let folder = try TestFolder()
    defer { folder.remove() }
    let server = try LiveServer(path: try folder.write(counterPage(), "page.xml"), port: 0, options: LiveOptions())
    defer { server.stop() }
    try body(server)
  }
}
