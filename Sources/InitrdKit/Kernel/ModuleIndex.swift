/// The lists that depmod(8) wrote for a module tree: `modules.dep`, `modules.builtin`, `modules.softdep` and
/// `modules.alias`, in their text forms.
struct ModuleIndex: Sendable {
  /// A module file, and the modules that it needs.
  struct Module: Equatable, Sendable {
    /// The name in the kernel and for modprobe, with `_` for `-`.
    let name: String
    /// The path below the tree: `kernel/fs/ext4/ext4.ko.xz`.
    let path: String
    /// The names of all needed modules, in an order in which they can be loaded.
    let needs: [String]
  }

  /// The modules to load before and after another one.
  struct SoftDependency: Equatable, Sendable {
    var before: [String] = []
    var after: [String] = []
  }

  /// The kernel's release, which is the name of the tree's directory.
  let release: String
  /// The modules by name.
  let modules: [String: Module]
  /// The names of the modules that are built into the kernel.
  let builtIn: Set<String>
  /// Whether the tree has a list of the built-in modules.
  let tellsBuiltIn: Bool
  /// The soft dependencies by module; they are names or aliases.
  let softDependencies: [String: SoftDependency]
  private let aliases: [(pattern: ArraySlice<UInt8>, module: String)]
  private let builtInAliases: [(pattern: ArraySlice<UInt8>, module: String)]
  /// The firmware files that built-in drivers name.
  private let builtInFirmware: [(name: ArraySlice<UInt8>, module: String)]
  /// The modules for each file system, by the name that mount(8) accepts: those with the alias `fs-NAME`.
  private let fileSystemModules: [String: [String]]
  private let builtInFileSystems: [String: [String]]

  /// Reads the lists of the module tree at `tree` in the sysroot.
  ///
  /// Without `modules.dep`, the modules are read instead: see ``ScannedModules``.
  ///
  /// - Throws: `missing` if the tree has no modules, `bad-input` for a malformed line.
  init(tree: String, in sysroot: borrowing Sysroot) throws(InitrdError) {
    release = String(tree.split(separator: "/").last ?? "")
    let written = try sysroot.lines("\(tree)/modules.dep")
    let scanned = written == nil ? try ScannedModules(tree: tree, in: sysroot) : nil
    guard let lines = written ?? scanned?.dependencies else {
      throw InitrdError(
        .missing, "the module tree has neither modules.dep nor modules",
        at: .init(file: sysroot.display(tree)),
        remedy: "name a directory or package with the modules")
    }
    let file = sysroot.display("\(tree)/modules.dep")
    modules = try Self.modules(lines, tree: tree, file: file)
    let builtInLines = try sysroot.lines("\(tree)/modules.builtin")
    tellsBuiltIn = builtInLines != nil
    builtIn = Set(builtInLines?.filter { !$0.isEmpty }.map { Self.name(ofPath: $0) } ?? [])
    let softLines = try sysroot.lines("\(tree)/modules.softdep")
    softDependencies = Self.softDependencies(scanned?.softDependencies ?? softLines ?? [])
    let writtenAliases = try sysroot.lines("\(tree)/modules.alias")
    let aliasLines = scanned?.aliases ?? writtenAliases ?? []
    let aliases = aliasLines.compactMap {
      (line) -> (pattern: ArraySlice<UInt8>, module: String)? in
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count == 3, words[0].elementsEqual("alias".utf8) else { return nil }
      return (words[1], Self.normalized(words[2]))
    }
    let information = try sysroot.contents("\(tree)/modules.builtin.modinfo", limit: 64 << 20)
    let fields = (information ?? []).split(separator: 0)
    func builtInValues(_ key: String) -> [(ArraySlice<UInt8>, String)] {
      fields.compactMap { field in
        guard let dot = field.firstIndex(of: UInt8(ascii: ".")),
          field[dot...].starts(with: key.utf8)
        else { return nil }
        return (field[(dot + key.utf8.count)...], Self.normalized(field[..<dot]))
      }
    }
    let builtInAliases = builtInValues(".alias=").map { (pattern: $0.0, module: $0.1) }
    builtInFirmware = builtInValues(".firmware=").map { (name: $0.0, module: $0.1) }
    (self.aliases, self.builtInAliases) = (aliases, builtInAliases)
    fileSystemModules = Self.fileSystems(aliases)
    builtInFileSystems = Self.fileSystems(builtInAliases)
  }

  private static func fileSystems(
    _ aliases: [(pattern: ArraySlice<UInt8>, module: String)]
  ) -> [String: [String]] {
    let mark = Array("fs-".utf8)
    var all: [String: [String]] = [:]
    for (pattern, module) in aliases where pattern.first == mark[0] && pattern.starts(with: mark) {
      all[String(decoding: pattern.dropFirst(mark.count), as: UTF8.self), default: []]
        .append(module)
    }
    return all
  }

  /// The modules with an alias that matches `alias`, in the order of `modules.alias`.
  func modules(forAlias alias: String) -> [String] { Self.matches(alias, in: aliases) }

