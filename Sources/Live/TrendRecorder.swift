import Diagnostics
import Run
import TensorCore

/// Single numbers of a page over its cycles: few enough to be drawn, spread over all cycles.
struct TrendRecorder {
  /// One number that is followed.
  struct Series {
    let name: String
    /// Ascending; with ``values``.
    fileprivate(set) var cycles: [Int] = []
    fileprivate(set) var values: [Double] = []
    fileprivate var watch: Watch?
    /// How many points have been handed out; nil when all have to be handed out again.
    fileprivate var handed: Int?
  }

  private(set) var series: [Series] = []
  /// Kept are the cycles that are a multiple of it, and those that somebody has looked at.
  private(set) var every = 1
  private let capacity: Int

  init(capacity: Int = 2_048) { self.capacity = max(8, capacity) }

  /// The next cycle that must be recorded.
  func next(after cycle: Int) -> Int { series.isEmpty ? .max : cycle - cycle % every + every }

  /// Follows one number. False when it is followed already.
  mutating func add(_ watch: Watch) {
    if let index = series.firstIndex(where: { $0.name == watch.name }) {
      series[index].watch = watch
    } else {
      series.append(Series(name: watch.name, watch: watch))
    }
  }

  mutating func remove(_ name: String) { series.removeAll { $0.name == name } }

  /// The watches belong to a session that is no more: until they are added again nothing is recorded, but everything stays.
  mutating func detach() {
    for index in series.indices { series[index].watch = nil }
  }

  /// Forgets all points.
  mutating func clear() {
    every = 1
    for index in series.indices { (series[index].cycles, series[index].values, series[index].handed) = ([], [], nil) }
  }

  /// Records a cycle that has just run.
  mutating func record(_ cycle: Int) {
    var isFull = false
    for index in series.indices {
      guard let watch = series[index].watch, let last = series[index].cycles.last.map({ cycle > $0 }) ?? true as Bool?, last else { continue }
      series[index].cycles.append(cycle)
      series[index].values.append(watch.number ?? .nan)
      if series[index].cycles.count > capacity { isFull = true }
    }
    if isFull { thin() }
  }

  private mutating func thin() {
    while series.contains(where: { $0.cycles.count > capacity }) {
      every = every > Int.max / 4 ? every : every * 2
      for index in series.indices {
        let all = series[index]
        let kept = all.cycles.indices.filter { all.cycles[$0].isMultiple(of: every) }
        series[index].cycles = kept.map { all.cycles[$0] }
        series[index].values = kept.map { all.values[$0] }
        series[index].handed = nil
      }
    }
  }

  /// Writes what was recorded since the last time, as an array of series; nil when there is nothing new.
  mutating func newPoints() -> [UInt8]? {
    var json = JSONWriter()
    json.beginArray()
    var isEmpty = true
    for index in series.indices {
      let one = series[index]
      let start = one.handed ?? 0
      if one.handed != nil, start >= one.cycles.count { continue }
      isEmpty = false
      TrendRecorder.write(one, from: start, isWhole: one.handed == nil, to: &json)
      series[index].handed = one.cycles.count
    }
    json.endArray()
    return isEmpty ? nil : json.bytes
  }

  /// Everything, for somebody who has seen nothing yet.
  func allPoints() -> [UInt8] {
    var json = JSONWriter()
    json.beginArray()
    for one in series { TrendRecorder.write(one, from: 0, isWhole: true, to: &json) }
    json.endArray()
    return json.bytes
  }

  private static func write(_ series: Series, from start: Int, isWhole: Bool, to json: inout JSONWriter) {
    json.beginObject()
    json.key("name")
    json.string(series.name)
    json.key("isWhole")
    json.bool(isWhole)
    json.key("cycles")
    json.beginArray()
    for cycle in series.cycles[start...] { json.int(cycle) }
    json.endArray()
    json.key("values")
    json.beginArray()
    for value in series.values[start...] { json.double(value) }
    json.endArray()
    json.endObject()
  }
}
