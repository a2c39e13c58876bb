import CKernelABI

/// Conversions from or to uint64 and complex numbers, one element at a time.
func visitRareCast(_ visit: (StaticString, ef_kernel) -> Void) {
  visit("cast") { call in
    let (from, to) = (call.dtype(0), call.dtype(1))
    let x = UnsafeRawPointer(call.buffer(0, UInt8.self))
    let out = UnsafeMutableRawPointer(call.output(0, UInt8.self))
    let count = call.count(1)
    var i = 0
    while i < count {
      if !write(read(x, from, i), out, to, i) { return unsupported }
      i &+= 1
    }
    return ok
  }
}

private enum Number {
  case signed(Int64)
  case unsigned(UInt64)
  /// Kept apart from doubles: a conversion would take subnormal numbers for 0.
  case single(Float, Float)
  case complex(Double, Double)
}

@inline(__always)
private func read(_ x: UnsafeRawPointer, _ dtype: UInt8, _ i: Int) -> Number {
  @inline(__always) func element<T: BitwiseCopyable>(_: T.Type, _ index: Int) -> T { x.assumingMemoryBound(to: T.self)[index] }
  switch dtype {
  case Code.half: return .single(ef_float_of_half(element(UInt16.self, i)), 0)
  case Code.bfloat16: return .single(Float(bitPattern: UInt32(element(UInt16.self, i)) &<< 16), 0)
  case Code.float: return .single(element(Float.self, i), 0)
  case Code.double: return .complex(element(Double.self, i), 0)
  case Code.complex64: return .single(element(Float.self, 2 &* i), element(Float.self, 2 &* i &+ 1))
  case Code.complex128: return .complex(element(Double.self, 2 &* i), element(Double.self, 2 &* i &+ 1))
  case Code.int8, Code.qint8: return .signed(Int64(element(Int8.self, i)))
  case Code.int16, Code.qint16: return .signed(Int64(element(Int16.self, i)))
  case Code.int32, Code.qint32: return .signed(Int64(element(Int32.self, i)))
  case Code.uint8, Code.quint8: return .signed(Int64(element(UInt8.self, i)))
  case Code.uint16, Code.quint16: return .signed(Int64(element(UInt16.self, i)))
  case Code.uint32: return .signed(Int64(element(UInt32.self, i)))
  case Code.uint64: return .unsigned(element(UInt64.self, i))
  case Code.bool: return .signed(element(UInt8.self, i) != 0 ? 1 : 0)
  default: return .signed(element(Int64.self, i))
  }
}

/// False for a dtype that has no numbers.
@inline(__always)
private func write(_ number: Number, _ out: UnsafeMutableRawPointer, _ dtype: UInt8, _ i: Int) -> Bool {
  @inline(__always) func put<T: BitwiseCopyable>(_ value: T, _ index: Int) { out.assumingMemoryBound(to: T.self)[index] = value }
  switch dtype {
  case Code.half: put(ef_half_of_float(number.float), i)
  case Code.bfloat16: put(ef_bfloat16_of_float(number.float), i)
  case Code.float: put(number.float, i)
  case Code.double: put(number.real, i)
  case Code.complex64:
    put(number.float, 2 &* i)
    put(number.imaginaryFloat, 2 &* i &+ 1)
  case Code.complex128:
    put(number.real, 2 &* i)
    put(number.imaginary, 2 &* i &+ 1)
  // Narrow integers are cut out of 32 bits.
  case Code.int8, Code.qint8, Code.uint8, Code.quint8: put(UInt8(truncatingIfNeeded: number.int32), i)
  case Code.int16, Code.qint16, Code.uint16, Code.quint16: put(UInt16(truncatingIfNeeded: number.int32), i)
  case Code.int32, Code.qint32: put(number.int32, i)
  case Code.uint32: put(UInt32(truncatingIfNeeded: number.int64), i)
  case Code.int64: put(number.int64, i)
  case Code.uint64: put(number.uint64, i)
  case Code.bool: put(UInt8(number.isNonzero ? 1 : 0), i)
  default: return false
  }
  return true
}

extension Number {
  @inline(__always) var real: Double {
    switch self {
    case .signed(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .single(let value, _): Double(value)
    case .complex(let value, _): value
    }
  }

  @inline(__always) var imaginary: Double {
    switch self {
    case .single(_, let value): Double(value)
    case .complex(_, let value): value
    default: 0
    }
  }

  @inline(__always) var imaginaryFloat: Float { if case .single(_, let value) = self { value } else { Float(imaginary) } }

  /// Rounded once.
  @inline(__always) var float: Float {
    switch self {
    case .signed(let value): Float(value)
    case .unsigned(let value): Float(value)
    case .single(let value, _): value
    case .complex(let value, _): Float(value)
    }
  }

  /// Of a number with a fraction its real part.
  @inline(__always) private var fractional: Double? {
    switch self {
    case .signed, .unsigned: nil
    case .single(let value, _): Double(value)
    case .complex(let value, _): value
    }
  }

  @inline(__always) var int32: Int32 {
    if let value = fractional { return value >= -0x1p31 && value < 0x1p31 ? Int32(value) : .min }
    return Int32(truncatingIfNeeded: int64)
  }

  @inline(__always) var int64: Int64 {
    switch self {
    case .signed(let value): value
    case .unsigned(let value): Int64(truncatingIfNeeded: value)
    case .single, .complex:
      if let value = fractional, value >= -0x1p63, value < 0x1p63 { Int64(value) } else { .min }
    }
  }

  /// As TensorFlow's: what lies below 2^63 wraps around from below, what is too large, or no number, is 2^63.
  @inline(__always) var uint64: UInt64 {
    if let value = fractional, value >= 0x1p63, value < 0x1p64 { return UInt64(value) }
    return UInt64(truncatingIfNeeded: int64)
  }

  /// As TensorFlow's, of complex numbers whether the real part is.
  @inline(__always) var isNonzero: Bool {
    switch self {
    case .signed(let value): value != 0
    case .unsigned(let value): value != 0
    case .single(let value, _): value != 0
    case .complex(let value, _): value != 0
    }
  }
}
