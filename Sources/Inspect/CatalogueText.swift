import Blocks
import Diagnostics
import TensorCore

/// The catalogue in words: for the terminal, for the documentation, as JSON. All of it is read from the entries.
public struct CatalogueText {
  private let catalogue: Catalogue

  public init(_ catalogue: Catalogue = .standard) { self.catalogue = catalogue }

  /// All families with their types and first sentences.
  public func list(color: Bool = false) -> String {
    var table = TextTable(usesColor: color)
    for family in catalogue.families {
      table.add(["\(family.name): \(family.doc)"], style: .bold)
      for type in family.types { table.add(["  " + type.name, CatalogueText.shortened(CatalogueText.firstSentence(type.doc))]) }
      table.add([""])
    }
    return table.text + "\(catalogue.types.count) block types. `enuflow blocks TYPE` tells all about one.\n"
  }

  /// One type's documentation.
  public func documentation(_ type: BlockType, color: Bool = false) -> String {
    var table = TextTable(usesColor: color)
    for pin in type.inputs.indices {
      table.add([
        pin == 0 ? "inputs" : "", type.inputs[pin].name, kind(type.inputs[pin]) + dtypes(type.inputs[pin], type.inputElements[pin], type),
        type.inputs[pin].doc,
      ])
    }
    for (index, attr) in type.attrs.filter(\.isWritten).enumerated() {
      table.add([index == 0 ? "attrs" : "", attr.name, range(attr) + (attr.defaultValue.map { ", default \($0)" } ?? ""), attr.doc])
    }
    for pin in type.outputs.indices {
      table.add([
        pin == 0 ? "outputs" : "", type.outputs[pin].name, kind(type.outputs[pin]) + dtypes(type.outputs[pin], type.outputElements[pin], type),
        type.outputs[pin].doc,
      ])
    }
    if let gradient = gradient(type) { table.add(["gradient", "", "", gradient]) }
    let heading = color ? "\u{1B}[1m\(type.name)\u{1B}[0m" : type.name
    return heading + "\n\n" + CatalogueText.wrapped(type.doc) + "\n" + table.text + "\nexample\n\n" + type.example + "\n"
  }

  /// The whole catalogue as one Markdown page.
  public var markdown: String {
    var text = "# Block types\n\nMade from the catalogue by `Scripts/generate-docs`. The same texts: `enuflow blocks TYPE`.\n"
    for family in catalogue.families {
      text += "\n## \(family.name)\n\n\(family.doc)\n"
      for type in family.types { text += markdown(type) }
    }
    return text
  }

  /// One row for each family, for the README.
  public var overview: String {
    var text = "| family | block types |\n|---|---|\n"
    for family in catalogue.families {
      text += "| \(family.name) | " + family.types.map { "[\($0.name)](docs/blocks.md#\($0.name.lowercased()))" }.joined(separator: ", ") + " |\n"
    }
    return text
  }

  private func markdown(_ type: BlockType) -> String {
    var text = "\n### \(type.name)\n\n\(type.doc)\n"
    if !type.inputs.isEmpty || !type.outputs.isEmpty || type.attrs.contains(where: \.isWritten) {
      text += "\n| | name | dtype or range | |\n|---|---|---|---|\n"
      for pin in type.inputs.indices {
        text +=
          "| input | `\(type.inputs[pin].name)` | \(kind(type.inputs[pin]))\(dtypes(type.inputs[pin], type.inputElements[pin], type)) | \(type.inputs[pin].doc) |\n"
      }
      for attr in type.attrs where attr.isWritten {
        text += "| attr | `\(attr.name)` | \(range(attr))\(attr.defaultValue.map { ", default \($0)" } ?? "") | \(attr.doc) |\n"
      }
      for pin in type.outputs.indices {
        text +=
          "| output | `\(type.outputs[pin].name)` | \(kind(type.outputs[pin]))\(dtypes(type.outputs[pin], type.outputElements[pin], type)) | \(type.outputs[pin].doc) |\n"
      }
    }
    if let gradient = gradient(type) { text += "\nGradient: \(gradient).\n" }
    return text + "\n```xml\n\(type.example)\n```\n"
  }

  /// The catalogue for other programs: pins, dtypes, attrs, ranges, defaults, documentation and examples.
  public func json(_ types: [BlockType]? = nil) -> [UInt8] {
    var json = JSONWriter(pretty: true)
    json.beginArray()
    for family in catalogue.families {
      for type in family.types where types?.contains(where: { $0.name == type.name }) ?? true { write(type, family: family.name, to: &json) }
    }
    json.endArray()
    return json.bytes
  }

  private func write(_ type: BlockType, family: String, to json: inout JSONWriter) {
    json.beginObject()
    json.string("type", type.name)
    json.string("family", family)
    json.string("doc", type.doc)
    json.beginArray("inputs")
    for pin in type.inputs.indices { write(type.inputs[pin], type.inputElements[pin], type, to: &json) }
    json.endArray()
    json.beginArray("outputs")
    for pin in type.outputs.indices { write(type.outputs[pin], type.outputElements[pin], type, to: &json) }
    json.endArray()
    json.beginArray("attrs")
    for attr in type.attrs { write(attr, to: &json) }
    json.endArray()
    json.key("gradient")
    if let pins = type.differentiablePins {
      json.beginArray(inline: true)
      for pin in pins { json.string(type.inputs[pin].name) }
      json.endArray()
    } else {
      json.null()
    }
    json.string("example", type.example)
    json.endObject()
  }

