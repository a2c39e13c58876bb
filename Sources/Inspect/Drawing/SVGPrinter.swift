import Diagnostics
import Run
import TensorCore

extension Drawing {
  /// The drawing as SVG.
  ///
  /// What other programs (the live view, tests, style sheets) may rely on:
  /// - The root is `<svg class="enuflow">`; a page with a background of its own is also `on-dark` or `on-light`. All colours come from
  ///   custom properties (`--paper`, `--ink`, `--card`, `--line`, `--wire`, `--bad` …); `[data-theme=dark]` or `[data-theme=light]` on an
  ///   element around it chooses, otherwise `prefers-color-scheme` does.
  /// - A block is `<g class="block" data-block="ID" tabindex="0" role="button" aria-label=…>`; ID has its scopes (`scope/id`). Further
  ///   classes: its family (`array`, `quantization` …), `dead`, `failed`, `clipped`, `notrun`, and `broken` where a diagnostic is an error.
  /// - A result is `<g class="value" data-result="ID.pin" data-width="W" data-height="H">`, `ID.pin[i]` for a member of a list. What is
  ///   in it is ``ValuePicture/svg(tensor:width:height:)`` of that width and height, and may be replaced by another one; it is empty when
  ///   the drawing was made with `reservesValues` and nothing has run. A block's state stands in its `<text class="status">`.
  /// - The share that is clipped is `<text class="clip">`.
  /// - A wire is `<path class="wire" data-from="ID.pin" data-to="ID.pin">`, also `dead` where it comes from a dead block.
  ///
  /// Heat maps are images with `data:` addresses; nothing is loaded from elsewhere, and there is no script. Texts of the page are escaped.
  ///
  /// - Parameter standalone: Whether it is a file of its own. Otherwise it is one element for a page of HTML, without width and height.
  public func svg(standalone: Bool = true) -> [UInt8] {
    var text = SVGText()
    if standalone { text.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") }
    text.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"enuflow")
    if let background { text.rawWords([background.lightness < 0.5 ? "on-dark" : "on-light"]) }
    text.raw("\" viewBox=\"")
    for (index, value) in [bounds.x, bounds.y, max(1, bounds.width), max(1, bounds.height)].enumerated() {
      if index > 0 { text.raw(" ") }
      text.number(value)
    }
    text.raw("\"")
    if standalone {
      text.attribute("width", max(1, bounds.width))
      text.attribute("height", max(1, bounds.height))
    }
    if let background { text.attribute("style", "background:\(background.text)") }
    text.raw(" role=\"group\"")
    text.attribute("aria-label", heading)
    text.raw(">\n<title>")
    text.text(heading)
    text.raw("</title>\n<style>")
    text.ours((background.map { $0.lightness < 0.5 } == true ? PictureStyle.darkSheet : PictureStyle.sheet).utf8)
    text.raw("</style>\n<rect class=\"paper\"")
    text.frame(bounds)
    if let background { text.attribute("style", "fill:\(background.text)") }
    text.raw("/>\n<g class=\"forms\">\n")
    for form in forms { SVGForms.write(form, to: &text) }
    text.raw("</g>\n<g class=\"wires\">\n")
    for wire in wires { write(wire, to: &text) }
    text.raw("</g>\n<g class=\"blocks\">\n")
    for block in blocks { SVGBlock(block).write(to: &text) }
    text.raw("</g>\n<g class=\"texts\">\n")
    for one in texts { SVGForms.write(one, to: &text) }
    text.raw("</g>\n</svg>\n")
    return text.bytes
  }

  private func write(_ wire: Wire, to text: inout SVGText) {
    let isDead = wire.ends.from.flatMap { blocks.indices.contains($0) ? blocks[$0].state : nil } == .dead
    text.raw("<path class=\"wire")
    if isDead { text.raw(" dead") }
    text.raw("\"")
    text.attribute("data-from", wire.from)
    text.attribute("data-to", wire.to)
    if let color = wire.color {
      text.attribute("style", "stroke:\(color.text)" + (wire.isDashed ? ";stroke-dasharray:4 4" : ""))
      text.attribute("stroke-width", wire.width)
    }
    text.path(wire.path)
    text.raw("><title>")
    text.text(wire.from + " → " + wire.to + (wire.detail.isEmpty ? "" : "\n" + wire.detail))
    text.raw("</title></path>\n")
  }
}

