import Synchronization

/// The strings that string tensors point into.
///
/// Equal strings get equal handles, so blocks that move or compare elements treat a string tensor as 8-byte integers.
/// A pool lives as long as a tensor that uses it.
public final class StringPool: Sendable {
  private struct Table {
    var strings: [[UInt8]] = [[]]
    var handles: [[UInt8]: Int64] = [[]: 0]
  }
  private let table = Mutex(Table())

  public init() {}

  /// The handle of `bytes`. Handle 0 is the empty string.
  public func handle(of bytes: [UInt8]) -> Int64 {
    table.withLock { table in
      if let known = table.handles[bytes] { return known }
      let handle = Int64(table.strings.count)
      table.strings.append(bytes)
      table.handles[bytes] = handle
      return handle
    }
  }

  /// The bytes behind a handle; a handle that this pool never gave out reads as the empty string.
  public func bytes(of handle: Int64) -> [UInt8] {
    table.withLock { table in
      guard let index = Int(exactly: handle), table.strings.indices.contains(index) else { return [] }
      return table.strings[index]
    }
  }
}
