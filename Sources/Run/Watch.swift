import Blocks
import Compile
import Diagnostics
import Page
import TensorCore

/// A result that can be read after every cycle, whether the cycle is shown or not.
///
/// It costs the copy of a variable where its readers see another value than the one it ends the cycle with, otherwise nothing.
public final class Watch {
  /// `scope/id.pin[i]`, with everything that a reference may leave out.
  public let name: String
  public let path: ResultPath
  public let dtype: DType
  private let session: Session
  private let slot: Int
  /// The elements, where their place is known before the run.
  private let fixed: Tensor?

  fileprivate init(_ session: Session, _ path: ResultPath) throws(DiagnosticError) {
    self.session = session
    self.path = path
    let graph = session.graph
    name = graph.name(of: path)
    let block = graph.name(ofBlock: path.block)
    func fail(_ message: String, fix: String? = nil) -> DiagnosticError {
      DiagnosticError(Diagnostic(.badArgument, message, block: block, fix: fix))
    }
    guard graph.nodes[path.block].type >= 0, session.plan.isReached[path.block], session.plan.options.keepsResults,
      case let values = graph.values(ofBlock: path.block, output: path.output), path.member < values.count
    else { throw fail("`\(name)` has no result: no session reaches its block", fix: "wire it to the fetch_outputs of a ClientSession") }
    slot = values.lowerBound + path.member
    dtype = session.plan.slots[slot].dtype
    session.watch(slot)
    if let whole = session.shown(slot), session.isFixed(slot) {
      guard let elements = path.elements(in: whole.shape), let part = whole.part(elements, rank: whole.shape.rank - path.indices.count) else {
        throw fail("`\(name)`: there is no such element in shape \(whole.shape)")
      }
      fixed = part
    } else {
      fixed = nil
    }
  }

  /// What it is after the last cycle: memory of the session, which the next cycle changes. nil when there is no such element.
  public var value: Tensor? {
    if let fixed { return fixed }
    guard let whole = session.shown(slot), let elements = path.elements(in: whole.shape) else { return nil }
    return whole.part(elements, rank: whole.shape.rank - path.indices.count)
  }

  /// What it is when it is known before the run how many elements it has.
  public var count: Int? { fixed?.count }

  /// Its first element as a number; nil for strings, and when there is none.
  public var number: Double? { value?.number(at: 0) }
}

extension Session {
  /// Makes a result readable after every cycle. Throws when no session reaches it or it has no such element.
  public func watch(_ path: ResultPath) throws(DiagnosticError) -> Watch { try Watch(self, path) }

  /// Whether a slot's elements stay at one place for the session's life.
  fileprivate func isFixed(_ slot: Int) -> Bool {
    switch plan.slots[slot].place {
    case .constant, .arena, .variable: true
    case .alias(let target), .part(of: let target, at: _): isFixed(Int(target))
    case .dynamic, .scratch, .nowhere: false
    }
  }
}

extension Graph {
  /// `scope/id.pin[i]`
  public func name(of path: ResultPath) -> String {
    var name = self.name(ofBlock: path.block)
    if let type = type(ofBlock: path.block), type.outputs.indices.contains(path.output) {
      name += "." + type.outputs[path.output].name
      if type.outputs[path.output].isList { name += "[\(path.member)]" }
    }
    return path.indices.reduce(name) { $0 + "[\($1)]" }
  }

  /// The results that the page's trends name, without those that are no result of a block.
  public var trendPaths: [ResultPath] {
    var paths: [ResultPath] = []
    for trend in page.trends {
      for series in trend.series {
        if let path = try? path(series.of, scope: trend.scope, at: series.range) { paths.append(path) }
      }
    }
    return paths
  }
}
