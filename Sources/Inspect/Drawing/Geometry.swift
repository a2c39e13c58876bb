/// A colour of the page, and how opaque it is.
public struct PictureColor: Sendable, Equatable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8
  public var opacity = 1.0

  /// How light it looks, from 0 to 1.
  var lightness: Double { (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255 }

  var text: String { "rgb(\(red),\(green),\(blue))" }

  /// Reads `rgb(r,g,b)`, `#rrggbb`, `#rgb` or a few names; nil for `none` and what is none of these.
  init?(_ text: String) {
    let text = text.lowercased().filter { !$0.isWhitespace }
    if text.hasPrefix("rgb("), text.hasSuffix(")") {
      let parts = text.dropFirst(4).dropLast().split(separator: ",").compactMap { UInt8($0) }
      guard parts.count == 3 else { return nil }
      (red, green, blue) = (parts[0], parts[1], parts[2])
    } else if text.hasPrefix("#"), let number = UInt32(text.dropFirst(), radix: 16), text.utf8.count == 7 {
      (red, green, blue) = (UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255))
    } else if text.hasPrefix("#"), let number = UInt32(text.dropFirst(), radix: 16), text.utf8.count == 4 {
      (red, green, blue) = (UInt8(number >> 8) * 17, UInt8(number >> 4 & 15) * 17, UInt8(number & 15) * 17)
    } else {
      let names: [String: (UInt8, UInt8, UInt8)] = [
        "black": (0, 0, 0), "white": (255, 255, 255), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "gray": (128, 128, 128),
        "yellow": (255, 255, 0),
      ]
      guard let found = names[text] else { return nil }
      (red, green, blue) = found
    }
  }
}

/// An affine map as SVG writes it: `matrix(a, b, c, d, e, f)`.
public struct PictureTransform: Sendable, Equatable {
  public var a = 1.0
  public var b = 0.0
  public var c = 0.0
  public var d = 1.0
  public var e = 0.0
  public var f = 0.0

  public static let identity = PictureTransform()

  /// The map that does `inner` first, then this one.
  func after(_ inner: PictureTransform) -> PictureTransform {
    PictureTransform(
      a: a * inner.a + c * inner.b, b: b * inner.a + d * inner.b, c: a * inner.c + c * inner.d, d: b * inner.c + d * inner.d,
      e: a * inner.e + c * inner.f + e, f: b * inner.e + d * inner.f + f)
  }

  func callAsFunction(_ point: Drawing.Point) -> Drawing.Point {
    Drawing.Point(x: a * point.x + c * point.y + e, y: b * point.x + d * point.y + f)
  }

  /// The box around a mapped box.
  func callAsFunction(_ rect: Drawing.Rect) -> Drawing.Rect {
    var box = PictureBox()
    for (x, y) in [(rect.x, rect.y), (rect.right, rect.y), (rect.x, rect.bottom), (rect.right, rect.bottom)] {
      box.add(self(Drawing.Point(x: x, y: y)))
    }
    return box.rect
  }

  /// How much larger things become.
  var scale: Double { (abs(a * d - b * c)).squareRoot() }
}

extension Drawing {
  public typealias Transform = PictureTransform
}

/// The smallest box around what was added.
struct PictureBox {
  private var low: Drawing.Point?
  private var high = Drawing.Point(x: 0, y: 0)

  mutating func add(_ point: Drawing.Point) {
    guard let least = low else {
      (low, high) = (point, point)
      return
    }
    low = Drawing.Point(x: min(least.x, point.x), y: min(least.y, point.y))
    high = Drawing.Point(x: max(high.x, point.x), y: max(high.y, point.y))
  }

  mutating func add(_ rect: Drawing.Rect) {
    add(Drawing.Point(x: rect.x, y: rect.y))
    add(Drawing.Point(x: rect.right, y: rect.bottom))
  }

  /// An empty one lies at the origin.
  var rect: Drawing.Rect {
    guard let low else { return Drawing.Rect(x: 0, y: 0, width: 0, height: 0) }
    return Drawing.Rect(x: low.x, y: low.y, width: high.x - low.x, height: high.y - low.y)
  }
}

extension Drawing.Rect {
  func insetBy(_ margin: Double) -> Drawing.Rect {
    Drawing.Rect(x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
  }

  func moved(_ dx: Double, _ dy: Double) -> Drawing.Rect { Drawing.Rect(x: x + dx, y: y + dy, width: width, height: height) }
}
