import Blocks
import Compile
import Diagnostics
import PageSupport
import TensorCore
import Testing

@testable import Run

/// Every dtype that an entry claims is computed: the block of its example, in each dtype of each of its type variables, and differentiated
/// where it can be. Refusals are fine (a Complex of doubles needs another `Tout`), defects are not.
@Suite struct DTypeTests {
  private static let types = Catalogue.standard.types.filter { type in
    type.role == .operation && !type.isAction && type.attrs.contains { $0.typeSet != nil }
  }

  @Test(arguments: types.map(\.name)) func everyDTypeHasAKernel(name: String) throws {
    let type = try #require(Catalogue.standard[name])
    let example = CompiledPage(type.example)
    let graph = try #require(example.graph)
    let session = try example.session()
    try session.runCycle()
    let block = try #require(graph.nodes.indices.first { graph.type(ofBlock: $0)?.name == name })
    for (index, attr) in type.attrs.enumerated() {
      guard case .type(let set) = attr.kind else { continue }
      var computed = 0
      for dtype in set.members {
        let body = try Self.body(block, type, session, attr: index, as: dtype)
        if Self.defects(body.text) == nil { computed += 1 }
        for text in [body.text, body.text + body.gradient] {
          if let message = Self.defects(text) ?? nil { Issue.record("\(name), \(attr.name) = \(dtype): \(message)") }
        }
      }
      #expect(computed > 0, "\(name), \(attr.name): refused in every dtype")
    }
  }

  /// Nil when the page runs, nil within when it is refused, otherwise the defect.
  private static func defects(_ text: String) -> String?? {
    let page = CompiledPage("<page>\(text)</page>")
    func defect(_ diagnostics: [Diagnostic]) -> String? { diagnostics.first { $0.id == .internalError }?.message }
    do {
      try page.session().runCycle()
      return nil
    } catch let error as DiagnosticError {
      return .some(defect(error.diagnostics))
    } catch {
      return .some("\(error)")
    }
  }

  /// The block with what it is given in its example, where the type variable at `attr` is `dtype`; and its gradients.
  private static func body(_ block: Int, _ type: BlockType, _ session: Session, attr: Int, as dtype: DType) throws -> (
    text: String, gradient: String
  ) {
    let graph = session.graph
    var text = ""
    var gradient = ""
    for (pin, input) in type.inputs.enumerated() {
      for (member, operand) in graph.operands(ofBlock: block, input: pin).enumerated() {
        let value = try #require(session.tensor(Int(graph.operands[operand])))
        let isVaried = if case .variable(attr) = type.inputElements[pin] { true } else { false }
        let own = isVaried ? dtype : value.dtype
        let id = "x\(pin)_\(member)"
        let (source, holder) = input.variableUse == nil ? ("Const", "val") : ("Variable", "initvalues")
        text += "<block id=\"\(id)\" type=\"\(source)\"><pin name=\"\(holder)\" dtype=\"\(own)\" shape=\"\(value.shape)\">"
        text += (0..<value.count).map { written(value, at: $0, as: own) }.joined(separator: " ")
        text += "</pin></block><wire from=\"\(id)\" to=\"b.\(input.name)\"/>\n"
        if own.isDifferentiable, type.differentiablePins?.contains(pin) == true { gradient += "<wire from=\"\(id)\" to=\"slopes.inputs\"/>" }
      }
    }
    let attrs = zip(type.attrs, graph.nodes[block].attrs).enumerated().compactMap { index, pair -> String? in
      guard pair.0.isWritten, let value = index == attr ? .type(dtype) : pair.1 else { return nil }
      return "\(pair.0.name)=\"\(value.description.replacing("&", with: "&amp;").replacing("<", with: "&lt;"))\""
    }
    text += "<block id=\"b\" type=\"\(type.name)\"><attrs \(attrs.joined(separator: " "))/></block>\n"
    if !gradient.isEmpty, let output = type.outputs.first {
      let member = output.isList ? "[0]" : ""
      gradient += "<block id=\"slopes\" type=\"AddSymbolicGradients\"/><wire from=\"b.\(output.name)\(member)\" to=\"slopes.outputs\"/>"
    }
    return (text, gradient)
  }

  /// An element as a text of `dtype`, as near as it can be.
  private static func written(_ tensor: Tensor, at place: Int, as dtype: DType) -> String {
    let text = ValueFormat.shortest(tensor, at: place)
    if tensor.dtype == dtype { return text }
    let parsed = Double(text) ?? (text == "true" ? 1 : Double(place % 2))
    let number = parsed.isNaN ? 0 : min(max(parsed, -100), 100)
    return switch dtype {
    case .bool: number == 0 ? "false" : "true"
    case .string: "\"\(Int(number))\""
    case .uint8, .uint16, .uint32, .uint64, .quint8, .quint16: String(Int(abs(number)))
    case _ where dtype.isInteger || dtype.isQuantized: String(Int(number))
    default: "\(number)"
    }
  }
}
