import Diagnostics
import TensorCore

// The shape and parameter rules of the array blocks.

/// The value of Shape.
func shapeValue(_ context: RuleContext) throws(BlockError) -> Tensor {
  try dimensions(of: context.shape(0).known, as: context.dtype("out_type"))
}

/// The dimensions of an `input`, in int32 or int64.
func dimensions(of shape: Shape?, as dtype: DType) throws(BlockError) -> Tensor {
  let dims = shape?.dims ?? []
  let tensor: Tensor?
  if dtype == .int64 {
    tensor = Tensor(dims.map(Int64.init))
  } else {
    var short: [Int32] = []
    for dim in dims {
      guard let dim = Int32(exactly: dim) else {
        throw BlockError(.valueRange, "dimension \(dim) of `input` does not fit int32", attr: "out_type", fix: "set out_type=\"int64\"")
      }
      short.append(dim)
    }
    tensor = Tensor(short)
  }
  guard let tensor else { throw BlockError(.outOfMemory, "no memory for the result") }
  return tensor
}

// MARK: Reshape

func reshapeShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] { try reshapeShape(context, sizes: 1) }

/// With the new dimensions in the pin `pin`.
func reshapeShape(_ context: RuleContext, sizes pin: Int) throws(BlockError) -> [PartialShape] {
  try context.requireRank(pin, 1)
  guard var sizes = context.integers(pin) else {
    guard let rank = context.shape(pin).dims?.first, rank >= 0 else { return [.unknown] }
    if rank > Shape.maxRank { throw tooManyAxes(rank, pin) }
    return [PartialShape(Array(repeating: -1, count: rank))]
  }
  if sizes.count > Shape.maxRank { throw tooManyAxes(sizes.count, pin) }
  if let index = sizes.firstIndex(where: { $0 < -1 }) {
    throw BlockError(
      .badValue, "`shape` has \(sizes[index]) at index \(index)", input: pin, fix: "give a size of 0 or more, or -1 for one that is worked out")
  }
  let open = sizes.indices.filter { sizes[$0] == -1 }
  if open.count > 1 {
    throw BlockError(
      .badValue, "`shape` has -1 at index \(open[0]) and at index \(open[1])", input: pin,
      fix: "give -1 at most once: only one size can be worked out")
  }
  guard let product = checkedProduct(sizes.lazy.filter { $0 > 0 }) else {
    throw BlockError(.tooLarge, "`shape` is \(PartialShape(sizes)), more elements than can be counted", input: pin)
  }
  guard let from = context.shape(0).known, let count = from.count else { return [PartialShape(sizes)] }
  if let index = open.first {
    // Beside a 0 the count says nothing about the open size; TensorFlow then compares the other dimensions.
    let total = sizes.contains(0) ? checkedProduct(from.dims.lazy.filter { $0 > 0 }) ?? 0 : count
    sizes[index] = total / product
  }
  if Shape(sizes).count != count {
    let wanted = open.isEmpty ? "asks for \(Shape(sizes).count ?? 0)" : "asks for a multiple of \(sizes.contains(0) ? 0 : product)"
    let asked = open.first.map { index in
      sizes[index] = -1
      return PartialShape(sizes)
    }
    throw BlockError(
      .shapeMismatch, "`tensor` of shape \(from) has \(count) elements but `shape` \(asked ?? PartialShape(sizes)) \(wanted)", input: pin,
      fix: "give sizes whose product is \(count)")
  }
  return [PartialShape(sizes)]
}

private func tooManyAxes(_ rank: Int, _ pin: Int) -> BlockError {
  BlockError(.tooLarge, "`shape` asks for \(rank) dimensions; \(Shape.maxRank) is the highest", input: pin)
}

// MARK: Transpose

func transposeShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(1, 1)
  let dims = context.shape(0).dims
  guard let perm = try permutation(context) else {
    let rank = dims?.count ?? context.shape(1).dims?.first ?? -1
    if let size = context.shape(1).dims?.first, size >= 0, size != rank { throw permutationLength(size, context) }
    if rank > Shape.maxRank { throw BlockError(.tooLarge, "`perm` has \(rank) elements; \(Shape.maxRank) is the highest rank", input: 1) }
    return [rank < 0 ? .unknown : PartialShape(Array(repeating: -1, count: rank))]
  }
  guard let dims else { return [PartialShape(Array(repeating: -1, count: perm.count))] }
  return [PartialShape(perm.map { dims[$0] })]
}

