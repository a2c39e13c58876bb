// swift-tools-version: 6.1
import PackageDescription

// Kernels are optimised in debug builds too. The flag needs `unsafeFlags`, which a package used as a dependency may not
// have, so it is left out when this package lies in a dependency checkout.
let isDependency = Context.packageDirectory.contains("/checkouts/")
let kernelSettings: [SwiftSetting] = isDependency ? [] : [.unsafeFlags(["-Ounchecked"])]

let package = Package(
  name: "enuflow",
  products: [
    .library(name: "EnuFlow", targets: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run", "Inspect"]),
    .executable(name: "enuflow", targets: ["enuflow"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev", "pkg-config"])]),
    .target(name: "CKernelABI"),
    .target(name: "Diagnostics"),
    .target(name: "TensorCore", dependencies: ["Diagnostics"]),
    .target(name: "Page", dependencies: ["CLibXML2", "Diagnostics", "TensorCore"]),
    .target(name: "Kernels", dependencies: ["CKernelABI"], swiftSettings: kernelSettings),
    .target(name: "KernelTable", dependencies: ["CKernelABI", "Kernels"]),
    .target(name: "Blocks", dependencies: ["CKernelABI", "Diagnostics", "TensorCore", "KernelTable"]),
    .target(
      name: "Compile",
      dependencies: [
        "Diagnostics", "TensorCore", "Page", "Blocks", .product(name: "HeapModule", package: "swift-collections"),
      ]),
    .target(name: "Run", dependencies: ["CKernelABI", "KernelTable", "Diagnostics", "TensorCore", "Page", "Blocks", "Compile"]),
    .target(name: "Inspect", dependencies: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run"]),
    .executableTarget(
      name: "enuflow",
      dependencies: ["Inspect", "Run", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"]),
    .testTarget(name: "TensorCoreTests", dependencies: ["TensorCore", "Diagnostics"]),
    .testTarget(name: "GoldenTests", dependencies: ["Compile", "Run", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "PageTests", dependencies: ["Page", "TensorCore", "Diagnostics"]),
    .target(
      name: "PageSupport", dependencies: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run"], path: "Tests/Support"),
    .testTarget(name: "CompileTests", dependencies: ["PageSupport", "Compile", "Blocks", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "RunTests", dependencies: ["PageSupport", "Run", "Compile", "Blocks", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "InspectTests", dependencies: ["PageSupport", "Inspect", "Run", "Compile", "Page", "TensorCore", "Diagnostics"]),
    .testTarget(name: "CommandLineTests", dependencies: ["PageSupport", "Page", "TensorCore", "Diagnostics", "enuflow"]),
    .testTarget(name: "PagesTests", dependencies: ["Diagnostics", "TensorCore", "Page", "Blocks", "Compile", "Run", "Inspect"]),
    .testTarget(name: "BlocksTests", dependencies: ["Blocks", "TensorCore", "KernelTable", "CKernelABI", "Diagnostics"]),
  ],
  swiftLanguageModes: [.v6]
)
