import Diagnostics
import TensorCore

/// Blocks that write tensors to files and read them back.
let fileTypes: [BlockType] = [
  BlockType(
    "Save",
    doc: """
      Writes tensors to a file, one for each name: the whole file anew in every cycle. Until it is written in full the old file stays. \
      A file of another kind is not overwritten. `Restore` reads it; docs/checkpoints.md describes it.
      """,
    inputs: saveInputs("filename", "data"), outputs: [.operation("operation", doc: "That the file was written.")],
    shape: saveShape, compute: .action { (context) throws(BlockError) in try save(context, parts: nil) },
    example: """
      <page title="What is saved can be restored in the same cycle">
        <block id="w" type="Const"><pin name="val">1 2 3</pin></block>
        <block id="save" type="Save"><pin name="filename">example.tensors</pin><pin name="tensor_names">"w" "b"</pin></block>
        <block id="b" type="Const"><pin name="val">0.5</pin></block>
        <wire from="w" to="save.data"/>
        <wire from="b" to="save.data"/>
        <block id="again" type="Restore">
          <pin name="file_pattern">example.tensors</pin><pin name="tensor_name">b</pin><attrs dt="float"/>
        </block>
        <expect of="again">0.5</expect>
      </page>
      """),
  BlockType(
    "SaveV2",
    doc: "Like Save; each tensor may be a part of a larger one, as `shape_and_slices` says. The file is named `prefix`, with nothing appended.",
    inputs: saveInputs("prefix", "tensors") + [partsPin("shape_and_slices")],
    outputs: [.operation("operation", doc: "That the file was written.")],
    shape: saveShape, compute: .action { (context) throws(BlockError) in try save(context, parts: 3) },
    example: """
      <page title="Two tensors in one file">
        <block id="w" type="Const"><pin name="val" dtype="int32">{{1, 2}, {3, 4}}</pin></block>
        <block id="n" type="Const"><pin name="val" dtype="string">"a" "bc"</pin></block>
        <block id="save" type="SaveV2">
          <pin name="prefix">example.tensors</pin><pin name="tensor_names">"w" "names"</pin><pin name="shape_and_slices">"" ""</pin>
        </block>
        <wire from="w" to="save.tensors"/>
        <wire from="n" to="save.tensors"/>
        <block id="back" type="RestoreV2">
          <pin name="prefix">example.tensors</pin><pin name="tensor_names">"names" "w"</pin><pin name="shape_and_slices">"" "2 2 1,1:-"</pin>
          <attrs dtypes="string, int32"/>
        </block>
        <expect of="back.tensors[0]">"a" "bc"</expect>
        <expect of="back.tensors[1]" shape="[1, 2]">3 4</expect>
      </page>
      """),
  BlockType(
    "SaveSlices",
    doc: """
      Like Save, for parts of larger tensors. `shapes_and_slices` has a text for each: empty for a whole tensor, otherwise the dimensions \
      of the whole and `start,length` or `-` (all) for each of them: `4 5 0,2:-` is the first two rows of a [4, 5].
      """,
    inputs: saveInputs("filename", "data") + [partsPin("shapes_and_slices")],
    outputs: [.operation("operation", doc: "That the file was written.")],
    shape: saveShape, compute: .action { (context) throws(BlockError) in try save(context, parts: 3) },
    example: """
      <page title="A tensor put together from two parts">
        <block id="top" type="Const"><pin name="val">{{1, 2}}</pin></block>
        <block id="bottom" type="Const"><pin name="val">{{3, 4}, {5, 6}}</pin></block>
        <block id="save" type="SaveSlices">
          <pin name="filename">example.tensors</pin><pin name="tensor_names">"w" "w"</pin>
          <pin name="shapes_and_slices">"3 2 0,1:-" "3 2 1,2:-"</pin>
        </block>
        <wire from="top" to="save.data"/>
        <wire from="bottom" to="save.data"/>
        <block id="all" type="Restore">
          <pin name="file_pattern">example.tensors</pin><pin name="tensor_name">w</pin><attrs dt="float"/>
        </block>
        <expect of="all" shape="[3, 2]">1 2 3 4 5 6</expect>
      </page>
      """),
  BlockType(
    "Restore",
    doc: """
      Reads a tensor from a file that Save wrote. Its shape is known in the run only, unless `shape` says it. Wired to `initvalues` of a \
      Variable it is read once, before the first cycle.
      """,
    inputs: restoreInputs("file_pattern", "tensor_name"),
    attrs: [.dtype("dt", in: .all, doc: "The tensor's dtype."), restoredShape, shardAttr],
    outputs: [Pin("tensor", "dt")],
    shape: { (context) throws(BlockError) in
      try requireOne(context, 0)
      try requireOne(context, 1)
      return [context.shape("shape")]
    },
    compute: .action { (context) throws(BlockError) in try restore(context, part: nil) },
    example: """
      <page title="A tensor read from a file">
        <block id="w" type="Const"><pin name="val" dtype="double">1 2</pin></block>
        <block id="save" type="Save"><pin name="filename">example.tensors</pin><pin name="tensor_names">w</pin></block>
        <wire from="w" to="save.data"/>
        <block id="back" type="Restore">
          <pin name="file_pattern">example.tensors</pin><pin name="tensor_name">w</pin><attrs dt="double" shape="[2]"/>
        </block>
        <expect of="back">1 2</expect>
      </page>
      """),
  BlockType(
    "RestoreSlice",
    doc: "Reads a part of a tensor, which `shape_and_slice` says as it does for SaveSlices.",
    inputs: restoreInputs("file_pattern", "tensor_name") + [Pin("shape_and_slice", .string, doc: "The part; empty for all of it.", setting: true)],
    attrs: [.dtype("dt", in: .all, doc: "The tensor's dtype."), shardAttr],
    outputs: [Pin("tensor", "dt")],
    shape: { (context) throws(BlockError) in
      for pin in 0..<3 { try requireOne(context, pin) }
      guard let text = context.value(2)?.stringElements?.first else { return [.unknown] }
      return [try part(text, 2).map { PartialShape($0.shape) } ?? .unknown]
    },
    compute: .action { (context) throws(BlockError) in try restore(context, part: 2) },
    example: """
      <page title="One row of a matrix in a file">
        <block id="w" type="Const"><pin name="val">{{1, 2}, {3, 4}, {5, 6}}</pin></block>
        <block id="save" type="Save"><pin name="filename">example.tensors</pin><pin name="tensor_names">w</pin></block>
        <wire from="w" to="save.data"/>
        <block id="row" type="RestoreSlice">
          <pin name="file_pattern">example.tensors</pin><pin name="tensor_name">w</pin><pin name="shape_and_slice">3 2 1,1:-</pin>
          <attrs dt="float"/>
        </block>
        <expect of="row" shape="[1, 2]">3 4</expect>
      </page>
      """),
  BlockType(
    "RestoreV2",
    doc: "Reads several tensors from a file, or parts of them.",
    inputs: [
      Pin("prefix", .string, doc: "The file's name, with nothing appended."), Pin("tensor_names", .string, doc: "The names of the tensors."),
      Pin("shape_and_slices", .string, doc: "For each tensor the part that is read; empty for all of it.", setting: true),
    ],
    attrs: [.types("dtypes", in: .all, doc: "The dtypes of the tensors.")],
    outputs: [.list("tensors", "dtypes")], outputCount: "dtypes", shape: restoreListShape,
    compute: .action { (context) throws(BlockError) in try restoreList(context) },
    example: """
      <page title="Tensors read from a file">
        <block id="a" type="Const"><pin name="val">1 2</pin></block>
        <block id="b" type="Const"><pin name="val" dtype="bool">true</pin></block>
        <block id="save" type="Save"><pin name="filename">example.tensors</pin><pin name="tensor_names">"a" "b"</pin></block>
        <wire from="a" to="save.data"/>
        <wire from="b" to="save.data"/>
        <block id="back" type="RestoreV2">
          <pin name="prefix">example.tensors</pin><pin name="tensor_names">"a" "b"</pin><pin name="shape_and_slices">"" ""</pin>
          <attrs dtypes="float, bool"/>
        </block>
        <expect of="back.tensors[0]">1 2</expect>
        <expect of="back.tensors[1]">true</expect>
      </page>
      """),
]

