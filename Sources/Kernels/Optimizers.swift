/// `var -= alpha * delta`.
enum GradientDescent: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let rate = call.scalar(1, T.self)
    let gradient = call.buffer(2, T.self)
    call.forEach(isSparse: isSparse) { i, j in variable[i] = variable[i] - rate * gradient[j] }
    return ok
  }
}

/// `accum = momentum * accum + grad; var -= lr * accum`; with Nesterov's look ahead `var -= lr * (grad + momentum * accum)`.
enum Momentum: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let accumulator = call.buffer(0, T.self)
    let rate = call.scalar(1, T.self)
    let gradient = call.buffer(2, T.self)
    let momentum = call.scalar(3, T.self)
    let variable = call.buffer(4, T.self)
    let both = rate * momentum
    if !call.isFlagSet {
      call.forEach(isSparse: isSparse) { i, j in
        let a = accumulator[i] * momentum + gradient[j]
        accumulator[i] = a
        variable[i] = variable[i] - a * rate
      }
    } else {
      call.forEach(isSparse: isSparse) { i, j in
        let g = gradient[j]
        let a = accumulator[i] * momentum + g
        accumulator[i] = a
        variable[i] = variable[i] - (g * rate + (isSparse ? both * a : a * momentum * rate))
      }
    }
    return ok
  }
}

/// The moments m and v follow the gradient and its square; `var -= lr' * m / (√v + epsilon)` with the rate corrected for their start at 0.
enum Adam: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let first = call.buffer(1, T.self)
    let second = call.buffer(2, T.self)
    let one = T(1)
    let rate = call.scalar(4, T.self) * T.root(one - call.scalar(3, T.self)) / (one - call.scalar(7, T.self))
    let decay = call.scalar(5, T.self)
    let firstShare = one - decay
    let secondShare = one - call.scalar(6, T.self)
    let epsilon = call.scalar(8, T.self)
    let gradient = call.buffer(9, T.self)
    let looksAhead = call.isFlagSet
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let m = first[i] + (g - first[i]) * firstShare
      let v = second[i] + (g * g - second[i]) * secondShare
      first[i] = m
      second[i] = v
      let step = looksAhead ? g * firstShare + decay * m : m
      variable[i] = variable[i] - step * rate / (T.root(v) + epsilon)
    }
    return ok
  }
}

/// A step as long as earlier steps were, by the root mean squares of steps and gradients.
enum Adadelta: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let accumulator = call.buffer(1, T.self)
    let updates = call.buffer(2, T.self)
    let rate = call.scalar(3, T.self)
    let decay = call.scalar(4, T.self)
    let share = T(1) - decay
    let epsilon = call.scalar(5, T.self)
    let gradient = call.buffer(6, T.self)
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let a = accumulator[i] * decay + g * g * share
      let u = updates[i]
      let step = T.root(u + epsilon) * T.inverseRoot(a + epsilon) * g
      accumulator[i] = a
      variable[i] = variable[i] - step * rate
      updates[i] = u * decay + step * step * share
    }
    return ok
  }
}

/// `accum += grad²; var -= lr * grad / √accum`.
enum Adagrad: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let accumulator = call.buffer(1, T.self)
    let rate = call.scalar(2, T.self)
    let gradient = call.buffer(3, T.self)
    let divides = isSparse && call.hasSingleElements
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let a = accumulator[i] + g * g
      accumulator[i] = a
      let root = T.root(a)
      variable[i] = variable[i] - (divides ? g * rate / root : g * rate * (T(1) / root))
    }
    return ok
  }
}

