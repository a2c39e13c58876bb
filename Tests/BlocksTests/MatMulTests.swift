import Blocks
import Diagnostics
import TensorCore
import Testing

private func floats(_ count: Int, _ shape: Shape, seed: Int) throws -> Tensor {
  try #require(Tensor((0..<count).map { Float((($0 + seed) * 7919) % 10_007 - 5000) * 1e-3 }, shape: shape))
}

@Suite struct MatMulTests {
  /// Each element is the plain sum in ascending order, which also keeps it within k * 2^-23 * (sum of magnitudes).
  @Test(arguments: [(1, 1, 1), (4, 8, 5), (5, 9, 130), (97, 7, 3), (3, 20, 300), (200, 17, 129), (2, 3, 0), (0, 3, 4), (3, 0, 4)])
  func productIsThePlainSum(_ m: Int, _ n: Int, _ k: Int) throws {
    for (transposesA, transposesB) in [(false, false), (true, false), (false, true), (true, true)] {
      let a = try floats(m * k, transposesA ? [k, m] : [m, k], seed: 1)
      let b = try floats(k * n, transposesB ? [n, k] : [k, n], seed: 2)
      let out = try runBlock("MatMul", [a, b], attrs: ["transpose_a": .bool(transposesA), "transpose_b": .bool(transposesB)])[0]
      #expect(out.shape == [m, n])
      let x = a.elements(as: Float.self) ?? []
      let y = b.elements(as: Float.self) ?? []
      let product = out.elements(as: Float.self) ?? []
      for i in 0..<m {
        for j in 0..<n {
          var sum: Float = 0
          var exact = 0.0
          var magnitude = 0.0
          for t in 0..<k {
            let p = x[transposesA ? t * m + i : i * k + t]
            let q = y[transposesB ? j * k + t : t * n + j]
            sum += p * q
            exact += Double(p) * Double(q)
            magnitude += abs(Double(p) * Double(q))
          }
          #expect(product[i * n + j].bitPattern == sum.bitPattern)
          #expect(abs(Double(sum) - exact) <= Double(k) * 0x1p-23 * magnitude)
        }
      }
    }
  }

  @Test func integersAndSpecialValues() throws {
    let a = try #require(Tensor([Int32.max, 2], shape: [1, 2]))
    let b = try #require(Tensor([Int32(2), 3], shape: [2, 1]))
    #expect(try runBlock("MatMul", [a, b])[0].elements(as: Int32.self) == [4])
    let long = try #require(Tensor([Int64.max, 2], shape: [1, 2]))
    let other = try #require(Tensor([Int64(2), 3], shape: [2, 1]))
    #expect(try runBlock("MatMul", [long, other])[0].elements(as: Int64.self) == [4])
    let zero = try #require(Tensor([Float(-0.0)], shape: [1, 1]))
    let one = try #require(Tensor([Float(1)], shape: [1, 1]))
    #expect(try runBlock("MatMul", [zero, one])[0].elements(as: Float.self)?.first?.bitPattern == 0)
    let infinite = try #require(Tensor([Float.infinity, 1], shape: [1, 2]))
    let column = try #require(Tensor([Float(0), 1], shape: [2, 1]))
    #expect(try runBlock("MatMul", [infinite, column])[0].elements(as: Float.self)?.first?.isNaN == true)
    let thin = try #require(Tensor(zeros: .double, shape: [2, 0]))
    let flat = try #require(Tensor(zeros: .double, shape: [0, 3]))
    #expect(try runBlock("MatMul", [thin, flat])[0].elements(as: Double.self) == [0, 0, 0, 0, 0, 0])
  }

  @Test func refusals() throws {
    func refused(_ a: Shape, _ b: Shape, _ dtype: DType = .float) throws -> BlockError? {
      let x = try #require(Tensor(zeros: dtype, shape: a))
      let y = try #require(Tensor(zeros: dtype, shape: b))
      do { _ = try runBlock("MatMul", [x, y]) } catch let error as BlockError { return error }
      return nil
    }
    #expect(try refused([2, 3], [2, 3])?.fix == "transpose_a=\"false\" transpose_b=\"true\" would fit")
    #expect(try refused([3], [3, 1])?.id == .shapeMismatch)
    #expect(try refused([1, 2, 3], [1, 3, 2])?.id == .shapeMismatch)
    #expect(try refused([], [])?.id == .shapeMismatch)
    #expect(try refused([2, 0], [1, 3])?.id == .shapeMismatch)
    for dtype in [DType.int8, .int16, .uint8, .uint16, .bool] { #expect(try refused([1, 1], [1, 1], dtype)?.id == .dtypeNotAllowed) }
  }

  @Test func unknownDimensions() throws {
    func shape(_ a: [Int]?, _ b: [Int]?) throws -> PartialShape? {
      let inputs: [[RuleContext.Input]] = [[.init(dtype: .float, shape: PartialShape(a))], [.init(dtype: .float, shape: PartialShape(b))]]
      let context = try makeContext("MatMul", inputs)
      return try context.type.shape(context).first
    }
    #expect(try shape(nil, [3, 4]) == PartialShape([-1, 4]))
    #expect(try shape([2, -1], [3, 4]) == PartialShape([2, 4]))
    #expect(try shape(nil, nil) == PartialShape([-1, -1]))
  }
}
