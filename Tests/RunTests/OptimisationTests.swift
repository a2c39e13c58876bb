import Blocks
import Compile
import Diagnostics
import Foundation
import KernelTable
import Page
import Run
import TensorCore
import Testing

/// No optimisation and no instruction set may change what a page computes.
@Suite struct OptimisationTests {
  /// A graph of elementwise blocks over tensors of two sizes and scalars, with views, equal blocks, and a product and a sum between.
  private static func page(seed: UInt64) -> String {
    var random = Generator(state: seed)
    var text = "<page>"
    var names: [(id: String, size: Int)] = []
    func add(_ id: String, _ size: Int, _ block: String) {
      text += block + "\n"
      names.append((id, size))
    }
    for (index, size) in [5000, 5000, 9001, 1].enumerated() {
      let shape = size == 1 ? "" : " shape=\"[\(size)]\""
      add(
        "c\(index)", size, "<block id=\"c\(index)\" type=\"Const\"><pin name=\"val\"\(shape)>\(Double(random.next() % 2000) / 100 - 10)</pin></block>"
      )
    }
    // Values that differ from element to element.
    add(
      "wave", 5000,
      "<block id=\"wave\" type=\"Const\"><pin name=\"val\">\((0..<5000).map { String(($0 * 37) % 1000) }.joined(separator: " "))</pin></block>")
    for index in 0..<3 {
      let wire = index == 2 ? "<wire from=\"wave\" to=\"v2.initvalues\"/>" : ""
      let text = index == 2 ? "" : "<pin name=\"initvalues\" shape=\"[5000]\">\(index + 1)</pin>"
      add("v\(index)", 5000, "<block id=\"v\(index)\" type=\"Variable\">\(text)</block>\(wire)")
    }
    let unary = ["Negate", "Abs", "Square", "Tanh", "Sigmoid", "Floor", "Sign"]
    let binary = ["Add", "Subtract", "Multiply", "Minimum", "Maximum", "RealDiv"]
    for index in 0..<40 {
      let id = "n\(index)"
      let x = names[Int(random.next() % UInt64(names.count))]
      if random.next() % 9 == 0 {
        add(id, x.size, "<block id=\"\(id)\" type=\"Identity\"/><wire from=\"\(x.id)\" to=\"\(id).input\"/>")
      } else if random.next() % 3 == 0 {
        let type = unary[Int(random.next() % UInt64(unary.count))]
        add(id, x.size, "<block id=\"\(id)\" type=\"\(type)\"/><wire from=\"\(x.id)\" to=\"\(id).x\"/>")
      } else {
        let fitting = names.filter { $0.size == x.size || $0.size == 1 || x.size == 1 }
        let y = fitting[Int(random.next() % UInt64(fitting.count))]
        let type = binary[Int(random.next() % UInt64(binary.count))]
        add(
          id, max(x.size, y.size),
          "<block id=\"\(id)\" type=\"\(type)\"/><wire from=\"\(x.id)\" to=\"\(id).x\"/><wire from=\"\(y.id)\" to=\"\(id).y\"/>")
      }
      if index == 20 {
        add("sum", 1, "<block id=\"sum\" type=\"Sum\"><pin name=\"axis\">0</pin></block><wire from=\"wave\" to=\"sum.input\"/>")
      }
    }
    // Updates, of which some depend on a reader of their variable and some do not.
    for index in 0..<5 {
      let values = names.filter { $0.size == 5000 }
      let value = values[Int(random.next() % UInt64(values.count))].id
      let type = ["Assign", "AssignAdd", "AssignSub"][Int(random.next() % 3)]
      let id = "u\(index)"
      let variable = "v\(random.next() % 3)"
      add(
        id, 5000,
        "<block id=\"\(id)\" type=\"\(type)\"/><wire from=\"\(variable)\" to=\"\(id).ref\"/><wire from=\"\(value)\" to=\"\(id).value\"/>")
      add("r\(index)", 5000, "<block id=\"r\(index)\" type=\"Negate\"/><wire from=\"\(id)\" to=\"r\(index).x\"/>")
    }
    return text + "</page>"
  }

