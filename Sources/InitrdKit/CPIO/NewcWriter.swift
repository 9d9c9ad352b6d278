/// Writes one newc archive, entry by entry, to a sink of bytes.
///
/// Blind to paths and order: whoever calls it puts parents before children. Nothing that the writer adds
/// depends on the machine, the time or the user: every header field is the caller's or constant.
package struct NewcWriter {
  /// Where the bytes go.
  package typealias Sink = (Span<UInt8>) throws(InitrdError) -> Void

  /// Where the next byte goes, counted from where the archive's offsets are.
  package private(set) var offset: UInt64
  private var owedData: UInt64 = 0
  private var owedPadding = 0

  /// A writer at the start of an archive.
  ///
  /// - Parameter offset: where the archive starts in the image, a multiple of 4; counts for alignment only.
  package init(offset: UInt64 = 0) {
    precondition(offset % 4 == 0)
    self.offset = offset
  }

  /// Writes an entry's header and name; `header.fileSize` bytes of data must follow.
  ///
  /// - Parameters:
  ///   - header: the header, of which the name's size does not count.
  ///   - name: the name, without a NUL.
  ///   - alignment: a multiple of 4, at most 4,096: data of more bytes than that starts at a multiple of it. The name is
  ///     padded with NULs for that, which the kernel's buffer-format.rst allows.
  ///   - sink: gets the bytes.
  /// - Throws: `limit` for a name that is empty, over 4,095 bytes or has a NUL in it.
  package mutating func begin(
    _ header: NewcHeader, name: some Collection<UInt8>, alignment: Int = 4, to sink: Sink
  ) throws(InitrdError) {
    precondition(alignment % 4 == 0 && 4...4096 ~= alignment)
    precondition(owedData == 0 && owedPadding == 0, "the entry before is not finished")
    guard !name.isEmpty, name.count < 4096, !name.contains(0) else {
      throw InitrdError(.limit, "a name of \(name.count) bytes; the kernel takes 1 to 4095, no NUL")
    }
    var header = header
    let size = UInt64(header.fileSize)
    header.nameSize = UInt32(
      Self.nameSize(name.count, data: size, offset: offset, alignment: alignment))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(NewcHeader.length + Int(header.nameSize) + 4)
    header.append(to: &bytes)
    bytes += name
    let end = UInt64(NewcHeader.length) + UInt64(header.nameSize)
    bytes += repeatElement(0, count: Int(end) + Self.padding(end) - bytes.count)
    try put(bytes.span, to: sink)
    owedData = UInt64(header.fileSize)
    owedPadding = Self.padding(owedData)
  }

  /// Writes a piece of the entry's data.
  ///
  /// - Throws: `changed` when the entry gets more than its header says.
  package mutating func data(_ bytes: Span<UInt8>, to sink: Sink) throws(InitrdError) {
    guard UInt64(bytes.count) <= owedData else {
      throw InitrdError(.changed, "more data than the header says")
    }
    owedData -= UInt64(bytes.count)
    try put(bytes, to: sink)
  }

  /// Says that `count` bytes of the entry's data went past the writer.
  ///
  /// - Throws: `changed` when the entry gets more than its header says.
  mutating func dataPassed(_ count: UInt64) throws(InitrdError) {
    guard count <= owedData else {
      throw InitrdError(.changed, "more data than the header says")
    }
    owedData -= count
    offset += count
  }

  /// Ends the entry.
  ///
  /// - Throws: `changed` when the entry got less than its header says.
  package mutating func end(to sink: Sink) throws(InitrdError) {
    guard owedData == 0 else {
      throw InitrdError(.changed, "\(owedData) bytes less data than the header says")
    }
    if owedPadding > 0 {
      try put([UInt8](repeating: 0, count: owedPadding).span, to: sink)
      owedPadding = 0
    }
  }

  /// Ends the archive.
  package mutating func finish(to sink: Sink) throws(InitrdError) {
    try begin(NewcHeader(), name: NewcHeader.trailerName, to: sink)
  }

  private mutating func put(_ bytes: Span<UInt8>, to sink: Sink) throws(InitrdError) {
    try sink(bytes)
    offset += UInt64(bytes.count)
  }

  /// How many NULs bring `count` to a multiple of 4.
  static func padding(_ count: UInt64) -> Int { Int((4 - count & 3) & 3) }

  /// The name's size with its NULs: one, or as many as bring the data to the alignment. As the kernel's own
  /// gen_init_cpio does it, small files are left alone, and so is a name that would grow beyond 4,096 bytes.
  private static func nameSize(_ name: Int, data: UInt64, offset: UInt64, alignment: Int) -> Int {
    guard alignment > 4, data > UInt64(alignment) else { return name + 1 }
    let beyond = Int((offset + UInt64(NewcHeader.length + name + 1)) % UInt64(alignment))
    let padded = name + 1 + (alignment - beyond) % alignment
    return padded <= 4096 ? padded : name + 1
  }

  /// How many bytes an entry takes that starts at `offset`.
  static func size(
    name: Int, data: UInt64, offset: UInt64 = 0, alignment: Int = 4
  ) -> UInt64 {
    let nameSize = nameSize(name, data: data, offset: offset, alignment: alignment)
    let head = UInt64(NewcHeader.length + nameSize)
    return head + UInt64(padding(head)) + data + UInt64(padding(data))
  }
}
