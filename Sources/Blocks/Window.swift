/// Outputs that are runs of an input's elements, in their order: they can be seen where the input lies.
public struct Window: Sendable {
  /// The input pin whose elements they are.
  public var pin: Int
  /// Where each output begins, in elements.
  public var starts: [Int]

  /// A single output; nil when its elements do not lie in one piece.
  init?(of pin: Int, _ move: StridedMove) {
    guard move.isRun else { return nil }
    self.pin = pin
    starts = [move.isEmpty ? 0 : move.from]
  }

  /// The pieces of a tensor, from the words of the kernel `splitRows`; nil when they are cut out of several rows.
  init?(pieces words: [Int64], _ context: RuleContext, pin: Int) {
    guard words.count > 1, words[1] <= 1 else { return nil }
    self.pin = pin
    var next = 0
    starts = words.dropFirst(2).map { bytes in
      defer { next += Int(bytes) / context.dtype(pin).byteCount }
      return next
    }
  }
}
