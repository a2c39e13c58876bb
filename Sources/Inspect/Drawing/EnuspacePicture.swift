import Compile
import Diagnostics
import Page

/// The picture of a page of enuSpace, at its own coordinates: what the page draws is drawn, blocks stand where they stand there, and
/// wires follow their polylines.
struct EnuspacePicture {
  let content: PictureContent
  private let source: SourceFile
  private let scan: Scan

  init(_ content: PictureContent) {
    self.content = content
    source = content.page.source
    scan = Scan(source)
  }

  // Where the editor's symbols have their pins when no wire of the page tells it.
  private static let left = 11.0
  private static let right = 100.0
  private static let top = 10.0
  private static let firstPin = 42.0
  private static let pinStep = 17.0
  private static let headerHeight = 15.0

  func draw(into drawing: inout Drawing) {
    drawing.diagnostics = content.diagnostics
    guard let root = scan.root else { return }
    var elements = Elements()
    collect(root, &elements)
    drawing.background = background(of: root) ?? PictureColor("white")
    drawing.forms = elements.forms
    drawing.texts = elements.texts
    let pins = learnPins(elements)
    let spare = spareRoom(elements)
    drawing.blocks = content.blocks.indices.map { block($0, elements.blocks[$0] ?? .identity, pins, spare) }
    drawing.wires = wires(elements, drawing.blocks)
    var box = PictureBox()
    box.add(drawing.extent())
    drawing.bounds = box.rect.insetBy(-30)
  }

  // MARK: The page's elements

  private struct Elements {
    /// By block.
    var blocks: [Int: Drawing.Transform] = [:]
    var forms: [Drawing.Form] = []
    var texts: [Drawing.Text] = []
    /// By wire.
    var lines: [Int: Line] = [:]
  }

  private struct Line {
    var points: [Drawing.Point]
    var color: Drawing.Color?
    var width: Double
    var isDashed: Bool
  }

  /// Points of all lines together that are drawn; no page of people has as many.
  private static let maximalPoints = 2_000_000

  private func collect(_ root: Int, _ elements: inout Elements) {
    var blockAt: [Int32: Int] = [:]
    for (index, block) in content.page.blocks.enumerated() { blockAt[block.range.lower] = index }
    var wireAt: [Int32: Int] = [:]
    for (index, wire) in content.page.wires.enumerated() { wireAt[wire.range.lower] = index }
    var maps: [(end: Int, map: Drawing.Transform)] = [(Int.max, transform(of: root))]
    var points = 0
    var index = root + 1
    while index < scan.tokens.count {
      while let last = maps.last, last.end <= index, maps.count > 1 { maps.removeLast() }
      let token = scan.tokens[index]
      guard token.kind == .startTag || token.kind == .emptyTag else {
        index += 1
        continue
      }
      let outer = maps.last?.map ?? .identity
      let map = outer.after(transform(of: index))
      let name = source.text(scan.name(of: index))
      var isWhole = true
      switch name {
      case "g":
        maps.append((Int(token.match), map))
        isWhole = false
      case "use":
        let at = Drawing.Transform(e: number("x", of: index) ?? 0, f: number("y", of: index) ?? 0)
        if let block = blockAt[token.start] {
          elements.blocks[block] = map.after(at)
        } else {
          elements.forms.append(widget(index, map.after(at)))
        }
      case "polyline", "line", "polygon":
        let line = linePoints(name, index)
        points += line.count
        if points > EnuspacePicture.maximalPoints { return }
        if let link = link(in: index) {
          if let wire = wireAt[scan.tokens[link].start] {
            elements.lines[wire] = Line(
              points: line.map { map($0) }, color: color("stroke", of: index), width: (number("stroke-width", of: index) ?? 2) * map.scale,
              isDashed: isDashed(index))
          } else {
            elements.forms.append(form(.line(line, isClosed: false), index, map, isFilled: false))
          }
        } else {
          elements.forms.append(form(.line(line, isClosed: name == "polygon"), index, map, isFilled: name == "polygon"))
        }
      case "rect":
        elements.forms.append(form(.rect(rect(of: index), radius: number("rx", of: index) ?? 0), index, map, isFilled: true))
      case "ellipse", "circle":
        let (rx, ry) = (number("rx", of: index) ?? number("r", of: index) ?? 0, number("ry", of: index) ?? number("r", of: index) ?? 0)
        let (cx, cy) = (number("cx", of: index) ?? 0, number("cy", of: index) ?? 0)
        elements.forms.append(form(.ellipse(Drawing.Rect(x: cx - rx, y: cy - ry, width: 2 * rx, height: 2 * ry)), index, map, isFilled: true))
      case "path":
        for line in PathPoints.lines(value("d", of: index) ?? "") {
          points += line.count
          if points > EnuspacePicture.maximalPoints { return }
          elements.forms.append(form(.line(line, isClosed: false), index, map, isFilled: color("fill", of: index) != nil))
        }
      case "text":
        if let text = text(index, map) { elements.texts.append(text) }
      case let other where other.hasPrefix("pg-"):
        if let title = EnuspacePicture.widgets[other] { elements.forms.append(panel(index, map, title)) }
      default: isWhole = name == "script"
      }
      index = isWhole ? max(index, min(Int(token.match), scan.tokens.count - 1)) + 1 : index + 1
    }
  }

