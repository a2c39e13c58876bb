import CKernelABI

/// Between complex numbers and their parts.
func visitComplexParts(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("complex") { call in
    call.dtype(0) == Code.float
      ? mapBinary(call) { (x: Float, y: Float) in ComplexNumber(x, y) } : mapBinary(call) { (x: Double, y: Double) in ComplexNumber(x, y) }
  }
  visit("realPart") { call in
    parts(call) {
      $0.real
    } _: {
      $0.real
    }
  }
  visit("imaginaryPart") { call in
    parts(call) {
      $0.imaginary
    } _: {
      $0.imaginary
    }
  }
  visit("magnitude") { call in
    parts(call) {
      $0.magnitude
    } _: {
      $0.magnitude
    }
  }
  visit("conjugate") { call in
    call.dtype(0) == Code.complex64
      ? mapUnary(call) { (x: ComplexNumber<Float>) in x.conjugate } : mapUnary(call) { (x: ComplexNumber<Double>) in x.conjugate }
  }
}

@inline(__always)
private func parts(_ call: Call, _ float: (ComplexNumber<Float>) -> Float, _ double: (ComplexNumber<Double>) -> Double) -> Int32 {
  call.dtype(0) == Code.complex64 ? mapUnary(call, float) : mapUnary(call, double)
}