/// Adagrad by dual averaging: the variable follows from the sums of the gradients and of their squares alone.
enum AdagradDA: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    if isSparse { return call.hasSingleElements ? elements(call, T.self) : rows(call, T.self) }
    let (variable, sums, squares, gradient) = buffers(call, T.self)
    let rate = call.scalar(3, T.self)
    let l1 = call.scalar(4, T.self)
    let step = T(throughFloat: call.scalar(6, Int64.self))
    let shrink = call.scalar(5, T.self) * (step * rate)
    let negative = rate * T(-1)
    let threshold = step * l1
    let hasL1 = T.less(T(0), l1)
    call.forEach(isSparse: false) { i, j in
      let g = gradient[j]
      let sum = sums[i] + g
      let square = squares[i] + g * g
      sums[i] = sum
      squares[i] = square
      let top = hasL1 ? negative * T.sign(sum) * T.positivePart(T.abs(sum) - threshold) : rate * sum * T(-1)
      variable[i] = top / (shrink + T.root(square))
    }
    return ok
  }

  @inline(__always)
  private static func rows<T: TrainingNumber>(_ call: Call, _: T.Type) -> Int32 {
    let (variable, sums, squares, gradient) = buffers(call, T.self)
    let l1 = call.scalar(4, T.self)
    let l2 = call.scalar(5, T.self)
    let step = T(count: call.scalar(6, Int64.self))
    let scale = step * call.scalar(3, T.self)
    let hasL1 = T.less(T(0), l1)
    call.forEach(isSparse: true) { i, j in
      let g = gradient[j]
      let sum = sums[i] + g
      let square = squares[i] + g * g
      sums[i] = sum
      squares[i] = square
      let top = hasL1 ? T(-1) * T.sign(sum) * T.positivePart(T.abs(sum) / step - l1) : T(-1) * (sum / step)
      variable[i] = top / (l2 + T.root(square) / scale)
    }
    return ok
  }

  /// In double whatever the dtype.
  @inline(__always)
  private static func elements<T: TrainingNumber>(_ call: Call, _: T.Type) -> Int32 {
    let (variable, sums, squares, gradient) = buffers(call, T.self)
    let rate = call.scalar(3, T.self).wide
    let l1 = call.scalar(4, T.self).wide
    let step = Double(call.scalar(6, Int64.self))
    let threshold = step * l1
    let shrink = step * call.scalar(5, T.self).wide * rate
    call.forEach(isSparse: true) { i, j in
      let g = gradient[j].wide
      let sum = T(sums[i].wide + g)
      let square = T(squares[i].wide + g * g)
      sums[i] = sum
      squares[i] = square
      let top = l1 > 0 ? T.sign(T.negate(sum)).wide * rate * Double.positivePart(T.abs(sum).wide - threshold) : T.negate(sum).wide * rate
      variable[i] = T(top / (shrink + T.root(square).wide))
    }
    return ok
  }

  @inline(__always)
  private static func buffers<T>(
    _ call: Call, _: T.Type
  ) -> (UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>) {
    (call.buffer(0), call.buffer(1), call.buffer(2), call.buffer(7))
  }
}

/// Follow the regularised leader: the variable is what minimises the sum of all gradients' slopes with l1 and l2.
enum Ftrl: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let rate = call.scalar(3, T.self)
    let power = call.scalar(7, T.self)
    let isSound =
      T.less(T(0), rate) && T.isAtLeastZero(call.scalar(4, T.self)) && T.isAtLeastZero(call.scalar(5, T.self))
      && T.isAtLeastZero(T.negate(power))
    // TensorFlow's dense kernel takes anything.
    if isSparse && !isSound { return badHyperparameter }
    // Two loops: powers take their time.
    if T.equal(power, T(-0.5)) {
      update(call, isSparse: isSparse, T.self) { T.root($0) }
    } else {
      let exponent = T.negate(power)
      update(call, isSparse: isSparse, T.self) { T.power($0, exponent) }
    }
    return ok
  }

  @inline(__always)
  private static func update<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type, _ power: (T) -> T) {
    let variable = call.buffer(0, T.self)
    let accumulator = call.buffer(1, T.self)
    let linear = call.buffer(2, T.self)
    let rate = call.scalar(3, T.self)
    let l1 = call.scalar(4, T.self)
    let l2 = T(2) * call.scalar(5, T.self)
    let gradient = call.buffer(6, T.self)
    let isSingle = isSparse && call.hasSingleElements
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let a = accumulator[i] + g * g
      let now = power(a)
      let sigma = (now - power(accumulator[i])) / rate * variable[i]
      let l = isSingle ? linear[i] + g - sigma : linear[i] + (g - sigma)
      accumulator[i] = a
      linear[i] = l
      let slope = now / rate + l2
      if isSparse {
        variable[i] = (T.clamped(l, l1) - l) / slope
      } else {
        variable[i] = T.less(l1, T.abs(l)) ? (l1 * T.sign(l) - l) / slope : T(0)
      }
    }
  }
}

