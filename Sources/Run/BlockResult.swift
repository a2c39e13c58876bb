import Page
import TensorCore

/// What became of a block.
public enum BlockState: String, Sendable {
  case ran
  /// A Switch led its inputs elsewhere in this cycle.
  case dead
  case failed
  /// No session reaches it, or the run did not get to it.
  case notRun = "not-run"
}

/// What one block produced in the last cycle.
public struct BlockResult: Sendable {
  /// Index into the page's blocks.
  public var block: Int
  public var state: BlockState
  public var results: [PinResult]
}

/// What one output pin holds.
public struct PinResult: Sendable {
  /// Index of the output pin.
  public var pin: Int
  public var value: ResultValue
}

extension Tensor {
  /// The same elements in memory of their own.
  func copied() -> Tensor? {
    guard let copy = Tensor(zeros: dtype, shape: shape, pool: pool) else { return nil }
    copy.storage.base.copyMemory(from: storage.base, byteCount: count * dtype.byteCount)
    return copy
  }
}
