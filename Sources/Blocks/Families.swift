/// The families in the order the documentation lists them. A family's entries stand in its own file.
let allFamilies: [Family] = [
  Family(name: "core", doc: "Constants, feeds, lists and what is run.", types: coreTypes),
  Family(name: "math", doc: "Arithmetic, comparison and functions, element by element.", types: transcendentalTypes),
  Family(name: "quantization", doc: "Rounding to a few levels, as training for small integers needs it.", types: quantizationTypes),
]
