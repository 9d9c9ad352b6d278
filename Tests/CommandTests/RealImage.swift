import Foundation
import TestSupport
import Testing

/// An image of another builder as `make test` puts it into `.demo/images`, or one of ours, with what GNU cpio and the
/// tools of the codecs make of it.
struct RealImage: Sendable, CustomTestStringConvertible {
  /// Its name for Scripts/get-image; ours has none there.
  let name: String
  /// Who made it, as `inspect` says; `nil`: nothing in the image tells.
  let builder: String?
  /// The compression of its last segment; those before are not compressed.
  let codec: String
  /// How the findings of `check` start; each was verified by hand.
  var findings: [String] = []
  /// What it finds besides when no kernel is at hand.
  var findingsWithoutKernel: [String] = []

  static let all =
    installed
    + newest.filter {
      // get-image leaves them out, and says so, where nothing can be mounted.
      FileManager.default.fileExists(atPath: Checkout.images.appendingPathComponent($0.name).path)
    }

  /// By the builders of the sid root of Scripts/get-tools, for the newest kernel.
  private static let newest = [
    // It has no liblzma: the kernel decompresses the modules for its kmod 34.
    RealImage(
      name: "initramfs-tools-sid", builder: "initramfs-tools", codec: "zstd",
      findings: ["warning[module-compression]: /lib/modules/"]),
    RealImage(name: "dracut-sid", builder: "dracut", codec: "zstd"),
    RealImage(name: "mkosi-initrd", builder: nil, codec: "zstd"),
  ]

  private static let installed = [
    RealImage(name: "initramfs-tools", builder: "initramfs-tools", codec: "zstd"),
    RealImage(
      name: "dracut", builder: "dracut", codec: "gzip",
      findings: [
        // The library is in Debian's libc6 and not in the image: `cpio -t` lists no libresolv.
        "warning[library-missing]: /usr/lib/x86_64-linux-gnu/libnss_hesiod.so.2 needs libresolv.so.2, which does not exist"
      ]),
    RealImage(name: "dracut-small", builder: "dracut", codec: "lz4"),
    RealImage(name: "tiny-initramfs", builder: "tiny-initramfs", codec: "gzip"),
    RealImage(name: "debian-installer", builder: "debian-installer", codec: "gzip"),
    RealImage(
      name: "ours", builder: "mkinitrd-swift", codec: "zstd",
      findingsWithoutKernel: [
        // It is built in, as the kernel's configuration says.
        "note[root-file-system]: the root's file system ext4 is not included; it is unknown whether it is built in"
      ]),
  ]

  var testDescription: String { name }

  /// A command that failed.
  struct Failure: Error {
    let command: String
    let errors: String
  }

  /// The image with its archives apart.
  struct Opened {
    /// Where things can be put.
    let folder: TemporaryFolder
    /// The image's path.
    let path: String
    /// The archives, unpacked, by their paths.
    let archives: [String]
    /// What `inspect --json` says of it.
    let summary: [String: Any]

    /// Runs a script with `$@`, the archives; `$PWD` is the folder.
    func shell(_ script: String) throws -> CommandResult {
      try run(
        "bash", ["-ec", script, "-"] + archives, in: folder.url,
        environment: ["LC_ALL": "C", "TZ": "UTC"])
    }
  }

  /// Cuts the image where `inspect` says that its segments are, and unpacks each by its codec's own tool.
  func open() throws -> Opened {
    let folder = try TemporaryFolder()
    let (path, _) = try files(folder)
    let inspected = try Mkinitrd.run(["inspect", "--json", path])
    let summary =
      try JSONSerialization.jsonObject(with: Data(inspected.output)) as? [String: Any] ?? [:]
    var archives: [String] = []
    for segment in summary["segments"] as? [[String: Any]] ?? [] {
      guard let offset = segment["offset"] as? Int, let bytes = segment["bytes"] as? Int,
        let codec = segment["compression"] as? String
      else { throw CocoaError(.coderReadCorrupt) }
      let tool = codec == "none" ? "cat" : "\(codec) -dc"
      let script =
        "tail -c +\(offset + 1) '\(path)' | head -c \(bytes) | \(tool) >segment\(archives.count)"
      let cut = try run("bash", ["-ec", "set -o pipefail; " + script], in: folder.url)
      // tail and cat are cut short by head, which is no failure.
      guard cut.status == 0 || cut.status == 141 else {
        throw Failure(command: script, errors: cut.errors)
      }
      archives.append(folder.path("segment\(archives.count)"))
    }
    return Opened(folder: folder, path: path, archives: archives, summary: summary)
  }

  /// The image's path, and the arguments of `check` for its kernel; ours is built in `folder`.
  func files(_ folder: TemporaryFolder) throws -> (path: String, kernel: [String]) {
    if name == "ours" {
      let (cloud, image) = (Checkout.kernels.appendingPathComponent("cloud"), folder.path("image"))
      let built = try Mkinitrd.run([
        "build", Checkout.file("Examples/container-vm.json").path, "--sysroot", cloud.path, "-o",
        image,
      ])
      guard built.status == 0 else { throw Failure(command: "build", errors: built.errors) }
      return (
        image,
        [
          "--kernel-image", try Checkout.kernel(of: "cloud", "vmlinuz"), "--kernel-config",
          try Checkout.kernel(of: "cloud", "config"),
        ]
      )
    }
    let place = Checkout.images.appendingPathComponent(name)
    let config = place.appendingPathComponent("config").path
    let known = FileManager.default.fileExists(atPath: config)
    return (
      place.appendingPathComponent("image").path,
      ["--kernel-image", place.appendingPathComponent("vmlinuz").path]
        + (known ? ["--kernel-config", config] : [])
    )
  }
}
