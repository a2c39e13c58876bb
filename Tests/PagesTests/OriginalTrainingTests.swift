import Compile
import Foundation
import Page
import Run
import TensorCore
import Testing

/// Original pages that train, against the values that are saved in them. They are no part of this repository; without them these tests
/// are skipped.
@Suite(.enabled(if: originalPages != nil, "the original pages are not here: set ENUFLOW_SHARED to their folder"))
struct OriginalTrainingTests {
  /// The `result_*` pins of a page, by `id.pin`: what the original has saved. A lone zero was never written.
  private static func saved(_ page: Page) -> [String: [Double]] {
    var values: [String: [Double]] = [:]
    for (index, block) in page.blocks.enumerated() {
      for pin in block.pins.map({ page.pins[Int($0)] }) where pin.isResult {
        guard case .text(let range) = pin.content else { continue }
        let numbers = page.source.text(range).split(separator: ";").compactMap { Double($0) }
        if !numbers.isEmpty, numbers != [0] { values["\(page.displayName(ofBlock: index)).\(page.symbols[pin.name])"] = numbers }
      }
    }
    return values
  }

  /// What differs after some cycles, flat, within the precision of the saved texts; and how much was compared.
  private static func differences(_ session: Session, _ saved: [String: [Double]]) throws -> (differing: [String], count: Int) {
    var differing: [String] = []
    for (name, expected) in saved {
      let numbers = try session.result(name).doubles ?? []
      let agree = numbers.count == expected.count && zip(numbers, expected).allSatisfy { abs($0 - $1) <= 6e-7 + 1.5e-6 * abs($1) }
      if !agree { differing.append("\(name): \(numbers), saved \(expected)") }
    }
    return (differing, saved.count)
  }

  @Test func gradientDescentAfter22312Cycles() throws {
    let page = try #require(PageReader.read(file: (originalPages ?? "") + "gradient_descent_xw_apply.svg").page)
    let session = try Session(Compiler().compile(page))
    for cycle in 1...22312 { try session.runCycle(isShown: cycle == 22312) }
    let (differing, count) = try Self.differences(session, Self.saved(page))
    #expect(differing == [])
    #expect(count == 11)
  }

  /// The page was edited after its values were saved: its variables start with what is saved for them.
  @Test func xorAfterOneCycle() throws {
    let read = try #require(PageReader.read(file: (originalPages ?? "") + "Xor.svg").page)
    let saved = Self.saved(read)
    var overrides = OverrideReader(page: read)
    for (name, values) in saved where name.hasSuffix(".result_ref") {
      let graph = Compiler().compile(read).graph
      let shape = graph.values[try graph.path(name).value(in: graph)].shape.known
      overrides.set("\(name.dropLast(11)).initvalues=\(Self.nested(values, shape?.dims ?? []))")
    }
    let session = try Session(Compiler().compile(overrides.page, overrides: overrides.overrides, found: overrides.diagnostics))
    try session.runCycle()
    let (differing, count) = try Self.differences(session, saved)
    #expect(differing == [])
    #expect(count == 45)
  }

  private static func nested(_ values: [Double], _ dims: [Int]) -> String {
    guard let first = dims.first, first > 0 else { return values.map { "\($0)" }.joined(separator: ",") }
    let size = values.count / first
    return "{" + (0..<first).map { nested(Array(values[$0 * size..<($0 + 1) * size]), Array(dims.dropFirst())) }.joined(separator: ",") + "}"
  }
}

extension ResultPath {
  fileprivate func value(in graph: Graph) -> Int { graph.values(ofBlock: block, output: output).lowerBound + member }
}

extension Tensor {
  /// All elements of a numeric tensor.
  fileprivate var doubles: [Double]? {
    switch dtype {
    case .float: elements(as: Float.self)?.map { Double($0) }
    case .double: elements(as: Double.self)
    case .int32: elements(as: Int32.self)?.map { Double($0) }
    default: nil
    }
  }
}

private let originalPages: String? = {
  let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized
  let named = ProcessInfo.processInfo.environment["ENUFLOW_SHARED"].map { [URL(fileURLWithPath: $0)] } ?? []
  return (named + [root.appending(path: "../shared"), root.appending(path: "../../shared")])
    .map { $0.standardized.path + "/enuspace/pages/" }.first { FileManager.default.fileExists(atPath: $0) }
}()
