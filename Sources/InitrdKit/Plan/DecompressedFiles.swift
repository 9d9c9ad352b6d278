/// Compressed files that an image has decompressed.
///
/// Only some are kept in memory until they are written: a whole module tree would need too much memory. The others are
/// decompressed again.
struct DecompressedFiles: Sendable {
  /// The maximum size of a file in bytes. Modules and firmware of Debian have less than 64 MiB.
  static var sizeLimit: Int { 256 << 20 }
  private static var heldLimit: Int { 16 << 20 }

  private var heldBytes = 0

  /// The content of an entry that has the decompressed `bytes` of `file`.
  mutating func content(_ bytes: [UInt8], of file: PlannedFile) -> PlannedEntry.Content {
    heldBytes += bytes.count
    return heldBytes <= Self.heldLimit
      ? .bytes(bytes) : .decompressed(file, size: UInt32(bytes.count))
  }
}
