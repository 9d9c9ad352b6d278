/// Finds the modules that a manifest requests, and the modules that these need, by the rules of modprobe(8).
struct ModuleResolver {
  /// A module to include.
  struct Resolved: Equatable, Sendable {
    var module: ModuleIndex.Module
    /// The reasons to include it; at least one.
    var reasons: [Reason]
  }

  /// The result.
  struct Resolution: Sendable {
    /// The modules to include, sorted by path.
    var modules: [Resolved] = []
    /// The names of the modules that the init loads, each after the modules that it needs.
    var loadOrder: [String] = []
    /// The names of requested modules that are built into the kernel.
    var builtIn: [String] = []
    /// Errors, and notes about optional modules that do not exist.
    var diagnostics = Diagnostics()
  }

  private let index: ModuleIndex
  private let manifest: Manifest.Modules
  private let blacklist: Set<String>
  private var excluded: Set<String> = []
  private var reasons: [String: [Reason]] = [:]
  private var resolution = Resolution()
  private var targets: [String: [String]] = [:]

  /// Resolves the requests of `manifest` in `index`. All failures are in the diagnostics.
  static func resolve(_ manifest: Manifest.Modules, in index: ModuleIndex) -> Resolution {
    var resolver = ModuleResolver(index: index, manifest: manifest)
    resolver.run()
    return resolver.resolution
  }

  private init(index: ModuleIndex, manifest: Manifest.Modules) {
    self.index = index
    self.manifest = manifest
    blacklist = Set(manifest.blacklist.map { ModuleIndex.normalized($0.name.utf8) })
  }

  private mutating func run() {
    for item in manifest.exclude {
      if let found = find(item, in: "exclude") { excluded.formUnion(found.names) }
    }
    var load: [(name: String, location: InitrdError.Location?)] = []
    var wide: [(item: Manifest.Item, names: [String])] = []
    for item in manifest.include {
      guard let found = find(item, in: "include") else { continue }
      for name in found.names {
        if excluded.contains(name) {
          if !found.isWide { refuseExcluded(name, at: item.location) }
          continue
        }
        carry(name, requestedBy: "modules.include", item)
      }
      if manifest.load == nil {
        if found.isWide { wide.append((item, found.names)) }
        if !found.isWide { load += found.names.map { ($0, item.location) } }
      }
    }
    for item in manifest.load ?? [] {
      guard let found = find(item, in: "load") else { continue }
      for name in found.names {
        if excluded.contains(name) { refuseExcluded(name, at: item.location) }
        carry(name, requestedBy: "modules.load", item)
      }
      load += found.names.map { ($0, item.location) }
    }
    for item in manifest.options.map(\.module) + manifest.blacklist {
      let name = ModuleIndex.normalized(item.name.utf8)
      if index.modules[name] == nil, !index.builtIn.contains(name) { reportMissing(item) }
    }
    orderLoading(load)
    for (item, names) in wide where !resolution.loadOrder.contains(where: names.contains) {
      resolution.diagnostics.note(
        .missing,
        "modules.include: the modules of \"\(item.name)\" are included, but none of them is loaded",
        at: item.location, remedy: "list the modules that the init has to load in modules.load")
    }
    resolution.modules =
      reasons.compactMap { name, reasons in
        index.modules[name].map { Resolved(module: $0, reasons: reasons) }
      }
      .sorted { $0.module.path.utf8.lexicographicallyPrecedes($1.module.path.utf8) }
  }

  // MARK: The modules of an item

