/// Those that slice, pad, stack and turn round.
let slicingCases: [String: [GradientCase]] = [
  "Slice": [
    GradientCase(["input": matrix, "begin": "1 0", "size": "-1 2"]), GradientCase(["input": matrix, "begin": "0 0", "size": "2 3"]),
    GradientCase(["input": matrix, "begin": "0 1", "size": "0 1"]),
  ],
  "StridedSlice": strides.map { GradientCase(["input": matrix, "begin": $0.begin, "end": $0.end, "strides": $0.strides], attrs: $0.attrs) },
  "StridedSliceGrad": [
    GradientCase(["shape": "2 3", "begin": "0 -1", "end": "2 0", "strides": "1 -2", "dy": "{{1}, {-2}}"]),
    GradientCase(["shape": "2 3", "begin": "{1}", "end": "{0}", "strides": "{1}", "dy": "{1, -2, 3}"], attrs: "shrink_axis_mask=\"1\""),
  ],
  "Pad": [GradientCase(["input": matrix, "paddings": "{{1, 0}, {2, 1}}"])],
  "PadV2": [GradientCase(["input": matrix, "paddings": "{{1, 0}, {2, 1}}", "constant_values": "9"], constants: ["constant_values"])],
  "MirrorPad": mirrors("input", matrix), "MirrorPadGrad": mirrors("input", "{{1, 2, 3, 4, 5, 0.5}, {6, 7, 8, 9, 10, 0.25}, {1, -1, 2, -2, 3, -3}}"),
  "Stack": [
    GradientCase(["values": "{1, 2}|{3, 4}|{5, 6}"]), GradientCase(["values": "{1, 2}|{3, 4}|{5, 6}"], attrs: "axis=\"-1\""),
    GradientCase(["values": "1.5|2.5"]),
  ],
  "Unstack": [GradientCase(["value": matrix], attrs: "num=\"2\""), GradientCase(["value": matrix], attrs: "num=\"3\" axis=\"-1\"")],
  "SplitV": [
    GradientCase(["value": matrix, "size_splits": "1 -1", "axis": "1"], attrs: "num_split=\"2\""),
    GradientCase(["value": matrix, "size_splits": "2 0", "axis": "-2"], attrs: "num_split=\"2\""),
  ],
  "ParallelConcat": [GradientCase(["values": "{{1, 2}}|{{3, 4}}"], attrs: "shape=\"[2, 2]\"")],
  "Squeeze": [GradientCase(["input": "{{{1}, {2}}}"]), GradientCase(["input": "{{{1}, {2}}}"], attrs: "squeeze_dims=\"-1\"")],
  "Reverse": [GradientCase(["tensor": matrix, "axis": "0 -1"]), GradientCase(["tensor": matrix, "axis": "{1}"])],
  "ReverseSequence": [
    GradientCase(["input": matrix, "seq_lengths": "2 3"], attrs: "seq_dim=\"1\""),
    GradientCase(["input": matrix, "seq_lengths": "2 0 1"], attrs: "seq_dim=\"0\" batch_dim=\"1\""),
  ],
  "CheckNumerics": [GradientCase(["tensor": matrix], attrs: "message=\"it\"")],
  "PlaceholderWithDefault": [GradientCase(["input": matrix], attrs: "shape=\"[?, 3]\"")],
  "Placeholder": [GradientCase(["fed": matrix], attrs: "dtype=\"double\"")],
]

private let matrix = "{{1, -2.5, 3}, {4, 5.5, -6}}"
private let strides = [
  (begin: "0 0", end: "2 3", strides: "1 2", attrs: ""), (begin: "-1 -1", end: "0 0", strides: "-1 -1", attrs: "end_mask=\"2\""),
  (begin: "0 1", end: "0 2", strides: "1 1", attrs: "ellipsis_mask=\"1\" shrink_axis_mask=\"2\""),
  (begin: "{1}", end: "{2}", strides: "{1}", attrs: ""), (begin: "0 0", end: "0 0", strides: "1 1", attrs: "new_axis_mask=\"1\" end_mask=\"2\""),
]

private func mirrors(_ pin: String, _ text: String) -> [GradientCase] {
  [("REFLECT", "{{1, 0}, {2, 1}}"), ("SYMMETRIC", "{{1, 0}, {0, 2}}")].map { mode, paddings in
    GradientCase([pin: text, "paddings": paddings], attrs: "mode=\"\(mode)\"")
  }
}
