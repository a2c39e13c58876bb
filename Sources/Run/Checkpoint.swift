import Compile
import Diagnostics
import TensorCore

/// The state of a run as a file: the cycle, the variables, and whatever else lasts from cycle to cycle.
extension Session {
  /// Everything that lasts from cycle to cycle. The tensors lie in the session's memory: the next cycle changes them.
  func checkpoint() throws(DiagnosticError) -> TensorFile {
    try prepare()
    var file = TensorFile()
    if let number = Tensor([Int64(cycle)])?.reshaped(.scalar) { file.sections.append(.init(.run, "cycle", number)) }
    for variable in plan.variables where !variable.isTemporary {
      if let tensor = tensor(Int(variable.slot)) { file.sections.append(.init(.variable, name(variable), tensor)) }
    }
    return file
  }

  /// Writes a checkpoint. At any moment, also when the program is killed, the file is the old or the new one, whole.
  public func writeCheckpoint(_ path: String) throws(DiagnosticError) {
    let file = try checkpoint()
    do throws(WholeFile.Failure) {
      try WholeFile.replace(path, magic: TensorFile.magic) { (sink) throws(WholeFile.Failure) in try file.write(to: sink) }
    } catch {
      throw DiagnosticError(Diagnostic(.outputUnwritable, "checkpoint \(error.message)"))
    }
  }

  /// Reads a checkpoint and goes on from there, bit for bit as the run that wrote it. `name` stands in diagnostics.
  public func resume(_ bytes: [UInt8], name: String) throws(DiagnosticError) {
    let file: TensorFile
    do throws(FormatError) {
      file = try TensorFile.read(bytes, pool: graph.pool)
    } catch {
      throw DiagnosticError(Diagnostic(.tensorFile, "checkpoint `\(name)`: \(error.message) (byte \(error.offset))"))
    }
    try resume(file, name: name)
  }

  func resume(_ file: TensorFile, name: String) throws(DiagnosticError) {
    guard let number = file.tensor(.run, "cycle"), number.shape == .scalar, let saved = number.elements(as: Int64.self)?.first, saved >= 0,
      saved < Int64.max / 2
    else {
      throw DiagnosticError(
        Diagnostic(.tensorFile, "`\(name)` holds tensors, but is no checkpoint of a run", fix: "make one with `enuflow run --checkpoint FILE`"))
    }
    let differences = differences(file, name)
    if !differences.isEmpty { throw DiagnosticError(differences) }
    // First values that are shown, and what was computed for them, are as in the run that wrote it.
    try prepare()
    for variable in plan.variables where !variable.isTemporary {
      guard let tensor = file.tensor(.variable, self.name(variable)) else { continue }
      (state.base + variable.offset).copyMemory(from: tensor.storage.base, byteCount: variable.byteCount)
    }
    cycle = Int(saved)
  }

  /// What keeps a checkpoint from fitting the page.
  private func differences(_ file: TensorFile, _ name: String) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    func differ(_ message: String, block: Int? = nil) {
      diagnostics.append(
        Diagnostic(
          .checkpointMismatch, "\(message) in checkpoint `\(name)`", at: block.map { graph.page.source.location(of: graph.page.blocks[$0].range) },
          block: block.map { graph.page.displayName(ofBlock: $0) }))
    }
    var saved: [String: Tensor] = [:]
    for section in file.sections where section.kind == .variable {
      if saved.updateValue(section.tensor, forKey: section.name) != nil { differ("variable `\(section.name)` is there twice") }
    }
    for variable in plan.variables where !variable.isTemporary {
      let slot = plan.slots[Int(variable.slot)]
      guard let tensor = saved.removeValue(forKey: self.name(variable)) else {
        differ("variable `\(self.name(variable))` is not", block: Int(variable.block))
        continue
      }
      if tensor.dtype != slot.dtype || slot.shape.known != tensor.shape {
        differ(
          "variable `\(self.name(variable))` is \(slot.dtype) \(slot.shape) here and \(tensor.dtype) \(tensor.shape)", block: Int(variable.block))
      }
    }
    for section in file.sections where section.kind == .variable && saved[section.name] != nil {
      saved[section.name] = nil
      differ("the page has no variable `\(section.name)`, but there is one")
    }
    return diagnostics
  }

  private func name(_ variable: Plan.Variable) -> String { graph.page.displayName(ofBlock: Int(variable.block)) }
}
