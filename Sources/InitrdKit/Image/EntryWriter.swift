/// Writes the planned entries of an archive in the newc format, with the contents of their files.
struct EntryWriter: ~Copyable {
  /// Takes up to a number of bytes of a file, from an offset; returns the number of bytes taken.
  typealias FileSink = (borrowing OpenFile, UInt64, UInt64) throws(InitrdError) -> UInt64

  private let sysroot: Sysroot
  private let work: WorkMonitor

  init(_ sysroot: Sysroot, work: WorkMonitor) {
    self.sysroot = sysroot
    self.work = work
  }

  /// Writes a member of an archive that starts at `offset` of the image. `copy` gets the files, `sink` everything else.
  func write(
    _ member: ArchiveMember, of planned: PlannedArchive, offset: UInt64,
    to sink: NewcWriter.Sink, copy: FileSink
  ) throws(InitrdError) {
    var archive = NewcWriter(offset: offset + member.start)
    for entry in planned.entries[member.entries] {
      try work.begin(entry)
      try write(entry, into: &archive, to: sink, copy: copy)
    }
    if member.isLast { try archive.finish(to: sink) }
  }

  private func write(
    _ entry: PlannedEntry, into archive: inout NewcWriter,
    to sink: NewcWriter.Sink, copy: FileSink
  ) throws(InitrdError) {
    try archive.begin(
      NewcHeader(entry), name: entry.archivedName, alignment: entry.alignment, to: sink)
    switch entry.content {
    case .directory, .node: break
    case .symlink(let bytes), .bytes(let bytes):
      try archive.data(bytes.span, to: sink)
      try work.passed(UInt64(bytes.count))
    case .file(let file):
      if entry.carriesData { try archive.dataPassed(try write(file, copy: copy)) }
    case .decompressed(let file, let size):
      if entry.carriesData {
        let bytes = try decompressed(file, size: size)
        try archive.data(bytes.span, to: sink)
        try work.passed(UInt64(size))
      }
    }
    try archive.end(to: sink)
  }

  /// The number of bytes that are copied between two checks for cancellation.
  private static var pieceSize: UInt64 { 16 << 20 }

  /// Copies a file's bytes. It must be the same file, with the same size, as when the plan was made.
  private func write(_ planned: PlannedFile, copy: FileSink) throws(InitrdError) -> UInt64 {
    let file = try openUnchanged(planned)
    let size = UInt64(planned.size)
    var copied: UInt64 = 0
    while copied < size {
      let came = try copy(file, copied, min(size - copied, Self.pieceSize))
      if came == 0 { break }
      copied += came
      try work.passed(came)
    }
    // Files that the system generates (/proc) have a size of 0, but can be read.
    var beyond: [UInt8] = [0]
    guard copied == size, try file.read(into: &beyond, at: copied) == 0 else {
      throw Self.changed(file.name)
    }
    // Another process may have written to it during the copy.
    try requireUnchanged(planned, file)
    return copied
  }

  /// The decompressed content of a compressed file. Its size must be the same as when the plan was made.
  private func decompressed(_ planned: PlannedFile, size: UInt32) throws(InitrdError) -> [UInt8] {
    let file = try openUnchanged(planned)
    let compressed = try file.contents(limit: Int(planned.size))
    guard let format = Compression.detect(compressed.span),
      let bytes = try? Decompressor.decompressWhole(
        compressed.span, format: format, limit: Int(size)), bytes.count == Int(size)
    else { throw Self.changed(file.name) }
    return bytes
  }

  private static func changed(_ name: String) -> InitrdError {
    InitrdError(
      .changed, "the file changed while the image was built (its data, attributes or names)",
      at: .init(file: name), remedy: "build again when no other program writes to it")
  }

  /// Opens the file, and checks that it is still the one of the plan.
  private func openUnchanged(_ planned: PlannedFile) throws(InitrdError) -> OpenFile {
    let file = try open(planned)
    try requireUnchanged(planned, file)
    return file
  }

  /// Compares the time of the last change too: a file can be rewritten with the same size.
  private func requireUnchanged(
    _ planned: PlannedFile, _ file: borrowing OpenFile
  ) throws(InitrdError) {
    if case .layer(let number, _) = planned.place, sysroot.layers.layers[number] is ArchiveLayer {
      // No other program can write to the contents that were read from it.
      return
    }
    let status = try file.status()
    guard status.device == planned.device, status.inode == planned.inode,
      status.size == UInt64(planned.size), status.changed == planned.changed,
      status.kind == .regular
    else { throw Self.changed(file.name) }
  }

  private func open(_ planned: PlannedFile) throws(InitrdError) -> OpenFile {
    try open(planned.place)
  }

  private func open(_ place: PlannedFile.Place) throws(InitrdError) -> OpenFile {
    switch place {
    case .host(let path):
      return try OpenFile(reading: path)
    case .below(let directory, let path):
      let directory = try open(directory)
      let name = TreeEntries.display(path, below: directory.name)
      guard let file = try directory.opening(inRoot: path, name: name) else {
        throw InitrdError(
          .changed, "the file vanished while the image was built", at: .init(file: name))
      }
      return file
    case .sysroot(let path):
      guard let file = try sysroot.open(path) else {
        throw InitrdError(
          .changed, "the file was removed while the image was built",
          at: .init(file: sysroot.display(path)),
          remedy: "build again when no other program changes the sysroot")
      }
      return file
    case .layer(let number, let path):
      guard let file = try sysroot.layers.layers[number].open(path) else {
        throw InitrdError(
          .changed, "the file was removed while the image was built",
          at: .init(file: "\(sysroot.layers.layers[number].name)/\(printable(path))"))
      }
      return file
    }
  }
}

extension NewcHeader {
  /// The header of a planned entry; the writer sets the size of the name.
  fileprivate init(_ entry: PlannedEntry) {
    self.init()
    inode = entry.inode
    mode = entry.fileType.rawValue | UInt32(entry.mode)
    uid = entry.uid
    gid = entry.gid
    links = entry.links
    fileSize = entry.storedSize
    if case .node(_, let major, let minor) = entry.content {
      (rdevMajor, rdevMinor) = (major, minor)
    }
  }
}
