/// A tree of files that becomes a part of an image: a directory, or one of a stack of layers.
///
/// A source knows one form of trees, but not images. ``TreeEntries`` knows images, but no form of trees.
protocol TreeSource {
  /// The name of the tree in messages.
  var name: String { get }

  /// Passes the entries that `filter` includes to `visit`: parents before children, in an order that depends on the tree
  /// only. A later entry with the same path replaces an earlier one.
  ///
  /// - Throws: `system` when the tree can't be read, and what `visit` throws.
  func read(
    _ filter: inout TreeFilter, to visit: (TreeEntry) throws(InitrdError) -> Void
  ) throws(InitrdError)
}

/// An entry of a tree: a file, directory, symbolic link, device, fifo or socket.
struct TreeEntry: Sendable {
  /// The content of a regular file.
  enum Content: Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// A file that is read while the image is written. Its device and inode identify it: entries with the same ones are
    /// hard links.
    case file(PlannedFile)
  }

  /// The path below the root of the tree, without a slash at its start or end; that of the root is empty.
  var path: [UInt8]
  /// The type.
  var type: FileType
  /// The permissions, 0 to 0o7777.
  var mode: UInt16
  /// The owner.
  var uid: UInt32
  /// The group.
  var gid: UInt32
  /// The target of a symbolic link.
  var target: [UInt8] = []
  /// The major number of a device.
  var major: UInt32 = 0
  /// The minor number of a device.
  var minor: UInt32 = 0
  /// The content of a regular file; `nil` for other types.
  var content: Content?
  /// What is known about a program, library or script; `nil` for other files.
  var summary: FileSummary?
  /// The names of its extended attributes, sorted; `nil`: unknown.
  var attributes: [[UInt8]]? = []
  /// The file or directory of this machine on which the entry depends; `nil`: none, or one whose name is not UTF-8.
  var input: String?
}

extension FileSummary {
  /// Whether a file with this name and these permissions may be a program, a library or a script. Libraries need no
  /// permission to be executed.
  static func mayDescribe(_ name: some Collection<UInt8>, mode: UInt16) -> Bool {
    mode & 0o111 != 0 || name.starts(with: "lib".utf8) || name.starts(with: "ld".utf8)
  }
}
