/// Inputs for the gradient of each entry that has one: away from jumps and corners, broadcast both ways.
let basicCases: [String: [GradientCase]] = [
  "Add": broadcast, "Subtract": broadcast, "Multiply": broadcast, "Div": broadcast, "RealDiv": broadcast,
  "Mod": [
    GradientCase(["x": "{{7.5, -7.5, 2.5}}", "y": "{{3.25}, {2.125}}"]), GradientCase(["x": "9.5", "y": "{2.25, -4}"]),
  ],
  "Minimum": choices, "Maximum": choices,
  "Negate": unary, "Abs": unary, "Sign": unary, "Square": unary, "Exp": unary, "Log": positive, "Tanh": unary, "Sigmoid": unary, "Sqrt": positive,
  "Cast": [GradientCase(["x": "{1.5, -2.25}"], attrs: "DstT=\"double\"")],
  "Const": [GradientCase(["val": "{1.5, -2.25}"])], "Const_ex": [GradientCase(["val": "{1.5, -2.25}"])],
  "Input": [GradientCase(["initvalues": "{1.5, -2.25}"])],
  "Identity": [GradientCase(["input": "{1.5, -2.25}"])],
  "InputList": [GradientCase(["outputlist": "{1.5, -2.25}|{{3}}"])],
  "Reshape": [GradientCase(["tensor": "{{1, 2, 3}, {4, 5, 6}}", "shape": "3 -1"])],
  "Transpose": [
    GradientCase(["x": "{{{1, 2, 3}, {4, 5, 6}}}", "perm": "2 0 1"]), GradientCase(["x": "{{1, 2, 3}, {4, 5, 6}}", "perm": "-1 0"]),
  ],
  "Concat": [
    GradientCase(["values": "{{1, 2}, {3, 4}}|{{5}, {6}}|{{7, 8}, {9, 10}}", "axis": "1"], needsShapes: true),
    GradientCase(["values": "{1, 2}|{3}", "axis": "-1"], needsShapes: true),
  ],
  "Split": [GradientCase(["axis": "1", "value": "{{1, 2, 3, 4}, {5, 6, 7, 8}}"], attrs: "num_split=\"2\"")],
  "Sum": reductions, "Mean": reductions,
  "AddN": [GradientCase(["inputs": "{1, 2}|{3, 4}|{5, 6}"])],
  "MatMul": [false, true].flatMap { a in
    [false, true].map { b in
      GradientCase(
        ["a": a ? "{{1, 4}, {2, 5}, {3, 6}}" : "{{1, 2, 3}, {4, 5, 6}}", "b": b ? "{{1, -2, 0.5}, {3, 1, 2}}" : "{{1, 3}, {-2, 1}, {0.5, 2}}"],
        attrs: "transpose_a=\"\(a)\" transpose_b=\"\(b)\"")
    }
  },
  // Rounding has no slope: what is not clipped passes, what is clipped moves the ends.
  "FakeQuantWithMinMaxArgs": [
    GradientCase(["inputs": "{-1, 0.4, 0.5, 1.2, 9}"], attrs: "min=\"0\" max=\"3\" num_bits=\"2\"", expected: ["inputs0": [0, 1, 1, 1, 0]])
  ],
  "FakeQuantWithMinMaxVars": [
    GradientCase(
      ["inputs": "{-9, -4, 0.4, 2.5, 9}", "min": "-3", "max": "3"], attrs: "num_bits=\"3\" narrow_range=\"true\"",
      expected: ["inputs0": [0, 0, 1, 1, 0], "min0": [2], "max0": [1]])
  ],
  "FakeQuantWithMinMaxVarsPerChannel": [
    GradientCase(
      ["inputs": "{{-1, -0.6, 9}, {1.2, 7, -9}}", "min": "{0, -1, 0}", "max": "{3, 2, 0}"], attrs: "num_bits=\"2\"",
      expected: ["inputs0": [0, 1, 1, 1, 0, 1], "min0": [1, 0, 0], "max0": [0, 1, 0]])
  ],
]

private let unary = [GradientCase(["x": "{{1.5, -2.25, 0.125}}"]), GradientCase(["x": "-0.75"])]
private let positive = [GradientCase(["x": "{{1.5, 2.25, 0.125}}"])]
private let slopes = [GradientCase(["y": "{0.25, 0.75, 1.5}", "dy": "{1, -2, 0.5}"])]

private let broadcast = [
  GradientCase(["x": "{{1, -2.5, 3}, {4, 5.5, -6}}", "y": "{{2, 4, 0.5}, {-1, 8, 3}}"]),
  GradientCase(["x": "{{1, -2.5, 3}, {4, 5.5, -6}}", "y": "{2, 4, 0.5}"]),
  GradientCase(["x": "2.25", "y": "{{2, 4, 0.5}, {-1, 8, 3}}"]),
  GradientCase(["x": "{{1.5, -2.5, 3}}", "y": "{{2}, {-4}}"]),
]

private let choices = [
  GradientCase(["x": "{{1, -2.5, 3}, {4, 5.5, -6}}", "y": "{2, 4, 0.5}"]),
  GradientCase(["x": "2.25", "y": "{{2, 4, 0.5}, {-1, 8, 3}}"]),
]

private let reductions = [
  GradientCase(["input": "{{1, -2.5, 3}, {4, 5.5, -6}}", "axis": "0"]),
  GradientCase(["input": "{{1, -2.5, 3}, {4, 5.5, -6}}", "axis": "-1"], attrs: "keep_dims=\"true\""),
  GradientCase(["input": "{{1, -2.5, 3}, {4, 5.5, -6}}", "axis": "0 1"]),
  GradientCase(["input": "{{{1, -2.5, 3}}, {{4, 5.5, -6}}}", "axis": "2 0"]),
]

