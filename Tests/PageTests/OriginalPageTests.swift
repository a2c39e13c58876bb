import Diagnostics
import TensorCore
import Testing

@testable import Page

/// The original pages of enuSpace. They are no part of this repository; without them these tests are skipped.
@Suite(.enabled(if: sharedFolder() != nil, "the original pages are not here: set ENUFLOW_SHARED to their folder"))
struct OriginalPageTests {
  private func path(_ name: String) -> String { (sharedFolder() ?? "") + "/enuspace/pages/" + name }

  @Test(arguments: [
    ("basic.svg", 4, 3), ("basic_2.0.svg", 4, 3), ("one_hot.svg", 3, 2), ("Xor.svg", 46, 68), ("gradient_descent_xw_apply.svg", 12, 14),
    ("mnistTrain_SoftMax100.svg", 76, 97), ("mnistTrain_softmax10.svg", 65, 85), ("queueenqueue_mnist_reader.svg", 24, 27),
  ])
  func readsWithoutErrors(_ name: String, _ blocks: Int, _ wires: Int) throws {
    let output = PageReader.read(file: path(name))
    #expect(output.diagnostics.filter { $0.severity > .note }.map(brief) == [])
    let page = try #require(output.page)
    #expect(page.blocks.count == blocks)
    #expect(page.wires.count == wires)
    #expect(PageWriter.save(page, results: []).page == (try InputFile.readAllBytes(path: path(name))))
    #expect(ScanTests.tiles(page.source.bytes))
  }

  @Test func aLostDataFileIsToldAtEachPin() throws {
    let output = PageReader.read(file: path("convolution_neural_network_train.svg"))
    #expect(output.page?.blocks.count == 104)
    let errors = output.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.id.code) == Array(repeating: "E0007", count: 5))
    #expect(errors.allSatisfy { $0.block != nil && $0.pin == "initvalues" })
  }

  @Test func basicAsSaved() throws {
    let page = try #require(PageReader.read(file: path("basic.svg")).page)
    #expect(page.blocks.map { page.symbols[$0.type] } == ["Const", "Const", "ClientSession", "MatMul"])
    #expect(page.wireTexts.sorted() == ["ID_A.output -> ID_MUL.a", "ID_B.output -> ID_MUL.b", "ID_MUL.product -> ID_SESSION.fetch_outputs"])
    #expect(page.attrTexts(3) == ["transpose_a_=false", "transpose_b_=true"])
    let result = try #require(Tensor([19.0, -3], shape: [2, 1]))
    let saved = PageWriter.save(page, results: [(3, "product", .tensor(result))])
    let text = String(decoding: DecodedText(saved.page, name: "x").source.bytes, as: UTF8.self)
    #expect(text.contains("<pg-set-pin variable=\"#result_product[2][1]\" auto=\"true\" shape=\"[2][1]\" var-type=\"double\" value=\"19;-3\"/>"))
    let again = try #require(PageReader.read(saved.page, name: "x").page)
    #expect(PageWriter.save(again, results: [(3, "product", .tensor(result))]).page == saved.page)
  }

  @Test func trendsOfXor() throws {
    let page = try #require(PageReader.read(file: path("Xor.svg")).page)
    #expect(page.trends.map(\.series.count) == [4, 1])
    #expect(page.text(page.trends[1].series[0].of) == "ID_XOR_MEAN.output")
  }
}
