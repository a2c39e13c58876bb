import Blocks
import CKernelABI
import TensorCore

/// What is run: an array of steps over an array of slots.
///
/// A plan knows no names. Everything that can be decided before the first cycle is decided in it: which blocks run, in which
/// order, where each tensor lies, and each kernel's loops and parameters.
public struct Plan: Sendable {
  /// One for each value of the graph, with the same index.
  public var slots: [Slot]
  public var steps: [Step]
  /// The bytes of the arena that static results lie in.
  public var arenaSize: Int
  /// By block of the page: whether a session reaches it.
  public var isReached: [Bool]

  /// Where a tensor lies.
  public enum Place: Sendable {
    /// The block is not reached.
    case nowhere
    /// It never changes.
    case constant(Tensor)
    /// At this byte of the arena.
    case arena(Int)
    /// It is another slot's memory.
    case alias(Int32)
    /// Its shape is only known in the run, and its memory is found then.
    case dynamic
  }

  public struct Slot: Sendable {
    public var dtype: DType
    /// Known in full unless the place is dynamic.
    public var shape: PartialShape
    public var place: Place
  }

  public struct Step: Sendable {
    /// The block it computes.
    public var block: Int32
    public var inputs: Range<Int32>
    /// Slots it writes.
    public var outputs: Range<Int32>
    public var action: Action

    public enum Action: Sendable {
      /// Calls a kernel on buffers that lie still.
      case call(Call)
      /// Asks the block's rules again with the shapes and values of this cycle, finds memory, then computes.
      case dynamic
      /// Fails: nobody gave the placeholder a value.
      case unfed
    }
  }

  /// A kernel with everything it needs but its buffers.
  public struct Call: Sendable {
    public var kernel: String
    public var function: ef_kernel
    public var layout: [Int64]
    public var parameters: [Int64]
    /// Bytes of memory of its own that the kernel needs while it runs.
    public var scratch = 0
  }

  /// The slots that steps read, in the order of their pins; ``Step/inputs`` are ranges of it.
  public var operands: [Int32]
}
