/// Prints diagnostics for people: place, cause, the line with carets, notes and the mend.
///
/// Text of the page is printed so that it cannot control the terminal.
public struct TerminalPrinter: Sendable {
  /// Whether to use ANSI colours.
  public var usesColor: Bool
  /// No line of source is printed wider than this many columns, its gutter included.
  public var width: Int

  public init(color: Bool = false, width: Int = 160) {
    usesColor = color
    self.width = max(40, width)
  }

  /// The text of all diagnostics, each ended by a line break.
  public func text(of diagnostics: some Sequence<Diagnostic>) -> String {
    diagnostics.reduce(into: "") { $0 += text(of: $1) }
  }

  /// The text of one diagnostic, ended by a line break.
  public func text(of diagnostic: Diagnostic) -> String {
    var text = ""
    if let location = diagnostic.location {
      text += styled("\(DisplayText.safe(location.file)):\(location.line):\(location.column):", .bold) + " "
    }
    text += styled("\(diagnostic.severity.rawValue)[\(diagnostic.id.code)]:", color(of: diagnostic.severity))
    text += " " + styled(DisplayText.safe(diagnostic.message), .bold) + "\n"
    if let location = diagnostic.location { text += excerpt(of: location, color: color(of: diagnostic.severity)) }
    for note in diagnostic.notes { text += styled("note:", .cyan) + " " + DisplayText.safe(note) + "\n" }
    if let fix = diagnostic.fix { text += styled("help:", .green) + " " + DisplayText.safe(fix) + "\n" }
    return text
  }

  private enum Style: String {
    case bold = "1"
    case red = "1;31"
    case yellow = "1;33"
    case cyan = "1;36"
    case green = "1;32"
    case blue = "34"
  }

  private func styled(_ text: String, _ style: Style) -> String {
    usesColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func color(of severity: Severity) -> Style {
    switch severity {
    case .error: .red
    case .warning: .yellow
    case .note: .cyan
    }
  }

  /// The source line and the carets below it; nothing when the text is not known.
  private func excerpt(of location: SourceLocation, color: Style) -> String {
    guard let source = location.source else { return "" }
    let number = " \(location.line) "
    let room = max(20, width - number.unicodeScalars.count - 4)
    guard let window = source.window(line: location.line, column: location.column, room: room) else { return "" }

    var cells = Cells(room: room)
    if window.isCutBefore { cells.append("…") }
    // On a range over several lines the carets run to the end of its first line.
    let end = location.endLine > location.line ? Int.max : max(location.endColumn, location.column + 1)
    var caretStart: Int?
    var caretEnd: Int?
    var column = window.firstColumn
    var isCutAfter = window.isCutAfter
    for scalar in window.scalars {
      if column == location.column { caretStart = cells.width }
      if column == end { caretEnd = cells.width }
      guard cells.append(scalar) else {
        isCutAfter = true
        break
      }
      column += 1
    }
    let contentEnd = cells.width
    if isCutAfter { cells.text.append("…") }
    let from = caretStart ?? contentEnd
    let count = max(1, (caretEnd ?? contentEnd) - from)
    let blank = String(repeating: " ", count: number.unicodeScalars.count)
    let carets = String(repeating: " ", count: from) + styled(String(repeating: "^", count: count), color)
    return styled(number + "|", .blue) + " " + cells.text + "\n" + styled(blank + "|", .blue) + " " + carets + "\n"
  }

  /// A line under construction and how many columns it takes.
  private struct Cells {
    let room: Int
    var text = ""
    var width = 0

    init(room: Int) { self.room = room }

    /// False when there is no room left for the scalar.
    @discardableResult
    mutating func append(_ scalar: Unicode.Scalar) -> Bool {
      if scalar == "\t" {
        let count = 4 - width % 4
        guard width + count <= room else { return false }
        text += String(repeating: " ", count: count)
        width += count
        return true
      }
      let shown: Unicode.Scalar = DisplayText.isUnsafe(scalar) ? "\u{FFFD}" : scalar
      let columns = DisplayText.width(of: shown)
      guard width + columns <= room else { return false }
      text.unicodeScalars.append(shown)
      width += columns
      return true
    }
  }
}
