import Page
import TensorCore
import Testing

@testable import Live

@Suite struct CommandTests {
  @Test func wordsAndWhatFollows() {
    #expect(LiveCommand("run") == .run)
    #expect(LiveCommand("pause") == .pause)
    #expect(LiveCommand("until 500") == .until(500))
    #expect(LiveCommand("speed max") == .speed(nil))
    #expect(LiveCommand("speed 2.5") == .speed(2.5))
    #expect(LiveCommand("set a/b.val={{1, 2}, {3=4}}") == .set(reference: "a/b.val", text: "{{1, 2}, {3=4}}"))
    #expect(LiveCommand("set a.val=") == .set(reference: "a.val", text: ""))
    #expect(LiveCommand("open ") == .open(nil))
    #expect(LiveCommand("open a b") == .open("a b"))
  }

  @Test(arguments: [
    "", " ", "Run", "run now", "until", "until 0", "until -1", "until 99999999999999999999", "speed", "speed 0", "speed nan", "speed inf",
    "set a.val",
    "set =1", "watch", "unset", "RUN\n", "\0",
  ])
  func anythingElseIsRefused(_ text: String) { #expect(LiveCommand(text) == nil) }
}

@Suite struct DisplayTests {
  @Test func scriptsTellWhatContoursShow() throws {
    let script = """
      function _ontask()
        local i
        for i=0,27,1 do
          for j=0,13,1 do
            ID_IMG0.data[i][j]  = ID_IMAGE.result_ref[3][i*28+j]
            data[i][j] = ID_W1.result_ref[i][j][0][2]
            ID_X.data[i][j] = math.sin(i)
            ID_Y.data[i][j] = ID_W.result_ref[k][j]
          end
        end
      end
      """
    let found = DisplayScript.assignments(script)
    #expect(found.count == 2)
    let first = try #require(found.first)
    #expect(first.target == "ID_IMG0" && first.source == "ID_IMAGE.ref" && first.rows == 28 && first.columns == 14)
    #expect(first.indices == [.init(row: 0, column: 0, constant: 3), .init(row: 28, column: 1, constant: 0)])
    #expect(found[1].target == nil && found[1].indices.map(\.constant) == [0, 0, 0, 2])
  }

  @Test(arguments: [
    "", "=", "for", "for=do", "a[=b[", "for i=0,99999999999999999999,1 do", "data[i][j]=A.result_b[i*99999999999999999999]", "[]=[]", "a[]=b[]",
  ])
  func hostileScriptsTellNothing(_ script: String) { #expect(DisplayScript.assignments(script).isEmpty) }

  @Test func longSumsOfIndicesTellNothing() {
    let sum = Array(repeating: "1000000*1000000", count: 20).joined(separator: "+")
    #expect(DisplayScript.assignments("for i=0,1,1 do\nfor j=0,1,1 do\ndata[i][j]=A.result_b[i][\(sum)]").isEmpty)
  }

  /// The distance of the two is infinite.
  @Test func doublesTooFarApartForADistance() throws {
    let tensor = try #require(Tensor([-1.7e308, 1.7e308, 0]))
    #expect(try #require(Statistics(tensor)).counts.reduce(0, +) == 3)
  }

  @Test func anEmptyScriptElement() throws {
    let text = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script/><script></script></svg>"
    let page = try #require(PageReader.read(Array(text.utf8), name: "page.svg").page)
    #expect(Display.all(of: page).isEmpty)
  }
}
