#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a file so that at any moment, also when the program or the machine stops, its name has the old or the new content whole.
public enum WholeFile {
  /// Why a file was not written; the old one, if there was one, is as it was.
  public struct Failure: Error, Sendable {
    public var message: String
    /// Whether it could not even be begun.
    public var isAtStart: Bool
  }

  /// The bytes go to `PATH.part`, which then takes the place of `path`. One that a killed program has left is used again; one that
  /// another program is writing is left alone.
  ///
  /// - Parameter magic: What a file that may be replaced begins with. A file of another kind is refused, so that a slip of the pen
  ///   costs nobody a file. An empty one may be replaced.
  public static func replace(
    _ path: String, magic: [UInt8], _ write: ((UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    if path.isEmpty || path.utf8.contains(0) { throw Failure(message: "`\(path)` is no file name", isAtStart: true) }
    let path = realPath(of: path) ?? path
    try checkOld(path, magic)
    let part = path + ".part"
    let file = try openPart(part)
    // Closing gives the lock back.
    defer { close(file) }
    let sink = FileSink(file: file)
    guard ftruncate(file, 0) == 0 else { throw failure("written", path, isAtStart: true) }
    do throws(Failure) {
      try write { (bytes) throws(Failure) in
        if !sink.add(bytes) { throw failure("written in full", path, isAtStart: false) }
      }
      guard sink.flush(), fsync(file) == 0, rename(part, path) == 0 else { throw failure("written in full", path, isAtStart: false) }
    } catch {
      unlink(part)
      throw error
    }
    // The name lasts only when its folder has been written too.
    let folder = open(FilePath.folder(of: path), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Throws when a file could not be written now; it leaves everything as it is.
  public static func check(_ path: String, magic: [UInt8]) throws(Failure) {
    if path.isEmpty || path.utf8.contains(0) { throw Failure(message: "`\(path)` is no file name", isAtStart: true) }
    let path = realPath(of: path) ?? path
    try checkOld(path, magic)
    let file = try openPart(path + ".part")
    unlink(path + ".part")
    close(file)
  }

  /// The path without links; nil when there is no such file.
  public static func realPath(of path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func checkOld(_ path: String, _ magic: [UInt8]) throws(Failure) {
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(message: "`\(path)` is not a file that could be replaced", isAtStart: true) }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("replaced", path, isAtStart: true) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: magic.count)
    let count = read(file, &bytes, bytes.count)
    guard count == 0 || (count == magic.count && bytes == magic) else {
      throw Failure(message: "`\(path)` is there already and is a file of another kind: it is not overwritten", isAtStart: true)
    }
  }

  /// Opens the file that the new bytes go to, and locks it.
  private static func openPart(_ part: String) throws(Failure) -> Int32 {
    // The file may get its final name between opening and locking it.
    for _ in 0..<100 {
      let file = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o644)
      guard file >= 0 else { throw failure("written", part, isAtStart: true) }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        close(file)
        throw Failure(message: "`\(part)` is being written by another program", isAtStart: true)
      }
      var (locked, named) = (stat(), stat())
      if fstat(file, &locked) == 0, locked.st_mode & S_IFMT == S_IFREG, lstat(part, &named) == 0, locked.st_ino == named.st_ino,
        locked.st_dev == named.st_dev
      {
        return file
      }
      close(file)
    }
    throw Failure(message: "`\(part)` cannot be written: it changes all the time", isAtStart: true)
  }

  private static func failure(_ what: String, _ path: String, isAtStart: Bool) -> Failure {
    Failure(message: "`\(path)` cannot be \(what): \(String(cString: strerror(errno)))", isAtStart: isAtStart)
  }
}

/// Gathers small pieces before they are written.
private final class FileSink {
  private let file: Int32
  private var waiting: [UInt8] = []

  init(file: Int32) { self.file = file }

  func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if bytes.count < 1 << 16 {
      waiting.append(contentsOf: bytes)
      return waiting.count < 1 << 16 || flush()
    }
    return flush() && writeAll(bytes)
  }

  func flush() -> Bool {
    defer { waiting.removeAll(keepingCapacity: true) }
    return waiting.withUnsafeBytes(writeAll)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let written = write(file, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      offset += written
    }
    return true
  }
}

/// Paths as texts.
public enum FilePath {
  /// The folder that a path lies in; `.` for a bare name.
  public static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}
