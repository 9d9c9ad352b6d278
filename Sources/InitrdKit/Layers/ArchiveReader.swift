import CArchive

/// Reads an archive by libarchive, entry by entry: tar, cpio, zip, ar and rpm, with any of the compressions below.
///
/// Formats and filters are registered one by one: those that `_all` adds need ICU, or run programs of the machine.
final class ArchiveReader {
  /// An entry, as the archive describes it: nothing of it has been checked.
  struct Entry {
    /// The name.
    var path: [UInt8]
    /// The type; `nil` for what no file system has.
    var type: FileType?
    /// Permission bits, 0 to 0o7777.
    var mode: UInt16
    var uid: UInt32
    var gid: UInt32
    /// Seconds since 1970.
    var modified: UInt32
    /// Bytes of data, as far as the archive tells.
    var size: UInt64
    /// The target of a symbolic link.
    var target: [UInt8]
    /// The name of an earlier entry which is the same file.
    var hardLink: [UInt8]?
    var major: UInt32
    var minor: UInt32
    /// The names of the extended attributes, sorted; of very many only some.
    var attributes: [[UInt8]]
  }

  /// The name of the archive in messages.
  let name: String
  private let archive: OpaquePointer
  private let input: ArchiveInput

  /// Opens an archive.
  ///
  /// - Parameters:
  ///   - input: its bytes.
  ///   - name: its name in messages.
  /// - Throws: `bad-input` for what is no archive; `not-supported` where libarchive lacks a codec; `system`.
  init(_ input: ArchiveInput, name: String) throws(InitrdError) {
    guard let archive = archive_read_new() else {
      throw InitrdError(.system, "no memory for an archive's reader", at: .init(file: name))
    }
    (self.archive, self.input, self.name) = (archive, input, name)
    try register()
    archive_read_set_callback_data(archive, Unmanaged.passUnretained(input).toOpaque())
    archive_read_set_read_callback(archive) { _, context, start in
      guard let context, let bytes = ArchiveReader.input(context).next() else { return -1 }
      start?.pointee = bytes.baseAddress
      return bytes.count
    }
    // A member of another archive can't go back.
    if input.isFile {
      archive_read_set_seek_callback(archive) { _, context, distance, origin in
        guard let context else { return Int64(ARCHIVE_FATAL) }
        return ArchiveReader.input(context).seek(distance, from: origin) ?? Int64(ARCHIVE_FATAL)
      }
    }
    try open()
  }

  private func open() throws(InitrdError) {
    guard archive_read_open1(archive) == ARCHIVE_OK else { throw failure(.badInput) }
  }

  deinit { archive_read_free(archive) }

  private static func input(_ context: UnsafeMutableRawPointer) -> ArchiveInput {
    Unmanaged.fromOpaque(context).takeUnretainedValue()
  }

  private func register() throws(InitrdError) {
    let results = [
      archive_read_support_filter_gzip(archive), archive_read_support_filter_bzip2(archive),
      archive_read_support_filter_xz(archive), archive_read_support_filter_lzma(archive),
      archive_read_support_filter_zstd(archive), archive_read_support_filter_lz4(archive),
      archive_read_support_filter_rpm(archive), archive_read_support_format_tar(archive),
      archive_read_support_format_cpio(archive), archive_read_support_format_ar(archive),
      archive_read_support_format_zip(archive),
    ]
    // A warning means that libarchive would run a program for this codec.
    guard results.allSatisfy({ $0 == ARCHIVE_OK }) else {
      throw InitrdError(
        .notSupported, "libarchive was built without one of gzip, bzip2, xz, lzma, zstd, lz4",
        at: .init(file: name), remedy: "install a complete libarchive")
    }
  }

  /// Whether libarchive reads the file, and not ``ImageReader``: it is no archive of the newc format, which the kernel
  /// would unpack, and its format is known.
  static func recognizes(_ file: borrowing OpenFile) throws(InitrdError) -> Bool {
    let copy = try file.duplicate()
    guard let reader = try? ArchiveReader(ArchiveInput(copy), name: file.name),
      (try? reader.next()) != nil
    else { return false }
    let isNewc = [ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FORMAT_CPIO_SVR4_CRC]
      .contains(reader.format)
    return reader.isRPM || !isNewc
  }

