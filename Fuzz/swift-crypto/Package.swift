// swift-tools-version:6.2
import PackageDescription

// Stands in for the real one while fuzzing (Scripts/fuzz, `swift package edit`): BoringSSL takes minutes to compile,
// and its SHA-256 is not what is looked at.
let package = Package(
  name: "swift-crypto",
  products: [.library(name: "Crypto", targets: ["Crypto"])],
  targets: [.target(name: "Crypto")]
)
