/// Of blocks that gather, add into places, and rearrange space, batch, depth and diagonals.
let gatherCases: [String: [GradientCase]] = [
  "Gather": [
    GradientCase(["params": matrix, "indices": "2 0 2"]), GradientCase(["params": matrix, "indices": "{{1, 1}, {0, 2}}"]),
    GradientCase(["params": "1 2 3", "indices": "1"]),
  ],
  "GatherV2": [
    GradientCase(["params": matrix, "indices": "1 0 1", "axis": "1"]), GradientCase(["params": matrix, "indices": "{{2, 1}, {0, 2}}", "axis": "0"]),
    GradientCase(["params": "{{{1, 2, 3}, {4, 5, 6}}, {{7, 8, 9}, {10, 11, 12}}}", "indices": "{{1, 0}}", "axis": "-2"]),
    GradientCase(["params": matrix, "indices": "1", "axis": "-1"]),
  ],
  "ScatterNdNonAliasingAdd": [
    GradientCase(["input": matrix, "indices": "{{2}, {0}, {2}}", "updates": "{{1, 2}, {3, 4}, {5, 6}}"]),
    GradientCase(["input": matrix, "indices": "{{2, 1}, {0, 0}}", "updates": "7 8"]),
  ],
  "SpaceToBatchND": [
    GradientCase(["input": "{{1, 2, 3}, {4, 5, 6}}", "block_shape": "{2}", "paddings": "{{1, 2}}"]),
    GradientCase(["input": "{{{1, 2}, {3, 4}}}", "block_shape": "2 1", "paddings": "{{0, 0}, {1, 0}}"]),
  ],
  "BatchToSpaceND": [GradientCase(["input": "{{1, 2, 3}, {4, 5, 6}}", "block_shape": "{2}", "crops": "{{1, 2}}"])],
  "SpaceToBatch": [
    GradientCase(["input": "{{{{1}, {2}}, {{3}, {4}}}}", "paddings": "{{1, 1}, {0, 2}}"], attrs: "block_size=\"2\"")
  ],
  "BatchToSpace": [
    GradientCase(["input": "{{{{1, 2}}}, {{{3, 4}}}, {{{5, 6}}}, {{{7, 8}}}}", "crops": "{{1, 0}, {0, 0}}"], attrs: "block_size=\"2\"")
  ],
  "SpaceToDepth": [GradientCase(["input": "{{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}}"], attrs: "block_size=\"2\"")],
  "DepthToSpace": [GradientCase(["input": "{{{{1, 2, 3, 4}, {5, 6, 7, 8}}}}"], attrs: "block_size=\"2\"")],
  "Diag": [GradientCase(["diagonal": "1 2 3"]), GradientCase(["diagonal": "{{1, 2}, {3, 4}}"])],
  "DiagPart": [GradientCase(["input": "{{1, 2}, {3, 4}}"]), GradientCase(["input": "3"])],
  "MatrixDiag": [GradientCase(["diagonal": matrix])],
  "MatrixDiagPart": [GradientCase(["input": "{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}"]), GradientCase(["input": matrix])],
  "MatrixSetDiag": [
    GradientCase(["input": matrix, "diagonal": "8 9"]), GradientCase(["input": "{{1, 2, 3}, {4, 5, 6}}", "diagonal": "8 9"]),
  ],
  "MatrixBandPart": [
    GradientCase(["input": matrix, "num_lower": "1", "num_upper": "0"]), GradientCase(["input": matrix, "num_lower": "-1", "num_upper": "1"]),
  ],
  "ExtractImagePatches": [
    GradientCase(
      ["images": "{{{{1}, {2}, {3}}, {{4}, {5}, {6}}}, {{{7}, {8}, {9}}, {{1}, {3}, {5}}}}"],
      attrs: "ksizes=\"{1, 2, 2, 1}\" strides=\"{1, 1, 1, 1}\" rates=\"{1, 1, 2, 1}\" padding=\"SAME\"", needsShapes: true),
    GradientCase(
      ["images": "{{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}, {{9, 8}, {7, 6}}}}"],
      attrs: "ksizes=\"{1, 2, 1, 1}\" strides=\"{1, 1, 2, 1}\" rates=\"{1, 1, 1, 1}\" padding=\"VALID\"", needsShapes: true),
  ],
]

private let matrix = "{{1, 2}, {3, 4}, {5, 6}}"
