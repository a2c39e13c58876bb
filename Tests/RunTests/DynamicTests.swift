import Diagnostics
import PageSupport
import TensorCore
import Testing

/// Shapes and settings that are only known in the run give what they give when they are written in the page.
@Suite struct DynamicTests {
  private func tensor(_ text: String, _ dtype: DType) throws -> Tensor {
    try ValueText(text, style: .page).tensor(dtype: dtype, shape: nil, pool: StringPool())
  }

  /// A block whose inputs are written in the page, wired from computed values, and fed: all must agree.
  private func compare(
    _ type: String, _ inputs: [(pin: String, text: String, dtype: DType)], attrs: String = "", output: String = "o", _ expected: String,
    _ location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    func page(_ body: (String, String, DType) -> String) -> String {
      "<page><block id=\"target\" type=\"\(type)\">\(attrs.isEmpty ? "" : "<attrs \(attrs)/>")</block>\n"
        + inputs.map { body($0.pin, $0.text, $0.dtype) + "\n" }.joined() + "</page>"
    }
    let written = page { pin, text, dtype in
      "<block id=\"\(pin)\" type=\"Const\"><pin name=\"val\" dtype=\"\(dtype)\">\(text)</pin></block><wire from=\"\(pin)\" to=\"target.\(pin)\"/>"
    }
    // Through Negate twice, so that the value is not known before the run but its shape is.
    let computed = page { pin, text, dtype in
      dtype == .string || dtype == .bool
        ? "<block id=\"\(pin)\" type=\"Const\"><pin name=\"val\" dtype=\"\(dtype)\">\(text)</pin></block><wire from=\"\(pin)\" to=\"target.\(pin)\"/>"
        : """
        <block id="\(pin)" type="Const"><pin name="val" dtype="\(dtype)">\(text)</pin></block><block id="\(pin)n" type="Negate"/>
        <block id="\(pin)m" type="Negate"/><wire from="\(pin)" to="\(pin)n.x"/><wire from="\(pin)n" to="\(pin)m.x"/><wire from="\(pin)m" to="target.\(pin)"/>
        """
    }
    let fed = page { pin, _, dtype in
      "<block id=\"\(pin)\" type=\"Placeholder\"><attrs dtype=\"\(dtype)\"/></block><wire from=\"\(pin)\" to=\"target.\(pin)\"/>"
    }
    let feeds = try inputs.map { (name: $0.pin, value: try tensor($0.text, $0.dtype)) }
    for compiled in [CompiledPage(written), CompiledPage(computed), CompiledPage(fed, feeds: feeds)] {
      #expect(compiled.found == [], sourceLocation: location)
      #expect(try compiled.results()["target.\(output)"]?.brief == expected, sourceLocation: location)
    }
    // Fed right into the pins.
    let pins = CompiledPage(
      "<page><block id=\"target\" type=\"\(type)\">\(attrs.isEmpty ? "" : "<attrs \(attrs)/>")</block></page>",
      feeds: feeds.map { ("target.\($0.name)", $0.value) })
    #expect(pins.found == [], sourceLocation: location)
    #expect(try pins.results()["target.\(output)"]?.brief == expected, sourceLocation: location)
  }

  @Test func reductions() throws {
    try compare("Sum", [("input", "{{1, 2, 3}, {4, 5, 6}}", .float), ("axis", "1", .int32)], output: "output", "float [2] 6 15")
    try compare("Sum", [("input", "1 2 3", .float), ("axis", "{0}", .int32)], output: "output", "float [] 6")
    try compare("Sum", [("input", "{{1, 2}}", .int64), ("axis", "{-1, 0}", .int64)], attrs: "keep_dims=\"true\"", output: "output", "int64 [1, 1] 3")
    try compare("Mean", [("input", "{{1, 3}}", .double), ("axis", "0", .int32)], attrs: "keep_dims=\"true\"", output: "output", "double [1, 2] 1 3")
  }

