// swift-tools-version:6.2
import PackageDescription

let package = Package(
  name: "Fuzz",
  dependencies: [
    .package(name: "mkinitrd-swift", path: ".."),
    .package(path: "swift-crypto"),
  ],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [.product(name: "InitrdKit", package: "mkinitrd-swift")],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])])
  ]
)
