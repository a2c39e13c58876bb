import Compile
import PageSupport
import TensorCore
import Testing

@testable import Run

/// Blocks that compute in wider dtypes than they have give what explicit conversions around them give.
@Suite struct WideningTests {
  private static let numbers = "-3.5 0.125 2049 -0.0 65504 6e-8 1e-3 7.25 -11 0.333 100 255.5"
  private static let whole = "0 1 2 7 4294967295 4294967294 2147483648 65536 99 3 12 5"

  /// `type` in the dtype `narrow`, and the same in `wide` between conversions.
  private static func page(_ type: String, pins: [String], narrow: String, wide: String, inside: String = "", of result: String, text: String)
    -> String
  {
    var lines = ["<page>", "<block id=\"x\" type=\"Const\"><pin name=\"val\" dtype=\"\(narrow)\" shape=\"[3, 4]\">\(text)</pin></block>"]
    lines.append("<block id=\"up\" type=\"Cast\"><attrs DstT=\"\(wide)\"/></block><wire from=\"x\" to=\"up.x\"/>")
    for (id, source) in [("direct", "x"), ("wide", "up")] {
      lines.append("<block id=\"\(id)\" type=\"\(type)\">\(inside)</block>")
      for pin in pins { lines.append("<wire from=\"\(source)\" to=\"\(id).\(pin)\"/>") }
    }
    lines.append("<block id=\"down\" type=\"Cast\"><attrs DstT=\"\(narrow)\"/></block><wire from=\"wide.\(result)\" to=\"down.x\"/>")
    return lines.joined(separator: "\n") + "</page>"
  }

  private static func agree(_ type: String, _ pins: [String], _ narrow: String, _ wide: String, _ inside: String, _ result: String, _ text: String)
    throws
  {
    let body = page(type, pins: pins, narrow: narrow, wide: wide, inside: inside, of: result, text: text)
    for options in [PlanOptions(), PlanOptions(optimisations: [])] {
      let compiled = CompiledPage(body, options: options)
      #expect(compiled.found == [])
      let results = try compiled.results()
      let (direct, cast) = (try #require(results["direct.\(result)"]), try #require(results["down.y"]))
      #expect(direct.dtype == DType(name: narrow))
      #expect(direct.hasSameBits(as: cast), "\(type) of \(narrow): \(direct.brief), \(cast.brief)")
    }
  }

  @Test(arguments: ["half", "bfloat16"]) func halvesAreComputedAsFloats(dtype: String) throws {
    for type in ["Multiply", "Div", "Add", "Maximum", "SquaredDifference"] {
      try Self.agree(type, ["x", "y"], dtype, "float", "", "z", Self.numbers)
    }
    for type in ["Exp", "Tanh", "Sqrt", "Square", "Floor", "Rsqrt", "Log1p"] { try Self.agree(type, ["x"], dtype, "float", "", "y", Self.numbers) }
    for type in ["Sum", "Mean", "Prod", "Max"] {
      try Self.agree(type, ["input"], dtype, "float", "<pin name=\"axis\" dtype=\"int32\">1</pin>", "output", Self.numbers)
    }
    try Self.agree("MatMul", ["a", "b"], dtype, "float", "<attrs transpose_b=\"true\"/>", "product", Self.numbers)
    try Self.agree("Softmax", ["logits"], dtype, "float", "", "softmax", Self.numbers)
  }

  @Test func uint32IsComputedAsInt64() throws {
    for type in ["Multiply", "Add", "Subtract", "Minimum"] { try Self.agree(type, ["x", "y"], "uint32", "int64", "", "z", Self.whole) }
    try Self.agree("Sum", ["input"], "uint32", "int64", "<pin name=\"axis\" dtype=\"int32\">0</pin>", "output", Self.whole)
  }

  /// Levels are compared as the numbers they are stored as.
  @Test(arguments: DTypeSet.quantized.members) func quantisedLevelsAreCompared(dtype: DType) throws {
    let isSigned = [.qint8, .qint16, .qint32].contains(dtype)
    let numbers = isSigned ? ("-128 -1 0 127", "-128 1 0 -127") : ("255 128 0 127", "255 0 0 127")
    let results = try CompiledPage(
      """
      <page>
      <block id="x" type="Const"><pin name="val" dtype="\(dtype)">\(numbers.0)</pin></block>
      <block id="y" type="Const"><pin name="val" dtype="\(dtype)">\(numbers.1)</pin></block>
      <block id="same" type="Equal"/><wire from="x" to="same.x"/><wire from="y" to="same.y"/>
      <block id="other" type="NotEqual"/><wire from="x" to="other.x"/><wire from="y" to="other.y"/>
      </page>
      """
    ).results()
    #expect(results["same.z"]?.elements() == [true, false, true, !isSigned])
    #expect(results["other.z"]?.elements() == [false, true, false, isSigned])
  }

  /// Long enough to be cut into tiles and shared, with shapes known before the run and only in it.
  @Test(arguments: ["half", "bfloat16"]) func longRowsHaveTheSameBitsOnAnyThreads(dtype: String) throws {
    let text = """
      <page>
      <block id="x" type="Placeholder"><attrs dtype="\(dtype)" shape="[\(100_003)]"/></block>
      <block id="n" type="Negate"/><wire from="x" to="n.x"/>
      <block id="t" type="Tanh"/><wire from="n" to="t.x"/>
      <block id="m" type="Multiply"/><wire from="t" to="m.x"/><wire from="x" to="m.y"/>
      <block id="s" type="Sum"><pin name="axis" dtype="int32">0</pin></block><wire from="m" to="s.input"/>
      <block id="half" type="Const"><pin name="val" dtype="int32">{-100003}</pin></block>
      <block id="shape" type="Negate"/><wire from="half" to="shape.x"/>
      <block id="flat" type="Reshape"/><wire from="x" to="flat.tensor"/><wire from="shape" to="flat.shape"/>
      <block id="late" type="Tanh"/><wire from="flat" to="late.x"/>
      </page>
      """
    var random = Generator(11)
    let floats = (0..<100_003).map { _ in Float(Int64(random.next() % 4_001) - 2_000) / 2048 }
    let value = try #require(dtype == "half" ? Tensor(floats.map { Float16($0) }) : Tensor(floats.map { BFloat16($0) }))
    let plain = try CompiledPage(text, feeds: [("x", value)], options: PlanOptions(optimisations: [])).results()
    let page = CompiledPage(text, feeds: [("x", value)])
    #expect(Verify.run(try #require(page.plan), try #require(page.graph)) == [])
    for threads in [1, 2, 5] {
      let session = try page.session(threads: threads)
      try session.runCycle()
      let results = session.resultsByName
      #expect(results.count == plain.count)
      for (name, tensor) in plain { #expect(results[name]?.hasSameBits(as: tensor) == true, "\(name) with \(threads) threads") }
    }
    // A float's digits: the sum is rounded once.
    let terms = try #require(plain["m.z"])
    var exact = 0.0
    terms.forEachNumber { exact += $1 }
    let sum = try #require(plain["s.output"]?.number(at: 0))
    #expect(abs(sum - exact) <= abs(exact) * (dtype == "half" ? 0x1p-11 : 0x1p-8) * 1.01)
  }
}
