import Blocks
import PageSupport
import Testing

/// Pages with random changes: none may trap, hang or take memory without bound.
@Suite struct MutationTests {
  @Test(arguments: 0..<4) func changedPagesEndWell(_ seed: Int) {
    let pages = Catalogue.standard.types.map(\.example) + BrokenPage.all.map { String(decoding: $0.bytes, as: UTF8.self) }
    // The page of computed settings is taken as often as all others together.
    var mutation = Mutation(seed < 2 ? pages : [MutationTests.computed], seed: UInt64(seed))
    var ran = 0
    var slowest = Duration.zero
    for index in 0..<1_000 {
      let text = mutation.next()
      let time = ContinuousClock().measure { if Mutation.exercise(text, keepsGoing: index.isMultiple(of: 2)) { ran += 1 } }
      slowest = max(slowest, time)
    }
    // The changes must leave enough pages sound.
    #expect(ran > 50)
    #expect(slowest < .seconds(3))
  }

  /// Axes, permutations, sizes and shapes that are only known in the run.
  private static let computed = """
    <page>
    <block id="c" type="Const"><pin name="val">{{1, 2, 3}, {4, 5, 6}}</pin></block>
    <block id="k" type="Const"><pin name="val" dtype="int32">{1, 0}</pin></block><block id="z" type="Const"><pin name="val" dtype="int32">0</pin></block>
    <block id="kn" type="Negate"/><wire from="k" to="kn.x"/><block id="km" type="Negate"/><wire from="kn" to="km.x"/>
    <block id="w" type="Const"><pin name="val" dtype="int32">{2, 3}</pin></block><block id="wn" type="Negate"/><block id="wm" type="Negate"/>
    <wire from="w" to="wn.x"/><wire from="wn" to="wm.x"/><block id="zn" type="Negate"/><wire from="z" to="zn.x"/>
    <block id="t" type="Transpose"/><wire from="c" to="t.x"/><wire from="km" to="t.perm"/>
    <block id="r" type="Reshape"/><wire from="t" to="r.tensor"/><wire from="wm" to="r.shape"/>
    <block id="s" type="Sum"><attrs keep_dims="true"/></block><wire from="c" to="s.input"/><wire from="zn" to="s.axis"/>
    <block id="m" type="Mean"/><wire from="t" to="m.input"/><wire from="zn" to="m.axis"/>
    <block id="j" type="Concat"/><wire from="c" to="j.values"/><wire from="s" to="j.values"/><wire from="zn" to="j.axis"/>
    <block id="p" type="Split"><attrs num_split="3"/></block><wire from="j" to="p.value"/><wire from="zn" to="p.axis"/>
    <block id="o" type="OneHot"><pin name="on_value">1</pin><pin name="off_value">0</pin></block><wire from="km" to="o.indices"/><wire from="z" to="o.depth"/>
    <block id="a" type="Add"/><wire from="p.output[1]" to="a.x"/><wire from="p.output[0]" to="a.y"/>
    <block id="l" type="InputList"/><wire from="p.output" to="l.outputlist"/><block id="n" type="AddN"/><wire from="l" to="n.inputs"/>
    <block id="h" type="Shape"/><wire from="n" to="h.input"/><block id="i" type="Identity"/><wire from="h" to="i.input"/>
    <block id="x" type="MatMul"><attrs transpose_a="true"/></block><wire from="n" to="x.a"/><wire from="a" to="x.b"/>
    <expect of="x" shape="[3, 3]">1 2 3 4 5 6 7 8 9</expect>
    </page>
    """
}
