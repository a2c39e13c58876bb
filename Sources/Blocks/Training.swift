import Diagnostics
import TensorCore

/// Every optimiser changes a variable all over, or (`Sparse…`) in the rows that `indices` names. Of each there is a block that hands on
/// the variable, and one (`Resource…`) whose output is the operation.
let trainingTypes: [BlockType] =
  optimizers.flatMap { [$0.type(isSparse: false, isResource: false), $0.type(isSparse: false, isResource: true)] }
  + optimizers.filter { $0.sparse != nil }.flatMap { [$0.type(isSparse: true, isResource: false), $0.type(isSparse: true, isResource: true)] }

/// Accepted and without effect: updates are never torn.
let useLocking = Attr.bool("use_locking", default: false, doc: "Kept for pages of the original: every update is whole.")

/// One rule by which variables follow a gradient.
struct Optimizer {
  /// What an input is.
  enum Role {
    /// A variable; the first one named `var` is what is trained, others keep what the rule must remember.
    case variable
    /// A scalar of the variable's dtype.
    case scalar
    /// The number of the step.
    case step
    case gradient
  }

  struct Input {
    let name: String
    let role: Role
    let doc: String

    init(_ name: String, _ role: Role, _ doc: String) {
      self.name = name
      self.role = role
      self.doc = doc
    }
  }

  /// What the example does: its texts by input, and the variable after three cycles, by TensorFlow.
  struct Example {
    let title: String
    let texts: [String: String]
    let result: String
  }

  /// As in `ApplyName`.
  let name: String
  let doc: String
  /// In the original's order, which is that of the kernel.
  let inputs: [Input]
  /// The attr besides `use_locking`.
  var flag: Attr?
  /// The inputs that TensorFlow wants to be positive, and those it wants to be 0 or more.
  var positive: [String] = []
  var notNegative: [String] = []
  var notPositive: [String] = []
  /// Whether only the sparse block asks for these.
  var isCheckedWhenSparse = false
  let example: Example
  /// The example of the sparse block; nil when there is none.
  var sparse: Example?
  /// By block type: inputs that the original calls otherwise there.
  var names: [String: [String: String]] = [:]

  func type(isSparse: Bool, isResource: Bool) -> BlockType {
    let typeName = (isResource ? "Resource" : "") + (isSparse ? "SparseApply" : "Apply") + name
    let pins = inputs.map { pin($0, of: typeName, isSparse: isSparse) } + (isSparse ? [indicesPin] : [])
    var doc = doc
    if isSparse { doc += " Only the rows that `indices` names change, one after the other; `grad` has a row for each of them." }
    if isResource { doc += " The output is the operation: wire it to `run_outputs` of a ClientSession." }
    let checks = isSparse || !isCheckedWhenSparse ? self : nil
    let sparseFaults: BlockType.Faults = isSparse || checks?.hasChecks == true ? .possibly : .never
    let kernel = (isSparse ? "sparseApply" : "apply") + name
    let flagName = flag?.name
    return BlockType(
      typeName, doc: doc, inputs: pins,
      attrs: [.type("T", in: .floats)] + (isSparse ? [.type("Tindices", in: .indices)] : []) + [useLocking] + (flag.map { [$0] } ?? []),
      outputs: [isResource ? .operation("operation") : .newValue("out", "T", of: "var")],
      shape: { (context) throws(BlockError) in
        let shape = try requireSound(context, isSparse: isSparse)
        if let checks { try checks.requireRanges(context) }
        return isResource ? [] : [shape]
      },
      compute: .call(
        kernel, parameters: { (context) throws(BlockError) in try rows(context, isSparse: isSparse) + [flagName.map(context.bool) == true ? 1 : 0] }),
      faults: sparseFaults,
      example: page(typeName, isSparse: isSparse))
  }

  private var hasChecks: Bool { !positive.isEmpty || !notNegative.isEmpty || !notPositive.isEmpty }

  private func called(_ input: Input, in type: String) -> String { names[type]?[input.name] ?? input.name }

  private func pin(_ input: Input, of type: String, isSparse: Bool) -> Pin {
    let name = called(input, in: type)
    let spellings = name == input.name ? [] : [input.name]
    return switch input.role {
    case .variable: .variable(name, "T", doc: input.doc, spellings: spellings)
    case .scalar: Pin(name, "T", doc: input.doc + ", a scalar.", spellings: spellings)
    case .step: Pin(name, .int64, doc: input.doc + ", a scalar.", spellings: spellings)
    case .gradient:
      Pin(
        name, "T", doc: isSparse ? "The gradient of the rows that `indices` names." : "The gradient, shaped like the variable.", spellings: spellings)
    }
  }

