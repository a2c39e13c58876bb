import Testing

@testable import TensorCore

/// Texts, JSON and .npy of half, bfloat16, complex numbers and wide unsigned integers.
struct UnusualDTypeTests {
  private func texts<Element: TensorElement>(_ values: [Element]) throws -> (Tensor, [String]) {
    let tensor = try #require(Tensor(values))
    return (tensor, (0..<tensor.count).map { ValueFormat.shortest(tensor, at: $0) })
  }

  private func readBack(_ texts: [String], _ dtype: DType) throws -> Tensor {
    try ValueText(texts.joined(separator: " "), style: .page).tensor(dtype: dtype, shape: [texts.count], pool: StringPool())
  }

  private func json(_ tensor: Tensor, at index: Int = 0) -> String {
    var bytes: [UInt8] = []
    ValueFormat.appendJSON(tensor, at: index, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func everyHalfReadsBack() throws {
    let values = (UInt16.min ... .max).map { Float16(bitPattern: $0) }.filter { !$0.isNaN }
    let (tensor, written) = try texts(values)
    #expect(try readBack(written, .half).hasSameBits(as: tensor))
    #expect(try texts([Float16.nan, -.nan]).1 == ["nan", "nan"])
    #expect(written.allSatisfy { $0.utf8.count <= 11 })
  }

  @Test func everyBFloat16ReadsBack() throws {
    let values = (UInt16.min ... .max).map { BFloat16(bitPattern: $0) }.filter { !$0.float.isNaN }
    let (tensor, written) = try texts(values)
    #expect(try readBack(written, .bfloat16).hasSameBits(as: tensor))
    // Three digits tell most of them apart: the text is the shortest, not that of the float.
    #expect(written.contains("0.1") && written.contains("3.39e+38"))
  }

  @Test func halvesAreRoundedOnce() throws {
    let tensor = try readBack(["2049", "2050.9999", "2051", "65519.99", "5.9604645e-8", "2.98e-8", "2.981e-8"], .half)
    #expect((0..<7).map { ValueFormat.shortest(tensor, at: $0) } == ["2048", "2050", "2052", "65504", "6e-08", "0", "6e-08"])
    #expect(throws: ValueTextError.self) { try readBack(["65520"], .half) }
    #expect(throws: ValueTextError.self) { try readBack(["3.4e38"], .bfloat16) }
    // Between two bfloat16 by less than a float can tell: not rounded by way of a float.
    let near = try readBack(["1.0039062500000002", "1.00390625", "1.0117187499999998"], .bfloat16)
    #expect((0..<3).map { ValueFormat.shortest(near, at: $0) } == ["1.01", "1", "1.01"])
  }

  @Test func complexNumbersReadBack() throws {
    let parts: [Double] = [0, -0.0, 1, -1.5, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e-7, 0.1]
    let values = parts.flatMap { real in parts.map { Complex128(real, $0) } }
    let (tensor, written) = try texts(values)
    #expect(try readBack(written, .complex128).hasSameBits(as: tensor))
    let short = values.map { Complex64(Float($0.real), Float($0.imaginary)) }
    let (floats, shortened) = try texts(short)
    #expect(try readBack(shortened, .complex64).hasSameBits(as: floats))
    #expect(
      try texts([Complex64(1, -2), Complex64(.nan, .infinity), Complex64(0, .nan), Complex64(-.infinity, -0.0)]).1
        == ["1-2j", "nan+infj", "0+nanj", "-inf-0.0j"])
  }

  @Test func complexTexts() throws {
    let good: [(String, Double, Double)] = [
      ("3", 3, 0), ("2j", 0, 2), ("-2J", 0, -2), ("1+2j", 1, 2), ("1e-3-2e+3j", 1e-3, -2e3), ("-inf+infj", -.infinity, .infinity),
      ("1.5e5j", 0, 1.5e5),
    ]
    for (text, real, imaginary) in good {
      let tensor = try readBack([text], .complex128)
      #expect(tensor.hasSameBits(as: try #require(Tensor([Complex128(real, imaginary)]))), "\(text)")
    }
    for text in [
      "j", "+j", "1+j", "1+2", "1++2j", "2j+1", "1+2jj", "1ej", "e5j", "nanj+", "1+2i", "(1+2j)", "--1j", "0x1j", "\"1j\"",
      "1e99999999999999999999jj",
    ] {
      #expect(throws: ValueTextError.self, "\(text)") { try ValueText(text, style: .page).tensor(dtype: .complex128, shape: nil, pool: StringPool()) }
    }
    for dtype in [DType.float, .int32, .bool, .uint64] { #expect(throws: ValueTextError.self) { try readBack(["2j"], dtype) } }
  }

  @Test func wideUnsignedIntegers() throws {
    let (tensor, written) = try texts([UInt64.max, UInt64.max - 1, 1 << 63, 9_999_999_999_999_999_999, 10_000_000_000_000_000_000, 0])
    #expect(written[0] == "18446744073709551615")
    #expect(try readBack(written, .uint64).hasSameBits(as: tensor))
    #expect(json(tensor) == "18446744073709551615")
    for text in ["18446744073709551616", "-1", "99999999999999999999999", "1.5", "1e30", "nan"] {
      #expect(throws: ValueTextError.self, "\(text)") { try readBack([text], .uint64) }
    }
    for text in ["4294967296", "-1"] { #expect(throws: ValueTextError.self, "\(text)") { try readBack([text], .uint32) } }
    #expect(try readBack(["4294967295", "4e9"], .uint32).hasSameBits(as: try #require(Tensor([UInt32.max, 4_000_000_000]))))
  }

  @Test func jsonOfThem() throws {
    #expect(json(try #require(Tensor([Complex64(0.1, -0.0)]))) == "[0.1,-0.0]")
    #expect(json(try #require(Tensor([Complex128(.nan, -.infinity)]))) == #"["NaN","-Infinity"]"#)
    #expect(json(try #require(Tensor([Float16(65504)]))) == "65504")
    #expect(json(try #require(Tensor([BFloat16(Float(0.1))]))) == "0.1")
  }

  @Test func filesOfThem() throws {
    func check<Element: TensorElement>(_ values: [Element], _ descr: String) throws {
      let tensor = try #require(Tensor(values)?.reshaped([2, values.count / 2]))
      let bytes = try Npy.write(tensor)
      #expect(String(decoding: bytes.prefix(64), as: UTF8.self).contains("'\(descr)'"))
      let back = try Npy.read(bytes, pool: StringPool())
      #expect(back.dtype == tensor.dtype && back.shape == tensor.shape && back.hasSameBits(as: tensor), "\(descr)")
    }
    try check([Float16.nan, 1, -0.0, .leastNonzeroMagnitude], "<f2")
    try check([BFloat16(bitPattern: 0x7f81), BFloat16(bitPattern: 0xffff), BFloat16(bitPattern: 1), BFloat16(bitPattern: 0x8000)], "<V2")
    try check([Complex64(1, -.nan), Complex64(-0.0, .infinity)], "<c8")
    try check([Complex128(1, -2), Complex128(.nan, -0.0)], "<c16")
    try check([UInt32.max, 0], "<u4")
    try check([UInt64.max, 1 << 63], "<u8")
  }
}
