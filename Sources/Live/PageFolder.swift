import Diagnostics
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The pages that can be looked at: one, or those of a folder.
struct PageFolder: Sendable {
  /// What the command line has named.
  let path: String
  let isFolder: Bool

  /// The most pages that a folder shows, and how deep they may lie.
  static let maximalCount = 1_000
  private static let maximalDepth = 4

  /// Nil when there is no such file or folder.
  init?(_ path: String) {
    var status = stat()
    guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
    self.path = path
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names of all pages as they are now: paths below the folder.
  func names() -> [String] {
    guard isFolder else { return [FilePath.name(of: path)] }
    var names: [String] = []
    PageFolder.collect(path, "", depth: 0, into: &names)
    return names
  }

  /// The file of a page, by a name that ``names()`` gives; nil for any other name.
  func file(of name: String) -> String? {
    guard isFolder else { return name == FilePath.name(of: path) ? path : nil }
    return names().contains(name) ? path + "/" + name : nil
  }

  /// Links are not followed: nothing outside of the folder is a page of it.
  private static func collect(_ folder: String, _ prefix: String, depth: Int, into names: inout [String]) {
    guard let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    var entries: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) { String(validatingCString: $0) }
      }
      if let name, !name.hasPrefix(".") { entries.append(name) }
      if entries.count >= 10_000 { break }
    }
    for name in entries.sorted() where names.count < maximalCount {
      var status = stat()
      guard lstat(folder + "/" + name, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFREG where name.hasSuffix(".xml") || name.hasSuffix(".svg"): names.append(prefix + name)
      case S_IFDIR where depth < maximalDepth: collect(folder + "/" + name, prefix + name + "/", depth: depth + 1, into: &names)
      default: break
      }
    }
  }
}
