// Embeds the engine: a page from a string and one from a file, values fed from the program, results read by name, and what a
// broken page says. Run it with `swift run --package-path Examples/embed`; it ends with 1 when a result is not what it should be.

import Diagnostics
import Foundation
import Run
import TensorCore

struct WrongResult: Error {
  var description: String
}

func require(_ tensor: Tensor, equals expected: [Float], _ what: String) throws {
  let values = tensor.elements(as: Float.self)
  print("  \(what) = \(values ?? []), shape \(tensor.shape)")
  if values != expected { throw WrongResult(description: "\(what) should be \(expected)") }
}

func tensor(_ values: [Float], shape: Shape? = nil) throws -> Tensor {
  guard let tensor = Tensor(values, shape: shape) else { throw WrongResult(description: "\(values.count) values do not fill the shape") }
  return tensor
}

/// A page in a string: a value goes in, two results come out, and another value goes in for the next cycle.
func runAString() throws {
  print("a page from a string")
  let page = """
    <page title="The length of a vector">
      <block id="x" type="Placeholder"><attrs dtype="float" shape="[?]"/></block>
      <block id="squares" type="Square"/>
      <block id="sum" type="Sum"><pin name="axis">0</pin></block>
      <block id="length" type="Sqrt"/>
      <wire from="x" to="squares.x"/>
      <wire from="squares" to="sum.input"/>
      <wire from="sum" to="length.x"/>
    </page>
    """
  let session = try Session(text: page, name: "length.xml", feeds: ["x": tensor([3, 4])])
  try session.runCycle()
  // Every block's result is there, not only the last one's.
  try require(session.result("squares"), equals: [9, 16], "squares")
  try require(session.result("length"), equals: [5], "length")

  // The plan stays; only the value changes.
  for (x, length) in [([5, 12], 13), ([8, 15], 17)] as [([Float], Float)] {
    try session.feed("x", tensor(x))
    try session.runCycle()
    try require(session.result("length"), equals: [length], "length of \(x)")
  }
  print("  \(session.cycle) cycles")
}

/// One of the pages that come with enuflow, with an input of its own in the place of what the page says.
func runAFile() throws {
  print("a page from a file")
  let pages = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../../Pages").standardized
  let session = try Session(
    file: pages.appending(path: "fake-quant/per-channel.xml").path(), feeds: ["rows/x": tensor([1.2, 1.2, 12], shape: [1, 3])])
  for warning in session.diagnostics { print("  \(warning.message)") }
  try session.runCycle()
  try require(session.result("rows/q"), equals: [1, 1, 10], "rows/q")
  try require(session.result("rows/q.outputs[0][2]"), equals: [10], "rows/q.outputs[0][2]")
  // All of them, in page order; ids and pins are those of the page.
  let ran = session.results().filter { $0.state == .ran }
  print("  \(ran.count) of \(session.graph.page.blocks.count) blocks ran")
}

/// A page with two mistakes: both are told, with their places.
func readABrokenPage() throws {
  print("a broken page")
  do throws(DiagnosticError) {
    _ = try Session(
      text: """
        <page>
          <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
          <block id="b" type="Const"><pin name="val">1 2</pin></block>
          <block id="sum" type="Add"/>
          <block id="root" type="Sqrd"/>
          <wire from="a" to="sum.x"/>
          <wire from="b" to="sum.y"/>
        </page>
        """, name: "broken.xml")
  } catch {
    // As the command line prints them; `Diagnostic.write(to:)` gives them as JSON.
    print(TerminalPrinter(color: false).text(of: error.diagnostics), terminator: "")
    let found = error.diagnostics.map { "\($0.id) in line \($0.location?.line ?? 0)" }
    if found != ["E0201 in line 5", "E0304 in line 7"] { throw WrongResult(description: "the mistakes should be others than \(found)") }
    return
  }
  throw WrongResult(description: "the broken page was taken")
}

do {
  try runAString()
  try runAFile()
  try readABrokenPage()
  print("all results are right")
} catch let error as DiagnosticError {
  print(TerminalPrinter(color: false).text(of: error.diagnostics), terminator: "")
  exit(1)
} catch let error as WrongResult {
  print(error.description)
  exit(1)
}
