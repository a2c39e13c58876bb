import Diagnostics

/// How large a page may be. Beyond these, reading it would take unreasonable time or memory.
public enum Limits {
  /// Bytes of the file; everything below fits 32-bit offsets for that reason.
  public static let fileBytes = 256 << 20
  public static let elementDepth = 256
  public static let attributesPerElement = 1_000
  public static let namespaceDeclarations = 100
  public static let elements = 5_000_000
  public static let attributeValueBytes = 10_000_000
  /// The last cycle that may be expected: a test runs as many.
  public static let expectedCycle = 1_000_000

  static func fileTooLarge(at place: SourceLocation?) -> Diagnostic {
    Diagnostic(
      .limit, "the file is larger than 256 MiB, the most that is read", at: place,
      fix: "split the page, or keep large constants in a .npy file and feed them")
  }
}
