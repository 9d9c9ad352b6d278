/// Finds all modules that a manifest asks for, with all that those need, as modprobe(8) would.
struct ModuleResolver {
  /// Why a module is in the image.
  enum Reason: Equatable, Sendable {
    /// `modules.include` or `modules.load` has this item.
    case asked(String)
    /// This module can't do without it.
    case needed(by: String)
    /// This module asks for it by a soft dependency, under the name or alias `wanted`.
    case softDependency(of: String, wanted: String)
  }

  /// What was found.
  struct Resolution: Equatable, Sendable {
    /// The modules to carry, with the reason for each, sorted by path.
    var modules: [(module: ModuleIndex.Module, reason: Reason)] = []
    /// The names of the modules that the init loads, each after all that it needs.
    var loadOrder: [String] = []
    /// What is asked for and built into the kernel.
    var builtIn: [String] = []
    /// What optional or soft wish stays open.
    var notes: [String] = []

    static func == (left: Resolution, right: Resolution) -> Bool {
      left.modules.elementsEqual(right.modules, by: ==) && left.loadOrder == right.loadOrder
        && left.builtIn == right.builtIn && left.notes == right.notes
    }
  }

  private let index: ModuleIndex
  private let manifest: Manifest.Modules
  private var excluded: Set<String> = []
  private var reasons: [String: Reason] = [:]
  private var resolution = Resolution()
  private var errors: [InitrdError] = []

  /// Resolves what `manifest` asks for in `index`.
  ///
  /// - Throws: one error that carries all that is missing or in conflict.
  static func resolve(
    _ manifest: Manifest.Modules, in index: ModuleIndex
  ) throws(InitrdError) -> Resolution {
    var resolver = ModuleResolver(index: index, manifest: manifest)
    resolver.run()
    if let error = InitrdError(all: resolver.errors) { throw error }
    return resolver.resolution
  }

  private init(index: ModuleIndex, manifest: Manifest.Modules) {
    self.index = index
    self.manifest = manifest
  }

  private mutating func run() {
    for item in manifest.exclude {
      if let found = find(item, in: "exclude") { excluded.formUnion(found.names) }
    }
    var load: [String] = []
    for item in manifest.include {
      guard let found = find(item, in: "include") else { continue }
      for name in found.names {
        if excluded.contains(name) {
          if !found.isWide { refuseExcluded(name, at: item.location) }
          continue
        }
        carry(name, because: .asked(item.name), at: item.location)
      }
      if !found.isWide, manifest.load == nil { load += found.names }
    }
    for item in manifest.load ?? [] {
      guard let found = find(item, in: "load") else { continue }
      for name in found.names {
        if excluded.contains(name) { refuseExcluded(name, at: item.location) }
        carry(name, because: .asked(item.name), at: item.location)
      }
      load += found.names
    }
    for item in manifest.options.map(\.module) + manifest.blacklist where !item.optional {
      let name = ModuleIndex.normalized(item.name.utf8)
      if index.modules[name] == nil, !index.builtIn.contains(name) { reportMissing(item) }
    }
    orderLoading(load)
    resolution.modules =
      reasons.compactMap { name, reason in index.modules[name].map { ($0, reason) } }
      .sorted { $0.0.path.utf8.lexicographicallyPrecedes($1.0.path.utf8) }
  }

  // MARK: What an item names

  /// The modules that an item names; wide items (globs, folders) name what there is.
  private mutating func find(
    _ item: Manifest.Item, in list: String
  ) -> (names: [String], isWide: Bool)? {
    let text = treePath(item.name)
    if text.hasSuffix("/") || Glob.isPattern(text.utf8) {
      let names = wide(text)
      if names.isEmpty {
        note(item, "modules.\(list): nothing in the module tree fits \"\(item.name)\"")
        return nil
      }
      return (names, true)
    }
    if text.contains("/") {
      let names = wide(text + "/")
      if !names.isEmpty { return (names, true) }
    }
    let name = ModuleIndex.name(ofPath: text.utf8)
    if let module = index.modules[name], !text.contains("/") || isPath(text, of: module) {
      return ([name], false)
    }
    if index.builtIn.contains(name) {
      if !resolution.builtIn.contains(name) { resolution.builtIn.append(name) }
      return nil
    }
    // A name may also be an alias, such as fs-ext4, as it may for modprobe.
    let aliased = index.modules(forAlias: item.name)
    if !aliased.isEmpty { return (aliased, false) }
    let builtIn = index.builtIn(forAlias: item.name)
    if !builtIn.isEmpty {
      resolution.builtIn += builtIn.filter { !resolution.builtIn.contains($0) }
      return nil
    }
    if list == "exclude" {
      note(item, "modules.exclude: there is no module \"\(item.name)\" to take away")
    } else {
      reportMissing(item)
    }
    return nil
  }

