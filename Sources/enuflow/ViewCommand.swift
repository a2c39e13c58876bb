import ArgumentParser
import Blocks
import Compile
import Diagnostics
import Live
import Page
import Run
import TensorCore

struct View: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at a page in the browser while it runs.",
    discussion: """
      Prints an address of this machine; open it in a browser. The page is run there cycle by cycle, and its file is watched: save it in your \
      editor, and the picture follows. With a folder its pages can be chosen from. Only this machine can connect, and only with the printed address. \
      Ctrl-C ends it.
      """)

  @OptionGroup var input: PageArguments

  @OptionGroup(title: "Files of the page") var files: FileArguments

  @Option(help: "The port; any free one when it is not given.")
  var port: Int = 0

  @Flag(name: .customLong("run"), help: "Run at once; otherwise one cycle is run, and the rest when you say so.")
  var runsAtOnce = false

  @OptionGroup var threading: ThreadArguments

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be between 0 and 65535") }
    if input.page == "-" { throw ValidationError("a page that is looked at must be a file") }
  }

  func run() throws {
    _ = try files.access(page: input.page)
    let files = files
    let options = LiveOptions(
      sets: input.set, feeds: try input.feeds(), seed: input.seed, keepsGoing: input.keepGoing, plan: try input.planOptions(),
      threads: threading.threads, runsAtOnce: runsAtOnce,
      access: { page in (try? files.access(page: page)) ?? FileAccess(page: page) })
    let server: LiveServer
    do throws(LiveServer.Failure) {
      server = try LiveServer(path: input.page, port: port, options: options)
    } catch {
      Output.report([Diagnostic(error.isMissingFile ? .fileUnreadable : .badArgument, error.message)])
      throw error.isMissingFile ? ExitStatus.missingFile : ExitStatus.usage
    }
    Output.print("\(server.address)\n")
    Interrupt.watch()
    Interrupt.wait()
    server.stop()
  }
}
