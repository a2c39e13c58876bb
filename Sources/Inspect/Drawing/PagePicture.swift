import Diagnostics
import Page

/// The picture of a page in page notation: blocks as cards, in layers unless the page says where they stand.
struct PagePicture {
  let content: PictureContent

  init(_ content: PictureContent) { self.content = content }

  private static let rowHeight = 18.0
  private static let padding = 10.0
  private static let headerHeight = 40.0
  private static let maximalWidth = 420.0

  func draw(into drawing: inout Drawing) {
    let remarks = PageRemarks(content.page)
    var cards = content.blocks.indices.map(card)
    let free = cards.indices.filter { remarks.places[$0] == nil }
    var (placeOf, routes) = ([Int: Int](), [Int: [Drawing.Segment]]())
    for (place, index) in free.enumerated() { placeOf[index] = place }
    var lines: [(wire: Int, edge: LayeredLayout.Edge)] = []
    var pinY: [[String: Double]] = cards.map { _ in [:] }
    for (index, card) in cards.enumerated() {
      for pin in card.inputs { pinY[index]["<" + pin.name] = pin.at.y }
      for pin in card.outputs { pinY[index][">" + pin.name] = pin.at.y }
    }
    for (index, ends) in content.wires.enumerated() {
      guard let from = ends.from.flatMap({ placeOf[$0] }), let to = ends.to.flatMap({ placeOf[$0] }), let a = ends.from, let b = ends.to else {
        continue
      }
      let fromY = ends.output.flatMap { pinY[a][">" + $0] } ?? PagePicture.headerHeight / 2
      let toY = ends.input.flatMap { pinY[b]["<" + $0] } ?? PagePicture.headerHeight / 2
      lines.append((index, LayeredLayout.Edge(from: from, fromY: fromY, to: to, toY: toY)))
    }
    let layout = LayeredLayout.run(
      nodes: free.map { LayeredLayout.Node(width: cards[$0].frame.width, height: cards[$0].frame.height) }, edges: lines.map(\.edge))
    // What has no place of its own stands below what has one.
    var box = PictureBox()
    for (index, place) in remarks.places { box.add(cards[index].frame.moved(place.x, place.y)) }
    let top = remarks.places.isEmpty ? 0 : box.rect.bottom + 60
    let left = remarks.places.isEmpty ? 0 : box.rect.x
    for (index, place) in remarks.places { cards[index].move(place.x, place.y) }
    for (place, index) in free.enumerated() { cards[index].move(layout.positions[place].x + left, layout.positions[place].y + top) }
    for (line, route) in zip(lines, layout.routes) { routes[line.wire] = route.map { $0.moved(left, top) } }
    drawing.blocks = cards
    drawing.wires = wires(cards, routes)
    drawing.diagnostics = content.diagnostics
    addTexts(remarks, to: &drawing)
    drawing.bounds = drawing.extent().insetBy(-28)
  }

  // MARK: Cards

  /// A block with its left upper corner at the origin.
  private func card(_ index: Int) -> Drawing.Block {
    let block = content.blocks[index]
    let (rowHeight, padding) = (PagePicture.rowHeight, PagePicture.padding)
    func label(_ pin: PictureContent.Pin) -> Double {
      TextMetrics.width(pin.name, size: 11.5) + (pin.detail.isEmpty ? 0 : 7 + TextMetrics.width(pin.detail, size: 10))
    }
    var inputs = block.inputs
    for pin in inputs.indices { inputs[pin].detail = TextMetrics.fitted(inputs[pin].detail, width: 130, size: 10) }
    let outputs = block.outputs.map { pin in
      var pin = pin
      pin.detail = TextMetrics.fitted(pin.detail, width: 150, size: 10)
      return pin
    }
    let rows = max(inputs.count, outputs.count)
    var width = max(
      128, TextMetrics.width(block.name, size: 13, bold: true) + 2 * padding + (block.diagnostics.isEmpty ? 0 : 20) + (block.state == nil ? 0 : 34),
      TextMetrics.width(block.type, size: 10.5) + 2 * padding)
    for row in 0..<rows {
      let left = row < inputs.count ? label(inputs[row]) : 0
      let right = row < outputs.count ? label(outputs[row]) : 0
      width = max(width, left + right + 2 * padding + 22)
    }
    let settings = block.settings.prefix(6).map { TextMetrics.fitted($0, width: 260, size: 10.5) }
    for line in settings { width = max(width, TextMetrics.width(line, size: 10.5) + 2 * padding) }
    for value in block.values { width = max(width, value.size.width + 2 * padding) }
    width = min(PagePicture.maximalWidth, (width / 2).rounded(.up) * 2)

    var result = Drawing.Block(
      index: index, name: block.name, type: block.type, family: block.family, frame: Drawing.Rect(x: 0, y: 0, width: width, height: 0),
      headerHeight: PagePicture.headerHeight, inputs: [], outputs: [], state: block.state, clippedShare: block.clippedShare,
      diagnostics: block.diagnostics)
    var y = PagePicture.headerHeight + 4
    func place(_ pins: [PictureContent.Pin], x: Double) -> [Drawing.Pin] {
      pins.enumerated().map { row, pin in
        Drawing.Pin(
          name: pin.name, at: Drawing.Point(x: x, y: y + rowHeight * (Double(row) + 0.5)), detail: pin.detail, isWired: pin.isWired)
      }
    }
    result.inputs = place(inputs, x: 0)
    result.outputs = place(outputs, x: width)
    y += rowHeight * Double(rows) + 4
    for line in settings {
      result.settings.append(Drawing.Line(at: Drawing.Point(x: padding, y: y + 10), text: line))
      y += 15
    }
    if !settings.isEmpty { y += 3 }
    if block.clippedShare != nil {
      result.clippedLine = Drawing.Point(x: padding, y: y + 11)
      y += 18
    }
    for value in block.values {
      if !value.caption.isEmpty { y += 13 }
      result.values.append(
        Drawing.Value(
          name: value.name, caption: value.caption,
          frame: Drawing.Rect(x: padding, y: y, width: width - 2 * padding, height: value.size.height), tensor: value.tensor))
      y += value.size.height + 6
    }
    result.allSettings = block.settings
    result.results = result.values
    result.frame.height = y + (block.values.isEmpty ? 2 : 4)
    return result
  }

