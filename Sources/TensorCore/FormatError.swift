/// Why a binary file (`.npy`, `.npz`) cannot be read or written.
public struct FormatError: Error, Sendable, CustomStringConvertible {
  /// The cause, as one sentence part without a full stop.
  public var message: String
  /// The byte of the file it is about.
  public var offset: Int

  public init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }

  public var description: String { "\(message) (byte \(offset))" }
}
