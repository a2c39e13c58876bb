import Compile
import Diagnostics
import TensorCore

extension Session {
  /// Goes on where a session of an earlier version of the page is: with its cycle, its variables and its random streams.
  ///
  /// A variable is kept when its name, dtype and shape agree and the value that the page gives it first is still the same, a random stream
  /// when its block begins as it did. Everything else begins as the page says. The other session must be between two cycles.
  ///
  /// - Returns: The names of the blocks whose state could not be kept.
  @discardableResult public func goOn(from old: Session) throws(DiagnosticError) -> [String] {
    try prepare()
    var theirs: [String: Plan.Variable] = [:]
    for variable in old.plan.variables where !variable.isTemporary { theirs[old.graph.name(ofBlock: Int(variable.block))] = variable }
    var lost: [String] = []
    for variable in plan.variables where !variable.isTemporary {
      let name = graph.name(ofBlock: Int(variable.block))
      guard let other = theirs[name], let value = old.tensor(Int(other.slot)), let mine = tensor(Int(variable.slot)), value.dtype == mine.dtype,
        value.shape == mine.shape, beginsAlike(variable, old, other)
      else {
        lost.append(name)
        continue
      }
      let moved = value.moved(into: graph.pool)
      mine.storage.base.copyMemory(from: moved.storage.base, byteCount: mine.count * mine.dtype.byteCount)
    }
    var streams: [String: Plan.State] = [:]
    for stream in old.plan.states { streams[old.graph.name(ofBlock: Int(stream.block))] = stream }
    for stream in plan.states {
      let name = graph.name(ofBlock: Int(stream.block))
      if let other = streams[name], other.words == stream.words, let words = old.blockStates.words(ofBlock: Int(other.block)),
        blockStates.setWords(words, ofBlock: Int(stream.block))
      {
        continue
      }
      lost.append(name)
    }
    cycle = old.cycle
    return lost
  }

  /// Whether a variable gets the same first value in both pages, as far as that is written in them.
  private func beginsAlike(_ variable: Plan.Variable, _ old: Session, _ other: Plan.Variable) -> Bool {
    guard let mine = variable.initial.flatMap({ tensor(Int($0)) }), let theirs = other.initial.flatMap({ old.tensor(Int($0)) }) else {
      return (variable.initial == nil) == (other.initial == nil)
    }
    return mine.shape == theirs.shape && mine.hasSameBits(as: theirs)
  }
}
