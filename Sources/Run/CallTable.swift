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
  private(set) var entries: [Entry] = []
  private let memory = BoundMemory()
  private let plan: Plan
  private let address: (Int32) -> UnsafeMutableRawPointer
  private let state: (Plan.Step) -> UnsafeMutableRawPointer?
  /// One for all steps, as they run one after the other.
  private let scratch: UnsafeMutableRawPointer?

  /// `address` gives each slot's memory and `state` each step's, which must stay where they are for the table's life.
  init(
    _ plan: Plan, state: @escaping (Plan.Step) -> UnsafeMutableRawPointer?, address: @escaping (Int32) -> UnsafeMutableRawPointer
  ) {
    self.plan = plan
    self.address = address
    self.state = state
    let scratchSize = plan.steps.lazy.flatMap(\.members).reduce(0) { size, step in
      if case .call(let call) = step.action { max(size, call.scratch) } else { size }
    }
    scratch = scratchSize > 0 ? memory.bytes(scratchSize) : nil
    entries.reserveCapacity(plan.steps.count)
    for (index, step) in plan.steps.enumerated() {
      switch step.action {
      case .call(let call):
        entries.append(Entry(function: call.function, call: UnsafePointer(bind(step, call).call), step: Int32(index)))
      case .tiles(let tiles):
        entries.append(Entry(function: runTiles, call: UnsafePointer(bind(tiles)), step: Int32(index)))
      case .dynamic, .unfed: break
      }
    }
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
    entries.withUnsafeBufferPointer { entries in
      for index in range {
        let result = entries[index].function(entries[index].call)
        if result != 0 { return Fault(code: result & 0xFF, step: Int(entries[index].step), member: Int(result >> 8)) }
      }
      return nil
    }
  }

  /// The arguments of one kernel call, with its buffers in place.
  private func bind(_ step: Plan.Step, _ call: Plan.Call) -> Bound {
    let slots = step.inputs.map { plan.operands[Int($0)] } + step.outputs.map { $0 }
    let buffers = memory.array(slots.map(address))
    let counts = memory.array(slots.map { Int64(plan.slots[Int($0)].shape.known?.count ?? 0) })
    // Never empty, so that both pointers point somewhere.
    let words = memory.array(call.layout + call.parameters + [0])
    let bound = memory.array([
      ef_call(
        buffers: buffers, counts: counts, dtypes: memory.array(slots.map { plan.slots[Int($0)].dtype.rawValue }), layout: words,
        parameters: words + call.layout.count, scratch: scratch, state: state(step), input_count: Int32(step.inputs.count),
        output_count: Int32(step.outputs.count))
    ])
    return Bound(call: bound, buffers: buffers, counts: counts, layout: words, slots: slots)
  }

  private struct Bound {
    var call: UnsafeMutablePointer<ef_call>
    var buffers: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var counts: UnsafeMutablePointer<Int64>
    var layout: UnsafeMutablePointer<Int64>
    var slots: [Int32]
  }

  /// The arguments of ``runTiles(_:)``.
  private func bind(_ tiles: Plan.Tiles) -> UnsafeMutablePointer<ef_call> {
    let members = tiles.members.compactMap { step -> TileMember? in
      guard case .call(let call) = step.action else { return nil }
      let bound = bind(step, call)
      let strides = bound.slots.map { slot in
        // A tile's scratch and a repeated scalar stay where they are.
        if case .scratch = plan.slots[Int(slot)].place { return 0 }
        return plan.slots[Int(slot)].shape.known?.count == tiles.count ? plan.slots[Int(slot)].dtype.byteCount : 0
      }
      let isTiled = bound.slots.map { plan.slots[Int($0)].shape.known?.count == tiles.count }
      return TileMember(
        function: call.function, call: bound.call, buffers: bound.buffers, bases: memory.array(bound.slots.map(address)),
        strides: memory.array(strides), isTiled: memory.array(isTiled), counts: bound.counts, layout: bound.layout,
        operandCount: bound.slots.count)
    }
    let group = memory.array([TileGroup(members: memory.array(members), memberCount: members.count, count: tiles.count, tile: tiles.tile)])
    let word = memory.array([Int64(Int(bitPattern: group))])
    let none = memory.array([UnsafeMutableRawPointer(word)])
    return memory.array([
      ef_call(
        buffers: none, counts: word, dtypes: memory.array([UInt8(0)]), layout: word, parameters: word, scratch: nil, state: nil, input_count: 0,
        output_count: 0)
    ])
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
