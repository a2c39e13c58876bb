import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What other threads want of a session's thread. Looking whether there is anything costs one load of an atomic flag.
final class Inbox<Item: Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let isCalled = Atomic<Bool>(false)
  /// A pipe that wakes the thread when it sleeps.
  private let ends: (read: Int32, write: Int32)

  init() {
    var descriptors: [Int32] = [-1, -1]
    if pipe(&descriptors) != 0 { descriptors = [-1, -1] }
    for descriptor in descriptors where descriptor >= 0 {
      _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    ends = (descriptors[0], descriptors[1])
  }

  deinit {
    if ends.read >= 0 { close(ends.read) }
    if ends.write >= 0 { close(ends.write) }
  }

  /// Whether the thread is wanted.
  var isWaiting: Bool { isCalled.load(ordering: .relaxed) }

  func add(_ item: Item) {
    items.withLock { $0.append(item) }
    isCalled.store(true, ordering: .releasing)
    var byte: UInt8 = 0
    _ = write(ends.write, &byte, 1)
  }

  /// Everything that was added since the last time.
  func take() -> [Item] {
    isCalled.store(false, ordering: .sequentiallyConsistent)
    var bytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    while read(ends.read, &bytes, 32) == 32 {}
    return items.withLock { items in
      defer { items = [] }
      return items
    }
  }

  /// Sleeps until something is added, or for a time; without one, until something is added.
  func wait(milliseconds: Int32 = -1) {
    // Without a pipe the thread looks now and then.
    var one = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
    _ = poll(&one, 1, ends.read < 0 ? 10 : milliseconds)
  }
}
