// How the kernels of the array blocks are cut; see their parameters.

func transposeSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let words = parameters.map { Int($0) }
  var dimensions: [Split.Dimension] = stride(from: 6, to: words.count, by: 3).map {
    Split.Dimension(word: $0, input: words[$0 + 1], output: words[$0 + 2])
  }
  if words[2] > 0 { dimensions.append(Split.Dimension(word: 2, input: 1, output: words[5])) }
  return Split.largest(dimensions, parameters, work: 4 * Double(context.shape(0).known?.count ?? 0), operands: 3)
}

func concatSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let size = context.dtype(0).byteCount
  let runs = parameters.dropFirst(2).map { Int($0) / size }
  return Split(units: Int(parameters[0]), steps: runs + [0, runs.reduce(0, +)], word: 0)
}

func stackSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let size = context.dtype(0).byteCount
  let runs = parameters.dropFirst(2).map { Int($0) / size }
  return Split(units: Int(parameters[0]), steps: runs + [runs.reduce(0, +)], word: 0)
}

func splitSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let run = Int(parameters[1]) / context.dtype(1).byteCount
  let pieces = Int(context.int("num_split"))
  return Split(units: Int(parameters[0]), steps: [0, run * pieces] + Array(repeating: run, count: pieces), word: 0)
}

func oneHotSplit(_ context: RuleContext, _ parameters: [Int64]) -> Split? {
  let (depth, after) = (Int(parameters[1]), Int(parameters[2]))
  return Split(units: Int(parameters[0]), steps: [after, 0, 0, 0, depth &* after], word: 0)
}
