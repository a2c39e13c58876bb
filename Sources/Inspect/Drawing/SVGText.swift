import CBrowserFiles

/// Markup being put together. Whatever comes from a page goes through ``text(_:)`` or ``attribute(_:_:)``, which escape it.
struct SVGText {
  private(set) var bytes: [UInt8] = []

  /// Markup of our own, as it is.
  mutating func raw(_ markup: StaticString) { markup.withUTF8Buffer { bytes.append(contentsOf: $0) } }

  /// Markup of our own that was put together: never with a text of a page in it.
  mutating func ours(_ markup: some Sequence<UInt8>) { bytes.append(contentsOf: markup) }
  mutating func ours(_ file: ef_browser_file) { ours(UnsafeBufferPointer(start: file.bytes, count: file.count)) }

  /// Text of any origin. Characters that XML may not hold become U+FFFD.
  mutating func text(_ text: some StringProtocol) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": raw("&lt;")
      case ">": raw("&gt;")
      case "&": raw("&amp;")
      case "\"": raw("&quot;")
      case "'": raw("&#39;")
      case "\n": raw("&#10;")
      case "\t": raw(" ")
      default:
        let value = scalar.value
        if value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0xFFFE || value == 0xFFFF || SVGText.turnsText(value) {
          raw("\u{FFFD}")
        } else {
          if let encoded = UTF8.encode(scalar) { bytes.append(contentsOf: encoded) }
        }
      }
    }
  }

  /// Marks that turn the direction of what follows: a text must not reorder its neighbours.
  private static func turnsText(_ value: UInt32) -> Bool { (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value) }

  /// ` name="value"`.
  mutating func attribute(_ name: StaticString, _ value: some StringProtocol) {
    raw(" ")
    raw(name)
    raw("=\"")
    text(value)
    raw("\"")
  }

  /// ` name="number"`.
  mutating func attribute(_ name: StaticString, _ value: Double) {
    raw(" ")
    raw(name)
    raw("=\"")
    number(value)
    raw("\"")
  }

  /// A number of a picture: at most two decimals. What is no number, or would lie beyond every screen, is brought back.
  mutating func number(_ value: Double) {
    let limited = value.isFinite ? min(max(value, -1e8), 1e8) : 0
    let hundredths = Int((limited * 100).rounded())
    if hundredths < 0 { bytes.append(UInt8(ascii: "-")) }
    let magnitude = hundredths.magnitude
    bytes.append(contentsOf: String(magnitude / 100).utf8)
    let rest = magnitude % 100
    if rest > 0 {
      bytes.append(UInt8(ascii: "."))
      bytes.append(UInt8(ascii: "0") + UInt8(rest / 10))
      if rest % 10 > 0 { bytes.append(UInt8(ascii: "0") + UInt8(rest % 10)) }
    }
  }

  mutating func point(_ point: Drawing.Point) {
    number(point.x)
    raw(" ")
    number(point.y)
  }

  mutating func frame(_ rect: Drawing.Rect) {
    attribute("x", rect.x)
    attribute("y", rect.y)
    attribute("width", max(0, rect.width))
    attribute("height", max(0, rect.height))
  }

  /// ` d="…"` of a line.
  mutating func path(_ segments: [Drawing.Segment]) {
    raw(" d=\"")
    for segment in segments {
      switch segment {
      case .move(let to):
        raw("M")
        point(to)
      case .line(let to):
        raw("L")
        point(to)
      case .curve(let first, let second, let to):
        raw("C")
        point(first)
        raw(" ")
        point(second)
        raw(" ")
        point(to)
      }
    }
    raw("\"")
  }

  mutating func transform(_ map: Drawing.Transform) {
    if map == .identity { return }
    raw(" transform=\"matrix(")
    for (index, value) in [map.a, map.b, map.c, map.d].enumerated() {
      if index > 0 { raw(" ") }
      // Angles need more than two decimals.
      bytes.append(contentsOf: String((min(max(value.isFinite ? value : 0, -1e4), 1e4) * 1e6).rounded() / 1e6).utf8)
    }
    raw(" ")
    number(map.e)
    raw(" ")
    number(map.f)
    raw(")\"")
  }
}
