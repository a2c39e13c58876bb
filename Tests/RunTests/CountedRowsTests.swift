import Diagnostics
import PageSupport
import TensorCore
import Testing

/// Blocks whose results are as long as their values say, and what follows them.
@Suite struct CountedRowsTests {
  private func results(_ body: String, feeds: [(name: String, value: Tensor)] = []) throws -> [String: String] {
    let page = CompiledPage("<page>\(body)</page>", feeds: feeds)
    #expect(page.found == [])
    return try page.results(cycles: 2).mapValues(\.brief)
  }

  private func unique(_ values: String, _ dtype: DType, attrs: String = "") throws -> [String: String] {
    try results("<block id=\"u\" type=\"UniqueWithCounts\"><pin name=\"x\" dtype=\"\(dtype)\">\(values)</pin><attrs \(attrs)/></block>")
  }

  @Test func equalFloatsAreOne() throws {
    let found = try unique("{-0, 0, nan, 1e-40, nan, 1, -1, 1}", .float)
    #expect(found["u.y"] == "float [5] -0.0 nan nan 1 -1")
    #expect(found["u.idx"] == "int32 [8] 0 0 1 0 2 3 4 3")
    #expect(found["u.count"] == "int32 [5] 3 1 1 2 1")
  }

  @Test func placesMayBeWide() throws {
    let found = try unique("{3, 3, 255}", .uint8, attrs: "out_idx=\"int64\"")
    #expect(found == ["u.y": "uint8 [2] 3 255", "u.idx": "int64 [3] 0 0 1", "u.count": "int64 [2] 2 1"])
    #expect(try unique("{}", .int16) == ["u.y": "int16 [0]", "u.idx": "int32 [0]", "u.count": "int32 [0]"])
  }

  /// The hash table grows several times, and elements that share their lower or their upper bits are told apart.
  @Test func manyElements() throws {
    for (dtype, step) in [(DType.int64, Int64(1) << 40), (.int64, 1), (.int64, 1 << 20), (.double, 1)] {
      let values = (0..<20_000).map { Int64($0 % 7_001) * step }
      let feed = try #require(dtype == .double ? Tensor(values.map(Double.init)) : Tensor(values))
      let page = CompiledPage(
        """
        <page><block id="p" type="Placeholder"><attrs dtype="\(dtype)" shape="[20000]"/></block>
        <block id="u" type="UniqueWithCounts"/><wire from="p" to="u.x"/>
        <block id="g" type="Gather"/><wire from="u.y" to="g.params"/><wire from="u.idx" to="g.indices"/></page>
        """, feeds: [("p", feed)])
      let found = try page.results()
      #expect(found["u.y"]?.shape == [7_001])
      #expect(found["g.output"]?.hasSameBits(as: feed) == true)
      #expect(found["u.count"]?.integers?.reduce(0, +) == 20_000)
    }
  }

  @Test func differencesKeepOrderAndRepetitions() throws {
    let found = try results(
      "<block id=\"d\" type=\"SetDiff1D\"><pin name=\"x\" dtype=\"double\">{nan, 2, 2, -0, 3}</pin><pin name=\"y\" dtype=\"double\">{0, nan, 3}</pin></block>"
    )
    #expect(found == ["d.out": "double [3] nan 2 2", "d.idx": "int32 [3] 0 1 2"])
  }

  @Test func placesOfWhatIsNotZero() throws {
    let found = try results(
      """
      <block id="a" type="Where"><pin name="condition" dtype="float">{nan, 0, -0, 1e-40, -2}</pin></block>
      <block id="b" type="Where"><pin name="condition">{{{true}, {false}}, {{false}, {true}}, {{true}, {true}}}</pin></block>
      <block id="none" type="Where"><pin name="condition" dtype="int8">{{0, 0}}</pin></block>
      <block id="empty" type="Where"><pin name="condition" dtype="int8" shape="[2, 0, 3]"></pin></block>
      """)
    #expect(found["a.index"] == "int64 [2, 1] 0 4")
    #expect(found["b.index"] == "int64 [4, 3] 0 0 0 1 1 0 2 0 0 2 1 0")
    #expect(found["none.index"] == "int64 [0, 2]")
    #expect(found["empty.index"] == "int64 [0, 3]")
  }

  /// What is behind such a block gets its shape in the run too, also other blocks of this kind.
  @Test func whatFollowsIsComputed() throws {
    let found = try results(
      """
      <block id="w" type="Where"><pin name="condition">{{true, false}, {true, true}}</pin></block>
      <block id="m" type="GatherNd"><pin name="params">{{1, 2}, {1, 4}}</pin></block><wire from="w" to="m.indices"/>
      <block id="u" type="Unique"/><wire from="m" to="u.x"/>
      <block id="t" type="Add"><pin name="y">10</pin></block><wire from="u.y" to="t.x"/>
      <block id="n" type="Size"/><wire from="t" to="n.input"/>
      """)
    #expect(found["m.output"] == "float [3] 1 1 4")
    #expect(found["t.z"] == "float [2] 11 14")
    #expect(found["n.output"] == "int32 [] 2")
  }

