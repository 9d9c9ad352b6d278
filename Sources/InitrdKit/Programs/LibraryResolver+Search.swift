/// The places in which libraries of one machine are searched for every program.
struct SearchSpace: Sendable {
  struct Key: Hashable, Sendable {
    let machine: ELF.Target
    let loader: FileIdentity?
    let isMusl: Bool
  }

  let key: Key
  let architecture: Architecture?
  var isMusl: Bool { key.isMusl }
  /// The directories in their order.
  var directories: [[UInt8]] = []
  /// The directories that the dynamic linker searches without a cache or configuration.
  var defaults: Set<[UInt8]> = []
  /// The file that names the directories; `nil` if the linker finds them without it.
  var configuration: [UInt8]?
  /// The results for names, as long as a program names no directories itself.
  var results: [[UInt8]: LibraryMatch] = [:]

  /// A copy without ``results``, which grow while the copy is in use.
  var withoutResults: SearchSpace {
    var copy = self
    copy.results = [:]
    return copy
  }

  /// Whether a library is a part of musl's dynamic linker, whatever file has its name (load_library in
  /// ldso/dynlink.c).
  static func isInMusl(_ name: [UInt8]) -> Bool {
    ["libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet.", "ld-musl-"]
      .contains { name.starts(with: $0.utf8) }
  }
}

/// A directory with libraries.
struct SearchDirectory: Sendable {
  let identity: FileIdentity
  /// The directories below `glibc-hwcaps` that exist, the best processors first.
  var levels: [(name: String, path: [UInt8])] = []
}

/// The result of a search.
struct LibraryMatch: Sendable {
  var found: ProgramNeed.Located?
  /// The same library for other processors of the machine.
  var variants: [(level: String, found: ProgramNeed.Located)] = []
  var refused: ProgramNeed.Refused?
  /// Whether the directory is one of ld.so.conf only.
  var needsCache = false
}

extension LibraryResolver {
  /// The limit for the directories that programs name.
  private static var maxOwn: Int { 128 }

