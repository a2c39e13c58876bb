/// Those of trigonometric and special functions, where they are smooth.
let specialCases: [String: [GradientCase]] = [
  "Sin": angles, "Cos": angles, "Tan": angles, "Atan": angles, "Sinh": angles, "Cosh": angles, "Erf": angles, "Erfc": angles,
  "Asin": sines, "Acos": sines,
  "Atan2": [
    GradientCase(["x": "{{1, -2.5, 3}, {4, 5.5, -6}}", "y": "{2, 4, -0.5}"]), GradientCase(["x": "2.25", "y": "{{2}, {-4}}"]),
  ],
  "Pow": [
    GradientCase(["x": "{{1, 2.5, 3}, {4, 5.5, 0.5}}", "y": "{2, -1.5, 0.5}"]), GradientCase(["x": "2.25", "y": "{{2}, {-1}}"]),
    // Beside 0 to the power of what, and a negative number to the power of an integer, only the powers move.
    GradientCase(["x": "{-2, -3}", "y": "{2, 3}"], constants: ["y"]),
  ],
  "FloorMod": [
    GradientCase(["x": "{{7.5, -7.5, 2.5}}", "y": "{{3.25}, {-2.125}}"]), GradientCase(["x": "9.5", "y": "{2.25, -4}"]),
  ],
  "TruncateMod": [GradientCase(["x": "{{7.5, -7.5, 2.5}}", "y": "{{3.25}, {2.125}}"])],
  "Lgamma": arguments, "Digamma": arguments,
  "Polygamma": [
    GradientCase(["x": "{{0, 1, 3}}", "y": "{{1.5}, {2.25}}"], constants: ["x"]), GradientCase(["x": "2", "y": "{0.75, 4}"], constants: ["x"]),
  ],
  "Zeta": [GradientCase(["x": "{{2, 3.5, 1.25}}", "q": "{{1.5}, {2.25}}"], constants: ["x"])],
  "Igamma": incompleteGamma, "Igammac": incompleteGamma,
  "Betainc": [
    GradientCase(["a": "{1, 2.5, 3}", "b": "{2, 1, 0.5}", "x": "{0.25, 0.5, 0.75}"], constants: ["a", "b"]),
    GradientCase(["a": "{1, 2.5, 3}", "b": "2", "x": "0.375"], constants: ["a", "b"]),
    GradientCase(["a": "2", "b": "1.5", "x": "{{0.25, 0.5}, {0.75, 0.125}}"], constants: ["a", "b"]),
  ],
]

private let angles = [GradientCase(["x": "{{1.25, -2.25, 0.125}}"]), GradientCase(["x": "-0.75"])]
private let sines = [GradientCase(["x": "{{0.75, -0.25, 0.125}}"])]
private let arguments = [GradientCase(["x": "{{1.5, 2.25, 0.75}, {-0.5, -1.75, 12}}"])]
private let incompleteGamma = [
  GradientCase(["a": "{{1.5, 2.25, 12}}", "x": "{{1.25}, {3}}"]), GradientCase(["a": "4", "x": "{0.5, 9}"]),
]
