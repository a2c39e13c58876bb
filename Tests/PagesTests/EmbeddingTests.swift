import Diagnostics
import Run
import TensorCore
import Testing

/// The few calls that an embedding program needs.
@Suite struct EmbeddingTests {
  private let page = """
    <page>
      <block id="x" type="Placeholder"><attrs dtype="float" shape="[?]"/></block>
      <scope name="inner">
        <block id="same" type="Identity"/>
        <block id="twice" type="Add"/>
        <wire from="/x" to="same.input"/>
        <wire from="same" to="twice.x"/>
        <wire from="/x" to="twice.y"/>
      </scope>
      <block id="pieces" type="Split"><pin name="axis">0</pin><pin name="value">{{1, 2}, {3, 4}}</pin><attrs num_split="2"/></block>
      <block id="names" type="Const"><pin name="val" dtype="string">one</pin></block>
    </page>
    """

  private func tensor(_ values: [Float]) throws -> Tensor { try #require(Tensor(values)) }

  private func refusal<Result>(_ body: () throws(DiagnosticError) -> Result) -> Diagnostic? {
    do throws(DiagnosticError) {
      _ = try body()
      return nil
    } catch {
      return error.diagnostics.first
    }
  }

  @Test func feedsChangeBetweenCycles() throws {
    let first = try tensor([1, 2])
    let session = try Session(text: page, feeds: ["x": first])
    try session.runCycle()
    #expect(try session.result("inner/twice").elements(as: Float.self) == [2, 4])
    // The value also reaches those who only show it, and leaves the caller's tensor alone.
    try session.feed("x", try tensor([10, 20]))
    try session.runCycle()
    #expect(try session.result("inner/twice.z").elements(as: Float.self) == [20, 40])
    #expect(try session.result("inner/same").elements(as: Float.self) == [10, 20])
    #expect(first.elements(as: Float.self) == [1, 2])
    #expect(session.cycle == 2)
  }

  @Test func inputPinsAndConstantsAreFed() throws {
    let session = try Session(text: page, feeds: ["x": tensor([1, 2]), "inner/twice.y": tensor([5, 5])])
    try session.runCycle()
    #expect(try session.result("inner/twice").elements(as: Float.self) == [6, 7])
    try session.feed("inner/twice.y", try tensor([0, 1]))
    try session.runCycle()
    #expect(try session.result("inner/twice").elements(as: Float.self) == [1, 3])
  }

  @Test func stringsAreFed() throws {
    let pool = StringPool()
    let one = try #require(Tensor(strings: [Array("two".utf8)], shape: .scalar, pool: pool))
    let session = try Session(text: page, feeds: ["names": one, "x": tensor([1])])
    try session.feed("names", try #require(Tensor(strings: [Array("three".utf8)], shape: .scalar, pool: StringPool())))
    try session.runCycle()
    #expect(try session.result("names").stringElements == [Array("three".utf8)])
  }

  @Test func referencesPickMembersAndElements() throws {
    let session = try Session(text: page, feeds: ["x": tensor([1, 2])])
    try session.runCycle()
    #expect(try session.result("pieces.output[1]").shape == [1, 2])
    #expect(try session.result("pieces.output[1][0]").elements(as: Float.self) == [3, 4])
    let element = try session.result("/inner/twice.result_z[1]")
    #expect(element.shape == .scalar)
    #expect(element.elements(as: Float.self) == [4])
  }

  @Test func mistakesAreTold() throws {
    #expect(refusal { () throws(DiagnosticError) in try Session(text: "<page") }?.id == .notWellFormed)
    #expect(refusal { () throws(DiagnosticError) in try Session(file: "/no/such/page.xml") }?.id == .fileUnreadable)
    let value = try tensor([1, 2])
    #expect(refusal { () throws(DiagnosticError) in try Session(text: page, feeds: ["y": value]) }?.id == .badArgument)
    let session = try Session(text: page, feeds: ["x": value])
    #expect(refusal { () throws(DiagnosticError) in try session.result("inner/twice") }?.fix == "run a cycle")
    try session.runCycle()
    let unknown = refusal { () throws(DiagnosticError) in try session.result("twice") }
    #expect(unknown?.id == .unknownBlock)
    #expect(unknown?.location == nil)
    #expect(refusal { () throws(DiagnosticError) in try session.result("inner/twice[7]") }?.id == .badArgument)
    #expect(refusal { () throws(DiagnosticError) in try session.result("a b") }?.id == .badArgument)
    let wide = try tensor([1, 2, 3])
    #expect(refusal { () throws(DiagnosticError) in try session.feed("x", wide) }?.id == .feedMismatch)
    #expect(refusal { () throws(DiagnosticError) in try session.feed("inner/same", value) }?.id == .badArgument)
    #expect(refusal { () throws(DiagnosticError) in try session.feed("inner/same.output", value) }?.id == .badArgument)
  }

  @Test func whatNoSessionReachesHasNoResult() throws {
    let session = try Session(
      text: """
        <page>
          <block id="a" type="Const"><pin name="val">1</pin></block>
          <block id="b" type="Negate"><pin name="x">1</pin></block>
          <block id="run" type="ClientSession"/>
          <wire from="a" to="run.fetch_outputs"/>
        </page>
        """)
    try session.runCycle()
    #expect(try session.result("a").elements(as: Float.self) == [1])
    #expect(refusal { () throws(DiagnosticError) in try session.result("b") }?.fix?.contains("fetch_outputs") == true)
  }
}
