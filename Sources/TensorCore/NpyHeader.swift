/// The header of a `.npy` file: a Python dictionary of `descr`, `fortran_order` and `shape`.
struct NpyHeader {
  /// The kind of element and its size in bytes, as in `<f4`.
  var kind: UInt8 = 0
  var itemSize = 0
  var isBigEndian = false
  var isFortran = false
  var shape = Shape.scalar
  /// Where the elements start.
  var dataOffset = 0

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the header at the start of a file.
  init(_ file: UnsafeBufferPointer<UInt8>) throws(FormatError) {
    guard file.count >= 10, file.prefix(6).elementsEqual(NpyHeader.magic) else {
      throw FormatError("this is no .npy file", offset: 0)
    }
    let major = file[6]
    guard (1...3).contains(major), file[7] == 0 else {
      throw FormatError(".npy version \(major).\(file[7]) is not known, 1.0 to 3.0 are", offset: 6)
    }
    let start = major == 1 ? 10 : 12
    guard file.count >= start else { throw FormatError("the header is cut off", offset: file.count) }
    var length = Int(file[8]) | Int(file[9]) << 8
    if major > 1 { length |= Int(file[10]) << 16 | Int(file[11]) << 24 }
    guard length <= file.count - start else { throw FormatError("the header is cut off", offset: file.count) }
    // The longest honest header is that of the highest rank.
    guard length <= 1 << 16 else { throw FormatError("a header of \(length) bytes is too long", offset: 8) }
    dataOffset = start + length
    var parser = NpyHeaderParser(text: UnsafeBufferPointer(rebasing: file[..<dataOffset]), index: start)
    let fields = try parser.parse()
    guard let descr = fields.descr else { throw FormatError("the header has no 'descr'", offset: start) }
    guard let fortran = fields.isFortran else { throw FormatError("the header has no 'fortran_order'", offset: start) }
    guard let dims = fields.shape else { throw FormatError("the header has no 'shape'", offset: start) }
    isFortran = fortran
    shape = Shape(dims)
    try readDescr(descr.bytes, at: descr.offset)
  }

  private mutating func readDescr(_ descr: [UInt8], at offset: Int) throws(FormatError) {
    let name = String(decoding: descr.prefix(40), as: UTF8.self)
    var rest = descr[...]
    switch rest.first {
    case UInt8(ascii: "<"), UInt8(ascii: "|"), UInt8(ascii: "="): rest = rest.dropFirst()
    case UInt8(ascii: ">"):
      isBigEndian = true
      rest = rest.dropFirst()
    default: break
    }
    guard let first = rest.first, rest.count > 1, rest.count < 12, rest.dropFirst().allSatisfy({ $0 &- 48 < 10 }) else {
      throw FormatError("the dtype '\(name)' is not known", offset: offset)
    }
    kind = first
    itemSize = rest.dropFirst().reduce(0) { $0 * 10 + Int($1 &- 48) }
    let known = dtype != nil
    guard known else {
      throw FormatError("the dtype '\(name)' is not supported; f2 f4 f8 c8 c16 i1 i2 i4 i8 u1 u2 u4 u8 b1 S, U and V2 (bfloat16) are", offset: offset)
    }
  }

  /// The dtype of the tensor, nil when there is none for this kind and size.
  var dtype: DType? {
    switch (kind, itemSize) {
    case (UInt8(ascii: "f"), 2): .half
    case (UInt8(ascii: "V"), 2): .bfloat16
    case (UInt8(ascii: "f"), 4): .float
    case (UInt8(ascii: "f"), 8): .double
    case (UInt8(ascii: "i"), 1): .int8
    case (UInt8(ascii: "i"), 2): .int16
    case (UInt8(ascii: "i"), 4): .int32
    case (UInt8(ascii: "i"), 8): .int64
    case (UInt8(ascii: "u"), 1): .uint8
    case (UInt8(ascii: "u"), 2): .uint16
    case (UInt8(ascii: "u"), 4): .uint32
    case (UInt8(ascii: "u"), 8): .uint64
    case (UInt8(ascii: "c"), 8): .complex64
    case (UInt8(ascii: "c"), 16): .complex128
    case (UInt8(ascii: "b"), 1): .bool
    case (UInt8(ascii: "S"), _), (UInt8(ascii: "U"), _): .string
    default: nil
    }
  }

