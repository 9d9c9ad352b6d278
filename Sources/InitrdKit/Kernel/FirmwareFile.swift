/// A firmware file of the sysroot, with the links on the way to it, as an image has them below `lib/firmware`.
///
/// Links inside of `lib/firmware` stay what they are, so that the kernel finds the file by the same path. A link with an
/// absolute target gets a relative one. A link that leads out of `lib/firmware` is replaced by what it leads to: its
/// target has no place in the image.
struct FirmwareFile: Equatable, Sendable {
  /// A symbolic link.
  struct Link: Hashable, Sendable {
    /// Its path below `lib/firmware`.
    var path: [UInt8]
    /// Its target.
    var target: [UInt8]
  }

  /// The path below `lib/firmware` that was looked up.
  let name: [UInt8]
  /// The path of the file itself below `lib/firmware`.
  private(set) var path: [UInt8]
  /// The file's path in the sysroot; no part of it is a link.
  private(set) var source: String
  /// The links on the way, in the order in which they are followed.
  private(set) var links: [Link] = []

  private static let slash = UInt8(ascii: "/")
  private static let parent: [UInt8] = [0x2E, 0x2E]

  /// Follows `name`, a path below `lib/firmware`; `nil` when there is no regular file.
  ///
  /// - Throws: `bad-input` for more than 40 links, as the kernel's ELOOP.
  init?(_ name: [UInt8], in sysroot: borrowing Sysroot) throws(InitrdError) {
    guard let root = try sysroot.place(of: FirmwareTree.root.utf8)?.path else { return nil }
    // On a system without merged directories both may have files.
    let other = try sysroot.place(of: "usr/\(FirmwareTree.root)".utf8)?.path ?? root
    (self.name, path, source) = (name, [], "")
    var rest = Array(plainNames(name).reversed()).map { Array($0) }
    var (inside, place): ([[UInt8]], [UInt8]) = ([], root)
    var type = FileType.directory
    while let part = rest.popLast() {
      guard type == .directory else { return nil }
      if part == Self.parent {
        // Only a link that stays inside brings one, and nothing on the way inside is a link.
        guard inside.popLast() != nil else { return nil }
        place = root + inside.flatMap { [Self.slash] + $0 }
        continue
      }
      let child = place + [Self.slash] + part
      guard let found = try sysroot.place(of: child, followingLast: false) else { return nil }
      guard found.type == .symlink else {
        inside.append(part)
        (place, type) = (found.path, found.type)
        continue
      }
      guard links.count < 40, let real = try sysroot.place(of: child),
        let target = try sysroot.linkTarget(String(decoding: found.path, as: UTF8.self))
      else { return nil }
      if let below = Self.below(root, real.path) ?? Self.below(other, real.path) {
        let isOwn = [root, other].contains { found.path == Self.joined([$0] + inside + [part]) }
        let names = target.split(separator: Self.slash).map { Array($0) }
        if isOwn, Self.staysInside(target, names, depth: inside.count) {
          links.append(Link(path: Self.joined(inside + [part]), target: target))
          rest += names.filter { $0 != [0x2E] }.reversed()
        } else {
          let up = [[UInt8]](repeating: Self.parent, count: inside.count)
          let link = Link(
            path: Self.joined(inside + [part]), target: Self.joined(up + below))
          links.append(link)
          rest += below.reversed()
          (inside, place) = ([], root)
        }
      } else {
        inside.append(part)
        (place, type) = (real.path, real.type)
      }
    }
    guard type == .regular, let source = String(validating: place, as: UTF8.self) else {
      return nil
    }
    (path, self.source) = (Self.joined(inside), source)
  }

  /// The file as it is once it is decompressed: without `suffix`, as are the links to it.
  func removing(suffix: [UInt8]) -> FirmwareFile {
    func stripped(_ text: [UInt8]) -> [UInt8] {
      text.count > suffix.count && text.suffix(suffix.count).elementsEqual(suffix)
        ? Array(text.dropLast(suffix.count)) : text
    }
    var copy = FirmwareFile(self, name: stripped(name))
    copy.path = stripped(path)
    copy.links = links.map { Link(path: stripped($0.path), target: stripped($0.target)) }
    return copy
  }

  private init(_ other: FirmwareFile, name: [UInt8]) {
    (self.name, path, source, links) = (name, other.path, other.source, other.links)
  }

  /// Whether a link's target leads to nothing outside of `lib/firmware`, from a directory so deep below it: `..` stands
  /// at its start only, where no link can be meant by it.
  private static func staysInside(_ target: [UInt8], _ names: [[UInt8]], depth: Int) -> Bool {
    let up = names.prefix { $0 == parent }.count
    return target.first != slash && up <= depth && !names.dropFirst(up).contains(parent)
  }

  /// The names of `path` below `root`; `nil` for a path elsewhere.
  private static func below(_ root: [UInt8], _ path: [UInt8]) -> [[UInt8]]? {
    guard path.starts(with: root + [slash]) else { return nil }
    return path.dropFirst(root.count + 1).split(separator: slash).map { Array($0) }
  }

  private static func joined(_ names: [[UInt8]]) -> [UInt8] {
    Array(names.joined(separator: [slash]))
  }
}