  private static func results(
    _ text: String, _ options: PlanOptions, level: ProcessorLevel = .baseline, cycles: Int = 3, isQuiet: Bool = false
  ) throws -> [[Tensor]] {
    let (page, diagnostics) = PageReader.read(Array(text.utf8), name: "page.xml")
    let compilation = Compiler(options: options, kernels: KernelTable(level: level)).compile(try #require(page), found: diagnostics)
    let plan = try #require(compilation.plan)
    #expect(Verify.run(plan, compilation.graph) == [])
    // Pages that write files do so in a folder of their own.
    let folder = FileManager.default.temporaryDirectory.appending(path: "enuflow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let session = try Session(compilation, files: FileAccess(page: folder.appending(path: "page.xml").path()))
    for cycle in 1...cycles { try session.runCycle(isShown: !isQuiet || cycle == cycles) }
    return session.results().map { block in
      block.results.flatMap { result -> [Tensor] in
        switch result.value {
        case .tensor(let tensor): [tensor]
        case .list(let tensors): tensors
        }
      }
    }
  }

  private static func differing(_ a: [[Tensor]], _ b: [[Tensor]]) -> [Int] {
    guard a.count == b.count else { return [-1] }
    return a.indices.filter { a[$0].count != b[$0].count || !zip(a[$0], b[$0]).allSatisfy { $0.hasSameBits(as: $1) } }
  }

  @Test(arguments: 1...12) func eachOptimisationKeepsTheBits(seed: Int) throws {
    let text = Self.page(seed: UInt64(seed))
    let plain = try Self.results(text, PlanOptions(optimisations: []))
    let fast = try Self.results(text, PlanOptions())
    #expect(Self.differing(fast, plain) == [])
    #expect(Self.differing(try Self.results(text, PlanOptions(), isQuiet: true), plain) == [])
    for optimisation in Optimisation.allCases {
      let other = try Self.results(text, PlanOptions(optimisations: [optimisation]))
      #expect(Self.differing(other, plain) == [])
    }
  }

  @Test(arguments: 1...4) func theInstructionSetsAgree(seed: Int) throws {
    let text = Self.page(seed: UInt64(seed) &+ 100)
    let plain = try Self.results(text, PlanOptions(optimisations: []))
    for level in ProcessorLevel.available {
      let other = try Self.results(text, PlanOptions(), level: level)
      #expect(Self.differing(other, plain) == [])
    }
  }

  @Test func everyExampleAgreesWithAndWithoutOptimisation() throws {
    for type in Catalogue.standard.types {
      let plain = try? Self.results(type.example, PlanOptions(optimisations: []))
      let fast = try? Self.results(type.example, PlanOptions())
      guard let plain, let fast else {
        // A page that needs a feed fails either way.
        #expect(plain == nil && fast == nil, "\(type.name)")
        continue
      }
      #expect(Self.differing(fast, plain) == [], "\(type.name)")
    }
  }

  @Test(arguments: 1...6) func plansWithoutResultsAreSound(seed: Int) throws {
    let (page, diagnostics) = PageReader.read(Array(Self.page(seed: UInt64(seed) &+ 50).utf8), name: "page.xml")
    let compiler = Compiler(options: PlanOptions(keepsResults: false))
    let found = try #require(page)
    let compilation = compiler.compile(found, found: diagnostics)
    let plan = try #require(compilation.plan)
    #expect(Verify.run(plan, compilation.graph) == [])
    let kept = try #require(Compiler().compile(found, found: diagnostics).plan)
    #expect(plan.arenaSize <= kept.arenaSize)
    let session = try Session(compilation)
    try session.runCycle()
    try session.runCycle()
  }

  @Test func whatIsFusedAndShared() throws {
    let text = """
      <page>
        <block id="a" type="Const"><pin name="val" shape="[8192]">1.5</pin></block>
        <block id="x" type="Negate"/><block id="y" type="Square"/><block id="z" type="Abs"/><block id="again" type="Negate"/>
        <wire from="a" to="x.x"/><wire from="x" to="y.x"/><wire from="y" to="z.x"/><wire from="a" to="again.x"/>
      </page>
      """
    let (page, diagnostics) = PageReader.read(Array(text.utf8), name: "page.xml")
    let found = try #require(page)
    let plan = try #require(Compiler(options: PlanOptions(keepsResults: false)).compile(found, found: diagnostics).plan)
    #expect(plan.steps.count == 1)
    #expect(plan.steps.first?.members.count == 3)
    #expect(!plan.steps.contains { !$0.isInvariant })
    let plain = try #require(Compiler(options: PlanOptions(optimisations: [])).compile(found, found: diagnostics).plan)
    #expect(plain.steps.count == 4)
    #expect(plan.arenaSize < plain.arenaSize)
  }

  @Test func aFaultInAFusedGroupNamesItsBlock() throws {
    let text = """
      <page>
        <block id="a" type="Const"><pin name="val" dtype="int32" shape="[8192]">7</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="int32" shape="[8192]">0</pin></block>
        <block id="n" type="Negate"/><block id="q" type="Div"/>
        <wire from="a" to="n.x"/><wire from="n" to="q.x"/><wire from="b" to="q.y"/>
      </page>
      """
    let (page, diagnostics) = PageReader.read(Array(text.utf8), name: "page.xml")
    let found = try #require(page)
    let session = try Session(Compiler().compile(found, found: diagnostics))
    #expect(throws: DiagnosticError.self) { () throws in try session.runCycle() }
    #expect(session.failedBlock.map(session.graph.page.displayName(ofBlock:)) == "q")
  }
}

/// A small deterministic generator (splitmix64).
private struct Generator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
