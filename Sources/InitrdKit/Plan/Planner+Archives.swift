/// Which archive an entry goes into, and how each is compressed.
extension Planner {
  /// The archives of the image: what the kernel reads early, the manifest's segments, and the rest.
  mutating func makeArchives(for kernel: KernelTree?) throws(InitrdError) -> [PlannedArchive] {
    if let config = kernel?.config, !config.isBuiltIn("CONFIG_BLK_DEV_INITRD") {
      throw InitrdError(
        .kernel, "this kernel takes no initramfs: CONFIG_BLK_DEV_INITRD is not set",
        at: .init(file: kernel?.configPath))
    }
    var archives: [PlannedArchive] = []
    if let early = try earlyArchive() { archives.append(early) }
    var rest = try table.entries()
    for segment in manifest.segments {
      var archive = PlannedArchive(name: segment.name)
      try compress(&archive, as: segment.compression, for: kernel)
      archive.entries = Self.take(segment.contents.map(\.name), from: &rest)
      if archive.entries.isEmpty {
        plan.notes.append("segments: nothing goes into \"\(segment.name)\", which is left out")
      } else {
        archives.append(archive)
      }
    }
    var main = PlannedArchive(name: "main")
    try compress(&main, as: manifest.compression, for: kernel)
    main.entries = rest
    archives.append(main)

    var inode: UInt32 = 1
    for index in archives.indices {
      archives[index].alignment = manifest.output.alignment
      EntryTable.number(&archives[index].entries, from: &inode)
    }
    return archives
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
    _ archive: inout PlannedArchive, as choice: Manifest.CompressionChoice, for kernel: KernelTree?
  ) throws(InitrdError) {
    let config = kernel?.config
    switch choice {
    case .named(let compression, let level):
      if let config, let option = compression.kernelOption, !config.canDecode(compression) {
        throw InitrdError(
          .kernel, "this kernel can't decode \(compression.rawValue): \(option) is not set",
          at: .init(file: kernel?.configPath), remedy: "take \"auto\", or one that it can decode")
      }
      archive.compression = compression
      archive.level = level ?? compression.defaultLevel
    case .auto:
      if let config {
        let best = [Compression.zstd, .lz4, .gzip, .xz, .lzma, .bzip2, .lzo].first(
          where: config.canDecode)
        archive.compression = best ?? .none
        if best == nil {
          plan.notes.append("compression: this kernel can decode none, so none is used")
        }
      } else {
        archive.compression = .gzip
        plan.notes.append("compression: no kernel configuration is known, so gzip is used")
      }
      archive.level = archive.compression.defaultLevel
    }
    // Without a configuration the filter is taken as there: it is on unless a kernel was made for experts.
    archive.x86Filter =
      archive.compression == .xz && (plan.architecture == .x86_64 || plan.architecture == .i686)
      && config?.isBuiltIn("CONFIG_XZ_DEC_X86") != false
  }
}
