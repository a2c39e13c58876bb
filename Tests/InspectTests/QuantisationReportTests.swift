import Inspect
import PageSupport
import Run
import TensorCore
import Testing

/// What is told of FakeQuant blocks; `Scripts/check-explain` compares random ones with TensorFlow.
@Suite struct QuantisationReportTests {
  /// A page of one FakeQuant block `q`, after one cycle.
  private func report(_ type: String, _ pins: [String: String], attrs: String = "") throws -> QuantisationReport {
    let texts = pins.sorted { $0.key < $1.key }.map { "<pin name=\"\($0)\">\($1)</pin>" }.joined()
    let page = CompiledPage("<page><block id=\"q\" type=\"FakeQuantWithMinMax\(type)\"><attrs \(attrs)/>\(texts)</block></page>")
    let session = try page.session()
    try session.runCycle()
    return try #require(QuantisationReport(session, block: 0))
  }

  private func vars(_ min: String, _ max: String, _ inputs: String = "-100 0 100", bits: Int = 2, narrow: Bool = false) throws -> QuantisationReport {
    try report("Vars", ["inputs": inputs, "min": min, "max": max], attrs: "num_bits=\"\(bits)\" narrow_range=\"\(narrow)\"")
  }

  @Test("a range beside 0 is moved to it") func moved() throws {
    let above = try vars("1", "5")
    let channel = try #require(above.channels.first)
    #expect((channel.requestedMin, channel.requestedMax, channel.low, channel.high) == (1, 5, 0, 4))
    #expect((channel.scale, channel.zeroPoint, channel.usedLevels, channel.move) == (4 / 3, 0, 2, .movedToZero))
    #expect(channel.reason == "[1, 5] does not contain 0, so it was moved to [0, 4]")
    let total = above.total
    #expect((total.count, total.clippedLow, total.clippedHigh, total.gradientZeroed) == (3, 1, 1, 2))
    #expect((total.largestError, total.largestErrorIndex) == (100, 0))
    #expect(total.rootMeanSquareError == ((10_000.0 + 96 * 96) / 3).squareRoot())
    let below = try #require(try vars("-5", "-1").channels.first)
    #expect((below.low, below.high, below.zeroPoint) == (-4, 0, 3))
    #expect(below.reason == "[-5, -1] does not contain 0, so it was moved to [-4, 0]")
  }

