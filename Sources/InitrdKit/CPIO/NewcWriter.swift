/// Writes one newc archive, entry by entry, to a sink of bytes.
///
/// The writer knows nothing about paths and order: the caller puts parents before children. The output does not depend
/// on the machine, the time or the user: every header field is the caller's or constant.
package struct NewcWriter {
  /// Receives the bytes of the archive.
  package typealias Sink = (Span<UInt8>) throws(InitrdError) -> Void

  /// The offset of the next byte in the image.
  package private(set) var offset: UInt64
  private var owedData: UInt64 = 0
  private var owedPadding = 0

  /// A writer at the start of an archive.
  ///
  /// - Parameter offset: the offset of the archive in the image, a multiple of 4; used for alignment only.
  package init(offset: UInt64 = 0) {
    precondition(offset % 4 == 0)
    self.offset = offset
  }

  /// Writes an entry's header and name. `header.fileSize` bytes of data must follow.
  ///
  /// - Parameters:
  ///   - header: the header; its name size is ignored.
  ///   - name: the name, without a NUL.
  ///   - alignment: a multiple of 4, at most 4,096. Data with more bytes than this starts at a multiple of it. For that,
  ///     the name is padded with NULs, which the kernel's buffer-format.rst allows.
  ///   - sink: gets the bytes.
  /// - Throws: `limit` for a name that is empty, has over 4,095 bytes or contains a NUL.
  package mutating func begin(
    _ header: NewcHeader, name: some Collection<UInt8>, alignment: Int = 4, to sink: Sink
  ) throws(InitrdError) {
    precondition(alignment % 4 == 0 && 4...4096 ~= alignment)
    precondition(owedData == 0 && owedPadding == 0, "the previous entry is not finished")
    guard !name.isEmpty, name.count < 4096, !name.contains(0) else {
      throw InitrdError(
        .limit, "invalid name of \(name.count) bytes; the kernel allows 1 to 4095 without a NUL")
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
  /// - Throws: `changed` if there is more data than the header says.
  package mutating func data(_ bytes: Span<UInt8>, to sink: Sink) throws(InitrdError) {
    guard UInt64(bytes.count) <= owedData else {
      throw InitrdError(.changed, "the data is longer than the header says")
    }
    owedData -= UInt64(bytes.count)
    try put(bytes, to: sink)
  }

  /// Tells the writer that `count` bytes of the entry's data were written to the image by other means.
  ///
  /// - Throws: `changed` if there is more data than the header says.
  mutating func dataPassed(_ count: UInt64) throws(InitrdError) {
    guard count <= owedData else {
      throw InitrdError(.changed, "the data is longer than the header says")
    }
    owedData -= count
    offset += count
  }

  /// Ends the entry.
  ///
  /// - Throws: `changed` if there was less data than the header says.
  package mutating func end(to sink: Sink) throws(InitrdError) {
    guard owedData == 0 else {
      throw InitrdError(.changed, "the data is \(owedData) bytes shorter than the header says")
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

  /// The number of NULs that pad `count` bytes to a multiple of 4.
  static func padding(_ count: UInt64) -> Int { Int((4 - count & 3) & 3) }

  /// The name's size with its NULs: one, or as many as the alignment of the data needs. As in the kernel's
  /// gen_init_cpio, small files are not aligned, and no name grows beyond 4,096 bytes.
  private static func nameSize(_ name: Int, data: UInt64, offset: UInt64, alignment: Int) -> Int {
    guard alignment > 4, data > UInt64(alignment) else { return name + 1 }
    let beyond = Int((offset + UInt64(NewcHeader.length + name + 1)) % UInt64(alignment))
    let padded = name + 1 + (alignment - beyond) % alignment
    return padded <= 4096 ? padded : name + 1
  }

  /// The size in bytes of an entry that starts at `offset`.
  static func size(
    name: Int, data: UInt64, offset: UInt64 = 0, alignment: Int = 4
  ) -> UInt64 {
    let nameSize = nameSize(name, data: data, offset: offset, alignment: alignment)
    let head = UInt64(NewcHeader.length + nameSize)
    return head + UInt64(padding(head)) + data + UInt64(padding(data))
  }
}
