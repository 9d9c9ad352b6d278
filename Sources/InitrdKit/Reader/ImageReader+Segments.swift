// The two kinds of segments: an uncompressed archive, and a compressed member.
extension ImageReader {
  /// A reader for the next archive.
  private var newcReader: NewcReader {
    NewcReader(trailers: trailers, refusesDamagedTrailers: refusesDamagedTrailers)
  }

  mutating func readArchive(
    _ selector: DataSelector, _ data: DataHandler
  ) throws(InitrdError) {
    var segment = ImageSegment(offset: position, compression: .uncompressed)
    let number = segments.count
    segments.append(segment)
    defer { segments[number] = segment }
    var reader = newcReader
    var wanted = false
    do {
      while !reader.isEnded, !reader.isStopped, try fill() {
        let start = Int(position - bufferOffset)
        position += UInt64(
          try reader.read(
            buffer.span.extracting(start..<filled),
            entry: { (entry: NewcReader.Entry) throws(InitrdError) in
              segment.entries += 1
              let step = try selector(entry, number)
              wanted = step == .readData
              return step == .stop ? .stop : .goOn
            },
            data: { (piece: Span<UInt8>) throws(InitrdError) in if wanted { try data(piece) } }))
        let skipped = wanted ? 0 : min(reader.pendingData, end - min(end, position))
        reader.skipData(skipped)
        position += skipped
        segment.size = reader.offset
        segment.uncompressedSize = reader.offset
      }
    } catch { throw Self.moved(error, by: segment.offset) }
    trailers = reader.trailers
    isStopped = reader.isStopped
    if !isStopped { try Self.requireWhole(reader, end: position) }
  }

  mutating func readCompressed(
    _ beginning: SegmentHandler, _ selector: DataSelector, _ data: DataHandler
  ) throws(InitrdError) {
    let start = position
    let magic = try head()
    let isLZ4Frame = LZ4FrameDecompressor.begins(magic)
    guard let compression = isLZ4Frame ? .lz4 : Compression.detect(magic) else {
      if let legacy = LegacyInitrd.error(magic, at: start) { throw legacy }
      if start == 0 {
        throw .broken(
          "unknown-magic", "not an initramfs: this is \(ContentKind.describe(magic))", at: start,
          remedy: bootConfiguration?.fault.map { "the boot configuration at the end has \($0)" }
            ?? "name an initramfs")
      }
      throw .broken(
        "unknown-magic",
        "neither an archive nor a compressed member starts here: the kernel stops reading",
        at: start,
        remedy: magic.first == UInt8(ascii: "0")
          ? "pad the bytes before it with NULs to a multiple of 4"
          : bootConfiguration?.fault.map { "the boot configuration at the end has \($0)" })
    }
    var segment = ImageSegment(offset: start, compression: compression, isLZ4Frame: isLZ4Frame)
    guard try beginning(segment, magic) == .goOn else {
      isStopped = true
      return
    }
    let number = segments.count
    segments.append(segment)
    let before = uncompressed
    defer {
      segments[number] = segment
      uncompressed += segment.uncompressedSize
    }
    var decompressor = try Decompressor(
      member: magic, compression, memoryLimit: limits.memory,
      room: compression == .gzip ? try roomForWholeMembers() : nil)
    var first: [UInt8] = []
    var payload = MemberPayload(newcReader, isFirst: number == 0)
    var wanted = false
    var ended = false
    do {
      while !ended, try fill() {
        let from = Int(position - bufferOffset)
        let progress = try decompressor.decode(buffer.span.extracting(from..<filled)) {
          (piece: Span<UInt8>) throws(InitrdError) -> ReadStep in
          if first.isEmpty {
            first = piece.extracting(first: LegacyInitrd.headSize).withUnsafeBufferPointer {
              Array($0)
            }
          }
          segment.uncompressedSize += UInt64(piece.count)
          guard before + segment.uncompressedSize <= limits.maxUncompressed else {
            throw InitrdError(
              .limit,
              "the image has more than \(limits.maxUncompressed) bytes uncompressed: reading stops here",
              remedy: "raise the limit if the image is meant to be that large")
          }
          return try payload.read(
            piece,
            entry: { (entry: NewcReader.Entry) throws(InitrdError) in
              segment.entries += 1
              let step = try selector(entry, number)
              wanted = step == .readData
              return step == .stop ? .stop : .goOn
            },
            data: { (piece: Span<UInt8>) throws(InitrdError) in if wanted { try data(piece) } })
        }
        if progress.isStopped {
          isStopped = true
          return
        }
        position += UInt64(progress.consumed)
        segment.size = position - start
        ended = progress.ended
        segment.hasWrongChecksum = progress.hasWrongChecksum
      }
      if !ended { try decompressor.finish() }
    } catch {
      if segment.entries == 0,
        let legacy = LegacyInitrd.error(first, at: start, compression: compression)
      {
        throw legacy
      }
      throw Self.moved(error, by: start)
    }
    trailers = payload.archive.trailers
    if segment.uncompressedSize == 0, number == 0 {
      throw .broken(
        "member-not-whole", "the first compressed member is empty: the kernel stops here",
        at: start, remedy: "build the image without it")
    }
    guard payload.archive.isAtBoundary else {
      throw .broken(
        "member-not-whole",
        "a compressed member ends inside of an entry: the kernel refuses it as junk",
        at: start, remedy: "compress the archive as one member, or cut it between entries")
    }
  }

  /// Memory to decompress whole gzip members at once; `nil` if it and the rest of the image do not fit into the limit,
  /// or for exact reading. When it is returned, the rest of the image is in the buffer.
  mutating func roomForWholeMembers() throws(InitrdError) -> PagedMemory? {
    let left = end - position
    if isExact || room != nil { return room }
    guard left <= limits.memory / 3 else { return nil }
    let most = min(limits.memory - left, limits.maxUncompressed)
    // The last member ends with its uncompressed size: if that is too large, decompressing would only fail later.
    var size: [UInt8] = [0, 0, 0, 0]
    _ = try source.read(into: &size, at: end - min(end, 4), count: 4)
    guard let size = size.span.number(at: 0, width: 4), size <= most else { return nil }
    room = PagedMemory(size: Int(clamping: most))
    try fill(Int(left))
    return room
  }

  /// The next bytes, from which a format is recognized.
  mutating func head() throws(InitrdError) -> [UInt8] {
    // The buffer is filled again only if these bytes cross its end.
    let count = LegacyInitrd.headSize
    if position + UInt64(count) > bufferOffset + UInt64(filled) {
      try fill(max(buffer.count, count))
    }
    let start = Int(position - bufferOffset)
    return Array(buffer[start..<min(filled, start + count)])
  }

  /// Converts an error's offset in a segment to an offset in the image.
  static func moved(_ error: InitrdError, by offset: UInt64) -> InitrdError {
    guard error.location?.file == nil else { return error }
    var moved = error
    moved.location = .init(offset: offset + (error.location?.offset ?? 0))
    return moved
  }

  static func requireWhole(
    _ archive: borrowing NewcReader, end: UInt64
  ) throws(InitrdError) {
    guard archive.isAtBoundary else {
      throw .broken(
        "cut-off", "the image ends inside of an entry: the kernel would keep a broken file",
        at: end, remedy: "copy or build the image again")
    }
  }
}