private let shardAttr = Attr.int("preferred_shard", default: -1, doc: "Kept for pages of the original.")
private let restoredShape = Attr.shape("shape", default: .unknown, doc: "The tensor's shape, for blocks that must know it before the run.")

private func saveInputs(_ file: String, _ data: String) -> [Pin] {
  [
    Pin(file, .string, doc: "The file's name; where it says no folder it lies beside the page."),
    Pin("tensor_names", .string, doc: "A name for each tensor."), .anyList(data, doc: "The tensors."),
  ]
}

private func restoreInputs(_ file: String, _ name: String) -> [Pin] {
  [
    Pin(file, .string, doc: "The file's name; where it says no folder it lies beside the page. It is no pattern."),
    Pin(name, .string, doc: "The tensor's name in the file."),
  ]
}

private func partsPin(_ name: String) -> Pin { Pin(name, .string, doc: "For each tensor the part of a larger one that it is; empty for all of it.") }

// MARK: Shapes

/// Checks that a pin holds one string.
private func requireOne(_ context: RuleContext, _ pin: Int) throws(BlockError) {
  try context.requireRank(pin, 0...1)
  guard let count = context.shape(pin).known?.count, count != 1 else { return }
  throw BlockError(.shapeMismatch, "`\(context.type.inputs[pin].name)` must be one text but has \(count)", input: pin)
}

