import Compile
import Diagnostics
import Page
import TensorCore

/// From a page to its results in a few lines, for programs that embed the engine:
///
///     let session = try Session(file: "page.xml", feeds: ["x": x])
///     try session.runCycle()
///     let y = try session.result("layer/y")
extension Session {
  /// Reads and compiles a page and finds memory for it. Throws everything that is wrong when it cannot run.
  ///
  /// `feeds` stand in for the only output of a block (`id`) or for an input pin (`id.pin`); ``feed(_:_:)`` changes them later.
  public convenience init(file path: String, feeds: [String: Tensor] = [:]) throws(DiagnosticError) {
    try self.init(PageReader.read(file: path), feeds)
  }

  /// The same for a page that is a string. `name` stands in diagnostics.
  public convenience init(text: String, name: String = "page", feeds: [String: Tensor] = [:]) throws(DiagnosticError) {
    try self.init(PageReader.read(Array(text.utf8), name: name), feeds)
  }

  private convenience init(_ read: PageReader.Output, _ feeds: [String: Tensor]) throws(DiagnosticError) {
    guard let page = read.page else { throw DiagnosticError(read.diagnostics) }
    var reader = OverrideReader(page: page)
    for (name, value) in feeds.sorted(by: { $0.key < $1.key }) { reader.feed(name, value: value, label: "feed `\(name)`") }
    if reader.diagnostics.hasErrors { throw DiagnosticError(read.diagnostics + reader.diagnostics) }
    try self.init(Compiler().compile(reader.page, overrides: reader.overrides, found: read.diagnostics))
  }

  /// Gives the coming cycles another value for what was fed when the session was made. dtype and shape stay: the plan is made for them.
  public func feed(_ name: String, _ value: Tensor) throws(DiagnosticError) {
    let slot = try graph.fedValue(name)
    guard case .constant(let old) = plan.slots[slot].place else { return }
    guard value.dtype == old.dtype, value.shape == old.shape else {
      throw DiagnosticError(
        Diagnostic(
          .feedMismatch, "feed `\(name)`: the session was made for \(old.dtype) \(old.shape), not for \(value.dtype) \(value.shape)",
          block: graph.name(ofBlock: Int(graph.values[slot].block)), fix: "make another Session for it"))
    }
    old.overwrite(with: value)
  }

  /// The result that a reference (`scope/id.pin[i]`) means, as a tensor of its own. Throws when there is none.
  public func result(_ reference: String) throws(DiagnosticError) -> Tensor {
    let path = try graph.path(reference)
    let block = graph.name(ofBlock: path.block)
    func fail(_ message: String, fix: String? = nil) -> DiagnosticError {
      DiagnosticError(Diagnostic(.badArgument, "`\(reference)` \(message)", block: block, fix: fix))
    }
    guard let whole = result(path) else {
      if isFirst { throw fail("has no result yet", fix: "run a cycle") }
      if failedBlock != nil { throw fail("has no result: the last cycle failed") }
      throw fail("has no result: no session reaches its block", fix: "wire it to the fetch_outputs of a ClientSession")
    }
    guard let elements = path.elements(in: whole.shape), let part = whole.part(elements, rank: whole.shape.rank - path.indices.count) else {
      throw fail("has no such element: its shape is \(whole.shape)")
    }
    return part
  }
}

extension Tensor {
  /// Puts the elements of another tensor of the same dtype and shape into this one's memory.
  fileprivate func overwrite(with other: Tensor) {
    if let pool, pool !== other.pool {
      let handles = storage.base.assumingMemoryBound(to: Int64.self)
      for (index, bytes) in (other.stringElements ?? []).enumerated() { handles[index] = pool.handle(of: bytes) }
    } else {
      storage.base.copyMemory(from: other.storage.base, byteCount: count * dtype.byteCount)
    }
  }

  /// A run of elements under the last `rank` dimensions.
  func part(_ elements: Range<Int>, rank: Int) -> Tensor? {
    let size = dtype.byteCount
    guard let part = TensorStorage(part: elements.lowerBound * size, byteCount: elements.count * size, of: storage) else { return nil }
    return Tensor(dtype: dtype, shape: Shape(shape.dims.suffix(rank)), storage: part, pool: pool)
  }
}
