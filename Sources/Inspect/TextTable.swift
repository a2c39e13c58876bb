import Diagnostics

/// Rows of cells set in columns.
struct TextTable {
  /// How a terminal may stress a cell.
  enum Style {
    case plain, bold, dim, red, green

    var code: String {
      switch self {
      case .plain: ""
      case .bold: "\u{1B}[1m"
      case .dim: "\u{1B}[2m"
      case .red: "\u{1B}[31m"
      case .green: "\u{1B}[32m"
      }
    }
  }

  struct Cell {
    var text: String
    var style: Style = .plain
  }

  var rows: [[Cell]] = []
  var usesColor: Bool

  /// Adds a row. Text of the page is shown so that it cannot control the terminal.
  mutating func add(_ cells: [Cell]) { rows.append(cells.map { Cell(text: DisplayText.safe($0.text), style: $0.style) }) }
  mutating func add(_ cells: [String], style: Style = .plain) { add(cells.map { Cell(text: $0, style: style) }) }

  /// All rows; columns are two blanks apart, the last one is not padded.
  var text: String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        // A row of one cell is a heading and does not widen the first column.
        if row.count > 1 { widths[column] = max(widths[column], cell.text.unicodeScalars.count) }
      }
    }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let isLast = column == row.count - 1
        let padding = isLast ? 0 : widths[column] - cell.text.unicodeScalars.count + 2
        line += usesColor && cell.style != .plain ? cell.style.code + cell.text + "\u{1B}[0m" : cell.text
        line += String(repeating: " ", count: max(0, padding))
      }
      while line.hasSuffix(" ") { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}