private func requireCount(_ context: RuleContext, _ pin: Int, _ wanted: Int, of what: String) throws(BlockError) {
  try context.requireRank(pin, 0...1)
  guard let count = context.shape(pin).known?.count, count != wanted else { return }
  throw BlockError(
    .shapeMismatch, "`\(context.type.inputs[pin].name)` has \(count) texts for \(wanted) \(what)", input: pin, fix: "give one for each")
}

private func saveShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try requireOne(context, 0)
  for pin in [1] + (context.type.inputs.count > 3 ? [3] : []) { try requireCount(context, pin, context.members(2).count, of: "tensors") }
  return []
}

private func restoreListShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try requireOne(context, 0)
  let count = context.dtypes("dtypes").count
  for pin in 1...2 { try requireCount(context, pin, count, of: "dtypes") }
  guard let texts = context.value(2)?.stringElements else { return Array(repeating: .unknown, count: count) }
  var shapes: [PartialShape] = []
  for text in texts { shapes.append(try part(text, 2).map { PartialShape($0.shape) } ?? .unknown) }
  return shapes
}

// MARK: Actions

private func texts(_ context: ActionContext, _ pin: Int) -> [[UInt8]] { context.rule.value(pin)?.stringElements ?? [] }

private func text(_ context: ActionContext, _ pin: Int) -> String { String(decoding: texts(context, pin).first ?? [], as: UTF8.self) }

/// The part that a text says; nil for all of the tensor.
private func part(_ bytes: [UInt8], _ pin: Int) throws(BlockError) -> TensorSlice? {
  if bytes.isEmpty { return nil }
  let text = String(decoding: bytes, as: UTF8.self)
  guard let part = TensorSlice(text) else {
    throw BlockError(
      .badValue, "`\(text)` is no part of a tensor", input: pin,
      fix: "write the dimensions of the whole, then start,length or - for each: `4 5 0,2:-`")
  }
  return part
}

private func save(_ context: ActionContext, parts pin: Int?) throws(BlockError) -> [Tensor] {
  let names = texts(context, 1).map { String(decoding: $0, as: UTF8.self) }
  let parts = pin.map { texts(context, $0) } ?? Array(repeating: [], count: names.count)
  let tensors = context.rule.members(2).compactMap(\.value)
  var file = TensorFile()
  var saved: [String: [(part: TensorSlice, dtype: DType)]] = [:]
  for (index, name) in names.enumerated() where index < tensors.count && index < parts.count {
    let tensor = tensors[index]
    func fail(_ message: String) -> BlockError { BlockError(.badValue, "tensor `\(name)` \(message)", input: 1) }
    let part = try part(parts[index], pin ?? 1) ?? TensorSlice(all: tensor.shape)
    if part.shape != tensor.shape { throw fail("has shape \(tensor.shape), but its part is one of shape \(part.shape)") }
    if name.isEmpty || name.utf8.contains(10) { throw fail("has a name that is empty or has a line break") }
    for other in saved[name] ?? [] {
      if other.dtype != tensor.dtype || other.part.whole != part.whole { throw fail("has parts of different dtypes or shapes") }
      if part.isAll || other.part.isAll || other.part.intersection(part) != nil { throw fail("is there twice") }
    }
    saved[name, default: []].append((part, tensor.dtype))
    file.sections.append(part.isAll ? .init(.tensor, name, tensor) : .init(.slice, name + "\n" + part.text, tensor))
  }
  try context.files.write(file, text(context, 0), input: 0)
  return []
}

