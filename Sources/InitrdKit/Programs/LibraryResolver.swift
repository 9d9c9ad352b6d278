/// Finds the files that programs need, as the kernel and the dynamic linkers of glibc and musl find them: interpreters,
/// libraries, and what these need in turn.
///
/// The rules are those of ld.so(8) and of musl's ldso/dynlink.c. The environment (LD_LIBRARY_PATH, LD_PRELOAD) and the
/// linker's cache are not used: the files that the cache is made of are.
struct LibraryResolver: Sendable {
  /// What is looked for beside the libraries that a program names in its dynamic section.
  struct Options: Equatable, Sendable {
    /// The least important libraries of notes that are looked for; `nil`: none.
    var dlopen: DlopenNote.Priority? = .required
    /// Whether the modules of glibc's name service and libgcc_s.so.1 are looked for.
    var findsServices = false
  }

  /// The limit for names that are looked up and for needs, which is seconds of work: the links in a short path can have
  /// long targets, and every library can need 256 others.
  static let maxSteps = 1 << 26
  /// Limits for the files and needs of one program, and for the scripts that run a script; the kernel's limit for these
  /// is 5.
  static let (maxObjects, maxNeeds, maxScripts) = (4096, 65_536, 5)

  /// The steps so far.
  private(set) var steps = 0
  /// Errors of files that were looked at.
  private(set) var failures: [InitrdError] = []
  /// Whether some needs were not looked for, because of ``maxSteps``.
  var isExhausted: Bool { steps >= Self.maxSteps || hasTooManyNeeds }
  private var hasTooManyNeeds = false
  /// The configuration files that are read where the programs run: of musl's dynamic linker, and of glibc's name
  /// service where a module of it was found.
  private(set) var configurations: Set<[UInt8]> = []

  var contents: [FileIdentity: ProgramContent] = [:]
  var spaces: [SearchSpace.Key: SearchSpace] = [:]
  var directories: [[UInt8]: SearchDirectory?] = [:]
  private var services: [[UInt8]]?

  /// A file in the order in which the dynamic linker maps files.
  struct Object {
    /// The path by which it was opened.
    let path: [UInt8]
    let links: ELFLinks
    /// The index of the file that needs it; `nil` for the program.
    let loader: Int?
    /// The directories that are searched first; `nil` while nobody asked.
    var own: [[UInt8]]?
    var isExtraDone = false
  }

  /// Finds the needs of the file at `path` and of everything that it needs.
  ///
  /// - Parameters:
  ///   - path: the path in the tree, with a leading slash.
  ///   - options: what is looked for beside the dynamic section.
  ///   - tree: the tree.
  ///   - provided: the paths at which another file will be, so that nothing is needed there.
  /// - Returns: the needs in the order in which they are found. A library that several files need is there for each of
  ///   them. A missing file at `path` needs nothing.
  /// - Throws: errors of reading the tree. Errors in files are in ``failures``.
  mutating func needs(
    of path: [UInt8], _ options: Options, in tree: borrowing some FileTree & ~Copyable,
    besides provided: Set<[UInt8]> = []
  ) throws(InitrdError) -> [ProgramNeed] {
    guard let file = try tree.file(at: path, counting: &steps) else { return [] }
    return try needs(
      of: try content(of: file, in: tree), at: path, options, in: tree, besides: provided)
  }

  /// The same for a file that is not in the tree, by its content.
  mutating func needs(
    of content: ProgramContent, at path: [UInt8], _ options: Options,
    in tree: borrowing some FileTree & ~Copyable, besides provided: Set<[UInt8]> = []
  ) throws(InitrdError) -> [ProgramNeed] {
    var needs: [ProgramNeed] = []
    var next = [(content: content, path: path, depth: 0)]
    while let (content, path, depth) = next.popLast() {
      switch content {
      case .unknown, .other: break
      case .program(let links):
        try follow(links, at: path, options, in: tree, &needs)
      case .script(let line):
        var programs = [try interpreter(line.interpreter, of: path, in: tree, provided)]
        if let name = line.programOfEnv {
          programs.append(try programOfEnv(name, of: path, in: tree, provided))
        }
        for need in programs.compactMap({ $0 }) {
          needs.append(need)
          guard let found = need.found, depth < Self.maxScripts else { continue }
          next.append((try self.content(of: found.file, in: tree), found.path, depth + 1))
        }
      }
    }
    return needs
  }

