extension Diagnostic {
  /// Writes the diagnostic as one JSON object. Every key is always there; what is unknown is null.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.string("id", id.code)
    json.string("severity", severity.rawValue)
    json.string("message", message)
    json.string("file", location?.file)
    let numbers = [
      ("line", location?.line), ("column", location?.column), ("endLine", location?.endLine), ("endColumn", location?.endColumn),
    ]
    for (key, number) in numbers {
      json.key(key)
      if let number { json.int(number) } else { json.null() }
    }
    json.string("block", block)
    json.string("pin", pin)
    json.beginArray("notes")
    for note in notes { json.string(note) }
    json.endArray()
    json.string("fix", fix)
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
