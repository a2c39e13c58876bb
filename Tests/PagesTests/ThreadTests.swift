import Compile
import Page
import Run
import TensorCore
import Testing

/// The pages that we ship are small: they give the same bits with any number of threads, and none of them makes a second one.
@Suite struct ThreadTests {
  @Test(arguments: files(below: "Pages", ending: ".xml")) func shippedPage(_ path: String) throws {
    let (page, found) = PageReader.read(try bytes(of: path), name: path)
    let compilation = Compiler().compile(try #require(page), found: found)
    // A page that waits for a feed does not run.
    guard compilation.plan != nil, let expected = try? results(compilation, threads: 1) else { return }
    for threads in [2, 7] {
      let other = try results(compilation, threads: threads)
      #expect(expected.count == other.count)
      #expect(zip(expected, other).allSatisfy { $0.hasSameBits(as: $1) }, "\(threads) threads")
    }
  }

  private func results(_ compilation: Compilation, threads: Int) throws -> [Tensor] {
    let session = try Session(compilation, threads: threads)
    for _ in 0..<2 { try session.runCycle() }
    #expect(session.workerCount == 0)
    return session.results().flatMap(\.results).flatMap { result in
      switch result.value {
      case .tensor(let tensor): [tensor]
      case .list(let tensors): tensors
      }
    }
  }
}
