import Diagnostics
import TensorCore

/// How the structure of two pages differs: blocks, attrs, texts of pins, wires.
public struct PageDiff: Sendable {
  public var changes: [Change]
  /// How many blocks both pages have, of one type and with the same parts.
  public var equalBlocks: Int

  public enum Part: String, Sendable { case setting, block, attr, pin, wire }
  public enum Kind: String, Sendable { case added, removed, changed }

  /// One part that only one of the pages has, or both in another way.
  public struct Change: Sendable {
    public var kind: Kind
    public var part: Part
    /// Nil for settings of the page.
    public var block: String?
    /// The attr or pin; empty for blocks.
    public var name: String
    public var before: PageStructure.Value?
    public var after: PageStructure.Value?
    /// The line of the block, in the second page unless it is only in the first.
    public var line: Int?
  }

  public var isEmpty: Bool { changes.isEmpty }

  public init(_ a: PageStructure, _ b: PageStructure) {
    changes = []
    equalBlocks = 0
    // Titles and expectations cannot be written in every notation.
    func common(_ structure: PageStructure) -> [PageStructure.Item] {
      a.isComplete && b.isComplete ? structure.settings : structure.settings.filter { $0.name == "seed" }
    }
    add(common(a), common(b), .setting, block: nil, line: nil)
    var inB: [String: Int] = [:]
    for index in b.blocks.indices.reversed() { inB[b.blocks[index].name] = index }
    var isMatched = Array(repeating: false, count: b.blocks.count)
    for block in a.blocks {
      guard let index = inB[block.name], !isMatched[index] else {
        addWhole(block, .removed)
        continue
      }
      isMatched[index] = true
      let count = changes.count
      compare(block, b.blocks[index])
      if changes.count == count { equalBlocks += 1 }
    }
    for (index, block) in b.blocks.enumerated() where !isMatched[index] { addWhole(block, .added) }
  }

  private mutating func compare(_ a: PageStructure.Block, _ b: PageStructure.Block) {
    if a.type != b.type {
      changes.append(Change(kind: .changed, part: .block, block: b.name, name: "", before: .text(a.type), after: .text(b.type), line: b.line))
    }
    // A broken block can only be compared as it is written.
    let (mine, theirs) =
      if let mine = a.understood, let theirs = b.understood { (mine, theirs) } else { (a.written, b.written) }
    add(mine.attrs, theirs.attrs, .attr, block: b.name, line: b.line)
    add(mine.pins, theirs.pins, .pin, block: b.name, line: b.line)
    add(mine.wires, theirs.wires, .wire, block: b.name, line: b.line)
  }

  private mutating func addWhole(_ block: PageStructure.Block, _ kind: Kind) {
    func value(_ value: PageStructure.Value) -> (PageStructure.Value?, PageStructure.Value?) { kind == .added ? (nil, value) : (value, nil) }
    let type = value(.text(block.type))
    changes.append(Change(kind: kind, part: .block, block: block.name, name: "", before: type.0, after: type.1, line: block.line))
    let parts = block.understood ?? block.written
    for (items, part) in [(parts.attrs, Part.attr), (parts.pins, .pin), (parts.wires, .wire)] {
      for item in items {
        let (before, after) = value(item.value)
        changes.append(Change(kind: kind, part: part, block: block.name, name: item.name, before: before, after: after, line: block.line))
      }
    }
  }

  /// Compares what stands under each name; names may stand several times, as wires into a list do.
  private mutating func add(_ a: [PageStructure.Item], _ b: [PageStructure.Item], _ part: Part, block: String?, line: Int?) {
    var found: [Change] = []
    func change(_ kind: Kind, _ name: String, _ before: PageStructure.Value?, _ after: PageStructure.Value?) {
      found.append(Change(kind: kind, part: part, block: block, name: name, before: before, after: after, line: line))
    }
    var names: [String] = []
    var seen = Set<String>()
    for item in a + b where seen.insert(item.name).inserted { names.append(item.name) }
    let before = Dictionary(grouping: a, by: \.name)
    let after = Dictionary(grouping: b, by: \.name)
    for name in names {
      let old = (before[name] ?? []).map(\.value)
      let new = (after[name] ?? []).map(\.value)
      if old == new { continue }
      if old.count == 1, new.count == 1 {
        change(.changed, name, old.first, new.first)
        continue
      }
      let (removed, added) = PageDiff.withoutCommon(old, new)
      for value in removed { change(.removed, name, value, nil) }
      for value in added { change(.added, name, nil, value) }
      if removed.isEmpty, added.isEmpty {
        let list = { (values: [PageStructure.Value]) in PageStructure.Value.text(values.map { $0.text(width: 24) }.joined(separator: ", ")) }
        change(.changed, name, list(old), list(new))
      }
    }
    changes += found
  }
}

