import Run
import TensorCore
import Testing

/// A session that goes on where one of another version of its page has stopped.
@Suite struct StateTransferTests {
  private func page(start: String = "0", step: String = "1", seed: Int = 5, more: String = "") -> String {
    """
    <page>
      <block id="v" type="Variable"><pin name="initvalues" dtype="float">\(start)</pin></block>
      <block id="up" type="AssignAdd"><pin name="value">\(step)</pin></block>
      <wire from="v" to="up.ref"/>
      <block id="r" type="RandomUniform"><pin name="shape">{3}</pin><attrs seed="\(seed)" dtype="float"/></block>
      \(more)
    </page>
    """
  }

  private func ran(_ text: String, _ cycles: Int) throws -> Session {
    let session = try Session(text: text)
    for _ in 0..<cycles { try session.runCycle() }
    return session
  }

  @Test func goesOnBitForBit() throws {
    let straight = try ran(page(), 7)
    let old = try ran(page(), 4)
    let next = try Session(text: page(more: "<block id=\"other\" type=\"Const\"><pin name=\"val\">1</pin></block>"))
    #expect(try next.goOn(from: old) == [])
    for _ in 0..<3 { try next.runCycle() }
    #expect(next.cycle == 7)
    for name in ["up", "r"] { #expect(try next.result(name).hasSameBits(as: straight.result(name)), "\(name)") }
  }

  @Test func whatDiffersBeginsAnew() throws {
    let old = try ran(page(), 4)
    let shape = try Session(text: page(start: "0 0", step: "1 1"))
    #expect(try shape.goOn(from: old) == ["v"])
    try shape.runCycle()
    #expect(try shape.result("up").elements(as: Float.self) == [1, 1])
    let first = try Session(text: page(start: "10", seed: 6))
    #expect(try first.goOn(from: old) == ["v", "r"])
    try first.runCycle()
    #expect(try first.result("up").elements(as: Float.self) == [11])
    #expect(try first.result("r").hasSameBits(as: ran(page(seed: 6), 1).result("r")))
    #expect(first.cycle == 5)
  }
}
