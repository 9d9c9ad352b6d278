/// An image to read: a file with a path, or an open file such as standard input.
package struct ImageFile: Sendable, ExpressibleByStringInterpolation {
  /// The image's name in messages: the path as the user gave it.
  package let name: String
  private let opened: Opened?
  /// The path; `nil` for an open file and for an image in memory.
  var path: String? { opened == nil ? name : nil }

  /// The image in the file at `path`. It is opened when it is read.
  package init(_ path: String) {
    name = path
    opened = nil
  }

  /// The image in the file at this path.
  package init(stringLiteral path: String) { self.init(path) }

  /// The image in an open file, from its start.
  ///
  /// An image is read more than once, so the bytes of a pipe are first copied to a file without a name.
  ///
  /// - Throws: `limit` for 4 GiB or more from a pipe, `system`.
  package init(_ file: consuming OpenFile) throws(InitrdError) {
    name = file.name
    opened = Opened(try Self.readableTwice(file))
  }

  /// The image in these bytes, called `name` in messages. They are copied into a file in memory.
  ///
  /// - Throws: `system` when there is no memory for them.
  package init(bytes: Span<UInt8>, name: String = "image in memory") throws(InitrdError) {
    try self.init(try OpenFile.inMemory(bytes, named: name))
  }

  /// Keeps the file open as long as a copy of the value exists.
  private final class Opened: Sendable {
    let file: OpenFile
    init(_ file: consuming OpenFile) { self.file = file }
  }

  /// Opens the file.
  ///
  /// - Throws: `system`; `bad-input` for a directory, device, fifo or socket.
  func open() throws(InitrdError) -> OpenFile {
    guard let opened else {
      let file = try OpenFile(reading: name)
      try file.requireRegular()
      return file
    }
    let file = try opened.file.duplicate()
    try file.requireRegular()
    return file
  }

  private static func readableTwice(
    _ file: consuming OpenFile
  ) throws(InitrdError) -> OpenFile {
    if try file.status().kind == .regular { return file }
    let copy = try OpenFile.temporary(named: file.name)
    let limit: UInt64 = 1 << 32
    guard try copy.appendNext(of: file, count: limit) < limit else {
      throw InitrdError(
        .limit, "the image has 4 GiB or more, which no kernel accepts", at: .init(file: file.name))
    }
    return copy
  }
}
