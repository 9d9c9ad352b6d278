/// The firmware of a sysroot, looked up in the order in which the kernel does it (`_request_firmware` in
/// drivers/base/firmware_loader/main.c): all directories for the plain name first, then all of them for `.zst`, and then
/// for `.xz`.
///
/// The directories are `updates/RELEASE`, `updates`, `RELEASE` and `lib/firmware` itself. A kernel that was not built for
/// a compression skips its suffix; such files come last here, since an image can have them decompressed.
struct FirmwareTree: Sendable {
  /// A compression by its suffix.
  struct Suffix: Sendable {
    let text: [UInt8]
    let compression: Compression
    /// Whether the kernel can decompress it.
    let isReadable: Bool
  }

  /// Where the kernel looks for firmware.
  static let root = "lib/firmware"
  /// The suffixes with their compressions, in the kernel's order.
  private static let suffixes: [(String, Compression)] = [
    ("", .uncompressed), (".zst", .zstd), (".xz", .xz),
  ]
  /// The limit for names that patterns are compared with in one plan: 200 globs in a directory of 5,000 files.
  static let comparisonLimit = 1_000_000
  /// The limit for levels of directories below that of a pattern; linux-firmware has five.
  private static let depthLimit = 32

  private static let slash = UInt8(ascii: "/")
  /// The directories below `lib/firmware`, each with a slash at its end, or empty.
  private let directories: [[UInt8]]
  private let order: [Suffix]
  /// The names in each directory that was looked into so far.
  private var listings: [[UInt8]: Set<[UInt8]>] = [:]
  private var comparisons = 0

  /// - Parameters:
  ///   - release: the kernel's release; `nil`: unknown.
  ///   - readable: the compressions that the kernel can undo.
  init(release: String?, readable: Set<Compression>) {
    let directories =
      release.map { ["updates/\($0)/", "updates/", "\($0)/", ""] } ?? ["updates/", ""]
    self.directories = directories.map { Array($0.utf8) }
    let all = Self.suffixes.map { suffix, compression in
      Suffix(
        text: Array(suffix.utf8), compression: compression,
        isReadable: compression == .uncompressed || readable.contains(compression))
    }
    order = all.filter(\.isReadable) + all.filter { !$0.isReadable }
  }

  /// A place where a firmware file was found.
  struct Candidate: Sendable {
    let file: FirmwareFile
    let suffix: Suffix
  }

