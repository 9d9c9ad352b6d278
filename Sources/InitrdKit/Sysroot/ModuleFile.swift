/// Recognizes files of kernel modules by the suffixes of their names.
enum ModuleFile {
  /// The suffixes and their compression.
  static let suffixes: [(suffix: String, compression: Compression)] = [
    (".ko", .uncompressed), (".ko.gz", .gzip), (".ko.xz", .xz), (".ko.zst", .zstd),
  ]

  /// The compression of a module with this name; `nil` if it is not the name of a module.
  static func compression(_ name: some BidirectionalCollection<UInt8>) -> Compression? {
    suffixes.first { name.reversed().starts(with: $0.suffix.utf8.reversed()) }?.compression
  }

  /// The name without the suffix of the compression: `a.ko` for `a.ko.xz`.
  static func uncompressed(_ name: String) -> String {
    for (suffix, compression) in suffixes where compression != .uncompressed {
      guard name.hasSuffix(suffix) else { continue }
      return String(name.dropLast(suffix.utf8.count - ".ko".utf8.count))
    }
    return name
  }
}
