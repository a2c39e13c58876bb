import NIOHTTP1

/// Decides what a request gets. It knows nothing of files: whatever is served has its name in a list.
///
/// A page that another site has loaded into the same browser may send requests to loopback, and a name of its own may be made to mean
/// 127.0.0.1. So the host must be this server's, the origin (when there is one) too, and the path begins with a token that only the terminal
/// has shown.
struct RequestCheck: Sendable {
  let token: String
  let port: Int
  /// The files of the browser's part.
  let assets: Set<String>

  enum Decision: Equatable {
    case asset(String)
    /// The list of pages.
    case pages
    /// A live connection to a page; nil for the only one.
    case live(page: String?)
    case refused(HTTPResponseStatus, String)
  }

  /// The longest path that is looked at.
  static let maximalPath = 4_096

  func decide(_ head: HTTPRequestHead) -> Decision {
    guard head.method == .GET || head.method == .HEAD else { return .refused(.methodNotAllowed, "only GET is known here") }
    let hosts = head.headers["host"]
    guard hosts.count == 1, names.contains(hosts[0]) else { return .refused(.forbidden, "the host must be 127.0.0.1:\(port)") }
    let origins = head.headers["origin"]
    guard origins.count <= 1, origins.allSatisfy({ origin in names.contains { "http://" + $0 == origin } }) else {
      return .refused(.forbidden, "this does not answer to other sites")
    }
    // What is left of a browser's protection for what comes without an origin.
    if let site = head.headers["sec-fetch-site"].first, site == "cross-site" || site == "same-site" {
      // A link that somebody follows is fine: it only opens the page.
      guard head.headers["sec-fetch-mode"].first == "navigate" else { return .refused(.forbidden, "this does not answer to other sites") }
    }
    guard head.uri.utf8.count <= RequestCheck.maximalPath else { return .refused(.uriTooLong, "the address is too long") }
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard path.count == 3, path[0].isEmpty, isToken(path[1]) else {
      return .refused(.forbidden, "open the address that `enuflow view` has printed")
    }
    switch path[2] {
    case "": return .asset("index.html")
    case "pages": return .pages
    case "live":
      guard head.isWebSocketUpgrade else { return .refused(.upgradeRequired, "this address is for WebSockets") }
      guard !origins.isEmpty else { return .refused(.forbidden, "a WebSocket needs an origin") }
      return .live(page: parts.count > 1 ? RequestCheck.parameter("page", in: parts[1]) : nil)
    case let name where assets.contains(String(name)): return .asset(String(name))
    default: return .refused(.notFound, "there is nothing of this name")
    }
  }

  private var names: [String] { ["127.0.0.1:\(port)", "localhost:\(port)"] }

  /// Compares all bytes, so that the time it takes tells nothing.
  private func isToken(_ text: Substring) -> Bool {
    let (a, b) = (Array(text.utf8), Array(token.utf8))
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// A parameter of a query, its `%XX` decoded; nil when it is not there or no text.
  static func parameter(_ name: String, in query: Substring) -> String? {
    for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
      var bytes: [UInt8] = []
      var rest = Array(pair.utf8.dropFirst(name.utf8.count + 1))[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
          bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
          continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
        bytes.append(value)
        rest.removeFirst(2)
      }
      return String(validating: bytes, as: UTF8.self)
    }
    return nil
  }

  /// A token that nobody can guess: 128 random bits.
  static func newToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

extension HTTPRequestHead {
  var isWebSocketUpgrade: Bool { headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" } }
}
