/// Reads one newc archive from pieces of bytes of any size, as they come.
///
/// Blind to files and compression: hand every piece to ``read(_:entry:data:)`` until ``isEnded``. Nothing
/// is allocated on the word of a header but a name of at most 4,096 bytes.
public struct NewcReader: Sendable {
  /// An entry's header and name.
  public struct Entry: Equatable, Sendable {
    /// The header as it stands in the archive.
    public var header: NewcHeader
    /// The name up to its first NUL, which is where the kernel ends it.
    public var name: [UInt8]
    /// Where the header starts, in bytes from the archive's start.
    public var offset: UInt64
    /// How many trailers stand before it in the image: hard links don't reach across one.
    public var trailers = 0
  }

  private enum State {
    case header
    case name
    case data(UInt64)
    case padding(Int)
    case ended
  }

  /// Bytes read so far.
  public private(set) var offset: UInt64 = 0
  private var state = State.header
  private var collected: [UInt8] = []
  private var entry = Entry(header: NewcHeader(), name: [], offset: 0)

  /// A reader at the start of an archive, before which an image has as many `trailers`.
  public init(trailers: Int = 0) { entry.trailers = trailers }

  /// How many trailers were read, with those before the archive.
  public var trailers: Int { entry.trailers }

  /// Whether the trailer was read.
  public var isEnded: Bool { if case .ended = state { true } else { false } }

  /// Whether an archive may end here: after a whole entry.
  public var isAtBoundary: Bool {
    if case .header = state { collected.isEmpty } else { isEnded }
  }

  /// How many bytes of an entry's data come next.
  public var pendingData: UInt64 { if case .data(let count) = state { count } else { 0 } }

  /// Goes on as if `count` bytes of data had been read; at most ``pendingData``.
  public mutating func skipData(_ count: UInt64) {
    precondition(count <= pendingData)
    // In another state than `data` there is nothing to skip, and something to keep.
    guard count > 0 else { return }
    offset += count
    state = afterData(pendingData - count)
  }

  /// Reads `bytes`, and reports each entry and each piece of its data.
  ///
  /// - Returns: how many bytes were read: all of them, unless the archive ended.
  /// - Throws: `malformed` with the offset in the archive, and what the closures throw.
  public mutating func read(
    _ bytes: Span<UInt8>,
    entry report: (Entry) throws(InitrdError) -> Void,
    data: (Span<UInt8>) throws(InitrdError) -> Void
  ) throws(InitrdError) -> Int {
    var position = 0
    while position < bytes.count, !isEnded {
      let rest = bytes.extracting(position...)
      let taken: Int
      switch state {
      case .header:
        if collected.isEmpty { entry.offset = offset }
        taken = collect(rest, upTo: NewcHeader.length)
        if collected.count == NewcHeader.length { try headerRead() }
      case .name:
        let size = Int(entry.header.nameSize)
        taken = collect(rest, upTo: size + NewcWriter.padding(UInt64(NewcHeader.length + size)))
        if collected.count == size + NewcWriter.padding(UInt64(NewcHeader.length + size)) {
          try nameRead()
          if !isEnded { try report(entry) }
        }
      case .data(let count):
        taken = Int(min(count, UInt64(rest.count)))
        try data(rest.extracting(first: taken))
        state = afterData(count - UInt64(taken))
      case .padding(let count):
        taken = min(count, rest.count)
        state = count == taken ? .header : .padding(count - taken)
      case .ended:
        taken = 0
      }
      position += taken
      offset += UInt64(taken)
    }
    return position
  }

  private mutating func collect(_ bytes: Span<UInt8>, upTo size: Int) -> Int {
    let taken = min(bytes.count, size - collected.count)
    for index in 0..<taken { collected.append(bytes[index]) }
    return taken
  }

  private mutating func headerRead() throws(InitrdError) {
    let start = entry.offset
    do { entry.header = try NewcHeader(parsing: collected.span) } catch {
      var moved = error
      moved.location = .init(offset: start + (error.location?.offset ?? 0))
      throw moved
    }
    guard 1...4096 ~= entry.header.nameSize else {
      throw InitrdError(
        .malformed, "a name of \(entry.header.nameSize) bytes; the kernel takes 1 to 4096",
        at: .init(offset: start))
    }
    collected.removeAll(keepingCapacity: true)
    state = .name
  }

  private mutating func nameRead() throws(InitrdError) {
    let name = collected.prefix(Int(entry.header.nameSize))
    guard name.last == 0 else {
      throw InitrdError(
        .malformed, "a name that doesn't end with a NUL", at: .init(offset: entry.offset))
    }
    entry.name = Array(name.prefix { $0 != 0 })
    collected.removeAll(keepingCapacity: true)
    if entry.name == NewcHeader.trailerName {
      entry.trailers += 1
      state = .ended
    } else {
      state = afterData(UInt64(entry.header.fileSize))
    }
  }

  private func afterData(_ left: UInt64) -> State {
    if left > 0 { return .data(left) }
    let padding = NewcWriter.padding(UInt64(entry.header.fileSize))
    return padding > 0 ? .padding(padding) : .header
  }
}
