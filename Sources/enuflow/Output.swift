import ArgumentParser
import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The two streams: results go to standard output, everything else to standard error.
enum Output {
  static func print(_ text: String) { write(Array(text.utf8), to: 1) }

  /// Whether colour may be used on a stream.
  static func usesColor(_ stream: Int32) -> Bool {
    guard isatty(stream) == 1 else { return false }
    if let value = getenv("NO_COLOR"), value.pointee != 0 { return false }
    return true
  }

  /// Whether an environment variable is set.
  static func isSet(_ variable: String) -> Bool { getenv(variable) != nil }

  /// The columns of the terminal that results go to; 120 for a file or pipe.
  static var width: Int {
    var size = winsize()
    guard isatty(1) == 1, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 120 }
    return Int(size.ws_col)
  }

  /// Prints diagnostics to standard error, and how many there were when there were several.
  static func report(_ diagnostics: [Diagnostic]) {
    guard !diagnostics.isEmpty else { return }
    let printer = TerminalPrinter(color: usesColor(2))
    var text = printer.text(of: diagnostics)
    let errors = diagnostics.count { $0.severity == .error }
    if errors > 1 { text += "\(errors) errors\n" }
    write(Array(text.utf8), to: 2)
  }

  /// Writes all bytes, or ends the program with exit code 74 when nobody takes them.
  static func write(_ bytes: [UInt8], to stream: Int32) {
    if !writeAll(bytes, to: stream) { exit(ExitStatus.cannotWrite.rawValue) }
  }

  private static func writeAll(_ bytes: [UInt8], to stream: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let written = systemWrite(stream, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if written < 0 {
          if errno == EINTR { continue }
          return false
        }
        offset += written
      }
      return true
    }
  }

  /// Writes a file named on the command line; throws exit code 73 when it cannot be made and 74 when it cannot be filled.
  static func write(_ bytes: [UInt8], file path: String) throws {
    if path == "-" {
      write(bytes, to: 1)
      return
    }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else {
      report([Diagnostic(.outputUnwritable, "`\(path)` cannot be written: \(String(cString: strerror(errno)))")])
      throw ExitStatus.cannotCreate
    }
    let isComplete = writeAll(bytes, to: file)
    if close(file) != 0 || !isComplete {
      report([Diagnostic(.outputUnwritable, "`\(path)` was not written in full: \(String(cString: strerror(errno)))")])
      throw ExitStatus.cannotWrite
    }
  }
}

private func systemWrite(_ stream: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(stream, bytes, count) }
