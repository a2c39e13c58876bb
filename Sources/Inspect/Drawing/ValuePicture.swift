import TensorCore

/// The picture of one value: few elements as numbers, a large matrix as a heat map, anything else as a histogram; with min and max.
public enum ValuePicture {
  /// What a value of a shape looks like.
  public enum Kind: Sendable, Equatable {
    case numbers(rows: Int, columns: Int)
    case heatMap
    case histogram
    /// There is no element.
    case empty
  }

  static let columnWidth = 56.0
  static let rowHeight = 15.0
  static let fontSize = 11.0
  private static let captionHeight = 14.0

  /// How a tensor of this dtype and shape is shown.
  public static func kind(dtype: DType, shape: Shape) -> Kind {
    guard let count = shape.count, count > 0 else { return .empty }
    let columns = shape.dims.last ?? 1
    let rows = count / max(1, columns)
    if dtype == .string { return .numbers(rows: min(rows * columns, 4), columns: 1) }
    if columns <= 6, rows <= 8 { return .numbers(rows: rows, columns: columns) }
    // Leading dimensions of 1 do not keep a matrix from being one.
    let inner = shape.dims.drop { $0 == 1 }
    return inner.count == 2 && inner.allSatisfy { $0 > 1 } ? .heatMap : .histogram
  }

  /// The room that a value of this dtype and shape wants.
  public static func size(dtype: DType, shape: Shape) -> (width: Double, height: Double) {
    switch kind(dtype: dtype, shape: shape) {
    case .numbers(let rows, let columns):
      (dtype == .string ? 150 : max(1, Double(columns)) * columnWidth + 8, Double(rows) * rowHeight + 6)
    case .empty: (64, rowHeight + 6)
    case .histogram: (136, 48 + captionHeight)
    case .heatMap:
      if case let dims = shape.dims.suffix(2), let rows = dims.first, let columns = dims.last {
        heatMapSize(rows: rows, columns: columns)
      } else {
        (136, 48 + captionHeight)
      }
    }
  }

  private static func heatMapSize(rows: Int, columns: Int) -> (width: Double, height: Double) {
    let ratio = Double(columns) / Double(max(1, rows))
    let width = min(168, max(112, 84 * ratio.squareRoot()))
    return (width, min(112, max(36, width / ratio)) + captionHeight)
  }

