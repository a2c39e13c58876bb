import Blocks
import Diagnostics
import TensorCore

extension Infer {
  /// Adds the blocks that an AddSymbolicGradients stands for, and makes it a view of the gradients.
  mutating func differentiate(_ block: Int, _ type: BlockType, _ attrs: [AttrValue?], _ values: [Int32]) throws(BlockError) {
    for input in inputs {
      let value = graph.values[Int(input.value)]
      if value.dtype.isDifferentiable { continue }
      report(
        .dtypeNotAllowed, "`\(type.inputs[input.pin].name)` of \(type.name) does not take \(value.dtype)", block, at: range(of: input.source),
        pin: type.inputs[input.pin].name, notes: ["only floats and complex numbers can be differentiated"],
        fix: "put a Cast block with DstT=\"float\" where the way of the floats begins")
    }
    guard inputs.allSatisfy({ graph.values[Int($0.value)].dtype.isDifferentiable }) else { return }
    let ends = inputEnds(type)
    let outputs = values[..<Int(ends[0])]
    let wanted = values[Int(ends[0])...]
    let work = differentiation ?? Differentiation(graph)
    differentiation = work
    // The graph goes there and comes back, so that nobody holds a copy of it.
    swap(&work.graph, &graph)
    let found = work.run(block, outputs: Array(outputs), inputs: Array(wanted))
    swap(&work.graph, &graph)
    let before = diagnostics.count
    for problem in found.problems { report(problem, block) }
    for (input, gradient) in zip(inputs.dropFirst(outputs.count), found.gradients) where gradient == nil && found.problems.isEmpty {
      reportNoDependence(block, type, input, outputs: outputs, stops: found.stopped.contains(input.value) ? found.stops : [])
    }
    if diagnostics.count > before {
      work.takeBack(&graph)
      return
    }
    try graph.infer(block, type: links.types[block], attrs: attrs, inputs: values + found.gradients.compactMap { $0 }, inputEnds: ends)
  }

  private mutating func report(_ problem: Differentiation.Problem, _ block: Int) {
    let name = graph.name(ofBlock: problem.block)
    let error = problem.error
    var notes = error.notes
    if let way = problem.way, let input = graph.type(ofBlock: problem.block)?.inputs[way.pin].name {
      notes.append("the way back from `\(graph.name(ofBlock: block))` leads through its input `\(input)`, wired from `\(way.source)`")
    }
    report(
      error.id, "`\(name)` (\(graph.typeName(ofBlock: problem.block))) \(error.message)", problem.block, at: graph.range(ofBlock: problem.block),
      notes: notes, fix: error.fix ?? "put a StopGradient before it where this way should not count")
  }

  private mutating func reportNoDependence(_ block: Int, _ type: BlockType, _ input: Input, outputs: ArraySlice<Int32>, stops: [Int]) {
    let names = outputs.prefix(3).map { "`\(graph.reference(toValue: Int($0)) ?? "its text")`" } + (outputs.count > 3 ? ["…"] : [])
    let name = graph.reference(toValue: Int(input.value)) ?? "its text"
    let who = names.count == 1 ? "\(names[0]) does not depend" : "none of \(names.joined(separator: ", ")) depends"
    let ends = stops.prefix(3).map { "`\(graph.name(ofBlock: $0))` (\(graph.typeName(ofBlock: $0)))" }
    report(
      .noDependence, "\(who) on `\(name)`" + (ends.isEmpty ? "" : " in a way that can be differentiated"), block, at: range(of: input.source),
      pin: type.inputs[1].name,
      notes: ends.isEmpty ? [] : ["nothing flows back through " + ends.joined(separator: ", ")],
      fix: "remove this wire, or wire `outputs` to what is computed from `\(name)`")
  }
}

/// Reverse-mode differentiation: walks the blocks between some values and others they depend on, last first, and adds what their entries say.
final class Differentiation: GradientBuilder {
  var graph: Graph

