import Diagnostics
import TensorCore
import Testing

@testable import Page

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whatever the bytes are: a page or a diagnostic, soon, and no trap.
@Suite struct RobustnessTests {
  /// Reads, and checks what must hold for any input.
  private func check(_ bytes: [UInt8]) {
    let output = PageReader.read(bytes, name: "x")
    #expect(output.page != nil || output.diagnostics.hasErrors)
    guard let page = output.page else { return }
    #expect(ScanTests.tiles(page.source.bytes))
    #expect(page.encoding.encode(page.source.bytes) == bytes)
    let results: [PageWriter.Result] = page.blocks.indices.map { ($0, "output", .list([])) }
    #expect(PageWriter.save(page, results: []).page == bytes)
    _ = PageWriter.save(page, results: results)
    for block in page.blocks.indices { _ = page.displayName(ofBlock: block) }
  }

  private static let samples: [[UInt8]] = [Array(samplePage.utf8), utf16(sampleSVG), Array(sampleSVG.utf8), utf16(samplePage, bigEndian: true)]

  @Test func truncations() {
    for (index, sample) in Self.samples.enumerated() {
      for end in stride(from: index % 3, to: sample.count, by: 7) { check(Array(sample[..<end])) }
    }
  }

  @Test func changedBytes() {
    var generator = Generator(state: 20_260_101)
    let marks = Array("<>/=\"'&;![]- \n\0\u{7F}:x0".utf8)
    for round in 0..<1_500 {
      var bytes = Self.samples[round % Self.samples.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: bytes[place] = marks[Int.random(in: 0..<marks.count, using: &generator)]
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...30, using: &generator)))
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
        }
        if bytes.isEmpty { break }
      }
      check(bytes)
    }
  }

  @Test func randomMarkup() {
    var generator = Generator(state: 7)
    let parts = [
      "<page>", "</page>", "<block id='a' type='T'>", "</block>", "<pin name='p'>", "</pin>", "<", ">", "&amp;", "&", "<!--", "-->",
      "<![CDATA[", "]]>", "<?x", "?>", "<a b='", "'", "\"", "/>", "text", " ", "\n", "<wire from='a' to='a.x'/>", "<scope name='s'>", "</scope>",
    ]
    for _ in 0..<1_500 {
      let text = (0..<Int.random(in: 1...30, using: &generator)).map { _ in parts[Int.random(in: 0..<parts.count, using: &generator)] }.joined()
      #expect(ScanTests.tiles(Array(text.utf8)))
      check(Array(("<page>" + text + "</page>").utf8))
    }
  }

  @Test func attackInputs() {
    func codes(_ text: String) -> Set<String> { Set(read(text).diagnostics.filter { $0.severity == .error }.map(\.id.code)) }
    let laughs = (1...10).map { "<!ENTITY l\($0) \"" + String(repeating: "&l\($0 - 1);", count: 10) + "\">" }.joined()
    #expect(codes("<!DOCTYPE page [<!ENTITY l0 \"ha\">\(laughs)]><page><note>&l10;</note></page>") == ["E0005"])
    #expect(codes("<!DOCTYPE page [<!ENTITY l0 \"ha\">\(laughs)]><page title=\"&l10;\"/>") == ["E0005"])
    #expect(codes("<!DOCTYPE page [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><page title='&e;'/>") == ["E0005"])
    #expect(codes("<page title='&e;'/>") == ["E0004"])
    for depth in [257, 3_000] {
      let text = String(repeating: "<scope name='s'>", count: depth) + String(repeating: "</scope>", count: depth)
      #expect(codes("<page>\(text)</page>") == ["E0006"])
    }
    // 255 below the page are allowed.
    let allowed = String(repeating: "<scope name='s'>", count: 255) + String(repeating: "</scope>", count: 255)
    #expect(codes("<page>\(allowed)</page>") == [])
    #expect(codes("<page><block id='a' type='T'><pin name='p'>" + String(repeating: "1", count: 10_000_001) + "</pin></block></page>") == [])
    #expect(codes("<page><note>" + String(repeating: "\n", count: 70_000) + "&x;</note></page>") == ["E0004"])
    #expect(briefs("<page><note>" + String(repeating: "\n", count: 70_000) + "&x;</note></page>") == ["E0004@70001:1"])
    #expect(codes("<?xml-model href='file:///etc/hostname'?><page/>") == [])
    #expect(codes("<?xml version='1.0' encoding='no-such'?><page/>") == ["E0003"])
  }

  @Test func oneLongLineWithManyErrors() {
    let text = "<page>" + String(repeating: "<blok/><note>é</note>", count: 60_000) + "</page>"
    let output = read(text)
    #expect(output.diagnostics.count == 1_000)
    #expect(output.diagnostics[999].location?.column == 8 + 999 * 21)
  }

  // MARK: Files

  @Test func files() throws {
    func failure(_ path: String) -> (String?, String?) {
      let output = PageReader.read(file: path)
      return (output.diagnostics.first?.id.code, output.diagnostics.first?.message)
    }
    #expect(failure("/no/such/page.xml") == ("E0001", "there is no file \"/no/such/page.xml\""))
    #expect(failure("/") == ("E0001", "\"/\" is a directory"))
    #expect(failure("a\0b").0 == "E0001")
    #expect(failure("/dev/null").0 == "E0002")
    #expect(failure("/dev/zero").0 == "E0006")
    #expect(PageReader.dataPath(beside: "a/b.c/page.svg") == "a/b.c/page.dat")
    #expect(PageReader.dataPath(beside: "a.b/page") == "a.b/page.dat")
    #expect(PageReader.dataPath(beside: "./.svg") == "./.svg.dat")
  }

  @Test func theDataFileLiesBesideThePage() throws {
    var name = Array("/tmp/enuflow-page-XXXXXX".utf8CString)
    let folder = try #require(name.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } })
    defer {
      for file in ["page.svg", "page.dat"] { unlink(folder + "/" + file) }
      rmdir(folder)
    }
    let text = EnuspaceTests.page(
      "<use type='tensorflow' id='a' xlink:href='#A'>"
        + "<pg-set-pin variable='#x[2]' shape='[2]' var-type='float' save-type='binary' binary-pos='0'/></use>")
    try write(Array(text.utf8), folder + "/page.svg")
    let missing = PageReader.read(file: folder + "/page.svg")
    #expect(missing.diagnostics.map(brief) == ["E0007@2:47"])
    #expect(missing.diagnostics.first?.message.contains("there is no file") == true)
    try write([0, 0, 128, 63, 0, 0, 0, 64], folder + "/page.dat")
    let found = PageReader.read(file: folder + "/page.svg")
    #expect(found.diagnostics.isEmpty)
    #expect(found.page?.data?.bytes == [0, 0, 128, 63, 0, 0, 0, 64])
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    let file = try #require(fopen(path, "w"))
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    fclose(file)
  }
}
