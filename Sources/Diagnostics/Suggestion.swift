/// The candidate nearest to `name` by edit distance (case differences count least), nil when none is near.
public func nearest<Names: Sequence>(to name: String, among candidates: Names) -> String? where Names.Element == String {
  let wanted = Array(name.unicodeScalars.prefix(80))
  let folded = name.lowercased()
  // Of a single letter nothing would be left.
  let limit = wanted.count < 2 ? 0 : max(1, (wanted.count + 1) / 3)
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    if candidate.lowercased() == folded { return candidate }
    let distance = editDistance(wanted, Array(candidate.unicodeScalars.prefix(80)), limit: limit)
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Damerau-Levenshtein distance (adjacent swaps count one); stops early above `limit`.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int {
  if abs(a.count - b.count) > limit { return limit + 1 }
  var beforePrevious: [Int] = []
  var previous = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforePrevious[j - 1] + 1) }
      row.append(cost)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[b.count]
}
