/// The programs that a manifest names, with the files that they need: a step of planning.
struct PlannedBinaries: Sendable {
  /// A file with the path by which it is requested.
  struct Included: Sendable {
    /// The path in the sysroot or image by which programs find it, with a leading slash; it may contain links.
    var path: [UInt8]
    /// The place in the sysroot; `nil` for a file that has its own place in the image.
    var place: SysrootPlace?
    var file: PlannedFile
    var mode: UInt16
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var reasons: [Reason] = []
    var summary: FileSummary?
    var location: InitrdError.Location?
  }

  /// Errors and notes.
  private(set) var diagnostics = Diagnostics()
  /// The files, in the order in which they were found.
  private(set) var included: [Included] = []
  /// The machine of the programs, if nothing else tells the machine of the image.
  private(set) var architecture: Architecture?
  /// The libraries that only a cache of the dynamic linker finds.
  private(set) var cached: Set<LoaderCache.Library> = []

  private var resolver = LibraryResolver()
  /// The index in ``included`` and the reasons so far, by the requested path.
  private var known: [[UInt8]: (index: Int, reasons: Set<Reason>)] = [:]
  private var missing = MissingNeeds()
  /// The files that were found to be damaged.
  private var damaged: Set<FileIdentity> = []

  /// Looks up what `binaries` names. Every failure is among the diagnostics.
  ///
  /// - Parameters:
  ///   - binaries: the items of the manifest.
  ///   - architecture: the machine of the image; `nil`: unknown.
  ///   - provided: the paths, with leading slashes, at which the image has other files: an interpreter there is not
  ///     taken from the sysroot. So a script that names /bin/sh is run by busybox where busybox has this name.
  ///   - sources: where the files are looked up.
  init(
    _ binaries: [Manifest.Binary], for architecture: Architecture?, besides provided: Set<[UInt8]>,
    in sources: borrowing SourceFiles
  ) {
    self.architecture = architecture
    for binary in binaries {
      do { try add(binary, besides: provided, in: sources) } catch {
        var error = error
        if error.location == nil { error.location = binary.location }
        diagnostics.add(error)
      }
    }
    for file in resolver.configurations.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      do { try add(configuration: file, in: sources) } catch { diagnostics.add(error) }
    }
    for failure in resolver.failures { diagnostics.add(failure) }
    missing.report(to: &diagnostics, in: sources.sysroot)
  }

  /// Adds a program with everything that it needs.
  private mutating func add(
    _ binary: Manifest.Binary, besides provided: Set<[UInt8]>, in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    let isBesideManifest = SourceFiles.isBesideManifest(binary.path)
    let slash = UInt8(ascii: "/")
    let requested = [slash] + plainPath(Array(binary.path.utf8))
    let place = isBesideManifest ? nil : try sources.sysroot.place(of: requested)
    let path = place.map { String(decoding: $0.path, as: UTF8.self) } ?? binary.path
    guard isBesideManifest || place != nil, let found = try sources.find(path) else {
      diagnostics.missing(
        "binaries: no file at \(sources.display(binary.path))", isOptional: binary.optional,
        at: binary.location,
        remedy: isBesideManifest
          ? nil
          : sources.sysroot.nearestPath(to: requested).map { "did you mean \(printable($0))?" })
      return
    }
    let (planned, mode) = (found.planned, found.mode)
    let bytes = FileBytes(found)
    let content: ProgramContent
    do { content = try ProgramContent(reading: bytes) } catch {
      throw error.inFile(bytes.file.name)
    }
    switch content {
    case .program(let links):
      try sources.requireArchitecture(architecture, links.architecture, of: path)
      if architecture == nil { architecture = links.architecture }
      try requireWhole(links, .path(place?.path ?? requested), name: bytes.file.name)
    case .script: break
    case .unknown, .other:
      throw InitrdError(
        .badInput, "neither an ELF program nor a script, so it is not a program",
        at: .init(file: bytes.file.name), remedy: "move it from \"binaries\" to \"files\"")
    }
    let moved = binary.dest.map { [slash] + $0.bytes }
    include(
      Included(
        path: moved ?? requested, place: moved == nil ? place : nil, file: planned,
        mode: binary.ownership.mode ?? Self.mode(mode), uid: binary.ownership.uid,
        gid: binary.ownership.gid, summary: FileSummary(content), location: binary.location),
      .requested(key: "binaries", name: binary.path, location: binary.location))
    guard binary.libraries else { return }
    var options = LibraryResolver.Options(dlopen: nil, findsServices: true)
    if binary.dlopen != .none { options.dlopen = .init(rawValue: binary.dlopen.rawValue) }
    let needs = try resolver.needs(
      of: content, at: isBesideManifest ? moved ?? requested : requested, options,
      in: sources.sysroot, besides: provided)
    guard !resolver.isExhausted else {
      throw InitrdError(.limit, "too many libraries are needed", at: .init(file: bytes.file.name))
    }
    for need in needs { try add(need, of: binary, as: moved ?? requested, in: sources) }
  }

  /// Adds a file that a program needs.
  private mutating func add(
    _ need: ProgramNeed, of binary: Manifest.Binary, as path: [UInt8],
    in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    guard let located = need.found, let place = located.file.place else {
      missing.add(need, for: binary)
      return
    }
    let needer = realPath(need.needer)
    let reason = Reason.needed(by: try ImagePath(needer), need.kind.reason)
    if let entry = known[located.path] {
      if known[located.path]?.reasons.insert(reason).inserted == true {
        included[entry.index].reasons.append(reason)
      }
      return
    }
    let name = String(decoding: place.path, as: UTF8.self)
    guard let found = try sources.find(name) else {
      throw InitrdError(
        .missing, "a file with a name that is not UTF-8 can't be included",
        at: .init(file: sources.display(name)))
    }
    let content = try resolver.content(of: located.file, in: sources.sysroot)
    if case .program(let links) = content {
      try requireWhole(links, located.file.identity, name: sources.display(name))
      if need.needsCache, let architecture = links.architecture {
        cached.insert(
          .init(name: need.name, path: located.path, architecture: architecture))
      }
    }
    include(
      Included(
        path: located.path, place: place, file: found.planned, mode: Self.mode(found.mode),
        summary: FileSummary(content), location: binary.location), reason)
  }

  /// Adds a file without which the dynamic linker of musl or glibc does not find what is included.
  private mutating func add(
    configuration path: [UInt8], in sources: borrowing SourceFiles
  ) throws(InitrdError) {
    guard let place = try sources.sysroot.place(of: path),
      let found = try sources.find(String(decoding: place.path, as: UTF8.self))
    else { return }
    let text = try sources.sysroot.text(at: path)
    include(
      Included(
        path: path, place: place, file: found.planned, mode: 0o644, summary: text.map { .list($0) }),
      .generated(path == NameServices.configuration ? .nameServices : .libraryPath))
  }

  private mutating func include(_ file: Included, _ reason: Reason) {
    if let index = known[file.path]?.index, file.place != nil {
      // A library that the manifest names as well, with its owner and mode.
      if case .requested = reason {
        let reasons = included[index].reasons
        included[index] = file
        included[index].reasons = reasons
      }
      known[file.path]?.reasons.insert(reason)
      included[index].reasons.append(reason)
      return
    }
    if file.place != nil { known[file.path] = (included.count, [reason]) }
    var file = file
    file.reasons = [reason]
    included.append(file)
  }

  /// The path of an included file without links.
  private func realPath(_ path: [UInt8]) -> [UInt8] {
    known[path].flatMap { included[$0.index].place?.path } ?? path
  }

  private mutating func requireWhole(
    _ links: ELFLinks, _ identity: FileIdentity, name: String
  ) throws(InitrdError) {
    guard links.isDamaged, damaged.insert(identity).inserted else { return }
    throw InitrdError(
      .badInput, "a damaged ELF file: names, notes or its dynamic section are not valid",
      at: .init(file: name), remedy: "install the file again")
  }

  private static func mode(_ mode: UInt16) -> UInt16 { mode & 0o100 != 0 ? 0o755 : 0o644 }
}

extension ProgramNeed.Kind {
  /// The reason for an entry.
  fileprivate var reason: Reason.Need {
    switch self {
    case .interpreter, .programOfEnv: .interpreter
    case .dynamicLinker: .dynamicLinker
    case .library, .auxiliary: .library
    case .variant(let level): .libraryVariant(level: level)
    case .dlopen(let priority, let feature):
      .dlopen(feature: feature, priority: priority.rawValue)
    case .nameService(let service): .nameService(String(decoding: service, as: UTF8.self))
    case .unwinder: .unwinder
    }
  }
}

extension FileSummary {
  /// The summary of a program or script that was read already; `nil` for other files.
  init?(_ content: ProgramContent) {
    switch content {
    case .program(let links): self = .program(links, applets: [])
    case .script(let line): self = .script(line, isLinuxrc: false)
    case .unknown, .other: return nil
    }
  }
}
