import Diagnostics
import TensorCore

/// Numbers put into bins.
let binTypes: [BlockType] = [
  BlockType(
    "Bincount",
    doc: """
      How often each number from 0 to `size` - 1 occurs in `arr`, or the sum of the `weights` at the places where it does, added in their order. \
      Numbers of `size` or more are left out; a negative one is an error. Integers wrap around.
      """,
    inputs: [
      Pin("arr", .int32, doc: "Numbers, of any shape."), Pin("size", .int32, doc: "How many bins, a scalar.", setting: true),
      Pin("weights", "T", doc: "As many as `arr` has numbers, or none at all."),
    ],
    attrs: [.type("T", in: [.floats, .indices])],
    outputs: [Pin("bins", "T", doc: "A vector of `size`.")],
    shape: { (context) throws(BlockError) in
      let size = try context.scalar(1)
      if let size, size < 0 { throw BlockError(.badValue, "`size` is \(size)", input: 1, fix: "give a number of 0 or more") }
      if let numbers = context.shape(0).known?.count, let weights = context.shape(2).known?.count, weights != 0, weights != numbers {
        throw BlockError(
          .shapeMismatch, "there are \(numbers) numbers in `arr` but \(weights) `weights`", input: 2,
          fix: "give a weight for each number, or none: shape=\"[0]\"")
      }
      if let negative = context.integers(0)?.first(where: { $0 < 0 }) {
        throw BlockError(.badValue, "`arr` has the negative number \(negative)", input: 0)
      }
      return [PartialShape([size ?? -1])]
    },
    compute: .call("bincount"), faults: .possibly, gradient: .nothing,
    example: """
      <page title="How often, and how heavy">
        <block id="x" type="Const"><pin name="val" dtype="int32">1 3 1 0 7</pin></block>
        <block id="counts" type="Bincount">
          <pin name="size" dtype="int32">4</pin>
          <pin name="weights" dtype="int32" shape="[0]"></pin>
        </block>
        <block id="sums" type="Bincount">
          <pin name="size" dtype="int32">4</pin>
          <pin name="weights">0.5 2 0.25 1 9</pin>
        </block>
        <wire from="x" to="counts.arr"/>
        <wire from="x" to="sums.arr"/>
        <expect of="counts">1 2 0 1</expect>
        <expect of="sums">1 0.75 0 2</expect>
      </page>
      """),
  BlockType(
    "Bucketize",
    doc: """
      For each number how many of the `boundaries` are not above it: 0 below the first one, and their number from the last one on. NaN comes after \
      all boundaries. Integers are compared as floats, as TensorFlow does it.
      """,
    inputs: [
      Pin("input", "T", doc: "Numbers, of any shape."), Pin("boundaries", .float, doc: "A sorted vector.", setting: true),
    ],
    attrs: [.type("T", in: [.floats, .indices])],
    outputs: [Pin("output", .int32, doc: "Shaped like `input`.")],
    shape: { (context) throws(BlockError) in
      try context.requireRank(1, 1)
      if let boundaries = context.value(1)?.elements(as: Float.self),
        let place = boundaries.indices.dropFirst().first(where: { boundaries[$0] < boundaries[$0 - 1] })
      {
        throw BlockError(
          .badValue, "`boundaries` is not sorted: \(boundaries[place]) at place \(place) comes after \(boundaries[place - 1])", input: 1)
      }
      return [context.shape(0)]
    },
    compute: .call("bucketize"), gradient: .nothing,
    example: """
      <page title="Which of four buckets">
        <block id="b" type="Bucketize">
          <pin name="input">{{-5, 10000}, {150, 10}, {5, 100}}</pin>
          <pin name="boundaries">{0, 10, 100}</pin>
        </block>
        <expect of="b" shape="[3, 2]">0 3 3 2 1 3</expect>
      </page>
      """),
]
