/// Reads one newc archive from pieces of bytes of any size, as they come, and as the kernel reads it: entries that it
/// passes over are reported and passed over, and what it stumbles over is an error.
///
/// Blind to files and compression: hand every piece to ``read(_:entry:data:)`` until ``isEnded``. Nothing
/// is allocated on the word of a header but a name of at most 4,096 bytes.
package struct NewcReader: Sendable {
  /// An entry's header and name.
  package struct Entry: Equatable, Sendable {
    /// The header as it stands in the archive.
    package var header: NewcHeader
    /// The name up to its first NUL, which is where the kernel ends it; empty where its size can't be (0 or over 4,096),
    /// which makes the kernel pass over the entry.
    package var name: [UInt8]
    /// Where the header starts, in bytes from the archive's start.
    package var offset: UInt64
    /// How many trailers stand before it in the image: hard links don't reach across one.
    package var trailers = 0
    /// Where in the header the first field stands that has more than hexadecimal digits: Linux 7 stops there, and before
    /// it such a field was read up to that. `nil` for a header as it should be.
    package var damagedField: Int?
  }

  private enum State {
    case header
    case name
    case data(UInt64)
    case skip(UInt64)
    case ended
  }

  /// Bytes read so far.
  package private(set) var offset: UInt64 = 0
  private var state = State.header
  private var collected: [UInt8] = []
  private var entry = Entry(header: NewcHeader(), name: [], offset: 0)
  private var sum: UInt32 = 0

  /// Whether a trailer whose header has more than hexadecimal digits is an error, as it is for Linux 7. It is no
  /// entry, so that nobody else learns of it.
  private var refusesDamagedTrailers = false

  /// A reader at the start of an archive, before which an image has as many `trailers`.
  package init(trailers: Int = 0) { entry.trailers = trailers }

  /// The same, for the rules of Linux 7 if `refusesDamagedTrailers`.
  init(trailers: Int, refusesDamagedTrailers: Bool) {
    entry.trailers = trailers
    self.refusesDamagedTrailers = refusesDamagedTrailers
  }

  /// The reader of the archive that follows.
  var next: NewcReader {
    NewcReader(trailers: trailers, refusesDamagedTrailers: refusesDamagedTrailers)
  }

  /// The reader between archives, which has ended.
  var ended: NewcReader {
    var reader = self
    reader.state = .ended
    return reader
  }

  /// How many trailers were read, with those before the archive.
  package var trailers: Int { entry.trailers }

  /// Whether the handler of entries wants no more.
  package private(set) var isStopped = false

  /// Whether the trailer was read, or no further header follows.
  package var isEnded: Bool { if case .ended = state { true } else { false } }

  /// Whether an archive may end here: after a whole entry.
  package var isAtBoundary: Bool {
    if case .header = state { collected.isEmpty } else { isEnded }
  }

  /// How many bytes come next that may be skipped: data that no sum is taken of, and what the kernel passes over.
  package var pendingData: UInt64 {
    switch state {
    case .data(let count): hasSum ? 0 : count
    case .skip(let count): count
    default: 0
    }
  }

  /// Goes on as if `count` bytes had been read; at most ``pendingData``.
  package mutating func skipData(_ count: UInt64) {
    precondition(count <= pendingData)
    // In another state there is nothing to skip, and something to keep.
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
  ///   - report: gets each entry, and says whether the reading goes on.
  ///   - data: gets the pieces of the data of the entry that was reported last.
  /// - Returns: how many bytes were read: all of them, unless the archive ended or the reading was stopped.
  /// - Throws: `malformed` with the offset in the archive, and what the closures throw.
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
          // Without a trailer an archive ends where no further header stands.
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
        "the data of \(printable(entry.name)) has the sum \(sum), and its header says"
          + " \(entry.header.check)",
        at: entry.offset, remedy: "build the image again: the file in it is damaged")
    }
  }

  private mutating func collect(_ bytes: Span<UInt8>, upTo size: Int) -> Int {
    let taken = min(bytes.count, size - collected.count)
    bytes.extracting(first: taken).withUnsafeBufferPointer { collected.append(contentsOf: $0) }
    return taken
  }

  /// Returns whether the entry is known already, because the kernel does not read its name.
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

  /// Returns whether there is an entry to report: there is none for a trailer.
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
        "name-without-nul", "a name that doesn't end with a NUL", at: entry.offset)
    }
    guard entry.name == NewcHeader.trailerName, entry.header.type != .symlink else { return true }
    if refusesDamagedTrailers, let field = entry.damagedField {
      throw .broken(
        "damaged-header",
        "the trailer's header field at byte \(field) has more than hexadecimal digits",
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
