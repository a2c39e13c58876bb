import Compile
import Diagnostics
import TensorCore

/// What watched results were, cycle by cycle.
public struct History: Sendable {
  /// The values of one result.
  public struct Series: Sendable {
    public let name: String
    public let dtype: DType
    /// The shape of the values of one cycle.
    public fileprivate(set) var shape = Shape.scalar
    fileprivate var bytes: [UInt8] = []
    fileprivate let pool: StringPool
    fileprivate var count = 0

    /// All values, the cycles as the outermost dimension; nil when there is no memory.
    public var values: Tensor? {
      guard let tensor = Tensor(zeros: dtype, shape: Shape([count] + shape.dims), pool: pool) else { return nil }
      bytes.withUnsafeBytes { if let base = $0.baseAddress { tensor.storage.base.copyMemory(from: base, byteCount: $0.count) } }
      return tensor
    }
  }

  public private(set) var series: [Series]
  /// The cycles that were recorded, ascending.
  public private(set) var cycles: [Int] = []
  /// Recorded are the cycles that are a multiple of it, and the last one.
  public private(set) var every: Int
  /// How often it had to be doubled, so that the values fit.
  public private(set) var thinnings = 0
  private var watches: Watches
  private let limit: Int

  /// The watches stay with the session that made them; a history is copied only when the run is over.
  private struct Watches: @unchecked Sendable {
    var all: [Watch]
  }

  /// A history of results of one session. When its values take more than `limit` bytes, every second cycle is left out from then on.
  public init(_ watches: [Watch], every: Int = 1, pool: StringPool, limit: Int = 1 << 30) {
    self.watches = Watches(all: watches)
    self.every = max(1, every)
    self.limit = limit
    series = watches.map { Series(name: $0.name, dtype: $0.dtype, pool: pool) }
  }

  /// Records a cycle that has just run, when it is its turn. Throws when a result is not there or has changed its shape.
  public mutating func record(_ cycle: Int, isLast: Bool = false) throws(DiagnosticError) {
    guard cycle.isMultiple(of: every) || isLast, cycles.last != cycle else { return }
    var size = 0
    for (index, watch) in watches.all.enumerated() {
      guard let value = watch.value else { throw fail(watch, "has no such element in cycle \(cycle)") }
      if cycles.isEmpty { series[index].shape = value.shape }
      guard value.shape == series[index].shape else {
        throw fail(watch, "cannot be watched: its shape was \(series[index].shape) and is \(value.shape) in cycle \(cycle)")
      }
      series[index].bytes.append(contentsOf: value.bytes)
      series[index].count += 1
      size += series[index].bytes.count
      withExtendedLifetime(value) {}
    }
    cycles.append(cycle)
    if size > limit, cycles.count > 2 { thin() }
  }

  /// Leaves out every second cycle, from now on too.
  private mutating func thin() {
    every *= 2
    thinnings += 1
    let kept = cycles.indices.filter { cycles[$0].isMultiple(of: every) }
    for index in series.indices {
      let size = series[index].bytes.count / max(1, series[index].count)
      series[index].bytes = kept.reduce(into: []) { $0 += series[index].bytes[($1 * size)..<(($1 + 1) * size)] }
      series[index].count = kept.count
    }
    cycles = kept.map { cycles[$0] }
  }

  private func fail(_ watch: Watch, _ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.shapeMismatch, "`\(watch.name)` \(message)", fix: "watch one element of it, as in `\(watch.name)[0]`"))
  }
}
