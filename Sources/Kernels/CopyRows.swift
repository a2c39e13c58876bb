// Rows of bytes between two pitches, for all kernels that move elements.

/// Copies `rows` runs of `run` bytes between two pitches. Short runs are one load and one store, no call.
func copyRows(from source: UnsafeRawPointer, pitch: Int, to target: UnsafeMutableRawPointer, pitch outPitch: Int, _ run: Int, _ rows: Int) {
  switch run {
  case 0: return
  case 1: copyWords(UInt8.self, source, pitch, target, outPitch, rows)
  case 2: copyWords(UInt16.self, source, pitch, target, outPitch, rows)
  case 4: copyWords(UInt32.self, source, pitch, target, outPitch, rows)
  case 8: copyWords(UInt64.self, source, pitch, target, outPitch, rows)
  case 16: copyWords(SIMD4<UInt32>.self, source, pitch, target, outPitch, rows)
  default:
    if pitch == run && outPitch == run {
      target.copyMemory(from: source, byteCount: run &* rows)
      return
    }
    var row = 0
    while row < rows {
      (target + row &* outPitch).copyMemory(from: source + row &* pitch, byteCount: run)
      row &+= 1
    }
  }
}

@inline(__always)
private func copyWords<Word: BitwiseCopyable>(
  _: Word.Type, _ source: UnsafeRawPointer, _ pitch: Int, _ target: UnsafeMutableRawPointer, _ outPitch: Int, _ rows: Int
) {
  var row = 0
  while row < rows {
    let word = source.loadUnaligned(fromByteOffset: row &* pitch, as: Word.self)
    target.storeBytes(of: word, toByteOffset: row &* outPitch, as: Word.self)
    row &+= 1
  }
}