  /// What was found of one AddSymbolicGradients.
  struct Outcome {
    /// By input; nil where nothing flows back.
    var gradients: [Int32?]
    var problems: [Problem] = []
    /// Blocks that let nothing through, and the inputs that lie behind one.
    var stops: [Int] = []
    var stopped = Set<Int32>()
  }

  /// Why a block has no gradient.
  struct Problem {
    var error: BlockError
    var block: Int
    /// The input that the way back leads through, and what it is wired from.
    var way: (pin: Int, source: String)?
  }

  /// More than any page needs; gradients of gradients of gradients … would grow without end.
  private static let mostBlocks = 1_000_000

  /// By node: its place in the graph's order.
  private var positions: [Int32] = []
  private var ordered = 0
  /// By node: the round in which it was found between outputs and inputs, and in which an input leads to it.
  private var found: [Int32] = []
  private var leading: [Int32] = []
  private var round: Int32 = 0

  // Of the round at hand.
  private var origin = 0
  private var wanted = Set<Int32>()
  /// The block that is differentiated.
  private var current = 0
  /// By value: what flows back to it.
  private var parts: [Int32: [Int32]] = [:]
  private var names: [String: Int] = [:]
  private var outcome = Outcome(gradients: [])
  private var marks = (nodes: 0, values: 0, operands: 0, order: 0, added: 0)

  init(_ graph: Graph) {
    // Only a graph to exchange: nothing in it is read.
    self.graph = Graph(
      page: graph.page, catalogue: graph.catalogue, nodes: [], values: [], operands: [], order: [], pool: graph.pool, memoryLimit: graph.memoryLimit)
  }

  func run(_ block: Int, outputs: [Int32], inputs: [Int32]) -> Outcome {
    begin(block, inputs)
    let between = blocksBetween(outputs, inputs)
    for output in outputs where leads(output) { seed(output) }
    for node in between.reversed() where leading[node] == round { propagate(node) }
    outcome.gradients = inputs.map { total($0) }
    if outcome.gradients.contains(nil) { findStopped() }
    return outcome
  }

  /// Removes what the last run has added.
  func takeBack(_ graph: inout Graph) {
    graph.nodes.removeSubrange(marks.nodes...)
    graph.values.removeSubrange(marks.values...)
    graph.operands.removeSubrange(marks.operands...)
    graph.order.removeSubrange(marks.order...)
    for block in graph.added[marks.added...] { graph.addedNodes[block.name] = nil }
    graph.added.removeSubrange(marks.added...)
    ordered = min(ordered, graph.order.count)
  }

  private func begin(_ block: Int, _ inputs: [Int32]) {
    origin = block
    wanted = Set(inputs)
    parts = [:]
    names = [:]
    outcome = Outcome(gradients: [])
    marks = (graph.nodes.count, graph.values.count, graph.operands.count, graph.order.count, graph.added.count)
    round += 1
    let missing = graph.nodes.count - positions.count
    if missing > 0 {
      positions += Array(repeating: -1, count: missing)
      found += Array(repeating: 0, count: missing)
      leading += Array(repeating: 0, count: missing)
    }
    while ordered < graph.order.count {
      positions[Int(graph.order[ordered])] = Int32(ordered)
      ordered += 1
    }
  }

  // MARK: Which blocks

  /// The blocks that the outputs depend on and that may depend on an input, in dataflow order; marks those that do.
  private func blocksBetween(_ outputs: [Int32], _ inputs: [Int32]) -> [Int] {
    // What stands before every input does not depend on one.
    guard let first = inputs.compactMap({ producer($0) }).map({ positions[$0] }).min() else { return [] }
    var blocks: [Int] = []
    var open: [Int] = []
    func visit(_ value: Int32) {
      guard let node = producer(value), found[node] != round, positions[node] >= first else { return }
      found[node] = round
      blocks.append(node)
      open.append(node)
    }
    outputs.forEach(visit)
    while let node = open.popLast() { for operand in operands(node) { visit(operand) } }
    blocks.sort { positions[$0] < positions[$1] }
    for node in blocks where operands(node).contains(where: leads) { leading[node] = round }
    return blocks
  }

