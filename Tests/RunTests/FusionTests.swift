import Compile
import PageSupport
import TensorCore
import Testing

@testable import Run

/// Fused groups of more than elementwise blocks: what they are made of, and that the bits stay.
@Suite struct FusionTests {
  private static func body(_ shape: String, _ reductions: [(id: String, type: String, axes: String)]) -> String {
    """
    <page>
    <block id="x" type="Placeholder"><attrs dtype="float" shape="[\(shape)]"/></block>
    <block id="n" type="Negate"/><wire from="x" to="n.x"/>
    <block id="t" type="Tanh"/><wire from="n" to="t.x"/>
    """
      + reductions.map {
        """
        <block id="\($0.id)" type="\($0.type)"><pin name="axis" dtype="int32">\($0.axes)</pin></block><wire from="t" to="\($0.id).input"/>
        <block id="\($0.id)after" type="Square"/><wire from="\($0.id)" to="\($0.id)after.x"/>
        """
      }.joined(separator: "\n") + "</page>"
  }

  private static func values(_ dims: [Int]) throws -> Tensor {
    var random = Generator(7)
    let count = dims.reduce(1, *)
    return try #require(Tensor((0..<count).map { _ in Float(Int64(random.next() % 2_001) - 1_000) / 512 })?.reshaped(Shape(dims)))
  }

  /// Sound, and compiled.
  private static func plan(_ page: CompiledPage) throws -> Plan {
    let graph = try #require(page.graph)
    let plan = try #require(page.plan)
    #expect(Verify.run(plan, graph) == [])
    return plan
  }

  private static func same(_ a: Tensor?, _ b: Tensor?) -> Bool {
    guard let a, let b else { return false }
    return a.hasSameBits(as: b)
  }

  /// The blocks of each step of the plan.
  private static func steps(_ page: CompiledPage) throws -> [[String]] {
    let graph = try #require(page.graph)
    return try plan(page).steps.map { $0.members.map { graph.page.displayName(ofBlock: Int($0.block)) } }
  }

  @Test func aReductionOfAllIsAMemberOfTheGroupThatFeedsIt() throws {
    let text = Self.body("70001", [("s", "Sum", "0"), ("m", "Mean", "0")])
    let fed = [("x", try Self.values([70_001]))]
    let options = PlanOptions(keepsResults: false)
    let fused = CompiledPage(text, feeds: fed, options: options)
    #expect(try Self.steps(fused) == [["n", "t", "s", "m"], ["safter"], ["mafter"]])
    // Nothing of the size of x is stored.
    #expect(try Self.plan(fused).arenaSize < 70_001 * 4)
    let plain = try CompiledPage(text, feeds: fed, options: PlanOptions(optimisations: [])).results()
    let kept = try CompiledPage(text, feeds: fed).results()
    for name in ["s.output", "m.output", "safter.y", "mafter.y"] {
      #expect(Self.same(kept[name], plain[name]), "\(name)")
    }
  }

  @Test(arguments: ["Sum", "Mean"]) func whatIsNotStoredIsReducedAlike(type: String) throws {
    let text = Self.body("300001", [("r", type, "0")])
    let fed = [("x", try Self.values([300_001]))]
    let plain = try CompiledPage(text, feeds: fed, options: PlanOptions(optimisations: [])).results()
    let page = CompiledPage(text, feeds: fed, options: PlanOptions(keepsResults: false))
    let block = try #require(page.block("rafter"))
    let slot = try #require(page.graph?.values(ofBlock: block, output: 0).first)
    for threads in [1, 2, 7] {
      let session = try page.session(threads: threads)
      for _ in 0..<2 { try session.runCycle() }
      // The last step's result is where it was written, kept or not.
      #expect(Self.same(session.tensor(slot), plain["rafter.y"]), "\(threads) threads")
    }
  }

  @Test func reductionsOfEverySizeKeepTheirBits() throws {
    for count in [4_096, 4_097, 4_127, 8_191, 8_192, 8_193, 12_288, 65_535, 65_536, 300_001] {
      let text = Self.body("\(count)", [("s", "Sum", "0"), ("m", "Mean", "0")])
      let fed = [("x", try Self.values([count]))]
      let plain = try CompiledPage(text, feeds: fed, options: PlanOptions(optimisations: [])).results()
      let fused = try CompiledPage(text, feeds: fed).results()
      for (name, tensor) in plain { #expect(Self.same(fused[name], tensor), "\(name) of \(count)") }
    }
  }

  @Test func rowsAreReducedInTheirGroup() throws {
    for (dims, axes) in [([90, 300], "1"), ([31, 20, 17], "1 2"), ([64, 9, 25], "1"), ([12, 2_048], "-1"), ([40, 128], "1")] {
      let text = Self.body(dims.map(String.init).joined(separator: ", "), [("s", "Sum", axes), ("m", "Mean", axes)])
      let fed = [("x", try Self.values(dims))]
      let page = CompiledPage(text, feeds: fed)
      #expect(try Self.steps(page).first == ["n", "t", "s", "m"], "\(dims)")
      let plain = try CompiledPage(text, feeds: fed, options: PlanOptions(optimisations: [])).results()
      let fused = try page.results(cycles: 2)
      for (name, tensor) in plain { #expect(Self.same(fused[name], tensor), "\(name) of \(dims)") }
    }
  }

  @Test func whatCannotBeCutAlikeStaysApart() throws {
    // Rows that are too long, columns, and rows of a length that is no power of two beside a sum of all.
    #expect(try Self.steps(CompiledPage(Self.body("3, 5000", [("s", "Sum", "1")]), feeds: [("x", Self.values([3, 5_000]))])).first == ["n", "t"])
    #expect(try Self.steps(CompiledPage(Self.body("300, 50", [("s", "Sum", "0")]), feeds: [("x", Self.values([300, 50]))])).first == ["n", "t"])
    let mixed = Self.body("90, 300", [("s", "Sum", "1"), ("m", "Mean", "0 1")])
    #expect(try Self.steps(CompiledPage(mixed, feeds: [("x", Self.values([90, 300]))])).first == ["n", "t", "s"])
  }

  @Test func channelsAndBroadcastsJoin() throws {
    let text = """
      <page>
      <block id="x" type="Placeholder"><attrs dtype="float" shape="[500, 48]"/></block>
      <block id="b" type="Placeholder"><attrs dtype="float" shape="[48]"/></block>
      <block id="low" type="Const"><pin name="val" shape="[48]">-0.75</pin></block><block id="high" type="Const"><pin name="val" shape="[48]">0.5</pin></block>
      <block id="s" type="Add"/><wire from="x" to="s.x"/><wire from="b" to="s.y"/>
      <block id="t" type="Tanh"/><wire from="s" to="t.x"/>
      <block id="q" type="FakeQuantWithMinMaxVarsPerChannel"/><wire from="t" to="q.inputs"/><wire from="low" to="q.min"/><wire from="high" to="q.max"/>
      <block id="r" type="Sum"><pin name="axis" dtype="int32">1</pin></block><wire from="q" to="r.input"/>
      </page>
      """
    let fed = [("x", try Self.values([500, 48])), ("b", try Self.values([48]))]
    let page = CompiledPage(text, feeds: fed)
    #expect(try Self.steps(page) == [["s", "t", "q", "r"]])
    let plain = try CompiledPage(text, feeds: fed, options: PlanOptions(optimisations: [])).results()
    let fused = try page.results(cycles: 2)
    for (name, tensor) in plain { #expect(Self.same(fused[name], tensor), "\(name)") }
  }
}
