/// Reads one newc archive as the kernel reads it, from pieces of bytes of any size.
///
/// Entries that the kernel skips are reported and skipped. What the kernel refuses is an error.
///
/// The reader knows nothing about files and compression: pass every piece to ``read(_:entry:data:)`` until ``isEnded``.
/// It trusts no size in a header: it allocates only a name of at most 4,096 bytes.
package struct NewcReader: Sendable {
  /// An entry's header and name.
  package struct Entry: Equatable, Sendable {
    /// The header in the archive.
    package var header: NewcHeader
    /// The name up to its first NUL, where it ends for the kernel. It is empty if its size is invalid (0 or over 4,096):
    /// the kernel skips such an entry.
    package var name: [UInt8]
    /// The offset of the header in the archive, in bytes.
    package var offset: UInt64
    /// The number of trailers before the entry in the image. Hard links don't reach across a trailer.
    package var trailers = 0
    /// The offset, in the header, of the first field with a non-hexadecimal character; `nil` if there is none. Linux 7
    /// stops at such a field; older kernels read it up to that character.
    package var damagedField: Int?
  }

  private enum State {
    case header
    case name
    case data(UInt64)
    case skip(UInt64)
    case ended
  }

  /// The number of bytes that were read so far.
  package private(set) var offset: UInt64 = 0
  private var state = State.header
  private var collected: [UInt8] = []
  private var entry = Entry(header: NewcHeader(), name: [], offset: 0)
  private var sum: UInt32 = 0

  /// Whether a trailer with a non-hexadecimal character in its header is an error, as in Linux 7. The reader has to
  /// check this, because trailers are not reported as entries.
  private var refusesDamagedTrailers = false

  /// A reader at the start of an archive. `trailers` is the number of trailers before it in the image.
  package init(trailers: Int = 0) { entry.trailers = trailers }

  /// A reader at the start of an archive, with the rules of Linux 7 for trailers if `refusesDamagedTrailers` is true.
  init(trailers: Int, refusesDamagedTrailers: Bool) {
    entry.trailers = trailers
    self.refusesDamagedTrailers = refusesDamagedTrailers
  }

  /// A reader for the next archive.
  var next: NewcReader {
    NewcReader(trailers: trailers, refusesDamagedTrailers: refusesDamagedTrailers)
  }

  /// A reader that has ended, for the space between archives.
  var ended: NewcReader {
    var reader = self
    reader.state = .ended
    return reader
  }

  /// The number of trailers so far, including those before the archive.
  package var trailers: Int { entry.trailers }

  /// Whether the handler of entries stopped the reading.
  package private(set) var isStopped = false

  /// Whether the archive has ended: with its trailer, or because no header follows.
  package var isEnded: Bool { if case .ended = state { true } else { false } }

  /// Whether the archive may end here: between two entries.
  package var isAtBoundary: Bool {
    if case .header = state { collected.isEmpty } else { isEnded }
  }

  /// The number of following bytes that may be skipped: data without a checksum, and bytes that the kernel skips.
  package var pendingData: UInt64 {
    switch state {
    case .data(let count): hasSum ? 0 : count
    case .skip(let count): count
    default: 0
    }
  }

  /// Continues as if `count` bytes had been read, which are at most ``pendingData``.
  package mutating func skipData(_ count: UInt64) {
    precondition(count <= pendingData)
    // In other states nothing can be skipped, and the state must stay.
    guard count > 0 else { return }
    offset += count
    if case .skip(let left) = state {
      state = left == count ? .header : .skip(left - count)
    } else {
      state = afterData(pendingData - count)
    }
  }

  private var hasSum: Bool { entry.header.hasChecksum && entry.header.type == .regular }

  /// Reads `bytes`, and reports each entry and each piece of its data.
  ///
  /// - Parameters:
  ///   - bytes: the next bytes of the archive.
  ///   - report: gets each entry; returns whether the reading continues.
  ///   - data: gets the data of the last reported entry, in pieces.
  /// - Returns: the number of bytes that were read: all of them, unless the archive ended or `report` stopped the reading.
  /// - Throws: `malformed` with the offset in the archive; errors of the closures.
  package mutating func read(
    _ bytes: Span<UInt8>,
    entry report: (Entry) throws(InitrdError) -> ReadStep,
    data: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> Int {
    var position = 0
    while position < bytes.count, !isEnded, !isStopped {
      let rest = bytes.extracting(position...)
      let taken: Int
      switch state {
      case .header:
        if collected.isEmpty {
          // An archive without a trailer ends where no other header follows.
          if offset > 0, rest[0] != UInt8(ascii: "0") {
            state = .ended
            continue
          }
          entry.offset = offset
        }
        taken = collect(rest, upTo: NewcHeader.length)
        if collected.count == NewcHeader.length, try headerRead() {
          isStopped = try report(entry) == .stop
        }
      case .name:
        let size = Int(entry.header.nameSize)
        taken = collect(rest, upTo: size + NewcWriter.padding(UInt64(NewcHeader.length + size)))
        if collected.count == size + NewcWriter.padding(UInt64(NewcHeader.length + size)),
          try nameRead()
        {
          isStopped = try report(entry) == .stop
          if hasSum, entry.header.fileSize == 0, !isStopped { try compareSums() }
        }
      case .data(let count):
        taken = Int(min(count, UInt64(rest.count)))
        let piece = rest.extracting(first: taken)
        if hasSum { for index in piece.indices { sum &+= UInt32(piece[index]) } }
        try data(piece)
        state = afterData(count - UInt64(taken))
        if count == UInt64(taken), hasSum { try compareSums() }
      case .skip(let count):
        taken = Int(min(count, UInt64(rest.count)))
        state = count == UInt64(taken) ? .header : .skip(count - UInt64(taken))
      case .ended:
        taken = 0
      }
      position += taken
      offset += UInt64(taken)
    }
    return position
  }

  private func compareSums() throws(InitrdError) {
    guard sum == entry.header.check else {
      throw .broken(
        "bad-checksum",
        "the data of \(printable(entry.name)) has the checksum \(sum), but its header says"
          + " \(entry.header.check)",
        at: entry.offset, remedy: "build the image again: this file is damaged")
    }
  }

  private mutating func collect(_ bytes: Span<UInt8>, upTo size: Int) -> Int {
    let taken = min(bytes.count, size - collected.count)
    bytes.extracting(first: taken).withUnsafeBufferPointer { collected.append(contentsOf: $0) }
    return taken
  }

  /// Returns whether the entry is complete without a name, because the kernel does not read its name.
  private mutating func headerRead() throws(InitrdError) -> Bool {
    let start = entry.offset
    var damagedField: Int?
    do {
      entry.header = try NewcHeader(parsing: collected.span, firstBadField: &damagedField)
    } catch {
      var moved = error
      moved.location = .init(offset: start + (error.location?.offset ?? 0))
      throw moved
    }
    collected.removeAll(keepingCapacity: true)
    entry.damagedField = damagedField
    sum = 0
    let (nameSize, fileSize) = (UInt64(entry.header.nameSize), UInt64(entry.header.fileSize))
    guard 1...4096 ~= nameSize else {
      entry.name = []
      let name = nameSize + UInt64(NewcWriter.padding(UInt64(NewcHeader.length) + nameSize))
      state = .skip(name + fileSize + UInt64(NewcWriter.padding(fileSize)))
      return true
    }
    state = .name
    return false
  }

  /// Returns whether the entry is to be reported: a trailer is not.
  private mutating func nameRead() throws(InitrdError) -> Bool {
    let name = collected.prefix(Int(entry.header.nameSize))
    entry.name = Array(name[..<(name.firstIndex(of: 0) ?? name.endIndex)])
    let isTerminated = name.last == 0
    collected.removeAll(keepingCapacity: true)
    let size = UInt64(entry.header.fileSize)
    state = afterData(size)
    guard entry.header.isLookedAt else {
      if size > 0 { state = .skip(size + UInt64(NewcWriter.padding(size))) }
      return true
    }
    guard isTerminated else {
      throw .broken(
        "name-without-nul", "the name does not end with a NUL", at: entry.offset)
    }
    guard entry.name == NewcHeader.trailerName, entry.header.type != .symlink else { return true }
    if refusesDamagedTrailers, let field = entry.damagedField {
      throw .broken(
        "damaged-header",
        "the field at byte \(field) of the trailer's header is not hexadecimal",
        at: entry.offset)
    }
    entry.trailers += 1
    state = size > 0 ? .skip(size + UInt64(NewcWriter.padding(size))) : .ended
    return false
  }

  private func afterData(_ left: UInt64) -> State {
    if left > 0 { return .data(left) }
    let padding = NewcWriter.padding(UInt64(entry.header.fileSize))
    return padding > 0 ? .skip(UInt64(padding)) : .header
  }
}
