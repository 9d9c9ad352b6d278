/// Gives the files of `binaries` their places in the image: each at its path without links, and every symbolic link on
/// the way to it as it is in the sysroot.
///
/// On many systems `/bin`, `/sbin`, `/lib` and `/lib64` are links to directories in `/usr`, and an image has a directory
/// `/bin` for busybox or `/lib` for modules. A link can't replace such a directory. Then the next name on the way becomes
/// a link of its own: `/lib/x86_64-linux-gnu` instead of `/lib`, or `/bin/bash`.
struct BinaryPlacement {
  private var table: EntryTable
  /// What is known of the files, by their paths in the image.
  private(set) var programs: [ImagePath: FileSummary] = [:]

  private typealias Names = [[UInt8]]
  private static let slash = UInt8(ascii: "/")
  private static let merged: Names = ["bin", "sbin", "lib", "lib64"].map { Array($0.utf8) }

  private init(_ table: EntryTable) { self.table = table }

  /// Adds the files to a table that has all other entries.
  ///
  /// - Returns: what is known of the files, by their paths in the image.
  /// - Throws: `limit` for a path that no image can have.
  static func place(
    _ binaries: PlannedBinaries, _ table: inout EntryTable
  ) throws(InitrdError) -> [ImagePath: FileSummary] {
    var placement = BinaryPlacement(table)
    // Moved programs make directories, in whose place no link can come.
    for file in binaries.included where file.place == nil { try placement.addMoved(file) }
    for file in binaries.included where file.place != nil { try placement.add(file) }
    if !binaries.cached.isEmpty {
      let path = try ImagePath("etc/ld.so.cache")
      placement.table.add(
        .init(
          entry: PlannedEntry(
            path: placement.resolved(path), content: .bytes(LoaderCache.bytes(binaries.cached)),
            mode: 0o644, uid: 0, gid: 0, reasons: [.generated(.libraryCache)]), rank: .generated))
    }
    table = placement.table
    return placement.programs
  }

  private mutating func addMoved(_ file: PlannedBinaries.Included) throws(InitrdError) {
    try addFile(file, at: resolved(try ImagePath(file.path)))
  }

  private mutating func addFile(
    _ file: PlannedBinaries.Included, at path: ImagePath
  ) throws(InitrdError) {
    programs[path] = file.summary
    if case .file(let other) = table.content(at: path), other == file.file,
      table.appendReasons(file.reasons, at: path)
    {
      return
    }
    table.add(
      .init(
        entry: PlannedEntry(
          path: path, content: .file(file.file), mode: file.mode, uid: file.uid, gid: file.gid,
          reasons: file.reasons), rank: .binary, location: file.location))
  }

  private mutating func add(_ file: PlannedBinaries.Included) throws(InitrdError) {
    guard let place = file.place else { return }
    let end = try ImagePath(place.path)
    var current = plainNames(file.path).map { Array($0) }
    for link in Self.links(of: current, place) {
      let names = link.path.split(separator: Self.slash).map { Array($0) }
      let isOnTheWay = current.starts(with: names)
      let rest = isOnTheWay ? Array(current.dropFirst(names.count)) : []
      let target = Self.target(of: link, in: Array(names.dropLast()))
      // The requested path itself has the reasons of the file.
      let reasons = isOnTheWay && rest.isEmpty && names == plainNames(file.path).map { Array($0) }
      try addLink(
        names, link.target, rest, to: target, end, reasons ? file.reasons : nil, file.location)
      if isOnTheWay { current = target + rest }
    }
    try addFile(file, at: resolved(end))
  }

  /// Adds a link, or where the image has a directory, links for what is behind it.
  private mutating func addLink(
    _ names: Names, _ target: [UInt8], _ rest: Names, to resolvedTarget: Names, _ end: ImagePath,
    _ reasons: [Reason]?, _ location: InitrdError.Location?
  ) throws(InitrdError) {
    let path = resolved(try Self.path(names))
    guard case .directory = table.content(at: path) else {
      let isKnown = table.content(at: path) != nil
      add(path, target, reasons ?? (isKnown ? [] : [.link(to: end)]), location, end)
      return
    }
    guard let next = rest.first else {
      // Everything on the way is a directory in the image as well.
      table.addConflict(
        at: path, "the sysroot has a symbolic link there, and the image a directory", location)
      return
    }
    let own = names + [next]
    let target = resolvedTarget + [next]
    if try resolved(Self.path(own)) == resolved(Self.path(target)) { return }
    let up = Names(repeating: Array("..".utf8), count: names.count)
    let text = Array((up + target).joined(separator: [Self.slash]))
    try addLink(own, text, Array(rest.dropFirst()), to: target, end, reasons, location)
  }

  private mutating func add(
    _ path: ImagePath, _ target: [UInt8], _ reasons: [Reason], _ location: InitrdError.Location?,
    _ end: ImagePath
  ) {
    // A link that is there already needs no further reason.
    if reasons.isEmpty, case .symlink(let other) = table.content(at: path), other == target {
      return
    }
    table.add(
      .init(
        entry: PlannedEntry(
          path: path, content: .symlink(target), mode: 0o777, uid: 0, gid: 0,
          reasons: reasons.isEmpty ? [.link(to: end)] : reasons),
        rank: .binary, location: location))
  }

  // MARK: Paths

  /// The links on the way, with one that the sysroot lacks: a file of /lib64 that is in /usr/lib64 of unpacked packages
  /// has to be found by both names.
  private static func links(
    of names: Names, _ place: SysrootPlace
  ) -> [SysrootPlace.Link] {
    let usr = Array("usr".utf8)
    guard place.isElsewhere(than: names) else { return place.links }
    if names.count > 1, merged.contains(names[0]) {
      return [.init(path: names[0], target: usr + [slash] + names[0])] + place.links
    }
    if names.count > 2, names[0] == usr, merged.contains(names[1]) {
      let link = usr + [slash] + names[1]
      return [.init(path: link, target: Array("../".utf8) + names[1])] + place.links
    }
    return place.links
  }

  /// The names of a link's target from the root on.
  private static func target(of link: SysrootPlace.Link, in folder: Names) -> Names {
    var names = link.target.first == slash ? [] : folder
    for name in plainNames(link.target) {
      if name.elementsEqual("..".utf8) {
        _ = names.popLast()
      } else {
        names.append(Array(name))
      }
    }
    return names
  }

  private static func path(_ names: Names) throws(InitrdError) -> ImagePath {
    try ImagePath(names.joined(separator: [slash]))
  }

  /// The path after the links that the image has in the directories of `path`.
  private func resolved(_ path: ImagePath) -> ImagePath {
    var rest = Array(plainNames(path.bytes).map { Array($0) }.reversed())
    var walked: Names = []
    var links = 0
    while let name = rest.popLast() {
      if name.elementsEqual("..".utf8) {
        _ = walked.popLast()
        continue
      }
      walked.append(name)
      guard !rest.isEmpty, links < 40, let here = try? Self.path(walked),
        case .symlink(let target) = table.content(at: here)
      else { continue }
      links += 1
      walked = target.first == Self.slash ? [] : walked.dropLast()
      rest += plainNames(target).reversed().map { Array($0) }
    }
    return (try? Self.path(walked)) ?? path
  }
}
