import TensorCore

/// How the loops of a `map` kernel run over its broadcast inputs, as words for ``ef_call/layout``.
///
/// The output is written in order. Neighbouring dimensions that every input walks in one go are joined, so that equal shapes
/// and scalars need one loop. With `n` inputs:
/// `[outer rank r, inner count, inner stride of each input (0 or 1), then r times: dimension, stride of each input in elements]`.
public enum BroadcastLayout {
  /// The layout of inputs that broadcast to `output`. The shapes are known to fit.
  public static func words(inputs: [Shape], output: Shape) -> [Int64] {
    // Most blocks: tensors of one shape and single elements, one loop.
    if inputs.allSatisfy({ $0 == output || $0.dims.allSatisfy { $0 == 1 } }) {
      let count = output.count ?? 0
      return [0, Int64(count)] + inputs.map { count == 1 || $0.count == 1 ? 0 : 1 }
    }
    let rank = output.rank
    let strides = inputs.map { stretched($0, rank: rank) }
    var dims: [Int] = []
    var steps: [[Int]] = []
    // Outermost first; a dimension joins the one before it when every input steps through both evenly.
    for axis in 0..<rank where output.dims[axis] != 1 {
      let size = output.dims[axis]
      let step = strides.map { $0[axis] }
      if let last = steps.last, zip(last, step).allSatisfy({ $0 == $1 &* size }) {
        dims[dims.count - 1] &*= size
        steps[steps.count - 1] = step
      } else {
        dims.append(size)
        steps.append(step)
      }
    }
    let inner = dims.popLast() ?? 1
    let innerSteps = steps.popLast() ?? inputs.map { _ in 0 }
    var words = [Int64(dims.count), Int64(inner)] + innerSteps.map { Int64($0 == 0 ? 0 : 1) }
    for (size, step) in zip(dims, steps) {
      words.append(Int64(size))
      words += step.map(Int64.init)
    }
    return words
  }

  /// Row-major strides of `shape` aligned to the last of `rank` dimensions, 0 where it is repeated.
  private static func stretched(_ shape: Shape, rank: Int) -> [Int] {
    var strides = Array(repeating: 0, count: rank)
    var stride = 1
    for (offset, size) in shape.dims.reversed().enumerated() {
      if size != 1 { strides[rank - 1 - offset] = stride }
      stride &*= size
    }
    return strides
  }
}
