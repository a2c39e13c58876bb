/// The browser's part: the files of the folder `Browser`, which the package manager has put into the program.
enum Assets {
  struct Asset: Sendable {
    var type: String
    var bytes: [UInt8]
  }

  static let all: [String: Asset] = [
    "index.html": Asset(type: "text/html", bytes: PackageResources.index_html),
    "live.css": Asset(type: "text/css", bytes: PackageResources.live_css),
    "live.js": Asset(type: "text/javascript", bytes: PackageResources.live_js),
    "drawing.js": Asset(type: "text/javascript", bytes: PackageResources.drawing_js),
    "trends.js": Asset(type: "text/javascript", bytes: PackageResources.trends_js),
    "panel.js": Asset(type: "text/javascript", bytes: PackageResources.panel_js),
    "tensor.js": Asset(type: "text/javascript", bytes: PackageResources.tensor_js),
  ]
}