  /// The places that the dynamic linker of a program searches.
  mutating func space(
    for links: ELFLinks, loader: ProgramNeed.Located?,
    in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> SearchSpace {
    let slash = UInt8(ascii: "/")
    let name = loader?.path.split(separator: slash).last ?? []
    let isMusl =
      name.starts(with: "ld-musl-".utf8)
      || loader == nil && links.libraries.contains { $0.starts(with: "libc.musl-".utf8) }
    let key = SearchSpace.Key(
      machine: links.machine, loader: loader?.file.identity, isMusl: isMusl)
    if let space = spaces[key] { return space.withoutResults }
    var space = SearchSpace(key: key, architecture: links.architecture)
    if isMusl {
      let usual = "/lib/ld-musl-\(links.architecture?.rawValue ?? "").so.1"
      (space.directories, space.configuration) = try LoaderConfiguration.muslDirectories(
        ofLoader: loader?.path ?? Array(usual.utf8), in: tree)
      space.defaults = Set(space.directories)
    } else {
      var defaults: [[UInt8]] = []
      if let loader, case .program(let own) = try content(of: loader.file, in: tree) {
        defaults = own.systemDirectories
      }
      if defaults.isEmpty {
        defaults = try LoaderConfiguration.defaultDirectories(for: links.architecture, in: tree)
      }
      space.directories = try LoaderConfiguration.directories(in: tree) + defaults
      space.defaults = Set(defaults)
    }
    // One directory has several paths where /usr is merged.
    var seen: Set<FileIdentity> = []
    var own: [[UInt8]] = []
    for path in space.directories {
      guard let directory = try directory(path, space.architecture, in: tree) else { continue }
      if seen.insert(directory.identity).inserted {
        own.append(path)
      } else if space.defaults.contains(path) {
        for other in own {
          let known = try self.directory(other, space.architecture, in: tree)
          if known?.identity == directory.identity { space.defaults.insert(other) }
        }
      }
    }
    space.directories = own
    spaces[key] = space
    return space.withoutResults
  }

  /// Searches a library as the dynamic linker would for the file with this index.
  mutating func search(
    _ name: [UInt8], by index: Int, _ space: SearchSpace,
    in tree: borrowing some FileTree & ~Copyable, _ objects: inout [Object]
  ) throws(InitrdError) -> LibraryMatch {
    let slash = UInt8(ascii: "/")
    if name.contains(slash) {
      var match = LibraryMatch()
      let origin = try origin(of: index, objects, in: tree, for: [name])
      for path in PathTokens.expand(name, origin: origin, space.architecture) {
        try look(at: path.first == slash ? path : [slash] + path, space, in: tree, &match)
        if match.found != nil { break }
      }
      return match
    }
    let own = try ownDirectories(of: index, space, in: tree, &objects)
    let avoidsDefaults = objects[index].links.avoidsDefaults && !space.isMusl
    if own.isEmpty, !avoidsDefaults, let match = spaces[space.key]?.results[name] { return match }
    var match = LibraryMatch()
    for folder in own {
      try search(name, inDirectory: folder, space, in: tree, &match)
      if match.found != nil { return match }
    }
    if avoidsDefaults {
      for folder in space.directories where !space.defaults.contains(folder) {
        try search(name, inDirectory: folder, space, in: tree, &match)
        if match.found != nil { return match }
      }
      return match
    }
    if !own.isEmpty, let usual = spaces[space.key]?.results[name] {
      return LibraryMatch(
        found: usual.found, variants: match.variants + usual.variants,
        refused: match.refused ?? usual.refused, needsCache: usual.needsCache)
    }
    for folder in space.directories {
      try search(name, inDirectory: folder, space, in: tree, &match)
      if match.found == nil { continue }
      match.needsCache = !space.defaults.contains(folder)
      break
    }
    if match.found == nil, let path = tree.cachedPath(of: name) {
      try look(at: path, space, in: tree, &match)
    }
    // Of a library that exists for newer processors only, the oldest one is taken.
    if match.found == nil, let last = match.variants.popLast() { match.found = last.found }
    if own.isEmpty { spaces[space.key]?.results[name] = match }
    return match
  }

  private mutating func search(
    _ name: [UInt8], inDirectory path: [UInt8], _ space: SearchSpace,
    in tree: borrowing some FileTree & ~Copyable, _ match: inout LibraryMatch
  ) throws(InitrdError) {
    guard !isExhausted, let directory = try directory(path, space.architecture, in: tree) else {
      return
    }
    let slash = UInt8(ascii: "/")
    for level in space.isMusl ? [] : directory.levels {
      var variant = LibraryMatch()
      try look(at: level.path + [slash] + name, space, in: tree, &variant)
      if let found = variant.found { match.variants.append((level.name, found)) }
    }
    try look(at: path + [slash] + name, space, in: tree, &match)
  }

  /// Takes the file at `path` if it fits.
  private mutating func look(
    at path: [UInt8], _ space: SearchSpace, in tree: borrowing some FileTree & ~Copyable,
    _ match: inout LibraryMatch
  ) throws(InitrdError) {
    var steps = 0
    defer { count(steps) }
    guard let file = try tree.file(at: path, counting: &steps) else { return }
    switch try content(of: file, in: tree) {
    case .program(let links) where links.machine == space.key.machine:
      match.found = .init(path: path, file: file)
    case .unknown: match.found = .init(path: path, file: file)
    case .program(let links):
      let machine = links.architecture?.rawValue ?? "another machine"
      if match.refused == nil {
        match.refused = .init(path: path, what: "a library for \(machine)")
      }
    case .script, .other:
      if match.refused == nil { match.refused = .init(path: path, what: "no library") }
    }
  }

  /// A directory, which is looked up once.
  private mutating func directory(
    _ path: [UInt8], _ architecture: Architecture?, in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> SearchDirectory? {
    if let known = directories[path] { return known }
    var steps = 0
    defer { count(steps) }
    var found: SearchDirectory?
    if let identity = try tree.directory(
      at: path.isEmpty ? [UInt8(ascii: "/")] : path, counting: &steps)
    {
      found = SearchDirectory(identity: identity)
      let all = path + Array("/glibc-hwcaps".utf8)
      if try tree.directory(at: all, counting: &steps) != nil {
        for level in architecture?.hardwareLevels ?? [] {
          let path = all + [UInt8(ascii: "/")] + Array(level.utf8)
          if try tree.directory(at: path, counting: &steps) != nil {
            found?.levels.append((level, path))
          }
        }
      }
    }
    directories[path] = .some(found)
    return found
  }

  /// The directories that a file and those that need it name.
  private mutating func ownDirectories(
    of index: Int, _ space: SearchSpace, in tree: borrowing some FileTree & ~Copyable,
    _ objects: inout [Object]
  ) throws(InitrdError) -> [[UInt8]] {
    if let own = objects[index].own { return own }
    var own: [[UInt8]] = []
    var next: Int? = index
    while let current = next, own.count < Self.maxOwn {
      count(1)
      let links = objects[current].links
      // glibc: a DT_RUNPATH hides all DT_RPATHs; musl: both are the same, and inherited.
      let hidesOthers = current == index && links.runpath != nil && !space.isMusl
      let folders = space.isMusl || hidesOthers ? links.runpath ?? links.rpath : links.rpath
      let origin = try origin(of: current, objects, in: tree, for: folders)
      for folder in folders where !folder.isEmpty {
        for path in PathTokens.expand(folder, origin: origin, space.architecture)
        where path.first == UInt8(ascii: "/") {
          own.append(LoaderConfiguration.withoutSlashes(path))
        }
      }
      next = hidesOthers ? nil : objects[current].loader
    }
    own = Array(own.prefix(Self.maxOwn))
    objects[index].own = own
    return own
  }

  /// What `$ORIGIN` is for a file: of a library the directory by which it was found, of the program the real one.
  private mutating func origin(
    of index: Int, _ objects: [Object], in tree: borrowing some FileTree & ~Copyable,
    for texts: [[UInt8]]
  ) throws(InitrdError) -> [UInt8] {
    guard texts.contains(where: { $0.contains(UInt8(ascii: "$")) }) else { return [] }
    let path = objects[index].path
    var steps = 0
    defer { count(steps) }
    if index == 0, let real = try tree.realDirectory(of: path, counting: &steps) { return real }
    return Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
  }
}
