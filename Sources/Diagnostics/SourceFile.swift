import Synchronization

/// A range of UTF-8 bytes in a ``SourceFile``.
public struct SourceRange: Hashable, Sendable {
  /// Offset of the first byte.
  public var lower: Int32
  /// Offset after the last byte.
  public var upper: Int32

  public init(_ lower: Int, _ upper: Int) {
    self.lower = Int32(clamping: lower)
    self.upper = Int32(clamping: max(lower, upper))
  }

  /// The range as array indices.
  public var indices: Range<Int> { Int(lower)..<Int(upper) }
  public var isEmpty: Bool { lower == upper }
  /// The empty range at the start of a file; also stands for "no place known".
  public static let start = SourceRange(0, 0)
}

/// A text that diagnostics point into: its name and its UTF-8 bytes.
///
/// Lines and columns are computed only when a diagnostic asks, so that a sound page pays nothing for them.
public final class SourceFile: Sendable {
  /// The name as the user wrote it on the command line.
  public let name: String
  /// The whole text as UTF-8.
  public let bytes: [UInt8]
  private let lineStarts = Mutex<[Int32]?>(nil)
  private let scalarCounts = Mutex<[Int32]?>(nil)

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// The text of `range`, with malformed UTF-8 repaired.
  public func text(_ range: SourceRange) -> String {
    String(decoding: bytes[range.indices.clamped(to: 0..<bytes.count)], as: UTF8.self)
  }

  /// The bytes of `range`.
  public func slice(_ range: SourceRange) -> ArraySlice<UInt8> {
    bytes[range.indices.clamped(to: 0..<bytes.count)]
  }

  /// 1-based line and column (in Unicode scalars) of a byte offset.
  public func position(of offset: Int) -> (line: Int, column: Int) {
    let offset = min(max(0, offset), bytes.count)
    let line = lineIndex(of: offset)
    let start = lineStart(line)
    return (line + 1, 1 + scalarCount(start..<offset))
  }

  /// Where `range` lies, for a diagnostic.
  public func location(of range: SourceRange) -> SourceLocation {
    let from = position(of: Int(range.lower))
    let to = position(of: Int(range.upper))
    return SourceLocation(file: name, line: from.line, column: from.column, endLine: to.line, endColumn: to.column, source: self)
  }

  /// The text of a 1-based line without its line break, nil when there is no such line.
  public func line(_ number: Int) -> String? {
    lineRange(number).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// The bytes of a 1-based line without its line break.
  private func lineRange(_ number: Int) -> Range<Int>? {
    let starts = allLineStarts()
    guard number > 0, number <= starts.count else { return nil }
    let index = number - 1
    var end = index + 1 < starts.count ? Int(starts[index + 1]) : bytes.count
    let start = Int(starts[index])
    while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  private func lineStart(_ index: Int) -> Int { Int(allLineStarts()[index]) }

  private func lineIndex(of offset: Int) -> Int {
    let starts = allLineStarts()
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= offset { low = middle } else { high = middle }
    }
    return low
  }

  private func allLineStarts() -> [Int32] {
    lineStarts.withLock { cached in
      if let cached { return cached }
      var starts: [Int32] = [0]
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(Int32(clamping: index + 1)) }
      cached = starts
      return starts
    }
  }

  /// The scalars that start in `range`.
  private func scalarCount(_ range: Range<Int>) -> Int {
    // A page may be one line of many megabytes: only the two ends of a long range are counted byte by byte.
    if range.count <= 2 * SourceFile.blockSize { return countStarts(range) }
    let counts = allScalarCounts()
    return countUpTo(range.upperBound, counts) - countUpTo(range.lowerBound, counts)
  }

  private static let blockSize = 4096

  private func countStarts(_ range: Range<Int>) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var count = 0
      for index in range where bytes[index] & 0xC0 != 0x80 { count += 1 }
      return count
    }
  }

  private func countUpTo(_ offset: Int, _ counts: [Int32]) -> Int {
    let block = offset / SourceFile.blockSize
    return Int(counts[block]) + countStarts(block * SourceFile.blockSize..<offset)
  }

  /// For each block of the text, the scalars that start before it.
  private func allScalarCounts() -> [Int32] {
    scalarCounts.withLock { cached in
      if let cached { return cached }
      var counts: [Int32] = []
      var total = 0
      for start in stride(from: 0, through: bytes.count, by: SourceFile.blockSize) {
        counts.append(Int32(clamping: total))
        total += countStarts(start..<min(start + SourceFile.blockSize, bytes.count))
      }
      cached = counts
      return counts
    }
  }
}

extension SourceFile {
  /// A part of a line.
  struct Window {
    var scalars: [Unicode.Scalar]
    /// The 1-based column of the first scalar.
    var firstColumn: Int
    var isCutBefore: Bool
    var isCutAfter: Bool
  }

  /// At most `room` scalars of a 1-based line, the one at `column` among them with a third of the room before it; nil when
  /// there is no such line.
  func window(line number: Int, column: Int, room: Int) -> Window? {
    guard let range = lineRange(number) else { return nil }
    let target = offset(ofScalar: max(0, column - 1), in: range)
    var start = range.lowerBound
    var firstColumn = 1
    // A line that fits is shown from its start; 4 bytes are the longest scalar.
    if scalarCount(range.lowerBound..<target) >= room / 2, range.count > room {
      start = target
      var steps = room / 3
      while start > range.lowerBound, steps > 0 {
        start -= 1
        if bytes[start] & 0xC0 != 0x80 { steps -= 1 }
      }
      firstColumn = 1 + scalarCount(range.lowerBound..<start)
    }
    let end = min(range.upperBound, start + 4 * room + 4)
    let scalars = Array(String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars.prefix(room))
    let shownBytes = scalars.reduce(0) { $0 + UTF8.width($1) }
    return Window(
      scalars: scalars, firstColumn: firstColumn, isCutBefore: start > range.lowerBound,
      isCutAfter: start + shownBytes < range.upperBound)
  }

  /// The offset of the n-th scalar of `range`, its end when there are not that many.
  private func offset(ofScalar index: Int, in range: Range<Int>) -> Int {
    var low = range.lowerBound
    var high = range.upperBound
    while high - low > 4 * SourceFile.blockSize {
      let middle = (low + high) / 2
      if scalarCount(range.lowerBound..<middle) <= index { low = middle } else { high = middle }
    }
    var left = index - scalarCount(range.lowerBound..<low)
    while low < range.upperBound {
      if bytes[low] & 0xC0 != 0x80 {
        if left == 0 { return low }
        left -= 1
      }
      low += 1
    }
    return low
  }
}

/// Where a diagnostic points: 1-based lines and columns, columns counted in Unicode scalars, the end exclusive.
public struct SourceLocation: Sendable {
  public var file: String
  public var line: Int
  public var column: Int
  public var endLine: Int
  public var endColumn: Int
  /// The text itself, for the line that the terminal shows.
  public var source: SourceFile?

  public init(file: String, line: Int, column: Int, endLine: Int, endColumn: Int, source: SourceFile? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.endLine = endLine
    self.endColumn = endColumn
    self.source = source
  }
}
