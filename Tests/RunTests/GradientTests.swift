import Blocks
import Compile
import Diagnostics
import PageSupport
import Run
import TensorCore
import Testing

/// The gradient of every entry that has one, compared with differences of results in double precision.
@Suite struct GradientTests {
  static let cases: [String: [GradientCase]] = [
    basicCases, furtherCases, networkCases, gatherCases, segmentCases, slicingCases, specialCases,
  ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
  static let differentiable = Catalogue.standard.types.filter { type in
    switch type.gradient {
    case .pins, .whole: type.role != .gradients && type.name != "PreventGradient" && (hasDoubles(type) || cases[type.name] != nil)
    case .unwritten, .nothing: false
    }
  }

  /// Differences are taken in doubles; what has none is tested by pages of its own.
  private static func hasDoubles(_ type: BlockType) -> Bool {
    type.outputs.indices.contains { type.allowedDTypes(output: $0).contains(.double) }
      && type.inputs.indices.contains { type.allowedDTypes(input: $0).contains(.double) }
  }

  /// Re(z²) + Im(z conj(w)) + |z| for z = a + b j and w = 2 - j: by a it is 2a + 1 + a / |z|, by b -2b + 2 + b / |z|.
  @Test func gradientsThroughComplexNumbers() throws {
    let page = CompiledPage(
      """
      <page>
      <block id="a" type="Const"><pin name="val" dtype="double">1 -2</pin></block>
      <block id="b" type="Const"><pin name="val" dtype="double">0.5 3</pin></block>
      <block id="z" type="Complex"><attrs Tout="complex128"/></block><wire from="a" to="z.real"/><wire from="b" to="z.imag"/>
      <block id="square" type="Square"/><wire from="z" to="square.x"/>
      <block id="re" type="Real"><attrs Tout="double"/></block><wire from="square" to="re.input"/>
      <block id="w" type="Conj"><pin name="input" dtype="complex128">2-1j</pin></block>
      <block id="turned" type="Multiply"/><wire from="z" to="turned.x"/><wire from="w" to="turned.y"/>
      <block id="im" type="Imag"><attrs Tout="double"/></block><wire from="turned" to="im.input"/>
      <block id="back" type="Conj"/><wire from="z" to="back.input"/>
      <block id="size" type="ComplexAbs"><attrs Tout="double"/></block><wire from="back" to="size.x"/>
      <block id="slopes" type="AddSymbolicGradients"/>
      <wire from="re" to="slopes.outputs"/><wire from="im" to="slopes.outputs"/><wire from="size" to="slopes.outputs"/>
      <wire from="a" to="slopes.inputs"/><wire from="b" to="slopes.inputs"/>
      </page>
      """)
    #expect(page.found == [])
    let results = try page.results()
    let byA = try #require(results["slopes.grad_outputs[0]"]?.elements(as: Double.self))
    let byB = try #require(results["slopes.grad_outputs[1]"]?.elements(as: Double.self))
    for (found, wanted) in zip(byA + byB, [3.894427190999916, -3.554700196225229, 1.4472135954999579, -3.1679497056621564]) {
      #expect(abs(found - wanted) <= 1e-14 * abs(wanted))
    }
    #expect(byA.count == 2 && byB.count == 2)
  }

  /// |x - y|² has the gradients 2 (x - y) and -2 (x - y); the terms of a mean are counted in the run.
  @Test func gradientsOfDistancesAndMeansOfComplexNumbers() throws {
    let page = CompiledPage(
      """
      <page>
      <block id="x" type="Const"><pin name="val" dtype="complex128">1+2j</pin></block>
      <block id="y" type="Const"><pin name="val" dtype="complex128">0.5-1j</pin></block>
      <block id="distance" type="SquaredDifference"/><wire from="x" to="distance.x"/><wire from="y" to="distance.y"/>
      <block id="two" type="Negate"><pin name="x" dtype="int32">{-2}</pin></block>
      <block id="late" type="Reshape"><pin name="tensor" dtype="complex128">{3+1j, -2j}</pin></block><wire from="two" to="late.shape"/>
      <block id="mean" type="Mean"><pin name="axis" dtype="int32">0</pin></block><wire from="late" to="mean.input"/>
      <block id="slopes" type="AddSymbolicGradients"/>
      <wire from="distance" to="slopes.outputs"/><wire from="mean" to="slopes.outputs"/>
      <wire from="x" to="slopes.inputs"/><wire from="y" to="slopes.inputs"/><wire from="late" to="slopes.inputs"/>
      </page>
      """)
    #expect(page.found == [])
    let results = try page.results()
    func slopes(_ index: Int) -> [Complex128]? { results["slopes.grad_outputs[\(index)]"]?.elements() }
    #expect(slopes(0) == [Complex128(1, 6)])
    #expect(slopes(1) == [Complex128(-1, -6)])
    #expect(slopes(2) == [Complex128(0.5, 0), Complex128(0.5, 0)])
  }

  /// The sums of the other operand's rows and columns, in the operand's own dtype.
  @Test(
    arguments: [("{{1, 3}, {-2, 0}, {0, 2}}", "false"), ("{{1, -2, 0}, {3, 0, 2}}", "true")],
    [("float", "float"), ("float", "bfloat16"), ("bfloat16", "float"), ("bfloat16", "bfloat16")])
  func gradientsOfSparseProducts(_ right: (text: String, isTransposed: String), dtypes: (a: String, b: String)) throws {
    let page = CompiledPage(
      """
      <page>
      <block id="a" type="Const"><pin name="val" dtype="\(dtypes.a)">{{1, 0, 3}, {0, 5, 6}}</pin></block>
      <block id="b" type="Const"><pin name="val" dtype="\(dtypes.b)">\(right.text)</pin></block>
      <block id="p" type="SparseMatMul"><attrs transpose_b="\(right.isTransposed)"/></block><wire from="a" to="p.a"/><wire from="b" to="p.b"/>
      <block id="slopes" type="AddSymbolicGradients"/><wire from="p" to="slopes.outputs"/>
      <wire from="a" to="slopes.inputs"/><wire from="b" to="slopes.inputs"/>
      </page>
      """)
    #expect(page.found == [])
    let results = try page.results()
    let slopes = right.isTransposed == "true" ? "[2, 3] 1 5 9 1 5 9" : "[3, 2] 1 1 5 5 9 9"
    #expect(results["slopes.grad_outputs[0]"]?.brief == "\(dtypes.a) [2, 3] 4 -2 2 4 -2 2")
    #expect(results["slopes.grad_outputs[1]"]?.brief == "\(dtypes.b) \(slopes)")
  }

  @Test(arguments: differentiable.map(\.name))
  func gradientsAreSlopes(type: String) throws {
    let cases = try #require(Self.cases[type], "\(type) has a gradient: give it inputs in GradientCases.swift")
    for one in cases {
      for isLate in one.needsShapes ? [false] : [false, true] { try one.check(type, isLate: isLate) }
    }
  }

  @Test func noCaseIsLeftOver() {
    #expect(Self.cases.keys.filter { name in !Self.differentiable.contains { $0.name == name } } == [])
  }
}

/// A block with inputs at which it is smooth.
struct GradientCase {
  /// Texts of the input pins, members of lists parted by `|`; what can be double is.
  var pins: [(name: String, text: String)]
  var attrs = ""
  /// Pins that are not differentiated although they are double.
  var constants: Set<String> = []
  /// The gradients where they are not the slope, by design, for weights of 1.
  var expected: [String: [Double]]?
  /// Whether the gradient needs the shapes before the run.
  var needsShapes = false
  /// The only result that is differentiated; nil for all.
  var output: String?

