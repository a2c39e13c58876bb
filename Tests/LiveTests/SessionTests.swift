import Foundation
import Testing

@testable import Live

@Suite(.serialized) struct LiveSessionTests {
  @Test func opensWithOneCycle() throws {
    try withSession(counterPage()) { _, viewer, _ in
      #expect(viewer.cycle == 1 && !viewer.isRunning)
      #expect(viewer.text("up.output_ref") == "1")
      let page = try #require(viewer.last("page"))
      #expect(page["title"] as? String == "Counter")
      #expect((page["trends"] as? [JSON])?.first?["series"] as? [String] == ["up.output_ref"])
      #expect((page["svg"] as? String)?.hasPrefix("<svg") == true)
      #expect((page["blocks"] as? [JSON])?.compactMap { $0["name"] as? String } == ["v", "step", "up"])
    }
  }

  @Test func stepsOneByOne() throws {
    try withSession(counterPage()) { session, viewer, _ in
      for cycle in 2...4 {
        session.receive("step", from: 1)
        wait { viewer.cycle == cycle }
        #expect(viewer.text("up.output_ref") == "\(cycle)")
      }
    }
  }

  @Test func runsAndPauses() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("run", from: 1)
      wait { viewer.isRunning && viewer.cycle > 1000 }
      session.receive("pause", from: 1)
      wait { !viewer.isRunning }
      let cycle = viewer.cycle
      #expect(viewer.text("up.output_ref") == "\(cycle)")
      Thread.sleep(forTimeInterval: 0.1)
      #expect(viewer.cycle == cycle)
    }
  }

  @Test func runsToACycle() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("until 5000", from: 1)
      wait { viewer.cycle == 5000 && !viewer.isRunning }
      #expect(viewer.text("up.output_ref") == "5000")
      session.receive("until 10", from: 1)
      wait { viewer.last("notice") != nil }
      #expect(viewer.last("notice")?["isError"] as? Bool == true)
      #expect(viewer.cycle == 5000)
    }
  }

  @Test func speedIsKept() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("speed 20", from: 1)
      session.receive("run", from: 1)
      let start = Date()
      wait { viewer.cycle >= 11 }
      let elapsed = Date().timeIntervalSince(start)
      // Ten cycles at twenty a second: half a second, and more on a busy machine.
      #expect(elapsed > 0.35)
    }
  }

  @Test func restartsAtTheBeginning() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("until 100", from: 1)
      wait { viewer.cycle == 100 }
      session.receive("restart", from: 1)
      wait { viewer.cycle == 1 }
      #expect(viewer.text("up.output_ref") == "1")
    }
  }

  @Test func trendsFollowTheCycles() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("until 50", from: 1)
      wait { viewer.cycle == 50 }
      var points: [Int: Double] = [:]
      for message in viewer.all() where message["kind"] as? String == "trends" {
        for series in message["series"] as? [JSON] ?? [] {
          for (cycle, value) in zip(series["cycles"] as? [Int] ?? [], series["values"] as? [Double] ?? []) { points[cycle] = value }
        }
      }
      #expect(points.count == 50)
      #expect(points.allSatisfy { Double($0.key) == $0.value })
    }
  }

  @Test func anyValueCanBeFollowed() throws {
    try withSession(counterPage(more: #"<block id="two" type="Const"><pin name="val">{{1, 2}, {3, 4}}</pin></block>"#)) { session, viewer, _ in
      session.receive("watch two.output", from: 1)
      wait { viewer.last("trendList") != nil }
      let trends = viewer.last("trendList")?["trends"] as? [JSON]
      #expect(trends?.last?["series"] as? [String] == ["two.output[0][0]", "two.output[0][1]", "two.output[1][0]", "two.output[1][1]"])
      session.receive("unwatch two.output[0][0]", from: 1)
      wait {
        (viewer.last("trendList")?["trends"] as? [JSON])?.last?["series"] as? [String] == [
          "two.output[0][1]", "two.output[1][0]", "two.output[1][1]",
        ]
      }
      session.receive("watch nobody", from: 1)
      wait { viewer.last("notice") != nil }
    }
  }

  @Test func aBlockIsShownInFull() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("open up", from: 1)
      wait { viewer.last("detail") != nil }
      let detail = try #require(viewer.last("detail"))
      #expect(detail["type"] as? String == "AssignAdd")
      let result = try #require((detail["results"] as? [JSON])?.first)
      #expect(result["values"] as? [Double] == [1])
      let inputs = try #require(detail["inputs"] as? [JSON])
      #expect(inputs.map { $0["sources"] as? [String] } == [["v.ref"], ["step.output"]])
      session.receive("open nobody", from: 1)
      wait { viewer.last("detail")?["isThere"] as? Bool == false }
    }
  }

  // MARK: Changes for the session

  @Test func aChangedPinCountsFromTheNextCycle() throws {
    try withSession(counterPage()) { session, viewer, folder in
      session.receive("until 10", from: 1)
      wait { viewer.cycle == 10 }
      session.receive("set step.val=5", from: 1)
      wait { viewer.cycle == 11 }
      #expect(viewer.text("up.output_ref") == "15")
      let text = try folder.read("page.xml")
      #expect(text == counterPage())
      session.receive("unset step.val", from: 1)
      wait { viewer.cycle == 12 }
      #expect(viewer.text("up.output_ref") == "16")
    }
  }

  @Test func aChangeThatCannotBeIsRefused() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("set step.val={1, 2, 3", from: 1)
      wait { viewer.last("notice")?["isError"] as? Bool == true }
      session.receive("set nobody.val=1", from: 1)
      session.receive("step", from: 1)
      wait { viewer.cycle == 2 }
      #expect(viewer.text("up.output_ref") == "2")
      #expect((viewer.last("state")?["changes"] as? [Any])?.isEmpty == true)
    }
  }

  @Test func changesAreSavedWhenOneSaysSo() throws {
    try withSession(counterPage()) { session, viewer, folder in
      session.receive("set step.val=7", from: 1)
      wait { viewer.cycle == 2 }
      session.receive("save", from: 1)
      wait { viewer.last("notice")?["isError"] as? Bool == false }
      let saved = try folder.read("page.xml")
      #expect(saved == counterPage(step: "7"))
      // The file is read anew, and the state stays.
      wait { viewer.cycle == 3 && viewer.text("up.output_ref") == "15" }
      #expect((viewer.last("state")?["changes"] as? [Any])?.isEmpty == true)
    }
  }

  // MARK: The file

  @Test func anEditIsSeenAndTheStateKept() throws {
    try withSession(counterPage()) { session, viewer, folder in
      session.receive("until 20", from: 1)
      wait { viewer.cycle == 20 }
      try folder.write(counterPage(step: "100"), "page.xml")
      wait { viewer.cycle == 21 }
      #expect(viewer.text("up.output_ref") == "120")
    }
  }

  /// Many editors write another file and rename it over the page.
  @Test func anEditByRenamingIsSeen() throws {
    try withSession(counterPage()) { _, viewer, folder in
      try folder.write(counterPage(step: "3"), "page.xml.new")
      #expect(rename(folder.path("page.xml.new"), folder.path("page.xml")) == 0)
      wait { viewer.cycle == 2 }
      #expect(viewer.text("up.output_ref") == "4")
    }
  }

  @Test func anotherFirstValueOrShapeBeginsAnew() throws {
    try withSession(counterPage()) { session, viewer, folder in
      session.receive("until 20", from: 1)
      wait { viewer.cycle == 20 }
      try folder.write(counterPage(start: "1000"), "page.xml")
      wait { viewer.cycle == 21 }
      #expect(viewer.text("up.output_ref") == "1001")
      try folder.write(counterPage(step: "1 1", start: "0 0"), "page.xml")
      wait { viewer.cycle == 22 }
      #expect(viewer.text("up.output_ref") == "[1, 1]")
    }
  }

  @Test func aBrokenEditTellsAndTheOldPictureStays() throws {
    try withSession(counterPage()) { session, viewer, folder in
      session.receive("until 20", from: 1)
      wait { viewer.cycle == 20 }
      let pages = viewer.all().count { $0["kind"] as? String == "page" }
      try folder.write(counterPage().replacingOccurrences(of: "AssignAdd", with: "AssignAdds"), "page.xml")
      wait { viewer.last("diagnostics")?["isStale"] as? Bool == true }
      let first = try #require(viewer.diagnostics().first)
      #expect(first["id"] as? String == "E0201" && first["block"] as? String == "up" && first["line"] as? Int == 4)
      #expect(viewer.all().count { $0["kind"] as? String == "page" } == pages)
      // The version before still runs.
      session.receive("step", from: 1)
      wait { viewer.cycle == 21 }
      #expect(viewer.text("up.output_ref") == "21")
      try folder.write(counterPage(step: "2"), "page.xml")
      wait { viewer.last("diagnostics")?["isStale"] as? Bool == false }
      wait { viewer.text("up.output_ref") == "23" }
    }
  }

  @Test func aPageThatNeverRanTellsWhy() throws {
    try withSession("<page><block id=\"a\" type=\"Negate\"/></page>") { session, viewer, folder in
      #expect(viewer.last("diagnostics")?["canRun"] as? Bool == false)
      #expect(viewer.diagnostics().first?["id"] as? String == "E0208")
      session.receive("run", from: 1)
      wait { viewer.last("notice")?["isError"] as? Bool == true }
      try folder.write("<page", "page.xml")
      wait { viewer.diagnostics().first?["id"] as? String == "E0004" }
      try folder.write(counterPage(), "page.xml")
      wait { viewer.text("up.output_ref") == "1" }
    }
  }

  @Test func aCycleThatFailsStopsAndTells() throws {
    let page = """
      <page>
        <block id="v" type="Variable"><pin name="initvalues" dtype="int32">2</pin></block>
        <block id="one" type="Const"><pin name="val" dtype="int32">1</pin></block>
        <block id="down" type="AssignSub"/>
        <block id="d" type="FloorDiv"/>
        <wire from="v" to="down.ref"/><wire from="one" to="down.value"/><wire from="one" to="d.x"/><wire from="down" to="d.y"/>
      </page>
      """
    try withSession(page) { session, viewer, _ in
      session.receive("run", from: 1)
      wait { viewer.diagnostics().contains { $0["id"] as? String == "E0401" && $0["block"] as? String == "d" } }
      wait { !viewer.isRunning }
      #expect(viewer.cycle == 1)
    }
  }

  // MARK: Viewers

  @Test func severalLookAndLeave() throws {
    try withSession(counterPage()) { session, viewer, _ in
      session.receive("run", from: 1)
      let others = (2...6).map { _ in TestViewer() }
      for (index, other) in others.enumerated() { session.join(index + 2, other) }
      for other in others { wait { other.cycle > 1 } }
      for index in others.indices { session.leave(index + 2) }
      wait { viewer.isRunning }
      session.receive("pause", from: 2)
      wait { !viewer.isRunning }
      let seen = others.map { $0.all().count }
      let cycle = viewer.cycle
      session.receive("step", from: 1)
      wait { viewer.cycle > cycle }
      #expect(others.map { $0.all().count } == seen)
    }
  }

  /// One that cannot keep up misses values, and sees all of them when it can.
  @Test func aSlowViewerCatchesUp() throws {
    try withSession(counterPage()) { session, viewer, _ in
      let slow = TestViewer()
      session.join(2, slow)
      wait { slow.cycle == 1 }
      slow.isBehind = true
      session.receive("until 1000", from: 1)
      wait { viewer.cycle == 1000 }
      #expect(slow.text("up.output_ref") == "1")
      slow.isBehind = false
      session.receive("open up", from: 1)
      wait { slow.text("up.output_ref") == "1000" }
    }
  }

  @Test func nonsenseIsToldToWhomSaidIt() throws {
    try withSession(counterPage()) { session, viewer, _ in
      let other = TestViewer()
      session.join(2, other)
      wait { other.last("state") != nil }
      session.receive("make coffee", from: 2)
      wait { other.last("notice") != nil }
      #expect(viewer.last("notice") == nil)
    }
  }
}
