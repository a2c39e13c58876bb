import Testing

@testable import TensorCore

/// A small generator with a fixed start, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

struct ValuePropertyTests {
  /// All elements as one text, read back.
  private func readBack(_ tensor: Tensor, pool: StringPool = StringPool()) throws -> Tensor {
    var text: [UInt8] = Array("{".utf8)
    for index in 0..<tensor.count {
      ValueFormat.append(tensor, at: index, to: &text)
      text.append(UInt8(ascii: index % 3 == 0 ? "," : " "))
      if index % 3 != 0 { text.append(UInt8(ascii: "\n")) }
    }
    text.append(UInt8(ascii: "}"))
    return try ValueText(text, style: .page).tensor(dtype: tensor.dtype, shape: tensor.shape, pool: pool)
  }

  private func checkIntegers<Element: FixedWidthInteger & TensorElement>(_ type: Element.Type) throws {
    var random = SplitMix(state: 3)
    let values = [.min, .max, 0, 1] + (0..<100_000).map { _ in Element(truncatingIfNeeded: random.next()) >> Element(random.next() % 8) }
    let tensor = try #require(Tensor(values))
    #expect(try readBack(tensor).hasSameBits(as: tensor))
  }

  @Test func floatsReadBackToTheSameBits() throws {
    var random = SplitMix(state: 1)
    let special: [Float] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude]
    let values = special + (0..<100_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }.filter { !$0.isNaN }
    let tensor = try #require(Tensor(values))
    #expect(try readBack(tensor).hasSameBits(as: tensor))
  }

  @Test func doublesReadBackToTheSameBits() throws {
    var random = SplitMix(state: 2)
    let special: [Double] = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude]
    let values = special + (0..<100_000).map { _ in Double(bitPattern: random.next()) }.filter { !$0.isNaN }
    let tensor = try #require(Tensor(values))
    #expect(try readBack(tensor).hasSameBits(as: tensor))
  }

  @Test func integersReadBack() throws {
    try checkIntegers(Int8.self)
    try checkIntegers(Int16.self)
    try checkIntegers(Int32.self)
    try checkIntegers(Int64.self)
    try checkIntegers(UInt8.self)
    try checkIntegers(UInt16.self)
    let bools = try #require(Tensor((0..<1000).map { $0 % 3 == 0 }))
    #expect(try readBack(bools).hasSameBits(as: bools))
  }

  @Test func stringsReadBack() throws {
    var random = SplitMix(state: 4)
    let pool = StringPool()
    let values = (0..<5_000).map { _ in (0..<random.next() % 12).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    let texts = ["", "a\"b", "\\", "日本\n\t\r\u{0}", "{,;}"].map { Array($0.utf8) }
    let tensor = try #require(Tensor(strings: values + texts, pool: pool))
    #expect(try readBack(tensor, pool: pool).stringElements == tensor.stringElements)
  }

  /// Decimal texts of any length and scale against the standard library, which rounds correctly.
  @Test func decimalsAreRoundedOnce() throws {
    var random = SplitMix(state: 5)
    for _ in 0..<50_000 {
      let digits = Int(random.next() % 25) + 1
      var text = random.next() % 2 == 0 ? "-" : ""
      for _ in 0..<digits { text += String(random.next() % 10) }
      if random.next() % 2 == 0 { text.insert(".", at: text.index(text.endIndex, offsetBy: -Int(random.next() % UInt64(digits)))) }
      if random.next() % 2 == 0 { text += "e\(Int(random.next() % 90) - 60)" }
      try expectRounded(text)
    }
  }

  /// The points halfway between two floats, and a little beside them: where a number that is rounded twice goes wrong.
  @Test func pointsHalfwayBetweenFloatsAreRoundedOnce() throws {
    var random = SplitMix(state: 6)
    for _ in 0..<5_000 {
      let bits = UInt32(truncatingIfNeeded: random.next()) & 0x3FFF_FFFF + 0x1000_0000
      let low = Float(bitPattern: bits)
      let half = (Double(low) + Double(low.nextUp)) / 2
      try expectRounded("\(half)")
      try expectRounded("\(half.nextUp)")
      try expectRounded("\(half.nextDown)")
    }
    // Exactly halfway, and then the smallest bit more far behind.
    let exact = "1.00000005960464477539062500"
    try expectRounded(exact)
    try expectRounded(exact + String(repeating: "0", count: 900) + "1")
    try expectRounded("0." + String(repeating: "0", count: 2_000) + "1e2000")
    try expectRounded(String(repeating: "9", count: 38))
    try expectRounded("9007199254740993" + String(repeating: "0", count: 3_000) + "1e-3001")
    try expectRounded("9007199254740993." + String(repeating: "0", count: 3_000) + "1")
  }

  private func expectRounded(_ text: String) throws {
    if Float(text)?.isInfinite == true {
      #expect(throws: ValueTextError.self) { try read(text, .float) }
    } else {
      let float = try read(text, .float).elements(as: Float.self)
      #expect(float?.first?.bitPattern == Float(text)?.bitPattern, "\(text.prefix(80)) as float")
    }
    let double = try read(text, .double).elements(as: Double.self)
    #expect(double?.first?.bitPattern == Double(text)?.bitPattern, "\(text.prefix(80)) as double")
  }

  @Test func garbageNeverTraps() throws {
    var random = SplitMix(state: 7)
    let alphabet = Array("{}{},;\"\\ \n0123456789+-.eEfxnaijt[]?".utf8)
    let pool = StringPool()
    for round in 0..<40_000 {
      let bytes = (0..<random.next() % 24).map { _ in
        round % 4 == 0 ? UInt8(truncatingIfNeeded: random.next()) : alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      let dtype = DType.allCases[round % DType.allCases.count]
      let shape: Shape? = round % 3 == 0 ? [Int(random.next() % 4)] : round % 3 == 1 ? [Int(truncatingIfNeeded: random.next())] : nil
      do {
        let text = try ValueText(bytes, style: round % 2 == 0 ? .page : .enuspace)
        _ = text.literalDType
        let tensor = try text.tensor(dtype: dtype, shape: shape, pool: pool)
        #expect(tensor.shape == shape ?? text.naturalShape(for: dtype))
      } catch {
        #expect(error.range.lowerBound >= 0 && error.range.upperBound <= bytes.count, "\(String(decoding: bytes, as: UTF8.self))")
      }
      do { _ = try parseShapeText(bytes[...], allowUnknown: round % 2 == 0) } catch {
        #expect(error.range.lowerBound >= 0 && error.range.upperBound <= bytes.count)
      }
    }
  }

  @Test func aLargeFillIsAllEqual() throws {
    for (dtype, text) in [(DType.float, "1.5"), (.int8, "-3"), (.bool, "true"), (.double, "-0"), (.string, "ab")] {
      let tensor = try read(text, dtype, [1_000_003])
      let size = dtype.byteCount
      let first = Array(tensor.bytes[..<size])
      #expect(tensor.bytes.indices.allSatisfy { tensor.bytes[$0] == first[$0 % size] })
    }
  }

  @Test func jsonOfEveryDType() throws {
    let pool = StringPool()
    func json(_ tensor: Tensor?) -> String {
      var bytes: [UInt8] = []
      guard let tensor else { return "" }
      for index in 0...tensor.count {
        ValueFormat.appendJSON(tensor, at: index, into: &bytes)
        bytes.append(UInt8(ascii: " "))
      }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(json(Tensor([Float(19), 0.1, -0.0, .nan, .infinity, -.infinity, 1e30])) == #"19 0.1 -0.0 "NaN" "Infinity" "-Infinity" 1e+30 null "#)
    #expect(json(Tensor([1e300, 0.1])) == "1e+300 0.1 null ")
    #expect(json(Tensor([Int64.min, 7])) == "-9223372036854775808 7 null ")
    #expect(json(Tensor([true, false])) == "true false null ")
    #expect(json(Tensor(strings: [Array("a\"\n".utf8), [0xFF, 0], []], pool: pool)) == #""a\"\n" {"base64":"/wA="} "" null "#)
  }

  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
  func base64(text: String, expected: String) {
    var bytes: [UInt8] = []
    appendBase64(Array(text.utf8), to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == expected)
  }

  @Test(arguments: [
    (0.0, "0 bytes"), (999.0, "999 bytes"), (1000.0, "1.0 kB"), (999_960.0, "1.0 MB"), (1.5e9, "1.5 GB"), (1e12, "1.0 TB"),
    (.infinity, "more than a million EB"), (.nan, "more than a million EB"),
  ])
  func sizes(bytes: Double, expected: String) {
    #expect(Memory.sizeText(bytes) == expected)
  }
}
