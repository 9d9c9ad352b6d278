// swift-tools-version:6.2
import PackageDescription

// Replaces the real package while fuzzing (Scripts/fuzz, `swift package edit`): BoringSSL takes minutes to
// compile, and its SHA-256 is not under test.
let package = Package(
  name: "swift-crypto",
  products: [.library(name: "Crypto", targets: ["Crypto"])],
  targets: [.target(name: "Crypto")]
)
