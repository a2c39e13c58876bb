import Foundation
import Testing

/// `enuflow draw`: what it writes and returns.
@Suite struct DrawCommandTests {
  private let page = """
    <page><block id="v" type="Variable"><pin name="initvalues">0</pin></block><block id="step" type="AssignAdd"><pin name="value">2</pin></block>
    <wire from="v" to="step.ref"/></page>
    """

  @Test func filesAndStandardOutput() throws {
    try withProgram(["p.xml": page]) { (program) throws in
      #expect(try program.run("draw", "p.xml", "-o", "p.svg").status == 0)
      #expect(try program.run("draw", "p.xml", "-o", "p.html", "--results").status == 0)
      let svg = String(decoding: try program.read("p.svg"), as: UTF8.self)
      #expect(svg.hasPrefix("<?xml") && !svg.contains("data-result"))
      #expect(String(decoding: try program.read("p.html"), as: UTF8.self).hasPrefix("<!DOCTYPE html>"))
      let outcome = try program.run("draw", "p.xml", "-o", "-")
      #expect(outcome.output == svg)
      #expect(outcome.errors == "")
    }
  }

  @Test func theCycleIsTheOneThatIsDrawn() throws {
    try withProgram(["p.xml": page]) { (program) throws in
      let outcome = try program.run("draw", "p.xml", "-o", "-", "--cycle", "21")
      #expect(outcome.status == 0)
      #expect(outcome.output.contains(">42</text>"))
    }
  }

  @Test func aPageWithMistakesIsDrawnStill() throws {
    try withProgram(["p.xml": "<page><block id=\"a\" type=\"Abs\"/></page>"]) { (program) throws in
      let outcome = try program.run("draw", "p.xml", "-o", "-", "--results")
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("error[E0208]"))
      #expect(outcome.output.contains("class=\"block math broken\""))
    }
  }

  @Test func wrongUsage() throws {
    try withProgram(["p.xml": page]) { (program) throws in
      #expect(try program.run("draw", "p.xml", "-o", "p.png").status == 64)
      #expect(try program.run("draw", "p.xml").status == 64)
      #expect(try program.run("draw", "p.xml", "-o", "p.svg", "--cycle", "0").status == 64)
      #expect(try program.run("draw", "gone.xml", "-o", "p.svg").status == 66)
      #expect(try program.run("draw", "p.xml", "-o", "gone/p.svg").status == 73)
    }
  }
}