  private func write(_ pin: Pin, _ element: Pin.Element, _ type: BlockType, to json: inout JSONWriter) {
    json.beginObject()
    json.string("name", pin.name)
    json.bool("list", pin.isList)
    json.bool("optional", pin.isOptional)
    json.bool("operation", pin.isOperation)
    json.string("use", pin.variableUse.map { $0 == .update ? "update" : "end" })
    json.key("variable")
    if case .variable(let index) = element { json.string(type.attrs[index].name) } else { json.null() }
    json.beginArray("dtypes", inline: true)
    for dtype in allowed(element, type).members { json.string(dtype.name) }
    json.endArray()
    json.string("doc", pin.doc)
    json.endObject()
  }

  private func write(_ attr: Attr, to json: inout JSONWriter) {
    json.beginObject()
    json.string("name", attr.name)
    json.bool("written", attr.isWritten)
    json.string("kind", attr.kindName)
    json.string("range", range(attr))
    json.string("default", attr.defaultValue?.description)
    json.string("doc", attr.doc)
    json.endObject()
  }

  // MARK: Words

  private func allowed(_ element: Pin.Element, _ type: BlockType) -> DTypeSet {
    switch element {
    case .fixed(let dtype): DTypeSet(dtype)
    case .variable(let index): type.attrs[index].typeSet ?? .all
    case .any: .all
    }
  }

  private func dtypes(_ pin: Pin, _ element: Pin.Element, _ type: BlockType) -> String {
    if pin.isOperation { return "" }
    return switch element {
    case .fixed(let dtype): dtype.name
    case .variable(let index): type.attrs[index].name + ": " + CatalogueText.describe(allowed(element, type))
    case .any: "any dtype"
    }
  }

  private func kind(_ pin: Pin) -> String {
    switch pin.kind {
    case .operation: "operation"
    case .tensor: pin.variableUse == nil ? "" : "variable, "
    case .list(let min): min > 0 ? "list of \(min) or more, " : "list, "
    case .fetch: "any number of outputs, "
    case .feed: "any number of feeds, "
    }
  }

  /// Through which inputs AddSymbolicGradients goes back; nil for blocks that it cannot meet.
  private func gradient(_ type: BlockType) -> String? {
    if type.inputs.isEmpty || type.outputs.isEmpty { return nil }
    guard let pins = type.differentiablePins else { return "none" }
    return pins.isEmpty ? "nothing flows back" : "for " + pins.map { "`\(type.inputs[$0].name)`" }.joined(separator: ", ")
  }

  private func range(_ attr: Attr) -> String {
    switch attr.kind {
    case .int(let range):
      range == .min ... .max
        ? "int" : range.upperBound == .max ? "int, \(range.lowerBound) or more" : "int, \(range.lowerBound) to \(range.upperBound)"
    case .float: "float"
    case .bool: "true or false"
    case .string: "text"
    case .choice(let words): words.joined(separator: " or ")
    case .type(let set): "dtype: " + CatalogueText.describe(set)
    case .shape: "shape"
    case .types(let set): "list of dtypes: " + CatalogueText.describe(set)
    case .ints: "list of ints"
    }
  }

  private static func describe(_ set: DTypeSet) -> String { set == .all ? "any dtype" : set.description }

  static func firstSentence(_ doc: String) -> String {
    var end = doc.startIndex
    while let stop = doc[end...].firstIndex(of: ".") {
      let next = doc.index(after: stop)
      if next == doc.endIndex || doc[next] == " " || doc[next] == "\n" { return String(doc[...stop]) }
      end = next
    }
    return doc
  }

  /// At most 100 scalars, cut between words.
  static func shortened(_ sentence: String) -> String {
    guard sentence.unicodeScalars.count > 100 else { return sentence }
    let cut = String(sentence.unicodeScalars.prefix(99).map(Character.init))
    return (cut.lastIndex(of: " ").map { String(cut[..<$0]) } ?? cut) + " …"
  }

  /// Lines of at most 100 scalars.
  static func wrapped(_ text: String) -> String {
    var lines = ""
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      for word in paragraph.split(separator: " ") {
        if !line.isEmpty, line.unicodeScalars.count + word.unicodeScalars.count >= 100 {
          lines += line + "\n"
          line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
      }
      lines += line + "\n"
    }
    return lines
  }
}

extension Attr {
  fileprivate var kindName: String {
    switch kind {
    case .int: "int"
    case .float: "float"
    case .bool: "bool"
    case .string: "string"
    case .choice: "choice"
    case .type: "type"
    case .shape: "shape"
    case .types: "types"
    case .ints: "ints"
    }
  }
}

/// All diagnostics as one Markdown page.
public var diagnosticsMarkdown: String {
  """
  # Diagnostics

  Made from `Sources/Diagnostics/DiagnosticID.swift` by `Scripts/generate-docs`. An id never changes its meaning.

  | id | |
  |---|---|

  """ + DiagnosticID.all.map { "| \($0.code) | \($0.title) |\n" }.joined()
}
