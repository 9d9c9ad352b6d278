extension PlannedEntry {
  /// The type of the entry in the archive.
  public var fileType: FileType {
    switch content {
    case .directory: .directory
    case .symlink: .symlink
    case .bytes, .file, .decompressed: .regular
    case .node(let kind, _, _): kind.fileType
    }
  }
}

extension Manifest.Node.Kind {
  /// The type of an entry of this kind.
  public var fileType: FileType {
    switch self {
    case .char: .characterDevice
    case .block: .blockDevice
    case .fifo: .fifo
    case .socket: .socket
    }
  }
}
