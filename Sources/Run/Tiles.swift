import CKernelABI
import TensorCore

/// One kernel of a group, whose arguments move along with the tile.
struct TileMember: BitwiseCopyable {
  var function: ef_kernel
  var call: UnsafeMutablePointer<ef_call>
  var buffers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  var counts: UnsafeMutablePointer<Int64>
  var operands: UnsafeMutablePointer<TileOperand>
  var operandCount: Int
  /// The word that says how much of its work the kernel does, and what it says for the last tile and the others.
  var word: UnsafeMutablePointer<Int64>
  var whole: Int64
  var last: Int64
}

/// A buffer of a group's kernel.
struct TileOperand: BitwiseCopyable {
  /// Where it is for the first tile.
  var base: UnsafeMutableRawPointer
  /// Bytes from tile to tile; 0 for a scalar that is repeated, and for a buffer that only one tile has at a time.
  var stride: Int
  /// Its elements for the last tile and the others.
  var whole: Int64
  var last: Int64
}

/// A tensor of a fused group that lies in memory and not in a tile's scratch.
struct TileStream: BitwiseCopyable {
  var base: UnsafeMutableRawPointer
  /// Bytes from tile to tile.
  var stride: Int
  /// Whole cache lines: what is asked for while one member runs.
  var share: Int
  var isWritten: Bool
}

/// Kernels that are run in turn for one tile of their work after the other: fused ones, so that what one of them writes the next
/// finds in the cache, or one by itself, whose tiles are the parts that threads take.
struct TileGroup: BitwiseCopyable {
  var members: UnsafeMutablePointer<TileMember>
  var memberCount: Int
  var streams: UnsafeMutablePointer<TileStream>
  var streamCount: Int
  var tiles: Int

  /// Runs some tiles. Returns the first fault, with the number of the member in the bits from 8 on.
  func run(_ tiles: Range<Int>) -> Int32 {
    if tiles.isEmpty { return 0 }
    setSizes(isLast: tiles.lowerBound == self.tiles - 1)
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
      if tile == self.tiles - 1, tile > tiles.lowerBound { setSizes(isLast: true) }
      let hasNext = tile + 1 < tiles.upperBound
      for index in 0..<memberCount {
        if hasNext { fetch(tile + 1, part: index) }
        let member = members + index
        let operands = member.pointee.operands
        for operand in 0..<member.pointee.operandCount {
          member.pointee.buffers[operand] = operands[operand].base + operands[operand].stride * tile
        }
        let fault = member.pointee.function(member.pointee.call)
        if fault != 0 { return fault | Int32(truncatingIfNeeded: index) << 8 }
      }
      tile += 1
    }
    return 0
  }

  /// Asks for a part of a tile. Members compute in the nearest cache and leave the memory idle; parts are small, because the processor
  /// waits as soon as it has asked for more than a few lines.
  @inline(__always)
  private func fetch(_ tile: Int, part: Int) {
    for index in 0..<streamCount {
      let stream = streams[index]
      let start = stream.base + tile * stream.stride
      var line = part * stream.share
      let end = min(line + stream.share, stream.stride)
      while line < end {
        if stream.isWritten { ef_prefetch(start + line) } else { ef_prefetch_for_reading(start + line) }
        line += TensorStorage.alignment
      }
    }
  }

  private func setSizes(isLast: Bool) {
    for index in 0..<memberCount {
      let member = members[index]
      for operand in 0..<member.operandCount {
        member.counts[operand] = isLast ? member.operands[operand].last : member.operands[operand].whole
      }
      member.word.pointee = isLast ? member.last : member.whole
    }
  }
}

/// A group with what its results are put together from.
struct TileStep: BitwiseCopyable {
  /// One for each thread, with memory of its own; all compute the same.
  var groups: UnsafeMutablePointer<TileGroup>
  /// The parts that threads take.
  var parts: Int
  /// What runs once after all tiles, to make results of partial ones.
  var merges: UnsafeMutablePointer<Merge>
  var mergeCount: Int
  /// Valid as long as the table that the step belongs to.
  var pool: Unmanaged<WorkerPool>?

  struct Merge: BitwiseCopyable {
    var function: ef_kernel
    var call: UnsafeMutablePointer<ef_call>
    /// Number of the member in the group.
    var member: Int32
  }

  func merge() -> Int32 {
    for index in 0..<mergeCount {
      let fault = merges[index].function(merges[index].call)
      if fault != 0 { return fault | merges[index].member << 8 }
    }
    return 0
  }
}

/// A kernel that runs a group on this thread: its only parameter is the address of a ``TileStep``.
func runTiles(_ call: UnsafePointer<ef_call>) -> Int32 {
  guard let step = UnsafePointer<TileStep>(bitPattern: Int(call.pointee.parameters[0])) else { return Int32(ef_unsupported.rawValue) }
  let fault = step.pointee.groups[0].run(0..<step.pointee.groups[0].tiles)
  return fault == 0 ? step.pointee.merge() : fault
}

/// The same on the threads of a pool.
func shareTiles(_ call: UnsafePointer<ef_call>) -> Int32 {
  guard let step = UnsafePointer<TileStep>(bitPattern: Int(call.pointee.parameters[0])), let pool = step.pointee.pool else {
    return Int32(ef_unsupported.rawValue)
  }
  let fault = pool._withUnsafeGuaranteedRef { pool in
    pool.run(step.pointee.parts, step) { context, worker, part in
      let step = context.assumingMemoryBound(to: TileStep.self).pointee
      let group = step.groups[worker]
      return group.run(group.tiles * part / step.parts..<group.tiles * (part + 1) / step.parts)
    }
  }
  return fault == 0 ? step.pointee.merge() : fault
}
