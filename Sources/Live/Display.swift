import Compile
import Diagnostics
import Page

/// A display widget of an original page, and what it shows as far as that can be told: a sensor or LCD what is wired to it, a contour
/// what the page's scripts put into its `data`.
struct Display: Sendable, Equatable {
  enum Kind: String, Sendable { case lcd, trend, contour, other }

  /// Row i, column j of a contour is the element at these indices, each `a * i + b * j + c`.
  struct Index: Sendable, Equatable {
    var row = 0
    var column = 0
    var constant = 0
  }

  var id: String
  var kind: Kind
  /// The unit that an LCD names.
  var unit: String?
  /// `ID.pin` of the result that it shows; with ``source`` indices left out.
  var source: String
  var indices: [Index] = []
  var rows = 0
  var columns = 0
  /// The values at the ends of a contour's colours.
  var least: Double?
  var most: Double?
  var colors: [String] = []

  /// The displays of an original page, in page order; those of which nothing can be told are left out.
  static func all(of page: Page) -> [Display] {
    guard page.notation == .enuspace else { return [] }
    var reader = DisplayReader(page: page, scan: Scan(page.source))
    return reader.read()
  }

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("id")
    json.string(id)
    json.key("type")
    json.string(kind.rawValue)
    json.key("unit")
    json.string(unit)
    json.key("source")
    json.string(source)
    json.key("rows")
    json.int(rows)
    json.key("columns")
    json.int(columns)
    json.key("indices")
    json.beginArray()
    for index in indices {
      json.beginArray()
      json.int(index.row)
      json.int(index.column)
      json.int(index.constant)
      json.endArray()
    }
    json.endArray()
    json.key("least")
    if let least { json.double(least) } else { json.null() }
    json.key("most")
    if let most { json.double(most) } else { json.null() }
    json.key("colors")
    json.beginArray()
    for color in colors { json.string(color) }
    json.endArray()
    json.endObject()
  }
}

/// Reads displays from the scan of a page.
private struct DisplayReader {
  let page: Page
  let scan: Scan
  private var displays: [Display] = []
  private var positions: [String: Int] = [:]

  init(page: Page, scan: Scan) {
    self.page = page
    self.scan = scan
  }

  mutating func read() -> [Display] {
    var links: [(from: String, to: String)] = []
    var scripts: [(text: String, owner: String?)] = []
    var owner: (id: String, end: Int)?
    for index in scan.tokens.indices where scan.tokens[index].kind == .startTag || scan.tokens[index].kind == .emptyTag {
      if let inside = owner, index > inside.end { owner = nil }
      let end = scan.tokens[index].kind == .startTag ? Int(scan.tokens[index].match) : index
      switch page.source.text(scan.name(of: index)) {
      case "use":
        guard let type = text("type", index), type != "tensorflow", type != "enu_tensorflow2_0", let id = text("id", index) else { continue }
        let name = text("xlink:href", index)?.dropFirst() ?? ""
        add(Display(id: id, kind: name == "SENSOR_LCD" ? .lcd : name == "SENSOR_TREND" ? .trend : .other, unit: unit(index, end), source: ""))
      case "pg-trend-contour":
        guard let id = text("id", index) else { continue }
        owner = (id, end)
        add(contour(id, index))
      case "pg-link":
        if let from = text("from-id", index), let pin = text("param-from", index), let to = text("to-id", index) {
          links.append((from + "." + (pin.hasPrefix("result_") ? String(pin.dropFirst(7)) : pin), to))
        }
      case "script" where end > index:
        let inner = SourceRange(Int(scan.range(of: index).upper), Int(scan.range(of: min(end, scan.tokens.count - 1)).lower))
        scripts.append((page.source.text(inner), owner?.id))
      default: continue
      }
    }
    for link in links {
      if let position = positions[link.to] { displays[position].source = link.from }
    }
    for script in scripts {
      for assignment in DisplayScript.assignments(script.text) {
        guard let target = assignment.target ?? script.owner, let position = positions[target], displays[position].kind == .contour else { continue }
        displays[position].source = assignment.source
        displays[position].indices = assignment.indices
        if displays[position].rows == 0 { (displays[position].rows, displays[position].columns) = (assignment.rows, assignment.columns) }
      }
    }
    return displays.filter { !$0.source.isEmpty && $0.kind != .other }
  }

  private mutating func add(_ display: Display) {
    guard positions[display.id] == nil, displays.count < 1_000 else { return }
    positions[display.id] = displays.count
    displays.append(display)
  }

