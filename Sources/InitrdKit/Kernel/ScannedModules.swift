/// The lists that depmod(8) would write, made from the modules themselves.
///
/// A kernel's package has modules, but its scripts run depmod when it is installed. The dependencies are the names in
/// the field `depends` of each module's `.modinfo`, from which modprobe's lists come too.
struct ScannedModules {
  /// A module with the fields that matter here.
  private struct Module {
    let path: [UInt8]
    let name: String
    var depends: [String] = []
    var aliases: [[UInt8]] = []
    var softDependencies: [[UInt8]] = []
  }

  /// The lines of `modules.dep`, `modules.alias` and `modules.softdep`.
  private(set) var dependencies: [ArraySlice<UInt8>] = []
  private(set) var aliases: [ArraySlice<UInt8>] = []
  private(set) var softDependencies: [ArraySlice<UInt8>] = []

  /// Module trees of distributions have some thousand modules, in directories up to 8 levels deep.
  private static let (maxModules, maxDepth) = (1 << 16, 32)
  private static let sizeLimit = 256 << 20

  /// Reads all modules of the tree at `tree` in the sysroot; `nil` if it has none.
  ///
  /// - Throws: `bad-input` for a file that is no module, `limit`, `system`.
  init?(tree: String, in sysroot: borrowing Sysroot) throws(InitrdError) {
    var modules: [Module] = []
    for path in try Self.paths(tree, in: sysroot) {
      modules.append(try Self.module(path, tree: tree, in: sysroot))
    }
    guard !modules.isEmpty else { return nil }
    // As depmod: by the kernel's own order, and files in updates/ before others of the same name.
    let order = try sysroot.lines("\(tree)/modules.order") ?? []
    let ranks = Dictionary(
      order.enumerated().map { (Array($1), $0) }, uniquingKeysWith: { first, _ in first })
    func rank(_ module: Module) -> (Int, Int) {
      let isUpdate = module.path.starts(with: "updates/".utf8)
      let plain = Array(ModuleFile.uncompressed(String(decoding: module.path, as: UTF8.self)).utf8)
      return (isUpdate ? 0 : 1, ranks[plain] ?? .max)
    }
    modules = modules.map { ($0, rank($0)) }.sorted {
      $0.1 == $1.1 ? $0.0.path.lexicographicallyPrecedes($1.0.path) : $0.1 < $1.1
    }.map(\.0)
    let byName = Dictionary(
      modules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for module in modules { addLines(of: module, byName) }
  }

  private mutating func addLines(of module: Module, _ byName: [String: Module]) {
    var needs: [String] = []
    var seen: Set<String> = [module.name]
    // Each module after those that it needs, without recursion: the depth is the package's choice.
    var rest = module.depends.reversed().map { (name: $0, isDone: false) }
    while let (name, isDone) = rest.popLast() {
      if isDone {
        needs.append(name)
      } else if seen.insert(name).inserted, let other = byName[name] {
        rest.append((name, true))
        rest += other.depends.reversed().map { ($0, false) }
      }
    }
    var line = module.path + [UInt8(ascii: ":")]
    for path in needs.reversed().compactMap({ byName[$0]?.path }) {
      line.append(UInt8(ascii: " "))
      line += path
    }
    dependencies.append(line[...])
    for alias in module.aliases {
      var line = Array("alias ".utf8)
      line += alias
      line += " \(module.name)".utf8
      aliases.append(line[...])
    }
    for wanted in module.softDependencies {
      var line = Array("softdep \(module.name) ".utf8)
      line += wanted
      softDependencies.append(line[...])
    }
  }

  /// The paths of all modules below the tree, sorted by bytes. Symbolic links, as `build` is one, are not followed.
  private static func paths(
    _ tree: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> [[UInt8]] {
    var paths: [[UInt8]] = []
    var directories = [(path: [UInt8](), depth: 0)]
    while let (directory, depth) = directories.popLast() {
      let start = Array("\(tree)/".utf8) + directory
      for name in try sysroot.entries(String(decoding: start, as: UTF8.self)) ?? [] {
        let path: [UInt8] = directory.isEmpty ? name : directory + [UInt8(ascii: "/")] + name
        let type = try sysroot.place(
          of: Array("\(tree)/".utf8) + path, followingLast: false)?.type
        if type == .directory, depth < maxDepth {
          directories.append((path, depth + 1))
        } else if type == .regular, ModuleFile.compression(name) != nil {
          paths.append(path)
        }
        guard paths.count <= maxModules else {
          throw InitrdError(
            .limit, "more than \(maxModules) modules", at: .init(file: sysroot.display(tree)))
        }
      }
    }
    return paths.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func module(
    _ path: [UInt8], tree: String, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> Module {
    let place = "\(tree)/\(String(decoding: path, as: UTF8.self))"
    var module = Module(path: path, name: ModuleIndex.name(ofPath: path))
    var texts: [[UInt8]] = []
    do throws(InitrdError) {
      guard let file = try sysroot.openFile(place) else { return module }
      if ModuleFile.compression(path) == .uncompressed {
        let size = try file.status().size
        let bytes = FileBytes(file, size: size)
        texts = try ELF(bytes)?.moduleTexts(bytes) ?? []
      } else {
        let bytes = try Decompressor.decompressFile(
          try file.contents(limit: sizeLimit), limit: sizeLimit)
        texts = try ELF(bytes)?.moduleTexts(bytes) ?? []
      }
    } catch { throw error.inFile(sysroot.display(place)) }
    for text in texts {
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let value = Array(text[(equals + 1)...])
      switch String(decoding: text[..<equals], as: UTF8.self) {
      case "depends":
        module.depends = value.split(separator: UInt8(ascii: ",")).map {
          ModuleIndex.normalized($0)
        }
      case "alias": module.aliases.append(value)
      case "softdep": module.softDependencies.append(value)
      default: break
      }
    }
    return module
  }
}
