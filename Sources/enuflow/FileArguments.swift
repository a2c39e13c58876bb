import ArgumentParser
import Blocks
import Diagnostics
import TensorCore

/// The files that a page's blocks may touch.
struct FileArguments: ParsableArguments {
  @Option(
    name: .customLong("allow"),
    help: ArgumentHelp("A folder that blocks of the page may read and write below, besides the page's own.", valueName: "dir"), completion: .directory
  )
  var allow: [String] = []

  @Option(
    name: .customLong("map-path"),
    help: ArgumentHelp(
      "What the beginning of a file name in the page stands for here: --map-path 'C:\\data=data'. It may be read and written.", valueName: "old=new"))
  var mapPath: [String] = []

  func validate() throws { _ = try mappings() }

  private func mappings() throws -> [(old: String, new: String)] {
    try mapPath.map { text in
      guard let sign = text.firstIndex(of: "="), sign != text.startIndex, text.index(after: sign) != text.endIndex else {
        throw ValidationError("--map-path: `\(text)` is not OLD=NEW")
      }
      return (String(text[..<sign]), String(text[text.index(after: sign)...]))
    }
  }

  /// What a page may touch. Throws exit codes for folders that are not there.
  func access(page: String) throws -> FileAccess {
    for folder in allow where WholeFile.realPath(of: folder) == nil {
      Output.report([Diagnostic(.fileUnreadable, "--allow: there is no folder \"\(folder)\"")])
      throw ExitStatus.missingFile
    }
    return FileAccess(page: page, allow: allow, mappings: try mappings())
  }
}