  @Test("a range whose levels miss 0 is shifted") func shifted() throws {
    let channel = try #require(try vars("-1", "2.5").channels.first)
    #expect((channel.low, channel.high, channel.scale, channel.zeroPoint) == (-1.1666666, 2.3333333, 1.1666666, 1))
    #expect(
      channel.reason
        == "0 lies between two levels of [-1, 2.5], 0.8571 steps above its lower end, so it was shifted down by 0.1667 (0.1429 of a step) to [-1.1666666, 2.3333333]"
    )
    let symmetric = try #require(try vars("-1", "1", bits: 8).channels.first)
    #expect((symmetric.low, symmetric.high, symmetric.zeroPoint, symmetric.move) == (-0.9960785, 1.0039216, 127, .shifted))
  }

  @Test("a range whose levels meet 0 stays") func kept() throws {
    let fits = try vars("-1", "2")
    #expect(fits.channels.first?.move == .kept)
    #expect(fits.channels.first?.reason == "0 is a level of [-1, 2], so it stays where it is")
    #expect(fits.levels(ofChannel: 0) == [-1, 0, 1, 2])
    let narrow = try vars("-1", "1", bits: 8, narrow: true)
    #expect((narrow.channels.first?.low, narrow.channels.first?.high, narrow.channels.first?.zeroPoint) == (-1, 1, 128))
    #expect((narrow.levelCount, narrow.levels(ofChannel: 0).count) == (255, 255))
    let rounded = try #require(try vars("0", "0.7", bits: 3).channels.first)
    #expect(rounded.move == (rounded.high == 0.7 ? .kept : .rounded))
  }

  @Test("degenerate ranges")
  func degenerate() throws {
    let cases: [(String, String, QuantisationReport.Move, String)] = [
      ("0", "0", .empty, "[0, 0] is empty: there is nothing to quantise, every value becomes 0 and gradients pass as they are"),
      ("2", "2", .undefined, "both ends are 2: without a step between levels every value becomes NaN"),
      ("nan", "2", .undefined, "an end of [nan, 2] is NaN, so every value becomes NaN"),
      ("-3e38", "3e38", .undefined, "[-3e+38, 3e+38] is too wide for float, so every value becomes NaN"),
      ("5", "1", .reversed, "5 lies above 1: the levels run backwards, and all numbers become one level"),
    ]
    for (min, max, move, reason) in cases {
      let report = try vars(min, max, "-1 0.5 nan inf")
      let channel = try #require(report.channels.first)
      #expect((channel.move, channel.reason) == (move, reason))
      #expect(report.total.notANumber == 1)
      switch move {
      case .empty: #expect((report.total.clipped, report.total.gradientZeroed, channel.usedLevels, report.total.largestError) == (0, 0, 1, 1))
      case .undefined: #expect((report.total.measured, channel.usedLevels, channel.zeroPoint) == (0, 0, nil))
      default: #expect(channel.usedLevels == 1)
      }
    }
  }

  @Test("channels, the worst first") func perChannel() throws {
    let report = try report(
      "VarsPerChannel", ["inputs": "{{-1, -0.6, 9}, {1.2, 0.4, -9}}", "min": "{0, -1, 0}", "max": "{3, 2, 0}"], attrs: "num_bits=\"2\"")
    #expect(report.channels.map(\.move) == [.kept, .kept, .empty])
    #expect(report.channels.map(\.elements.clippedLow) == [1, 0, 0])
    #expect(report.channels.map(\.elements.largestErrorIndex) == [0, 4, 2])
    #expect(report.channels.map(\.usedLevels) == [2, 2, 1])
    #expect(report.worstFirst.map(\.index) == [0, 2, 1])
    #expect((report.total.count, report.total.clipped, report.total.gradientZeroed, report.total.largestError) == (6, 1, 1, 9))
    let text = report.text()
    #expect(text.contains("in 3 channels; 1 to 2 of 4 used"))
    #expect(text.contains("\n0        [0, 3]     [0, 3]   1"))
  }

  @Test("the gradient blocks tell of the gradient that arrives") func gradients() throws {
    let args = try report(
      "ArgsGradient", ["gradients": "1 2 3 4 5 6 7", "inputs": "-2 -0.9 -0.5 0 0.5 1.1 2"], attrs: "min=\"-1\" max=\"1\" num_bits=\"3\"")
    #expect(args.isGradient)
    #expect(args.channels.first?.low == -0.8571429)
    #expect((args.total.clippedLow, args.total.clippedHigh, args.total.gradientZeroed) == (2, 1, 3))
    #expect(args.total.gradient?.all == 28)
    #expect(args.total.gradient?.zeroed == 10)
    let perChannel = try report(
      "VarsPerChannelGradient",
      ["gradients": "{{1, 2}, {3, 4}}", "inputs": "{{-1, 0}, {9, nan}}", "min": "{0, 0}", "max": "{3, 3}"], attrs: "num_bits=\"2\"")
    #expect(perChannel.channels.map(\.elements.gradientZeroed) == [2, 1])
    #expect(perChannel.channels.map { $0.elements.gradient?.zeroed } == [4, 4])
  }

  @Test("all inputs are in the histogram") func histogram() throws {
    let histogram = try #require(try vars("0", "3", "-1 0 1 2 3 7 nan inf").channels.first?.histogram)
    #expect((histogram.low, histogram.high, histogram.counts.count, histogram.counts.reduce(0, +)) == (-1, 7, 32, 6))
    #expect(histogram.counts.first == 1)
    #expect(histogram.counts.last == 1)
  }

  @Test("no other blocks, and no empty ones trap") func others() throws {
    let page = CompiledPage("<page><block id=\"a\" type=\"Abs\"><pin name=\"x\">1</pin></block></page>")
    let session = try page.session()
    try session.runCycle()
    #expect(QuantisationReport(session, block: 0) == nil)
    let empty = try report("Args", ["inputs\" shape=\"[0]": ""], attrs: "")
    #expect((empty.total.count, empty.channels.count, empty.total.rootMeanSquareError) == (0, 1, nil))
    #expect(empty.text().contains("none to measure"))
  }
}
