import Compile
import TensorCore

/// The memory of the blocks that keep something from cycle to cycle: random streams.
final class BlockStates {
  private let base: UnsafeMutablePointer<UInt64>
  /// By state of the plan: its words.
  private var ranges: [Range<Int>] = []
  private var stateOfBlock: [Int32: Int] = [:]

  init(_ states: [Plan.State]) {
    var count = 0
    for (index, state) in states.enumerated() {
      ranges.append(count..<count + state.words.count)
      stateOfBlock[state.block] = index
      // Each on a cache line of its own.
      count += (state.words.count + 7) / 8 * 8
    }
    base = UnsafeMutableRawPointer.allocate(byteCount: max(8, count * 8), alignment: TensorStorage.alignment)
      .initializeMemory(as: UInt64.self, repeating: 0, count: max(1, count))
    for (state, range) in zip(states, ranges) { write(state.words, range) }
  }

  deinit { base.deallocate() }

  private func write(_ words: [UInt64], _ range: Range<Int>) {
    for (index, word) in zip(range, words) { base[index] = word }
  }

  /// Where a step's state lies; nil when it has none.
  func address(_ step: Plan.Step) -> UnsafeMutableRawPointer? {
    ranges.indices.contains(Int(step.state)) ? UnsafeMutableRawPointer(base + ranges[Int(step.state)].lowerBound) : nil
  }

  func words(ofBlock block: Int) -> [UInt64]? { stateOfBlock[Int32(block)].map { ranges[$0].map { base[$0] } } }

  func setWords(_ words: [UInt64], ofBlock block: Int) -> Bool {
    guard let state = stateOfBlock[Int32(block)], ranges[state].count == words.count else { return false }
    write(words, ranges[state])
    return true
  }
}

extension Session {
  /// What a block keeps from cycle to cycle, as it is now: of a random block the key and the two halves of the counter. nil for a
  /// block that keeps nothing or does not run.
  public func stateWords(ofBlock block: Int) -> [UInt64]? { blockStates.words(ofBlock: block) }

  /// Sets what ``stateWords(ofBlock:)`` gave, of this session or another of the same page. False when the block keeps nothing, or
  /// another number of words.
  @discardableResult public func setStateWords(_ words: [UInt64], ofBlock block: Int) -> Bool { blockStates.setWords(words, ofBlock: block) }
}
