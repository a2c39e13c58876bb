import TensorCore

/// A part of a tensor as TensorFlow writes it: the dimensions of the whole, then `start,length` or `-` (all) for each of them, with
/// colons between: `4 5 0,2:-` is the first two rows of a [4, 5].
struct TensorSlice {
  var whole: Shape
  /// By dimension: where it starts and how long it is.
  var starts: [Int]
  var shape: Shape

  /// All of a tensor.
  init(all shape: Shape) {
    whole = shape
    starts = Array(repeating: 0, count: shape.rank)
    self.shape = shape
  }

  init(starts: [Int], shape: Shape, of whole: Shape) {
    self.whole = whole
    self.starts = starts
    self.shape = shape
  }

  /// nil when the text is none, or the part does not lie in the whole.
  init?(_ text: String) {
    let fields = text.split(separator: " ")
    guard let last = fields.last else { return nil }
    var dims: [Int] = []
    for field in fields.dropLast() {
      guard let dim = Int(field), dim >= 0 else { return nil }
      dims.append(dim)
    }
    let parts = last.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == dims.count, dims.count <= Shape.maxRank, Shape(dims).count != nil else { return nil }
    var (starts, lengths): ([Int], [Int]) = ([], [])
    for (part, dim) in zip(parts, dims) {
      if part == "-" {
        starts.append(0)
        lengths.append(dim)
        continue
      }
      let numbers = part.split(separator: ",", omittingEmptySubsequences: false)
      guard numbers.count == 2, let start = Int(numbers[0]), let length = Int(numbers[1]), start >= 0, length >= 0, start <= dim,
        length <= dim - start
      else { return nil }
      starts.append(start)
      lengths.append(length)
    }
    self.init(starts: starts, shape: Shape(lengths), of: Shape(dims))
  }

  /// As it is written.
  var text: String {
    let parts = zip(starts, shape.dims).enumerated().map { $1.1 == whole.dims[$0] ? "-" : "\($1.0),\($1.1)" }
    return (whole.dims.map(String.init) + [parts.joined(separator: ":")]).joined(separator: " ")
  }

  var isAll: Bool { shape == whole }

  /// The elements that two parts of one tensor share; nil when they share none.
  func intersection(_ other: TensorSlice) -> TensorSlice? {
    guard whole == other.whole else { return nil }
    var (starts, lengths): ([Int], [Int]) = ([], [])
    for axis in whole.dims.indices {
      let start = max(self.starts[axis], other.starts[axis])
      let end = min(self.starts[axis] + shape.dims[axis], other.starts[axis] + other.shape.dims[axis])
      if start >= end { return nil }
      starts.append(start)
      lengths.append(end - start)
    }
    return TensorSlice(starts: starts, shape: Shape(lengths), of: whole)
  }

  /// Copies the elements of `part` from a tensor that holds this part of the whole into one that holds `other`.
  func copy(_ part: TensorSlice, from source: Tensor, to target: Tensor, holding other: TensorSlice) {
    let size = source.dtype.byteCount
    let rank = whole.rank
    if rank == 0 {
      target.storage.base.copyMemory(from: source.storage.base, byteCount: size)
      return
    }
    // Elements from one index to the next, by dimension.
    func strides(_ shape: Shape) -> [Int] {
      var strides = Array(repeating: 1, count: rank)
      for axis in stride(from: rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * shape.dims[axis + 1] }
      return strides
    }
    let (from, to) = (strides(shape), strides(other.shape))
    func row(_ axis: Int, _ sourceOffset: Int, _ targetOffset: Int) {
      let source0 = sourceOffset + (part.starts[axis] - starts[axis]) * from[axis]
      let target0 = targetOffset + (part.starts[axis] - other.starts[axis]) * to[axis]
      if axis == rank - 1 {
        (target.storage.base + target0 * size).copyMemory(from: source.storage.base + source0 * size, byteCount: part.shape.dims[axis] * size)
        return
      }
      for index in 0..<part.shape.dims[axis] { row(axis + 1, source0 + index * from[axis], target0 + index * to[axis]) }
    }
    row(0, 0, 0)
  }
}
