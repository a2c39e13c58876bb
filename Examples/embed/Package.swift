// swift-tools-version: 6.1
import PackageDescription

// A program of its own that uses enuflow as a library. Outside of this checkout, name the repository instead of a path:
//   .package(url: "…/enuflow", exact: "0.1.0")
let package = Package(
  name: "embed",
  dependencies: [.package(name: "enuflow", path: "../..")],
  targets: [.executableTarget(name: "embed", dependencies: [.product(name: "EnuFlow", package: "enuflow")])],
  swiftLanguageModes: [.v6]
)
