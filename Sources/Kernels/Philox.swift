import CKernelABI

/// The Philox 4x32-10 generator of Salmon and others: ten rounds that turn a 128-bit counter and a 64-bit key into four words.
///
/// A block's numbers depend on its counter alone, so that any of them can be computed without those before.
struct Philox {
  var key: UInt64
  var low: UInt64
  var high: UInt64

  /// The stream of a block as its state has it: key, then the counter.
  @inline(__always) init(_ call: Call) {
    let state = Philox.state(call)
    key = state[0]
    low = state[1]
    high = state[2]
  }

  @inline(__always) private static func state(_ call: Call) -> UnsafeMutablePointer<UInt64> {
    call.pointee.state.unsafelyUnwrapped.assumingMemoryBound(to: UInt64.self)
  }

  /// The stream where it stands; the block's own goes on `blocks` blocks later.
  @inline(__always) static func reserve(_ call: Call, blocks: UInt64) -> Philox {
    let generator = Philox(call)
    let after = generator.skipping(blocks)
    let state = state(call)
    state[1] = after.low
    state[2] = after.high
    return generator
  }

  @inline(__always) func skipping(_ blocks: UInt64) -> Philox {
    var moved = self
    moved.low = low &+ blocks
    if moved.low < blocks { moved.high &+= 1 }
    return moved
  }

  /// The four words of the block here, two in each number, the first one low.
  @inline(__always) var block: (UInt64, UInt64) {
    var x0 = low & 0xFFFF_FFFF
    var x1 = low &>> 32
    var x2 = high & 0xFFFF_FFFF
    var x3 = high &>> 32
    var k0 = key & 0xFFFF_FFFF
    var k1 = key &>> 32
    var round = 0
    while round < 10 {
      let p = x0 &* Philox.multiplier0
      let q = x2 &* Philox.multiplier1
      x0 = (q &>> 32) ^ x1 ^ k0
      x1 = q & 0xFFFF_FFFF
      x2 = (p &>> 32) ^ x3 ^ k1
      x3 = p & 0xFFFF_FFFF
      k0 = (k0 &+ Philox.weyl0) & 0xFFFF_FFFF
      k1 = (k1 &+ Philox.weyl1) & 0xFFFF_FFFF
      round &+= 1
    }
    return (x0 | x1 &<< 32, x2 | x3 &<< 32)
  }

  @inline(__always) private static var multiplier0: UInt64 { 0xD251_1F53 }
  @inline(__always) private static var multiplier1: UInt64 { 0xCD9E_8D57 }
  @inline(__always) private static var weyl0: UInt64 { 0x9E37_79B9 }
  @inline(__always) private static var weyl1: UInt64 { 0xBB67_AE85 }

  private typealias Lanes = SIMD8<UInt64>

  /// Writes the words of `blocks` blocks, and of as many more as make that a multiple of 8; moves on behind those asked for.
  mutating func fill(_ words: UnsafeMutablePointer<UInt64>, blocks: Int) {
    var done = 0
    while done < blocks {
      let at = skipping(UInt64(truncatingIfNeeded: done))
      let out = words + done &* 2
      if at.low <= .max &- 8 {
        at.eight(out)
      } else {
        var lane = 0
        while lane < 8 {
          (out[2 &* lane], out[2 &* lane &+ 1]) = at.skipping(UInt64(truncatingIfNeeded: lane)).block
          lane &+= 1
        }
      }
      done &+= 8
    }
    self = skipping(UInt64(truncatingIfNeeded: blocks))
  }

  /// Eight blocks side by side; the counter's low half does not run over within them.
  @inline(__always) private func eight(_ out: UnsafeMutablePointer<UInt64>) {
    let mask = Lanes(repeating: 0xFFFF_FFFF)
    let counters = Lanes(repeating: low) &+ Lanes(0, 1, 2, 3, 4, 5, 6, 7)
    let multiplier0 = Lanes(repeating: Philox.multiplier0)
    let multiplier1 = Lanes(repeating: Philox.multiplier1)
    var x0 = counters & mask
    var x1 = counters &>> Lanes(repeating: 32)
    var x2 = Lanes(repeating: high & 0xFFFF_FFFF)
    var x3 = Lanes(repeating: high &>> 32)
    var k0 = key & 0xFFFF_FFFF
    var k1 = key &>> 32
    var round = 0
    while round < 10 {
      let p = x0 &* multiplier0
      let q = x2 &* multiplier1
      x0 = (q &>> Lanes(repeating: 32)) ^ x1 ^ Lanes(repeating: k0)
      x1 = q & mask
      x2 = (p &>> Lanes(repeating: 32)) ^ x3 ^ Lanes(repeating: k1)
      x3 = p & mask
      k0 = (k0 &+ Philox.weyl0) & 0xFFFF_FFFF
      k1 = (k1 &+ Philox.weyl1) & 0xFFFF_FFFF
      round &+= 1
    }
    let first = x0 | x1 &<< Lanes(repeating: 32)
    let second = x2 | x3 &<< Lanes(repeating: 32)
    var lane = 0
    while lane < 8 {
      out[2 &* lane] = first[lane]
      out[2 &* lane &+ 1] = second[lane]
      lane &+= 1
    }
  }
}

/// The words of a stream one by one, the rest of each block kept for the next.
struct PhiloxWords {
  private var generator: Philox
  private var block: (UInt64, UInt64) = (0, 0)
  private var used = 4

  @inline(__always) init(_ generator: Philox) { self.generator = generator }

  @inline(__always) mutating func next() -> UInt32 {
    if used == 4 {
      block = generator.block
      generator = generator.skipping(1)
      used = 0
    }
    let pair = used < 2 ? block.0 : block.1
    let word = used & 1 == 0 ? pair : pair &>> 32
    used &+= 1
    return UInt32(truncatingIfNeeded: word)
  }

  /// Two words, the first one low.
  @inline(__always) mutating func nextPair() -> UInt64 {
    let low = UInt64(next())
    return low | UInt64(next()) &<< 32
  }
}

/// A float from random bits: the significand of a number in 1..<2, less 1.
enum Unit {
  @inline(__always) static func float(_ word: UInt32) -> Float { Float(bitPattern: word & 0x7F_FFFF | 0x3F80_0000) - 1 }

  /// The upper bits are those of the first word.
  @inline(__always) static func double(_ pair: UInt64) -> Double {
    Double(bitPattern: (pair & 0xF_FFFF) &<< 32 | pair &>> 32 | 0x3FF0_0000_0000_0000) - 1
  }
}
