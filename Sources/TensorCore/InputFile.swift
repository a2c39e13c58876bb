import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads whole files without Foundation.
public enum InputFile {
  /// Why a file cannot be read.
  public enum Reason: Sendable { case missing, isDirectory, notAllowed, tooLarge, other }

  /// Why a file cannot be read, in words.
  public struct Failure: Error {
    /// What to tell the exit code by.
    public var reason: Reason
    public var message: String
    public var fix: String?

    /// As a diagnostic of kind E0001, or E0006 for a file beyond the limit.
    public func diagnostic(at location: SourceLocation? = nil) -> Diagnostic {
      Diagnostic(reason == .tooLarge ? .limit : .fileUnreadable, message, at: location, fix: fix)
    }
  }

  /// All bytes of a file; `-` is standard input. Reading stops with a failure beyond `limit` bytes.
  public static func readAllBytes(path: String, limit: Int = Int.max - 1) throws(Failure) -> [UInt8] {
    if path == "-" { return try readAllBytes(descriptor: 0, name: "standard input", limit: limit) }
    // A path with a NUL would be cut off there by the system.
    if path.utf8.contains(0) { throw Failure(reason: .missing, message: "\"\(path)\" is no file name", fix: nil) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw failure(errno, path) }
    defer { close(descriptor) }
    return try readAllBytes(descriptor: descriptor, name: path, limit: limit)
  }

  /// All bytes that an open file still has.
  public static func readAllBytes(descriptor: Int32, name: String, limit: Int = Int.max - 1) throws(Failure) -> [UInt8] {
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw failure(errno, name) }
    if status.st_mode & S_IFMT == S_IFDIR { throw failure(EISDIR, name) }
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    if isRegular, Int(status.st_size) > limit { throw tooLarge(name, limit) }
    // One byte more than there should be tells the end without a second read.
    var capacity = isRegular ? max(Int(status.st_size) + 1, 4_096) : 65_536
    var bytes: [UInt8] = []
    var code: Int32 = 0
    var isAtEnd = false
    while !isAtEnd, code == 0 {
      let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        while count < capacity, !isAtEnd, code == 0 {
          let got = read(descriptor, buffer.baseAddress.map { $0 + count }, capacity - count)
          if got > 0 {
            count += got
          } else if got == 0 {
            isAtEnd = true
          } else if errno != EINTR {
            code = errno
          }
        }
      }
      if bytes.isEmpty { bytes = chunk } else { bytes += chunk }
      if bytes.count > limit { throw tooLarge(name, limit) }
      capacity = min(max(bytes.count, 65_536), 64 << 20)
    }
    if code != 0 { throw failure(code, name) }
    return bytes
  }

  private static func tooLarge(_ name: String, _ limit: Int) -> Failure {
    Failure(reason: .tooLarge, message: "\"\(name)\" is larger than \(limit) bytes, the most that is read", fix: "split it")
  }

  private static func failure(_ code: Int32, _ name: String) -> Failure {
    switch code {
    case ENOENT, ENOTDIR: Failure(reason: .missing, message: "there is no file \"\(name)\"", fix: "check the path")
    case EISDIR: Failure(reason: .isDirectory, message: "\"\(name)\" is a directory", fix: "name a page in it")
    case EACCES, EPERM:
      Failure(reason: .notAllowed, message: "\"\(name)\" may not be read: permission denied", fix: "check the file's permissions")
    default: Failure(reason: .other, message: "\"\(name)\" cannot be read: \(String(cString: strerror(code)))", fix: nil)
    }
  }
}
