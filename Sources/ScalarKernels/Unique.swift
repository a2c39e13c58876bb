import CKernelABI

// Elements met once or often, found by a hash table in the scratch memory. Elements are compared by their bits; those of float and double
// first become bits that are the same for equal numbers: zeros and, as kernels see them, subnormal numbers are one. NaN is equal to
// nothing.

func visitUnique(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("unique") { call in
    switch call.dtype(0) {
    case Code.float: unique(call, FloatKey.self)
    case Code.double: unique(call, DoubleKey.self)
    case Code.int8, Code.uint8, Code.bool: unique(call, ByteKey.self)
    case Code.int16, Code.uint16: unique(call, ShortKey.self)
    case Code.half: unique(call, HalfKey.self)
    case Code.bfloat16: unique(call, BFloat16Key.self)
    case Code.int32, Code.uint32: unique(call, WordKey.self)
    case Code.int64, Code.uint64, Code.string: unique(call, LongKey.self)
    default: unsupported
    }
  }
  visit("setDifference") { call in
    switch call.dtype(0) {
    case Code.float: difference(call, FloatKey.self)
    case Code.double: difference(call, DoubleKey.self)
    case Code.int8, Code.uint8, Code.bool: difference(call, ByteKey.self)
    case Code.int16, Code.uint16: difference(call, ShortKey.self)
    case Code.half: difference(call, HalfKey.self)
    case Code.bfloat16: difference(call, BFloat16Key.self)
    case Code.int32, Code.uint32: difference(call, WordKey.self)
    case Code.int64, Code.uint64, Code.string: difference(call, LongKey.self)
    default: unsupported
    }
  }
}

/// How many elements before its turn an element's place in a large table is fetched.
@inline(__always) private var ahead: Int { 12 }

/// How elements of a dtype are looked up.
private protocol HashKey {
  associatedtype Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
  /// The same bits for all that is equal; nil for what is equal to nothing.
  static func key(_ word: Word) -> UInt64?
}

extension HashKey {
  @inline(__always) static func key(_ word: Word) -> UInt64? { UInt64(truncatingIfNeeded: word) }
}

private enum ByteKey: HashKey { typealias Word = UInt8 }
private enum ShortKey: HashKey { typealias Word = UInt16 }
private enum WordKey: HashKey { typealias Word = UInt32 }
private enum LongKey: HashKey { typealias Word = UInt64 }
private enum HalfKey: HashKey {
  @inline(__always) static func key(_ word: UInt16) -> UInt64? {
    let magnitude = word & 0x7fff
    return magnitude > 0x7c00 ? nil : UInt64(word)
  }
}
private enum BFloat16Key: HashKey {
  @inline(__always) static func key(_ word: UInt16) -> UInt64? {
    let magnitude = word & 0x7fff
    return magnitude > 0x7f80 ? nil : UInt64(word)
  }
}
private enum FloatKey: HashKey {
  @inline(__always) static func key(_ word: UInt32) -> UInt64? {
    let magnitude = word & 0x7fff_ffff
    return magnitude > 0x7f80_0000 ? nil : magnitude < 0x0080_0000 ? 0 : UInt64(word)
  }
}
private enum DoubleKey: HashKey {
  @inline(__always) static func key(_ word: UInt64) -> UInt64? {
    let magnitude = word & 0x7fff_ffff_ffff_ffff
    return magnitude > 0x7ff0_0000_0000_0000 ? nil : magnitude < 0x0010_0000_0000_0000 ? 0 : word
  }
}

/// Open addressing, at most half full. An entry is the index of an element plus 1 in its low half, and in its high half the key itself or,
/// of a longer one, a part of its hash.
private struct Table<Key: HashKey> {
  let entries: UnsafeMutablePointer<UInt64>
  /// 2 to the power of this many places.
  private(set) var bits: Int

  @inline(__always) init(_ entries: UnsafeMutablePointer<UInt64>, bits: Int) {
    self.entries = entries
    self.bits = bits
    clearRun(entries, 8 << bits)
  }

  @inline(__always) private static func hash(_ key: UInt64) -> UInt64 {
    var hash = key &* 0x9e37_79b9_7f4a_7c15
    hash ^= hash &>> 32
    return hash &* 0xd6e8_feb8_6659_fd93
  }

  /// The index that stands for `key`; where it is a new one, it gets `next`.
  @inline(__always) func index(of key: UInt64, elements: UnsafePointer<Key.Word>, orInsert next: Int) -> Int {
    let hash = Self.hash(key)
    let isWhole = MemoryLayout<Key.Word>.size <= 4
    let tag = isWhole ? key &<< 32 : hash &<< 32
    var place = Int(truncatingIfNeeded: hash &>> UInt64(truncatingIfNeeded: 64 &- bits))
    while true {
      let entry = entries[place]
      if entry == 0 {
        if next >= 0 { entries[place] = tag | UInt64(truncatingIfNeeded: next &+ 1) }
        return next
      }
      if (entry ^ tag) &>> 32 == 0 {
        let index = Int(truncatingIfNeeded: entry & 0xffff_ffff) &- 1
        if isWhole || Key.key(elements[index]) == key { return index }
      }
      place = (place &+ 1) & ((1 &<< bits) &- 1)
    }
  }

