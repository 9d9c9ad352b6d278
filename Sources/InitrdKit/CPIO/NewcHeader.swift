/// The fixed part of a newc entry: 110 bytes of ASCII.
///
///      0      6        14       22       30       38       46       54
///     | magic | ino    | mode   | uid    | gid    | nlink  | mtime  |
///     54       62       70       78       86       94       102      110
///     | filesize | devmajor | devminor | rdevmajor | rdevminor | namesize | check |
///     | name, NUL, padded so that 110 + namesize ends on a multiple of 4 |
///     | data, padded to a multiple of 4                                   |
///
/// All fields but the magic are eight hexadecimal digits. The kernel's description is
/// Documentation/driver-api/early-userspace/buffer-format.rst.
package struct NewcHeader: Equatable, Sendable {
  /// The header's length in bytes.
  package static let length = 110
  /// The name of the entry that ends an archive.
  package static let trailerName = Array("TRAILER!!!".utf8)

  /// Identifies hard links together with the device.
  package var inode: UInt32 = 0
  /// The type and the permissions, as stat(2) has them; only the low 16 bits count.
  package var mode: UInt32 = 0
  /// The owner.
  package var uid: UInt32 = 0
  /// The group.
  package var gid: UInt32 = 0
  /// How many names the file has; hard links are looked for from 2 on.
  package var links: UInt32 = 1
  /// Seconds since 1970.
  package var mtime: UInt32 = 0
  /// Bytes of data.
  package var fileSize: UInt32 = 0
  /// The major number of the device that held the file.
  package var deviceMajor: UInt32 = 0
  /// The minor number of the device that held the file.
  package var deviceMinor: UInt32 = 0
  /// The major number of the device that the node stands for.
  package var rdevMajor: UInt32 = 0
  /// The minor number of the device that the node stands for.
  package var rdevMinor: UInt32 = 0
  /// Bytes of the name with its NUL.
  package var nameSize: UInt32 = 0
  /// The sum of the data's bytes in the crc variant; otherwise 0.
  package var check: UInt32 = 0
  /// Whether ``check`` counts (magic 070702).
  package var hasChecksum = false

  /// A header with every field 0 but the number of links.
  package init() {}
}

extension NewcHeader {
  /// What the entry is; `nil` for type bits that mean nothing.
  package var type: FileType? { FileType(mode: mode) }

  /// Whether the kernel looks at the name: what has data and is neither a file nor a symbolic link is passed over,
  /// and so is a link with a target of over 4,096 bytes.
  var isLookedAt: Bool {
    type == .regular || fileSize == 0 || type == .symlink && fileSize <= 4096
  }

  /// Reads a header from its 110 bytes, strictly: hexadecimal digits only, as Linux 7 does.
  ///
  /// - Throws: `malformed` with the offset inside the header.
  package init(parsing bytes: Span<UInt8>) throws(InitrdError) {
    var badField: Int?
    try self.init(parsing: bytes, firstBadField: &badField)
    if let badField {
      throw .broken(
        "damaged-header", "a header field that is not hexadecimal", at: UInt64(badField))
    }
  }

  /// Reads a header from its 110 bytes as Linux 6 does: a field ends at what is no hexadecimal digit.
  ///
  /// - Parameters:
  ///   - bytes: the header.
  ///   - firstBadField: where the first field with anything else starts; left alone if there is none.
  /// - Throws: `malformed` for another magic.
  init(parsing bytes: Span<UInt8>, firstBadField: inout Int?) throws(InitrdError) {
    precondition(bytes.count >= Self.length)
    guard bytes[0] == 0x30, bytes[1] == 0x37, bytes[2] == 0x30, bytes[3] == 0x37, bytes[4] == 0x30
    else { throw .broken("no-header", "no newc header where one must be", at: 0) }
    switch bytes[5] {
    case UInt8(ascii: "1"): hasChecksum = false
    case UInt8(ascii: "2"): hasChecksum = true
    case UInt8(ascii: "7"):
      throw .broken(
        "odc-archive", "an odc archive, which no kernel reads", at: 0,
        remedy: "make it with cpio -H newc")
    default: throw .broken("no-header", "no newc header where one must be", at: 0)
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
    // Linux 6 passes over a 0x.
    let hasPrefix = bytes[start] == 0x30 && bytes[start + 1] | 0x20 == UInt8(ascii: "x")
    var value: UInt32 = 0
    for index in (hasPrefix ? start + 2 : start)..<(start + 8) {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { break }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// The value of eight hexadecimal digits, all at once, one in each byte of a word; `nil` if there is anything else.
  private static func eightDigits(_ bytes: Span<UInt8>, _ start: Int) -> UInt32? {
    func everyByte(_ value: UInt64) -> UInt64 { value &* 0x0101_0101_0101_0101 }
    // Any eight bytes are an integer: the load is safe.
    let text = UInt64(
      bigEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self))
    let isLetter = text >> 6 & everyByte(1)
    var value = text & everyByte(0xF) &+ isLetter &* 9
    // Written again, in lower case, only digits are what they were.
    let isOver9 = (value &+ everyByte(0x76)) >> 7 & everyByte(1)
    guard value & everyByte(0xF0) == 0,
      value &+ everyByte(0x30) &+ isOver9 &* 0x27 == text | isLetter << 5
    else { return nil }
    value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
    value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: value | value >> 16)
  }

  /// Appends the header's 110 bytes, in upper case as GNU cpio and the kernel's tools write them.
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
