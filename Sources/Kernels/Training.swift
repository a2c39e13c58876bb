import CKernelABI

/// Kernels of the optimisers. The variables are inputs and are written in place; hyperparameters are scalars. Inputs are in the order of
/// the entries' pins, with the indices of the `sparse` kernels last.
///
/// The operations and their order are TensorFlow's, so that the bits are. The sparse kernels of some optimisers round otherwise than
/// the dense ones, and once more otherwise where each index stands for a single element.
func visitTraining(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("applyGradientDescent") { train($0, GradientDescent.self, isSparse: false) }
  visit("applyMomentum") { train($0, Momentum.self, isSparse: false) }
  visit("applyAdam") { train($0, Adam.self, isSparse: false) }
  visit("applyAdadelta") { train($0, Adadelta.self, isSparse: false) }
  visit("applyAdagrad") { train($0, Adagrad.self, isSparse: false) }
  visit("applyAdagradDA") { train($0, AdagradDA.self, isSparse: false) }
  visit("applyFtrl") { train($0, Ftrl.self, isSparse: false) }
  visit("applyRMSProp") { train($0, RMSProp.self, isSparse: false) }
  visit("applyCenteredRMSProp") { train($0, CenteredRMSProp.self, isSparse: false) }
  visit("applyProximalAdagrad") { train($0, ProximalAdagrad.self, isSparse: false) }
  visit("applyProximalGradientDescent") { train($0, ProximalGradientDescent.self, isSparse: false) }
  visit("sparseApplyMomentum") { train($0, Momentum.self, isSparse: true) }
  visit("sparseApplyAdadelta") { train($0, Adadelta.self, isSparse: true) }
  visit("sparseApplyAdagrad") { train($0, Adagrad.self, isSparse: true) }
  visit("sparseApplyAdagradDA") { train($0, AdagradDA.self, isSparse: true) }
  visit("sparseApplyFtrl") { train($0, Ftrl.self, isSparse: true) }
  visit("sparseApplyRMSProp") { train($0, RMSProp.self, isSparse: true) }
  visit("sparseApplyCenteredRMSProp") { train($0, CenteredRMSProp.self, isSparse: true) }
  visit("sparseApplyProximalAdagrad") { train($0, ProximalAdagrad.self, isSparse: true) }
  visit("sparseApplyProximalGradientDescent") { train($0, ProximalGradientDescent.self, isSparse: true) }
}

/// What the optimisers compute with.
protocol TrainingNumber: BitFloat {
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static func root(_ x: Self) -> Self
  static func power(_ x: Self, _ p: Self) -> Self
  init(_ value: Double)
  /// An integer, rounded to float first, as TensorFlow does.
  init(throughFloat value: Int64)
  init(count: Int64)
  var wide: Double { get }
}

extension Float: TrainingNumber {
  @inline(__always) static func power(_ x: Float, _ p: Float) -> Float { Exponentiation.apply(x, p) }
  @inline(__always) init(throughFloat value: Int64) { self.init(value) }
  @inline(__always) init(count: Int64) { self.init(count) }
}

extension Double: TrainingNumber {
  @inline(__always) static func power(_ x: Double, _ p: Double) -> Double { Exponentiation.apply(x, p) }
  @inline(__always) init(throughFloat value: Int64) { self.init(Float(value)) }
  @inline(__always) init(count: Int64) { self.init(count) }
}

extension TrainingNumber {
  @inline(__always) static func inverseRoot(_ x: Self) -> Self { Self(1) / root(x) }
  /// 0 for what is negative.
  @inline(__always) static func positivePart(_ x: Self) -> Self { less(x, Self(0)) ? Self(0) : x }
  @inline(__always) static func isAtLeastZero(_ x: Self) -> Bool { less(Self(0), x) || equal(x, Self(0)) }
  /// `x` brought into `-limit ... limit`.
  @inline(__always) static func clamped(_ x: Self, _ limit: Self) -> Self {
    let low = less(limit, x) ? limit : x
    let least = negate(limit)
    return less(low, least) ? least : low
  }
}

protocol Optimizer {
  /// Parameters: the variable's rows, the elements of a row, whether the entry's own flag is set.
  static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32
}

@inline(__always)
private func train<O: Optimizer>(_ call: Call, _: O.Type, isSparse: Bool) -> Int32 {
  // Before the first element is written.
  if isSparse && !call.hasIndices(Int(call.pointee.input_count) &- 1, below: call.parameter(0)) { return indexOutOfRange }
  switch call.dtype(0) {
  case Code.float: return O.run(call, isSparse: isSparse, Float.self)
  case Code.double: return O.run(call, isSparse: isSparse, Double.self)
  default: return unsupported
  }
}