  /// The modules that an item names. Wide items are globs and directories; they name all matching modules.
  private mutating func find(
    _ item: Manifest.Item, in list: String
  ) -> (names: [String], isWide: Bool)? {
    guard let text = treePath(item) else { return nil }
    if text.utf8.last == Self.slash || Glob.isPattern(text.utf8) {
      let names = wide(text)
      if names.isEmpty {
        missing(item, "modules.\(list): no module in the module tree matches \"\(item.name)\"")
        return nil
      }
      return (names, true)
    }
    if text.utf8.contains(Self.slash) {
      let names = wide(text + "/")
      if !names.isEmpty { return (names, true) }
    }
    let name = ModuleIndex.name(ofPath: text.utf8)
    if let module = index.modules[name], !text.utf8.contains(Self.slash) || isPath(text, of: module)
    {
      return ([name], false)
    }
    if index.builtIn.contains(name) {
      if !resolution.builtIn.contains(name) { resolution.builtIn.append(name) }
      return nil
    }
    // As for modprobe, a name can also be an alias, such as fs-ext4.
    let aliased = index.modules(forAlias: item.name)
    if !aliased.isEmpty { return (aliased, false) }
    let builtIn = index.builtIn(forAlias: item.name)
    if !builtIn.isEmpty {
      resolution.builtIn += builtIn.filter { !resolution.builtIn.contains($0) }
      return nil
    }
    if list == "exclude" {
      missing(item, "modules.exclude: no module \"\(item.name)\" in this kernel")
    } else {
      reportMissing(item)
    }
    return nil
  }

  private static let slash = UInt8(ascii: "/")

  /// The item's name; for a path from the root, the path below the module tree. `nil` for a path in another tree.
  private mutating func treePath(_ item: Manifest.Item) -> String? {
    let path = item.name.utf8
    let parts = path.split(separator: Self.slash)
    guard let start = parts.firstIndex(where: { $0.elementsEqual("modules".utf8) }), start > 0,
      parts[start - 1].elementsEqual("lib".utf8), parts.count > start + 2
    else { return item.name }
    guard parts[start + 1].elementsEqual(index.release.utf8) else {
      missing(item, "\"\(item.name)\" is not in the module tree of \(index.release)")
      return nil
    }
    let below = parts[(start + 2)...].map { String(decoding: $0, as: UTF8.self) }
    return below.joined(separator: "/") + (path.last == Self.slash ? "/" : "")
  }

  private func wide(_ text: String) -> [String] {
    let isPath = text.utf8.contains(Self.slash)
    var pattern = isPath ? Array(text.utf8) : Array(ModuleIndex.normalized(text.utf8).utf8)
    // A directory names all modules below it.
    if pattern.last == Self.slash { pattern.append(UInt8(ascii: "*")) }
    let glob = Glob(pattern)
    return index.modules.values
      .filter { glob.matches(isPath ? $0.path.utf8 : $0.name.utf8) }
      .map(\.name).sorted()
  }

  /// Whether `text` is the path of `module`, with or without the suffix of its compression.
  private func isPath(_ text: String, of module: ModuleIndex.Module) -> Bool {
    let stem = module.path.utf8.prefix { $0 != UInt8(ascii: ".") }
    let wanted = text.utf8.prefix { $0 != UInt8(ascii: ".") }
    return ModuleIndex.normalized(stem) == ModuleIndex.normalized(wanted)
  }

  // MARK: Dependencies

  /// Includes a module that an item names. The reason has the item's name unless it is the module's name.
  private mutating func carry(_ name: String, requestedBy key: String, _ item: Manifest.Item) {
    let isOwnName = ModuleIndex.normalized(item.name.utf8) == name
    carry(
      name,
      because: .requested(
        key: key, name: isOwnName ? nil : item.name, location: item.location), at: item.location)
  }

  /// Includes a module with all modules that it needs, and their soft dependencies.
  private mutating func carry(
    _ name: String, because reason: Reason, at location: InitrdError.Location?
  ) {
    // Not recursive: the length of a chain of modules comes from a file.
    var waiting = [(name: name, reason: reason)]
    while let (name, reason) = waiting.popLast() {
      guard let module = index.modules[name] else { continue }
      guard reasons[name] == nil else {
        if reasons[name]?.contains(reason) == false { reasons[name]?.append(reason) }
        continue
      }
      reasons[name] = [reason]
      for need in module.needs {
        if index.modules[need] == nil {
          resolution.diagnostics.error(
            .missing, "modules.dep: \(name) needs \(need), which is not in the list",
            at: location, remedy: "run depmod again")
        } else if excluded.contains(need) {
          // The error names the requested module, whose list of needed modules has both.
          if case .dependency = reason { continue }
          resolution.diagnostics.error(
            .conflict, "modules.exclude removes \(need), which \(name) needs", at: location,
            remedy: "remove \(need) from modules.exclude, or do not include \(name)")
        } else {
          waiting.append((need, .dependency(of: name)))
        }
      }
      guard manifest.softdeps, let soft = index.softDependencies[name] else { continue }
      for wanted in soft.before + soft.after {
        for found in softTargets(wanted, of: name) where !excluded.contains(found) {
          // A soft dependency that needs an excluded module is left out.
          let isBroken = index.modules[found]?.needs.contains(where: excluded.contains) ?? true
          if !isBroken { waiting.append((found, .softDependency(of: name, alias: wanted))) }
        }
      }
    }
  }

