import Diagnostics
import Run
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One line on the terminal that tells how far a run is; nothing anywhere else.
struct Progress {
  /// Standard error is a terminal that can go back to the start of a line.
  static let isPossible: Bool = {
    guard isatty(2) == 1 else { return false }
    guard let term = getenv("TERM") else { return true }
    return strcmp(term, "dumb") != 0
  }()

  let watches: [Watch]
  private var width = 0

  init(watches: [Watch]) { self.watches = watches }

  mutating func show(_ cycle: Int, of limit: Int, rate: Double) {
    guard Progress.isPossible else { return }
    var line = "cycle \(cycle)"
    if limit < Int.max { line += " of \(limit), \(Int(Double(cycle) / Double(limit) * 100))%" }
    line += ", \(Progress.brief(rate)) cycles/s"
    for watch in watches {
      guard let value = watch.value, value.count == 1 else { continue }
      line += ", \(watch.name) \(ValueFormat.shortest(value, at: 0))"
    }
    line = String(DisplayText.safe(line).unicodeScalars.prefix(Progress.columns - 1).map(Character.init))
    let count = line.unicodeScalars.count
    let blanks = String(repeating: " ", count: max(0, width - count))
    width = count
    write(Output.usesColor(2) ? "\r\u{1B}[2m\(line)\u{1B}[0m\(blanks)" : "\r\(line)\(blanks)")
  }

  /// Takes the line away.
  mutating func clear() {
    guard width > 0 else { return }
    write("\r" + String(repeating: " ", count: width) + "\r")
    width = 0
  }

  private func write(_ text: String) { Output.write(Array(text.utf8), to: 2) }

  private static var columns: Int {
    var size = winsize()
    guard ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
    return Int(size.ws_col)
  }

  /// Three digits: `812`, `1.25 k`, `37 M`.
  static func brief(_ number: Double) -> String {
    var (value, unit) = (number, "")
    for next in [" k", " M", " G"] where value >= 1000 { (value, unit) = (value / 1000, next) }
    let digits = value < 10 ? 2 : value < 100 ? 1 : 0
    let scale = digits == 2 ? 100.0 : digits == 1 ? 10 : 1
    let rounded = (value * scale).rounded() / scale
    return (rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") + unit
  }
}
