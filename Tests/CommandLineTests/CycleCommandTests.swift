import Foundation
import PageSupport
import TensorCore
import Testing

/// `enuflow run` over many cycles: what ends it, what is looked at on the way, and checkpoints.
@Suite struct CycleCommandTests {
  private static let counting = """
    <page>
      <block id="n" type="Variable"><pin name="initvalues">0</pin></block>
      <block id="one" type="Const"><pin name="val">1</pin></block>
      <block id="next" type="Add"/><wire from="n" to="next.x"/><wire from="one" to="next.y"/>
      <block id="store" type="Assign"/><wire from="n" to="store.ref"/><wire from="next" to="store.value"/>
      <trend title="t"><series of="store"/></trend>
      <block id="run" type="ClientSession"><attrs INFINITE_LOOP="true"/></block><wire from="store" to="run.fetch_outputs"/>
    </page>
    """

  @Test func aConditionEndsTheRun() throws {
    try withProgram(["p.xml": Self.counting]) { (program) throws in
      let met = try program.run("run", "p.xml", "--until", "store.output_ref >= 41.5")
      #expect(met.status == 0 && met.errors == "")
      #expect(met.output.contains("n      Variable       ref         float  []     41\n"))
      let unmet = try program.run("run", "p.xml", "--until", "n > 41", "--cycles", "3", "--json")
      #expect(unmet.status == 1)
      #expect(unmet.output.hasPrefix(#"{"page":"p.xml","cycles":3,"#))
      #expect(unmet.output.contains(#""id":"E0504","severity":"error","message":"`n > 41` is not met after 3 cycles""#))
      for arguments in [["--until", "n"], ["--until", "nobody < 1"], ["--watch", "nobody"], ["--every", "2"], ["--for", "3"], ["--for", "-1s"]] {
        #expect(try program.outcome(of: program.start(["run", "p.xml"] + arguments)).status == 64, "\(arguments)")
      }
    }
  }

  @Test func aTimeEndsTheRun() throws {
    try withProgram(["p.xml": Self.counting]) { (program) throws in
      let clock = ContinuousClock()
      let start = clock.now
      let outcome = try program.run("run", "p.xml", "--for", "200ms")
      #expect(outcome.status == 0 && outcome.errors == "")
      #expect(clock.now - start > .milliseconds(150))
      #expect(outcome.output.contains("store  Assign         output_ref  float  []"))
      #expect(try program.run("run", "p.xml", "--for", "1h", "--cycles", "5", "--json").output.hasPrefix(#"{"page":"p.xml","cycles":5,"#))
    }
  }

  @Test func histories() throws {
    try withProgram(["p.xml": Self.counting]) { (program) throws in
      let outcome = try program.run(
        "run", "p.xml", "--cycles", "4", "--watch", "n", "--watch", "next", "--watch", "n.ref", "--json", "--npz", "r.npz")
      #expect(outcome.status == 0)
      let series = #""dtype":"float","shape":[],"values":"#
      #expect(
        outcome.output.contains(
          #""history":{"n.ref":{"cycles":[1,2,3,4],\#(series)[0,1,2,3]},"next.z":{"cycles":[1,2,3,4],\#(series)[1,2,3,4]},"#
            + #""store.output_ref":{"cycles":[1,2,3,4],\#(series)[1,2,3,4]}},"diagnostics":[]"#))
      let entries = try Npz.read(try program.read("r.npz"), pool: StringPool())
      #expect(
        entries.suffix(4).map { "\($0.name) \($0.tensor.brief)" } == [
          "history/cycles int64 [4] 1 2 3 4", "history/n.ref float [4] 0 1 2 3", "history/next.z float [4] 1 2 3 4",
          "history/store.output_ref float [4] 1 2 3 4",
        ])
      // The table has what was asked for, and trends only where they are exported.
      let table = try program.run("run", "p.xml", "--cycles", "5", "--watch", "n", "--watch-every", "2")
      #expect(table.output.hasSuffix("watched  cycles  first  last  least  most  course\nn.ref    2 to 5  1      4     1      4     ▁▆█\n"))
      #expect(try program.run("run", "p.xml", "--cycles", "2").output.contains("watched") == false)
    }
  }