  /// The widgets that show something, and what they are called.
  private static let widgets = ["pg-trend": "Trend", "pg-trend-contour": "Contour", "pg-editbox": "Edit box", "pg-button": "Button"]

  private func link(in index: Int) -> Int? {
    guard scan.tokens[index].kind == .startTag else { return nil }
    return (index + 1..<max(index + 1, min(Int(scan.tokens[index].match), scan.tokens.count))).first {
      scan.tokens[$0].kind != .text && source.slice(scan.name(of: $0)).elementsEqual("pg-link".utf8)
    }
  }

  // MARK: Attributes

  private func value(_ name: StaticString, of index: Int) -> String? { scan.value(of: name, at: index, in: source) }

  private func number(_ name: StaticString, of index: Int) -> Double? {
    value(name, of: index).flatMap { Double($0) }.flatMap { $0.isFinite && abs($0) < 1e7 ? $0 : nil }
  }

  private func rect(of index: Int) -> Drawing.Rect {
    Drawing.Rect(
      x: number("x", of: index) ?? 0, y: number("y", of: index) ?? 0, width: max(0, number("width", of: index) ?? 0),
      height: max(0, number("height", of: index) ?? 0))
  }

  private func color(_ name: StaticString, of index: Int) -> Drawing.Color? {
    guard var color = value(name, of: index).flatMap({ PictureColor($0) }) else { return nil }
    let opacity = name.withUTF8Buffer { $0.first } == UInt8(ascii: "f") ? number("fill-opacity", of: index) : number("stroke-opacity", of: index)
    color.opacity = min(1, max(0, opacity ?? 1))
    return color.opacity == 0 ? nil : color
  }

  private func isDashed(_ index: Int) -> Bool { !dashes(index).isEmpty }

  private func dashes(_ index: Int) -> [Double] {
    let width = number("stroke-width", of: index) ?? 1
    // The editor counts in widths of the line.
    return (value("stroke-dasharray", of: index) ?? "").split(separator: ",").prefix(16).compactMap { Double($0) }.filter { $0 > 0 && $0 < 1e4 }
      .map { $0 * max(1, width) * 2 }
  }

  private func transform(of index: Int) -> Drawing.Transform {
    var map = PictureTransform.identity
    for part in (value("transform", of: index) ?? "").split(separator: ")").prefix(16) {
      guard let open = part.firstIndex(of: "(") else { continue }
      let name = part[..<open].filter { $0.isLetter }
      let numbers = part[part.index(after: open)...].split { $0 == "," || $0.isWhitespace }.compactMap { Double($0) }
      guard numbers.allSatisfy({ $0.isFinite && abs($0) < 1e7 }) else { continue }
      switch (name, numbers.count) {
      case ("translate", 1...2): map = map.after(PictureTransform(e: numbers[0], f: numbers.count > 1 ? numbers[1] : 0))
      case ("scale", 1...2): map = map.after(PictureTransform(a: numbers[0], d: numbers.count > 1 ? numbers[1] : numbers[0]))
      case ("rotate", 1): map = map.after(.rotation(degrees: numbers[0]))
      case ("matrix", 6):
        map = map.after(PictureTransform(a: numbers[0], b: numbers[1], c: numbers[2], d: numbers[3], e: numbers[4], f: numbers[5]))
      default: break
      }
    }
    return map
  }

  private func background(of root: Int) -> Drawing.Color? {
    for part in (value("style", of: root) ?? "").split(separator: ";") {
      let pair = part.split(separator: ":", maxSplits: 1)
      if pair.count == 2, pair[0].filter({ !$0.isWhitespace }) == "background-color" { return PictureColor(String(pair[1])) }
    }
    return nil
  }

