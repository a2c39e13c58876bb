import Blocks
import CKernelABI
import Compile
import Diagnostics
import Page
import TensorCore

/// A plan with memory: runs cycles and holds the results of the last good one.
///
/// Not safe for use from several threads at once; several sessions of one compilation are.
public final class Session {
  public let graph: Graph
  public let plan: Plan
  public let expectations: [Expectation]
  /// What was found in the page: warnings, and errors of what keep-going left out.
  public let diagnostics: [Diagnostic]
  /// Cycles that ended well, those before a checkpoint that it was resumed from among them.
  @exclusivity(unchecked) public internal(set) var cycle = 0
  /// The block that failed in the last cycle.
  @exclusivity(unchecked) public private(set) var failedBlock: Int?
  /// What it failed with.
  private var failure: Diagnostic?

  /// The files that the page's blocks may touch.
  public let files: FileAccess

  let arena: TensorStorage
  /// The variables, and where they are kept during a cycle that may fail after it has changed some.
  let state: TensorStorage
  private let savedState: TensorStorage?
  /// Random streams. A cycle that fails may have moved them on.
  let blockStates: BlockStates
  /// By slot: the tensors of dynamic slots in this cycle.
  var tensors: [Tensor?]
  private let table: CallTable
  @exclusivity(unchecked) private var segments: Segments
  private let segmentMemory = BoundMemory()
  @exclusivity(unchecked) private var hasStarted = false
  /// Whether no cycle of this session has ended well yet.
  @exclusivity(unchecked) private(set) var isFirst = true
  /// Whether the results of the last cycle can be looked at.
  @exclusivity(unchecked) private var isShown = false
  /// Slots that must hold what they showed in every cycle.
  private var watched: Set<Int32> = []

  /// A run of static steps, or a dynamic step between them. The cycle loop walks over these: plain numbers, with nothing to count.
  private struct Segment: BitwiseCopyable {
    /// Entries of the call table from one to before another; none for a dynamic step.
    var first: Int
    var end: Int
    /// The dynamic step.
    var step: Int
  }

  /// The most threads that are of use to a session.
  public static let mostThreads = 256
  /// How many threads may share a step.
  public var threads: Int { table.threads }
  /// The threads that the session has made besides the caller's: none before the first step that is large enough.
  public var workerCount: Int { table.workerCount }

  /// The steps of each kind of cycle.
  private struct Segments {
    /// What runs once before the first cycle.
    var start: UnsafeBufferPointer<Segment>
    var first: UnsafeBufferPointer<Segment>
    /// Without what is the same in every cycle.
    var later: UnsafeBufferPointer<Segment>
    /// The same, with what is needed to look at results.
    var shownFirst: UnsafeBufferPointer<Segment>
    var shownLater: UnsafeBufferPointer<Segment>

    /// `memory` holds them, and outlives them.
    init(_ plan: Plan, _ entries: [CallTable.Entry], watched: Set<Int32> = [], in memory: BoundMemory) {
      let folds = plan.options.optimisations.contains(.fold)
      func segments(_ phases: Plan.Phases, withInvariant: Bool = true) -> UnsafeBufferPointer<Segment> {
        let segments = Session.segments(plan, entries) { step in
          let isWatched = step.phases == .show && phases.contains(.cycle) && step.outputs.contains { watched.contains($0) }
          return (isWatched || !step.phases.isDisjoint(with: phases)) && (withInvariant || !step.isInvariant)
        }
        return UnsafeBufferPointer(start: memory.array(segments), count: segments.count)
      }
      start = segments(.start)
      first = segments(.cycle)
      later = segments(.cycle, withInvariant: !folds)
      shownFirst = segments([.cycle, .show])
      shownLater = segments([.cycle, .show], withInvariant: !folds)
    }
  }

