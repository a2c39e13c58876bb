import Compile
import Diagnostics
import TensorCore

/// The state of a run as a file: the cycle, the variables, and what blocks keep besides (random streams).
extension Session {
  /// Everything that lasts from cycle to cycle. The tensors lie in the session's memory: the next cycle changes them.
  func checkpoint() throws(DiagnosticError) -> TensorFile {
    try prepare()
    var file = TensorFile()
    if let number = Tensor([Int64(cycle)])?.reshaped(.scalar) { file.sections.append(.init(.run, "cycle", number)) }
    for variable in plan.variables where !variable.isTemporary {
      if let tensor = tensor(Int(variable.slot)) { file.sections.append(.init(.variable, name(variable.block), tensor)) }
    }
    for kept in plan.states {
      let words = blockStates.words(ofBlock: Int(kept.block)) ?? []
      if let tensor = Tensor(words.map(Int64.init(bitPattern:))) { file.sections.append(.init(.words, name(kept.block), tensor)) }
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
      guard let tensor = file.tensor(.variable, self.name(variable.block)) else { continue }
      (state.base + variable.offset).copyMemory(from: tensor.storage.base, byteCount: variable.byteCount)
    }
    for kept in plan.states {
      let words = file.tensor(.words, self.name(kept.block))?.elements(as: Int64.self) ?? []
      _ = blockStates.setWords(words.map(UInt64.init(bitPattern:)), ofBlock: Int(kept.block))
    }
    cycle = Int(saved)
  }

  /// What keeps a checkpoint from fitting the page.
  private func differences(_ file: TensorFile, _ name: String) -> [Diagnostic] {
    var wanted: [(kind: TensorFile.Kind, block: Int32, dtype: DType, shape: Shape)] = []
    for variable in plan.variables where !variable.isTemporary {
      let slot = plan.slots[Int(variable.slot)]
      if let shape = slot.shape.known { wanted.append((.variable, variable.block, slot.dtype, shape)) }
    }
    for kept in plan.states { wanted.append((.words, kept.block, .int64, [kept.words.count])) }
    var diagnostics: [Diagnostic] = []
    func differ(_ message: String, block: Int32? = nil) {
      diagnostics.append(
        Diagnostic(
          .checkpointMismatch, "\(message) in checkpoint `\(name)`",
          at: block.map { graph.page.source.location(of: graph.page.blocks[Int($0)].range) }, block: block.map { self.name($0) }))
    }
    func what(_ kind: TensorFile.Kind) -> String { kind == .variable ? "variable" : "random stream" }
    var saved: [String: Tensor] = [:]
    func key(_ kind: TensorFile.Kind, _ name: String) -> String { "\(kind.rawValue) \(name)" }
    for section in file.sections where section.kind == .variable || section.kind == .words {
      if saved.updateValue(section.tensor, forKey: key(section.kind, section.name)) != nil {
        differ("\(what(section.kind)) `\(section.name)` is there twice")
      }
    }
    for (kind, block, dtype, shape) in wanted {
      let name = self.name(block)
      guard let tensor = saved.removeValue(forKey: key(kind, name)) else {
        differ("\(what(kind)) `\(name)` is not", block: block)
        continue
      }
      if tensor.dtype != dtype || tensor.shape != shape {
        differ("\(what(kind)) `\(name)` is \(dtype) \(shape) here and \(tensor.dtype) \(tensor.shape)", block: block)
      }
    }
    for section in file.sections where saved.removeValue(forKey: key(section.kind, section.name)) != nil {
      differ("the page has no \(what(section.kind)) `\(section.name)`, but there is one")
    }
    return diagnostics
  }

  private func name(_ block: Int32) -> String { graph.page.displayName(ofBlock: Int(block)) }
}
