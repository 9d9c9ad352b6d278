// swift-tools-version:6.2
import PackageDescription

// Scripts/fuzz builds it: libFuzzer brings `main`, and the flags have to reach InitrdKit too.
let package = Package(
  name: "Fuzz",
  dependencies: [
    // The name is given because it would otherwise be that of the folder that the clone is in.
    .package(name: "mkinitrd-swift", path: "..")
  ],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: [.product(name: "InitrdKit", package: "mkinitrd-swift")])
  ]
)