/// One block.
struct SVGBlock {
  private let block: Drawing.Block

  init(_ block: Drawing.Block) { self.block = block }

  func write(to text: inout SVGText) {
    text.raw("<g class=\"block")
    text.rawWords(classes)
    text.raw("\"")
    text.attribute("data-block", block.name)
    text.raw(" tabindex=\"0\" role=\"button\"")
    text.attribute("aria-label", label)
    text.raw("><title>")
    text.text(label)
    for diagnostic in block.diagnostics { text.text("\n\(diagnostic.severity.rawValue)[\(diagnostic.id)]: \(diagnostic.message)") }
    text.raw("</title>")
    writeFrame(to: &text)
    block.isSymbol ? writeSymbolNames(to: &text) : writeNames(to: &text)
    for pin in block.inputs { write(pin, isInput: true, to: &text) }
    for pin in block.outputs { write(pin, isInput: false, to: &text) }
    for line in block.settings { text.label("setting", line.at, "start", line.text) }
    if let at = block.clippedLine {
      let share = block.clippedShare.map { SVGBlock.percent($0) + " clipped" } ?? ""
      text.label("clip", at, block.isSymbol ? "middle" : "start", share)
    }
    for value in block.values { write(value, to: &text) }
    writeBadge(to: &text)
    text.raw("</g>\n")
  }

  private var classes: [String] {
    var classes = block.family.isEmpty ? [] : [block.family]
    if block.isSymbol { classes.append("symbol") }
    switch block.state {
    case .dead: classes.append("dead")
    case .failed: classes.append("failed")
    case .notRun: classes.append("notrun")
    case .ran, nil: break
    }
    if block.clippedShare != nil { classes.append("clipped") }
    if block.diagnostics.hasErrors { classes.append("broken") }
    return classes
  }

  /// What a reader that cannot see it is told.
  private var label: String {
    var text = "\(block.name), \(block.type)"
    if let state = block.state, state != .ran { text += ", \(state.words)" }
    if let share = block.clippedShare { text += ", \(SVGBlock.percent(share)) of the inputs are clipped" }
    return text
  }

