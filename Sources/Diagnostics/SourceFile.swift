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
  private let index = Mutex<Index?>(nil)

  /// Where lines start, and the scalars before every 4096th byte: a page of one long line may have many diagnostics.
  private struct Index {
    var lineStarts: [Int32]
    var scalarsBefore: [Int32]
  }

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
    let index = number - 1
    let starts = allLineStarts()
    guard starts.indices.contains(index) else { return nil }
    var end = index + 1 < starts.count ? Int(starts[index + 1]) : bytes.count
    let start = Int(starts[index])
    while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self)
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

  private func allLineStarts() -> [Int32] { madeIndex().lineStarts }

  private func madeIndex() -> Index {
    index.withLock { cached in
      if let cached { return cached }
      var made = Index(lineStarts: [0], scalarsBefore: [])
      var scalars: Int32 = 0
      for (offset, byte) in bytes.enumerated() {
        if offset & 4095 == 0 { made.scalarsBefore.append(scalars) }
        if byte & 0xC0 != 0x80 { scalars &+= 1 }
        if byte == UInt8(ascii: "\n") { made.lineStarts.append(Int32(clamping: offset + 1)) }
      }
      cached = made
      return made
    }
  }

  private func scalarCount(_ range: Range<Int>) -> Int {
    if range.count < 4096 { return countScalars(range) }
    return scalars(before: range.upperBound) - scalars(before: range.lowerBound)
  }

  private func scalars(before offset: Int) -> Int {
    let checkpoints = madeIndex().scalarsBefore
    let checkpoint = min(offset >> 12, checkpoints.count - 1)
    guard checkpoint >= 0 else { return 0 }
    return Int(checkpoints[checkpoint]) + countScalars(checkpoint << 12..<offset)
  }

  private func countScalars(_ range: Range<Int>) -> Int {
    bytes[range].reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
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