  /// The modules for a name in a soft dependency: the module with this name, or all with this alias.
  private mutating func softTargets(_ wanted: String, of name: String) -> [String] {
    let direct = ModuleIndex.normalized(wanted.utf8)
    if index.modules[direct] != nil { return [direct] }
    if index.builtIn.contains(direct) { return [] }
    if let known = targets[wanted] { return known }
    let found = index.modules(forAlias: wanted)
    targets[wanted] = found
    if found.isEmpty, index.builtIn(forAlias: wanted).isEmpty {
      resolution.diagnostics.note(
        .missing, "\(name) has a soft dependency on \(wanted), which this kernel does not have")
    }
    return found
  }

  // MARK: The order of loading

  private mutating func orderLoading(
    _ wanted: [(name: String, location: InitrdError.Location?)]
  ) {
    var visited: Set<String> = []
    for (name, location) in wanted where !excluded.contains(name) && !blacklist.contains(name) {
      if let need = index.modules[name]?.needs.first(where: blacklist.contains) {
        resolution.diagnostics.error(
          .conflict, "modules.blacklist prevents the loading of \(need), which \(name) needs",
          at: location, remedy: "blacklist \(name) too, or do not load it")
        continue
      }
      load(name, visited: &visited, depth: 0)
    }
  }

  /// Adds a module to the order, after the modules that it needs and the soft dependencies that come before it.
  ///
  /// The needed modules are already in a correct order, so that only soft dependencies increase the depth. Real ones do
  /// not reach the limit.
  private mutating func load(_ name: String, visited: inout Set<String>, depth: Int) {
    guard reasons[name] != nil, depth < 256, visited.insert(name).inserted else { return }
    let soft = manifest.softdeps ? index.softDependencies[name] : nil
    loadSoft(soft?.before ?? [], of: name, isAfter: false, visited: &visited, depth: depth)
    for need in index.modules[name]?.needs ?? [] {
      load(need, visited: &visited, depth: depth + 1)
    }
    resolution.loadOrder.append(name)
    loadSoft(soft?.after ?? [], of: name, isAfter: true, visited: &visited, depth: depth)
  }

  private mutating func loadSoft(
    _ wanted: [String], of name: String, isAfter: Bool, visited: inout Set<String>, depth: Int
  ) {
    for target in wanted.flatMap({ softTargets($0, of: name) }) {
      let needs = index.modules[target]?.needs ?? []
      // A soft dependency can't be loaded before a module that it needs, or without a blacklisted one.
      guard !blacklist.contains(target), !needs.contains(where: blacklist.contains),
        isAfter || !needs.contains(name)
      else { continue }
      load(target, visited: &visited, depth: depth + 1)
    }
  }

  // MARK: Diagnostics

  private mutating func reportMissing(_ item: Manifest.Item) {
    let names = Array(index.modules.keys) + index.builtIn
    let near = nearest(to: ModuleIndex.normalized(item.name.utf8), in: names)
    missing(
      item, "no module \"\(item.name)\" in this kernel",
      remedy: near.map { "did you mean \"\($0)\"?" })
  }

  /// Adds an error; for an optional item a note.
  private mutating func missing(_ item: Manifest.Item, _ message: String, remedy: String? = nil) {
    resolution.diagnostics.missing(
      message, isOptional: item.optional, at: item.location, remedy: remedy)
  }

  private mutating func refuseExcluded(_ name: String, at location: InitrdError.Location?) {
    resolution.diagnostics.error(
      .conflict, "\(name) is requested, but modules.exclude removes it", at: location,
      remedy: "remove it from one of the two lists")
  }
}
