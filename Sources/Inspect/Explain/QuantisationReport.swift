import Blocks
import Compile
import Run
import TensorCore

/// What quantisation did to the inputs of one FakeQuant block, or would do to those of a gradient block.
///
/// Ranges and results come from the kernels that the page runs. Errors are differences of floats, formed in double precision.
public struct QuantisationReport: Sendable {
  public var block: String
  public var type: String
  public var bits: Int
  public var isNarrow: Bool
  public var isGradient: Bool
  public var isPerChannel: Bool
  /// The numbers of the first and the last level.
  public var firstLevel: Int
  public var lastLevel: Int
  /// By channel; one when all elements share a range.
  public var channels: [Channel]
  /// All channels together.
  public var total: Elements

  public var levelCount: Int { lastLevel - firstLevel + 1 }

  /// One range, and what lies in it.
  public struct Channel: Sendable {
    public var index: Int
    /// The range as it was asked for.
    public var requestedMin: Float
    public var requestedMax: Float
    /// The range as it is used: the first and the last level.
    public var low: Float
    public var high: Float
    /// The distance of two levels.
    public var scale: Float
    /// The number of the level 0; nil when there is none.
    public var zeroPoint: Int?
    /// How many levels results lie on.
    public var usedLevels: Int
    public var move: Move
    /// Why the range is not the one that was asked for, or that it is: a sentence without a full stop.
    public var reason: String
    public var elements: Elements
    public var histogram: Histogram
  }

  /// What became of a range on its way to the levels.
  public enum Move: String, Sendable {
    /// Both ends are levels.
    case kept
    /// Both ends are levels but for the rounding of floats.
    case rounded
    /// It was shifted by less than a step, so that 0 is a level.
    case shifted
    /// It lies on one side of 0 and was moved until it touches 0.
    case movedToZero = "moved-to-zero"
    /// Both ends are 0: every result is 0.
    case empty
    /// `min` lies above `max`.
    case reversed
    /// Its levels are no numbers.
    case undefined
  }

  /// Counts over some elements.
  public struct Elements: Sendable {
    public var count = 0
    /// Below the first level, and above the last one.
    public var clippedLow = 0
    public var clippedHigh = 0
    public var notANumber = 0
    /// How many let no gradient pass.
    public var gradientZeroed = 0
    /// How many have an error: input and result are finite.
    public var measured = 0
    /// The largest error, and the element that has it: an index into the whole tensor.
    public var largestError = 0.0
    public var largestErrorIndex: Int?
    public var sumOfSquares = 0.0
    /// Of a gradient block: the sum of the magnitudes of what arrives, and of what is not let through.
    public var gradient: (all: Double, zeroed: Double)?

    /// The square root of the mean squared error; nil when nothing has an error.
    public var rootMeanSquareError: Double? { measured == 0 ? nil : (sumOfSquares / Double(measured)).squareRoot() }
    public var clipped: Int { clippedLow + clippedHigh }
    /// A part of all elements: 0 of none.
    public func share(_ part: Int) -> Double { count == 0 ? 0 : Double(part) / Double(count) }
  }

  /// How often inputs lie in equal parts of a range that holds all finite inputs and all levels.
  public struct Histogram: Sendable {
    public var low: Double
    public var high: Double
    public var counts: [Int]
  }

  /// A report on a block that got these inputs; nil for blocks of other types and for inputs that do not fit.
  public init?(block: String, type: BlockType, attrs: [AttrValue?], inputs: [Tensor], bins: Int = 32) {
    guard let function = FakeQuantFunction(type, attrs: attrs), let (gradients, tensor, min, max) = function.operands(inputs),
      let quantised = function.quantised(tensor, min: min, max: max), let values = tensor.elements(as: Float.self),
      let results = quantised.elements(as: Float.self)
    else { return nil }
    self.block = block
    self.type = type.name
    bits = function.bits
    isNarrow = function.isNarrow
    isGradient = function.isGradient
    isPerChannel = function.kind == .perChannel
    firstLevel = function.firstLevel
    lastLevel = function.lastLevel
    channels = []
    total = Elements()
    let walk = Walk(
      function: function, values: values, results: results, gradients: gradients?.elements(as: Float.self), channels: min.count, bins: bins)
    for (index, range) in function.ranges(min: min, max: max).enumerated() {
      let channel = walk.channel(index, min: min[index], max: max[index], range)
      channels.append(channel)
      total.add(channel.elements)
    }
  }

  /// A report on a block of a session whose results can be looked at; nil for blocks of other types, and when inputs are not there.
  public init?(_ session: Session, block: Int) {
    let graph = session.graph
    guard let type = graph.type(ofBlock: block) else { return nil }
    let node = graph.nodes[block]
    let inputs = node.inputs.map { session.value(Int(graph.operands[Int($0)])) }
    guard inputs.allSatisfy({ $0 != nil }) else { return nil }
    self.init(block: graph.name(ofBlock: block), type: type, attrs: node.attrs, inputs: inputs.compactMap(\.self))
  }

  /// Whether channels were clipped more or hit harder: by the share clipped, then by the error in steps.
  public var worstFirst: [Channel] {
    channels.sorted { a, b in
      let (x, y) = (a.elements.share(a.elements.clipped), b.elements.share(b.elements.clipped))
      if x != y { return x > y }
      let (p, q) = (a.elements.rootMeanSquareError ?? -1, b.elements.rootMeanSquareError ?? -1)
      return p != q ? p > q : a.index < b.index
    }
  }
}

