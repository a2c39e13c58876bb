import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The other commands, exit codes, and colour.
@Suite struct CommandTests {
  @Test func check() throws {
    try withProgram(["p.xml": smallPage, "bad.xml": smallPage.replacing("Negate", with: "Negat")]) { (program) throws in
      let good = try program.run("check", "p.xml")
      #expect((good.status, good.output, good.errors) == (0, "p.xml: 3 blocks, 3 wires, no mistakes\n", ""))
      #expect(try program.run("check", "--json", "p.xml").output == #"{"page":"p.xml","diagnostics":[]}"# + "\n")
      let bad = try program.run("check", "--json", "bad.xml")
      #expect(bad.status == 65)
      #expect(bad.output.hasPrefix(#"{"page":"bad.xml","diagnostics":[{"id":"E0201","severity":"error","message":"there is no block type `Negat`","#))
      #expect(bad.errors == "")
    }
  }

  @Test func test() throws {
    try withProgram(["p.xml": smallPage, "faulty.xml": faultyPage, "unmet.xml": smallPage.replacing("0 0 0", with: "0 1 0")]) { (program) throws in
      let good = try program.run("test", "p.xml")
      #expect((good.status, good.output, good.errors) == (0, "p.xml: 1 of 1 expectations met\n", ""))
      let unmet = try program.run("test", "unmet.xml")
      #expect(unmet.status == 1)
      #expect(unmet.output == "unmet.xml: 0 of 1 expectations met\n")
      #expect(unmet.errors.hasPrefix("unmet.xml:8:3: error[E0501]: `s` is 0 at [1], expected 1\n"))
      let faulty = try program.run("test", "faulty.xml")
      #expect(faulty.status == 1)
      #expect(faulty.output == "faulty.xml: 0 of 2 expectations met\n")
      let nothing = try program.run("test", "-", input: "<page/>")
      #expect(nothing.status == 0)
      #expect(nothing.errors.hasPrefix("warning[W0503]: - expects nothing"))
    }
  }

  @Test func expectationsByCycle() throws {
    let page = smallPage.replacing("<expect of", with: "<expect cycle=\"3\" of")
    try withProgram(["p.xml": page]) { (program) throws in #expect(try program.run("test", "p.xml").output == "p.xml: 1 of 1 expectations met\n") }
  }

  @Test func show() throws {
    try withProgram(["p.xml": smallPage, "bad.xml": faultyPage.replacing("int32", with: "int23")]) { (program) throws in
      #expect(
        try program.run("show", "p.xml").output == """
          block  type    inputs                                       outputs
          a      Const   val <- [1, 2, 3]                             output: float [3]
          n      Negate  x <- a.output float [3]                      y: float [3]
          s      Add     x <- a.output float [3]; y <- n.y float [3]  z: float [3]

          """)
      let plan = try program.run("show", "--plan", "p.xml").output
      #expect(plan.contains("0     once  n      negate  float [3] const"))
      #expect(plan.hasSuffix("\n2 steps, arena 128 bytes, constants 12 bytes\n"))
      #expect(try program.run("show", "--json", "p.xml").output.hasPrefix(#"{"page":"p.xml","blocks":{"a":{"type":"Const","inputs":"#))
      #expect(try program.run("show", "bad.xml").status == 65)
    }
  }

  @Test func blocks() throws {
    try withProgram { (program) throws in
      let list = try program.run("blocks")
      #expect(list.status == 0)
      #expect(list.output.contains("MatMul"))
      let one = try program.run("blocks", "MatMul")
      #expect(one.output.hasPrefix("MatMul\n"))
      #expect(one.output.contains("transpose_a"))
      let unknown = try program.run("blocks", "MatMull")
      #expect(unknown.status == 64)
      #expect(unknown.errors == "error[E0201]: there is no block type `MatMull`\nhelp: did you mean `MatMul`?\n")
      #expect(try program.run("blocks", "--json").output.hasPrefix("["))
    }
  }

  @Test func howToBegin() throws {
    try withProgram { (program) throws in
      let bare = try program.run()
      #expect(bare.status == 0)
      // The page it shows runs.
      let lines = bare.output.split(separator: "\n", omittingEmptySubsequences: false)
      let first = try #require(lines.firstIndex { $0.contains("<page ") })
      let last = try #require(lines.firstIndex { $0.contains("</page>") })
      #expect(try program.run("run", "-", input: lines[first...last].joined(separator: "\n")).output.contains("[11, 12, 13]"))
      #expect(try program.run("--help").output.contains("SUBCOMMANDS"))
      #expect(try program.run("run", "--help").status == 0)
      #expect(try program.run("--version").output.hasPrefix("enuflow "))
    }
  }

  @Test func wrongUsage() throws {
    try withProgram(["p.xml": smallPage]) { (program) throws in
      for arguments in [["run"], ["run", "p.xml", "--cycles", "0"], ["run", "p.xml", "--cycles", "x"], ["fly"], ["run", "--fly", "p.xml"]] {
        #expect(try program.outcome(of: program.start(arguments)).status == 64, "\(arguments)")
      }
      for command in ["run", "check", "test", "show"] {
        let missing = try program.run(command, "none.xml")
        #expect(missing.status == 66)
        #expect(missing.errors.hasPrefix("none.xml:1:1: error[E0001]: there is no file"))
        #expect(try program.run(command, ".").status == 66)
      }
    }
  }

  #if os(Linux)
    /// What the program prints on a terminal.
    private func onTerminal(_ program: Program, _ arguments: [String], environment: [String: String]) throws -> String {
      var main: Int32 = -1
      var terminal: Int32 = -1
      try #require(openpty(&main, &terminal, nil, nil, nil) == 0)
      let output = FileHandle(fileDescriptor: terminal, closeOnDealloc: true)
      let process = try program.start(arguments, environment: environment, output: output)
      _ = try program.outcome(of: process)
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(main, &bytes, bytes.count)
      close(main)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Some containers have no terminals to give.
    private static let hasTerminals: Bool = {
      var main: Int32 = -1
      var terminal: Int32 = -1
      guard openpty(&main, &terminal, nil, nil, nil) == 0 else { return false }
      close(main)
      close(terminal)
      return true
    }()

    @Test(.enabled(if: hasTerminals, "this system gives no pseudo-terminal")) func colourOnATerminalOnly() throws {
      try withProgram(["p.xml": smallPage]) { (program) throws in
        #expect(try program.run("run", "p.xml").output.contains("\u{1B}") == false)
        #expect(try onTerminal(program, ["run", "p.xml"], environment: ["NO_COLOR": ""]).contains("\u{1B}[1m"))
        #expect(try onTerminal(program, ["run", "p.xml"], environment: ["NO_COLOR": "1"]).contains("\u{1B}") == false)
      }
    }
  #endif
}
