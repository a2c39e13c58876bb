import Diagnostics
import Inspect
import PageSupport
import Run
import TensorCore
import Testing

/// Comparing results.
@Suite struct ResultDiffTests {
  /// `late` stands first in the page and last in the flow.
  private let text = """
    <page>
      <block id="late" type="Negate"/>
      <block id="a" type="Const"><pin name="val">{{1, nan, inf}, {-0.0, 0.1, 1e-40}}</pin></block>
      <block id="b" type="Abs"/>
      <block id="t" type="Const"><pin name="val" dtype="string">"a" "\\xff"</pin></block>
      <block id="i" type="Const"><pin name="val" dtype="int64">9223372036854775807 -3</pin></block>
      <block id="l" type="Split"><pin name="axis">0</pin><pin name="value" dtype="bool">true false</pin><attrs num_split="2"/></block>
      <wire from="a" to="b"/><wire from="b" to="late"/>
    </page>
    """

  private func report(_ text: String) throws -> RunReport {
    let page = CompiledPage(text)
    let session = try page.session()
    try session.runCycle()
    return RunReport(page: "p.xml", compilation: page.compilation, session: session, diagnostics: [])
  }

  @Test("what is saved reads back equal, as JSON and as npz; NaN equals NaN") func roundTrip() throws {
    let report = try report(text)
    let results = ResultSet(report)
    for bytes in [report.json, try report.npz()] {
      let saved = try ResultSet.read(bytes, name: "saved")
      for diff in [ResultDiff(results, saved, isExact: true), ResultDiff(saved, results, isExact: true)] {
        #expect(diff.isEmpty, "\(diff.text())")
        #expect(diff.equalBlocks == 6)
      }
    }
    let json = try ResultSet.read(report.json, name: "json")
    #expect(json.order == results.order)
    #expect(json.order.map { Array($0.prefix(3)) } == [1, 2, 0])
  }

  @Test("the first difference is the first in dataflow order") func first() throws {
    let a = ResultSet(try report(text))
    let b = ResultSet(try report(text.replacing("0.1", with: "-0.3")))
    let diff = ResultDiff(a, b)
    #expect(diff.differences.map(\.name) == ["a.output", "b.y", "late.y"])
    #expect((diff.equalBlocks, diff.differingBlocks) == (3, 3))
    guard case .values(let difference, _, _)? = diff.differences.first?.what else {
      Issue.record("no values")
      return
    }
    #expect((difference.first, difference.count, difference.worst) == (4, 1, 4))
    #expect(abs(difference.distance - 0.4) < 1e-6)
    let text = diff.text()
    #expect(text.contains("first difference in dataflow order: a.output (Const): 1 of 6 values, the worst at [1, 1]: 0.1 and -0.3, 0.4 apart\n"))
    #expect(text.contains("[1, 1]   0.1    -0.3    <- worst\n"))
    // Also where only a file without an order is there.
    let npz = try ResultSet.read(try report(self.text.replacing("0.1", with: "-0.3")).npz(), name: "b.npz")
    #expect(ResultDiff(npz, a).differences.first?.name == "a.output")
  }

  @Test func tolerance() throws {
    let a = ResultSet(try report(text))
    let b = ResultSet(try report(text.replacing("0.1", with: "0.10001")))
    #expect(!ResultDiff(a, b).isEmpty)
    #expect(!ResultDiff(a, b, tolerance: 1e-6).isEmpty)
    #expect(ResultDiff(a, b, tolerance: 1e-4).isEmpty)
    let zero = ResultSet(try report(text.replacing("-0.0", with: "0")))
    #expect(ResultDiff(a, zero).isEmpty)
    #expect(ResultDiff(a, zero, isExact: true).differences.map(\.name) == ["a.output"])
  }

