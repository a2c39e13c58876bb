import Blocks
import Compile
import Diagnostics
import TensorCore

/// Looks for the place where a NaN or an infinity came from.
extension Session {
  /// What is wrong when a variable is not finite any more after a cycle that was shown: the first block in dataflow order whose
  /// result is not finite although everything it read was. nil when all variables are finite.
  public func finiteFault() -> Diagnostic? {
    for variable in plan.variables where !variable.isTemporary {
      guard let value = tensor(Int(variable.slot)), let place = value.firstNotFinite else { continue }
      return describe(Int(variable.block), "`\(graph.name(ofBlock: Int(variable.block)))` is \(value.text(at: place))")
    }
    return nil
  }

  private func describe(_ variable: Int, _ fact: String) -> Diagnostic {
    let page = graph.page
    let blocks = ancestors(ofVariable: Int32(variable))
    let fix = cycle > 1 ? "`--cycles \(cycle - 1)` shows the results of the cycle before" : nil
    for block in graph.order where blocks.contains(block) && graph.type(ofBlock: Int(block))?.role != .variable {
      guard let (output, value, place) = badOutput(Int(block)), readsOnlyFinite(Int(block)) else { continue }
      let name = graph.name(ofBlock: Int(block))
      let result = "`\(name).\(output)` is \(value.text(at: place))"
      return Diagnostic(
        .notFinite, "\(fact) after cycle \(cycle); it began in `\(name)`: \(result)", at: page.source.location(of: graph.range(ofBlock: Int(block))),
        block: name, notes: operands(Int(block), at: place, like: value), fix: fix)
    }
    // Every block that is not finite read something that was not: a text or a feed.
    let given = graph.order.first { blocks.contains($0) && badText(Int($0)) != nil }
    let source = given.map { ", as is what `\(graph.name(ofBlock: Int($0)))` is given" } ?? ""
    let block = given.map(Int.init) ?? variable
    return Diagnostic(
      .notFinite, "\(fact) after cycle \(cycle)\(source)", at: page.source.location(of: graph.range(ofBlock: block)),
      block: graph.name(ofBlock: block), fix: fix)
  }

  /// Everything that a variable's value of this cycle depends on.
  private func ancestors(ofVariable variable: Int32) -> Set<Int32> {
    var open: [Int32] = [variable] + graph.updates.filter { $0.variables.contains(variable) }.map(\.block)
    var found = Set(open)
    while let block = open.popLast() {
      var next: [Int32]
      if graph.type(ofBlock: Int(block))?.role == .variable {
        next = graph.updates.filter { $0.isBefore && $0.variables.contains(block) }.map(\.block)
        // The first value counts in the first cycle only.
        if cycle == 1 { next += sources(of: Int(block)) }
      } else {
        next = sources(of: Int(block))
      }
      for block in next where found.insert(block).inserted { open.append(block) }
    }
    return found
  }

  private func sources(of block: Int) -> [Int32] {
    let inputs = graph.nodes[block].inputs
    return graph.operands[Int(inputs.lowerBound)..<Int(inputs.upperBound)].map { graph.values[Int($0)].block }
  }

  private func badOutput(_ block: Int) -> (name: String, value: Tensor, place: Int)? {
    guard let type = graph.type(ofBlock: block) else { return nil }
    for output in type.outputs.indices {
      for slot in graph.values(ofBlock: block, output: output) {
        if let value = shown(slot), let place = value.firstNotFinite { return (type.outputs[output].name, value, place) }
      }
    }
    return nil
  }

  /// Whether all that a block reads is finite. What an update changes was finite before this cycle.
  private func readsOnlyFinite(_ block: Int) -> Bool {
    guard let type = graph.type(ofBlock: block) else { return true }
    return type.inputs.indices.allSatisfy { pin in
      graph.operands(ofBlock: block, input: pin).allSatisfy { operand in
        changes(block, operand, pin, type) || shown(Int(graph.operands[operand]))?.firstNotFinite == nil
      }
    }
  }

  /// Whether an operand is a variable that the block itself changes.
  private func changes(_ block: Int, _ operand: Int, _ pin: Int, _ type: BlockType) -> Bool {
    if type.inputs[pin].variableUse == .update { return true }
    let owner = graph.values[Int(graph.operands[operand])].block
    return !type.updatedPins.isEmpty && graph.updates.contains { $0.block == Int32(block) && $0.variables.contains(owner) }
  }

  private func badText(_ block: Int) -> Int? {
    let inputs = graph.nodes[block].inputs
    return graph.operands[Int(inputs.lowerBound)..<Int(inputs.upperBound)].first {
      graph.values[Int($0)].block == Int32(block) && graph.values[Int($0)].constant?.firstNotFinite != nil
    }.map(Int.init)
  }

  /// What the inputs of the result's shape are at the place.
  private func operands(_ block: Int, at place: Int, like result: Tensor) -> [String] {
    guard let type = graph.type(ofBlock: block) else { return [] }
    return type.inputs.indices.compactMap { pin in
      guard let operand = graph.operands(ofBlock: block, input: pin).first, !changes(block, operand, pin, type),
        let value = shown(Int(graph.operands[operand])), value.shape == result.shape || value.count == 1
      else { return nil }
      return "`\(type.inputs[pin].name)` is \(ValueFormat.shortest(value, at: value.count == 1 ? 0 : place)) there"
    }
  }
}

extension Tensor {
  /// The first element that is NaN or infinite; nil when there is none, and for dtypes that have no such values.
  var firstNotFinite: Int? {
    switch dtype {
    case .half: first(0x7C00 as UInt16)
    case .bfloat16: first(0x7F80 as UInt16)
    case .float: first(0x7F80_0000 as UInt32)
    case .double: first(0x7FF0_0000_0000_0000 as UInt64)
    // Of two words each.
    case .complex64: first(0x7F80_0000 as UInt32).map { $0 / 2 }
    case .complex128: first(0x7FF0_0000_0000_0000 as UInt64).map { $0 / 2 }
    default: nil
    }
  }

  /// The first element with all bits of `exponent` set.
  private func first<Word: FixedWidthInteger>(_ exponent: Word) -> Int? {
    withExtendedLifetime(storage) {
      let words = bytes.bindMemory(to: Word.self)
      // Block by block without a branch, which is fast where nothing is wrong.
      for start in stride(from: 0, to: words.count, by: 4096) {
        let end = min(start + 4096, words.count)
        var isFound = false
        for index in start..<end { isFound = isFound || words[index] & exponent == exponent }
        if isFound { return (start..<end).first { words[$0] & exponent == exponent } }
      }
      return nil
    }
  }

  fileprivate func text(at place: Int) -> String {
    ValueFormat.shortest(self, at: place) + (count == 1 ? "" : " at \(Comparison.index(place, in: shape))")
  }
}