  /// Three digits at most, and never 0 for what is more.
  static func percent(_ share: Double) -> String {
    let value = share * 100
    if value < 0.01 { return "< 0.01 %" }
    let scale = value < 1 ? 100.0 : value < 99 ? 10 : 1
    let rounded = (value * scale).rounded() / scale
    return (rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)) + " %"
  }

  private func writeFrame(to text: inout SVGText) {
    text.raw("<rect class=\"card\"")
    text.frame(block.frame)
    text.attribute("rx", block.isSymbol ? 4 : 7)
    text.raw("/>")
    // The header's upper corners are round, its lower ones are not.
    let (frame, radius) = (block.frame, block.isSymbol ? 4.0 : 7.0)
    text.raw("<path class=\"head\" d=\"M")
    text.point(Drawing.Point(x: frame.x, y: frame.y + block.headerHeight))
    text.raw("V")
    text.number(frame.y + radius)
    text.raw("q0 ")
    text.number(-radius)
    text.raw(" ")
    text.point(Drawing.Point(x: radius, y: -radius))
    text.raw("H")
    text.number(frame.right - radius)
    text.raw("q")
    text.point(Drawing.Point(x: radius, y: 0))
    text.raw(" ")
    text.point(Drawing.Point(x: radius, y: radius))
    text.raw("V")
    text.number(frame.y + block.headerHeight)
    text.raw("z\"/>")
  }

  private func writeNames(to text: inout SVGText) {
    let frame = block.frame
    let room = frame.width - 20 - (block.diagnostics.isEmpty ? 0 : 20) - (block.state == nil ? 0 : 30)
    let x = frame.x + 10
    text.label("name", Drawing.Point(x: x, y: frame.y + 17), "start", TextMetrics.fitted(block.name, width: room, size: 13, bold: true))
    text.label("type", Drawing.Point(x: x, y: frame.y + 32), "start", TextMetrics.fitted(block.type, width: frame.width - 20, size: 10.5))
    writeState(at: Drawing.Point(x: frame.right - 10 - (block.diagnostics.isEmpty ? 0 : 22), y: frame.y + 17), to: &text)
  }

  private func writeSymbolNames(to text: inout SVGText) {
    let frame = block.frame
    let wanted = TextMetrics.width(block.type, size: 10, bold: true)
    text.raw("<text class=\"type\" text-anchor=\"middle\"")
    text.attribute("x", frame.x + frame.width / 2)
    text.attribute("y", frame.y + block.headerHeight / 2 + 3.5)
    if wanted > frame.width - 6 {
      text.attribute("textLength", frame.width - 6)
      text.raw(" lengthAdjust=\"spacingAndGlyphs\"")
    }
    text.raw(">")
    text.text(TextMetrics.fitted(block.type, width: (frame.width - 6) * 1.7, size: 10, bold: true))
    text.raw("</text>")
    writeState(at: Drawing.Point(x: frame.right - 4, y: frame.y - 4), to: &text)
  }

  private func writeState(at point: Drawing.Point, to text: inout SVGText) {
    guard let state = block.state else { return }
    text.label("status", point, "end", state == .ran ? "" : state.words)
  }

  private func write(_ pin: Drawing.Pin, isInput: Bool, to text: inout SVGText) {
    text.raw("<circle class=\"pin")
    if pin.isWired { text.raw(" wired") }
    text.raw("\"")
    text.attribute("cx", pin.at.x)
    text.attribute("cy", pin.at.y)
    text.attribute("r", block.isSymbol ? 2.6 : 3.8)
    text.raw("/>")
    let gap = block.isSymbol ? 5.0 : 10.0
    let x = pin.at.x + (isInput ? gap : -gap)
    let y = pin.at.y + (block.isSymbol ? 2.8 : 4)
    if block.isSymbol {
      text.label(
        "label", Drawing.Point(x: x, y: y), isInput ? "start" : "end", TextMetrics.fitted(pin.name, width: block.frame.width / 2 - 6, size: 8))
      return
    }
    text.raw("<text class=\"pin-name\"")
    text.attribute("x", x)
    text.attribute("y", y)
    text.attribute("text-anchor", isInput ? "start" : "end")
    text.raw(">")
    if isInput || pin.detail.isEmpty { text.text(pin.name) }
    if !pin.detail.isEmpty {
      text.raw("<tspan class=\"detail\"")
      if isInput { text.raw(" dx=\"7\"") }
      text.raw(">")
      text.text(pin.detail)
      text.raw("</tspan>")
      if !isInput {
        text.raw("<tspan dx=\"7\">")
        text.text(pin.name)
        text.raw("</tspan>")
      }
    }
    text.raw("</text>")
  }

  private func write(_ value: Drawing.Value, to text: inout SVGText) {
    if !value.caption.isEmpty {
      text.label("detail", Drawing.Point(x: value.frame.x, y: value.frame.y - 3.5), "start", value.caption)
    }
    text.raw("<rect class=\"well\" rx=\"3\"")
    text.frame(value.frame)
    text.raw("/><g class=\"value\"")
    text.attribute("data-result", value.name)
    text.attribute("data-width", value.frame.width)
    text.attribute("data-height", value.frame.height)
    text.transform(Drawing.Transform(e: value.frame.x, f: value.frame.y))
    text.raw(">")
    if let tensor = value.tensor { ValuePicture.write(tensor, width: value.frame.width, height: value.frame.height, to: &text) }
    text.raw("</g>")
  }

  /// How many diagnostics there are, in the corner.
  private func writeBadge(to text: inout SVGText) {
    if block.diagnostics.isEmpty { return }
    let center = Drawing.Point(x: block.frame.right - (block.isSymbol ? 0 : 16), y: block.frame.y + (block.isSymbol ? 0 : 13))
    text.raw("<circle class=\"badge\" r=\"8.5\"")
    text.attribute("cx", center.x)
    text.attribute("cy", center.y)
    text.raw("/>")
    text.label(
      "badge-text", Drawing.Point(x: center.x, y: center.y + 4), "middle",
      block.diagnostics.count == 1 ? "!" : block.diagnostics.count > 9 ? "9+" : String(block.diagnostics.count))
  }
}

