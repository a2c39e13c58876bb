/// Interned names: every id, type, pin and attr name of a page exactly once, as bytes.
///
/// Open addressing over one byte arena: interning a name that is already there allocates nothing.
public struct SymbolTable: Sendable {
  private var arena: [UInt8] = []
  private var ends: [Int32] = []
  private var slots: [Int32]

  public init() { slots = Array(repeating: -1, count: 64) }

  public var count: Int { ends.count }

  /// The symbol of `name`, made when it is new.
  public mutating func intern(_ name: some Collection<UInt8>) -> Symbol {
    let slot = name.withContiguousStorageIfAvailable(slot(of:)) ?? Array(name).withUnsafeBufferPointer(slot(of:))
    if slot.index >= 0 { return Symbol(index: slot.index) }
    let index = Int32(ends.count)
    arena.append(contentsOf: name)
    ends.append(Int32(arena.count))
    slots[slot.position] = index
    if ends.count * 2 > slots.count { grow() }
    return Symbol(index: index)
  }

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

  private func slot(of name: UnsafeBufferPointer<UInt8>) -> (position: Int, index: Int32) {
    let mask = slots.count - 1
    var position = Int(truncatingIfNeeded: SymbolTable.hash(name)) & mask
    while true {
      let index = slots[position]
      if index < 0 { return (position, -1) }
      let start = Int(index == 0 ? 0 : ends[Int(index) - 1])
      let length = Int(ends[Int(index)]) - start
      if length == name.count, arena[start..<start + length].elementsEqual(name) { return (position, index) }
      position = (position + 1) & mask
    }
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: slots.count * 2)
    let mask = slots.count - 1
    var start = 0
    for (index, end) in ends.enumerated() {
      var position = arena[start..<Int(end)].withUnsafeBufferPointer { Int(truncatingIfNeeded: SymbolTable.hash($0)) & mask }
      while slots[position] >= 0 { position = (position + 1) & mask }
      slots[position] = Int32(index)
      start = Int(end)
    }
  }

  /// Makes collisions unpredictable, so that no page can be written to be slow.
  private static let seed = UInt64.random(in: .min ... .max)

  /// FNV-1a from a random start, finished by a multiply-shift.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = seed
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return (hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15 >> 20
  }
}
