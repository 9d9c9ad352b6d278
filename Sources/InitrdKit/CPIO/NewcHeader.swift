/// The header of a newc entry: 110 bytes of ASCII.
///
///      0      6        14       22       30       38       46       54
///     | magic | ino    | mode   | uid    | gid    | nlink  | mtime  |
///     54       62       70       78       86       94       102      110
///     | filesize | devmajor | devminor | rdevmajor | rdevminor | namesize | check |
///     | name, NUL, padded so that 110 + namesize ends on a multiple of 4 |
///     | data, padded to a multiple of 4                                   |
///
/// All fields except the magic are eight hexadecimal digits. The kernel describes the format in
/// Documentation/driver-api/early-userspace/buffer-format.rst.
package struct NewcHeader: Equatable, Sendable {
  /// The header's length in bytes.
  package static let length = 110
  /// The name of the entry that ends an archive.
  package static let trailerName = Array("TRAILER!!!".utf8)

  /// The inode number. Together with the device it identifies hard links.
  package var inode: UInt32 = 0
  /// The type and the permissions, as in stat(2). Only the low 16 bits count.
  package var mode: UInt32 = 0
  /// The owner.
  package var uid: UInt32 = 0
  /// The group.
  package var gid: UInt32 = 0
  /// The number of names of the file. With 2 or more, the kernel looks for hard links.
  package var links: UInt32 = 1
  /// The time of the last change: seconds since 1970.
  package var mtime: UInt32 = 0
  /// The size of the data in bytes.
  package var fileSize: UInt32 = 0
  /// The major number of the device that contained the file.
  package var deviceMajor: UInt32 = 0
  /// The minor number of the device that contained the file.
  package var deviceMinor: UInt32 = 0
  /// The major number of a device node.
  package var rdevMajor: UInt32 = 0
  /// The minor number of a device node.
  package var rdevMinor: UInt32 = 0
  /// The size of the name in bytes, including its NUL.
  package var nameSize: UInt32 = 0
  /// The sum of the data's bytes in the crc variant, else 0.
  package var check: UInt32 = 0
  /// Whether ``check`` is used (magic 070702).
  package var hasChecksum = false

  /// A header in which every field is 0, except the number of links.
  package init() {}
}

extension NewcHeader {
  /// The type of the entry; `nil` for unknown type bits.
  package var type: FileType? { FileType(mode: mode) }

  /// Whether the kernel reads the name. It skips entries with data that are neither files nor symbolic links, and
  /// symbolic links with a target of over 4,096 bytes.
  var isLookedAt: Bool {
    type == .regular || fileSize == 0 || type == .symlink && fileSize <= 4096
  }

  /// Reads a header from its 110 bytes. As in Linux 7, only hexadecimal digits are allowed.
  ///
  /// - Throws: `malformed` with the offset in the header.
  package init(parsing bytes: Span<UInt8>) throws(InitrdError) {
    var badField: Int?
    try self.init(parsing: bytes, firstBadField: &badField)
    if let badField {
      throw .broken(
        "damaged-header", "a header field is not hexadecimal", at: UInt64(badField))
    }
  }

  /// Reads a header from its 110 bytes as Linux 6 does: a field ends at the first non-hexadecimal character.
  ///
  /// - Parameters:
  ///   - bytes: the header.
  ///   - firstBadField: set to the offset of the first field with a non-hexadecimal character; unchanged if there is
  ///     none.
  /// - Throws: `malformed` for another magic.
  init(parsing bytes: Span<UInt8>, firstBadField: inout Int?) throws(InitrdError) {
    precondition(bytes.count >= Self.length)
    guard bytes[0] == 0x30, bytes[1] == 0x37, bytes[2] == 0x30, bytes[3] == 0x37, bytes[4] == 0x30
    else { throw .broken("no-header", "expected a newc header here", at: 0) }
    switch bytes[5] {
    case UInt8(ascii: "1"): hasChecksum = false
    case UInt8(ascii: "2"): hasChecksum = true
    case UInt8(ascii: "7"):
      throw .broken(
        "odc-archive", "this is an odc archive, which no kernel reads", at: 0,
        remedy: "create it with cpio -H newc")
    default: throw .broken("no-header", "expected a newc header here", at: 0)
    }
    inode = Self.field(bytes, 6, &firstBadField)
    mode = Self.field(bytes, 14, &firstBadField)
    uid = Self.field(bytes, 22, &firstBadField)
    gid = Self.field(bytes, 30, &firstBadField)
    links = Self.field(bytes, 38, &firstBadField)
    mtime = Self.field(bytes, 46, &firstBadField)
    fileSize = Self.field(bytes, 54, &firstBadField)
    deviceMajor = Self.field(bytes, 62, &firstBadField)
    deviceMinor = Self.field(bytes, 70, &firstBadField)
    rdevMajor = Self.field(bytes, 78, &firstBadField)
    rdevMinor = Self.field(bytes, 86, &firstBadField)
    nameSize = Self.field(bytes, 94, &firstBadField)
    check = Self.field(bytes, 102, &firstBadField)
  }

  private static func field(_ bytes: Span<UInt8>, _ start: Int, _ firstBad: inout Int?) -> UInt32 {
    if let value = eightDigits(bytes, start) { return value }
    if firstBad == nil { firstBad = start }
    // Linux 6 skips a leading 0x.
    let hasPrefix = bytes[start] == 0x30 && bytes[start + 1] | 0x20 == UInt8(ascii: "x")
    var value: UInt32 = 0
    for index in (hasPrefix ? start + 2 : start)..<(start + 8) {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { break }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// The value of eight hexadecimal digits; `nil` if there is another character.
  ///
  /// All digits are converted at once: each is one byte of a 64-bit word.
  private static func eightDigits(_ bytes: Span<UInt8>, _ start: Int) -> UInt32? {
    func everyByte(_ value: UInt64) -> UInt64 { value &* 0x0101_0101_0101_0101 }
    // The load is safe, because any eight bytes are a valid integer.
    let text = UInt64(
      bigEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    let isLetter = text >> 6 & everyByte(1)
    var value = text & everyByte(0xF) &+ isLetter &* 9
    // The value is converted back to lower case: only for digits this gives the same text.
    let isOver9 = (value &+ everyByte(0x76)) >> 7 & everyByte(1)
    guard value & everyByte(0xF0) == 0,
      value &+ everyByte(0x30) &+ isOver9 &* 0x27 == text | isLetter << 5
    else { return nil }
    value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
    value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: value | value >> 16)
  }

  /// Appends the header's 110 bytes. Digits are in upper case, as in archives of GNU cpio and the kernel's tools.
  func append(to bytes: inout [UInt8]) {
    bytes += hasChecksum ? Array("070702".utf8) : Array("070701".utf8)
    for value in [
      inode, mode, uid, gid, links, mtime, fileSize, deviceMajor, deviceMinor, rdevMajor, rdevMinor,
      nameSize, check,
    ] {
      for shift in stride(from: UInt32(28), through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: value >> shift & 0xF)
        bytes.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10)
      }
    }
  }
}
