import CKernelABI

/// Calls `visit` with the name and the function of every kernel of this module.
///
/// Its kernels are compiled once, for any processor of the architecture: vectors would gain little for them, and their bits are the same
/// everywhere by that alone. Some files are links to those of Kernels.
public func visitKernels(_ visit: (StaticString, ef_kernel) -> Void) {
  visitScatter(visit)
  visitSliceTuples(visit)
  visitScan(visit)
  visitGather(visit)
  visitUnique(visit)
  visitWhere(visit)
  visitEditDistance(visit)
  visitSpaceBlocks(visit)
  visitDiagonals(visit)
  visitRemainders(visit)
  visitElementary(visit)
  visitGamma(visit)
  visitZeta(visit)
  visitIncompleteGamma(visit)
  visitIncompleteBeta(visit)
  visitSegments(visit)
  visitBins(visit)
  visitQuantize(visit)
  visitQuantizedProducts(visit)
  visitRequantize(visit)
  visitComplexParts(visit)
  visitStridedMoves(visit)
  visitMirrorGradient(visit)
}

/// The same for kernels of dtypes that others of their name leave out: uint64 and complex numbers.
public func visitRareKernels(_ visit: (StaticString, ef_kernel) -> Void) {
  visitRareCast(visit)
  visitRareArithmetic(visit)
  visitRareReduce(visit)
  visitComplexFunctions(visit)
  visitComplexTrigonometry(visit)
}
