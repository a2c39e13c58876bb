import Diagnostics
import TensorCore

/// The entry point: bytes or a file -> ``Page`` and everything that is wrong with it.
public enum PageReader {
  /// A page and what is wrong with it. The page is nil when no model could be made: unreadable bytes, a limit, broken markup.
  public typealias Output = (page: Page?, diagnostics: [Diagnostic])

  /// Reads a page from its bytes. `name` stands in diagnostics; `data` is the `.dat` file of an enuSpace page.
  public static func read(_ bytes: [UInt8], name: String, data: DataFile? = nil) -> Output {
    read(bytes, name: name) { data.map { .found($0) } ?? .missing("none is given") }
  }

  /// Reads a page from a file (`-` is standard input), and the `.dat` file beside it when a pin needs that.
  public static func read(file path: String) -> Output {
    let bytes: [UInt8]
    do throws(InputFile.Failure) {
      bytes = try InputFile.readAllBytes(path: path, limit: Limits.fileBytes)
    } catch {
      let place = SourceLocation(file: path, line: 1, column: 1, endLine: 1, endColumn: 1)
      return (nil, [error.reason == .tooLarge ? Limits.fileTooLarge(at: place) : error.diagnostic(at: place)])
    }
    return read(bytes, name: path) { loadData(beside: path) }
  }

  /// Path of the `.dat` file of a page: beside it, with the same stem.
  public static func dataPath(beside path: String) -> String {
    let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return path + ".dat" }
    return path[..<dot] + ".dat"
  }

  /// The `.dat` file of a page, when it is there. Write-back needs it also for pages whose only binary pins are results.
  public static func dataFile(beside path: String) -> DataFile? {
    if case .found(let file) = loadData(beside: path) { file } else { nil }
  }

  private enum Data {
    case found(DataFile)
    case missing(String)
  }

  private static func loadData(beside path: String) -> Data {
    if path == "-" { return .missing("standard input has none beside it") }
    let path = dataPath(beside: path)
    do throws(InputFile.Failure) {
      return .found(DataFile(name: path, bytes: try InputFile.readAllBytes(path: path, limit: maximalDataBytes)))
    } catch {
      return .missing(error.message)
    }
  }

  /// More than any page needs; a device that never ends must not fill the memory.
  private static let maximalDataBytes = 4 << 30

  private static func read(_ bytes: [UInt8], name: String, data: () -> Data) -> Output {
    let decoded = DecodedText(bytes, name: name)
    if !decoded.diagnostics.isEmpty { return (nil, decoded.diagnostics) }
    let scan = Scan(decoded.source)
    // What the scan refuses is not given to libxml2: some of it would take it minutes.
    if !scan.diagnostics.isEmpty { return (nil, scan.diagnostics) }
    var diagnostics = XMLJudge.judge(decoded.source, scan)
    if scan.isStructureBroken || scan.root == nil { return (nil, diagnostics) }
    let (read, found) = model(decoded, scan)
    // A name that the judge has told is not told again as unknown.
    let told = diagnostics.map(\.location)
    diagnostics += found.filter { one in
      one.id != .unknownElement && one.id != .unknownXMLAttribute
        || !told.contains { $0?.line == one.location?.line && $0?.column == one.location?.column }
    }
    guard var page = read else { return (nil, diagnostics.sortedByPlace()) }
    if page.needsData {
      var reason = ""
      switch data() {
      case .found(let file): page.data = file
      case .missing(let why): reason = why
      }
      diagnostics += page.checkData(missing: reason)
    }
    return (page, diagnostics.sortedByPlace())
  }

  private static func model(_ decoded: DecodedText, _ scan: Scan) -> (Page?, [Diagnostic]) {
    let source = decoded.source
    guard let root = scan.root else { return (nil, []) }
    return source.bytes.withUnsafeBufferPointer { bytes in
      func builder(_ notation: Page.Notation) -> PageBuilder {
        PageBuilder(source: source, scan: scan, bytes: bytes, notation: notation, encoding: decoded.encoding)
      }
      let name = scan.name(of: root)
      switch source.text(name) {
      case "page":
        var reader = PageNotationReader(builder(.page))
        return reader.read(root: root).finished()
      case "svg":
        var reader = EnuspaceReader(builder(.enuspace))
        return reader.read(root: root).finished()
      case let other:
        let fix = nearest(to: other, among: ["page", "svg"]).map { "write <\($0)>" } ?? "write <page>…</page>"
        let message = "the root element is <\(other.shortened)>, which is no page"
        let note = "a page in page notation starts with <page>, one of enuSpace with <svg>"
        return (nil, [Diagnostic(.unknownRoot, message, at: source.location(of: name), notes: [note], fix: fix)])
      }
    }
  }
}
