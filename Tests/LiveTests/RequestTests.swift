import NIOHTTP1
import Testing

@testable import Live

@Suite struct RequestTests {
  let check = RequestCheck(token: "0123456789abcdef", port: 4242, assets: ["index.html", "live.js"])

  private func decide(_ uri: String, method: HTTPMethod = .GET, _ headers: [(String, String)] = []) -> RequestCheck.Decision {
    let host = headers.contains { $0.0 == "host" } ? [] : [("host", "127.0.0.1:4242")]
    return check.decide(HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(host + headers.filter { !$0.1.isEmpty })))
  }

  private func status(_ decision: RequestCheck.Decision) -> UInt? {
    if case .refused(let status, _) = decision { status.code } else { nil }
  }

  private let upgrade = [("upgrade", "websocket"), ("connection", "Upgrade"), ("origin", "http://127.0.0.1:4242")]

  @Test func whatThereIs() {
    #expect(decide("/0123456789abcdef/") == .asset("index.html"))
    #expect(decide("/0123456789abcdef/?page=a.xml") == .asset("index.html"))
    #expect(decide("/0123456789abcdef/live.js", [("host", "localhost:4242")]) == .asset("live.js"))
    #expect(decide("/0123456789abcdef/pages") == .pages)
    #expect(decide("/0123456789abcdef/live", upgrade) == .live(page: nil))
    #expect(decide("/0123456789abcdef/live?page=a%2Fb%20c.xml", upgrade) == .live(page: "a/b c.xml"))
  }

  @Test(arguments: [
    "/", "/live.js", "/0123456789abcdee/", "/0123456789abcde/", "/0123456789abcdef0/", "//0123456789abcdef/", "0123456789abcdef/", "*",
    "http://127.0.0.1:4242/0123456789abcdef/", "",
  ])
  func nothingWithoutTheToken(_ uri: String) { #expect(status(decide(uri)) == 403) }

  @Test(arguments: [
    "/0123456789abcdef/../live.js", "/0123456789abcdef/../../etc/passwd", "/0123456789abcdef//etc/passwd", "/0123456789abcdef/%2e%2e/page.xml",
    "/0123456789abcdef/page.xml", "/0123456789abcdef/live.js/", "/0123456789abcdef/index.html%00", "/0123456789abcdef/LIVE.JS",
  ])
  func nothingButTheList(_ uri: String) { #expect(status(decide(uri)) == 404) }

  @Test(arguments: ["evil.example:4242", "127.0.0.1", "127.0.0.1:4243", "127.0.0.1:4242.evil.example", "[::1]:4242", "0.0.0.0:4242", ""])
  func otherHostsAreRefused(_ host: String) { #expect(status(decide("/0123456789abcdef/", [("host", host)])) == 403) }

  @Test func twoHostsAreRefused() {
    #expect(status(decide("/0123456789abcdef/", [("host", "127.0.0.1:4242"), ("host", "127.0.0.1:4242")])) == 403)
  }

  @Test(arguments: [
    "http://evil.example", "https://127.0.0.1:4242", "null", "http://127.0.0.1:4243", "http://127.0.0.1", "http://localhost:4242.evil.example",
  ])
  func otherOriginsAreRefused(_ origin: String) {
    #expect(status(decide("/0123456789abcdef/", [("origin", origin)])) == 403)
    #expect(status(decide("/0123456789abcdef/live", upgrade.dropLast() + [("origin", origin)])) == 403)
  }

  @Test func otherSitesAreRefused() {
    #expect(status(decide("/0123456789abcdef/live.js", [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")])) == 403)
    #expect(decide("/0123456789abcdef/", [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]) == .asset("index.html"))
  }

  @Test func aSocketNeedsAnOriginAndAnUpgrade() {
    #expect(status(decide("/0123456789abcdef/live", Array(upgrade.dropLast()))) == 403)
    #expect(status(decide("/0123456789abcdef/live")) == 426)
  }

  @Test(arguments: [HTTPMethod.POST, .PUT, .DELETE, .OPTIONS, .CONNECT, .TRACE])
  func onlyReading(_ method: HTTPMethod) { #expect(status(decide("/0123456789abcdef/", method: method)) == 405) }

  @Test func longAddressesAreRefused() {
    #expect(status(decide("/0123456789abcdef/" + String(repeating: "a", count: 5_000))) == 414)
  }

  @Test func parameters() {
    #expect(RequestCheck.parameter("page", in: "x=1&page=a+b%C3%A4") == "a bä")
    #expect(RequestCheck.parameter("page", in: "page=%f") == nil)
    #expect(RequestCheck.parameter("page", in: "page=%ff%fe") == nil)
    #expect(RequestCheck.parameter("page", in: "pages=a") == nil)
  }

  @Test func tokensDiffer() {
    let tokens = Set((0..<100).map { _ in RequestCheck.newToken() })
    #expect(tokens.count == 100 && tokens.allSatisfy { $0.utf8.count == 32 })
  }
}
