/// How a session's cycles and pictures follow each other in time.
struct Pace {
  var isRunning = false { didSet { if isRunning != oldValue { begin() } } }
  /// The cycle after which the run stops.
  var limit = Int.max
  /// Cycles in a second at most.
  var speed: Double? { didSet { nextCycle = clock.now } }
  /// Cycles in a second, of late.
  private(set) var rate = 0.0

  private let clock = ContinuousClock()
  private var nextCycle: ContinuousClock.Instant
  private var nextShow: ContinuousClock.Instant
  private var showStart: ContinuousClock.Instant
  private var pictureStart: ContinuousClock.Instant
  private var rateStart: ContinuousClock.Instant
  private var rateCycle: Int?

  /// The least time between two pictures.
  static let frame = Duration.milliseconds(33)
  /// How many times longer than it takes to make a picture the next one has to wait: pictures take at most 3 % of the time.
  static let share = 33

  init() {
    let now = clock.now
    (nextCycle, nextShow, showStart, pictureStart, rateStart) = (now, now, now, now, now)
  }

  private mutating func begin() {
    nextCycle = clock.now
    nextShow = clock.now
    rateStart = clock.now
    rateCycle = nil
    rate = 0
  }

  /// Whether so few cycles are wanted that each one can be shown.
  var isSlow: Bool { (speed ?? .infinity) <= 30 }

  /// Whole milliseconds until the next cycle may begin.
  var millisecondsToNextCycle: Int32 {
    guard speed != nil else { return 0 }
    let rest = nextCycle - clock.now
    return rest <= .zero ? 0 : Int32(min(1_000, (rest / .milliseconds(1)).rounded(.up)))
  }

  /// A cycle, or a stretch of them, has ended.
  mutating func noteCycle() {
    guard let speed else { return }
    let now = clock.now
    nextCycle = max(nextCycle, now - .milliseconds(100)) + .seconds(1 / speed)
  }

  var isShowDue: Bool { clock.now >= nextShow }

  /// A cycle begins whose results are looked at; it may take longer than others.
  mutating func beginShowing() { showStart = clock.now }

  /// The cycle is done, and its picture begins.
  mutating func beginPicture() { pictureStart = clock.now }

  /// A picture is done.
  mutating func endPicture(cycle: Int) {
    let now = clock.now
    var cost = now - pictureStart
    if rate > 0 { cost += max(.zero, pictureStart - showStart - .seconds(1 / rate)) }
    nextShow = now + max(Pace.frame, cost * Pace.share)
    guard isRunning else { return }
    let elapsed = now - rateStart
    guard let first = rateCycle else {
      (rateCycle, rateStart) = (cycle, now)
      return
    }
    guard elapsed > .milliseconds(250) else { return }
    rate = Double(cycle - first) / (elapsed / .seconds(1))
    (rateCycle, rateStart) = (cycle, now)
  }
}
