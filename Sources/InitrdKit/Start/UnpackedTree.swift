/// The tree that a kernel has once it has unpacked an image, entry by entry, without any file system.
///
/// The rules are those of the kernel's init/initramfs.c. Paths are walked here, through the image's own links, so
/// that nothing of an image ever has to be walked on a real file system.
struct UnpackedTree: Sendable {
  /// A file, folder, link or node; hard links share one.
  struct Node: Sendable {
    var type: FileType
    /// Permission bits, 0 to 0o7777.
    var mode: UInt16
    var user: UInt32 = 0
    var group: UInt32 = 0
    /// Seconds since 1970; `nil` for what has the time at which it is made.
    var modified: UInt32?
    /// Whether an entry says something of it.
    var isGiven = false
    var major: UInt32 = 0
    var minor: UInt32 = 0
    /// How many names it has.
    var names = 1
    /// What is in a folder.
    var children: [[UInt8]: Int] = [:]
    /// The folder that a folder is in; the root's own is the root.
    var parent = 0
    /// Where a symbolic link leads.
    var target: [UInt8] = []
    /// The number of the entry whose data a file has; `nil` for an empty one.
    var content: Int?
    /// Bytes of a file.
    var size: UInt32 = 0
  }

  /// Why the kernel has nothing to show for an entry; it says nothing about that.
  enum Dropped: String, Error {
    case noName = "it has no name"
    case noFolder = "the folder for it is not there"
    case notAFolder = "what should be a folder on its way is none"
    case links = "over 40 symbolic links on its way"
    case longName = "a name of over 255 bytes"
    case folderName = "a slash after the name of what is no folder"
    case occupied = "something that can't be replaced has its name"
    case linkGone = "the file that it should be a hard link to is not there"
    case type = "no type that the kernel knows"
    case data = "data, and neither a file nor a symbolic link"
    case longTarget = "a target of over 4095 bytes"
  }

  /// Hard links are told by these.
  struct LinkKey: Hashable {
    var major: UInt32
    var minor: UInt32
    var inode: UInt32
    var type: UInt32
  }

  /// All nodes, with those that were replaced; the root is the first.
  var nodes: [Node]
  private let makesFolders: Bool
  var linkable: [LinkKey: [UInt8]] = [:]
  private var folderTimes: [(path: [UInt8], time: UInt32)] = []
  private var trailers = 0
  /// Bytes of the longest target of a symbolic link that the kernel takes. Linux 7 needs a NUL in a page of 4,096
  /// bytes; Linux 6.1 takes a target of that many bytes, and cuts the last one off.
  var maxTarget = 4095
  /// How many names were looked up for the entries: one that is short may lead through 40 links that are long.
  var steps = 0

  /// A tree with nothing in it but what the kernel brings itself (usr/default_cpio_list): `/dev` and `/root`.
  ///
  /// - Parameter makesFolders: begins with nothing, and makes the folders that entries are without: for a segment
  ///   that builds on another.
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
  ///   - entry: the entry, with the whole of its name.
  ///   - number: what a file that has its data from this entry will say.
  ///   - target: a symbolic link's data.
  /// - Returns: the file that the entry's data is for.
  /// - Throws: why the kernel drops the entry.
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
    // A link to what became a symbolic link is followed: the kernel opens the name.
    let place = try reach(path, followingLast: true)
    let file = place.node ?? make(.regular, at: place)
    guard nodes[file].type == .regular else { throw .occupied }
    setAttributes(file, header)
    // A further name without data leaves the data alone; any other entry replaces all of it.
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
    // Of a page, in which a target is kept, the last byte is a NUL.
    nodes[link].target = Array(target.prefix(4095))
    setOwner(link, header)
    nodes[link].modified = header.mtime
  }

  private mutating func addNode(_ path: [UInt8], _ header: NewcHeader) throws(Dropped) {
    clear(path, unless: header.mode)
    if try link(path, header) { return }
    let place = try reach(path, followingLast: false)
    if place.node != nil {
      // One of the same type stays as it is, but for its attributes; and a folder that could not be cleared away has
      // them from now on, too.
      let node = try existing(path)
      setAttributes(node, header)
      guard nodes[node].type == header.type else { throw .occupied }
    } else if let type = header.type {
      guard path.last != UInt8(ascii: "/") else { throw .folderName }
      let node = make(type, at: place)
      // Both stand in 32 bits, 12 and 20: larger numbers run over (MKDEV).
      let device = header.rdevMajor << 20 | header.rdevMinor
      (nodes[node].major, nodes[node].minor) = (device >> 20, device & 0xFFFFF)
      setAttributes(node, header)
    }
  }

  /// Gives folders their times, once nothing is put into them any more. The kernel goes by the names of all entries of
  /// folders, dropped ones too, and backwards: what has such a name now gets the time that the first of them says.
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
    // The highest number leaves the owner as it is.
    if header.uid != .max { nodes[node].user = header.uid }
    if header.gid != .max { nodes[node].group = header.gid }
  }
}
