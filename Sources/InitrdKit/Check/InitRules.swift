/// Whether the kernel finds an init that it can run, with all that this one needs.
struct InitRules {
  private let files: UnpackedFiles
  private var findings: [Finding] = []
  private var architecture: Architecture?
  private var seen: Set<[UInt8]> = []

  /// What the kernel tries when it can't run /init.
  private static let fallbacks = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"]
  private static let libraryFolders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32"]

  private init(_ files: UnpackedFiles) { self.files = files }

  /// What keeps init from running.
  ///
  /// - Parameters:
  ///   - files: what the kernel would have.
  ///   - isPartial: whether /init may be elsewhere.
  /// - Returns: the findings.
  static func findings(_ files: UnpackedFiles, isPartial: Bool) -> [Finding] {
    var rules = InitRules(files)
    rules.checkInit(isPartial)
    rules.checkArchitectures()
    return rules.findings
  }

  private mutating func checkInit(_ isPartial: Bool) {
    let path = Array("/init".utf8)
    guard files.node(path) != nil else {
      if !isPartial {
        let isLink = (try? files.tree.walk(path, followingLast: false).node) != nil
        add(
          .initMissing,
          isLink ? "/init is a symbolic link that leads nowhere" : "there is no /init", path)
      }
      return
    }
    var program = path
    if !files.isRunnable(path) {
      let fallback = Self.fallbacks.first { files.isRunnable(Array($0.utf8)) }
      let message = "/init \(files.reason(path))"
      add(.initNotRunnable, message + (fallback.map { "; the kernel runs \($0)" } ?? ""), path)
      guard let fallback else { return }
      findings[findings.count - 1].severity = .warning
      program = Array(fallback.utf8)
    }
    follow(program)
  }

  /// Follows a program to its interpreter and libraries, and on to theirs.
  private mutating func follow(_ program: [UInt8]) {
    var next = [program]
    while let path = next.popLast(), seen.count < 4096 {
      guard seen.insert(path).inserted else { continue }
      switch files.summary(path) {
      case .script(let interpreter):
        if files.isRunnable(interpreter) {
          next.append(interpreter)
        } else {
          add(
            .interpreterMissing,
            "\(printable(path)) needs \(printable(interpreter)), which \(files.reason(interpreter))",
            path)
        }
      case .program(let links, _):
        check(links.architecture, path)
        if let interpreter = links.interpreter {
          if files.isRunnable(interpreter) {
            next.append(interpreter)
          } else {
            add(
              .interpreterMissing,
              "\(printable(path)) is loaded by \(printable(interpreter)), which "
                + files.reason(interpreter),
              path)
          }
        }
        for library in links.libraries {
          if let found = find(library, for: links, at: path) {
            next.append(found)
          } else {
            add(
              .libraryMissing, "\(printable(path)) needs \(printable(library)), which is not there",
              path)
          }
        }
      case .module, .list, nil: break
      }
    }
  }

  private func find(_ library: [UInt8], for links: ELFLinks, at path: [UInt8]) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    if library.contains(slash) { return files.node(library) == nil ? nil : library }
    let origin = Array(path[..<(path.lastIndex(of: slash) ?? 0)])
    var folders = links.searchPaths.map { folder in
      let mark = ["$ORIGIN", "${ORIGIN}"].first { folder.starts(with: $0.utf8) }
      return mark.map { origin + folder.dropFirst($0.utf8.count) } ?? folder
    }
    for folder in Self.libraryFolders.map({ Array($0.utf8) }) {
      folders.append(folder)
      // Debian's folders for each machine lie in these.
      guard let node = files.node(folder) else { continue }
      for (name, child) in node.children
      where files.tree.nodes[child].type == .directory && name.contains(UInt8(ascii: "-")) {
        folders.append(folder + [slash] + name)
      }
    }
    if let found = folders.lazy.map({ $0 + [slash] + library }).first(where: {
      files.node($0)?.type == .regular
    }) {
      return found
    }
    // The linker's cache knows folders that nothing else tells of.
    guard files.node(Array("/etc/ld.so.cache".utf8)) != nil else { return nil }
    return files.files().first { $0.path.reversed().starts(with: library.reversed() + [slash]) }?
      .path
  }

  private mutating func check(_ architecture: Architecture?, _ path: [UInt8]) {
    guard let architecture else { return }
    if let first = self.architecture, first != architecture {
      add(
        .architectureMixed,
        "\(printable(path)) is for \(architecture.rawValue), and /init for \(first.rawValue)", path)
    }
    if self.architecture == nil { self.architecture = architecture }
  }

  /// What else is for another machine than /init.
  private mutating func checkArchitectures() {
    guard let architecture else { return }
    // Links give one file several paths.
    let followed = Set(seen.compactMap { try? files.tree.existing($0) })
    for (path, summary) in files.files()
    where !followed.contains((try? files.tree.existing(path)) ?? 0) {
      var other: Architecture?
      switch summary {
      case .program(let links, _): other = links.architecture
      case .module(let links, _): other = links?.architecture
      case .script, .list, nil: break
      }
      if let other, other != architecture {
        check(other, path)
        findings[findings.count - 1].severity = .warning
      }
    }
  }

  private mutating func add(_ code: FindingCode, _ message: String, _ path: [UInt8]) {
    findings.append(Finding(code, message, path: path))
  }
}
