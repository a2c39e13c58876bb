import ArgumentParser

@main
struct Enuflow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enuflow",
    abstract: "Runs pages of dataflow blocks and shows what every block produced.",
    discussion: """
      A page is an XML file: blocks (Const, MatMul, FakeQuantWithMinMaxVars …) and the wires between them. The blocks compute what \
      TensorFlow computes: to the bit where IEEE 754 says how, else within the bound that `enuflow blocks TYPE` states.

      Exit codes: 0 good; 1 a block failed, an expectation or --until is not met, or diff found a difference; 64 wrong usage; 65 the page is wrong; 66 a file is missing; \
      70 a defect of enuflow; 73, 74 output cannot be written; 130 interrupted.
      """,
    version: "enuflow 0.1.0",
    subcommands: [
      Run.self, Check.self, Test.self, Show.self, Draw.self, View.self, Explain.self, Diff.self, Blocks.self, Bench.self,
    ])

  func run() throws {
    Output.print(
      """
      enuflow runs pages of dataflow blocks and shows what every block produced.

      To begin, put this into a file first.xml:

        <page title="My first page">
          <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
          <block id="b" type="Const"><pin name="val">10</pin></block>
          <block id="sum" type="Add"/>
          <wire from="a" to="sum.x"/>
          <wire from="b" to="sum.y"/>
        </page>

      and run it:

        enuflow run first.xml       every block's result
        enuflow check first.xml     only look for mistakes
        enuflow test first.xml      compare with the page's <expect> elements
        enuflow explain first.xml sum   all about one block
        enuflow show first.xml      the blocks, their inputs, dtypes and shapes
        enuflow draw first.xml -o first.html --results    a picture to click through
        enuflow view first.xml      the same in the browser, while it runs
        enuflow blocks              all block types; `enuflow blocks Add` tells about one

      enuflow --help lists everything.

      """)
  }
}

/// The exit codes, as the help lists them.
enum ExitStatus {
  static let failed = ExitCode(1)
  static let usage = ExitCode(64)
  static let badPage = ExitCode(65)
  static let missingFile = ExitCode(66)
  static let defect = ExitCode(70)
  static let cannotCreate = ExitCode(73)
  static let cannotWrite = ExitCode(74)
  static let interrupted = ExitCode(130)
}
