import Compile
import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// Parts of tensors that are seen where they lie: no step, no copy, and the right elements whatever happens to the memory around them.
@Suite struct ViewTests {
  /// `x` is no constant, so that nothing is known before the run but its shape.
  private static let x = """
    <block id="given" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}</pin></block>
    <block id="x" type="Negate"/><wire from="given" to="x.x"/>
    """

  private func slice(_ id: String, of source: String, _ begin: String, _ size: String) -> String {
    """
    <block id="\(id)" type="Slice"><pin name="begin" dtype="int32">\(begin)</pin><pin name="size" dtype="int32">\(size)</pin></block>
    <wire from="\(source)" to="\(id).input"/>
    """
  }

  private func steps(_ page: CompiledPage) throws -> [String] {
    let (plan, graph) = (try #require(page.plan), try #require(page.graph))
    #expect(Verify.run(plan, graph) == [])
    return plan.steps.map { graph.name(ofBlock: Int($0.block)) }
  }

  @Test func runsOfElementsTakeNoStep() throws {
    let page = CompiledPage(
      """
      <page>\(Self.x)
      \(slice("rows", of: "x", "1 0", "2 3"))
      \(slice("row", of: "rows", "1 0", "1 -1"))
      \(slice("part", of: "row", "0 1", "1 2"))
      \(slice("column", of: "x", "0 1", "3 1"))
      \(slice("none", of: "x", "3 1", "0 2"))
      <block id="flat" type="Squeeze"/><wire from="part" to="flat"/>
      <block id="last" type="StridedSlice"><pin name="begin" dtype="int32">{-1}</pin><pin name="end" dtype="int32">{0}</pin>
        <pin name="strides" dtype="int32">{1}</pin><attrs shrink_axis_mask="1"/></block><wire from="x" to="last.input"/>
      <block id="unstacked" type="Unstack"><attrs num="3"/></block><wire from="x" to="unstacked"/>
      <block id="split" type="SplitV"><pin name="size_splits" dtype="int32">2 1</pin><pin name="axis">0</pin><attrs num_split="2"/></block>
      <wire from="x" to="split.value"/>
      <block id="halves" type="Split"><pin name="axis">0</pin><attrs num_split="3"/></block><wire from="x" to="halves.value"/>
      <block id="bits" type="Bitcast"><attrs type="int32"/></block><wire from="row" to="bits"/>
      <block id="sum" type="Add"/><wire from="part" to="sum.x"/><wire from="column" to="sum.y"/>
      </page>
      """)
    #expect(page.found == [])
    #expect(try steps(page) == ["x", "column", "sum"])
    let results = try page.results().mapValues(\.brief)
    #expect(results["rows.output"] == "float [2, 3] -4 -5 -6 -7 -8 -9")
    #expect(results["row.output"] == "float [1, 3] -7 -8 -9")
    #expect(results["part.output"] == "float [1, 2] -8 -9")
    #expect(results["flat.output"] == "float [2] -8 -9")
    #expect(results["none.output"] == "float [0, 2]")
    #expect(results["last.output"] == "float [3] -7 -8 -9")
    #expect(results["unstacked.output[1]"] == "float [3] -4 -5 -6")
    #expect(results["split.output[1]"] == "float [1, 3] -7 -8 -9")
    #expect(results["halves.output[2]"] == "float [1, 3] -7 -8 -9")
    #expect(
      results["bits.output"] == "int32 [1, 3] \(Int32(bitPattern: 0xC0E0_0000)) \(Int32(bitPattern: 0xC100_0000)) \(Int32(bitPattern: 0xC110_0000))")
    #expect(results["sum.z"] == "float [3, 2] -10 -11 -13 -14 -16 -17")
  }

  @Test func partsOfConstantsAreKnownBeforeTheRun() throws {
    let page = CompiledPage(
      """
      <page>\(Self.x)
      <block id="shape" type="Shape"/><wire from="x" to="shape"/>
      <block id="rows" type="StridedSlice"><pin name="begin" dtype="int32">{0}</pin><pin name="end" dtype="int32">{1}</pin>
        <pin name="strides" dtype="int32">{1}</pin></block><wire from="shape" to="rows.input"/>
      <block id="zeros" type="Fill"><pin name="value">0</pin></block><wire from="rows" to="zeros.dims"/>
      <block id="low" type="Const"><pin name="val" dtype="uint8">1 2 3 4 5 0 0 0 9</pin></block>
      \(slice("four", of: "low", "{1}", "{4}"))
      <block id="word" type="Bitcast"><attrs type="int32"/></block><wire from="four" to="word"/>
      </page>
      """)
    #expect(page.found == [])
    #expect(try steps(page) == ["x", "zeros"])
    let results = try page.results().mapValues(\.brief)
    #expect(results["rows.output"] == "int32 [1] 3")
    #expect(results["zeros.output"] == "float [3] 0 0 0")
    #expect(results["word.output"] == "int32 [] \(0x0504_0302)")
  }

  /// A word does not lie at any byte.
  @Test func bitsThatDoNotLieRightAreCopied() throws {
    let page = CompiledPage(
      """
      <page><block id="given" type="Const"><pin name="val" dtype="uint8">1 2 3 4 5 6</pin></block>
      <block id="x" type="Add"><pin name="y" dtype="uint8">1</pin></block><wire from="given" to="x.x"/>
      \(slice("four", of: "x", "{1}", "{4}"))
      <block id="word" type="Bitcast"><attrs type="int32"/></block><wire from="four" to="word"/></page>
      """)
    #expect(try steps(page).last == "word")
    #expect(try page.results()["word.output"]?.brief == "int32 [] \(0x0605_0403)")
  }