  private func form(_ outline: Drawing.Form.Outline, _ index: Int, _ map: Drawing.Transform, isFilled: Bool) -> Drawing.Form {
    Drawing.Form(
      outline: outline, transform: map, fill: isFilled ? color("fill", of: index) : nil, stroke: color("stroke", of: index),
      strokeWidth: number("stroke-width", of: index) ?? 1, dashes: dashes(index))
  }

  private func linePoints(_ name: String, _ index: Int) -> [Drawing.Point] {
    if name == "line" {
      return [
        Drawing.Point(x: number("x1", of: index) ?? 0, y: number("y1", of: index) ?? 0),
        Drawing.Point(x: number("x2", of: index) ?? 0, y: number("y2", of: index) ?? 0),
      ]
    }
    let numbers = (value("points", of: index) ?? "").split { $0 == "," || $0.isWhitespace }.map { Double($0) ?? 0 }.map { abs($0) < 1e7 ? $0 : 0 }
    return stride(from: 0, to: numbers.count - 1, by: 2).map { Drawing.Point(x: numbers[$0], y: numbers[$0 + 1]) }
  }

  // MARK: Texts and widgets

  private func text(_ index: Int, _ map: Drawing.Transform) -> Drawing.Text? {
    var lines = scan.rawText(of: index, in: source).split(omittingEmptySubsequences: false) { $0.isNewline }.map { String($0) }
    // The editor writes each text on lines of its own.
    if lines.first?.allSatisfy(\.isWhitespace) == true { lines.removeFirst() }
    if lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    lines = lines.prefix(400).map { TextMetrics.fitted($0.replacingTabs, width: 4000, size: 10) }
    guard !lines.isEmpty else { return nil }
    let size = min(200, max(4, number("font-size", of: index) ?? 14))
    let lineHeight = number("pg-oneline-height", of: index) ?? size * 1.15
    var text = Drawing.Text(
      at: Drawing.Point(x: number("x", of: index) ?? 0, y: (number("y", of: index) ?? 0) + size * 0.9), lines: lines, size: size,
      lineHeight: lineHeight, isBold: value("font-weight", of: index) == "bold", color: color("stroke", of: index) ?? color("fill", of: index),
      transform: map)
    if let anchor = value("text-anchor", of: index), ["middle", "end"].contains(anchor) { text.anchor = anchor }
    return text
  }

  /// A display symbol: a sensor, an array.
  private func widget(_ index: Int, _ map: Drawing.Transform) -> Drawing.Form {
    let type = (value("xlink:href", of: index) ?? value("href", of: index) ?? "").drop { $0 == "#" }
    var lines: [String] = []
    for child in children(of: index) {
      let variable = value("variable", of: child) ?? ""
      if let shown = value("value", of: child), !shown.isEmpty, ["#m_labelname", "#input"].contains(variable) { lines.append(shown) }
    }
    let size = type == "SENSOR_TREND" ? (width: 230.0, height: 150.0) : (width: 100.0, height: 70.0)
    return Drawing.Form(
      outline: .widget(Drawing.Rect(x: 10, y: 12, width: size.width, height: size.height), title: String(type), lines: lines), transform: map,
      stroke: PictureColor("rgb(110,120,135)"))
  }

  private func children(of index: Int) -> [Int] {
    guard scan.tokens[index].kind == .startTag else { return [] }
    return (index + 1..<max(index + 1, min(Int(scan.tokens[index].match), scan.tokens.count))).filter {
      scan.tokens[$0].kind == .startTag || scan.tokens[$0].kind == .emptyTag
    }
  }

  /// A trend, a contour, an edit box: its frame, its title and what it shows.
  private func panel(_ index: Int, _ map: Drawing.Transform, _ kind: String) -> Drawing.Form {
    var title = kind
    var lines: [String] = []
    for child in children(of: index) {
      let name = source.text(scan.name(of: child))
      if name.hasSuffix("title"), let text = value("title", of: child), !text.isEmpty { title = text }
      if name.hasSuffix("series"), let variable = value("variable", of: child), !variable.isEmpty { lines.append(variable) }
    }
    return Drawing.Form(
      outline: .widget(rect(of: index), title: title, lines: lines), transform: map, fill: color("fill", of: index),
      stroke: color("stroke", of: index),
      strokeWidth: min(6, number("stroke-width", of: index) ?? 1))
  }

  // MARK: Blocks and wires

  private struct PinKey: Hashable {
    var type: String
    var pin: String
    var isInput: Bool
  }