  /// What is known of the hyperparameters must lie in their ranges; the kernel looks at the rest.
  private func requireRanges(_ context: RuleContext) throws(BlockError) {
    for pin in context.type.inputs.indices {
      let name = context.type.inputs[pin].name
      guard let number = context.value(pin)?.firstNumber else { continue }
      if positive.contains(name), !(number > 0) { throw outOfRange(pin, name, "above 0", number) }
      if notNegative.contains(name), !(number >= 0) { throw outOfRange(pin, name, "0 or more", number) }
      if notPositive.contains(name), !(number <= 0) { throw outOfRange(pin, name, "0 or less", number) }
    }
  }

  private func outOfRange(_ pin: Int, _ name: String, _ range: String, _ number: Double) -> BlockError {
    BlockError(.badValue, "`\(name)` must be \(range) but is \(number)", input: pin)
  }

  /// The example as a page: variables and the block, its other inputs as texts.
  private func page(_ type: String, isSparse: Bool) -> String {
    guard let example = isSparse ? sparse : example else { return "" }
    var lines = ["<page title=\"\(example.title)\">"]
    for input in inputs where input.role == .variable {
      lines.append("  <block id=\"\(input.name)\" type=\"Variable\"><pin name=\"initvalues\">\(example.texts[input.name] ?? "")</pin></block>")
    }
    lines.append("  <block id=\"step\" type=\"\(type)\">")
    for input in inputs where input.role != .variable {
      lines.append("    <pin name=\"\(called(input, in: type))\">\(example.texts[input.name] ?? "")</pin>")
    }
    if isSparse { lines.append("    <pin name=\"indices\">\(example.texts["indices"] ?? "")</pin>") }
    lines.append("  </block>")
    for input in inputs where input.role == .variable { lines.append("  <wire from=\"\(input.name)\" to=\"step.\(called(input, in: type))\"/>") }
    lines += ["  <expect of=\"var\" cycle=\"3\">\(example.result)</expect>", "</page>"]
    return lines.joined(separator: "\n")
  }
}

private let indicesPin = Pin("indices", "Tindices", doc: "The rows that change, a vector. A row may occur several times.")

/// Checks the shapes; returns that of `var`.
private func requireSound(_ context: RuleContext, isSparse: Bool) throws(BlockError) -> PartialShape {
  let pins = context.type.inputs
  guard let variable = pins.firstIndex(where: { $0.name == "var" }) else { return .unknown }
  for pin in pins.indices where pin != variable {
    if pins[pin].variableUse == .update {
      _ = try context.requireSameShape(variable, pin)
    } else if pins[pin].name == "indices" {
      try requireRows(context, variable, indices: pin, gradient: pins.firstIndex { $0.name == "grad" } ?? 0)
    } else if pins[pin].name == "grad" || pins[pin].name == "delta" {
      if !isSparse { _ = try context.requireSameShape(variable, pin) }
    } else {
      try context.requireRank(pin, 0)
    }
  }
  return context.shape(variable)
}

/// The gradient of a sparse update: a row of the variable for each index.
private func requireRows(_ context: RuleContext, _ variable: Int, indices: Int, gradient: Int) throws(BlockError) {
  try context.requireRank(indices, 1)
  try context.requireRank(variable, 1 ... .max)
  guard let dims = context.shape(variable).dims, let count = context.shape(indices).dims?.first else { return }
  let wanted = PartialShape([count] + dims.dropFirst())
  if context.shape(gradient).merged(with: wanted) == nil {
    throw BlockError(
      .shapeMismatch, "`grad` must have a row for each index, shape \(wanted), but has \(context.shape(gradient))", input: gradient)
  }
  if dims.dropFirst().contains(0) {
    throw BlockError(.shapeMismatch, "the rows of `var` have no elements: its shape is \(context.shape(variable))", input: variable)
  }
}

/// The kernel's rows, and the elements of one.
private func rows(_ context: RuleContext, isSparse: Bool) throws(BlockError) -> [Int64] {
  guard let variable = context.type.inputs.firstIndex(where: { $0.name == "var" }), let shape = context.shape(variable).known,
    let count = shape.count
  else { return [0, 1] }
  guard isSparse, let first = shape.dims.first else { return [1, Int64(count)] }
  return [Int64(first), Int64(checkedProduct(shape.dims.dropFirst()) ?? 0)]
}

extension Tensor {
  /// The first element of a float tensor.
  fileprivate var firstNumber: Double? { elements(as: Float.self)?.first.map(Double.init) ?? elements(as: Double.self)?.first }
}
