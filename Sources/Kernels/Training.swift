import CKernelABI

/// Kernels of the optimisers. The variables are inputs and are written in place; hyperparameters are scalars.
func visitTraining(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("applyGradientDescent") { call in
    switch call.dtype(0) {
    case Code.float: applyGradientDescent(call, Float.self)
    case Code.double: applyGradientDescent(call, Double.self)
    default: return unsupported
    }
    return ok
  }
}

/// `variable -= rate * gradient`.
@inline(__always)
private func applyGradientDescent<T: KernelNumber>(_ call: Call, _: T.Type) {
  let variable = call.buffer(0, T.self)
  let rate = call.buffer(1, T.self)[0]
  let gradient = call.buffer(2, T.self)
  let count = call.count(0)
  var i = 0
  while i < count {
    variable[i] = T.subtract(variable[i], T.multiply(rate, gradient[i]))
    i &+= 1
  }
}
