import Compile
import Diagnostics
import Page
import TensorCore

/// `{"page":…,"diagnostics":[…]}`
public func diagnosticsJSON(page: String, _ diagnostics: [Diagnostic]) -> [UInt8] {
  var json = JSONWriter()
  json.beginObject()
  json.string("page", page)
  json.beginArray("diagnostics")
  for diagnostic in diagnostics { diagnostic.write(to: &json) }
  json.endArray()
  json.endObject()
  return json.bytes
}

extension RunReport {
  /// All results as a `.npz` file; entries are named `block.pin`, members of lists `block.pin[i]`; histories `history/block.pin`, with
  /// their cycles in `history/cycles`.
  public func npz() throws(FormatError) -> [UInt8] {
    var tensors: [(name: String, tensor: Tensor)] = []
    for block in blocks {
      for result in block.results {
        switch result.value {
        case .tensor(let tensor): tensors.append(("\(block.name).\(result.pin)", tensor))
        case .list(let members): for (index, tensor) in members.enumerated() { tensors.append(("\(block.name).\(result.pin)[\(index)]", tensor)) }
        }
      }
    }
    if let history {
      if let cycles = Tensor(history.cycles.map(Int64.init)) { tensors.append(("history/cycles", cycles)) }
      for series in history.series { if let values = series.values { tensors.append(("history/\(series.name)", values)) } }
    }
    return try Npz.write(tensors)
  }

  /// What a saved page gets: the results of each block that ran.
  public var savedResults: [(block: Int, pin: String, value: ResultValue)] {
    blocks.enumerated().flatMap { index, block in block.results.map { (index, $0.pin, $0.value) } }
  }
}
