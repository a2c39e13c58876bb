import CKernelABI

// Blocks whose numbers follow distributions with parameters, and those that choose and shuffle.

func visitRandomSample(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("randomShuffle") { shuffle($0) }
  visit("multinomial") { call in
    switch call.dtype(0) {
    case Code.float: multinomial(call, Float.self)
    case Code.double: multinomial(call, Double.self)
    default: unsupported
    }
  }
  visit("randomGamma") { call in
    switch call.dtype(1) {
    case Code.float: samples(call, Float.self, gamma)
    case Code.double: samples(call, Double.self, gamma)
    default: unsupported
    }
  }
  visit("randomPoisson") { call in
    switch call.dtype(1) {
    case Code.float: samples(call, Float.self) { poisson($0, &$1, most: 0x1.fffffep127) }
    case Code.double: samples(call, Double.self) { poisson($0, &$1, most: .greatestFiniteMagnitude) }
    default: unsupported
    }
  }
  visit("parameterizedTruncatedNormal") { call in
    switch call.dtype(1) {
    case Code.float: Float.truncatedNormals(call)
    case Code.double: Double.truncatedNormals(call)
    default: unsupported
    }
  }
}

/// Swaps each row with one that is not before it. Parameters: rows, the bytes of a row. Scratch memory: an index for each row.
private func shuffle(_ call: Call) -> Int32 {
  let rows = call.parameter(0)
  let size = call.parameter(1)
  let from = UnsafeRawPointer(call.buffer(0, UInt8.self))
  let to = UnsafeMutableRawPointer(call.output(0, UInt8.self))
  // TensorFlow draws nothing where there is nothing to move.
  if rows < 2 || size == 0 {
    if rows > 0 { to.copyMemory(from: from, byteCount: rows &* size) }
    return ok
  }
  let order = call.pointee.scratch.unsafelyUnwrapped.assumingMemoryBound(to: Int.self)
  var row = 0
  while row < rows {
    order[row] = row
    row &+= 1
  }
  var words = PhiloxWords(Philox.reserve(call, blocks: UInt64(truncatingIfNeeded: rows &+ 2) / 4))
  row = 0
  while row < rows &- 1 {
    let other = row &+ Int(words.next() % UInt32(truncatingIfNeeded: rows &- row))
    let index = order[row]
    order[row] = order[other]
    order[other] = index
    row &+= 1
  }
  row = 0
  while row < rows {
    (to + row &* size).copyMemory(from: from + order[row] &* size, byteCount: size)
    row &+= 1
  }
  return ok
}

/// Draws classes by their running sums of exp(logit). Logits that are not finite have no part in them. Scratch memory: the sums.
@inline(__always)
private func multinomial<T: SampleFloat>(_ call: Call, _: T.Type) -> Int32 {
  let batches = call.parameter(0)
  let classes = call.parameter(1)
  let samples = call.parameter(2)
  let logits: UnsafeMutablePointer<T> = call.buffer(0)
  let out: UnsafeMutablePointer<Int64> = call.output()
  if batches == 0 || samples == 0 { return ok }
  let sums = call.pointee.scratch.unsafelyUnwrapped.assumingMemoryBound(to: Double.self)
  let reserved = UInt64(truncatingIfNeeded: batches &* ((samples &+ 3) / 4 &* 8)) &* 256
  var words = PhiloxWords(Philox.reserve(call, blocks: reserved))
  var batch = 0
  while batch < batches {
    let row = logits + batch &* classes
    var greatest = -Double.greatestFiniteMagnitude
    var index = 0
    while index < classes {
      let logit = row[index].wide
      if logit.magnitude < .infinity, logit > greatest { greatest = logit }
      index &+= 1
    }
    var total = 0.0
    index = 0
    while index < classes {
      let logit = row[index].wide
      if logit.magnitude < .infinity { total += Exponential.apply(logit - greatest) }
      sums[index] = total
      index &+= 1
    }
    index = 0
    while index < samples {
      let wanted = Unit.double(words.nextPair()) * total
      // The first sum above it.
      var first = 0
      var length = classes
      while length > 0 {
        let half = length / 2
        if wanted < sums[first &+ half] {
          length = half
        } else {
          first &+= half &+ 1
          length &-= half &+ 1
        }
      }
      out[batch &* samples &+ index] = Int64(first)
      index &+= 1
    }
    batch &+= 1
  }
  return ok
}

/// `count` samples for each parameter (parameter 0 of the call); each has 256 blocks of words of its own.
@inline(__always)
private func samples<T: SampleFloat>(_ call: Call, _: T.Type, _ draw: (Double, inout PhiloxDoubles) -> Double) -> Int32 {
  let count = call.parameter(0)
  let parameters = call.count(1)
  let values: UnsafeMutablePointer<T> = call.buffer(1)
  let out: UnsafeMutablePointer<T> = call.output()
  if count == 0 || parameters == 0 { return ok }
  let generator = Philox.reserve(call, blocks: UInt64(truncatingIfNeeded: count &* parameters) &* 256)
  var parameter = 0
  while parameter < parameters {
    let value = values[parameter].wide
    var index = 0
    while index < count {
      let number = UInt64(truncatingIfNeeded: parameter &* count &+ index)
      var doubles = PhiloxDoubles(generator.skipping(number &* 256))
      out[index &* parameters &+ parameter] = T.narrow(draw(value, &doubles))
      index &+= 1
    }
    parameter &+= 1
  }
  return ok
}

