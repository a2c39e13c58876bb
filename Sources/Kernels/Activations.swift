import CKernelABI

// The activation functions and their gradients, element by element.

func visitActivations(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("relu") { numericUnary($0, Rectified.self) }
  visit("relu6") { numericUnary($0, RectifiedTo6.self) }
  visit("reluGrad") { numericBinary($0, RectifiedGradient.self) }
  visit("relu6Grad") { numericBinary($0, RectifiedTo6Gradient.self) }
  visit("elu") { floatUnary($0, ExponentialLinear.self) }
  visit("selu") { floatUnary($0, ScaledExponentialLinear.self) }
  visit("softplus") { floatUnary($0, Softplus.self) }
  visit("softsign") { floatUnary($0, Softsign.self) }
  visit("expm1") { floatUnary($0, ExponentialMinusOne.self) }
  visit("log1p") { floatUnary($0, LogarithmOnePlus.self) }
  visit("reciprocal") { floatUnary($0, Reciprocal.self) }
  visit("rsqrt") { floatUnary($0, ReciprocalSquareRoot.self) }
  visit("eluGrad") { floatBinary($0, ExponentialLinearGradient.self) }
  visit("seluGrad") { floatBinary($0, ScaledExponentialLinearGradient.self) }
  visit("softplusGrad") { floatBinary($0, SoftplusGradient.self) }
  visit("softsignGrad") { floatBinary($0, SoftsignGradient.self) }
  visit("sigmoidGrad") { floatBinary($0, SigmoidGradient.self) }
  visit("tanhGrad") { floatBinary($0, TanhGradient.self) }
  visit("sqrtGrad") { floatBinary($0, SquareRootGradient.self) }
  visit("rsqrtGrad") { floatBinary($0, ReciprocalSquareRootGradient.self) }
  visit("reciprocalGrad") { floatBinary($0, ReciprocalGradient.self) }
}

protocol FloatBinary {
  static func apply<T: KernelFloat>(_ x: T, _ y: T) -> T
}

@inline(__always)
func floatBinary<Op: FloatBinary>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapBinary(call) { (x: Float, y: Float) in Op.apply(x, y) }
  case Code.double: mapBinary(call) { (x: Double, y: Double) in Op.apply(x, y) }
  default: unsupported
  }
}

/// What generic kernels of floats need beyond ``KernelNumber``.
protocol KernelFloat: KernelNumber, Transcendental {
  static var half: Self { get }
  /// The constants of Selu: its scale, and its scale times its alpha.
  static var seluScale: Self { get }
  static var seluSlope: Self { get }
  static func divide(_ a: Self, _ b: Self) -> Self
  /// The sum of a row, added as ``Reduction`` does.
  static func rowSum(_ x: UnsafePointer<Self>, _ count: Int) -> Self
  /// The greatest element that is no NaN, -inf when there is none.
  static func rowMaximum(_ x: UnsafePointer<Self>, _ count: Int) -> Self
}

extension Float: KernelFloat {
  @inline(__always) static var half: Float { 0.5 }
  @inline(__always) static var seluScale: Float { 1.0507009873554804934193349852946 }
  @inline(__always) static var seluSlope: Float { 1.7580993408473768599402175208123 }
  @inline(__always) static func divide(_ a: Float, _ b: Float) -> Float { a / b }
  static func rowSum(_ x: UnsafePointer<Float>, _ count: Int) -> Float { count == 0 ? 0 : Reduction<FloatSum>.row(x, count) }

  static func rowMaximum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var most = -Float.infinity
    var i = 0
    if count >= 16 {
      var lanes = SIMD16<Float>(repeating: -.infinity)
      while i &+ 16 <= count {
        let next = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<Float>.self)
        lanes.replace(with: next, where: next .> lanes)
        i &+= 16
      }
      var lane = 0
      while lane < 16 {
        most = lanes[lane] > most ? lanes[lane] : most
        lane &+= 1
      }
    }
    while i < count {
      most = x[i] > most ? x[i] : most
      i &+= 1
    }
    return most
  }
}

extension Double: KernelFloat {
  @inline(__always) static var half: Double { 0.5 }
  @inline(__always) static var seluScale: Double { 1.0507009873554804934193349852946 }
  @inline(__always) static var seluSlope: Double { 1.7580993408473768599402175208123 }
  @inline(__always) static func divide(_ a: Double, _ b: Double) -> Double { a / b }
  static func rowSum(_ x: UnsafePointer<Double>, _ count: Int) -> Double { count == 0 ? 0 : Reduction<DoubleSum>.row(x, count) }

  static func rowMaximum(_ x: UnsafePointer<Double>, _ count: Int) -> Double {
    var most = -Double.infinity
    var i = 0
    if count >= 8 {
      var lanes = SIMD8<Double>(repeating: -.infinity)
      while i &+ 8 <= count {
        let next = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self)
        lanes.replace(with: next, where: next .> lanes)
        i &+= 8
      }
      var lane = 0
      while lane < 8 {
        most = lanes[lane] > most ? lanes[lane] : most
        lane &+= 1
      }
    }
    while i < count {
      most = x[i] > most ? x[i] : most
      i &+= 1
    }
    return most
  }
}

