public import Foundation

/// The checkout that the tests run in, and what `make test` has put into it.
public enum Checkout {
  /// The folder that holds Package.swift.
  public static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file of the checkout.
  public static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Debian's kernels as `make test` unpacks them, each with a static busybox.
  public static let kernels = file(".demo/kernels")

  /// Whether tests that need what only `make test` brings can run. `make test` demands it, so that nothing is
  /// left out there without a word; a plain `swift test` leaves those tests out.
  public static var isPrepared: Bool {
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
      || FileManager.default.fileExists(atPath: kernels.appendingPathComponent("cloud").path)
  }

  /// Images of other builders, as `make test` makes and fetches them.
  public static let images = file(".demo/images")

  /// Whether tests of these images can run; `make test` demands it.
  public static var hasImages: Bool {
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
      || FileManager.default.fileExists(
        atPath: images.appendingPathComponent("debian-installer").path)
  }

  /// The release of the kernel of a flavour: `cloud`, `generic` or `cloud-next`.
  public static func release(of flavour: String) throws -> String {
    let modules = kernels.appendingPathComponent("\(flavour)/lib/modules")
    let releases = try FileManager.default.contentsOfDirectory(atPath: modules.path)
    guard let release = releases.first, releases.count == 1 else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: modules.path])
    }
    return release
  }
}