  private func operands(_ node: Int) -> ArraySlice<Int32> {
    let inputs = graph.nodes[node].inputs
    return graph.operands[Int(inputs.lowerBound)..<Int(inputs.upperBound)]
  }

  /// The block that computes a value; nil for a text.
  private func producer(_ value: Int32) -> Int? {
    let block = Int(graph.values[Int(value)].block)
    return graph.nodes[block].outputs.contains(value) ? block : nil
  }

  /// Whether a value depends on an input, or is one.
  private func leads(_ value: Int32) -> Bool {
    guard graph.values[Int(value)].dtype.isDifferentiable else { return false }
    if wanted.contains(value) { return true }
    guard let node = producer(value), node < leading.count else { return false }
    return leading[node] == round
  }

  /// Finds which inputs the blocks that let nothing through depend on.
  private func findStopped() {
    var open = outcome.stops
    round += 1
    while let node = open.popLast() {
      for operand in operands(node) {
        if wanted.contains(operand) { outcome.stopped.insert(operand) }
        guard let producer = producer(operand), found[producer] == round - 1 else { continue }
        found[producer] = round
        open.append(producer)
      }
    }
  }

  // MARK: What flows back

  /// All that flows back to a value, as one value.
  private func total(_ value: Int32) -> Int32? {
    guard let all = parts[value] else { return nil }
    if all.count == 1 { return all[0] }
    current = Int(graph.values[Int(value)].block)
    do throws(BlockError) {
      let sum = try add("AddN", [all], [:]).lowerBound
      parts[value] = [sum]
      return sum
    } catch {
      outcome.problems.append(Problem(error: error, block: current))
      return nil
    }
  }

  private func propagate(_ node: Int) {
    guard let type = graph.type(ofBlock: node) else { return }
    let upstreams = graph.nodes[node].outputs.map { total($0) }
    guard upstreams.contains(where: { $0 != nil }) else { return }
    current = node
    let inputs = Array(operands(node))
    let isWanted = inputs.map(leads)
    let known = graph.nodes[node]
    let context = GradientContext(
      rules: RuleContext(node: known, type: type, inputs: inputs.map { facts($0) }, pool: graph.pool), inputs: inputs,
      outputs: Array(known.outputs), upstreams: upstreams, isWanted: isWanted, builder: self)
    var gradients: [GradientValue?] = []
    switch type.gradient {
    case .nothing: break
    case .unwritten: _ = context.fail(BlockError(.noGradient, "has no gradient"))
    case .whole(let rule): gradients = rule(context)
    case .pins(let rules):
      gradients = Array(repeating: nil, count: inputs.count)
      for (pin, rule) in rules.enumerated() {
        guard let rule, case let members = context.rules.pins[pin], members.contains(where: { isWanted[$0] }) else { continue }
        gradients[members.lowerBound] = rule(context)
      }
    }
    if let failure = context.failure {
      outcome.problems.append(problem(failure, node, isWanted))
      return
    }
    var passes = false
    for (index, gradient) in zip(inputs.indices, gradients) where isWanted[index] {
      guard let gradient else { continue }
      passes = true
      let given = facts(gradient.index)
      let expected = graph.values[Int(inputs[index])]
      guard given.dtype == expected.dtype, given.shape.merged(with: expected.shape) != nil else {
        let what = "has a gradient for input \(index) that is \(given.dtype) \(given.shape), not \(expected.dtype) \(expected.shape)"
        outcome.problems.append(Problem(error: BlockError(.internalError, what), block: node))
        continue
      }
      parts[inputs[index], default: []].append(gradient.index)
    }
    if !passes { outcome.stops.append(node) }
  }

