import Testing

@testable import TensorCore

/// The bytes of a `.npy` file with this header and these elements.
private func file(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
  let length = header.utf8.count
  var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [version, 0]
  for index in 0..<(version == 1 ? 2 : 4) { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * index))) }
  return bytes + Array(header.utf8) + data
}

private func header(_ descr: String, _ shape: String, fortran: Bool = false) -> String {
  "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
}

struct NpyReadTests {
  private func expect(_ file: [UInt8], _ dtype: DType, _ shape: Shape, _ values: [String], _ place: SourceLocation = #_sourceLocation) {
    do {
      let tensor = try Npy.read(file, pool: StringPool())
      #expect(tensor.dtype == dtype, sourceLocation: place)
      #expect(tensor.shape == shape, sourceLocation: place)
      #expect(texts(tensor) == values, sourceLocation: place)
    } catch {
      Issue.record("\(error)", sourceLocation: place)
    }
  }

  @Test func dtypesAndByteOrders() {
    expect(file(header("<f4", "(2,)"), [0, 0, 0xC0, 0x3F, 0, 0, 0, 0x80]), .float, [2], ["1.5", "-0.0"])
    expect(file(header(">f4", "(1,)"), [0x3F, 0xC0, 0, 0]), .float, [1], ["1.5"])
    expect(file(header("<f8", "()"), [0, 0, 0, 0, 0, 0, 0xF8, 0x3F]), .double, [], ["1.5"])
    expect(file(header(">f8", "()"), [0x3F, 0xF8, 0, 0, 0, 0, 0, 0]), .double, [], ["1.5"])
    expect(file(header("|i1", "(2,)"), [0xFF, 1]), .int8, [2], ["-1", "1"])
    expect(file(header("<i2", "(1,)"), [0xFE, 0xFF]), .int16, [1], ["-2"])
    expect(file(header(">i2", "(1,)"), [0xFF, 0xFE]), .int16, [1], ["-2"])
    expect(file(header(">i4", "(1, 1)"), [0, 0, 1, 0]), .int32, [1, 1], ["256"])
    expect(file(header("<i8", "(1,)"), [7, 0, 0, 0, 0, 0, 0, 0x80]), .int64, [1], ["-9223372036854775801"])
    expect(file(header("|u1", "(1,)"), [200]), .uint8, [1], ["200"])
    expect(file(header(">u2", "(1,)"), [0x80, 1]), .uint16, [1], ["32769"])
    expect(file(header("|b1", "(3,)"), [0, 1, 7]), .bool, [3], ["false", "true", "true"])
    expect(file(header("|S3", "(2,)"), Array("a\0\0bcd".utf8)), .string, [2], [#""a""#, #""bcd""#])
    expect(file(header("<U2", "(1,)"), [0xE5, 0x65, 0, 0, 0, 0, 0, 0]), .string, [1], ["\"日\""])
    expect(file(header(">U2", "(1,)"), [0, 0, 0, 0x61, 0, 0, 0x65, 0xE5]), .string, [1], ["\"a日\""])
    expect(file(header("|S0", "(2,)"), []), .string, [2], [#""""#, #""""#])
  }

  @Test func ordersAndShapes() {
    expect(file(header("|u1", "(2, 3)", fortran: true), [1, 4, 2, 5, 3, 6]), .uint8, [2, 3], ["1", "2", "3", "4", "5", "6"])
    expect(file(header(">i2", "(2, 2)", fortran: true), [0, 1, 0, 3, 0, 2, 0, 4]), .int16, [2, 2], ["1", "2", "3", "4"])
    expect(file(header("|S1", "(2, 2)", fortran: true), Array("acbd".utf8)), .string, [2, 2], [#""a""#, #""b""#, #""c""#, #""d""#])
    expect(file(header("|u1", "(2, 1, 2)", fortran: true), [1, 3, 2, 4]), .uint8, [2, 1, 2], ["1", "2", "3", "4"])
    expect(file(header("|u1", "(0, 3)", fortran: true), []), .uint8, [0, 3], [])
    expect(file(header("|u1", "(3)"), [1, 2, 3]), .uint8, [3], ["1", "2", "3"])
    expect(file(header("|u1", "(3L,)"), [1, 2, 3]), .uint8, [3], ["1", "2", "3"])
    expect(file("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"<u2\"}", [1, 0], version: 2), .uint16, [1], ["1"])
    expect(file(header("|u1", "(1,)"), [9, 99, 99], version: 3), .uint8, [1], ["9"])
  }

  static let wrong: [(bytes: [UInt8], message: String)] = [
    ([], "this is no .npy file"),
    (Array("PK\u{3}\u{4}123456".utf8), "this is no .npy file"),
    (file(header("<f4", "(2,)"), [0, 0, 0, 0]), "ends too early"),
    (file(header("<f4", "(9999999,)"), []), "ends too early"),
    (file(header("<f4", "(99999999999, 99999999999)"), []), "needs"),
    (file(header("<f4", "(99999999999999999999,)"), []), "too large"),
    (file(header("|S0", "(999999999,)"), []), "length 0"),
    (file(header("|S99999999999", "(9,)"), []), "not known"),
    (file(header("|S9999999999", "(999999999,)"), []), "ends too early"),
    (file(header("<f16", "(1,)"), [0, 0]), "not supported"),
    (file(header("<c32", "(1,)"), []), "not supported"),
    (file(header("|O", "(1,)"), []), "not known"),
    (file("{}", []), "no 'descr'"),
    (file("{'descr': [('a', '<f4')], }", []), "structured"),
    (file("{'x': 1}", []), "not known"),
    (file("{'descr", []), "never closed"),
    (file(header("<f4", "(-1,)"), []), "no tuple"),
    (file(header("<f4", "[1]"), []), "lacks a `(`"),
    (file("", []), "lacks a `{`"),
    (file("{'descr': '<f4', 'fortran_order': Maybe", []), "True or False"),
    (file(header("<f4", "(1,)"), [], version: 4), "version"),
    (Array(file(header("<f4", "(1,)"), []).prefix(20)), "cut off"),
    (Array(file("{}", [], version: 2).prefix(11)), "cut off"),
    (file(header("<U1", "(1,)"), [0, 0xD8, 0, 0]), "not Unicode"),
    (file(header("<f4", "(" + String(repeating: "1,", count: 255) + ")"), []), "254"),
  ]

  @Test(arguments: wrong)
  func wrongFiles(bytes: [UInt8], message: String) {
    do {
      _ = try Npy.read(bytes, pool: StringPool())
      Issue.record("no error")
    } catch {
      #expect(error.message.contains(message), "\(error)")
      #expect(error.offset >= 0 && error.offset <= bytes.count)
    }
  }

  @Test func damagedFilesNeverTrap() {
    var random = SplitMix(state: 9)
    let pool = StringPool()
    let sound = file(header("<f4", "(2, 2)", fortran: true), [UInt8](repeating: 1, count: 16))
    for _ in 0..<20_000 {
      var bytes = sound
      for _ in 0...random.next() % 3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      _ = try? Npy.read(Array(bytes.prefix(Int(random.next() % 120))), pool: pool)
    }
  }
}

struct NpyWriteTests {
  private func samples(_ pool: StringPool) -> [Tensor] {
    [
      Tensor([Float(1), -0.0, .nan, .infinity], shape: [2, 2]), Tensor([1.5, 2.5]), Tensor([Int8(-1)]), Tensor([Int16(-300), 5]),
      Tensor([Int32.min]), Tensor([Int64.max], shape: []), Tensor([UInt8(255)]), Tensor([UInt16(65535)]), Tensor([true, false]),
      Tensor(zeros: .float, shape: [0, 3]), Tensor(strings: [Array("a".utf8), [], [0xFF, 1]], pool: pool),
      Tensor([Float](repeating: 2, count: 1), shape: Shape([Int](repeating: 1, count: 200))),
    ].compactMap(\.self)
  }

  @Test func goldenBytes() throws {
    let tensor = try #require(Tensor([Int16(1), -2], shape: [2, 1]))
    let text = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }"
    let blanks = String(repeating: " ", count: 118 - text.utf8.count - 1)
    #expect(try Npy.write(tensor) == file(text + blanks + "\n", [1, 0, 0xFE, 0xFF]))
  }

  @Test func roundTrips() throws {
    let pool = StringPool()
    for tensor in samples(pool) {
      let bytes = try Npy.write(tensor)
      #expect(bytes.count >= 64)
      #expect(try Npy.read(bytes, pool: pool).hasSameBits(as: tensor))
    }
    let words = try #require(Tensor(strings: ["日本", "", "a"].map { Array($0.utf8) }, shape: [3, 1], pool: pool))
    #expect(try Npy.read(Npy.write(words, strings: .unicode), pool: pool).hasSameBits(as: words))
    let bytes = try #require(Tensor(strings: [[0xFF]], pool: pool))
    #expect(throws: FormatError.self) { try Npy.write(bytes, strings: .unicode) }
    let none = try #require(Tensor(strings: [], pool: pool))
    #expect(try Npy.read(Npy.write(none), pool: pool).shape == [0])
  }

  @Test func archives() throws {
    let pool = StringPool()
    let tensors = samples(pool).enumerated().map { (name: "scope/ä\($0.offset)", tensor: $0.element) }
    let archive = try Npz.write(tensors)
    #expect(try Npz.write(tensors) == archive)
    let back = try Npz.read(archive, pool: pool)
    #expect(back.map(\.name) == tensors.map(\.name))
    #expect(zip(back, tensors).allSatisfy { $0.tensor.hasSameBits(as: $1.tensor) })
    #expect(try Npz.read(Npz.write([]), pool: pool).isEmpty)
    let long = String(repeating: "a", count: 70_000)
    #expect(throws: FormatError.self) { try Npz.write([(long, tensors[0].tensor)]) }
  }

  @Test func wideFieldsOfLargeArchives() throws {
    let pool = StringPool()
    let tensors = samples(pool)
    for limit: UInt64 in [0, 150, 1000] {
      let sink = ByteSink()
      var writer = NpzWriter<Never>(wideLimit: limit) { sink.bytes.append(contentsOf: $0) }
      for (index, tensor) in tensors.enumerated() { try writer.add("t\(index)", tensor) }
      try writer.finish()
      let back = try Npz.read(sink.bytes, pool: pool)
      #expect(back.count == tensors.count)
      #expect(zip(back, tensors).allSatisfy { $0.tensor.hasSameBits(as: $1) })
    }
  }

  @Test func aFailingSinkEndsTheWriting() throws {
    struct Full: Error {}
    let tensor = try #require(Tensor([1.0]))
    var writer = NpzWriter<Full> { (_) throws(Full) in throw Full() }
    #expect(throws: NpzWriter<Full>.WriteError.self) { try writer.add("a", tensor) }
  }

  @Test func damagedArchivesNeverTrap() throws {
    var random = SplitMix(state: 10)
    let pool = StringPool()
    let tensor = try #require(Tensor([1.0, 2.0]))
    let sound = try Npz.write([("a", tensor), ("b", tensor)])
    for _ in 0..<5_000 {
      var bytes = sound
      for _ in 0...random.next() % 3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      _ = try? Npz.read(Array(bytes.prefix(Int(random.next() % UInt64(bytes.count + 40)))), pool: pool)
    }
    var damaged = sound
    damaged[150] ^= 1
    #expect(throws: FormatError.self) { try Npz.read(damaged, pool: pool) }
  }

  @Test func checksum() {
    var sum = CRC32()
    Array("123456789".utf8).withUnsafeBytes { sum.add($0) }
    #expect(sum.value == 0xCBF4_3926)
    var parts = CRC32()
    for piece in ["1234567890abcdefgh", "", "xyz"] { Array(piece.utf8).withUnsafeBytes { parts.add($0) } }
    var whole = CRC32()
    Array("1234567890abcdefghxyz".utf8).withUnsafeBytes { whole.add($0) }
    #expect(parts.value == whole.value)
  }
}
