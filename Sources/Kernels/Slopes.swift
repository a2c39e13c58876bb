import CKernelABI

/// The gradients of functions whose slope follows from their result.
func visitSlopes(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("tanhGradient") { slope($0, TanhSlope.self) }
  visit("sigmoidGradient") { slope($0, SigmoidSlope.self) }
  visit("sqrtGradient") { slope($0, SqrtSlope.self) }
}

/// The constants and the quotient that the slopes need of a floating-point type.
protocol KernelFloat: KernelNumber {
  static var one: Self { get }
  static var zero: Self { get }
  static var half: Self { get }
  static func divide(_ a: Self, _ b: Self) -> Self
}

extension Float: KernelFloat {
  @inline(__always) static var one: Float { 1 }
  @inline(__always) static var half: Float { 0.5 }
  @inline(__always) static func divide(_ a: Float, _ b: Float) -> Float { a / b }
}

extension Double: KernelFloat {
  @inline(__always) static var one: Double { 1 }
  @inline(__always) static var half: Double { 0.5 }
  @inline(__always) static func divide(_ a: Double, _ b: Double) -> Double { a / b }
}

/// What flows back where the result is `y` and the gradient for it `dy`.
private protocol Slope { static func apply<T: KernelFloat>(_ y: T, _ dy: T) -> T }

private enum TanhSlope: Slope {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ dy: T) -> T { T.multiply(dy, T.subtract(T.one, T.multiply(y, y))) }
}

private enum SigmoidSlope: Slope {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ dy: T) -> T { T.multiply(dy, T.multiply(y, T.subtract(T.one, y))) }
}

private enum SqrtSlope: Slope {
  @inline(__always) static func apply<T: KernelFloat>(_ y: T, _ dy: T) -> T {
    T.equal(dy, T.zero) ? T.zero : T.multiply(dy, T.divide(T.half, y))
  }
}

@inline(__always)
private func slope<Op: Slope>(_ call: Call, _: Op.Type) -> Int32 {
  switch call.dtype(0) {
  case Code.float: mapBinary(call) { (y: Float, dy: Float) in Op.apply(y, dy) }
  case Code.double: mapBinary(call) { (y: Double, dy: Double) in Op.apply(y, dy) }
  default: unsupported
  }
}
