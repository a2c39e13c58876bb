import Blocks
import CKernelABI
import KernelTable
import TensorCore

/// What is run: an array of steps over an array of slots.
///
/// A plan knows no names. Everything that can be decided before the first cycle is decided in it: which blocks run, in which
/// order, where each tensor lies, and each kernel's loops and parameters.
public struct Plan: Sendable {
  /// One for each value of the graph, with the same index; behind them copies and temporaries.
  public var slots: [Slot]
  public var steps: [Step]
  /// The bytes of the arena that static results lie in, and at its end the tiles of fused groups.
  public var arenaSize: Int
  /// The bytes of those tiles.
  public var tileSize = 0
  /// The tensors that last from cycle to cycle, and the bytes that they take.
  public var variables: [Variable] = []
  public var stateSize = 0
  /// Where a slot's elements are copied to be shown, when its own memory changes before the end of the cycle.
  public var copies: [Int32: Int32] = [:]
  /// How many slots belong to no value: a step computes there in a wider dtype.
  public var temporaries = 0
  /// Whether a cycle may fail after a variable has changed, so that they must be kept to go back to.
  public var savesVariables = false
  /// What was done to it.
  public var options = PlanOptions()
  /// What each block that has a state begins with.
  public var states: [State] = []
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
    /// It only exists tile by tile, at this byte of the arena: a fused group writes and reads it, nobody else.
    case scratch(Int)
    /// At this byte of the memory that lasts from cycle to cycle: it is a variable.
    case variable(Int)
    /// It is another slot's memory.
    case alias(Int32)
    /// It is a run of another slot's memory, from this byte on, whose elements may be of another dtype.
    case part(of: Int32, at: Int)
    /// Its shape is only known in the run, and its memory is found then.
    case dynamic
  }

  /// The slot in whose memory another one lies: itself, unless it is a view.
  public func root(_ slot: Int32) -> Int32 {
    switch slots[Int(slot)].place {
    case .alias(let target), .part(of: let target, at: _): target
    default: slot
    }
  }

  public struct Slot: Sendable {
    public var dtype: DType
    /// Known in full unless the place is dynamic.
    public var shape: PartialShape
    public var place: Place
  }

  /// A tensor that lasts from cycle to cycle.
  public struct Variable: Sendable {
    public var block: Int32
    /// The slot that its readers read.
    public var slot: Int32
    public var offset: Int
    public var byteCount: Int
    /// The slot whose elements it starts with, when they are there before the run; otherwise a step copies them.
    public var initial: Int32?
    /// Whether it starts anew in each cycle, with zeros.
    public var isTemporary: Bool
  }

  /// When a step runs.
  public struct Phases: OptionSet, Sendable, Hashable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Once before the first cycle: it makes what a variable starts with.
    public static let start = Phases(rawValue: 1)
    /// In every cycle.
    public static let cycle = Phases(rawValue: 2)
    /// In the cycles whose results are looked at.
    public static let show = Phases(rawValue: 4)
  }

  public struct Step: Sendable {
    /// The block it computes.
    public var block: Int32
    public var inputs: Range<Int32>
    /// Slots it writes.
    public var outputs: Range<Int32>
    public var action: Action
    /// Whether it computes the same in every cycle: it depends on constants of the page only.
    public var isInvariant = false
    public var phases = Phases.cycle
    /// Slots that lie in a variable which it changes.
    public var changes: [Int32] = []
    /// Index of its block's state in ``Plan/states``; -1 without one.
    public var state: Int32 = -1

    /// The steps of a fused group, or this one.
    public var members: [Step] {
      if case .tiles(let tiles) = action { tiles.members } else { [self] }
    }

    public enum Action: Sendable {
      /// Calls a kernel on buffers that lie still.
      case call(Call)
      /// Calls the kernels of a fused group in turn, for a tile of their elements at a time.
      case tiles(Tiles)
      /// Asks the block's rules again with the shapes and values of this cycle, finds memory, then computes.
      case dynamic
      /// Fails: nobody gave the placeholder a value.
      case unfed
    }
  }

  /// Words that belong to one block for the life of a session.
  public struct State: Sendable {
    public var block: Int32
    public var words: [UInt64]
  }

  /// A kernel with everything it needs but its buffers.
  public struct Call: Sendable {
    public var kernel: String
    public var function: ef_kernel
    public var layout: [Int64]
    public var parameters: [Int64]
    /// Bytes of memory of its own that the kernel needs while it runs.
    public var scratch = 0
    /// Whether it computes element by element, so that it may be run in tiles.
    public var isMap = false
    /// How it can be cut, when its entry says so.
    public var split: Split?
  }

  /// How a step can be cut. Elementwise ones follow from their layout.
  public func split(of step: Step) -> Split? {
    guard case .call(let call) = step.action else { return nil }
    guard call.isMap, let count = slots[Int(step.outputs.lowerBound)].shape.known?.count else { return call.split }
    return Split.map(layout: call.layout, inputs: step.inputs.count, count: count)
  }

  /// A fused group: elementwise steps whose results have one shape, and reductions of these results.
  public struct Tiles: Sendable {
    public var members: [Step]
    /// Elements of each result.
    public var count: Int
    /// Elements of a tile: few enough to stay in the cache from one member to the next.
    public var tile: Int
  }

  /// The slots that steps read, in the order of their pins; ``Step/inputs`` are ranges of it.
  public var operands: [Int32]
  /// The kernels it calls, also for steps whose shapes are only known in the run.
  public var kernels: KernelTable
}
