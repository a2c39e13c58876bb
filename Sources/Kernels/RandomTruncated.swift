import CKernelABI

/// A float that random numbers are drawn in.
protocol SampleFloat: BitwiseCopyable, Transcendental {
  var wide: Double { get }
  static func narrow(_ x: Double) -> Self
  /// Four or two numbers from the words of a block; returns how many.
  static func uniforms(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Self>) -> Int
  static func normals(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Self>) -> Int
  static func root(_ x: Self) -> Self
}

extension Float: SampleFloat {
  @inline(__always) var wide: Double { Double(self) }
  @inline(__always) static func narrow(_ x: Double) -> Float { Float(x) }

  @inline(__always) static func uniforms(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Float>) -> Int {
    out[0] = Unit.float(UInt32(truncatingIfNeeded: block.0))
    out[1] = Unit.float(UInt32(truncatingIfNeeded: block.0 &>> 32))
    out[2] = Unit.float(UInt32(truncatingIfNeeded: block.1))
    out[3] = Unit.float(UInt32(truncatingIfNeeded: block.1 &>> 32))
    return 4
  }

  @inline(__always) static func normals(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Float>) -> Int {
    (out[0], out[1]) = BoxMuller.apply(block.0)
    (out[2], out[3]) = BoxMuller.apply(block.1)
    return 4
  }

  @inline(__always) static func root(_ x: Float) -> Float { ef_sqrtf(x) }
}

extension Double: SampleFloat {
  @inline(__always) var wide: Double { self }
  @inline(__always) static func narrow(_ x: Double) -> Double { x }

  @inline(__always) static func uniforms(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Double>) -> Int {
    out[0] = Unit.double(block.0)
    out[1] = Unit.double(block.1)
    return 2
  }

  @inline(__always) static func normals(_ block: (UInt64, UInt64), _ out: UnsafeMutablePointer<Double>) -> Int {
    (out[0], out[1]) = BoxMuller.apply(block.0, block.1)
    return 2
  }

  @inline(__always) static func root(_ x: Double) -> Double { ef_sqrt(x) }
}

/// Which numbers of a batch are still to be drawn, and from where.
private struct TruncatedRun {
  var generator: Philox
  var next = 0
  var end = 0
  /// Trials in turn that came to nothing.
  var rejected = 0

  @inline(__always) init(_ generator: Philox) { self.generator = generator }

  @inline(__always) mutating func block() -> (UInt64, UInt64) {
    let block = generator.block
    generator = generator.skipping(1)
    return block
  }
}

extension SampleFloat where Self: BinaryFloatingPoint {
  /// Batches of normal numbers between bounds, each batch with means, deviations and bounds of its own, or all with the same. The
  /// batches follow one another in one stream. Parameters: batches, numbers of a batch, numbers of all.
  @inline(__always) static func truncatedNormals(_ call: Call) -> Int32 {
    let batches = call.parameter(0)
    let size = call.parameter(1)
    let count = call.parameter(2)
    let numbers = call.pointee.scratch.unsafelyUnwrapped.assumingMemoryBound(to: Self.self)
    let out: UnsafeMutablePointer<Self> = call.output()
    // As TensorFlow reserves it: a thousand trials of two words for each number.
    var run = TruncatedRun(Philox.reserve(call, blocks: UInt64(truncatingIfNeeded: (batches &* 2000) &* (size &+ 3) / 4)))
    var batch = 0
    while batch < batches {
      run.next = batch &* size
      run.end = run.next &+ size < count ? run.next &+ size : count
      run.rejected = 0
      let mean = parameter(call, 1, batch)
      let deviation = parameter(call, 2, batch)
      let low = parameter(call, 3, batch)
      let high = parameter(call, 4, batch)
      guard deviation > 0, low < high, low.magnitude < .infinity || high.magnitude < .infinity else { return badDistribution }
      // A single bound is the lower one; two bounds on one side of the mean are both above it. Otherwise all is mirrored.
      let isMirrored = low == -.infinity || high < mean
      let fault = draw(&run, numbers, out, mean, isMirrored ? -deviation : deviation, isMirrored ? high : low, isMirrored ? low : high)
      if fault != ok { return fault }
      batch &+= 1
    }
    return ok
  }

  @inline(__always) private static func parameter(_ call: Call, _ index: Int, _ batch: Int) -> Self {
    call.buffer(index, Self.self)[call.count(index) == 1 ? 0 : batch]
  }

  @inline(__always) private static func draw(
    _ run: inout TruncatedRun, _ numbers: UnsafeMutablePointer<Self>, _ out: UnsafeMutablePointer<Self>, _ mean: Self, _ deviation: Self,
    _ first: Self, _ second: Self
  ) -> Int32 {
    let low = (first - mean) / deviation
    let high = (second - mean) / deviation
    let factor = root(low * low + 4)
    let cutoff = 2 * exponential(0.5 + (low * (low - factor)) / 4) / (low + factor)
    let width = high - low
    let isNormal = (low < -1.3 && high >= 0) || (high > 1.3 && low <= 0)
    let isUniform = width < cutoff
    let top = low < 0 ? 0 : low * low
    let alpha = (low + factor) / 2
    while run.next < run.end {
      let size: Int
      var i = 0
      if isNormal {
        // The mean is well within the bounds: most normal numbers are too.
        size = normals(run.block(), numbers)
      } else {
        size = uniforms(run.block(), numbers)
        // The bounds are near each other: a uniform number, accepted as often as the density there says.
        if isUniform { _ = uniforms(run.block(), numbers + size) }
      }
      while i < size, run.next < run.end {
        let z: Self
        let isAccepted: Bool
        if isNormal {
          z = numbers[i]
          isAccepted = z >= low && z <= high
          i &+= 1
        } else if isUniform {
          z = numbers[i] * width + low
          isAccepted = numbers[size &+ i] <= exponential((top - z * z) / 2)
          i &+= 1
        } else {
          // The bounds are far out on one side: an exponential tail from the nearer one on.
          z = -logarithm(numbers[i]) / alpha + low
          let x = low < alpha ? alpha - z : low - alpha
          isAccepted = numbers[i &+ 1] <= exponential(-x * x / 2) && z < high
          i &+= 2
        }
        if isAccepted {
          out[run.next] = z * deviation + mean
          run.next &+= 1
          run.rejected = 0
        } else {
          run.rejected &+= 1
          if run.rejected > (isNormal ? 1000 : 999) { return noSample }
        }
      }
    }
    return ok
  }
}
