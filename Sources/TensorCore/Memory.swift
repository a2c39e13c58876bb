#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the machine can hold.
public enum Memory {
  /// The machine's physical memory in bytes.
  public static let physicalByteCount: Int = {
    let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: Int(sysconf(Int32(_SC_PAGESIZE))))
    return pages > 0 && !overflow && bytes > 0 ? bytes : 1 << 34
  }()

  /// The bytes of a tensor, nil when they cannot be counted or do not fit the physical memory (or a lower limit).
  public static func byteCount(of shape: Shape, dtype: DType, limit: Int = physicalByteCount) -> Int? {
    guard let count = shape.count else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: dtype.byteCount)
    return overflow || bytes > limit ? nil : bytes
  }

  /// Why a tensor is too large, for a message: `a float tensor of shape [250000000000] needs 1.0 TB, this machine has 16.0 GB`.
  public static func explanation(tooLarge shape: Shape, dtype: DType, limit: Int = physicalByteCount) -> String {
    let tensor = "a \(dtype) tensor of shape \(shape)"
    // A product that overflows Int still has a size worth saying; a zero does not help when the other factors overflow.
    let bytes = shape.dims.filter { $0 > 0 }.reduce(Double(dtype.byteCount)) { $0 * Double($1) }
    return "\(tensor) needs \(sizeText(bytes)), \(describe(limit))"
  }

  /// `this machine has 16.0 GB`; of another limit `the limit is 1.0 GB`.
  public static func describe(_ limit: Int) -> String {
    (limit == physicalByteCount ? "this machine has " : "the limit is ") + sizeText(Double(limit))
  }

  /// A size in words: `512 bytes`, `1.5 MB`, `1.0 TB`.
  public static func sizeText(_ byteCount: Double) -> String {
    guard byteCount.isFinite else { return "more than a million EB" }
    guard byteCount >= 1000 else { return "\(Int(max(0, byteCount))) bytes" }
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
    var value = byteCount / 1000
    var unit = 0
    while value >= 999.95, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    guard value < 1e6 else { return "more than a million EB" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