  /// Where the pins of each block type are, told by the ends of the wires: the editor lays them there.
  private func learnPins(_ elements: Elements) -> [PinKey: Drawing.Point] {
    var pins: [PinKey: Drawing.Point] = [:]
    for (index, ends) in content.wires.enumerated() {
      guard let line = elements.lines[index] else { continue }
      for (block, pin, point, isInput) in [(ends.from, ends.output, line.points.first, false), (ends.to, ends.input, line.points.last, true)] {
        guard let block, let pin, let point, let map = elements.blocks[block], map.a == 1, map.b == 0, map.c == 0, map.d == 1 else { continue }
        let key = PinKey(type: content.blocks[block].type, pin: pin, isInput: isInput)
        let place = Drawing.Point(x: point.x - map.e, y: point.y - map.f)
        // A wire that ends elsewhere was moved by hand.
        let isNear = isInput ? (0...30).contains(place.x) : (80...180).contains(place.x)
        if pins[key] == nil, isNear, (20...200).contains(place.y) { pins[key] = place }
      }
    }
    return pins
  }

  /// By block: how much lower than usual it may reach, because nothing stands below it.
  private func spareRoom(_ elements: Elements) -> [Double] {
    // Blocks sorted into columns as wide as a symbol; a symbol is about 100 high.
    var columns: [Int: [(y: Double, x: Double)]] = [:]
    for map in elements.blocks.values { columns[Int((map.e / 100).rounded(.down)), default: []].append((map.f, map.e)) }
    for key in columns.keys { columns[key]?.sort { $0 < $1 } }
    return content.blocks.indices.map { index in
      guard let map = elements.blocks[index] else { return 0 }
      let column = Int((map.e / 100).rounded(.down))
      var below = Double.infinity
      for near in column - 1...column + 1 {
        // A page has few blocks in a column; of a hostile one the first are looked at.
        for other in (columns[near] ?? []).prefix(500) where other.y > map.f + 1 && abs(other.x - map.e) < 110 { below = min(below, other.y - map.f) }
      }
      return min(32, max(0, below - 112))
    }
  }

  private func block(_ index: Int, _ map: Drawing.Transform, _ known: [PinKey: Drawing.Point], _ spare: [Double]) -> Drawing.Block {
    let block = content.blocks[index]
    func learned(_ pins: [PictureContent.Pin], isInput: Bool) -> [Drawing.Point?] {
      pins.map { known[PinKey(type: block.type, pin: $0.name, isInput: isInput)] }
    }
    let (inputs, outputs) = (learned(block.inputs, isInput: true), learned(block.outputs, isInput: false))
    let left = inputs.compactMap { $0?.x }.min() ?? EnuspacePicture.left
    let right = outputs.compactMap { $0?.x }.max() ?? EnuspacePicture.right
    func placed(_ pins: [PictureContent.Pin], _ points: [Drawing.Point?], x: Double) -> [Drawing.Pin] {
      var next = points.compactMap { $0?.y }.min() ?? EnuspacePicture.firstPin
      return zip(pins, points).compactMap { pin, point in
        if point == nil, !pin.isWired, pin.detail.isEmpty, points.contains(where: { $0 != nil }) { return nil }
        let y = point?.y ?? next
        next = max(next, y) + EnuspacePicture.pinStep
        return Drawing.Pin(name: pin.name, at: Drawing.Point(x: x, y: y), detail: pin.detail, isWired: pin.isWired)
      }
    }
    let leftPins = placed(block.inputs, inputs, x: left)
    let rightPins = placed(block.outputs, outputs, x: right)
    let lowest = max(leftPins.map(\.at.y).max() ?? 0, rightPins.map(\.at.y).max() ?? 0)
    let firstValue = max(66, lowest + 9)
    let value = block.values.first
    let room = value.map { min(30 + spare[index], max(16, $0.size.height)) } ?? 0
    let bottom = max(86, firstValue + room + 5)
    var result = Drawing.Block(
      index: index, name: block.name, type: block.type, family: block.family,
      frame: Drawing.Rect(x: left, y: EnuspacePicture.top, width: right - left, height: bottom - EnuspacePicture.top),
      headerHeight: EnuspacePicture.headerHeight, isSymbol: true, inputs: leftPins, outputs: rightPins, state: block.state,
      clippedShare: block.clippedShare, diagnostics: block.diagnostics)
    if let value {
      result.values = [
        Drawing.Value(
          name: value.name, caption: "", frame: Drawing.Rect(x: left + 5, y: firstValue, width: right - left - 10, height: bottom - firstValue - 5),
          tensor: value.tensor)
      ]
    }
    result.allSettings = block.settings
    result.results = block.values.map { Drawing.Value(name: $0.name, caption: $0.caption, frame: result.frame, tensor: $0.tensor) }
    if block.clippedShare != nil { result.clippedLine = Drawing.Point(x: (left + right) / 2, y: bottom + 11) }
    result.map(map)
    return result
  }