  private func contour(_ id: String, _ tag: Int) -> Display {
    let sizes = (text("subdivision", tag) ?? "").split(separator: ",").compactMap { Int($0) }
    var display = Display(id: id, kind: .contour, source: "")
    if sizes.count == 2, sizes.allSatisfy({ (1...1_024).contains($0) }) { (display.rows, display.columns) = (sizes[0], sizes[1]) }
    display.least = text("minElevation", tag).flatMap(Double.init)
    display.most = text("maxElevation", tag).flatMap(Double.init)
    display.colors = (text("colorElevation", tag) ?? "").split(separator: ";").prefix(64).map(String.init)
    return display
  }

  /// The value of a widget's `m_unit`.
  private func unit(_ tag: Int, _ end: Int) -> String? {
    for index in tag..<min(end, scan.tokens.count) where scan.tokens[index].kind == .startTag || scan.tokens[index].kind == .emptyTag {
      if text("variable", index) == "#m_unit" { return text("value", index) }
    }
    return nil
  }

  private func text(_ name: String, _ tag: Int) -> String? {
    let wanted = Array(name.utf8)
    for index in scan.attributes(of: tag) where page.source.slice(scan.attributes[index].name).elementsEqual(wanted) {
      return page.source.text(scan.attributes[index].value)
    }
    return nil
  }
}

/// The little of the original's scripts that tells what a contour shows: `ID.data[i][j] = OTHER.result_y[0][i*28+j]` in two loops.
enum DisplayScript {
  struct Assignment: Equatable {
    /// The contour; nil for the one that the script belongs to.
    var target: String?
    var source: String
    var indices: [Display.Index]
    var rows: Int
    var columns: Int
  }

  /// The assignments of a script. Whatever is of another form is passed over.
  static func assignments(_ script: String) -> [Assignment] {
    var found: [Assignment] = []
    var bounds: [String: Int] = [:]
    for line in script.split(whereSeparator: \.isNewline).prefix(10_000) {
      let line = String(line.filter { !$0.isWhitespace })
      if line.hasPrefix("for"), line.hasSuffix("do"), let equals = line.firstIndex(of: "=") {
        let numbers = line[line.index(after: equals)...].dropLast(2).split(separator: ",").map { Int($0) }
        let variable = String(line[line.index(line.startIndex, offsetBy: 3)..<equals])
        if numbers.count >= 2, numbers[0] == 0, let last = numbers[1], (0...1_023).contains(last) { bounds[variable] = last + 1 }
      } else if let assignment = assignment(line, bounds) {
        found.append(assignment)
      }
    }
    return found
  }

  private static func assignment(_ line: String, _ bounds: [String: Int]) -> Assignment? {
    let sides = line.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count == 2, let left = reference(sides[0]), let right = reference(sides[1]), left.indices.count == 2,
      let rows = bounds[left.indices[0]], let columns = bounds[left.indices[1]]
    else { return nil }
    var target: String?
    if left.name != "data" {
      guard left.name.hasSuffix(".data") else { return nil }
      target = String(left.name.dropLast(5))
    }
    guard let dot = right.name.firstIndex(of: ".") else { return nil }
    let pin = right.name[right.name.index(after: dot)...]
    guard pin.hasPrefix("result_") else { return nil }
    let indices = right.indices.compactMap { index($0, row: left.indices[0], column: left.indices[1]) }
    guard indices.count == right.indices.count else { return nil }
    return Assignment(
      target: target, source: right.name[..<dot] + "." + pin.dropFirst(7), indices: indices, rows: rows, columns: columns)
  }

  /// `ID.data[i][j]`: the name, and the texts between the brackets.
  private static func reference(_ text: Substring) -> (name: String, indices: [String])? {
    guard let bracket = text.firstIndex(of: "["), text.last == "]" else { return nil }
    return (String(text[..<bracket]), text[bracket...].dropFirst().dropLast().split(separator: "][").map(String.init))
  }

  /// A sum of numbers, of `i` and `j`, and of products of one of these with a number.
  private static func index(_ text: String, row: String, column: String) -> Display.Index? {
    var index = Display.Index()
    let terms = text.split(separator: "+", omittingEmptySubsequences: false)
    // With so few the sums cannot overflow.
    if terms.count > 16 { return nil }
    for term in terms {
      let factors = term.split(separator: "*", omittingEmptySubsequences: false)
      let numbers = factors.compactMap { Int($0) }
      let names = factors.filter { Int($0) == nil }
      guard factors.count <= 2, numbers.allSatisfy({ (0...1_000_000).contains($0) }), names.count <= 1 else { return nil }
      let factor = numbers.reduce(1, *)
      switch names.first.map(String.init) {
      case nil: index.constant += factor
      case row: index.row += factor
      case column: index.column += factor
      default: return nil
      }
    }
    return index
  }
}
