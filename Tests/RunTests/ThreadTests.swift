import Compile
import Diagnostics
import PageSupport
import Run
import Synchronization
import TensorCore
import Testing

/// What threads share has the bits that one thread gives it, and what is small is not shared.
@Suite struct ThreadTests {
  /// Numbers of every size and sign, some of them equal.
  private static func numbers(_ count: Int, seed: UInt64) -> [Float] {
    var random = Generator(seed)
    return (0..<count).map { _ in Float(Int64(random.next() % 20_001) - 10_000) / 64 }
  }

  private static func floats(_ shape: Int..., seed: UInt64 = 1) throws -> Tensor {
    try #require(Tensor(numbers(shape.reduce(1, *), seed: seed))?.reshaped(Shape(shape)))
  }

  private static func placeholder(_ id: String, _ shape: String, _ dtype: String = "float") -> String {
    "<block id=\"\(id)\" type=\"Placeholder\"><attrs dtype=\"\(dtype)\" shape=\"[\(shape)]\"/></block>"
  }

  private static func block(_ id: String, _ type: String, _ wires: [(pin: String, from: String)], _ inside: String = "") -> String {
    "<block id=\"\(id)\" type=\"\(type)\">\(inside)</block>" + wires.map { "<wire from=\"\($0.from)\" to=\"\(id).\($0.pin)\"/>" }.joined()
  }

  private static func axis(_ pin: String, _ axes: String) -> String { "<pin name=\"\(pin)\" dtype=\"int32\">\(axes)</pin>" }

