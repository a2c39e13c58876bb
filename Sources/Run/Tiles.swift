import CKernelABI
import TensorCore

/// One kernel of a fused group, whose arguments move along with the tile.
struct TileMember: BitwiseCopyable {
  var function: ef_kernel
  var call: UnsafeMutablePointer<ef_call>
  var buffers: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// Where the buffers are for the first tile.
  var bases: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// Bytes from element to element; 0 for a scalar that is repeated, and for a buffer that only one tile has at a time.
  var strides: UnsafeMutablePointer<Int>
  /// Whether a buffer holds one element for each of the tile's.
  var isTiled: UnsafeMutablePointer<Bool>
  var counts: UnsafeMutablePointer<Int64>
  var layout: UnsafeMutablePointer<Int64>
  var operandCount: Int
}

/// A tensor of a fused group that lies in memory and not in a tile's scratch.
struct TileStream: BitwiseCopyable {
  var base: UnsafeMutableRawPointer
  /// Bytes from element to element.
  var stride: Int
  /// Whole cache lines: what is asked for while one member runs.
  var share: Int
  var isWritten: Bool
}

/// Elementwise kernels over tensors of one size, run tile by tile, so that what one of them writes the next finds in the cache.
struct TileGroup: BitwiseCopyable {
  var members: UnsafeMutablePointer<TileMember>
  var memberCount: Int
  var streams: UnsafeMutablePointer<TileStream>
  var streamCount: Int
  /// Elements of each tensor, and of a tile.
  var count: Int
  var tile: Int
}

/// A kernel that runs a fused group: its only parameter is the address of a ``TileGroup``.
///
/// Returns the first fault, with the number of the member in the bits from 8 on.
func runTiles(_ call: UnsafePointer<ef_call>) -> Int32 {
  guard let group = UnsafePointer<TileGroup>(bitPattern: Int(call.pointee.parameters[0]))?.pointee else { return Int32(ef_unsupported.rawValue) }
  var start = 0
  var size = -1
  while start < group.count {
    let next = min(group.tile, group.count - start)
    for index in 0..<group.memberCount {
      fetch(group, start + next, part: index)
      let member = group.members + index
      let operandCount = member.pointee.operandCount
      for operand in 0..<operandCount {
        member.pointee.buffers[operand] = member.pointee.bases[operand] + member.pointee.strides[operand] * start
      }
      if next != size {
        for operand in 0..<operandCount where member.pointee.isTiled[operand] { member.pointee.counts[operand] = Int64(next) }
        member.pointee.layout[1] = Int64(next)
      }
      let fault = member.pointee.function(member.pointee.call)
      if fault != 0 { return fault | Int32(index) << 8 }
    }
    size = next
    start += next
  }
  return 0
}

/// Asks for a part of the tile that begins at `start`. Members compute in the nearest cache and leave the memory idle; parts are
/// small, because the processor waits as soon as it has asked for more than a few lines.
@inline(__always)
private func fetch(_ group: TileGroup, _ start: Int, part: Int) {
  guard start < group.count else { return }
  for index in 0..<group.streamCount {
    let stream = group.streams[index]
    let tile = stream.base + start * stream.stride
    for line in stride(from: part * stream.share, to: min((part + 1) * stream.share, group.tile * stream.stride), by: TensorStorage.alignment) {
      if stream.isWritten { ef_prefetch(tile + line) } else { ef_prefetch_for_reading(tile + line) }
    }
  }
}