  /// `path` below the module tree, where it is written from the root.
  private func treePath(_ path: String) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    guard let start = parts.firstIndex(of: "modules"), start > 0, parts[start - 1] == "lib",
      parts.count > start + 2
    else { return path }
    return parts[(start + 2)...].joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
  }

  private func wide(_ text: String) -> [String] {
    let folder = text.hasSuffix("/") ? Array(text.utf8) : nil
    let glob = Glob(
      text.contains("/") ? Array(text.utf8) : Array(ModuleIndex.normalized(text.utf8).utf8))
    return index.modules.values.filter { module in
      if let folder, !Glob.isPattern(folder) { return module.path.utf8.starts(with: folder) }
      if folder != nil { return Glob(text.utf8 + [0x2A]).matches(module.path.utf8) }
      return glob.matches(text.contains("/") ? Array(module.path.utf8) : Array(module.name.utf8))
    }.map(\.name).sorted()
  }

  /// Whether `text` is the path of `module`, with or without the suffix of its compression.
  private func isPath(_ text: String, of module: ModuleIndex.Module) -> Bool {
    let stem = module.path.utf8.prefix { $0 != UInt8(ascii: ".") }
    let wanted = text.utf8.prefix { $0 != UInt8(ascii: ".") }
    return ModuleIndex.normalized(stem) == ModuleIndex.normalized(wanted)
  }

  // MARK: What comes along

  /// Carries a module with all that it needs, and what it asks for by soft dependencies.
  private mutating func carry(
    _ name: String, because reason: Reason, at location: InitrdError.Location?
  ) {
    guard reasons[name] == nil, let module = index.modules[name] else { return }
    reasons[name] = reason
    for need in module.needs {
      guard index.modules[need] != nil else {
        errors.append(
          InitrdError(
            .missing, "modules.dep says that \(name) needs \(need), which it doesn't list",
            at: location, hint: "run depmod again"))
        continue
      }
      if excluded.contains(need) {
        errors.append(
          InitrdError(
            .conflict, "modules.exclude takes \(need) away, which \(name) needs", at: location))
      }
      carry(need, because: .needed(by: name), at: location)
    }
    guard manifest.softdeps, let soft = index.softDependencies[name] else { return }
    for wanted in soft.before + soft.after {
      for found in softTargets(wanted, of: name) where !excluded.contains(found) {
        // What an excluded module would break is not worth a wish.
        guard index.modules[found]?.needs.contains(where: excluded.contains) != true else {
          continue
        }
        carry(found, because: .softDependency(of: name, wanted: wanted), at: location)
      }
    }
  }

  /// The modules that a soft dependency's word stands for: a module, or all that have the alias.
  private mutating func softTargets(_ wanted: String, of name: String) -> [String] {
    let direct = ModuleIndex.normalized(wanted.utf8)
    if index.modules[direct] != nil { return [direct] }
    if index.builtIn.contains(direct) { return [] }
    let found = index.modules(forAlias: wanted)
    if found.isEmpty, index.builtIn(forAlias: wanted).isEmpty {
      let text = "\(name) has a soft dependency on \(wanted), which this kernel doesn't have"
      if !resolution.notes.contains(text) { resolution.notes.append(text) }
    }
    return found
  }

  // MARK: The order of loading

  private mutating func orderLoading(_ wanted: [String]) {
    let blacklist = Set(manifest.blacklist.map { ModuleIndex.normalized($0.name.utf8) })
    var visited: Set<String> = []
    for name in wanted where !excluded.contains(name) {
      if blacklist.contains(name) { continue }
      if let need = index.modules[name]?.needs.first(where: blacklist.contains) {
        errors.append(
          InitrdError(
            .conflict,
            "modules.blacklist keeps \(need) from being loaded, which \(name) needs",
            hint: "blacklist \(name) too, or leave it out of what is loaded"))
        continue
      }
      load(name, blacklist: blacklist, visited: &visited)
    }
  }

  private mutating func load(_ name: String, blacklist: Set<String>, visited: inout Set<String>) {
    guard reasons[name] != nil, visited.insert(name).inserted else { return }
    let soft = manifest.softdeps ? index.softDependencies[name] : nil
    loadSoft(soft?.before ?? [], of: name, blacklist: blacklist, visited: &visited)
    for need in index.modules[name]?.needs ?? [] {
      load(need, blacklist: blacklist, visited: &visited)
    }
    resolution.loadOrder.append(name)
    loadSoft(soft?.after ?? [], of: name, blacklist: blacklist, visited: &visited)
  }

  private mutating func loadSoft(
    _ wanted: [String], of name: String, blacklist: Set<String>, visited: inout Set<String>
  ) {
    for target in wanted.flatMap({ softTargets($0, of: name) }) {
      guard !blacklist.contains(target),
        index.modules[target]?.needs.contains(where: blacklist.contains) != true
      else { continue }
      load(target, blacklist: blacklist, visited: &visited)
    }
  }

  // MARK: What goes wrong

  private mutating func reportMissing(_ item: Manifest.Item) {
    let names = Array(index.modules.keys) + index.builtIn
    let near = nearest(to: ModuleIndex.normalized(item.name.utf8), in: names)
    note(
      item, "no module \"\(item.name)\" in this kernel",
      hint: near.map { "did you mean \"\($0)\"?" })
  }

  /// An error, or for an optional item a note.
  private mutating func note(_ item: Manifest.Item, _ message: String, hint: String? = nil) {
    if item.optional {
      resolution.notes.append(message)
    } else {
      errors.append(InitrdError(.missing, message, at: item.location, hint: hint))
    }
  }

  private mutating func refuseExcluded(_ name: String, at location: InitrdError.Location?) {
    errors.append(
      InitrdError(
        .conflict, "\(name) is asked for, and modules.exclude takes it away", at: location))
  }
}