  @Test func otherDTypesShapesAndBlocks() throws {
    let a = ResultSet(try report(text))
    #expect(!ResultDiff(a, ResultSet(try report(text.replacing("\\xff", with: "b")))).isEmpty)
    // 9223372036854775806 as a double is the same number.
    let last = ResultDiff(a, ResultSet(try report(text.replacing("775807", with: "775806"))))
    #expect(last.differences.map(\.name) == ["i.output"])
    let flipped = ResultDiff(a, ResultSet(try report(text.replacing("true false", with: "true true"))))
    #expect(flipped.differences.map(\.name) == ["l.output[1]"])
    let reshaped = ResultDiff(a, ResultSet(try report(text.replacing("9223372036854775807 -3", with: "1"))))
    guard case .shape? = reshaped.differences.first?.what else {
      Issue.record("no shapes")
      return
    }
    let less = ResultDiff(a, ResultSet(try report(text.replacing("id=\"i\"", with: "id=\"j\""))))
    #expect((less.onlyInA, less.onlyInB, less.isEmpty) == (["i"], ["j"], false))
    #expect(less.summary == "5 blocks equal, 0 differ, 1 only in p.xml, 1 only in p.xml")
  }

  @Test("NaN against a number is the worst of all") func nan() throws {
    let a = ResultSet(try report(text))
    let b = ResultSet(try report(text.replacing("{{1, nan, inf}", with: "{{1e9, 5, inf}")))
    guard case .values(let difference, _, _)? = ResultDiff(a, b).differences.first?.what else {
      Issue.record("no values")
      return
    }
    #expect((difference.count, difference.first, difference.worst, difference.distance.isNaN) == (2, 0, 1, true))
  }

  @Test(
    "broken files are told",
    arguments: [
      "{", "{}", "{\"blocks\":[]}", "{\"blocks\":{\"a\":{}}}", "{\"blocks\":{\"a\":{\"state\":\"gone\",\"results\":{}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{}}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{\"dtype\":\"float\",\"shape\":[2],\"values\":[1]}}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{\"dtype\":\"uint8\",\"shape\":[1],\"values\":[256]}}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{\"dtype\":\"float\",\"shape\":[-1],\"values\":[256]}}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{\"dtype\":\"float\",\"shape\":[9223372036854775807,4],\"values\":[]}}}}}",
      "{\"blocks\":{\"a\":{\"state\":\"ran\",\"results\":{\"y\":{\"dtype\":\"string\",\"shape\":[1],\"values\":[{\"base64\":\"=A==\"}]}}}}}",
      "{\"blocks\":{},\"order\":[0]}", "PK", "PK\u{3}\u{4}",
    ])
  func broken(_ text: String) {
    #expect(throws: DiagnosticError.self) { try ResultSet.read(Array(text.utf8), name: "x") }
  }

  @Test("no cut or changed byte of a file traps") func mutations() throws {
    let report = try report(text)
    var generator = Generator(7)
    for bytes in [report.json, try report.npz()] {
      for _ in 0..<300 {
        var copy = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &generator)))
        copy[Int.random(in: copy.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        if let results = try? ResultSet.read(copy, name: "x") { _ = ResultDiff(results, ResultSet(report)).text() }
      }
    }
  }

  @Test func csv() throws {
    func csv(_ tensor: Tensor?) throws -> String { String(decoding: try #require(tensor).csv(), as: UTF8.self) }
    #expect(try csv(Tensor([Float(1.5)], shape: [])) == "1.5\n")
    #expect(try csv(Tensor([Float(1), .nan, -.infinity])) == "1\nnan\n-inf\n")
    #expect(try csv(Tensor([1, 2, 3, 4, 5, 6] as [Int32], shape: [2, 3])) == "1,2,3\n4,5,6\n")
    #expect(try csv(Tensor([true, false], shape: [2, 1])) == "true\nfalse\n")
    #expect(try csv(Tensor([1, 2, 3, 4] as [Int32], shape: [2, 1, 2])) == "i0,i1,i2,value\n0,0,0,1\n0,0,1,2\n1,0,0,3\n1,0,1,4\n")
    #expect(try csv(Tensor([] as [Float], shape: [0, 3])) == "")
    #expect(try csv(Tensor(strings: [Array("a\"b".utf8), Array("c,d".utf8)], pool: StringPool())) == "\"a\"\"b\"\n\"c,d\"\n")
  }
}
