/// A file of named tensors: what a checkpoint is, and what Save blocks write. docs/checkpoints.md describes its bytes.
///
/// Every byte of a file is covered by its size or by a checksum, and every size is checked against the file before memory is
/// asked for, so a damaged or hostile file is refused and nothing else.
public struct TensorFile: Sendable {
  /// What a section holds.
  public enum Kind: UInt32, Sendable {
    /// A tensor by itself, as a Save block writes it.
    case tensor = 0
    /// A number that belongs to the run as a whole: the cycle.
    case run = 1
    case variable = 2
    /// What a block keeps besides variables, as a random stream does: 64-bit words.
    case words = 3
    /// A part of a tensor; the name is followed by a line break and the shape of the whole and the part in it.
    case slice = 4
  }

  /// A tensor with its name.
  public struct Section: Sendable {
    public var kind: Kind
    public var name: String
    public var tensor: Tensor

    public init(_ kind: Kind, _ name: String, _ tensor: Tensor) {
      self.kind = kind
      self.name = name
      self.tensor = tensor
    }
  }

  public var sections: [Section]

  public init(sections: [Section] = []) { self.sections = sections }

  /// The first section of that kind and name.
  public func tensor(_ kind: Kind, _ name: String) -> Tensor? { sections.first { $0.kind == kind && $0.name == name }?.tensor }

  /// What a file begins with. A transfer that takes the file for text changes one of these bytes.
  public static let magic: [UInt8] = [0x89, 0x45, 0x46, 0x54, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version: UInt32 = 1
  static let headerSize = 28
  /// The bytes of a section without dimensions, name and elements.
  static let sectionSize = 24
}

// MARK: Writing

extension TensorFile {
  /// Hands the bytes of the file to `sink`, in order.
  public func write<Failure: Error>(to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    let strings = sections.map { $0.tensor.dtype == .string ? TensorFile.stringBytes($0.tensor) : nil }
    var size = TensorFile.headerSize
    for (section, strings) in zip(sections, strings) {
      size += TensorFile.sectionSize + section.tensor.shape.rank * 8 + section.name.utf8.count + (strings?.count ?? section.tensor.bytes.count)
    }
    var header = TensorFile.magic
    header.append(TensorFile.version)
    header.append(UInt32(sections.count))
    header.append(UInt64(size))
    header.append(CRC32.of(header))
    try TensorFile.pass(header, to: sink)
    for (section, strings) in zip(sections, strings) {
      let tensor = section.tensor
      var bytes: [UInt8] = []
      bytes.append(section.kind.rawValue)
      bytes.append(UInt32(section.name.utf8.count))
      bytes += [tensor.dtype.rawValue, UInt8(tensor.shape.rank), 0, 0]
      bytes.append(UInt64(strings?.count ?? tensor.bytes.count))
      for dim in tensor.shape.dims { bytes.append(UInt64(dim)) }
      bytes += section.name.utf8
      var sum = CRC32()
      bytes.withUnsafeBytes { sum.add($0) }
      try TensorFile.pass(bytes, to: sink)
      if let strings {
        strings.withUnsafeBytes { sum.add($0) }
        try TensorFile.pass(strings, to: sink)
      } else {
        sum.add(tensor.bytes)
        try sink(tensor.bytes)
      }
      withExtendedLifetime(tensor) {}
      var end: [UInt8] = []
      end.append(sum.value)
      try TensorFile.pass(end, to: sink)
    }
  }

  /// The whole file.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write { (piece) throws(Never) in bytes.append(contentsOf: piece) }
    return bytes
  }

  private static func pass<Failure: Error>(
    _ bytes: [UInt8], to sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in try sink(UnsafeRawBufferPointer(buffer)) }
  }

  /// Each string behind its length.
  private static func stringBytes(_ tensor: Tensor) -> [UInt8] {
    var bytes: [UInt8] = []
    for string in tensor.stringElements ?? [] {
      bytes.append(UInt64(string.count))
      bytes += string
    }
    return bytes
  }
}

// MARK: Reading

extension TensorFile {
  /// Reads a file. Strings go to `pool`.
  public static func read(_ file: [UInt8], pool: StringPool) throws(FormatError) -> TensorFile {
    var reader = TensorFileReader(file: file, pool: pool)
    return TensorFile(sections: try reader.sections())
  }

  /// Whether bytes are the beginning of such a file, as far as they go.
  public static func isBeginning(_ bytes: some Collection<UInt8>) -> Bool { bytes.elementsEqual(magic.prefix(bytes.count)) }
}

private struct TensorFileReader {
  let file: [UInt8]
  let pool: StringPool
  private var position = 0

  init(file: [UInt8], pool: StringPool) {
    self.file = file
    self.pool = pool
  }

