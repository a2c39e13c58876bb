import TensorCore

/// Plan -> Plan: elementwise steps over tensors of one shape, and reductions of them, become groups that run tile by tile.
///
/// A step joins the open group of its shape when everything else that it reads is computed before the group; it then runs
/// where the group stands. So do steps that work row by row, if whole rows fit a tile, and reductions of what the group makes. So a
/// group never waits for something that comes after it, and no result changes.
struct Fuse {
  /// Smaller tensors stay in the cache anyway.
  private static let leastCount = 4096
  /// The bytes of one result's tile. Two or three of them are alive at a time and, with what is asked for ahead, fit the nearest
  /// cache. Measured with six members over 16 million floats: tiles of 8 KB take 1.2 times as long, of 16 KB 1.6 times; smaller
  /// ones cost more calls than they save.
  private static let tileSize = 4 << 10
  private static let mostMembers = 32

  /// The longest rows that are kept whole in a tile.
  private static let longestRow = 2048

  private struct Group {
    var position: Int
    var members: [Plan.Step]
    /// Tiles are multiples of this many elements.
    var row: Int
    /// Whether a member makes partial results, for which tiles must be 2^n elements.
    var hasPartials = false
  }

  /// What a step is to a group.
  private struct Candidate {
    /// The group's: of the results, or of what is reduced.
    var shape: Shape
    var row: Int
    /// Whether it reads elements of the group only, and gives none.
    var isReduction: Bool
    var isPartial: Bool
  }

  private var plan: Plan
  private var steps: [Plan.Step] = []
  private var open: [Shape: Group] = [:]
  /// By slot: the position in `steps` that computes it; -1 for what is there from the start.
  private var producer: [Int]

  static func run(_ plan: consuming Plan) -> Plan {
    let steps = plan.steps
    var stage = Fuse(plan)
    for step in steps { stage.add(step) }
    stage.finish()
    return stage.plan
  }

  private init(_ plan: consuming Plan) {
    producer = Array(repeating: -1, count: plan.slots.count)
    self.plan = plan
  }

  private mutating func add(_ step: Plan.Step) {
    guard let candidate = candidate(step) else {
      append(step)
      return
    }
    if let group = open[candidate.shape], let joined = joined(step, candidate, group) {
      for output in step.outputs { producer[Int(output)] = group.position }
      open[candidate.shape] = joined
    } else if candidate.isReduction {
      append(step)
    } else {
      if let group = open[candidate.shape] { close(group) }
      open[candidate.shape] = Group(position: steps.count, members: [step], row: candidate.row)
      append(step)
    }
  }

  private mutating func append(_ step: Plan.Step) {
    for output in step.outputs { producer[Int(output)] = steps.count }
    // What reads a variable now does not move before its update.
    for slot in step.changes { producer[Int(slot)] = steps.count }
    steps.append(step)
  }

  /// Nil for a step that runs by itself: it is small, or cannot be cut as the groups are.
  private func candidate(_ step: Plan.Step) -> Candidate? {
    guard step.phases == .cycle, step.state < 0, case .call(let call) = step.action, step.outputs.count == 1, let first = step.inputs.first else {
      return nil
    }
    let isReduction = call.split?.fusion == .reduction
    if isReduction, isPart(plan.operands[Int(first)]) { return nil }
    let slot = isReduction ? root(plan.operands[Int(first)]) : step.outputs.lowerBound
    guard let shape = plan.slots[Int(slot)].shape.known, let count = shape.count, count >= Fuse.leastCount, let split = plan.split(of: step),
      split.fusion != nil, !isReduction || split.units * split.steps[0] == count
    else { return nil }
    let row = count / split.units
    guard row <= Fuse.longestRow else { return nil }
    return Candidate(shape: shape, row: row, isReduction: isReduction, isPartial: split.partial != nil)
  }

  /// The group with the step, if it may join.
  private func joined(_ step: Plan.Step, _ candidate: Candidate, _ group: Group) -> Group? {
    guard group.members.count < Fuse.mostMembers, group.members[0].isInvariant == step.isInvariant else { return nil }
    let (long, short) = (max(group.row, candidate.row), min(group.row, candidate.row))
    let hasPartials = group.hasPartials || candidate.isPartial
    guard long % short == 0, !hasPartials || long & (long - 1) == 0 else { return nil }
    var readsMember = false
    for operand in step.inputs {
      let slot = root(plan.operands[Int(operand)])
      let position = producer[Int(slot)]
      if position > group.position { return nil }
      if position == group.position {
        // What the group makes itself is read as it is, not under another shape that a view gives it: that has the same elements. A part has not.
        guard isElementOf(group, slot), !isPart(plan.operands[Int(operand)]) else { return nil }
        readsMember = true
      }
    }
    if candidate.isReduction, !readsMember { return nil }
    var group = group
    group.members.append(step)
    group.row = long
    group.hasPartials = hasPartials
    return group
  }

  /// Whether a slot is a result of a member that is there tile by tile.
  private func isElementOf(_ group: Group, _ slot: Int32) -> Bool {
    group.members.contains { $0.outputs.contains(slot) && plan.split(of: $0)?.fusion == .elements }
  }

  private func root(_ slot: Int32) -> Int32 { plan.root(slot) }

  private func isPart(_ slot: Int32) -> Bool {
    if case .part = plan.slots[Int(slot)].place { true } else { false }
  }

  private mutating func close(_ group: Group) {
    guard group.members.count > 1, let count = plan.slots[Int(group.members[0].outputs.lowerBound)].shape.known?.count else { return }
    let widest = group.members.flatMap(\.outputs).reduce(1) { max($0, plan.slots[Int($1)].dtype.byteCount) }
    // Whole rows, at least one; partial results of reductions stand for 1,024 elements or more.
    let wanted = group.hasPartials ? max(1024, Fuse.tileSize / widest) : Fuse.tileSize / widest
    let tile = max(1, wanted / group.row) * group.row
    var step = group.members[0]
    step.action = .tiles(Plan.Tiles(members: group.members, count: count, tile: tile))
    steps[group.position] = step
  }

  private mutating func finish() {
    for group in open.values { close(group) }
    plan.steps = steps
  }
}
