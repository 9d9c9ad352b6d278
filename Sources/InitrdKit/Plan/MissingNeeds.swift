/// The files that programs need and the sysroot does not have: one diagnostic for each, whoever needs it.
struct MissingNeeds: Sendable {
  private struct Missing: Sendable {
    var need: ProgramNeed
    var location: InitrdError.Location?
    var others: Set<[UInt8]> = []
  }

  private var all: [Missing] = []
  private var known: [[UInt8]: Int] = [:]

  mutating func add(_ need: ProgramNeed, for binary: Manifest.Binary) {
    switch need.kind {
    case .auxiliary, .variant, .nameService, .unwinder: return
    case .interpreter, .programOfEnv, .dynamicLinker, .library, .dlopen: break
    }
    guard let index = known[need.name] else {
      known[need.name] = all.count
      all.append(Missing(need: need, location: binary.location))
      return
    }
    if need.isVital, !all[index].need.isVital {
      // The same library is needed in earnest by this file.
      all[index].others.insert(all[index].need.needer)
      (all[index].need, all[index].location) = (need, binary.location)
    }
    if need.needer != all[index].need.needer { all[index].others.insert(need.needer) }
  }

  /// Adds an error for what is needed, and a note for what is only missed.
  func report(to diagnostics: inout Diagnostics, in sysroot: borrowing Sysroot) {
    for missing in all {
      let need = missing.need
      let name = printable(need.name)
      var message: String
      var others = missing.others.count
      if case .dlopen(let priority, let feature) = need.kind {
        let purpose = feature.isEmpty ? "" : ", for \(printable(feature.utf8))"
        message =
          "binaries: \(printable(need.needer)) loads \(name) at run time (\(priority.rawValue)\(purpose))"
      } else {
        message = "binaries: \(printable(need.needer)) needs \(name)"
      }
      if let other = missing.others.min(by: { $0.lexicographicallyPrecedes($1) }), others > 0 {
        others -= 1
        message += ", and \(printable(other))" + (others > 0 ? " and \(others) more" : "") + " too"
      }
      message += "; it is not in the sysroot"
      if let refused = need.refused { message += ": \(printable(refused.path)) is \(refused.what)" }
      guard need.isVital else {
        diagnostics.note(.missing, message, at: missing.location)
        continue
      }
      let near = Self.nearest(to: need, in: sysroot)
      diagnostics.error(
        .missing, message, at: missing.location,
        remedy: near.map { "the nearest name is \(printable($0))" }
          ?? "add the package with it to the sysroot, or set \"libraries\" to false")
    }
  }

  /// The path that is most similar to a missing one.
  private static func nearest(to need: ProgramNeed, in sysroot: borrowing Sysroot) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    if need.name.first == slash { return sysroot.nearestPath(to: need.name) }
    let folders: [[UInt8]]
    if need.kind == .programOfEnv {
      folders = ScriptLine.searchPath
    } else {
      let names = Architecture.allCases.map(\.multiarchName)
      folders =
        (["lib64", "usr/lib64", "lib", "usr/lib", "usr/local/lib"]
        + names.map { "usr/lib/\($0)" }).map { Array("/\($0)".utf8) }
    }
    for folder in folders {
      if let path = sysroot.nearestPath(to: folder + [slash] + need.name) { return path }
    }
    return nil
  }
}

extension Sysroot {
  /// The path in the same directory with the most similar name: `libfoo.so.2` for `libfoo.so.1`; `nil` if there is none.
  func nearestPath(to path: [UInt8]) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    guard let end = path.lastIndex(of: slash) else { return nil }
    let folder = path[..<end]
    let names = (try? names(in: folder.isEmpty ? [slash] : Array(folder))) ?? []
    let wanted = String(decoding: path[(end + 1)...], as: UTF8.self)
    let all = names.map { String(decoding: $0, as: UTF8.self) }
    return nearest(to: wanted, in: all).map { Array(folder) + [slash] + Array($0.utf8) }
  }
}
