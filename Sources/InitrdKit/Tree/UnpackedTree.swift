/// The tree that a kernel has after it has unpacked an image. It is made in memory, entry by entry.
///
/// The rules are those of the kernel's init/initramfs.c. Paths are resolved here, with the symbolic links of the image,
/// so that no path of an image is ever resolved by a real file system.
struct UnpackedTree: Sendable {
  /// A file, directory, symbolic link, device, fifo or socket. Hard links share one node.
  struct Node: Sendable {
    var type: FileType
    /// Permission bits, 0 to 0o7777.
    var mode: UInt16
    var user: UInt32 = 0
    var group: UInt32 = 0
    /// The time of the last change, in seconds since 1970; `nil`: the time at which the kernel creates the node.
    var modified: UInt32?
    /// Whether an entry has set its attributes.
    var isGiven = false
    var major: UInt32 = 0
    var minor: UInt32 = 0
    /// The number of its names.
    var names = 1
    /// The nodes in a directory, by name.
    var children: [[UInt8]: Int] = [:]
    /// The parent of a directory; that of the root is the root.
    var parent = 0
    /// The target of a symbolic link.
    var target: [UInt8] = []
    /// The number of the entry with the data of a file; `nil` for an empty file.
    var content: Int?
    /// The size of a file, in bytes.
    var size: UInt32 = 0
  }

  /// The reason for which the kernel drops an entry. The kernel prints no message about it.
  enum Dropped: String, Error {
    case noName = "its name is empty"
    case noFolder = "its directory does not exist"
    case notAFolder = "a part of its path is not a directory"
    case links = "its path has more than 40 symbolic links"
    case longName = "its path has a name of more than 255 bytes"
    case folderName = "its name ends with a slash, but it is not a directory"
    case occupied = "it can't replace the existing file or directory"
    case linkGone = "the file for its hard link does not exist"
    case type = "the kernel does not know its type"
    case data = "it has data, but is neither a file nor a symbolic link"
    case longTarget = "its target has more than 4095 bytes"
  }

  /// The header fields by which hard links are recognized.
  struct LinkKey: Hashable {
    var major: UInt32
    var minor: UInt32
    var inode: UInt32
    var type: UInt32
  }

  /// All nodes, including replaced ones; the root is the first.
  var nodes: [Node]
  private let makesFolders: Bool
  var linkable: [LinkKey: [UInt8]] = [:]
  private var folderTimes: [(path: [UInt8], time: UInt32)] = []
  private var trailers = 0
  /// The length of the longest target of a symbolic link that the kernel accepts, in bytes. Linux 7 needs a NUL in a
  /// page of 4,096 bytes; Linux 6.1 accepts a target of 4,096 bytes, and cuts off the last byte.
  var maxTarget = 4095
  /// The number of names that were looked up for the entries. A short path can have 40 links with long targets.
  var steps = 0

  /// A tree with only the kernel's own directories (usr/default_cpio_list): `/dev` and `/root`.
  ///
  /// - Parameter makesFolders: starts empty, and creates missing parent directories: for a segment that is appended to
  ///   an image.
  init(makingFolders makesFolders: Bool = false) {
    self.makesFolders = makesFolders
    nodes = [Node(type: .directory, mode: 0o755)]
    if !makesFolders {
      add(Node(type: .directory, mode: 0o755), Array("dev".utf8), in: 0)
      add(Node(type: .directory, mode: 0o700), Array("root".utf8), in: 0)
    }
  }

  /// Adds an entry.
  ///
  /// - Parameters:
  ///   - entry: the entry, with its complete name.
  ///   - number: the number of the entry, which becomes the ``Node/content`` of a file with its data.
  ///   - target: the data of a symbolic link.
  /// - Returns: the node that gets the data of the entry; `nil` if none does.
  /// - Throws: the reason for which the kernel drops the entry.
  @discardableResult
  mutating func add(
    _ entry: NewcReader.Entry, number: Int, target: [UInt8] = []
  ) throws(Dropped) -> Int? {
    if trailers != entry.trailers { linkable = [:] }
    trailers = entry.trailers
    let (header, path) = (entry.header, entry.name)
    guard header.type == .regular || header.type == .symlink || header.fileSize == 0 else {
      throw .data
    }
    guard header.type != .symlink || header.fileSize <= 4096 else { throw .longTarget }
    if makesFolders { makeFolders(above: path) }
    switch header.type {
    case .regular: return try addFile(path, header, number)
    case .directory: try addFolder(path, header)
    case .symlink: try addSymlink(path, header, target.prefix { $0 != 0 })
    case nil:
      clear(path, unless: header.mode)
      throw .type
    default: try addNode(path, header)
    }
    return nil
  }

