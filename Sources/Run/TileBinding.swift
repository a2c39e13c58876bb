import Blocks
import CKernelABI
import Compile
import TensorCore

/// Fused groups and shared steps, bound to memory. What is shared between threads is decided here, once, by size.
extension CallTable {
  /// What is less work than this is done before another thread is awake, in elements of an elementwise block.
  private static let leastSharedWork = 262_144.0
  /// The least work of a part.
  private static let leastPartWork = 32_768.0
  /// The parts that a thread gets on average. With several, one that is held up leaves some of its own to others.
  private static let partsPerThread = 4

  /// How many parts some work is shared in; 1 when it is not worth it.
  private func parts(_ work: Double) -> Int {
    threads > 1 && work >= Self.leastSharedWork ? Int(min(work / Self.leastPartWork, Double(threads * Self.partsPerThread))) : 1
  }

  /// A step that threads share; nil when it is too small or its kernel cannot be split.
  func bindShared(_ step: Plan.Step, _ call: Plan.Call) -> UnsafePointer<ef_call>? {
    guard threads > 1, let split = plan.split(of: step) else { return nil }
    let parts = min(parts(split.work), max(threads, split.units / split.length), split.units / split.grain)
    if parts < 2 { return nil }
    var tile = (split.units + parts - 1) / parts
    if split.partial == nil {
      tile = (tile + split.grain - 1) / split.grain * split.grain
    } else {
      tile = 1 << (Int.bitWidth - (tile - 1).leadingZeroBitCount)
    }
    return bind([step], units: split.units, tile: tile, parts: .max)
  }

  /// A fused group.
  func bind(_ tiles: Plan.Tiles) -> (call: UnsafePointer<ef_call>, isShared: Bool) {
    let work = tiles.members.reduce(0.0) { $0 + (plan.split(of: $1)?.work ?? 0) }
    let parts = parts(work)
    return (bind(tiles.members, units: tiles.count, tile: tiles.tile, parts: parts), parts > 1)
  }

  /// The argument of ``runTiles(_:)`` or, with several parts, of ``shareTiles(_:)``, which takes a part for each tile when there are
  /// not fewer.
  private func bind(_ steps: [Plan.Step], units: Int, tile: Int, parts: Int) -> UnsafePointer<ef_call> {
    let tiles = (units + tile - 1) / tile
    let parts = min(parts, tiles)
    let partials = steps.map { step in plan.split(of: step)?.partial.map { memory.bytes($0.bytes * tiles) } }
    // Any worker may take a part.
    let groups = (0..<(parts > 1 ? threads : 1)).map { worker in
      let members = zip(steps, partials).compactMap { member($0, units: units, tile: tile, partials: $1, worker: worker) }
      let streams = steps.count > 1 ? streams(members) : []
      return TileGroup(
        members: memory.array(members), memberCount: members.count, streams: memory.array(streams), streamCount: streams.count, tiles: tiles)
    }
    let merges = zip(steps, partials).enumerated().compactMap { index, step in
      step.1.flatMap { merge(step.0, partials: $0, tile: tile, member: Int32(index)) }
    }
    let step = memory.array([
      TileStep(
        groups: memory.array(groups), parts: parts, merges: memory.array(merges), mergeCount: merges.count,
        pool: parts > 1 ? Unmanaged.passUnretained(pool) : nil)
    ])
    let word = memory.array([Int64(Int(bitPattern: step))])
    return UnsafePointer(
      memory.array([
        ef_call(
          buffers: memory.array([UnsafeMutableRawPointer(word)]), counts: word, dtypes: memory.array([UInt8(0)]), layout: word, parameters: word,
          scratch: nil, state: nil, input_count: 0, output_count: 0)
      ]))
  }

  /// Each tensor in memory that a group's members read or write, once.
  private func streams(_ members: [TileMember]) -> [TileStream] {
    var streams: [TileStream] = []
    for member in members {
      for index in 0..<member.operandCount where member.operands[index].stride > 0 {
        let operand = member.operands[index]
        if streams.contains(where: { $0.base == operand.base }) { continue }
        let lines = (operand.stride + TensorStorage.alignment - 1) / TensorStorage.alignment
        let share = (lines + members.count - 1) / members.count * TensorStorage.alignment
        let isWritten = index >= Int(member.call.pointee.input_count)
        streams.append(TileStream(base: operand.base, stride: operand.stride, share: share, isWritten: isWritten))
      }
    }
    return streams
  }

  /// `units` and `tile` are the group's; the kernel's own may be longer: rows of the group's elements.
  private func member(_ step: Plan.Step, units: Int, tile: Int, partials: UnsafeMutableRawPointer?, worker: Int) -> TileMember? {
    guard case .call(let call) = step.action, let split = plan.split(of: step) else { return nil }
    let bound = bind(step, call, worker: worker)
    let length = units / split.units
    let whole = tile / length
    let last = split.units - (split.units - 1) / whole * whole
    var function = call.function
    var operands = zip(bound.slots, split.steps).enumerated().map { index, operand in
      let (slot, step) = operand
      let count = Int(bound.counts[index])
      var stride = step * whole * plan.slots[Int(slot)].dtype.byteCount
      // A tile's scratch stays where it is.
      if case .scratch = plan.slots[Int(slot)].place { stride = 0 }
      return TileOperand(
        base: address(slot, worker: worker), stride: stride, whole: Int64(count - (split.units - whole) * step),
        last: Int64(count - (split.units - last) * step))
    }
    if let partial = split.partial, let partials, let kernel = plan.kernels.kernel(partial.kernel) {
      function = kernel
      operands[operands.count - 1] = TileOperand(base: partials, stride: partial.bytes, whole: 1, last: 1)
    }
    return TileMember(
      function: function, call: bound.call, buffers: bound.buffers, counts: bound.counts, operands: memory.array(operands),
      operandCount: operands.count, word: bound.words + (split.word ?? bound.wordCount), whole: Int64(whole), last: Int64(last))
  }

  private func merge(_ step: Plan.Step, partials: UnsafeMutableRawPointer, tile: Int, member: Int32) -> TileStep.Merge? {
    guard case .call(let call) = step.action, let partial = plan.split(of: step)?.partial, let kernel = plan.kernels.kernel(partial.merge) else {
      return nil
    }
    let input = plan.slots[Int(plan.operands[Int(step.inputs.lowerBound)])]
    let output = plan.slots[Int(step.outputs.lowerBound)]
    let words = memory.array([Int64(tile)] + call.parameters)
    let bound = memory.array([
      ef_call(
        buffers: memory.array([partials, address(step.outputs.lowerBound, worker: 0)]),
        counts: memory.array([Int64(input.shape.known?.count ?? 0), 1]), dtypes: memory.array([input.dtype.rawValue, output.dtype.rawValue]),
        layout: words, parameters: words, scratch: nil, state: nil, input_count: 1, output_count: 1)
    ])
    return TileStep.Merge(function: kernel, call: bound, member: member)
  }
}
