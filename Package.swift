// swift-tools-version: 6.1
import PackageDescription

// Kernels are optimised in debug builds too, and on x86-64 they are compiled once more for each newer instruction set: the
// folders of those targets are links to Sources/Kernels. The flags need `unsafeFlags`, which a package used as a dependency
// may not have, so they and the linked targets are left out when this package lies in a dependency checkout.
let isDependency = Context.packageDirectory.contains("/checkouts/")

// Loops over long functions work on several vectors at a time too: what one waits for, the others compute meanwhile.
let interleaved = ["-Xllvm", "-small-loop-cost=400"]

func kernels(_ name: String, _ flags: [String] = []) -> Target {
  .target(
    name: name, dependencies: ["CKernelABI"],
    swiftSettings: isDependency ? [] : [.unsafeFlags(["-Ounchecked"] + interleaved + flags.flatMap { ["-Xcc", $0] })])
}

#if arch(x86_64)
  let linkedKernels =
    isDependency
    ? [] : [kernels("KernelsAVX2", ["-march=x86-64-v3"]), kernels("KernelsAVX512", ["-march=x86-64-v4", "-mprefer-vector-width=512"])]
#else
  let linkedKernels: [Target] = []
#endif

let package = Package(
  name: "enuflow",
  products: [
    .library(name: "EnuFlow", targets: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run", "Inspect"]),
    .executable(name: "enuflow", targets: ["enuflow"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
  ],
  targets: linkedKernels + [
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev", "pkg-config"])]),
    .target(name: "CKernelABI"),
    .target(name: "Diagnostics"),
    .target(name: "TensorCore", dependencies: ["Diagnostics"]),
    .target(name: "Page", dependencies: ["CLibXML2", "Diagnostics", "TensorCore"]),
    kernels("Kernels"),
    kernels("ScalarKernels"),
    .target(
      name: "KernelTable", dependencies: ["CKernelABI", "Kernels", "ScalarKernels"] + linkedKernels.map { .target(name: $0.name) },
      swiftSettings: linkedKernels.isEmpty ? [] : [.define("LINKED_KERNELS")]),
    .target(name: "Blocks", dependencies: ["CKernelABI", "Diagnostics", "TensorCore"]),
    .target(
      name: "Compile",
      dependencies: [
        "CKernelABI", "KernelTable", "Diagnostics", "TensorCore", "Page", "Blocks", .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .target(name: "Run", dependencies: ["CKernelABI", "KernelTable", "Diagnostics", "TensorCore", "Page", "Blocks", "Compile"]),
    .target(name: "CBrowserFiles", exclude: ["Drawing", "Live"]),
    .target(
      name: "Inspect", dependencies: ["CBrowserFiles", "CKernelABI", "KernelTable", "Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run"]),
    .target(
      name: "Live",
      dependencies: [
        "CBrowserFiles", "Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run", "Inspect",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
      ]),
    .executableTarget(
      name: "enuflow",
      dependencies: ["Inspect", "Live", "Run", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"]),
    .testTarget(name: "TensorCoreTests", dependencies: ["TensorCore", "Diagnostics"]),
    .testTarget(name: "GoldenTests", dependencies: ["Compile", "Run", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "PageTests", dependencies: ["Page", "TensorCore", "Diagnostics"]),
    .target(
      name: "PageSupport", dependencies: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run"], path: "Tests/Support"),
    .testTarget(name: "CompileTests", dependencies: ["PageSupport", "Compile", "Blocks", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "RunTests", dependencies: ["PageSupport", "KernelTable", "Run", "Compile", "Blocks", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "InspectTests", dependencies: ["PageSupport", "Inspect", "Run", "Compile", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(
      name: "LiveTests",
      dependencies: [
        "PageSupport", "Live", "Inspect", "Run", "Compile", "Page", "TensorCore", "Diagnostics",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
      ]),
    .testTarget(name: "CommandLineTests", dependencies: ["PageSupport", "Page", "TensorCore", "Diagnostics", "enuflow"]),
    .testTarget(name: "PagesTests", dependencies: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run", "Inspect"]),
    .testTarget(name: "BlocksTests", dependencies: ["Blocks", "TensorCore", "KernelTable", "CKernelABI", "Diagnostics"]),
  ],
  swiftLanguageModes: [.v6]
)
