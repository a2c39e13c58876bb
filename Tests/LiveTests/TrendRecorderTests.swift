import Compile
import PageSupport
import Run
import Testing

@testable import Live

@Suite struct TrendRecorderTests {
  @Test func fewPointsSpreadOverAllCycles() throws {
    let session = try Session(text: counterPage())
    var recorder = TrendRecorder(capacity: 16)
    recorder.add(try session.watch("up"))
    for _ in 1...1000 {
      try session.runCycle(isShown: false)
      if session.cycle == recorder.next(after: session.cycle - 1) { recorder.record(session.cycle) }
    }
    let series = try #require(recorder.series.first)
    #expect(series.cycles.count <= 16 && series.cycles.count >= 8)
    #expect(recorder.every == 64)
    #expect(series.cycles.allSatisfy { $0.isMultiple(of: 64) })
    #expect(series.values == series.cycles.map(Double.init))
  }

  @Test func eachPointIsHandedOutOnce() throws {
    let session = try Session(text: counterPage())
    var recorder = TrendRecorder()
    recorder.add(try session.watch("up"))
    try session.runCycle()
    recorder.record(1)
    #expect(
      recorder.newPoints().map { String(decoding: $0, as: UTF8.self) } == #"[{"name":"up.output_ref","isWhole":true,"cycles":[1],"values":[1]}]"#)
    #expect(recorder.newPoints() == nil)
    try session.runCycle()
    recorder.record(2)
    #expect(
      recorder.newPoints().map { String(decoding: $0, as: UTF8.self) } == #"[{"name":"up.output_ref","isWhole":false,"cycles":[2],"values":[2]}]"#)
  }

  @Test func pointsOutliveTheSession() throws {
    let first = try Session(text: counterPage())
    var recorder = TrendRecorder()
    recorder.add(try first.watch("up"))
    try first.runCycle()
    recorder.record(1)
    recorder.detach()
    recorder.record(2)
    let second = try Session(text: counterPage())
    try second.goOn(from: first)
    recorder.add(try second.watch("up"))
    try second.runCycle()
    recorder.record(second.cycle)
    #expect(recorder.series.map(\.cycles) == [[1, 2]])
    #expect(recorder.series.map(\.values) == [[1, 2]])
  }
}

extension Session {
  fileprivate func watch(_ name: String) throws -> Watch { try watch(try graph.path(name)) }
}
