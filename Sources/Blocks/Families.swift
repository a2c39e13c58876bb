/// The families in the order the documentation lists them. A family's entries stand in its own files.
let allFamilies: [Family] = [
  Family(name: "core", doc: "Constants, feeds, lists, gradients and what is run.", types: coreTypes + differentiationTypes),
  Family(
    name: "array", doc: "Blocks that look at shapes and move elements.",
    types: arrayTypes + arrayFillingTypes + sliceTupleTypes + slicingTypes + paddingTypes + stackingTypes + arrayViewTypes + gatheringTypes
      + uniqueTypes + spaceBlockTypes + imagePatchTypes + diagonalTypes + quantizedArrayTypes + gradientStops),
  Family(
    name: "math", doc: "Arithmetic, rounding, comparison and conversion element by element; sums and matrix products.",
    types: arithmeticTypes + roundingTypes + comparisonTypes + furtherComparisonTypes + castTypes + complexPartTypes + transcendentalTypes
      + furtherMathTypes + powerAndRemainderTypes + trigonometryTypes + specialFunctionTypes + reductionTypes + extremeTypes + scanTypes
      + linearAlgebraTypes + segmentTypes + sparseSegmentTypes + binTypes + quantizedMathTypes),
  Family(
    name: "nn", doc: "Activation functions, losses and what else neural networks need, with gradients.",
    types: activationTypes + activationGradientTypes + lossTypes),
  Family(name: "state", doc: "Variables, and blocks that change them.", types: stateTypes + scatterTypes),
  Family(name: "training", doc: "Optimisers: blocks that change variables along a gradient.", types: trainingTypes),
  Family(name: "files", doc: "Blocks that write tensors to files and read them back.", types: fileTypes),
  Family(name: "quantization", doc: "Rounding to a few levels, as training for small integers needs it.", types: quantizationTypes),
  Family(
    name: "random",
    doc: """
      Random numbers, from TensorFlow's generator (Philox). The seeds `seed` and `seed2` give TensorFlow's numbers; without them the page's \
      `seed` (or `enuflow run --seed`) and the block's id decide, so that a run can be repeated and another block changes nothing.
      """,
    types: randomTypes),
]
