/// A newc archive that a test makes byte by byte, including contents that no tool would write.
public struct RawArchive: Sendable {
  /// The type bits of a mode.
  public enum Kind: UInt32, Sendable {
    /// A type that no kernel knows.
    case unknown = 0o030000
    /// A named pipe.
    case fifo = 0o010000
    /// A character device.
    case characterDevice = 0o020000
    /// A directory.
    case directory = 0o040000
    /// A regular file.
    case regular = 0o100000
    /// A symbolic link, whose data is its target.
    case symlink = 0o120000
    /// A socket.
    case socket = 0o140000
  }

  /// The archive so far.
  public private(set) var bytes: [UInt8] = []

  /// Creates an empty archive.
  public init() {}

  /// Adds an entry.
  ///
  /// - Parameters:
  ///   - name: its name; a NUL is added.
  ///   - kind: its type.
  ///   - data: its data.
  ///   - mode: its permissions.
  ///   - links: the number of names in its header.
  ///   - inode: the inode number, which identifies hard links.
  ///   - owner: its user and group.
  ///   - time: its time in seconds since 1970.
  ///   - claiming: a false data size for the header; `nil`: the real size.
  public mutating func add(
    _ name: some RawBytes, _ kind: Kind, _ data: some RawBytes = "", mode: UInt32 = 0o644,
    links: UInt32 = 1, inode: UInt32 = 0, owner: UInt32 = 0, time: UInt32 = 1,
    claiming: UInt32? = nil
  ) {
    let (name, data) = (name.rawBytes + [0], data.rawBytes)
    let size = claiming ?? UInt32(data.count)
    bytes += Array("070701".utf8)
    for field in [
      inode, kind.rawValue | mode, owner, owner, links, time, size, 0, 0, 1, 3, UInt32(name.count),
      0,
    ] {
      let digits = Array(String(field, radix: 16).utf8)
      bytes += repeatElement(UInt8(ascii: "0"), count: 8 - digits.count) + digits
    }
    for part in [name, data] {
      bytes += part
      while bytes.count % 4 != 0 { bytes.append(0) }
    }
  }

  /// Adds a regular file.
  public mutating func add(
    _ name: some RawBytes, _ data: some RawBytes = "", mode: UInt32 = 0o644, links: UInt32 = 1,
    inode: UInt32 = 0, owner: UInt32 = 0, time: UInt32 = 1, claiming: UInt32? = nil
  ) {
    add(
      name, .regular, data, mode: mode, links: links, inode: inode, owner: owner, time: time,
      claiming: claiming)
  }

  /// Ends the archive; another one may follow.
  public mutating func end() { add("TRAILER!!!", mode: 0) }
}

/// A name or data of an entry.
public protocol RawBytes {
  /// The bytes.
  var rawBytes: [UInt8] { get }
}

extension String: RawBytes {
  /// The text as UTF-8.
  public var rawBytes: [UInt8] { Array(utf8) }
}

extension [UInt8]: RawBytes {
  /// The bytes, unchanged.
  public var rawBytes: [UInt8] { self }
}
