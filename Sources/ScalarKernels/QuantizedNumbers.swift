import CKernelABI

// Quantised numbers: integers that stand for evenly spaced floats of a range. All steps are rounded where TensorFlow rounds them.

/// The integer behind a quantised dtype.
protocol Level: FixedWidthInteger {}

extension Int8: Level {}
extension UInt8: Level {}
extension Int16: Level {}
extension UInt16: Level {}
extension Int32: Level {}

extension Level {
  @inline(__always) static var lowestFloat: Float { Float(Self.min) }
  @inline(__always) static var highestFloat: Float { Float(Self.max) }
  /// One less than there are levels.
  @inline(__always) static var steps: Double { Double(Self.max) - Double(Self.min) }
  /// A whole number as a level: the nearest one there is; the lowest for NaN. (TensorFlow's conversion is undefined outside of the dtype.)
  @inline(__always) static func saturated(_ x: Float) -> Self {
    // The greatest float that int32 holds is below its greatest number.
    x >= highestFloat ? .max : x > lowestFloat ? Self(truncatingIfNeeded: Int32(x)) : .min
  }
}

extension BitFloat where Self: BinaryFloatingPoint {
  /// The nearest integer; of two the one further from 0.
  @inline(__always) static func roundedAway(_ x: Self) -> Self {
    let magnitude = x.magnitude
    let down = roundedDown(magnitude)
    return magnitude < integersFrom ? signed(magnitude - down >= Self(0.5) ? down + 1 : down, like: x) : x
  }

  /// As an integer, toward 0; the lowest for what does not fit, as the processor does it.
  @inline(__always) static func int64(_ x: Self) -> Int64 {
    x > Self(-0x1p63) && x < Self(0x1p63) ? Int64(x) : .min
  }
}

/// What the levels of a range stand for.
struct LevelValues<T: Level> {
  let scale: Float
  let start: Float

  @inline(__always) init(_ min: Float, _ max: Float) {
    scale = Float(Double(max - min) / T.steps)
    let first = max == min ? min : Float.roundedAway(min / scale) * scale
    start = first - T.lowestFloat * scale
  }

  @inline(__always) func callAsFunction(_ level: T) -> Float { start + Float(level) * scale }
}

/// Which level of a range a float is at.
struct Levels<T: Level> {
  let scale: Float
  let offset: Float

  @inline(__always) init(_ min: Float, _ max: Float) {
    scale = max == min ? 0 : Float(T.steps / Double(max - min))
    offset = Float.roundedAway(min * scale) - T.lowestFloat
  }

  @inline(__always) func callAsFunction(_ x: Float) -> T {
    let level = Float.roundedAway(x * scale) - offset
    // For int32 the greatest number that a float holds.
    return T.bitWidth == 32 && level >= 2_147_483_520 ? T(truncatingIfNeeded: 2_147_483_520) : T.saturated(level)
  }
}

/// What one level stands for, with steps in double precision.
@inline(__always)
func levelValue<T: Level>(_ level: T, _ min: Float, _ max: Float) -> Float {
  if min == max { return min }
  let count = T.steps + 1
  let scale = Double(max - min) * (count / (count - 1)) / count
  let single = Float(scale)
  let first = Double(Float.roundedAway(min / single) * single)
  // TensorFlow makes a double of a level by way of float.
  return Float(first + (Double(Float(level)) - Double(T.min)) * scale)
}

/// The level of 0, which may lie outside of the dtype.
@inline(__always)
func zeroLevel<T: Level>(_: T.Type, _ min: Float, _ max: Float) -> Int32 {
  if min == max { return Int32(truncatingIfNeeded: T.min) }
  let count = T.steps + 1
  let scale = count / (Double(max - min) * (count / (count - 1)))
  let level = Double.int64(0 - Double.roundedAway(Double(min) * scale))
  return Int32(truncatingIfNeeded: level &+ Int64(T.min))
}

/// The range of a product's int32 levels.
@inline(__always)
func productRange<A: Level, B: Level>(
  _: A.Type, _: B.Type, _ minA: Float, _ maxA: Float, _ minB: Float, _ maxB: Float
) -> (min: Float, max: Float) {
  let step = (maxA - minA) / Float(A.steps) * ((maxB - minB) / Float(B.steps))
  return (step * Int32.lowestFloat, step * Int32.highestFloat)
}
