/// A file, directory, link or node of a layer.
struct LayerEntry: Sendable {
  var type: FileType
  /// Permission bits, 0 to 0o7777.
  var mode: UInt16
  var uid: UInt32
  var gid: UInt32
  /// Bytes of a regular file.
  var size: UInt64
  /// The target of a symbolic link.
  var target: [UInt8]
  var major: UInt32
  var minor: UInt32
  /// Equal for all names of one file of the layer.
  var identity: Identity
  /// The place of the content of a regular file in an archive; `nil` for everything else.
  var slice: Spool.Slice?
  /// The names of the extended attributes of an entry of an archive.
  var attributes: [[UInt8]] = []

  /// The identity of a file within its layer.
  struct Identity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    /// When its data or attributes changed last (st_ctim), in nanoseconds since 1970; 0 in an archive.
    var changed: Int64
  }
}

/// A source of content: a directory or an archive. No method follows a symbolic link.
protocol Layer: Sendable {
  /// The layer as the user named it.
  var name: String { get }

  /// What has this path, which has no empty name and no `.` or `..`; `nil` for nothing.
  func entry(at path: [UInt8]) throws(InitrdError) -> LayerEntry?

  /// The names in the directory at this path, sorted by bytes; `nil` when it has no such directory.
  func names(in path: [UInt8]) throws(InitrdError) -> [[UInt8]]?

  /// Opens the regular file at this path.
  func open(_ path: [UInt8]) throws(InitrdError) -> OpenFile?
}