/// `perm` with all axes counted from the front; nil when it is not known yet.
private func permutation(_ context: RuleContext) throws(BlockError) -> [Int]? {
  guard let perm = context.integers(1) else { return nil }
  let rank = context.shape(0).rank ?? perm.count
  if perm.count != rank { throw permutationLength(perm.count, context) }
  var seen = Array(repeating: false, count: rank)
  var axes: [Int] = []
  for (index, entry) in perm.enumerated() {
    guard entry >= -rank, entry < rank else {
      throw BlockError(
        .badValue, "`perm` has \(entry) at index \(index) but `x` has rank \(rank)", input: 1, fix: "name each axis from 0 to \(rank - 1) once")
    }
    let axis = entry < 0 ? entry + rank : entry
    if seen[axis] { throw BlockError(.badValue, "`perm` names axis \(axis) twice", input: 1, fix: "name each axis from 0 to \(rank - 1) once") }
    seen[axis] = true
    axes.append(axis)
  }
  return axes
}

/// The permutation that undoes `perm`.
func inverse(_ perm: GradientValue, _ g: GradientContext) -> GradientValue {
  guard let axes = perm.integers else { return g.block("InvertPermutation", perm) }
  var inverse = axes.indices.map { $0 }
  for (place, axis) in axes.enumerated() {
    let axis = axis < 0 ? axis + axes.count : axis
    if inverse.indices.contains(axis) { inverse[axis] = place }
  }
  return g.integers(inverse)
}

private func permutationLength(_ size: Int, _ context: RuleContext) -> BlockError {
  let rank = context.shape(0).rank ?? 0
  return BlockError(
    .shapeMismatch, "`perm` has \(size) elements but `x` of shape \(context.shape(0)) has rank \(rank)", input: 1,
    fix: "give one axis number for each of the \(rank) axes")
}

/// See the kernel. Axes of size 1 go, axes that stay neighbours become one, and the innermost part is a run or a plane.
func transposeParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = context.shape(0).known?.dims ?? []
  let perm = try permutation(context) ?? []
  let inPitches = pitches(dims)
  // Axes of the result, outermost first: size and pitch in the input.
  var axes: [(size: Int, inPitch: Int)] = []
  for axis in perm where dims[axis] != 1 {
    if let last = axes.last, last.inPitch == inPitches[axis] &* dims[axis] {
      axes[axes.count - 1] = (last.size &* dims[axis], inPitches[axis])
    } else {
      axes.append((dims[axis], inPitches[axis]))
    }
  }
  let outPitches = pitches(axes.map(\.size))
  let size = Int64(context.dtype(0).byteCount)
  guard let last = axes.last else { return [size, 0, 0, 1, 1, 1] }
  let inner: [Int]
  var outer = Array(axes.indices.dropLast())
  if last.inPitch == 1 {
    inner = [0, last.size, 1, 1]
  } else {
    // Every axis but one has a pitch above 1, and that one is not the last.
    let lead = axes.firstIndex { $0.inPitch == 1 } ?? 0
    outer.removeAll { $0 == lead }
    inner = [axes[lead].size, last.size, last.inPitch, outPitches[lead]]
  }
  let words = [outer.count] + inner + outer.flatMap { [axes[$0].size, axes[$0].inPitch, outPitches[$0]] }
  return [size] + words.map(Int64.init)
}

/// Row-major pitches. Wrapping: with a dimension of 0 the others may be of any size, and then no kernel reads them.
private func pitches(_ dims: [Int]) -> [Int] {
  var pitches = Array(repeating: 1, count: dims.count)
  for axis in dims.indices.dropLast().reversed() { pitches[axis] = pitches[axis + 1] &* dims[axis + 1] }
  return pitches
}

// MARK: Concat and Split

func concatShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let wanted = try context.scalar(1)
  let members = context.members(0)
  var joined = PartialShape.unknown
  for member in members where member.shape.rank == 0 {
    throw BlockError(.shapeMismatch, "`values` has a scalar, which has no axis to join along", input: 0, fix: "write it as {1}, shape [1]")
  }
  // All but the joined axis must agree; while the axis is not known, only the ranks.
  for (index, member) in members.enumerated() {
    guard let dims = member.shape.dims else { continue }
    let rank = joined.rank ?? dims.count
    if dims.count != rank { throw concatMismatch(context, index) }
    guard let wanted else {
      joined = PartialShape(Array(repeating: -1, count: rank))
      continue
    }
    let axis = try Shapes.axis(wanted, rank: rank, context: context, input: 1)
    var open = dims
    open[axis] = -1
    guard let merged = joined.merged(with: PartialShape(open)) else { throw concatMismatch(context, index) }
    joined = merged
  }
  guard let wanted, var dims = joined.dims else { return [joined] }
  let axis = try Shapes.axis(wanted, rank: dims.count, context: context, input: 1)
  var total = 0
  for member in members {
    guard let size = member.shape.dims?[axis], size >= 0 else { return [PartialShape(dims)] }
    let (sum, overflow) = total.addingReportingOverflow(size)
    if overflow { throw BlockError(.tooLarge, "the sizes along axis \(axis) add up to more than can be counted", input: 0) }
    total = sum
  }
  dims[axis] = total
  return [try context.checked(dims)]
}

