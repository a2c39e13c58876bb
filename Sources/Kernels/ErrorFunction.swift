import CKernelABI

func visitErrorFunction(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("erf") { call in
    switch call.dtype(0) {
    case Code.float: mapUnary(call) { (x: Float) in ErrorFunction.apply(x) }
    case Code.double: mapUnary(call) { (x: Double) in ErrorFunction.apply(x) }
    default: unsupported
    }
  }
}

enum ErrorFunction {
  /// x times one polynomial of x² up to 3.92, where the result is 1.
  @inline(__always)
  static func apply(_ x: Float) -> Float {
    let magnitude = x.magnitude > 3.924 ? 3.924 : Double(x.magnitude)
    let u = (magnitude * magnitude - 7.75) * 0x1.0842108421084p-3
    // The even and the odd powers are two chains that the processor computes side by side.
    let square = u * u
    var odd: Double = -0x1.6bd06823a5dcbp-13
    odd = odd * square - 0x1.298705c95c4efp-12
    odd = odd * square - 0x1.3360d8959d4a2p-9
    odd = odd * square - 0x1.e2399765fcbecp-8
    odd = odd * square - 0x1.52ee5d22ae9d0p-6
    odd = odd * square - 0x1.67db4978eb14ap-5
    odd = odd * square - 0x1.2fe457b59d2c2p-4
    odd = odd * square - 0x1.bdf34ac4b533ep-4
    odd = odd * square - 0x1.6f4db92d5e8e2p-3
    var even: Double = 0x1.bfe07aaa690c6p-12
    even = even * square + 0x1.31698c465173ep-11
    even = even * square + 0x1.2d0bfd963ac47p-8
    even = even * square + 0x1.9b7d5789b946ap-7
    even = even * square + 0x1.febd565dd650ep-6
    even = even * square + 0x1.dfa8a394d47d7p-5
    even = even * square + 0x1.72e88f804a44fp-4
    even = even * square + 0x1.118c87d4bcd45p-3
    even = even * square + 0x1.6fcd22b6ed7b7p-2
    let y = Float(magnitude * (even + u * odd))
    return x != x ? x : Float.signed(y > 1 ? 1 : y, like: x)
  }

  /// A polynomial below 1, the complement of the complement beyond.
  @inline(__always)
  static func apply(_ x: Double) -> Double {
    let magnitude = x.magnitude
    let z = magnitude * magnitude
    let bounded = magnitude > 6 ? 6 : magnitude
    // The sum's second part would be subnormal for the smallest numbers.
    let near = magnitude < 0x1p-900 ? magnitude * 0x1.20dd750429b6dp0 : magnitude + magnitude * nearSlope(z)
    let y = magnitude < 1 ? near : 1 - Exponential.apply(-bounded * bounded) * scaledComplement(bounded)
    return x != x ? x : Double.signed(y, like: x)
  }

  /// erf(x) / x - 1 for x below 1, by its square.
  @inline(__always)
  static func nearSlope(_ z: Double) -> Double {
    var p: Double = 0x1.05ffd737fb32ep-34
    p = p * z - 0x1.389d4f2641625p-30
    p = p * z + 0x1.f7b4bf3b13964p-27
    p = p * z - 0x1.5f1ecb6f0764cp-23
    p = p * z + 0x1.b9df224ca4b97p-20
    p = p * z - 0x1.f4d1e3183f7aep-17
    p = p * z + 0x1.f9a321d5b8e1ep-14
    p = p * z - 0x1.c02db3dac435fp-11
    p = p * z + 0x1.565bcd0dbaa38p-8
    p = p * z - 0x1.b82ce31284e00p-6
    p = p * z + 0x1.ce2f21a042b30p-4
    p = p * z - 0x1.812746b0379e6p-2
    return p * z + 0x1.06eba8214db69p-3
  }

  /// exp(x²) erfc(x) for x from 0.45 to 28: with (x - 4) / (x + 4), times 1 + 2x it is nearly constant.
  @inline(__always)
  static func scaledComplement(_ x: Double) -> Double {
    let t = (x - 4) / (x + 4)
    var p: Double = -0x1.70be526c23573p-27
    p = p * t - 0x1.a5e22cb77c1ecp-27
    p = p * t + 0x1.c935ed14f9ef4p-24
    p = p * t + 0x1.2080af3ce8f12p-24
    p = p * t - 0x1.ba258f4ae94a7p-21
    p = p * t + 0x1.4177223a40005p-22
    p = p * t + 0x1.7f2643c92dd4dp-18
    p = p * t - 0x1.78a2ca33db1ecp-17
    p = p * t - 0x1.995a3c1460d3ap-16
    p = p * t + 0x1.3be0d0726b1d5p-13
    p = p * t - 0x1.a1df1591806ffp-13
    p = p * t - 0x1.8d4aa11b5bdc2p-11
    p = p * t + 0x1.49c67268fdc06p-8
    p = p * t - 0x1.0962387e0d2a4p-6
    p = p * t + 0x1.3079edf6f5ae3p-5
    p = p * t - 0x1.0fb06dfe6930bp-4
    p = p * t + 0x1.7fee004e0ea67p-4
    p = p * t - 0x1.9ddb23c3e7e3cp-4
    p = p * t + 0x1.16ecefcfa5541p-4
    p = p * t + 0x1.f7f5df66fd59ep-7
    p = p * t - 0x1.1df1ad154a290p-3
    p = p * t + 0x1.3ba5916e9fd7fp0
    return p / (1 + 2 * x)
  }
}
