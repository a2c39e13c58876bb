import Blocks
import Diagnostics
import KernelTable
import TensorCore
import Testing

/// The kernels that change variables, block by block.
@Suite struct TrainingTests {
  private static let family = Catalogue.standard.families.first { $0.name == "training" }?.types ?? []

  @Test func everyTypeOfTheFamilyIsThere() {
    #expect(Self.family.count == 40)
    #expect(Set(Self.family.map(\.name)).count == 40)
    for type in Self.family { #expect(type.outputs[0].isOperation == type.name.hasPrefix("Resource")) }
  }

  /// Numbers between 0 and 1 that look random.
  private static func numbers(_ count: Int, _ seed: inout UInt64) -> [Double] {
    (0..<count).map { _ in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(seed >> 40) / Double(1 << 24)
    }
  }

  private static func tensor(_ values: [Double], _ dims: [Int], _ dtype: DType) throws -> Tensor {
    let flat = dtype == .float ? Tensor(values.map { Float($0) }) : Tensor(values)
    return try #require(flat?.reshaped(Shape(dims)))
  }

  /// A tensor of its own with the same elements, for a kernel to change.
  private static func copy(_ tensor: Tensor) throws -> Tensor {
    let flat: Tensor? =
      switch tensor.dtype {
      case .float: tensor.elements(as: Float.self).flatMap { Tensor($0) }
      case .double: tensor.elements(as: Double.self).flatMap { Tensor($0) }
      case .int32: tensor.elements(as: Int32.self).flatMap { Tensor($0) }
      default: tensor
      }
    return try #require(flat?.reshaped(tensor.shape))
  }

  /// Variables, hyperparameters and a gradient for a type: rows of `inner` elements.
  private static func inputs(_ type: BlockType, inner: Int, _ dtype: DType) throws -> [Tensor] {
    var seed: UInt64 = 11
    let isSparse = type.name.contains("Sparse")
    let rows = 9
    return try type.inputs.map { pin in
      if pin.variableUse == .update {
        return try tensor(numbers(rows * inner, &seed).map { $0 + (pin.name == "ms" ? 2 : 0.1) }, [rows, inner], dtype)
      }
      switch pin.name {
      case "indices": return try #require(Tensor([Int32(3), 0, 8, 3]))
      case "grad", "delta":
        let count = isSparse ? 4 : rows
        return try tensor(numbers(count * inner, &seed).map { $0 - 0.5 }, [count, inner], dtype)
      case "global_step": return try #require(Tensor([Int64(5)])?.reshaped(.scalar))
      case "lr_power": return try tensor([-0.3], [], dtype)
      default: return try tensor(numbers(1, &seed).map { $0 * 0.5 + 0.1 }, [], dtype)
      }
    }
  }

  /// What is left in the variables.
  private static func trained(_ type: BlockType, _ inputs: [Tensor], on kernels: KernelTable) throws -> [Tensor] {
    let copies = try inputs.map { try Self.copy($0) }
    _ = try runBlock(type.name, copies, on: kernels)
    return type.updatedPins.map { copies[$0] }
  }

  @Test(arguments: family.map(\.name))
  func allInstructionSetsGiveTheSameBits(_ name: String) throws {
    let type = try #require(Catalogue.standard[name])
    for dtype in [DType.float, .double] {
      for inner in [1, 3, 37] {
        let inputs = try Self.inputs(type, inner: inner, dtype)
        let first = try Self.trained(type, inputs, on: KernelTable(level: .baseline))
        #expect(zip(first, type.updatedPins).contains { !$0.hasSameBits(as: inputs[$1]) })
        for level in ProcessorLevel.available {
          let others = try Self.trained(type, inputs, on: KernelTable(level: level))
          #expect(zip(first, others).allSatisfy { $0.hasSameBits(as: $1) }, "\(level) \(dtype) \(inner)")
        }
      }
    }
  }

  /// A row that is met twice changes twice.
  @Test(arguments: family.map(\.name).filter { $0.contains("Sparse") })
  func rowsFollowOneAnother(_ name: String) throws {
    let type = try #require(Catalogue.standard[name])
    let gradient = try #require(type.inputs.firstIndex { $0.name == "grad" })
    let indices = type.inputs.count - 1
    var once = try Self.inputs(type, inner: 5, .float)
    let all = try Self.trained(type, once, on: .standard)
    let rows = try #require(once[gradient].elements(as: Float.self))
    for (row, index) in [Int32(3), 0, 8, 3].enumerated() {
      once[gradient] = try #require(Tensor(Array(rows[row * 5..<row * 5 + 5]))?.reshaped([1, 5]))
      once[indices] = try #require(Tensor([index]))
      for (pin, variable) in zip(type.updatedPins, try Self.trained(type, once, on: .standard)) { once[pin] = variable }
    }
    #expect(zip(all, type.updatedPins).allSatisfy { $0.hasSameBits(as: once[$1]) })
  }

  @Test(arguments: family.map(\.name).filter { $0.contains("Sparse") })
  func anIndexOutOfRangeChangesNothing(_ name: String) throws {
    let type = try #require(Catalogue.standard[name])
    for bad in [Int32(9), -1] {
      var inputs = try Self.inputs(type, inner: 2, .float)
      inputs[type.inputs.count - 1] = try #require(Tensor([Int32(1), 2, 3, bad]))
      let before = try inputs.map { try Self.copy($0) }
      #expect(refusal { try runBlock(name, inputs) } == .indexOutOfRange)
      #expect(zip(inputs, before).allSatisfy { $0.hasSameBits(as: $1) })
    }
  }

  @Test(arguments: ["ScatterDiv", "ScatterAdd", "ScatterNdUpdate"])
  func aScatterThatFailsChangesNothing(_ name: String) throws {
    let isTuple = name.contains("Nd")
    let variable = try #require(Tensor([Int32(6), 7, 8]))
    func run(_ indices: [Int32], _ updates: [Int32]) throws -> DiagnosticID? {
      let pins = [
        variable, try #require(Tensor(indices)?.reshaped(Shape(isTuple ? [indices.count, 1] : [indices.count]))), try #require(Tensor(updates)),
      ]
      return refusal { try runBlock(name, pins) }
    }
    #expect(try run([0, 3], [1, 1]) == .indexOutOfRange)
    #expect(try run([0, -1], [1, 1]) == .indexOutOfRange)
    if name == "ScatterDiv" { #expect(try run([0, 1], [2, 0]) == .divisionByZero) }
    #expect(variable.elements(as: Int32.self) == [6, 7, 8])
  }
}
