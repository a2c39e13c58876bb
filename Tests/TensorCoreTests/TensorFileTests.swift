import Foundation
import Testing

@testable import TensorCore

/// Files of tensors: what was written is read, and nothing else.
@Suite struct TensorFileTests {
  private static func sample() throws -> TensorFile {
    let pool = StringPool()
    return TensorFile(sections: [
      .init(.run, "cycle", try #require(Tensor([Int64(12)])?.reshaped(.scalar))),
      .init(.variable, "layer/w", try #require(Tensor([Float(1.5), -0.0, .infinity, 4], shape: [2, 2]))),
      .init(.tensor, "flags", try #require(Tensor([true, false, true]))),
      .init(.tensor, "words", try #require(Tensor(strings: [Array("a".utf8), [], [0xFF, 0]], pool: pool))),
      .init(.tensor, "nothing", try #require(Tensor([Double](), shape: [0, 3]))),
    ])
  }

  /// A file of one section, with checksums that are right whatever else is wrong.
  private static func hostile(dtype: UInt8 = 1, dims: [UInt64] = [], name: [UInt8] = [65], payload: [UInt8], said: UInt64? = nil, kind: UInt32 = 0)
    -> [UInt8]
  {
    func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    var section = little(kind) + little(UInt32(name.count)) + [dtype, UInt8(dims.count), 0, 0] + little(said ?? UInt64(payload.count))
    section += dims.flatMap { little($0) } + name + payload
    section += little(CRC32.of(section))
    var file = TensorFile.magic + little(UInt32(1)) + little(UInt32(1)) + little(UInt64(28 + section.count))
    file += little(CRC32.of(file))
    return file + section
  }

  @Test func whatWasWrittenIsRead() throws {
    let file = try Self.sample()
    let read = try TensorFile.read(file.bytes, pool: StringPool())
    #expect(read.sections.map(\.name) == file.sections.map(\.name))
    #expect(read.sections.map(\.kind) == file.sections.map(\.kind))
    for (a, b) in zip(read.sections, file.sections) { #expect(a.tensor.hasSameBits(as: b.tensor), "\(a.name)") }
    #expect(try TensorFile.read(TensorFile().bytes, pool: StringPool()).sections.isEmpty)
  }

  @Test func everyFlippedBitIsSeen() throws {
    let bytes = try Self.sample().bytes
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        #expect(throws: FormatError.self, "byte \(index), bit \(bit)") { try TensorFile.read(damaged, pool: StringPool()) }
      }
    }
  }

  @Test func everyCutAndEveryAppendixIsSeen() throws {
    let bytes = try Self.sample().bytes
    for count in bytes.indices {
      #expect(throws: FormatError.self, "\(count) bytes") { try TensorFile.read(Array(bytes.prefix(count)), pool: StringPool()) }
    }
    #expect(throws: FormatError.self) { try TensorFile.read(bytes + [0], pool: StringPool()) }
    #expect(throws: FormatError.self) { try TensorFile.read(bytes + bytes, pool: StringPool()) }
  }

  /// Sizes that lie, under checksums that do not.
  @Test func hostileFilesAreRefused() throws {
    #expect(try TensorFile.read(Self.hostile(dims: [1], payload: [0, 0, 0, 0]), pool: StringPool()).sections.count == 1)
    let files: [[UInt8]] = [
      Self.hostile(dims: [2], payload: [0, 0, 0, 0]), Self.hostile(payload: []), Self.hostile(payload: [0, 0, 0, 0], said: .max),
      Self.hostile(payload: [0, 0, 0, 0], said: 5), Self.hostile(dims: [1 << 62, 1 << 62], payload: [0]),
      Self.hostile(dims: [.max], payload: [0]), Self.hostile(dims: [1 << 61], payload: [0, 0, 0, 0]), Self.hostile(dtype: 99, payload: [0]),
      Self.hostile(dtype: 10, payload: [2]), Self.hostile(payload: [0, 0, 0, 0], kind: 77),
      // Strings: more of them than bytes, one longer than the file, bytes behind the last.
      Self.hostile(dtype: 7, dims: [1 << 40], payload: [0, 0, 0, 0, 0, 0, 0, 0]),
      Self.hostile(dtype: 7, dims: [1], payload: [9, 0, 0, 0, 0, 0, 0, 0, 65]),
      Self.hostile(dtype: 7, dims: [1], payload: [255, 255, 255, 255, 255, 255, 255, 255]),
      Self.hostile(dtype: 7, dims: [1], payload: [1, 0, 0, 0, 0, 0, 0, 0, 65, 66]),
      [], Array("<page/>".utf8), TensorFile.magic,
    ]
    for (index, file) in files.enumerated() {
      #expect(throws: FormatError.self, "file \(index)") { try TensorFile.read(file, pool: StringPool()) }
    }
  }

  @Test func aFileIsReplacedWhole() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("enuflow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("t").path
    func write(_ bytes: [UInt8], _ path: String) throws {
      try WholeFile.replace(path, magic: TensorFile.magic) { (sink) throws(WholeFile.Failure) in
        for start in stride(from: 0, to: bytes.count, by: 100_000) {
          let piece = Array(bytes[start..<min(bytes.count, start + 100_000)])
          try piece.withUnsafeBufferPointer { (buffer) throws(WholeFile.Failure) in try sink(UnsafeRawBufferPointer(buffer)) }
        }
      }
    }
    let (small, large) = (TensorFile.magic + [1, 2, 3], TensorFile.magic + [UInt8](repeating: 7, count: 250_000))
    for bytes in [small, large, small] {
      try write(bytes, path)
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == bytes)
    }
    // What a killed program left is used again; a link stays one, and its target changes.
    try Data([1]).write(to: URL(fileURLWithPath: path + ".part"))
    let link = folder.appendingPathComponent("link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    try write(large, link)
    #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == large)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link", "t"])
    // An empty file may be replaced, one of another kind not.
    let other = folder.appendingPathComponent("other").path
    try Data().write(to: URL(fileURLWithPath: other))
    try write(small, other)
    try Data("a letter".utf8).write(to: URL(fileURLWithPath: other))
    #expect(throws: WholeFile.Failure.self) { try write(small, other) }
    #expect(throws: WholeFile.Failure.self) { try WholeFile.check(other, magic: TensorFile.magic) }
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "a letter")
    for bad in ["", folder.path, folder.path + "/no/t", "/dev/null", "a\0b"] {
      #expect(throws: WholeFile.Failure.self, "\(bad)") { try write(small, bad) }
    }
  }
}
