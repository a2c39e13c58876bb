import Diagnostics
import TensorCore

/// Plan -> Plan: gives every tensor of the arena its bytes.
///
/// When results are kept, each has bytes of its own. Otherwise a tensor's bytes go to a later one of the same size once its last
/// reader has run, and what only a fused group reads exists as a tile.
struct Arena {
  private var plan: Plan
  private let options: PlanOptions
  /// By slot: the last step that reads it; -1 when none does.
  private var lastUse: [Int]
  /// By slot: the step that writes it.
  private var writer: [Int]
  /// Free bytes by size.
  private var free: [Int: [Int]] = [:]

  static func run(_ plan: consuming Plan, options: PlanOptions) -> Plan {
    var stage = Arena(plan, options)
    if !options.keepsResults { stage.findUses() }
    stage.place()
    return stage.plan
  }

  private init(_ plan: consuming Plan, _ options: PlanOptions) {
    self.options = options
    lastUse = Array(repeating: -1, count: plan.slots.count)
    writer = lastUse
    self.plan = plan
  }

  private func root(_ slot: Int32) -> Int { Int(plan.root(slot)) }

  private mutating func findUses() {
    for (index, step) in plan.steps.enumerated() {
      for member in step.members {
        for operand in member.inputs { lastUse[root(plan.operands[Int(operand)])] = index }
        for output in member.outputs { writer[Int(output)] = index }
      }
    }
  }

  /// Whether a tensor is needed only until its last reader has run.
  private func isPassing(_ slot: Int, _ step: Plan.Step) -> Bool {
    !options.keepsResults && options.optimisations.contains(.reuse) && !(step.isInvariant && options.optimisations.contains(.fold))
  }

  private mutating func place() {
    var scratch = 0
    var scratchSlots: [(slot: Int, offset: Int)] = []
    for (index, step) in plan.steps.enumerated() {
      var local: [Int] = []
      for member in step.members {
        for output in member.outputs {
          guard case .arena = plan.slots[Int(output)].place else { continue }
          if case .tiles = step.action, plan.split(of: member)?.fusion == .elements, isPassing(Int(output), step), lastUse[Int(output)] <= index {
            local.append(Int(output))
            // Nothing that `release` could give on.
            plan.slots[Int(output)].place = .scratch(0)
          } else {
            plan.slots[Int(output)].place = .arena(allocate(bytes(Int(output))))
          }
        }
      }
      if case .tiles(let tiles) = step.action, !local.isEmpty {
        let offsets = placeTiles(local, tiles)
        scratchSlots += zip(local, offsets.offsets).map { ($0, $1) }
        scratch = max(scratch, offsets.size)
      }
      release(index, step)
    }
    // All groups use the same scratch bytes, behind everything else.
    for (slot, offset) in scratchSlots { plan.slots[slot].place = .scratch(plan.arenaSize + offset) }
    plan.arenaSize = saturatingSum(plan.arenaSize, scratch)
    plan.tileSize = scratch
  }

  /// Bytes for the results that only the group itself reads: one tile each, given on as soon as the last reader has run.
  private func placeTiles(_ slots: [Int], _ tiles: Plan.Tiles) -> (offsets: [Int], size: Int) {
    var lastMember: [Int: Int] = [:]
    var firstMember: [Int: Int] = [:]
    for (index, member) in tiles.members.enumerated() {
      for operand in member.inputs { lastMember[root(plan.operands[Int(operand)])] = index }
      for output in member.outputs { firstMember[Int(output)] = index }
    }
    var free: [Int: [Int]] = [:]
    var busy: [(until: Int, offset: Int, size: Int)] = []
    var offsets: [Int] = []
    var size = 0
    for slot in slots {
      let start = firstMember[slot] ?? 0
      // A member's own inputs are still busy: a kernel never writes where it reads.
      for tile in busy where tile.until < start { free[tile.size, default: []].append(tile.offset) }
      busy.removeAll { $0.until < start }
      let bytes = Arena.rounded(tiles.tile * plan.slots[slot].dtype.byteCount)
      if let offset = free[bytes]?.popLast() {
        offsets.append(offset)
      } else {
        offsets.append(size)
        size += bytes
      }
      busy.append((max(lastMember[slot] ?? start, start), offsets[offsets.count - 1], bytes))
    }
    return (offsets, size)
  }

  /// Takes back the bytes of tensors that no later step reads.
  private mutating func release(_ index: Int, _ step: Plan.Step) {
    guard !options.keepsResults, options.optimisations.contains(.reuse) else { return }
    var slots = Set<Int>()
    for member in step.members {
      for operand in member.inputs { slots.insert(root(plan.operands[Int(operand)])) }
      for output in member.outputs where lastUse[Int(output)] < index { slots.insert(Int(output)) }
    }
    for slot in slots.sorted() where lastUse[slot] <= index {
      guard case .arena(let offset) = plan.slots[slot].place, writer[slot] >= 0, isPassing(slot, plan.steps[writer[slot]]) else { continue }
      free[Arena.rounded(bytes(slot)), default: []].append(offset)
    }
  }

  private mutating func allocate(_ bytes: Int) -> Int {
    let size = Arena.rounded(bytes)
    if let offset = free[size]?.popLast() { return offset }
    let offset = plan.arenaSize
    plan.arenaSize = saturatingSum(offset, size)
    return offset
  }

  private func saturatingSum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  private func bytes(_ slot: Int) -> Int {
    plan.slots[slot].shape.known.flatMap { Memory.byteCount(of: $0, dtype: plan.slots[slot].dtype) } ?? 0
  }

  /// Whole cache lines, at least one: two tensors never share one.
  private static func rounded(_ bytes: Int) -> Int {
    let line = TensorStorage.alignment
    return max(line, (bytes + line - 1) / line * line)
  }
}
