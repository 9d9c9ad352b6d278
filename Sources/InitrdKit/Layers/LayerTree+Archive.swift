extension LayerTree {
  /// Adds the entries of an archive: a tar, cpio, zip, rpm, or a .deb with a tar in it.
  ///
  /// - Parameters:
  ///   - file: the archive.
  ///   - spool: gets the contents.
  ///   - hasWhiteouts: whether it is a layer of a container image.
  /// - Throws: `bad-input` for what is no archive, `malformed` for a damaged one, `limit`, `system`.
  mutating func add(
    archive file: consuming OpenFile, to spool: inout Spool, hasWhiteouts: Bool = false
  ) throws(InitrdError) {
    let name = file.name
    spool.beginArchive(size: try file.status().size)
    let reader = try ArchiveReader(ArchiveInput(file), name: name)
    var isPackage = false
    while let entry = try reader.next() {
      // Every .deb begins with this member (deb(5)).
      if entry.path.elementsEqual("debian-binary".utf8), reader.isAr { isPackage = true }
      if isPackage, entry.path.starts(with: "data.tar".utf8) {
        let data = try ArchiveReader(
          ArchiveInput(memberOf: reader),
          name: "\(name)/\(printable(entry.path))")
        return try add(data, to: &spool, first: try data.next(), hasWhiteouts: false)
      }
      if !isPackage { return try add(reader, to: &spool, first: entry, hasWhiteouts: hasWhiteouts) }
    }
    guard !isPackage else {
      throw InitrdError(
        .malformed, "a .deb without data.tar", at: .init(file: name),
        remedy: "get the package again")
    }
  }

  private mutating func add(
    _ reader: ArchiveReader, to spool: inout Spool, first: ArchiveReader.Entry?,
    hasWhiteouts: Bool
  ) throws(InitrdError) {
    var next = first
    while let entry = next {
      var slice: Spool.Slice?
      // In cpio, and so in rpm, the data of a file is with the last of its names.
      if entry.type == .regular || entry.hardLink != nil, entry.hardLink == nil || entry.size > 0 {
        slice = try reader.spool(entry, to: &spool)
      }
      try add(entry, slice, hasWhiteouts: hasWhiteouts, archive: reader.name)
      next = try reader.next()
    }
  }
}

extension ArchiveReader {
  /// Copies the data of an entry to a spool; holes become zeros.
  func spool(_ entry: Entry, to spool: inout Spool) throws(InitrdError) -> Spool.Slice {
    do { return try copy(entry, to: &spool) } catch {
      throw error.location == nil ? error.inFile(name) : error
    }
  }

  private func copy(_ entry: Entry, to spool: inout Spool) throws(InitrdError) -> Spool.Slice {
    spool.begin()
    while let block = try nextBlock() {
      guard block.offset >= spool.count, block.offset <= max(entry.size, spool.count) else {
        throw InitrdError(
          .malformed, "\(printable(entry.path)): data outside of the file's size",
          at: .init(file: name))
      }
      try spool.fill(to: block.offset)
      try spool.write(block.bytes.bindMemory(to: UInt8.self).span)
    }
    // A file that ends with a hole.
    try spool.fill(to: entry.size)
    return spool.end()
  }
}
