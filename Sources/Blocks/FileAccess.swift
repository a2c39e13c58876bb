import Diagnostics
import TensorCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Which files the blocks of a page may touch: those below its own folder, below folders that were allowed, and what names of the page
/// were mapped to. Links are resolved before that is checked.
public struct FileAccess: Sendable {
  /// Where names of the page that say no folder lie.
  public let folder: String
  /// Folders (or files) without links; what lies below them may be touched.
  private let roots: [String]
  private let mappings: [Mapping]

  /// What a beginning of names stands for.
  private struct Mapping {
    /// With `/` between its parts.
    var old: String
    var new: String
  }

  /// - Parameters:
  ///   - page: The page's file; `-` and a bare name mean the working folder.
  ///   - allow: More folders.
  ///   - mappings: Beginnings of file names as they stand in the page, and the paths they stand for.
  public init(page: String, allow: [String] = [], mappings: [(old: String, new: String)] = []) {
    folder = FilePath.folder(of: page)
    self.mappings = mappings.map { Mapping(old: FileAccess.unified($0.old), new: $0.new) }.sorted { $0.old.utf8.count > $1.old.utf8.count }
    roots = ([folder] + allow + mappings.map(\.new)).compactMap(FileAccess.withoutLinks)
  }

  /// The bytes of a file that the page names. `input` is the pin that names it.
  public func read(_ name: String, input: Int) throws(BlockError) -> [UInt8] {
    let path = try resolve(name, input: input)
    // A pipe would keep the run waiting for ever.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      throw BlockError(
        .fileUnreadable, errno == ENOENT ? "there is no file \"\(path)\"" : "\"\(path)\" cannot be read: \(String(cString: strerror(errno)))",
        input: input)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw BlockError(.fileUnreadable, "\"\(path)\" is no file", input: input)
    }
    do throws(InputFile.Failure) {
      return try InputFile.readAllBytes(descriptor: file, name: path, limit: Memory.physicalByteCount / 2)
    } catch {
      throw BlockError(.fileUnreadable, error.message, input: input, fix: error.fix)
    }
  }

  /// Writes a file of tensors that the page names.
  public func write(_ tensors: TensorFile, _ name: String, input: Int) throws(BlockError) {
    let path = try resolve(name, input: input)
    do throws(WholeFile.Failure) {
      try WholeFile.replace(path, magic: TensorFile.magic) { (sink) throws(WholeFile.Failure) in try tensors.write(to: sink) }
    } catch {
      throw BlockError(.outputUnwritable, error.message, input: input)
    }
  }

  /// The path, without links, that a name of the page means, if the page may touch it. The file itself need not be there.
  public func resolve(_ name: String, input: Int) throws(BlockError) -> String {
    func fail(_ message: String, fix: String? = nil) -> BlockError { BlockError(.fileNotAllowed, message, input: input, fix: fix) }
    if name.isEmpty || name.utf8.contains(0) { throw fail("\"\(name)\" is no file name") }
    let (unified, isMapped) = mapped(FileAccess.unified(name))
    let first = Array(unified.utf8.prefix(3))
    let isOfWindows = first.count >= 2 && first[1] == UInt8(ascii: ":") && (first[0] | 0x20) &- 97 < 26
    if !isMapped, isOfWindows || name.hasPrefix("\\\\") {
      throw fail("\"\(name)\" is a path of Windows", fix: "say what it is here: --map-path '\(FilePath.windowsFolder(of: name))=FOLDER'")
    }
    let path = isMapped || unified.hasPrefix("/") ? unified : folder + "/" + unified
    guard let resolved = FileAccess.withoutLinks(path) else {
      throw BlockError(.fileUnreadable, "there is no folder \"\(FilePath.folder(of: path))\"", input: input)
    }
    guard roots.contains(where: { resolved == $0 || resolved.hasPrefix($0 == "/" ? $0 : $0 + "/") }) else {
      throw fail(
        "the page may not touch \"\(resolved)\": it lies outside of the page's folder",
        fix: "allow its folder: --allow '\(FilePath.folder(of: resolved))'")
    }
    return resolved
  }

  /// The name with its beginning replaced, when one is mapped.
  private func mapped(_ name: String) -> (String, isMapped: Bool) {
    for mapping in mappings where !mapping.old.isEmpty && name.utf8.starts(with: mapping.old.utf8) {
      let rest = name.utf8.dropFirst(mapping.old.utf8.count)
      // Whole parts only: `C:/data` is no beginning of `C:/database`.
      if let next = rest.first, next != UInt8(ascii: "/"), !mapping.old.hasSuffix("/") { continue }
      let tail = String(decoding: rest, as: UTF8.self)
      return (tail.isEmpty || tail.hasPrefix("/") || mapping.new.hasSuffix("/") ? mapping.new + tail : mapping.new + "/" + tail, true)
    }
    return (name, false)
  }

  /// With `/` between the parts, where the page has `\` or `\\`.
  private static func unified(_ name: String) -> String {
    var bytes: [UInt8] = []
    for byte in name.utf8 {
      let isBackslash = byte == UInt8(ascii: "\\")
      if isBackslash, bytes.last == UInt8(ascii: "/") { continue }
      bytes.append(isBackslash ? UInt8(ascii: "/") : byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The path without links; of a file that is not there yet, that of its folder and its name. nil when there is no folder either.
  private static func withoutLinks(_ path: String) -> String? {
    if let whole = WholeFile.realPath(of: path) { return whole }
    let name = FilePath.name(of: path)
    guard !name.isEmpty, name != ".", name != "..", let folder = WholeFile.realPath(of: FilePath.folder(of: path)) else { return nil }
    return folder == "/" ? folder + name : folder + "/" + name
  }
}

extension FilePath {
  /// What comes before the last `\` or `/`.
  fileprivate static func windowsFolder(of path: String) -> String {
    guard let last = path.utf8.lastIndex(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") }) else { return path }
    return String(path[..<last])
  }
}
