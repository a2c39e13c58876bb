import Blocks
import Diagnostics
import Page
import TensorCore

/// A result that a reference means.
public struct ResultPath: Sendable {
  public var block: Int
  /// Index of the output pin.
  public var output: Int
  /// Which member of an output list; 0 for a single tensor.
  public var member: Int
  /// Indices into the tensor, outermost first; empty for all of it.
  public var indices: [Int]

  /// A result, or a part of it, of a block whose page knows it.
  public init(block: Int, output: Int, member: Int = 0, indices: [Int] = []) {
    self.block = block
    self.output = output
    self.member = member
    self.indices = indices
  }

  /// The elements it means within a tensor of that shape; nil when an index is out of range.
  public func elements(in shape: Shape) -> Range<Int>? {
    guard indices.count <= shape.rank, let count = shape.count else { return nil }
    var start = 0
    var size = count
    for (index, dim) in zip(indices, shape.dims) {
      guard index < dim else { return nil }
      size /= dim
      start += index * size
    }
    return start..<start + size
  }
}

/// An `<expect>` that has been checked against the graph.
public struct Expectation: Sendable {
  public var path: ResultPath
  /// 1-based; nil for the last cycle.
  public var cycle: Int?
  public var tolerance: Double
  /// The values in the result's dtype, flat.
  public var expected: Tensor
  /// The shape, when the page says it.
  public var shape: Shape?
  /// The reference as written.
  public var name: String
  public var range: SourceRange
}

extension Graph {
  /// What a reference to a result means.
  public func path(_ reference: Page.Reference, scope: Int32, at range: SourceRange) throws(DiagnosticError) -> ResultPath {
    var names = Names(page: page, catalogue: catalogue)
    return try path(reference, scope: scope, at: range, names: &names)
  }

  /// The same for a reference that stands outside of the page.
  public func path(_ text: String) throws(DiagnosticError) -> ResultPath {
    var named = self
    let reference = try named.outerReference(text)
    do throws(DiagnosticError) {
      return try named.path(reference, scope: 0, at: .start)
    } catch {
      throw error.withoutPlaces
    }
  }

  /// The block that a reference from outside of the page means; a pin behind it is of no matter.
  public func block(_ text: String) throws(DiagnosticError) -> Int {
    var named = self
    let reference = try named.outerReference(text)
    var names = Names(page: named.page, catalogue: catalogue)
    if let block = names.block(reference, in: 0) ?? addedNodes[named.page.describe(reference.block)] { return block }
    throw DiagnosticError(
      Diagnostic(
        .unknownBlock, "there is no block `\(named.page.describe(reference.block))`", block: text, fix: names.suggestion(forBlock: reference.id)))
  }

  /// The value that was fed under a name: the output of a block (`id`, `id.output`), or an input pin (`id.pin`).
  public func fedValue(_ text: String) throws(DiagnosticError) -> Int {
    var named = self
    let reference = try named.outerReference(text)
    var names = Names(page: named.page, catalogue: catalogue)
    if let block = names.block(reference, in: 0), let type = names.type(page.blocks[block].type), nodes[block].type >= 0 {
      var candidates: [Int] = []
      if let pin = reference.pin, case .input(let input) = names.member(pin, of: type) {
        candidates = operands(ofBlock: block, input: input).map { Int(operands[$0]) }
      } else if nodes[block].inputs.isEmpty {
        // A block with inputs merely shows what was fed elsewhere.
        candidates = nodes[block].outputs.map(Int.init)
      }
      if let value = candidates.first(where: { values[$0].isFed && values[$0].block == Int32(block) }) { return value }
    }
    throw DiagnosticError(
      Diagnostic(.badArgument, "`\(text)` was not fed", fix: "give it a first value when the session is made"))
  }

  private mutating func outerReference(_ text: String) throws(DiagnosticError) -> Page.Reference {
    guard let reference = page.reference(text) else {
      throw DiagnosticError(Diagnostic(.badArgument, "`\(text)` is no reference", fix: "write scope/id.pin"))
    }
    return reference
  }