  /// Bytes of one element in the file: a `U` string takes four per scalar.
  var elementSize: Int { kind == UInt8(ascii: "U") ? itemSize * 4 : itemSize }
}

/// Reads the literal of a header; just the subset of Python that numpy writes.
struct NpyHeaderParser {
  let text: UnsafeBufferPointer<UInt8>
  var index: Int

  struct Fields {
    var descr: (bytes: [UInt8], offset: Int)?
    var isFortran: Bool?
    var shape: [Int]?
  }

  mutating func parse() throws(FormatError) -> Fields {
    var fields = Fields()
    try expect(UInt8(ascii: "{"))
    while true {
      skipBlanks()
      if take(UInt8(ascii: "}")) { break }
      let key = try string()
      try expect(UInt8(ascii: ":"))
      skipBlanks()
      let offset = index
      if key.elementsEqual("descr".utf8) {
        guard index < text.count, text[index] == UInt8(ascii: "'") || text[index] == UInt8(ascii: "\"") else {
          throw FormatError("structured dtypes are not supported", offset: offset)
        }
        fields.descr = (try string(), offset)
      } else if key.elementsEqual("fortran_order".utf8) {
        fields.isFortran = try bool()
      } else if key.elementsEqual("shape".utf8) {
        fields.shape = try tuple()
      } else {
        throw FormatError("the header has a key that is not known", offset: offset)
      }
      skipBlanks()
      if !take(UInt8(ascii: ",")) {
        try expect(UInt8(ascii: "}"))
        break
      }
    }
    return fields
  }

  private mutating func skipBlanks() {
    while index < text.count, isBlank(text[index]) { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard index < text.count, text[index] == byte else { return false }
    index += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws(FormatError) {
    skipBlanks()
    if !take(byte) { throw FormatError("the header lacks a `\(Unicode.Scalar(byte))`", offset: index) }
  }

  private mutating func string() throws(FormatError) -> [UInt8] {
    skipBlanks()
    guard index < text.count, text[index] == UInt8(ascii: "'") || text[index] == UInt8(ascii: "\"") else {
      throw FormatError("the header lacks a quoted text", offset: index)
    }
    let quote = text[index]
    let start = index + 1
    guard let end = text[start...].firstIndex(of: quote) else {
      throw FormatError("a quote in the header is never closed", offset: index)
    }
    index = end + 1
    return Array(text[start..<end])
  }

  private mutating func bool() throws(FormatError) -> Bool {
    for (word, value) in [("True", true), ("False", false)] where text[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    throw FormatError("the header lacks True or False", offset: index)
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    try expect(UInt8(ascii: "("))
    var dims: [Int] = []
    while true {
      skipBlanks()
      if take(UInt8(ascii: ")")) { return dims }
      let start = index
      var value = 0
      while index < text.count, text[index] &- 48 < 10 {
        let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
        let (next, carry) = tens.addingReportingOverflow(Int(text[index] &- 48))
        if overflow || carry { throw FormatError("a dimension is too large", offset: start) }
        value = next
        index += 1
      }
      guard index > start else { throw FormatError("the header has a shape that is no tuple of sizes", offset: start) }
      guard dims.count < Shape.maxRank else { throw FormatError("more than \(Shape.maxRank) dimensions", offset: start) }
      dims.append(value)
      // Python 2 wrote long integers with an L.
      _ = take(UInt8(ascii: "L"))
      skipBlanks()
      if !take(UInt8(ascii: ",")) {
        try expect(UInt8(ascii: ")"))
        return dims
      }
    }
  }
}
