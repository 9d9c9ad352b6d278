extension LayerTree {
  /// The tree that the kernel makes of an initramfs image; `nil` if the file is none.
  ///
  /// - Throws: `malformed` for a damaged image, `limit`, `system`.
  init?(image file: consuming OpenFile, to spool: inout Spool) throws(InitrdError) {
    let name = file.name
    spool.beginArchive(size: try file.status().size)
    let limits = ReadLimits()
    var reader = try ImageReader(try ImageFile(file), limits)
    var memory = HeldMemory(limits)
    var tree = UnpackedTree()
    var contents: [Int: Spool.Slice] = [:]
    // The entry that was begun last, which is added when its data is complete.
    var last: (entry: NewcReader.Entry, number: Int, target: [UInt8])?
    func end(_ spool: inout Spool) {
      guard let (entry, number, target) = last else { return }
      last = nil
      // What the kernel drops, the layer does not have.
      _ = try? tree.add(entry, number: number, target: target)
      if entry.header.type == .regular { contents[number] = spool.end() }
    }
    var number = -1
    let failure = try reader.readAsFarAsPossible(
      selecting: { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        end(&spool)
        number += 1
        try memory.hold(320 + 2 * entry.name.count)
        guard tree.steps < 1 << 27 else {
          throw InitrdError(.limit, "the image's links are too long to follow")
        }
        last = (entry, number, [])
        guard entry.header.type == .regular else {
          return entry.header.type == .symlink && entry.header.fileSize <= 4096
            ? .readData : .skipData
        }
        spool.begin()
        return .readData
      },
      data: { (piece: Span<UInt8>) throws(InitrdError) in
        if last?.entry.header.type == .regular { return try spool.write(piece) }
        piece.withUnsafeBufferPointer { last?.target += $0 }
      })
    if let failure {
      let isOther = failure.code == .malformed && reader.segments.allSatisfy { $0.entries == 0 }
      if isOther { return nil }
      throw failure.inFile(name)
    }
    end(&spool)
    tree.finish()
    var slices: [Int: Spool.Slice] = [:]
    for (index, node) in tree.nodes.enumerated() {
      if let content = node.content { slices[index] = contents[content] }
    }
    self.init(tree: tree, slices: slices)
  }
}
