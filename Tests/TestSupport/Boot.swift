import Foundation

/// Boots real kernels with the scripts of the checkout.
public enum Boot {
  /// What a kernel unpacked from an image, and its console.
  public struct Unpacked: Sendable {
    /// One line for each entry, as Scripts/tree-init.c prints them.
    public let tree: [String]
    /// Everything that the kernel printed.
    public let console: String
  }

  /// The program that prints the tree, used as `/init` of an image.
  public static let treeInit = Checkout.file(".demo/bin/tree-init").path
  /// The ext4 image whose init prints that it runs.
  public static let root = Checkout.file(".demo/root.ext4").path

  /// Unpacks `image` with user-mode-linux.
  public static func unpack(_ image: String, _ arguments: [String] = []) throws -> Unpacked {
    let result = try run(Checkout.file("Scripts/boot-uml").path, [image] + arguments)
    let lines = result.text.split(separator: "\n").map(String.init)
    let begin = lines.firstIndex(of: "tree-begin").map { $0 + 1 } ?? lines.endIndex
    let end = lines.firstIndex(of: "tree-end") ?? begin
    return Unpacked(tree: Array(lines[begin..<max(begin, end)]), console: result.text)
  }

  /// Boots a kernel of the checkout in QEMU, with the test root on a virtio disk.
  ///
  /// - Parameters:
  ///   - flavour: one of ``Checkout/flavours``.
  ///   - image: the initramfs.
  ///   - disk: the disk's file.
  ///   - append: additional text for the kernel's command line.
  ///   - environment: additional variables for the script.
  /// - Returns: the console; the status is 0 when the root's init ran.
  /// - Throws: an error if the script can't be started.
  public static func boot(
    _ flavour: String, _ image: String, disk: String = root, append: String = "",
    environment: [String: String] = [:]
  ) throws -> CommandResult {
    let kernel = try Checkout.kernel(of: flavour, "vmlinuz")
    return try run(
      Checkout.file("Scripts/boot-qemu").path, [kernel, image, disk, append],
      environment: environment.merging(["BOOT_TIMEOUT": "300"]) { own, _ in own })
  }
}
