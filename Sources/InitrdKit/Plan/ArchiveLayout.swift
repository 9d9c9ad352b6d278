/// Which archive an entry goes into, and how each is compressed: the last step of planning.
struct ArchiveLayout: Sendable {
  /// The archives of the image in their order: what the kernel reads early, the manifest's segments, and the rest.
  private(set) var archives: [PlannedArchive] = []
  /// Errors and notes.
  private(set) var diagnostics = Diagnostics()
  private let kernel: KernelTree?
  private let architecture: Architecture?

  /// Distributes `entries`, and numbers them. Every failure is among the diagnostics.
  init(
    _ entries: [PlannedEntry], early: PlannedArchive?, _ manifest: Manifest, kernel: KernelTree?,
    for architecture: Architecture?
  ) {
    (self.kernel, self.architecture) = (kernel, architecture)
    if let config = kernel?.config, !config.isBuiltIn("CONFIG_BLK_DEV_INITRD") {
      diagnostics.error(
        .kernel, "this kernel takes no initramfs: CONFIG_BLK_DEV_INITRD is not set",
        at: .init(file: kernel?.configPath),
        remedy: "choose a kernel that has the option, or set it in this one")
    }
    if let early { archives.append(early) }
    var rest = entries
    for segment in manifest.segments {
      var archive = PlannedArchive(name: segment.name)
      compress(&archive, as: segment.compression)
      archive.entries = Self.take(segment.contents.map(\.name), from: &rest)
      if archive.entries.isEmpty {
        diagnostics.note(
          .missing, "segments: no entry matches \"\(segment.name)\", which is left out",
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

  /// Takes what fits one of `patterns` out of `entries`, with copies of the directories above.
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
    // The kernel makes no missing parents: an entry without them vanishes.
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
          remedy: "set \"compression\" to \"auto\", or to one that it can decode")
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
            .kernel, "compression: this kernel can decode none, so none is used")
        }
      } else {
        archive.compression = .gzip
        diagnostics.note(
          .kernel, "compression: no kernel configuration is known, so gzip is used")
      }
      archive.level = archive.compression.defaultLevel
    }
    // Without a configuration the filter is taken as there: it is on unless a kernel was made for experts.
    archive.x86Filter =
      archive.compression == .xz && (architecture == .x86_64 || architecture == .i686)
      && config?.isBuiltIn("CONFIG_XZ_DEC_X86") != false
  }
}