  // MARK: Wires

  private func wires(_ cards: [Drawing.Block], _ routes: [Int: [Drawing.Segment]]) -> [Drawing.Wire] {
    content.wires.enumerated().compactMap { index, ends in
      let reference = content.page.wires[index]
      let from = content.endName(ends.from, ends.output, reference.from)
      let to = content.endName(ends.to, ends.input, reference.to)
      guard let a = ends.from, let b = ends.to else { return nil }
      let source = cards[a].outputs.first { $0.name == ends.output }
      let target = cards[b].inputs.first { $0.name == ends.input }
      let start = source?.at ?? Drawing.Point(x: cards[a].frame.right, y: cards[a].frame.y + PagePicture.headerHeight / 2)
      let end = target?.at ?? Drawing.Point(x: cards[b].frame.x, y: cards[b].frame.y + PagePicture.headerHeight / 2)
      return Drawing.Wire(
        from: from, to: to, path: routes[index] ?? WirePath.direct(start, end), ends: (ends.from, ends.to), detail: source?.detail ?? "")
    }
  }

  // MARK: Title and notes

  private func addTexts(_ remarks: PageRemarks, to drawing: inout Drawing) {
    for note in remarks.notes {
      guard let at = note.at else { continue }
      let lines = note.text.flatMap { TextMetrics.wrapped($0, width: 420, size: 13, maximalLines: 40) }
      drawing.texts.append(Drawing.Text(at: Drawing.Point(x: at.x, y: at.y + 13), lines: lines, size: 13, lineHeight: 19, isMuted: true))
    }
    // Above the blocks, upwards: the notes, then the title over them.
    let extent = drawing.extent()
    var y = extent.y - 26
    var above: [Drawing.Text] = []
    for note in remarks.notes.reversed() where note.at == nil {
      let lines = note.text.flatMap { TextMetrics.wrapped($0, width: max(560, min(900, extent.width)), size: 13, maximalLines: 40) }
      if lines.isEmpty { continue }
      y -= 19 * Double(lines.count - 1)
      above.append(Drawing.Text(at: Drawing.Point(x: extent.x, y: y), lines: lines, size: 13, lineHeight: 19, isMuted: true))
      y -= 26
    }
    if let title = drawing.title, !title.isEmpty {
      let lines = TextMetrics.wrapped(title, width: max(560, min(900, extent.width)), size: 20, maximalLines: 4)
      y -= 25 * Double(lines.count - 1) + 2
      above.append(Drawing.Text(at: Drawing.Point(x: extent.x, y: y), lines: lines, size: 20, lineHeight: 25, isBold: true))
    }
    drawing.texts += above.reversed()
  }
}

extension PictureContent {
  /// `ID.pin`; as it is written where that means nothing.
  func endName(_ block: Int?, _ pin: String?, _ reference: Page.Reference) -> String {
    let name = block.map { blocks[$0].name } ?? page.symbols[reference.id]
    return pin.map { name + "." + $0 } ?? name
  }
}

extension Drawing.Block {
  mutating func move(_ dx: Double, _ dy: Double) { map(Drawing.Transform(e: dx, f: dy)) }

  /// Puts all of it where `transform` puts it. Texts keep their size.
  mutating func map(_ transform: Drawing.Transform) {
    frame = transform(frame)
    headerHeight *= transform.scale
    for index in inputs.indices { inputs[index].at = transform(inputs[index].at) }
    for index in outputs.indices { outputs[index].at = transform(outputs[index].at) }
    for index in settings.indices { settings[index].at = transform(settings[index].at) }
    for index in values.indices { values[index].frame = transform(values[index].frame) }
    clippedLine = clippedLine.map { transform($0) }
  }
}

extension Drawing {
  /// The box around everything.
  func extent() -> Rect {
    var box = PictureBox()
    for block in blocks { box.add(block.frame) }
    for wire in wires {
      for segment in wire.path {
        switch segment {
        case .move(let to), .line(let to): box.add(to)
        case .curve(let a, let b, let to):
          box.add(a)
          box.add(b)
          box.add(to)
        }
      }
    }
    for text in texts {
      let width = text.lines.map { TextMetrics.width($0, size: text.size, bold: text.isBold) }.max() ?? 0
      let left = text.anchor == "middle" ? -width / 2 : text.anchor == "end" ? -width : 0
      box.add(
        text.transform(
          Rect(
            x: text.at.x + left, y: text.at.y - text.size, width: width,
            height: text.size * 1.25 + text.lineHeight * Double(max(0, text.lines.count - 1)))))
    }
    for form in forms {
      switch form.outline {
      case .rect(let rect, _), .ellipse(let rect), .widget(let rect, _, _): box.add(form.transform(rect))
      case .line(let points, _): for point in points { box.add(form.transform(point)) }
      }
    }
    return box.rect
  }
}