/// Those of neural networks.
let networkCases: [String: [GradientCase]] = [
  "Relu": features, "Relu6": features, "Elu": features, "Selu": features, "Softplus": features, "Softsign": features,
  "ReluGrad": backwards("features"), "Relu6Grad": backwards("features"), "SoftplusGrad": backwards("features"),
  "SoftsignGrad": backwards("features"), "EluGrad": backwards("outputs"), "SeluGrad": backwards("outputs"),
  "Softmax": logits, "LogSoftmax": logits,
  // Both results flow back to the logits; to the labels only the loss, as in TensorFlow.
  "SoftmaxCrossEntropyWithLogits": [
    GradientCase(["features": scores, "labels": "{{0.2, 0.3, 0.5}, {0.6, 0.4, 0}}"], constants: ["labels"]),
    GradientCase(["features": scores, "labels": "{{0.2, 0.3, 0.5}, {0.6, 0.4, 0}}"], output: "loss"),
  ] + broadcastLabels + broadcastScores,
  "SparseSoftmaxCrossEntropyWithLogits": [GradientCase(["features": scores, "labels": "2 0"])],
  "TopK": [
    GradientCase(["input": "{{1, -2.5, 3}, {4, 5.5, -6}}", "k": "2"], needsShapes: true),
    GradientCase(["input": "{1, 3, 2}", "k": "3"], needsShapes: true), GradientCase(["input": "{1, 3, 2}", "k": "0"], needsShapes: true),
  ],
  "L2Loss": [GradientCase(["t": scores])],
  "BiasAdd": [
    GradientCase(["value": scores, "bias": "1 -2 0.5"]),
    GradientCase(["value": "{{{1, 2}, {3, 4}, {5, 6}}}", "bias": "1 -2 0.5"], attrs: "data_format=\"NCHW\""),
  ],
  "BiasAddGrad": [
    GradientCase(["out_backprop": scores]), GradientCase(["out_backprop": "{{{1, 2}, {3, 4}, {5, 6}}}"], attrs: "data_format=\"NCHW\""),
  ],
]

/// Those that came with them.
let furtherCases: [String: [GradientCase]] = [
  "TanhGrad": slopes, "SigmoidGrad": slopes, "SqrtGrad": slopes, "RsqrtGrad": slopes, "ReciprocalGrad": slopes,
  "Expm1": positive, "Log1p": positive, "Rsqrt": positive, "Reciprocal": positive,
  "SquaredDifference": broadcast,
  "Max": reductions, "Min": reductions,
  "Prod": [
    GradientCase(["input": "{{1, -2.5, 3}, {4, 5.5, -6}}", "axis": "0"]),
    GradientCase(["input": "{{0, -2.5, 3}, {0, 5.5, 0}}", "axis": "-1"], attrs: "keep_dims=\"true\""),
    GradientCase(["input": "{{1, -2.5, 3}, {4, 0, -6}}", "axis": "0 1"], needsShapes: true),
    GradientCase(["input": "{{{1, -2.5, 3}}, {{4, 5.5, -6}}}", "axis": "2 0"], needsShapes: true),
  ],
  "Cumsum": scans("{{1, -2.5, 0}, {4, 5.5, -6}}"), "Cumprod": scans("{{1, -2.5, 3}, {4, 5.5, -6}}"),
  "GatherNd": [
    GradientCase(["params": "{{1, 2}, {3, 4}, {5, 6}}", "indices": "{{2}, {0}, {2}}"]),
    GradientCase(["params": "{{1, 2}, {3, 4}, {5, 6}}", "indices": "{1, 0}"]),
  ],
  "ScatterNd": [GradientCase(["indices": "{{2}, {0}, {2}}", "updates": "{{1, 2}, {3, 4}, {5, 6}}", "shape": "4 2"])],
  "Fill": [GradientCase(["dims": "2 3", "value": "1.5"])],
  "Where3": [GradientCase(["condition": "true false true", "x": "1 2 3", "y": "4 5 6"])],
  "ExpandDims": [GradientCase(["input": "{{1, 2}, {3, 4}}", "axis": "1"])],
  "Tile": [GradientCase(["input": "{{1, 2, 3}, {4, 5, 6}}", "multiples": "3 2"], needsShapes: true)],
]

/// One row of labels for all examples, one label for all classes, one for everything. The gradient takes for granted that they add up to 1.
private let third = "0.33333333333333333"
private let broadcastLabels = ["{{0.2, 0.3, 0.5}}", "{0.2, 0.3, 0.5}", "{{\(third)}, {\(third)}}", third].map {
  GradientCase(["features": scores, "labels": $0], output: "loss")
}
private let broadcastScores = ["{{1, -0.5, 2}}", "{1, -0.5, 2}", "{{0.5}, {-1}}", "0.75"].flatMap {
  let pins: KeyValuePairs = ["features": $0, "labels": "{{0.2, 0.3, 0.5}, {0.6, 0.4, 0}}"]
  return [GradientCase(pins, constants: ["labels"]), GradientCase(pins, output: "loss")]
}

private func scans(_ x: String) -> [GradientCase] {
  ["", "exclusive=\"true\"", "reverse=\"true\"", "exclusive=\"true\" reverse=\"true\""].flatMap { attrs in
    ["0", "-1"].map { GradientCase(["x": x, "axis": $0], attrs: attrs) }
  }
}

private let scores = "{{1, -0.5, 2}, {0.25, 0.5, -1}}"
private let logits = [GradientCase(["logits": scores])]
private let features = [GradientCase(["features": "{{1.5, -2.25, 0.125}}"])]
private func backwards(_ source: String) -> [GradientCase] { [GradientCase(["gradients": "{1, -2, 0.5}", source: "{0.75, -0.5, 2.5}"])] }