// MARK: Rectifiers

enum Rectified: NumericUnary {
  @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.maximum(x, T.small(0)) }
}

enum RectifiedTo6: NumericUnary {
  @inline(__always) static func apply<T: KernelNumber>(_ x: T) -> T { T.minimum(T.maximum(x, T.small(0)), T.small(6)) }
}

/// TensorFlow multiplies by 0 or 1, so that an infinite gradient becomes NaN where nothing passes, and a subnormal one 0 where all does.
enum RectifiedGradient: NumericBinary {
  @inline(__always) static func apply<T: KernelNumber>(_ gradient: T, _ x: T) -> T {
    T.less(T.small(0), x) && !T.equal(gradient, T.small(0)) ? gradient : T.multiply(gradient, T.small(0))
  }
}

enum RectifiedTo6Gradient: NumericBinary {
  @inline(__always) static func apply<T: KernelNumber>(_ gradient: T, _ x: T) -> T {
    T.less(x, T.small(6)) ? RectifiedGradient.apply(gradient, x) : T.multiply(gradient, T.small(0))
  }
}

// MARK: Exponentials

/// `x` from 0 on, exp(x) - 1 below.
enum ExponentialLinear: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { x < 0 ? ExponentialMinusOne.apply(x) : x }
  @inline(__always) static func apply(_ x: Double) -> Double { x < 0 ? ExponentialMinusOne.apply(x) : x }
}

enum ScaledExponentialLinear: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { x < 0 ? Float.seluSlope * ExponentialMinusOne.apply(x) : Float.seluScale * x }
  @inline(__always) static func apply(_ x: Double) -> Double { x < 0 ? Double.seluSlope * ExponentialMinusOne.apply(x) : Double.seluScale * x }
}

/// log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)).
enum Softplus: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { (x < 0 ? 0 : x) + LogarithmOnePlus.apply(Exponential.apply(-x.magnitude)) }
  @inline(__always) static func apply(_ x: Double) -> Double { (x < 0 ? 0 : x) + LogarithmOnePlus.apply(Exponential.apply(-x.magnitude)) }
}

enum Softsign: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { x / (x.magnitude + 1) }
  @inline(__always) static func apply(_ x: Double) -> Double { x / (x.magnitude + 1) }
}

enum Reciprocal: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { 1 / x }
  @inline(__always) static func apply(_ x: Double) -> Double { 1 / x }
}

enum ReciprocalSquareRoot: FloatUnary {
  @inline(__always) static func apply(_ x: Float) -> Float { 1 / ef_sqrtf(x) }
  @inline(__always) static func apply(_ x: Double) -> Double { 1 / ef_sqrt(x) }
}

// MARK: Gradients, in TensorFlow's order of operations

/// From the gradient and the activation's result.
enum ExponentialLinearGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ gradient: T, _ y: T) -> T {
    T.less(y, T.small(0)) ? T.multiply(T.add(y, T.small(1)), gradient) : gradient
  }
}

enum ScaledExponentialLinearGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ gradient: T, _ y: T) -> T {
    T.less(y, T.small(0)) ? T.multiply(gradient, T.add(y, T.seluSlope)) : T.multiply(gradient, T.seluScale)
  }
}

/// From the gradient and the activation's operand.
enum SoftplusGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ gradient: T, _ x: T) -> T {
    T.divide(gradient, T.add(T.exponential(T.negate(x)), T.small(1)))
  }
}

enum SoftsignGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ gradient: T, _ x: T) -> T {
    let denominator = T.add(T.abs(x), T.small(1))
    return T.divide(gradient, T.multiply(denominator, denominator))
  }
}

/// From a function's result and the gradient.
enum SigmoidGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ gradient: T) -> T {
    T.multiply(T.multiply(gradient, y), T.subtract(T.small(1), y))
  }
}

enum TanhGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ gradient: T) -> T {
    T.multiply(gradient, T.subtract(T.small(1), T.multiply(y, y)))
  }
}

/// The gradient 0 gives 0 in these three, whatever the result was.
enum SquareRootGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ gradient: T) -> T {
    T.equal(gradient, T.small(0)) ? T.small(0) : T.divide(T.multiply(T.half, gradient), y)
  }
}

enum ReciprocalSquareRootGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ gradient: T) -> T {
    let product = T.multiply(T.multiply(T.negate(T.half), T.multiply(gradient, y)), T.multiply(y, y))
    return T.equal(gradient, T.small(0)) ? T.small(0) : product
  }
}

enum ReciprocalGradient: FloatBinary {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ gradient: T) -> T {
    T.equal(gradient, T.small(0)) ? T.small(0) : T.multiply(T.multiply(T.negate(y), y), gradient)
  }
}
