import Blocks
import CKernelABI
import Compile
import TensorCore

/// The kernel calls of a plan's static steps, bound to memory: flat arrays that the cycle loop walks without looking anything up.
final class CallTable: @unchecked Sendable {
  /// One static step.
  struct Entry {
    var function: ef_kernel
    var call: UnsafePointer<ef_call>
    /// Index of the step in the plan.
    var step: Int32
  }

  /// By static step, in plan order.
  @exclusivity(unchecked) private(set) var entries: [Entry] = []
  let memory: BoundMemory
  /// The entries where the cycle loop walks over them.
  @exclusivity(unchecked) private var steps: UnsafePointer<Entry>
  let plan: Plan
  /// How many threads may share a step.
  let threads: Int
  /// Made when the first step is shared.
  private var sharedPool: WorkerPool?
  private let arena: (Int32) -> UnsafeMutableRawPointer
  private let state: (Plan.Step) -> UnsafeMutableRawPointer?
  private let scratchSize: Int
  /// By worker: memory for the kernels themselves, and for tiles. One for all steps, as they run one after the other.
  private var scratch: [UnsafeMutableRawPointer?] = []
  private var tiles: [UnsafeMutableRawPointer] = []

  /// `address` gives each slot's memory and `state` each step's, which must stay where they are for the table's life.
  init(
    _ plan: Plan, threads: Int, state: @escaping (Plan.Step) -> UnsafeMutableRawPointer?, address: @escaping (Int32) -> UnsafeMutableRawPointer
  ) {
    memory = BoundMemory()
    steps = UnsafePointer(memory.array([Entry]()))
    self.plan = plan
    self.threads = threads
    self.state = state
    arena = address
    scratchSize = plan.steps.lazy.flatMap(\.members).reduce(0) { size, step in
      if case .call(let call) = step.action { max(size, call.scratch) } else { size }
    }
    entries.reserveCapacity(plan.steps.count)
    for (index, step) in plan.steps.enumerated() {
      switch step.action {
      case .call(let call):
        if let shared = bindShared(step, call) {
          entries.append(Entry(function: shareTiles, call: shared, step: Int32(index)))
        } else {
          entries.append(Entry(function: call.function, call: UnsafePointer(bind(step, call).call), step: Int32(index)))
        }
      case .tiles(let tiles):
        let bound = bind(tiles)
        entries.append(Entry(function: bound.isShared ? shareTiles : runTiles, call: bound.call, step: Int32(index)))
      case .dynamic, .unfed: break
      }
    }
    steps = UnsafePointer(memory.array(entries))
  }

  /// What went wrong in a run of entries.
  struct Fault {
    var code: Int32
    /// Index of the step in the plan, and which member of a fused group.
    var step: Int
    var member: Int
  }

  /// Runs entries in turn; stops at the first fault.
  func run(_ range: Range<Int>) -> Fault? {
    var step = steps + range.lowerBound
    let end = steps + range.upperBound
    while step < end {
      let result = step.pointee.function(step.pointee.call)
      if result != 0 { return Fault(code: result & 0xFF, step: Int(step.pointee.step), member: Int(result >> 8)) }
      step += 1
    }
    return nil
  }

  var workerCount: Int { sharedPool?.workerCount ?? 0 }

  var pool: WorkerPool {
    if let sharedPool { return sharedPool }
    let pool = WorkerPool(threads: threads)
    sharedPool = pool
    return pool
  }

  // MARK: Memory

  /// Where a slot is for a worker: tiles are its own.
  func address(_ slot: Int32, worker: Int) -> UnsafeMutableRawPointer {
    guard worker > 0, case .scratch(let offset) = plan.slots[Int(slot)].place else { return arena(slot) }
    while tiles.count < worker { tiles.append(memory.bytes(plan.tileSize)) }
    return tiles[worker - 1] + (offset - (plan.arenaSize - plan.tileSize))
  }

  private func scratch(worker: Int) -> UnsafeMutableRawPointer? {
    while scratch.count <= worker { scratch.append(scratchSize > 0 ? memory.bytes(scratchSize) : nil) }
    return scratch[worker]
  }

  /// The arguments of one kernel call, with its buffers in place.
  func bind(_ step: Plan.Step, _ call: Plan.Call, worker: Int = 0) -> Bound {
    let slots = (step.inputs.map { plan.operands[Int($0)] } + step.outputs.map { $0 }).map { slot in
      // What a view shows may be there tile by tile.
      if case .alias(let target) = plan.slots[Int(slot)].place { target } else { slot }
    }
    let buffers = memory.array(slots.map { address($0, worker: worker) })
    let counts = memory.array(slots.map { Int64(plan.slots[Int($0)].shape.known?.count ?? 0) })
    // Never empty, so that both pointers point somewhere.
    let words = memory.array(call.layout + call.parameters + [0])
    let bound = memory.array([
      ef_call(
        buffers: buffers, counts: counts, dtypes: memory.array(slots.map { plan.slots[Int($0)].dtype.rawValue }), layout: words,
        parameters: words + call.layout.count, scratch: call.scratch > 0 ? scratch(worker: worker) : nil, state: state(step),
        input_count: Int32(step.inputs.count),
        output_count: Int32(step.outputs.count))
    ])
    return Bound(call: bound, buffers: buffers, counts: counts, words: words, wordCount: call.layout.count + call.parameters.count, slots: slots)
  }

  struct Bound {
    var call: UnsafeMutablePointer<ef_call>
    var buffers: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var counts: UnsafeMutablePointer<Int64>
    /// Layout and parameters, and one more that nobody reads.
    var words: UnsafeMutablePointer<Int64>
    var wordCount: Int
    var slots: [Int32]
  }
}

/// Memory that lives and dies together.
final class BoundMemory {
  private var chunks: [UnsafeMutableRawPointer] = []
  private var next = 0
  private var end = 0

  /// A copy of `values` that stays where it is.
  func array<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element> {
    let size = max(1, values.count) * MemoryLayout<Element>.stride
    let memory = allocate(size, alignment: MemoryLayout<Element>.alignment).bindMemory(to: Element.self, capacity: max(1, values.count))
    for (index, value) in values.enumerated() { memory[index] = value }
    return memory
  }

  /// Memory that starts on a cache line.
  func bytes(_ size: Int) -> UnsafeMutableRawPointer { allocate(size, alignment: TensorStorage.alignment) }

  private func allocate(_ size: Int, alignment: Int) -> UnsafeMutableRawPointer {
    next = (next + alignment - 1) / alignment * alignment
    if chunks.isEmpty || next + size > end {
      let chunk = max(size, 1 << 16)
      chunks.append(.allocate(byteCount: chunk, alignment: TensorStorage.alignment))
      next = 0
      end = chunk
    }
    defer { next += size }
    return chunks[chunks.count - 1] + next
  }

  deinit { for chunk in chunks { chunk.deallocate() } }
}
