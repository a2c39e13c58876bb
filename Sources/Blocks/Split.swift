/// How a kernel's work can be cut: in units that may be computed apart, with the bits that they have in the whole.
///
/// A part is some units that follow one another. For it the kernel is called with buffers that begin at its first unit, with the elements from
/// there to the end of the part as their counts, and with the number of its units as one of the words.
public final class Split: Sendable {
  public let units: Int
  /// By buffer, inputs and then outputs: the elements from unit to unit; 0 for what every unit reads.
  public let steps: [Int]
  /// Which word of layout and parameters together is the number of units; nil when the kernel looks at the counts.
  public let word: Int?
  /// Parts begin at multiples of this many units.
  public let grain: Int
  /// So many units a part should have, unless threads would get none.
  public let length: Int
  /// How long all units take, in the time that an element of an elementwise block takes.
  public let work: Double
  public let partial: Partial?
  public let fusion: Fusion?

  /// What fusion makes of a kernel that does as well on a few units as on many.
  public enum Fusion: Sendable {
    /// The output has as many elements in a unit as the inputs that are not repeated.
    case elements
    /// The output has fewer than the first input. Only units that follow one another without gaps can be fused.
    case reduction
  }

  /// For a reduction to one result: the kernel gives partial results, which another one puts together.
  public struct Partial: Sendable {
    /// In place of the kernel for the whole. Its output is `bytes` of memory for each part. Parts are 2^n elements for an n above 9.
    public var kernel: String
    public var bytes: Int
    /// Input: the partial results. Counts: all elements, then those of the result. Parameters: the elements of a part, then the
    /// parameters of the kernel for the whole.
    public var merge: String

    public init(kernel: String, bytes: Int, merge: String) {
      self.kernel = kernel
      self.bytes = bytes
      self.merge = merge
    }
  }

  /// `work` is, unless given, the elements that are moved.
  public init(
    units: Int, steps: [Int], word: Int? = nil, grain: Int = 1, length: Int = 1, work: Double? = nil, fusion: Fusion? = nil, partial: Partial? = nil
  ) {
    self.units = units
    self.steps = steps
    self.word = word
    self.grain = max(1, grain)
    self.length = max(length, self.grain)
    self.work = work ?? Double(units) * Double(steps.reduce(0, &+))
    self.partial = partial
    self.fusion = fusion
  }
}

extension Split {
  /// How an elementwise kernel is split: in elements when one loop does all, otherwise along the outermost dimension.
  public static func map(layout: [Int64], inputs: Int, count: Int) -> Split? {
    let words = layout.map { Int($0) }
    guard count > 0, words.count >= 2 + inputs else { return nil }
    if words[0] == 0 { return Split(units: count, steps: words[2..<2 + inputs] + [1], word: 1, grain: 64, fusion: .elements) }
    let units = words[2 + inputs]
    return Split(
      units: units, steps: words[(3 + inputs)...].prefix(inputs) + [count / units], word: 2 + inputs,
      work: Double(count) * Double(inputs + 1), fusion: .elements)
  }

  /// The word of its size, its pitch in the only large input and in the output.
  struct Dimension {
    var word: Int
    var input: Int
    var output: Int
  }

  /// Along the largest of some dimensions.
  static func largest(_ dimensions: [Dimension], _ parameters: [Int64], work: Double, operands: Int, fusion: Fusion? = nil) -> Split? {
    guard let choice = dimensions.max(by: { parameters[$0.word] < parameters[$1.word] }), parameters[choice.word] > 1 else { return nil }
    let units = Int(parameters[choice.word])
    // Neighbours in memory are left together, whole cache lines of them, unless each is a lot of work.
    let isFine = choice.input == 1 || min(choice.input, choice.output) < 64 && work / Double(units) < 1024
    return Split(
      units: units, steps: [choice.input] + Array(repeating: 0, count: operands - 2) + [choice.output], word: choice.word,
      grain: isFine ? 64 : 1, work: work, fusion: fusion)
  }
}

extension RuleContext {
  /// Whether an input has so many elements that cutting may be worth it.
  public var isLarge: Bool { inputs.contains { ($0.shape.known?.count ?? 0) >= 4096 } }
}
