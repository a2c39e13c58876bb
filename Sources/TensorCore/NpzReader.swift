extension Npz {
  /// Reads the tensors of an `.npz` file whose entries are not compressed, in the order of its directory.
  public static func read(_ file: [UInt8], pool: StringPool) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    var tensors: [(name: String, tensor: Tensor)] = []
    for entry in try ZipDirectory(file).entries {
      let tensor: Tensor
      do {
        tensor = try Npy.read(file[entry.data], pool: pool)
      } catch {
        throw FormatError("\(entry.name): \(error.message)", offset: entry.data.lowerBound + error.offset)
      }
      let isNpy = entry.name.utf8.reversed().starts(with: ".npy".utf8.reversed())
      tensors.append((isNpy ? String(entry.name.dropLast(4)) : entry.name, tensor))
    }
    return tensors
  }
}

/// The directory of a zip file, with every offset and checksum looked at.
private struct ZipDirectory {
  var entries: [Entry] = []

  struct Entry {
    var name: String
    var data: Range<Int>
  }

  init(_ file: [UInt8]) throws(FormatError) {
    let fields = Fields(file: file)
    let end = try ZipDirectory.endRecord(fields)
    var count = fields.number(end + 10, 2) ?? 0
    var position = fields.number(end + 16, 4) ?? 0
    // The 64-bit record is found through a locator in front of the end record.
    if end >= 20, fields.number(end - 20, 4) == 0x0706_4B50, let wide = fields.number(end - 12, 8),
      fields.number(wide, 4) == 0x0606_4B50
    {
      count = fields.number(wide, 32, 8) ?? 0
      position = fields.number(wide, 48, 8) ?? 0
    }
    for _ in 0..<count {
      let (entry, next) = try ZipDirectory.entry(fields, at: position)
      entries.append(entry)
      position = next
    }
  }

  private static func endRecord(_ fields: Fields) throws(FormatError) -> Int {
    let count = fields.file.count
    // A comment of up to 65,535 bytes may follow it.
    for offset in stride(from: count - 22, through: max(0, count - 22 - 65_535), by: -1) where fields.number(offset, 4) == 0x0605_4B50 {
      return offset
    }
    throw FormatError("this is no .npz file: it has no zip directory", offset: 0)
  }

  private static func entry(_ fields: Fields, at position: Int) throws(FormatError) -> (Entry, next: Int) {
    guard fields.number(position, 4) == 0x0201_4B50, let method = fields.number(position, 10, 2), let crc = fields.number(position, 16, 4),
      var packed = fields.number(position, 20, 4), var size = fields.number(position, 24, 4), let nameLength = fields.number(position, 28, 2),
      let extraLength = fields.number(position, 30, 2), let commentLength = fields.number(position, 32, 2),
      var local = fields.number(position, 42, 4)
    else { throw FormatError("the zip directory is damaged", offset: max(0, position)) }
    let nameStart = position + 46
    let next = nameStart + nameLength + extraLength + commentLength
    guard next <= fields.file.count else { throw FormatError("the zip directory is cut off", offset: position) }
    let name = String(decoding: fields.file[nameStart..<nameStart + nameLength], as: UTF8.self)
    guard method == 0 else { throw FormatError("\(name) is compressed; only stored entries are read", offset: position) }

    var wide = fields.wideFields(nameStart + nameLength..<nameStart + nameLength + extraLength)
    if size == Int(UInt32.max) { size = wide.next() ?? -1 }
    if packed == Int(UInt32.max) { packed = wide.next() ?? -1 }
    if local == Int(UInt32.max) { local = wide.next() ?? -1 }
    guard fields.number(local, 4) == 0x0403_4B50, let localName = fields.number(local, 26, 2), let localExtra = fields.number(local, 28, 2),
      size >= 0, packed == size
    else { throw FormatError("\(name) has a damaged header", offset: position) }
    let start = local + 30 + localName + localExtra
    guard start <= fields.file.count, size <= fields.file.count - start else {
      throw FormatError("\(name) is cut off", offset: min(start, fields.file.count))
    }
    var sum = CRC32()
    fields.file[start..<start + size].withUnsafeBytes { sum.add($0) }
    guard Int(sum.value) == crc else { throw FormatError("\(name) is damaged: its checksum differs", offset: start) }
    return (Entry(name: name, data: start..<start + size), next)
  }

  /// Numbers at places that need not be there.
  private struct Fields {
    let file: [UInt8]

    /// The little-endian number of `size` bytes at `base + offset`, nil when it is not there or does not fit Int.
    func number(_ base: Int, _ offset: Int, _ size: Int) -> Int? {
      guard base >= 0, base <= file.count, offset + size <= file.count - base else { return nil }
      let start = base + offset
      let value = file[start..<start + size].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int(exactly: value)
    }

    func number(_ offset: Int, _ size: Int) -> Int? { number(offset, 0, size) }

    /// The 64-bit fields of an entry's extra data.
    func wideFields(_ range: Range<Int>) -> IndexingIterator<[Int]> {
      var offset = range.lowerBound
      while offset + 4 <= range.upperBound, let id = number(offset, 2), let length = number(offset, 2, 2) {
        let end = min(offset + 4 + length, range.upperBound)
        if id == 1 {
          let starts = stride(from: offset + 4, to: end - 7, by: 8)
          return starts.map { number($0, 8) ?? -1 }.makeIterator()
        }
        offset += 4 + length
      }
      return [].makeIterator()
    }
  }
}
