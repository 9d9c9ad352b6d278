/// The type of a file or entry: the type bits of its mode, as in stat(2).
public enum FileType: UInt32, Sendable {
  /// A named pipe.
  case fifo = 0o010000
  /// A character device.
  case characterDevice = 0o020000
  /// A directory.
  case directory = 0o040000
  /// A block device.
  case blockDevice = 0o060000
  /// A regular file.
  case regular = 0o100000
  /// A symbolic link.
  case symlink = 0o120000
  /// A socket.
  case socket = 0o140000

  /// The type bits of a mode.
  package static let mask: UInt32 = 0o170000

  /// The type in a mode; `nil` for unknown type bits.
  public init?(mode: UInt32) { self.init(rawValue: mode & Self.mask) }

  /// The word for the type in manifests and JSON.
  public var name: String {
    switch self {
    case .fifo: "fifo"
    case .characterDevice: "char"
    case .directory: "directory"
    case .blockDevice: "block"
    case .regular: "file"
    case .symlink: "symlink"
    case .socket: "socket"
    }
  }
}
