import CKernelABI

/// An element type of a matrix product and the vector that one register holds.
protocol Factor: KernelNumber, BitwiseCopyable {
  associatedtype Lanes: BitwiseCopyable
  static var zero: Self { get }
  static var none: Lanes { get }
  static func repeated(_ value: Self) -> Lanes
  /// `sum + a * b`, rounded once where the processor has an instruction for that: the one operation that all products are made of.
  static func step(_ sum: Self, _ a: Self, _ b: Self) -> Self
  static func step(_ sum: Lanes, _ a: Lanes, _ b: Lanes) -> Lanes
  /// The first `count` lanes, at least one and not all.
  static func part(_ address: UnsafePointer<Self>, _ count: Int) -> Lanes
  static func storePart(_ lanes: Lanes, _ address: UnsafeMutablePointer<Self>, _ count: Int)
}

extension Factor {
  @inline(__always) static var laneCount: Int { MemoryLayout<Lanes>.size / MemoryLayout<Self>.size }
}

extension Float: Factor {
  @inline(__always) static var zero: Float { 0 }
  @inline(__always) static var none: ef_floats { ef_floats(repeating: 0) }
  @inline(__always) static func repeated(_ value: Float) -> ef_floats { ef_floats(repeating: value) }
  @inline(__always) static func step(_ sum: Float, _ a: Float, _ b: Float) -> Float { ef_multiply_add_float(sum, a, b) }
  @inline(__always) static func step(_ sum: ef_floats, _ a: ef_floats, _ b: ef_floats) -> ef_floats { ef_multiply_add_floats(sum, a, b) }
  @inline(__always) static func part(_ address: UnsafePointer<Float>, _ count: Int) -> ef_floats { ef_load_part_floats(address, Int64(count)) }
  @inline(__always) static func storePart(_ lanes: ef_floats, _ address: UnsafeMutablePointer<Float>, _ count: Int) {
    ef_store_part_floats(lanes, address, Int64(count))
  }
}

extension Double: Factor {
  @inline(__always) static var zero: Double { 0 }
  @inline(__always) static var none: ef_doubles { ef_doubles(repeating: 0) }
  @inline(__always) static func repeated(_ value: Double) -> ef_doubles { ef_doubles(repeating: value) }
  @inline(__always) static func step(_ sum: Double, _ a: Double, _ b: Double) -> Double { ef_multiply_add_double(sum, a, b) }
  @inline(__always) static func step(_ sum: ef_doubles, _ a: ef_doubles, _ b: ef_doubles) -> ef_doubles { ef_multiply_add_doubles(sum, a, b) }
  @inline(__always) static func part(_ address: UnsafePointer<Double>, _ count: Int) -> ef_doubles { ef_load_part_doubles(address, Int64(count)) }
  @inline(__always) static func storePart(_ lanes: ef_doubles, _ address: UnsafeMutablePointer<Double>, _ count: Int) {
    ef_store_part_doubles(lanes, address, Int64(count))
  }
}

extension Int32: Factor {
  @inline(__always) static var zero: Int32 { 0 }
  @inline(__always) static var none: ef_int32s { ef_int32s(repeating: 0) }
  @inline(__always) static func repeated(_ value: Int32) -> ef_int32s { ef_int32s(repeating: value) }
  @inline(__always) static func step(_ sum: Int32, _ a: Int32, _ b: Int32) -> Int32 { sum &+ a &* b }
  @inline(__always) static func step(_ sum: ef_int32s, _ a: ef_int32s, _ b: ef_int32s) -> ef_int32s { sum &+ a &* b }
  @inline(__always) static func part(_ address: UnsafePointer<Int32>, _ count: Int) -> ef_int32s { ef_load_part_int32s(address, Int64(count)) }
  @inline(__always) static func storePart(_ lanes: ef_int32s, _ address: UnsafeMutablePointer<Int32>, _ count: Int) {
    ef_store_part_int32s(lanes, address, Int64(count))
  }
}

extension Int64: Factor {
  @inline(__always) static var zero: Int64 { 0 }
  @inline(__always) static var none: ef_int64s { ef_int64s(repeating: 0) }
  @inline(__always) static func repeated(_ value: Int64) -> ef_int64s { ef_int64s(repeating: value) }
  @inline(__always) static func step(_ sum: Int64, _ a: Int64, _ b: Int64) -> Int64 { sum &+ a &* b }
  @inline(__always) static func step(_ sum: ef_int64s, _ a: ef_int64s, _ b: ef_int64s) -> ef_int64s { sum &+ a &* b }
  @inline(__always) static func part(_ address: UnsafePointer<Int64>, _ count: Int) -> ef_int64s { ef_load_part_int64s(address, Int64(count)) }
  @inline(__always) static func storePart(_ lanes: ef_int64s, _ address: UnsafeMutablePointer<Int64>, _ count: Int) {
    ef_store_part_int64s(lanes, address, Int64(count))
  }
}