  mutating func sections() throws(FormatError) -> [TensorFile.Section] {
    guard file.count >= TensorFile.magic.count, file.starts(with: TensorFile.magic) else {
      throw FormatError("it is no checkpoint and no file of tensors", offset: 0)
    }
    guard file.count >= TensorFile.headerSize else { throw FormatError("it is cut off", offset: file.count) }
    position = TensorFile.magic.count
    let version = next(UInt32.self)
    let count = next(UInt32.self)
    let size = next(UInt64.self)
    guard next(UInt32.self) == CRC32.of(file[..<(TensorFile.headerSize - 4)]) else {
      throw FormatError("it is damaged: the checksum of its header differs", offset: 0)
    }
    guard version == TensorFile.version else {
      throw FormatError("it has version \(version); this program reads version \(TensorFile.version)", offset: TensorFile.magic.count)
    }
    guard size == file.count else {
      throw FormatError(
        size > file.count ? "it is cut off: \(size) bytes were written, \(file.count) are there" : "there are bytes behind its end",
        offset: file.count)
    }
    guard count <= file.count / TensorFile.sectionSize else { throw FormatError("it cannot hold \(count) sections", offset: 12) }
    var sections: [TensorFile.Section] = []
    for _ in 0..<count { sections.append(try section()) }
    guard position == file.count else { throw FormatError("there are bytes behind its last section", offset: position) }
    return sections
  }

  private mutating func section() throws(FormatError) -> TensorFile.Section {
    let start = position
    func fail(_ message: String) -> FormatError { FormatError(message, offset: start) }
    guard file.count - start >= TensorFile.sectionSize else { throw fail("a section is cut off") }
    let kind = next(UInt32.self)
    let nameSize = Int(next(UInt32.self))
    let dtype = next(UInt8.self)
    let rank = Int(next(UInt8.self))
    let reserved = next(UInt16.self)
    let payload = next(UInt64.self)
    // What is left for dimensions, name and elements.
    let rest = file.count - start - TensorFile.sectionSize
    guard rank * 8 + nameSize <= rest, payload <= UInt64(rest - rank * 8 - nameSize) else { throw fail("a section is larger than the file") }
    let end = start + TensorFile.sectionSize - 4 + rank * 8 + nameSize + Int(payload)
    var sum = CRC32()
    file[start..<end].withUnsafeBytes { sum.add($0) }
    guard load(UInt32.self, at: end) == sum.value else { throw fail("it is damaged: the checksum of a section differs") }
    guard let kind = TensorFile.Kind(rawValue: kind), let dtype = DType(rawValue: dtype), reserved == 0, rank <= Shape.maxRank else {
      throw fail("a section has a kind, dtype or rank that is not known")
    }
    var dims: [Int] = []
    for _ in 0..<rank {
      guard let dim = Int(exactly: next(UInt64.self)) else { throw fail("a section has a dimension that cannot be counted") }
      dims.append(dim)
    }
    let name = String(decoding: file[position..<position + nameSize], as: UTF8.self)
    position += nameSize
    let tensor = try tensor(dtype, Shape(dims), Int(payload), name)
    position = end + 4
    return TensorFile.Section(kind, name, tensor)
  }

  /// The tensor whose elements take the next `size` bytes.
  private func tensor(_ dtype: DType, _ shape: Shape, _ size: Int, _ name: String) throws(FormatError) -> Tensor {
    func fail(_ message: String) -> FormatError { FormatError("`\(name)` \(message)", offset: position) }
    guard let count = shape.count else { throw fail("has more elements than can be counted") }
    if dtype == .string {
      guard count <= size / 8 else { throw fail("has fewer elements than its shape \(shape) takes") }
      guard let tensor = Tensor(strings: try strings(count, size, name), shape: shape, pool: pool) else { throw fail("does not fit the memory") }
      return tensor
    }
    let (wanted, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    guard !overflow, wanted == size else { throw fail("has \(size) bytes, but \(dtype) \(shape) takes another number") }
    guard let tensor = Tensor(zeros: dtype, shape: shape) else { throw fail("does not fit the memory") }
    file[position..<position + size].withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { tensor.storage.base.copyMemory(from: base, byteCount: size) }
    }
    if dtype == .bool, file[position..<position + size].contains(where: { $0 > 1 }) { throw fail("has a bool that is neither true nor false") }
    return tensor
  }

  private func strings(_ count: Int, _ size: Int, _ name: String) throws(FormatError) -> [[UInt8]] {
    var strings: [[UInt8]] = []
    var place = position
    let end = position + size
    for _ in 0..<count {
      guard end - place >= 8, case let length = load(UInt64.self, at: place), length <= UInt64(end - place - 8) else {
        throw FormatError("`\(name)` has a string that is cut off", offset: place)
      }
      strings.append(Array(file[(place + 8)..<(place + 8 + Int(length))]))
      place += 8 + Int(length)
    }
    guard place == end else { throw FormatError("`\(name)` has bytes behind its last string", offset: place) }
    return strings
  }

  /// The little-endian number at a place that is known to be in the file.
  private func load<Number: FixedWidthInteger>(_: Number.Type, at place: Int) -> Number {
    var value: Number = 0
    for index in (0..<MemoryLayout<Number>.size).reversed() { value = value << 8 | Number(truncatingIfNeeded: file[place + index]) }
    return value
  }

  private mutating func next<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    defer { position += MemoryLayout<Number>.size }
    return load(type, at: position)
  }
}

extension CRC32 {
  static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
    var sum = CRC32()
    Array(bytes).withUnsafeBytes { sum.add($0) }
    return sum.value
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