  /// Fetches the place where a search for `key` begins. A small table is in the cache anyway.
  @inline(__always) func prefetch(_ key: UInt64?) {
    guard bits > 14, let key else { return }
    ef_prefetch(entries + Int(truncatingIfNeeded: Self.hash(key) &>> UInt64(truncatingIfNeeded: 64 &- bits)))
  }

  /// Makes it four times as large, for the same elements.
  mutating func grow(_ elements: UnsafePointer<Key.Word>, _ count: Int) {
    self = Table(entries, bits: bits &+ 2)
    var i = 0
    while i < count {
      if i &+ ahead < count { prefetch(Key.key(elements[i &+ ahead])) }
      if let key = Key.key(elements[i]) { _ = index(of: key, elements: elements, orInsert: i) }
      i &+= 1
    }
  }
}

@inline(__always)
private func unique<Key: HashKey>(_ call: Call, _: Key.Type) -> Int32 {
  call.dtype(2) == Code.int32 ? unique(call, Key.self, Int32.self) : unique(call, Key.self, Int64.self)
}

/// Outputs: the elements in the order in which they were first met; for each element where among them it is; perhaps how often each was met.
/// Scratch: how many there are, then the table.
@inline(__always)
private func unique<Key: HashKey, Index: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _: Key.Type, _: Index.Type) -> Int32 {
  guard let scratch = call.pointee.scratch else { return unsupported }
  let x = UnsafePointer(call.buffer(0, Key.Word.self))
  let y = call.output(0, Key.Word.self)
  let places = call.output(1, Index.self)
  let counts: UnsafeMutablePointer<Index>? = call.pointee.output_count > 2 ? call.output(2, Index.self) : nil
  let count = call.count(0)
  var table = Table<Key>((scratch + 64).assumingMemoryBound(to: UInt64.self), bits: 9)
  var found = 0
  var i = 0
  while i < count {
    if i &+ ahead < count { table.prefetch(Key.key(x[i &+ ahead])) }
    var index = found
    if let key = Key.key(x[i]) {
      index = table.index(of: key, elements: UnsafePointer(y), orInsert: found)
    }
    if index == found {
      y[found] = x[i]
      if let counts { counts[found] = 0 }
      found &+= 1
      if found &* 2 > 1 &<< table.bits { table.grow(UnsafePointer(y), found) }
    }
    places[i] = Index(truncatingIfNeeded: index)
    if let counts { counts[index] &+= 1 }
    i &+= 1
  }
  scratch.storeBytes(of: found, as: Int.self)
  return ok
}

@inline(__always)
private func difference<Key: HashKey>(_ call: Call, _: Key.Type) -> Int32 {
  call.dtype(3) == Code.int32 ? difference(call, Key.self, Int32.self) : difference(call, Key.self, Int64.self)
}

/// What is in the first input and not in the second, and where. Parameter: the table's bits. Scratch as above.
@inline(__always)
private func difference<Key: HashKey, Index: FixedWidthInteger & BitwiseCopyable>(_ call: Call, _: Key.Type, _: Index.Type) -> Int32 {
  guard let scratch = call.pointee.scratch else { return unsupported }
  let x = UnsafePointer(call.buffer(0, Key.Word.self))
  let y = UnsafePointer(call.buffer(1, Key.Word.self))
  let out = call.output(0, Key.Word.self)
  let places = call.output(1, Index.self)
  let table = Table<Key>((scratch + 64).assumingMemoryBound(to: UInt64.self), bits: call.parameter(0))
  var i = 0
  while i < call.count(1) {
    if i &+ ahead < call.count(1) { table.prefetch(Key.key(y[i &+ ahead])) }
    if let key = Key.key(y[i]) { _ = table.index(of: key, elements: y, orInsert: i) }
    i &+= 1
  }
  var found = 0
  i = 0
  while i < call.count(0) {
    if i &+ ahead < call.count(0) { table.prefetch(Key.key(x[i &+ ahead])) }
    var isIn = false
    if let key = Key.key(x[i]) { isIn = table.index(of: key, elements: y, orInsert: -1) >= 0 }
    if !isIn {
      out[found] = x[i]
      places[found] = Index(truncatingIfNeeded: i)
      found &+= 1
    }
    i &+= 1
  }
  scratch.storeBytes(of: found, as: Int.self)
  return ok
}
