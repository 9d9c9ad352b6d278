public import Foundation

/// The checkout that contains the tests, and the files that `make test` added to it.
public enum Checkout {
  /// The directory that contains Package.swift.
  public static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file of the checkout.
  public static func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Debian's kernels that `make test` unpacked, each with a static busybox.
  public static let kernels = file(".demo/kernels")

  /// Whether the files of `make test` exist. `make test` sets a variable that makes them mandatory, so that
  /// it skips no test; a plain `swift test` skips the tests that need them.
  public static var isPrepared: Bool {
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
      || FileManager.default.fileExists(atPath: kernels.appendingPathComponent("cloud").path)
  }

  /// Debian's firmware packages as `make test` unpacks them.
  public static let firmware = file(".demo/firmware")

  /// Whether tests that need the firmware can run; `make test` demands it.
  public static var hasFirmware: Bool {
    ProcessInfo.processInfo.environment["MKINITRD_TEST_ALL"] != nil
      || isPrepared && FileManager.default.fileExists(atPath: firmware.path)
  }

  /// Images of other builders that `make test` built or downloaded.
  public static let images = file(".demo/images")

  /// Whether these images exist; `make test` makes them mandatory.
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

  /// The path of a kernel's file, `vmlinuz` or `config`: `/boot/NAME-RELEASE`, or since Debian 14 in the
  /// module tree.
  public static func kernel(of flavour: String, _ name: String) throws -> String {
    let (folder, release) = (kernels.appendingPathComponent(flavour), try release(of: flavour))
    let boot = folder.appendingPathComponent("boot/\(name)-\(release)").path
    if FileManager.default.fileExists(atPath: boot) { return boot }
    return folder.appendingPathComponent("lib/modules/\(release)/\(name)").path
  }
}
