#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The pages of `Tests/Pages`, each broken in its own way, with the diagnostics they must give in a file of the same name ending
/// in `.expected`: one line for each, as ``Diagnostics/Diagnostic/summary`` has it.
public struct BrokenPage: Sendable, CustomStringConvertible {
  public var name: String
  public var bytes: [UInt8]
  public var expected: [String]

  public var description: String { name }
  public var path: String { BrokenPage.folder("Pages") + name }
  public var hasErrors: Bool { expected.contains { $0.hasPrefix("E") } }

  public static let all = pages(in: folder("Pages"))
  /// The same for `Tests/Advisories`.
  public static let advisories = pages(in: folder("Advisories"))

  private static func folder(_ name: String) -> String {
    let file = #filePath
    let parts = file.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/\(name)/"
  }

  private static func pages(in folder: String) -> [BrokenPage] {
    names(in: folder).filter { !$0.hasSuffix(".expected") }.map { name in
      let expected = String(decoding: contents(folder + name + ".expected"), as: UTF8.self)
      return BrokenPage(name: name, bytes: contents(folder + name), expected: expected.split(separator: "\n").map(String.init))
    }
  }
}

/// The names of the files in a folder, sorted.
public func names(in folder: String) -> [String] {
  guard let directory = opendir(folder) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}

/// The bytes of a file; empty when it cannot be read.
public func contents(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "rb") else { return [] }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return bytes
}
