import Blocks
import Diagnostics
import KernelTable
import TensorCore
import Testing

private func tensor<T: TensorElement>(_ values: [T], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func number(_ value: Float) throws -> Tensor { try tensor([value], .scalar) }

/// A tensor of a quantised dtype; its levels as numbers.
private func levels(_ dtype: DType, _ numbers: [Int], _ shape: Shape? = nil) throws -> Tensor {
  let tensor = try #require(Tensor(zeros: dtype, shape: shape ?? [numbers.count]))
  for (place, number) in numbers.enumerated() {
    for byte in 0..<dtype.byteCount {
      tensor.storage.base.storeBytes(
        of: UInt8(truncatingIfNeeded: number >> (8 * byte)), toByteOffset: place * dtype.byteCount + byte, as: UInt8.self)
    }
  }
  return tensor
}

private func numbers(_ tensor: Tensor) -> [Int] {
  (0..<tensor.count).map { place in
    let base = tensor.storage.base
    return switch tensor.dtype {
    case .qint8: Int(base.load(fromByteOffset: place, as: Int8.self))
    case .quint8: Int(base.load(fromByteOffset: place, as: UInt8.self))
    case .qint16: Int(base.load(fromByteOffset: 2 * place, as: Int16.self))
    case .quint16: Int(base.load(fromByteOffset: 2 * place, as: UInt16.self))
    default: Int(base.load(fromByteOffset: 4 * place, as: Int32.self))
    }
  }
}

/// Quantised numbers: the levels are those of TensorFlow 2.21 (without oneDNN).
@Suite struct QuantizedTests {
  private let x: [Float] = [.infinity, -.infinity, -5, -1, -0.5, 0, 0.25, 0.5, 1, 1.5, 2.5, 3, 100, 1e-40]

  private func quantize(_ dtype: DType, _ mode: String, even: Bool = false, narrow: Bool = false) throws -> [Tensor] {
    try runBlock(
      "QuantizeV2", [tensor(x), number(-1), number(3)],
      attrs: [
        "T": .type(dtype), "mode": .string(mode), "round_mode": .string(even ? "HALF_TO_EVEN" : "HALF_AWAY_FROM_ZERO"), "narrow_range": .bool(narrow),
      ])
  }

  @Test func levelsAreSpreadOverTheRange() throws {
    #expect(try numbers(quantize(.quint8, "MIN_COMBINED")[0]) == [255, 0, 0, 0, 32, 64, 80, 96, 128, 159, 223, 255, 255, 64])
    #expect(try numbers(quantize(.qint8, "MIN_COMBINED")[0]) == [127, -128, -128, -128, -96, -64, -48, -32, -1, 31, 95, 127, 127, -64])
    #expect(
      try numbers(quantize(.qint16, "MIN_FIRST")[0]) == [
        32767, -32768, -32768, -32768, -24576, -16384, -12288, -8192, 0, 8192, 24575, 32767, 32767, -16384,
      ])
    #expect(
      try numbers(quantize(.quint16, "MIN_FIRST")[0]) == [
        65535, 0, 0, 0, 8192, 16384, 20480, 24576, 32768, 40960, 57343, 65535, 65535, 16384,
      ])
    #expect(
      try numbers(quantize(.qint32, "MIN_FIRST")[0]) == [
        2_147_483_520, -2_147_483_648, -2_147_483_648, -2_147_483_648, -1_610_612_736, -1_073_741_824, -805_306_368, -536_870_912, 0, 536_870_912,
        1_610_612_736, 2_147_483_520, 2_147_483_520, -1_073_741_824,
      ])
  }

  @Test func scaledLevelsKeepZero() throws {
    let found = try quantize(.quint8, "SCALED", even: true)
    #expect(numbers(found[0]) == [255, 0, 0, 0, 0, 0, 21, 42, 85, 128, 212, 255, 255, 0])
    #expect(found[1].elements(as: Float.self) == [0] && found[2].elements(as: Float.self) == [3])
    let away = try quantize(.qint8, "SCALED")
    #expect(numbers(away[0]) == [127, -128, -128, -42, -21, 0, 11, 21, 42, 64, 106, 127, 127, 0])
    #expect(away[1].elements(as: Float.self) == [-3.023622])
    #expect(try quantize(.quint8, "SCALED", narrow: true)[1].elements(as: Float.self) == [0.011764706])
    #expect(refusal { try quantize(.quint8, "MIN_FIRST", even: true) } == .badAttrValue)
  }

  @Test func conversionsNeverTrap() throws {
    let wild: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 3e9, -3e9]
    for dtype in [DType.qint8, .quint8, .qint16, .quint16, .qint32] {
      for mode in ["MIN_COMBINED", "MIN_FIRST", "SCALED"] {
        for (low, high) in [(-1, 1), (0, 0), (-.greatestFiniteMagnitude, .greatestFiniteMagnitude), (.nan, .nan), (-.infinity, .infinity)]
          as [(Float, Float)]
        {
          let found = try runBlock("QuantizeV2", [tensor(wild), number(low), number(high)], attrs: ["T": .type(dtype), "mode": .string(mode)])
          _ = try runBlock("Dequantize", found, attrs: ["mode": .string(mode)])
        }
      }
    }
    // What is beyond the last level is the last level.
    let most = try runBlock("QuantizeV2", [tensor([5] as [Float]), number(-1), number(1)], attrs: ["T": .type(.qint32)])
    #expect(numbers(most[0]) == [2_147_483_647])
  }

  @Test func slicesHaveRangesOfTheirOwn() throws {
    let both = try runBlock(
      "QuantizeV2", [tensor([1, 1, 1, 1] as [Float], [2, 2]), tensor([0, 0] as [Float]), tensor([1, 2] as [Float])],
      attrs: ["T": .type(.quint8), "axis": .int(1)])
    #expect(numbers(both[0]) == [255, 128, 255, 128])
    #expect(try runBlock("Dequantize", both, attrs: ["axis": .int(1)])[0].elements(as: Float.self) == [1, 1.0039216, 1, 1.0039216])
    #expect(refusal { try runBlock("Dequantize", both, attrs: ["axis": .int(2)]) } == .badAttrValue)
    #expect(refusal { try runBlock("Dequantize", both, attrs: ["axis": .int(1), "mode": .string("MIN_FIRST")]) } == .badAttrValue)
  }

  @Test func productsOfLevels() throws {
    let ranges = try [number(-1), number(2), number(-1), number(1)]
    let a = try levels(.quint8, [170, 42, 106, 255, 85, 0], [2, 3])
    let b = try levels(.quint8, [192, 255, 0, 160, 224, 64], [3, 2])
    let product = try runBlock("QuantizedMatMul", [a, b] + ranges)
    #expect(numbers(product[0]) == [12960, 8075, 2720, 27030])
    #expect(product[1].elements(as: Float.self) == [-198153.06] && product[2].elements(as: Float.self) == [198153.06])
    let used = try runBlock("RequantizationRange", product)
    #expect(used[0].elements(as: Float.self) == [0] && used[1].elements(as: Float.self) == [2.494164])
    let narrow = try runBlock("Requantize", product + used, attrs: ["out_type": .type(.quint8)])
    #expect(numbers(narrow[0]) == [122, 76, 26, 255])
    #expect(try runBlock("QuantizeDownAndShrinkRange", product, attrs: ["out_type": .type(.quint8)])[0].hasSameBits(as: narrow[0]))
    let row = try levels(.quint8, [85, 86, 0])
    #expect(try numbers(runBlock("QuantizedMul", [a, row] + ranges)[0]) == [85 * -43, -43 * -42, 21 * -128, 170 * -43, 0, -85 * -128])
    #expect(refusal { try runBlock("QuantizedMatMul", [a, b, number(1), number(1)] + ranges[2...]) } == .badValue)
    #expect(refusal { try runBlock("Requantize", product + [number(0.5), number(1)], attrs: ["out_type": .type(.quint8)]) } == .badValue)
  }

  @Test func joinedRangesHoldAll() throws {
    let parts = try [levels(.quint8, [0, 255]), levels(.quint8, [0, 255])]
    let found = try runBlock(
      "QuantizedConcat", [parts, [tensor([0] as [Int32], .scalar)], [number(1), number(1.5)], [number(2), number(3)]])
    #expect(numbers(found[0]) == [85, 170, 128, 255])
    #expect(found[1].elements(as: Float.self) == [0] && found[2].elements(as: Float.self) == [3])
    #expect(
      refusal { try runBlock("QuantizedConcat", [parts, [tensor([0] as [Int32], .scalar)], [number(1), number(1)], [number(2)]]) } == .listLength)
  }

  @Test func roundingToSteps() throws {
    func rounded(_ attrs: [String: AttrValue]) throws -> [Float]? {
      try runBlock("QuantizeAndDequantizeV2", [tensor([0, 1, 2, 3, 4, 5] as [Float]), number(0), number(1)], attrs: attrs)[0].elements(as: Float.self)
    }
    #expect(try rounded(["num_bits": .int(3)]) == [0, 1.6666666, 1.6666666, 3.3333333, 3.3333333, 5])
    #expect(try rounded(["range_given": .bool(true), "num_bits": .int(61)])?.max() == 1)
    #expect(refusal { try rounded(["num_bits": .int(62)]) } == .badAttrValue)
    #expect(refusal { try rounded(["num_bits": .int(63)]) } == .badAttrValue)
    #expect(
      refusal { try runBlock("QuantizeAndDequantizeV2", [tensor([1] as [Float]), number(2), number(1)], attrs: ["range_given": .bool(true)]) }
        == .badValue)
  }
}
