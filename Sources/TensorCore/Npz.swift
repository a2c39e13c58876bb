/// Writes numpy's `.npz` files (a zip file of `.npy` files, not compressed) piece by piece.
///
/// The same tensors give the same bytes: every entry has the date 1980-01-01.
public struct NpzWriter<Failure: Error>: ~Copyable {
  private let sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
  private var entries: [Entry] = []
  private var offset: UInt64 = 0
  /// Sizes and offsets from here on are written in 64 bits.
  private let wideLimit: UInt64

  private struct Entry {
    var name: [UInt8]
    var crc: UInt32
    var size: UInt64
    var offset: UInt64
  }

  /// What may go wrong while writing.
  public enum WriteError: Error {
    /// The tensor or its name cannot be stored.
    case format(FormatError)
    /// The sink's own error.
    case sink(Failure)
  }

  /// A writer that hands the file's bytes to `sink` in order.
  public init(sink: @escaping (UnsafeRawBufferPointer) throws(Failure) -> Void) {
    self.init(wideLimit: UInt64(UInt32.max), sink: sink)
  }

  /// For tests of the 64-bit fields without a file of that size.
  init(wideLimit: UInt64, sink: @escaping (UnsafeRawBufferPointer) throws(Failure) -> Void) {
    self.wideLimit = min(wideLimit, UInt64(UInt32.max))
    self.sink = sink
  }

  /// Adds a tensor as `name`.npy.
  public mutating func add(_ name: String, _ tensor: Tensor, strings: Npy.StringKind = .bytes) throws(WriteError) {
    let file = Array("\(name).npy".utf8)
    guard file.count <= Int(UInt16.max) else {
      throw .format(FormatError("a name of \(file.count) bytes is too long for a zip file", offset: Int(clamping: offset)))
    }
    let header: [UInt8]
    let payload: [UInt8]?
    do throws(FormatError) {
      (header, payload) = try Npy.parts(of: tensor, strings: strings)
    } catch {
      throw .format(error)
    }

    var crc = CRC32()
    header.withUnsafeBytes { crc.add($0) }
    if let payload { payload.withUnsafeBytes { crc.add($0) } } else { withExtendedLifetime(tensor) { crc.add(tensor.bytes) } }
    let size = UInt64(header.count + (payload?.count ?? tensor.bytes.count))
    let entry = Entry(name: file, crc: crc.value, size: size, offset: offset)
    try write(localHeader(entry))
    try write(header)
    if let payload {
      try write(payload)
    } else {
      try write(tensor.bytes)
    }
    withExtendedLifetime(tensor) {}
    entries.append(entry)
  }

  /// Writes the directory. The file is complete after that.
  public consuming func finish() throws(WriteError) {
    let start = offset
    for entry in entries { try write(directoryEntry(entry)) }
    let size = offset - start
    let count = UInt64(entries.count)
    var end = LittleEndianBytes()
    if start >= wideLimit || size >= wideLimit || count >= UInt64(UInt16.max) {
      end.put32(0x0606_4B50)
      end.put64(44)
      end.put16(45)
      end.put16(45)
      end.put32(0)
      end.put32(0)
      end.put64(count)
      end.put64(count)
      end.put64(size)
      end.put64(start)
      end.put32(0x0706_4B50)
      end.put32(0)
      end.put64(offset)
      end.put32(1)
    }
    end.put32(0x0605_4B50)
    end.put32(0)
    end.put16(UInt16(clamping: count))
    end.put16(UInt16(clamping: count))
    end.put32(size >= wideLimit ? .max : UInt32(size))
    end.put32(start >= wideLimit ? .max : UInt32(start))
    end.put16(0)
    try write(end.bytes)
  }

  private func localHeader(_ entry: Entry) -> [UInt8] {
    let isWide = entry.size >= wideLimit
    var bytes = LittleEndianBytes()
    bytes.put32(0x0403_4B50)
    putCommon(entry, isWide: isWide, into: &bytes)
    bytes.put32(isWide ? .max : UInt32(entry.size))
    bytes.put32(isWide ? .max : UInt32(entry.size))
    bytes.put16(UInt16(entry.name.count))
    bytes.put16(isWide ? 20 : 0)
    bytes.bytes += entry.name
    if isWide {
      bytes.put16(1)
      bytes.put16(16)
      bytes.put64(entry.size)
      bytes.put64(entry.size)
    }
    return bytes.bytes
  }

  private func directoryEntry(_ entry: Entry) -> [UInt8] {
    let isWide = entry.size >= wideLimit
    let isFar = entry.offset >= wideLimit
    var extra = LittleEndianBytes()
    if isWide {
      extra.put64(entry.size)
      extra.put64(entry.size)
    }
    if isFar { extra.put64(entry.offset) }
    var bytes = LittleEndianBytes()
    bytes.put32(0x0201_4B50)
    bytes.put16(isWide || isFar ? 45 : 20)
    putCommon(entry, isWide: isWide || isFar, into: &bytes)
    bytes.put32(isWide ? .max : UInt32(entry.size))
    bytes.put32(isWide ? .max : UInt32(entry.size))
    bytes.put16(UInt16(entry.name.count))
    bytes.put16(extra.bytes.isEmpty ? 0 : UInt16(extra.bytes.count + 4))
    bytes.put16(0)
    bytes.put16(0)
    bytes.put16(0)
    bytes.put32(0)
    bytes.put32(isFar ? .max : UInt32(entry.offset))
    bytes.bytes += entry.name
    if !extra.bytes.isEmpty {
      bytes.put16(1)
      bytes.put16(UInt16(extra.bytes.count))
      bytes.bytes += extra.bytes
    }
    return bytes.bytes
  }

  /// The fields that both headers share: version, flags (UTF-8 names), method (stored), time, date, checksum.
  private func putCommon(_ entry: Entry, isWide: Bool, into bytes: inout LittleEndianBytes) {
    bytes.put16(isWide ? 45 : 20)
    bytes.put16(1 << 11)
    bytes.put16(0)
    bytes.put16(0)
    bytes.put16(1 << 5 | 1)
    bytes.put32(entry.crc)
  }

  private mutating func write(_ bytes: [UInt8]) throws(WriteError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(WriteError) in try write(UnsafeRawBufferPointer(buffer)) }
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(WriteError) {
    do throws(Failure) { try sink(bytes) } catch { throw .sink(error) }
    offset += UInt64(bytes.count)
  }
}

/// numpy's `.npz` files.
public enum Npz {
  /// The tensors as one file in memory.
  public static func write(_ tensors: [(name: String, tensor: Tensor)], strings: Npy.StringKind = .bytes) throws(FormatError) -> [UInt8] {
    let file = ByteSink()
    var writer = NpzWriter<Never> { file.bytes.append(contentsOf: $0) }
    do throws(NpzWriter<Never>.WriteError) {
      for (name, tensor) in tensors { try writer.add(name, tensor, strings: strings) }
      try writer.finish()
    } catch {
      switch error {
      case .format(let error): throw error
      }
    }
    return file.bytes
  }
}

/// Bytes that several closures append to.
final class ByteSink {
  var bytes: [UInt8] = []
}

/// Little-endian fields one after the other.
private struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func put16(_ value: UInt16) { put(value) }
  mutating func put32(_ value: UInt32) { put(value) }
  mutating func put64(_ value: UInt64) { put(value) }

  private mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