  init(
    _ pins: KeyValuePairs<String, String>, attrs: String = "", constants: Set<String> = [], expected: [String: [Double]]? = nil,
    needsShapes: Bool = false, output: String? = nil
  ) {
    self.output = output
    self.pins = pins.map { ($0.key, $0.value) }
    self.attrs = attrs
    self.constants = constants
    self.expected = expected
    self.needsShapes = needsShapes
  }

  /// The page: every input an Input block, every float result times a weight of its own, and the gradients of these products.
  private func page(_ name: String, isLate: Bool) throws -> (text: String, inputs: [String]) {
    let type = try #require(Catalogue.standard[name])
    var body = ""
    var inputs: [String] = []
    var ends = "<block id=\"slopes\" type=\"AddSymbolicGradients\"/>\n"
    for (pin, text) in pins {
      let index = try #require(type.inputs.firstIndex { $0.name == pin }, "\(name) has no pin \(pin)")
      let allowed = type.allowedDTypes(input: index)
      for (member, text) in text.split(separator: "|").enumerated() {
        let id = "\(pin)\(member)"
        guard allowed.contains(.double) || allowed == DTypeSet(.float), !constants.contains(pin), !type.inputs[index].isSetting else {
          let dtype = allowed.contains(.double) ? DType.double : allowed.contains(.int32) ? .int32 : allowed.members[0]
          body +=
            "<block id=\"\(id)\" type=\"Const\"><pin name=\"val\" dtype=\"\(dtype)\">\(text)</pin></block><wire from=\"\(id)\" to=\"b.\(pin)\"/>\n"
          continue
        }
        let dtype = allowed.contains(.double) ? DType.double : .float
        body += "<block id=\"\(id)\" type=\"Input\"><pin name=\"initvalues\" dtype=\"\(dtype)\">\(text)</pin></block>\n"
        inputs.append(id)
        ends += "<wire from=\"\(id)\" to=\"slopes.inputs\"/>\n"
        var source = id
        if isLate {
          // A shape that is computed is not known before the run.
          body += """
            <block id="\(id)_shape" type="Shape"/><wire from="\(id)" to="\(id)_shape"/>
            <block id="\(id)_none" type="Input"><pin name="initvalues" dtype="int32">0</pin></block>
            <block id="\(id)_sum" type="Add"/><wire from="\(id)_shape" to="\(id)_sum.x"/><wire from="\(id)_none" to="\(id)_sum.y"/>
            <block id="\(id)_late" type="Reshape"/><wire from="\(id)" to="\(id)_late.tensor"/><wire from="\(id)_sum" to="\(id)_late.shape"/>

            """
          source = "\(id)_late"
        }
        body += "<wire from=\"\(source)\" to=\"b.\(pin)\"/>\n"
      }
    }
    body += "<block id=\"b\" type=\"\(name)\"><attrs \(attrs)/></block>\n"
    return (body + ends, inputs)
  }

