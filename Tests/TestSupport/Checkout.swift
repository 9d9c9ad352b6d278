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

  /// The flavours of the kernels: the names that Scripts/get-kernel knows.
  public static let flavours = ["cloud", "generic", "cloud-next", "cloud-sid"]

  /// The release of the kernel of a flavour.
  public static func release(of flavour: String) throws -> String {
    let modules = kernels.appendingPathComponent("\(flavour)/lib/modules")
    let releases = try FileManager.default.contentsOfDirectory(atPath: modules.path)
    guard let release = releases.first, releases.count == 1 else {
      throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: modules.path])
    }
    return release
  }

  /// The path of a file of the kernel of a flavour, `vmlinuz` or `config`: in `/boot` as `NAME-RELEASE`, or since
  /// Debian 14 beside the modules.
  public static func kernel(of flavour: String, _ name: String) throws -> String {
    let (folder, release) = (kernels.appendingPathComponent(flavour), try release(of: flavour))
    let boot = folder.appendingPathComponent("boot/\(name)-\(release)").path
    if FileManager.default.fileExists(atPath: boot) { return boot }
    return folder.appendingPathComponent("lib/modules/\(release)/\(name)").path
  }
}
