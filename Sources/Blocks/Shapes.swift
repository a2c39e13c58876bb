import Diagnostics
import TensorCore

/// Shape rules that many entries share.
public enum Shapes {
  /// No outputs.
  public static let none: BlockType.ShapeRule = { (_) throws(BlockError) in [] }

  /// The output is shaped like the first input.
  public static let sameAsInput: BlockType.ShapeRule = { (context) throws(BlockError) in [context.shape(0)] }

  /// Every output is shaped like the input of its place (lists).
  public static let memberwise: BlockType.ShapeRule = { (context) throws(BlockError) in context.inputs.map(\.shape) }

  /// numpy's broadcasting of all inputs.
  public static let broadcast: BlockType.ShapeRule = { (context) throws(BlockError) in
    var result = context.shape(0)
    for pin in context.type.inputs.indices.dropFirst() {
      guard let joined = broadcast(result, context.shape(pin)) else {
        throw BlockError(
          .shapeMismatch,
          "`\(context.type.inputs[0].name)` of shape \(result) and `\(context.type.inputs[pin].name)` of shape \(context.shape(pin)) cannot be broadcast",
          input: pin, notes: ["from the last dimension on, two dimensions fit when they are equal or one of them is 1"],
          fix: "a Reshape before one of them can give it a dimension of 1 where it is to be repeated")
      }
      result = joined
    }
    if let shape = result.known, shape.count == nil {
      throw BlockError(
        .tooLarge, "the operands are broadcast to \(shape), more elements than can be counted",
        fix: "where a dimension of one operand should meet that of the other, give both the same place and size")
    }
    return [result]
  }

  /// The broadcast of two shapes, nil when they do not fit. Unknown with 1 stays unknown; unknown with n > 1 becomes n.
  public static func broadcast(_ a: PartialShape, _ b: PartialShape) -> PartialShape? {
    guard let x = a.dims, let y = b.dims else { return .unknown }
    let rank = max(x.count, y.count)
    var dims: [Int] = []
    dims.reserveCapacity(rank)
    for position in 0..<rank {
      let i = position - (rank - x.count)
      let j = position - (rank - y.count)
      let p = i >= 0 ? x[i] : 1
      let q = j >= 0 ? y[j] : 1
      if p == q || q == 1 {
        dims.append(p)
      } else if p == 1 {
        dims.append(q)
      } else if p < 0 {
        dims.append(q)
      } else if q < 0 {
        dims.append(p)
      } else {
        return nil
      }
    }
    return PartialShape(dims)
  }

  /// Reads an axis in `-rank..<rank` as `0..<rank`.
  public static func axis(_ axis: Int, rank: Int, context: RuleContext, input: Int? = nil, attr: String? = nil) throws(BlockError) -> Int {
    guard axis >= -rank, axis < rank else {
      let name = input.map { context.type.inputs[$0].name } ?? attr ?? "axis"
      throw BlockError(
        .badValue, "`\(name)` is \(axis) but the tensor has rank \(rank)", input: input, attr: attr,
        fix: rank == 0 ? "a scalar has no axes" : "give a number from \(-rank) to \(rank - 1)")
    }
    return axis < 0 ? axis + rank : axis
  }
}