  /// Finds memory for a compilation. Throws its diagnostics when the page cannot run, or E0404.
  ///
  /// Large steps are shared by `threads` threads, the caller's among them: as many as there are processors unless told otherwise, at most
  /// ``mostThreads``. Results do not depend on it. `files` says what the page may touch; without it, what lies below its folder.
  public init(_ compilation: Compilation, threads: Int? = nil, files: FileAccess? = nil) throws(DiagnosticError) {
    guard var plan = compilation.plan else { throw DiagnosticError(compilation.diagnostics) }
    guard let arena = TensorStorage(byteCount: plan.arenaSize), let state = TensorStorage(byteCount: plan.stateSize),
      let savedState = TensorStorage(byteCount: plan.savesVariables ? plan.stateSize : 0), Session.ownFeeds(&plan, compilation.graph)
    else {
      throw DiagnosticError(
        Diagnostic(.outOfMemory, "the results of this page need \(Memory.sizeText(Double(plan.arenaSize))), which the system does not give"))
    }
    graph = compilation.graph
    self.files = files ?? FileAccess(page: compilation.graph.page.source.name)
    self.plan = plan
    self.arena = arena
    self.state = state
    self.savedState = plan.savesVariables ? savedState : nil
    expectations = compilation.expectations
    diagnostics = compilation.diagnostics
    tensors = Array(repeating: nil, count: plan.slots.count)
    let blockStates = BlockStates(plan.states)
    self.blockStates = blockStates
    let threads = min(max(1, threads ?? WorkerPool.processorCount), Session.mostThreads)
    table = CallTable(plan, threads: threads, state: blockStates.address) { slot in Session.address(slot, plan, arena, state) }
    segments = Segments(plan, table.entries, in: segmentMemory)
  }

  /// The steps that `isWanted` names: runs of entries of the call table, and dynamic steps between them.
  private static func segments(_ plan: Plan, _ entries: [CallTable.Entry], _ isWanted: (Plan.Step) -> Bool) -> [Segment] {
    var segments: [Segment] = []
    var entry = 0
    for (index, step) in plan.steps.enumerated() {
      let isCall = entry < entries.count && entries[entry].step == index
      defer { if isCall { entry += 1 } }
      guard isWanted(step) else { continue }
      if !isCall {
        segments.append(Segment(first: 0, end: 0, step: index))
      } else if let last = segments.last, last.first < last.end, last.end == entry {
        segments[segments.count - 1].end = entry + 1
      } else {
        segments.append(Segment(first: entry, end: entry + 1, step: -1))
      }
    }
    return segments
  }

  /// Moves what was fed into memory of the session's own, where ``feed(_:_:)`` may change it. False when there is none.
  private static func ownFeeds(_ plan: inout Plan, _ graph: Graph) -> Bool {
    // Several slots may show one fed tensor, under shapes of their own.
    var owned: [ObjectIdentifier: Tensor] = [:]
    for index in graph.values.indices where graph.values[index].isFed {
      guard case .constant(let tensor) = plan.slots[index].place else { continue }
      let key = ObjectIdentifier(tensor.storage)
      guard let copy = owned[key] ?? tensor.copied(), let view = copy.reshaped(tensor.shape) else { return false }
      owned[key] = copy
      plan.slots[index].place = .constant(view)
    }
    return true
  }

  private static func address(
    _ slot: Int32, _ plan: Plan, _ arena: TensorStorage, _ state: TensorStorage
  ) -> UnsafeMutableRawPointer {
    switch plan.slots[Int(slot)].place {
    case .constant(let tensor): tensor.storage.base
    case .arena(let offset), .scratch(let offset): arena.base + offset
    case .variable(let offset): state.base + offset
    case .alias(let target): address(target, plan, arena, state)
    case .part(of: let target, at: let offset): address(target, plan, arena, state) + offset
    // Steps that touch these find them anew in each cycle.
    case .nowhere, .dynamic: arena.base
    }
  }

  /// Runs one cycle. Throws what failed; the results of the last good cycle are then gone, ``failedBlock`` says where, and
  /// variables are as they were before the cycle.
  ///
  /// - Parameter isShown: Whether somebody will look at the results of this cycle. When not, there are none to look at until the
  ///   next cycle that is, and what is needed for that alone is left out.
  public func runCycle(isShown: Bool = true) throws(DiagnosticError) {
    failedBlock = nil
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    if !hasStarted { try start() }
    if let savedState { savedState.base.copyMemory(from: state.base, byteCount: state.byteCount) }
    self.isShown = isShown
    do throws(DiagnosticError) {
      if isShown {
        try run(isFirst ? segments.shownFirst : segments.shownLater)
      } else {
        try run(isFirst ? segments.first : segments.later)
      }
    } catch {
      if let savedState { state.base.copyMemory(from: savedState.base, byteCount: state.byteCount) }
      throw error
    }
    cycle += 1
    isFirst = false
  }

