import Blocks
import Diagnostics
import TensorCore
import Testing

/// The outputs' bytes and shape in one comparable text.
private func text<Element: TensorElement>(_ tensor: Tensor, as _: Element.Type) -> String {
  "\(tensor.shape) \(tensor.elements(as: Element.self) ?? [])"
}

private func floats(_ values: [Float], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func ints(_ values: [Int32], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func longs(_ values: [Int64], _ shape: Shape? = nil) throws -> Tensor { try #require(Tensor(values, shape: shape)) }
private func zeros(_ dtype: DType, _ shape: Shape) throws -> Tensor { try #require(Tensor(zeros: dtype, shape: shape)) }

/// The id of the diagnostic that `body` ends with.
private func refusal(_ body: () throws -> Void) -> DiagnosticID? {
  do { try body() } catch let error as BlockError { return error.id } catch {}
  return nil
}

private func known(_ dtype: DType, _ dims: [Int]?) -> [RuleContext.Input] { [.init(dtype: dtype, shape: PartialShape(dims))] }
private func valued(_ tensor: Tensor) -> [RuleContext.Input] { [.init(dtype: tensor.dtype, shape: PartialShape(tensor.shape), value: tensor)] }
private func shapes(_ type: String, _ inputs: [[RuleContext.Input]], _ attrs: [String: AttrValue] = [:]) throws -> [PartialShape] {
  let context = try makeContext(type, inputs, attrs: attrs)
  return try context.type.shape(context)
}

@Suite struct ArrayBlockTests {
  @Test func moversWorkForEveryDType() throws {
    let pool = StringPool()
    for dtype in DTypeSet.unquantized.members {
      let x = try #require(Tensor(zeros: dtype, shape: [2, 3], pool: pool))
      for index in 0..<x.count * dtype.byteCount { x.storage.base.storeBytes(of: UInt8(index), toByteOffset: index, as: UInt8.self) }
      let t = try runBlock("Transpose", [x, ints([1, 0])])
      #expect(t[0].shape == [3, 2] && t[0].dtype == dtype)
      let back = try runBlock("Transpose", [t[0], ints([-1, 0])])
      #expect(back[0].hasSameBits(as: x))
      let parts = try runBlock("Split", [ints([-1], []), x], attrs: ["num_split": .int(3)])
      #expect(parts.map(\.shape) == [[2, 1], [2, 1], [2, 1]])
      let joined = try runBlock("Concat", [parts, [ints([1], [])]])
      #expect(joined[0].hasSameBits(as: x))
      #expect(try runBlock("Identity", [x])[0].hasSameBits(as: x))
      #expect(try runBlock("Reshape", [x, longs([-1])])[0].shape == [6])
      #expect(try text(runBlock("Shape", [x])[0], as: Int32.self) == "[2] [2, 3]")
    }
  }

  @Test func shapeTakesTheWiderDType() throws {
    let x = try zeros(.bool, [2, 0, 3])
    #expect(try text(runBlock("Shape", [x], attrs: ["out_type": .type(.int64)])[0], as: Int64.self) == "[3] [2, 0, 3]")
    let wide = try makeContext("Shape", [known(.float, [0, 1 << 40])])
    guard case .value(let rule) = wide.type.compute else { return }
    #expect(refusal { _ = try rule(wide) } == .valueRange)
  }

  @Test func reshapeWorksOutOneSize() throws {
    let cases: [([Int], [Int64], [Int])] = [
      ([6], [2, -1], [2, 3]), ([6], [-1], [6]), ([], [-1], [1]), ([], [1, 1], [1, 1]), ([1], [], []),
      ([0], [0, -1], [0, 1]), ([0], [5, -1], [5, 0]), ([0], [-1, 0], [1, 0]), ([0, 6], [0, -1], [0, 6]), ([0, 6], [3, -1], [3, 0]),
      ([0, 6], [0, 4, -1], [0, 4, 1]), ([4, 0], [0, 0, -1], [0, 0, 4]), ([3, 0], [2, -1], [2, 0]),
    ]
    for (from, sizes, to) in cases {
      #expect(try runBlock("Reshape", [zeros(.float, Shape(from)), longs(sizes)])[0].shape == Shape(to), "\(from) as \(sizes)")
    }
  }

  /// TensorFlow's refusals, with those of its advisories TFSA-2022-085 and TFSA-2022-150.
  @Test func reshapeRefuses() throws {
    let huge: Int64 = 1 << 62
    let cases: [([Int], [Int64], DiagnosticID)] = [
      ([6], [-1, -1], .badValue), ([6], [4, -1], .shapeMismatch), ([6], [-2, 3], .badValue), ([6], [], .shapeMismatch), ([0], [], .shapeMismatch),
      ([6], [0, -1], .shapeMismatch), ([1], [huge, 4], .tooLarge), ([0], [0, huge, huge], .tooLarge), ([0], [1 << 40, 1 << 40, -1], .tooLarge),
      ([2], [.max, 2], .tooLarge), ([4], [-1, .min], .badValue), ([1], Array(repeating: 0, count: 255), .tooLarge),
      ([1], Array(repeating: 1, count: 255), .tooLarge), ([1], Array(repeating: 0, count: 254), .shapeMismatch),
    ]
    for (from, sizes, id) in cases {
      #expect(refusal { _ = try runBlock("Reshape", [zeros(.float, Shape(from)), longs(sizes)]) } == id, "\(from) as \(sizes.prefix(4))")
    }
    #expect(refusal { _ = try runBlock("Reshape", [zeros(.float, [6]), ints([6], [])]) } == .shapeMismatch)
    #expect(refusal { _ = try runBlock("Reshape", [zeros(.float, [6]), ints([6], [1, 1])]) } == .shapeMismatch)
    #expect(refusal { _ = try runBlock("Reshape", [zeros(.float, [6]), floats([6])]) } == .dtypeNotAllowed)
    let large = try shapes("Reshape", [known(.bool, [50_000, 50_000]), valued(longs([1, 2_500_000_000]))])
    #expect(large == [PartialShape([1, 2_500_000_000])])
  }

  @Test func transposePermutes() throws {
    let x = try #require(Tensor((0..<24).map { Int16($0) }, shape: [2, 3, 4]))
    let y = try runBlock("Transpose", [x, ints([2, 0, 1])])[0]
    #expect(text(y, as: Int16.self) == "[4, 2, 3] [0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23]")
    #expect(try runBlock("Transpose", [zeros(.float, [0, 5]), ints([1, 0])])[0].shape == [5, 0])
    #expect(try runBlock("Transpose", [floats([5], []), ints([])])[0].shape == [])
  }

  /// With the advisory TFSA-2021-179.
  @Test func transposeRefuses() throws {
    let cases: [([Int], [Int64], DiagnosticID)] = [
      ([4], [-10], .badValue), ([4], [1], .badValue), ([1, 2], [0], .shapeMismatch), ([1, 2], [1, 1], .badValue), ([1, 2], [-1, 1], .badValue),
      ([1, 2], [0, 1, 2], .shapeMismatch), ([2, 3], [1 << 32 + 1, 0], .badValue), ([2], [.min], .badValue),
    ]
    for (dims, perm, id) in cases {
      #expect(refusal { _ = try runBlock("Transpose", [zeros(.float, Shape(dims)), longs(perm)]) } == id, "\(dims) by \(perm)")
    }
    #expect(refusal { _ = try runBlock("Transpose", [zeros(.float, [1, 2]), ints([1, 0], [1, 2])]) } == .shapeMismatch)
    #expect(refusal { _ = try runBlock("Transpose", [zeros(.float, [1]), ints([0], [])]) } == .shapeMismatch)
  }

  /// With the advisory TFSA-2022-007.
  @Test func concatRefuses() throws {
    func join(_ members: [[Int]], _ axis: Tensor) -> DiagnosticID? {
      refusal { _ = try runBlock("Concat", [members.map { try zeros(.float, Shape($0)) }, [axis]]) }
    }
    #expect(try join([[3], [3]], longs([3_036_676_187], [])) == .badValue)
    #expect(try join([[3], [3]], longs([.min], [])) == .badValue)
    #expect(try join([[2, 3], [2, 3]], ints([2], [])) == .badValue)
    #expect(try join([[2, 3], [2, 3]], ints([-3], [])) == .badValue)
    #expect(try join([[2, 3], [3, 3]], ints([1], [])) == .shapeMismatch)
    #expect(try join([[], []], ints([0], [])) == .shapeMismatch)
    #expect(try join([[2], []], ints([0], [])) == .shapeMismatch)
    #expect(try join([[0], [2, 3]], ints([0], [])) == .shapeMismatch)
    #expect(try join([[2, 3]], ints([0], [])) == .listLength)
    #expect(try join([[2, 3], [2, 3]], ints([0])) == .shapeMismatch)
    #expect(try join([[2, 0], [3, 1]], ints([0], [])) == .shapeMismatch)
    #expect(try join([[2, 0], [3, 0]], ints([0], [])) == nil)
    let huge = Int.max / 2 + 1
    #expect(refusal { _ = try shapes("Concat", [known(.float, [huge, 0]) + known(.float, [huge, 0]), valued(ints([0], []))]) } == .tooLarge)
  }

  /// With the advisory TFSA-2022-029.
  @Test func splitRefuses() throws {
    let cases: [([Int], [Int32], Shape, Int64, DiagnosticID)] = [
      ([6], [0], [], 4, .badValue), ([6], [1], [], 1, .badValue), ([6], [-2], [], 2, .badValue), ([], [0], [], 1, .shapeMismatch),
      ([6], [0], [1], 2, .shapeMismatch), ([6, 3], [1, 2], [2], 3, .shapeMismatch), ([6], [0], [], 0, .badAttrValue),
      ([6], [0], [], -1, .badAttrValue), ([6], [0], [], 7, .badValue), ([6], [0], [], .max, .badAttrValue),
    ]
    for (dims, axis, axisShape, pieces, id) in cases {
      let found = refusal { _ = try runBlock("Split", [ints(axis, axisShape), zeros(.float, Shape(dims))], attrs: ["num_split": .int(pieces)]) }
      #expect(found == id, "\(dims) at \(axis) into \(pieces)")
    }
    #expect(try runBlock("Split", [ints([0], []), zeros(.float, [0, 3])], attrs: ["num_split": .int(2)]).map(\.shape) == [[0, 3], [0, 3]])
  }

  @Test func oneHotPlacesTheNewAxis() throws {
    func hot(_ axis: Int64) throws -> String {
      let inputs = try [ints([0, -1, 2]), ints([3], []), floats([5], []), floats([-0.5], [])]
      return try text(runBlock("OneHot", inputs, attrs: ["axis": .int(axis)])[0], as: Float.self)
    }
    #expect(try hot(-1) == "[3, 3] [5.0, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 5.0]")
    #expect(try hot(0) == "[3, 3] [5.0, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, -0.5, 5.0]")
    let rows = try [ints([0, 1, 1, 5], [2, 2]), ints([2], []), floats([1], []), floats([0], [])]
    #expect(try text(runBlock("OneHot", rows, attrs: ["axis": .int(1)])[0], as: Float.self) == "[2, 2, 2] [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]")
    let bytes = try #require(Tensor([UInt8(200), 255, 1]))
    let long = try runBlock("OneHot", [bytes, ints([256], []), floats([1], []), floats([0], [])])[0]
    #expect(long.elements(as: Float.self)?.indices.filter { long.elements(as: Float.self)?[$0] == 1 } == [200, 511, 513])
    let far = try runBlock("OneHot", [longs([1 << 40, 1]), ints([3], []), floats([1], []), floats([0], [])])[0]
    #expect(text(far, as: Float.self) == "[2, 3] [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]")
  }

  @Test func oneHotRefuses() throws {
    func hot(_ indices: Shape, _ depth: Tensor, _ on: Shape = [], _ off: Shape = [], axis: Int64 = -1) -> DiagnosticID? {
      refusal {
        _ = try runBlock("OneHot", [zeros(.int32, indices), depth, zeros(.float, on), zeros(.float, off)], attrs: ["axis": .int(axis)])
      }
    }
    #expect(try hot([2], ints([-1], [])) == .badValue)
    #expect(try hot([2], ints([3], [1])) == .shapeMismatch)
    #expect(try hot([2], ints([3], []), [1]) == .shapeMismatch)
    #expect(try hot([2], ints([3], []), [], [1]) == .shapeMismatch)
    #expect(try hot([2], ints([3], []), axis: 2) == .badAttrValue)
    #expect(try hot([2], ints([3], []), axis: -2) == .badAttrValue)
    #expect(try hot([], ints([3], []), axis: 1) == .badAttrValue)
    #expect(try hot([2], ints([0], [])) == nil)
    let depth = try valued(ints([.max], []))
    let scalar = known(.float, [])
    #expect(refusal { _ = try shapes("OneHot", [known(.int32, [1 << 33]), depth, scalar, scalar]) } == .tooLarge)
    #expect(try shapes("OneHot", [known(.int32, [1 << 20, 0]), depth, scalar, scalar]) == [PartialShape([1 << 20, 0, 2_147_483_647])])
    let flat = Array(repeating: 1, count: 254)
    #expect(refusal { _ = try shapes("OneHot", [known(.int32, flat), depth, scalar, scalar]) } == .tooLarge)
  }

  @Test func unknownValuesGiveUnknownDimensions() throws {
    let x = known(.float, [2, -1])
    let scalar = known(.int32, [])
    #expect(try shapes("Transpose", [x, known(.int32, [2])]) == [PartialShape([-1, -1])])
    #expect(try shapes("Transpose", [x, known(.int32, nil)]) == [PartialShape([-1, -1])])
    #expect(try shapes("Transpose", [x, valued(ints([1, 0]))]) == [PartialShape([-1, 2])])
    #expect(try shapes("Transpose", [known(.float, nil), valued(ints([1, 0]))]) == [PartialShape([-1, -1])])
    #expect(refusal { _ = try shapes("Transpose", [x, known(.int32, [3])]) } == .shapeMismatch)
    #expect(refusal { _ = try shapes("Transpose", [known(.float, nil), known(.int32, [.max])]) } == .tooLarge)
    #expect(refusal { _ = try shapes("Reshape", [known(.float, nil), known(.int32, [.max])]) } == .tooLarge)
    #expect(try shapes("Reshape", [x, known(.int32, [3])]) == [PartialShape([-1, -1, -1])])
    #expect(try shapes("Reshape", [x, known(.int32, nil)]) == [.unknown])
    #expect(try shapes("Reshape", [x, valued(ints([4, -1]))]) == [PartialShape([4, -1])])
    #expect(try shapes("Concat", [x + known(.float, [2, 3]), scalar]) == [PartialShape([-1, -1])])
    #expect(try shapes("Concat", [x + known(.float, [2, 3]), valued(ints([1], []))]) == [PartialShape([2, -1])])
    #expect(try shapes("Concat", [x + known(.float, [4, 3]), valued(ints([0], []))]) == [PartialShape([6, 3])])
    #expect(try shapes("Concat", [known(.float, nil) + known(.float, [2, 3]), valued(ints([0], []))]) == [PartialShape([-1, 3])])
    #expect(refusal { _ = try shapes("Concat", [x + known(.float, [2]), scalar]) } == .shapeMismatch)
    #expect(try shapes("Split", [scalar, x], ["num_split": .int(2)]) == [PartialShape([-1, -1]), PartialShape([-1, -1])])
    #expect(try shapes("Split", [valued(ints([0], [])), x], ["num_split": .int(2)]) == [PartialShape([1, -1]), PartialShape([1, -1])])
    #expect(try shapes("OneHot", [known(.int64, [2, -1]), scalar, known(.float, []), known(.float, [])]) == [PartialShape([2, -1, -1])])
    #expect(try shapes("Shape", [known(.float, nil)]) == [PartialShape([-1])])
  }

  @Test func inputListKeepsItsMembers() throws {
    let members = try [floats([1, 2]), ints([3], [])]
    let out = try runBlock("InputList", [members])
    #expect(out.map(\.dtype) == [.float, .int32] && zip(out, members).allSatisfy { $0.hasSameBits(as: $1) })
  }

  @Test func placeholderHasTheShapeOfItsAttr() throws {
    #expect(try shapes("Placeholder", [], ["dtype": .type(.int64), "shape": .shape(PartialShape([2, -1]))]) == [PartialShape([2, -1])])
    #expect(try shapes("Placeholder", [], ["dtype": .type(.int64)]) == [.unknown])
  }
}