/// Neighbouring columns of one row: one vector, or two of a narrower kind.
protocol Strip: BitwiseCopyable {
  associatedtype Element: Factor
  static var none: Self { get }
  /// Elements.
  static var width: Int { get }
  init(at address: UnsafePointer<Element>)
  init(at address: UnsafePointer<Element>, count: Int)
  /// As many elements as cost nothing to leave out, `count` or more.
  init(near address: UnsafePointer<Element>, count: Int)
  func store(at address: UnsafeMutablePointer<Element>)
  func store(at address: UnsafeMutablePointer<Element>, count: Int)
  func plus(_ a: Element.Lanes, _ b: Self) -> Self
}

struct One<Element: Factor>: Strip {
  var lanes: Element.Lanes

  @inline(__always) init(_ lanes: Element.Lanes) { self.lanes = lanes }
  @inline(__always) static var none: Self { Self(Element.none) }
  @inline(__always) static var width: Int { Element.laneCount }

  @inline(__always) init(at address: UnsafePointer<Element>) {
    lanes = UnsafeRawPointer(address).loadUnaligned(as: Element.Lanes.self)
  }

  @inline(__always) init(at address: UnsafePointer<Element>, count: Int) {
    if count >= Self.width { self.init(at: address) } else { self.init(Element.part(address, count)) }
  }

  @inline(__always) init(near address: UnsafePointer<Element>, count: Int) {
    if EF_MASKS == 1 && count < Self.width { self.init(Element.part(address, count)) } else { self.init(at: address) }
  }

  @inline(__always) func store(at address: UnsafeMutablePointer<Element>) {
    UnsafeMutableRawPointer(address).storeBytes(of: lanes, as: Element.Lanes.self)
  }

  @inline(__always) func store(at address: UnsafeMutablePointer<Element>, count: Int) {
    if count >= Self.width { store(at: address) } else { Element.storePart(lanes, address, count) }
  }

  @inline(__always) func plus(_ a: Element.Lanes, _ b: Self) -> Self { Self(Element.step(lanes, a, b.lanes)) }
}

struct Two<Half: Strip>: Strip {
  typealias Element = Half.Element
  var x: Half
  var y: Half

  @inline(__always) init(_ x: Half, _ y: Half) {
    self.x = x
    self.y = y
  }
  @inline(__always) static var none: Self { Self(Half.none, Half.none) }
  @inline(__always) static var width: Int { Half.width &* 2 }
  @inline(__always) init(at address: UnsafePointer<Element>) { self.init(Half(at: address), Half(at: address + Half.width)) }
  @inline(__always) init(at address: UnsafePointer<Element>, count: Int) {
    self.init(
      Half(at: address, count: count),
      count > Half.width ? Half(at: address + Half.width, count: count &- Half.width) : Half.none)
  }
  @inline(__always) init(near address: UnsafePointer<Element>, count: Int) { self.init(at: address) }
  @inline(__always) func store(at address: UnsafeMutablePointer<Element>) {
    x.store(at: address)
    y.store(at: address + Half.width)
  }
  @inline(__always) func store(at address: UnsafeMutablePointer<Element>, count: Int) {
    x.store(at: address, count: count)
    if count > Half.width { y.store(at: address + Half.width, count: count &- Half.width) }
  }
  @inline(__always) func plus(_ a: Element.Lanes, _ b: Self) -> Self { Self(x.plus(a, b.x), y.plus(a, b.y)) }
}

/// The sums of some rows: they stay in registers while the terms pass.
protocol Tile: BitwiseCopyable {
  associatedtype Columns: Strip
  /// Where the rows of a are read. A pointer for three rows, because one for each would not fit the registers.
  associatedtype Places: BitwiseCopyable
  static var rows: Int { get }
  static var none: Self { get }
  init(at address: UnsafePointer<Columns.Element>, pitch: Int)
  init(at address: UnsafePointer<Columns.Element>, pitch: Int, count: Int)
  func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int)
  func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int, count: Int)
  static func places(_ a: UnsafePointer<Columns.Element>, _ aRow: Int) -> Places
  static func moved(_ a: Places, _ elements: Int) -> Places
  /// Adds the term whose factors lie `at` elements behind the places.
  mutating func add(_ a: Places, _ aRow: Int, at: Int, _ b: Columns)
}

struct Row<Columns: Strip>: Tile {
  var sums: Columns

