/// Segments, batched products and cross products. No two rows of a segment are equal, where that would be a corner.
let segmentCases: [String: [GradientCase]] = [
  "SegmentSum": sorted, "SegmentMean": sorted, "SegmentMin": sorted, "SegmentMax": sorted,
  "SegmentProd": sorted + [GradientCase(["data": "{{1, 0}, {3, 4}, {0, 0}, {2, 0}}", "segment_ids": "0 0 2 2"])],
  "UnsortedSegmentSum": unsorted, "UnsortedSegmentMax": unsorted,
  "SparseSegmentSum": sparse, "SparseSegmentMean": sparse, "SparseSegmentSqrtN": sparse,
  "BatchMatMul": [false, true].flatMap { x in
    [false, true].map { y in
      GradientCase(
        [
          "x": x ? "{{{1, 4}, {2, 5}, {3, 6}}, {{0, 1}, {-1, 2}, {3, 1}}}" : "{{{1, 2, 3}, {4, 5, 6}}, {{0, -1, 3}, {1, 2, 1}}}",
          "y": y ? "{{{1, -2, 0.5}, {3, 1, 2}}, {{1, 2, 3}, {2, 0, 1}}}" : "{{{1, 3}, {-2, 1}, {0.5, 2}}, {{1, 2}, {2, 0}, {3, 1}}}",
        ], attrs: "adj_x=\"\(x)\" adj_y=\"\(y)\"")
    }
  },
  // Straight through, whatever the steps are.
  "QuantizeAndDequantizeV2": [
    GradientCase(
      ["input": "{-9, 0.4, 2.5}", "input_min": "-3", "input_max": "3"], attrs: "num_bits=\"3\" range_given=\"true\"",
      constants: ["input_min", "input_max"], expected: ["input0": [1, 1, 1]])
  ],
  "Cross": [GradientCase(["a": "{{1, -2.5, 3}, {4, 5.5, -6}}", "b": "{{2, 4, 0.5}, {-1, 8, 3}}"])],
]

private let rows = "{{1, 2.5}, {-3, 4}, {5, -6}, {0.5, 7}}"
private let sorted = [
  GradientCase(["data": rows, "segment_ids": "0 0 2 2"]), GradientCase(["data": "{1.5, 2, -3}", "segment_ids": "1 1 1"]),
]
private let unsorted = [
  GradientCase(["data": rows, "segment_ids": "1 0 -1 1", "num_segments": "2"]),
  GradientCase(["data": rows, "segment_ids": "{{1, 0}, {-1, 1}, {0, 0}, {1, 1}}", "num_segments": "2"]),
  GradientCase(["data": rows, "segment_ids": "0", "num_segments": "1"]),
]
private let sparse = [
  GradientCase(["data": rows, "segment_ids": "0 0 2 2 2", "indices": "0 2 1 3 3"]),
  GradientCase(["data": "{1, 2}", "segment_ids": "{0}", "indices": "{1}"]),
]
