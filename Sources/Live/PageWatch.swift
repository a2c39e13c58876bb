import Page

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Notices that a page, or the `.dat` file beside it, was saved: also by editors that write another file and rename it over the page.
///
/// It looks at the names, not at open files, whenever it is asked; a look takes some microseconds.
struct PageWatch {
  private let paths: [String]
  private var seen: [Mark]
  /// What the last look found, while it differs from what was read.
  private var pending: [Mark]?
  private var looks = 0

  /// What tells one version of a file from another. All zeros when there is none.
  private struct Mark: Equatable {
    var seconds = 0
    var nanoseconds = 0
    var size = 0
    var inode: UInt64 = 0

    init(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return }
      #if canImport(Darwin)
        let time = status.st_mtimespec
      #else
        let time = status.st_mtim
      #endif
      (seconds, nanoseconds, size, inode) = (time.tv_sec, time.tv_nsec, Int(status.st_size), UInt64(status.st_ino))
    }
  }

  init(page path: String) {
    paths = [path, PageReader.dataPath(beside: path)]
    seen = paths.map(Mark.init)
  }

  /// Whether there is another version since the last time that this was true. A file that is still being written is given time: it must
  /// be the same in two looks, and one that is gone or empty for a moment is waited for.
  mutating func hasChanged() -> Bool {
    let now = paths.map(Mark.init)
    if now == seen {
      pending = nil
      return false
    }
    let isSame = pending == now
    looks = isSame ? looks + 1 : 0
    pending = now
    guard isSame, (now.first?.size ?? 0) > 0 || looks > 20 else { return false }
    seen = now
    pending = nil
    return true
  }
}
