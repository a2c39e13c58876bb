/// An immutable tensor: dtype, shape and row-major elements.
public struct Tensor: Sendable {
  public let dtype: DType
  public let shape: Shape
  /// The number of elements.
  public let count: Int
  /// The elements' memory: 64-byte aligned unless it is a part of another tensor's, `count * dtype.byteCount` bytes. Written only while the tensor is being made.
  public let storage: TensorStorage
  /// Where the handles of a string tensor point; nil for every other dtype.
  public let pool: StringPool?

  /// Takes storage that holds (or will hold) the elements. Nil when it is too small for the shape, or a string tensor has no pool.
  public init?(dtype: DType, shape: Shape, storage: TensorStorage, pool: StringPool? = nil) {
    guard let count = shape.count, count <= storage.byteCount / dtype.byteCount else { return nil }
    if dtype == .string, pool == nil { return nil }
    self.dtype = dtype
    self.shape = shape
    self.count = count
    self.storage = storage
    self.pool = dtype == .string ? pool : nil
  }

  /// A tensor of zeros (false, empty strings); nil when there is not that much memory.
  public init?(zeros dtype: DType, shape: Shape, pool: StringPool? = nil) {
    guard let count = shape.count else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    guard !overflow, let storage = TensorStorage(byteCount: bytes) else { return nil }
    self.init(dtype: dtype, shape: shape, storage: storage, pool: pool)
  }

  /// A tensor of `values` in row-major order, of shape `[values.count]` unless given. Nil when the counts differ.
  public init?<Element: TensorElement>(_ values: [Element], shape: Shape? = nil) {
    let shape = shape ?? [values.count]
    guard shape.count == values.count else { return nil }
    self.init(zeros: Element.dtype, shape: shape)
    values.withUnsafeBytes { storage.base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(storage.base), byteCount: $0.count) }
  }

  /// A string tensor. Nil when the counts differ.
  public init?(strings: [[UInt8]], shape: Shape? = nil, pool: StringPool) {
    let shape = shape ?? [strings.count]
    guard shape.count == strings.count else { return nil }
    self.init(zeros: .string, shape: shape, pool: pool)
    for (index, bytes) in strings.enumerated() {
      storage.base.storeBytes(of: pool.handle(of: bytes), toByteOffset: index * 8, as: Int64.self)
    }
  }

  /// The bytes of all elements.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage.base, count: count * dtype.byteCount) }

  /// The elements, nil when they are of another type. Quantised ones are those of their integer dtype.
  public func elements<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element]? {
    guard Element.dtype == dtype.stored else { return nil }
    return withExtendedLifetime(storage) { Array(bytes.bindMemory(to: Element.self)) }
  }

  /// The elements of a string tensor, nil for any other.
  public var stringElements: [[UInt8]]? {
    guard let pool else { return nil }
    return withExtendedLifetime(storage) { bytes.bindMemory(to: Int64.self).map(pool.bytes(of:)) }
  }

  /// The elements of an integer tensor (axes, shapes, sizes) as `Int`, nil for other dtypes.
  public var integers: [Int]? {
    switch dtype.stored {
    case .int8: elements(as: Int8.self)?.map(Int.init)
    case .int16: elements(as: Int16.self)?.map(Int.init)
    case .int32: elements(as: Int32.self)?.map(Int.init)
    case .int64: elements(as: Int64.self)?.map(Int.init)
    case .uint8: elements(as: UInt8.self)?.map(Int.init)
    case .uint16: elements(as: UInt16.self)?.map(Int.init)
    case .uint32: elements(as: UInt32.self)?.map(Int.init)
    default: nil
    }
  }

  /// The same elements seen with another shape; nil when the counts differ.
  public func reshaped(_ shape: Shape) -> Tensor? {
    guard shape.count == count else { return nil }
    return Tensor(dtype: dtype, shape: shape, storage: storage, pool: pool)
  }

  /// A run of its bytes as elements of a dtype; nil when they do not lie in it, or cannot lie there.
  public func part(_ dtype: DType, _ shape: Shape, at byte: Int) -> Tensor? {
    guard let count = shape.count, case let (size, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount), !overflow,
      byte >= 0, byte <= bytes.count, size <= bytes.count - byte, Int(bitPattern: self.storage.base + byte) % dtype.byteCount == 0,
      let storage = TensorStorage(part: byte, byteCount: size, of: storage)
    else { return nil }
    return Tensor(dtype: dtype, shape: shape, storage: storage, pool: pool)
  }

  /// All of its bytes as elements of another dtype; a copy where elements of that dtype cannot lie.
  public func seen(as dtype: DType, _ shape: Shape) -> Tensor? {
    if let view = part(dtype, shape, at: 0) { return view }
    guard let copy = Tensor(zeros: dtype, shape: shape), copy.bytes.count == bytes.count else { return nil }
    copy.storage.base.copyMemory(from: storage.base, byteCount: bytes.count)
    return copy
  }

  /// The same tensor with its strings in `pool`; tensors whose strings meet must share one.
  public func moved(into pool: StringPool) -> Tensor {
    guard let strings = stringElements, self.pool !== pool else { return self }
    return Tensor(strings: strings, shape: shape, pool: pool) ?? self
  }

  /// Whether dtype, shape and every bit agree (strings by content). -0 and 0 differ; so do two NaNs of different payload.
  public func hasSameBits(as other: Tensor) -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    if dtype == .string, pool !== other.pool { return stringElements == other.stringElements }
    return withExtendedLifetime((storage, other.storage)) { bytes.elementsEqual(other.bytes) }
  }
}