extension PageDiff {
  /// What stands in one list only, in any order.
  private static func withoutCommon(
    _ old: [PageStructure.Value], _ new: [PageStructure.Value]
  ) -> (removed: [PageStructure.Value], added: [PageStructure.Value]) {
    // By text, as a session may have a hundred thousand wires; texts tell tensors apart but for their shortened values.
    var places: [String: [Int]] = [:]
    for (index, value) in new.enumerated().reversed() { places[value.text(width: 80), default: []].append(index) }
    var isCommon = Array(repeating: false, count: new.count)
    var removed: [PageStructure.Value] = []
    for value in old {
      let text = value.text(width: 80)
      if let index = places[text]?.last, new[index] == value {
        places[text]?.removeLast()
        isCommon[index] = true
      } else {
        removed.append(value)
      }
    }
    return (removed, new.indices.filter { !isCommon[$0] }.map { new[$0] })
  }

  /// One line for each change, as `diff` would mark it: + added, - removed, ~ changed.
  public func text(color: Bool = false, width: Int = 120) -> String {
    var text = ""
    for change in changes {
      let line = DisplayText.safe(PageDiff.describe(change, width: max(24, width / 3)))
      let (mark, style): (String, TextTable.Style) =
        switch change.kind {
        case .added: ("+", .green)
        case .removed: ("-", .red)
        case .changed: ("~", .bold)
        }
      text += color ? "\(style.code)\(mark) \(line)\u{1B}[0m\n" : "\(mark) \(line)\n"
    }
    return text
  }

  /// `3 blocks are the same; 1 added, 0 removed, 2 changed`
  public var summary: String {
    func count(_ kind: Kind) -> Int { Set(changes.filter { $0.kind == kind && $0.part == .block && $0.name.isEmpty }.compactMap(\.block)).count }
    let whole = Set(changes.filter { $0.part == .block && $0.kind != .changed }.compactMap(\.block))
    let changed = Set(changes.compactMap(\.block)).subtracting(whole).count
    return "\(equalBlocks) block\(equalBlocks == 1 ? "" : "s") the same, \(count(.added)) added, \(count(.removed)) removed, \(changed) changed"
  }

  private static func describe(_ change: Change, width: Int) -> String {
    let before = change.before?.text(width: width)
    let after = change.after?.text(width: width)
    let values = [before, after].compactMap(\.self).joined(separator: " -> ")
    // Two long tensors may look alike.
    let hidden = before != nil && before == after ? " (in values that are not shown)" : ""
    let block = change.block ?? ""
    switch change.part {
    case .setting: return "page \(change.name): \(values)"
    case .block: return "block \(block): \(values)"
    case .attr: return "attr \(block) \(change.name) = \(values)"
    case .pin: return "pin \(block).\(change.name): \(values)\(hidden)"
    case .wire: return "wire \(block).\(change.name) <- \(values)"
    }
  }

  /// `{"equal":false,"changes":[{"kind","part","block","name","before","after","line"}]}`
  public func write(to json: inout JSONWriter) {
    json.beginObject()
    json.bool("equal", isEmpty)
    json.int("equal_blocks", equalBlocks)
    json.beginArray("changes")
    for change in changes {
      json.beginObject()
      json.string("kind", change.kind.rawValue)
      json.string("part", change.part.rawValue)
      json.string("block", change.block)
      json.string("name", change.name)
      json.string("before", change.before?.text(width: 100_000))
      json.string("after", change.after?.text(width: 100_000))
      json.key("line")
      if let line = change.line { json.int(line) } else { json.null() }
      json.endObject()
    }
    json.endArray()
    json.endObject()
  }
}
