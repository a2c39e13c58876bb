import Foundation
import Testing

@testable import Live

#if canImport(Glibc)
  import Glibc
#endif

/// A browser without a window, driven over two pipes by its DevTools protocol. It must be installed (Debian: `apt-get install chromium`).
final class Browser {
  /// The program, when there is one.
  static let program: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for name in ["chromium", "chromium-browser", "google-chrome", "chrome"] {
      for folder in folders where access(folder + "/" + name, X_OK) == 0 { return folder + "/" + name }
    }
    return nil
  }()

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private var process = pid_t(0)
  private let output: Int32
  private let input: Int32
  private let profile: TestFolder
  private var waiting: [UInt8] = []
  private var nextID = 0
  /// What pages have complained about: exceptions, errors on the console, and what could not be loaded.
  private(set) var complaints: [String] = []

  init() throws {
    guard let program = Browser.program else { throw Failure(description: "no browser") }
    profile = try TestFolder()
    var (toBrowser, fromBrowser): ([Int32], [Int32]) = ([0, 0], [0, 0])
    guard pipe(&toBrowser) == 0, pipe(&fromBrowser) == 0 else { throw Failure(description: "no pipes") }
    // Out of the way of 3 and 4, where the browser looks for them.
    let ends = [toBrowser[0], fromBrowser[1]].map { fcntl($0, F_DUPFD, 20) }
    close(toBrowser[0])
    close(fromBrowser[1])
    (output, input) = (toBrowser[1], fromBrowser[0])
    for end in [output, input] + ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 3)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 4)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let arguments = [
      program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--hide-scrollbars",
      "--force-color-profile=srgb", "--user-data-dir=" + profile.url.path, "about:blank",
    ]
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let status = posix_spawn(&process, program, &actions, nil, &pointers, environ)
    for end in ends { close(end) }
    guard status == 0 else { throw Failure(description: "\(program) does not start") }
  }

  deinit {
    close(output)
    close(input)
    if process > 0 {
      kill(process, SIGTERM)
      var status: Int32 = 0
      for _ in 0..<200 where waitpid(process, &status, WNOHANG) == 0 { usleep(10_000) }
      kill(process, SIGKILL)
      waitpid(process, &status, WNOHANG)
    }
    profile.remove()
  }

  // MARK: The protocol

  /// Calls a method and gives its result. Events that come meanwhile are looked at.
  @discardableResult func call(_ method: String, _ parameters: JSON = [:], session: String? = nil) throws -> JSON {
    nextID += 1
    let id = nextID
    var message: JSON = ["id": id, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { write(output, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
      if count <= 0 { throw Failure(description: "the browser has gone") }
      offset += count
    }
    let end = Date(timeIntervalSinceNow: 60)
    while Date() < end {
      guard let answer = try read(seconds: 60) else { break }
      guard answer["id"] as? Int == id else {
        note(answer)
        continue
      }
      if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
      return answer["result"] as? JSON ?? [:]
    }
    throw Failure(description: "\(method): no answer")
  }

  private func read(seconds: Double) throws -> JSON? {
    while true {
      if let end = waiting.firstIndex(of: 0) {
        let message = Data(waiting[..<end])
        waiting.removeSubrange(...end)
        return try JSONSerialization.jsonObject(with: message) as? JSON
      }
      var one = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      guard poll(&one, 1, Int32(seconds * 1000)) > 0 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = Foundation.read(input, &buffer, buffer.count)
      if count <= 0 { return nil }
      waiting += buffer[0..<count]
    }
  }

  private func note(_ event: JSON) {
    let parameters = event["params"] as? JSON ?? [:]
    switch event["method"] as? String {
    case "Runtime.exceptionThrown": complaints.append("\(parameters["exceptionDetails"] ?? "")")
    case "Runtime.consoleAPICalled" where ["error", "warning", "assert"].contains(parameters["type"] as? String):
      complaints.append("\(parameters["args"] ?? "")")
    case "Log.entryAdded":
      let entry = parameters["entry"] as? JSON ?? [:]
      if ["error", "warning"].contains(entry["level"] as? String) { complaints.append("\(entry["text"] ?? "")") }
    default: break
    }
  }
}

/// A tab of a browser.
final class Tab {
  let browser: Browser
  private let session: String
  private let target: String

  /// Whether a live page is there.
  static let isLive = "document.querySelector('#stage svg') && window.enuflow && window.enuflow.state().cycle >= 0"

  init(
    _ browser: Browser, _ address: String, width: Int = 1280, height: Int = 800, isDark: Bool = false, until isDrawn: String = Tab.isLive
  ) throws {
    self.browser = browser
    target = try browser.call("Target.createTarget", ["url": "about:blank"])["targetId"] as? String ?? ""
    session = try browser.call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"] as? String ?? ""
    for domain in ["Runtime", "Log", "Page"] { try call(domain + ".enable") }
    try resize(width: width, height: height)
    try call("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]])
    try call("Page.navigate", ["url": address])
    try wait("the page to be drawn", isDrawn)
  }

  deinit { _ = try? browser.call("Target.closeTarget", ["targetId": target]) }

  @discardableResult func call(_ method: String, _ parameters: JSON = [:]) throws -> JSON {
    try browser.call(method, parameters, session: session)
  }

  func resize(width: Int, height: Int) throws {
    try call("Emulation.setDeviceMetricsOverride", ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
  }

  /// The value of an expression of the page.
  @discardableResult func evaluate(_ expression: String) throws -> Any? {
    let result = try call("Runtime.evaluate", ["expression": expression, "returnByValue": true, "awaitPromise": true])
    if let details = result["exceptionDetails"] as? JSON { throw Browser.Failure(description: "\(expression): \(details)") }
    return (result["result"] as? JSON)?["value"]
  }

  func bool(_ expression: String) throws -> Bool { try evaluate("Boolean(\(expression))") as? Bool ?? false }
  func text(_ expression: String) throws -> String { try evaluate("String(\(expression))") as? String ?? "" }
  func number(_ expression: String) throws -> Double { try evaluate("Number(\(expression))") as? Double ?? .nan }

  func wait(_ what: String, _ expression: String, seconds: Double = 20) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      if try bool(expression) { return }
      Thread.sleep(forTimeInterval: 0.005)
    }
    throw Browser.Failure(description: "\(what): did not happen")
  }

  func click(_ selector: String) throws {
    let place = try evaluate(
      "(() => { const b = document.querySelector(\(quoted(selector))).getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
    guard let place = place as? [Double], place.count == 2 else { throw Browser.Failure(description: "no \(selector)") }
    for kind in ["mousePressed", "mouseReleased"] {
      try call("Input.dispatchMouseEvent", ["type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1])
    }
  }

  func press(_ key: String, code: String? = nil, text: String? = nil) throws {
    let codes = ["Tab": 9, "Enter": 13, "Escape": 27, " ": 32, ".": 190, "ArrowRight": 39]
    var parameters: JSON = ["key": key, "code": code ?? key, "windowsVirtualKeyCode": codes[key] ?? 0]
    if let text { parameters["text"] = text }
    parameters["type"] = text == nil ? "rawKeyDown" : "keyDown"
    try call("Input.dispatchKeyEvent", parameters)
    parameters["type"] = "keyUp"
    parameters["text"] = nil
    try call("Input.dispatchKeyEvent", parameters)
  }

  /// Writes text where the focus is.
  func type(_ text: String) throws { try call("Input.insertText", ["text": text]) }

  func screenshot() throws -> Data {
    let result = try call("Page.captureScreenshot", ["format": "png", "optimizeForSpeed": false])
    guard let data = (result["data"] as? String).flatMap({ Data(base64Encoded: $0) }) else { throw Browser.Failure(description: "no screenshot") }
    return data
  }

  func quoted(_ text: String) -> String {
    let data = (try? JSONSerialization.data(withJSONObject: [text])) ?? Data()
    return String(String(decoding: data, as: UTF8.self).dropFirst().dropLast())
  }
}
