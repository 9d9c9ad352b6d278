import Crypto

/// Writes a plan's image: newc, compressed, byte for byte the same wherever and whenever it is written.
public struct ImageWriter: ~Copyable {
  /// What was written.
  public struct Result: Equatable, Sendable {
    /// Bytes of the image.
    public var bytes: UInt64
    /// The image's SHA-256, 32 bytes.
    public var sha256: [UInt8]
  }

  private let sysroot: Sysroot
  private var archive = NewcWriter()
  private var output: CompressedOutput

  /// Writes the image to the file at `path`, which keeps its old content until the new one is whole.
  ///
  /// - Throws: `system`, `missing`, `conflict`; `budget` when it becomes too large; `changed` when a file is no longer as it was planned.
  public static func write(
    _ plan: Plan, toFile path: String, mode: UInt16 = 0o600
  ) throws(InitrdError) -> Result {
    var file = try AtomicFile(replacing: path, mode: mode)
    let result = try write(plan) { (bytes: Span<UInt8>) throws(InitrdError) in
      try file.write(bytes)
    }
    try plan.requireBudget(imageSize: result.bytes)
    try file.commit()
    return result
  }

  /// Writes the image to `sink`, in pieces of up to about a megabyte.
  ///
  /// - Throws: `changed` when a file is no longer as it was planned, and what `sink` throws.
  public static func write(
    _ plan: Plan, to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> Result {
    var writer = try ImageWriter(plan)
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    for entry in plan.entries { try writer.write(entry, through: &piece, to: sink) }
    return try writer.finish(to: sink)
  }

  private init(_ plan: Plan) throws(InitrdError) {
    let compressor = try Compressor(
      plan.compression, level: plan.compression == .none ? nil : plan.level,
      contentSize: plan.archiveSize, x86Filter: plan.x86Filter)
    sysroot = try Sysroot(plan.sysroot)
    output = CompressedOutput(compressor)
  }

  private mutating func write(
    _ entry: PlannedEntry, through piece: inout [UInt8],
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    var header = NewcHeader()
    header.inode = entry.inode
    header.mode = entry.fileType.rawValue | UInt32(entry.mode)
    header.uid = entry.uid
    header.gid = entry.gid
    header.links = entry.links
    header.fileSize = entry.storedSize
    if case .node(_, let major, let minor) = entry.content {
      (header.rdevMajor, header.rdevMinor) = (major, minor)
    }
    // The root has an empty path; an archive calls it ".", by which the kernel sets its mode and owner.
    let name = entry.path == .root ? [UInt8(ascii: ".")] : entry.path.bytes
    try archive.begin(header, name: name) { (bytes: Span<UInt8>) throws(InitrdError) in
      try output.write(bytes, to: sink)
    }
    switch entry.content {
    case .directory, .node: break
    case .symlink(let bytes), .bytes(let bytes):
      try archive.data(bytes.span) { (bytes: Span<UInt8>) throws(InitrdError) in
        try output.write(bytes, to: sink)
      }
    case .file(let file) where entry.carriesData:
      try copy(file, through: &piece, to: sink)
    case .file: break
    }
    try archive.end { (bytes: Span<UInt8>) throws(InitrdError) in
      try output.write(bytes, to: sink)
    }
  }

  /// Copies a file's bytes; it must be the same file, of the same size, as when the plan was made.
  private mutating func copy(
    _ planned: PlannedFile, through piece: inout [UInt8],
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    let file = try open(planned)
    let status = try file.status()
    let changed = InitrdError(
      .changed, "the file changed while the image was built", at: .init(file: file.name),
      hint: "build again when nothing writes to it")
    guard status.device == planned.device, status.inode == planned.inode else { throw changed }
    var left = UInt64(planned.size)
    while true {
      let count = try file.read(into: &piece)
      if count == 0 { break }
      guard UInt64(count) <= left else { throw changed }
      left -= UInt64(count)
      try archive.data(piece.span.extracting(first: count)) {
        (bytes: Span<UInt8>) throws(InitrdError) in try output.write(bytes, to: sink)
      }
    }
    guard left == 0 else { throw changed }
  }

  private func open(_ planned: PlannedFile) throws(InitrdError) -> OpenFile {
    switch planned.place {
    case .host(let path):
      return try OpenFile(reading: path)
    case .sysroot(let path):
      guard let file = try sysroot.openFile(path) else {
        throw InitrdError(
          .changed, "the file vanished while the image was built",
          at: .init(file: sysroot.display(path)))
      }
      return file
    }
  }

  private mutating func finish(
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> Result {
    try archive.finish { (bytes: Span<UInt8>) throws(InitrdError) in
      try output.write(bytes, to: sink)
    }
    return try output.finish(to: sink)
  }
}

/// The way of an archive's bytes out: compressed, counted, hashed and collected into large pieces, so that
/// a header does not cost a system call.
private struct CompressedOutput: ~Copyable {
  private var compressor: Compressor
  private var tail = Tail()

  init(_ compressor: consuming Compressor) { self.compressor = compressor }

  mutating func write(
    _ bytes: Span<UInt8>, to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    try compressor.write(bytes) { (out: Span<UInt8>) throws(InitrdError) in
      try tail.add(out, to: sink)
    }
  }

  mutating func finish(
    to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> ImageWriter.Result {
    try compressor.finish { (out: Span<UInt8>) throws(InitrdError) in try tail.add(out, to: sink) }
    try tail.flush(to: sink)
    return ImageWriter.Result(bytes: tail.written, sha256: Array(tail.hash.finalize()))
  }

  private struct Tail {
    var hash = SHA256()
    var written: UInt64 = 0
    private var pending: [UInt8] = []

    mutating func add(
      _ bytes: Span<UInt8>, to sink: (Span<UInt8>) throws(InitrdError) -> Void
    ) throws(InitrdError) {
      if pending.count + bytes.count > 1 << 20 { try flush(to: sink) }
      bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
    }

    mutating func flush(
      to sink: (Span<UInt8>) throws(InitrdError) -> Void
    ) throws(InitrdError) {
      pending.withUnsafeBytes { hash.update(bufferPointer: $0) }
      written += UInt64(pending.count)
      try sink(pending.span)
      pending.removeAll(keepingCapacity: true)
    }
  }
}

extension PlannedEntry {
  /// What the entry is in the terms of the archive.
  public var fileType: FileType {
    switch content {
    case .directory: .directory
    case .symlink: .symlink
    case .bytes, .file: .regular
    case .node(.char, _, _): .characterDevice
    case .node(.block, _, _): .blockDevice
    case .node(.fifo, _, _): .fifo
    case .node(.socket, _, _): .socket
    }
  }
}