  @Test func notFinite() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">1e38</pin></block>
        <block id="add" type="AssignAdd"/><wire from="w" to="add.ref"/><wire from="w" to="add.value"/>
      </page>
      """
    try withProgram(["p.xml": page]) { (program) throws in
      let outcome = try program.run("run", "p.xml", "--cycles", "100", "--nan-check", "--checkpoint", "c", "--every", "1")
      #expect(outcome.status == 1)
      #expect(outcome.errors.hasPrefix("p.xml:3:3: error[E0407]: `w` is inf after cycle 2; it began in `add`"))
      #expect(outcome.output.contains("add    AssignAdd  output_ref  float  []     inf"))
      // The checkpoint is that of the last good cycle.
      #expect(try program.run("run", "p.xml", "--resume", "c", "--json").output.hasPrefix(#"{"page":"p.xml","cycles":2,"#))
      #expect(try program.run("run", "p.xml", "--cycles", "100").status == 0)
    }
  }

  // MARK: Checkpoints

  @Test func aRunGoesOnFromItsCheckpoint() throws {
    try withProgram(["p.xml": Self.counting]) { (program) throws in
      #expect(try program.run("run", "p.xml", "--cycles", "7", "--checkpoint", "c").status == 0)
      let resumed = try program.run("run", "p.xml", "--cycles", "10", "--resume", "c", "--checkpoint", "c", "--json")
      #expect(
        resumed.output == (try program.run("run", "p.xml", "--cycles", "10", "--json").output.replacing("[1,2,3,4,5,6,7,8,9,10]", with: "[8,9,10]")))
      let done = try program.run("run", "p.xml", "--cycles", "10", "--resume", "c")
      #expect(done.status == 0 && done.output == "")
      #expect(done.errors.contains("note[N0803]: nothing to run: the checkpoint is of cycle 10"))
      #expect(try program.run("run", "p.xml", "--resume", "c", "--json", "--until", "n >= 0").output.hasPrefix(#"{"page":"p.xml","cycles":11,"#))
      // What cannot be resumed or written.
      try program.write("nonsense", "bad")
      #expect(try program.run("run", "p.xml", "--resume", "bad").status == 65)
      #expect(try program.run("run", "p.xml", "--resume", "none").status == 66)
      let other = try program.run("run", "-", "--resume", "c", input: smallPage)
      #expect(other.status == 65 && other.errors.contains("error[E0408]: the page has no variable `n`"))
      #expect(try program.run("run", "p.xml", "--cycles", "1", "--checkpoint", "no/c").status == 73)
      let refused = try program.run("run", "p.xml", "--cycles", "1", "--checkpoint", "p.xml")
      #expect(refused.status == 73 && refused.errors.contains("is a file of another kind: it is not overwritten"))
      #expect(try program.read("p.xml") == Array(Self.counting.utf8))
    }
  }

  /// Killed at any moment, a run leaves a checkpoint that is whole: all elements of the variable are the number of its cycle.
  @Test(.timeLimit(.minutes(2))) func aKilledRunLeavesAWholeCheckpoint() throws {
    let page = """
      <page>
        <block id="w" type="Variable"><pin name="initvalues">0</pin><attrs shape="[4000]"/></block>
        <block id="one" type="Const"><pin name="val" shape="[4000]">1</pin></block>
        <block id="add" type="AssignAdd"/><wire from="w" to="add.ref"/><wire from="one" to="add.value"/>
      </page>
      """
    try withProgram(["p.xml": page]) { (program) throws in
      var generator = Generator(5)
      func inode() -> UInt64 {
        var status = stat()
        return stat(program.folder.appendingPathComponent("c").path, &status) == 0 ? UInt64(status.st_ino) : 0
      }
      #expect(try program.run("run", "p.xml", "--cycles", "1", "--checkpoint", "c").status == 0)
      var last = 1
      var advances = 0
      for kills in 0..<200 {
        let process = Process()
        process.executableURL = try #require(Program.url)
        process.arguments = ["run", "p.xml", "--resume", "c", "--checkpoint", "c", "--every", "1", "--cycles", "100000000"]
        process.currentDirectoryURL = program.folder
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Most are killed while they write one checkpoint after the other, some before they begin.
        if kills % 4 > 0 {
          let (first, end) = (inode(), Date(timeIntervalSinceNow: 10))
          while inode() == first, process.isRunning, Date() < end { usleep(200) }
        }
        usleep(UInt32.random(in: 0...8_000, using: &generator))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let file = try TensorFile.read(try program.read("c"), pool: StringPool())
        let cycle = Int(try #require(file.tensor(.run, "cycle")?.elements(as: Int64.self)?.first))
        let values = try #require(file.tensor(.variable, "w")?.elements(as: Float.self))
        #expect(values.allSatisfy { $0 == Float(cycle) }, "kill \(kills)")
        #expect(cycle >= last, "kill \(kills)")
        if cycle > last { advances += 1 }
        last = cycle
      }
      #expect(advances > 100)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: program.folder.path).allSatisfy {
          ["p.xml", "c", "c.part"].contains($0) || $0.hasPrefix(".")
        })
    }
  }

  // MARK: Interrupts

  /// Waits until the program has taken over Ctrl-C.
  private func waitUntilItWatches(_ process: Process) {
    #if os(Linux)
      let end = Date(timeIntervalSinceNow: 20)
      while process.isRunning, Date() < end {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let caught = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.split(separator: "\t").last
        if let caught, let mask = UInt64(caught, radix: 16), mask & 1 << UInt64(SIGINT - 1) != 0 { return }
        usleep(1_000)
      }
    #else
      Thread.sleep(forTimeInterval: 2)
    #endif
  }

  @Test func anInterruptedRunWritesItsCheckpoint() throws {
    try withProgram(["p.xml": Self.counting]) { (program) throws in
      let process = try program.start(["run", "p.xml", "--checkpoint", "c"])
      waitUntilItWatches(process)
      Thread.sleep(forTimeInterval: 0.1)
      process.interrupt()
      let outcome = try program.outcome(of: process)
      #expect(outcome.status == 130)
      let file = try TensorFile.read(try program.read("c"), pool: StringPool())
      let cycle = try #require(file.tensor(.run, "cycle")?.elements(as: Int64.self)?.first)
      #expect(outcome.errors.contains("interrupted after \(cycle) cycles"))
    }
  }

  /// A cycle of many seconds: the first interrupt waits for its end, the second one does not.
  @Test func aSecondInterruptEndsAtOnce() throws {
    var page = """
      <page><block id="a" type="Const"><pin name="val" shape="[400, 8000]">1</pin></block>
      <block id="b" type="Const"><pin name="val" shape="[8000, 400]">1</pin></block>
      """
    for index in 0..<600 {
      page += "<block id=\"m\(index)\" type=\"MatMul\"/><wire from=\"a\" to=\"m\(index).a\"/><wire from=\"b\" to=\"m\(index).b\"/>"
    }
    try withProgram(["p.xml": page + "</page>"]) { (program) throws in
      let process = try program.start(["run", "p.xml", "--plan-off", "share"])
      waitUntilItWatches(process)
      Thread.sleep(forTimeInterval: 0.2)
      process.interrupt()
      Thread.sleep(forTimeInterval: 0.3)
      #expect(process.isRunning)
      let clock = ContinuousClock()
      let start = clock.now
      process.interrupt()
      let outcome = try program.outcome(of: process)
      #expect(clock.now - start < .seconds(2))
      #expect(outcome.status == 130)
      #expect(outcome.output == "")
    }
  }

  // MARK: Files

  @Test func filesOfThePage() throws {
    let page = """
      <page>
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="save" type="Save"><pin name="filename">C:\\data\\t</pin><pin name="tensor_names">a</pin></block><wire from="a" to="save.data"/>
        <block id="r" type="Restore"><pin name="file_pattern">C:\\data\\t</pin><pin name="tensor_name">a</pin><attrs dt="float"/></block>
        <expect of="r">1 2</expect>
      </page>
      """
    try withProgram(["p.xml": page]) { (program) throws in
      let refused = try program.run("run", "p.xml")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("error[E0011]: \"C:\\data\\t\" is a path of Windows"))
      #expect(refused.errors.contains("help: say what it is here: --map-path 'C:\\data=FOLDER'"))
      #expect(try program.run("run", "p.xml", "--map-path", "C:\\data=.").output.contains("r      Restore  tensor  float  [2]    [1, 2]"))
      #expect(try TensorFile.read(try program.read("t"), pool: StringPool()).sections.map(\.name) == ["a"])
      #expect(try program.run("test", "p.xml", "--map-path", "C:\\data=.").status == 0)
      #expect(try program.run("bench", "p.xml", "--cycles", "1", "--map-path", "C:\\data=.").status == 0)
      let outside = "enuflow-\(UUID().uuidString)"
      let set = ["--set", "save.filename=../\(outside)", "--set", "r.file_pattern=../\(outside)"]
      #expect(try program.outcome(of: program.start(["run", "p.xml"] + set)).errors.contains("error[E0011]: the page may not touch"))
      #expect(try program.outcome(of: program.start(["run", "p.xml", "--allow", ".."] + set)).status == 0)
      try FileManager.default.removeItem(at: program.folder.deletingLastPathComponent().appendingPathComponent(outside))
      #expect(try program.run("run", "p.xml", "--allow", "none").status == 66)
      #expect(try program.run("run", "p.xml", "--map-path", "x").status == 64)
    }
  }
}