  func check(_ name: String, isLate: Bool) throws {
    let (text, inputs) = try page(name, isLate: isLate)
    // Which results there are, and their shapes.
    let first = try CompiledPage("<page>\(text.split(separator: "<block id=\"slopes\"")[0])</page>").results()
    let outputs = first.filter { $0.key.hasPrefix("b." + (output ?? "")) && $0.value.dtype.isFloatingPoint }.sorted { $0.key < $1.key }
    var products = ""
    for (index, output) in outputs.enumerated() {
      let weights = (0..<output.value.count).map { expected != nil ? "1" : "\(Double(($0 * 7 + index * 3) % 5) * 0.5 - 0.75)" }.joined(separator: " ")
      let shape = output.value.shape.dims.map { "[\($0)]" }.joined()
      products += """
        <block id="w\(index)" type="Const"><pin name="val" dtype="\(output.value.dtype)" shape="\(shape)">\(weights)</pin></block>
        <block id="p\(index)" type="Multiply"/><wire from="\(output.key)" to="p\(index).x"/><wire from="w\(index)" to="p\(index).y"/>
        <wire from="p\(index)" to="slopes.outputs"/>

        """
    }
    let page = CompiledPage("<page>\(text)\(products)</page>", feeds: inputs.compactMap { id in first["\(id).input"].map { (id, $0) } })
    #expect(page.found == [], "\(name) \(isLate ? "late" : "")")
    let session = try page.session()
    try session.runCycle()
    for (index, id) in inputs.enumerated() {
      let slopes = try numbers(session.result("slopes.grad_outputs[\(index)]"))
      let wanted = try expected?[id] ?? differences(session, id, outputs.count)
      #expect(slopes.count == wanted.count, "\(name).\(id)")
      for (place, (slope, wanted)) in zip(slopes, wanted).enumerated() {
        #expect(abs(slope - wanted) <= 1e-6 * max(1, abs(wanted)), "\(name), the gradient for \(id) at \(place)\(isLate ? ", late" : ""): \(attrs)")
      }
    }
  }

  /// How the sum of all products changes with each element of an input.
  private func differences(_ session: Session, _ id: String, _ outputs: Int) throws -> [Double] {
    let value = try session.result("\(id).input")
    let elements = try numbers(value)
    func loss(_ elements: [Double]) throws -> Double {
      try session.feed(id, try #require(Tensor(elements, shape: value.shape)))
      try session.runCycle()
      return try (0..<outputs).reduce(0) { sum, index in try numbers(session.result("p\(index)")).reduce(sum, +) }
    }
    let step = 1e-5
    let slopes = try elements.indices.map { place in
      var moved = elements
      moved[place] += step
      let above = try loss(moved)
      moved[place] -= 2 * step
      return (above - (try loss(moved))) / (2 * step)
    }
    _ = try loss(elements)
    return slopes
  }

  private func numbers(_ tensor: Tensor) throws -> [Double] {
    try tensor.elements(as: Double.self) ?? #require(tensor.elements(as: Float.self)).map(Double.init)
  }
}
