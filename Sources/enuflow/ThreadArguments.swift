import ArgumentParser
import Run

/// How many threads compute.
struct ThreadArguments: ParsableArguments {
  @Option(help: "Use at most this many threads, 1 to \(Session.mostThreads). Without it: as many as there are processors.")
  var threads: Int?

  func validate() throws {
    if let threads, !(1...Session.mostThreads).contains(threads) {
      throw ValidationError("--threads must be from 1 to \(Session.mostThreads)")
    }
  }
}
