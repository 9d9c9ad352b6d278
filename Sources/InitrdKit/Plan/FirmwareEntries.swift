/// The entries of firmware files: the files, decompressed where the kernel cannot do it, and the links to them.
struct FirmwareEntries: Sendable {
  /// The number of files that are decompressed only because no kernel configuration is known.
  private(set) var unknown = 0

  private struct Entry {
    /// What makes two entries at one path the same.
    enum Origin: Equatable {
      case file(String, isDecompressed: Bool)
      case link([UInt8])
    }

    let origin: Origin
    let content: PlannedEntry.Content
    var reasons: [Reason]
  }

  /// A file to add, with the links to it.
  private struct Request {
    let file: FirmwareFile
    let origin: Entry.Origin
    let content: PlannedEntry.Content
    let reasons: [Reason]
  }

  private var entries: [ImagePath: Entry] = [:]
  private var later: [Request] = []
  private var decompressed = DecompressedFiles()
  /// The decompressed content by the file's path in the sysroot.
  private var contents: [String: PlannedEntry.Content] = [:]
  private let knowsConfig: Bool

  /// - Parameter knowsConfig: whether the kernel's configuration is known.
  init(knowsConfig: Bool) { self.knowsConfig = knowsConfig }

  /// Adds the first of `candidates` that the kernel reads: an empty file is none.
  ///
  /// - Returns: the path at which the kernel finds the file; `nil` if there is none.
  mutating func add(
    _ candidates: [FirmwareTree.Candidate], _ reasons: [Reason], in sources: borrowing SourceFiles
  ) throws(InitrdError) -> ImagePath? {
    for candidate in candidates {
      guard let found = try sources.find(candidate.file.source), found.planned.size > 0
      else { continue }
      var file = candidate.file
      var content = PlannedEntry.Content.file(found.planned)
      let isDecompressed = try !candidate.suffix.isReadable(found.file)
      if isDecompressed {
        if let known = contents[file.source] {
          content = known
        } else {
          let bytes = try sources.naming(file.source) { () throws(InitrdError) in
            try Decompressor.decompressFile(
              try found.file.contents(limit: DecompressedFiles.sizeLimit),
              limit: DecompressedFiles.sizeLimit)
          }
          content = decompressed.content(bytes, of: found.planned)
          contents[file.source] = content
          if !knowsConfig { unknown += 1 }
        }
        file = file.removing(suffix: candidate.suffix.text)
      }
      let request = Request(
        file: file, origin: .file(file.source, isDecompressed: isDecompressed), content: content,
        reasons: reasons)
      // Without its suffix a file to which a link leads may have the name of another one, which comes first.
      if isDecompressed, !file.links.isEmpty {
        later.append(request)
      } else {
        try add(request)
      }
      return try ImagePath(FirmwareTree.root).appending(file.name)
    }
    return nil
  }

  private mutating func add(_ request: Request) throws(InitrdError) {
    let (file, origin, content) = (request.file, request.origin, request.content)
    let root = try ImagePath(FirmwareTree.root)
    var all = [(path: try root.appending(file.path), origin: origin, content: content)]
    for link in file.links {
      all.append((try root.appending(link.path), .link(link.target), .symlink(link.target)))
    }
    let isTaken = all.contains { entry in
      entries[entry.path].map { $0.origin != entry.origin } ?? false
    }
    if isTaken { all = [(try root.appending(file.name), origin, content)] }
    for (path, origin, content) in all {
      if entries[path] == nil {
        entries[path] = Entry(origin: origin, content: content, reasons: request.reasons)
      } else {
        let new = request.reasons.filter { entries[path]?.reasons.contains($0) != true }
        entries[path]?.reasons += new
      }
    }
  }

  /// Adds all entries to the result of the step.
  mutating func add(to contribution: inout Contribution) throws(InitrdError) {
    for request in later { try add(request) }
    later = []
    for (path, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let isLink = if case .link = entry.origin { true } else { false }
      contribution.generate(entry.content, at: path, mode: isLink ? 0o777 : 0o644, entry.reasons)
    }
  }
}

extension FirmwareTree.Suffix {
  /// Whether the kernel reads a file with this suffix as it is: its loader knows the compression, and accepts this
  /// variant of it. xz has to be checked by CRC32 or not at all, and to have no filter but LZMA2; zstd has to tell the
  /// size of the content, and to need no dictionary.
  fileprivate func isReadable(_ file: borrowing OpenFile) throws(InitrdError) -> Bool {
    guard isReadable, compression != .uncompressed else { return isReadable }
    var head = [UInt8](repeating: 0, count: 1024)
    let count = try file.read(into: &head, at: 0)
    let start = head.span.extracting(first: count)
    switch compression {
    case .xz:
      guard let header = XZHeader(start) else { return false }
      return header.check <= 1 && header.filters.allSatisfy { $0.id == XZHeader.Filter.lzma2 }
    case .zstd:
      guard let header = ZstdFrameHeader(start) else { return false }
      return header.contentSize != nil && header.dictionary == 0
    default: return false
    }
  }
}

extension KernelConfig {
  /// The compressions that the kernel's firmware loader can undo.
  ///
  /// Until 5.18 CONFIG_FW_LOADER_COMPRESS alone stood for xz (drivers/base/firmware_loader/Kconfig).
  func firmwareCompressions(release: String) -> Set<Compression> {
    guard isBuiltIn("CONFIG_FW_LOADER_COMPRESS") else { return [] }
    var found: Set<Compression> = []
    if isBuiltIn("CONFIG_FW_LOADER_COMPRESS_ZSTD") { found.insert(.zstd) }
    var readsXZ = isBuiltIn("CONFIG_FW_LOADER_COMPRESS_XZ")
    if let version = KernelVersion(release), let split = KernelVersion("5.19"), version < split {
      readsXZ = true
    }
    if readsXZ { found.insert(.xz) }
    return found
  }
}
