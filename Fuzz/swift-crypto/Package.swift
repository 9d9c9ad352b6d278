// swift-tools-version:6.2
import PackageDescription

let package = Package(
  name: "swift-crypto",
  products: [.library(name: "Crypto", targets: ["Crypto"])],
  targets: [.target(name: "Crypto")]
)