  // MARK: Scripts

  private mutating func interpreter(
    _ name: [UInt8], of path: [UInt8], in tree: borrowing some FileTree & ~Copyable,
    _ provided: Set<[UInt8]>
  ) throws(InitrdError) -> ProgramNeed? {
    if provided.contains(name) { return nil }
    let file = try tree.file(at: name, counting: &steps)
    return ProgramNeed(
      kind: .interpreter, name: name, needer: path,
      found: file.map { .init(path: name, file: $0) })
  }

  private mutating func programOfEnv(
    _ name: [UInt8], of path: [UInt8], in tree: borrowing some FileTree & ~Copyable,
    _ provided: Set<[UInt8]>
  ) throws(InitrdError) -> ProgramNeed? {
    let slash = UInt8(ascii: "/")
    let candidates =
      name.contains(slash) ? [name] : ScriptLine.searchPath.map { $0 + [slash] + name }
    for candidate in candidates {
      if provided.contains(candidate) { return nil }
      if let file = try tree.file(at: candidate, counting: &steps) {
        return ProgramNeed(
          kind: .programOfEnv, name: name, needer: path, found: .init(path: candidate, file: file))
      }
    }
    return ProgramNeed(kind: .programOfEnv, name: name, needer: path)
  }

  // MARK: Programs and libraries

  private mutating func follow(
    _ links: ELFLinks, at path: [UInt8], _ options: Options,
    in tree: borrowing some FileTree & ~Copyable, _ needs: inout [ProgramNeed]
  ) throws(InitrdError) {
    var map = LinkMap()
    var loader: ProgramNeed.Located?
    if let interpreter = links.interpreter {
      let file = try tree.file(at: interpreter, counting: &steps)
      loader = file.map { .init(path: interpreter, file: $0) }
      needs.append(
        ProgramNeed(kind: .dynamicLinker, name: interpreter, needer: path, found: loader))
      if let loader {
        // The dynamic linker is in memory already, under both of its names.
        map.loaded[Array(interpreter.split(separator: UInt8(ascii: "/")).last ?? [])] = loader
        if case .program(let own) = try content(of: loader.file, in: tree), let name = own.soname {
          map.loaded[name] = loader
        }
      }
    }
    let space = try space(for: links, loader: loader, in: tree)
    if let file = space.configuration { configurations.insert(file) }
    map.objects.append(Object(path: path, links: links, loader: nil))
    while !isExhausted {
      hasTooManyNeeds = needs.count >= Self.maxNeeds
      if map.next < map.objects.count {
        let index = map.next
        map.next += 1
        let object = map.objects[index].links
        for name in object.libraries where !isExhausted {
          try load(name, .library, by: index, space, in: tree, &map, &needs)
        }
        for name in object.auxiliaries where !isExhausted {
          try load(name, .auxiliary, by: index, space, in: tree, &map, &needs)
        }
        continue
      }
      // What is loaded while the program runs comes after everything that is loaded at its start.
      guard let index = map.objects.firstIndex(where: { !$0.isExtraDone }) else { break }
      map.objects[index].isExtraDone = true
      try loadExtras(of: index, options, space, in: tree, &map, &needs)
    }
  }

  /// The libraries that a file loads while it runs.
  private mutating func loadExtras(
    of index: Int, _ options: Options, _ space: SearchSpace,
    in tree: borrowing some FileTree & ~Copyable, _ map: inout LinkMap,
    _ needs: inout [ProgramNeed]
  ) throws(InitrdError) {
    let links = map.objects[index].links
    if let limit = options.dlopen {
      for note in links.dlopens where note.priority <= limit && !isExhausted {
        try load(
          note.sonames, .dlopen(note.priority, feature: note.feature), by: index, space, in: tree,
          &map, &needs)
      }
    }
    guard options.findsServices, !space.isMusl,
      let libc = map.objects.firstIndex(where: {
        $0.links.soname == NameServices.libc
      }), !NameServices.ownLibraries.contains(links.soname ?? [])
    else { return }
    if !links.mentions.isDisjoint(with: NameServices.unwinding) {
      try load(
        [NameServices.unwinder], .unwinder, by: index, space, in: tree, &map, &needs)
    }
    guard !links.mentions.isDisjoint(with: NameServices.lookups) else { return }
    let hasBuiltIn = map.objects[libc].links.mentions.contains(NameServices.builtInVersion)
    for service in try services(in: tree) {
      if hasBuiltIn, NameServices.builtIn.contains(service) { continue }
      try load(
        [NameServices.module(of: service)], .nameService(service), by: index, space, in: tree, &map,
        &needs)
    }
  }

