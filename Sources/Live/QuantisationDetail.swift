import Diagnostics
import Inspect

extension QuantisationReport {
  /// How many channels are told, the worst first.
  private static let maximalChannels = 32

  func writeDetail(to json: inout JSONWriter) {
    json.beginObject()
    json.key("bits")
    json.int(bits)
    json.key("isNarrow")
    json.bool(isNarrow)
    json.key("levelCount")
    json.int(levelCount)
    json.key("isPerChannel")
    json.bool(isPerChannel)
    json.key("channels")
    json.beginArray()
    for channel in (isPerChannel ? worstFirst : channels).prefix(QuantisationReport.maximalChannels) {
      json.beginObject()
      json.key("index")
      json.int(channel.index)
      let numbers: [(String, Float)] = [
        ("requestedMin", channel.requestedMin), ("requestedMax", channel.requestedMax), ("low", channel.low), ("high", channel.high),
        ("scale", channel.scale),
      ]
      for (key, number) in numbers {
        json.key(key)
        json.raw { JSONWriter.appendNumber(number, to: &$0) }
      }
      json.key("zeroPoint")
      if let zero = channel.zeroPoint { json.int(zero) } else { json.null() }
      json.key("usedLevels")
      json.int(channel.usedLevels)
      json.key("reason")
      json.string(channel.reason)
      json.key("clippedLow")
      json.double(channel.elements.share(channel.elements.clippedLow))
      json.key("clippedHigh")
      json.double(channel.elements.share(channel.elements.clippedHigh))
      json.key("largestError")
      json.double(channel.elements.largestError)
      json.key("rootMeanSquareError")
      if let error = channel.elements.rootMeanSquareError { json.double(error) } else { json.null() }
      json.key("histogram")
      json.beginObject()
      json.key("low")
      json.double(channel.histogram.low)
      json.key("high")
      json.double(channel.histogram.high)
      json.key("counts")
      json.beginArray()
      for count in channel.histogram.counts { json.int(count) }
      json.endArray()
      json.endObject()
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }
}
