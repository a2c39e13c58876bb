import Blocks
import Diagnostics
import Foundation
import PageSupport
import Run
import TensorCore
import Testing

/// Blocks that write and read files, and which files they may touch.
@Suite struct FileBlockTests {
  /// A folder of its own for one test, removed at the end.
  private static func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("enuflow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder.appendingPathComponent("page/sub"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(at: folder.appendingPathComponent("other"), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  private static func run(_ page: String, _ files: FileAccess, cycles: Int = 1) throws -> [String: String] {
    let compilation = try #require(CompiledPage(page).compilation)
    let session = try Session(compilation, files: files)
    for _ in 0..<cycles { try session.runCycle() }
    return session.resultsByName.mapValues(\.brief)
  }

  /// The diagnostics of a page that fails.
  private static func faults(_ page: String, _ files: FileAccess) throws -> [String] {
    do {
      _ = try run(page, files)
      return []
    } catch let error as DiagnosticError {
      return error.diagnostics.map { "\($0.id) \($0.block ?? "-"): \($0.message)" }
    }
  }

  private static func save(_ tensors: String, _ names: String, parts: String? = nil) -> String {
    """
    <page>\(tensors)
      <block id="save" type="\(parts == nil ? "Save" : "SaveSlices")">
        <pin name="filename">t</pin><pin name="tensor_names">\(names)</pin>\(parts.map { "<pin name=\"shapes_and_slices\">\($0)</pin>" } ?? "")
      </block>
    </page>
    """
  }

  private static func const(_ id: String, _ value: String, _ dtype: String = "float") -> String {
    "<block id=\"\(id)\" type=\"Const\"><pin name=\"val\" dtype=\"\(dtype)\">\(value)</pin></block><wire from=\"\(id)\" to=\"save.data\"/>"
  }

  private static func restore(_ name: String, dt: String = "float", part: String? = nil, more: String = "") -> String {
    """
    <page><block id="r" type="\(part == nil ? "Restore" : "RestoreSlice")">
      <pin name="file_pattern">t</pin><pin name="tensor_name">\(name)</pin>\(part.map { "<pin name=\"shape_and_slice\">\($0)</pin>" } ?? "")
      <attrs dt="\(dt)"/></block>\(more)</page>
    """
  }

