/// The bytes of an image: a whole file, or some sections of a PE file.
struct ImageSource: ~Copyable {
  /// The file's name as the user gave it.
  let name: String
  /// The size of the image in bytes, with a boot configuration at its end.
  let size: UInt64
  private let file: OpenFile
  private let parts: [Part]

  /// A contiguous part of the image.
  struct Part: Equatable, Sendable {
    /// Its offset in the file.
    var offset: UInt64
    var size: UInt64
    /// Its size in the image, with the NULs after it.
    var paddedSize: UInt64
  }

  /// Opens `image`.
  ///
  /// - Throws: `system` or `bad-input` when it can't be read; `malformed` for a PE file without an image in it.
  init(_ image: ImageFile) throws(InitrdError) {
    let file = try image.open()
    let fileSize = try file.status().size
    var parts = [Part(offset: 0, size: fileSize, paddedSize: fileSize)]
    if let sections = try PESections(file, size: fileSize) {
      parts = try sections.imageParts().map {
        Part(offset: $0.offset, size: $0.size, paddedSize: ($0.size + 3) & ~3)
      }
    }
    name = file.name
    self.file = file
    self.parts = parts
    size = parts.reduce(0) { $0 + $1.paddedSize }
  }

  /// Reads up to `count` bytes from `offset` of the image; returns the number of bytes, 0 at the image's end.
  func read(
    into buffer: inout [UInt8], at offset: UInt64, count: Int
  ) throws(InitrdError) -> Int {
    var start: UInt64 = 0
    for part in parts {
      let inPart = offset - start
      if inPart < part.size {
        let wanted = Int(min(UInt64(count), part.size - inPart))
        return try file.read(into: &buffer, at: part.offset + inPart, count: wanted)
      }
      if inPart < part.paddedSize {
        buffer[0] = 0
        return 1
      }
      start += part.paddedSize
    }
    return 0
  }
}