  /// Where `name` is, in the order in which the kernel tries it.
  ///
  /// - Parameters:
  ///   - name: a name as a driver requests it, without `..`.
  ///   - sysroot: the sysroot.
  /// - Returns: regular files; empty if there are none, or if no file can have this name.
  /// - Throws: `bad-input` for a link that leads to itself, and `system`.
  mutating func candidates(
    _ name: [UInt8], in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> [Candidate] {
    let parts = plainNames(name)
    guard let last = parts.last, name.count < 3500, parts.allSatisfy({ $0.count < 250 }),
      !parts.contains([0x2E, 0x2E])
    else { return [] }
    let above = parts.dropLast().flatMap { $0 + [Self.slash] }
    var found: [Candidate] = []
    for suffix in order {
      for directory in directories {
        guard try names(in: directory + above, sysroot).contains(last + suffix.text) else {
          continue
        }
        let path = directory + above + last + suffix.text
        if let file = try FirmwareFile(path, in: sysroot) {
          found.append(Candidate(file: file, suffix: suffix))
        }
      }
    }
    return found
  }

  /// The names of the files that match `pattern`, without the suffix of a compression, sorted.
  ///
  /// - Throws: `limit` for more than `limit` files, and for too many comparisons.
  mutating func names(
    matching pattern: FirmwarePattern, limit: Int, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> [[UInt8]] {
    if let path = pattern.path { return [path] }
    var found: Set<[UInt8]> = []
    for directory in directories {
      try expand(pattern, depth: 0, in: directory, name: [], limit: limit, &found, sysroot)
    }
    return found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private mutating func expand(
    _ pattern: FirmwarePattern, depth: Int, in directory: [UInt8], name: [UInt8], limit: Int,
    _ found: inout Set<[UInt8]>, _ sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    guard directory.count < 3500 else { return }
    if depth >= pattern.depth {
      try addAll(in: directory, name: name, limit: limit, depth: 0, &found, sysroot)
      return
    }
    let isLast = depth == pattern.depth - 1 && !pattern.isDirectory
    if let part = pattern.plainName(at: depth), !isLast {
      let next = part + [Self.slash]
      try expand(
        pattern, depth: depth + 1, in: directory + next, name: name + next, limit: limit, &found,
        sysroot)
      return
    }
    let names = try names(in: directory, sysroot)
    try count(names.count)
    for entry in names {
      let plain = isLast ? stripped(entry) : entry[...]
      guard pattern.matches(plain, at: depth) else { continue }
      if isLast {
        try add(name + plain, limit: limit, &found)
      } else {
        let next = entry + [Self.slash]
        try expand(
          pattern, depth: depth + 1, in: directory + next, name: name + next, limit: limit, &found,
          sysroot)
      }
    }
  }

  /// Adds everything below a directory; links that lead to a directory above them would have no end, and are skipped.
  private mutating func addAll(
    in directory: [UInt8], name: [UInt8], limit: Int, depth: Int, _ found: inout Set<[UInt8]>,
    _ sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    let path = Array("\(Self.root)/".utf8) + directory
    guard depth < Self.depthLimit else {
      throw InitrdError(.limit, "it contains more than \(Self.depthLimit) levels of directories")
    }
    guard let here = try sysroot.place(of: path) else { return }
    let names = try names(in: directory, sysroot)
    try count(names.count)
    for entry in names {
      guard let place = try sysroot.place(of: path + entry) else { continue }
      if place.type == .directory {
        let there = place.path + [Self.slash]
        if (here.path + [Self.slash]).starts(with: there) { continue }
        let next = entry + [Self.slash]
        try addAll(
          in: directory + next, name: name + next, limit: limit, depth: depth + 1, &found, sysroot)
      } else if place.type == .regular {
        try add(name + stripped(entry), limit: limit, &found)
      }
    }
  }

  private func add(
    _ name: [UInt8], limit: Int, _ found: inout Set<[UInt8]>
  ) throws(InitrdError) {
    found.insert(name)
    guard found.count <= limit else {
      throw InitrdError(.limit, "it matches more than \(limit) firmware files")
    }
  }

  private mutating func count(_ more: Int) throws(InitrdError) {
    comparisons += more
    guard comparisons <= Self.comparisonLimit else {
      throw InitrdError(
        .limit,
        "patterns of firmware were compared with \(Self.comparisonLimit) names, and no end is near")
    }
  }

  /// The names by which drivers request a file of an image: without the directory that the kernel adds, and without the
  /// suffix of a compression.
  func names(ofPath path: [UInt8]) -> [[UInt8]] {
    let root = Array("\(Self.root)/".utf8)
    guard path.starts(with: root) else { return [] }
    let name = stripped(Array(path.dropFirst(root.count)))
    return directories.filter { name.starts(with: $0) }.map { Array(name.dropFirst($0.count)) }
  }

  /// The names of the files in the directory of a file that does not exist, as far as they are text.
  mutating func names(
    beside name: [UInt8], in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> [String] {
    guard name.count < 3500 else { return [] }
    let above = name.lastIndex(of: Self.slash).map { Array(name[...$0]) } ?? []
    return try names(in: above, sysroot).compactMap {
      String(validating: above + stripped($0), as: UTF8.self)
    }
  }

  /// A file's name without the suffix of a compression.
  private func stripped(_ name: [UInt8]) -> ArraySlice<UInt8> {
    for suffix in order where !suffix.text.isEmpty && name.count > suffix.text.count {
      if name.suffix(suffix.text.count).elementsEqual(suffix.text) {
        return name.dropLast(suffix.text.count)
      }
    }
    return name[...]
  }

  /// The names in a directory below `lib/firmware`; `usr/lib` and `lib` are one.
  private mutating func names(
    in directory: [UInt8], _ sysroot: borrowing Sysroot
  ) throws(InitrdError) -> Set<[UInt8]> {
    if let known = listings[directory] { return known }
    var names: Set<[UInt8]> = []
    var exists = false
    if let text = String(validating: directory.dropLast(), as: UTF8.self) {
      for top in ["", "usr/"] {
        let path = top + Self.root + (text.isEmpty ? "" : "/\(text)")
        guard let found = try sysroot.entries(path) else { continue }
        exists = true
        names.formUnion(found)
      }
    }
    listings[directory] = names
    // An image also depends on directories that do not exist: those above are listed, so that they become inputs.
    if !exists, !directory.isEmpty {
      let above = directory.dropLast().lastIndex(of: Self.slash).map { directory[...$0] } ?? []
      _ = try self.names(in: Array(above), sysroot)
    }
    return names
  }
}
