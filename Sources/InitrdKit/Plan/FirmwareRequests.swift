/// The firmware that is requested, and by whom: what modules name and what the manifest includes, without what it
/// excludes.
struct FirmwareRequests: Sendable {
  /// The reasons for each firmware name.
  private(set) var reasons: [[UInt8]: [Reason]] = [:]
  /// The names and globs of modules for which no file can exist, with the modules.
  private(set) var unmatched: [[UInt8]: [String]] = [:]
  /// The items of the manifest that are no patterns, by name.
  private(set) var items: [[UInt8]: Manifest.Item] = [:]

  /// The limit for the number of names; linux-firmware has 5,000 files.
  static let limit = 20_000

  private let excluded: [FirmwarePattern]
  /// The matches of globs that several modules name.
  private var matches: [[UInt8]: [[UInt8]]] = [:]

  init(excluding items: [Manifest.Item]) {
    excluded = items.map { FirmwarePattern($0.name.utf8) }
  }

  /// Requests a file, or the files that match a glob, for the module that names it.
  ///
  /// - Throws: `limit` for too many files.
  mutating func add(
    _ name: [UInt8], namedBy module: String, _ tree: inout FirmwareTree,
    in sysroot: borrowing Sysroot
  ) throws(InitrdError) {
    let parts = plainNames(name)
    // With `..` the kernel opens files outside of lib/firmware, and no driver does this.
    if parts.isEmpty || parts.contains([0x2E, 0x2E]) {
      unmatched[name, default: []].append(module)
      return
    }
    let plain = Array(parts.joined(separator: [UInt8(ascii: "/")]))
    let pattern = FirmwarePattern(plain)
    if excluded.contains(where: { $0.matches(plain) }) { return }
    let names: [[UInt8]]
    if let known = matches[plain] {
      names = known
    } else {
      do throws(InitrdError) {
        names = try tree.names(matching: pattern, limit: Self.limit, in: sysroot)
      } catch {
        throw InitrdError(
          error.code, "firmware: \(printable(plain.prefix(200))) of \(module): \(error.message)",
          at: error.location, remedy: "leave it out with firmware.exclude")
      }
      if pattern.path == nil { matches[plain] = names }
    }
    if names.isEmpty { unmatched[plain, default: []].append(module) }
    for name in names { try add(name, .firmware(of: module)) }
  }

  /// Requests what an item of the manifest names.
  ///
  /// - Returns: whether it is a path, or anything matches it.
  /// - Throws: `limit` for too many files, `conflict` for an excluded path.
  mutating func add(
    _ item: Manifest.Item, _ tree: inout FirmwareTree, in sysroot: borrowing Sysroot
  ) throws(InitrdError) -> Bool {
    let pattern = FirmwarePattern(item.name.utf8)
    let key = "firmware.include"
    if let path = pattern.path {
      guard !excluded.contains(where: { $0.matches(path) }) else {
        throw InitrdError(
          .conflict, "\(printable(path)) is requested, and firmware.exclude removes it",
          at: item.location, remedy: "remove it from one of the two lists")
      }
      if items[path] == nil || items[path]?.optional == true { items[path] = item }
      try add(path, .requested(key: key, name: nil, location: item.location))
      return true
    }
    let names: [[UInt8]]
    do throws(InitrdError) {
      names = try tree.names(matching: pattern, limit: Self.limit, in: sysroot)
    } catch {
      throw InitrdError(
        error.code, "\(key): \(printable(item.name.utf8)): \(error.message)",
        at: item.location ?? error.location)
    }
    for name in names {
      try add(name, .requested(key: key, name: item.name, location: item.location))
    }
    return !names.isEmpty
  }

  private mutating func add(_ name: [UInt8], _ reason: Reason) throws(InitrdError) {
    if excluded.contains(where: { $0.matches(name) }) { return }
    guard reasons[name] != nil || reasons.count < Self.limit else {
      throw InitrdError(
        .limit, "firmware: more than \(Self.limit) files are requested",
        remedy: "leave some of them out with firmware.exclude")
    }
    if reasons[name]?.contains(reason) != true { reasons[name, default: []].append(reason) }
  }
}

extension [Reason] {
  /// The modules that name a firmware file.
  var firmwareModules: [String] {
    compactMap { if case .firmware(let module) = $0 { module } else { nil } }
  }
}