  private func problem(_ error: BlockError, _ node: Int, _ isWanted: [Bool]) -> Problem {
    var problem = Problem(error: error, block: node)
    let ends = graph.nodes[node].inputEnds
    if let index = isWanted.firstIndex(of: true), let pin = ends.firstIndex(where: { index < $0 }),
      let source = graph.reference(toValue: Int(operands(node)[operands(node).startIndex + index]))
    {
      problem.way = (pin, source)
    }
    return problem
  }

  /// What flows back to one of the outputs themselves: ones.
  private func seed(_ output: Int32) {
    current = Int(graph.values[Int(output)].block)
    guard let type = graph.type(ofBlock: current) else { return }
    let context = GradientContext(
      rules: RuleContext(type: type, attrs: [], inputs: [], pins: [], pool: graph.pool), inputs: [], outputs: [output], upstreams: [nil],
      isWanted: [], builder: self)
    let ones = context.ones(like: context.y)
    if let failure = context.failure {
      outcome.problems.append(Problem(error: failure, block: current))
    } else {
      parts[output, default: []].append(ones.index)
    }
  }

  // MARK: Adding blocks

  func facts(_ value: Int32) -> RuleContext.Input { graph.facts(value) }

  func constant(_ tensor: Tensor) -> Int32 {
    graph.values.append(
      Graph.Value(dtype: tensor.dtype, shape: PartialShape(tensor.shape), constant: tensor, isFed: false, block: Int32(current)))
    return Int32(graph.values.count - 1)
  }

  func add(_ name: String, _ inputs: [[Int32]], _ given: [String: AttrValue]) throws(BlockError) -> Range<Int32> {
    guard graph.added.count < Differentiation.mostBlocks else {
      throw BlockError(
        .limit, "is one of more than \(Differentiation.mostBlocks) blocks whose gradients this page needs", fix: "differentiate less at a time")
    }
    guard let index = graph.catalogue.index(of: name) else { throw BlockError(.internalError, "needs the block type \(name) for its gradient") }
    let type = graph.catalogue.types[index]
    var attrs = type.defaultAttrs
    for (position, attr) in type.attrs.enumerated() {
      if let value = given[attr.name] { attrs[position] = value }
    }
    var ends: [Int32] = []
    for (pin, members) in inputs.enumerated() {
      ends.append((ends.last ?? 0) + Int32(members.count))
      for member in members {
        let dtype = graph.values[Int(member)].dtype
        guard type.allowedDTypes(input: pin).contains(dtype) else {
          throw BlockError(.noGradient, "needs \(name) of \(dtype) for its gradient, which there is not")
        }
        if case .variable(let attr) = type.inputElements[pin] { attrs[attr] = .type(dtype) }
      }
    }
    let block = graph.nodes.count
    graph.nodes.append(Graph.Node(type: -1, attrs: [], inputs: 0..<0, inputEnds: [], outputs: 0..<0, outputEnds: []))
    do throws(BlockError) {
      try graph.infer(block, type: Int32(index), attrs: attrs, inputs: inputs.flatMap { $0 }, inputEnds: ends)
    } catch {
      graph.nodes.removeLast()
      throw error
    }
    let blockName = freeName(name)
    graph.added.append(Graph.AddedBlock(name: blockName, origin: Int32(origin)))
    graph.addedNodes[blockName] = block
    graph.order.append(Int32(block))
    return graph.nodes[block].outputs
  }

  /// `ID/block/type`, with a number behind it from the second on.
  private func freeName(_ type: String) -> String {
    let base = "\(graph.name(ofBlock: origin))/\(graph.name(ofBlock: current))/\(type)"
    while true {
      let count = names[base, default: 0]
      names[base] = count + 1
      let name = count == 0 ? base : "\(base)_\(count)"
      if !blocksInScopes.contains(name) { return name }
    }
  }

  /// The names of the page's own blocks that one of ours could have.
  private lazy var blocksInScopes: Set<String> = {
    let page = graph.page
    return Set(page.blocks.indices.lazy.filter { page.blocks[$0].scope != 0 }.map { page.displayName(ofBlock: $0) })
  }()
}