  func path(_ reference: Page.Reference, scope: Int32, at range: SourceRange, names: inout Names) throws(DiagnosticError) -> ResultPath {
    let location = page.source.location(of: range)
    let name = page.describe(reference)
    guard let block = names.block(reference, in: scope) ?? addedNodes[page.describe(reference.block)] else {
      throw DiagnosticError(
        Diagnostic(
          .unknownBlock, "there is no block `\(page.describe(reference.block))`", at: location, block: name,
          fix: names.suggestion(forBlock: reference.id)))
    }
    guard let typeIndex = block < page.blocks.count ? names.type(page.blocks[block].type) : Int(nodes[block].type) else {
      throw DiagnosticError([])
    }
    let type = catalogue.types[typeIndex]
    let id = self.name(ofBlock: block)
    let list = type.outputs.map { "`\($0.name)`" }.joined(separator: ", ")
    var output = 0
    if let pin = reference.pin {
      guard let index = names.output(pin, of: typeIndex) else {
        throw DiagnosticError(
          Diagnostic(
            .unknownPin, "\(type.name) has no output `\(page.symbols[pin])`", at: location, block: id, pin: page.symbols[pin],
            fix: list.isEmpty ? "it has no outputs" : "its outputs are \(list)"))
      }
      output = index
    } else if type.outputs.count != 1 {
      throw DiagnosticError(
        Diagnostic(
          .pinNeeded, type.outputs.isEmpty ? "\(type.name) has no outputs" : "\(type.name) has several outputs: name the one you mean", at: location,
          block: id, fix: type.outputs.first.map { "write `\(id).\($0.name)`; its outputs are \(list)" }))
    }
    var indices = reference.indices
    var member = 0
    if type.outputs[output].isList {
      guard let first = indices.first else {
        throw DiagnosticError(
          Diagnostic(.badIndex, "`\(name)` is a list", at: location, block: id, fix: "pick one: `\(id).\(type.outputs[output].name)[0]`"))
      }
      member = first
      indices.removeFirst()
      let count = nodes[block].type < 0 ? Int.max : values(ofBlock: block, output: output).count
      guard member < count else {
        throw DiagnosticError(Diagnostic(.badIndex, "`\(name)`: the list has \(count) elements", at: location, block: id))
      }
    }
    return ResultPath(block: block, output: output, member: member, indices: indices)
  }

  /// Reads all `<expect>` elements of the page, and checks its trends.
  func expectations() -> (expectations: [Expectation], diagnostics: [Diagnostic]) {
    var names = Names(page: page, catalogue: catalogue)
    var expectations: [Expectation] = []
    var diagnostics: [Diagnostic] = []
    for expect in page.expects {
      do throws(DiagnosticError) {
        let path = try path(expect.of, scope: expect.scope, at: expect.ofRange, names: &names)
        guard nodes[path.block].type >= 0 else { continue }
        expectations.append(try expectation(expect, path))
      } catch {
        diagnostics += error.diagnostics
      }
    }
    // A trend of an enuSpace page may watch what is no block.
    for trend in page.trends where page.notation == .page {
      for series in trend.series {
        do throws(DiagnosticError) {
          _ = try path(series.of, scope: trend.scope, at: series.range, names: &names)
        } catch {
          diagnostics += error.diagnostics
        }
      }
    }
    return (expectations, diagnostics)
  }

  private func expectation(_ expect: Page.Expect, _ path: ResultPath) throws(DiagnosticError) -> Expectation {
    let value = values[values(ofBlock: path.block, output: path.output).lowerBound + path.member]
    if let shape = value.shape.known, path.elements(in: shape) == nil {
      throw DiagnosticError(
        Diagnostic(
          .badIndex, "`\(page.describe(expect.of))`: there is no such element in shape \(shape)", at: page.source.location(of: expect.ofRange),
          block: self.name(ofBlock: path.block)))
    }
    let bytes: ArraySlice<UInt8>
    var origin: SourceRange?
    switch expect.content {
    case .text(let range): (bytes, origin) = (page.source.slice(range), range)
    case .unescaped(let unescaped): bytes = unescaped[...]
    case .binary: bytes = []
    }
    do throws(ValueTextError) {
      let text = try ValueText(bytes, style: .page)
      var shape: Shape?
      if let range = expect.shape { shape = try parseShapeText(page.source.slice(range), allowUnknown: false).known }
      let expected: Tensor
      // Nothing expected is an empty result, of any shape with no elements.
      if text.count == 0, value.dtype != .string, let empty = Tensor(zeros: value.dtype, shape: [0]) {
        expected = empty
      } else {
        expected = try text.tensor(dtype: value.dtype, shape: shape, pool: pool, limit: memoryLimit)
      }
      return Expectation(
        path: path, cycle: expect.cycle, tolerance: expect.tolerance, expected: expected, shape: shape, name: page.describe(expect.of),
        range: expect.range)
    } catch {
      let range = origin.map { SourceRange(Int($0.lower) + error.range.lowerBound, Int($0.lower) + error.range.upperBound) } ?? expect.contentRange
      throw DiagnosticError(
        Diagnostic(
          .expectationInvalid, "expectation of `\(page.describe(expect.of))`: \(error.message)", at: page.source.location(of: range),
          block: self.name(ofBlock: path.block), fix: error.fix))
    }
  }
}

extension DiagnosticError {
  /// The same about something that does not stand in the page.
  fileprivate var withoutPlaces: DiagnosticError {
    DiagnosticError(
      diagnostics.map { diagnostic in
        var diagnostic = diagnostic
        diagnostic.location = nil
        return diagnostic
      })
  }
}