  private mutating func services(
    in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> [[UInt8]] {
    if let services { return services }
    let text = try tree.text(at: NameServices.configuration)
    let found = text.map { NameServices.services(in: $0) } ?? []
    services = found
    return found
  }

  /// Loads the first of `names` that exists.
  private mutating func load(
    _ names: [[UInt8]], _ kind: ProgramNeed.Kind, by index: Int, _ space: SearchSpace,
    in tree: borrowing some FileTree & ~Copyable, _ map: inout LinkMap,
    _ needs: inout [ProgramNeed]
  ) throws(InitrdError) {
    for name in names.dropLast() {
      if map.loaded[name] == nil,
        try search(name, by: index, space, in: tree, &map.objects).found == nil
      {
        continue
      }
      return try load(name, kind, by: index, space, in: tree, &map, &needs)
    }
    if let name = names.last { try load(name, kind, by: index, space, in: tree, &map, &needs) }
  }

  /// Loads a library by its name, unless it is loaded already.
  private mutating func load(
    _ name: [UInt8], _ kind: ProgramNeed.Kind, by index: Int, _ space: SearchSpace,
    in tree: borrowing some FileTree & ~Copyable, _ map: inout LinkMap,
    _ needs: inout [ProgramNeed]
  ) throws(InitrdError) {
    steps += 1
    let path = map.objects[index].path
    if space.isMusl, SearchSpace.isInMusl(name) { return }
    if let found = map.loaded[name] {
      needs.append(ProgramNeed(kind: kind, name: name, needer: path, found: found))
      return
    }
    let match = try search(name, by: index, space, in: tree, &map.objects)
    needs.append(
      ProgramNeed(
        kind: kind, name: name, needer: path, found: match.found, refused: match.refused,
        needsCache: match.needsCache))
    for variant in match.variants {
      needs.append(
        ProgramNeed(
          kind: .variant(level: variant.level), name: name, needer: path, found: variant.found))
      try map.add(
        variant.found, name: nil, by: index, content(of: variant.found.file, in: tree))
    }
    if case .nameService = kind, match.found != nil {
      configurations.insert(NameServices.configuration)
    }
    if let found = match.found {
      try map.add(found, name: name, by: index, content(of: found.file, in: tree))
    }
  }

  // MARK: Files

  /// The content of a file, which is read once. A file that can't be read needs nothing, and its error is kept.
  mutating func content(
    of file: TreeFile, in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> ProgramContent {
    if let content = contents[file.identity] { return content }
    let content: ProgramContent
    do { content = try tree.content(of: file) } catch {
      failures.append(error)
      content = .unknown
    }
    contents[file.identity] = content
    return content
  }

  /// Adds to the steps.
  mutating func count(_ steps: Int) { self.steps += steps }
}

/// The files of one program, as the dynamic linker has them in memory.
struct LinkMap {
  var objects: [LibraryResolver.Object] = []
  /// The files by the names by which they were needed, and by their own.
  var loaded: [[UInt8]: ProgramNeed.Located] = [:]
  /// The first file whose libraries were not looked for.
  var next = 0
  private var seen: Set<FileIdentity> = []

  /// Adds a file that was found by `name`; `nil` for one that is not found by its name on every machine.
  mutating func add(
    _ found: ProgramNeed.Located, name: [UInt8]?, by index: Int, _ content: ProgramContent
  ) {
    if let name { loaded[name] = found }
    guard seen.insert(found.file.identity).inserted, objects.count < LibraryResolver.maxObjects,
      case .program(let links) = content
    else { return }
    if name != nil, let soname = links.soname, loaded[soname] == nil { loaded[soname] = found }
    objects.append(LibraryResolver.Object(path: found.path, links: links, loader: index))
  }
}