  private func wires(_ elements: Elements, _ blocks: [Drawing.Block]) -> [Drawing.Wire] {
    content.wires.enumerated().compactMap { index, ends in
      let reference = content.page.wires[index]
      let source = ends.from.flatMap { block in blocks[block].outputs.first { $0.name == ends.output } }
      let target = ends.to.flatMap { block in blocks[block].inputs.first { $0.name == ends.input } }
      let line = elements.lines[index]
      let path: [Drawing.Segment]
      if let line, line.points.count > 1 {
        path = line.points.enumerated().map { $0 == 0 ? .move($1) : .line($1) }
      } else if let source, let target {
        path = WirePath.direct(source.at, target.at)
      } else {
        return nil
      }
      return Drawing.Wire(
        from: content.endName(ends.from, ends.output, reference.from), to: content.endName(ends.to, ends.input, reference.to), path: path,
        ends: (ends.from, ends.to), detail: source?.detail ?? "", color: line?.color, width: line.map { min(12, max(0.5, $0.width)) } ?? 1.5,
        isDashed: line?.isDashed ?? false)
    }
  }
}

extension String {
  fileprivate var replacingTabs: String { split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ") }
}

/// The corners of a path: curves are followed to their ends only.
enum PathPoints {
  static func lines(_ text: String) -> [[Drawing.Point]] {
    var lines: [[Drawing.Point]] = []
    var (command, numbers) = (Character("M"), [Double]())
    var at = Drawing.Point(x: 0, y: 0)
    func flush() {
      let isRelative = command.isLowercase
      let base = isRelative ? at : Drawing.Point(x: 0, y: 0)
      switch command.uppercased() {
      case "M", "L", "T", "C", "S", "Q":
        let count = ["C": 6, "S": 4, "Q": 4][command.uppercased()] ?? 2
        var start = 0
        while start + count <= numbers.count {
          let origin = isRelative ? at : base
          at = Drawing.Point(x: origin.x + numbers[start + count - 2], y: origin.y + numbers[start + count - 1])
          if command.uppercased() == "M", start == 0 { lines.append([at]) } else if !lines.isEmpty { lines[lines.count - 1].append(at) }
          start += count
        }
      case "H": for x in numbers { append(Drawing.Point(x: base.x + x, y: at.y)) }
      case "V": for y in numbers { append(Drawing.Point(x: at.x, y: base.y + y)) }
      case "Z": if let first = lines.last?.first { append(first) }
      default: break
      }
      numbers = []
    }
    func append(_ point: Drawing.Point) {
      at = point
      if !lines.isEmpty { lines[lines.count - 1].append(point) }
    }
    var word = ""
    func endWord() {
      if let number = Double(word), abs(number) < 1e7 { numbers.append(number) }
      word = ""
    }
    var isFirst = true
    for character in text {
      if character.isLetter, character != "e" {
        endWord()
        if !isFirst { flush() }
        isFirst = false
        command = character
      } else if character == "," || character.isWhitespace {
        endWord()
      } else if character == "-", !word.isEmpty, !word.hasSuffix("e") {
        endWord()
        word = "-"
      } else {
        word.append(character)
      }
    }
    endWord()
    if !isFirst { flush() }
    return lines
  }
}

extension PictureTransform {
  static func rotation(degrees: Double) -> PictureTransform {
    let angle = degrees * .pi / 180
    let (sine, cosine) = PictureTransform.sineAndCosine(angle)
    return PictureTransform(a: cosine, b: sine, c: -sine, d: cosine)
  }

  /// By their series: pictures need no library for it.
  private static func sineAndCosine(_ angle: Double) -> (Double, Double) {
    let turn = angle.remainder(dividingBy: 2 * .pi)
    var (sine, cosine, term) = (0.0, 0.0, 1.0)
    for step in 0..<24 {
      switch step % 4 {
      case 0: cosine += term
      case 1: sine += term
      case 2: cosine -= term
      default: sine -= term
      }
      term *= turn / Double(step + 1)
    }
    return (sine, cosine)
  }
}
