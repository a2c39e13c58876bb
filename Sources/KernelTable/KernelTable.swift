import CKernelABI
import Kernels

/// The kernel functions, by name, for the processor at hand.
public enum KernelTable {
  /// A kernel by the name its module gives it; nil when there is none.
  public static func kernel(_ name: String) -> ef_kernel? { table[name] }

  /// All names, sorted.
  public static var names: [String] { table.keys.sorted() }

  private static let table: [String: ef_kernel] = {
    var table: [String: ef_kernel] = [:]
    visitKernels { name, kernel in table[name.description] = kernel }
    return table
  }()
}
