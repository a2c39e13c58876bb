import Inspect
import PageSupport
import Run
import TensorCore
import Testing

/// Results as people see them in the terminal.
@Suite struct TableTests {
  private func text(_ values: [Float], _ shape: Shape? = nil, width: Int = 40) throws -> [String] {
    let text = TensorText(try #require(Tensor(values, shape: shape)), width: width)
    return [text.values] + (text.summary.map { [$0] } ?? [])
  }

  @Test func shortTensorsAreShownInFull() throws {
    #expect(try text([1.5], []) == ["1.5"])
    #expect(try text([1, 2]) == ["[1, 2]"])
    #expect(try text([1, 2, 3, 4], [2, 2]) == ["[[1, 2], [3, 4]]"])
    #expect(try text([], [0]) == ["(empty)"])
    #expect(try text([], [2, 0, 3]) == ["(empty)"])
    #expect(try text([-0.0, .nan, .infinity, -.infinity]) == ["[-0.0, nan, inf, -inf]"])
  }

  @Test func longTensorsAreShortenedAndSummedUp() throws {
    #expect(try text((0..<1000).map { Float($0) }) == ["0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …, 999", "1000 values, min 0, max 999, mean 499.5"])
    #expect(try text((0..<100).map { $0 == 0 ? .nan : 1 })[1] == "100 values, min 1, max 1, mean 1, 1 NaN")
    #expect(try text(Array(repeating: .nan, count: 100))[1] == "100 values, all NaN")
    #expect(try text(Array(repeating: .infinity, count: 100))[1] == "100 values, min inf, max inf, mean inf")
  }

  @Test func everyLineFitsItsWidth() throws {
    for width in 24..<80 {
      for count in [1, 7, 8, 9, 20, 1000] {
        let line = try text((0..<count).map { Float($0) * -1234.567 }, width: width)[0]
        #expect(line.unicodeScalars.count <= width, "\(width) \(count)")
      }
    }
  }

  @Test func smallAndLargeNumbersOfASummaryKeepTheirDigits() throws {
    func summary(_ values: [Double]) throws -> String? {
      TensorText(try #require(Tensor(values + Array(repeating: values[0], count: 98))), width: 40).summary
    }
    #expect(try summary([1e-20, 1e-20]) == "100 values, min 1e-20, max 1e-20, mean 1e-20")
    #expect(try summary([1e-300, 1e-300])?.hasPrefix("100 values, min 1e-300, max 1e-300") == true)
    #expect(try summary([1e300, 1e300])?.hasPrefix("100 values, min 1e+300, max 1e+300") == true)
    #expect(try summary([0.123456789, 1234567.5]) == "100 values, min 0.123457, max 1234568, mean 12345.8")
    #expect(try summary([123456.789, 0.1]) == "100 values, min 0.1, max 123457, mean 122222")
    #expect(try summary([-5, 5]) == "100 values, min -5, max 5, mean -4.9")
  }

  @Test func otherDTypes() throws {
    let bools = try #require(Tensor((0..<100).map { $0 % 4 == 0 }))
    #expect(TensorText(bools, width: 40).summary == "100 values, 25 true")
    let bytes = try #require(Tensor([UInt8](repeating: 255, count: 100)))
    #expect(TensorText(bytes, width: 40).summary == "100 values, min 255, max 255, mean 255")
    let text = try #require(Tensor(strings: [Array(repeating: UInt8(ascii: "a"), count: 1000)], shape: .scalar, pool: StringPool()))
    #expect(TensorText(text, width: 40).values.unicodeScalars.count == 40)
    #expect(TensorText(text, width: 40).values.hasSuffix("…"))
  }

  @Test func textsOfAPageCannotControlTheTerminal() throws {
    let text = "\"a&#x9;b&#xA;c&#x9b;31m&#x202e;\""
    let page = CompiledPage("<page><block id=\"t\" type=\"Const\"><pin name=\"val\" dtype=\"string\">\(text)</pin></block></page>")
    let session = try page.session()
    try session.runCycle()
    let table = RunReport(page: "p", compilation: page.compilation, session: session, diagnostics: []).table()
    #expect(table.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 32 && !(127..<160).contains($0.value) && $0.value != 0x202E) })
    #expect(table.split(separator: "\n").count == 2)
  }

  @Test func listsAndBlocksWithoutResults() throws {
    let page = CompiledPage(
      """
      <page><block id="l" type="Split"><pin name="axis">0</pin><pin name="value">1 2</pin><attrs num_split="2"/></block>
      <block id="idle" type="Abs"><pin name="x">1</pin></block>
      <block id="run" type="ClientSession"/><wire from="l" to="run.fetch_outputs"/></page>
      """)
    let session = try page.session()
    try session.runCycle()
    let table = RunReport(page: "p", compilation: page.compilation, session: session, diagnostics: []).table()
    #expect(
      table == """
        block  type           result     dtype  shape  values
        l      Split          output[0]  float  [1]    [1]
                              output[1]  float  [1]    [2]
        idle   Abs            not run
        run    ClientSession  ran

        """)
  }
}
