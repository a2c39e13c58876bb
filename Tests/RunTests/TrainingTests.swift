import Blocks
import Compile
import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// Optimisers and scatters in pages.
@Suite struct TrainingTests {
  private static let step = """
    <block id="v" type="Variable"><pin name="initvalues">1 2</pin></block>
    <block id="step" type="ResourceApplyGradientDescent"><pin name="alpha">0.5</pin><pin name="delta">2 4</pin></block>
    <wire from="v" to="step.var"/>
    """

  private static func history(_ page: String, _ name: String, cycles: Int = 2) throws -> [String] {
    let session = try CompiledPage("<page>\(page)</page>").session()
    return try (0..<cycles).map { _ in
      try session.runCycle()
      return session.resultsByName[name]?.brief ?? "none"
    }
  }

  @Test func anOperationRunsWithoutASession() throws {
    #expect(try Self.history(Self.step, "v.ref") == ["float [2] 0 0", "float [2] -1 -2"])
  }

  @Test func aSessionRunsAnOperation() throws {
    let fetch = "<block id=\"run\" type=\"ClientSession\"/><wire from=\"v\" to=\"run.fetch_outputs\"/>"
    #expect(try Self.history(Self.step + fetch, "v.ref") == ["float [2] 1 2", "float [2] 1 2"])
    #expect(try Self.history(Self.step + fetch + "<wire from=\"step\" to=\"run.run_outputs\"/>", "v.ref") == ["float [2] 0 0", "float [2] -1 -2"])
    let handed = """
      <block id="op" type="Operation"/><wire from="step" to="op.operation"/><wire from="op" to="run.run_outputs"/>
      """
    #expect(try Self.history(Self.step + fetch + handed, "v.ref") == ["float [2] 0 0", "float [2] -1 -2"])
  }

  @Test func anOperationIsNoTensor() throws {
    let page = "<page>\(Self.step)<block id=\"n\" type=\"Negate\"/><wire from=\"step\" to=\"n.x\"/></page>"
    #expect(CompiledPage(page).diagnostics.map(\.id) == [.dtypeNotAllowed])
  }

  /// What an update did earlier in a cycle goes back when a later one fails.
  @Test func aFailedScatterTakesTheCycleBack() throws {
    let page = """
      <page>
        <block id="sum" type="Variable"><pin name="initvalues">0 0 0</pin></block>
        <block id="add" type="AssignAdd"><pin name="value">1 1 1</pin></block><wire from="sum" to="add.ref"/>
        <block id="at" type="Variable"><pin name="initvalues" dtype="int32">1</pin></block>
        <block id="next" type="AssignAdd"><pin name="value">1</pin></block><wire from="at" to="next.ref"/>
        <block id="v" type="Variable"><pin name="initvalues">5 6 7</pin></block>
        <block id="put" type="ScatterSub"><pin name="updates">1</pin></block>
        <wire from="v" to="put.ref"/><wire from="at" to="put.indices"/>
      </page>
      """
    let session = try CompiledPage(page).session()
    try session.runCycle()
    #expect(session.resultsByName["v.ref"]?.brief == "float [3] 5 6 6")
    let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(error?.diagnostics.map(\.id) == [.indexOutOfRange])
    #expect(error?.diagnostics.first?.block == "put")
    #expect([0, 2, 4].map { session.variable(ofBlock: $0)?.brief } == ["float [3] 1 1 1", "int32 [] 2", "float [3] 5 6 6"])
  }

  /// The last of several writes to one place stays; sums see them all.
  @Test func slicesFollowOneAnother() throws {
    func run(_ type: String, _ indices: String, _ updates: String) throws -> [String] {
      try Self.history(
        """
        <block id="v" type="Variable"><pin name="initvalues">1 2 3</pin></block>
        <block id="s" type="\(type)"><pin name="indices">\(indices)</pin><pin name="updates">\(updates)</pin></block><wire from="v" to="s.ref"/>
        """, "s.output_ref", cycles: 1)
    }
    #expect(try run("ScatterUpdate", "1 1 0 1", "7 8 9 10") == ["float [3] 9 10 3"])
    #expect(try run("ScatterMul", "2 2 2", "2 2 2") == ["float [3] 1 2 24"])
    #expect(try run("ScatterDiv", "{{2, 0}, {2, 1}}", "2") == ["float [3] 0.5 1 0.75"])
    #expect(try run("ScatterNdSub", "{{1}, {1}}", "1 2") == ["float [3] 1 -1 3"])
  }

