import Compile
import Diagnostics
import PageSupport
import TensorCore
import Testing

/// `<expect>`: what is compared, and what is told.
@Suite struct ExpectationTests {
  private func unmet(_ expectations: String, cycles: Int = 1) throws -> [String] {
    let page = CompiledPage(
      """
      <page>
      <block id="f" type="Const"><pin name="val">{{1, nan}, {-0.0, 1000}}</pin></block>
      <block id="i" type="Const"><pin name="val" dtype="int64">1 2 3</pin></block>
      <block id="t" type="Const"><pin name="val" dtype="string">"a" "b"</pin></block>
      <block id="b" type="Const"><pin name="val" dtype="bool">true false</pin></block>
      <block id="e" type="Const"><pin name="val" shape="[0, 2]"></pin></block>
      <block id="l" type="Split"><pin name="axis">0</pin><pin name="value">1 2</pin><attrs num_split="2"/></block>
      \(expectations)
      </page>
      """)
    #expect(page.found == [])
    let session = try page.session()
    var found: [String] = []
    for cycle in 1...cycles {
      try session.runCycle()
      found += session.expectations(isLast: cycle == cycles).compactMap(session.unmet).map(\.message)
    }
    return found
  }

  @Test(
    arguments: [
      (#"<expect of="f">1 nan 0 1000</expect>"#, nil as String?), (#"<expect of="f" shape="[2, 2]">1 nan 0 1000</expect>"#, nil),
      (#"<expect of="f">1 1 0 1000</expect>"#, "`f` is nan at [0, 1], expected 1"),
      (#"<expect of="f" shape="[4]">1 nan 0 1000</expect>"#, "`f` has shape [2, 2], expected [4]"),
      (#"<expect of="f">1 nan 0</expect>"#, "`f` has 4 values, expected 3"), (#"<expect of="f[1]">0 1000</expect>"#, nil),
      (#"<expect of="f[1]" shape="[2]">0 1000</expect>"#, nil), (#"<expect of="f[1][1]">1000</expect>"#, nil),
      (#"<expect of="f[1][1]">1001</expect>"#, "`f[1][1]` is 1000, expected 1001"),
      (#"<expect of="f[1][1]" tolerance="1e-3">1001</expect>"#, nil),
      (#"<expect of="f[0][0]" tolerance="0.1">1.2</expect>"#, "`f[0][0]` is 1, expected 1.2"),
      (#"<expect of="f[0][0]" tolerance="0.25">1.25</expect>"#, nil), (#"<expect of="i">1 2 3</expect>"#, nil),
      (#"<expect of="i">1 2 4</expect>"#, "`i` is 3 at [2], expected 4"), (#"<expect of="t">"a" "b"</expect>"#, nil),
      (#"<expect of="t[1]">"c"</expect>"#, #"`t[1]` is "b", expected "c""#), (#"<expect of="b">true false</expect>"#, nil),
      (#"<expect of="b">1 1</expect>"#, "`b` is false at [1], expected true"), (#"<expect of="e"></expect>"#, nil),
      (#"<expect of="e" shape="[0, 2]"></expect>"#, nil), (#"<expect of="e">1</expect>"#, "`e` has 0 values, expected 1"),
      (#"<expect of="l.output[1]">2</expect>"#, nil), (#"<expect of="l[1][0]">3</expect>"#, "`l[1][0]` is 2, expected 3"),
      (#"<expect of="/f.result_output[0][0]">1</expect>"#, nil),
    ])
  func compared(_ expectation: String, _ message: String?) throws { #expect(try unmet(expectation) == (message.map { [$0] } ?? [])) }

  @Test func eachIsDueInItsCycle() throws {
    let expectations = #"<expect of="i[0]" cycle="1">5</expect><expect of="i[1]" cycle="3">6</expect><expect of="i[2]">7</expect>"#
    #expect(try unmet(expectations, cycles: 3) == ["`i[0]` is 1, expected 5", "`i[1]` is 2, expected 6", "`i[2]` is 3, expected 7"])
    #expect(try unmet(expectations, cycles: 2) == ["`i[0]` is 1, expected 5", "`i[2]` is 3, expected 7"])
  }

  @Test func aResultThatDidNotRunIsUnmet() throws {
    #expect(try unmet(#"<block id="run" type="ClientSession"/><expect of="i">1 2 3</expect>"#) == ["`i` has no result: its block did not run"])
  }
}
