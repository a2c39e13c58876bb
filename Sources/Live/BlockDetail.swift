import Blocks
import Compile
import Diagnostics
import Inspect
import Page
import Run
import TensorCore

/// Everything about the block that a viewer has opened.
extension LiveSession {
  /// The most elements of a tensor that are told one by one.
  static let maximalElements = 16_384

  func detailMessage(_ name: String) -> [UInt8] {
    message("detail") { json in
      json.key("block")
      json.string(name)
      guard let graph = version?.compilation.graph ?? draft?.graph, let block = graph.block(named: name), let type = graph.type(ofBlock: block) else {
        json.key("isThere")
        json.bool(false)
        return
      }
      json.key("isThere")
      json.bool(true)
      json.key("type")
      json.string(type.name)
      json.key("doc")
      json.string(type.doc)
      if block < graph.page.blocks.count {
        json.key("line")
        json.int(graph.page.source.position(of: Int(graph.range(ofBlock: block).lower)).line)
      }
      json.key("inputs")
      json.beginArray()
      for pin in type.inputs.indices { writeInput(pin, block, type, graph, to: &json) }
      json.endArray()
      json.key("attrs")
      json.beginArray()
      for (attr, value) in zip(type.attrs, graph.nodes[block].attrs) where attr.isWritten {
        json.beginObject()
        json.key("name")
        json.string(attr.name)
        json.key("text")
        json.string(value?.description ?? "")
        json.key("doc")
        json.string(attr.doc)
        json.endObject()
      }
      json.endArray()
      writeResults(block, type, graph, to: &json)
      if let session = version?.session, session.hasResults, let report = QuantisationReport(session, block: block) {
        json.key("quantisation")
        report.writeDetail(to: &json)
      }
    }
  }

  private func writeInput(_ pin: Int, _ block: Int, _ type: BlockType, _ graph: Graph, to json: inout JSONWriter) {
    json.beginObject()
    json.key("pin")
    json.string(type.inputs[pin].name)
    json.key("doc")
    json.string(type.inputs[pin].doc)
    json.key("sources")
    json.beginArray()
    var shapes: [String] = []
    for operand in graph.operands(ofBlock: block, input: pin) {
      let value = Int(graph.operands[operand])
      if let source = graph.reference(toValue: value, alwaysWithPin: true) { json.string(source) }
      shapes.append("\(graph.values[value].dtype) \(graph.values[value].shape)")
    }
    json.endArray()
    json.key("shapes")
    json.beginArray()
    for shape in shapes { json.string(shape) }
    json.endArray()
    json.key("text")
    json.string(graph.page.inputText(ofBlock: block, pin: type.inputs[pin].name))
    json.endObject()
  }

  private func writeResults(_ block: Int, _ type: BlockType, _ graph: Graph, to json: inout JSONWriter) {
    json.key("results")
    json.beginArray()
    for output in type.outputs.indices {
      for member in 0..<graph.values(ofBlock: block, output: output).count {
        let path = ResultPath(block: block, output: output, member: member, indices: [])
        json.beginObject()
        json.key("name")
        json.string(graph.name(of: path))
        json.key("pin")
        json.string(type.outputs[output].name)
        json.key("doc")
        json.string(type.outputs[output].doc)
        if let tensor = version?.session.result(path) { tensor.writeDetail(to: &json) }
        json.endObject()
      }
    }
    json.endArray()
  }
}

extension Graph {
  /// The block of that name, or one that gradients have added.
  func block(named name: String) -> Int? { nodes.indices.first { self.name(ofBlock: $0) == name } }
}

extension Page {
  /// The text in an input pin of a block as it stands in the page; nil for a wired pin, for binary data, and for one too long to be edited.
  func inputText(ofBlock block: Int, pin name: String) -> String? {
    guard blocks.indices.contains(block) else { return nil }
    for index in blocks[block].pins where !pins[Int(index)].isResult && symbols[pins[Int(index)].name] == name {
      guard let bytes = textBytes(of: pins[Int(index)].content), bytes.count <= 4_096 else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
    return nil
  }
}

extension Tensor {
  /// `"dtype":…,"shape":…,"count":…,"values":[…]` with the first elements, and a histogram of all of them when they are numbers.
  func writeDetail(to json: inout JSONWriter) {
    json.key("dtype")
    json.string(dtype.name)
    json.key("shape")
    json.beginArray()
    for dim in shape.dims { json.int(dim) }
    json.endArray()
    json.key("count")
    json.int(count)
    json.key("values")
    json.beginArray()
    for index in 0..<min(count, LiveSession.maximalElements) { json.raw { ValueFormat.appendJSON(self, at: index, into: &$0) } }
    json.endArray()
    if let statistics = Statistics(self) {
      json.key("statistics")
      statistics.write(to: &json)
    }
  }
}

/// How the numbers of a tensor are spread.
struct Statistics {
  private(set) var least = Double.infinity
  private(set) var most = -Double.infinity
  private(set) var sum = 0.0
  /// How many are NaN or infinite.
  private(set) var notFinite = 0
  /// How many lie in each of equal parts of the range from least to most.
  private(set) var counts: [Int]

  /// Nil for strings and where there are no numbers to speak of.
  init?(_ tensor: Tensor, bins: Int = 48) {
    guard tensor.dtype != .string, tensor.count > 1 else { return nil }
    counts = Array(repeating: 0, count: bins)
    for index in 0..<tensor.count {
      guard let value = tensor.number(at: index), value.isFinite else {
        notFinite += 1
        continue
      }
      least = min(least, value)
      most = max(most, value)
      sum += value
    }
    guard least <= most else { return nil }
    let width = most - least
    for index in 0..<tensor.count {
      guard let value = tensor.number(at: index), value.isFinite else { continue }
      // The range of large doubles may overflow to infinity; then all are in the middle.
      let part = width > 0 && width.isFinite ? (value - least) / width : 0.5
      counts[min(bins - 1, max(0, Int(part * Double(bins))))] += 1
    }
    finite = tensor.count - notFinite
  }

  private var finite = 0

  func write(to json: inout JSONWriter) {
    json.beginObject()
    json.key("min")
    json.double(least)
    json.key("max")
    json.double(most)
    json.key("mean")
    json.double(sum / Double(max(1, finite)))
    json.key("notFinite")
    json.int(notFinite)
    json.key("counts")
    json.beginArray()
    for count in counts { json.int(count) }
    json.endArray()
    json.endObject()
  }
}
