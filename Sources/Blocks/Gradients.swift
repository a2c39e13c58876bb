import Diagnostics
import TensorCore

// Rules of gradients that many entries share.

extension GradientContext {
  /// For a block of two inputs that are broadcast: what flows back to its result, summed over the axes along which the input was repeated.
  /// `result` is an output of the broadcast shape; nil for the first.
  public func summed(_ value: GradientValue, to pin: Int, of result: GradientValue? = nil) -> GradientValue {
    let input = self[pin]
    let other = self[1 - pin]
    if let mine = input.shape.known, let full = (result ?? y).shape.known {
      let axes = repeatedAxes(of: mine, in: full)
      return axes.isEmpty ? value : reshaped(block("Sum", value, integers(axes)), like: input)
    }
    // A scalar beside it repeats nothing of it.
    if other.shape.rank == 0 { return value }
    return block("Reshape", block("Sum", value, block("BroadcastAxes", input, other)), shape(of: input))
  }

  /// For a reduction over the axes in pin 1: its result, or what flows back to it, with these axes kept as 1.
  public func kept(_ value: GradientValue) -> GradientValue {
    if rules.bool("keep_dims") { return value }
    let input = self[0]
    guard let rank = input.shape.rank, let axes = self[1].integers else {
      // The same reduction with its axes kept has the shape that is meant.
      return reshaped(value, like: block("Sum", input, self[1], attrs: ["keep_dims": .bool(true)]))
    }
    let reduced = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
    guard let dims = input.shape.known?.dims else {
      return reduced.sorted().reduce(value) { block("ExpandDims", $0, integer($1)) }
    }
    return block("Reshape", value, integers(dims.indices.map { reduced.contains($0) ? 1 : dims[$0] }))
  }

  /// For a reduction: what flows back to its result, repeated along the axes of pin 1.
  public func repeated(_ value: GradientValue) -> GradientValue {
    guard let from = kept(value).shape.known, let to = self[0].shape.known else { return kept(value) * ones(like: self[0]) }
    return block("Tile", kept(value), integers(zip(from.dims, to.dims).map { $0 == 0 ? 1 : $1 / $0 }))
  }

  /// What flows back where the condition in pin 0 is `truth`, and zeros elsewhere.
  public func chosen(_ truth: Bool, like input: GradientValue) -> GradientValue {
    let zeros = zeros(like: dy)
    return truth ? block("Where3", self[0], dy, zeros) : block("Where3", self[0], zeros, dy)
  }
}

/// The copies added up: seen with an axis of its own for each number of copies.
func tileGradient(_ g: GradientContext) -> GradientValue {
  guard let dims = g[0].shape.known?.dims, let multiples = g[1].integers, dims.count == multiples.count else {
    return g.fail(BlockError(.noGradient, "needs the shape of `input` and the `multiples` before the run for its gradient", input: 0))
  }
  let split = g.block("Reshape", g.dy, g.integers(zip(multiples, dims).flatMap { [$0, $1] }))
  return g.block("Sum", split, g.integers(dims.indices.map { 2 * $0 }))
}

/// The axes of a broadcast result along which a tensor of shape `mine` is repeated.
func repeatedAxes(of mine: Shape, in full: Shape) -> [Int] {
  let missing = full.rank - mine.rank
  return full.dims.indices.filter { $0 < missing || (mine.dims[$0 - missing] == 1 && full.dims[$0] != 1) }
}