private func concatMismatch(_ context: RuleContext, _ index: Int) -> BlockError {
  let members = Array(context.members(0))
  let first = members.first { $0.shape.dims != nil }?.shape ?? .unknown
  return BlockError(
    .shapeMismatch, "`values[\(index)]` of shape \(members[index].shape) does not fit the tensors before it, as \(first)", input: 0, member: index,
    notes: ["all dimensions but the one along `axis` must be equal"])
}

/// The product of the dimensions before `axis`, and of those after it, for a shape that has elements; 0 rows when it has none.
private func rows(_ shape: Shape, axis: Int) -> (before: Int, after: Int) {
  guard let count = shape.count, count > 0 else { return (0, 0) }
  return (shape.dims[..<axis].reduce(1, &*), shape.dims[(axis + 1)...].reduce(1, &*))
}

func concatParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let members = context.members(0)
  let output = try concatShape(context).first?.known ?? [0]
  let axis = try Shapes.axis(context.scalar(1) ?? 0, rank: output.rank, context: context, input: 1)
  let (before, after) = rows(output, axis: axis)
  let size = context.dtype(0).byteCount
  return [Int64(before), Int64(members.count)] + members.map { Int64(($0.shape.dims?[axis] ?? 0) &* after &* size) }
}

/// The pieces of the upstream gradient, one for each member.
func concatGradient(_ g: GradientContext) -> [GradientValue?] {
  let members = g.inputs[g.rules.pins[0]]
  let shapes = members.compactMap(\.shape.known)
  guard shapes.count == members.count, let rank = shapes.first?.rank, let wanted = g[1].integers?.first else {
    return [g.fail(BlockError(.noGradient, "needs the shapes of `values` and the `axis` before the run for its gradient", input: 0))]
  }
  let axis = wanted < 0 ? wanted + rank : wanted
  let sizes = g.integers(shapes.map { $0.dims[axis] })
  return g.add("SplitV", [g.dy, sizes, g.integer(axis)], attrs: ["num_split": .int(Int64(members.count))]) + [nil]
}

func splitShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let pieces = Int(context.int("num_split"))
  let wanted = try context.scalar(0)
  guard var dims = context.shape(1).dims else { return Array(repeating: .unknown, count: pieces) }
  if dims.isEmpty {
    throw BlockError(.shapeMismatch, "`value` is a scalar and has no axis to cut", input: 1, fix: "write it as {1}, shape [1]")
  }
  guard let wanted else { return Array(repeating: PartialShape(Array(repeating: -1, count: dims.count)), count: pieces) }
  let axis = try Shapes.axis(wanted, rank: dims.count, context: context, input: 0)
  if dims[axis] >= 0 {
    if dims[axis] % pieces != 0 {
      throw BlockError(
        .badValue, "axis \(axis) of `value` has size \(dims[axis]), which cannot be cut into \(pieces) equal pieces", attr: "num_split",
        fix: "give a divisor of \(dims[axis])")
    }
    dims[axis] /= pieces
  }
  return Array(repeating: PartialShape(dims), count: pieces)
}

func splitParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let value = context.shape(1).known ?? [0]
  let axis = try Shapes.axis(context.scalar(0) ?? 0, rank: value.rank, context: context, input: 0)
  let (before, after) = rows(value, axis: axis)
  let piece = value.dims[axis] / max(1, Int(context.int("num_split")))
  return [Int64(before), Int64(piece &* after &* context.dtype(1).byteCount)]
}

// MARK: OneHot

func oneHotShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let depth = try context.scalar(1)
  try context.requireRank(2, 0)
  try context.requireRank(3, 0)
  if let depth, depth < 0 { throw BlockError(.badValue, "`depth` is \(depth)", input: 1, fix: "give a size of 0 or more") }
  guard var dims = context.shape(0).dims else { return [.unknown] }
  dims.insert(depth ?? -1, at: try oneHotAxis(context, rank: dims.count))
  return [try context.checked(dims)]
}

private func oneHotAxis(_ context: RuleContext, rank: Int) throws(BlockError) -> Int {
  let axis = context.int("axis")
  guard axis >= -1, axis <= Int64(rank) else {
    throw BlockError(
      .badAttrValue, "`axis` is \(axis) but the result has rank \(rank + 1)", attr: "axis",
      fix: "give a number from 0 to \(rank), or -1 for the last")
  }
  return axis < 0 ? rank : Int(axis)
}

func oneHotParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let indices = context.shape(0).known ?? .scalar
  let axis = try oneHotAxis(context, rank: indices.rank)
  let isEmpty = indices.count == 0
  let before = isEmpty ? 0 : indices.dims[..<axis].reduce(1, &*)
  let after = isEmpty ? 0 : indices.dims[axis...].reduce(1, &*)
  return [Int64(before), Int64(try context.scalar(1) ?? 0), Int64(after), Int64(context.dtype(2).byteCount)]
}
