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
    case .pins, .whole: type.role != .gradients && type.name != "PreventGradient"
    case .unwritten, .nothing: false
    }
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