  @Test func everyDTypeComesBack() throws {
    try Self.withFolder { (folder) throws in
      let files = FileAccess(page: folder + "/page/p.xml")
      for dtype in DType.allCases {
        let value = dtype == .string ? #""a" "é" """# : dtype == .bool ? "true false true" : "1 0 3"
        _ = try Self.run(Self.save(Self.const("a", value, dtype.name), "a"), files)
        let expected = try Self.run(
          "<page>" + Self.const("a", value, dtype.name).replacing(#"<wire from="a" to="save.data"/>"#, with: "") + "</page>", files)
        #expect(try Self.run(Self.restore("a", dt: dtype.name), files)["r.tensor"] == expected["a.output"], "\(dtype)")
      }
    }
  }

  @Test func partsArePutTogether() throws {
    try Self.withFolder { (folder) throws in
      let files = FileAccess(page: folder + "/page/p.xml")
      let (left, right) = (Self.const("left", "{{1, 2}, {5, 6}, {9, 10}}"), Self.const("right", "{{3, 4}, {7, 8}, {11, 12}}"))
      _ = try Self.run(Self.save(left + right, #""w" "w""#, parts: #""3 4 -:0,2" "3 4 -:2,2""#), files)
      #expect(try Self.run(Self.restore("w"), files)["r.tensor"] == "float [3, 4] 1 2 3 4 5 6 7 8 9 10 11 12")
      #expect(try Self.run(Self.restore("w", part: "3 4 1,2:1,2"), files)["r.tensor"] == "float [2, 2] 6 7 10 11")
      #expect(try Self.run(Self.restore("w", part: "3 4 0,0:-"), files)["r.tensor"] == "float [0, 4]")
      #expect(try Self.faults(Self.restore("w", part: "4 4 -:-"), files) == [#"E0409 r: "t": `w` is a part of shape [3, 4], not of [4, 4]"#])
      #expect(try Self.faults(Self.restore("w", part: "3 4 2,2:-"), files).first?.hasPrefix("E0310") == true)
      _ = try Self.run(Self.save(left, "w", parts: "3 4 -:0,2"), files)
      #expect(try Self.faults(Self.restore("w"), files) == [#"E0409 r: "t": not all elements of `w` are there"#])
      #expect(try Self.run(Self.restore("w", part: "3 4 2,1:0,2"), files)["r.tensor"] == "float [1, 2] 9 10")
      // Parts that overlap, or are not what they say.
      #expect(
        try Self.faults(Self.save(left + right, #""w" "w""#, parts: #""3 4 -:0,2" "3 4 -:1,2""#), files) == ["E0310 save: tensor `w` is there twice"])
      #expect(try Self.faults(Self.save(left, "w", parts: "3 4 -:0,3"), files).count == 1)
      #expect(try Self.faults(Self.save(left + right, #""w" "w""#), files) == ["E0310 save: tensor `w` is there twice"])
    }
  }

  @Test func whatIsWrongWithAFile() throws {
    try Self.withFolder { (folder) throws in
      let files = FileAccess(page: folder + "/page/p.xml")
      #expect(try Self.faults(Self.restore("w"), files) == ["E0001 r: there is no file \"\(files.folder)/t\""])
      _ = try Self.run(Self.save(Self.const("a", "1 2"), "a"), files)
      #expect(try Self.faults(Self.restore("w"), files) == [#"E0409 r: "t": there is no tensor `w`"#])
      #expect(try Self.faults(Self.restore("a", dt: "int32"), files) == [#"E0409 r: "t": `a` is float, not int32"#])
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/page/t")))
      bytes[bytes.count - 6] ^= 1
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/page/t"))
      #expect(try Self.faults(Self.restore("a"), files).first?.hasPrefix("E0010 r: \"t\": it is damaged") == true)
      try Data("hello".utf8).write(to: URL(fileURLWithPath: folder + "/page/t"))
      #expect(try Self.faults(Self.restore("a"), files).first?.hasPrefix("E0010 r: \"t\": it is no checkpoint") == true)
      #expect(try Self.faults(Self.save(Self.const("a", "1 2"), "a"), files).first?.hasPrefix("E0009 save") == true)
      // A pipe does not keep the run waiting.
      #expect(mkfifo(folder + "/page/pipe", 0o600) == 0)
      #expect(try Self.faults(Self.restore("a").replacing(">t<", with: ">pipe<"), files).first?.hasPrefix("E0001") == true)
      #expect(try Self.faults(Self.restore("a").replacing(">t<", with: ">sub<"), files).first?.hasPrefix("E0001") == true)
    }
  }

  @Test func countsAreChecked() {
    let page = Self.save(Self.const("a", "1 2"), #""a" "b""#)
    #expect(CompiledPage(page).found == ["E0304 3:58 save tensor_names"])
    #expect(
      CompiledPage(
        "<page><block id=\"r\" type=\"RestoreV2\"><pin name=\"prefix\">t</pin><pin name=\"tensor_names\">a</pin><pin name=\"shape_and_slices\">\"\"</pin><attrs dtypes=\"float, spam\"/></block></page>"
      ).found.map { String($0.prefix(5)) } == ["E0206"])
  }

  @Test func aRestoredTensorStartsAVariable() throws {
    try Self.withFolder { (folder) throws in
      let files = FileAccess(page: folder + "/page/p.xml")
      _ = try Self.run(Self.save(Self.const("a", "{{1, 2}, {3, 4}}"), "a"), files)
      let variable = """
        <block id="v" type="Variable"><attrs shape="[2, 2]"/></block><wire from="r" to="v.initvalues"/>
        <block id="add" type="AssignAdd"/><wire from="v" to="add.ref"/><wire from="v" to="add.value"/>
        """
      let results = try Self.run(Self.restore("a", more: variable), files, cycles: 3)
      #expect(results["add.output_ref"] == "float [2, 2] 8 16 24 32")
      let wrong = Self.restore("a", more: variable.replacing("[2, 2]", with: "[4]"))
      #expect(try Self.faults(wrong, files) == ["E0304 v: the variable is float [4] but its first value is float [2, 2]"])
    }
  }

  /// Files are touched in page order, whatever else the order of the blocks is.
  @Test func actionsHappenInPageOrder() throws {
    try Self.withFolder { (folder) throws in
      let files = FileAccess(page: folder + "/page/p.xml")
      let page = """
        <page>
          <block id="n" type="Variable"><pin name="initvalues">0</pin></block>
          <block id="one" type="Const"><pin name="val">1</pin></block>
          <block id="save" type="Save"><pin name="filename">t</pin><pin name="tensor_names">n</pin></block>
          <wire from="late" to="save.data"/>
          <block id="r" type="Restore"><pin name="file_pattern">t</pin><pin name="tensor_name">n</pin><attrs dt="float"/></block>
          <block id="late" type="Negate"/><wire from="next" to="late.x"/>
          <block id="next" type="Add"/><wire from="n" to="next.x"/><wire from="one" to="next.y"/>
          <block id="store" type="Assign"/><wire from="n" to="store.ref"/><wire from="next" to="store.value"/>
        </page>
        """
      #expect(try Self.run(page, files, cycles: 3)["r.tensor"] == "float [] -3")
    }
  }

  @Test func whichFilesAPageMayTouch() throws {
    try Self.withFolder { (folder) throws in
      let real = try #require(WholeFile.realPath(of: folder))
      let manager = FileManager.default
      try Data().write(to: URL(fileURLWithPath: folder + "/other/x"))
      try manager.createSymbolicLink(atPath: folder + "/page/out", withDestinationPath: folder + "/other")
      try manager.createSymbolicLink(atPath: folder + "/page/link", withDestinationPath: folder + "/other/x")
      try manager.createSymbolicLink(atPath: folder + "/page/home", withDestinationPath: folder + "/page/sub")
      func resolve(_ name: String, _ files: FileAccess) -> String {
        do throws(BlockError) {
          return try files.resolve(name, input: 0).replacing(real, with: "")
        } catch {
          return error.id.code
        }
      }
      let plain = FileAccess(page: folder + "/page/p.xml")
      for (name, expected) in [
        ("t", "/page/t"), ("sub/t", "/page/sub/t"), (#"sub\t"#, "/page/sub/t"), ("sub/../t", "/page/t"), ("home/t", "/page/sub/t"),
        ("\(folder)/page/t", "/page/t"), ("../t", "E0011"), ("sub/../../t", "E0011"), ("..", "E0011"), ("../page2", "E0011"),
        ("\(folder)/pagex", "E0011"), ("/etc/passwd", "E0011"), ("out/x", "E0011"), ("out/new", "E0011"), ("link", "E0011"), ("no/t", "E0001"),
        ("sub/", "/page/sub"), ("new/", "E0001"), ("", "E0011"), ("a\0b", "E0011"), (#"C:\data\t"#, "E0011"), (#"\\server\t"#, "E0011"),
      ] { #expect(resolve(name, plain) == expected, "\(name)") }
      let allowed = FileAccess(page: folder + "/page/p.xml", allow: [folder + "/other"])
      #expect(["out/x", "link", "../other/new", "../t"].map { resolve($0, allowed) } == ["/other/x", "/other/x", "/other/new", "E0011"])
      let mapped = FileAccess(
        page: folder + "/page/p.xml",
        mappings: [(#"C:\data"#, folder + "/other"), (#"C:\\data\\deep\\"#, folder + "/page/sub"), ("D:/one", folder + "/new")])
      for (name, expected) in [
        (#"C:\data\x"#, "/other/x"), (#"C:\\data\\x"#, "/other/x"), ("C:/data/x", "/other/x"), (#"C:\data"#, "/other"),
        (#"C:\data\deep\t"#, "/page/sub/t"), (#"C:\database"#, "E0011"), (#"C:\data\..\t"#, "E0011"), ("../other/x", "/other/x"), ("D:/one", "/new"),
        (#"D:\two"#, "E0011"),
      ] { #expect(resolve(name, mapped) == expected, "\(name)") }
    }
  }
}