  /// Fills the variables, the first time that it is called.
  private func start() throws(DiagnosticError) {
    if hasStarted { return }
    for variable in plan.variables {
      guard let initial = variable.initial, let tensor = tensor(Int(initial)) else { continue }
      // One value fills the variable.
      let size = tensor.bytes.count
      var offset = variable.offset
      while size > 0, offset + size <= variable.offset + variable.byteCount {
        (state.base + offset).copyMemory(from: tensor.storage.base, byteCount: size)
        offset += size
      }
    }
    try run(segments.start)
    hasStarted = true
  }

  /// Does what comes before the first cycle.
  func prepare() throws(DiagnosticError) {
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    try start()
  }

  /// From now on a slot can be read after every cycle, shown or not; nothing else is computed for it.
  func watch(_ slot: Int) {
    let root = plan.root(Int32(slot))
    if watched.insert(plan.copies[root] ?? root).inserted { segments = Segments(plan, table.entries, watched: watched, in: segmentMemory) }
  }

  private func run(_ segments: UnsafeBufferPointer<Segment>) throws(DiagnosticError) {
    for segment in segments {
      if segment.first == segment.end {
        try runDynamic(plan.steps[segment.step])
      } else if let fault = table.run(segment.first..<segment.end) {
        throw fail(fault)
      }
    }
  }

  /// A function that runs one step by itself as often as it is told, to measure it; it says whether all went well. What must be
  /// looked up for the step is looked up here.
  func repeatedly(_ index: Int, _ step: Plan.Step) -> (Int) -> Bool {
    switch step.action {
    case .call, .tiles:
      guard let entry = entryOfStep[index] else { return { _ in false } }
      let table = table
      return { repetitions in
        for _ in 0..<repetitions where table.run(entry..<entry + 1) != nil { return false }
        return true
      }
    case .dynamic, .unfed:
      return { [self] repetitions in
        do throws(DiagnosticError) {
          for _ in 0..<repetitions { try runDynamic(step) }
          return true
        } catch {
          return false
        }
      }
    }
  }

  private lazy var entryOfStep: [Int: Int] = Dictionary(table.entries.enumerated().map { (Int($1.step), $0) }) { first, _ in first }

  private func fail(_ fault: CallTable.Fault) -> DiagnosticError {
    let members = plan.steps[fault.step].members
    let block = Int(members[min(fault.member, members.count - 1)].block)
    return fail(block, Fault.error(fault.code, type: graph.type(ofBlock: block)?.name ?? "", message: graph.message(ofBlock: block)))
  }

  /// Notes the failure of a block and says it with its place.
  func fail(_ block: Int, _ error: BlockError) -> DiagnosticError {
    failedBlock = block
    let diagnostic = Diagnostic(
      error.id, error.message, at: graph.page.source.location(of: graph.range(ofBlock: block)), block: graph.name(ofBlock: block),
      pin: error.input.flatMap { graph.type(ofBlock: block)?.inputs[$0].name } ?? error.attr, notes: error.notes, fix: error.fix)
    failure = diagnostic
    return DiagnosticError(diagnostic)
  }

  // MARK: Results

  /// Whether there are results to look at.
  public var hasResults: Bool { !isFirst && isShown && failedBlock == nil }

  /// What a variable holds between two cycles, as a tensor of its own; nil for blocks that are no variable or do not run.
  public func variable(ofBlock block: Int) -> Tensor? {
    guard let variable = plan.variables.first(where: { $0.block == block }) else { return nil }
    return tensor(Int(variable.slot))?.copied()
  }

  /// The tensor in a slot as the blocks of this cycle see it, nil when nothing is there. Memory is not copied: it changes with the
  /// next cycle.
  func tensor(_ slot: Int) -> Tensor? {
    switch plan.slots[slot].place {
    case .constant(let tensor): tensor
    case .arena(let offset): tensor(slot, at: offset, of: arena)
    case .variable(let offset): tensor(slot, at: offset, of: state)
    case .alias(let target): plan.slots[slot].shape.known.flatMap { tensor(Int(target))?.reshaped($0) }
    case .part(of: let target, at: let offset): part(slot, at: offset, of: tensor(Int(target)))
    case .dynamic: tensors[slot]
    case .nowhere, .scratch: nil
    }
  }

