/// Makes trees of what ``ImageReader`` reports: one of the whole image, or one of each segment.
struct TreeBuilder {
  /// A file in one of the trees.
  struct File: Hashable {
    var tree: Int
    var node: Int
  }

  /// What an entry's data is for.
  struct Content {
    var file: File
    var size: UInt32
  }

  /// The trees by the numbers of their segments; 0 for the whole image.
  var trees: [Int: UnpackedTree] = [:]
  /// What the kernel drops.
  private(set) var dropped: [ExtractRemark] = []
  /// How many that are.
  private(set) var droppedCount = 0
  /// The file that the data to come is for.
  private(set) var file: File?
  private var lastDropped: UnpackedTree.Dropped?
  private let perSegment: Bool
  /// The number of the last entry.
  private(set) var number = -1
  private var link: (entry: NewcReader.Entry, tree: Int)?
  private var target: [UInt8] = []
  private var memory: HeldMemory
  private var steps = 0
  /// Nodes that the last entry made: the folders that a segment is without, too.
  private var made = 0
  private let maxSteps: Int

  /// - Parameters:
  ///   - limits: how much is held at most.
  ///   - perSegment: whether each segment gets a tree.
  ///   - maxSteps: names looked up for all entries, at which an image is given up: seconds of work.
  init(_ limits: ReadLimits, perSegment: Bool = false, maxSteps: Int = 1 << 27) {
    memory = HeldMemory(limits)
    (self.perSegment, self.maxSteps) = (perSegment, maxSteps)
    if !perSegment { trees[0] = UnpackedTree() }
  }

  /// Takes an entry.
  ///
  /// - Returns: whether its data is needed: that of a symbolic link is.
  /// - Throws: `limit` for too many of them.
  mutating func begin(
    _ entry: NewcReader.Entry, segment: Int
  ) throws(InitrdError) -> ImageReader.EntryStep {
    let tree = perSegment ? segment : 0
    number += 1
    let isLink = entry.header.type == .symlink && 1...4096 ~= entry.header.fileSize
    // A node, and its name and place in a folder.
    try memory.hold(320 + 2 * entry.name.count + (isLink ? Int(entry.header.fileSize) : 0))
    try memory.hold(320 * max(0, made - 1))
    made = 0
    guard steps < maxSteps else {
      throw InitrdError(
        .limit, "paths lead through links over \(maxSteps) names long: it ends here")
    }
    (file, target) = (nil, [])
    if isLink {
      link = (entry, tree)
      return .readData
    }
    add(entry, to: tree)
    return .skipData
  }

  /// Takes a piece of the data of a symbolic link.
  mutating func data(_ piece: Span<UInt8>) {
    guard let (entry, tree) = link else { return }
    for index in piece.indices { target.append(piece[index]) }
    if target.count == Int(entry.header.fileSize) {
      link = nil
      add(entry, to: tree)
    }
  }

  /// Why an entry was dropped since the last call.
  mutating func takeDropped() -> UnpackedTree.Dropped? {
    defer { lastDropped = nil }
    return lastDropped
  }

  /// Ends all trees.
  mutating func finish() { for tree in Array(trees.keys) { trees[tree]?.finish() } }

  /// Which entries' data is in the trees, by the entries' numbers.
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
  /// - Returns: why the kernel would stop before the image's end; `nil` if it wouldn't.
  mutating func build(_ builder: inout TreeBuilder) throws(InitrdError) -> InitrdError? {
    defer { builder.finish() }
    return try readAsFarAsPossible(
      selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
        try builder.begin(entry, segment: segment)
      }, data: { (piece: Span<UInt8>) throws(InitrdError) in builder.data(piece) })
  }
}
