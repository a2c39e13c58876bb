import CBrowserFiles

/// The browser's part.
enum Assets {
  struct Asset: Sendable {
    var type: String
    var bytes: [UInt8]

    init(type: String, bytes file: ef_browser_file) {
      self.type = type
      bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
    }
  }

  static let all: [String: Asset] = [
    "index.html": Asset(type: "text/html", bytes: ef_live_index()),
    "live.css": Asset(type: "text/css", bytes: ef_live_css()),
    "live.js": Asset(type: "text/javascript", bytes: ef_live_js()),
    "drawing.js": Asset(type: "text/javascript", bytes: ef_live_drawing()),
    "trends.js": Asset(type: "text/javascript", bytes: ef_live_trends()),
    "panel.js": Asset(type: "text/javascript", bytes: ef_live_panel()),
    "tensor.js": Asset(type: "text/javascript", bytes: ef_live_tensor()),
  ]
}
