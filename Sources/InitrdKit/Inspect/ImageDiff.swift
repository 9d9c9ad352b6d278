import Crypto

/// The differences between two images, after the kernel has unpacked each.
public struct ImageDiff: Sendable {
  /// A property in which an entry of both images can differ.
  public enum Aspect: String, CaseIterable, Sendable {
    /// The type, for example a file in one image and a directory in the other.
    case type
    /// The data, or a link's target.
    case content
    /// The number of bytes.
    case size
    /// The permissions.
    case mode
    /// The owner or the group.
    case owner
    /// A device's numbers.
    case device
    /// The time of modification.
    case time
    /// The number of the file's hard links.
    case links
  }

  /// One side of a difference.
  public struct Side: Equatable, Sendable {
    /// The type.
    public var type: FileType
    /// The permission bits, 0 to 0o7777.
    public var mode: UInt16
    /// The owner.
    public var uid: UInt32
    /// The group.
    public var gid: UInt32
    /// The size of a file, or of a link's target, in bytes.
    public var size: UInt64
    /// A device's major number; 0 for everything else.
    public var major: UInt32
    /// A device's minor number; 0 for everything else.
    public var minor: UInt32
    /// The time of modification, in seconds since 1970; `nil` for the time of the boot.
    public var modified: UInt32?
    /// The number of hard links; 1 for a directory.
    public var links: Int
    /// A symbolic link's target; empty for everything else.
    public var target: [UInt8]
    /// The SHA-256 of a regular file's data.
    public var digest: SHA256Sum?
  }

  /// An entry that only one image has, or that differs.
  public struct Difference: Sendable {
    /// The path.
    public var path: [UInt8]
    /// The entry in the first image; `nil` where it has none.
    public var before: Side?
    /// The entry in the second image; `nil` where it has none.
    public var after: Side?

    /// The properties that differ; empty if only one image has the entry.
    public var aspects: [Aspect] {
      guard let before, let after else { return [] }
      return Aspect.allCases.filter {
        switch $0 {
        case .type: before.type != after.type
        case .content: (before.target, before.digest) != (after.target, after.digest)
        case .size: before.size != after.size
        case .mode: before.mode != after.mode
        case .owner: (before.uid, before.gid) != (after.uid, after.gid)
        case .device: (before.major, before.minor) != (after.major, after.minor)
        case .time: before.modified != after.modified
        case .links: before.links != after.links
        }
      }
    }
  }

  /// One of the two images.
  public struct Total: Sendable {
    /// The image's path.
    public var path: String
    /// The size of the image in bytes.
    public var size: UInt64
    /// The number of entries in the unpacked tree.
    public var entries: Int
    /// The bytes of all files in the unpacked tree.
    public var bytes: UInt64
    /// The segments.
    public var segments: [ImageSegment]
  }

  /// The first image and the second one.
  public let totals: [Total]
  /// The entries that differ, sorted by the bytes of their paths.
  public let differences: [Difference]
  /// The first path that has another position among the entries of both images; `nil` when the order is the same.
  public let reordered: [UInt8]?

  /// Whether the segments differ in number, codec, entries or bytes.
  public var segmentsDiffer: Bool {
    let shapes = totals.map { total in
      total.segments.map {
        [$0.compression.rawValue, "\($0.size)", "\($0.uncompressedSize)", "\($0.entries)"]
      }
    }
    return shapes[0] != shapes[1]
  }

  /// Whether nothing differs.
  public var isEmpty: Bool { differences.isEmpty && reordered == nil && !segmentsDiffer }

