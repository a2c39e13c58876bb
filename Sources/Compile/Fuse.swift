import TensorCore

/// Plan -> Plan: elementwise steps over tensors of one shape become groups that run tile by tile.
///
/// A step joins the open group of its shape when everything else that it reads is computed before the group; it then runs
/// where the group stands. So a group never waits for something that comes after it, and no result changes.
struct Fuse {
  /// Smaller tensors stay in the cache anyway.
  private static let leastCount = 4096
  /// The bytes of one result's tile. Two or three of them are alive at a time and fit the nearest caches; smaller ones cost more
  /// calls than they save (measured: 4096 floats are 1.25 times faster than 1152, and than 8192).
  private static let tileSize = 16 << 10
  private static let mostMembers = 32

  private struct Group {
    var position: Int
    var members: [Plan.Step]
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
    guard let shape = candidateShape(step) else {
      append(step)
      return
    }
    if var group = open[shape], group.members.count < Fuse.mostMembers, group.members[0].isInvariant == step.isInvariant,
      canJoin(step, group)
    {
      group.members.append(step)
      for output in step.outputs { producer[Int(output)] = group.position }
      open[shape] = group
    } else {
      if let group = open[shape] { close(group) }
      open[shape] = Group(position: steps.count, members: [step])
      append(step)
    }
  }

  private mutating func append(_ step: Plan.Step) {
    for output in step.outputs { producer[Int(output)] = steps.count }
    // What reads a variable now does not move before its update.
    for slot in step.changes { producer[Int(slot)] = steps.count }
    steps.append(step)
  }

  /// The shape of the results when the step is elementwise over one run of elements and large enough.
  private func candidateShape(_ step: Plan.Step) -> Shape? {
    guard step.phases == .cycle, case .call(let call) = step.action, call.isMap, call.layout.first == 0, step.outputs.count == 1,
      let shape = plan.slots[Int(step.outputs.lowerBound)].shape.known, let count = shape.count, count >= Fuse.leastCount
    else { return nil }
    let fits = step.inputs.allSatisfy { operand in
      let inputCount = plan.slots[Int(plan.operands[Int(operand)])].shape.known?.count
      return inputCount == 1 || inputCount == count
    }
    return fits ? shape : nil
  }

  private func canJoin(_ step: Plan.Step, _ group: Group) -> Bool {
    step.inputs.allSatisfy { operand in
      let slot = plan.operands[Int(operand)]
      let position = producer[Int(root(slot))]
      // What the group makes itself is read as it is, not under another shape that a view gives it: that has the same elements.
      return position <= group.position && (position < group.position || isMember(root(slot), group))
    }
  }

  private func isMember(_ slot: Int32, _ group: Group) -> Bool { group.members.contains { $0.outputs.contains(slot) } }

  private func root(_ slot: Int32) -> Int32 {
    if case .alias(let target) = plan.slots[Int(slot)].place { target } else { slot }
  }

  private mutating func close(_ group: Group) {
    guard group.members.count > 1, let count = plan.slots[Int(group.members[0].outputs.lowerBound)].shape.known?.count else { return }
    let widest = group.members.flatMap(\.outputs).reduce(1) { max($0, plan.slots[Int($1)].dtype.byteCount) }
    let tile = Fuse.tileSize / widest
    var step = group.members[0]
    step.action = .tiles(Plan.Tiles(members: group.members, count: count, tile: tile))
    steps[group.position] = step
  }

  private mutating func finish() {
    for group in open.values { close(group) }
    plan.steps = steps
  }
}
