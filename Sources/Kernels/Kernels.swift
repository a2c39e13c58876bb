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
  visitScatter(visit)
  visitSliceTuples(visit)
  visitScan(visit)
}

typealias Call = UnsafePointer<ef_call>

extension UnsafePointer<ef_call> {
  /// Input `index`, or output `index - input_count`.
  @inline(__always) func buffer<Element>(_ index: Int, _: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
    pointee.buffers[index].assumingMemoryBound(to: Element.self)
  }

  @inline(__always) func output<Element>(_ index: Int = 0, _: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
    buffer(Int(pointee.input_count) &+ index)
  }

  @inline(__always) func count(_ index: Int) -> Int { Int(pointee.counts[index]) }
  @inline(__always) func parameter(_ index: Int) -> Int { Int(pointee.parameters[index]) }
  @inline(__always) func dtype(_ index: Int) -> UInt8 { pointee.dtypes[index] }
  @inline(__always) func layout(_ index: Int) -> Int { Int(pointee.layout[index]) }
}

/// TensorFlow's dtype numbers, as ``ef_call/dtypes`` has them.
enum Code {
  @inline(__always) static var float: UInt8 { 1 }
  @inline(__always) static var double: UInt8 { 2 }
  @inline(__always) static var int32: UInt8 { 3 }
  @inline(__always) static var uint8: UInt8 { 4 }
  @inline(__always) static var int16: UInt8 { 5 }
  @inline(__always) static var int8: UInt8 { 6 }
  @inline(__always) static var string: UInt8 { 7 }
  @inline(__always) static var int64: UInt8 { 9 }
  @inline(__always) static var bool: UInt8 { 10 }
  @inline(__always) static var uint16: UInt8 { 17 }
}

@inline(__always) var ok: Int32 { 0 }
@inline(__always) var divisionByZero: Int32 { 1 }
@inline(__always) var indexOutOfRange: Int32 { 2 }
@inline(__always) var unsupported: Int32 { 3 }
@inline(__always) var counterLimit: Int32 { 4 }
@inline(__always) var badDistribution: Int32 { 5 }
@inline(__always) var noSample: Int32 { 6 }
@inline(__always) var badHyperparameter: Int32 { 7 }
