// swift-tools-version:6.2
import PackageDescription

/// One strictness for every target of ours; warnings become errors in CI only, so that a new compiler
/// never breaks those who depend on the package.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Whether Scripts/fuzz builds: its targets call functions that only this package sees.
let isFuzzing = Context.environment["MKINITRD_FUZZ"] != nil

let package = Package(
  name: "mkinitrd-swift",
  products: [
    .library(name: "InitrdKit", targets: ["InitrdKit"]),
    .executable(name: "mkinitrd-swift", targets: ["mkinitrd-swift"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // With the sanitizer's flags, swift-crypto takes minutes to build; the small SHA-256 takes seconds.
    isFuzzing
      ? .package(path: "Fuzz/swift-crypto")
      : .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CSyscalls"),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CDeflate", pkgConfig: "libdeflate",
      providers: [.apt(["libdeflate-dev"]), .yum(["libdeflate-devel"]), .brew(["libdeflate"])]),
    // bzip2 has no pkg-config file of its own; its header stands where every compiler looks.
    .systemLibrary(
      name: "CBzip2",
      providers: [.apt(["libbz2-dev"]), .yum(["bzip2-devel"]), .brew(["bzip2"])]),
    .systemLibrary(
      name: "CZstd", pkgConfig: "libzstd",
      providers: [.apt(["libzstd-dev"]), .yum(["libzstd-devel"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CLZMA", pkgConfig: "liblzma",
      providers: [.apt(["liblzma-dev"]), .yum(["xz-devel"]), .brew(["xz"])]),
    .systemLibrary(
      name: "CLZ4", pkgConfig: "liblz4",
      providers: [.apt(["liblz4-dev"]), .yum(["lz4-devel"]), .brew(["lz4"])]),
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive",
      providers: [.apt(["libarchive-dev"]), .yum(["libarchive-devel"]), .brew(["libarchive"])]),
    // What InitrdKit shares with other libraries: errors, paths, JSON, text, system calls.
    .target(
      name: "BaseKit",
      dependencies: [
        "CSyscalls",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .target(
      name: "InitrdKit",
      dependencies: [
        "BaseKit", "CArchive", "CZlib", "CDeflate", "CBzip2", "CZstd", "CLZMA", "CLZ4",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [.embedInCode("Resources/linuxrc")],
      swiftSettings: strict),
    .executableTarget(
      name: "mkinitrd-swift",
      dependencies: [
        "InitrdKit", "BaseKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [
        "append", "build", "check", "diff", "error", "extract", "init", "inspect", "list",
        "manifest", "plan",
      ].map { .embedInCode("Resources/\($0).schema.json") },
      swiftSettings: strict),
    .testTarget(
      name: "InitrdKitTests",
      dependencies: [
        "InitrdKit", "BaseKit", "TestSupport",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: ["mkinitrd-swift", "InitrdKit", "BaseKit", "TestSupport"],
      swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
  ]
)

if isFuzzing {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["InitrdKit", "BaseKit"], path: "Fuzz/Sources/fuzz"))
}
