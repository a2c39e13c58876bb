import Blocks
import Compile
import Diagnostics
import Foundation
import Page
import Run
import TensorCore

/// The folder of the package.
let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// All files of an ending below a folder of the package, as paths from there, sorted.
func files(below folder: String, ending: String) -> [String] {
  let root = packageFolder.appending(path: folder)
  let paths = FileManager.default.enumerator(atPath: root.path())?.compactMap { $0 as? String } ?? []
  return paths.filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }.sorted()
}

func bytes(of path: String) throws -> [UInt8] { Array(try Data(contentsOf: packageFolder.appending(path: path))) }

/// Everything that is wrong with a page, in reading, compiling and running it, and every expectation it does not meet. `npy` is fed
/// to its placeholder.
func faults(of text: [UInt8], name: String, npy: [UInt8]? = nil) throws -> (faults: [String], types: Set<String>, expectations: Int) {
  let (found, diagnostics) = PageReader.read(text, name: name)
  guard let found else { return (diagnostics.map(line), [], 0) }
  var reader = OverrideReader(page: found)
  if let npy {
    let placeholder = found.blocks.firstIndex { found.symbols[$0.type] == "Placeholder" }
    reader.feed(
      found.displayName(ofBlock: placeholder ?? -1), value: try Npy.read(npy, pool: StringPool()), label: "the .npy file beside the page")
  }
  let compilation = Compiler().compile(reader.page, overrides: reader.overrides, found: diagnostics + reader.diagnostics)
  var faults = compilation.diagnostics.map(line)
  let types = Set(found.blocks.map { found.symbols[$0.type] })
  guard compilation.plan != nil else { return (faults, types, compilation.expectations.count) }
  // Pages that write files do so in a folder of their own.
  let folder = FileManager.default.temporaryDirectory.appending(path: "enuflow-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  do throws(DiagnosticError) {
    let session = try Session(compilation, files: FileAccess(page: folder.appending(path: name.replacing("/", with: "-")).path()))
    let last = compilation.expectations.compactMap(\.cycle).max() ?? 1
    while session.cycle < last {
      try session.runCycle()
      faults += session.expectations(isLast: session.cycle == last).compactMap(session.unmet).map(line)
    }
  } catch {
    faults += error.diagnostics.map(line)
  }
  return (faults, types, compilation.expectations.count)
}

private func line(_ diagnostic: Diagnostic) -> String {
  "\(diagnostic.location?.line ?? 0):\(diagnostic.location?.column ?? 0) \(diagnostic.id.code) \(diagnostic.message)"
}

/// The pages among the ```xml snippets of a Markdown text, each with the line it starts at.
func pages(in markdown: String) -> [(line: Int, text: String)] {
  var pages: [(line: Int, text: String)] = []
  var snippet: (line: Int, text: String)?
  for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
    if let open = snippet {
      if line == "```" {
        if open.text.hasPrefix("<page") { pages.append(open) }
        snippet = nil
      } else {
        snippet?.text += line + "\n"
      }
    } else if line == "```xml" {
      snippet = (index + 2, "")
    }
  }
  return pages
}
