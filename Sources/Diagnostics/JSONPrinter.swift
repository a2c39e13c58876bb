extension Diagnostic {
  /// Writes the diagnostic as one JSON object. Every key is always there; what is unknown is null.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("id")
    json.string(id.code)
    json.key("severity")
    json.string(severity.rawValue)
    json.key("message")
    json.string(message)
    json.key("file")
    json.string(location?.file)
    let numbers = [
      ("line", location?.line), ("column", location?.column), ("endLine", location?.endLine), ("endColumn", location?.endColumn),
    ]
    for (key, number) in numbers {
      json.key(key)
      if let number { json.int(number) } else { json.null() }
    }
    json.key("block")
    json.string(block)
    json.key("pin")
    json.string(pin)
    json.key("notes")
    json.beginArray()
    for note in notes { json.string(note) }
    json.endArray()
    json.key("fix")
    json.string(fix)
    json.endObject()
  }
}

extension Sequence where Element == Diagnostic {
  /// Writes the diagnostics as a JSON array.
  public func write(to json: inout JSONWriter) {
    json.beginArray()
    for diagnostic in self { diagnostic.write(to: &json) }
    json.endArray()
  }
}
