import CKernelABI

/// Calls `visit` with the name and the function of every kernel of this module.
///
/// Each file of kernels has one such function of its own; this one walks through them.
public func visitKernels(_ visit: (StaticString, ef_kernel) -> Void) {
  visitArithmetic(visit)
  visitArrayMoves(visit)
  visitAddN(visit)
  visitReduce(visit)
  visitMatMul(visit)
  visitDivision(visit)
  visitRounding(visit)
  visitComparison(visit)
  visitCast(visit)
  visitFakeQuant(visit)
  visitTranscendental(visit)
  visitPower(visit)
  visitAngles(visit)
  visitArcTangent(visit)
  visitErrorFunction(visit)
  visitActivations(visit)
  visitSoftmax(visit)
  visitTopK(visit)
  visitBias(visit)
  visitFilling(visit)
  visitExtremes(visit)
  visitState(visit)
  visitTraining(visit)
  visitRandomFill(visit)
  visitRandomSample(visit)
}