  /// An update between a part and its reader.
  @Test func partsOfVariablesAreWhatTheyWere() throws {
    let page = CompiledPage(
      """
      <page><block id="v" type="Variable"><pin name="initvalues">{{1, 2}, {3, 4}}</pin></block>
      \(slice("row", of: "v", "1 0", "1 2"))
      <block id="pieces" type="Unstack"><attrs num="2"/></block><wire from="v" to="pieces"/>
      <block id="next" type="Add"><pin name="y">10</pin></block><wire from="v" to="next.x"/>
      <block id="store" type="Assign"/><wire from="v" to="store.ref"/><wire from="next" to="store.value"/>
      <block id="late" type="Multiply"/><wire from="row" to="late.x"/><wire from="store" to="late.y"/>
      <block id="twice" type="Multiply"/><wire from="pieces.output[0]" to="twice.x"/><wire from="store" to="twice.y"/></page>
      """)
    #expect(page.found == [])
    for cycle in 1...2 {
      let results = try page.results(cycles: cycle).mapValues(\.brief)
      let (a, b) = (cycle == 1 ? [1, 2, 3, 4] : [11, 12, 13, 14], cycle == 1 ? [11, 12, 13, 14] : [21, 22, 23, 24])
      #expect(results["row.output"] == "float [1, 2] \(a[2]) \(a[3])")
      #expect(results["pieces.output[0]"] == "float [2] \(a[0]) \(a[1])")
      #expect(results["late.z"] == "float [2, 2] \(a[2] * b[0]) \(a[3] * b[1]) \(a[2] * b[2]) \(a[3] * b[3])")
      #expect(results["twice.z"] == "float [2, 2] \(a[0] * b[0]) \(a[1] * b[1]) \(a[0] * b[2]) \(a[1] * b[3])")
    }
  }

  /// Large enough to be fused: a group reads the part of a result that it would make itself.
  @Test func groupsDoNotReadPartsOfTheirOwnResults() throws {
    let (rows, columns) = (64, 256)
    let page = """
      <page><block id="v" type="Variable"><pin name="initvalues">0.5</pin><attrs shape="[\(rows), \(columns)]"/></block>
      <block id="a" type="Exp"/><wire from="v" to="a.x"/>
      <block id="b" type="Negate"/><wire from="a" to="b.x"/>
      \(slice("row", of: "b", "\(rows - 1) 0", "1 -1"))
      <block id="c" type="Add"/><wire from="b" to="c.x"/><wire from="row" to="c.y"/>
      <block id="same" type="Identity"/><wire from="c" to="same"/>
      <block id="d" type="Negate"/><wire from="same" to="d.x"/>
      <block id="keep" type="Variable"><pin name="initvalues">0</pin><attrs shape="[\(rows), \(columns)]"/></block>
      <block id="store" type="Assign"/><wire from="keep" to="store.ref"/><wire from="d" to="store.value"/></page>
      """
    var plain = PlanOptions()
    plain.optimisations = []
    let wanted = try #require(CompiledPage(page, options: plain).results()["d.y"])
    for keepsResults in [true, false] {
      for threads in [1, 3] {
        var options = PlanOptions()
        options.keepsResults = keepsResults
        let compiled = CompiledPage(page, options: options)
        let session = try compiled.session(threads: threads)
        try session.runCycle()
        let block = try #require(compiled.block("keep"))
        let kept = try #require(session.variable(ofBlock: block))
        #expect(kept.hasSameBits(as: wanted))
      }
    }
  }

  /// A view whose shape is only known in the run must not see memory that has been given on.
  @Test func lateViewsOutliveTheMemoryTheyLookAt() throws {
    let page = """
      <page><block id="x" type="Variable"><pin name="initvalues">1 2 3 4</pin></block>
      <block id="minus" type="Const"><pin name="val" dtype="int32">-2 -2</pin></block>
      <block id="late" type="Negate"/><wire from="minus" to="late.x"/>
      <block id="a" type="Negate"/><wire from="x" to="a.x"/>
      <block id="view" type="Reshape"/><wire from="a" to="view.tensor"/><wire from="late" to="view.shape"/>
      <block id="b" type="Square"/><wire from="x" to="b.x"/>
      <block id="c" type="Square"/><wire from="b" to="c.x"/>
      <block id="sum" type="Add"><pin name="y">{{0, 0}, {0, 0}}</pin></block><wire from="view" to="sum.x"/>
      <block id="keep" type="Variable"><pin name="initvalues">{{0, 0}, {0, 0}}</pin></block>
      <block id="store" type="Assign"/><wire from="keep" to="store.ref"/><wire from="sum" to="store.value"/></page>
      """
    var options = PlanOptions()
    options.keepsResults = false
    let compiled = CompiledPage(page, options: options)
    #expect(compiled.found == [])
    let session = try compiled.session()
    try session.runCycle()
    let block = try #require(compiled.block("keep"))
    #expect(session.variable(ofBlock: block)?.brief == "float [2, 2] -1 -2 -3 -4")
  }
}