  /// The tensor in a slot as a result: of a variable, what its readers saw.
  func shown(_ slot: Int) -> Tensor? {
    if plan.copies.isEmpty { return tensor(slot) }
    guard let copy = plan.copies[plan.root(Int32(slot))] else { return tensor(slot) }
    if case .part(of: _, at: let offset) = plan.slots[slot].place { return part(slot, at: offset, of: tensor(Int(copy))) }
    return plan.slots[slot].shape.known.flatMap { tensor(Int(copy))?.reshaped($0) }
  }

  private func part(_ slot: Int, at offset: Int, of whole: Tensor?) -> Tensor? {
    plan.slots[slot].shape.known.flatMap { whole?.part(plan.slots[slot].dtype, $0, at: offset) }
  }

  /// The same, safe from the next cycle: a copy unless it is a constant.
  private func kept(_ slot: Int) -> Tensor? {
    if case .constant = plan.slots[Int(plan.root(Int32(slot)))].place { return tensor(slot) }
    return shown(slot)?.copied()
  }

  /// A value of the graph in the last good cycle, a result or the text of a pin, as a tensor of its own; nil when it was not computed.
  public func value(_ index: Int) -> Tensor? {
    guard hasResults, plan.options.keepsResults, plan.slots.indices.contains(index) else { return nil }
    return kept(index)
  }

  private func tensor(_ slot: Int, at offset: Int, of arena: TensorStorage) -> Tensor? {
    guard let shape = plan.slots[slot].shape.known, let bytes = Memory.byteCount(of: shape, dtype: plan.slots[slot].dtype),
      let storage = TensorStorage(part: offset, byteCount: bytes, of: arena)
    else { return nil }
    return Tensor(dtype: plan.slots[slot].dtype, shape: shape, storage: storage, pool: graph.pool)
  }

  /// A result of the last good cycle as a tensor of its own; nil when the block did not run.
  public func result(_ path: ResultPath) -> Tensor? {
    guard !isFirst, isShown, failedBlock == nil, plan.options.keepsResults, plan.isReached[path.block], graph.nodes[path.block].type >= 0 else {
      return nil
    }
    let values = graph.values(ofBlock: path.block, output: path.output)
    guard path.member < values.count else { return nil }
    return kept(values.lowerBound + path.member)
  }

  /// The state and the results of every block of the graph: in page order, then those that gradients have added.
  ///
  /// With `sharingMemory` the tensors are not copied: the next cycle changes them.
  public func results(sharingMemory: Bool = false) -> [BlockResult] {
    graph.nodes.indices.map { block in
      guard let type = graph.type(ofBlock: block) else { return BlockResult(block: block, state: .notRun, results: []) }
      if failedBlock != nil, type.role == .status, plan.isReached[block] { return status(block) }
      if failedBlock == block { return BlockResult(block: block, state: .failed, results: []) }
      guard plan.isReached[block], !isFirst, failedBlock == nil else { return BlockResult(block: block, state: .notRun, results: []) }
      guard plan.options.keepsResults, isShown else { return BlockResult(block: block, state: .ran, results: []) }
      let results = type.outputs.indices.compactMap { output -> PinResult? in
        let tensors = graph.values(ofBlock: block, output: output).compactMap { sharingMemory ? shown($0) : kept($0) }
        if type.outputs[output].isList { return PinResult(pin: output, value: .list(tensors)) }
        return tensors.first.map { PinResult(pin: output, value: .tensor($0)) }
      }
      return BlockResult(block: block, state: .ran, results: results)
    }
  }

  /// What a Status block shows of a cycle that failed.
  private func status(_ block: Int) -> BlockResult {
    let text = failure.map { "\($0.block.map { $0 + ": " } ?? "")\($0.message)" } ?? ""
    let tensor = Tensor(strings: [Array(text.utf8)], shape: .scalar, pool: graph.pool)
    return BlockResult(block: block, state: .ran, results: tensor.map { [PinResult(pin: 0, value: .tensor($0))] } ?? [])
  }
}

extension Graph {
  /// What a block's attr `message` says.
  func message(ofBlock block: Int) -> String? {
    guard let type = type(ofBlock: block), let index = type.attrs.firstIndex(where: { $0.name == "message" }),
      case .string(let text)? = nodes[block].attrs[index], !text.isEmpty
    else { return nil }
    return text
  }
}
