/// Copies a few bytes without a call: in pieces of a fixed size, the last of which may overlap the one before. Many go to the library.
@inline(__always)
func copyRun(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ bytes: Int) {
  if bytes > 256 {
    target.copyMemory(from: source, byteCount: bytes)
  } else if bytes >= 16 {
    copyPieces(SIMD4<UInt32>.self, source, target, bytes)
  } else if bytes >= 8 {
    copyPieces(UInt64.self, source, target, bytes)
  } else if bytes >= 4 {
    copyPieces(UInt32.self, source, target, bytes)
  } else {
    var i = 0
    while i < bytes {
      target.storeBytes(of: source.load(fromByteOffset: i, as: UInt8.self), toByteOffset: i, as: UInt8.self)
      i &+= 1
    }
  }
}

@inline(__always)
private func copyPieces<Piece: BitwiseCopyable>(_: Piece.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ bytes: Int) {
  let last = bytes &- MemoryLayout<Piece>.size
  var i = 0
  while i < last {
    target.storeBytes(of: source.loadUnaligned(fromByteOffset: i, as: Piece.self), toByteOffset: i, as: Piece.self)
    i &+= MemoryLayout<Piece>.size
  }
  target.storeBytes(of: source.loadUnaligned(fromByteOffset: last, as: Piece.self), toByteOffset: last, as: Piece.self)
}

/// Zeros `bytes` bytes.
@inline(__always)
func clearRun(_ target: UnsafeMutableRawPointer, _ bytes: Int) {
  if bytes > 0 { target.initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
}
