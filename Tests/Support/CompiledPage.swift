import Blocks
import Compile
import Diagnostics
import Page
import Run
import TensorCore

/// A page from a string, read and compiled.
public struct CompiledPage {
  /// Nil when the text could not be made a page.
  public var compilation: Compilation?
  public var diagnostics: [Diagnostic]

  /// `set` and `feeds` are the command line's `--set` and `--feed`.
  public init(
    _ text: String, set: [String] = [], feeds: [(name: String, value: Tensor)] = [], keepsGoing: Bool = false, data: DataFile? = nil,
    catalogue: Catalogue = .standard, options: PlanOptions = PlanOptions()
  ) {
    self.init(Array(text.utf8), set: set, feeds: feeds, keepsGoing: keepsGoing, data: data, catalogue: catalogue, options: options)
  }

  public init(
    _ bytes: [UInt8], set: [String] = [], feeds: [(name: String, value: Tensor)] = [], keepsGoing: Bool = false, data: DataFile? = nil,
    catalogue: Catalogue = .standard, options: PlanOptions = PlanOptions()
  ) {
    let (read, found) = PageReader.read(bytes, name: "test.xml", data: data)
    guard let read else {
      diagnostics = found
      return
    }
    var overrides = OverrideReader(page: read, catalogue: catalogue)
    for argument in set { overrides.set(argument) }
    for feed in feeds { overrides.feed(feed.name, value: feed.value, file: "\(feed.name).npy") }
    let compiled = Compiler(catalogue: catalogue, keepsGoing: keepsGoing, options: options)
      .compile(overrides.page, overrides: overrides.overrides, found: found + overrides.diagnostics)
    compilation = compiled
    diagnostics = compiled.diagnostics
  }

  /// All diagnostics as ``Diagnostic/summary``.
  public var found: [String] { diagnostics.map(\.summary) }

  public var graph: Graph? { compilation?.graph }
  public var plan: Plan? { compilation?.plan }

  /// A new session; throws the diagnostics of a page that cannot run.
  public func session(threads: Int? = nil) throws -> Session {
    guard let compilation else { throw DiagnosticError(diagnostics) }
    return try Session(compilation, threads: threads)
  }

  /// All results by `block.pin` (members of lists `block.pin[i]`) after some cycles.
  public func results(cycles: Int = 1) throws -> [String: Tensor] {
    let session = try session()
    for _ in 0..<cycles { try session.runCycle() }
    return session.resultsByName
  }

  /// The index of a block, by its display name.
  public func block(_ name: String) -> Int? {
    graph.flatMap { graph in graph.nodes.indices.first { graph.name(ofBlock: $0) == name } }
  }
}

extension Session {
  /// All results by `block.pin`; members of lists `block.pin[i]`.
  public var resultsByName: [String: Tensor] {
    var all: [String: Tensor] = [:]
    for block in results() {
      let name = graph.name(ofBlock: block.block)
      for result in block.results {
        let pin = graph.type(ofBlock: block.block)?.outputs[result.pin].name ?? "?"
        switch result.value {
        case .tensor(let tensor): all["\(name).\(pin)"] = tensor
        case .list(let members): for (index, tensor) in members.enumerated() { all["\(name).\(pin)[\(index)]"] = tensor }
        }
      }
    }
    return all
  }

  /// `name: state` of every block.
  public var states: [String] { results().map { "\(graph.name(ofBlock: $0.block)): \($0.state.rawValue)" } }
}

extension Diagnostic {
  /// `E0208 3:5 block pin`; `-` for what is not given.
  public var summary: String { "\(id) \(location?.line ?? 0):\(location?.column ?? 0) \(block ?? "-") \(pin ?? "-")" }
}

extension Tensor {
  /// `float [2] 1 2`.
  public var brief: String {
    (["\(dtype)", "\(shape)"] + (0..<count).map { ValueFormat.shortest(self, at: $0) }).joined(separator: " ")
  }
}

/// A small generator with a fixed start, so that a failure can be repeated.
public struct Generator: RandomNumberGenerator {
  private var state: UInt64
  public init(_ seed: UInt64) { state = seed }
  public mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ (state >> 29)) &* 0x9E37_79B9_7F4A_7C15
  }
}
