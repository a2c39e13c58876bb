import CKernelABI
import Compile
import Diagnostics

/// How long a page's cycles take, and each block's part of it.
public struct Benchmark: Sendable {
  /// Cycles of each window.
  public var cycles: Int
  /// The median window's time.
  public var seconds: Double
  /// By block of the page: nanoseconds per cycle; nil for blocks that take no step (constants, views, sessions).
  public var nanoseconds: [Double?]

  /// How many threads could share a step.
  public var threads: Int

  public var cyclesPerSecond: Double { seconds > 0 ? Double(cycles) / seconds : 0 }

  /// Measures a session after a warm-up: the median of `windows` windows of `cycles` cycles each, or of as many as take about a
  /// fifth of a second. Then each step by itself. Every step runs in every cycle when the session's plan was made without folding.
  public static func run(_ session: Session, cycles: Int?, windows: Int = 5) throws(DiagnosticError) -> Benchmark {
    var cyclesPerWindow = cycles ?? 1
    if cycles == nil {
      // Doubling also warms up.
      while try seconds(session, cyclesPerWindow) < 0.1, cyclesPerWindow < 1 << 30 { cyclesPerWindow *= 2 }
      cyclesPerWindow *= 2
    } else {
      _ = try seconds(session, min(cyclesPerWindow, 100))
    }
    var times: [Double] = []
    for _ in 0..<windows { times.append(try seconds(session, cyclesPerWindow)) }
    times.sort()
    let median = times[times.count / 2]
    return Benchmark(
      cycles: cyclesPerWindow, seconds: median, nanoseconds: session.stepTimes(perCycle: median / Double(cyclesPerWindow)),
      threads: session.threads)
  }

  private static func seconds(_ session: Session, _ cycles: Int) throws(DiagnosticError) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<cycles { try session.runCycle() }
    return (clock.now - start).inSeconds
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Session {
  /// Nanoseconds of each block's steps, each step repeated for a while by itself. A fused group's time is shared evenly.
  func stepTimes(perCycle: Double) -> [Double?] {
    var times: [Double?] = Array(repeating: nil, count: graph.nodes.count)
    // A quarter of a second for all steps together, and each at least a few times.
    let budget = 0.25 / Double(max(1, plan.steps.count))
    for (index, step) in plan.steps.enumerated() {
      guard let seconds = timeStep(index, step, budget: budget) else { continue }
      let members = step.members
      for member in members { times[Int(member.block)] = seconds * 1e9 / Double(members.count) }
    }
    return times
  }

  /// What the step that computes a block takes, repeated by itself; nil for blocks without a step, and for those that act outside.
  ///
  /// It computes on and on: results and variables of the session mean nothing afterwards.
  public func cost(ofBlock block: Int) -> BlockCost? {
    for (index, step) in plan.steps.enumerated() where step.phases.contains(.cycle) {
      let members = step.members
      guard members.contains(where: { $0.block == block }) else { continue }
      if graph.type(ofBlock: block)?.isAction == true { return nil }
      return timeStep(index, step, budget: 0.02).map { BlockCost(nanoseconds: $0 * 1e9, members: members.count) }
    }
    return nil
  }

  private func timeStep(_ index: Int, _ step: Plan.Step, budget: Double) -> Double? {
    let run = repeatedly(index, step)
    let clock = ContinuousClock()
    let mode = ef_enter_kernel_mode()
    defer { ef_leave_kernel_mode(mode) }
    var repetitions = 1
    while true {
      let start = clock.now
      guard run(repetitions) else { return nil }
      let seconds = (clock.now - start).inSeconds
      if seconds >= budget || repetitions >= 1 << 20 { return seconds / Double(repetitions) }
      repetitions *= 4
    }
  }
}

/// What a block costs in a cycle.
public struct BlockCost: Sendable {
  /// The time of its step.
  public var nanoseconds: Double
  /// How many blocks the step computes.
  public var members: Int
}
