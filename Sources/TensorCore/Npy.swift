/// numpy's `.npy` files: one tensor each.
public enum Npy {
  /// How strings are written; numpy pads every element to the longest one with NULs, so NULs at the end of a string are lost.
  public enum StringKind: Sendable {
    /// `S`: bytes as they are.
    case bytes
    /// `U`: Unicode scalars; refused for a string that is no UTF-8.
    case unicode
  }

  /// Reads a file of version 1, 2 or 3, little- or big-endian, in C or Fortran order. Strings go into `pool`.
  ///
  /// Bytes after the last element are ignored, as numpy does.
  public static func read(_ file: [UInt8], pool: StringPool) throws(FormatError) -> Tensor {
    try read(file[...], pool: pool)
  }

  /// Reads a file that is part of another one; offsets of errors count from its start.
  public static func read(_ file: ArraySlice<UInt8>, pool: StringPool) throws(FormatError) -> Tensor {
    try file.withUnsafeBufferPointer { (file) throws(FormatError) -> Tensor in try read(file, pool: pool) }
  }

  private static func read(_ file: UnsafeBufferPointer<UInt8>, pool: StringPool) throws(FormatError) -> Tensor {
    let header = try NpyHeader(file)
    let present = file.count - header.dataOffset
    guard let dtype = header.dtype, Memory.byteCount(of: header.shape, dtype: dtype) != nil, let count = header.shape.count else {
      throw FormatError(Memory.explanation(tooLarge: header.shape, dtype: header.dtype ?? .double), offset: NpyHeader.magic.count)
    }
    let (needed, overflow) = count.multipliedReportingOverflow(by: header.elementSize)
    guard !overflow, needed <= present else {
      throw FormatError(
        "the file ends too early: shape \(header.shape) needs \(overflow ? "more" : String(needed)) bytes, \(present) are there", offset: file.count)
    }
    // Strings of length 0 need no data, so a small file could ask for any number of them.
    guard header.elementSize > 0 || count <= 1 << 24 else {
      throw FormatError("\(count) strings of length 0", offset: NpyHeader.magic.count)
    }
    guard let tensor = Tensor(zeros: dtype, shape: header.shape, pool: pool) else {
      throw FormatError("there is not enough memory for \(Memory.sizeText(Double(needed)))", offset: header.dataOffset)
    }
    let data = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(file)[header.dataOffset..<header.dataOffset + needed])
    if dtype == .string {
      try readStrings(header, data, into: tensor, pool: pool)
    } else if let source = data.baseAddress, needed > 0 {
      readNumbers(header, source, into: tensor)
    }
    return tensor
  }

  private static func readNumbers(_ header: NpyHeader, _ source: UnsafeRawPointer, into tensor: Tensor) {
    let target = tensor.storage.base
    let size = header.elementSize
    if isReordered(header) {
      forEachFortranIndex(header.shape) { from, to in
        (target + to * size).copyMemory(from: source + from * size, byteCount: size)
      }
    } else {
      target.copyMemory(from: source, byteCount: tensor.count * size)
    }
    // A complex number is two.
    let parts = tensor.dtype.isComplex ? 2 : 1
    if header.isBigEndian, size > 1 { swapBytes(target, count: tensor.count * parts, size: size / parts) }
    if tensor.dtype == .bool {
      // A bool is exactly 0 or 1 for everybody after this.
      let bytes = target.assumingMemoryBound(to: UInt8.self)
      for index in 0..<tensor.count { bytes[index] = bytes[index] == 0 ? 0 : 1 }
    }
  }

  private static func isReordered(_ header: NpyHeader) -> Bool {
    header.isFortran && header.shape.dims.count(where: { $0 > 1 }) > 1
  }

  /// Calls `body` with the position of each element in Fortran order and its position in C order.
  private static func forEachFortranIndex(_ shape: Shape, _ body: (_ from: Int, _ to: Int) -> Void) {
    let dims = shape.dims
    var strides = [Int](repeating: 1, count: dims.count)
    for axis in stride(from: dims.count - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * dims[axis + 1] }
    var index = [Int](repeating: 0, count: dims.count)
    var to = 0
    for from in 0..<(shape.count ?? 0) {
      body(from, to)
      for axis in dims.indices {
        index[axis] += 1
        to += strides[axis]
        if index[axis] < dims[axis] { break }
        to -= strides[axis] * dims[axis]
        index[axis] = 0
      }
    }
  }

  private static func swapBytes(_ base: UnsafeMutableRawPointer, count: Int, size: Int) {
    func swap<Word: FixedWidthInteger>(_ type: Word.Type) {
      let words = base.assumingMemoryBound(to: Word.self)
      for index in 0..<count { words[index] = words[index].byteSwapped }
    }
    switch size {
    case 2: swap(UInt16.self)
    case 4: swap(UInt32.self)
    case 8: swap(UInt64.self)
    default: break
    }
  }

  private static func readStrings(
    _ header: NpyHeader, _ data: UnsafeRawBufferPointer, into tensor: Tensor, pool: StringPool
  ) throws(FormatError) {
    let handles = tensor.storage.base.assumingMemoryBound(to: Int64.self)
    let size = header.elementSize
    let isUnicode = header.kind == UInt8(ascii: "U")
    var handlesInFileOrder: [Int64] = []
    handlesInFileOrder.reserveCapacity(tensor.count)
    for index in 0..<tensor.count {
      let element = UnsafeRawBufferPointer(rebasing: data[index * size..<index * size + size])
      let string: [UInt8]
      if isUnicode {
        guard let text = utf8(ofUTF32: element, isBigEndian: header.isBigEndian) else {
          throw FormatError("a string that is not Unicode", offset: header.dataOffset + index * size)
        }
        string = text
      } else {
        let length = (element.lastIndex { $0 != 0 } ?? -1) + 1
        string = Array(element[..<length])
      }
      handlesInFileOrder.append(pool.handle(of: string))
    }
    if isReordered(header) {
      forEachFortranIndex(header.shape) { from, to in handles[to] = handlesInFileOrder[from] }
    } else {
      for (index, handle) in handlesInFileOrder.enumerated() { handles[index] = handle }
    }
  }

  /// Nil when a value is no Unicode scalar. NULs at the end are padding.
  private static func utf8(ofUTF32 bytes: UnsafeRawBufferPointer, isBigEndian: Bool) -> [UInt8]? {
    var result: [UInt8] = []
    var padding = 0
    for index in stride(from: 0, to: bytes.count, by: 4) {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
      let value = isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
      if value == 0 {
        padding += 1
        continue
      }
      guard let scalar = Unicode.Scalar(value) else { return nil }
      result.append(contentsOf: repeatElement(0, count: padding))
      padding = 0
      result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
    return result
  }
}

