import Diagnostics
import TensorCore

extension QuantisationReport {
  /// The report for people: a few lines, and a table of the channels when there are several, the worst first, at most `rows` of them.
  public func text(color: Bool = false, rows: Int = 20) -> String {
    var table = TextTable(usesColor: color)
    let numbers = "\(bits) bits\(isNarrow ? ", narrow range" : ""): levels \(firstLevel) to \(lastLevel)"
    if isPerChannel {
      let used = channels.map(\.usedLevels)
      table.add(["levels", "\(numbers), in \(channels.count) channels; \(used.min() ?? 0) to \(used.max() ?? 0) of \(levelCount) used"])
    } else if let only = channels.first {
      table.add(["asked for", "[\(Self.text(only.requestedMin)), \(Self.text(only.requestedMax))]"])
      table.add(["used", "[\(Self.text(only.low)), \(Self.text(only.high))]"])
      table.add(["why", only.reason])
      table.add(["scale", Self.text(only.scale)])
      table.add(["zero point", only.zeroPoint.map(String.init) ?? "none"])
      table.add(["levels", "\(numbers), \(only.usedLevels) of \(levelCount) used"])
    }
    table.add([.init(text: "clipped"), .init(text: clippedText, style: total.clipped > 0 ? .red : .plain)])
    table.add(["error", errorText])
    table.add(["gradient", gradientText])
    if total.notANumber > 0 { table.add(["NaN", "\(total.notANumber) of \(total.count) inputs"]) }
    if !isPerChannel, let only = channels.first, total.count > 1 {
      let histogram = only.histogram
      table.add([
        "inputs",
        "\(sparkline(histogram.counts.map(Double.init), width: histogram.counts.count)) from \(Self.short(histogram.low)) to \(Self.short(histogram.high))",
      ])
    }
    return table.text + (isPerChannel ? "\n" + channelTable(color: color, rows: rows) : "")
  }

  private func channelTable(color: Bool, rows: Int) -> String {
    var table = TextTable(usesColor: color)
    table.add(
      [
        "channel", "asked for", "used", "scale", "zero point", "levels used", "clipped low", "clipped high", "largest error", "rms error",
        "gradient zeroed", "why",
      ],
      style: .bold)
    let sorted = worstFirst
    for channel in sorted.prefix(rows) {
      let elements = channel.elements
      let texts = [
        String(channel.index), "[\(Self.text(channel.requestedMin)), \(Self.text(channel.requestedMax))]",
        "[\(Self.text(channel.low)), \(Self.text(channel.high))]", Self.text(channel.scale), channel.zeroPoint.map(String.init) ?? "none",
        String(channel.usedLevels), percent(elements.clippedLow, elements), percent(elements.clippedHigh, elements),
        elements.measured == 0 ? "" : Self.short(elements.largestError), elements.rootMeanSquareError.map(Self.short) ?? "",
        percent(elements.gradientZeroed, elements), channel.move.rawValue,
      ]
      table.add(texts.map { TextTable.Cell(text: $0, style: elements.clipped > 0 ? .red : .plain) })
    }
    return table.text + (sorted.count > rows ? "… and \(sorted.count - rows) more channels\n" : "")
  }

  private var clippedText: String {
    func side(_ count: Int, _ name: String) -> String { "\(percent(count, total)) \(name) (\(count) of \(total.count))" }
    return side(total.clippedLow, "low") + ", " + side(total.clippedHigh, "high")
  }

  private var errorText: String {
    guard let root = total.rootMeanSquareError, let place = total.largestErrorIndex else { return "none to measure" }
    let unmeasured = total.count - total.measured
    return "largest \(Self.short(total.largestError)) at element \(place), root mean square \(Self.short(root))"
      + (unmeasured > 0 ? ", without \(unmeasured) that are not finite" : "")
  }

  private var gradientText: String {
    var text = "\(percent(total.gradientZeroed, total)) zeroed (\(total.gradientZeroed) of \(total.count))"
    if let gradient = total.gradient, gradient.all > 0 {
      text += ", \(Self.percent(gradient.zeroed / gradient.all)) of its magnitude"
    }
    return text
  }

  private func percent(_ part: Int, _ elements: Elements) -> String { Self.percent(elements.share(part)) }

  /// `12.5 %`; what is little is not nothing.
  static func percent(_ share: Double) -> String {
    if share.isNaN { return "nan %" }
    let tenths = (share * 1000).rounded() / 10
    if tenths == 0, share > 0 { return "< 0.1 %" }
    if tenths == 100, share < 1 { return "> 99.9 %" }
    return tenths == tenths.rounded() ? "\(Int(tenths)) %" : "\(tenths) %"
  }

  /// The report as a JSON object.
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.int("num_bits", bits)
    json.bool("narrow_range", isNarrow)
    json.int("levels", levelCount)
    json.key("total")
    total.write(to: &json)
    json.beginArray("channels")
    for channel in isPerChannel ? worstFirst : channels { channel.write(to: &json) }
    json.endArray()
    json.endObject()
  }
}

extension QuantisationReport.Channel {
  fileprivate func write(to json: inout JSONWriter) {
    json.beginObject()
    json.int("channel", index)
    for (name, value) in [("min", requestedMin), ("max", requestedMax), ("nudged_min", low), ("nudged_max", high), ("scale", scale)] {
      json.key(name)
      json.raw { JSONWriter.appendNumber(value, to: &$0) }
    }
    json.key("zero_point")
    if let zeroPoint { json.int(zeroPoint) } else { json.null() }
    json.int("levels_used", usedLevels)
    json.string("move", move.rawValue)
    json.string("reason", reason)
    json.key("elements")
    elements.write(to: &json)
    json.beginObject("histogram")
    json.double("from", histogram.low)
    json.double("to", histogram.high)
    json.beginArray("counts", inline: true)
    for count in histogram.counts { json.int(count) }
    json.endArray()
    json.endObject()
    json.endObject()
  }
}

extension QuantisationReport.Elements {
  fileprivate func write(to json: inout JSONWriter) {
    json.beginObject()
    for (name, number) in [
      ("count", count), ("clipped_low", clippedLow), ("clipped_high", clippedHigh), ("nan", notANumber), ("gradient_zeroed", gradientZeroed),
    ] {
      json.int(name, number)
    }
    for (name, part) in [
      ("share_clipped_low", clippedLow), ("share_clipped_high", clippedHigh), ("share_gradient_zeroed", gradientZeroed),
    ] {
      json.double(name, share(part))
    }
    if let gradient, gradient.all > 0 {
      json.double("share_gradient_magnitude_zeroed", gradient.zeroed / gradient.all)
    }
    json.key("largest_error")
    if let place = largestErrorIndex {
      json.double(largestError)
      json.int("largest_error_at", place)
    } else {
      json.null()
    }
    json.key("root_mean_square_error")
    if let root = rootMeanSquareError { json.double(root) } else { json.null() }
    json.endObject()
  }
}
