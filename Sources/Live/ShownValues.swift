import Compile
import Diagnostics
import Inspect
import Run
import TensorCore

/// What viewers see of a page's results: each value as it was last told, so that only what changes is told again.
struct ShownValues {
  /// Whether a cycle has run since the values were looked at.
  var isOutdated = true
  private var values: [String: Value] = [:]
  private var states: [String: BlockState] = [:]
  private var cycle = 0
  /// By FakeQuant block: the part of its inputs that is clipped.
  private var clips: [String: Double] = [:]

  private struct Value {
    var fingerprint: Int
    /// What is told of it, as JSON.
    var json: [UInt8]
  }

  /// Names of what has changed.
  struct Changes {
    var values: [String] = []
    var states: [String] = []
    var clips: [String] = []
    var isEmpty: Bool { values.isEmpty && states.isEmpty && clips.isEmpty }
  }

  /// Looks at the results of the last cycle.
  mutating func update(_ version: PageVersion, _ drawing: LiveDrawing?) -> Changes {
    let (graph, session) = (version.compilation.graph, version.session)
    var changes = Changes()
    isOutdated = false
    cycle = session.cycle
    for result in session.results(sharingMemory: true) {
      let block = graph.name(ofBlock: result.block)
      if states[block] != result.state {
        states[block] = result.state
        changes.states.append(block)
      }
      let outputs = graph.type(ofBlock: result.block)?.outputs ?? []
      for pin in result.results where outputs.indices.contains(pin.pin) {
        let name = "\(block).\(outputs[pin.pin].name)"
        switch pin.value {
        case .tensor(let tensor): note(name, tensor, drawing, &changes)
        case .list(let tensors): for (index, tensor) in tensors.enumerated() { note("\(name)[\(index)]", tensor, drawing, &changes) }
        }
      }
    }
    if version.hasFakeQuant, !changes.values.isEmpty, session.hasResults {
      let report = RunReport(page: "", compilation: version.compilation, session: session, diagnostics: [])
      for (block, share) in FakeQuantClipping.shares(graph: graph, report: report) {
        if clips.updateValue(share, forKey: report.blocks[block].name) != share { changes.clips.append(report.blocks[block].name) }
      }
    }
    return changes
  }

  private mutating func note(_ name: String, _ tensor: Tensor, _ drawing: LiveDrawing?, _ changes: inout Changes) {
    var hasher = Hasher()
    hasher.combine(tensor.shape.dims)
    withExtendedLifetime(tensor.storage) { hasher.combine(bytes: tensor.bytes) }
    let fingerprint = hasher.finalize()
    if values[name]?.fingerprint == fingerprint { return }
    var json = JSONWriter()
    json.beginObject()
    json.key("dtype")
    json.string(tensor.dtype.name)
    json.key("shape")
    json.beginArray()
    for dim in tensor.shape.dims { json.int(dim) }
    json.endArray()
    let text = TensorText(tensor, width: 40)
    json.key("text")
    json.string(text.values)
    json.key("summary")
    json.string(text.summary)
    json.key("picture")
    json.string(drawing?.picture(of: name, tensor))
    json.endObject()
    values[name] = Value(fingerprint: fingerprint, json: json.bytes)
    changes.values.append(name)
  }

  /// `"cycle":…,"values":{…},"states":{…}` of what has changed.
  func write(_ changes: Changes, to json: inout JSONWriter) {
    json.key("cycle")
    json.int(cycle)
    json.key("values")
    json.beginObject()
    for name in changes.values {
      guard let value = values[name] else { continue }
      json.key(name)
      json.raw(value.json)
    }
    json.endObject()
    json.key("states")
    json.beginObject()
    for name in changes.states {
      json.key(name)
      json.string(states[name]?.rawValue)
    }
    json.endObject()
    json.key("clips")
    json.beginObject()
    for name in changes.clips {
      json.key(name)
      json.double(clips[name] ?? 0)
    }
    json.endObject()
  }

  func writeAll(to json: inout JSONWriter) {
    write(Changes(values: values.keys.sorted(), states: states.keys.sorted(), clips: clips.keys.sorted()), to: &json)
  }
}
