import CKernelABI
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Threads that share the parts of one kernel's work with the thread that asks for it.
///
/// They are made when there is work to share for the first time, and end with the pool. Parts are taken in ascending order by
/// whoever is free, so that a thread that the system lets wait holds nobody up. Not safe for use from several threads at once.
final class WorkerPool {
  /// Computes one part; `worker` says whose memory it may use. Returns a fault or 0.
  typealias Body = @convention(c) (_ context: UnsafeRawPointer, _ worker: Int, _ part: Int) -> Int32

  /// The processors that this process may run on.
  static let processorCount = min(max(Int(ef_processor_count()), 1), Session.mostThreads)

  private let threads: Int
  private let board = Board()
  private var workers: [pthread_t] = []
  private var hasStarted = false

  /// `threads` counts the caller's too.
  init(threads: Int) {
    self.threads = threads
  }

  deinit {
    board.stop()
    for worker in workers { pthread_join(worker, nil) }
  }

  /// The threads that were made.
  var workerCount: Int { workers.count }

  /// Computes parts 0..<`parts` (at most 65,535), and returns 0 or the fault of the lowest part that has one.
  func run(_ parts: Int, _ context: UnsafeRawPointer, _ body: Body) -> Int32 {
    if !hasStarted { start() }
    return board.run(parts, context, body)
  }

  private func start() {
    hasStarted = true
    for index in 1..<max(1, threads) {
      let worker = Unmanaged.passRetained(Worker(board: board, index: index))
      var thread: pthread_t?
      #if canImport(Darwin)
        let status = pthread_create(&thread, nil, { argument in WorkerPool.live(argument) }, worker.toOpaque())
      #else
        var made = pthread_t()
        let status = pthread_create(&made, nil, { argument in argument.flatMap { WorkerPool.live($0) } }, worker.toOpaque())
        thread = made
      #endif
      guard status == 0, let thread else {
        // The system gives no more threads: those that there are do all of the work.
        worker.release()
        return
      }
      workers.append(thread)
    }
  }

  private static func live(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    let worker = Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue()
    _ = ef_enter_kernel_mode()
    worker.board.work(worker.index)
    return nil
  }

  private final class Worker {
    let board: Board
    let index: Int

    init(board: Board, index: Int) {
      self.board = board
      self.index = index
    }
  }
}

/// What the threads of a pool look at.
private final class Board: @unchecked Sendable {
  /// The job at hand: its number, how many parts it has, and the next part that nobody took yet.
  private struct Job {
    var bits: UInt64

    init(bits: UInt64) { self.bits = bits }
    init(number: UInt64, parts: Int) { bits = number << 32 | UInt64(parts) << 16 }

    var number: UInt64 { bits >> 32 }
    var parts: Int { Int(bits >> 16 & 0xFFFF) }
    var next: Int { Int(bits & 0xFFFF) }
    var isOpen: Bool { next < parts }
  }

  /// How often a thread looks for work before it sleeps: some ten microseconds.
  private static let patience = 400

  private let job = Atomic<UInt64>(0)
  private let done = Atomic<Int>(0)
  /// The lowest part with a fault, and the fault.
  private let fault = Atomic<Int64>(.max)
  private let isStopping = Atomic<Bool>(false)
  private let sleepers = Atomic<Int>(0)
  private let isAwaited = Atomic<Bool>(false)
  // Written while no job is open, and read by those who took a part.
  private var context: UnsafeRawPointer?
  private var body: WorkerPool.Body?

  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let work: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  private let end: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    work.initialize(to: pthread_cond_t())
    end.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(work, nil)
    pthread_cond_init(end, nil)
  }

  deinit {
    pthread_cond_destroy(end)
    pthread_cond_destroy(work)
    pthread_mutex_destroy(mutex)
    end.deallocate()
    work.deallocate()
    mutex.deallocate()
  }

  // MARK: Who has work to share

  func run(_ parts: Int, _ context: UnsafeRawPointer, _ body: WorkerPool.Body) -> Int32 {
    self.context = context
    self.body = body
    done.store(0, ordering: .relaxed)
    fault.store(.max, ordering: .relaxed)
    let number = Job(bits: job.load(ordering: .relaxed)).number &+ 1
    job.store(Job(number: number & 0xFFFF_FFFF, parts: parts).bits, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { wake(work) }
    takeParts(0)
    awaitEnd(parts)
    let first = fault.load(ordering: .relaxed)
    return first == .max ? 0 : Int32(truncatingIfNeeded: first)
  }

  private func awaitEnd(_ parts: Int) {
    var looks = 0
    while done.load(ordering: .acquiring) < parts, looks < Board.patience {
      ef_pause()
      looks += 1
    }
    if done.load(ordering: .acquiring) == parts { return }
    isAwaited.store(true, ordering: .sequentiallyConsistent)
    pthread_mutex_lock(mutex)
    while done.load(ordering: .sequentiallyConsistent) < parts { pthread_cond_wait(end, mutex) }
    pthread_mutex_unlock(mutex)
    isAwaited.store(false, ordering: .relaxed)
  }

  private func wake(_ condition: UnsafeMutablePointer<pthread_cond_t>) {
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    isStopping.store(true, ordering: .sequentiallyConsistent)
    wake(work)
  }

  // MARK: Who does it

  /// A worker's life.
  func work(_ worker: Int) {
    var looks = 0
    while !isStopping.load(ordering: .acquiring) {
      if Job(bits: job.load(ordering: .acquiring)).isOpen {
        takeParts(worker)
        looks = 0
      } else if looks < Board.patience {
        ef_pause()
        looks += 1
      } else {
        sleep()
        looks = 0
      }
    }
  }

  private func sleep() {
    pthread_mutex_lock(mutex)
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while !Job(bits: job.load(ordering: .sequentiallyConsistent)).isOpen, !isStopping.load(ordering: .sequentiallyConsistent) {
      pthread_cond_wait(work, mutex)
    }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  /// Computes parts until all are taken.
  private func takeParts(_ worker: Int) {
    var seen = Job(bits: job.load(ordering: .acquiring))
    while seen.isOpen {
      let (taken, found) = job.weakCompareExchange(
        expected: seen.bits, desired: seen.bits + 1, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
      guard taken, let context, let body else {
        seen = Job(bits: found)
        continue
      }
      // Past a fault nothing is of use; below it another one may be.
      if fault.load(ordering: .relaxed) >> 32 > Int64(seen.next) {
        let result = body(context, worker, seen.next)
        if result != 0 { fault.min(Int64(seen.next) << 32 | Int64(result), ordering: .relaxed) }
      }
      // The last one may find the job's owner asleep.
      let count = done.add(1, ordering: .sequentiallyConsistent).newValue
      if count == seen.parts, isAwaited.load(ordering: .sequentiallyConsistent) { wake(end) }
      seen = Job(bits: job.load(ordering: .acquiring))
    }
  }
}
