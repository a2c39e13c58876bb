import Foundation
import PageSupport
import TensorCore
import Testing

/// `enuflow run`: what it prints, writes and returns.
@Suite struct RunCommandTests {
  @Test func theJSONOfARun() throws {
    let page = """
      <page>
        <block id="f" type="Const"><pin name="val">{{-0.0, nan}, {inf, -inf}, {1.5, 1e-20}}</pin></block>
        <block id="t" type="Const"><pin name="val" dtype="string">"a\\"b" "é"</pin></block>
        <scope name="in"><block id="b" type="Const"><pin name="val" dtype="bool">true</pin></block></scope>
        <block id="l" type="Split"><pin name="axis">0</pin><pin name="value" dtype="int64">9223372036854775807 -1</pin><attrs num_split="2"/></block>
        <block id="idle" type="Abs"><pin name="x">1</pin></block>
        <block id="e" type="Const"><pin name="val" shape="[0, 3]"></pin></block>
        <block id="run" type="ClientSession"/>
        <wire from="f" to="run.fetch_outputs"/><wire from="t" to="run.fetch_outputs"/><wire from="in/b" to="run.fetch_outputs"/>
        <wire from="l" to="run.fetch_outputs"/><wire from="e" to="run.fetch_outputs"/>
      </page>
      """
    let expected = #"""
      {"page":"p.xml","cycles":2,"blocks":{"f":{"type":"Const","state":"ran","results":{"result_output":{"dtype":"float","shape":[3,2],
      "values":[-0.0,"NaN","Infinity","-Infinity",1.5,1e-20]}}},"t":{"type":"Const","state":"ran","results":{"result_output":{"dtype":"string",
      "shape":[2],"values":["a\"b","é"]}}},"in/b":{"type":"Const","state":"ran","results":{"result_output":{"dtype":"bool","shape":[],
      "values":[true]}}},"l":{"type":"Split","state":"ran","results":{"result_output":[{"dtype":"int64","shape":[1],"values":[9223372036854775807]},
      {"dtype":"int64","shape":[1],"values":[-1]}]}},"idle":{"type":"Abs","state":"not-run","results":{}},"e":{"type":"Const","state":"ran",
      "results":{"result_output":{"dtype":"float","shape":[0,3],"values":[]}}},"run":{"type":"ClientSession","state":"ran","results":{}}},
      "diagnostics":[]}
      """#
    try withProgram(["p.xml": page]) { (program) throws in
      let outcome = try program.run("run", "--json", "--cycles", "2", "p.xml")
      #expect(outcome.output == expected.replacing("\n", with: "") + "\n")
      #expect(outcome.errors == "")
      #expect(outcome.status == 0)
    }
  }

  @Test func theJSONOfARunThatFailed() throws {
    let expected = """
      {"page":"p.xml","cycles":0,"blocks":{"a":{"type":"Const","state":"not-run","results":{}},"d":{"type":"FloorDiv","state":"failed",
      "results":{}}},"diagnostics":[{"id":"E0401","severity":"error","message":"FloorDiv divides an integer by zero","file":"p.xml","line":3,
      "column":3,"endLine":3,"endColumn":33,"block":"d","pin":null,"notes":[],
      "fix":"make sure that no element of the divisor is 0, or cast to float"}]}
      """
    try withProgram(["p.xml": faultyPage]) { (program) throws in
      let outcome = try program.run("run", "--json", "p.xml")
      #expect(outcome.output == expected.replacing("\n", with: "") + "\n")
      #expect(outcome.status == 1)
    }
  }

  @Test func theTableOfARun() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      let outcome = try program.run("run", "p.xml")
      #expect(
        outcome.output == """
          block  type    result  dtype  shape  values
          a      Const   output  float  [3]    [1, 2, 3]
          n      Negate  y       float  [3]    [-1, -2, -3]
          s      Add     z       float  [3]    [0, 0, 0]

          """)
      #expect(outcome.status == 0)
    }
  }

  @Test func aFaultIsToldAndNothingIsShown() throws {
    try withProgram(["p.xml": faultyPage, "old.npz": "old"]) { (program) throws in
      let outcome = try program.run("run", "p.xml", "--npz", "old.npz")
      let old = try program.read("old.npz")
      #expect(outcome.output == "")
      #expect(
        outcome.errors == """
          p.xml:3:3: error[E0401]: FloorDiv divides an integer by zero
           3 |   <block id="d" type="FloorDiv"><pin name="y">0</pin></block>
             |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: make sure that no element of the divisor is 0, or cast to float

          """)
      #expect(outcome.status == 1)
      #expect(old == Array("old".utf8))
    }
  }

  @Test func standardInput() throws {
    try withProgram { (program) throws in
      let outcome = try program.run("run", "-", "--json", input: smallPage)
      #expect(outcome.output.hasPrefix(#"{"page":"-","cycles":1,"#))
      #expect(outcome.status == 0)
      let broken = try program.run("check", "-", input: "<page>")
      #expect(broken.errors.hasPrefix("-:1:7: error[E0004]"))
      #expect(broken.status == 65)
    }
  }

  @Test func textsAndFeeds() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      try program.write(Npy.write(try #require(Tensor([Float(7), 8, 9]))), "seven.npy")
      try program.write(Npy.write(try #require(Tensor([Float(7)]))), "one.npy")
      #expect(try program.run("run", "p.xml", "--set", "s.y=10").output.contains("s      Add     z       float  [3]    [11, 12, 13]"))
      #expect(try program.run("run", "p.xml", "--set", "a.val=5").output.contains("s      Add     z       float  []     0"))
      #expect(try program.run("run", "p.xml", "--feed", "n=seven.npy").output.contains("[8, 10, 12]"))
      #expect(try program.run("run", "p.xml", "--feed", "s.y=seven.npy", "--set", "a=1 1 1").output.contains("[8, 9, 10]"))
      // Only the first = splits.
      let text = #"<page><block id="t" type="Const"><pin name="val" dtype="string">x</pin></block></page>"#
      #expect(try program.run("run", "-", "--set", "t.val=a=b", input: text).output.contains(#""a=b""#))
      let wrong = try program.run("run", "p.xml", "--set", "nobody.x=1", "--set", "a", "--feed", "n.w=one.npy")
      #expect(wrong.status == 64)
      #expect(wrong.errors.split(separator: "\n").count { $0.hasPrefix("error[E0601]") } == 3)
      #expect(try program.run("run", "p.xml", "--feed", "n=none.npy").status == 66)
      #expect(try program.run("run", "p.xml", "--feed", "n=p.xml").status == 65)
    }
  }

  @Test func resultsAsNpz() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      #expect(try program.run("run", "p.xml", "--npz", "r.npz").status == 0)
      let entries = try Npz.read(try program.read("r.npz"), pool: StringPool())
      #expect(entries.map { "\($0.name) \($0.tensor.brief)" } == ["a.output float [3] 1 2 3", "n.y float [3] -1 -2 -3", "s.z float [3] 0 0 0"])
      let unwritable = try program.run("run", "p.xml", "--npz", "no/r.npz")
      #expect(unwritable.status == 73)
      #expect(unwritable.output.contains("[1, 2, 3]"))
      #expect(try program.run("run", "p.xml", "--npz", "/dev/full").status == 74)
    }
  }

  @Test func keepGoing() throws {
    let page = """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="n" type="Negate"/>
        <wire from="nobody" to="n.x"/>
      </page>
      """
    try withProgram(["p.xml": page]) { (program) throws in
      #expect(try program.run("run", "p.xml").status == 65)
      let outcome = try program.run("run", "--keep-going", "p.xml")
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("a      Const   output   float  []     1"))
      #expect(outcome.output.contains("n      Negate  not run"))
      #expect(outcome.errors.contains("warning[W0703]: block `n` is left out"))
      // Also when what is wrong belongs to no block.
      try program.write(smallPage.replacing("to=\"s.y\"", with: "to=\"s.y\"/><wire from=\"a\" to=\"nobody.x\""), "q.xml")
      #expect(try program.run("run", "--keep-going", "q.xml").status == 1)
    }
  }

  @Test func aRunThatIsInterruptedStillReports() throws {
    let page = """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block><block id="n" type="Negate"/><wire from="a" to="n.x"/>
        <block id="run" type="ClientSession"><attrs INFINITE_LOOP="true"/></block><wire from="n" to="run.fetch_outputs"/>
      </page>
      """
    try withProgram(["p.xml": page]) { (program) throws in
      let process = try program.start(["run", "p.xml"])
      Thread.sleep(forTimeInterval: 0.5)
      process.interrupt()
      let outcome = try program.outcome(of: process)
      #expect(outcome.status == 130)
      #expect(outcome.output.contains("n      Negate         y       float  []     -1"))
      #expect(outcome.errors.contains("note[E0602]: interrupted after "))
      #expect(try program.run("run", "--cycles", "3", "--json", "p.xml").output.hasPrefix(#"{"page":"p.xml","cycles":3,"#))
    }
  }
}