  private mutating func addFile(
    _ path: [UInt8], _ header: NewcHeader, _ number: Int
  ) throws(Dropped) -> Int? {
    clear(path, unless: header.mode)
    let isLink = try link(path, header)
    guard path.last != UInt8(ascii: "/") else { throw .folderName }
    // If a hard link's first name is now a symbolic link, it is followed: the kernel opens the name.
    let place = try reach(path, followingLast: true)
    let file = place.node ?? make(.regular, at: place)
    guard nodes[file].type == .regular else { throw .occupied }
    setAttributes(file, header)
    // A further name without data keeps the data; any other entry replaces it.
    if header.fileSize > 0 || !isLink {
      nodes[file].content = header.fileSize > 0 ? number : nil
      nodes[file].size = header.fileSize
    }
    return header.fileSize > 0 ? file : nil
  }

  private mutating func addFolder(_ path: [UInt8], _ header: NewcHeader) throws(Dropped) {
    folderTimes.append((path, header.mtime))
    clear(path, unless: header.mode)
    let place = try reach(path, followingLast: false)
    let folder = try place.node == nil ? make(.directory, at: place) : existing(path)
    setMode(folder, header)
    setOwner(folder, header)
  }

  private mutating func addSymlink(
    _ path: [UInt8], _ header: NewcHeader, _ target: ArraySlice<UInt8>
  ) throws(Dropped) {
    clear(path)
    if let node = found(path) {
      setOwner(node, header)
      nodes[node].modified = header.mtime
      throw .occupied
    }
    guard target.count <= maxTarget else { throw .longTarget }
    guard path.last != UInt8(ascii: "/") else { throw .folderName }
    let link = make(.symlink, at: try reach(path, followingLast: false))
    // The kernel keeps a target in a page of 4,096 bytes, the last of which is a NUL.
    nodes[link].target = Array(target.prefix(4095))
    setOwner(link, header)
    nodes[link].modified = header.mtime
  }

  private mutating func addNode(_ path: [UInt8], _ header: NewcHeader) throws(Dropped) {
    clear(path, unless: header.mode)
    if try link(path, header) { return }
    let place = try reach(path, followingLast: false)
    if place.node != nil {
      // An existing node of the same type stays, with the new attributes. A directory that could not be removed gets
      // these attributes, too.
      let node = try existing(path)
      setAttributes(node, header)
      guard nodes[node].type == header.type else { throw .occupied }
    } else if let type = header.type {
      guard path.last != UInt8(ascii: "/") else { throw .folderName }
      let node = make(type, at: place)
      // The kernel has 12 bits for the major and 20 for the minor number; larger numbers overflow (MKDEV).
      let device = header.rdevMajor << 20 | header.rdevMinor
      (nodes[node].major, nodes[node].minor) = (device >> 20, device & 0xFFFFF)
      setAttributes(node, header)
    }
  }

  /// Sets the times of directories, after all entries were added. The kernel uses the names of all directory entries,
  /// including dropped ones, in reverse order: the node that now has the name gets the time of the first such entry.
  mutating func finish() {
    for (path, time) in folderTimes.reversed() {
      if let node = found(path) { nodes[node].modified = time }
    }
    folderTimes = []
  }

  private mutating func setAttributes(_ node: Int, _ header: NewcHeader) {
    setMode(node, header)
    setOwner(node, header)
    nodes[node].modified = header.mtime
  }

  private mutating func setMode(_ node: Int, _ header: NewcHeader) {
    nodes[node].mode = UInt16(truncatingIfNeeded: header.mode & 0o7777)
    nodes[node].isGiven = true
  }

  private mutating func setOwner(_ node: Int, _ header: NewcHeader) {
    // The highest number keeps the owner.
    if header.uid != .max { nodes[node].user = header.uid }
    if header.gid != .max { nodes[node].group = header.gid }
  }
}
