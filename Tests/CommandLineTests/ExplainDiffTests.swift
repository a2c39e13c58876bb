import Foundation
import PageSupport
import TensorCore
import Testing

/// `enuflow explain`, `enuflow diff` and `enuflow run --csv`.
@Suite struct ExplainDiffTests {
  private let quantised = """
    <page>
      <block id="x" type="Input"><pin name="initvalues" dtype="float">-100 0 100</pin></block>
      <scope name="s">
        <block id="q" type="FakeQuantWithMinMaxVars"><pin name="min">1</pin><pin name="max">5</pin><attrs num_bits="2"/></block>
        <wire from="/x" to="q.inputs"/>
      </scope>
    </page>
    """

  @Test func explain() throws {
    try withProgram(["p.xml": quantised]) { (program) throws in
      let outcome = try program.run("explain", "p.xml", "s/q", "--no-cost")
      #expect((outcome.status, outcome.errors) == (0, ""))
      #expect(outcome.output.hasPrefix("s/q: FakeQuantWithMinMaxVars\n"))
      for line in [
        "inputs   x.input (Input) ", "why         [1, 5] does not contain 0, so it was moved to [0, 4]\n", "zero point  0\n",
        "clipped     33.3 % low (1 of 3), 33.3 % high (1 of 3)\n", "gradient    66.7 % zeroed (2 of 3)\n", "2 of 4 used\n",
      ] { #expect(outcome.output.contains(line), "\(line)\n\(outcome.output)") }
      let json = try program.run("explain", "p.xml", "s/q.outputs", "--json").output
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect((object["ns_per_cycle"] as? Double ?? 0) > 0)
      let report = try #require(object["quantisation"] as? [String: Any])
      let channel = try #require((report["channels"] as? [[String: Any]])?.first)
      #expect((channel["nudged_min"] as? Double, channel["nudged_max"] as? Double, channel["move"] as? String) == (0, 4, "moved-to-zero"))
      #expect(try program.run("explain", "p.xml", "r").status == 64)
      #expect(try program.run("explain", "none.xml", "r").status == 66)
      let set = try program.run("explain", "p.xml", "s/q", "--no-cost", "--set", "s/q.min=-1").output
      #expect(set.contains("0 lies between two levels of [-1, 5]"))
    }
  }

  @Test func diffOfResults() throws {
    let other = smallPage.replacing("1 2 3", with: "1 2 4").replacing(">0 0 0", with: ">0 0 1")
    try withProgram(["p.xml": smallPage, "o.xml": other, "broken.json": "{\"blocks\":7}"]) { (program) throws in
      try program.write(try program.run("run", "--json", "p.xml").output, "p.json")
      try program.run("run", "--npz", "o.npz", "o.xml")
      for pair in [["p.xml", "p.json"], ["p.json", "p.json"], ["o.xml", "o.npz"], ["p.xml", "p.xml"]] {
        let equal = try program.run("diff", pair[0], pair[1])
        #expect((equal.status, equal.errors) == (0, ""), "\(pair) \(equal.output)")
      }
      let parts = try program.run("diff", "p.json", "o.npz")
      #expect(parts.status == 1)
      #expect(parts.output.hasPrefix("first difference in dataflow order: a.output (Const): 1 of 3 values, the worst at [2]: 3 and 4, 1 apart\n"))
      #expect(parts.output.hasSuffix("1 block equal, 2 differ, 0 only in p.json, 0 only in o.npz\n"))
      let pages = try program.run("diff", "p.xml", "o.xml")
      #expect(pages.status == 1)
      #expect(pages.output.hasPrefix("structure: 2 blocks the same, 0 added, 0 removed, 1 changed\n~ page expect s: 0 0 0 -> 0 0 1\n~ pin a.val:"))
      #expect(try program.run("diff", "--structure", "p.xml", "o.xml").status == 1)
      #expect(try program.run("diff", "--tolerance", "2", "--results", "p.xml", "o.xml").status == 0)
      let json = try program.run("diff", "--json", "p.xml", "o.npz").output
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      #expect(object["equal"] as? Bool == false)
      #expect((object["results"] as? [String: Any])?["first"] as? String == "a.output")
      #expect(try program.run("diff", "p.xml", "broken.json").status == 65)
      #expect(try program.run("diff", "p.xml", "none.json").status == 66)
      #expect(try program.run("diff", "p.xml").status == 64)
      #expect(try program.run("diff", "p.xml", "-", input: try program.run("run", "--json", "p.xml").output).status == 0)
    }
  }

  @Test func diffOfOnePageUnderTwoSettings() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      #expect(try program.run("diff", "p.xml", "--b-plan-off", "fold,share,fuse,reuse").status == 0)
      #expect(try program.run("diff", "p.xml", "--b-cycles", "3", "--b-threads", "2").status == 0)
      let set = try program.run("diff", "p.xml", "--b-set", "a.val=1 2 5")
      #expect(set.status == 1)
      #expect(set.output.hasPrefix("first difference in dataflow order: a.output (Const)"))
      // Levels of the processor are chosen at the start of a process.
      try program.write(try program.run("run", "--json", "p.xml", environment: ["ENUFLOW_CPU": "baseline"]).output, "baseline.json")
      #expect(try program.run("diff", "p.xml", "baseline.json").status == 0)
    }
  }

  @Test func theCycleInWhichTwoRunsPart() throws {
    let counter = """
      <page>
        <block id="sum" type="Variable"><pin name="initvalues">0</pin></block>
        <block id="add" type="AssignAdd"><pin name="value">1</pin></block>
        <block id="cap" type="Minimum"><pin name="y">2</pin></block>
        <wire from="sum" to="add.ref"/><wire from="add" to="cap.x"/>
      </page>
      """
    try withProgram(["p.xml": counter]) { (program) throws in
      let parts = try program.run("diff", "p.xml", "--cycles", "9", "--each-cycle", "--b-set", "cap.y=3")
      #expect(parts.status == 1)
      #expect(parts.output.hasPrefix("first difference in dataflow order, in cycle 3: cap.z (Minimum): 2 and 3, 1 apart\n"), "\(parts.output)")
      #expect(try program.run("diff", "p.xml", "--cycles", "2", "--each-cycle", "--b-set", "cap.y=3").status == 0)
      #expect(try program.run("diff", "p.xml", "--b-cycles", "2").output.contains("add.output_ref  AssignAdd  1 and 2, 1 apart"))
      #expect(try program.run("diff", "p.xml", "--each-cycle", "--b-cycles", "2").status == 64)
    }
  }

  @Test("a git repository shows what changed in a page") func git() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      let url = try #require(Program.url)
      func git(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = program.folder
        process.environment = ProcessInfo.processInfo.environment.merging([
          "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_PAGER": "cat",
        ]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw GitFailure() }
        return String(decoding: data, as: UTF8.self)
      }
      struct GitFailure: Error {}
      guard (try? git("--version")) != nil else { return }
      _ = try git("init", "-q")
      try program.write("*.xml diff=enuflow\n", ".gitattributes")
      _ = try git("config", "diff.enuflow.command", "'\(url.path)' diff")
      _ = try git("config", "diff.enuflow.textconv", "'\(url.path)' diff --textconv")
      _ = try git("add", "p.xml", ".gitattributes")
      _ = try git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "one")
      #expect(try git("diff") == "")
      try program.write(smallPage.replacing("1 2 3", with: "1 2 4"), "p.xml")
      #expect(try git("diff") == "enuflow diff p.xml\n~ pin a.val: float [3] [1, 2, 3] -> float [3] [1, 2, 4]\n")
      let text = try git("diff", "--no-ext-diff")
      #expect(text.contains("\n-  val: float [3] [1, 2, 3]\n+  val: float [3] [1, 2, 4]\n"))
      // What only git's hashes tell apart.
      try program.write(smallPage + "\n<!-- the same -->\n", "p.xml")
      #expect(try git("diff") == "enuflow diff p.xml\n  the structure is the same\n")
      try program.write("<page>", "p.xml")
      #expect(try git("diff").hasPrefix("enuflow diff p.xml\n  the new version is no page: "))
      try FileManager.default.removeItem(at: program.folder.appendingPathComponent("p.xml"))
      #expect(try git("diff").contains("- block s: Add\n"))
    }
  }

  @Test func csv() throws {
    let page = "<page><block id=\"m\" type=\"Const\"><pin name=\"val\">{{1, 2}, {3, 4}}</pin></block></page>"
    try withProgram(["p.xml": page]) { (program) throws in
      let whole = try program.run("run", "p.xml", "--csv", "m.output")
      #expect((whole.status, whole.output, whole.errors) == (0, "1,2\n3,4\n", ""))
      #expect(try program.run("run", "p.xml", "--csv", "m[1]").output == "3\n4\n")
      let both = try program.run("run", "p.xml", "--csv", "m=m.csv", "--csv", "m[0][1]=e.csv", "--json")
      #expect(both.output.hasPrefix("{\"page\":\"p.xml\""))
      #expect(try program.read("m.csv") == Array("1,2\n3,4\n".utf8))
      #expect(try program.read("e.csv") == Array("2\n".utf8))
      #expect(try program.run("run", "p.xml", "--csv", "m", "--json").status == 64)
      #expect(try program.run("run", "p.xml", "--csv", "n").status == 64)
      #expect(try program.run("run", "p.xml", "--csv", "m[7]").status == 1)
    }
  }
}