  /// The format of the archive, ARCHIVE_FORMAT_…, after the first entry.
  var format: CInt { archive_format(archive) }

  /// Whether it is an archive of ar, as a .deb is.
  var isAr: Bool { format & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_AR }

  /// Whether it is a package of rpm.
  var isRPM: Bool {
    (0..<archive_filter_count(archive)).contains {
      archive_filter_code(archive, $0) == ARCHIVE_FILTER_RPM
    }
  }

  /// The next entry; `nil` at the end.
  ///
  /// - Throws: `malformed` for a damaged archive.
  func next() throws(InitrdError) -> Entry? {
    var entry: OpaquePointer?
    switch archive_read_next_header(archive, &entry) {
    case ARCHIVE_EOF: return nil
    // A warning is about something that newc cannot hold, or about a name in another character set, whose bytes stay.
    case ARCHIVE_OK, ARCHIVE_WARN:
      if let failure = input.failure { throw failure }
      guard let entry else { return nil }
      return try self.entry(entry)
    default: throw failure(.malformed)
    }
  }

  /// A piece of the data of the entry that ``next()`` returned.
  struct Block {
    /// Its place in the file: a gap before it is a hole of zeros.
    var offset: UInt64
    /// The bytes, valid until the next call.
    var bytes: UnsafeRawBufferPointer
  }

  /// The next piece of data of the entry; `nil` at its end.
  ///
  /// - Throws: `malformed` for damaged data.
  func nextBlock() throws(InitrdError) -> Block? {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    switch archive_read_data_block(archive, &start, &count, &offset) {
    case ARCHIVE_EOF: return nil
    // A warning about data is a wrong checksum or size.
    case ARCHIVE_OK:
      guard let place = UInt64(exactly: offset) else { throw failure(.malformed) }
      return Block(offset: place, bytes: UnsafeRawBufferPointer(start: start, count: count))
    default: throw failure(.malformed)
    }
  }

  private func failure(_ code: InitrdError.Code) -> InitrdError {
    if let failure = input.failure { return failure }
    let reason = archive_error_string(archive).map { String(cString: $0) } ?? "it can't be read"
    return InitrdError(
      code, "not a readable archive: \(printable(reason.utf8))", at: .init(file: name),
      remedy: "a layer is a directory, or a tar, cpio, zip, .deb, .rpm or initramfs image")
  }

  private func entry(_ entry: OpaquePointer) throws(InitrdError) -> Entry {
    func text(_ pointer: UnsafePointer<CChar>?) -> [UInt8]? {
      pointer.map { start in
        var bytes: [UInt8] = []
        var index = 0
        while start[index] != 0 {
          bytes.append(UInt8(bitPattern: start[index]))
          index += 1
        }
        return bytes
      }
    }
    var attributes: [[UInt8]] = []
    if archive_entry_xattr_reset(entry) > 0 {
      var name: UnsafePointer<CChar>?
      var value: UnsafeRawPointer?
      var size = 0
      while attributes.count < 64,
        archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK
      {
        if let name = text(name) { attributes.append(name) }
      }
      attributes.sort { $0.lexicographicallyPrecedes($1) }
    }
    let hardLink = text(archive_entry_hardlink(entry)) ?? text(archive_entry_hardlink_utf8(entry))
    let target = text(archive_entry_symlink(entry)) ?? text(archive_entry_symlink_utf8(entry))
    let path = text(archive_entry_pathname(entry)) ?? text(archive_entry_pathname_utf8(entry))
    guard let path else {
      throw InitrdError(
        .malformed, "a name that is neither bytes nor UTF-8", at: .init(file: name),
        remedy: "make the archive again, with names in UTF-8")
    }
    return Entry(
      path: path,
      type: FileType(mode: UInt32(archive_entry_filetype(entry))),
      mode: UInt16(archive_entry_perm(entry) & 0o7777),
      uid: UInt32(clamping: archive_entry_uid(entry)),
      gid: UInt32(clamping: archive_entry_gid(entry)),
      modified: UInt32(clamping: archive_entry_mtime(entry)),
      size: UInt64(max(0, archive_entry_size(entry))), target: target ?? [], hardLink: hardLink,
      major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
      minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry)), attributes: attributes)
  }
}