/// Uniform and normal doubles out of one stream. Each kind takes a whole block, of which the second number is used first.
struct PhiloxDoubles {
  private var generator: Philox
  private var uniform: Double?
  private var normal: Double?

  @inline(__always) init(_ generator: Philox) { self.generator = generator }

  @inline(__always) mutating func nextUniform() -> Double {
    if let rest = uniform {
      uniform = nil
      return rest
    }
    let block = nextBlock()
    uniform = Unit.double(block.0)
    return Unit.double(block.1)
  }

  @inline(__always) mutating func nextNormal() -> Double {
    if let rest = normal {
      normal = nil
      return rest
    }
    let block = nextBlock()
    let pair = BoxMuller.apply(block.0, block.1)
    normal = pair.0
    return pair.1
  }

  @inline(__always) private mutating func nextBlock() -> (UInt64, UInt64) {
    let block = generator.block
    generator = generator.skipping(1)
    return block
  }
}

/// Marsaglia and Tsang's method: a transformed normal number, rejected a few times in a hundred.
private func gamma(_ alpha: Double, _ doubles: inout PhiloxDoubles) -> Double {
  if alpha == 1 { return 0 - Logarithm.apply(1 - doubles.nextUniform()) }
  let isSmall = alpha < 1
  let d = alpha + (isSmall ? 2.0 / 3 : -1.0 / 3)
  let c = 1.0 / 3 / ef_sqrt(d)
  while true {
    let x = doubles.nextNormal()
    var v = 1 + c * x
    if v <= 0 { continue }
    v = v * v * v
    let u = doubles.nextUniform()
    let square = x * x
    if u < 1 - 0.0331 * square * square || Logarithm.apply(u) < 0.5 * x * x + d * (1 - v + Logarithm.apply(v)) {
      let result = d * v
      // A sample for alpha + 1 becomes one for alpha.
      return isSmall ? result * Power.apply(doubles.nextUniform(), 1 / alpha) : result
    }
  }
}

/// Products of uniform numbers for small rates (Knuth), transformed rejection for others (Hörmann).
private func poisson(_ rate: Double, _ doubles: inout PhiloxDoubles, most: Double) -> Double {
  if rate < 10 {
    let limit = Exponential.apply(-rate)
    var product = 1.0
    var count = 0.0
    while true {
      product *= doubles.nextUniform()
      if product <= limit { return count }
      count += 1
    }
  }
  // NaN too, with which nothing would ever be accepted.
  if !(rate < .infinity) { return rate }
  let logRate = Logarithm.apply(rate)
  let b = 0.931 + 2.53 * ef_sqrt(rate)
  let a = -0.059 + 0.02483 * b
  let inverse = 1.1239 + 1.1328 / (b - 3.4)
  while true {
    let u = doubles.nextUniform() - 0.5
    let v = doubles.nextUniform()
    let shifted = 0.5 - u.magnitude
    let k = Double.roundedDown((2 * a / shifted + b) * u + rate + 0.43)
    if k > most { continue }
    if shifted >= 0.07, v <= 0.9277 - 3.6224 / (b - 2) { return k }
    if k < 0 || (shifted < 0.013 && v > shifted) { continue }
    let s = Logarithm.apply(v * inverse / (a / (shifted * shifted) + b))
    if s <= -rate + k * logRate - LogGamma.apply(k + 1) { return k }
  }
}

/// x^y for x from 0 to 1 and any y: the logarithm is kept in two parts, as the product with y makes its error large.
enum Power {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double {
    if y == 0 { return 1 }
    if x == 0 || y == .infinity { return x == 1 ? 1 : y < 0 ? .infinity : y > 0 ? 0 : y }
    let high = Logarithm.apply(x)
    // log x = high + log(x / exp(high)), and the quotient is near 1.
    let e = Exponential.parts(high)
    let low = ((x - e.0) - e.1) / e.0
    // A product of halves is exact: y's upper half times the logarithm's.
    let product = high * y
    let h0 = upper(high)
    let y0 = upper(y)
    let lost = ((h0 * y0 - product) + h0 * (y - y0) + (high - h0) * y0) + (high - h0) * (y - y0)
    let power = Exponential.apply(product)
    let rest = lost + low * y
    return rest.magnitude < 0.5 ? power + power * rest : power
  }

  @inline(__always) private static func upper(_ x: Double) -> Double { Double(bitPattern: x.bitPattern & 0xFFFF_FFFF_F800_0000) }
}

/// log Γ(x) for x from 1 on: Stirling's series, behind which smaller arguments are moved.
enum LogGamma {
  @inline(__always) static func apply(_ x: Double) -> Double {
    var moved = x
    var product = 1.0
    while moved < 10 {
      product *= moved
      moved += 1
    }
    let inverse = 1 / moved
    let z = inverse * inverse
    var p = -691.0 / 360360
    p = p * z + 1.0 / 1188
    p = p * z - 1.0 / 1680
    p = p * z + 1.0 / 1260
    p = p * z - 1.0 / 360
    p = p * z + 1.0 / 12
    return (moved - 0.5) * Logarithm.apply(moved) - moved + 0x1.d67f1c864beb5p-1 + p * inverse - Logarithm.apply(product)
  }
}
