import Foundation
import TestSupport
import Testing

/// An image of another builder that `make test` put into `.demo/images`, or one of ours. It is compared with
/// the output of GNU cpio and of the compression tools.
struct RealImage: Sendable, CustomTestStringConvertible {
  /// The name that Scripts/get-image uses; "ours" is not one of them.
  let name: String
  /// The builder that `inspect` names; `nil`: the image does not tell.
  let builder: String?
  /// The compression of the last segment; the segments before it are uncompressed.
  let codec: String
  /// The start of each expected finding of `check`. Each was verified by hand.
  var findings: [String] = []
  /// Additional findings if no kernel is given.
  var findingsWithoutKernel: [String] = []

  static let all =
    installed
    + newest.filter {
      // get-image skips these images with a message where mounting is not possible.
      FileManager.default.fileExists(atPath: Checkout.images.appendingPathComponent($0.name).path)
    }

  /// Images by the builders of Debian sid (Scripts/get-tools), for the newest kernel.
  private static let newest = [
    // The image has no liblzma: the kernel decompresses modules for its kmod 34.
    RealImage(
      name: "initramfs-tools-sid", builder: "initramfs-tools", codec: "zstd",
      findings: ["warning[module-compression]: /lib/modules/"]),
    RealImage(
      name: "dracut-sid", builder: "dracut", codec: "zstd",
      findings: [
        // The program's note says that this library is required; the image does not have it.
        "warning[library-missing]: /usr/lib/systemd/systemd-tpm2-setup needs libtss2-tcti-device.so.0, which does not exist"
      ]),
    RealImage(name: "mkosi-initrd", builder: nil, codec: "zstd"),
  ]

  private static let installed = [
    RealImage(name: "initramfs-tools", builder: "initramfs-tools", codec: "zstd"),
    RealImage(
      name: "dracut", builder: "dracut", codec: "gzip",
      findings: [
        // The library is in Debian's libc6 but not in the image: `cpio -t` lists no libresolv.
        "warning[library-missing]: /usr/lib/x86_64-linux-gnu/libnss_hesiod.so.2 needs libresolv.so.2, which does not exist"
      ]),
    RealImage(name: "dracut-small", builder: "dracut", codec: "lz4"),
    RealImage(name: "tiny-initramfs", builder: "tiny-initramfs", codec: "gzip"),
    RealImage(name: "debian-installer", builder: "debian-installer", codec: "gzip"),
    RealImage(
      name: "ours", builder: "mkinitrd-swift", codec: "zstd",
      findingsWithoutKernel: [
        // The kernel's configuration says that ext4 is built in.
        "note[root-file-system]: the root's file system ext4 is not included; it is unknown whether it is built in"
      ]),
  ]

  var testDescription: String { name }

  /// A command that failed.
  struct Failure: Error {
    let command: String
    let errors: String
  }

  /// An image with its archives in separate files.
  struct Opened {
    /// A directory for temporary files.
    let folder: TemporaryFolder
    /// The image's path.
    let path: String
    /// The paths of the decompressed archives.
    let archives: [String]
    /// The output of `inspect --json`.
    let summary: [String: Any]

    /// Runs a script with the archives as `$@`, in `folder`.
    func shell(_ script: String) throws -> CommandResult {
      try run(
        "bash", ["-ec", script, "-"] + archives, in: folder.url,
        environment: ["LC_ALL": "C", "TZ": "UTC"])
    }
  }

  /// Cuts the image at the offsets that `inspect` prints, and decompresses each segment with the tool of its
  /// format.
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
      // head closes the pipe early, so tail or cat may end with SIGPIPE.
      guard cut.status == 0 || cut.status == 141 else {
        throw Failure(command: script, errors: cut.errors)
      }
      archives.append(folder.path("segment\(archives.count)"))
    }
    return Opened(folder: folder, path: path, archives: archives, summary: summary)
  }

  /// The image's path, and the arguments of `check` for its kernel. Our image is built in `folder`.
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
