/// Bytes that are read at offsets: of an array, or of a file of which only parts are needed.
///
/// A type and no closure, so that it can hold a file, which has one owner.
protocol ByteSource: ~Copyable {
  /// Number of bytes.
  var byteCount: UInt64 { get }

  /// The bytes from `offset` on, `count` of them; fewer where the source ends before.
  func bytes(at offset: UInt64, count: Int) throws(InitrdError) -> [UInt8]
}

extension ByteSource where Self: ~Copyable {
  /// The bytes from `offset` on, `count` of them; `nil` where the source ends before.
  func whole(at offset: UInt64, count: UInt64) throws(InitrdError) -> [UInt8]? {
    guard offset <= byteCount, count <= byteCount - offset, let length = Int(exactly: count)
    else { return nil }
    let bytes = try bytes(at: offset, count: length)
    return bytes.count == length ? bytes : nil
  }

  /// The text from `offset` on up to a NUL; at most `limit` bytes of it.
  func text(at offset: UInt64, limit: Int) throws(InitrdError) -> [UInt8] {
    // Most names are short.
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

/// A file, or a part of one.
struct FileBytes: ByteSource, ~Copyable {
  /// The file.
  let file: OpenFile
  /// Where the part begins.
  let start: UInt64
  let byteCount: UInt64

  /// All of `file`, which has `size` bytes, or `size` bytes of it from `start` on.
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
    // The system may give less than it has.
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
