import Foundation
import TensorCore
import Testing

@testable import Blocks

/// The cases of TensorFlow's own unit tests, when the folder with the reference files lies beside the package.
struct FakeQuantReference: Decodable {
  /// A number, or numbers nested to any depth, with the shape they have.
  struct Nested: Decodable {
    let values: [Float]
    let shape: [Int]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Double.self) {
        values = [Float(number)]
        shape = []
      } else {
        let members = try container.decode([Nested].self)
        values = members.flatMap(\.values)
        shape = [members.count] + (members.first?.shape ?? [])
      }
    }

    var tensor: Tensor? { Tensor(values, shape: Shape(shape)) }
  }

  struct Case: Decodable {
    let name: String?
    let op: String
    let numBits: Int64?
    let narrowRange: Bool?
    let min: Nested
    let max: Nested
    let shape: [Int]?
    let inputs: Nested
    let gradients: Nested?
    let expected: Nested?
    let expectedDx: Nested?
    let expectedDmin: Nested?
    let expectedDmax: Nested?
    let exact: Bool?
    let atol: Float?
    let rtol: Float?
  }

  let cases: [Case]
  let invalidCases: [Case]

  static let url: URL? = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    // Beside the package, or beside the folder that holds it.
    return ["../shared/reference", "../../shared/reference"].map { package.appending(path: "\($0)/fake_quant_cases.json") }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }()

  static func load() throws -> FakeQuantReference? {
    guard let url else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(FakeQuantReference.self, from: Data(contentsOf: url))
  }
}

extension FakeQuantReference.Case {
  /// The input tensors and the attrs of this case.
  func arguments(shape: [Int]) throws -> ([Tensor], [String: AttrValue]) {
    var tensors: [Tensor] = []
    if let gradients { tensors.append(try #require(Tensor(gradients.values, shape: Shape(shape)))) }
    tensors.append(try #require(Tensor(inputs.values, shape: Shape(shape))))
    var attrs: [String: AttrValue] = [:]
    if let numBits { attrs["num_bits"] = .int(numBits) }
    if let narrowRange { attrs["narrow_range"] = .bool(narrowRange) }
    if op.hasPrefix("FakeQuantWithMinMaxArgs") {
      attrs["min"] = .float(min.values[0])
      attrs["max"] = .float(max.values[0])
    } else {
      tensors.append(try #require(min.tensor))
      tensors.append(try #require(max.tensor))
    }
    return (tensors, attrs)
  }
}

@Suite struct FakeQuantReferenceTests {
  private static var missing: Comment { "the reference files are not beside the package" }

  @Test(.enabled(if: FakeQuantReference.url != nil, missing)) func everyCaseOfTensorFlow() throws {
    let reference = try #require(try FakeQuantReference.load())
    #expect(reference.cases.count == 176)
    for item in reference.cases {
      let (inputs, attrs) = try item.arguments(shape: item.shape ?? item.inputs.shape)
      let outputs = try runBlock(item.op, inputs, attrs: attrs)
      let expected = [item.expected ?? item.expectedDx, item.expectedDmin, item.expectedDmax].compactMap { $0 }
      #expect(outputs.count == expected.count)
      for (output, wanted) in zip(outputs, expected) {
        let values = try #require(output.elements(as: Float.self))
        #expect(values.count == wanted.values.count)
        let slack: Float = item.exact == true ? 0 : 5 * .ulpOfOne
        for (value, number) in zip(values, wanted.values) {
          let allowed = (item.atol ?? slack) + (item.rtol ?? slack) * number.magnitude
          #expect((value - number).magnitude <= allowed, "\(item.name ?? item.op): \(value), not \(number)")
        }
      }
    }
  }

  @Test(.enabled(if: FakeQuantReference.url != nil, missing)) func everyInvalidCaseIsRefused() throws {
    let reference = try #require(try FakeQuantReference.load())
    #expect(reference.invalidCases.count == 12)
    for item in reference.invalidCases {
      let (inputs, attrs) = try item.arguments(shape: item.inputs.shape)
      let error = try #require(try blockError(item.op, inputs, attrs: attrs))
      #expect(error.id == .shapeMismatch)
      #expect(error.input != nil)
      #expect(error.fix != nil)
    }
  }
}