  /// Compares two images.
  ///
  /// - Parameters:
  ///   - before: the first image.
  ///   - after: the second image.
  ///   - limits: the limits for reading and memory.
  /// - Throws: an ``InitrdError`` when one of them can't be read to its end.
  package init(
    _ before: ImageFile, _ after: ImageFile, limits: ReadLimits = .init()
  ) throws(InitrdError) {
    var memory = HeldMemory(limits)
    let first = try Unpacked(before, limits, &memory)
    let second = try Unpacked(after, limits, &memory)
    var differences: [Difference] = []
    for path in Set(first.sides.keys).union(second.sides.keys) {
      let difference = Difference(
        path: path, before: first.sides[path], after: second.sides[path])
      if difference.before != difference.after { differences.append(difference) }
    }
    self.differences = differences.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    reordered =
      zip(
        first.order.lazy.filter { second.sides[$0] != nil },
        second.order.lazy.filter { first.sides[$0] != nil }
      ).first { $0 != $1 }?.1
    totals = [first.total, second.total]
  }

  /// Compares the images at two paths.
  package init(
    _ before: String, _ after: String, limits: ReadLimits = .init()
  ) throws(InitrdError) {
    try self.init(ImageFile(before), ImageFile(after), limits: limits)
  }

  /// The entries of an image's unpacked tree, by their paths.
  private struct Unpacked {
    var sides: [[UInt8]: Side] = [:]
    /// The paths in the order of the image's entries, each once.
    var order: [[UInt8]] = []
    var total: Total

    init(
      _ image: ImageFile, _ limits: ReadLimits, _ memory: inout HeldMemory
    ) throws(InitrdError) {
      var reader = try ImageReader(image, limits)
      var builder = TreeBuilder(limits)
      var digests: [SHA256Sum?] = []
      var names: [[UInt8]] = []
      var hash: SHA256?
      try reader.read(
        selecting: { (entry: NewcReader.Entry, segment: Int) throws(InitrdError) in
          if let ended = hash { digests[digests.count - 1] = SHA256Sum(ended) }
          hash = nil
          // The estimate for the tree, and for several copies of each path.
          try memory.hold(768 + 4 * entry.name.count)
          digests.append(nil)
          names.append(entry.name)
          let step = try builder.begin(entry, segment: segment)
          guard entry.header.type == .regular else { return step }
          hash = SHA256()
          return .readData
        },
        data: { (piece: Span<UInt8>) throws(InitrdError) in
          if hash != nil {
            piece.withUnsafeBytes { hash?.update(bufferPointer: $0) }
          } else {
            builder.data(piece)
          }
        })
      if let ended = hash { digests[digests.count - 1] = SHA256Sum(ended) }
      builder.finish()
      total = Total(
        path: image.name, size: reader.size, entries: 0, bytes: 0, segments: reader.segments)
      try flatten(builder.trees[0] ?? UnpackedTree(), digests)
      var seen: Set<[UInt8]> = []
      order = names.map(plainPath).filter { sides[$0] != nil && seen.insert($0).inserted }
    }

    private mutating func flatten(
      _ tree: UnpackedTree, _ digests: [SHA256Sum?]
    ) throws(InitrdError) {
      var rest = [(path: [UInt8](), node: 0)]
      while let (path, number) = rest.popLast() {
        // Through links, an image can nest directories deeper than any path reaches.
        guard path.count < 4096 else {
          throw InitrdError(
            .limit, "a path of more than 4095 bytes: it begins with \(printable(path.prefix(64)))",
            at: .init(file: total.path))
        }
        let node = tree.nodes[number]
        // The kernel's own directories are in every unpacked image.
        if node.isGiven || node.type != .directory {
          sides[path] = Side(node, digest: node.content.flatMap { digests[$0] })
          total.entries += 1
          total.bytes += UInt64(node.size)
        }
        for (name, child) in node.children {
          rest.append((path.isEmpty ? name : path + [UInt8(ascii: "/")] + name, child))
        }
      }
    }
  }
}

extension ImageDiff.Side {
  fileprivate init(_ node: UnpackedTree.Node, digest: SHA256Sum?) {
    self.init(
      type: node.type, mode: node.mode, uid: node.user, gid: node.group,
      size: node.type == .symlink ? UInt64(node.target.count) : UInt64(node.size),
      major: node.major, minor: node.minor, modified: node.modified,
      links: node.type == .directory ? 1 : node.names, target: node.target,
      digest: digest)
  }
}