  /// The built-in modules with an alias that matches `alias`.
  func builtIn(forAlias alias: String) -> [String] { Self.matches(alias, in: builtInAliases) }

  /// The firmware files that the built-in driver `module` names.
  func firmware(ofBuiltIn module: String) -> [[UInt8]] {
    builtInFirmware.filter { $0.module == module && !$0.name.isEmpty }.map { Array($0.name) }
  }

  /// The modules and built-in modules with the alias `fs-TYPE`, which the kernel requests to mount the file system
  /// `type`.
  func fileSystem(_ type: String) -> (modules: [String], builtIn: [String]) {
    (fileSystemModules[type] ?? [], builtInFileSystems[type] ?? [])
  }

  /// All file systems of the kernel, by the names that mount(8) accepts.
  var fileSystems: [String] { Array(fileSystemModules.keys) + Array(builtInFileSystems.keys) }

  /// The lines of `modules.alias` for the modules `names`.
  func aliasLines(of names: Set<String>) -> [UInt8] {
    var text: [UInt8] = []
    for (pattern, module) in aliases where names.contains(module) {
      text += "alias ".utf8
      text += pattern
      text += " \(module)\n".utf8
    }
    return text
  }

  // MARK: Names

  /// The name in the kernel, which does not distinguish `-` and `_`: with `_` for `-`.
  static func normalized(_ name: some Sequence<UInt8>) -> String {
    String(decoding: name.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
  }

  /// The module's name in a path or file name: the part before the first dot.
  static func name(ofPath path: some BidirectionalCollection<UInt8>) -> String {
    let start = path.lastIndex(of: UInt8(ascii: "/")).map { path.index(after: $0) }
    return normalized(path[(start ?? path.startIndex)...].prefix { $0 != UInt8(ascii: ".") })
  }

  private static func matches(
    _ alias: String, in aliases: [(pattern: ArraySlice<UInt8>, module: String)]
  ) -> [String] {
    let wanted = normalized(alias.utf8)
    var found: [String] = []
    for (pattern, module) in aliases where !found.contains(module) {
      if Glob(normalizedPattern(pattern)).matches(wanted.utf8) { found.append(module) }
    }
    return found
  }

  /// A pattern with `_` for `-`, except in brackets, where `-` is part of a range.
  private static func normalizedPattern(_ pattern: ArraySlice<UInt8>) -> [UInt8] {
    var inBracket = false
    return pattern.map { byte in
      switch byte {
      case UInt8(ascii: "["): inBracket = true
      case UInt8(ascii: "]"): inBracket = false
      case UInt8(ascii: "-") where !inBracket: return UInt8(ascii: "_")
      default: break
      }
      return byte
    }
  }

  // MARK: Reading

  /// Reads `modules.dep`: lines `path: need need …`, where the last need is loaded first.
  static func modules(
    _ lines: [ArraySlice<UInt8>], tree: String, file: String
  ) throws(InitrdError) -> [String: Module] {
    var modules: [String: Module] = [:]
    for (number, line) in lines.enumerated() where ![nil, UInt8(ascii: "#")].contains(line.first) {
      let location = InitrdError.Location(file: file, line: number + 1)
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        throw InitrdError(
          .badInput, "malformed line: it has no colon", at: location, remedy: "run depmod again")
      }
      // A manifest is UTF-8 text and can't request a module with another name.
      guard let path = String(validating: line[..<colon], as: UTF8.self), !path.isEmpty else {
        continue
      }
      let needs = line[(colon + 1)...].split(separator: UInt8(ascii: " "))
      let module = Module(
        name: name(ofPath: line[..<colon]), path: relative(path, to: tree),
        needs: needs.reversed().map { name(ofPath: $0) })
      // depmod resolves the priorities of files with one name before it writes; the first one wins.
      if modules[module.name] == nil { modules[module.name] = module }
    }
    return modules
  }

  /// The path below the tree. Old versions of depmod wrote paths from the root.
  private static func relative(_ path: String, to tree: String) -> String {
    for prefix in ["/\(tree)/", "/usr/\(tree)/"] where path.utf8.starts(with: prefix.utf8) {
      return String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }
    return path
  }

  /// Reads `modules.softdep`: lines `softdep NAME pre: a b post: c`. Words before `pre:` and `post:` are ignored.
  private static func softDependencies(
    _ lines: [ArraySlice<UInt8>]
  ) -> [String: SoftDependency] {
    var all: [String: SoftDependency] = [:]
    for line in lines {
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      guard words.count > 2, words[0].elementsEqual("softdep".utf8) else { continue }
      var list: WritableKeyPath<SoftDependency, [String]>?
      for word in words[2...] {
        switch String(decoding: word, as: UTF8.self) {
        case "pre:": list = \.before
        case "post:": list = \.after
        case let wanted:
          if let list { all[normalized(words[1]), default: .init()][keyPath: list].append(wanted) }
        }
      }
    }
    return all
  }
}
