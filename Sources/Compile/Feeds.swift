import Blocks
import Diagnostics
import Page

extension Links {
  /// Gives placeholders the values that FeedType blocks pair them with: what is written in or wired to a FeedType's `initializer` goes to the
  /// placeholder, and the FeedType reads it from there. Only pairs that are wired to a session count.
  mutating func wireFeeds(_ page: Page, _ catalogue: Catalogue, _ overrides: Overrides) -> [Diagnostic] {
    guard let feedType = catalogue.index(of: "FeedType") else { return [] }
    let pairs = types.indices.filter { types[$0] == Int32(feedType) }
    if pairs.isEmpty { return [] }
    var diagnostics: [Diagnostic] = []
    // What stands in for a placeholder from outside goes before the page's own value.
    let fromOutside = Set(
      overrides.feeds.map { feed in
        switch feed.target {
        case .output(let block), .input(let block, _): block
        }
      })
    var isWired = Set<Int>()
    for source in sources {
      guard case .wire(_, let from, _, _) = source.content, case let type = types[Int(source.block)], type >= 0,
        catalogue.types[Int(type)].inputs[Int(source.pin)].isFeed
      else { continue }
      isWired.insert(Int(from))
    }
    var values: [Int: Source] = [:]
    for pair in pairs where isWired.contains(pair) {
      guard let input = sources(ofBlock: pair).first(where: { $0.pin == 0 }), let value = sources(ofBlock: pair).firstIndex(where: { $0.pin == 1 }),
        case .wire(let wire, let from, let output, let member) = input.content
      else { continue }
      func report(_ message: String, fix: String) {
        diagnostics.append(
          Diagnostic(
            .feedMismatch, message, at: page.source.location(of: page.wires[Int(wire)].range), block: page.displayName(ofBlock: pair), pin: "input",
            fix: fix))
      }
      let name = page.displayName(ofBlock: Int(from))
      guard types[Int(from)] >= 0 else { continue }
      let type = catalogue.types[Int(types[Int(from)])]
      guard type.role == .placeholder else {
        report("`\(name)` is no placeholder but a \(type.name)", fix: "wire the output of a Placeholder to `input`")
        continue
      }
      if fromOutside.contains(Int(from)) { continue }
      guard values[Int(from)] == nil else {
        report("placeholder `\(name)` is fed twice", fix: "remove one of the pairs")
        continue
      }
      values[Int(from)] = Source(block: from, pin: 0, content: sources[value].content)
      sources[value].content = .wire(wire, from: from, output: output, member: member)
    }
    if !values.isEmpty { replaceSources(by: values) }
    return diagnostics
  }

  /// Puts a source into the first pin of some blocks, in place of what is there.
  private mutating func replaceSources(by values: [Int: Source]) {
    var all: [Source] = []
    all.reserveCapacity(sources.count + values.count)
    for block in types.indices {
      let first = Int32(all.count)
      if let value = values[block] {
        all.append(value)
        all += sources(ofBlock: block).filter { $0.pin != 0 }
      } else {
        all += sources(ofBlock: block)
      }
      ranges[block] = first..<Int32(all.count)
    }
    sources = all
  }
}
