import Compile
import Diagnostics
import Run

/// A benchmark in words.
public struct BenchmarkReport {
  private let page: String
  private let graph: Graph
  private let benchmark: Benchmark

  public init(page: String, compilation: Compilation, benchmark: Benchmark) {
    self.page = page
    graph = compilation.graph
    self.benchmark = benchmark
  }

  /// The page's time, and each block's, the slowest first.
  public func table(color: Bool = false) -> String {
    var table = TextTable(usesColor: color)
    table.add(["block", "type", "ns per cycle"], style: .bold)
    let order = benchmark.nanoseconds.indices.sorted { (benchmark.nanoseconds[$0] ?? -1, $1) > (benchmark.nanoseconds[$1] ?? -1, $0) }
    for block in order.prefix(40) {
      guard let time = benchmark.nanoseconds[block] else { continue }
      table.add([
        graph.name(ofBlock: block), graph.typeName(ofBlock: block), Self.number(time),
      ])
    }
    let perCycle = benchmark.seconds / Double(benchmark.cycles) * 1e9
    return table.text
      + "\n\(page): \(Self.number(benchmark.cyclesPerSecond)) cycles per second, \(Self.number(perCycle)) ns per cycle (\(benchmark.cycles) cycles in each window, \(benchmark.threads == 1 ? "one thread" : "up to \(benchmark.threads) threads"))\n"
  }

  /// `{"page","cycles","threads","seconds","cycles_per_second","blocks":{"id":{"ns_per_cycle":…}}}`
  public var json: [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    json.string("page", page)
    json.int("cycles", benchmark.cycles)
    json.int("threads", benchmark.threads)
    json.double("seconds", benchmark.seconds)
    json.double("cycles_per_second", benchmark.cyclesPerSecond)
    json.beginObject("blocks")
    for (block, time) in benchmark.nanoseconds.enumerated() {
      guard let time else { continue }
      json.beginObject(graph.name(ofBlock: block))
      json.double("ns_per_cycle", time)
      json.endObject()
    }
    json.endObject()
    json.endObject()
    return json.bytes
  }

  /// Three or more significant digits, no exponent.
  private static func number(_ value: Double) -> String {
    if value >= 100 { return String(Int64(min(value, 9e18).rounded())) }
    let hundredths = (value * 100).rounded() / 100
    return "\(hundredths)"
  }
}
