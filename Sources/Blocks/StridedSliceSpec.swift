import Diagnostics
import TensorCore

/// What StridedSlice and its kin are told, worked out for a tensor: for each of its axes which elements are meant, and the result's axes.
struct StridedSliceSpec {
  /// By axis of the tensor: the first element, the step to the next one, and how many (-1: not known).
  struct Axis {
    var start: Int
    var step: Int
    var size: Int
  }
  var axes: [Axis] = []
  /// The dimensions of the result: axes that are dropped are gone, new ones are there.
  var dims: [Int] = []

  /// The pins of begin, end and strides.
  private static let pins = (begin: 1, end: 2, strides: 3)

  /// An entry of begin, end and strides for an axis of the tensor.
  private struct Entry {
    var begin: Int?
    var end: Int?
    var stride: Int?
    var isFromStart = true
    var isToEnd = true
    var isDropped = false
  }

  /// Nil while too little is known. `dims` are those of the tensor; begin, end and strides are inputs 1 to 3.
  init?(_ context: RuleContext, of dims: [Int]?) throws(BlockError) {
    let count = try StridedSliceSpec.entryCount(context)
    guard let count, let tensor = dims else { return nil }
    let masks = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].map { Int64(context.int($0)) }
    func isSet(_ mask: Int, _ bit: Int) -> Bool { masks[mask] & (1 << Int64(bit)) != 0 }
    let ellipses = (0..<count).filter { isSet(2, $0) }
    if ellipses.count > 1 {
      throw BlockError(
        .badAttrValue, "`ellipsis_mask` has two bits, \(ellipses[0]) and \(ellipses[1])", attr: "ellipsis_mask",
        fix: "only one entry can stand for all axes that are not named")
    }
    // Without an ellipsis there is one behind the last entry.
    let ellipsis = ellipses.first ?? count
    let begin = context.integers(StridedSliceSpec.pins.begin)
    let end = context.integers(StridedSliceSpec.pins.end)
    let strides = context.integers(StridedSliceSpec.pins.strides)
    let named = (0..<count).filter { $0 != ellipsis && !isSet(3, $0) }.count
    guard named <= tensor.count else {
      throw BlockError(
        .shapeMismatch, "`begin`, `end` and `strides` name \(named) axes but the tensor has rank \(tensor.count)", input: StridedSliceSpec.pins.begin,
        fix: "leave \(named - tensor.count) of their entries out, or make them new axes with `new_axis_mask`")
    }
    for index in 0...count {
      if index == ellipsis {
        let left = (index..<count).filter { $0 != ellipsis && !isSet(3, $0) }.count
        while axes.count < tensor.count - left { try append(Entry(begin: 0, end: 0, stride: 1), tensor[axes.count], context, index: nil) }
      } else if index < count, isSet(3, index) {
        self.dims.append(1)
      } else if index < count {
        try append(
          Entry(
            begin: begin?[index], end: end?[index], stride: strides?[index], isFromStart: isSet(0, index), isToEnd: isSet(1, index),
            isDropped: isSet(4, index)),
          tensor[axes.count], context, index: index)
      }
    }
    _ = try context.checked(self.dims)
  }

  /// How many entries begin, end and strides have; nil while that is not known.
  private static func entryCount(_ context: RuleContext) throws(BlockError) -> Int? {
    let names = [pins.begin, pins.end, pins.strides]
    var count: Int?
    for pin in names {
      try context.requireRank(pin, 1)
      guard let size = context.shape(pin).known?.dims[0] else { continue }
      if let count, count != size {
        throw BlockError(
          .shapeMismatch, "`\(context.type.inputs[pin].name)` has \(size) entries but there are \(count) before it", input: pin,
          fix: "`begin`, `end` and `strides` have one entry for each axis that they name")
      }
      count = size
    }
    guard let count else { return nil }
    if count >= 32 {
      throw BlockError(.tooLarge, "`begin` has \(count) entries; the masks have bits for 31", input: pins.begin)
    }
    return count
  }

  private mutating func append(_ entry: Entry, _ dim: Int, _ context: RuleContext, index: Int?) throws(BlockError) {
    if entry.stride == 0 {
      throw BlockError(
        .badValue, "`strides` has 0 at index \(index ?? 0)", input: StridedSliceSpec.pins.strides, fix: "give 1 for every element, -1 to walk back")
    }
    if entry.isDropped, let stride = entry.stride, stride < 0 {
      throw BlockError(
        .badValue, "`strides` has \(stride) at index \(index ?? 0), but `shrink_axis_mask` picks one element there",
        input: StridedSliceSpec.pins.strides, fix: "give 1")
    }
    if entry.isDropped {
      if let begin = entry.begin, dim >= 0 {
        guard begin >= -dim, begin < dim else {
          throw BlockError(
            .badValue, "`begin` has \(begin) at index \(index ?? 0) but axis \(axes.count) has size \(dim)", input: StridedSliceSpec.pins.begin,
            fix: dim == 0 ? "there is no element to pick" : "give a number from \(-dim) to \(dim - 1)")
        }
        axes.append(Axis(start: begin < 0 ? begin + dim : begin, step: 1, size: 1))
      } else {
        axes.append(Axis(start: 0, step: 1, size: 1))
      }
      return
    }
    let axis = StridedSliceSpec.range(entry, dim)
    axes.append(axis)
    dims.append(axis.size)
  }

  private static func range(_ entry: Entry, _ dim: Int) -> Axis {
    guard dim >= 0, let stride = entry.stride else {
      return Axis(start: 0, step: 1, size: dim == 0 ? 0 : -1)
    }
    // Where one may begin and end: walking back, the end is before the first element.
    let (low, high) = stride > 0 ? (0, dim) : (-1, dim - 1)
    func place(_ value: Int) -> Int { min(max(value < 0 ? value.addingReportingOverflow(dim).partialValue : value, low), high) }
    let first = entry.isFromStart ? (stride > 0 ? low : high) : entry.begin.map(place)
    let last = entry.isToEnd ? (stride > 0 ? high : low) : entry.end.map(place)
    guard let first, let last else { return Axis(start: 0, step: 1, size: dim == 0 ? 0 : -1) }
    let length = last - first
    if length == 0 || (length < 0) != (stride < 0) { return Axis(start: 0, step: 1, size: 0) }
    // The greatest step is longer than any axis; its magnitude may have no number.
    let size = (length.magnitude - 1) / stride.magnitude + 1
    return Axis(start: first, step: size == 1 ? 1 : stride, size: Int(size))
  }

  /// Whether every size is known.
  var isKnown: Bool { axes.allSatisfy { $0.size >= 0 } }

  /// The elements that are meant, packed, and where they lie in the tensor. `isInto`: from packed to the tensor.
  func move(in tensor: [Int], isInto: Bool = false) -> StridedMove {
    let wide = rowMajorPitches(tensor)
    let packed = rowMajorPitches(axes.map(\.size))
    var move = StridedMove()
    var start = 0
    for (index, axis) in axes.enumerated() {
      start &+= axis.start &* wide[index]
      let step = axis.step &* wide[index]
      move.add(StridedMove.Axis(size: axis.size, from: isInto ? packed[index] : step, to: isInto ? step : packed[index]))
    }
    if isInto { move.to = start } else { move.from = start }
    return move
  }
}
