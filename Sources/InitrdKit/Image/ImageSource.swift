/// Where an image's bytes are: in a file, in some sections of one, or on standard input.
struct ImageSource: ~Copyable {
  /// The file as the user knows it.
  let name: String
  /// Bytes of the image, with a boot configuration behind it.
  let size: UInt64
  private let file: OpenFile
  private let parts: [Part]

  /// A run of the image's bytes.
  struct Part: Equatable, Sendable {
    /// Where it is in the file.
    var offset: UInt64
    var size: UInt64
    /// Bytes of it and the NULs behind it, in the image.
    var paddedSize: UInt64
  }

  /// Opens `path`; `-` is standard input, and `./-` a file of that name.
  ///
  /// - Throws: `system` or `bad-input` when it can't be read; `malformed` for a PE file without an image in it.
  init(_ path: String) throws(InitrdError) {
    let file: OpenFile
    if path == "-" {
      file = try Self.standardInput()
    } else {
      file = try OpenFile(reading: path)
      do throws(InitrdError) { try Sysroot.requireRegular(file) } catch {
        var error = error
        if try file.status().kind != .directory { error.remedy = "pipe it in, and name it -" }
        throw error
      }
    }
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

  /// Reads up to `count` bytes that start at `offset` of the image; 0 at its end.
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

  /// What comes through a pipe is kept in a file without a name, because an image is read in more than one pass.
  private static func standardInput() throws(InitrdError) -> OpenFile {
    let input = try OpenFile.standardInput()
    if try input.status().kind == .regular { return input }
    let copy = try OpenFile.temporary(named: input.name)
    let limit: UInt64 = 1 << 32
    guard try copy.append(input, count: limit) < limit else {
      throw InitrdError(
        .limit, "4 GiB and more to come: no kernel takes such an image", at: .init(file: input.name)
      )
    }
    // Whoever asks for standard input again shall find the same image there.
    try copy.becomeStandardInput()
    return copy
  }
}