  @Test func shapesAndAxes() throws {
    try compare("Reshape", [("tensor", "1 2 3 4", .float), ("shape", "{2, -1}", .int32)], output: "output", "float [2, 2] 1 2 3 4")
    try compare("Reshape", [("tensor", "{7}", .int32), ("shape", "{}", .int32)], output: "output", "int32 [] 7")
    try compare("Transpose", [("x", "{{1, 2, 3}}", .float), ("perm", "{1, 0}", .int32)], output: "y", "float [3, 1] 1 2 3")
    try compare("Split", [("axis", "0", .int32), ("value", "1 2 3 4", .float)], attrs: "num_split=\"2\"", output: "output[1]", "float [2] 3 4")
    try compare(
      "OneHot", [("indices", "{2, 0}", .int64), ("depth", "3", .int32), ("on_value", "5", .float), ("off_value", "-1", .float)], output: "output",
      "float [2, 3] -1 -1 5 5 -1 -1")
    try compare("Shape", [("input", "{{1, 2}}", .float)], output: "output", "int32 [2] 1 2")
    try compare("Identity", [("input", "\"a\" \"b\"", .string)], output: "output", "string [2] \"a\" \"b\"")
  }

  @Test func elementwiseAndMatrices() throws {
    try compare("Add", [("x", "{{1}, {2}}", .float), ("y", "10 20", .float)], output: "z", "float [2, 2] 11 21 12 22")
    try compare("MatMul", [("a", "{{1, 2}}", .float), ("b", "{{3}, {4}}", .float)], output: "product", "float [1, 1] 11")
    try compare("Cast", [("x", "1.5 -2.5", .float)], attrs: "DstT=\"int8\"", output: "y", "int8 [2] 1 -2")
    try compare("Equal", [("x", "\"a\" \"b\"", .string), ("y", "\"b\" \"b\"", .string)], output: "z", "bool [2] false true")
  }

  @Test(
    arguments: [
      ("Sum", "input", "1 2 3", "axis", "{1}", "E0310"), ("Transpose", "x", "{{1, 2}}", "perm", "{0, 0}", "E0310"),
      ("Reshape", "tensor", "1 2 3", "shape", "{2, 2}", "E0304"),
      ("Reshape", "tensor", "{}", "shape", "{}", "E0304"), ("Reshape", "tensor", "1 2", "shape", "{}", "E0304"),
      ("Reshape", "tensor", "1 2", "shape", "{-1, -1}", "E0310"),
      ("Reshape", "tensor", "{}", "shape", "{2000000000, 2000000000, 2000000000}", "E0309"),
    ])
  func settingsThatDoNotFit(_ type: String, _ pin: String, _ value: String, _ setting: String, _ text: String, _ code: String) throws {
    let feeds = [("v", try tensor(value, .float)), ("s", try tensor(text, .int32))]
    let page = CompiledPage(
      """
      <page>
      <block id="v" type="Placeholder"><attrs dtype="float" shape="\(feeds[0].1.shape)"/></block><block id="s" type="Placeholder"><attrs dtype="int32"/></block>
      <block id="b" type="\(type)"/><wire from="v" to="b.\(pin)"/><wire from="s" to="b.\(setting)"/>
      <block id="n" type="Negate"/><wire from="b" to="n.x"/>
      </page>
      """, feeds: feeds)
    #expect(page.found == [])
    let session = try page.session()
    let error = #expect(throws: DiagnosticError.self) { try session.runCycle() }
    #expect(error?.diagnostics.map(\.summary) == ["\(code) 3:1 b \(setting)"])
    #expect(session.states.contains("b: failed"))
  }

  @Test func whatIsBehindAnUnknownShapeFollows() throws {
    let page = CompiledPage(
      """
      <page>
        <block id="p" type="Placeholder"><attrs dtype="float" shape="[?, 2]"/></block>
        <block id="b" type="Const"><pin name="val">10 20</pin></block>
        <block id="sum" type="Add"/><wire from="p" to="sum.x"/><wire from="b" to="sum.y"/>
        <block id="shape" type="Shape"/><wire from="sum" to="shape.input"/>
        <block id="flat" type="Reshape"><pin name="shape">{-1}</pin></block><wire from="sum" to="flat.tensor"/>
        <block id="twice" type="Concat"><pin name="axis">0</pin></block><wire from="flat" to="twice.values"/><wire from="flat" to="twice.values"/>
      </page>
      """, feeds: [("p", try tensor("{{1, 2}, {3, 4}}", .float))])
    let results = try page.results(cycles: 2).mapValues(\.brief)
    #expect(results["sum.z"] == "float [2, 2] 11 22 13 24")
    #expect(results["shape.output"] == "int32 [2] 2 2")
    #expect(results["twice.output"] == "float [8] 11 22 13 24 11 22 13 24")
  }
}
