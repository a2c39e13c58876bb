import Diagnostics
import TensorCore

// Rules of gradients that many entries share.

extension GradientContext {
  /// For a block of two inputs that are broadcast: what flows back to its result, summed over the axes along which the input was repeated.
  public func summed(_ value: GradientValue, to pin: Int) -> GradientValue {
    let input = self[pin]
    let other = self[1 - pin]
    if let mine = input.shape.known, let full = y.shape.known {
      let missing = full.rank - mine.rank
      let axes = full.dims.indices.filter { $0 < missing || (mine.dims[$0 - missing] == 1 && full.dims[$0] != 1) }
      return axes.isEmpty ? value : reshaped(block("Sum", value, integers(axes)), like: input)
    }
    // A scalar beside it repeats nothing of it.
    if other.shape.rank == 0 { return value }
    let axes = add("BroadcastGradientArgs", [shape(of: self[0]), shape(of: self[1])])
    return axes.count == 2 ? block("Reshape", block("Sum", value, axes[pin]), shape(of: input)) : value
  }

  /// For a reduction over the axes in pin 1: what flows back to the result, repeated along them.
  public func repeated(_ value: GradientValue) -> GradientValue {
    let input = self[0]
    guard let dims = input.shape.dims, let axes = self[1].integers else {
      // The same reduction with its axes kept has the shape that is repeated.
      let kept = rules.bool("keep_dims") ? value : reshaped(value, like: block("Sum", input, self[1], attrs: ["keep_dims": .bool(true)]))
      return kept * ones(like: input)
    }
    let reduced = Set(axes.map { $0 < 0 ? $0 + dims.count : $0 })
    guard let known = input.shape.known else {
      var kept = value
      if !rules.bool("keep_dims") { for axis in reduced.sorted() { kept = block("ExpandDims", kept, integer(axis)) } }
      return kept * ones(like: input)
    }
    let kept = block("Reshape", value, integers(known.dims.indices.map { reduced.contains($0) ? 1 : known.dims[$0] }))
    return kept * ones(like: input)
  }
}
