import Blocks
import CBrowserFiles
import Diagnostics
import TensorCore

extension Drawing {
  /// The drawing as one file of HTML: pan, zoom, search by id, a panel for each block, light and dark. It loads nothing, and its policy
  /// forbids it to.
  ///
  /// The picture is ``svg(standalone:)``. What the panel shows lies beside it as JSON in which no `<` stands; the script makes text nodes
  /// of it and never markup.
  public func html() -> [UInt8] {
    var text = SVGText()
    text.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    text.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
    text.raw("<meta http-equiv=\"Content-Security-Policy\" ")
    text.raw("content=\"default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline';img-src data:\">\n<title>")
    text.text(heading)
    text.raw("</title>\n<style>\n")
    text.ours(ef_drawing_css())
    text.raw("</style>\n</head>\n<body>\n<header>\n<h1>")
    text.text(heading)
    text.raw("</h1>\n")
    text.ours(ef_drawing_tools())
    text.raw("</header>\n<main>\n<div id=\"stage\">\n")
    text.ours(svg(standalone: false))
    text.raw("</div>\n")
    text.ours(ef_drawing_panel())
    text.raw("</main>\n<script type=\"application/json\" id=\"data\">")
    text.ours(HTMLData(self).json)
    text.raw("</script>\n<script>\n")
    text.ours(ef_drawing_js())
    text.raw("</script>\n</body>\n</html>\n")
    return text.bytes
  }
}

/// What the panel of a page of HTML tells of each block.
struct HTMLData {
  private let drawing: Drawing

  init(_ drawing: Drawing) { self.drawing = drawing }

  /// JSON in which `<`, `>` and `&` are escaped, so that no text of the page can end the element that holds it.
  var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.string("file", drawing.file)
    json.key("cycles")
    if let cycles = drawing.cycles { json.int(cycles) } else { json.null() }
    json.beginObject("blocks")
    var sources: [String: [String]] = [:]
    for wire in drawing.wires { sources[wire.to, default: []].append(wire.from) }
    for block in drawing.blocks {
      json.key(block.name)
      write(block, sources, to: &json)
    }
    json.endObject()
    writeTypes(to: &json)
    json.key("diagnostics")
    write(drawing.diagnostics, to: &json)
    json.endObject()
    var escaped: [UInt8] = []
    escaped.reserveCapacity(json.bytes.count)
    var index = 0
    while index < json.bytes.count {
      let byte = json.bytes[index]
      switch byte {
      case UInt8(ascii: "<"): escaped.append(contentsOf: "\\u003c".utf8)
      case UInt8(ascii: ">"): escaped.append(contentsOf: "\\u003e".utf8)
      case UInt8(ascii: "&"): escaped.append(contentsOf: "\\u0026".utf8)
      case 0xE2 where turnsText(json.bytes[index...].prefix(3)):
        escaped.append(contentsOf: "\\ufffd".utf8)
        index += 2
      default: escaped.append(byte)
      }
      index += 1
    }
    return escaped
  }

  /// The marks that turn the direction of what follows, as in ``SVGText``.
  private func turnsText(_ bytes: ArraySlice<UInt8>) -> Bool {
    let bytes = Array(bytes)
    return bytes.count == 3 && (bytes[1] == 0x80 && (0xAA...0xAE).contains(bytes[2]) || bytes[1] == 0x81 && (0xA6...0xA9).contains(bytes[2]))
  }

  private func write(_ block: Drawing.Block, _ sources: [String: [String]], to json: inout JSONWriter) {
    json.beginObject()
    json.string("type", block.type)
    json.string("state", block.state?.words ?? "")
    if let share = block.clippedShare {
      json.string("clipped", SVGBlock.percent(share))
    }
    json.beginArray("inputs")
    for pin in block.inputs {
      json.beginObject()
      json.string("name", pin.name)
      json.beginArray("from", inline: true)
      for source in sources[block.name + "." + pin.name] ?? [] { json.string(source) }
      json.endArray()
      json.string("text", pin.isWired ? "" : pin.detail)
      json.endObject()
    }
    json.endArray()
    json.beginArray("outputs")
    for pin in block.outputs {
      json.beginObject()
      json.string("name", pin.name)
      json.string("detail", pin.detail)
      json.endObject()
    }
    json.endArray()
    json.beginArray("settings")
    for setting in block.allSettings { json.string(setting) }
    json.endArray()
    json.beginArray("results")
    for value in block.results {
      guard let tensor = value.tensor else { continue }
      let text = TensorText(tensor, width: 1_500)
      json.beginObject()
      json.string("name", value.name)
      json.string("kind", "\(tensor.dtype) \(tensor.shape)")
      json.string("values", text.values)
      json.string("summary", text.summary ?? "")
      json.endObject()
    }
    json.endArray()
    json.key("diagnostics")
    write(block.diagnostics, to: &json)
    json.endObject()
  }

  private func write(_ diagnostics: [Diagnostic], to json: inout JSONWriter) {
    json.beginArray()
    for diagnostic in diagnostics.prefix(200) {
      json.beginObject()
      json.string("severity", diagnostic.severity.rawValue)
      json.string("id", diagnostic.id.code)
      json.string("message", diagnostic.message)
      json.beginArray("more")
      for note in diagnostic.notes { json.string(note) }
      if let fix = diagnostic.fix { json.string("help: " + fix) }
      if let place = diagnostic.location { json.string("line \(place.line), column \(place.column)") }
      json.endArray()
      json.endObject()
    }
    json.endArray()
  }

  /// The documentation of the types that the page has.
  private func writeTypes(to json: inout JSONWriter) {
    json.beginObject("types")
    for name in Set(drawing.blocks.map(\.type)).sorted() {
      guard let type = Catalogue.standard[name] else { continue }
      json.beginObject(name)
      json.string("doc", type.doc)
      json.beginArray("pins")
      for (name, doc) in type.inputs.map({ ($0.name, $0.doc) }) + type.attrs.map({ ($0.name, $0.doc) }) + type.outputs.map({ ($0.name, $0.doc) })
      where !doc.isEmpty { json.string("`\(name)`: \(doc)") }
      json.endArray()
      json.endObject()
    }
    json.endObject()
  }
}