/// `ms` follows grad²; `mom = momentum * mom + lr * grad / √(ms + epsilon); var -= mom`.
enum RMSProp: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let squares = call.buffer(1, T.self)
    let steps = call.buffer(2, T.self)
    let rate = call.scalar(3, T.self)
    let decay = call.scalar(4, T.self)
    let share = T(1) - decay
    let momentum = call.scalar(5, T.self)
    let epsilon = call.scalar(6, T.self)
    let gradient = call.buffer(7, T.self)
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let square = isSparse ? squares[i] * decay + g * g * share : squares[i] + (g * g - squares[i]) * share
      squares[i] = square
      let root = T.root(square + epsilon)
      let step = steps[i] * momentum + (isSparse ? T(1) / root * rate * g : g * rate / root)
      steps[i] = step
      variable[i] = variable[i] - step
    }
    return ok
  }
}

/// RMSProp by the variance: from the mean of the squares goes the square of the mean `mg`.
enum CenteredRMSProp: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let means = call.buffer(1, T.self)
    let squares = call.buffer(2, T.self)
    let rate = call.scalar(3, T.self)
    let decay = call.scalar(4, T.self)
    let share = T(1) - decay
    let momentum = call.scalar(5, T.self)
    let steps = call.buffer(6, T.self)
    let epsilon = call.scalar(7, T.self)
    let gradient = call.buffer(8, T.self)
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let square = isSparse ? squares[i] * decay + g * g * share : squares[i] + (g * g - squares[i]) * share
      let mean = isSparse ? means[i] * decay + g * share : means[i] + (g - means[i]) * share
      squares[i] = square
      means[i] = mean
      let root = T.root(isSparse ? square + epsilon - mean * mean : square - mean * mean + epsilon)
      let step = steps[i] * momentum + (isSparse ? T(1) / root * rate * g : g * rate / root)
      steps[i] = step
      variable[i] = variable[i] - step
    }
    return ok
  }
}

/// Adagrad with l1 and l2.
enum ProximalAdagrad: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let accumulator = call.buffer(1, T.self)
    let rate = call.scalar(2, T.self)
    let l1 = call.scalar(3, T.self)
    let l2 = call.scalar(4, T.self)
    let gradient = call.buffer(5, T.self)
    if !(T.less(T(0), rate) && T.isAtLeastZero(l1) && T.isAtLeastZero(l2)) { return badHyperparameter }
    let isSingle = isSparse && call.hasSingleElements
    call.forEach(isSparse: isSparse) { i, j in
      let g = gradient[j]
      let a = accumulator[i] + g * g
      accumulator[i] = a
      let root = T.root(a)
      let own = isSingle ? rate / root : rate * (T(1) / root)
      variable[i] = shrunk(variable[i] - g * own, rate: own, l1: l1, l2: l2, isWide: isSingle)
    }
    return ok
  }
}

/// Gradient descent with l1 and l2.
enum ProximalGradientDescent: Optimizer {
  @inline(__always) static func run<T: TrainingNumber>(_ call: Call, isSparse: Bool, _: T.Type) -> Int32 {
    let variable = call.buffer(0, T.self)
    let rate = call.scalar(1, T.self)
    let l1 = call.scalar(2, T.self)
    let l2 = call.scalar(3, T.self)
    let gradient = call.buffer(4, T.self)
    let isSingle = isSparse && call.hasSingleElements
    call.forEach(isSparse: isSparse) { i, j in
      variable[i] = shrunk(variable[i] - gradient[j] * rate, rate: rate, l1: l1, l2: l2, isWide: isSingle)
    }
    return ok
  }
}

/// A step's end brought nearer to 0 by l1, then by l2. `isWide`: the last division is one of doubles.
@inline(__always)
private func shrunk<T: TrainingNumber>(_ x: T, rate: T, l1: T, l2: T, isWide: Bool) -> T {
  let near = T.less(T(0), l1) ? T.sign(x) * T.positivePart(T.abs(x) - rate * l1) : x
  let divisor = l2 * rate
  return isWide ? T(near.wide / (1 + divisor.wide)) : near / (T(1) + divisor)
}
