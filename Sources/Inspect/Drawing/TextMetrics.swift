/// How wide texts are, near enough to leave room for them: viewers bring fonts of their own.
enum TextMetrics {
  /// The advance of printable ASCII in a plain sans-serif face, in hundredths of the font's size.
  private static let advances: [UInt8] = [
    28, 28, 36, 56, 56, 89, 67, 20, 34, 34, 39, 59, 28, 34, 28, 28, 56, 56, 56, 56, 56, 56, 56, 56, 56, 56, 28, 28, 59, 59, 59, 56, 102, 67, 67, 72,
    72, 67, 61, 78, 72, 28, 50, 67, 56, 84, 72, 78, 67, 78, 72, 67, 61, 72, 67, 95, 67, 67, 61, 28, 28, 28, 47, 56, 34, 56, 56, 50, 56, 56, 28, 56,
    56, 23, 23, 50, 23, 84, 56, 56, 56, 56, 34, 50, 28, 56, 50, 73, 50, 50, 50, 34, 26, 34, 59,
  ]

  static func width(_ text: String, size: Double, bold: Bool = false) -> Double {
    var hundredths = 0
    for scalar in text.unicodeScalars {
      let index = Int(scalar.value) - 32
      hundredths += advances.indices.contains(index) ? Int(advances[index]) : scalar.value < 0x2E80 ? 60 : 100
    }
    return Double(hundredths) / 100 * size * (bold ? 1.07 : 1)
  }

  /// The width of one character of a monospaced face.
  static func cell(size: Double) -> Double { size * 0.602 }

  /// The text, cut with … when it is wider than `width`.
  static func fitted(_ text: String, width limit: Double, size: Double, bold: Bool = false) -> String {
    // No text of a picture is longer; a hostile one could be megabytes.
    var text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(400)))
    if width(text, size: size, bold: bold) <= limit { return text }
    while !text.isEmpty, width(text + "…", size: size, bold: bold) > limit { text.removeLast() }
    return text + "…"
  }

  /// The text in lines of at most `width`, broken at blanks.
  static func wrapped(_ text: String, width limit: Double, size: Double, maximalLines: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    var lineWidth = 0.0
    for word in text.split(whereSeparator: \.isWhitespace) {
      let word = fitted(String(word), width: limit, size: size)
      let wordWidth = width(word, size: size)
      if !line.isEmpty, lineWidth + wordWidth + 0.28 * size > limit {
        lines.append(line)
        if lines.count == maximalLines { return lines.dropLast() + [lines[maximalLines - 1] + " …"] }
        line = ""
        lineWidth = 0
      }
      line += line.isEmpty ? word : " " + word
      lineWidth += wordWidth + (lineWidth == 0 ? 0 : 0.28 * size)
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