/// The file of a Restore block, read.
private func tensorFile(_ context: ActionContext) throws(BlockError) -> TensorFile {
  let bytes = try context.files.read(text(context, 0), input: 0)
  do throws(FormatError) {
    return try TensorFile.read(bytes, pool: context.rule.pool)
  } catch {
    throw BlockError(
      .tensorFile, "\"\(text(context, 0))\": \(error.message) (byte \(error.offset))", input: 0, fix: "make one with a Save block")
  }
}

private func restore(_ context: ActionContext, part pin: Int?) throws(BlockError) -> [Tensor] {
  var wanted: TensorSlice?
  if let pin { wanted = try part(texts(context, pin).first ?? [], pin) }
  let tensor = try tensorFile(context).restored(text(context, 1), wanted, context.rule.dtype("dt"), context)
  let shape = context.rule.shape("shape")
  if !shape.admits(tensor.shape) {
    throw BlockError(.shapeMismatch, "`\(text(context, 1))` has shape \(tensor.shape) in the file, not \(shape)", attr: "shape")
  }
  return [tensor]
}

private func restoreList(_ context: ActionContext) throws(BlockError) -> [Tensor] {
  let file = try tensorFile(context)
  let names = texts(context, 1)
  let parts = texts(context, 2)
  var tensors: [Tensor] = []
  for (index, dtype) in context.rule.dtypes("dtypes").enumerated() where index < names.count && index < parts.count {
    tensors.append(try file.restored(String(decoding: names[index], as: UTF8.self), try part(parts[index], 2), dtype, context))
  }
  return tensors
}

extension TensorFile {
  /// A tensor of the file, or a part of it, put together from the parts that are there.
  fileprivate func restored(_ name: String, _ wanted: TensorSlice?, _ dtype: DType, _ context: ActionContext) throws(BlockError) -> Tensor {
    func fail(_ message: String, fix: String? = nil) -> BlockError {
      BlockError(.tensorNotThere, "\"\(text(context, 0))\": \(message)", input: 1, fix: fix)
    }
    var pieces: [(part: TensorSlice, tensor: Tensor)] = []
    for section in sections {
      switch section.kind {
      case .tensor where section.name == name: pieces.append((TensorSlice(all: section.tensor.shape), section.tensor))
      case .variable where section.name == name: pieces.append((TensorSlice(all: section.tensor.shape), section.tensor))
      case .slice where section.name.utf8.starts(with: (name + "\n").utf8):
        let text = String(decoding: section.name.utf8.dropFirst(name.utf8.count + 1), as: UTF8.self)
        guard let part = TensorSlice(text), part.shape == section.tensor.shape else { continue }
        pieces.append((part, section.tensor))
      default: break
      }
    }
    guard let first = pieces.first else {
      let names = sections.filter { $0.kind != .run && $0.kind != .words }.map { $0.name.prefix { $0 != "\n" } }
      throw fail(
        "there is no tensor `\(name)`", fix: names.isEmpty ? nil : "it holds " + names.prefix(8).map { "`\($0)`" }.joined(separator: ", "))
    }
    if first.tensor.dtype != dtype { throw fail("`\(name)` is \(first.tensor.dtype), not \(dtype)", fix: "write dt=\"\(first.tensor.dtype)\"") }
    let target = wanted ?? TensorSlice(all: first.part.whole)
    if target.whole != first.part.whole { throw fail("`\(name)` is a part of shape \(first.part.whole), not of \(target.whole)") }
    if first.part.isAll, target.isAll { return first.tensor }
    // The parts do not overlap, so the elements that they share with the target can be counted.
    pieces.removeAll { $0.part.whole != target.whole || $0.tensor.dtype != dtype }
    let shared = pieces.compactMap { piece in piece.part.intersection(target).map { (piece, $0) } }
    let count = shared.reduce(0) { $0 + ($1.1.shape.count ?? 0) }
    guard count == target.shape.count else { throw fail("not all elements of `\(name)` are there") }
    guard let tensor = Tensor(zeros: dtype, shape: target.shape, pool: context.rule.pool) else {
      throw BlockError(.outOfMemory, "there is no memory for `\(name)`")
    }
    for (piece, part) in shared { piece.part.copy(part, from: piece.tensor, to: tensor, holding: target) }
    return tensor
  }
}
