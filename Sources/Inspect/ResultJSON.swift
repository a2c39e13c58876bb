import Diagnostics
import Page
import Run
import TensorCore

extension RunReport {
  /// The report as one line of JSON. The same report gives the same bytes.
  public var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.key("page")
    json.string(page)
    json.key("cycles")
    json.int(cycles)
    json.key("blocks")
    json.beginObject()
    for block in blocks {
      json.key(block.name)
      block.write(to: &json)
    }
    json.endObject()
    if let order {
      json.key("order")
      json.beginArray(inline: true)
      for block in order { json.int(block) }
      json.endArray()
    }
    if let history {
      json.key("history")
      history.write(to: &json)
    }
    json.key("diagnostics")
    json.beginArray()
    for diagnostic in diagnostics { diagnostic.write(to: &json) }
    json.endArray()
    json.endObject()
    return json.bytes
  }
}

extension RunReport.BlockReport {
  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("type")
    json.string(type)
    json.key("state")
    json.string(state.rawValue)
    json.key("results")
    json.beginObject()
    for result in results {
      json.key("result_" + result.pin)
      switch result.value {
      case .tensor(let tensor): tensor.write(to: &json)
      case .list(let tensors):
        json.beginArray()
        for tensor in tensors { tensor.write(to: &json) }
        json.endArray()
      }
    }
    json.endObject()
    json.endObject()
  }
}

extension History {
  /// `{"loss.output":{"cycles":[…],"dtype":…,"shape":[…],"values":[…]}}`: the shape of one cycle's values, the values of all cycles flat.
  func write(to json: inout JSONWriter) {
    json.beginObject()
    for series in series {
      json.key(series.name)
      json.beginObject()
      json.key("cycles")
      json.beginArray(inline: true)
      for cycle in cycles { json.int(cycle) }
      json.endArray()
      if let values = series.values { values.writeMembers(to: &json, shape: series.shape) }
      json.endObject()
    }
    json.endObject()
  }
}

extension Tensor {
  /// `{"dtype":…,"shape":[…],"values":[…]}`, the values flat in row-major order.
  func write(to json: inout JSONWriter) {
    json.beginObject()
    writeMembers(to: &json, shape: shape)
    json.endObject()
  }

  fileprivate func writeMembers(to json: inout JSONWriter, shape: Shape) {
    json.key("dtype")
    json.string(dtype.name)
    json.key("shape")
    json.beginArray(inline: true)
    for dim in shape.dims { json.int(dim) }
    json.endArray()
    json.key("values")
    json.beginArray(inline: true)
    for index in 0..<count { json.raw { ValueFormat.appendJSON(self, at: index, into: &$0) } }
    json.endArray()
  }
}
