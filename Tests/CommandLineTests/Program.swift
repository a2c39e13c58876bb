import Foundation
import Testing

/// The `enuflow` program, built beside the tests.
struct Program {
  /// What a run of the program left behind.
  struct Outcome {
    var status: Int32
    var output: String
    var errors: String
  }

  static let url: URL? = {
    var folders = [Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
    if let first = CommandLine.arguments.first { folders.append(URL(fileURLWithPath: first).deletingLastPathComponent()) }
    folders += Bundle.allBundles.map { $0.bundleURL.deletingLastPathComponent() }
    return folders.map { $0.appendingPathComponent("enuflow") }.first { url in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }
  }()

  /// A folder of its own for the files of one test; removed at the end.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("enuflow-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func write(_ text: String, _ name: String) throws { try write(Array(text.utf8), name) }
  func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
  func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }

  /// Starts the program in the folder. The streams are files, so that nothing blocks.
  func start(_ arguments: [String], input: String = "", environment: [String: String] = [:], output: FileHandle? = nil) throws -> Process {
    let process = Process()
    process.executableURL = try #require(Program.url)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try write(input, ".input")
    try write("", ".output")
    try write("", ".errors")
    process.standardInput = try FileHandle(forReadingFrom: folder.appendingPathComponent(".input"))
    process.standardOutput = try output ?? FileHandle(forWritingTo: folder.appendingPathComponent(".output"))
    process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent(".errors"))
    try process.run()
    return process
  }

  func outcome(of process: Process) throws -> Outcome {
    let end = Date(timeIntervalSinceNow: 60)
    while process.isRunning, Date() < end { Thread.sleep(forTimeInterval: 0.002) }
    if process.isRunning {
      Issue.record("the program does not end")
      kill(process.processIdentifier, SIGKILL)
    }
    process.waitUntilExit()
    // A trap is told as the number of its signal, which no exit code is.
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    let (output, errors) = (try read(".output"), try read(".errors"))
    return Outcome(status: status, output: String(decoding: output, as: UTF8.self), errors: String(decoding: errors, as: UTF8.self))
  }

  @discardableResult
  func run(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws -> Outcome {
    try outcome(of: start(arguments, input: input, environment: environment))
  }
}

/// Runs the program in a folder that holds these files.
func withProgram<Result>(_ files: [String: String] = [:], _ body: (Program) throws -> Result) throws -> Result {
  let program = try Program()
  defer { program.remove() }
  for (name, text) in files { try program.write(text, name) }
  return try body(program)
}

/// Three blocks: 1 2 3, its negative, and their sum.
let smallPage = """
  <page>
    <block id="a" type="Const"><pin name="val">1 2 3</pin></block>
    <block id="n" type="Negate"/>
    <block id="s" type="Add"/>
    <wire from="a" to="n.x"/>
    <wire from="a" to="s.x"/>
    <wire from="n" to="s.y"/>
    <expect of="s">0 0 0</expect>
  </page>
  """

/// Fails in every cycle.
let faultyPage = """
  <page>
    <block id="a" type="Const"><pin name="val" dtype="int32">1 2</pin></block>
    <block id="d" type="FloorDiv"><pin name="y">0</pin></block>
    <wire from="a" to="d.x"/>
    <expect of="d">1</expect>
    <expect of="a">1 2</expect>
  </page>
  """