extension BlockState {
  var words: String { self == .notRun ? "not run" : rawValue }
}

extension SVGText {
  /// A short text of a class.
  mutating func label(_ name: StaticString, _ at: Drawing.Point, _ anchor: StaticString, _ content: String) {
    raw("<text class=\"")
    raw(name)
    raw("\"")
    attribute("x", at.x)
    attribute("y", at.y)
    raw(" text-anchor=\"")
    raw(anchor)
    raw("\">")
    text(content)
    raw("</text>")
  }

  /// Class names, each after a blank.
  mutating func rawWords(_ words: [String]) {
    for word in words {
      raw(" ")
      text(word)
    }
  }
}

/// What is no block.
enum SVGForms {
  static func write(_ one: Drawing.Text, to text: inout SVGText) {
    text.raw("<text class=\"")
    text.raw(one.isBold ? "title" : "note")
    if one.isMuted { text.raw(" muted") }
    text.raw("\" xml:space=\"preserve\"")
    text.attribute("style", "font-size:\(one.size)px" + (one.color.map { ";fill:\($0.text)" } ?? ""))
    text.attribute("text-anchor", one.anchor)
    text.transform(one.transform)
    text.raw(">")
    for (index, line) in one.lines.enumerated() {
      text.raw("<tspan")
      text.attribute("x", one.at.x)
      text.attribute("y", one.at.y + Double(index) * one.lineHeight)
      text.raw(">")
      text.text(line)
      text.raw("</tspan>")
    }
    text.raw("</text>\n")
  }

  static func write(_ form: Drawing.Form, to text: inout SVGText) {
    text.raw("<g")
    text.transform(form.transform)
    var style = "fill:\(form.fill?.text ?? "none");stroke:\(form.stroke?.text ?? "none");stroke-width:\(form.strokeWidth)"
    if let opacity = form.fill?.opacity, opacity < 1 { style += ";fill-opacity:\(opacity)" }
    if let opacity = form.stroke?.opacity, opacity < 1 { style += ";stroke-opacity:\(opacity)" }
    if !form.dashes.isEmpty { style += ";stroke-dasharray:" + form.dashes.map { "\($0)" }.joined(separator: " ") }
    text.attribute("style", style)
    text.raw(">")
    switch form.outline {
    case .rect(let rect, let radius):
      text.raw("<rect")
      text.frame(rect)
      if radius > 0 { text.attribute("rx", radius) }
      text.raw("/>")
    case .ellipse(let rect):
      text.raw("<ellipse")
      text.attribute("cx", rect.x + rect.width / 2)
      text.attribute("cy", rect.y + rect.height / 2)
      text.attribute("rx", rect.width / 2)
      text.attribute("ry", rect.height / 2)
      text.raw("/>")
    case .line(let points, let isClosed):
      text.raw("<path")
      let path = points.enumerated().map { $0 == 0 ? Drawing.Segment.move($1) : .line($1) }
      text.path(isClosed ? path + (points.first.map { [.line($0)] } ?? []) : path)
      text.raw("/>")
    case .widget(let rect, let title, let lines):
      text.raw("<rect rx=\"3\"")
      text.frame(rect)
      text.raw("/><g style=\"stroke:none\">")
      let room = rect.width - 12
      text.label("detail", Drawing.Point(x: rect.x + 6, y: rect.y + 14), "start", TextMetrics.fitted(title, width: room, size: 10))
      for (index, line) in lines.enumerated() where Double(index + 2) * 13 < rect.height {
        text.label(
          "detail", Drawing.Point(x: rect.x + 6, y: rect.y + 14 + 13 * Double(index + 1)), "start", TextMetrics.fitted(line, width: room, size: 10))
      }
      text.raw("</g>")
    }
    text.raw("</g>\n")
  }
}
