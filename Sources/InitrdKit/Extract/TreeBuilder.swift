/// Builds trees from the entries that ``ImageReader`` reports: one of the whole image, or one of each segment.
struct TreeBuilder {
  /// A file in one of the trees.
  struct File: Hashable {
    var tree: Int
    var node: Int
  }

  /// The file to which an entry's data belongs.
  struct Content {
    var file: File
    var size: UInt32
  }

  /// The trees by the numbers of their segments; 0 for the whole image.
  var trees: [Int: UnpackedTree] = [:]
  /// The entries that the kernel drops, at most ``ExtractRemark/kept`` of them.
  private(set) var dropped: [ExtractRemark] = []
  /// The number of dropped entries.
  private(set) var droppedCount = 0
  /// The file to which the next data belongs.
  private(set) var file: File?
  private var lastDropped: UnpackedTree.Dropped?
  private let perSegment: Bool
  /// The number of the last entry.
  private(set) var number = -1
  private var link: (entry: NewcReader.Entry, tree: Int)?
  private var target: [UInt8] = []
  private var memory: HeldMemory
  private var steps = 0
  /// The number of nodes that the last entry created, with missing directories of a single segment.
  private var made = 0
  private let maxSteps: Int

  /// - Parameters:
  ///   - limits: the limit for memory.
  ///   - perSegment: whether each segment gets a tree.
  ///   - maxSteps: the limit for the names that are looked up for all entries; the default takes seconds.
  init(_ limits: ReadLimits, perSegment: Bool = false, maxSteps: Int = 1 << 27) {
    memory = HeldMemory(limits)
    (self.perSegment, self.maxSteps) = (perSegment, maxSteps)
    if !perSegment { trees[0] = UnpackedTree() }
  }

  /// Adds an entry.
  ///
  /// - Returns: whether the builder needs its data: the target of a symbolic link.
  /// - Throws: `limit` for too many entries.
  mutating func begin(
    _ entry: NewcReader.Entry, segment: Int
  ) throws(InitrdError) -> ImageReader.EntryStep {
    let tree = perSegment ? segment : 0
    number += 1
    let isLink = entry.header.type == .symlink && 1...4096 ~= entry.header.fileSize
    // A node, its name, and its place in a directory.
    try memory.hold(320 + 2 * entry.name.count + (isLink ? Int(entry.header.fileSize) : 0))
    try memory.hold(320 * max(0, made - 1))
    made = 0
    guard steps < maxSteps else {
      throw InitrdError(
        .limit, "the paths, with links, have more than \(maxSteps) names: reading stops here")
    }
    (file, target) = (nil, [])
    if isLink {
      link = (entry, tree)
      return .readData
    }
    add(entry, to: tree)
    return .skipData
  }

  /// Adds a piece of the target of a symbolic link.
  mutating func data(_ piece: Span<UInt8>) {
    guard let (entry, tree) = link else { return }
    for index in piece.indices { target.append(piece[index]) }
    if target.count == Int(entry.header.fileSize) {
      link = nil
      add(entry, to: tree)
    }
  }

  /// Why the last dropped entry since the previous call was dropped; `nil`: none was.
  mutating func takeDropped() -> UnpackedTree.Dropped? {
    defer { lastDropped = nil }
    return lastDropped
  }

  /// Completes all trees.
  mutating func finish() { for tree in Array(trees.keys) { trees[tree]?.finish() } }

  /// The files in the trees that have data, by the numbers of the entries with the data.
  var contents: [Int: Content] {
    var contents: [Int: Content] = [:]
    for (number, tree) in trees {
      var folders = [0]
      while let folder = folders.popLast() {
        for child in tree.nodes[folder].children.values {
          let node = tree.nodes[child]
          if node.type == .directory { folders.append(child) }
          guard let content = node.content else { continue }
          contents[content] = Content(file: File(tree: number, node: child), size: node.size)
        }
      }
    }
    return contents
  }

  private mutating func add(_ entry: NewcReader.Entry, to tree: Int) {
    let (stepsBefore, nodesBefore) = (trees[tree]?.steps ?? 0, trees[tree]?.nodes.count ?? 0)
    defer {
      steps += (trees[tree]?.steps ?? 0) - stepsBefore
      made = (trees[tree]?.nodes.count ?? 0) - nodesBefore
    }
    do {
      let node = try trees[tree, default: UnpackedTree(makingFolders: true)]
        .add(entry, number: number, target: target)
      file = node.map { File(tree: tree, node: $0) }
    } catch {
      droppedCount += 1
      lastDropped = error
      if dropped.count < ExtractRemark.kept {
        dropped.append(ExtractRemark(.dropped, entry.name, error.rawValue))
      }
    }
  }
}

extension ImageReader {
  /// Reads the whole image into `builder`.
  ///
  /// - Returns: why the image could not be read to its end; `nil` if it could.
  mutating func build(_ builder: inout TreeBuilder) throws(InitrdError) -> InitrdError? {
    defer { builder.finish() }
    return try readAsFarAsPossible(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try builder.begin(entry, segment: segment)
      }, data: { (piece: Span<UInt8>) throws(InitrdError) in builder.data(piece) })
  }
}
