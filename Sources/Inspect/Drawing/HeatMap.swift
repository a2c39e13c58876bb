import TensorCore

/// A matrix as a small picture of pixels: blue below zero, red above, from white at zero; from light to dark where all have one sign.
enum HeatMap {
  private static let maximalRows = 56
  private static let maximalColumns = 84
  /// The palette: 0 for what is no number, then 31 steps of a scale.
  private static let steps = 31

  static func write(_ numbers: PictureNumbers, shape: Shape, in room: Drawing.Rect, to text: inout SVGText) {
    let columns = max(1, shape.dims.last ?? 1)
    let rows = max(1, numbers.tensor.count / columns)
    let (width, height) = (min(columns, maximalColumns), min(rows, maximalRows))
    // Cells of a large matrix show the mean of what they cover.
    var sums = Array(repeating: 0.0, count: width * height)
    var counts = Array(repeating: 0.0, count: width * height)
    numbers.forEach { index, value in
      guard value.isFinite else { return }
      let cell = index / columns * height / rows * width + index % columns * width / columns
      guard sums.indices.contains(cell) else { return }
      sums[cell] += value
      counts[cell] += 1
    }
    let isSigned = numbers.least < 0 && numbers.most > 0
    let reach = max(abs(numbers.least), abs(numbers.most))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height)
    for (sum, count) in zip(sums, counts) {
      guard count > 0 else {
        pixels.append(0)
        continue
      }
      let value = sum / count
      let place = isSigned ? (value / reach + 1) / 2 : numbers.most > numbers.least ? (value - numbers.least) / (numbers.most - numbers.least) : 0.5
      pixels.append(1 + UInt8(min(max(place.isFinite ? place : 0.5, 0), 1) * Double(steps - 1) + 0.5))
    }
    text.raw("<image class=\"heat\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\"")
    text.frame(room)
    var base64: [UInt8] = []
    appendBase64(IndexedPNG.bytes(pixels, width: width, height: height, palette: isSigned ? signedPalette : plainPalette), to: &base64)
    text.attribute("href", "data:image/png;base64," + String(decoding: base64, as: UTF8.self))
    text.raw("/>")
  }

  private static let missing: [UInt8] = [200, 40, 220]
  private static let signedPalette = palette([(33, 84, 160), (120, 170, 215), (246, 246, 244), (235, 150, 110), (170, 36, 40)])
  private static let plainPalette = palette([(247, 249, 250), (150, 196, 205), (62, 132, 160), (30, 66, 112), (16, 24, 58)])

  /// Colours between the given ones, evenly.
  private static func palette(_ stops: [(Double, Double, Double)]) -> [UInt8] {
    missing
      + (0..<steps).flatMap { step -> [UInt8] in
        let place = Double(step) / Double(steps - 1) * Double(stops.count - 1)
        let index = min(Int(place), stops.count - 2)
        let (low, high, part) = (stops[index], stops[index + 1], place - Double(index))
        return [low.0 + (high.0 - low.0) * part, low.1 + (high.1 - low.1) * part, low.2 + (high.2 - low.2) * part].map { UInt8($0) }
      }
  }
}

/// A PNG file of pixels that index a palette, without compression: pictures of values are tiny.
enum IndexedPNG {
  /// `palette` holds three bytes for each colour; there are at most 256. `pixels` lie row by row.
  static func bytes(_ pixels: [UInt8], width: Int, height: Int, palette: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    chunk("IHDR", word(width) + word(height) + [8, 3, 0, 0, 0], to: &file)
    chunk("PLTE", palette, to: &file)
    var rows: [UInt8] = []
    rows.reserveCapacity((width + 1) * height)
    for row in 0..<height {
      rows.append(0)
      rows += pixels[row * width..<(row + 1) * width]
    }
    chunk("IDAT", stored(rows), to: &file)
    chunk("IEND", [], to: &file)
    return file
  }

  private static func word(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

  private static func chunk(_ name: StaticString, _ data: [UInt8], to file: inout [UInt8]) {
    let body = name.withUTF8Buffer { Array($0) } + data
    var sum = CRC32()
    body.withUnsafeBytes { sum.add($0) }
    file += word(data.count) + body + word(Int(sum.value))
  }

  /// A zlib stream of stored blocks.
  private static func stored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let length = min(65_535, data.count - start)
      stream.append(start + length == data.count ? 1 : 0)
      stream += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8 & 255)]
      stream += data[start..<start + length]
      start += length
    } while start < data.count
    var (a, b) = (1, 0)
    for byte in data {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return stream + word(b << 16 | a)
  }
}
