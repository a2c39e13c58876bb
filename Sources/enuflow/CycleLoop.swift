import Diagnostics
import Run

/// The cycles of a run, until something ends them.
struct CycleLoop {
  /// What ended a run that did not fail.
  enum Ending {
    case cycles
    case until
    case time
    case interrupt
    /// A variable became NaN or infinite.
    case notFinite(Diagnostic)
  }

  let session: Session
  /// The cycle after which the run ends at the latest.
  let limit: Int
  var until: (condition: Condition, watch: Watch)?
  var nanCheck = false
  var checkpoint: (path: String, every: Int?)?
  var history: History?
  var clock: RunClock
  var progress: Progress

  /// Runs at least one cycle. The results of the last one can be looked at.
  mutating func run() throws(DiagnosticError) -> Ending {
    while true {
      let isTimeOver = clock.isOver
      let isInterrupted = Interrupt.isRequested
      let isLast = session.cycle + 1 >= limit || isTimeOver || isInterrupted
      // A cycle that may turn out to be the last one is run as such.
      let isShown = isLast || until != nil || nanCheck
      try session.runCycle(isShown: isShown)
      let cycle = session.cycle
      if nanCheck, let fault = session.finiteFault() {
        try history?.record(cycle, isLast: true)
        progress.clear()
        return .notFinite(fault)
      }
      let isMet = try until.map { (until) throws(DiagnosticError) in try until.condition.isMet(by: until.watch) } ?? false
      let isStopped = isShown && Interrupt.isRequested
      let isEnd = isLast || isMet || isStopped
      try history?.record(cycle, isLast: isEnd)
      if isEnd {
        progress.clear()
        if let checkpoint { try session.writeCheckpoint(checkpoint.path) }
        return isMet ? .until : cycle >= limit ? .cycles : isInterrupted || isStopped ? .interrupt : .time
      }
      if let checkpoint, let every = checkpoint.every, cycle.isMultiple(of: every) { try session.writeCheckpoint(checkpoint.path) }
      if clock.tick() { progress.show(cycle, of: limit, rate: clock.rate) }
    }
  }
}

/// Looks at the time seldom enough to cost nothing, and often enough to end a run in time.
struct RunClock {
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let end: ContinuousClock.Instant?
  /// Whether anybody wants to know the time.
  private let isOn: Bool
  private var last: ContinuousClock.Instant
  private var lastShown: ContinuousClock.Instant
  /// Cycles from look to look, and those since the last one.
  private var stride = 1
  private var cycles = 0
  private var cyclesSinceShown = 0
  /// What a cycle takes, by the last look.
  private var perCycle = Duration.zero
  /// Cycles in a second, of late.
  private(set) var rate = 0.0

  init(duration: Duration?, showsProgress: Bool) {
    start = clock.now
    end = duration.map { [start] in start + $0 }
    isOn = duration != nil || showsProgress
    last = start
    lastShown = start
  }

  /// Whether the next cycle is the last one that fits the time.
  var isOver: Bool { end.map { last + perCycle * (stride + 1) >= $0 && clock.now + perCycle >= $0 } ?? false }

  /// Counts a cycle; true when it is time to show progress.
  mutating func tick() -> Bool {
    guard isOn else { return false }
    cycles += 1
    cyclesSinceShown += 1
    guard cycles >= stride else { return false }
    let now = clock.now
    let elapsed = now - last
    perCycle = elapsed / cycles
    // A look for every millisecond.
    stride = elapsed < .milliseconds(1) ? min(stride * 2, 1024) : max(1, stride / 2)
    last = now
    cycles = 0
    guard now - start > .milliseconds(400), now - lastShown > .milliseconds(100) else { return false }
    rate = Double(cyclesSinceShown) / ((now - lastShown) / .seconds(1))
    lastShown = now
    cyclesSinceShown = 0
    return true
  }
}
