/// The temporary directory in which an extraction creates files, before it moves them to their places.
///
/// It is in the destination, so on the same file system, and only its owner can enter it: nobody can replace a file
/// before it has its mode, owner and time. At the end it is removed with everything that is left in it.
struct Staging: ~Copyable {
  /// Its name in the destination.
  let name: [UInt8]
  private let destination: OpenFile
  private let folder: OpenFile
  private var stored: Set<TreeBuilder.File> = []
  private var ready: Set<TreeBuilder.File> = []
  private var current: TreeBuilder.File?
  private var open: OpenFile?
  private var owed: UInt64 = 0

  /// Creates the directory in `destination`.
  init(in destination: borrowing OpenFile) throws(InitrdError) {
    // Another extraction may use such a directory, or a killed one may have left it.
    var number = 0
    var name = Array(".mkinitrd-extract".utf8)
    while try !destination.makeFolder(name) {
      number += 1
      name = Array(".mkinitrd-extract-\(number)".utf8)
    }
    guard let folder = try destination.openFolder(name),
      let copy = try destination.openFolder([0x2E])
    else {
      throw InitrdError(
        .changed, "another program changes the directory at the same time",
        at: .init(file: destination.name))
    }
    self.name = name
    self.folder = folder
    self.destination = copy
  }

  // MARK: Data, while the image is read

  /// Starts a file's data, which has `size` bytes. Earlier data of the file is removed.
  mutating func begin(_ file: TreeBuilder.File, size: UInt32) throws(InitrdError) {
    try Signals.requireNone()
    let name = Self.name(of: file)
    if !stored.insert(file).inserted { try folder.removeFile(name) }
    open = try folder.createFile(name)
    (current, owed) = (file, UInt64(size))
  }

  /// Appends a piece to the current file's data.
  mutating func write(_ piece: Span<UInt8>) throws(InitrdError) {
    try Signals.requireNone()
    try open?.write(piece)
    owed -= min(owed, UInt64(piece.count))
    if owed == 0 { open = nil }
  }

  /// The number of bytes of the file's data that the image does not have.
  func missing(_ file: TreeBuilder.File) -> UInt64 { current == file ? owed : 0 }

  // MARK: Files, when the tree is known

  /// Moves a file, link or device to its place, after creating it if it has no data.
  ///
  /// - Returns: whether this is its first name.
  /// - Throws: `system`.
  mutating func place(
    _ file: TreeBuilder.File, _ node: UnpackedTree.Node, _ attributes: OpenFile.Attributes,
    in target: borrowing OpenFile, as newName: [UInt8]
  ) throws(InitrdError) -> Bool {
    let name = Self.name(of: file)
    let isFirst = !ready.contains(file)
    if isFirst {
      try make(file, name, node)
      try folder.setAttributes(attributes, of: name, isSymlink: node.type == .symlink)
    }
    guard node.names > 1 else {
      try folder.move(name, to: target, as: newName)
      return true
    }
    // A file with several names stays here until all of them are created.
    ready.insert(file)
    let link = Array("link".utf8)
    try folder.link(name, to: link)
    do throws(InitrdError) { try folder.move(link, to: target, as: newName) } catch {
      try folder.removeFile(link)
      throw error
    }
    return isFirst
  }

  private mutating func make(
    _ file: TreeBuilder.File, _ name: [UInt8], _ node: UnpackedTree.Node
  ) throws(InitrdError) {
    switch node.type {
    case .regular where node.content == nil:
      if stored.remove(file) != nil { try folder.removeFile(name) }
      _ = try folder.createFile(name)
    case .regular:
      // The kernel gives a file the size of its header before it writes the data.
      if missing(file) > 0 { try open?.extend(to: node.size) }
    case .symlink: try folder.makeSymlink(name, to: node.target)
    default:
      try folder.makeNode(
        name, type: node.type.rawValue, major: node.major, minor: node.minor)
    }
  }

  private static func name(of file: TreeBuilder.File) -> [UInt8] {
    Array("\(file.tree)-\(file.node)".utf8)
  }

  deinit {
    for name in (try? folder.directoryEntries()) ?? [] { try? folder.removeFile(name) }
    try? destination.removeFolder(name)
  }
}

extension ImageReader {
  /// Reads the whole image into `builder`, and the data of its files into `staging`.
  ///
  /// - Returns: why the image could not be read to its end; `nil` if it could.
  mutating func build(
    _ builder: inout TreeBuilder, storing staging: inout Staging
  ) throws(InitrdError) -> InitrdError? {
    defer { builder.finish() }
    return try readAsFarAsPossible(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        let step = try builder.begin(entry, segment: segment)
        guard let file = builder.file else { return step }
        try staging.begin(file, size: entry.header.fileSize)
        return .readData
      },
      data: { (piece: Span<UInt8>) throws(InitrdError) in
        if builder.file == nil { builder.data(piece) } else { try staging.write(piece) }
      })
  }

  /// Reads the image again for the data of some entries.
  ///
  /// - Parameters:
  ///   - contents: the files for the data, by the numbers of the entries.
  ///   - staging: gets the data.
  /// - Throws: `changed` for an image that changed since it was first read, and `system`.
  mutating func store(
    _ contents: [Int: TreeBuilder.Content], to staging: inout Staging
  ) throws(InitrdError) {
    var number = -1
    // The caller knows from the first reading why the image is incomplete.
    _ = try readAsFarAsPossible(
      selecting: { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        number += 1
        guard let content = contents[number] else { return .skipData }
        guard content.size == entry.header.fileSize else {
          throw InitrdError(.changed, "the image changed while it was read")
        }
        try staging.begin(content.file, size: content.size)
        return .readData
      }, data: { (piece: Span<UInt8>) throws(InitrdError) in try staging.write(piece) })
  }
}