  @Test func hyperparametersHaveRanges() throws {
    func page(_ lr: String, _ more: String = "") -> CompiledPage {
      CompiledPage(
        """
        <page>
          <block id="v" type="Variable"><pin name="initvalues">1 2</pin></block><block id="a" type="Variable"><pin name="initvalues">1 1</pin></block>
          <block id="s" type="ApplyProximalAdagrad">\(lr)<pin name="l1">0</pin><pin name="l2">0</pin><pin name="grad">1 1</pin></block>
          <wire from="v" to="s.var"/><wire from="a" to="s.accum"/>\(more)
        </page>
        """)
    }
    #expect(page("<pin name=\"lr\">0.1</pin>").diagnostics.isEmpty)
    let early = page("<pin name=\"lr\">-1</pin>").diagnostics
    #expect(early.map(\.id) == [.badValue] && early.map(\.pin) == ["lr"])
    let late = try page("", "<block id=\"r\" type=\"Variable\"><pin name=\"initvalues\">0</pin></block><wire from=\"r\" to=\"s.lr\"/>").session()
    let error = #expect(throws: DiagnosticError.self) { try late.runCycle() }
    #expect(error?.diagnostics.map(\.id) == [.badValue])
    #expect(late.variable(ofBlock: 0)?.brief == "float [2] 1 2")
  }

  @Test func shapesMustFit() throws {
    func found(_ type: String, _ pins: [String: String]) -> [String] {
      let texts = pins.sorted { $0.key < $1.key }.map { "<pin name=\"\($0.key)\">\($0.value)</pin>" }.joined()
      return CompiledPage(
        """
        <page>
          <block id="v" type="Variable"><pin name="initvalues">{{1, 2}, {3, 4}}</pin></block>
          <block id="a" type="Variable"><pin name="initvalues">{{1, 2}, {3, 4}}</pin></block>
          <block id="s" type="\(type)">\(texts)</block>
          <wire from="v" to="s.\(type.hasPrefix("Scatter") ? "ref" : "var")"/>\(type.hasPrefix("Scatter") ? "" : "<wire from=\"a\" to=\"s.accum\"/>")
        </page>
        """
      ).diagnostics.map { "\($0.id) \($0.pin ?? "-")" }
    }
    #expect(found("ApplyAdagrad", ["lr": "0.1", "grad": "1 2"]) == ["E0304 grad"])
    #expect(found("ApplyAdagrad", ["lr": "{0.1}", "grad": "{{1, 2}, {3, 4}}"]) == ["E0304 lr"])
    #expect(found("SparseApplyAdagrad", ["lr": "0.1", "grad": "{{1, 2}}", "indices": "0 1"]) == ["E0304 grad"])
    #expect(found("SparseApplyAdagrad", ["lr": "0.1", "grad": "{{1, 2}}", "indices": "{{0}}"]) == ["E0304 indices"])
    #expect(found("ScatterAdd", ["indices": "0 1", "updates": "{{1, 2}}"]) == ["E0304 updates"])
    #expect(found("ScatterNdAdd", ["indices": "{{0, 0, 0}}", "updates": "{1}"]) == ["E0304 indices"])
    #expect(found("ScatterNdAdd", ["indices": "0", "updates": "1"]) == ["E0304 indices"])
  }

  /// The original's catalogue has `rh` where TensorFlow has `rho`.
  @Test func adadeltasOtherSpelling() throws {
    for name in ["rh", "rho"] {
      let page = CompiledPage(
        """
        <page>
          <block id="v" type="Variable"><pin name="initvalues">1 2</pin></block><block id="a" type="Variable"><pin name="initvalues">1 1</pin></block>
          <block id="u" type="Variable"><pin name="initvalues">1 1</pin></block>
          <block id="s" type="SparseApplyAdadelta">
            <pin name="lr">1</pin><pin name="\(name)">0.5</pin><pin name="epsilon">1</pin><pin name="grad">{1}</pin><pin name="indices">{0}</pin>
          </block>
          <wire from="v" to="s.var"/><wire from="a" to="s.accum"/><wire from="u" to="s.accum_update"/>
        </page>
        """)
      #expect(page.diagnostics.filter { $0.severity == .error }.map(\.message) == [])
    }
  }

  @Test func anOutputThatIsNotThere() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="a" type="Const"><pin name="val">1</pin></block>
        <block id="o" type="Output"><attrs index="1"/></block><wire from="a" to="o.output_op"/>
      </page>
      """)
    #expect(page.diagnostics.map(\.id) == [.badIndex])
  }
}
