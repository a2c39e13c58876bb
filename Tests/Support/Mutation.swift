import Blocks
import Compile
import Diagnostics
import Foundation
import Page
import Run

/// Pages made from sound ones by a few random changes, to find texts that make the compiler or a run trap, hang or take memory
/// without bound.
public struct Mutation {
  private let pages: [[Substring]]
  private var generator: Generator
  /// What pages may take; far more than the sound ones need.
  public static let memoryLimit = 16 << 20

  public init(_ pages: [String], seed: UInt64) {
    self.pages = pages.map(Mutation.tokens)
    generator = Generator(seed)
  }

  private static let words: [Substring] = [
    "-1", "0", "1", "2", "-0.0", "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "9223372036854775808",
    "18446744073709551616", "1e400", "-1e400", "1e-400", "nan", "inf", "-inf", "1000000", "255", "256", "16", "17", "true", "{}", "{{}}", "{1}",
    "[0]",
    "[1000000, 1000000]", "[?]", "", " ", "{", "}", "\"", "<", ">", "&", "=", "/", ".", "[", "]", "[0][1]", "é", "\u{0}",
    "float", "double", "int8", "int16", "int32", "int64", "uint8", "uint16", "bool", "string", "complex64", "DT_FLOAT",
    "page", "scope", "block", "wire", "pin", "attrs", "expect", "note", "id", "type", "name", "val", "dtype", "shape", "from", "to", "of", "cycle",
    "axis", "x", "y", "input", "output", "num_bits", "tolerance", "ClientSession", "Const", "Split", "InputList", "Reshape", "Concat", "OneHot",
    "Placeholder", "Transpose", "Sum", "Mean", "AddN", "MatMul", "Cast", "Shape", "Div", "Mod", "FloorDiv", "Identity", "Equal",
  ]

  /// Changed pages write where nothing else lies.
  private static let files: FileAccess = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("enuflow-mutations-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return FileAccess(page: folder.path + "/page.xml")
  }()

  /// A page cut into names, numbers and single characters.
  private static func tokens(_ page: String) -> [Substring] {
    var tokens: [Substring] = []
    var start = page.startIndex
    while start < page.endIndex {
      var end = page.index(after: start)
      if isWord(page[start]) {
        while end < page.endIndex, isWord(page[end]) { end = page.index(after: end) }
      }
      tokens.append(page[start..<end])
      start = end
    }
    return tokens
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == "-" || character == ".")
  }

  /// The next page.
  public mutating func next() -> String {
    var tokens = pages[Int.random(in: pages.indices, using: &generator)]
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !tokens.isEmpty {
      let index = Int.random(in: tokens.indices, using: &generator)
      let end = min(tokens.count, index + Int.random(in: 1...12, using: &generator))
      switch Int.random(in: 0..<10, using: &generator) {
      case 0: tokens.removeSubrange(index..<end)
      case 1: tokens.insert(contentsOf: tokens[index..<end], at: Int.random(in: 0...tokens.count, using: &generator))
      case 2: tokens[index] = other(tokens)
      case 3: tokens.insert(Mutation.words.randomElement(using: &generator) ?? "", at: index)
      case 4: tokens.swapAt(index, Int.random(in: tokens.indices, using: &generator))
      default: replaceWord(&tokens, from: index)
      }
    }
    return tokens.joined()
  }

  /// A token of this page or of another one.
  private mutating func other(_ tokens: [Substring]) -> Substring {
    let page = Bool.random(using: &generator) ? tokens : pages[Int.random(in: pages.indices, using: &generator)]
    return page.randomElement(using: &generator) ?? ""
  }

  /// Puts another word in the place of the next name or number: changes that leave the page well-formed find more.
  private mutating func replaceWord(_ tokens: inout [Substring], from start: Int) {
    guard let index = tokens[start...].firstIndex(where: { $0.first.map(Mutation.isWord) ?? false }) else { return }
    if Bool.random(using: &generator) {
      tokens[index] = Mutation.words.randomElement(using: &generator) ?? ""
    } else if let word = other(tokens).first.map({ Mutation.isWord($0) }), word {
      tokens[index] = other(tokens)
    }
  }

  /// Compiles a page and, when it is sound, runs one cycle and looks at everything it produced. Returns whether it ran.
  @discardableResult
  public static func exercise(_ text: String, keepsGoing: Bool = false) -> Bool {
    let (page, found) = PageReader.read(Array(text.utf8), name: "test.xml")
    guard let page else { return false }
    let compilation = Compiler(keepsGoing: keepsGoing, memoryLimit: memoryLimit).compile(page, found: found)
    _ = TerminalPrinter().text(of: compilation.diagnostics)
    guard compilation.plan != nil, let session = try? Session(compilation, files: files), (try? session.runCycle()) != nil
    else { return false }
    _ = session.resultsByName
    for expectation in session.expectations(isLast: true) { _ = session.unmet(expectation) }
    return true
  }
}