// MARK: - Writing

extension Npy {
  /// The tensor as a `.npy` file of version 1 (2 when the header needs it), little-endian, in C order.
  public static func write(_ tensor: Tensor, strings: StringKind = .bytes) throws(FormatError) -> [UInt8] {
    let (header, payload) = try parts(of: tensor, strings: strings)
    if let payload { return header + payload }
    var file = header
    withExtendedLifetime(tensor.storage) { file.append(contentsOf: tensor.bytes) }
    return file
  }

  /// The header, and the elements when they are not the tensor's own bytes (strings).
  static func parts(of tensor: Tensor, strings kind: StringKind) throws(FormatError) -> (header: [UInt8], payload: [UInt8]?) {
    guard tensor.dtype == .string else { return (header(descr: descr(of: tensor.dtype), shape: tensor.shape), nil) }
    let strings = tensor.stringElements ?? []
    switch kind {
    case .bytes:
      // numpy has no strings of length 0 in a file.
      let size = max(1, strings.map(\.count).max() ?? 0)
      return (header(descr: "|S\(size)", shape: tensor.shape), try padded(strings, size: size))
    case .unicode:
      var wide: [[UInt8]] = []
      for (index, string) in strings.enumerated() {
        guard let text = String(validating: string, as: UTF8.self) else {
          throw FormatError("string \(index) is not UTF-8, so it cannot be written as Unicode", offset: 0)
        }
        wide.append(text.unicodeScalars.flatMap { scalar in (0..<4).map { UInt8(truncatingIfNeeded: scalar.value >> (8 * $0)) } })
      }
      let size = max(4, wide.map(\.count).max() ?? 0)
      return (header(descr: "<U\(size / 4)", shape: tensor.shape), try padded(wide, size: size))
    }
  }

  private static func padded(_ strings: [[UInt8]], size: Int) throws(FormatError) -> [UInt8] {
    let (total, overflow) = size.multipliedReportingOverflow(by: strings.count)
    guard !overflow, total <= Memory.physicalByteCount else {
      throw FormatError("\(strings.count) strings padded to \(size) bytes each do not fit the memory", offset: 0)
    }
    var payload: [UInt8] = []
    payload.reserveCapacity(total)
    for string in strings {
      payload.append(contentsOf: string)
      payload.append(contentsOf: repeatElement(0, count: size - string.count))
    }
    return payload
  }

  /// numpy has no quantised dtypes, which become those of their integers, and writes bfloat16 as two bytes without a meaning.
  private static func descr(of dtype: DType) -> String {
    switch dtype.stored {
    case .half: "<f2"
    case .bfloat16: "<V2"
    case .complex64: "<c8"
    case .complex128: "<c16"
    case .uint32: "<u4"
    case .uint64: "<u8"
    case .float: "<f4"
    case .double: "<f8"
    case .int8: "|i1"
    case .int16: "<i2"
    case .int32: "<i4"
    case .int64: "<i8"
    case .uint8: "|u1"
    case .uint16: "<u2"
    case .bool: "|b1"
    case .string, .qint8, .quint8, .qint16, .quint16, .qint32: "|S1"
    }
  }

  private static func header(descr: String, shape: Shape) -> [UInt8] {
    let dims = shape.dims.map(String.init).joined(separator: ", ") + (shape.rank == 1 ? "," : "")
    let text = Array("{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(dims)), }".utf8)
    // Blanks and a line break bring the elements to a multiple of 64 bytes.
    let isLong = text.count + 64 > Int(UInt16.max)
    let prefix = isLong ? 12 : 10
    let total = (prefix + text.count + 1 + 63) / 64 * 64
    let length = total - prefix
    var bytes = NpyHeader.magic + [isLong ? 2 : 1, 0]
    for index in 0..<(isLong ? 4 : 2) { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * index))) }
    bytes += text
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: total - bytes.count - 1))
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