  /// The fragment of SVG that shows `tensor` within `width` x `height`; its left upper corner is the origin.
  ///
  /// It is what stands in the `<g class="value">` of a drawing. Where the room is too small for the numbers, they are drawn as a heat
  /// map or a histogram; where there is none for the caption, that is left out. The exact values are its `<title>`, as far as they are few.
  public static func svg(tensor: Tensor, width: Double, height: Double) -> String {
    var text = SVGText()
    write(tensor, width: width, height: height, to: &text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  static func write(_ tensor: Tensor, width: Double, height: Double, to text: inout SVGText) {
    text.raw("<title>")
    text.text("\(tensor.dtype) \(tensor.shape)")
    if tensor.count > 0 {
      text.raw(": ")
      let line = TensorText(tensor, width: 240)
      text.text(line.values)
      if let summary = line.summary {
        text.raw("&#10;")
        text.text(summary)
      }
    }
    text.raw("</title>")
    switch kind(dtype: tensor.dtype, shape: tensor.shape) {
    case .empty: writeNumbers([["empty"]], width: width, height: height, to: &text)
    case .numbers(let rows, let columns):
      let isSmall = height < Double(rows) * 8 || width < Double(columns) * 24
      if isSmall, tensor.dtype != .string {
        writeLarge(tensor, asHeatMap: rows > 1, width: width, height: height, to: &text)
      } else {
        let cells = (0..<rows).map { row in (0..<columns).map { number(tensor, at: row * columns + $0) } }
        writeNumbers(cells, width: width, height: height, to: &text)
      }
    case .heatMap: writeLarge(tensor, asHeatMap: true, width: width, height: height, to: &text)
    case .histogram: writeLarge(tensor, asHeatMap: false, width: width, height: height, to: &text)
    }
  }

  // MARK: Numbers

  /// An element in at most nine characters: as it is where that suffices, else rounded.
  static func number(_ tensor: Tensor, at index: Int) -> String {
    let exact = ValueFormat.shortest(tensor, at: index)
    if exact.utf8.count <= 7 { return exact }
    if tensor.dtype == .string { return TextMetrics.fitted(exact, width: 140, size: 10.5) }
    guard let value = Double(exact), value.isFinite else { return exact }
    return brief(value)
  }

  /// Five significant digits.
  static func brief(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    var magnitude = abs(value)
    var exponent = 0
    // Extremes need few steps: a double has 308 powers of ten.
    while magnitude >= 10 { (magnitude, exponent) = (magnitude / 10, exponent + 1) }
    while magnitude < 1 { (magnitude, exponent) = (magnitude * 10, exponent - 1) }
    var digits = Int((magnitude * 10_000).rounded())
    if digits >= 100_000 { (digits, exponent) = (digits / 10, exponent + 1) }
    let text = String(digits)
    func trimmed(_ text: String) -> String {
      guard text.contains(".") else { return text }
      var text = text
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
      return text
    }
    let body: String
    switch exponent {
    case 0..<5: body = trimmed(text.prefix(exponent + 1) + "." + text.dropFirst(exponent + 1))
    case 5..<7: body = text + String(repeating: "0", count: exponent - 4)
    case -3..<0: body = trimmed("0." + String(repeating: "0", count: -exponent - 1) + text)
    default:
      // With an exponent there is room for four.
      let four = (digits + 5) / 10
      let carried = four >= 10_000 ? (1_000, exponent + 1) : (four, exponent)
      body = trimmed("\(carried.0 / 1_000)." + String(String(carried.0).dropFirst())) + "e\(carried.1)"
    }
    return value < 0 ? "-" + body : body
  }

  private static func writeNumbers(_ rows: [[String]], width: Double, height: Double, to text: inout SVGText) {
    let columns = rows.first?.count ?? 1
    let rowHeight = min(rowHeight, height / Double(max(1, rows.count)))
    let cell = min(76, (width - 4) / Double(max(1, columns)))
    let left = (width - cell * Double(columns)) / 2
    let size = min(fontSize, rowHeight * 0.8)
    let top = (height - rowHeight * Double(rows.count)) / 2
    for (row, cells) in rows.enumerated() {
      for (column, value) in cells.enumerated() {
        let room = columns == 1 ? width - 6 : cell - 5
        let wanted = Double(value.unicodeScalars.count) * TextMetrics.cell(size: size)
        text.raw("<text class=\"number\"")
        // A single number stands in the middle, columns are set flush right.
        let isSingle = columns == 1
        text.attribute("x", isSingle ? width / 2 : left + cell * Double(column + 1) - 5)
        text.attribute("y", top + rowHeight * (Double(row) + 0.5) + size * 0.35)
        text.attribute("text-anchor", isSingle ? "middle" : "end")
        text.attribute("font-size", size)
        if wanted > room {
          text.attribute("textLength", room)
          text.attribute("lengthAdjust", "spacingAndGlyphs")
        }
        text.raw(">")
        text.text(value)
        text.raw("</text>")
      }
    }
  }

  // MARK: Many values

  private static func writeLarge(_ tensor: Tensor, asHeatMap: Bool, width: Double, height: Double, to text: inout SVGText) {
    guard let numbers = PictureNumbers(tensor) else {
      writeNumbers([["\(tensor.count) values"]], width: width, height: height, to: &text)
      return
    }
    let hasCaption = height >= 30
    let room = Drawing.Rect(x: 2, y: 2, width: width - 4, height: height - (hasCaption ? captionHeight : 0) - 4)
    if asHeatMap {
      HeatMap.write(numbers, shape: tensor.shape, in: room, to: &text)
    } else {
      writeHistogram(numbers, in: room, to: &text)
    }
    guard hasCaption else { return }
    func caption(_ value: String, x: Double, _ anchor: String) {
      text.raw("<text class=\"caption\" font-size=\"9\"")
      text.attribute("x", x)
      text.attribute("y", height - 4)
      text.attribute("text-anchor", anchor)
      text.raw(">")
      text.text(value)
      text.raw("</text>")
    }
    if numbers.finiteCount > 0 {
      caption(brief(numbers.least), x: 3, "start")
      caption(brief(numbers.most), x: width - 3, "end")
    }
    let odd = tensor.count - numbers.finiteCount
    if odd > 0 { caption("\(odd) not finite", x: width / 2, "middle") }
  }

  /// One bar for each of up to 28 equal parts of the range.
  private static func writeHistogram(_ numbers: PictureNumbers, in room: Drawing.Rect, to text: inout SVGText) {
    let bars = max(4, min(28, Int(room.width / 4.5)))
    let counts = numbers.histogram(bars)
    guard let most = counts.max(), most > 0 else { return }
    text.raw("<path class=\"bars\" d=\"")
    let step = room.width / Double(bars)
    for (index, count) in counts.enumerated() where count > 0 {
      // Few are still seen.
      let bar = max(1, room.height * Double(count) / Double(most))
      text.raw("M")
      text.point(Drawing.Point(x: room.x + step * Double(index) + 0.5, y: room.bottom))
      text.raw("v")
      text.number(-bar)
      text.raw("h")
      text.number(step - 1)
      text.raw("v")
      text.number(bar)
      text.raw("z")
    }
    text.raw("\"/><path class=\"axis\" d=\"M")
    text.point(Drawing.Point(x: room.x, y: room.bottom))
    text.raw("h")
    text.number(room.width)
    text.raw("\"/>")
  }
}

/// The elements of a numeric tensor, for pictures: walked where they lie.
struct PictureNumbers {
  let tensor: Tensor
  private(set) var least = Double.infinity
  private(set) var most = -Double.infinity
  private(set) var finiteCount = 0

  /// Nil for strings.
  init?(_ tensor: Tensor) {
    if tensor.dtype == .string { return nil }
    self.tensor = tensor
    var (least, most, count) = (Double.infinity, -Double.infinity, 0)
    forEach { _, value in
      guard value.isFinite else { return }
      count += 1
      if value < least { least = value }
      if value > most { most = value }
    }
    (self.least, self.most, finiteCount) = (least, most, count)
  }

  /// All elements in order; of complex ones the magnitudes.
  func forEach(_ body: (Int, Double) -> Void) { tensor.forEachNumber(body) }

  /// How many elements lie in each of `parts` equal parts of the range.
  func histogram(_ parts: Int) -> [Int] {
    var counts = Array(repeating: 0, count: max(1, parts))
    let scale = most > least ? Double(counts.count) / (most - least) : 0
    forEach { _, value in
      guard value.isFinite else { return }
      // The range of two large doubles may overflow to infinity; then all are in the first part.
      let place = scale > 0 ? (value - least) * scale : 0
      counts[min(counts.count - 1, max(0, Int(place.isFinite ? place : 0)))] += 1
    }
    return counts
  }
}
