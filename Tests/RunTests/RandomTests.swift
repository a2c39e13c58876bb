import Blocks
import Compile
import Diagnostics
import KernelTable
import Page
import PageSupport
import Run
import TensorCore
import Testing

/// Random streams: TensorFlow's numbers, the same in every run, and each block's own.
@Suite struct RandomTests {
  private func session(
    _ text: String, seed: Int64? = nil, options: PlanOptions = PlanOptions(), level: ProcessorLevel? = nil
  ) throws -> Session {
    let (page, found) = PageReader.read(Array(text.utf8), name: "test.xml")
    let compiler = Compiler(options: options, kernels: level.map(KernelTable.init(level:)) ?? .standard)
    return try Session(compiler.compile(try #require(page), overrides: Overrides(seed: seed), found: found))
  }

  /// The results of some cycles as texts.
  private func cycles(_ session: Session, _ reference: String, _ count: Int) throws -> [String] {
    try (0..<count).map { _ in
      try session.runCycle()
      return try session.result(reference).brief
    }
  }

  // MARK: TensorFlow's numbers

  private static let sizes = [1, 2, 3, 4, 5, 255, 256, 257, 1000, 5000]
  private static let seeds: [(Int64, Int64)] = [(1, 2), (0, 7), (-3, 87_654_321), (.max, .min)]

  /// What TensorFlow 2.21 draws for all sizes, in the first and the second cycle, as a hash (64-bit FNV-1a) for each pair of seeds.
  private static let hashes: [(String, [[UInt64]])] = [
    (
      "RandomUniform float",
      [
        [0x5396_D09A_0DB7_0FEE, 0x495C_B1B8_3ACB_AA0D],
        [0xD7FF_77A4_9514_E4A7, 0x3D57_96E2_44A7_D8AB],
        [0xF759_17E3_3428_0989, 0x3AAF_8B65_AFDF_11C1],
        [0xE8C0_F3A0_2D59_6FD2, 0x9031_3128_C67C_3B9B],
      ]
    ),
    (
      "RandomUniform double",
      [
        [0x0B61_8C0C_BA45_8A11, 0x0963_B3F0_113B_1445],
        [0xD5C2_09C2_CF49_2ECD, 0x85BD_DFF3_CA91_2A22],
        [0x565A_1758_B21C_13B6, 0x10AF_7C14_B563_D254],
        [0x8A6A_C247_3032_0B5A, 0x9079_E020_7C3D_BAB0],
      ]
    ),
    (
      "RandomUniformInt int32",
      [
        [0xC331_013A_51E8_1C55, 0x549E_4AAC_764D_B19E],
        [0xB9E3_8F0D_F891_5203, 0xA054_0569_1F0E_2448],
        [0x2EF4_EBC8_A362_3D3F, 0x3728_A51C_2B22_566B],
        [0x3145_9B59_9924_B585, 0xFFD5_8334_4918_E8F3],
      ]
    ),
    (
      "RandomUniformInt int64",
      [
        [0x4751_472B_E73C_F174, 0xF5B1_8AFD_D185_2130],
        [0x8DA7_2237_F879_F3E8, 0x92CF_5FD5_491C_584E],
        [0x4DCE_968D_D84C_501E, 0xCDDB_3CCE_3E73_FB32],
        [0xBDF5_C771_87D5_6E23, 0xD253_86F1_1176_CCB7],
      ]
    ),
    (
      "RandomShuffle int32",
      [
        [0x8E71_4FF7_3500_16AB, 0x7ED4_94A1_4A6E_F8B7],
        [0xEB10_5DDC_E871_DFD3, 0x6F85_DB45_4D2E_9697],
        [0x6BA2_8F3D_DBA4_8BD7, 0x4FF0_CE01_CAB9_F2B7],
        [0x3814_EABE_D47B_AC97, 0x928A_CBC1_B3A0_7127],
      ]
    ),
    (
      "RandomPoisson float",
      [
        [0xDA17_E8BC_FC0F_B831, 0x21B2_11A8_CA1F_FEA4],
        [0xC9A5_1003_5F13_0C43, 0x2625_64D6_F334_3772],
        [0xF841_621A_B41D_7745, 0xC812_A3BB_96E5_7CE2],
        [0x4B80_2F4B_3852_26EC, 0x3248_D184_78A9_2B87],
      ]
    ),
    (
      "Multinomial float",
      [
        [0x7E64_87FB_B64A_BA24, 0xA1B8_2B87_7085_36E7],
        [0x60CC_C220_5939_D746, 0xA244_A1B0_52FC_4F05],
        [0xB915_3D94_36C1_04C4, 0x04ED_5BCC_50E9_10A5],
        [0x192C_F4AF_643A_0D27, 0xA650_B086_3340_AFC4],
      ]
    ),
  ]

  private static func block(_ name: String, _ size: Int, _ seeds: (Int64, Int64)) -> String {
    let words = name.split(separator: " ").map(String.init)
    let pins: String
    switch words[0] {
    case "RandomUniformInt":
      pins = """
        <pin name="shape">{\(size)}</pin><pin name="minval" dtype="\(words[1])">-5</pin><pin name="maxval" dtype="\(words[1])">2000000000</pin>
        """
    case "RandomShuffle": pins = "<pin name=\"value\" dtype=\"int32\">{\((0..<size).map(String.init).joined(separator: ","))}</pin>"
    case "RandomPoisson": pins = "<pin name=\"shape\">{\(size)}</pin><pin name=\"rate\">3 30</pin>"
    case "Multinomial": pins = "<pin name=\"logits\">{{0, 1, 2, -1}, {1, 1, 1, 1}}</pin><pin name=\"num_samples\">\(size)</pin>"
    default: pins = "<pin name=\"shape\">{\(size)}</pin><attrs dtype=\"\(words[1])\"/>"
    }
    let given = " seed=\"\(seeds.0)\" seed2=\"\(seeds.1)\""
    let whole = pins.contains("<attrs") ? pins.replacing("<attrs", with: "<attrs\(given)") : pins + "<attrs\(given)/>"
    return "<block id=\"n\(size)\" type=\"\(words[0])\">\(whole)</block>\n"
  }

  @Test(arguments: 0..<hashes.count) func streamsAreTensorFlows(index: Int) throws {
    let (name, expected) = Self.hashes[index]
    for (seeds, hashes) in zip(Self.seeds, expected) {
      let session = try session("<page>" + Self.sizes.map { Self.block(name, $0, seeds) }.joined() + "</page>")
      for hash in hashes {
        try session.runCycle()
        var found: UInt64 = 0xCBF2_9CE4_8422_2325
        for size in Self.sizes {
          let result = try session.result("n\(size)")
          withExtendedLifetime(result) { for byte in result.bytes { found = (found ^ UInt64(byte)) &* 0x100_0000_01B3 } }
        }
        #expect(found == hash, "\(name), seeds \(seeds), cycle \(session.cycle)")
      }
    }
  }

  /// The counter is one number of 128 bits: a run of blocks goes over the end of its lower half.
  @Test(arguments: ProcessorLevel.available) func theCounterCarries(level: ProcessorLevel) throws {
    let page = { (size: Int) in
      "<page><block id=\"u\" type=\"RandomUniform\"><pin name=\"shape\">{\(size)}</pin><attrs seed=\"5\"/></block></page>"
    }
    let all = try session(page(64), level: level)
    all.setStateWords([5, .max - 2, 9], ofBlock: 0)
    try all.runCycle()
    #expect(all.stateWords(ofBlock: 0) == [5, 64 * 256 - 3, 10])
    let numbers = try #require(try all.result("u").elements(as: Float.self))
    for block in 0..<16 {
      let four = try session(page(4), level: level)
      let counter = UInt64.max &- 2 &+ UInt64(block)
      four.setStateWords([5, counter, counter < 100 ? 10 : 9], ofBlock: 0)
      try four.runCycle()
      #expect(try four.result("u").elements(as: Float.self) == Array(numbers[block * 4..<block * 4 + 4]))
    }
  }

  // MARK: Seeds

  private func unseeded(_ page: String = "", before: String = "") -> String {
    "<page \(page)>\(before)<block id=\"u\" type=\"RandomUniform\"><pin name=\"shape\">{3}</pin></block></page>"
  }

  @Test func aRunCanBeRepeated() throws {
    let first = try cycles(session(unseeded()), "u", 3)
    #expect(Set(first).count == 3)
    #expect(try cycles(session(unseeded()), "u", 3) == first)
    #expect(try cycles(session(unseeded("seed=\"0\"")), "u", 3) == first)
    let other = try cycles(session(unseeded("seed=\"42\"")), "u", 3)
    #expect(Set(other).isDisjoint(with: first))
    // The command line's seed takes the place of the page's.
    #expect(try cycles(session(unseeded(), seed: 42), "u", 3) == other)
    #expect(try cycles(session(unseeded("seed=\"42\""), seed: 0), "u", 3) == first)
  }

  @Test func theSeedOfThePageIsForBlocksWithoutOne() throws {
    let text = "<page><block id=\"u\" type=\"RandomUniform\"><pin name=\"shape\">{3}</pin><attrs seed2=\"1\"/></block></page>"
    #expect(try cycles(session(text, seed: 1), "u", 2) == cycles(session(text, seed: 2), "u", 2))
  }

  @Test func streamsBelongToIds() throws {
    let other = "<block id=\"first\" type=\"RandomUniform\"><pin name=\"shape\">{3}</pin></block>"
    let inner = "<scope name=\"s\"><block id=\"u\" type=\"RandomUniform\"><pin name=\"shape\">{3}</pin></block></scope>"
    let alone = try cycles(session(unseeded()), "u", 2)
    let among = try session(unseeded(before: other + inner))
    #expect(try cycles(among, "u", 2) == alone)
    let results = among.resultsByName.mapValues(\.brief)
    #expect(Set([results["u.output"], results["first.output"], results["s/u.output"]]).count == 3)
  }

  // MARK: State

  @Test func stateIsSavedAndRestored() throws {
    let session = try session(unseeded())
    try session.runCycle()
    let saved = try #require(session.stateWords(ofBlock: 0))
    #expect(saved.count == 3 && saved[1] == 3 * 256)
    let second = try cycles(session, "u", 1)
    #expect(session.setStateWords(saved, ofBlock: 0))
    #expect(try cycles(session, "u", 1) == second)
    let fresh = try self.session(unseeded())
    #expect(fresh.setStateWords(saved, ofBlock: 0))
    #expect(try cycles(fresh, "u", 1) == second)
    #expect(!session.setStateWords([1], ofBlock: 0))
    let constant = try self.session("<page><block id=\"c\" type=\"Const\"><pin name=\"val\">1</pin></block></page>")
    #expect(constant.stateWords(ofBlock: 0) == nil)
    #expect(!constant.setStateWords([1, 2, 3], ofBlock: 0))
  }

  /// Equal blocks are not shared, those with constant inputs not folded; sessions of one compilation do not disturb each other.
  @Test func everyBlockHasItsOwn() throws {
    let twin = { (id: String) in "<block id=\"\(id)\" type=\"RandomUniform\"><pin name=\"shape\">{3}</pin><attrs seed=\"4\"/></block>" }
    let compilation = try #require(CompiledPage("<page>\(twin("a"))\(twin("b"))</page>").compilation)
    let plan = try #require(compilation.plan)
    #expect(plan.steps.map(\.state) == [0, 1])
    #expect(plan.steps.allSatisfy { !$0.isInvariant })
    let one = try Session(compilation)
    let two = try Session(compilation)
    let first = try cycles(one, "a", 2)
    #expect(try cycles(two, "b", 2) == first)
    #expect(try one.result("b").brief == first[1])
  }

  @Test func shapesOfTheRunDrawTheSame() throws {
    let late = """
      <page>
        <block id="minus" type="Const"><pin name="val" dtype="int32">-2 -5</pin></block><block id="size" type="Negate"/>
        <wire from="minus" to="size.x"/><wire from="size" to="n.shape"/>
        <block id="n" type="RandomNormal"/>
      </page>
      """
    let written = "<page><block id=\"n\" type=\"RandomNormal\"><pin name=\"shape\">2 5</pin></block></page>"
    let expected = try cycles(session(written), "n", 3)
    #expect(Set(expected).count == 3)
    #expect(try cycles(session(late), "n", 3) == expected)
  }

  // MARK: The same everywhere

  private static let every = """
    <page seed="11">
      <block id="normal" type="RandomNormal"><pin name="shape">{1003}</pin></block>
      <block id="normals" type="RandomNormal"><pin name="shape">{1003}</pin><attrs dtype="double"/></block>
      <block id="uniform" type="RandomUniform"><pin name="shape">{1003}</pin></block>
      <block id="truncated" type="TruncatedNormal"><pin name="shape">{1003}</pin></block>
      <block id="truncateds" type="TruncatedNormal"><pin name="shape">{1003}</pin><attrs dtype="double"/></block>
      <block id="gamma" type="RandomGamma"><pin name="shape">{1003}</pin><pin name="alpha" dtype="double">0.3 1 5</pin></block>
      <block id="poisson" type="RandomPoisson"><pin name="shape">{1003}</pin><pin name="rate">0.5 7 80</pin></block>
      <block id="bounded" type="ParameterizedTruncatedNormal"><pin name="shape">3 335</pin><pin name="means">0</pin><pin name="stdevs">1</pin>
        <pin name="minvals">-1 2 -inf</pin><pin name="maxvals">3 2.5 -1.5</pin></block>
      <block id="classes" type="Multinomial"><pin name="logits">{{0, 1, -1}}</pin><pin name="num_samples">1003</pin></block>
      <block id="twice" type="Add"/><wire from="normal" to="twice.x"/><wire from="uniform" to="twice.y"/>
      <block id="wave" type="Tanh"/><wire from="twice" to="wave.x"/>
    </page>
    """

  @Test func everyInstructionSetAndPlanDrawsTheSame() throws {
    func results(_ options: PlanOptions, _ level: ProcessorLevel) throws -> [String: Tensor] {
      let session = try session(Self.every, options: options, level: level)
      for _ in 0..<2 { try session.runCycle() }
      return session.resultsByName
    }
    let expected = try results(PlanOptions(optimisations: []), .baseline)
    #expect(expected.count == 11)
    for level in ProcessorLevel.available {
      let found = try results(PlanOptions(), level)
      for (name, tensor) in expected { #expect(found[name]?.hasSameBits(as: tensor) == true, "\(name) on \(level)") }
    }
  }

  @Test func theNumbersFollowTheirDistributions() throws {
    let page = Self.every.replacing("1003", with: "30000").replacing("3 335", with: "3 30000")
    let session = try session(page)
    try session.runCycle()
    func mean(_ reference: String, _ power: Int = 1, column: Int = 0, of columns: Int = 1) throws -> Double {
      let result = try session.result(reference)
      let numbers = result.elements(as: Double.self) ?? (result.elements(as: Float.self) ?? []).map(Double.init)
      let chosen = stride(from: column, to: numbers.count, by: columns).map { power == 1 ? numbers[$0] : numbers[$0] * numbers[$0] }
      return chosen.reduce(0, +) / Double(chosen.count)
    }
    func isNear(_ a: Double, _ b: Double, _ within: Double) -> Bool { (a - b).magnitude < within }
    for name in ["normal", "normals"] {
      #expect(isNear(try mean(name), 0, 0.03))
      #expect(isNear(try mean(name, 2), 1, 0.04))
    }
    #expect(isNear(try mean("uniform"), 0.5, 0.01))
    for name in ["truncated", "truncateds"] { #expect(isNear(try mean(name, 2), 0.774, 0.03)) }
    for (column, alpha) in [0.3, 1, 5].enumerated() { #expect(isNear(try mean("gamma", column: column, of: 3), alpha, 0.08)) }
    for (column, rate) in [0.5, 7, 80].enumerated() { #expect(isNear(try mean("poisson", column: column, of: 3), rate, 0.3)) }
    let bounded = try #require(try session.result("bounded").elements(as: Float.self))
    #expect(bounded[..<30000].allSatisfy { $0 >= -1 && $0 <= 3 })
    #expect(bounded[30000..<60000].allSatisfy { $0 >= 2 && $0 <= 2.5 })
    #expect(bounded[60000...].allSatisfy { $0 <= -1.5 })
    let classes = try #require(try session.result("classes").elements(as: Int64.self))
    #expect(isNear(Double(classes.filter { $0 == 1 }.count) / 30000, 0.665, 0.02))
  }

  // MARK: Odd parameters

  @Test func oddParametersEnd() throws {
    let session = try session(
      """
      <page>
        <block id="p" type="RandomPoisson"><pin name="shape">{}</pin><pin name="rate">nan inf -1 0</pin></block>
        <block id="g" type="RandomGamma"><pin name="shape">{}</pin><pin name="alpha">nan inf -1 0</pin></block>
        <block id="m" type="Multinomial"><pin name="logits">{{nan, -inf, inf}}</pin><pin name="num_samples">2</pin></block>
      </page>
      """)
    try session.runCycle()
    #expect(try session.result("p").brief == "float [4] nan inf 0 0")
    #expect(try session.result("g").brief == "float [4] nan inf nan 0")
    #expect(try session.result("m").brief == "int64 [1, 2] 3 3")
  }

  @Test func badParametersAreTold() throws {
    func found(_ block: String) -> [String] { CompiledPage("<page>\(block)</page>").diagnostics.map(\.message) }
    #expect(
      found("<block id=\"u\" type=\"RandomUniform\"><pin name=\"shape\">2 -3</pin></block>") == ["`shape` has -3 at index 1"])
    #expect(
      found(
        """
        <block id="i" type="RandomUniformInt"><pin name="shape">{2}</pin><pin name="minval">3</pin><pin name="maxval">3</pin></block>
        """) == ["`minval` is 3 and `maxval` is 3"])
    #expect(
      found("<block id=\"n\" type=\"RandomNormal_ex\"><attrs shape=\"[2, ?]\"/></block>")
        == ["`shape` is [2, ?], but the size of the result must be known"])
    // Bounds that only the run knows.
    let late = """
      <page>
        <block id="c" type="Const"><pin name="val" dtype="int32">3</pin></block><block id="low" type="Negate"/><wire from="c" to="low.x"/>
        <block id="high" type="Negate"/><wire from="c" to="high.x"/>
        <block id="i" type="RandomUniformInt"><pin name="shape">{2}</pin></block>
        <wire from="low" to="i.minval"/><wire from="high" to="i.maxval"/>
        <block id="n" type="ParameterizedTruncatedNormal"><pin name="shape">{2}</pin><pin name="means">0</pin><pin name="stdevs">-1</pin>
          <pin name="minvals">0</pin><pin name="maxvals">1</pin></block>
      </page>
      """
    let session = try session(late)
    do throws(DiagnosticError) {
      try session.runCycle()
      Issue.record("it ran")
    } catch {
      #expect(error.diagnostics.map(\.id) == [.badValue])
      #expect(error.diagnostics.map(\.block) == ["i"] || error.diagnostics.map(\.block) == ["n"])
    }
  }
}
