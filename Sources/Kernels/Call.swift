import CKernelABI

typealias Call = UnsafePointer<ef_call>

extension UnsafePointer<ef_call> {
  /// Input `index`, or output `index - input_count`.
  @inline(__always) func buffer<Element>(_ index: Int, _: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
    pointee.buffers[index].assumingMemoryBound(to: Element.self)
  }

  @inline(__always) func output<Element>(_ index: Int = 0, _: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
    buffer(Int(pointee.input_count) &+ index)
  }

  @inline(__always) func count(_ index: Int) -> Int { Int(pointee.counts[index]) }
  @inline(__always) func parameter(_ index: Int) -> Int { Int(pointee.parameters[index]) }
  @inline(__always) func dtype(_ index: Int) -> UInt8 { pointee.dtypes[index] }
  @inline(__always) func layout(_ index: Int) -> Int { Int(pointee.layout[index]) }
}

extension UnsafePointer<ef_call> {
  /// The number of an index in the input `pin`, int32 or int64.
  @inline(__always) func index(_ pin: Int, _ position: Int) -> Int {
    dtype(pin) == Code.int32 ? Int(buffer(pin, Int32.self)[position]) : Int(buffer(pin, Int64.self)[position])
  }

  /// Whether all indices of the input `pin` are in `0..<limit`.
  @inline(__always) func hasIndices(_ pin: Int, below limit: Int) -> Bool {
    let indices = count(pin)
    var i = 0
    while i < indices {
      let value = index(pin, i)
      if value < 0 || value >= limit { return false }
      i &+= 1
    }
    return true
  }

  @inline(__always) func scalar<T>(_ pin: Int, _: T.Type) -> T { buffer(pin, T.self)[0] }
  @inline(__always) var isFlagSet: Bool { parameter(2) != 0 }
  /// Whether each index stands for one element.
  @inline(__always) var hasSingleElements: Bool { parameter(1) == 1 }

  /// Calls `body` with the place of an element in the variables, and in the gradient. Rows that occur several times follow one another.
  @inline(__always) func forEach(isSparse: Bool, _ body: (Int, Int) -> Void) {
    var i = 0
    if !isSparse {
      let elements = parameter(0) &* parameter(1)
      while i < elements {
        body(i, i)
        i &+= 1
      }
      return
    }
    let pin = Int(pointee.input_count) &- 1
    let rows = count(pin)
    let inner = parameter(1)
    while i < rows {
      let to = index(pin, i) &* inner
      let from = i &* inner
      var k = 0
      while k < inner {
        body(to &+ k, from &+ k)
        k &+= 1
      }
      i &+= 1
    }
  }
}

/// TensorFlow's dtype numbers, as ``ef_call/dtypes`` has them.
enum Code {
  @inline(__always) static var float: UInt8 { 1 }
  @inline(__always) static var double: UInt8 { 2 }
  @inline(__always) static var int32: UInt8 { 3 }
  @inline(__always) static var uint8: UInt8 { 4 }
  @inline(__always) static var int16: UInt8 { 5 }
  @inline(__always) static var int8: UInt8 { 6 }
  @inline(__always) static var string: UInt8 { 7 }
  @inline(__always) static var int64: UInt8 { 9 }
  @inline(__always) static var bool: UInt8 { 10 }
  @inline(__always) static var uint16: UInt8 { 17 }
  @inline(__always) static var complex64: UInt8 { 8 }
  @inline(__always) static var bfloat16: UInt8 { 14 }
  @inline(__always) static var complex128: UInt8 { 18 }
  @inline(__always) static var half: UInt8 { 19 }
  @inline(__always) static var uint32: UInt8 { 22 }
  @inline(__always) static var uint64: UInt8 { 23 }
  @inline(__always) static var qint8: UInt8 { 11 }
  @inline(__always) static var quint8: UInt8 { 12 }
  @inline(__always) static var qint32: UInt8 { 13 }
  @inline(__always) static var qint16: UInt8 { 15 }
  @inline(__always) static var quint16: UInt8 { 16 }

  /// The bytes of an element.
  @inline(__always) static func size(_ dtype: UInt8) -> Int {
    switch dtype {
    case int8, uint8, bool, qint8, quint8: 1
    case int16, uint16, half, bfloat16, qint16, quint16: 2
    case int32, uint32, float, qint32: 4
    case complex128: 16
    default: 8
    }
  }
}

@inline(__always) var ok: Int32 { 0 }
@inline(__always) var divisionByZero: Int32 { 1 }
@inline(__always) var indexOutOfRange: Int32 { 2 }
@inline(__always) var unsupported: Int32 { 3 }
@inline(__always) var counterLimit: Int32 { 4 }
@inline(__always) var badDistribution: Int32 { 5 }
@inline(__always) var noSample: Int32 { 6 }
@inline(__always) var badHyperparameter: Int32 { 7 }
@inline(__always) var badRange: Int32 { 8 }
@inline(__always) var hasNaN: Int32 { 9 }
@inline(__always) var hasInfinity: Int32 { 10 }
@inline(__always) var hasBoth: Int32 { 11 }
@inline(__always) var negativePower: Int32 { 12 }
