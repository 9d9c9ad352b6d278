/// Bytes that are read at offsets: an array, or a file of which only parts are needed.
///
/// It is a protocol and not a closure, so that a conforming type can own a file.
protocol ByteSource: ~Copyable {
  /// The number of bytes.
  var byteCount: UInt64 { get }

  /// Reads `count` bytes from `offset`; fewer if the source ends before.
  func bytes(at offset: UInt64, count: Int) throws(InitrdError) -> [UInt8]
}

extension ByteSource where Self: ~Copyable {
  /// Reads `count` bytes from `offset`; `nil` if the source ends before.
  func whole(at offset: UInt64, count: UInt64) throws(InitrdError) -> [UInt8]? {
    guard offset <= byteCount, count <= byteCount - offset, let length = Int(exactly: count)
    else { return nil }
    let bytes = try bytes(at: offset, count: length)
    return bytes.count == length ? bytes : nil
  }

  /// Reads the text from `offset` to the next NUL, at most `limit` bytes.
  func text(at offset: UInt64, limit: Int) throws(InitrdError) -> [UInt8] {
    // Most names are shorter than this.
    let step = 128
    var text: [UInt8] = []
    while text.count < limit {
      let wanted = min(step, limit - text.count)
      let piece = try bytes(at: offset &+ UInt64(text.count), count: wanted)
      let part = piece.prefix { $0 != 0 }
      text += part
      if part.count < wanted { break }
    }
    return text
  }
}

extension [UInt8]: ByteSource {
  var byteCount: UInt64 { UInt64(count) }

  func bytes(at offset: UInt64, count: Int) -> [UInt8] {
    guard let start = Int(exactly: offset), start < self.count else { return [] }
    return Array(self[start...].prefix(count))
  }
}

/// The bytes of a file, or of a part of a file.
struct FileBytes: ByteSource, ~Copyable {
  /// The file.
  let file: OpenFile
  /// The offset of the part in the file.
  let start: UInt64
  let byteCount: UInt64

  /// The `size` bytes of `file` from `start`.
  init(_ file: consuming OpenFile, from start: UInt64 = 0, size: UInt64) {
    self.file = file
    self.start = start
    byteCount = size
  }

  func bytes(at offset: UInt64, count: Int) throws(InitrdError) -> [UInt8] {
    guard offset < byteCount else { return [] }
    let wanted = Int(min(UInt64(count), byteCount - offset))
    var buffer = [UInt8](repeating: 0, count: wanted)
    var filled = 0
    // A read can return fewer bytes than requested.
    while filled < wanted {
      var rest = [UInt8](repeating: 0, count: filled == 0 ? 0 : wanted - filled)
      let place = start + offset + UInt64(filled)
      let count =
        filled == 0
        ? try file.read(into: &buffer, at: place) : try file.read(into: &rest, at: place)
      if count == 0 { break }
      if filled > 0 { buffer.replaceSubrange(filled..<filled + count, with: rest.prefix(count)) }
      filled += count
    }
    buffer.removeLast(wanted - filled)
    return buffer
  }
}
