import CKernelABI
import Kernels
import ScalarKernels

#if LINKED_KERNELS
  import KernelsAVX2
  import KernelsAVX512
#endif

/// An instruction set that kernels are compiled for.
public enum ProcessorLevel: String, CaseIterable, Comparable, Sendable {
  /// Whatever every processor of the architecture has: SSE2, NEON.
  case baseline
  case avx2
  case avx512

  public static func < (a: ProcessorLevel, b: ProcessorLevel) -> Bool { a.rank < b.rank }
  private var rank: Int { self == .baseline ? 0 : self == .avx2 ? 1 : 2 }

  /// The levels that this machine and this build have, the best one last.
  public static let available: [ProcessorLevel] = {
    #if LINKED_KERNELS
      allCases.filter { $0.rank <= Int(ef_processor_level()) }
    #else
      [.baseline]
    #endif
  }()
}

/// The kernel functions by name, for one instruction set.
public struct KernelTable: Sendable {
  public let level: ProcessorLevel
  private let kernels: [String: ef_kernel]
  /// Those that are compiled once.
  private let scalar: [String: ef_kernel]
  private let rare: [String: ef_kernel]

  /// The table for a level; the best available one below it when the machine does not have it.
  public init(level: ProcessorLevel) {
    let level = ProcessorLevel.available.last { $0 <= level } ?? .baseline
    var kernels: [String: ef_kernel] = [:]
    let visit: (StaticString, ef_kernel) -> Void = { name, kernel in kernels[name.description] = kernel }
    var scalar: [String: ef_kernel] = [:]
    ScalarKernels.visitKernels { name, kernel in scalar[name.description] = kernel }
    var rare: [String: ef_kernel] = [:]
    ScalarKernels.visitRareKernels { name, kernel in rare[name.description] = kernel }
    switch level {
    #if LINKED_KERNELS
      case .avx512: KernelsAVX512.visitKernels(visit)
      case .avx2: KernelsAVX2.visitKernels(visit)
    #endif
    default: Kernels.visitKernels(visit)
    }
    self.level = level
    self.kernels = kernels
    self.scalar = scalar
    self.rare = rare
  }

  /// The table for the best level, or the one that the environment variable `ENUFLOW_CPU` names.
  public static let standard = KernelTable(level: requestedLevel ?? ProcessorLevel.available.last ?? .baseline)

  /// What `ENUFLOW_CPU` says, nil when it says nothing or no level.
  public static let requestedLevel = environment("ENUFLOW_CPU").flatMap(ProcessorLevel.init(rawValue:))

  /// A kernel by the name its module gives it; nil when there is none. A name may stand for two of them, one of them for the rare dtypes.
  public func kernel(_ name: String, isRare: Bool = false) -> ef_kernel? {
    isRare ? rare[name] ?? scalar[name] ?? kernels[name] : kernels[name] ?? scalar[name] ?? rare[name]
  }

  /// A kernel of the standard table.
  public static func kernel(_ name: String) -> ef_kernel? { standard.kernel(name) }

  /// All names, sorted.
  public var names: [String] { Set(kernels.keys).union(scalar.keys).union(rare.keys).sorted() }
}
