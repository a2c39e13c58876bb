#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Interned names: every id, type, pin and attr name of a page exactly once, as bytes.
///
/// Open addressing over one byte arena: interning a name that is already there allocates nothing.
public struct SymbolTable: Sendable {
  private var arena: [UInt8] = []
  private var ends: [Int32] = []
  /// The hash in the upper half, the index in the lower one: a name is compared only where all 32 bits agree.
  private var slots: [UInt64]

  public init() { slots = Array(repeating: SymbolTable.free, count: 64) }

  private static let free = UInt64.max

  /// How many names there are.
  public var count: Int { ends.count }

  /// The symbol of `name`, made when it is new.
  public mutating func intern(_ name: some Collection<UInt8>) -> Symbol { Array(name).withUnsafeBufferPointer { intern($0) } }

  /// The symbol of `name`, made when it is new.
  public mutating func intern(_ name: UnsafeBufferPointer<UInt8>) -> Symbol {
    let slot = slot(of: name)
    if slot.index >= 0 { return Symbol(index: slot.index) }
    let index = Int32(ends.count)
    arena.append(contentsOf: name)
    ends.append(Int32(arena.count))
    slots[slot.position] = UInt64(slot.hash) << 32 | UInt64(UInt32(bitPattern: index))
    if ends.count * 2 > slots.count { grow() }
    return Symbol(index: index)
  }

  /// The symbol of `name`, made when it is new.
  public mutating func intern(_ name: String) -> Symbol { intern(Array(name.utf8)) }

  /// The symbol of a name that is already there.
  public func find(_ name: String) -> Symbol? {
    let slot = Array(name.utf8).withUnsafeBufferPointer(slot(of:))
    return slot.index >= 0 ? Symbol(index: slot.index) : nil
  }

  /// The name as a string; empty for a symbol of another table.
  public subscript(symbol: Symbol) -> String { String(decoding: bytes(of: symbol), as: UTF8.self) }

  /// The name as bytes.
  public func bytes(of symbol: Symbol) -> ArraySlice<UInt8> {
    let index = Int(symbol.index)
    guard ends.indices.contains(index) else { return [] }
    return arena[Int(index == 0 ? 0 : ends[index - 1])..<Int(ends[index])]
  }

  private func slot(of name: UnsafeBufferPointer<UInt8>) -> (position: Int, hash: UInt32, index: Int32) {
    let mask = slots.count - 1
    let hash = SymbolTable.hash(name)
    var position = Int(hash) & mask
    while true {
      let entry = slots[position]
      if entry == SymbolTable.free { return (position, hash, -1) }
      let index = Int32(truncatingIfNeeded: entry)
      if entry >> 32 == UInt64(hash) {
        let start = Int(index == 0 ? 0 : ends[Int(index) - 1])
        if Int(ends[Int(index)]) - start == name.count, isSame(name, start) { return (position, hash, index) }
      }
      position = (position + 1) & mask
    }
  }

  private func isSame(_ name: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    arena.withUnsafeBytes { arena in
      guard let ours = arena.baseAddress, let theirs = name.baseAddress else { return true }
      return memcmp(ours + start, theirs, name.count) == 0
    }
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: SymbolTable.free, count: old.count * 2)
    let mask = slots.count - 1
    for entry in old where entry != SymbolTable.free {
      var position = Int(entry >> 32) & mask
      while slots[position] != SymbolTable.free { position = (position + 1) & mask }
      slots[position] = entry
    }
  }

  /// Makes collisions unpredictable, so that no page can be written to be slow.
  private static let seed = UInt64.random(in: .min ... .max)

  /// Eight bytes at a time: a multiplication whose two halves are folded together, from a random start.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt32 {
    let bytes = UnsafeRawBufferPointer(name)
    var hash = seed ^ UInt64(truncatingIfNeeded: name.count)
    var position = 0
    while position < bytes.count {
      var word: UInt64 = 0
      if position + 8 <= bytes.count {
        word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      } else {
        for index in position..<bytes.count { word = word << 8 | UInt64(bytes[index]) }
      }
      let product = (hash ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      hash = product.high ^ product.low
      position += 8
    }
    let last = (hash ^ seed).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return UInt32(truncatingIfNeeded: last.high ^ last.low)
  }
}