  @inline(__always) init(_ sums: Columns) { self.sums = sums }
  @inline(__always) static var rows: Int { 1 }
  @inline(__always) static var none: Self { Self(Columns.none) }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int) { sums = Columns(at: address) }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int, count: Int) { sums = Columns(at: address, count: count) }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int) { sums.store(at: address) }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int, count: Int) {
    sums.store(at: address, count: count)
  }
  @inline(__always) static func places(_ a: UnsafePointer<Columns.Element>, _ aRow: Int) -> UnsafePointer<Columns.Element> { a }
  @inline(__always) static func moved(_ a: UnsafePointer<Columns.Element>, _ elements: Int) -> UnsafePointer<Columns.Element> { a + elements }
  @inline(__always) mutating func add(_ a: UnsafePointer<Columns.Element>, _ aRow: Int, at: Int, _ b: Columns) {
    sums = sums.plus(Columns.Element.repeated(a[at]), b)
  }
}

/// Three rows of sums that are read through one pointer.
struct Rows3<Columns: Strip>: Tile {
  var x: Columns
  var y: Columns
  var z: Columns

  @inline(__always) init(_ x: Columns, _ y: Columns, _ z: Columns) {
    self.x = x
    self.y = y
    self.z = z
  }
  @inline(__always) static var rows: Int { 3 }
  @inline(__always) static var none: Self { Self(Columns.none, Columns.none, Columns.none) }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int) {
    self.init(Columns(at: address), Columns(at: address + pitch), Columns(at: address + 2 &* pitch))
  }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int, count: Int) {
    self.init(
      Columns(at: address, count: count), Columns(at: address + pitch, count: count), Columns(at: address + 2 &* pitch, count: count))
  }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int) {
    x.store(at: address)
    y.store(at: address + pitch)
    z.store(at: address + 2 &* pitch)
  }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int, count: Int) {
    x.store(at: address, count: count)
    y.store(at: address + pitch, count: count)
    z.store(at: address + 2 &* pitch, count: count)
  }
  @inline(__always) static func places(_ a: UnsafePointer<Columns.Element>, _ aRow: Int) -> UnsafePointer<Columns.Element> { a }
  @inline(__always) static func moved(_ a: UnsafePointer<Columns.Element>, _ elements: Int) -> UnsafePointer<Columns.Element> { a + elements }
  @inline(__always) mutating func add(_ a: UnsafePointer<Columns.Element>, _ aRow: Int, at: Int, _ b: Columns) {
    x = x.plus(Columns.Element.repeated(a[at]), b)
    y = y.plus(Columns.Element.repeated(a[aRow &+ at]), b)
    z = z.plus(Columns.Element.repeated(a[2 &* aRow &+ at]), b)
  }
}

struct Stack<Upper: Tile, Lower: Tile>: Tile where Upper.Columns == Lower.Columns {
  typealias Columns = Upper.Columns
  var upper: Upper
  var lower: Lower

  @inline(__always) init(_ upper: Upper, _ lower: Lower) {
    self.upper = upper
    self.lower = lower
  }
  @inline(__always) static var rows: Int { Upper.rows &+ Lower.rows }
  @inline(__always) static var none: Self { Self(Upper.none, Lower.none) }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int) {
    self.init(Upper(at: address, pitch: pitch), Lower(at: address + Upper.rows &* pitch, pitch: pitch))
  }
  @inline(__always) init(at address: UnsafePointer<Columns.Element>, pitch: Int, count: Int) {
    self.init(Upper(at: address, pitch: pitch, count: count), Lower(at: address + Upper.rows &* pitch, pitch: pitch, count: count))
  }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int) {
    upper.store(at: address, pitch: pitch)
    lower.store(at: address + Upper.rows &* pitch, pitch: pitch)
  }
  @inline(__always) func store(at address: UnsafeMutablePointer<Columns.Element>, pitch: Int, count: Int) {
    upper.store(at: address, pitch: pitch, count: count)
    lower.store(at: address + Upper.rows &* pitch, pitch: pitch, count: count)
  }
  @inline(__always) static func places(_ a: UnsafePointer<Columns.Element>, _ aRow: Int) -> (Upper.Places, Lower.Places) {
    (Upper.places(a, aRow), Lower.places(a + Upper.rows &* aRow, aRow))
  }
  @inline(__always) static func moved(_ a: (Upper.Places, Lower.Places), _ elements: Int) -> (Upper.Places, Lower.Places) {
    (Upper.moved(a.0, elements), Lower.moved(a.1, elements))
  }
  @inline(__always) mutating func add(_ a: (Upper.Places, Lower.Places), _ aRow: Int, at: Int, _ b: Columns) {
    upper.add(a.0, aRow, at: at, b)
    lower.add(a.1, aRow, at: at, b)
  }
}

typealias Rows2<S: Strip> = Stack<Row<S>, Row<S>>
typealias Rows4<S: Strip> = Stack<Rows3<S>, Row<S>>
typealias Rows6<S: Strip> = Stack<Rows3<S>, Rows3<S>>
typealias Rows8<S: Strip> = Stack<Rows6<S>, Rows2<S>>
typealias Rows12<S: Strip> = Stack<Rows6<S>, Rows6<S>>
