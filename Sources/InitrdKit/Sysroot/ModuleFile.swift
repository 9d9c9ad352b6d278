/// Files of kernel modules, by how their names end.
enum ModuleFile {
  /// The endings, with the compression that each stands for.
  static let suffixes: [(suffix: String, compression: Compression)] = [
    (".ko", .uncompressed), (".ko.gz", .gzip), (".ko.xz", .xz), (".ko.zst", .zstd),
  ]

  /// How a module of this name is compressed; `nil` for what is no module.
  static func compression(_ name: some BidirectionalCollection<UInt8>) -> Compression? {
    suffixes.first { name.reversed().starts(with: $0.suffix.utf8.reversed()) }?.compression
  }

  /// The name without what its compression adds to it: `a.ko` for `a.ko.xz`.
  static func uncompressed(_ name: String) -> String {
    for (suffix, compression) in suffixes where compression != .uncompressed {
      guard name.hasSuffix(suffix) else { continue }
      return String(name.dropLast(suffix.utf8.count - ".ko".utf8.count))
    }
    return name
  }
}
