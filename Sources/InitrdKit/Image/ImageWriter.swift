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
    let writer = ImageWriter(sysroot: try Sysroot(plan.sysroot))
    var output = ImageOutput()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    for (number, archive) in plan.archives.enumerated() {
      try writer.write(archive, to: &output, through: &piece, sink)
      // What follows must start on a multiple of 4 for the kernel; early archives end on more.
      guard number + 1 < plan.archives.count else { break }
      try output.pad(to: archive.padding, sink: sink)
    }
    try output.flush(to: sink)
    return output.result
  }

  private init(sysroot: consuming Sysroot) { self.sysroot = sysroot }

  private func write(
    _ planned: PlannedArchive, to output: inout ImageOutput, through piece: inout [UInt8],
    _ sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    let start = output.bytes
    var compressor = try Compressor(
      planned.compression, level: planned.compression == .none ? nil : planned.level,
      contentSize: planned.size(offset: start), x86Filter: planned.x86Filter)
    var archive = NewcWriter(offset: start, alignment: planned.alignment)
    for entry in planned.entries {
      try write(entry, into: &archive, through: &piece) {
        (bytes: Span<UInt8>) throws(InitrdError) in
        try compressor.write(bytes) { (out: Span<UInt8>) throws(InitrdError) in
          try output.add(out, to: sink)
        }
      }
    }
    try archive.finish { (bytes: Span<UInt8>) throws(InitrdError) in
      try compressor.write(bytes) { (out: Span<UInt8>) throws(InitrdError) in
        try output.add(out, to: sink)
      }
    }
    try compressor.finish { (out: Span<UInt8>) throws(InitrdError) in
      try output.add(out, to: sink)
    }
  }

  private func write(
    _ entry: PlannedEntry, into archive: inout NewcWriter, through piece: inout [UInt8],
    to sink: NewcWriter.Sink
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
    try archive.begin(header, name: entry.archivedName, to: sink)
    switch entry.content {
    case .directory, .node: break
    case .symlink(let bytes), .bytes(let bytes):
      try archive.data(bytes.span, to: sink)
    case .file(let file) where entry.carriesData:
      try copy(file, into: &archive, through: &piece, to: sink)
    case .file: break
    }
    try archive.end(to: sink)
  }

  /// Copies a file's bytes; it must be the same file, of the same size, as when the plan was made.
  private func copy(
    _ planned: PlannedFile, into archive: inout NewcWriter, through piece: inout [UInt8],
    to sink: NewcWriter.Sink
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
      try archive.data(piece.span.extracting(first: count), to: sink)
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
}

/// The image's bytes on their way out: counted, hashed, and collected into large pieces, so that a header does not
/// cost a system call.
private struct ImageOutput {
  private var hash = SHA256()
  private var written: UInt64 = 0
  private var pending: [UInt8] = []

  /// Bytes of the image so far.
  var bytes: UInt64 { written + UInt64(pending.count) }

  /// What was written, once all is flushed.
  var result: ImageWriter.Result {
    ImageWriter.Result(bytes: written, sha256: Array(hash.finalize()))
  }

  mutating func add(
    _ bytes: Span<UInt8>, to sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    if pending.count + bytes.count > 1 << 20 { try flush(to: sink) }
    bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
  }

  /// Adds NULs up to a multiple of `count`.
  mutating func pad(
    to count: Int, sink: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) {
    let beyond = Int(bytes % UInt64(count))
    guard beyond > 0 else { return }
    let zeros = [UInt8](repeating: 0, count: count - beyond)
    try add(zeros.span, to: sink)
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
