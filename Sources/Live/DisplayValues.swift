import Compile
import Diagnostics
import Run
import TensorCore

/// What the display widgets of an original page show after a cycle.
struct DisplayValues {
  private var told: [String: [UInt8]] = [:]

  /// What has changed since the last time, as `{"id":…}`; nil when nothing has.
  mutating func update(_ version: PageVersion) -> [UInt8]? {
    var json = JSONWriter()
    json.beginObject()
    var isEmpty = true
    for display in version.displays {
      guard let value = DisplayValues.value(display, version), told[display.id] != value else { continue }
      told[display.id] = value
      json.key(display.id)
      json.raw(value)
      isEmpty = false
    }
    json.endObject()
    return isEmpty ? nil : json.bytes
  }

  /// Everything, for somebody who has seen nothing yet.
  func all() -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    for (id, value) in told.sorted(by: { $0.key < $1.key }) {
      json.key(id)
      json.raw(value)
    }
    json.endObject()
    return json.bytes
  }

  /// A number as text, or the cells of a contour, row by row, as base64 of one byte each: 0 for the least colour, 254 for the most, 255 for
  /// none.
  private static func value(_ display: Display, _ version: PageVersion) -> [UInt8]? {
    guard let path = try? version.compilation.graph.path(display.source), let tensor = version.session.result(path), tensor.count > 0 else {
      return nil
    }
    var json: [UInt8] = []
    guard display.kind == .contour else {
      JSONWriter.appendString(ValueFormat.shortest(tensor, at: 0).utf8, to: &json)
      return json
    }
    let (least, most) = (display.least ?? 0, display.most ?? 1)
    let rank = tensor.shape.rank
    guard display.indices.count == rank, most > least else { return nil }
    var cells: [UInt8] = []
    for row in 0..<display.rows {
      for column in 0..<display.columns {
        var element = 0
        var isInside = true
        for (index, dim) in zip(display.indices, tensor.shape.dims) {
          let place = index.row * row + index.column * column + index.constant
          if place >= dim { isInside = false }
          element = element &* dim &+ place
        }
        guard isInside, let number = tensor.number(at: element), number.isFinite else {
          cells.append(255)
          continue
        }
        cells.append(UInt8(max(0, min(254, (number - least) / (most - least) * 254))))
      }
    }
    json.append(UInt8(ascii: "\""))
    appendBase64(cells, to: &json)
    json.append(UInt8(ascii: "\""))
    return json
  }
}