extension QuantisationReport {
  /// All levels of a channel, the first one first, with the bits that results have; empty for a range that has none.
  public func levels(ofChannel index: Int) -> [Float] {
    guard channels.indices.contains(index), let zeroPoint = channels[index].zeroPoint, channels[index].move != .reversed else { return [] }
    return (firstLevel...lastLevel).map { Float($0 - zeroPoint) * channels[index].scale }
  }
}

extension QuantisationReport.Elements {
  mutating func add(_ other: Self) {
    count += other.count
    clippedLow += other.clippedLow
    clippedHigh += other.clippedHigh
    notANumber += other.notANumber
    gradientZeroed += other.gradientZeroed
    measured += other.measured
    if other.measured > 0, largestErrorIndex == nil || other.largestError > largestError {
      largestError = other.largestError
      largestErrorIndex = other.largestErrorIndex
    }
    sumOfSquares += other.sumOfSquares
    if let theirs = other.gradient { gradient = ((gradient?.all ?? 0) + theirs.all, (gradient?.zeroed ?? 0) + theirs.zeroed) }
  }
}

/// The elements of one block, looked at channel by channel.
private struct Walk {
  let function: FakeQuantFunction
  let values: [Float]
  let results: [Float]
  let gradients: [Float]?
  let channels: Int
  let bins: Int

  func channel(_ index: Int, min: Float, max: Float, _ range: FakeQuantFunction.Range) -> QuantisationReport.Channel {
    let (move, reason) = QuantisationReport.describe(function, min: min, max: max, range)
    // Both ends 0: gradients pass as they are, and nothing is said to be clipped.
    let isEmpty = move == .empty
    var elements = QuantisationReport.Elements()
    if gradients != nil { elements.gradient = (0, 0) }
    var used = UsedLevels(range, count: function.levelCount)
    var (least, most) = (Double(range.low), Double(range.high))
    if !(least.isFinite && most.isFinite) { (least, most) = (.infinity, -.infinity) }
    for position in stride(from: index, to: values.count, by: channels) {
      let raw = values[position]
      // As the kernels see it.
      let value = raw.isSubnormal ? 0 : raw
      let result = results[position]
      elements.count += 1
      if value.isNaN { elements.notANumber += 1 }
      if !isEmpty, value < range.low { elements.clippedLow += 1 }
      if !isEmpty, value > range.high { elements.clippedHigh += 1 }
      let passes = isEmpty || (value >= range.low && value <= range.high)
      if !passes { elements.gradientZeroed += 1 }
      if let gradients {
        let size = Double(gradients[position].magnitude)
        elements.gradient?.all += size
        if !passes { elements.gradient?.zeroed += size }
      }
      used.add(result)
      guard value.isFinite else { continue }
      least = Swift.min(least, Double(value))
      most = Swift.max(most, Double(value))
      guard result.isFinite else { continue }
      let error = (Double(result) - Double(raw)).magnitude
      elements.measured += 1
      elements.sumOfSquares += error * error
      if elements.largestErrorIndex == nil || error > elements.largestError {
        elements.largestError = error
        elements.largestErrorIndex = position
      }
    }
    let zeroPoint = range.zero.isFinite ? function.firstLevel + Int(range.zero.rounded()) : nil
    return QuantisationReport.Channel(
      index: index, requestedMin: min, requestedMax: max, low: range.low, high: range.high, scale: range.scale,
      zeroPoint: isEmpty || move == .undefined ? nil : zeroPoint, usedLevels: used.count, move: move, reason: reason, elements: elements,
      histogram: histogram(index, least, most))
  }

  private func histogram(_ channel: Int, _ least: Double, _ most: Double) -> QuantisationReport.Histogram {
    var histogram = QuantisationReport.Histogram(low: least, high: most, counts: Array(repeating: 0, count: bins))
    guard bins > 0, least <= most else { return .init(low: 0, high: 0, counts: histogram.counts) }
    for position in stride(from: channel, to: values.count, by: channels) where values[position].isFinite {
      let part = most > least ? (Double(values[position]) - least) / (most - least) : 0
      histogram.counts[Swift.min(bins - 1, Swift.max(0, Int(part * Double(bins))))] += 1
    }
    return histogram
  }
}

/// Counts the levels that results lie on.
private struct UsedLevels {
  private(set) var count = 0
  private var seen: [Bool]
  private var others: Set<UInt32> = []
  private let low: Double
  private let scale: Double

  init(_ range: FakeQuantFunction.Range, count: Int) {
    seen = Array(repeating: false, count: count)
    low = Double(range.low)
    scale = Double(range.scale)
  }

  mutating func add(_ result: Float) {
    if result.isNaN { return }
    let number = ((Double(result) - low) / scale).rounded()
    if number >= 0, number < Double(seen.count) {
      if !seen[Int(number)] {
        seen[Int(number)] = true
        count += 1
      }
    } else if others.count < 1 << 16, others.insert(result == 0 ? 0 : result.bitPattern).inserted {
      count += 1
    }
  }
}
