/// Distributes the entries to archives, and chooses the compression of each archive: a late step of planning.
struct ArchiveLayout: Sendable {
  /// The archives of the image in their order: the early archive, the manifest's segments, and the main archive.
  private(set) var archives: [PlannedArchive] = []
  /// Errors and notes.
  private(set) var diagnostics = Diagnostics()
  private let kernel: KernelTree?
  private let architecture: Architecture?

  /// Distributes `entries`, and numbers them. All failures are added to the diagnostics.
  init(
    _ entries: [PlannedEntry], early: PlannedArchive?, _ manifest: Manifest, kernel: KernelTree?,
    for architecture: Architecture?
  ) {
    (self.kernel, self.architecture) = (kernel, architecture)
    if let config = kernel?.config, !config.isBuiltIn("CONFIG_BLK_DEV_INITRD") {
      diagnostics.error(
        .kernel, "this kernel does not support an initramfs: CONFIG_BLK_DEV_INITRD is not set",
        at: .init(file: kernel?.configPath),
        remedy: "choose a kernel with this option, or set it in this kernel")
    }
    if let early { archives.append(early) }
    var rest = entries
    for segment in manifest.segments {
      var archive = PlannedArchive(name: segment.name)
      compress(&archive, as: segment.compression)
      archive.entries = Self.take(segment.contents.map(\.name), from: &rest)
      if archive.entries.isEmpty {
        diagnostics.note(
          .missing,
          "segments: no entry matches \"\(segment.name)\", so this segment is not written",
          at: segment.location)
      } else {
        archive.align(to: manifest.output.alignment)
        archives.append(archive)
      }
    }
    var main = PlannedArchive(name: "main")
    compress(&main, as: manifest.compression)
    main.entries = rest
    main.align(to: manifest.output.alignment)
    archives.append(main)

    var inode: UInt32 = 1
    for index in archives.indices {
      EntryTable.number(&archives[index].entries, from: &inode)
    }
  }

  /// Removes the entries that match one of `patterns` from `entries`; returns them with copies of their parent directories.
  private static func take(
    _ patterns: [String], from entries: inout [PlannedEntry]
  ) -> [PlannedEntry] {
    let globs = patterns.map { Glob(Array($0.utf8.drop { $0 == UInt8(ascii: "/") })) }
    var taken: [PlannedEntry] = []
    var parents: Set<ImagePath> = []
    var rest: [PlannedEntry] = []
    for entry in entries {
      guard globs.contains(where: { $0.matches(entry.path.bytes) }) else {
        rest.append(entry)
        continue
      }
      taken.append(entry)
      var parent = entry.path.parent
      while let path = parent, path != .root, parents.insert(path).inserted { parent = path.parent }
    }
    // The kernel does not create missing parents: it drops entries without them.
    taken += rest.filter { parents.contains($0.path) }
    entries = rest
    return taken.sorted { $0.path < $1.path }
  }

  private mutating func compress(
    _ archive: inout PlannedArchive, as choice: Manifest.CompressionChoice
  ) {
    let config = kernel?.config
    switch choice {
    case .named(let compression, let level):
      if let config, let option = compression.kernelOption, !config.canDecode(compression) {
        diagnostics.error(
          .kernel, "this kernel can't decode \(compression.rawValue): \(option) is not set",
          at: .init(file: kernel?.configPath),
          remedy: "set \"compression\" to \"auto\", or to one that this kernel can decode")
      }
      archive.compression = compression
      archive.level = level ?? compression.defaultLevel
    case .auto:
      if let config {
        let best = [Compression.zstd, .lz4, .gzip, .xz, .lzma, .bzip2, .lzo].first(
          where: config.canDecode)
        archive.compression = best ?? .uncompressed
        if best == nil {
          diagnostics.note(
            .kernel, "compression: this kernel can't decode any, so none is used")
        }
      } else {
        archive.compression = .gzip
        diagnostics.note(
          .kernel, "compression: no kernel configuration is known, so gzip is used")
      }
      archive.level = archive.compression.defaultLevel
    }
    // If the configuration is unknown, the filter is used: only kernels with CONFIG_EXPERT can lack it.
    archive.x86Filter =
      archive.compression == .xz && (architecture == .x86_64 || architecture == .i686)
      && config?.isBuiltIn("CONFIG_XZ_DEC_X86") != false
  }
}
