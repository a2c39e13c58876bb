#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Aligned memory of a fixed size. It is written only while it is being made; after that it is shared between threads.
public final class TensorStorage: @unchecked Sendable {
  /// Every storage and every buffer of a plan starts on a cache line.
  public static let alignment = 64

  /// From this size on memory comes from the system directly.
  private static let mappedByteCount = 4 << 20

  public let byteCount: Int
  /// The first byte. Valid as long as the storage is.
  public let base: UnsafeMutableRawPointer
  /// The storage whose memory this is a part of.
  private let whole: TensorStorage?

  /// Memory of `byteCount` bytes, all zero; nil when the system has not that much.
  public init?(byteCount: Int) {
    guard byteCount >= 0 else { return nil }
    // At least one cache line, so that an empty tensor has an address too.
    let size = max(byteCount, TensorStorage.alignment)
    if byteCount >= TensorStorage.mappedByteCount {
      // Pages of zeros, which the system hands out when they are first touched.
      let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
      guard let memory, memory != MAP_FAILED else { return nil }
      base = memory
    } else {
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, TensorStorage.alignment, size) == 0, let memory else { return nil }
      memset(memory, 0, size)
      base = memory
    }
    self.byteCount = byteCount
    whole = nil
  }

  /// A part of another storage, which it keeps alive; nil when it does not lie within.
  public init?(part offset: Int, byteCount: Int, of whole: TensorStorage) {
    guard offset >= 0, byteCount >= 0, offset <= whole.byteCount, byteCount <= whole.byteCount - offset else { return nil }
    self.byteCount = byteCount
    base = whole.base + offset
    self.whole = whole
  }

  /// Whether it lies in the memory of `other`.
  public func isPart(of other: TensorStorage) -> Bool { self === other || (whole?.isPart(of: other) ?? false) }

  deinit {
    if whole != nil { return }
    if byteCount >= TensorStorage.mappedByteCount { munmap(base, byteCount) } else { free(base) }
  }
}