  private func failure(_ body: String) throws -> [String] {
    let page = CompiledPage("<page>\n\(body)</page>")
    if !page.found.isEmpty { return page.found }
    let session = try page.session()
    return #expect(throws: DiagnosticError.self) { try session.runCycle() }?.diagnostics.map(\.summary) ?? []
  }

  /// Numbers from the ends of int64 in every setting.
  @Test func hostileSettings() throws {
    let extremes = [Int64.min, -1 << 40, -1, 1 << 31, 1 << 40, .max]
    func pin(_ name: String, _ text: String, _ dtype: String = "int64") -> String { "<pin name=\"\(name)\" dtype=\"\(dtype)\">\(text)</pin>" }
    for number in extremes {
      let image = "<pin name=\"input\" shape=\"[1, 2, 2, 1]\">1 2 3 4</pin>"
      let bodies = [
        "<block id=\"b\" type=\"Gather\">\(pin("params", "{1, 2}", "float"))\(pin("indices", "{0, \(number)}"))</block>",
        "<block id=\"b\" type=\"GatherV2\">\(pin("params", "{1, 2}", "float"))\(pin("indices", "{0}"))\(pin("axis", "\(number == -1 ? -2 : number)"))</block>",
        "<block id=\"b\" type=\"InvertPermutation\">\(pin("x", "{0, \(number)}"))</block>",
        "<block id=\"b\" type=\"SpaceToBatchND\">\(image)\(pin("block_shape", "{\(number)}"))\(pin("paddings", "{{0, 0}}"))</block>",
        "<block id=\"b\" type=\"SpaceToBatchND\">\(image)\(pin("block_shape", "{3}"))\(pin("paddings", "{{\(number), 0}}"))</block>",
        "<block id=\"b\" type=\"BatchToSpaceND\">\(image)\(pin("block_shape", "{\(number)}"))\(pin("crops", "{{0, 0}}"))</block>",
        "<block id=\"b\" type=\"BatchToSpaceND\">\(image)\(pin("block_shape", "{1}"))\(pin("crops", "{{\(number), \(number)}}"))</block>",
        "<block id=\"b\" type=\"SpaceToDepth\">\(image)<attrs block_size=\"\(number)\"/></block>",
        "<block id=\"b\" type=\"DepthToSpace\">\(image)<attrs block_size=\"\(number)\"/></block>",
        "<block id=\"b\" type=\"MatrixBandPart\">\(image)\(pin("num_lower", "\(number < 0 ? 99 : number)"))\(pin("num_upper", "0"))</block>",
        "<block id=\"b\" type=\"ScatterNdNonAliasingAdd\">\(pin("input", "{1, 2}", "float"))\(pin("indices", "{{\(number)}}"))\(pin("updates", "{1}", "float"))</block>",
        """
        <block id="b" type="ExtractImagePatches"><pin name="images" shape="[1, 2, 2, 1]">1 2 3 4</pin>
        <attrs ksizes="{1, \(number), 2147483647, 1}" strides="{1, 1, 1, 1}" rates="{1, 1, 2147483647, 1}" padding="SAME"/></block>
        """,
        """
        <block id="b" type="EditDistance">\(pin("hypothesis_indices", "{{\(number), 0}}"))\(pin("hypothesis_values", "{1}"))\(pin("hypothesis_shape", "1 1"))
        \(pin("truth_indices", "{{0, 0}}"))\(pin("truth_values", "{1}"))\(pin("truth_shape", "1 1"))</block>
        """,
        """
        <block id="b" type="EditDistance">\(pin("hypothesis_indices", "{{0, 0}}"))\(pin("hypothesis_values", "{1}"))
        \(pin("hypothesis_shape", "\(number < 0 ? number : .max) 3"))
        \(pin("truth_indices", "{{0, 0}}"))\(pin("truth_values", "{1}"))\(pin("truth_shape", "1 1"))</block>
        """,
      ]
      for body in bodies {
        let found = try failure(body)
        #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("E0") }, "\(number): \(found) \(body)")
      }
    }
  }

  @Test func permutationsAreNamedAsWhatTheyAreNot() throws {
    let found = try failure("<block id=\"b\" type=\"InvertPermutation\"><pin name=\"x\" dtype=\"int32\">{1, 1, 0}</pin></block>")
    #expect(found == ["E0310 2:1 b -"])
  }
}
