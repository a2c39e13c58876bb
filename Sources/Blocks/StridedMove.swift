import TensorCore

/// Elements moved from one tensor to another along axes with steps: the parameters of the kernel `moveStrided`, and whether they are one run.
struct StridedMove {
  struct Axis {
    var size: Int
    /// Elements from one index to the next in the source and in the target; they may be negative.
    var from: Int
    var to: Int
  }

  /// What the target holds elsewhere.
  enum Filler {
    /// All of it is written, or it keeps what it has.
    case none
    case zeros
    /// The one element of a buffer.
    case buffer(Int)
  }

  /// Where source and target begin, in elements.
  var from = 0
  var to = 0
  /// Outermost first. Axes that can be walked as one are one; none has size 1.
  private(set) var axes: [Axis] = []
  private(set) var isEmpty = false

  mutating func add(_ axis: Axis) {
    if axis.size <= 0 { isEmpty = true }
    if axis.size <= 1 { return }
    if let last = axes.last, last.from == axis.from &* axis.size, last.to == axis.to &* axis.size {
      axes[axes.count - 1] = Axis(size: last.size &* axis.size, from: axis.from, to: axis.to)
    } else {
      axes.append(axis)
    }
  }

  /// Whether the target is a run of the source, in its order.
  var isRun: Bool { isEmpty || axes.isEmpty || axes.count == 1 && axes[0].from == 1 && axes[0].to == 1 }

  /// The words of the kernel. `source` and `target` are buffers.
  func parameters(_ dtype: DType, source: Int, target: Int, filler: Filler = .none) -> [Int64] {
    let fill =
      switch filler {
      case .none: -1
      case .zeros: -2
      case .buffer(let index): index
      }
    let moved = isEmpty ? [Axis(size: 0, from: 1, to: 1)] : axes.isEmpty ? [Axis(size: 1, from: 1, to: 1)] : axes
    let words = [dtype.byteCount, source, target, fill, isEmpty ? 0 : from, isEmpty ? 0 : to, moved.count]
    return (words + moved.flatMap { [$0.size, $0.from, $0.to] }).map(Int64.init)
  }
}

/// How a move from the first input to the only output is split: along one of its axes; of a target that is filled before, along the outermost
/// one when there is nothing between its indices.
func strideSplit(_ context: RuleContext, _ parameters: [Int64], target: Int? = nil) -> Split? {
  guard parameters.count > 9, parameters[3] == -1 || parameters[7] &* parameters[9] == target ?? -1 else { return nil }
  let axes = stride(from: 7, to: parameters[3] == -1 ? parameters.count : 10, by: 3).map { word in
    Split.Dimension(word: word, input: Int(parameters[word + 1]), output: Int(parameters[word + 2]))
  }
  let moved = axes.reduce(1.0) { $0 * Double(parameters[$1.word]) }
  return Split.largest(axes, parameters, work: 2 * moved, operands: context.inputs.count + 1)
}

/// Elements from one index to the next, by axis, of a row-major tensor. Wrapping: with a dimension of 0 the others may be of any size, and
/// then no kernel reads them.
func rowMajorPitches(_ dims: [Int]) -> [Int] {
  var pitches = Array(repeating: 1, count: dims.count)
  for axis in dims.indices.dropLast().reversed() { pitches[axis] = pitches[axis + 1] &* dims[axis + 1] }
  return pitches
}
