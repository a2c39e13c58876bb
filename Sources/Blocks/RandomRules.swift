import CKernelABI
import Diagnostics
import TensorCore

// The rules of the random blocks.

/// The state of a random block: the key of its generator and the counter's two halves, the lower one first.
///
/// The seeds are key and upper half, as in TensorFlow. Where both are 0, the page's seed and the block's id take their place.
func streamState(_ context: RuleContext) throws(BlockError) -> [UInt64] {
  let seeds = [context.int("seed"), context.int("seed2")].map(UInt64.init(bitPattern:))
  if seeds != [0, 0] { return [seeds[0], 0, seeds[1]] }
  let key = mixed(UInt64(bitPattern: context.origin.seed) &+ mixed(context.origin.path))
  return [key, 0, mixed(key)]
}

/// The next output of the SplitMix64 generator: neighbouring numbers become unlike each other.
private func mixed(_ number: UInt64) -> UInt64 {
  var x = number &+ 0x9E37_79B9_7F4A_7C15
  x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
  x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
  return x ^ x >> 31
}

/// Scratch memory for a strip of random words.
func stripScratch(_ context: RuleContext) throws(BlockError) -> Int { Int(EF_RANDOM_STRIP) * 4 }

// MARK: Shapes

/// The shape that pin 0 asks for.
func randomShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard let sizes = try sizes(context) else { return [.unknown] }
  return [try context.checked(sizes)]
}

/// A shape as an attr: all its sizes must be there.
func randomAttrShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let shape = context.shape("shape")
  guard shape.known != nil else {
    throw BlockError(.badAttrValue, "`shape` is \(shape), but the size of the result must be known", attr: "shape", fix: "write it like [2, 3]")
  }
  return [shape]
}

/// The shape that pin 0 asks for, for each element of pin 1.
func sampleShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  guard let sizes = try sizes(context), let parameters = context.shape(1).dims else { return [.unknown] }
  return [try context.checked(sizes + parameters)]
}

/// What pin 0 says of the shape, -1 for an unknown size; nil when not even the rank is known.
private func sizes(_ context: RuleContext) throws(BlockError) -> [Int]? {
  try context.requireRank(0, 1)
  guard let sizes = context.integers(0) else {
    guard let rank = context.shape(0).dims?.first, rank >= 0 else { return nil }
    if rank > Shape.maxRank {
      throw BlockError(.tooLarge, "`shape` asks for \(rank) dimensions; \(Shape.maxRank) is the highest", input: 0)
    }
    return Array(repeating: -1, count: rank)
  }
  if let index = sizes.firstIndex(where: { $0 < 0 }) {
    throw BlockError(.badValue, "`shape` has \(sizes[index]) at index \(index)", input: 0, fix: "give sizes of 0 or more")
  }
  return sizes
}

func uniformIntShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(1, 0)
  try context.requireRank(2, 0)
  let shapes = try randomShape(context)
  if let low = context.integers(1)?.first, let high = context.integers(2)?.first, low >= high, shapes[0].known?.count != 0 {
    throw BlockError(.badValue, "`minval` is \(low) and `maxval` is \(high)", input: 2, fix: "give a `maxval` above `minval`")
  }
  return shapes
}

func multinomialShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  try context.requireRank(0, 2)
  let count = try context.scalar(1)
  if let count, count < 0 { throw BlockError(.badValue, "`num_samples` is \(count)", input: 1, fix: "give 0 or more") }
  let dims = context.shape(0).dims ?? [-1, -1]
  if dims[1] == 0 { throw BlockError(.shapeMismatch, "`logits` of shape \(context.shape(0)) has no class to choose", input: 0) }
  return [try context.checked([dims[0], count ?? -1])]
}

func truncatedNormalShape(_ context: RuleContext) throws(BlockError) -> [PartialShape] {
  let shapes = try randomShape(context)
  for pin in 1...4 { try context.requireRank(pin, 0...1) }
  guard let dims = shapes[0].dims else { return shapes }
  guard let batches = dims.first else {
    throw BlockError(.badValue, "`shape` is empty", input: 0, fix: "give at least one size; {1} for a single number")
  }
  for pin in 1...4 where batches >= 0 && !truncatedNormalIsUniform(context) {
    guard let count = context.shape(pin).dims?.first, count >= 0, count != 1, count != batches else { continue }
    throw BlockError(
      .shapeMismatch, "`\(context.type.inputs[pin].name)` has \(count) elements, but `shape` begins with \(batches)", input: pin,
      fix: batches == 1 ? "give one value" : "give one value, or one for each of the \(batches)")
  }
  return shapes
}

/// Whether all numbers have the same parameters. (TensorFlow's reading: bounds of shape [1] count as different ones.)
private func truncatedNormalIsUniform(_ context: RuleContext) -> Bool {
  (1...2).allSatisfy { context.shape($0).known?.count == 1 } && (3...4).allSatisfy { context.shape($0).rank == 0 }
}

// MARK: Parameters

/// Rows, and the bytes of a row.
func shuffleParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let shape = context.shape(0).known ?? .scalar
  let rows = shape.dims.first ?? 1
  let count = shape.count ?? 0
  return [Int64(rows), Int64(rows == 0 ? 0 : count / rows * context.dtype(0).byteCount)]
}

/// An index for each row.
func shuffleScratch(_ context: RuleContext) throws(BlockError) -> Int { 8 * max(1, context.shape(0).known?.dims.first ?? 1) }

/// Batches, classes and samples.
func multinomialParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let dims = context.shape(0).known?.dims ?? [0, 0]
  return [Int64(dims[0]), Int64(dims[1]), Int64(context.integers(1)?.first ?? 0)]
}

/// A sum for each class.
func multinomialScratch(_ context: RuleContext) throws(BlockError) -> Int { 8 * max(1, context.shape(0).known?.dims.last ?? 1) }

/// Samples for each element of the parameter.
func sampleParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  [Int64(checkedProduct(context.integers(0) ?? [0]) ?? 0)]
}

/// Batches, numbers of a batch, numbers of all.
func truncatedNormalParameters(_ context: RuleContext) throws(BlockError) -> [Int64] {
  let sizes = context.integers(0) ?? [0]
  let count = checkedProduct(sizes) ?? 0
  // Where all numbers have the same parameters, a batch is a hundred of them, whatever the shape.
  let words = truncatedNormalIsUniform(context) ? [(count + 99) / 100, 100, count] : [sizes[0], checkedProduct(sizes.dropFirst()) ?? 0, count]
  return words.map(Int64.init)
}