  /// Runs a page with 1, 2 and 7 threads, twice each. Returns whether steps were shared.
  private static func agree(_ body: String, _ feeds: [(name: String, value: Tensor)], options: PlanOptions = PlanOptions()) throws -> Bool {
    let page = CompiledPage("<page>\(body)</page>", feeds: feeds, options: options)
    #expect(page.found == [])
    let graph = try #require(page.graph)
    let plan = try #require(page.plan)
    #expect(Verify.run(plan, graph) == [])
    let alone = try page.session(threads: 1)
    try alone.runCycle()
    #expect(alone.workerCount == 0)
    let expected = alone.resultsByName
    var isShared = true
    for threads in [2, 7] {
      let session = try page.session(threads: threads)
      for _ in 0..<2 { try session.runCycle() }
      let results = session.resultsByName
      #expect(results.keys.sorted() == expected.keys.sorted())
      for (name, tensor) in expected { #expect(results[name]?.hasSameBits(as: tensor) == true, "\(name) with \(threads) threads") }
      isShared = isShared && session.workerCount == threads - 1
    }
    return isShared
  }

  @Test(arguments: [PlanOptions(), PlanOptions(optimisations: [])]) func elementwiseBlocks(options: PlanOptions) throws {
    let count = 100_003
    let body =
      Self.placeholder("x", "\(count)") + Self.placeholder("y", "\(count)") + Self.block("a", "Add", [("x", "x"), ("y", "y")])
      + Self.block("t", "Tanh", [("x", "a")]) + Self.block("m", "Multiply", [("x", "t"), ("y", "x")])
      + Self.block("g", "Greater", [("x", "m"), ("y", "y")])
      + Self.block("n", "AddN", [("inputs", "a"), ("inputs", "t"), ("inputs", "m")])
      + Self.block("q", "FakeQuantWithMinMaxArgs", [("inputs", "n")])
    #expect(try Self.agree(body, [("x", Self.floats(count)), ("y", Self.floats(count, seed: 2))], options: options))
  }

  @Test func broadcastsAndChannels() throws {
    for (rows, columns) in [(2_001, 50), (7, 15_000), (33_000, 3)] {
      let body =
        Self.placeholder("x", "\(rows), \(columns)") + Self.placeholder("b", "\(columns)") + Self.placeholder("c", "\(rows), 1")
        + Self.block("s", "Add", [("x", "x"), ("y", "b")]) + Self.block("p", "Multiply", [("x", "s"), ("y", "c")])
        + Self.block("low", "Negate", [("x", "high")]) + Self.block("high", "Abs", [("x", "b")])
        + Self.block("q", "FakeQuantWithMinMaxVarsPerChannel", [("inputs", "p"), ("min", "low"), ("max", "high")])
        + Self.block("r", "Add", [("x", "q"), ("y", "s")])
      let feeds = [
        ("x", try Self.floats(rows, columns)), ("b", try Self.floats(columns, seed: 2)), ("c", try Self.floats(rows, 1, seed: 3)),
      ]
      #expect(try Self.agree(body, feeds))
    }
  }

  @Test func gathersBlocksAndDiagonals() throws {
    let indices = try #require(Tensor(Self.numbers(50_000, seed: 3).map { Int32(($0 * 64).magnitude) % 1_000 }))
    let cut = "<attrs block_size=\"2\"/>"
    let body =
      Self.placeholder("x", "1000, 60") + Self.placeholder("i", "50000", "int32") + Self.placeholder("m", "70, 64, 64, 3")
      + Self.block("rows", "Gather", [("params", "x"), ("indices", "i")]) + Self.placeholder("v", "1000")
      + Self.block("elements", "Gather", [("params", "v"), ("indices", "i")])
      + Self.block("columns", "GatherV2", [("params", "x")], "<pin name=\"indices\" dtype=\"int32\">59 0 7</pin>" + Self.axis("axis", "1"))
      + Self.block("deep", "SpaceToDepth", [("input", "m")], cut) + Self.block("flat", "DepthToSpace", [("input", "deep")], cut)
      + Self.block("many", "SpaceToBatch", [("input", "m")], "<pin name=\"paddings\" dtype=\"int32\">{{1, 1}, {0, 2}}</pin>" + cut)
      + Self.block("one", "BatchToSpace", [("input", "many")], "<pin name=\"crops\" dtype=\"int32\">{{1, 1}, {0, 2}}</pin>" + cut)
      + Self.block(
        "patches", "ExtractImagePatches", [("images", "m")],
        "<attrs ksizes=\"1 3 3 1\" strides=\"1 2 2 1\" rates=\"1 1 1 1\" padding=\"SAME\"/>")
      + Self.block("square", "MatrixDiag", [("diagonal", "x")]) + Self.block("line", "MatrixDiagPart", [("input", "square")])
      + Self.block("set", "MatrixSetDiag", [("input", "square"), ("diagonal", "line")])
      + Self.block("band", "MatrixBandPart", [("input", "square")], Self.axis("num_lower", "2") + Self.axis("num_upper", "-1"))
    let feeds = [
      ("x", try Self.floats(1_000, 60)), ("v", try Self.floats(1_000)), ("i", indices), ("m", try Self.floats(70, 64, 64, 3, seed: 4)),
    ]
    #expect(try Self.agree(body, feeds))
  }

  @Test func products() throws {
    for (m, k, n) in [(301, 200, 170), (33, 400, 1_029), (700, 60, 129)] {
      for flags in ["", "transpose_a", "transpose_b"] {
        let (a, b) = (flags == "transpose_a" ? "\(k), \(m)" : "\(m), \(k)", flags == "transpose_b" ? "\(n), \(k)" : "\(k), \(n)")
        let body =
          Self.placeholder("a", a) + Self.placeholder("b", b)
          + Self.block("p", "MatMul", [("a", "a"), ("b", "b")], flags.isEmpty ? "" : "<attrs \(flags)=\"true\"/>")
        let feeds = [
          ("a", try #require(Tensor(Self.numbers(m * k, seed: 3))?.reshaped(flags == "transpose_a" ? [k, m] : [m, k]))),
          ("b", try #require(Tensor(Self.numbers(k * n, seed: 4))?.reshaped(flags == "transpose_b" ? [n, k] : [k, n]))),
        ]
        #expect(try Self.agree(body, feeds), "\(m) \(k) \(n) \(flags)")
      }
    }
  }

  @Test(arguments: ["Sum", "Mean", "Max", "Min"]) func reductions(type: String) throws {
    let all = [([300_007], ["0"]), ([200, 1_501], ["0", "1", "0 1"]), ([20, 90, 151], ["0", "1", "0 2", "0 1 2"]), ([90_000, 3], ["1"])]
    for (shape, axes) in all {
      let x = try #require(Tensor(Self.numbers(shape.reduce(1, *), seed: 5))?.reshaped(Shape(shape)))
      for axes in axes {
        let body =
          Self.placeholder("x", shape.map(String.init).joined(separator: ", ")) + Self.block("s", type, [("input", "x")], Self.axis("axis", axes))
        #expect(try Self.agree(body, [("x", x)]), "\(shape), axes \(axes)")
      }
    }
  }

  @Test func reductionsOfIntegers() throws {
    let count = 300_007
    let bytes = try #require(Tensor((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
    let words = try #require(Tensor((0..<count).map { Int64($0) &* 0x1234_5678_9ABC_DEF }))
    let doubles = try #require(Tensor((0..<count).map { Double($0 % 1_000) / 7 }))
    for (dtype, tensor) in [("uint8", bytes), ("int64", words), ("double", doubles)] {
      let body =
        Self.placeholder("x", "\(count)", dtype) + Self.block("s", "Sum", [("input", "x")], Self.axis("axis", "0"))
        + Self.block("m", "Mean", [("input", "x")], Self.axis("axis", "0"))
      #expect(try Self.agree(body, [("x", tensor)]), "\(dtype)")
    }
  }

  @Test func arraysThatMove() throws {
    let body =
      Self.placeholder("x", "40, 60, 50") + Self.block("swap", "Transpose", [("x", "x")], Self.axis("perm", "2 0 1"))
      + Self.block("batches", "Transpose", [("x", "x")], Self.axis("perm", "0 2 1"))
      + Self.block("joined", "Concat", [("values", "x"), ("values", "x")], Self.axis("axis", "1"))
      + "<block id=\"cut\" type=\"Split\"><attrs num_split=\"5\"/><pin name=\"axis\" dtype=\"int32\">2</pin></block><wire from=\"x\" to=\"cut.value\"/>"
      + "<block id=\"i\" type=\"Cast\"><attrs DstT=\"int32\"/></block><wire from=\"row\" to=\"i.x\"/>" + Self.placeholder("row", "15001")
      + Self.block("hot", "OneHot", [("indices", "i")], Self.axis("depth", "20") + "<pin name=\"on_value\">1</pin><pin name=\"off_value\">-1</pin>")
    #expect(try Self.agree(body, [("x", Self.floats(40, 60, 50)), ("row", Self.floats(15_001, seed: 8))]))
  }

  @Test func scansAndPlaces() throws {
    for (shape, axis) in [("3, 200, 500", "1"), ("900, 300", "0"), ("900, 300", "1")] {
      let sizes = shape.split(separator: ", ").compactMap { Int($0) }
      let x = try #require(Tensor(Self.numbers(sizes.reduce(1, *), seed: 9))?.reshaped(Shape(sizes)))
      let body =
        Self.placeholder("x", shape)
        + Self.block("sums", "Cumsum", [("x", "x")], Self.axis("axis", axis) + "<attrs exclusive=\"true\" reverse=\"true\"/>")
        + Self.block("most", "ArgMax", [("input", "x")], Self.axis("dimension", axis))
        + Self.block("low", "Less", [("x", "x"), ("y", "sums")]) + Self.block("any", "Any", [("input", "low")], Self.axis("axis", axis))
        + Self.block("all", "All", [("input", "low")], Self.axis("axis", sizes.indices.map(String.init).joined(separator: " ")))
        + Self.block("product", "Prod", [("input", "x")], Self.axis("axis", axis))
      #expect(try Self.agree(body, [("x", x)]), "\(shape), axis \(axis)")
    }
  }

  @Test func movesWithSteps() throws {
    func pin(_ name: String, _ numbers: String) -> String { "<pin name=\"\(name)\" dtype=\"int32\">\(numbers)</pin>" }
    let strides = pin("begin", "{-1, 1, 50}") + pin("end", "{0, 500, 2}") + pin("strides", "{-1, 2, -1}")
    let body =
      Self.placeholder("x", "40, 200, 60") + Self.block("slice", "Slice", [("input", "x")], pin("begin", "{1, 2, 3}") + pin("size", "{38, 190, 50}"))
      + Self.block("strided", "StridedSlice", [("input", "x")], strides)
      + Self.block("reverse", "Reverse", [("tensor", "x")], pin("axis", "{0, 2}"))
      + Self.block("pad", "Pad", [("input", "x")], pin("paddings", "{{0, 0}, {2, 1}, {3, 0}}"))
      + Self.block("frame", "Pad", [("input", "x")], pin("paddings", "{{1, 2}, {2, 1}, {3, 0}}"))
      + Self.block("fold", "MirrorPadGrad", [("input", "x")], pin("paddings", "{{0, 0}, {2, 1}, {3, 0}}") + "<attrs mode=\"REFLECT\"/>")
      + Self.block("flipped", "MirrorPadGrad", [("input", "x")], pin("paddings", "{{2, 0}, {2, 1}, {3, 0}}") + "<attrs mode=\"SYMMETRIC\"/>")
    #expect(try Self.agree(body, [("x", Self.floats(40, 200, 60))]))
  }

  @Test func aSingleImage() throws {
    let cut = "<attrs block_size=\"2\"/>"
    func patches(_ id: String, _ padding: String) -> String {
      Self.block(
        id, "ExtractImagePatches", [("images", "m")], "<attrs ksizes=\"1 3 3 1\" strides=\"1 2 1 1\" rates=\"1 2 1 1\" padding=\"\(padding)\"/>")
    }
    let none = "<pin name=\"paddings\" dtype=\"int32\">{{0, 0}, {1, 1}}</pin>"
    let body =
      Self.placeholder("m", "1, 300, 400, 3") + patches("valid", "VALID") + patches("same", "SAME")
      + Self.block("many", "SpaceToBatch", [("input", "m")], none + cut)
      + Self.block("one", "BatchToSpace", [("input", "many")], "<pin name=\"crops\" dtype=\"int32\">{{0, 0}, {1, 1}}</pin>" + cut)
      + Self.block("framed", "SpaceToBatch", [("input", "m")], "<pin name=\"paddings\" dtype=\"int32\">{{1, 1}, {0, 0}}</pin>" + cut)
      + Self.block("deep", "SpaceToDepth", [("input", "m")], cut)
    #expect(try Self.agree(body, [("m", Self.floats(1, 300, 400, 3))]))
  }

  @Test func smallPagesWakeNobody() throws {
    var body = Self.placeholder("x", "4096") + Self.placeholder("m", "64, 64")
    for index in 0..<20 { body += Self.block("n\(index)", "Tanh", [("x", index == 0 ? "x" : "n\(index - 1)")]) }
    body += Self.block("p", "MatMul", [("a", "m"), ("b", "m")]) + Self.block("s", "Sum", [("input", "n19")], Self.axis("axis", "0"))
    let session = try CompiledPage("<page>\(body)</page>", feeds: [("x", Self.floats(4_096)), ("m", Self.floats(64, 64))]).session(threads: 8)
    for _ in 0..<3 { try session.runCycle() }
    #expect(session.workerCount == 0)
  }

  @Test func theFirstFaultIsTheSameForAnyNumberOfThreads() throws {
    // Two blocks fail, in different places of the same tensor.
    let count = 200_000
    var divisors = Array(repeating: Int32(3), count: count)
    divisors[170_000] = 0
    var others = divisors
    others[170_000] = 1
    others[150_000] = 0
    let body =
      Self.placeholder("x", "\(count)", "int32") + Self.placeholder("y", "\(count)", "int32") + Self.block("f", "Div", [("x", "x"), ("y", "x")])
      + Self.block("g", "FloorDiv", [("x", "f"), ("y", "y")])
    let page = CompiledPage("<page>\(body)</page>", feeds: [("x", try #require(Tensor(divisors))), ("y", try #require(Tensor(others)))])
    func failure(_ threads: Int) throws -> String {
      let session = try page.session(threads: threads)
      do throws(DiagnosticError) {
        try session.runCycle()
      } catch {
        return error.diagnostics.map { "\($0.summary) \($0.message)" }.joined()
      }
      return "none"
    }
    let alone = try failure(1)
    #expect(alone.contains(" g "))
    for _ in 0..<10 {
      let (two, seven) = (try failure(2), try failure(7))
      #expect(two == alone)
      #expect(seven == alone)
    }
  }

  @Test func aSessionIsSoundAfterAFault() throws {
    let count = 150_000
    let body = Self.placeholder("x", "\(count)", "int32") + Self.block("f", "Div", [("x", "x"), ("y", "x")])
    let zeros = try #require(Tensor(Array(repeating: Int32(0), count: count)))
    let ones = try #require(Tensor(Array(repeating: Int32(1), count: count)))
    let session = try CompiledPage("<page>\(body)</page>", feeds: [("x", ones)]).session(threads: 3)
    for _ in 0..<5 {
      try session.feed("x", zeros)
      #expect(throws: DiagnosticError.self) { try session.runCycle() }
      try session.feed("x", ones)
      try session.runCycle()
      #expect(try session.result("f").hasSameBits(as: ones))
    }
  }

  @Test func sessionsRunSideBySide() async throws {
    let count = 150_000
    let body =
      Self.placeholder("x", "\(count)") + Self.block("t", "Tanh", [("x", "x")]) + Self.block("s", "Sum", [("input", "t")], Self.axis("axis", "0"))
    let page = CompiledPage("<page>\(body)</page>", feeds: [("x", try Self.floats(count))])
    let alone = try page.session(threads: 1)
    try alone.runCycle()
    let expected = try alone.result("s")
    let compilation = try #require(page.compilation)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let session = try Session(compilation, threads: 3)
          for _ in 0..<10 { try session.runCycle() }
          return try session.result("s").hasSameBits(as: expected)
        }
      }
      for try await isEqual in group { #expect(isEqual) }
    }
  }

  @Test func numbersOfThreadsAreWithinReason() throws {
    let page = CompiledPage("<page><block id=\"a\" type=\"Const\"><pin name=\"val\">1</pin></block></page>")
    #expect(try page.session(threads: 0).threads == 1)
    #expect(try page.session(threads: .max).threads == Session.mostThreads)
    #expect(try page.session().threads >= 1)
  }
}
