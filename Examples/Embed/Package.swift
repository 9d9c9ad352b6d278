// swift-tools-version:6.2
import PackageDescription

// A program of your own would name the repository in place of the path:
//   .package(url: "https://…/mkinitrd-swift", from: "…")
let package = Package(
  name: "Embed",
  dependencies: [
    // The name is given because it would otherwise be that of the folder that the clone is in.
    .package(name: "mkinitrd-swift", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "embed",
      dependencies: [.product(name: "InitrdKit", package: "mkinitrd-swift")])
  ]
)
